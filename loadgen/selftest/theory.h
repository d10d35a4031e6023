/* What theory says about the experiments, and how samples are held against it.  Pure functions. */
#ifndef LG_SELFTEST_THEORY_H
#define LG_SELFTEST_THEORY_H

#include "analysis/stats.h"

/* Response times at a constant rate when the server stands still once for `stall` within a window of
 * `window`, and is fast otherwise: P(R > x) = (stall - x) / window, so the q-quantile is
 * stall - (1 - q) window; 0 where that is negative. */
double lg_theory_stall(double stall, double window, double q);

/* Time in an M/M/1 queue, first come first served: exponential with mean s / (1 - rho) for service
 * mean s and utilisation rho < 1 (Kleinrock, Queueing Systems I, 3.2), so its q-quantile is
 * mean ln(1 / (1 - q)). */
double lg_theory_mm1_mean(double service, double utilisation);
double lg_theory_mm1_quantile(double service, double utilisation, double q);

/* How far a sequence of instants is from an ideal one with equal gaps, whose phase is the one that
 * fits best (the median of the differences). */
struct lg_spacing {
    size_t count;
    double gap_cv;   /* sd of the gaps / their mean */
    double p50, p99; /* of |instant - ideal| */
};

/* at: n >= 2 instants, ascending; gap: the ideal one.  Any one unit. O(n log n). */
struct lg_spacing lg_theory_spacing(const double *at, size_t n, double gap);

/* A statistic of several independent groups together, with an interval.  Successive response times
 * of one queue depend on each other, so requests are never resampled one by one: the groups are
 * independent replicas, one is left out at a time, and the t interval is over the pseudo-values
 * n all - (n - 1) all_but_i (delete-one-group jackknife, Efron & Tibshirani 1993, 11.5). */
struct lg_estimate {
    double value; /* over all groups */
    struct lg_interval interval;
};

/* q in (0, 1): that quantile; q < 0: the mean.  n >= 2 groups, none of them empty. O(n^2 slots). */
struct lg_estimate lg_theory_estimate(struct lg_hist *const *groups, size_t n, double q,
                                      double level);

#endif
