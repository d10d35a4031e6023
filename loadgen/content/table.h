/* Tables in CSV (RFC 4180): a header line that names the columns, then rows. */
#ifndef LG_CONTENT_TABLE_H
#define LG_CONTENT_TABLE_H

#include "base/arena.h"
#include "base/base.h"

enum { LG_TABLE_COLUMNS = 1000 };

struct lg_table {
    struct lg_slice *names; /* of the columns */
    size_t columns;
    struct lg_slice *cells; /* row by row */
    size_t rows;
};

static inline struct lg_slice lg_table_cell(const struct lg_table *t, size_t row, size_t column)
{
    return t->cells[row * t->columns + column];
}

/* Fields are separated by commas, lines end with LF or CRLF; a field in double quotes may hold all
 * of these, and a quote as two.  Blanks count.  Lines with nothing at all are passed over, as is a
 * byte order mark.  Arrays and unquoted copies come from `arena`; other cells are slices of `text`,
 * which must live as long.  NULL on success, else a static sentence, with the place in *line and
 * *column (bytes), from 1. */
const char *lg_table_read(struct lg_slice text, struct lg_arena *arena, struct lg_table *out,
                          size_t *line, size_t *column);

#endif
