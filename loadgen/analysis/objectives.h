/* The scenario's objectives, judged per target over all its trials together. */
#ifndef LG_ANALYSIS_OBJECTIVES_H
#define LG_ANALYSIS_OBJECTIVES_H

#include "measure/record.h"

struct lg_plan;      /* scenario/plan.h */
struct lg_objective; /* scenario/plan.h */

/* What a target did on an objective. */
struct lg_objective_value {
    enum {
        LG_OBSERVED_NOTHING, /* no such row, or nothing measured: not judged */
        LG_OBSERVED_TIME,    /* ns */
        LG_OBSERVED_BYTES_PER_S,
        LG_OBSERVED_SHARE,
        LG_OBSERVED_PER_S,
        LG_OBSERVED_COUNT,
    } unit;
    double value;        /* INFINITY: a percentile (or the maximum) among the failed or lost */
    uint64_t failed, of; /* how many, for the sentence; of = 0: says nothing */
};

/* Percentiles come from the merged histogram of all trials, failures and losses ranked above every
 * value.  max is infinite as soon as one failed.  mean and min are those of the successes.
 * subject and measure as in struct lg_objective:
 *   a step: response, service, first_byte (or "": response); count and rate of its successes;
 *   errors: count of its failures, or rate as a share of its exchanges
 *   a stream of events: first_event, gap, reconnect; stalls, missing, duplicated, reordered of gap;
 *   count and rate of events
 *   a download: pause; throughput, where failed ones count as 0 bytes per second
 *   a deliveries section: delivery (or ""), spread; lost, duplicated, reordered
 *   a users section: its iterations' response time; count and rate of completed iterations
 *   errors: count, or rate as a share of all exchanges, set-up steps included */
struct lg_objective_value lg_objective_observe(const struct lg_objective *objective,
                                               const struct lg_target_result *target);

/* As observed; false also where nothing was. */
bool lg_objective_is_met(const struct lg_objective *objective,
                         const struct lg_target_result *target);

/* A percentile of times with its 95 % interval (order statistics, as if the samples were
 * independent); everything else as observed. */
enum lg_objective_certainty {
    LG_CERTAINLY_MET,
    LG_CERTAINLY_MISSED, /* also: nothing was observed */
    LG_NOT_CERTAIN,      /* the interval reaches over the limit, or has no end on that side; or the
                            step whose errors are meant has not been done */
};
/* late: how late the generator took arrivals up, at most; 0: in time.  Response times count from
 * when they were due, and a queue that gets an arrival later lets none leave earlier (Lindley's
 * recursion): what is met late would be met in time, and what is missed by more than `late` would
 * be missed in time.  Other times say nothing certain if late > 0. */
enum lg_objective_certainty lg_objective_certainty(const struct lg_objective *objective,
                                                   const struct lg_target_result *target,
                                                   lg_ns late);

/* Of the limit and of what is observed: ns, bytes_per_s, share, per_s or count; static. */
const char *lg_objective_unit(const struct lg_objective *objective);

/* Replaces record->objectives: a row for each objective and target.  Not judged: a target with an
 * interrupted or invalid trial or none, a run that was interrupted, nothing observed. */
void lg_objectives_judge(struct lg_record *record, const struct lg_plan *plan);

#endif
