/* What can be compared between two targets: names, units, words, and how to read a figure. */
#ifndef LG_ANALYSIS_METRIC_H
#define LG_ANALYSIS_METRIC_H

#include "analysis/pooled.h"

enum lg_metric_kind {
    LG_METRIC_QUANTILE, /* of `what` */
    LG_METRIC_RATE,
    LG_METRIC_CPU_COMPLETED,
    LG_METRIC_CPU_DELIVERY,
    LG_METRIC_RSS,
    LG_METRIC_RSS_IDLE, /* before the first connection */
    LG_METRIC_RSS_CONNECTION,
    LG_METRIC_ERRORS,     /* share of all exchanges, set-up ones too */
    LG_METRIC_LOST,       /* share of the expected deliveries */
    LG_METRIC_COMPUTED,   /* by `compute`; of several trials the mean of theirs */
    LG_METRIC_THROUGHPUT, /* of the downloads called what.name, bytes per second; failed ones: 0 */
};

struct lg_metric {
    const char *name;
    enum lg_metric_kind kind;
    struct lg_pooled_what what;
    double q;
    const char *unit;           /* of struct lg_comparison */
    const char *better, *worse; /* what b is: "faster", "slower" */
    bool less_is_better;
    double (*compute)(const struct lg_trial_result *trial); /* COMPUTED; -1: not measured */
};

/* The metrics of the record's first target that has trials; of the arena. */
struct lg_metric *lg_metrics_of(const struct lg_record *record, struct lg_arena *arena,
                                size_t *count);

/* Shares that are 0 in a good run, so that they have a difference and no ratio.  Static; the unit
 * is "share". */
const struct lg_metric *lg_metrics_shares(size_t *count);

/* Of one trial, or of several together.  -1: not measured; INFINITY: the percentile lies among the
 * failed or lost. */
double lg_metric_read(const struct lg_metric *metric, const struct lg_trial_result *trials,
                      size_t count);

/* Have these trials together enough values for it to be printed? */
bool lg_metric_supported(const struct lg_metric *metric, const struct lg_trial_result *trials,
                         size_t count);

#endif
