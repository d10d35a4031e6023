#include "cli/nightly_budget.h"

static unsigned lesser(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

lg_ns lg_budget_cost(const struct lg_budget_item *items, size_t count)
{
    lg_ns sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += items[i].round * (lg_ns)items[i].trials;
    }
    return sum;
}

static void give(struct lg_budget_item *items, size_t count, unsigned most)
{
    for (size_t i = 0; i < count; i++) {
        items[i].trials = lesser(items[i].wanted, most);
    }
}

void lg_budget_plan(struct lg_budget_item *items, size_t count, lg_ns budget, unsigned least)
{
    unsigned most = least;
    for (size_t i = 0; i < count; i++) {
        most = items[i].wanted > most ? items[i].wanted : most;
    }
    for (give(items, count, most); most > least && lg_budget_cost(items, count) > budget;) {
        give(items, count, --most);
    }
    lg_ns left = budget;
    for (size_t i = 0; i < count; i++) {
        lg_ns cost = items[i].round * (lg_ns)items[i].trials;
        items[i].trials = cost <= left ? items[i].trials : 0;
        left -= cost <= left ? cost : 0;
    }
}
