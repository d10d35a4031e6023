#include "measure/hist.h"

#include "base/rng.h"
#include "support/leak_check.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

TestSuite(hist, .fini = fail_on_leak);

/* Quantiles in parts per million, so that the expected rank needs no floating point. */
static const uint64_t QUANTILES_PPM[] = {0,      1,      70000,  100000, 250000,
                                         290000, 500000, 570000, 900000, 950000,
                                         990000, 999000, 999900, 999999, 1000000};
enum { QUANTILES = sizeof QUANTILES_PPM / sizeof *QUANTILES_PPM };

static uint64_t rank_ppm(uint64_t ppm, uint64_t n)
{
    uint64_t rank = (ppm * n + 999999) / 1000000;
    return rank > 0 ? rank : 1;
}

static int by_value(const void *a, const void *b)
{
    lg_ns x = *(const lg_ns *)a, y = *(const lg_ns *)b;
    return (x > y) - (x < y);
}

/* Every quantile of h is the order statistic of `sorted`, raised to the end of its slot. */
static void expect_quantiles(const struct lg_hist *h, const lg_ns *sorted, size_t n, uint64_t above,
                             const char *what)
{
    for (int i = 0; i < QUANTILES; i++) {
        uint64_t rank = rank_ppm(QUANTILES_PPM[i], n + above);
        lg_ns got = lg_hist_quantile(h, (double)QUANTILES_PPM[i] / 1e6, above);
        if (rank > n) {
            cr_expect_eq(got, LG_NEVER, "%s: q %lu ppm above", what, QUANTILES_PPM[i]);
            continue;
        }
        lg_ns truth = sorted[rank - 1], high = lg_hist_slot_high(lg_hist_slot(truth));
        lg_ns wanted = high < sorted[n - 1] ? high : sorted[n - 1];
        cr_expect_eq(got, wanted, "%s: q %lu ppm: %ld instead of %ld", what, QUANTILES_PPM[i], got,
                     wanted);
        cr_expect((double)(got - truth) <= 0.001 * (double)truth, "%s: off by over 0.1 %%", what);
    }
}

static void check_values(lg_ns *values, size_t n, const char *what)
{
    struct lg_hist h;
    lg_hist_init(&h);
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        lg_hist_add(&h, values[i]);
        sum += (double)values[i];
    }
    qsort(values, n, sizeof *values, by_value);
    cr_expect_eq(h.count, n);
    cr_expect_eq(h.min, values[0]);
    cr_expect_eq(h.max, values[n - 1]);
    cr_expect_eq(lg_hist_mean(&h), sum / (double)n, "%s", what);
    cr_expect_eq(lg_hist_rank(&h, n), values[n - 1]);
    static const uint64_t aboves[] = {0, 1, 3, 1000};
    for (size_t i = 0; i < sizeof aboves / sizeof *aboves; i++) {
        expect_quantiles(&h, values, n, aboves[i], what);
    }
    lg_hist_fini(&h);
}

enum { MANY = 20000 };

static lg_ns draw_uniform(struct lg_rng *rng, size_t i)
{
    (void)i;
    return (lg_ns)lg_rng_below(rng, 50 * (uint64_t)LG_MS);
}

static lg_ns draw_heavy_tail(struct lg_rng *rng, size_t i)
{
    (void)i; /* Pareto, alpha 0.5: spans the whole range */
    double x = 1000 / pow(lg_rng_unit(rng), 2);
    return x < (double)LG_HIST_MAX ? (lg_ns)x : LG_HIST_MAX;
}

static lg_ns draw_small(struct lg_rng *rng, size_t i)
{
    (void)i;
    return (lg_ns)lg_rng_below(rng, 3);
}

static lg_ns draw_edges(struct lg_rng *rng, size_t i)
{
    (void)i; /* one below, at and above powers of two */
    lg_ns v = ((lg_ns)1 << lg_rng_below(rng, 42)) - 1 + (lg_ns)lg_rng_below(rng, 3);
    return v < LG_HIST_MAX ? v : LG_HIST_MAX;
}

static lg_ns draw_two_modes(struct lg_rng *rng, size_t i)
{
    return i % 50 == 0 ? 50 * LG_MS : LG_MS + (lg_ns)lg_rng_below(rng, 7);
}

static lg_ns draw_equal(struct lg_rng *rng, size_t i)
{
    (void)rng, (void)i;
    return 123456789;
}

static lg_ns draw_falling(struct lg_rng *rng, size_t i)
{
    (void)rng;
    return LG_HIST_MAX / (lg_ns)(i + 1);
}

static const struct {
    const char *name;
    lg_ns (*draw)(struct lg_rng *rng, size_t i);
} SETS[] = {
    {"uniform", draw_uniform}, {"heavy tail", draw_heavy_tail}, {"0 to 2 ns", draw_small},
    {"edges", draw_edges},     {"two modes", draw_two_modes},   {"equal", draw_equal},
    {"falling", draw_falling},
};
enum { SET_COUNT = sizeof SETS / sizeof *SETS };

Test(hist, quantiles_are_the_order_statistics_within_one_slot)
{
    static const size_t sizes[] = {1, 2, 3, 10, 60, 100, 999, 1000, MANY};
    lg_ns *values = lg_alloc_array(MANY, sizeof *values);
    for (int s = 0; s < SET_COUNT; s++) {
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
            struct lg_rng rng;
            lg_rng_init(&rng, 1, (uint64_t)s, sizes[k]);
            for (size_t i = 0; i < sizes[k]; i++) {
                values[i] = SETS[s].draw(&rng, i);
            }
            check_values(values, sizes[k], SETS[s].name);
        }
    }
    free(values);
}

Test(hist, slots_tile_the_range_without_gap_or_overlap)
{
    lg_ns next = 0;
    for (uint32_t slot = 0; slot < LG_HIST_SLOTS; slot++) {
        lg_ns low = lg_hist_slot_low(slot), high = lg_hist_slot_high(slot);
        cr_assert_eq(low, next, "slot %u", slot);
        cr_assert_eq(lg_hist_slot(low), slot);
        cr_assert_eq(lg_hist_slot(high), slot);
        cr_assert(high - low <= low / 1000, "slot %u is wider than 0.1 %%", slot);
        next = high + 1;
    }
    cr_assert_gt(next, LG_HIST_MAX, "the range fits");
    cr_assert_lt(lg_hist_slot(LG_HIST_MAX), LG_HIST_SLOTS);
}

Test(hist, a_value_over_the_range_is_counted_apart)
{
    struct lg_hist h;
    lg_hist_init(&h);
    lg_hist_add(&h, LG_HIST_MAX);
    lg_hist_add(&h, LG_HIST_MAX + 1);
    lg_hist_add(&h, INT64_MAX);
    cr_expect_eq(h.count, 1);
    cr_expect_eq(h.over, 2);
    cr_expect_eq(h.max, LG_HIST_MAX);
    cr_expect_eq(lg_hist_quantile(&h, 0.5, h.over), LG_NEVER);
    lg_hist_fini(&h);
}

Test(hist, that_is_empty_has_no_quantile)
{
    struct lg_hist h;
    lg_hist_init(&h);
    cr_expect_eq(lg_hist_quantile(&h, 0.5, 0), -1);
    cr_expect_eq(lg_hist_quantile(&h, 0.5, 9), -1);
    cr_expect_eq(lg_hist_mean(&h), 0);
    cr_expect_eq(lg_hist_count_up_to(&h, LG_HIST_MAX), 0);
    cr_expect_eq(h.min, LG_NEVER);
    cr_expect_eq(h.max, -1);
    lg_hist_fini(&h);
}

Test(hist, rank_of_a_decimal_quantile_is_not_moved_by_binary_rounding)
{
    /* 0.07 * 100 and 0.57 * 100 round up, 0.29 * 100 rounds down. */
    static const int percents[] = {7, 14, 28, 29, 55, 56, 57, 58, 99};
    struct lg_hist h;
    lg_hist_init(&h);
    for (lg_ns v = 1; v <= 100; v++) {
        lg_hist_add(&h, v);
    }
    for (size_t i = 0; i < sizeof percents / sizeof *percents; i++) {
        cr_expect_eq(lg_hist_quantile(&h, percents[i] / 100.0, 0), percents[i]);
    }
    cr_expect_eq(lg_hist_quantile(&h, 0.9901, 0), 100, "just above p99 is the next value");
    lg_hist_fini(&h);
}

static void expect_equal(const struct lg_hist *a, const struct lg_hist *b)
{
    cr_expect_eq(a->count, b->count);
    cr_expect_eq(a->min, b->min);
    cr_expect_eq(a->max, b->max);
    cr_expect_eq(memcmp(a->counts, b->counts, LG_HIST_SLOTS * sizeof *a->counts), 0);
}

Test(hist, merged_parts_equal_the_whole)
{
    struct lg_hist whole, sum, part[3];
    struct lg_rng rng;
    lg_rng_init(&rng, 2, 0, 0);
    lg_hist_init(&whole);
    lg_hist_init(&sum);
    for (int i = 0; i < 3; i++) {
        lg_hist_init(&part[i]);
    }
    for (size_t i = 0; i < MANY; i++) {
        lg_ns v = draw_heavy_tail(&rng, i);
        v += v == LG_HIST_MAX; /* over the range */
        lg_hist_add(&whole, v);
        lg_hist_add(&part[lg_rng_below(&rng, 2)], v); /* the third stays empty */
    }
    cr_assert_gt(whole.over, 0);
    for (int i = 2; i >= 0; i--) {
        lg_hist_merge(&sum, &part[i]);
        lg_hist_fini(&part[i]);
    }
    expect_equal(&sum, &whole);
    cr_expect_eq(sum.over, whole.over);
    cr_expect_eq(sum.min, whole.min);
    cr_expect_eq(sum.max, whole.max);
    cr_expect_eq(sum.sum, whole.sum, "whole numbers below 2^53 add exactly");
    lg_hist_fini(&whole);
    lg_hist_fini(&sum);
}

Test(hist, cleared_is_as_new)
{
    struct lg_hist used, fresh;
    lg_hist_init(&used);
    lg_hist_init(&fresh);
    for (lg_ns v = 0; v < LG_HIST_MAX; v = 2 * v + 1) {
        lg_hist_add(&used, v);
    }
    lg_hist_add(&used, LG_HIST_MAX + 1);
    lg_hist_clear(&used);
    expect_equal(&used, &fresh);
    cr_expect_eq(used.over, 0);
    cr_expect_eq(used.sum, 0);
    cr_expect_eq(used.min, LG_NEVER);
    cr_expect_eq(used.max, -1);
    lg_hist_clear(&used);
    lg_hist_fini(&used);
    lg_hist_fini(&fresh);
}

Test(hist, the_standard_deviation_is_that_of_the_values)
{
    struct lg_hist *h = lg_hist_new();
    cr_assert_eq(lg_hist_sd(h), -1);
    lg_hist_add(h, 1000);
    cr_assert_eq(lg_hist_sd(h), -1);
    lg_hist_add(h, 1002);
    lg_hist_add(h, 1004);
    cr_assert_float_eq(lg_hist_sd(h), 2, 1e-9);
    lg_hist_clear(h);
    for (int i = 0; i < 1000; i++) { /* two points, 10 ms and 30 ms: sd is half their distance */
        lg_hist_add(h, i % 2 == 0 ? 10 * LG_MS : 30 * LG_MS);
    }
    cr_assert_float_eq(lg_hist_sd(h), 10e6 * sqrt(1000.0 / 999), 0.001 * 10e6);
    lg_hist_free(h);
}

Test(hist, count_up_to_a_value_counts_its_whole_slot)
{
    struct lg_hist h;
    lg_hist_init(&h);
    lg_hist_add(&h, 10);
    lg_hist_add(&h, 4096); /* slots are 4 wide from here */
    lg_hist_add(&h, 4099);
    lg_hist_add(&h, 4100);
    cr_expect_eq(lg_hist_count_up_to(&h, -1), 0);
    cr_expect_eq(lg_hist_count_up_to(&h, 9), 0);
    cr_expect_eq(lg_hist_count_up_to(&h, 10), 1);
    cr_expect_eq(lg_hist_count_up_to(&h, 4095), 1);
    cr_expect_eq(lg_hist_count_up_to(&h, 4097), 3);
    cr_expect_eq(lg_hist_count_up_to(&h, 4100), 4);
    cr_expect_eq(lg_hist_count_up_to(&h, LG_NEVER), 4);
    lg_hist_fini(&h);
}

Test(hist, pages_are_touched_only_where_values_fall)
{
    enum { PAGES = LG_HIST_SLOTS * sizeof(uint64_t) / 4096 };
    struct lg_hist *h = lg_hist_new();
    unsigned char resident[PAGES];
    if (sysconf(_SC_PAGESIZE) != 4096) {
        lg_hist_free(h);
        cr_skip_test("pages are not of 4 KiB here");
    }
    lg_hist_add(h, LG_MS);
    lg_hist_merge(h, h);
    lg_hist_clear(h);
    lg_hist_add(h, LG_MS);
    cr_assert_eq(mincore(h->counts, LG_HIST_SLOTS * sizeof(uint64_t), resident), 0);
    int touched = 0;
    for (int i = 0; i < PAGES; i++) {
        touched += resident[i] & 1;
    }
    cr_expect_eq(touched, 1);
    lg_hist_free(h);
}
