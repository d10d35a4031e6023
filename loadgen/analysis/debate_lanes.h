/* Which targets of a run are a claim's two sides; only the debate's own files know this header. */
#ifndef LG_ANALYSIS_DEBATE_LANES_H
#define LG_ANALYSIS_DEBATE_LANES_H

#include "measure/record.h"
#include "scenario/debate.h"

struct lg_debate_lanes {
    const struct lg_target_result **of[2]; /* by enum lg_debate_side; of the record's arena */
    size_t count[2];
};

/* The targets that the claim names, else all of Node and of Django: by what they say of themselves
 * ("stack" begins with node or django), else by their names.  Controls, and targets that another
 * claim names, are no lanes. */
struct lg_debate_lanes lg_debate_lanes_of(const struct lg_record *record,
                                          const struct lg_debate_claim *claim);

/* The side of a server called so: 0, 1, or -1. */
int lg_debate_side_of(const char *stack);

/* Is the target of this name no lane but for the claim that names it? */
bool lg_debate_is_control(const char *name);

const struct lg_target_result *lg_debate_target(const struct lg_record *record, const char *name);

/* Why a run without the lane of lg_debate_better_lane judges nothing; of the arena. */
const char *lg_debate_needs_better(const char *lane, struct lg_arena *arena);

/* "Fastify 5.12.8 on Node.js 24.19.0 against Django ... , on this contract and this machine; not
 * the languages". */
const char *lg_debate_scope(const struct lg_record *record, const struct lg_debate_lanes *lanes);

#endif
