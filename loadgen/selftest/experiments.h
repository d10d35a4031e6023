/* The experiments themselves; each adds its rows.  False: stop here (trouble or interrupted). */
#ifndef LG_SELFTEST_EXPERIMENTS_H
#define LG_SELFTEST_EXPERIMENTS_H

#include "selftest/bench.h"

struct lg_experiment_row {
    const char *what; /* for the progress line */
    bool (*run)(struct lg_bench *bench);
};
const struct lg_experiment_row *lg_experiments(size_t *count);

bool lg_experiment_schedule(struct lg_bench *bench); /* clock, timers, constant and Poisson arrivals */
bool lg_experiment_delay(struct lg_bench *bench);    /* a fixed delay; lost samples */
bool lg_experiment_queue(struct lg_bench *bench);    /* M/M/1 */
bool lg_experiment_stall(struct lg_bench *bench);    /* coordinated omission */
bool lg_experiment_counts(struct lg_bench *bench);   /* exact counts, highest rate */

#endif
