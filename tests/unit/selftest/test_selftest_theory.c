#include "selftest/theory.h"

#include "base/rng.h"
#include "support/leak_check.h"

#include <criterion/criterion.h>
#include <math.h>

TestSuite(selftest_theory, .fini = fail_on_leak);

static bool near(double a, double b, double by)
{
    return fabs(a - b) <= by;
}

Test(selftest_theory, a_stall_shows_in_the_quantiles_that_it_reaches)
{
    static const struct {
        double stall, window, q, expected;
    } rows[] = {
        {1, 10, 0.95, 0.5}, {1, 10, 0.99, 0.9}, {1, 10, 1, 1},   {1, 10, 0.9, 0},
        {1, 10, 0.5, 0},    {1, 4, 0.95, 0.8},  {2, 10, 0.9, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double value = lg_theory_stall(rows[i].stall, rows[i].window, rows[i].q);
        cr_expect(near(value, rows[i].expected, 1e-12), "row %zu: %g", i, value);
    }
}

Test(selftest_theory, a_queue_at_half_load_takes_twice_the_service_time)
{
    cr_expect(near(lg_theory_mm1_mean(0.010, 0.5), 0.020, 1e-12));
    cr_expect(near(lg_theory_mm1_quantile(0.010, 0.5, 0.99), 0.0921034, 1e-7));
    cr_expect(near(lg_theory_mm1_quantile(0.010, 0, 0.5), 0.010 * log(2), 1e-12));
}

Test(selftest_theory, a_shifted_ideal_schedule_has_no_deviation)
{
    double at[100];
    for (int i = 0; i < 100; i++) {
        at[i] = 12345 + 10.0 * i;
    }
    struct lg_spacing s = lg_theory_spacing(at, 100, 10);
    cr_expect_eq(s.count, 100u);
    cr_expect(near(s.gap_cv, 0, 1e-12));
    cr_expect(near(s.p50, 0, 1e-9));
    cr_expect(near(s.p99, 0, 1e-9));
}

Test(selftest_theory, a_late_send_is_a_deviation_of_its_own_lateness)
{
    double at[100];
    for (int i = 0; i < 100; i++) {
        at[i] = 10.0 * i;
    }
    at[40] += 6;
    at[60] += 4;
    struct lg_spacing s = lg_theory_spacing(at, 100, 10);
    cr_expect(near(s.p50, 0, 1e-9));
    cr_expect(near(s.p99, 4, 1e-9), "%g", s.p99);
    cr_expect(near(s.gap_cv, sqrt(2 * (36 + 16) / 98.0) / 10, 1e-3), "%g", s.gap_cv);
}

Test(selftest_theory, a_schedule_that_runs_slow_deviates_more_and_more)
{
    double at[101];
    for (int i = 0; i < 101; i++) {
        at[i] = 10.1 * i; /* equal gaps, but the wrong ones */
    }
    struct lg_spacing s = lg_theory_spacing(at, 101, 10);
    cr_expect(near(s.gap_cv, 0, 1e-9));
    cr_expect(near(s.p50, 2.5, 0.06), "%g", s.p50);
    cr_expect(near(s.p99, 5, 0.11), "%g", s.p99);
}

Test(selftest_theory, equal_groups_leave_no_doubt)
{
    struct lg_hist *groups[5];
    for (int i = 0; i < 5; i++) {
        groups[i] = lg_hist_new();
        for (int k = 1; k <= 100; k++) {
            lg_hist_add(groups[i], k);
        }
    }
    struct lg_estimate mean = lg_theory_mean(groups, 5, 0.99);
    struct lg_estimate p90 = lg_theory_quantile(groups, 5, 0.9, 0.99);
    cr_expect(near(mean.value, 50.5, 1e-9));
    cr_expect(mean.interval.known && near(mean.interval.low, 50.5, 1e-6));
    cr_expect(near(p90.value, 90, 1e-9));
    cr_expect(p90.interval.known && near(p90.interval.high, 90, 1.001), "%g", p90.interval.high);
    cr_expect(near(p90.interval.low, 90, 1.001), "%g", p90.interval.low);
    for (int i = 0; i < 5; i++) {
        lg_hist_free(groups[i]);
    }
}

Test(selftest_theory, a_quantile_with_too_few_values_above_it_has_no_upper_bound)
{
    struct lg_hist *groups[2] = {lg_hist_new(), lg_hist_new()};
    for (int k = 1; k <= 50; k++) {
        lg_hist_add(groups[0], k);
        lg_hist_add(groups[1], 2 * k);
    }
    struct lg_estimate p99 = lg_theory_quantile(groups, 2, 0.99, 0.95);
    cr_expect(p99.interval.known);
    cr_expect_eq(p99.interval.high, INFINITY);
    cr_expect_lt(p99.interval.low, p99.value);
    lg_hist_free(groups[0]);
    lg_hist_free(groups[1]);
}

/* The share of a group's values that is common to all of it makes them depend on each other, as in
 * one queue: an interval from single values would be far too narrow. */
static void fill_dependent(struct lg_hist *h, struct lg_rng *rng, int n, double mean)
{
    double value = 0;
    for (int i = 0; i < n; i++) {
        if (i == 0 || lg_rng_unit(rng) < 0.2) { /* runs of five on average */
            value = lg_rng_exp(rng) * mean;
        }
        lg_hist_add(h, (lg_ns)value);
    }
}

/* 1,000 experiments at 95 %: 950 expected, standard error 7; the seed fixes the outcome. */
Test(selftest_theory, the_intervals_hold_the_truth_as_often_as_they_say)
{
    int mean_held = 0, p90_held = 0;
    const double mean = 20e6, p90 = 20e6 * log(10);
    struct lg_hist *groups[20];
    struct lg_rng rng;
    lg_rng_init(&rng, 7, 1, 0);
    for (int i = 0; i < 20; i++) {
        groups[i] = lg_hist_new();
    }
    for (int round = 0; round < 1000; round++) {
        for (int i = 0; i < 20; i++) {
            lg_hist_clear(groups[i]);
            fill_dependent(groups[i], &rng, 100 + 10 * i, mean);
        }
        struct lg_estimate m = lg_theory_mean(groups, 20, 0.95);
        struct lg_estimate q = lg_theory_quantile(groups, 20, 0.9, 0.95);
        mean_held += m.interval.low <= mean && mean <= m.interval.high;
        p90_held += q.interval.low <= p90 && p90 <= q.interval.high;
    }
    cr_expect(mean_held >= 925 && mean_held <= 975, "%d of 1000", mean_held);
    cr_expect(p90_held >= 925 && p90_held <= 975, "%d of 1000", p90_held);
    for (int i = 0; i < 20; i++) {
        lg_hist_free(groups[i]);
    }
}
