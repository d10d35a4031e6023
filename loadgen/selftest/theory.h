/* What theory says about the experiments, and how samples are held against it.  Pure functions. */
#ifndef LG_SELFTEST_THEORY_H
#define LG_SELFTEST_THEORY_H

#include "analysis/stats.h"

/* Response times at a constant rate when the server stands still once for `stall` within a window
 * of `window`, and is fast otherwise: P(R > x) = (stall - x) / window, so the q-quantile is stall -
 * (1 - q) window; 0 where that is negative. */
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

/* A statistic of several independent groups together, with an interval over the groups: successive
 * response times of one queue depend on each other, so single requests never make an interval. */
struct lg_estimate {
    double value;                /* over all groups */
    struct lg_interval interval; /* an end may be INFINITY: there is no such bound */
};

/* The mean.  The groups differ in size, so one is left out at a time, and the t interval is over
 * the pseudo-values n all - (n - 1) all_but_i (delete-one-group jackknife, Efron & Tibshirani
 * 1993, 11.5). n >= 2 groups, none of them empty.  O(n). */
struct lg_estimate lg_theory_mean(struct lg_hist *const *groups, size_t n, double level);

/* The q-quantile, q in (0, 1).  The jackknife fails for quantiles; instead the t interval of the
 * share of values up to the estimate, over the groups, is read off the distribution of all
 * (Woodruff, "Confidence Intervals for Medians and Other Position Measures", JASA 47, 1952).  n >=
 * 2 groups, none of them empty.  O(n slots). */
struct lg_estimate lg_theory_quantile(struct lg_hist *const *groups, size_t n, double q,
                                      double level);

#endif
