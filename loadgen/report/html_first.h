/* The first screen of the page, plain HTML: what was asked, the answer, whether it is valid, the
 * objectives, the comparison and the side-by-side table.  Only the html_*.c files know it. */
#ifndef LG_REPORT_HTML_FIRST_H
#define LG_REPORT_HTML_FIRST_H

#include "base/buf.h"
#include "measure/record.h"

void lg_html_first(const struct lg_record *record, struct lg_buf *out);

#endif
