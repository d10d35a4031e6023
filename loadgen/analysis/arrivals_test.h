/* Were the arrivals what the scenario declared?  A certificate from a sample of the gaps between
 * actual sends (Lancet, ATC'19, tests the sent gaps the same way).
 * For a rate that varies, give the gaps of the integral of the rate instead of times: under the
 * right rate those are exponential with mean 1, whatever the stages. */
#ifndef LG_ANALYSIS_ARRIVALS_TEST_H
#define LG_ANALYSIS_ARRIVALS_TEST_H

#include "base/base.h"

enum lg_arrivals_look {
    LG_ARRIVALS_TOO_FEW,  /* fewer than LG_ARRIVALS_LEAST gaps: not judged */
    LG_ARRIVALS_CONSTANT, /* cv below LG_ARRIVALS_CONSTANT_CV: equal gaps */
    LG_ARRIVALS_POISSON,  /* exponential gaps, by both Anderson-Darling tests, uncorrelated */
    LG_ARRIVALS_NEITHER,
};

#define LG_ARRIVALS_LEAST       20
#define LG_ARRIVALS_CONSTANT_CV 0.1
#define LG_ARRIVALS_P           0.001 /* below this the exponential is rejected */

struct lg_arrivals_certificate {
    size_t gaps;
    double mean;
    double cv;         /* sd / mean: 1 for exponential gaps, 0 for equal ones */
    double dispersion; /* variance / mean of the counts in consecutive bins: 1 for Poisson, 0 for
                          equal gaps, more for bursts; -1: fewer than 10 bins */
    double ad_known, p_known; /* Anderson-Darling against the expected mean: rate and shape */
    double ad_estimated, p_estimated; /* against the sample's own mean: shape alone */
    double lag1, lag1_p; /* Spearman correlation of neighbouring gaps: 0 for independent ones */
    enum lg_arrivals_look look;
};

/* gaps: n values >= 0 in any one unit; expected_mean > 0 and bin (for the dispersion, usually 100
 * ms; 0: none) in that unit.  With n < LG_ARRIVALS_LEAST only gaps, mean, cv and look are set. O(n
 * log n); a sample of some 10^4 gaps is enough: far larger ones reject for the microseconds by
 * which any loop is late. */
struct lg_arrivals_certificate lg_arrivals_certify(const double *gaps, size_t n,
                                                   double expected_mean, double bin);

/* P(A^2 >= a2) for n values against a fully known distribution: the limit law's approximation in
 * Marsaglia & Marsaglia, "Evaluating the Anderson-Darling Distribution", J. Stat. Software 9(2),
 * 2004, without its finite-n correction (below 0.002 for n >= LG_ARRIVALS_LEAST). */
double lg_arrivals_p_known(double a2);

/* P for the exponential with estimated mean: Stephens, "EDF Statistics for Goodness of Fit", JASA
 * 69, 1974, a2 (1 + 0.6 / n), and the fit of D'Agostino & Stephens 1986, table 4.14, to its points.
 */
double lg_arrivals_p_estimated(double a2, size_t n);

/* A^2 of n >= 1 values, sorted ascending, against the exponential with this mean. O(n). */
double lg_arrivals_anderson_darling(const double *sorted, size_t n, double mean);

#endif
