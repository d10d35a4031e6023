/* The trials of a capacity search: the scenario at other rates, against one target at a time. */
#ifndef LG_CLI_CAPACITY_RUN_H
#define LG_CLI_CAPACITY_RUN_H

#include "analysis/capacity.h"
#include "base/arena.h"
#include "scenario/plan.h"

struct lg_capacity_options {
    const char *command; /* as the user typed it */
    struct lg_search_options search;
    lg_ns trial;     /* length of a short trial's measured window */
    double overload; /* trials at so many times the capacity, > 1; 0: none */
    bool curve;      /* closed trials too, for the scalability law */
    bool quiet;      /* no progress */
};

enum {
    LG_CURVE_TRIALS = 3,   /* of each load of the curve */
    LG_CURVE_ATTEMPTS = 3, /* at each of them */
};

/* Why this plan cannot be searched (from `arena`), or NULL: it needs objectives, and kinds of users
 * whose open arrivals have one rate each. */
const char *lg_capacity_obstacle(const struct lg_plan *plan, struct lg_arena *arena);

/* Arrivals per second of all open kinds of users together, as the scenario has them. */
double lg_capacity_rate(const struct lg_plan *plan);

/* Searches for the capacity of plan->targets[index]; each trial starts the target anew, so that no
 * trial inherits what an overload before it left.  A target that runs already is given time to
 * recover between trials: until it answers as fast as at first.  Texts and arrays of *out come from
 * `arena`. The exit code that the target's state calls for. */
int lg_capacity_run(const struct lg_plan *plan, size_t index,
                    const struct lg_capacity_options *options, struct lg_arena *arena,
                    struct lg_capacity_result *out);

#endif
