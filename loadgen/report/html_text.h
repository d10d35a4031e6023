/* Text from outside inside HTML; only the html_*.c files know it, and junit_suite.c,
 * as XML is escaped the same. */
#ifndef LG_REPORT_HTML_TEXT_H
#define LG_REPORT_HTML_TEXT_H

#include "base/buf.h"

void lg_html_text(struct lg_buf *out, const char *raw); /* escaped; NULL: nothing */

/* `open` and `close` are markup, `raw` is text from outside. */
void lg_html_element(struct lg_buf *out, const char *open, const char *raw, const char *close);

/* A time: 2026-11-20T08:00:00.000Z for people; another form stays as it is. */
void lg_html_when(struct lg_buf *out, const char *raw);

/* JSON inside a script element, so that nothing in it ends the element. */
void lg_html_json(struct lg_slice json, struct lg_buf *out);

#endif
