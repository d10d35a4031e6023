/* The trials of `loadgen capacity --overload`: more than a target can carry, and its load again. */
#ifndef LG_CLI_CAPACITY_OVERLOAD_H
#define LG_CLI_CAPACITY_OVERLOAD_H

#include "cli/capacity_parts.h"

/* Trials at options->overload times the rate that holds, where the search found one; else none.
 * Fills work->out's overload.  The exit code that an interruption calls for; 0: none. */
int lg_capacity_overload(struct lg_capacity_work *work);

/* How these trials are made, in a sentence from `arena`: their length, what becomes of arrivals
 * that find no connection, and what the connections bound. */
const char *lg_capacity_overload_how(const struct lg_plan *plan,
                                     const struct lg_capacity_options *options,
                                     struct lg_arena *arena);

/* Seconds of load in one of them, warm-up included. */
double lg_capacity_overload_length(const struct lg_plan *plan,
                                   const struct lg_capacity_options *options);

#endif
