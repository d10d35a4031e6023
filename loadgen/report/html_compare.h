/* Comparisons as a table with the ratios drawn to scale, for the page of a run and the page of a
 * comparison of runs.  Only the html_*.c files know it. */
#ifndef LG_REPORT_HTML_COMPARE_H
#define LG_REPORT_HTML_COMPARE_H

#include "base/arena.h"
#include "base/buf.h"
#include "measure/record.h"

/* Appends a table for each two that successive rows hold against each other, nothing if there are
 * no rows.  The ratios of all share one logarithmic scale; a line is the 95 % interval, and a ratio
 * without one is a hollow dot. */
void lg_html_comparisons(const struct lg_comparison *rows, size_t count, struct lg_arena *arena,
                         struct lg_buf *out);

#endif
