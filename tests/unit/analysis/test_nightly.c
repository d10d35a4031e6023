#include "analysis/nightly.h"
#include "analysis/dist.h"
#include "base/rng.h"
#include "support/leak_check.h"
#include "support/nights.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

TestSuite(nightly, .fini = fail_on_leak);

/* Rates that are counted here must hold on any seed (LG_SEED=N makes others): a limit is what the
 * true rate, which tests/rates/nightly_rates.c finds over many more histories, misses by chance but
 * once in a million times.  The promises themselves are narrower than these limits: docs/nightly.md
 * has them. */
#define BY_CHANCE 1e-6

/* The most and the least of n histories that show what a rate of p makes them show. */
static size_t at_most(size_t n, double p)
{
    size_t k = 0;
    while (1 - lg_dist_binomial_cdf(k, n, p) > BY_CHANCE) {
        k++;
    }
    return k;
}

static size_t at_least(size_t n, double p)
{
    return n - at_most(n, 1 - p);
}

static struct nights *flat(enum nights_noise noise, uint64_t seed, uint64_t number)
{
    struct nights *nights = lg_alloc(sizeof *nights);
    nights_fill(nights, noise, seed, number);
    return nights;
}

static const struct lg_nightly_change *change_of(const struct lg_nightly_result *r, size_t series,
                                                 size_t night)
{
    for (size_t i = 0; i < r->change_count; i++) {
        if (r->changes[i].series == series && r->changes[i].night == night) {
            return &r->changes[i];
        }
    }
    return NULL;
}

/* Improvements, and what later nights took back, are counted too.  The rate is that of histories
 * with any alarm in these 25 nights. */
Test(nightly, flat_nights_raise_few_alarms_over_all_series)
{
    enum { HISTORIES = 200, FIRST = 30, LAST = 55 };
    for (enum nights_noise noise = 0; noise < NIGHTS_NOISES; noise++) {
        size_t some = 0;
        for (uint64_t h = 0; h < HISTORIES; h++) {
            struct nights *n = flat(noise, nights_seed(1), h);
            some += nights_alarms(n, LAST) > nights_alarms(n, FIRST);
            free(n);
        }
        cr_log_info("%s: alarms in %zu of %d histories", nights_noise_name(noise), some, HISTORIES);
        cr_expect(some <= at_most(HISTORIES, 0.22), "%s: %zu of %d", nights_noise_name(noise), some,
                  HISTORIES);
    }
}

static size_t suspicions_of(const struct lg_nightly_result *r)
{
    size_t raised = 0;
    for (size_t i = 0; i < r->change_count; i++) {
        raised += r->changes[i].state == LG_NIGHTLY_SUSPECTED && r->changes[i].fresh;
    }
    return raised;
}

/* Those that are shown tonight, over all series: LG_NIGHTLY_SUSPECT promises 0.05 of them. */
Test(nightly, flat_nights_raise_few_suspicions)
{
    enum { HISTORIES = 300, NIGHTS = 50 };
    size_t raised = 0;
    for (uint64_t h = 0; h < HISTORIES; h++) {
        struct nights *n = flat(NIGHTS_NORMAL, nights_seed(16), h);
        struct lg_arena *arena = lg_arena_new();
        struct lg_nightly_result r = nights_detect(n, NIGHTS, arena);
        raised += suspicions_of(&r) > 0;
        lg_arena_free(arena);
        free(n);
    }
    cr_log_info("suspicions in %zu of %d nights", raised, HISTORIES);
    cr_assert(raised <= at_most(HISTORIES, LG_NIGHTLY_SUSPECT), "%zu", raised);
}

/* Of histories of ten series, one of which steps: how many confirm it in time? */
static void expect_found(enum nights_noise noise, double sd, size_t before, size_t within,
                         double rate)
{
    enum { HISTORIES = 300 };
    size_t found = 0;
    for (uint64_t h = 0; h < HISTORIES; h++) {
        struct nights *n = flat(noise, nights_seed(2), h);
        nights_step(n, before, sd);
        found += nights_confirmed(n, before + within, before).night > 0;
        free(n);
    }
    cr_log_info("%g sd after %zu nights, %s: %zu of %d", sd, before, nights_noise_name(noise),
                found, HISTORIES);
    cr_expect(found >= at_least(HISTORIES, rate), "%g sd after %zu nights, %s: %zu of %d", sd,
              before, nights_noise_name(noise), found, HISTORIES);
}

Test(nightly, a_step_of_3_sd_is_confirmed_within_3_nights)
{
    expect_found(NIGHTS_NORMAL, 3, 20, 3, 0.8);
    expect_found(NIGHTS_NORMAL, 3, 30, 3, 0.82);
    expect_found(NIGHTS_NORMAL, 3, 60, 3, 0.83);
    expect_found(NIGHTS_LOG_NORMAL, 3, 30, 3, 0.82);
}

Test(nightly, a_step_of_2_sd_is_confirmed_within_10_nights)
{
    expect_found(NIGHTS_NORMAL, 2, 30, 10, 0.83);
    expect_found(NIGHTS_LOG_NORMAL, 2, 60, 10, 0.85);
}

/* Asked for in the first night, and proven there. */
static void expect_proven(double share, size_t most, double rate)
{
    enum { HISTORIES = 300, BEFORE = 30 };
    struct nights_trials trials = nights_trials(share, 1.5, most);
    size_t found = 0, pairs = 0;
    for (uint64_t h = 0; h < HISTORIES; h++) {
        struct nights *n = flat(NIGHTS_NORMAL, nights_seed(3), h);
        bool asked;
        nights_step(n, BEFORE, 1.5);
        found += nights_proven_at_once(n, BEFORE + 1, &trials, &asked, &pairs);
        free(n);
    }
    cr_log_info("trials' share %.2f, at most %zu pairs: %zu of %d", share, most, found, HISTORIES);
    cr_expect(found >= at_least(HISTORIES, rate), "share %g, %zu pairs: %zu of %d", share, most,
              found, HISTORIES);
}

Test(nightly, with_the_rerun_a_step_of_1_5_sd_is_found_in_its_first_night)
{
    expect_proven(0.5, 40, 0.77);
    expect_proven(1, 80, 0.8);
}

/* All looks of the seven series that a flat night asks about spend less than
 * LG_NIGHTLY_PROOF: 1 in 4,700 of these single ones. */
Test(nightly, a_rerun_of_equal_versions_proves_nothing)
{
    enum { RERUNS = 10000, COMPARED = 7 };
    struct nights_trials equal = nights_trials(0.5, 0, 80);
    struct lg_rng rng;
    lg_rng_init(&rng, nights_seed(5), 0, 0);
    size_t proven = 0, pairs = 0;
    for (int i = 0; i < RERUNS; i++) {
        proven += nights_proves(&equal, COMPARED, &rng, &pairs);
    }
    cr_log_info("proven %zu of %d, %.1f pairs", proven, RERUNS, (double)pairs / RERUNS);
    cr_assert(proven <= at_most(RERUNS, 0.0002), "%zu", proven);
}

Test(nightly, a_rerun_says_refuted_proven_or_how_many_more_pairs)
{
    double good[] = {100, 102, 99, 101, 100};
    double same[] = {100, 101, 100, 101, 99};
    double slow[] = {131, 133, 129, 130, 132};
    double wild[] = {90, 140, 80, 150, 100};
    struct lg_nightly_rerun r = {good, same, 5, 40, 1, .less_is_better = true};
    struct lg_nightly_proof p = lg_nightly_judge_rerun(&r);
    cr_assert(p.verdict == LG_NIGHTLY_REFUTED && p.more == 0 && p.interval.known);
    r.suspect = slow;
    p = lg_nightly_judge_rerun(&r);
    cr_assert(p.verdict == LG_NIGHTLY_PROVEN && p.ratio > 1.25 && p.interval.low > 1.2);
    r.less_is_better = false;
    p = lg_nightly_judge_rerun(&r);
    cr_assert(p.verdict == LG_NIGHTLY_REFUTED && p.ratio > 1.25, "an improvement");
    r.less_is_better = true;
    r.suspect = wild;
    p = lg_nightly_judge_rerun(&r);
    cr_assert(p.verdict == LG_NIGHTLY_UNCLEAR && p.more == 5, "%zu", p.more);
    r.most = 5;
    cr_assert(lg_nightly_judge_rerun(&r).more == 0, "nothing may be added");
}

/* It may still meet others of its kind: 2 of 1000 histories show an alarm more. */
Test(nightly, one_outlier_night_confirms_nothing_and_is_shown)
{
    enum { HISTORIES = 60 };
    size_t shown = 0, more = 0;
    for (uint64_t h = 0; h < HISTORIES; h++) {
        struct nights *n = flat(NIGHTS_NORMAL, nights_seed(6), h);
        size_t without = nights_alarms(n, 80);
        n->values[0][60].value = 140;
        more += nights_alarms(n, 80) > without;
        struct lg_arena *arena = lg_arena_new();
        struct lg_nightly_result r = nights_detect(n, 80, arena);
        for (size_t i = 0; i < r.outlier_count; i++) {
            shown += r.outliers[i].series == 0 && r.outliers[i].night == 60 &&
                     r.outliers[i].away > LG_NIGHTLY_FAR;
        }
        lg_arena_free(arena);
        free(n);
    }
    cr_log_info("more alarms in %zu of %d, shown in %zu", more, HISTORIES, shown);
    cr_expect(more <= at_most(HISTORIES, 0.004), "%zu of %d", more, HISTORIES);
    cr_expect(shown >= at_least(HISTORIES, 0.97), "%zu of %d", shown, HISTORIES);
}

Test(nightly, an_outlier_tonight_is_suspected_and_tomorrow_it_is_not)
{
    struct nights *n = flat(NIGHTS_NORMAL, 7, 0);
    n->values[0][60].value = 150;
    n->values[0][61].value = 100;
    struct lg_arena *arena = lg_arena_new();
    struct lg_nightly_result r = nights_detect(n, 61, arena);
    const struct lg_nightly_change *c = change_of(&r, 0, 60);
    cr_assert(c != NULL && c->state == LG_NIGHTLY_SUSPECTED && c->last_good == 59 && c->fresh);
    cr_assert(r.standings[0].rerun && r.standings[0].last_good == 59);
    r = nights_detect(n, 62, arena);
    cr_assert(change_of(&r, 0, 60) == NULL);
    lg_arena_free(arena);
    free(n);
}

Test(nightly, an_improvement_is_called_one_and_a_regression_one)
{
    for (int less = 0; less < 2; less++) {
        for (double sd = -5; sd <= 5; sd += 10) {
            struct nights *n = flat(NIGHTS_NORMAL, 8, 1);
            n->series[0].less_is_better = less == 1;
            nights_step(n, 50, sd);
            struct lg_nightly_change c = nights_confirmed(n, 60, 50);
            cr_assert(c.night > 0 && c.regression == ((sd > 0) == (less == 1)));
            cr_assert(c.interval.known && c.interval.low < c.ratio && c.interval.high > c.ratio &&
                      fabs(c.ratio - 1 - 0.05 * sd) < 0.05);
            cr_assert(c.after >= 8 && c.before >= 48 && c.p < 0.01);
            free(n);
        }
    }
}

Test(nightly, two_steps_five_nights_apart_are_both_found)
{
    size_t first = 0, second = 0;
    for (uint64_t h = 0; h < 50; h++) {
        struct nights *n = flat(NIGHTS_NORMAL, 9, h);
        nights_step(n, 50, 5);
        nights_step(n, 55, 5);
        first += nights_confirmed(n, 65, 50).night > 0;
        second += nights_confirmed(n, 65, 55).night > 0;
        free(n);
    }
    cr_assert(first >= 45 && second >= 45, "%zu and %zu of 50", first, second);
}

Test(nightly, a_break_of_the_environment_is_silent_and_begins_anew)
{
    struct nights *n = flat(NIGHTS_NORMAL, 10, 0);
    nights_step(n, 60, 20);
    n->values[0][60].broken = true;
    cr_assert(nights_confirmed(n, 80, 60).night == 0);
    struct lg_arena *arena = lg_arena_new();
    struct lg_nightly_result r = nights_detect(n, 66, arena);
    for (size_t i = 0; i < r.change_count; i++) {
        cr_assert(r.changes[i].series != 0);
    }
    cr_assert(r.standings[0].nights == 6 && !r.standings[0].judged);
    cr_assert(!r.standings[0].rerun && isinf(r.standings[0].after3));
    cr_assert(r.standings[1].judged && r.standings[1].nights == 66);
    lg_arena_free(arena);
    free(n);
}

Test(nightly, missing_nights_stay_missing)
{
    struct nights *n = flat(NIGHTS_NORMAL, 11, 0);
    nights_step(n, 50, 6);
    for (size_t k = 0; k < NIGHTS_MOST; k += 4) {
        n->values[0][k] = (struct lg_nightly_value){.value = 1e9};
    }
    n->values[0][41].value = NAN;
    struct lg_nightly_change c = nights_confirmed(n, 60, 50);
    cr_assert(c.night >= 49 && c.night <= 51 && c.after == 8, "%zu %zu", c.night, c.after);
    cr_assert(c.last_good < c.night && n->values[0][c.last_good].known);
    free(n);
}

Test(nightly, what_a_rerun_proved_is_confirmed_at_once_and_what_it_refuted_is_not_suspected)
{
    struct nights *n = flat(NIGHTS_NORMAL, 12, 0);
    nights_step(n, 40, 6);
    struct lg_nightly_note note = {0, 40, LG_NIGHTLY_PROVEN};
    struct lg_nightly in = {n->series, NIGHTS_SERIES, 41, &note, 1};
    struct lg_arena *arena = lg_arena_new();
    struct lg_nightly_result r;
    lg_nightly_detect(&in, arena, &r);
    const struct lg_nightly_change *c = change_of(&r, 0, 40);
    cr_assert(c != NULL && c->state == LG_NIGHTLY_RERUN_CONFIRMED && c->fresh && c->regression);
    in.night_count = 50;
    lg_nightly_detect(&in, arena, &r);
    c = change_of(&r, 0, 40);
    cr_assert(c != NULL && c->state == LG_NIGHTLY_RERUN_CONFIRMED && !c->fresh && c->after == 10);
    in.night_count = 41;
    in.note_count = 0;
    lg_nightly_detect(&in, arena, &r);
    c = change_of(&r, 0, 40);
    cr_assert(c != NULL && c->state == LG_NIGHTLY_SUSPECTED);
    note.verdict = LG_NIGHTLY_REFUTED;
    in.note_count = 1;
    lg_nightly_detect(&in, arena, &r);
    cr_assert(change_of(&r, 0, 40) == NULL);
    lg_arena_free(arena);
    free(n);
}

Test(nightly, a_change_too_small_to_matter_is_none_however_steady_the_series)
{
    struct nights *n = flat(NIGHTS_NORMAL, 13, 0);
    for (size_t k = 0; k < NIGHTS_MOST; k++) {
        n->values[0][k].value = k < 50 ? 1000 : 1005;
        n->values[1][k].value = k < 50 ? 1000 : 1050;
        n->values[2][k].value = 7;
        n->values[3][k].value = k < 50 ? 0 : 0.01;
    }
    n->series[3].share = true;
    struct lg_arena *arena = lg_arena_new();
    struct lg_nightly_result r = nights_detect(n, 60, arena);
    cr_assert(r.change_count == 2, "%zu", r.change_count);
    cr_assert(r.changes[0].series == 1 && r.changes[0].night == 50);
    cr_assert(fabs(r.changes[0].ratio - 1.05) < 1e-9);
    cr_assert(r.changes[1].series == 3 && fabs(r.changes[1].ratio - 0.01) < 1e-9);
    lg_arena_free(arena);
    free(n);
}

/* Stated: found in 80 of 100 cases. */
Test(nightly, the_effect_that_is_said_to_be_detectable_is_detected)
{
    enum { HISTORIES = 300, BEFORE = 60 };
    size_t found = 0;
    for (uint64_t h = 0; h < HISTORIES; h++) {
        struct nights *n = flat(NIGHTS_LOG_NORMAL, nights_seed(14), h);
        struct lg_arena *arena = lg_arena_new();
        double by = nights_detect(n, BEFORE, arena).standings[0].after3;
        for (size_t k = BEFORE; k < NIGHTS_MOST; k++) {
            n->values[0][k].value *= 1 + by;
        }
        found += nights_confirmed(n, BEFORE + 3, BEFORE).night > 0;
        lg_arena_free(arena);
        free(n);
    }
    cr_log_info("detected %zu of %d", found, HISTORIES);
    cr_assert(found >= at_least(HISTORIES, 0.8) && found <= at_most(HISTORIES, 0.86), "%zu of %d",
              found, HISTORIES);
}

Test(nightly, same_input_same_output_and_none_is_fine)
{
    struct nights *n = flat(NIGHTS_AR1, 15, 0);
    nights_step(n, 70, 3);
    struct lg_arena *arena = lg_arena_new();
    struct lg_nightly_result a = nights_detect(n, 130, arena);
    struct lg_nightly_result b = nights_detect(n, 130, arena);
    cr_assert(a.change_count == b.change_count && a.change_count > 0);
    for (size_t i = 0; i < a.change_count; i++) {
        cr_assert(a.changes[i].night == b.changes[i].night && a.changes[i].p == b.changes[i].p);
    }
    for (size_t nights = 0; nights < 12; nights++) {
        cr_assert(nights_detect(n, nights, arena).change_count == 0);
    }
    struct lg_nightly none = {0};
    lg_nightly_detect(&none, arena, &a);
    cr_assert(a.change_count == 0 && a.outlier_count == 0);
    lg_arena_free(arena);
    free(n);
}
