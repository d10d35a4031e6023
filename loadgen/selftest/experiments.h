/* The experiments themselves; each adds its rows.  False: stop here (trouble or interrupted). */
#ifndef LG_SELFTEST_EXPERIMENTS_H
#define LG_SELFTEST_EXPERIMENTS_H

#include "selftest/bench.h"

bool lg_experiment_schedule(struct lg_bench *bench); /* clock, timer, a constant schedule, counts */
bool lg_experiment_delay(struct lg_bench *bench);    /* a fixed delay, arrivals, lost samples */
bool lg_experiment_queue(struct lg_bench *bench);    /* M/M/1 */
bool lg_experiment_stall(struct lg_bench *bench);    /* coordinated omission */
bool lg_experiment_rate(struct lg_bench *bench);     /* as fast as one thread can */

#endif
