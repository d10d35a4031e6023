/* report.html: one file that needs nothing else.  The first screen (answer, verdict, objectives,
 * table) is plain HTML made here, so it is there without scripts, in print and in a mail preview;
 * charts and details are drawn in the page from the run record, which is part of it. */
#ifndef LG_REPORT_HTML_H
#define LG_REPORT_HTML_H

#include "base/buf.h"
#include "measure/record.h"

/* Appends the page.  Text from outside cannot become markup or script: it is escaped, and a content
 * security policy allows one script only, by its hash, and no connection of any kind. */
void lg_report_html(const struct lg_record *record, struct lg_buf *out);

#endif
