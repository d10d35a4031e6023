#include "analysis/debate_votes.h"

void lg_debate_vote(struct lg_debate_votes *votes, enum lg_debated verdict)
{
    votes->of[verdict]++;
    votes->all++;
}

enum lg_debated lg_debate_outcome(const struct lg_debate_votes *votes)
{
    if (votes->all == 0 || votes->of[LG_DEBATED_NOT_JUDGED] > 0) {
        return LG_DEBATED_NOT_JUDGED;
    }
    for (size_t i = 0; i < LG_DEBATED_KINDS; i++) {
        if (votes->of[i] == votes->all) {
            return (enum lg_debated)i;
        }
    }
    bool both = votes->of[LG_DEBATED_SUPPORTED] > 0 && votes->of[LG_DEBATED_REFUTED] > 0;
    return both ? LG_DEBATED_DEPENDS : LG_DEBATED_INCONCLUSIVE;
}
