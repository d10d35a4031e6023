/* Counts that must be equal to the last request, then how fast one thread can go. */
#include "selftest/experiments.h"

#include <math.h>

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
                    &(struct lg_selftest_row){.id = id, .what = what, .unit = LG_SELFTEST_COUNT,
                                              .expected = (double)server, .low = (double)server,
                                              .high = (double)server, .measured = (double)ours,
                                              .how = "the server's own account, exactly"});
}

static bool run_counts(struct lg_bench *bench)
{
    static const int codes[LG_TRUTH_STATUSES] = {200, 404, 503};
    struct lg_arena *arena = bench->selftest->arena;
    struct lg_experiment x;
    const char *ini = lg_arena_printf(arena,
                                      "warmup = 0s\nduration = 20s\n[users u]\nconnections = 16\n"
                                      "arrivals = closed\niterations = %d\nsteps = get\n"
                                      "[step get]\nrequest = GET /\n",
                                      bench->options->quick ? 5003 : 20011);
    if (!lg_bench_run(bench, &(struct lg_truth_script){.mixed = true}, ini, &x)) {
        return false;
    }
    const struct lg_step_result *step = &x.trial->steps[0];
    add_count(bench, "requests", "exact counts: requests", x.tally->requests, step->count);
    for (int i = 0; i < LG_TRUTH_STATUSES; i++) {
        add_count(bench, lg_arena_printf(arena, "status_%d", codes[i]),
                  lg_arena_printf(arena, "exact counts: answers with status %d", codes[i]),
                  x.tally->answers[i], answers_of(step, codes[i]));
    }
    lg_bench_end(&x);
    return true;
}

static void add_highest_rate(struct lg_bench *bench, const struct lg_trial_result *trial)
{
    struct lg_calibration *c = &bench->selftest->calibration;
    const struct lg_users_result *users = &trial->users[0];
    double completed = (double)users->accounting.completed;
    double mean_s = users->iteration != NULL ? lg_hist_mean(users->iteration) * 1e-9 : NAN;
    double connections = (double)users->connections;
    c->rate_per_s = users->achieved_per_s;
    c->cpu_us_per_exchange = completed > 0 ? trial->generator.cpu_s * 1e6 / completed : 0;
    lg_selftest_add(bench->selftest,
                    &(struct lg_selftest_row){
                        .id = "closed_law",
                        .what = "closed loop: rate x mean response = connections",
                        .unit = LG_SELFTEST_NUMBER, .expected = connections,
                        .low = connections * 0.98, .high = connections * 1.02,
                        .measured = users->achieved_per_s * mean_s,
                        .how = "the interactive response time law without think time, within 2 %"});
}

static bool run_closed(struct lg_bench *bench)
{
    struct lg_experiment x;
    const char *ini = lg_arena_printf(bench->selftest->arena,
                                      "warmup = %s\nduration = %s\n[users u]\nconnections = 64\n"
                                      "arrivals = closed\nsteps = get\n"
                                      "[step get]\nrequest = GET /\n",
                                      bench->options->quick ? "200ms" : "500ms",
                                      bench->options->quick ? "1s" : "3s");
    if (!lg_bench_run(bench, &(struct lg_truth_script){0}, ini, &x)) {
        return false;
    }
    add_highest_rate(bench, x.trial);
    lg_bench_end(&x);
    return true;
}

bool lg_experiment_counts(struct lg_bench *bench)
{
    return run_counts(bench) && run_closed(bench);
}
