/* The verdicts of all pairs of lanes, and what they come to together. */
#ifndef LG_ANALYSIS_DEBATE_VOTES_H
#define LG_ANALYSIS_DEBATE_VOTES_H

#include "measure/record.h"

struct lg_debate_votes {
    size_t of[LG_DEBATED_KINDS], all;
};

void lg_debate_vote(struct lg_debate_votes *votes, enum lg_debated verdict);

/* One that all agree on; not judged where one is not or there are none; else "depends on the
 * server" where one supports and another refutes, and inconclusive. */
enum lg_debated lg_debate_outcome(const struct lg_debate_votes *votes);

#endif
