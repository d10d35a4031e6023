#include "cli/capacity_claims.h"

#include "analysis/debate_capacity.h"

#include <stdio.h>

struct lg_claim_result *lg_capacity_claims(const struct lg_plan *plan,
                                           const struct lg_capacity_page *page,
                                           struct lg_arena *arena, size_t *count)
{
    struct lg_debate_capacity *rows =
        lg_arena_alloc(arena, (page->target_count + 1) * sizeof *rows);
    for (size_t i = 0; i < page->target_count; i++) {
        unsigned replicas = plan->targets[i].replicas;
        rows[i] = (struct lg_debate_capacity){
            .target = page->targets[i].target,
            .servers = replicas > 1 ? replicas : 1,
            .found = &page->targets[i],
        };
    }
    struct lg_debate_capacities all = {
        .claim = plan->claim != NULL ? plan->claim : "",
        .scenario = plan->name,
        .cores = page->cores,
        .overload = page->overload_factor,
        .rows = rows,
        .count = page->target_count,
    };
    return lg_debate_judge_capacities(&all, arena, count);
}

static bool lacks_overload(const struct lg_claim_result *result,
                           const struct lg_capacity_page *page)
{
    size_t count = 0;
    const struct lg_debate_claim *claims = lg_debate_claims(&count);
    const struct lg_debate_claim *claim = &claims[result->number - 1];
    return claim->rule == LG_DEBATE_HIGH_LOAD && page->overload_factor != LG_DEBATE_OVERLOAD;
}

void lg_capacity_claims_warn(const struct lg_plan *plan, const struct lg_capacity_page *page,
                             struct lg_arena *arena)
{
    struct lg_capacity_page nothing = *page;
    size_t count = 0;
    nothing.target_count = 0;
    const struct lg_claim_result *claims = lg_capacity_claims(plan, &nothing, arena, &count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(claims[i].verdict, lg_debated_name(LG_DEBATED_NOT_MEASURABLE)) == 0) {
            fprintf(stderr, "loadgen: claim %u is not measurable on this machine: %s\n",
                    claims[i].number, claims[i].text);
        } else if (lacks_overload(&claims[i], page)) {
            fprintf(stderr, "loadgen: claim %u cannot be supported without --overload 2\n",
                    claims[i].number);
        }
    }
}
