/* The page around a first screen.  Only the html_*.c files know it. */
#ifndef LG_REPORT_HTML_PAGE_H
#define LG_REPORT_HTML_PAGE_H

#include "base/buf.h"
#include "measure/record.h"

struct lg_html_page {
    const struct lg_record *record; /* what charts and details are drawn from */
    struct lg_slice first;          /* HTML of the first screen */
};

void lg_html_page(const struct lg_html_page *page, struct lg_buf *out);

#endif
