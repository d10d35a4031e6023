/* What a capacity search says of the claims that its scenario names. */
#ifndef LG_CLI_CAPACITY_CLAIMS_H
#define LG_CLI_CAPACITY_CLAIMS_H

#include "report/capacity.h"
#include "scenario/plan.h"

/* Verdicts by the page's targets and cores; of the arena. */
struct lg_claim_result *lg_capacity_claims(const struct lg_plan *plan,
                                           const struct lg_capacity_page *page,
                                           struct lg_arena *arena, size_t *count);

/* Says on stderr, before the search, which of them this machine cannot decide, or lack
 * --overload. */
void lg_capacity_claims_warn(const struct lg_plan *plan, const struct lg_capacity_page *page,
                             struct lg_arena *arena);

#endif
