/* The figures of the targets side by side, as capacity.html shows them. */
#ifndef LG_REPORT_HTML_CAPACITY_CELLS_H
#define LG_REPORT_HTML_CAPACITY_CELLS_H

#include "report/capacity.h"

/* What one cell says, as plain text; appends nothing if it is not known. */
typedef void (*lg_capacity_cell)(const struct lg_capacity_page *page,
                                 const struct lg_capacity_result *r, struct lg_buf *out);

struct lg_capacity_row {
    const char *group; /* NULL: as the row before */
    const char *label;
    lg_capacity_cell write;
};

/* Static, in the order in which they are shown. */
const struct lg_capacity_row *lg_capacity_rows(size_t *count);

#endif
