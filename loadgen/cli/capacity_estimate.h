/* How long a search for capacity may take, told before it begins. */
#ifndef LG_CLI_CAPACITY_ESTIMATE_H
#define LG_CLI_CAPACITY_ESTIMATE_H

#include "cli/capacity_run.h"

/* A sentence from `arena`: the trials of a target, how long they usually take, and for all targets
 * together at most.  Of load alone: starts of the targets and waits for their recovery are left
 * out, and the sentence says so. */
const char *lg_capacity_estimate(const struct lg_plan *plan,
                                 const struct lg_capacity_options *options, struct lg_arena *arena);

#endif
