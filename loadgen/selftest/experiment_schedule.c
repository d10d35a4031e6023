/* Clock and timers; are arrivals when the scenario says, seen with the kernel's own receive stamps? */
#include "selftest/experiments.h"

#include "analysis/arrivals_test.h"
#include "base/clock.h"
#include "selftest/theory.h"

#include <math.h>
#include <stdlib.h>

static const double most_clock_ns = 1000;   /* a system call a reading would be that */
static const double most_late_ns = 1e6;     /* what the engine's own check allows of a schedule */
static const double constant_rate = 1000, poisson_rate = 500;

/* The least of several batches: an interruption only ever adds. */
static double clock_cost(void)
{
    enum { BATCHES = 20, READINGS = 5000 };
    double least = INFINITY;
    for (int i = 0; i < BATCHES; i++) {
        lg_ns from = lg_now(), last = from;
        for (int k = 0; k < READINGS; k++) {
            last = lg_now();
        }
        least = fmin(least, (double)(last - from) / READINGS);
    }
    return least;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The kernel's stamps of the requests after the first `skip` of them, ascending, counted from the
 * first: doubles hold those exactly.  The caller frees; NULL: fewer than 3, or the kernel gave none. */
static double *stamps_of(const struct lg_truth_tally *tally, size_t skip, size_t *n)
{
    *n = tally->note_count > skip ? tally->note_count - skip : 0;
    if (*n < 3) {
        return NULL;
    }
    double *at = lg_alloc_array(*n, sizeof *at);
    for (size_t i = 0; i < *n; i++) {
        const struct lg_truth_note *note = &tally->notes[skip + i];
        if (note->stamp == 0) {
            free(at);
            return NULL;
        }
        at[i] = (double)(note->stamp - tally->notes[skip].stamp);
    }
    qsort(at, *n, sizeof *at, ascending);
    return at;
}

static void add_lateness(struct lg_bench *bench, const struct lg_hist *late)
{
    struct lg_calibration *c = &bench->selftest->calibration;
    bool any = late != NULL && late->count > 0;
    c->lateness_p50_ns = any ? (double)lg_hist_quantile(late, 0.5, 0) : NAN;
    c->lateness_p99_ns = any ? (double)lg_hist_quantile(late, 0.99, 0) : NAN;
    lg_selftest_add(bench->selftest,
                    &(struct lg_selftest_row){
                        .id = "lateness_p50", .what = "1,000/s: sends late, by the engine, p50",
                        .expected = 0, .low = 0, .high = most_late_ns,
                        .measured = c->lateness_p50_ns, .how = "a schedule may be 1 ms late"});
    lg_selftest_add(bench->selftest,
                    &(struct lg_selftest_row){
                        .id = "lateness_p99", .what = "1,000/s: sends late, by the engine, p99",
                        .expected = 0, .low = 0, .high = most_late_ns,
                        .measured = c->lateness_p99_ns, .how = "a schedule may be 1 ms late"});
}

static void add_spacing(struct lg_bench *bench, const struct lg_truth_tally *tally)
{
    size_t n;
    double *at = stamps_of(tally, (size_t)(constant_rate / 5), &n);
    struct lg_spacing spacing = {.gap_cv = NAN, .p50 = NAN, .p99 = NAN};
    if (at != NULL) {
        spacing = lg_theory_spacing(at, n, 1e9 / constant_rate);
    }
    free(at);
    /* Lateness that is independent from send to send with sd j adds 2 (j rate)^2 to the gaps' relative
     * variance; a p99 of 1 ms, which is allowed, is a sd of 0.43 ms for a normal one. */
    double jitter = most_late_ns * 1e-9 / 2.33 * constant_rate;
    const struct lg_selftest_row rows[] = {
        {.id = "deviation_p50", .what = "1,000/s: off its time, at the server, p50", .expected = 0,
         .low = 0, .high = most_late_ns, .measured = spacing.p50,
         .how = "the kernel's receive stamps against i / rate, best phase"},
        {.id = "deviation_p99", .what = "1,000/s: off its time, at the server, p99", .expected = 0,
         .low = 0, .high = most_late_ns, .measured = spacing.p99,
         .how = "the kernel's receive stamps against i / rate, best phase"},
        {.id = "constant_gap_cv", .what = "1,000/s constant: variation of gaps, at the server",
         .unit = LG_SELFTEST_NUMBER, .expected = 0, .low = 0, .high = sqrt(2) * jitter,
         .measured = spacing.gap_cv, .how = "what 1 ms of lateness (p99) explains"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        lg_selftest_add(bench->selftest, &rows[i]);
    }
}

static bool run_constant(struct lg_bench *bench)
{
    struct lg_experiment x;
    const char *ini = lg_arena_printf(bench->selftest->arena,
                                      "warmup = 200ms\nduration = %s\n[users u]\nconnections = 50\n"
                                      "arrivals = constant\nrate = %g/s\nsteps = get\n"
                                      "[step get]\nrequest = GET /\n",
                                      bench->options->quick ? "1s" : "2s", constant_rate);
    if (!lg_bench_run(bench, &(struct lg_truth_script){0}, ini, &x)) {
        return false;
    }
    add_lateness(bench, x.trial->users[0].lateness);
    add_spacing(bench, x.tally);
    lg_bench_end(&x);
    return true;
}

static void add_poisson(struct lg_bench *bench, const struct lg_truth_tally *tally)
{
    size_t n;
    double *at = stamps_of(tally, (size_t)(poisson_rate / 5), &n);
    struct lg_arrivals_certificate cert = {.cv = NAN, .p_known = NAN, .p_estimated = NAN};
    if (at != NULL) {
        double *gaps = lg_alloc_array(n, sizeof *gaps);
        for (size_t i = 0; i + 1 < n; i++) {
            gaps[i] = at[i + 1] - at[i];
        }
        cert = lg_arrivals_certify(gaps, n - 1, 1e9 / poisson_rate, 1e8);
        free(gaps);
    }
    free(at);
    double chance = n > 0 ? 4 / sqrt((double)n) : 0; /* four standard errors */
    const struct lg_selftest_row rows[] = {
        {.id = "poisson_gap_cv", .what = "500/s Poisson: variation of gaps, at the server",
         .unit = LG_SELFTEST_NUMBER, .expected = 1, .low = 1 - chance, .high = 1 + chance,
         .measured = cert.cv, .how = "four standard errors of a sample of this size"},
        {.id = "poisson_fit", .what = "500/s Poisson: Anderson-Darling p, at the server",
         .unit = LG_SELFTEST_NUMBER, .expected = NAN, .low = LG_ARRIVALS_P, .high = 1,
         .measured = fmin(cert.p_known, cert.p_estimated),
         .how = "exponential gaps of this mean, shape and rate; p below 0.001 rejects"},
        {.id = "poisson_lag1", .what = "500/s Poisson: correlation of neighbouring gaps, p",
         .unit = LG_SELFTEST_NUMBER, .expected = NAN, .low = LG_ARRIVALS_P, .high = 1,
         .measured = at != NULL ? cert.lag1_p : NAN,
         .how = "Spearman's rank correlation; p below 0.001 rejects"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        lg_selftest_add(bench->selftest, &rows[i]);
    }
}

static bool run_poisson(struct lg_bench *bench)
{
    struct lg_experiment x;
    const char *ini = lg_arena_printf(bench->selftest->arena,
                                      "warmup = 200ms\nduration = %s\n[users u]\nconnections = 50\n"
                                      "arrivals = poisson\nrate = %g/s\nsteps = get\n"
                                      "[step get]\nrequest = GET /\n",
                                      bench->options->quick ? "1500ms" : "4s", poisson_rate);
    if (!lg_bench_run(bench, &(struct lg_truth_script){0}, ini, &x)) {
        return false;
    }
    add_poisson(bench, x.tally);
    lg_bench_end(&x);
    return true;
}

bool lg_experiment_schedule(struct lg_bench *bench)
{
    double cost = clock_cost();
    bench->selftest->calibration.clock_read_ns = cost;
    lg_selftest_add(bench->selftest,
                    &(struct lg_selftest_row){.id = "clock_read",
                                              .what = "one reading of the clock",
                                              .expected = NAN, .low = 0, .high = most_clock_ns,
                                              .measured = cost,
                                              .how = "more means a system call each time"});
    return run_constant(bench) && run_poisson(bench);
}
