#include "measure/recorder.h"

#include "base/rng.h"
#include "support/leak_check.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

TestSuite(recorder, .fini = fail_on_leak);

static const struct lg_shape shape = {.steps = 3, .users = 2, .deliveries = 1};

static void fill(struct lg_recorder *r, uint64_t seed)
{
    struct lg_rng rng;
    lg_rng_init(&rng, seed, 0, 0);
    for (size_t i = 0; i < lg_shape_counts(&shape); i++) {
        r->counts[i] += lg_rng_below(&rng, 3) == 0 ? lg_rng_below(&rng, UINT32_MAX) : 0;
    }
    for (size_t i = 0; i < lg_shape_hists(&shape); i++) {
        for (uint64_t n = lg_rng_below(&rng, 40); n > 0; n--) {
            lg_hist_add(&r->hists[i], (lg_ns)lg_rng_below(&rng, 1ull << lg_rng_below(&rng, 43)));
        }
    }
    r->cpu += (lg_ns)lg_rng_below(&rng, LG_S);
    r->run_queue += (lg_ns)lg_rng_below(&rng, LG_S);
    for (int i = 0; i < 5; i++) {
        int code = (int)lg_rng_below(&rng, 3);
        lg_recorder_failure(r, lg_rng_below(&rng, 3), lg_outcome(LG_STATUS, 500 + code),
                            (lg_ns)lg_rng_below(&rng, LG_S), lg_str("sample"));
    }
}

static void expect_same_hist(const struct lg_hist *a, const struct lg_hist *b)
{
    cr_assert(a->count == b->count && a->over == b->over && a->min == b->min && a->max == b->max);
    cr_assert_float_eq(a->sum, b->sum, 1e-9 * (1 + fabs(b->sum)));
    cr_assert_arr_eq(a->counts, b->counts, LG_HIST_SLOTS * sizeof *a->counts);
}

static void expect_same(const struct lg_recorder *a, const struct lg_recorder *b)
{
    cr_assert_arr_eq(a->counts, b->counts, lg_shape_counts(&shape) * sizeof *a->counts);
    for (size_t i = 0; i < lg_shape_hists(&shape); i++) {
        expect_same_hist(&a->hists[i], &b->hists[i]);
    }
    cr_assert_eq(a->cpu, b->cpu);
    cr_assert_eq(a->run_queue, b->run_queue);
    cr_assert_eq(a->failure_count, b->failure_count);
    for (size_t i = 0; i < a->failure_count; i++) {
        const struct lg_failure *x = &a->failures[i], *y = &b->failures[i];
        cr_assert(x->step == y->step && x->class == y->class && x->code == y->code &&
                  x->count == y->count && x->first_at == y->first_at);
        cr_assert_str_eq(x->sample, y->sample);
    }
}

Test(recorder, packing_keeps_everything_exactly)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct lg_recorder *r = lg_recorder_new(shape), *back = lg_recorder_new(shape);
        fill(r, seed);
        r->row = -(int64_t)seed;
        struct lg_packed *packed = lg_recorder_pack(r);
        lg_packed_merge(back, packed);
        expect_same(back, r);
        cr_expect_eq(lg_packed_row(packed), -(int64_t)seed);
        lg_packed_free(packed);
        lg_recorder_free(r);
        lg_recorder_free(back);
    }
}

Test(recorder, merging_packed_or_not_is_the_same_in_any_order)
{
    enum { PARTS = 6 };
    struct lg_recorder *parts[PARTS], *plain = lg_recorder_new(shape);
    struct lg_recorder *packed = lg_recorder_new(shape), *at_once = lg_recorder_new(shape);
    for (uint64_t i = 0; i < PARTS; i++) {
        parts[i] = lg_recorder_new(shape);
        fill(parts[i], i + 1);
        fill(at_once, i + 1);
        lg_recorder_merge(plain, parts[i]);
    }
    for (int i = 0; i < PARTS; i++) {
        struct lg_packed *p = lg_recorder_pack(parts[i]);
        lg_packed_merge(packed, p);
        lg_packed_free(p);
        lg_recorder_free(parts[i]);
    }
    expect_same(plain, at_once);
    expect_same(packed, at_once);
    lg_recorder_free(plain);
    lg_recorder_free(packed);
    lg_recorder_free(at_once);
}

Test(recorder, a_cleared_recorder_is_as_new)
{
    struct lg_recorder *r = lg_recorder_new(shape), *fresh = lg_recorder_new(shape);
    fill(r, 9);
    lg_recorder_take_up(r, 1, 5);
    r->open = 3;
    lg_recorder_clear(r);
    expect_same(r, fresh);
    cr_expect_eq(r->open, 0);
    cr_expect_eq(r->take_ups[1].count, 0);
    cr_expect_eq(r->take_ups[1].cut, LG_NEVER);
    lg_recorder_free(r);
    lg_recorder_free(fresh);
}

Test(recorder, counts_and_histograms_of_different_things_do_not_overlap)
{
    struct lg_recorder *r = lg_recorder_new(shape);
    uint64_t *last = r->counts;
    for (size_t s = 0; s < shape.steps; s++, last += LG_STEP_COUNTS) {
        cr_assert_eq(lg_step_counts(r, s), last);
    }
    for (size_t u = 0; u < shape.users; u++, last += LG_USERS_COUNTS) {
        cr_assert_eq(lg_users_counts(r, u), last);
    }
    cr_assert_eq(lg_deliveries_counts(r, 0), last);
    cr_assert_eq(last + LG_DELIVERIES_COUNTS, r->counts + lg_shape_counts(&shape));
    struct lg_hist *hist = r->hists;
    for (size_t s = 0; s < shape.steps; s++, hist += LG_PHASES) {
        cr_assert_eq(lg_step_hist(r, s, 0), hist);
    }
    for (size_t u = 0; u < shape.users; u++, hist += LG_USERS_HISTS) {
        cr_assert_eq(lg_users_hist(r, u, 0), hist);
    }
    cr_assert_eq(lg_deliveries_hist(r, 0, 0), hist);
    cr_assert_eq(hist + LG_DELIVERIES_HISTS, r->hists + lg_shape_hists(&shape));
    lg_recorder_free(r);
}

/* ---- failures ---- */

static uint64_t failures_of(const struct lg_recorder *r, size_t step, enum lg_outcome_class class)
{
    uint64_t n = 0;
    for (size_t i = 0; i < r->failure_count; i++) {
        const struct lg_failure *f = &r->failures[i];
        n += f->step == step && f->class == class ? f->count : 0;
    }
    return n;
}

static void expect_two_thousand(const struct lg_recorder *r)
{
    cr_expect_eq(failures_of(r, 0, LG_STATUS), 1000);
    cr_expect_eq(failures_of(r, 1, LG_STATUS), 1000);
    cr_expect_eq(failures_of(r, 2, LG_RESET), 1);
    cr_expect_leq(r->failure_count, 64 + 3 * LG_OUTCOME_CLASSES);
    bool rest = false;
    for (size_t i = 0; i < r->failure_count; i++) {
        rest = rest || (r->failures[i].step == 1 && r->failures[i].code == 0);
    }
    cr_expect(rest, "what is not kept apart stands under code 0");
}

Test(recorder, no_failure_is_lost_when_there_are_more_than_64_kinds)
{
    struct lg_recorder *r = lg_recorder_new(shape), *sum = lg_recorder_new(shape);
    struct lg_recorder *back = lg_recorder_new(shape);
    for (int i = 0; i < 1000; i++) {
        lg_recorder_failure(r, 0, lg_outcome(LG_STATUS, 400 + i), i, lg_str("x"));
        lg_recorder_failure(r, 1, lg_outcome(LG_STATUS, 400 + i), i, lg_str("x"));
    }
    lg_recorder_failure(r, 2, lg_outcome(LG_RESET, 104), 7, lg_str("y"));
    expect_two_thousand(r);
    lg_recorder_merge(sum, r);
    expect_two_thousand(sum);
    struct lg_packed *packed = lg_recorder_pack(r);
    lg_packed_merge(back, packed);
    expect_two_thousand(back);
    lg_packed_free(packed);
    lg_recorder_clear(r);
    cr_expect_eq(r->failure_count, 0);
    lg_recorder_free(r);
    lg_recorder_free(sum);
    lg_recorder_free(back);
}

Test(recorder, the_sample_is_of_the_first_in_time_whoever_is_merged_first)
{
    struct lg_recorder *a = lg_recorder_new(shape), *b = lg_recorder_new(shape);
    lg_recorder_failure(a, 0, lg_outcome(LG_RESET, 0), 20, lg_str("second"));
    lg_recorder_failure(a, 0, lg_outcome(LG_RESET, 0), 30, lg_str("third"));
    lg_recorder_failure(b, 0, lg_outcome(LG_RESET, 0), 10, lg_str("first"));
    lg_recorder_merge(a, b);
    cr_assert_eq(a->failure_count, 1);
    cr_expect_eq(a->failures[0].count, 3);
    cr_expect_eq(a->failures[0].first_at, 10);
    cr_expect_str_eq(a->failures[0].sample, "first");
    lg_recorder_free(a);
    lg_recorder_free(b);
}

Test(recorder, samples_are_short_and_printable)
{
    char noise[300];
    struct lg_recorder *r = lg_recorder_new(shape);
    for (size_t i = 0; i < sizeof noise; i++) {
        noise[i] = (char)i;
    }
    lg_recorder_failure(r, 0, lg_outcome(LG_STATUS, 500), 1, lg_slice(noise, sizeof noise));
    const char *sample = r->failures[0].sample;
    cr_expect_eq(strlen(sample), sizeof r->failures[0].sample - 1);
    for (size_t i = 0; sample[i] != '\0'; i++) {
        cr_expect_eq(sample[i], i >= 0x20 && i < 0x7f ? (char)i : '.');
    }
    lg_recorder_failure(r, 1, lg_outcome(LG_STATUS, 500), 1, lg_slice(NULL, 0));
    cr_expect_str_eq(r->failures[1].sample, "");
    lg_recorder_free(r);
}

/* ---- sends ---- */

Test(recorder, of_many_sends_the_first_are_kept_and_the_cut_is_told)
{
    struct lg_recorder *r = lg_recorder_new(shape);
    for (lg_ns i = 0; i < LG_TAKE_UP_SAMPLE; i++) {
        lg_recorder_take_up(r, 0, i);
    }
    cr_expect_eq(r->take_ups[0].cut, LG_NEVER);
    lg_recorder_take_up(r, 0, 9999);
    lg_recorder_take_up(r, 0, 10000);
    cr_expect_eq(r->take_ups[0].count, LG_TAKE_UP_SAMPLE);
    cr_expect_eq(r->take_ups[0].cut, LG_TAKE_UP_SAMPLE - 1);
    cr_expect_eq(r->take_ups[1].count, 0);
    lg_recorder_free(r);
}
