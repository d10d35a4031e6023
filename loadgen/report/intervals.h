/* intervals.hlog: the measured seconds of every trial as HdrHistogram's interval log, so that any
 * HdrHistogram tool can cut the run into other intervals, plot it or add it to others. */
#ifndef LG_REPORT_INTERVALS_H
#define LG_REPORT_INTERVALS_H

#include "base/buf.h"
#include "measure/record.h"

/* One line per second and tag, in the order of time.  Tags are TARGET.STEP.response and
 * TARGET.DELIVERIES.delivery; the trials of a target share them and are told apart by their time,
 * so that adding all lines of a tag gives the target's pooled histogram.  Times count from the
 * record's start; a trial's own are those of its start, as the record keeps them, plus warm-up
 * and second: the time that its users took to connect is not in them.  Failures have no line:
 * they have no time at which they were done. */
void lg_report_intervals(const struct lg_record *record, struct lg_buf *out);

#endif
