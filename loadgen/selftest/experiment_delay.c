/* A server that answers after an exact delay: what is above it is this machine's accuracy floor.  The
 * same trial, copied, then loses samples: the record's own checks must notice. */
#include "selftest/experiments.h"

#include "analysis/validity.h"

#include <math.h>
#include <stdlib.h>

static const lg_ns delay = 10 * LG_MS;
static const double most_floor_ns = 5e5; /* 5 % of the delay */

static double validity_state(const struct lg_trial_result *trial, const char *id)
{
    for (size_t i = 0; i < trial->validity_count; i++) {
        if (strcmp(trial->validity[i].id, id) == 0 && trial->validity[i].measured) {
            return trial->validity[i].met ? 0 : 1;
        }
    }
    return NAN;
}

/* `h` without its `lost` highest values. */
static struct lg_hist *without(const struct lg_hist *h, uint64_t lost)
{
    struct lg_hist *less = lg_hist_new();
    for (uint64_t rank = 1; rank + lost <= h->count; rank++) {
        lg_hist_add(less, lg_hist_rank(h, rank));
    }
    return less;
}

/* Judges a copy of the trial in which `lost` samples never reached the histograms; and, if also
 * `counts`, were not counted either, so that only the number in flight still knows of them. */
static void judge_with_loss(struct lg_bench *bench, const struct lg_trial_result *trial,
                            uint64_t lost, bool counts, struct lg_trial_result *copy)
{
    struct lg_arena *arena = bench->selftest->arena;
    *copy = *trial;
    copy->users = lg_arena_alloc(arena, sizeof *copy->users);
    copy->steps = lg_arena_alloc(arena, sizeof *copy->steps);
    copy->users[0] = trial->users[0];
    copy->steps[0] = trial->steps[0];
    struct lg_hist *users = without(trial->users[0].iteration, lost);
    struct lg_hist *steps = without(trial->steps[0].phase[LG_PHASE_RESPONSE], lost);
    copy->users[0].iteration = users;
    copy->steps[0].phase[LG_PHASE_RESPONSE] = steps;
    if (counts) {
        copy->users[0].accounting.scheduled -= lost;
        copy->users[0].accounting.completed -= lost;
        copy->steps[0].count -= lost;
        copy->steps[0].outcomes[LG_OK] -= lost;
    }
    lg_validity_judge(copy, arena);
    lg_hist_free(users);
    lg_hist_free(steps);
    copy->users[0].iteration = copy->steps[0].phase[LG_PHASE_RESPONSE] = NULL;
}

static void add_losses(struct lg_bench *bench, struct lg_trial_result *trial)
{
    struct lg_trial_result one, many;
    uint64_t n = trial->users[0].iteration != NULL ? trial->users[0].iteration->count : 0;
    if (n < 100) {
        bench->selftest->trouble = "the built-in server did not answer";
        return;
    }
    lg_validity_judge(trial, bench->selftest->arena);
    judge_with_loss(bench, trial, 1, false, &one);
    /* Little's law allows for what is in flight at the window's edges, besides 1 %. */
    double edges = (double)(trial->users[0].in_flight_first + trial->users[0].in_flight_last);
    uint64_t loss = (uint64_t)ceil(2 * (LG_VALID_LITTLE * (double)n + edges)) + 1;
    judge_with_loss(bench, trial, loss < n / 2 ? loss : n / 2, true, &many);
    const struct lg_selftest_row rows[] = {
        {.id = "little_intact", .what = "all samples there: Little's law broken",
         .expected = 0, .low = 0, .high = 0, .measured = validity_state(trial, "littles_law"),
         .how = "time in flight, counted apart from the samples, equals their sum"},
        {.id = "counts_intact", .what = "all samples there: counts that differ",
         .expected = 0, .low = 0, .high = 0, .measured = validity_state(trial, "counts_add_up"),
         .how = "each event is counted in two places"},
        {.id = "one_lost", .what = "one sample lost: counts that differ", .expected = 1, .low = 1,
         .high = 1, .measured = validity_state(&one, "counts_add_up"),
         .how = "taken from a copy of the result: the check must fire"},
        {.id = "many_lost",
         .what = lg_arena_printf(bench->selftest->arena,
                                 "%llu of %llu lost, uncounted: Little's law broken",
                                 (unsigned long long)loss, (unsigned long long)n),
         .expected = 1, .low = 1, .high = 1, .measured = validity_state(&many, "littles_law"),
         .how = "taken from a copy of the result: the check must fire"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lg_selftest_row row = rows[i];
        row.unit = LG_SELFTEST_COUNT;
        lg_selftest_add(bench->selftest, &row);
    }
}

static void add_floor(struct lg_bench *bench, const struct lg_hist *response)
{
    struct lg_calibration *c = &bench->selftest->calibration;
    bool any = response != NULL && response->count > 0;
    double p50 = any ? (double)lg_hist_quantile(response, 0.5, 0) : NAN;
    double p99 = any ? (double)lg_hist_quantile(response, 0.99, 0) : NAN;
    c->floor_p50_ns = p50 - (double)delay;
    c->floor_p99_ns = p99 - (double)delay;
    bench->floor_ns = fmax(c->floor_p50_ns, 0);
    const struct lg_selftest_row rows[] = {
        {.id = "delay_min", .what = "10 ms delay: shortest response", .expected = (double)delay,
         .low = (double)delay, .high = (double)delay + most_floor_ns,
         .measured = any ? (double)response->min : NAN, .how = "nothing is faster than the server"},
        {.id = "delay_p50", .what = "10 ms delay: response p50", .expected = (double)delay,
         .low = (double)delay, .high = (double)delay + most_floor_ns, .measured = p50,
         .how = "the rest is this machine's: the accuracy floor"},
        {.id = "delay_p99", .what = "10 ms delay: response p99", .expected = (double)delay,
         .low = (double)delay, .high = (double)delay + 2e6, .measured = p99,
         .how = "up to 1 ms of lateness here and at the server"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        lg_selftest_add(bench->selftest, &rows[i]);
    }
}

bool lg_experiment_delay(struct lg_bench *bench)
{
    struct lg_experiment x;
    const char *ini = lg_arena_printf(bench->selftest->arena,
                                      "warmup = 200ms\nduration = %s\n[users u]\nconnections = 20\n"
                                      "arrivals = constant\nrate = 200/s\nsteps = get\n"
                                      "[step get]\nrequest = GET /\n",
                                      bench->options->quick ? "1500ms" : "4s");
    if (!lg_bench_run(bench, &(struct lg_truth_script){.delay = delay}, ini, &x)) {
        return false;
    }
    add_floor(bench, x.trial->steps[0].phase[LG_PHASE_RESPONSE]);
    add_losses(bench, x.trial);
    lg_bench_end(&x);
    return bench->selftest->trouble == NULL;
}
