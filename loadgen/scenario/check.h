/* What `loadgen check` prints: a plan as people read it before they let it run. */
#ifndef LG_SCENARIO_CHECK_H
#define LG_SCENARIO_CHECK_H

#include "base/buf.h"
#include "scenario/plan.h"

/* Appends: every section with the values in force and which of them are defaults, the expected
 * arrivals of each stage, what the run needs (connections, files, time), what will be started. */
void lg_check_write(const struct lg_plan *plan, struct lg_buf *out);

/* Files that a trial keeps open at most: connections, and a few for each thread and the run. */
uint64_t lg_check_files(const struct lg_plan *plan);

/* Expected time of one trial: connecting, warm-up, duration, the drain of deliveries. */
lg_ns lg_check_trial_time(const struct lg_plan *plan);

/* Expected time of the whole run without starting and stopping servers; an automatic warm-up counts
 * as LG_CHECK_AUTO_WARMUP. */
lg_ns lg_check_time(const struct lg_plan *plan);
#define LG_CHECK_AUTO_WARMUP (10 * LG_S)

#endif
