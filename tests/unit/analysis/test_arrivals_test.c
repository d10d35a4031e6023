#include "analysis/arrivals_test.h"
#include "base/rng.h"
#include "support/leak_check.h"

#include <criterion/criterion.h>
#include <math.h>

TestSuite(arrivals_test, .fini = fail_on_leak);

enum { N = 2000 };
static const double mean_gap = 5e6; /* 200/s, in ns */
static const double bin = 1e8;

static void poisson(double *gaps, double mean, uint64_t run)
{
    struct lg_rng rng;
    lg_rng_init(&rng, 11, 0, run);
    for (size_t i = 0; i < N; i++) {
        gaps[i] = mean * lg_rng_exp(&rng);
    }
}

Test(arrivals_test, p_values_are_those_of_the_published_tables)
{
    /* A^2 at 15, 10, 5, 2.5 and 1 %: the limit law's own points; Stephens 1974 for the exponential.
     */
    static const double p[] = {0.15, 0.10, 0.05, 0.025, 0.01};
    static const double known[] = {1.6212, 1.932958, 2.492367, 3.0775, 3.878125};
    static const double estimated[] = {0.922, 1.078, 1.341, 1.606, 1.957};
    for (size_t i = 0; i < 5; i++) {
        cr_assert(fabs(lg_arrivals_p_known(known[i]) / p[i] - 1) < 0.003, "known %g: %g", p[i],
                  lg_arrivals_p_known(known[i]));
        double e = lg_arrivals_p_estimated(estimated[i], 1000000);
        cr_assert(fabs(e / p[i] - 1) < 0.04, "estimated %g: %g", p[i], e);
    }
}

Test(arrivals_test, p_values_fall_with_the_statistic_and_stay_probabilities)
{
    double known = 1;
    double estimated = 1;
    for (double a2 = 0.01; a2 < 3000; a2 *= 1.05) {
        double k = lg_arrivals_p_known(a2);
        double e = lg_arrivals_p_estimated(a2, 100);
        cr_assert(k >= 0 && k <= known + 1e-6, "known at %g: %g after %g", a2, k, known);
        cr_assert(e >= 0 && e <= estimated + 0.02, "estimated at %g: %g", a2, e);
        known = k;
        estimated = e;
    }
}

Test(arrivals_test, poisson_arrivals_are_certified_and_p_is_uniform)
{
    int below_tenth[2] = {0};
    int certified = 0;
    for (uint64_t run = 0; run < 200; run++) {
        double gaps[N];
        poisson(gaps, mean_gap, run);
        struct lg_arrivals_certificate c = lg_arrivals_certify(gaps, N, mean_gap, bin);
        below_tenth[0] += c.p_known < 0.1;
        below_tenth[1] += c.p_estimated < 0.1;
        certified += c.look == LG_ARRIVALS_POISSON;
        cr_assert(fabs(c.cv - 1) < 4 / sqrt(N) && fabs(c.lag1) < 4 / sqrt(N));
        cr_assert(c.dispersion > 0.5 && c.dispersion < 1.7, "dispersion %g", c.dispersion);
    }
    cr_assert(certified >= 198, "%d of 200", certified);
    for (int i = 0; i < 2; i++) { /* 20 expected, sd 4.2 */
        cr_assert(below_tenth[i] >= 6 && below_tenth[i] <= 34, "%d of 200", below_tenth[i]);
    }
}

Test(arrivals_test, a_rate_that_is_off_by_a_fifth_is_seen_in_the_known_mean_alone)
{
    double gaps[N];
    poisson(gaps, 1.2 * mean_gap, 1);
    struct lg_arrivals_certificate c = lg_arrivals_certify(gaps, N, mean_gap, bin);
    cr_assert(c.p_known < 0.001 && c.p_estimated > 0.001, "%g %g", c.p_known, c.p_estimated);
    cr_assert(c.look == LG_ARRIVALS_NEITHER);
}

Test(arrivals_test, a_constant_schedule_is_recognised_under_jitter)
{
    double gaps[N];
    struct lg_rng rng;
    lg_rng_init(&rng, 12, 0, 0);
    double late = 0;
    for (size_t i = 0; i < N; i++) {
        double next = 0.03 * mean_gap * lg_rng_unit(&rng);
        gaps[i] = mean_gap + next - late;
        late = next;
    }
    struct lg_arrivals_certificate c = lg_arrivals_certify(gaps, N, mean_gap, bin);
    cr_assert(c.look == LG_ARRIVALS_CONSTANT && c.cv < 0.05 && c.dispersion < 0.05, "cv %g", c.cv);
}

Test(arrivals_test, bursts_and_correlated_gaps_are_neither)
{
    double gaps[N];
    poisson(gaps, 2 * mean_gap, 3);
    for (size_t i = 1; i < N; i += 2) { /* every arrival brings a second one along */
        gaps[i] = 0;
    }
    struct lg_arrivals_certificate c = lg_arrivals_certify(gaps, N, mean_gap, bin);
    cr_assert(c.look == LG_ARRIVALS_NEITHER && c.dispersion > 1.5, "bursts: %g", c.dispersion);

    poisson(gaps, mean_gap, 4);
    for (size_t i = 1; i < N; i += 2) { /* exponential each, but in equal pairs */
        gaps[i] = gaps[i - 1];
    }
    c = lg_arrivals_certify(gaps, N, mean_gap, bin);
    cr_assert(c.lag1 > 0.3 && c.look == LG_ARRIVALS_NEITHER, "pairs: %g", c.lag1);
}

Test(arrivals_test, too_few_gaps_are_not_judged)
{
    double gaps[N];
    poisson(gaps, mean_gap, 5);
    cr_assert(lg_arrivals_certify(gaps, 19, mean_gap, bin).look == LG_ARRIVALS_TOO_FEW);
    cr_assert(lg_arrivals_certify(gaps, 0, mean_gap, bin).look == LG_ARRIVALS_TOO_FEW);
    cr_assert(lg_arrivals_certify(gaps, 20, mean_gap, bin).dispersion == -1, "too short for bins");
}
