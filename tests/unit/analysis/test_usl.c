#include "analysis/usl.h"
#include "base/rng.h"
#include "support/leak_check.h"

#include <criterion/criterion.h>
#include <math.h>

TestSuite(usl, .fini = fail_on_leak);

static const struct lg_usl known = {.lambda = 100, .sigma = 0.05, .kappa = 0.002};
static const double concurrency[] = {1, 2, 4, 8, 16, 32, 64}; /* as a search measures them */
enum { LOADS = sizeof concurrency / sizeof *concurrency, TRIALS = 3 };

static double normal(struct lg_rng *rng)
{
    return sqrt(2 * lg_rng_exp(rng)) * cos(6.283185307179586 * lg_rng_unit(rng));
}

/* Standard deviations of the logarithm of a throughput. */
struct noise {
    double trial; /* of a trial about its load */
    double load;  /* of a load about the law: what the trials of one load share */
    double few;   /* the first load's trials have so many times the noise of the last one's */
};

static void measure(const struct lg_usl *usl, struct noise noise, uint64_t seed,
                    struct lg_usl_fit *fit)
{
    struct lg_usl_trial trials[LOADS * TRIALS];
    struct lg_rng rng;
    double shared = 0;
    lg_rng_init(&rng, seed, 0, 0);
    for (size_t i = 0; i < LOADS * TRIALS; i++) {
        double n = concurrency[i / TRIALS];
        double times = noise.few > 0 ? pow(noise.few, 1 - (double)(i / TRIALS) / (LOADS - 1)) : 1;
        shared = i % TRIALS == 0 ? noise.load * normal(&rng) : shared;
        trials[i] = (struct lg_usl_trial){
            .load = i / TRIALS,
            .n = n,
            .x = lg_usl_throughput(usl, n) * exp(shared + times * noise.trial * normal(&rng)),
        };
    }
    lg_usl_fit(trials, LOADS * TRIALS, noise.trial > 0 ? 300 : 0, seed, fit);
}

Test(usl, exact_measurements_give_the_law_back)
{
    struct lg_usl_fit fit;
    measure(&known, (struct noise){0}, 1, &fit);
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

enum { RUNS = 300 };

struct coverage {
    int sigma, kappa, peak, claimed; /* of RUNS */
    double width;                    /* mean of sigma's interval */
};

static struct coverage cover(struct noise noise)
{
    struct coverage c = {0};
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        struct lg_usl_fit fit;
        measure(&known, noise, seed, &fit);
        c.sigma += holds(fit.sigma, known.sigma);
        c.kappa += holds(fit.kappa, known.kappa);
        c.peak += holds(fit.peak, lg_usl_peak(&known));
        c.claimed += fit.peak_is_measured;
        c.width += (fit.sigma.high - fit.sigma.low) / RUNS;
    }
    cr_log_info("of %d: sigma %d, kappa %d, peak %d, claimed %d; sigma %.4f wide\n", RUNS, c.sigma,
                c.kappa, c.peak, c.claimed, c.width);
    return c;
}

/* 285 of 300 are 95 %, with a standard deviation of 3.8. */
static void expect_at_least_95(int held)
{
    cr_expect_geq(held, 274, "%d of %d", held, RUNS);
}

static void expect_about_95(int held)
{
    expect_at_least_95(held);
    cr_expect_leq(held, 297, "%d of %d: wider than need be", held, RUNS);
}

Test(usl, intervals_hold_the_truth_in_95_of_100_cases)
{
    struct coverage c = cover((struct noise){.trial = 0.02});
    expect_about_95(c.sigma);
    expect_about_95(c.kappa);
    expect_about_95(c.peak);
    cr_expect_eq(c.claimed, RUNS);
}

Test(usl, they_hold_it_no_less_often_where_loads_differ_in_their_noise)
{
    struct coverage c = cover((struct noise){.trial = 0.01, .few = 4});
    expect_at_least_95(c.sigma);
    expect_at_least_95(c.kappa);
    expect_at_least_95(c.peak);
}

Test(usl, they_do_where_the_trials_of_one_load_share_an_error)
{
    struct coverage c = cover((struct noise){.trial = 0.01, .load = 0.02});
    expect_about_95(c.sigma);
    expect_about_95(c.kappa);
    expect_about_95(c.peak);
}

Test(usl, no_peak_is_claimed_where_throughput_only_grows)
{
    static const struct lg_usl amdahl = {.lambda = 100, .sigma = 0.02};
    for (uint64_t seed = 0; seed < 10; seed++) {
        struct lg_usl_fit fit;
        measure(&amdahl, (struct noise){.trial = 0.02}, seed, &fit);
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
    measure(&known, (struct noise){.trial = 0.02}, 7, &a);
    measure(&known, (struct noise){.trial = 0.02}, 7, &b);
    cr_expect_eq(a.kappa.low, b.kappa.low);
    cr_expect_eq(a.peak.high, b.peak.high);
}

Test(usl, a_load_with_one_trial_left_is_no_reason_to_give_no_interval)
{
    struct lg_usl_trial trials[LOADS * TRIALS];
    struct lg_rng rng;
    struct lg_usl_fit fit;
    size_t count = 0;
    lg_rng_init(&rng, 3, 0, 0);
    for (size_t i = 0; i < LOADS * TRIALS; i++) {
        double n = concurrency[i / TRIALS], x = lg_usl_throughput(&known, n);
        if (i < TRIALS || i % TRIALS == 0 || i >= TRIALS * (LOADS - 2)) {
            trials[count++] = (struct lg_usl_trial){i / TRIALS, n, x * exp(0.02 * normal(&rng))};
        }
    }
    lg_usl_fit(trials, count, 100, 1, &fit);
    cr_expect(fit.sigma.known && fit.kappa.known);
    lg_usl_fit(trials, TRIALS + 4, 100, 1, &fit); /* of five loads only one more than once */
    cr_expect(fit.known && !fit.sigma.known);
}
