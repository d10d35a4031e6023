#include "analysis/stats.h"
#include "analysis/dist.h"

#include <math.h>
#include <stdlib.h>

double lg_stats_mean(const double *x, size_t n)
{
    LG_ASSERT(n > 0);
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += x[i];
    }
    return sum / (double)n;
}

double lg_stats_sd(const double *x, size_t n)
{
    if (n < 2) {
        return 0;
    }
    double mean = lg_stats_mean(x, n);
    double squares = 0;
    for (size_t i = 0; i < n; i++) {
        squares += (x[i] - mean) * (x[i] - mean);
    }
    return sqrt(squares / (double)(n - 1));
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts x. */
static double median_in_place(double *x, size_t n)
{
    qsort(x, n, sizeof *x, ascending);
    return n % 2 == 1 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

double lg_stats_median(const double *x, size_t n)
{
    LG_ASSERT(n > 0);
    double *sorted = lg_alloc_array(n, sizeof *sorted);
    memcpy(sorted, x, n * sizeof *sorted);
    double median = median_in_place(sorted, n);
    free(sorted);
    return median;
}

struct lg_interval lg_stats_mean_interval(const double *x, size_t n, double level)
{
    if (n < 2) {
        return (struct lg_interval){0};
    }
    double mean = lg_stats_mean(x, n);
    double t = lg_dist_student_quantile(0.5 + level / 2, (double)(n - 1));
    double half = t * lg_stats_sd(x, n) / sqrt((double)n);
    return (struct lg_interval){.known = true, .low = mean - half, .high = mean + half};
}

/* The difference of two means, its standard error and Welch's degrees of freedom. */
struct difference {
    double by, error, df;
};

static struct difference mean_difference(const double *a, size_t na, const double *b, size_t nb)
{
    double va = lg_stats_sd(a, na);
    double vb = lg_stats_sd(b, nb);
    va = va * va / (double)na;
    vb = vb * vb / (double)nb;
    double df = (double)(na + nb - 2);
    if (va + vb > 0) {
        df = (va + vb) * (va + vb) / (va * va / (double)(na - 1) + vb * vb / (double)(nb - 1));
    }
    return (struct difference){lg_stats_mean(b, nb) - lg_stats_mean(a, na), sqrt(va + vb), df};
}

static double p_of(double by, double error, double df)
{
    if (!isfinite(by) || !isfinite(error) || !(df > 0)) {
        return 1; /* values too large to square: nothing can be said */
    }
    if (error > 0) {
        return lg_dist_student_two_sided(by / error, df);
    }
    return by == 0 ? 1 : 0;
}

double lg_stats_welch(const double *a, size_t na, const double *b, size_t nb)
{
    LG_ASSERT(na >= 2 && nb >= 2);
    struct difference d = mean_difference(a, na, b, nb);
    return p_of(d.by, d.error, d.df);
}

struct ranked {
    double value;
    size_t at;
};

static int by_value(const void *a, const void *b)
{
    return ascending(&((const struct ranked *)a)->value, &((const struct ranked *)b)->value);
}

/* Caller frees. */
static double *ranks_of(const double *x, size_t n)
{
    struct ranked *order = lg_alloc_array(n, sizeof *order);
    double *ranks = lg_alloc_array(n, sizeof *ranks);
    for (size_t i = 0; i < n; i++) {
        order[i] = (struct ranked){x[i], i};
    }
    qsort(order, n, sizeof *order, by_value);
    for (size_t i = 0, next; i < n; i = next) {
        for (next = i + 1; next < n && order[next].value == order[i].value; next++) {
        }
        for (size_t j = i; j < next; j++) {
            ranks[order[j].at] = (double)(i + next + 1) / 2;
        }
    }
    free(order);
    return ranks;
}

static double pearson(const double *x, const double *y, size_t n)
{
    double mx = lg_stats_mean(x, n);
    double my = lg_stats_mean(y, n);
    double xx = 0;
    double yy = 0;
    double xy = 0;
    for (size_t i = 0; i < n; i++) {
        xx += (x[i] - mx) * (x[i] - mx);
        yy += (y[i] - my) * (y[i] - my);
        xy += (x[i] - mx) * (y[i] - my);
    }
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : 0;
}

struct lg_correlation lg_stats_spearman(const double *x, const double *y, size_t n)
{
    if (n < 3) {
        return (struct lg_correlation){0, 1};
    }
    double *rx = ranks_of(x, n);
    double *ry = ranks_of(y, n);
    double r = pearson(rx, ry, n);
    free(rx);
    free(ry);
    double df = (double)n - 2;
    double rest = 1 - r * r;
    double t = rest > 0 ? r * sqrt(df / rest) : INFINITY;
    return (struct lg_correlation){r, lg_dist_student_two_sided(t, df)};
}

static struct lg_ranks ranks_by_normal(uint64_t n, double p, double level)
{
    double z = lg_dist_normal_quantile(0.5 + level / 2);
    double spread = z * sqrt((double)n * p * (1 - p));
    double lower = floor((double)n * p - spread);
    double upper = ceil((double)n * p + spread) + 1;
    return (struct lg_ranks){lower > 0 ? (uint64_t)lower : 0,
                             upper <= (double)n ? (uint64_t)upper : n + 1};
}

struct lg_ranks lg_stats_quantile_ranks(uint64_t n, double p, double level)
{
    LG_ASSERT(p >= 0 && p <= 1 && level > 0 && level < 1);
    if ((double)n * p * (1 - p) > 1e6) {
        return ranks_by_normal(n, p, level);
    }
    double tail = (1 - level) / 2;
    uint64_t low = 0; /* holds: P(Bin < low) <= tail */
    for (uint64_t high = n + 1; high - low > 1;) {
        uint64_t middle = low + (high - low) / 2;
        if (lg_dist_binomial_cdf(middle - 1, n, p) <= tail) {
            low = middle;
        } else {
            high = middle;
        }
    }
    uint64_t upper = n + 1; /* holds: P(Bin >= upper) <= tail */
    for (uint64_t below = 0; upper - below > 1;) {
        uint64_t middle = below + (upper - below) / 2;
        if (1 - lg_dist_binomial_cdf(middle - 1, n, p) <= tail) {
            upper = middle;
        } else {
            below = middle;
        }
    }
    return (struct lg_ranks){low, upper};
}

struct lg_quantile_bounds lg_stats_quantile_bounds(const struct lg_hist *h, double q,
                                                   uint64_t above, double level)
{
    struct lg_ranks ranks = lg_stats_quantile_ranks(h->count + above, q, level);
    struct lg_quantile_bounds bounds = {-1, LG_NEVER};
    if (ranks.lower >= 1) {
        bounds.low = ranks.lower <= h->count ? lg_hist_rank(h, ranks.lower) : LG_NEVER;
    }
    if (ranks.upper <= h->count) {
        bounds.high = lg_hist_rank(h, ranks.upper);
    }
    return bounds;
}

static struct lg_ratio ratio_from(struct difference d, double sd, bool has_interval, double level)
{
    struct lg_ratio ratio = {.ratio = exp(d.by), .p = 1, .sd = sd, .df = d.df};
    if (has_interval) {
        double half = lg_dist_student_quantile(0.5 + level / 2, d.df) * d.error;
        ratio.interval = (struct lg_interval){true, exp(d.by - half), exp(d.by + half)};
        ratio.p = p_of(d.by, d.error, d.df);
    }
    return ratio;
}

struct lg_ratio lg_stats_ratio_paired(const double *a, const double *b, size_t n, double level)
{
    LG_ASSERT(n >= 1);
    double *logs = lg_alloc_array(n, sizeof *logs);
    for (size_t i = 0; i < n; i++) {
        LG_ASSERT(a[i] > 0 && b[i] > 0);
        logs[i] = log(b[i] / a[i]);
    }
    double sd = lg_stats_sd(logs, n);
    struct difference d = {lg_stats_mean(logs, n), sd / sqrt((double)n), (double)n - 1};
    free(logs);
    return ratio_from(d, sd, n >= 2, level);
}

/* Caller frees. */
static double *logs_of(const double *x, size_t n)
{
    double *logs = lg_alloc_array(n, sizeof *logs);
    for (size_t i = 0; i < n; i++) {
        LG_ASSERT(x[i] > 0);
        logs[i] = log(x[i]);
    }
    return logs;
}

struct lg_ratio lg_stats_ratio_welch(const double *a, size_t na, const double *b, size_t nb,
                                     double level)
{
    LG_ASSERT(na >= 1 && nb >= 1);
    double *la = logs_of(a, na);
    double *lb = logs_of(b, nb);
    struct difference d = mean_difference(la, na, lb, nb);
    double sd = hypot(lg_stats_sd(la, na), lg_stats_sd(lb, nb));
    free(la);
    free(lb);
    return ratio_from(d, sd, na >= 2 && nb >= 2, level);
}

struct lg_shift lg_stats_shift_welch(const double *a, size_t na, const double *b, size_t nb,
                                     double level)
{
    LG_ASSERT(na >= 1 && nb >= 1);
    struct difference d = mean_difference(a, na, b, nb);
    struct lg_shift shift = {.by = d.by, .p = 1};
    shift.sd = hypot(lg_stats_sd(a, na), lg_stats_sd(b, nb));
    if (na >= 2 && nb >= 2) {
        double half = lg_dist_student_quantile(0.5 + level / 2, d.df) * d.error;
        shift.interval = (struct lg_interval){true, d.by - half, d.by + half};
        shift.p = p_of(d.by, d.error, d.df);
    }
    return shift;
}

double lg_stats_a12(const double *a, size_t na, const double *b, size_t nb)
{
    LG_ASSERT(na > 0 && nb > 0);
    double wins = 0;
    for (size_t i = 0; i < na; i++) {
        for (size_t j = 0; j < nb; j++) {
            wins += b[j] > a[i] ? 1 : b[j] == a[i] ? 0.5 : 0;
        }
    }
    return wins / ((double)na * (double)nb);
}

static bool narrow_enough(double sd, double half, double level, size_t n)
{
    double t = lg_dist_student_quantile(0.5 + level / 2, (double)(n - 1));
    return t * sd / sqrt((double)n) <= half;
}

size_t lg_stats_trials_needed(double sd, double half, double level, size_t most)
{
    LG_ASSERT(most >= 2 && half > 0);
    size_t low = 1; /* too few, or no interval at all */
    size_t high = most;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (narrow_enough(sd, half, level, middle)) {
            high = middle;
        } else {
            low = middle;
        }
    }
    return high;
}
