#include "analysis/usl.h"
#include "base/rng.h"
#include "support/leak_check.h"

#include <criterion/criterion.h>
#include <math.h>

TestSuite(usl, .fini = fail_on_leak);

static const struct lg_usl known = {.lambda = 100, .sigma = 0.05, .kappa = 0.002};
enum { LOADS = 8, TRIALS = 5 };
static const double concurrency[LOADS] = {1, 2, 4, 8, 16, 24, 32, 48};

static double normal(struct lg_rng *rng)
{
    return sqrt(2 * lg_rng_exp(rng)) * cos(6.283185307179586 * lg_rng_unit(rng));
}

static void measure(const struct lg_usl *usl, double noise, uint64_t seed, struct lg_usl_fit *fit)
{
    struct lg_usl_trial trials[LOADS * TRIALS];
    struct lg_rng rng;
    lg_rng_init(&rng, seed, 0, 0);
    for (size_t i = 0; i < LOADS * TRIALS; i++) {
        double n = concurrency[i / TRIALS];
        trials[i] = (struct lg_usl_trial){
            .load = i / TRIALS,
            .n = n,
            .x = lg_usl_throughput(usl, n) * exp(noise * normal(&rng)),
        };
    }
    lg_usl_fit(trials, LOADS * TRIALS, noise > 0 ? 300 : 0, 1, fit);
}

Test(usl, exact_measurements_give_the_law_back)
{
    struct lg_usl_fit fit;
    measure(&known, 0, 1, &fit);
    cr_assert(fit.known);
    cr_expect_float_eq(fit.best.lambda, 100, 0.01);
    cr_expect_float_eq(fit.best.sigma, 0.05, 1e-4);
    cr_expect_float_eq(fit.best.kappa, 0.002, 1e-5);
    cr_expect_float_eq(lg_usl_peak(&fit.best), 21.79, 0.05);
    cr_expect_lt(fit.worst_residual, 1e-4);
    cr_expect_not(fit.kappa.known);
}

static bool holds(struct lg_interval i, double value)
{
    return i.known && i.low <= value && value <= i.high;
}

Test(usl, the_intervals_hold_the_truth_as_often_as_they_say)
{
    int sigma = 0, kappa = 0, peak = 0, claimed = 0, runs = 60;
    for (int seed = 0; seed < runs; seed++) {
        struct lg_usl_fit fit;
        measure(&known, 0.02, (uint64_t)seed, &fit);
        sigma += holds(fit.sigma, known.sigma);
        kappa += holds(fit.kappa, known.kappa);
        peak += holds(fit.peak, lg_usl_peak(&known));
        claimed += fit.peak_is_measured;
    }
    /* Of 95 % in truth, 60 draws give fewer than 51 once in 10,000 times. */
    cr_expect_geq(sigma, 51, "%d", sigma);
    cr_expect_geq(kappa, 51, "%d", kappa);
    cr_expect_geq(peak, 51, "%d", peak);
    cr_expect_eq(claimed, runs);
}

Test(usl, no_peak_is_claimed_where_throughput_only_grows)
{
    static const struct lg_usl amdahl = {.lambda = 100, .sigma = 0.02};
    for (uint64_t seed = 0; seed < 10; seed++) {
        struct lg_usl_fit fit;
        measure(&amdahl, 0.02, seed, &fit);
        cr_assert(fit.known);
        cr_expect_not(fit.peak_is_measured, "kappa %g from %g, peak up to %g", fit.best.kappa,
                      fit.kappa.low, fit.peak.high);
        cr_expect(holds(fit.sigma, 0.02) || fit.sigma.high < 0.02 + 0.01);
    }
}

Test(usl, a_few_loads_are_too_few)
{
    struct lg_usl_trial trials[] = {{0, 1, 100}, {1, 2, 190}, {2, 4, 350}, {2, 4, 351}};
    struct lg_usl_fit fit;
    lg_usl_fit(trials, 4, 100, 1, &fit);
    cr_expect_not(fit.known);
    cr_expect(fit.why[0] != '\0');
}

Test(usl, one_seed_gives_the_same_intervals)
{
    struct lg_usl_fit a, b;
    measure(&known, 0.02, 7, &a);
    measure(&known, 0.02, 7, &b);
    cr_expect_eq(a.kappa.low, b.kappa.low);
    cr_expect_eq(a.peak.high, b.peak.high);
}
