#include "analysis/dist.h"

#include <float.h>
#include <math.h>

/* The x >= 0 at which a falling tail function reaches p: doubling, then bisection down to the last
 * bits.  Slow next to a rational approximation and right everywhere, which matters more here. */
static double invert_tail(double (*tail)(double x, double parameter), double parameter, double p)
{
    double low = 0;
    double high = 1;
    while (tail(high, parameter) > p && high < DBL_MAX / 4) {
        low = high;
        high *= 2;
    }
    for (int i = 0; i < 100 && high - low > 1e-15 * high; i++) {
        double middle = low + (high - low) / 2;
        if (tail(middle, parameter) > p) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low + (high - low) / 2;
}

static double quantile_of_symmetric(double (*tail)(double, double), double parameter, double p)
{
    LG_ASSERT(p > 0 && p < 1);
    return p >= 0.5 ? invert_tail(tail, parameter, 1 - p) : -invert_tail(tail, parameter, p);
}

static double normal_tail(double z, double unused)
{
    (void)unused;
    return 0.5 * erfc(z * M_SQRT1_2);
}

double lg_dist_normal_quantile(double p)
{
    return quantile_of_symmetric(normal_tail, 0, p);
}

/* 1 / (1 + d1 / (1 + d2 / (1 + ...))) by the modified Lentz method. */
static double beta_fraction(double a, double b, double x)
{
    const double tiny = 1e-300;
    double value = 1;
    double c = 1;
    double d = 0;
    for (int i = 1; i < 200000; i++) {
        double m = i / 2;
        double term = i % 2 == 0 ? m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
                                 : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 + term * d;
        c = 1 + term / c;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        c = fabs(c) < tiny ? tiny : c;
        value *= c * d;
        if (fabs(c * d - 1) < 1e-15) {
            break;
        }
    }
    return 1 / value;
}

static double log_gamma(double x)
{
    int sign; /* lgamma() would write a global */
    return lgamma_r(x, &sign);
}

double lg_dist_beta(double a, double b, double x)
{
    LG_ASSERT(a > 0 && b > 0 && x >= 0 && x <= 1);
    if (x == 0 || x == 1) {
        return x;
    }
    double front = exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * log(x) + b * log1p(-x));
    /* The fraction converges fast only below the mean; above it the mirror image does. */
    if (x < (a + 1) / (a + b + 2)) {
        return front * beta_fraction(a, b, x) / a;
    }
    return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double lg_dist_student_two_sided(double t, double df)
{
    LG_ASSERT(df > 0);
    if (isnan(t)) {
        return 1; /* inf / inf: no evidence of anything */
    }
    return isinf(t) ? 0 : lg_dist_beta(df / 2, 0.5, df / (df + t * t));
}

double lg_dist_student_cdf(double t, double df)
{
    double tail = lg_dist_student_two_sided(t, df) / 2;
    return t > 0 ? 1 - tail : tail;
}

static double student_tail(double t, double df)
{
    return lg_dist_student_two_sided(t, df) / 2;
}

double lg_dist_student_quantile(double p, double df)
{
    return quantile_of_symmetric(student_tail, df, p);
}

double lg_dist_binomial_cdf(uint64_t k, uint64_t n, double p)
{
    LG_ASSERT(p >= 0 && p <= 1);
    if (k >= n) {
        return 1;
    }
    return lg_dist_beta((double)(n - k), (double)k + 1, 1 - p);
}
