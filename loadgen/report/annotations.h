/* Workflow commands that GitHub Actions shows beside the lines of a pull request. */
#ifndef LG_REPORT_ANNOTATIONS_H
#define LG_REPORT_ANNOTATIONS_H

#include "base/buf.h"
#include "measure/record.h"

/* "::error file=...,line=...::..." for each missed objective where the scenario states it, for each
 * server that died and for each reason why the run is not valid; "::notice" with the headline. */
void lg_report_annotations(const struct lg_record *record, struct lg_buf *out);

/* One of them: `level` is error, warning or notice; `file` "": nowhere; line 0: not known.  The
 * texts may come from outside. */
void lg_report_annotate(struct lg_buf *out, const char *level, const char *file, unsigned line,
                        const char *title, const char *message);

#endif
