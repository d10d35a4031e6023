#include "base/rng.h"

#include <criterion/criterion.h>
#include <math.h>

enum { DRAWS = 200000, CELLS = 64 };

/* Chi-square of counts against equal shares, as a standard normal deviate (Wilson and Hilferty
 * 1931).  Seeds are fixed, so a bound of 4 (1 in 30,000) neither flickers nor hides a fault. */
static double uniformity(const uint64_t *counts, size_t cells, double draws)
{
    double expected = draws / (double)cells, chi2 = 0, df = (double)cells - 1;
    for (size_t i = 0; i < cells; i++) {
        double d = (double)counts[i] - expected;
        chi2 += d * d / expected;
    }
    return (cbrt(chi2 / df) - (1 - 2 / (9 * df))) / sqrt(2 / (9 * df));
}

Test(rng, follows_its_reference)
{
    /* xoshiro256++ from state 1, 2, 3, 4: computed by hand from the definition for the first two */
    struct lg_rng rng = {{1, 2, 3, 4}};
    cr_expect_eq(lg_rng_u64(&rng), 41943041);
    cr_expect_eq(lg_rng_u64(&rng), 58720359);
}

Test(rng, same_name_same_stream)
{
    struct lg_rng a, b;
    lg_rng_init(&a, 42, 7, 3);
    lg_rng_init(&b, 42, 7, 3);
    for (int i = 0; i < 1000; i++) {
        cr_assert_eq(lg_rng_u64(&a), lg_rng_u64(&b));
    }
}

Test(rng, every_part_of_the_name_makes_another_stream)
{
    /* Also swapped and neighbouring parts: (1, 2) is not (2, 1), nor (seed + 1, purpose - 1). */
    enum { N = 6 };
    uint64_t first[N * N * N];
    size_t n = 0;
    for (uint64_t seed = 0; seed < N; seed++) {
        for (uint64_t purpose = 0; purpose < N; purpose++) {
            for (uint64_t index = 0; index < N; index++) {
                struct lg_rng rng;
                lg_rng_init(&rng, seed, purpose, index);
                first[n++] = lg_rng_u64(&rng);
            }
        }
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t k = i + 1; k < n; k++) {
            cr_assert_neq(first[i], first[k], "streams %zu and %zu", i, k);
        }
    }
}

Test(rng, streams_of_neighbours_are_independent)
{
    for (uint64_t index = 0; index < 8; index++) {
        struct lg_rng a, b;
        uint64_t pairs[CELLS] = {0}; /* 8 x 8 cells of (a, b) */
        double product = 0;
        lg_rng_init(&a, 42, 1, index);
        lg_rng_init(&b, 42, 1, index + 1);
        for (int i = 0; i < DRAWS; i++) {
            double x = lg_rng_unit(&a), y = lg_rng_unit(&b);
            pairs[(int)ceil(8 * x - 1) * 8 + (int)ceil(8 * y - 1)]++;
            product += (x - 0.5) * (y - 0.5);
        }
        double z = product / (sqrt(DRAWS) / 12); /* each factor has variance 1/12 */
        cr_expect(fabs(z) < 4, "index %lu: correlation of %g deviations", index, z);
        double u = uniformity(pairs, CELLS, DRAWS);
        cr_expect(fabs(u) < 4, "index %lu: pairs off by %g deviations", index, u);
    }
}

Test(rng, every_bit_is_fair)
{
    struct lg_rng rng;
    uint64_t ones[64] = {0};
    lg_rng_init(&rng, 1, 0, 0);
    for (int i = 0; i < DRAWS; i++) {
        uint64_t u = lg_rng_u64(&rng);
        for (int bit = 0; bit < 64; bit++) {
            ones[bit] += u >> bit & 1;
        }
    }
    for (int bit = 0; bit < 64; bit++) {
        double z = ((double)ones[bit] - DRAWS / 2.0) / sqrt(DRAWS / 4.0);
        cr_expect(fabs(z) < 4.5, "bit %d: %g deviations", bit, z);
    }
}

Test(rng, unit_is_uniform_above_0_up_to_1)
{
    for (uint64_t seed = 0; seed < 4; seed++) {
        struct lg_rng rng;
        uint64_t counts[CELLS] = {0};
        lg_rng_init(&rng, seed, 0, 0);
        for (int i = 0; i < DRAWS; i++) {
            double u = lg_rng_unit(&rng);
            cr_assert(u > 0 && u <= 1);
            counts[(int)ceil(u * CELLS) - 1]++;
        }
        double z = uniformity(counts, CELLS, DRAWS);
        cr_expect(fabs(z) < 4, "seed %lu: %g deviations", seed, z);
    }
}

Test(rng, unit_is_never_0_and_can_be_1)
{
    /* States whose next word is all zeroes or all ones: s0 + s3 rotated left by 23, plus s0. */
    struct lg_rng zero = {{0, 1, 2, 0}};
    cr_assert_eq(lg_rng_u64(&(struct lg_rng){{0, 1, 2, 0}}), 0);
    double least = lg_rng_unit(&zero);
    cr_expect_eq(least, 0x1p-53);
    cr_expect(isfinite(log(least)));
    struct lg_rng ones = {{UINT64_MAX, 1, 2, 1}};
    cr_assert_eq(lg_rng_u64(&(struct lg_rng){{UINT64_MAX, 1, 2, 1}}), UINT64_MAX);
    cr_expect_eq(lg_rng_unit(&ones), 1.0);
    cr_expect_eq(lg_rng_exp(&(struct lg_rng){{UINT64_MAX, 1, 2, 1}}), 0);
}

Test(rng, exp_has_mean_and_variance_1_and_its_quantiles)
{
    struct lg_rng rng;
    double sum = 0, squares = 0;
    int above_p99 = 0;
    lg_rng_init(&rng, 5, 0, 0);
    for (int i = 0; i < DRAWS; i++) {
        double x = lg_rng_exp(&rng);
        cr_assert(x >= 0 && isfinite(x));
        sum += x;
        squares += x * x;
        above_p99 += x > log(100);
    }
    double mean = sum / DRAWS, variance = squares / DRAWS - mean * mean;
    cr_expect(fabs(mean - 1) < 4 / sqrt(DRAWS), "mean %g", mean);
    cr_expect(fabs(variance - 1) < 4 * sqrt(8.0 / DRAWS), "variance %g", variance);
    double z = (above_p99 - 0.01 * DRAWS) / sqrt(DRAWS * 0.01 * 0.99);
    cr_expect(fabs(z) < 4, "%d above the 99th percentile", above_p99);
}

Test(rng, below_is_in_range_and_unbiased)
{
    static const uint64_t limits[] = {1, 2, 3, 6, 10, 49, 64};
    for (size_t k = 0; k < sizeof limits / sizeof *limits; k++) {
        struct lg_rng rng;
        uint64_t counts[CELLS] = {0};
        lg_rng_init(&rng, 11, k, 0);
        for (int i = 0; i < DRAWS; i++) {
            uint64_t v = lg_rng_below(&rng, limits[k]);
            cr_assert_lt(v, limits[k]);
            counts[v]++;
        }
        if (limits[k] > 1) {
            double z = uniformity(counts, limits[k], DRAWS);
            cr_expect(fabs(z) < 4, "below %lu: %g deviations", limits[k], z);
        }
    }
}

Test(rng, below_a_large_limit_is_unbiased_where_a_plain_remainder_is_not)
{
    /* With n = 3 * 2^62 a remainder falls into the lowest third twice as often as elsewhere, and a
     * multiplication without rejection hits every third value twice. */
    const uint64_t n = (uint64_t)3 << 62;
    struct lg_rng rng;
    uint64_t thirds[3] = {0}, remainders[3] = {0};
    lg_rng_init(&rng, 12, 0, 0);
    for (int i = 0; i < DRAWS; i++) {
        uint64_t v = lg_rng_below(&rng, n);
        cr_assert_lt(v, n);
        thirds[v >> 62]++;
        remainders[v % 3]++;
    }
    cr_expect(fabs(uniformity(thirds, 3, DRAWS)) < 4);
    cr_expect(fabs(uniformity(remainders, 3, DRAWS)) < 4);
}
