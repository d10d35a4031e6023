/* Clock and timer; are sends when the schedule says, seen with the kernel's own receive stamps; and
 * is every answer counted, by its status? */
#include "selftest/experiments.h"

#include "base/clock.h"
#include "selftest/theory.h"

#include <math.h>
#include <stdlib.h>

static const double most_clock_ns = 1000; /* a system call a reading would be that */
static const double most_late_ns = 1e6;   /* what the engine's own check allows of a schedule */
static const double rate = 1000;

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

static void add_lateness(struct lg_bench *bench, const struct lg_hist *late)
{
    struct lg_calibration *c = &bench->selftest->calibration;
    bool any = late != NULL && late->count > 0;
    c->lateness_p50_ns = any ? (double)lg_hist_quantile(late, 0.5, 0) : NAN;
    c->lateness_p99_ns = any ? (double)lg_hist_quantile(late, 0.99, 0) : NAN;
    const struct lg_selftest_row rows[] = {
        {.id = "lateness_p50",
         .what = "1,000/s: sends late, by the engine, p50",
         .expected = 0,
         .low = 0,
         .high = most_late_ns,
         .measured = c->lateness_p50_ns,
         .how = "a run is invalid from 1 ms at p99"},
        {.id = "lateness_p99",
         .what = "1,000/s: sends late, by the engine, p99",
         .expected = 0,
         .low = 0,
         .high = most_late_ns,
         .measured = c->lateness_p99_ns,
         .how = "a run is invalid from 1 ms at p99"},
    };
    lg_bench_add(bench, rows, sizeof rows / sizeof rows[0]);
}

static void add_spacing(struct lg_bench *bench, const struct lg_truth_tally *tally)
{
    size_t n;
    double *at = lg_bench_stamps(tally, 0, (size_t)(rate / 5), &n);
    struct lg_spacing spacing = {.p50 = NAN, .p99 = NAN};
    if (at != NULL) {
        spacing = lg_theory_spacing(at, n, 1e9 / rate);
    }
    free(at);
    const struct lg_selftest_row rows[] = {
        {.id = "deviation_p50",
         .what = "1,000/s: off their time, at the server, p50",
         .expected = 0,
         .low = 0,
         .high = most_late_ns,
         .measured = spacing.p50,
         .how = "the kernel's receive stamps against i / rate, best phase"},
        {.id = "deviation_p99",
         .what = "1,000/s: off their time, at the server, p99",
         .expected = 0,
         .low = 0,
         .high = most_late_ns,
         .measured = spacing.p99,
         .how = "the kernel's receive stamps against i / rate, best phase"},
    };
    lg_bench_add(bench, rows, sizeof rows / sizeof rows[0]);
}

static uint64_t answers_of(const struct lg_step_result *step, int status)
{
    uint64_t n = 0;
    for (size_t i = 0; i < step->error_count; i++) {
        const struct lg_error_count *e = &step->errors[i];
        n += e->class == LG_STATUS && e->code == status ? e->count : 0;
    }
    return status == 200 ? step->outcomes[LG_OK] : n;
}

static void add_count(struct lg_bench *bench, const char *id, const char *what, uint64_t server,
                      uint64_t ours)
{
    lg_selftest_add(bench->selftest,
                    &(struct lg_selftest_row){.id = id,
                                              .what = what,
                                              .unit = LG_SELFTEST_COUNT,
                                              .expected = (double)server,
                                              .low = (double)server,
                                              .high = (double)server,
                                              .measured = (double)ours,
                                              .how = "the server's own account, exactly"});
}

static void add_counts(struct lg_bench *bench, const struct lg_experiment *x)
{
    static const int codes[LG_TRUTH_STATUSES] = {200, 404, 503};
    struct lg_arena *arena = bench->selftest->arena;
    const struct lg_step_result *step = &x->trial->steps[0];
    add_count(bench, "requests", "counts: requests", x->tally->requests, step->count);
    for (int i = 0; i < LG_TRUTH_STATUSES; i++) {
        add_count(bench, lg_arena_printf(arena, "status_%d", codes[i]),
                  lg_arena_printf(arena, "counts: answers with status %d", codes[i]),
                  x->tally->answers[i], answers_of(step, codes[i]));
    }
}

bool lg_experiment_schedule(struct lg_bench *bench)
{
    struct lg_experiment x;
    double cost = clock_cost();
    const struct lg_selftest_row clock = {.id = "clock_read",
                                          .what = "one reading of the clock",
                                          .expected = NAN,
                                          .low = 0,
                                          .high = most_clock_ns,
                                          .measured = cost,
                                          .how = "more means a system call each time"};
    bench->selftest->calibration.clock_read_ns = cost;
    lg_bench_add(bench, &clock, 1);
    /* Ended by the number of arrivals, so that both sides count the same ones. */
    const char *ini = lg_arena_printf(bench->selftest->arena,
                                      "warmup = 0s\nduration = 20s\n[users u]\nconnections = 50\n"
                                      "arrivals = constant\nrate = %g/s\niterations = %d\n"
                                      "steps = get\n[step get]\nrequest = GET /\n",
                                      rate, bench->options->quick ? 1203 : 3001);
    if (!lg_bench_run(bench, &(struct lg_truth_script){.mixed = true}, ini, &x)) {
        return false;
    }
    add_lateness(bench, x.trial->users[0].lateness);
    add_spacing(bench, x.tally);
    add_counts(bench, &x);
    lg_bench_end(&x);
    return true;
}
