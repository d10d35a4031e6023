/* What the files of the search for capacity share. */
#ifndef LG_CLI_CAPACITY_PARTS_H
#define LG_CLI_CAPACITY_PARTS_H

#include "cli/capacity_run.h"
#include "target/spec.h"

/* One target's search. */
struct lg_capacity_work {
    const struct lg_plan *plan;
    const struct lg_capacity_options *options;
    struct lg_arena *arena;
    struct lg_capacity_result *out;
    size_t index;    /* of the target, in the plan */
    double baseline; /* ns; of a target that runs already; INFINITY: not known */
};

/* Do these users come at a rate of their own? */
bool lg_capacity_is_open(const struct lg_users *users);

/* A copy of the plan that lends everything but what differs: one target, one trial of this length.
 * Its users, which may be changed. */
struct lg_users *lg_capacity_vary(const struct lg_plan *plan, size_t target, lg_ns duration,
                                  struct lg_arena *arena, struct lg_plan *out);

/* Waits until a target that runs already answers as fast as at first: how long that took, in
 * seconds; 0: at once, or somebody stopped us, or each trial starts it anew; INFINITY: longer than
 * the limit. */
double lg_capacity_settle(const struct lg_capacity_work *work);

#endif
