/* openmetrics.txt: a finished run as OpenMetrics 1.0, for whatever keeps or draws such metrics.
 * What has ended does not count up any more, so there are gauges and summaries and no counter, and
 * Prometheus' own tools read the file, too.  Times are in seconds. */
#ifndef LG_REPORT_OPENMETRICS_H
#define LG_REPORT_OPENMETRICS_H

#include "base/buf.h"
#include "measure/record.h"

/* A series per target, trial and thing measured.  A quantile that lies among the failures is +Inf,
 * one that too few samples carry (less than one above it) is left out. */
void lg_report_openmetrics(const struct lg_record *record, struct lg_buf *out);

#endif
