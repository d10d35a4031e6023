/* The server stands still for a second: response times must show all of it whatever the number of
 * connections, service times only what was on the wire. */
#include "selftest/experiments.h"

#include "selftest/theory.h"

#include <math.h>

static const double stall_s = 1;
static const double tolerance = 0.02;
static const double fast_ns =
    5e6; /* one gap of the schedule: far from the stall, far from the floor */

static void add_response(struct lg_bench *bench, const struct lg_trial_result *trial, size_t kind,
                         double window)
{
    static const double levels[] = {0.95, 0.99, 1};
    static const char *const names[] = {"p95", "p99", "max"};
    struct lg_arena *arena = bench->selftest->arena;
    const struct lg_users_result *users = &trial->users[kind];
    unsigned long long connections = users->connections;
    for (size_t i = 0; i < 3; i++) {
        double theory = lg_theory_stall(stall_s, window, levels[i]) * 1e9;
        const struct lg_hist *h = users->iteration;
        lg_selftest_add(
            bench->selftest,
            &(struct lg_selftest_row){
                .id = lg_arena_printf(arena, "stall_%llu_%s", connections, names[i]),
                .what = lg_arena_printf(arena, "1 s stall, %llu connection%s: response %s",
                                        connections, connections == 1 ? "" : "s", names[i]),
                .expected = theory,
                .low = theory * (1 - tolerance),
                .high = theory * (1 + tolerance),
                .measured = h != NULL ? (double)lg_hist_quantile(h, levels[i], 0) : NAN,
                .how = "stall - (1 - q) window, within 2 %"});
    }
}

/* At most one request a connection is on the wire when the stall begins or is sent within it. */
static void add_service(struct lg_bench *bench, const struct lg_trial_result *trial, size_t kind)
{
    struct lg_arena *arena = bench->selftest->arena;
    const struct lg_users_result *users = &trial->users[kind];
    const struct lg_hist *h = trial->steps[kind].phase[LG_PHASE_SERVICE];
    bool any = h != NULL && h->count > 2 * users->connections;
    double caught = (double)users->connections;
    double free = any ? 1 - (caught + 0.01 * (double)h->count) / (double)h->count : 0;
    unsigned long long connections = users->connections;
    lg_selftest_add(
        bench->selftest,
        &(struct lg_selftest_row){
            .id = lg_arena_printf(arena, "stall_%llu_service", connections),
            .what = lg_arena_printf(arena, "   service p%.3g: not caught in the stall", 100 * free),
            .expected = NAN,
            .low = 0,
            .high = fast_ns,
            .measured = any ? (double)lg_hist_quantile(h, free, 0) : NAN,
            .how = "only one request a connection can be caught"});
    lg_selftest_add(bench->selftest,
                    &(struct lg_selftest_row){
                        .id = lg_arena_printf(arena, "stall_%llu_service_max", connections),
                        .what = "   service max: caught in the stall",
                        .expected = stall_s * 1e9,
                        .low = stall_s * 1e9 * (1 - tolerance),
                        .high = stall_s * 1e9 * (1 + tolerance),
                        .measured = any ? (double)h->max : NAN,
                        .how = "the first request that is caught waits for all of it"});
}

bool lg_experiment_stall(struct lg_bench *bench)
{
    struct lg_experiment x;
    double window = bench->options->quick ? 3 : 10;
    const char *ini = lg_arena_printf(bench->selftest->arena,
                                      "warmup = 0s\nduration = %gs\n"
                                      "[users one]\nconnections = 1\narrivals = constant\n"
                                      "rate = 200/s\nsteps = a\n[step a]\nrequest = GET /\n"
                                      "[users many]\nconnections = 50\narrivals = constant\n"
                                      "rate = 200/s\nsteps = b\n[step b]\nrequest = GET /\n",
                                      window);
    struct lg_truth_script script = {.stall_after = 3 * LG_S / 2, .stall = (lg_ns)(stall_s * 1e9)};
    if (!lg_bench_run(bench, &script, ini, &x)) {
        return false;
    }
    for (size_t kind = 0; kind < 2; kind++) {
        add_response(bench, x.trial, kind, window);
        add_service(bench, x.trial, kind);
    }
    lg_bench_end(&x);
    return true;
}
