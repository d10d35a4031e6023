/* M/M/1 at utilisation 0.5: twenty independent queues at once, each with Poisson arrivals of its
 * own, so that the interval is over independent replicas although the responses of one queue depend
 * on each other. */
#include "selftest/experiments.h"

#include "selftest/theory.h"

#include <math.h>

enum { QUEUES = 20 };
static const double service_s = 0.010, rate = 50; /* of each queue: utilisation 0.5 */
/* The seed is fixed, so that repetitions differ by the machine alone: chance does not fail a good
 * one from time to time. */
static const double level = 0.99;

static const char *scenario(const struct lg_bench *bench, double warmup, double window)
{
    struct lg_buf ini = {0};
    lg_buf_addf(&ini, "warmup = %gs\nduration = %gs\n", warmup, window);
    for (int i = 0; i < QUEUES; i++) {
        lg_buf_addf(&ini,
                    "[users q%d]\nconnections = 16\nconnect_rate = 10k/s\nsteps = s%d\n"
                    "arrivals = poisson\nrate = %g/s\n[step s%d]\nrequest = GET /%d\n",
                    i, i, rate, i, i);
    }
    const char *text = lg_arena_strndup(bench->selftest->arena, ini.p, ini.n);
    lg_buf_free(&ini);
    return text;
}

static void add_against_theory(struct lg_bench *bench, const char *id, const char *what,
                               double theory_s, const struct lg_estimate *e)
{
    double theory = theory_s * 1e9;
    lg_selftest_add(
        bench->selftest,
        &(struct lg_selftest_row){
            .id = id,
            .what = what,
            .expected = theory,
            .low = e->interval.known ? fmax(0, theory - (e->interval.high - e->value)) : NAN,
            .high = theory + (e->value - e->interval.low) + bench->floor_ns,
            .measured = e->value,
            .how = "99 % interval over 20 independent queues, and the floor"});
}

/* How long the server held what arrived in the window.  Its window is counted from its first
 * request, which differs from the engine's by the first gap: a request or two of thousands. */
static struct lg_hist *server_account(const struct lg_truth_tally *tally, double warmup,
                                      double window)
{
    struct lg_hist *h = lg_hist_new();
    lg_ns from = tally->note_count > 0 ? tally->notes[0].read_at + (lg_ns)(warmup * 1e9) : 0;
    lg_ns to = from + (lg_ns)(window * 1e9);
    for (size_t i = 0; i < tally->note_count; i++) {
        const struct lg_truth_note *note = &tally->notes[i];
        if (note->hold >= 0 && note->read_at >= from && note->read_at < to) {
            lg_hist_add(h, note->hold);
        }
    }
    return h;
}

static void add_against_account(struct lg_bench *bench, const struct lg_hist *held,
                                const struct lg_estimate *mean, const struct lg_estimate *p99)
{
    const double edge = 0.01; /* of requests at the window's edges */
    double its_mean = lg_hist_mean(held), its_p99 = (double)lg_hist_quantile(held, 0.99, 0);
    const struct lg_selftest_row rows[] = {
        {.id = "mm1_mean_account",
         .what = "the same mean, by the server's own account",
         .expected = its_mean,
         .low = its_mean * (1 - edge),
         .measured = mean->value,
         .high = its_mean * (1 + edge) + 2 * bench->floor_ns,
         .how = "1 % for the window's edges, and twice the floor"},
        {.id = "mm1_p99_account",
         .what = "the same p99, by the server's own account",
         .expected = its_p99,
         .low = its_p99 * (1 - 2 * edge),
         .measured = p99->value,
         .high = its_p99 * (1 + 2 * edge) + 2 * bench->floor_ns,
         .how = "2 % for the window's edges, and twice the floor"},
    };
    lg_bench_add(bench, rows, sizeof rows / sizeof rows[0]);
}

static void evaluate(struct lg_bench *bench, const struct lg_experiment *x, double warmup,
                     double window)
{
    struct lg_hist *queues[QUEUES];
    double utilisation = rate * service_s;
    for (size_t i = 0; i < QUEUES; i++) {
        queues[i] = x->trial->users[i].iteration;
        if (queues[i] == NULL || queues[i]->count == 0) {
            bench->selftest->trouble = "a queue of the built-in server did not answer";
            return;
        }
    }
    struct lg_estimate mean = lg_theory_mean(queues, QUEUES, level);
    struct lg_estimate p99 = lg_theory_quantile(queues, QUEUES, 0.99, level);
    add_against_theory(bench, "mm1_mean", "M/M/1, half utilised: mean response",
                       lg_theory_mm1_mean(service_s, utilisation), &mean);
    add_against_theory(bench, "mm1_p99", "M/M/1, half utilised: response p99",
                       lg_theory_mm1_quantile(service_s, utilisation, 0.99), &p99);
    struct lg_hist *held = server_account(x->tally, warmup, window);
    add_against_account(bench, held, &mean, &p99);
    lg_hist_free(held);
}

bool lg_experiment_queue(struct lg_bench *bench)
{
    struct lg_experiment x;
    double warmup = bench->options->quick ? 0.4 : 1, window = bench->options->quick ? 2 : 8;
    struct lg_truth_script script = {.service_mean = (lg_ns)(service_s * 1e9),
                                     .seed = bench->options->seed};
    if (!lg_bench_run(bench, &script, scenario(bench, warmup, window), &x)) {
        return false;
    }
    evaluate(bench, &x, warmup, window);
    lg_bench_end(&x);
    return bench->selftest->trouble == NULL;
}
