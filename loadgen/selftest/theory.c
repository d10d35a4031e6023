#include "selftest/theory.h"

#include <math.h>
#include <stdlib.h>

double lg_theory_stall(double stall, double window, double q)
{
    return fmax(0, stall - (1 - q) * window);
}

double lg_theory_mm1_mean(double service, double utilisation)
{
    return service / (1 - utilisation);
}

double lg_theory_mm1_quantile(double service, double utilisation, double q)
{
    return -log1p(-q) * lg_theory_mm1_mean(service, utilisation);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double sorted_quantile(const double *sorted, size_t n, double q)
{
    double rank = ceil(q * (double)n);
    return sorted[rank < 1 ? 0 : (size_t)rank - 1];
}

static double cv_of_gaps(const double *at, size_t n)
{
    double *gaps = lg_alloc_array(n - 1, sizeof *gaps);
    for (size_t i = 0; i + 1 < n; i++) {
        gaps[i] = at[i + 1] - at[i];
    }
    double mean = lg_stats_mean(gaps, n - 1);
    double cv = mean > 0 ? lg_stats_sd(gaps, n - 1) / mean : INFINITY;
    free(gaps);
    return cv;
}

struct lg_spacing lg_theory_spacing(const double *at, size_t n, double gap)
{
    struct lg_spacing spacing = {.count = n, .gap_cv = cv_of_gaps(at, n)};
    double *off = lg_alloc_array(n, sizeof *off);
    for (size_t i = 0; i < n; i++) {
        off[i] = at[i] - at[0] - (double)i * gap;
    }
    double phase = lg_stats_median(off, n);
    for (size_t i = 0; i < n; i++) {
        off[i] = fabs(off[i] - phase);
    }
    qsort(off, n, sizeof *off, ascending);
    spacing.p50 = sorted_quantile(off, n, 0.5);
    spacing.p99 = sorted_quantile(off, n, 0.99);
    free(off);
    return spacing;
}

struct lg_estimate lg_theory_mean(struct lg_hist *const *groups, size_t n, double level)
{
    double *pseudo = lg_alloc_array(n, sizeof *pseudo);
    double sum = 0, count = 0;
    for (size_t i = 0; i < n; i++) {
        sum += groups[i]->sum;
        count += (double)groups[i]->count;
    }
    for (size_t i = 0; i < n; i++) {
        double without = (sum - groups[i]->sum) / (count - (double)groups[i]->count);
        pseudo[i] = (double)n * (sum / count) - (double)(n - 1) * without;
    }
    struct lg_estimate e = {.value = sum / count,
                            .interval = lg_stats_mean_interval(pseudo, n, level)};
    free(pseudo);
    return e;
}

/* Half the width of the interval of the share of values up to `value`, over the groups. */
static double half_share(struct lg_hist *const *groups, size_t n, double count, lg_ns value,
                         double q, double level)
{
    /* What each group has more of them than its size would let expect, of all values. */
    double *excess = lg_alloc_array(n, sizeof *excess);
    for (size_t i = 0; i < n; i++) {
        double up_to = (double)lg_hist_count_up_to(groups[i], value);
        excess[i] = (double)n * (up_to - q * (double)groups[i]->count) / count;
    }
    struct lg_interval interval = lg_stats_mean_interval(excess, n, level);
    free(excess);
    return (interval.high - interval.low) / 2;
}

struct lg_estimate lg_theory_quantile(struct lg_hist *const *groups, size_t n, double q,
                                      double level)
{
    struct lg_hist all;
    lg_hist_init(&all);
    for (size_t i = 0; i < n; i++) {
        lg_hist_merge(&all, groups[i]);
    }
    lg_ns value = lg_hist_quantile(&all, q, 0);
    double half = half_share(groups, n, (double)all.count, value, q, level);
    struct lg_estimate e = {.value = (double)value, .interval.known = n >= 2};
    e.interval.low = q - half > 0 ? (double)lg_hist_quantile(&all, q - half, 0) : -INFINITY;
    e.interval.high = q + half < 1 ? (double)lg_hist_quantile(&all, q + half, 0) : INFINITY;
    lg_hist_fini(&all);
    return e;
}
