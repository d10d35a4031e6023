/* The figures of a run that a history follows: for each metric of each target the values of its
 * trials, or why it has none. */
#ifndef LG_CLI_NIGHTLY_FIGURES_H
#define LG_CLI_NIGHTLY_FIGURES_H

#include "analysis/metric.h"
#include "history/history.h"
#include "scenario/plan.h"

struct lg_figures {
    struct lg_arena *arena;
    const struct lg_history_data *before; /* what the history knows */
    const char *scenario;
    unsigned trials;                 /* planned */
    struct lg_history_value *values; /* of the arena; appended to */
    size_t count;
    bool valid;          /* out: a target has figures that count */
    const char **failed; /* out: names of targets that did not start or died */
    size_t failed_count;
};

/* A target counts if all planned trials ended and all their checks passed; else none of its series
 * has a value, and each says why. */
void lg_figures_take(struct lg_figures *figures, const struct lg_record *record);

/* One value that is missing. */
void lg_figures_missing(struct lg_history_value **values, size_t *count,
                        const struct lg_nightly_series *series, const char *why,
                        struct lg_arena *arena);

/* All metrics that a run of this kind may have; of `arena`. */
const struct lg_metric *lg_figures_metrics(const struct lg_record *record, struct lg_arena *arena,
                                           size_t *count);

/* Did it run to its end, with all checks on the measurement passed? */
bool lg_figures_sound(const struct lg_trial_result *trial);

/* The figure of one trial; NAN: it has none, INFINITY: it lies among the failures. */
double lg_figures_read(const struct lg_metric *metric, const struct lg_trial_result *trial);

/* lg_scenario_hash of a plan. */
const char *lg_figures_digest(const struct lg_plan *plan, struct lg_arena *arena);

/* What figures of two nights must have in common to be compared: machine, system, libraries. */
const char *lg_figures_environment(const struct lg_environment *environment,
                                   struct lg_arena *arena);

#endif
