/* What a plan asks of the machine, and how long its phases last; from the plan alone, before and
 * without a trial. */
#ifndef LG_ENGINE_RUN_LIMITS_H
#define LG_ENGINE_RUN_LIMITS_H

#include "base/arena.h"
#include "scenario/plan.h"

/* Can this machine hold the plan's connections?  Raises the soft limit of open files where that
 * helps. To be asked before any target is started; false: *why (from `arena`) names the number
 * needed. */
bool lg_run_possible(const struct lg_plan *plan, struct lg_arena *arena, const char **why);

/* When every user must be set up or have failed at the latest, from the first connection on. */
lg_ns lg_run_connect_limit(const struct lg_plan *plan);
/* How long the load may take to warm up under warmup = auto, before the duration. */
lg_ns lg_run_warmup_allowance(const struct lg_plan *plan);
/* From the start of the load to the end of the measured window; with what an automatic warm-up may
 * take. */
lg_ns lg_run_load_time(const struct lg_plan *plan);

#endif
