#include "analysis/stats.h"
#include "analysis/dist.h"
#include "base/rng.h"
#include "support/leak_check.h"

#include <criterion/criterion.h>
#include <math.h>

TestSuite(stats, .fini = fail_on_leak);

static double gauss(struct lg_rng *rng)
{
    return sqrt(2 * lg_rng_exp(rng)) * cos(2 * M_PI * lg_rng_unit(rng));
}

static void near(double got, double want, double tolerance, const char *what)
{
    cr_assert(fabs(got - want) <= tolerance, "%s: %.12g instead of %.12g", what, got, want);
}

Test(stats, describe_a_sample)
{
    const double x[] = {2, 4, 4, 4, 5, 5, 7, 9};
    near(lg_stats_mean(x, 8), 5, 0, "mean");
    near(lg_stats_sd(x, 8), sqrt(32.0 / 7), 1e-12, "sd");
    near(lg_stats_median(x, 8), 4.5, 0, "median");
    near(lg_stats_median(x, 7), 4, 0, "odd median");
    near(lg_stats_sd(x, 1), 0, 0, "sd of one");
    struct lg_interval i = lg_stats_mean_interval(x, 8, 0.95);
    near(i.high - 5, 2.36462425 * sqrt(32.0 / 7 / 8), 1e-7, "half-width");
    cr_assert(!lg_stats_mean_interval(x, 1, 0.95).known);
}

Test(stats, welch_agrees_with_a_worked_example)
{
    /* Means 2 and 5, variances of the means 1/3 and 5/3: t = 3 / sqrt(2). */
    const double a[] = {1, 2, 3};
    const double b[] = {2, 4, 6, 8};
    double df = 4 / (1.0 / 18 + 25.0 / 27);
    near(lg_stats_welch(a, 3, b, 4), lg_dist_student_two_sided(3 / sqrt(2), df), 1e-12, "p");
    near(lg_stats_welch(a, 3, a, 3), 1, 1e-12, "same sample");
    const double flat[] = {3, 3, 3};
    const double other[] = {4, 4};
    near(lg_stats_welch(flat, 3, flat, 2), 1, 0, "no spread, same");
    near(lg_stats_welch(flat, 3, other, 2), 0, 0, "no spread, different");
}

Test(stats, spearman_ranks_with_ties)
{
    const double x[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    const double up[] = {1, 4, 9, 16, 25, 36, 49, 64, 81, 100};
    const double mixed[] = {2, 1, 4, 3, 7, 5, 6, 9, 8, 10};
    near(lg_stats_spearman(x, up, 10).r, 1, 1e-12, "monotone");
    near(lg_stats_spearman(x, up, 10).p, 0, 0, "monotone p");
    /* sum of squared rank differences 12: r = 1 - 6 * 12 / 990 */
    near(lg_stats_spearman(x, mixed, 10).r, 1 - 72.0 / 990, 1e-12, "by hand");
    const double tied[] = {1, 1, 2, 2};
    const double y[] = {1, 2, 3, 4};
    near(lg_stats_spearman(tied, y, 4).r, 4 / sqrt(20), 1e-12, "ties");
    const double flat[] = {5, 5, 5, 5};
    near(lg_stats_spearman(flat, y, 4).p, 1, 1e-12, "a constant side");
}

Test(stats, ranks_of_a_quantile_satisfy_their_definition)
{
    static const uint64_t ns[] = {1, 5, 36, 60, 367, 368, 1000, 5000};
    static const double ps[] = {0.5, 0.9, 0.99, 0.999};
    for (size_t i = 0; i < 8; i++) {
        for (size_t k = 0; k < 4; k++) {
            uint64_t n = ns[i];
            double p = ps[k];
            struct lg_ranks r = lg_stats_quantile_ranks(n, p, 0.95);
            cr_assert(r.lower == 0 || lg_dist_binomial_cdf(r.lower - 1, n, p) <= 0.025);
            cr_assert(r.lower == n || lg_dist_binomial_cdf(r.lower, n, p) > 0.025, "larger lower");
            cr_assert(r.upper == n + 1 || 1 - lg_dist_binomial_cdf(r.upper - 1, n, p) <= 0.025);
            cr_assert(r.upper <= 1 || 1 - lg_dist_binomial_cdf(r.upper - 2, n, p) > 0.025,
                      "smaller upper: n %lu p %g", (unsigned long)n, p);
        }
    }
}

Test(stats, an_upper_bound_exists_from_the_least_n_on)
{
    static const struct {
        double p;
        uint64_t least;
    } rows[] = {{0.9, 36}, {0.99, 368}, {0.999, 3688}, {0.9999, 36887}};
    for (size_t i = 0; i < 4; i++) {
        uint64_t n = rows[i].least;
        cr_assert(lg_stats_quantile_ranks(n, rows[i].p, 0.95).upper == n, "p %g", rows[i].p);
        cr_assert(lg_stats_quantile_ranks(n - 1, rows[i].p, 0.95).upper == n, "none below");
    }
}

Test(stats, ranks_by_the_normal_approximation_continue_the_exact_ones)
{
    /* n p (1 - p) just below and just above the change of method. */
    struct lg_ranks exact = lg_stats_quantile_ranks(3999999, 0.5, 0.95);
    struct lg_ranks normal = lg_stats_quantile_ranks(4000004, 0.5, 0.95);
    cr_assert(normal.lower - exact.lower <= 4 && normal.upper - exact.upper <= 5,
              "%lu %lu, %lu %lu", (unsigned long)exact.lower, (unsigned long)normal.lower,
              (unsigned long)exact.upper, (unsigned long)normal.upper);
}

Test(stats, quantile_bounds_know_what_they_cannot_know)
{
    struct lg_hist h;
    lg_hist_init(&h);
    for (lg_ns v = 1; v <= 1000; v++) {
        lg_hist_add(&h, v);
    }
    struct lg_quantile_bounds b = lg_stats_quantile_bounds(&h, 0.5, 0, 0.95);
    cr_assert(b.low == 469 && b.high == 532, "median: %ld %ld", (long)b.low, (long)b.high);
    b = lg_stats_quantile_bounds(&h, 0.999, 0, 0.95);
    cr_assert(b.high == LG_NEVER, "no upper bound at 1000 for p99.9");
    b = lg_stats_quantile_bounds(&h, 0.99, 100, 0.95);
    cr_assert(b.low == LG_NEVER && b.high == LG_NEVER, "p99 lies among the failures");
    b = lg_stats_quantile_bounds(&h, 0.0001, 0, 0.95);
    cr_assert(b.low == -1, "no lower bound");
    lg_hist_fini(&h);
}

Test(stats, the_quantile_interval_holds_the_truth_as_often_as_it_says)
{
    int held = 0;
    struct lg_rng rng;
    lg_rng_init(&rng, 21, 0, 0);
    for (int run = 0; run < 300; run++) {
        struct lg_hist h;
        lg_hist_init(&h);
        for (int i = 0; i < 1000; i++) {
            lg_hist_add(&h, (lg_ns)(1e6 * lg_rng_exp(&rng)));
        }
        struct lg_quantile_bounds b = lg_stats_quantile_bounds(&h, 0.95, 0, 0.95);
        double truth = 1e6 * log(20);
        held += (double)b.low <= truth && truth <= (double)b.high;
        lg_hist_fini(&h);
    }
    cr_assert(held >= 273 && held <= 297, "%d of 300", held); /* 285 + 3 sd */
}

Test(stats, a_paired_ratio_sees_through_what_both_sides_share)
{
    const double a[] = {10, 20, 40, 80, 160};
    const double b[] = {15.1, 29.8, 60.2, 119.5, 241};
    struct lg_ratio paired = lg_stats_ratio_paired(a, b, 5, 0.95);
    near(paired.ratio, 1.5, 0.01, "ratio");
    cr_assert(paired.interval.known && paired.interval.low > 1.48 && paired.interval.high < 1.52);
    struct lg_ratio unpaired = lg_stats_ratio_welch(a, 5, b, 5, 0.95);
    near(unpaired.ratio, paired.ratio, 1e-12, "same ratio");
    cr_assert(unpaired.interval.low < 1 && unpaired.interval.high > 2, "but no certainty");
    cr_assert(!lg_stats_ratio_paired(a, b, 1, 0.95).interval.known, "one trial has no interval");
}

Test(stats, ratio_intervals_hold_the_truth_as_often_as_they_say)
{
    int paired = 0;
    int welch = 0;
    struct lg_rng rng;
    lg_rng_init(&rng, 22, 0, 0);
    for (int run = 0; run < 1000; run++) {
        double a[5];
        double b[5];
        for (int i = 0; i < 5; i++) {
            a[i] = 10 * exp(0.1 * gauss(&rng));
            b[i] = 13 * exp(0.1 * gauss(&rng));
        }
        struct lg_interval p = lg_stats_ratio_paired(a, b, 5, 0.95).interval;
        struct lg_interval w = lg_stats_ratio_welch(a, 5, b, 5, 0.95).interval;
        paired += p.low <= 1.3 && 1.3 <= p.high;
        welch += w.low <= 1.3 && 1.3 <= w.high;
    }
    cr_assert(paired >= 929 && paired <= 971, "paired %d", paired); /* 950 + 3 sd */
    cr_assert(welch >= 929 && welch <= 980, "welch %d", welch);
}

Test(stats, a12_counts_wins)
{
    const double a[] = {1, 2, 3};
    const double b[] = {2, 3, 4};
    near(lg_stats_a12(a, 3, b, 3), 7.0 / 9, 1e-12, "two ties, six wins");
    near(lg_stats_a12(a, 3, a, 3), 0.5, 1e-12, "no effect");
}

Test(stats, trials_needed_is_the_least_that_is_narrow_enough)
{
    size_t n = lg_stats_trials_needed(0.05, 0.025, 0.95, 1000);
    double now = lg_dist_student_quantile(0.975, (double)n - 1) * 0.05 / sqrt((double)n);
    double before = lg_dist_student_quantile(0.975, (double)n - 2) * 0.05 / sqrt((double)n - 1);
    cr_assert(now <= 0.025 && before > 0.025, "%zu", n);
    cr_assert(lg_stats_trials_needed(0, 0.025, 0.95, 1000) == 2);
    cr_assert(lg_stats_trials_needed(9, 0.025, 0.95, 1000) == 1000);
}

Test(stats, a_shift_has_welchs_interval_and_may_begin_at_zero)
{
    static const double a[] = {1, 2, 3, 4, 5}, b[] = {2, 3, 4, 5, 6}, zero[3], two[] = {2, 2, 2};
    struct lg_shift s = lg_stats_shift_welch(a, 5, b, 5, 0.95);
    /* Equal variances of 2.5: standard error 1, 8 degrees of freedom, t = 2.306. */
    cr_assert(fabs(s.by - 1) < 1e-12 && s.interval.known);
    cr_assert(fabs(s.interval.low + 1.306004) < 1e-6 && fabs(s.interval.high - 3.306004) < 1e-6);
    cr_assert(fabs(s.p - 0.346594) < 1e-6, "%g", s.p);
    cr_assert(fabs(s.sd - sqrt(5)) < 1e-12, "%g", s.sd);
    s = lg_stats_shift_welch(zero, 3, two, 3, 0.95);
    cr_assert(s.p == 0 && s.interval.low == 2 && s.interval.high == 2);
    s = lg_stats_shift_welch(zero, 3, zero, 3, 0.95);
    cr_assert(s.p == 1 && s.by == 0 && s.interval.low == 0 && s.interval.high == 0);
    s = lg_stats_shift_welch(a, 1, b, 5, 0.95);
    cr_assert(!s.interval.known && s.p == 1 && s.by == 3);
}
