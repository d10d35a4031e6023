#include "analysis/dist.h"

#include <criterion/criterion.h>
#include <math.h>

static void near(double got, double want, double tolerance, const char *what)
{
    cr_assert(fabs(got - want) <= tolerance, "%s: %.12g instead of %.12g", what, got, want);
}

Test(dist, normal_quantiles_are_those_of_the_tables)
{
    near(lg_dist_normal_quantile(0.975), 1.959963984540054, 1e-12, "97.5 %");
    near(lg_dist_normal_quantile(0.995), 2.575829303548901, 1e-12, "99.5 %");
    near(lg_dist_normal_quantile(0.5), 0, 1e-12, "median");
    near(lg_dist_normal_quantile(1e-9), -5.997807015007687, 1e-8, "far tail");
}

Test(dist, student_quantiles_are_those_of_the_tables)
{
    static const struct {
        double p, df, t;
    } rows[] = {
        {0.975, 1, 12.7062047362},    {0.975, 2, 4.30265272991}, {0.975, 4, 2.7764451052},
        {0.975, 9, 2.26215716274},    {0.995, 4, 4.60409487142}, {0.975, 30, 2.04227245630},
        {0.95, 5, 2.01504837333},     {0.025, 4, -2.7764451052}, {0.9995, 10, 4.58689385870},
        {0.975, 1000, 1.96233908082},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        near(lg_dist_student_quantile(rows[i].p, rows[i].df), rows[i].t, 1e-8, "quantile");
        near(lg_dist_student_cdf(rows[i].t, rows[i].df), rows[i].p, 1e-10, "cdf");
    }
}

Test(dist, student_tail_stays_exact_where_one_minus_p_would_vanish)
{
    /* With one degree of freedom, P(|T| >= t) = 2 atan(1 / t) / pi. */
    near(lg_dist_student_two_sided(1e12, 1) * 1e12, 2 / M_PI, 1e-6, "Cauchy tail");
    near(lg_dist_student_two_sided(INFINITY, 3), 0, 0, "infinite t");
}

Test(dist, beta_agrees_with_closed_forms)
{
    near(lg_dist_beta(1, 3, 0.2), 1 - pow(0.8, 3), 1e-14, "a = 1");
    near(lg_dist_beta(4, 1, 0.7), pow(0.7, 4), 1e-14, "b = 1");
    near(lg_dist_beta(2, 2, 0.3), 0.3 * 0.3 * (3 - 0.6), 1e-14, "a = b = 2");
    near(lg_dist_beta(0.5, 0.5, 0.25), 2 / M_PI * asin(0.5), 1e-13, "arcsine law");
    near(lg_dist_beta(5000, 5000, 0.5), 0.5, 1e-9, "symmetric and large");
    near(lg_dist_beta(3, 4, 0), 0, 0, "left end");
    near(lg_dist_beta(3, 4, 1), 1, 0, "right end");
}

Test(dist, binomial_agrees_with_the_sum_of_its_terms)
{
    static const double ps[] = {0.01, 0.3, 0.5, 0.99};
    for (size_t i = 0; i < 4; i++) {
        double p = ps[i];
        double sum = 0;
        for (uint64_t k = 0; k < 30; k++) {
            sum += exp(lgamma(31) - lgamma((double)k + 1) - lgamma(31 - (double)k) +
                       (double)k * log(p) + (30 - (double)k) * log(1 - p));
            near(lg_dist_binomial_cdf(k, 30, p), sum, 1e-11, "cdf");
        }
    }
    near(lg_dist_binomial_cdf(30, 30, 0.3), 1, 0, "all");
}
