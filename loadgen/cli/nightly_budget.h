/* How many trials of each scenario fit into a night. */
#ifndef LG_CLI_NIGHTLY_BUDGET_H
#define LG_CLI_NIGHTLY_BUDGET_H

#include "base/base.h"

struct lg_budget_item {
    lg_ns round;     /* one trial of each of the scenario's targets, start and stop included, > 0 */
    unsigned wanted; /* trials, >= 1 */
    unsigned trials; /* out: planned; 0: left out */
};

/* Plans the items in their order, so that all rounds together take at most `budget` (LG_NEVER: no
 * limit).  Where not all that is wanted fits, each gets the same number of trials, as many as fit,
 * but none fewer than `least` (or what it wanted, if that is less): then the last ones are left
 * out, as a night with too few trials says nothing.  O(count * wanted). */
void lg_budget_plan(struct lg_budget_item *items, size_t count, lg_ns budget, unsigned least);

/* What the planned trials take. */
lg_ns lg_budget_cost(const struct lg_budget_item *items, size_t count);

#endif
