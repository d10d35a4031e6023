/* junit.xml: what a CI server shows as test cases.  Suite "objectives": one case per objective and
 * target; suite "measurement": one per check and trial, and one per server that died. */
#ifndef LG_REPORT_JUNIT_H
#define LG_REPORT_JUNIT_H

#include "base/buf.h"
#include "measure/record.h"

/* A missed objective and a breached check are failures, what could not be judged is skipped, a
 * server that died is an error. */
void lg_report_junit(const struct lg_record *record, struct lg_buf *out);

#endif
