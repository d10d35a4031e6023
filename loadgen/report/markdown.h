/* summary.md: the answer, the verdict and the table, to paste into a pull request or a chat. */
#ifndef LG_REPORT_MARKDOWN_H
#define LG_REPORT_MARKDOWN_H

#include "base/buf.h"
#include "measure/record.h"

/* Appends GitHub-flavoured Markdown.  Text from outside is escaped: no links, HTML or mentions. */
void lg_report_markdown(const struct lg_record *record, struct lg_buf *out);

/* Appends text from outside so that it is read as text, not as Markdown or HTML.  NULL: nothing. */
void lg_report_markdown_text(struct lg_buf *out, const char *raw);

#endif
