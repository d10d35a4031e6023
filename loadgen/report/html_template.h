/* A page that the build made of reports/template/, with places to fill; only the html_*.c files and
 * those of further pages know it. */
#ifndef LG_REPORT_HTML_TEMPLATE_H
#define LG_REPORT_HTML_TEMPLATE_H

#include "base/buf.h"

struct lg_html_place {
    const char *mark; /* "@title@" */
    void (*fill)(const void *ctx, struct lg_buf *out);
};

/* Appends the page.  Every place must be there, in the order of the page; what fills one is not
 * looked at again.  "@script-hash@", which comes first, is filled with the hash of the page's one
 * script, as a content security policy names it (CSP level 3, section 2.3.1). */
void lg_html_fill(struct lg_slice page, const struct lg_html_place *places, size_t count,
                  const void *ctx, struct lg_buf *out);

#endif
