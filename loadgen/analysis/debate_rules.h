/* The rules that turn figures into a verdict; only debate_verdict.c knows this header. */
#ifndef LG_ANALYSIS_DEBATE_RULES_H
#define LG_ANALYSIS_DEBATE_RULES_H

#include "analysis/debate_lanes.h"

/* Does the rule set a lane of each side against the other?  Else it looks at one side's lanes. */
bool lg_debate_compares(enum lg_debate_rule rule);

/* What the claim's rule makes of one lane of each side.  Adds to out->evidence.  `step`: only of
 * this one's figures; NULL: of all. */
enum lg_debated lg_debate_pair(const struct lg_record *record, const struct lg_debate_claim *claim,
                               const struct lg_target_result *node,
                               const struct lg_target_result *django, const char *step,
                               struct lg_claim_result *out);

/* The same of one lane, for a rule that looks at one side. */
enum lg_debated lg_debate_lane(const struct lg_record *record, const struct lg_debate_claim *claim,
                               const struct lg_target_result *lane, struct lg_claim_result *out);

#endif
