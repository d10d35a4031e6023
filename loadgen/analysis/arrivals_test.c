#include "analysis/arrivals_test.h"
#include "analysis/stats.h"

#include <math.h>
#include <stdlib.h>

/* coefficients[0] + x (coefficients[1] + x (...)) */
static double polynomial(const double *coefficients, size_t n, double x)
{
    double value = 0;
    for (size_t i = n; i-- > 0;) {
        value = value * x + coefficients[i];
    }
    return value;
}

double lg_arrivals_p_known(double a2)
{
    static const double near[] = {2.00012, 0.247105, -0.0649821, 0.0347962, -0.0116720, 0.00168691};
    static const double far[] = {1.0776, -2.30695, 0.43424, -0.082433, 0.008056, -0.0003146};
    if (a2 <= 0) {
        return 1;
    }
    if (a2 < 2) {
        return 1 - exp(-1.2337141 / a2) / sqrt(a2) * polynomial(near, 6, a2);
    }
    /* The fit holds to about 8; the tail beyond falls as exp(-a2). */
    double x = fmin(a2, 8);
    return -expm1(-exp(polynomial(far, 6, x))) * exp(x - a2);
}

double lg_arrivals_p_estimated(double a2, size_t n)
{
    double a = a2 * (1 + 0.6 / (double)n);
    if (a < 0.260) {
        return 1 - exp(-12.2204 + 67.459 * a - 110.3 * a * a);
    }
    if (a < 0.510) {
        return 1 - exp(-6.1327 + 20.218 * a - 18.663 * a * a);
    }
    if (a < 0.950) {
        return exp(0.9209 - 3.353 * a + 0.300 * a * a);
    }
    a = fmin(a, 10); /* the parabola turns beyond */
    return exp(0.731 - 3.009 * a + 0.15 * a * a);
}

double lg_arrivals_anderson_darling(const double *sorted, size_t n, double mean)
{
    LG_ASSERT(n > 0 && mean > 0);
    const double least = 1e-12; /* a gap of 0 would make its logarithm infinite */
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double below = fmax(-expm1(-sorted[i] / mean), least);
        double log_above = -sorted[n - 1 - i] / mean; /* ln(1 - F) of the exponential */
        sum += (double)(2 * i + 1) * (log(below) + log_above);
    }
    return -(double)n - sum / (double)n;
}

static double dispersion_of(const double *gaps, size_t n, double bin)
{
    double total = 0;
    for (size_t i = 0; i < n; i++) {
        total += gaps[i];
    }
    if (bin <= 0 || total / bin < 10) {
        return -1;
    }
    size_t bins = (size_t)(total / bin);
    double *counts = lg_alloc_array(bins, sizeof *counts);
    double at = 0;
    for (size_t i = 0; i < n; i++) {
        at += gaps[i];
        size_t k = (size_t)(at / bin);
        if (k < bins) {
            counts[k]++;
        }
    }
    double mean = lg_stats_mean(counts, bins);
    double sd = lg_stats_sd(counts, bins);
    free(counts);
    return sd * sd / mean;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void test_shape(struct lg_arrivals_certificate *c, const double *gaps, double expected_mean)
{
    double *sorted = lg_alloc_array(c->gaps, sizeof *sorted);
    memcpy(sorted, gaps, c->gaps * sizeof *sorted);
    qsort(sorted, c->gaps, sizeof *sorted, ascending);
    c->ad_known = lg_arrivals_anderson_darling(sorted, c->gaps, expected_mean);
    c->p_known = lg_arrivals_p_known(c->ad_known);
    c->ad_estimated = lg_arrivals_anderson_darling(sorted, c->gaps, c->mean);
    c->p_estimated = lg_arrivals_p_estimated(c->ad_estimated, c->gaps);
    free(sorted);
}

static enum lg_arrivals_look look_of(const struct lg_arrivals_certificate *c)
{
    if (c->cv < LG_ARRIVALS_CONSTANT_CV) {
        return LG_ARRIVALS_CONSTANT;
    }
    bool fits = c->p_known >= LG_ARRIVALS_P && c->p_estimated >= LG_ARRIVALS_P;
    return fits && c->lag1_p >= LG_ARRIVALS_P ? LG_ARRIVALS_POISSON : LG_ARRIVALS_NEITHER;
}

struct lg_arrivals_certificate lg_arrivals_certify(const double *gaps, size_t n,
                                                   double expected_mean, double bin)
{
    LG_ASSERT(expected_mean > 0);
    struct lg_arrivals_certificate c = {.gaps = n, .dispersion = -1, .lag1_p = 1};
    c.mean = n > 0 ? lg_stats_mean(gaps, n) : 0;
    c.cv = c.mean > 0 ? lg_stats_sd(gaps, n) / c.mean : 0;
    if (n < LG_ARRIVALS_LEAST || c.mean <= 0) {
        return c;
    }
    test_shape(&c, gaps, expected_mean);
    c.dispersion = dispersion_of(gaps, n, bin);
    struct lg_correlation lag = lg_stats_spearman(gaps, gaps + 1, n - 1);
    c.lag1 = lag.r;
    c.lag1_p = lag.p;
    c.look = look_of(&c);
    return c;
}
