/* Servers that run beside a target and are not tested (`with` in [scenario]): what the target asks
 * in its turn.  They are started before it and stopped after it, so that each trial finds them as
 * new; their processor time is nobody's, and is told apart. */
#ifndef LG_CLI_BESIDE_H
#define LG_CLI_BESIDE_H

#include "scenario/plan.h"
#include "target/target.h"

/* Zeroed: none runs. */
struct lg_beside {
    const struct lg_plan *plan;
    struct lg_target **started; /* one for each of plan->beside */
    size_t count;               /* how many of them run */
    double cpu_s;               /* of those that have been stopped */
};

/* Starts all of plan->beside.  False: none runs; *who is the one that did not start, and *why the
 * reason, from `arena`; no reason if *stop became true. */
bool lg_beside_start(struct lg_beside *beside, const struct lg_plan *plan, const volatile int *stop,
                     struct lg_arena *arena, const char **who, const char **why);

/* `spec` with the URL of each that runs in its environment, from `arena`: stub is at STUB_URL. */
struct lg_target_spec lg_beside_tell(const struct lg_beside *beside,
                                     const struct lg_target_spec *spec, struct lg_arena *arena);

/* Stops all.  NULL, or a sentence from `arena` about one that failed, before or in the end. */
const char *lg_beside_stop(struct lg_beside *beside, struct lg_arena *arena);

#endif
