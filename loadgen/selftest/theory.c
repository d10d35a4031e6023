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

/* Over all groups but one; skip = n: over all. */
static double statistic(struct lg_hist *const *groups, size_t n, size_t skip, double q,
                        struct lg_hist *scratch)
{
    lg_hist_clear(scratch);
    for (size_t i = 0; i < n; i++) {
        if (i != skip) {
            lg_hist_merge(scratch, groups[i]);
        }
    }
    return q < 0 ? lg_hist_mean(scratch) : (double)lg_hist_quantile(scratch, q, 0);
}

struct lg_estimate lg_theory_estimate(struct lg_hist *const *groups, size_t n, double q,
                                      double level)
{
    struct lg_hist scratch;
    double *pseudo = lg_alloc_array(n, sizeof *pseudo);
    lg_hist_init(&scratch);
    double all = statistic(groups, n, n, q, &scratch);
    for (size_t i = 0; i < n; i++) {
        double without = statistic(groups, n, i, q, &scratch);
        pseudo[i] = (double)n * all - (double)(n - 1) * without;
    }
    struct lg_estimate e = {.value = all,
                            .interval = lg_stats_mean_interval(pseudo, n, level)};
    lg_hist_fini(&scratch);
    free(pseudo);
    return e;
}
