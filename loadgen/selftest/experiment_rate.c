/* How fast one thread can go, and what an exchange costs it then. */
#include "selftest/experiments.h"

#include <math.h>

static void add_highest_rate(struct lg_bench *bench, const struct lg_experiment *x)
{
    struct lg_calibration *c = &bench->selftest->calibration;
    const struct lg_users_result *users = &x->trial->users[0];
    double requests = (double)x->tally->requests;
    double mean_s = users->iteration != NULL ? lg_hist_mean(users->iteration) * 1e-9 : NAN;
    double connections = (double)users->connections;
    c->rate_per_s = users->achieved_per_s;
    /* The whole process over the whole trial: warm-up and connecting included on both sides. */
    c->cpu_us_per_exchange = requests > 0 ? x->cpu_s * 1e6 / requests : 0;
    const struct lg_selftest_row row = {
        .id = "closed_law",
        .what = "closed loop: rate x mean response = connections",
        .unit = LG_SELFTEST_NUMBER,
        .expected = connections,
        .low = connections * 0.98,
        .high = connections * 1.02,
        .measured = users->achieved_per_s * mean_s,
        .how = "the interactive response time law without think time, within 2 %"};
    lg_bench_add(bench, &row, 1);
}

bool lg_experiment_rate(struct lg_bench *bench)
{
    struct lg_experiment x;
    const char *ini = lg_arena_printf(bench->selftest->arena,
                                      "warmup = 200ms\nduration = %s\n[users u]\nconnections = 64\n"
                                      "arrivals = closed\nsteps = get\n"
                                      "[step get]\nrequest = GET /\n",
                                      bench->options->quick ? "800ms" : "2500ms");
    if (!lg_bench_run(bench, &(struct lg_truth_script){0}, ini, &x)) {
        return false;
    }
    add_highest_rate(bench, &x);
    lg_bench_end(&x);
    return true;
}
