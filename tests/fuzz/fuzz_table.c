/* Any bytes as a table: cells lie in the text or in the arena, and a table that is written out
 * again with every cell in quotes reads as the same. */
#include "base/buf.h"
#include "content/table.h"

#include <stdlib.h>

static void add_cell(struct lg_buf *out, struct lg_slice cell, bool last)
{
    lg_buf_add(out, "\"", 1);
    for (size_t i = 0; i < cell.n; i++) {
        lg_buf_add(out, &cell.p[i], 1);
        lg_buf_add(out, "\"", cell.p[i] == '"');
    }
    lg_buf_adds(out, last ? "\"\n" : "\",");
}

static void write_table(const struct lg_table *t, struct lg_buf *out)
{
    for (size_t i = 0; i < t->columns; i++) {
        add_cell(out, t->names[i], i + 1 == t->columns);
    }
    for (size_t i = 0; i < t->rows * t->columns; i++) {
        add_cell(out, t->cells[i], (i + 1) % t->columns == 0);
    }
}

static void same(const struct lg_table *a, const struct lg_table *b)
{
    LG_ASSERT(a->columns == b->columns && a->rows == b->rows);
    for (size_t i = 0; i < a->columns; i++) {
        LG_ASSERT(lg_slice_eq(a->names[i], b->names[i]));
    }
    for (size_t i = 0; i < a->rows * a->columns; i++) {
        LG_ASSERT(lg_slice_eq(a->cells[i], b->cells[i]));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct lg_arena *arena = lg_arena_new();
    struct lg_table table, again;
    size_t line = 0, column = 0;
    char *text =
        lg_grow(NULL, n > 0 ? n : 1, 1); /* a block of its own: ASan sees reads beyond it */
    memcpy(text, data, n);
    if (lg_table_read(lg_slice(text, n), arena, &table, &line, &column) == NULL) {
        struct lg_buf out = {0};
        write_table(&table, &out);
        LG_ASSERT(lg_table_read(lg_buf_slice(&out), arena, &again, &line, &column) == NULL);
        same(&table, &again);
        lg_buf_free(&out);
    } else {
        LG_ASSERT(line >= 1 && column >= 1 && column <= n + 1);
    }
    free(text);
    lg_arena_free(arena);
    return 0;
}
