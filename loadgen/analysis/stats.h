/* Descriptive statistics, intervals and tests over small samples (trials, seconds).  Unless said
 * otherwise x has n finite values, and nothing is changed or kept. */
#ifndef LG_ANALYSIS_STATS_H
#define LG_ANALYSIS_STATS_H

#include "base/base.h"
#include "measure/hist.h"

/* A two-sided confidence interval; a zeroed one says that there is none. */
struct lg_interval {
    bool known;
    double low, high;
};

double lg_stats_mean(const double *x, size_t n);   /* n >= 1 */
double lg_stats_sd(const double *x, size_t n);     /* divisor n - 1; 0 for n < 2 */
double lg_stats_median(const double *x, size_t n); /* n >= 1; middle two averaged; O(n log n) */

/* mean +- t s / sqrt(n), level in (0, 1).  None for n < 2. */
struct lg_interval lg_stats_mean_interval(const double *x, size_t n, double level);

/* Two-sided p of Welch's t test for different means (Welch 1947), na, nb >= 2.  Two samples without
 * any spread: 1 if the means agree, else 0. */
double lg_stats_welch(const double *a, size_t na, const double *b, size_t nb);

/* Spearman's rank correlation, ties given their mean rank; p from t with n - 2 degrees of freedom
 * (close for n >= 10, Kendall & Stuart 31.19).  n < 3 or one constant side: r = 0, p = 1. */
struct lg_correlation {
    double r, p;
};
struct lg_correlation lg_stats_spearman(const double *x, const double *y, size_t n);

/* The p-quantile's ranks of a distribution-free interval for n independent samples (David &
 * Nagaraja, Order Statistics, 7.1): the largest `lower` with P(Bin(n, p) < lower) <= (1 - level) /
 * 2 and the smallest `upper` with P(Bin(n, p) >= upper) <= (1 - level) / 2.  lower = 0: no lower
 * bound; upper = n + 1: no upper bound.  Exact binomial up to n p (1 - p) = 10^6, beyond that the
 * normal approximation, which is then within one rank.  It holds for INDEPENDENT samples:
 * successive latencies of one run are not, so print it as "sampling error if independent". */
struct lg_ranks {
    uint64_t lower, upper;
};
struct lg_ranks lg_stats_quantile_ranks(uint64_t n, double p, double level);

/* The same over a histogram and `above` further samples known only to lie above all its values.
 * low = -1: no lower bound; high = LG_NEVER: no upper bound (or among the `above`). */
struct lg_quantile_bounds {
    lg_ns low, high;
};
struct lg_quantile_bounds lg_stats_quantile_bounds(const struct lg_hist *h, double q,
                                                   uint64_t above, double level);

/* How many times b is of a. */
struct lg_ratio {
    double ratio;                /* geometric mean of b / that of a */
    struct lg_interval interval; /* none for fewer than 2 pairs (or samples a side) */
    double p;                    /* two-sided, of "the ratio is 1"; 1 without an interval */
    double sd;                   /* of one pair's ln(b / a): what a further trial would add */
    double df;                   /* degrees of freedom of the interval */
};

/* Interleaved trials: pair i ran side by side, so what the hour did to both cancels.  t interval on
 * ln(b_i / a_i).  n >= 1, all values > 0. */
struct lg_ratio lg_stats_ratio_paired(const double *a, const double *b, size_t n, double level);

/* Independent samples: Welch's interval on the logarithms.  na, nb >= 1, all values > 0. */
struct lg_ratio lg_stats_ratio_welch(const double *a, size_t na, const double *b, size_t nb,
                                     double level);

/* By how much b lies above a. */
struct lg_shift {
    double by;                   /* mean of b less mean of a */
    struct lg_interval interval; /* none for fewer than 2 a side */
    double p;                    /* two-sided, of "there is none"; 1 without an interval */
    double sd;                   /* of one pair's b - a */
};

/* Independent samples of any sign, zeros too: Welch's interval.  na, nb >= 1. */
struct lg_shift lg_stats_shift_welch(const double *a, size_t na, const double *b, size_t nb,
                                     double level);

/* P(B > A) + P(B = A) / 2 (Vargha & Delaney 2000): 0.5 no effect, 1 every b above every a. */
double lg_stats_a12(const double *a, size_t na, const double *b, size_t nb);

/* Pairs of trials in all, so that the interval of the mean of one pair's logarithm with this sd
 * becomes +- half wide at this level: the smallest n with t_{n-1} sd / sqrt(n) <= half.  At least
 * 2, at most `most`. */
size_t lg_stats_trials_needed(double sd, double half, double level, size_t most);

#endif
