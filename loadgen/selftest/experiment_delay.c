/* A server that answers after an exact delay: what is above it is this machine's accuracy floor.
 * Two kinds of arrivals at once, even and random, seen at the server.  The same trial, copied, then
 * loses samples: the record's own checks must notice. */
#include "selftest/experiments.h"

#include "analysis/arrivals_test.h"
#include "analysis/validity.h"
#include "selftest/theory.h"

#include <math.h>
#include <stdlib.h>

enum { EVEN, RANDOM }; /* kinds of users, and queues of the server */
static const lg_ns delay = 10 * LG_MS;
static const double rate = 200;          /* of each kind */
static const double most_floor_ns = 5e5; /* 5 % of the delay */
static const double most_late_ns = 1e6;

/* ---- arrivals ---- */

static void add_even(struct lg_bench *bench, const struct lg_truth_tally *tally)
{
    size_t n;
    double *at = lg_bench_stamps(tally, EVEN, (size_t)(rate / 5), &n);
    double cv = at != NULL ? lg_theory_spacing(at, n, 1e9 / rate).gap_cv : NAN;
    free(at);
    /* Lateness that is independent from send to send with sd j adds 2 (j rate)^2 to the gaps'
     * relative variance; a p99 of 1 ms, which is allowed, is a sd of 0.43 ms for a normal one. */
    const struct lg_selftest_row row = {.id = "constant_gap_cv",
                                        .what = "200/s constant: variation of gaps, at the server",
                                        .unit = LG_SELFTEST_NUMBER,
                                        .expected = 0,
                                        .low = 0,
                                        .high = sqrt(2) * most_late_ns * 1e-9 / 2.33 * rate,
                                        .measured = cv,
                                        .how = "what lateness of 1 ms at p99 explains"};
    lg_bench_add(bench, &row, 1);
}

static struct lg_arrivals_certificate certify(const double *at, size_t n)
{
    double *gaps = lg_alloc_array(n, sizeof *gaps);
    for (size_t i = 0; i + 1 < n; i++) {
        gaps[i] = at[i + 1] - at[i];
    }
    struct lg_arrivals_certificate cert = lg_arrivals_certify(gaps, n - 1, 1e9 / rate, 1e8);
    free(gaps);
    return cert;
}

static void add_random(struct lg_bench *bench, const struct lg_truth_tally *tally)
{
    size_t n;
    double *at = lg_bench_stamps(tally, RANDOM, (size_t)(rate / 5), &n);
    struct lg_arrivals_certificate cert = {
        .cv = NAN, .p_known = NAN, .p_estimated = NAN, .lag1_p = NAN};
    if (at != NULL) {
        cert = certify(at, n);
    }
    free(at);
    double chance = n > 0 ? 4 / sqrt((double)n) : 0; /* four standard errors */
    const struct lg_selftest_row rows[] = {
        {.id = "poisson_gap_cv",
         .what = "200/s Poisson: variation of gaps, at the server",
         .unit = LG_SELFTEST_NUMBER,
         .expected = 1,
         .low = 1 - chance,
         .high = 1 + chance,
         .measured = cert.cv,
         .how = "four standard errors of a sample of this size"},
        {.id = "poisson_rate",
         .what = "200/s Poisson: Anderson-Darling p, rate and shape",
         .unit = LG_SELFTEST_NUMBER,
         .expected = NAN,
         .low = LG_ARRIVALS_P,
         .high = 1,
         .measured = cert.p_known,
         .how = "exponential gaps of this mean; p below 0.001 rejects"},
        {.id = "poisson_shape",
         .what = "200/s Poisson: Anderson-Darling p, shape alone",
         .unit = LG_SELFTEST_NUMBER,
         .expected = NAN,
         .low = LG_ARRIVALS_P,
         .high = 1,
         .measured = cert.p_estimated,
         .how = "exponential gaps; p below 0.001 rejects"},
        {.id = "poisson_lag1",
         .what = "200/s Poisson: correlation of neighbouring gaps, p",
         .unit = LG_SELFTEST_NUMBER,
         .expected = NAN,
         .low = LG_ARRIVALS_P,
         .high = 1,
         .measured = cert.lag1_p,
         .how = "Spearman's rank correlation; p below 0.001 rejects"},
    };
    lg_bench_add(bench, rows, sizeof rows / sizeof rows[0]);
}

/* ---- the floor ---- */

static void add_floor(struct lg_bench *bench, const struct lg_hist *response)
{
    struct lg_calibration *c = &bench->selftest->calibration;
    double p50 = (double)lg_hist_quantile(response, 0.5, 0);
    double p99 = (double)lg_hist_quantile(response, 0.99, 0);
    c->floor_p50_ns = fmax(0, p50 - (double)delay);
    c->floor_p99_ns = fmax(0, p99 - (double)delay);
    bench->floor_ns = c->floor_p50_ns;
    const struct lg_selftest_row rows[] = {
        {.id = "delay_min",
         .what = "10 ms delay: shortest response",
         .expected = (double)delay,
         .low = (double)delay,
         .high = (double)delay + most_floor_ns,
         .measured = (double)response->min,
         .how = "nothing is faster than the server"},
        {.id = "delay_p50",
         .what = "10 ms delay: response p50",
         .expected = (double)delay,
         .low = (double)delay,
         .high = (double)delay + most_floor_ns,
         .measured = p50,
         .how = "the rest is this machine's: the accuracy floor"},
        {.id = "delay_p99",
         .what = "10 ms delay: response p99",
         .expected = (double)delay,
         .low = (double)delay,
         .high = (double)delay + 2 * most_late_ns,
         .measured = p99,
         .how = "1 ms of lateness here and 1 ms at the server"},
    };
    lg_bench_add(bench, rows, sizeof rows / sizeof rows[0]);
}

/* ---- lost samples ---- */

/* 1: the check fired; 0: it did not; NaN: it was not made. */
static double fired(const struct lg_trial_result *trial, const char *id)
{
    for (size_t i = 0; i < trial->validity_count; i++) {
        if (strcmp(trial->validity[i].id, id) == 0 && trial->validity[i].measured) {
            return trial->validity[i].met ? 0 : 1;
        }
    }
    return NAN;
}

/* `h` without its `lost` highest values, each as its slot holds it. */
static struct lg_hist *without(const struct lg_hist *h, uint64_t lost)
{
    struct lg_hist *less = lg_hist_new();
    if (lost == 0) {
        lg_hist_merge(less, h);
        return less;
    }
    for (uint64_t rank = 1; rank + lost <= h->count; rank++) {
        lg_hist_add(less, lg_hist_rank(h, rank));
    }
    return less;
}

/* Judges a copy of the trial's even arrivals in which `lost` samples never reached the histograms;
 * and, if `uncounted`, no counter either, so that only the number in flight still knows of them.
 * The random
 * ones are too few for Little's law: what is in flight at the window's edges varies. */
static double judge_with_loss(struct lg_bench *bench, const struct lg_trial_result *trial,
                              uint64_t lost, bool uncounted, const char *check)
{
    struct lg_users_result users = trial->users[EVEN];
    struct lg_step_result step = trial->steps[EVEN];
    struct lg_trial_result copy = *trial;
    copy.users = &users;
    copy.steps = &step;
    copy.users_count = copy.step_count = 1;
    users.iteration = without(users.iteration, lost);
    step.phase[LG_PHASE_RESPONSE] = without(step.phase[LG_PHASE_RESPONSE], lost);
    if (uncounted) {
        users.accounting.scheduled -= lost;
        users.accounting.completed -= lost;
        step.count -= lost;
        step.outcomes[LG_OK] -= lost;
    }
    lg_validity_judge(&copy, bench->selftest->arena);
    lg_hist_free(users.iteration);
    lg_hist_free(step.phase[LG_PHASE_RESPONSE]);
    return fired(&copy, check);
}

static void add_losses(struct lg_bench *bench, const struct lg_trial_result *trial)
{
    struct lg_arena *arena = bench->selftest->arena;
    const struct lg_users_result *users = &trial->users[EVEN];
    uint64_t n = users->iteration->count;
    double allowed = 0;
    lg_validity_little(users, &allowed);
    double most = ceil(2 * allowed * (double)n) + 1;
    uint64_t lost = most < (double)n / 2 ? (uint64_t)most : n / 2;
    const char *many = lg_arena_printf(arena, "%llu of %llu samples lost: Little's law fires",
                                       (unsigned long long)lost, (unsigned long long)n);
    struct lg_selftest_row rows[] = {
        {.id = "little_intact",
         .what = "no sample lost: Little's law fires",
         .measured = judge_with_loss(bench, trial, 0, false, "littles_law"),
         .how = "time in flight is counted apart from the samples, and must equal their sum"},
        {.id = "counts_intact",
         .what = "no sample lost: the comparison of counts fires",
         .measured = judge_with_loss(bench, trial, 0, false, "counts_add_up"),
         .how = "events are counted in two places"},
        {.id = "one_lost",
         .what = "1 sample lost: the comparison of counts fires",
         .expected = 1,
         .measured = judge_with_loss(bench, trial, 1, false, "counts_add_up"),
         .how = "taken out of a copy of the result"},
        {.id = "many_lost",
         .what = many,
         .expected = 1,
         .measured = judge_with_loss(bench, trial, lost, true, "littles_law"),
         .how = "taken out of a copy of the result and out of its counts"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        rows[i].unit = LG_SELFTEST_COUNT;
        rows[i].low = rows[i].high = rows[i].expected;
    }
    lg_bench_add(bench, rows, sizeof rows / sizeof rows[0]);
}

/* ---- the whole ---- */

static const char *scenario(const struct lg_bench *bench)
{
    return lg_arena_printf(bench->selftest->arena,
                           "warmup = 200ms\nduration = %s\n"
                           "[users even]\nconnections = 20\narrivals = constant\nrate = %g/s\n"
                           "steps = a\n[step a]\nrequest = GET /%d\n"
                           "[users random]\nconnections = 30\narrivals = poisson\nrate = %g/s\n"
                           "steps = b\n[step b]\nrequest = GET /%d\n",
                           bench->options->quick ? "1200ms" : "4s", rate, EVEN, rate, RANDOM);
}

bool lg_experiment_delay(struct lg_bench *bench)
{
    struct lg_experiment x;
    if (!lg_bench_run(bench, &(struct lg_truth_script){.delay = delay}, scenario(bench), &x)) {
        return false;
    }
    const struct lg_hist *response = x.trial->steps[EVEN].phase[LG_PHASE_RESPONSE];
    if (response == NULL || response->count < 100) {
        bench->selftest->trouble = "the built-in server did not answer";
    } else {
        add_even(bench, x.tally);
        add_random(bench, x.tally);
        add_floor(bench, response);
        add_losses(bench, x.trial);
    }
    lg_bench_end(&x);
    return bench->selftest->trouble == NULL;
}
