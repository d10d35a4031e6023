/* Workflow commands that GitHub Actions shows beside the lines of a pull request. */
#ifndef LG_REPORT_ANNOTATIONS_H
#define LG_REPORT_ANNOTATIONS_H

#include "base/buf.h"
#include "measure/record.h"

/* "::error file=...,line=...::..." for each missed objective where the scenario states it, for each
 * server that died and for each reason why the run is not valid; "::notice" with the headline. */
void lg_report_annotations(const struct lg_record *record, struct lg_buf *out);

#endif
