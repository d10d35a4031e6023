/* Resampling: intervals and tests that assume no distribution.  The generator is the caller's, so
 * one seed gives one answer. */
#ifndef LG_ANALYSIS_RESAMPLE_H
#define LG_ANALYSIS_RESAMPLE_H

#include "analysis/stats.h"
#include "base/rng.h"

/* Percentile bootstrap interval of mean(b) / mean(a) that draws whole TRIALS with replacement, each
 * side by itself (Efron & Tibshirani 1993, chapter 13): never single requests, which depend on each
 * other.  None for fewer than 3 trials a side.  Below about 8 trials it is narrower than it claims:
 * prefer lg_stats_ratio_paired there.  All values > 0; rounds >= 1000 say; O(rounds (na + nb)). */
struct lg_interval lg_resample_ratio(const double *a, size_t na, const double *b, size_t nb,
                                     double level, size_t rounds, struct lg_rng *rng);

/* Two-sided permutation test of "a and b come from one distribution" by the difference of means
 * (Good 2005, chapter 3).  All C(na + nb, na) assignments if they are at most `rounds`, so the
 * smallest possible p is 2 / C(2n, n); otherwise `rounds` drawn ones and p = (1 + as extreme) / (1
 * + rounds). na, nb >= 1, na + nb <= 62 for the full count. */
double lg_resample_permutation(const double *a, size_t na, const double *b, size_t nb,
                               size_t rounds, struct lg_rng *rng);

#endif
