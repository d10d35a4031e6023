#include "cli/nightly_budget.h"

#include <criterion/criterion.h>

static struct lg_budget_item item(int seconds, unsigned wanted)
{
    return (struct lg_budget_item){.round = seconds * LG_S, .wanted = wanted};
}

Test(nightly_budget, without_a_limit_each_gets_what_it_wants)
{
    struct lg_budget_item items[] = {item(60, 5), item(600, 20)};
    lg_budget_plan(items, 2, LG_NEVER, 5);
    cr_expect_eq(items[0].trials, 5);
    cr_expect_eq(items[1].trials, 20);
}

Test(nightly_budget, all_get_fewer_before_one_is_left_out)
{
    struct lg_budget_item items[] = {item(60, 10), item(60, 8)};
    lg_budget_plan(items, 2, 14 * 60 * LG_S, 5);
    cr_expect_eq(items[0].trials, 7);
    cr_expect_eq(items[1].trials, 7);
    cr_expect_leq(lg_budget_cost(items, 2), 14 * 60 * LG_S);
}

Test(nightly_budget, nobody_gets_fewer_than_the_least_and_the_last_ones_are_left_out)
{
    struct lg_budget_item items[] = {item(60, 10), item(60, 10), item(60, 10)};
    lg_budget_plan(items, 3, 11 * 60 * LG_S, 5);
    cr_expect_eq(items[0].trials, 5);
    cr_expect_eq(items[1].trials, 5);
    cr_expect_eq(items[2].trials, 0);
}

Test(nightly_budget, a_short_one_takes_the_room_that_a_long_one_cannot)
{
    struct lg_budget_item items[] = {item(600, 5), item(60, 5)};
    lg_budget_plan(items, 2, 6 * 60 * LG_S, 5);
    cr_expect_eq(items[0].trials, 0);
    cr_expect_eq(items[1].trials, 5);
}

Test(nightly_budget, one_that_wants_fewer_than_the_least_gets_those)
{
    struct lg_budget_item items[] = {item(60, 2)};
    lg_budget_plan(items, 1, 2 * 60 * LG_S, 5);
    cr_expect_eq(items[0].trials, 2);
}
