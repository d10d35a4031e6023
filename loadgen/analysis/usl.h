/* The Universal Scalability Law: throughput as a function of concurrency (Gunther, "Guerrilla
 * Capacity Planning", 2007, chapter 4):
 *
 *   X(N) = lambda N / (1 + sigma (N - 1) + kappa N (N - 1))
 *
 * lambda: throughput of one; sigma: the share that is done one after the other; kappa: the cost of
 * keeping each other informed, which makes throughput fall again beyond a peak. */
#ifndef LG_ANALYSIS_USL_H
#define LG_ANALYSIS_USL_H

#include "analysis/stats.h"

struct lg_usl {
    double lambda; /* per second, > 0 */
    double sigma;  /* [0, 1) */
    double kappa;  /* >= 0 */
};

double lg_usl_throughput(const struct lg_usl *usl, double n);
/* The concurrency of the greatest throughput: sqrt((1 - sigma) / kappa); INFINITY if kappa = 0. */
double lg_usl_peak(const struct lg_usl *usl);

/* One trial. */
struct lg_usl_trial {
    size_t load; /* trials of one load have the same number, counted from 0 */
    double n; /* concurrency: closed users without think time, or the mean number in flight; > 0 */
    double x; /* throughput per second, > 0 */
};

enum { LG_USL_BAND = 24 }; /* points of the band, evenly spaced on the logarithm */

/* Where the law's throughput lies at one concurrency, with 95 %. */
struct lg_usl_point {
    double n, low, best, high;
};

struct lg_usl_fit {
    bool known;
    const char *why; /* static, if not known: what is missing */
    struct lg_usl best;
    struct lg_interval lambda, sigma, kappa, peak; /* 95 %, peak: of lg_usl_peak, may be INFINITY */
    struct lg_usl_point band[LG_USL_BAND];         /* over the measured range */
    size_t band_count;                             /* 0 without intervals */
    double worst_residual; /* largest |measured / fitted - 1| of a load's mean */
    bool peak_is_measured; /* a peak may be claimed: kappa's interval excludes 0, and the peak's
                              upper end is at most twice the greatest concurrency measured */
};

enum {
    LG_USL_LOADS = 4,       /* loads needed for a fit; 6 or more should be measured */
    LG_USL_RESAMPLES = 1000 /* for the intervals */
};

/* Least squares on the logarithms of the loads' means, weighted by the inverse of their variance
 * (Levenberg-Marquardt, MINPACK), lambda > 0, 0 <= sigma < 1, kappa >= 0.  The variance is that of
 * the trials within each load; where the means lie farther off the law than that explains, so much
 * is added to all that it does (Paule & Mandel 1982).
 *
 * Intervals by a parametric bootstrap (Efron & Tibshirani 1993, section 6.5): means are drawn about
 * the fitted law and fitted anew each time, widened by Student's t for how little a few trials tell
 * of their spread.  They hold the truth in about 95 of 100 cases, and in more where loads differ
 * much in their noise (tests/unit/analysis/test_usl.c counts).  The same seed gives the same
 * intervals; none unless there are LG_USL_LOADS trials more than loads.  O(resamples). */
void lg_usl_fit(const struct lg_usl_trial *trials, size_t count, unsigned resamples, uint64_t seed,
                struct lg_usl_fit *out);

#endif
