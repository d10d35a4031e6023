/* The summary at the end of a run, one screen of 80 columns: the answer, whether it is valid, the
 * sheet's brief rows side by side, what was missed and what differs; the page has the rest. */
#ifndef LG_REPORT_TEXT_H
#define LG_REPORT_TEXT_H

#include "base/buf.h"
#include "measure/record.h"

#define LG_REPORT_TEXT_WIDTH   80
#define LG_REPORT_TEXT_TARGETS 4 /* side by side; more follow in a block of their own */

struct lg_report_text_options {
    bool colour;        /* ANSI colours; the words alone say everything */
    const char *folder; /* where the report was written; NULL: it was not */
};

/* Appends.  Text from outside (names, samples) is made harmless for a terminal. */
void lg_report_text(const struct lg_record *record, const struct lg_report_text_options *options,
                    struct lg_buf *out);

#endif
