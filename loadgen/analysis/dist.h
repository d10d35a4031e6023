/* analysis/ judges what was measured: is the run valid, is it steady, are the objectives met, does
 * one target differ from another, and what may be claimed.  Rank 3.  Pure functions of data: no
 * clock, no files, no globals; randomness only from a seeded lg_rng that the caller owns. This
 * header: the few distributions that the tests and intervals need.  Accurate to about 1e-9 in
 * probability unless said otherwise; every argument outside its range is our own fault (LG_ASSERT).
 */
#ifndef LG_ANALYSIS_DIST_H
#define LG_ANALYSIS_DIST_H

#include "base/base.h"

double lg_dist_normal_quantile(double p); /* 0 < p < 1 */

/* I_x(a, b), regularised incomplete beta, a, b > 0, x in [0, 1]: the continued fraction of DLMF
 * 8.17.22.  O(sqrt(max(a, b))). */
double lg_dist_beta(double a, double b, double x);

/* Student's t with df > 0 degrees of freedom, which need not be whole (Welch). */
double lg_dist_student_cdf(double t, double df);
double lg_dist_student_quantile(double p, double df); /* 0 < p < 1 */
double lg_dist_student_two_sided(double t,
                                 double df); /* P(|T| >= |t|), exact in the far tail too */

/* P(at most k of n independent trials succeed), each with probability p in [0, 1]. */
double lg_dist_binomial_cdf(uint64_t k, uint64_t n, double p);

#endif
