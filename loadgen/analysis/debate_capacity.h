/* What the capacities of a claim's two sides say of it: the verdicts that `loadgen capacity` makes
 * (scenario/debate.h), as one run cannot. */
#ifndef LG_ANALYSIS_DEBATE_CAPACITY_H
#define LG_ANALYSIS_DEBATE_CAPACITY_H

#include "analysis/capacity.h"
#include "scenario/debate.h"

/* A target and what the search found.  Its side is told by its name; without "-replicas" and what
 * follows, that is the name of the one server of which there are so many. */
struct lg_debate_capacity {
    const char *target;
    unsigned servers; /* alike, that share the load; >= 1 */
    const struct lg_capacity_result *found;
};

struct lg_debate_capacities {
    const char *claim, *scenario; /* as in [scenario]; claim "": none */
    unsigned cores;               /* of the machine */
    double overload;              /* in times of the capacity; 0: none was tried */
    const struct lg_debate_capacity *rows;
    size_t count;
};

/* A row for each claim of these ids that names the scenario and is judged by capacities.  Both ends
 * of a search's bracket are taken at their worst for the claim, so the interval of a ratio or of an
 * efficiency is not one of chance; so are the least and the greatest goodput of an overload's
 * trials.  Not judged: a search that did not end in a bracket, or a lane that is missing, that of
 * lg_debate_better_lane among them.  Rows and texts of the arena. */
struct lg_claim_result *lg_debate_judge_capacities(const struct lg_debate_capacities *all,
                                                   struct lg_arena *arena, size_t *count);

#endif
