#include "analysis/search.h"
#include "base/rng.h"

#include <criterion/criterion.h>
#include <math.h>

static const struct lg_search_options usual = {
    .start = 10, .least = 1, .most = 1e6, .precision = 1.03, .confirm = 3, .trials = 100};

/* A server that holds its objectives below `capacity`; trials within `doubt` of it may go either
 * way, and those nearer still are unclear until they are long. */
struct server {
    double capacity, doubt, generator;
    struct lg_rng rng;
};

static enum lg_search_verdict try(struct server *s, const struct lg_search_trial *t)
{
    double away = log(t->rate / s->capacity) * sqrt(t->times);
    if (t->rate >= s->generator) {
        return LG_TRIAL_GENERATOR;
    }
    double seen = away + s->doubt * 2 * (lg_rng_unit(&s->rng) - 0.5);
    return fabs(seen) < s->doubt / 2 ? LG_TRIAL_UNCLEAR
           : seen < 0                ? LG_TRIAL_HOLDS
                                     : LG_TRIAL_FAILS;
}

static struct lg_search search(struct server s, struct lg_search_options options, uint64_t seed)
{
    struct lg_search found;
    lg_rng_init(&s.rng, seed, 0, 0);
    lg_search_begin(&found, &options);
    while (found.end == LG_SEARCH_SEARCHING) {
        cr_assert_geq(found.next.rate, options.least * (1 - 1e-9));
        cr_assert_leq(found.next.rate, options.most * (1 + 1e-9));
        lg_search_tell(&found, try(&s, &found.next));
    }
    return found;
}

Test(search, a_known_capacity_lies_between_the_two_ends)
{
    struct lg_search s = search((struct server){.capacity = 200, .generator = INFINITY}, usual, 1);
    cr_expect_eq(s.end, LG_SEARCH_FOUND);
    cr_expect(s.low <= 200 && s.high >= 200, "%g %g", s.low, s.high);
    cr_expect_leq(s.high / s.low, 1.03 * (1 + 1e-9));
    cr_expect_leq(s.tried, 20);
}

Test(search, noise_moves_the_ends_by_little)
{
    int found = 0;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct server noisy = {.capacity = 777, .doubt = 0.05, .generator = INFINITY};
        struct lg_search s = search(noisy, usual, seed);
        found += s.end == LG_SEARCH_FOUND && s.low > 777 / 1.06 && s.low < 777 * 1.03;
    }
    cr_expect_geq(found, 180, "%d of 200", found);
}

Test(search, it_starts_too_high_as_well)
{
    struct lg_search s = search((struct server){.capacity = 3, .generator = INFINITY}, usual, 1);
    cr_expect_eq(s.end, LG_SEARCH_FOUND);
    cr_expect(s.low <= 3 && s.high >= 3, "%g %g", s.low, s.high);
}

Test(search, below_the_lowest_rate_is_said_so)
{
    struct lg_search s = search((struct server){.capacity = 0.5, .generator = INFINITY}, usual, 1);
    cr_expect_eq(s.end, LG_SEARCH_BELOW_START);
    cr_expect_eq(s.low, 0);
    cr_expect_float_eq(s.high, 1, 1e-9);
}

Test(search, a_server_without_bound_is_confirmed_at_the_highest_rate)
{
    struct lg_search_options few = usual;
    few.most = 5000;
    struct lg_search s = search((struct server){.capacity = 1e9, .generator = INFINITY}, few, 1);
    cr_expect_eq(s.end, LG_SEARCH_NO_BOUND);
    cr_expect_float_eq(s.low, 5000, 1e-6);
}

Test(search, a_generator_that_gives_up_first_says_at_least)
{
    struct lg_search s = search((struct server){.capacity = 1e9, .generator = 900}, usual, 1);
    cr_expect_eq(s.end, LG_SEARCH_GENERATOR_FIRST);
    cr_expect(s.low > 900 / 1.03 / 1.001 && s.low < 900, "%g", s.low);
    cr_expect_eq(s.held, 2);
}

Test(search, a_generator_that_manages_nothing_has_no_lower_end)
{
    struct lg_search s = search((struct server){.capacity = 1e9, .generator = 0}, usual, 1);
    cr_expect_eq(s.end, LG_SEARCH_GENERATOR_FIRST);
    cr_expect_eq(s.low, 0);
}

Test(search, one_trial_that_the_generator_fails_ends_nothing)
{
    struct lg_search s;
    lg_search_begin(&s, &usual);
    lg_search_tell(&s, LG_TRIAL_GENERATOR);
    cr_expect_eq(s.next.rate, usual.start);
    lg_search_tell(&s, LG_TRIAL_GENERATOR);
    lg_search_tell(&s, LG_TRIAL_HOLDS);
    cr_expect_eq(s.low, usual.start);
    lg_search_tell(&s, LG_TRIAL_GENERATOR);
    cr_expect_eq(s.end, LG_SEARCH_SEARCHING);
    cr_expect(isinf(s.limit));
}

Test(search, an_end_that_held_by_luck_is_lowered)
{
    struct lg_search s;
    lg_search_begin(&s, &usual);
    while (s.next.phase != LG_SEARCH_CONFIRM_LOW) {
        lg_search_tell(&s, s.next.rate < 200 ? LG_TRIAL_HOLDS : LG_TRIAL_FAILS);
    }
    double lucky = s.low;
    lg_search_tell(&s, LG_TRIAL_FAILS);
    lg_search_tell(&s, LG_TRIAL_HOLDS);
    lg_search_tell(&s, LG_TRIAL_FAILS);
    cr_expect_eq(s.end, LG_SEARCH_SEARCHING);
    cr_expect_float_eq(s.next.rate, lucky / 1.03, 1e-9);
    cr_expect_eq(s.high, lucky);
}

Test(search, one_that_holds_above_what_failed_again_and_again_is_not_monotone)
{
    struct lg_search s;
    lg_search_begin(&s, &usual);
    while (s.end == LG_SEARCH_SEARCHING) {
        bool longer =
            s.next.phase == LG_SEARCH_CONFIRM_LOW || s.next.phase == LG_SEARCH_CONFIRM_HIGH;
        lg_search_tell(&s, longer || s.next.rate < 15 * (1 + s.surprises) ? LG_TRIAL_HOLDS
                                                                          : LG_TRIAL_FAILS);
    }
    cr_expect_eq(s.end, LG_SEARCH_NOT_MONOTONE);
}

Test(search, an_unclear_trial_is_made_longer_and_at_last_counts_as_missed)
{
    struct lg_search s;
    lg_search_begin(&s, &usual);
    unsigned times = 1;
    for (int i = 0; i < LG_SEARCH_REPEATS; i++) {
        lg_search_tell(&s, LG_TRIAL_UNCLEAR);
        times *= 2;
        cr_expect_eq(s.next.rate, usual.start);
        cr_expect_eq(s.next.times, times);
    }
    lg_search_tell(&s, LG_TRIAL_UNCLEAR);
    cr_expect_eq(s.high, usual.start);
}

Test(search, the_trials_allowed_are_never_exceeded)
{
    struct lg_search_options few = usual;
    few.trials = 5;
    struct lg_search s = search((struct server){.capacity = 200, .generator = INFINITY}, few, 1);
    cr_expect_eq(s.end, LG_SEARCH_OUT_OF_TRIALS);
    cr_expect_eq(s.tried, 5);
}

Test(search, a_disturbed_trial_is_made_again_and_says_nothing_of_the_generator)
{
    struct lg_search s;
    lg_search_begin(&s, &usual);
    for (int i = 0; i < LG_SEARCH_DISTURBANCES - 1; i++) {
        lg_search_tell(&s, LG_TRIAL_DISTURBED);
        cr_expect_eq(s.next.rate, usual.start);
    }
    lg_search_tell(&s, LG_TRIAL_HOLDS);
    cr_expect_eq(s.low, usual.start);
    cr_expect(isinf(s.limit));
    for (int i = 0; i < LG_SEARCH_DISTURBANCES; i++) {
        cr_expect_eq(s.end, LG_SEARCH_SEARCHING);
        lg_search_tell(&s, LG_TRIAL_DISTURBED);
    }
    cr_expect_eq(s.end, LG_SEARCH_DISTURBED);
    cr_expect_eq(s.low, usual.start);
}

/* A server that stands still for some trials fails them whatever the rate. */
Test(search, a_stall_on_the_way_does_not_end_the_search_low)
{
    for (unsigned from = 1; from < 12; from++) {
        struct lg_search s;
        lg_search_begin(&s, &usual);
        while (s.end == LG_SEARCH_SEARCHING) {
            bool stalled = s.tried >= from && s.tried < from + 2;
            lg_search_tell(&s, stalled || s.next.rate > 200 ? LG_TRIAL_FAILS : LG_TRIAL_HOLDS);
        }
        cr_expect_eq(s.end, LG_SEARCH_FOUND, "stalled from %u: %s", from,
                     lg_search_end_name(s.end));
        cr_expect(s.low > 200 / 1.031 && s.low <= 200, "stalled from %u: %g", from, s.low);
    }
}

Test(search, a_low_end_that_the_generator_cannot_keep_for_long_is_lowered_before_it_is_told)
{
    struct lg_search s;
    lg_search_begin(&s, &usual);
    while (s.end == LG_SEARCH_SEARCHING) {
        double limit = s.next.phase == LG_SEARCH_CONFIRM_LOW ? 850 : 900;
        lg_search_tell(&s, s.next.rate > limit ? LG_TRIAL_GENERATOR : LG_TRIAL_HOLDS);
    }
    cr_expect_eq(s.end, LG_SEARCH_GENERATOR_FIRST);
    cr_expect(s.low <= 850 && s.low > 850 / 1.031, "%g", s.low);
    cr_expect_eq(s.held, 2);
}

Test(search, what_a_search_usually_costs_lies_below_what_it_may_cost)
{
    struct lg_search s =
        search((struct server){.capacity = 10 * 4 * sqrt(2), .generator = INFINITY}, usual, 1);
    struct lg_search_effort effort = lg_search_usual(&usual);
    cr_expect_eq(effort.trials, s.tried);
    cr_expect_geq(effort.times, effort.trials + 3 * (LG_SEARCH_LONG - 1), "3 of them are long");
    cr_expect_eq(lg_search_most(&usual).trials, 100u);
    cr_expect_gt(lg_search_most(&usual).times, 100. * LG_SEARCH_LONG);
}
