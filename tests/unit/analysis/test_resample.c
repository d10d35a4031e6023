#include "analysis/resample.h"
#include "support/leak_check.h"

#include <criterion/criterion.h>
#include <math.h>

TestSuite(resample, .fini = fail_on_leak);

static struct lg_rng seeded(uint64_t seed)
{
    struct lg_rng rng;
    lg_rng_init(&rng, seed, 31, 0);
    return rng;
}

Test(resample, smallest_p_of_a_permutation_test_is_that_of_the_count)
{
    /* 2 / C(2n, n): the reason for at least five trials a side. */
    static const double least[] = {0.1, 2.0 / 70, 2.0 / 252};
    const double low[] = {1, 2, 3, 4, 5};
    const double high[] = {11, 12, 13, 14, 15};
    for (size_t n = 3; n <= 5; n++) {
        struct lg_rng rng = seeded(1);
        double p = lg_resample_permutation(low, n, high, n, 1000, &rng);
        cr_assert(fabs(p - least[n - 3]) < 1e-12, "n = %zu: %g", n, p);
    }
}

Test(resample, equal_samples_have_p_one)
{
    const double x[] = {3, 1, 2, 5};
    struct lg_rng rng = seeded(2);
    cr_assert(lg_resample_permutation(x, 4, x, 4, 1000, &rng) == 1);
}

Test(resample, a_drawn_permutation_test_comes_close_to_the_full_one)
{
    const double a[] = {5.1, 4.8, 5.6, 5.0, 4.4, 5.3, 4.9};
    const double b[] = {5.5, 5.4, 5.2, 6.0, 5.7, 4.9, 5.8};
    struct lg_rng rng = seeded(3);
    double full = lg_resample_permutation(a, 7, b, 7, 3432, &rng);
    double drawn = lg_resample_permutation(a, 7, b, 7, 3431, &rng);
    cr_assert(full > 0.01 && full < 0.06, "full %g", full);
    cr_assert(fabs(full - drawn) < 0.015 && full != drawn, "%g and %g", full, drawn);
}

Test(resample, a_bootstrap_ratio_surrounds_the_ratio_and_repeats_with_its_seed)
{
    double a[20];
    double b[20];
    struct lg_rng noise = seeded(4);
    for (int i = 0; i < 20; i++) {
        a[i] = 10 + lg_rng_unit(&noise);
        b[i] = 21 + 2 * lg_rng_unit(&noise);
    }
    struct lg_rng rng = seeded(5);
    struct lg_interval first = lg_resample_ratio(a, 20, b, 20, 0.95, 2000, &rng);
    rng = seeded(5);
    struct lg_interval again = lg_resample_ratio(a, 20, b, 20, 0.95, 2000, &rng);
    double ratio = lg_stats_mean(b, 20) / lg_stats_mean(a, 20);
    cr_assert(first.known && first.low < ratio && ratio < first.high);
    cr_assert(first.high - first.low < 0.1, "%g to %g", first.low, first.high);
    cr_assert(first.low == again.low && first.high == again.high);
}

Test(resample, fewer_than_three_trials_have_no_interval)
{
    const double x[] = {1, 2, 3};
    struct lg_rng rng = seeded(6);
    cr_assert(!lg_resample_ratio(x, 2, x, 3, 0.95, 100, &rng).known);
}

Test(resample, a_drawn_test_never_claims_more_than_its_draws)
{
    double a[20];
    double b[20];
    for (int i = 0; i < 20; i++) {
        a[i] = i;
        b[i] = 1000 + i;
    }
    struct lg_rng rng = seeded(7);
    double p = lg_resample_permutation(a, 20, b, 20, 99, &rng);
    cr_assert(fabs(p - 0.01) < 1e-12, "%g", p);
}
