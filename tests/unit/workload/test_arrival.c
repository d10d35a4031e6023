#include "workload/arrival.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const struct lg_stage flat[] = {{0, 1000}};
static const struct lg_stage ramp[] = {{0, 0}, {10 * LG_S, 100}, {20 * LG_S, 100}};
static const struct lg_stage spike[] = {{0, 100},         {2 * LG_S, 100}, {2 * LG_S, 1000},
                                        {3 * LG_S, 1000}, {3 * LG_S, 0},   {4 * LG_S, 0},
                                        {4 * LG_S, 10}};
static const struct lg_stage ends[] = {{0, 10}, {1 * LG_S, 10}, {1 * LG_S, 0}};

Test(arrival, constant_schedule_has_no_accumulated_rounding)
{
    struct lg_arrivals a;
    static const struct lg_stage third[] = {{0, 3}};
    lg_arrivals_init(&a, third, 1, LG_ARRIVAL_CONSTANT, 1, 0, 0, 1);
    uint64_t index = 0;
    for (uint64_t i = 0; i < 300000; i++) {
        lg_ns t = lg_arrivals_next(&a, &index);
        cr_assert_eq(index, i);
        cr_assert_leq(llabs(t - (lg_ns)(i / 3) * LG_S - (lg_ns)(i % 3) * LG_S / 3), 1);
    }
}

Test(arrival, ramp_follows_the_integral_of_the_rate)
{
    cr_assert_float_eq(lg_stages_count(ramp, COUNT(ramp), 10 * LG_S), 500, 1e-9);
    cr_assert_float_eq(lg_stages_count(ramp, COUNT(ramp), 5 * LG_S), 125, 1e-9);
    cr_assert_float_eq(lg_stages_count(ramp, COUNT(ramp), 30 * LG_S), 2500, 1e-9);
    for (double n = 0.5; n < 3000; n += 7.3) {
        lg_ns t = lg_stages_when(ramp, COUNT(ramp), n);
        cr_assert_float_eq(lg_stages_count(ramp, COUNT(ramp), t), n, 1e-5, "at %f", n);
    }
}

Test(arrival, a_step_and_a_pause_are_where_the_stages_say)
{
    cr_assert_float_eq(lg_stages_count(spike, COUNT(spike), 3 * LG_S), 1200, 1e-9);
    cr_assert_float_eq(lg_stages_count(spike, COUNT(spike), 4 * LG_S), 1200, 1e-9);
    cr_assert_leq(lg_stages_when(spike, COUNT(spike), 1200), 3 * LG_S);
    cr_assert_geq(lg_stages_when(spike, COUNT(spike), 1200.01), 4 * LG_S);
}

Test(arrival, schedule_ends_where_the_rate_stays_zero)
{
    struct lg_arrivals a;
    uint64_t index, n = 0;
    lg_arrivals_init(&a, ends, COUNT(ends), LG_ARRIVAL_CONSTANT, 1, 0, 0, 1);
    while (lg_arrivals_next(&a, &index) != LG_NEVER) {
        n++;
    }
    cr_assert_eq(n, 11); /* at 0, 0.1 ... 1.0 */
    cr_assert_eq(lg_arrivals_next(&a, &index), LG_NEVER);
}

/* Takes each share's next arrival in turn of its index: the whole schedule again. */
static void collect(enum lg_arrival_process process, unsigned shares, lg_ns *out, size_t n)
{
    for (unsigned share = 0; share < shares; share++) {
        struct lg_arrivals a;
        uint64_t index = 0;
        lg_arrivals_init(&a, spike, COUNT(spike), process, 42, 7, share, shares);
        for (;;) {
            lg_ns t = lg_arrivals_next(&a, &index);
            if (index >= n) {
                break;
            }
            cr_assert_eq(index % shares, share);
            out[index] = t;
        }
    }
}

Test(arrival, number_of_shares_does_not_change_the_schedule)
{
    enum { N = 1300 };
    static lg_ns one[N], four[N];
    const enum lg_arrival_process both[] = {LG_ARRIVAL_CONSTANT, LG_ARRIVAL_POISSON};
    for (size_t p = 0; p < COUNT(both); p++) {
        collect(both[p], 1, one, N);
        collect(both[p], 4, four, N);
        cr_assert_arr_eq(one, four, sizeof one);
    }
}

Test(arrival, poisson_gaps_are_exponential_at_the_declared_rate)
{
    enum { N = 20000 };
    struct lg_arrivals a;
    uint64_t index;
    lg_arrivals_init(&a, flat, 1, LG_ARRIVAL_POISSON, 42, 0, 0, 1);
    lg_ns last = 0;
    double sum = 0, squares = 0, above = 0;
    for (int i = 0; i < N; i++) {
        lg_ns t = lg_arrivals_next(&a, &index);
        double gap = (double)(t - last) / 1e6;
        cr_assert_geq(gap, 0);
        sum += gap;
        squares += gap * gap;
        above += gap > 1;
        last = t;
    }
    double mean = sum / N, cv = sqrt(squares / N - mean * mean) / mean;
    cr_assert_float_eq(mean, 1, 3 / sqrt(N));
    cr_assert_float_eq(cv, 1, 3 / sqrt(N));
    cr_assert_float_eq(above / N, exp(-1), 3 * sqrt(0.2325 / N));
}

Test(arrival, poisson_counts_on_a_ramp_fit_the_integral)
{
    struct lg_arrivals a;
    uint64_t index;
    int counts[20] = {0};
    lg_arrivals_init(&a, ramp, COUNT(ramp), LG_ARRIVAL_POISSON, 3, 0, 0, 1);
    for (;;) {
        lg_ns t = lg_arrivals_next(&a, &index);
        if (t >= 20 * LG_S) {
            break;
        }
        counts[t / LG_S]++;
    }
    double chi2 = 0;
    for (int s = 0; s < 20; s++) {
        double expected = lg_stages_count(ramp, COUNT(ramp), (s + 1) * LG_S) -
                          lg_stages_count(ramp, COUNT(ramp), s * LG_S);
        chi2 += (counts[s] - expected) * (counts[s] - expected) / expected;
    }
    cr_assert_lt(chi2, 45.3, "chi-square of 20 degrees, 0.1 %%: %f", chi2);
}
