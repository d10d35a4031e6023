/* The text formats that Prometheus scrapes: its own (version 0.0.4) and OpenMetrics 1.0, which
 * differ in how counters are named, in the end mark and in the media type. */
#ifndef LG_REPORT_METRICS_H
#define LG_REPORT_METRICS_H

#include "base/buf.h"

enum lg_metric_type { LG_METRIC_GAUGE, LG_METRIC_COUNTER, LG_METRIC_SUMMARY };

struct lg_metric_label {
    const char *name, *value; /* value NULL or "": the label is left out */
};

struct lg_metrics {
    struct lg_buf *out; /* borrowed */
    bool openmetrics;
    const char *family; /* the one that samples are added to; borrowed */
    enum lg_metric_type type;
};

/* Begins a family: `name` without "_total", units at its end (_seconds, _bytes, _ratio).  All
 * samples of a family are added before the next one begins. */
void lg_metrics_family(struct lg_metrics *m, const char *name, enum lg_metric_type type,
                       const char *help);

/* One sample; `suffix` is "" or, of a summary, "_sum" or "_count".  NAN is written as NaN and
 * INFINITY as +Inf.  Values of labels may be any text. */
void lg_metrics_add(struct lg_metrics *m, const char *suffix, const struct lg_metric_label *labels,
                    size_t count, double value);

void lg_metrics_end(struct lg_metrics *m); /* nothing may follow */

/* What an HTTP answer calls the format. */
const char *lg_metrics_media_type(bool openmetrics);

#endif
