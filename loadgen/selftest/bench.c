#include "selftest/bench.h"

#include "engine/run.h"
#include "scenario/io.h"
#include "scenario/problem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

static const char *const name_of_text = "(self-test)";

void lg_bench_init(struct lg_bench *bench, const struct lg_selftest_options *options,
                   struct lg_selftest *selftest)
{
    *bench = (struct lg_bench){.options = options, .selftest = selftest};
    bench->record = lg_record_new();
    bench->record->target_count = 1;
    bench->record->targets = lg_arena_alloc(bench->record->arena, sizeof *bench->record->targets);
    /* All at once, so that pointers to trials stay. */
    bench->record->targets[0].trials = lg_arena_alloc(
        bench->record->arena, LG_BENCH_TRIALS * sizeof *bench->record->targets[0].trials);
}

void lg_bench_fini(struct lg_bench *bench)
{
    lg_record_free(bench->record);
}

static const char *read_text(void *ctx, const char *path, struct lg_arena *arena,
                             struct lg_slice *text, const char **identity)
{
    if (strcmp(path, name_of_text) != 0) {
        return lg_io_real.read(lg_io_real.ctx, path, arena, text, identity);
    }
    *text = *(const struct lg_slice *)ctx;
    *identity = path;
    return NULL;
}

static struct lg_plan *load(const struct lg_bench *bench, const char *ini, const char *url)
{
    struct lg_buf text = {0}, complaints = {0};
    struct lg_problems problems;
    struct lg_slice slice;
    struct lg_io io = lg_io_real;
    struct lg_plan_options options = {.io = &io};
    lg_buf_addf(&text, "[target truth]\nurl = %s\n", url);
    lg_buf_addf(&text,
                "[scenario]\nname = selftest\ntargets = truth\ntrials = 1\nthreads = 1\n"
                "seed = %" PRIu64 "\n%s",
                bench->options->seed, ini);
    slice = lg_buf_slice(&text);
    io.ctx = &slice;
    io.read = read_text;
    lg_problems_init(&problems);
    struct lg_plan *plan = lg_plan_load(name_of_text, NULL, 0, &options, &problems);
    if (plan == NULL) {
        lg_problems_write(&problems, &complaints);
        bench->selftest->trouble =
            lg_arena_strndup(bench->selftest->arena, complaints.p, complaints.n);
    }
    lg_problems_fini(&problems);
    lg_buf_free(&complaints);
    lg_buf_free(&text);
    return plan;
}

static bool stopped(const struct lg_bench *bench)
{
    const volatile int *stop = bench->options->stop;
    bench->selftest->interrupted = stop != NULL && *stop != 0;
    return bench->selftest->interrupted;
}

static double process_cpu(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bool drive(struct lg_bench *bench, const struct lg_plan *plan, struct lg_experiment *x)
{
    struct lg_target_result *all = &bench->record->targets[0];
    const char *why = "";
    LG_ASSERT(all->trial_count < LG_BENCH_TRIALS);
    const char *url = lg_truth_url(x->truth);
    struct lg_run_options run = {
        .plan = plan,
        .urls = &url,
        .url_count = 1,
        .trial = 1,
        .stop = bench->options->stop,
        .cores = bench->options->cores,
    };
    x->trial = &all->trials[all->trial_count];
    double before = process_cpu();
    if (!lg_run_trial(&run, bench->record->arena, x->trial, &why)) {
        bench->selftest->trouble = lg_arena_strdup(bench->selftest->arena, why);
        return false;
    }
    x->cpu_s = process_cpu() - before;
    all->trial_count++;
    return !stopped(bench);
}

bool lg_bench_run(struct lg_bench *bench, const struct lg_truth_script *script, const char *ini,
                  struct lg_experiment *out)
{
    *out = (struct lg_experiment){0};
    if (bench->selftest->trouble != NULL || stopped(bench)) {
        return false;
    }
    out->truth = lg_truth_start(script, bench->selftest->arena, &bench->selftest->trouble);
    if (out->truth == NULL) {
        return false;
    }
    struct lg_plan *plan = load(bench, ini, lg_truth_url(out->truth));
    bool ok = plan != NULL && drive(bench, plan, out);
    lg_plan_free(plan);
    out->tally = lg_truth_end(out->truth);
    if (!ok) {
        lg_bench_end(out);
    }
    return ok;
}

void lg_bench_end(struct lg_experiment *experiment)
{
    lg_truth_free(experiment->truth);
    *experiment = (struct lg_experiment){0};
}

void lg_bench_add(struct lg_bench *bench, const struct lg_selftest_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        lg_selftest_add(bench->selftest, &rows[i]);
    }
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double *lg_bench_stamps(const struct lg_truth_tally *tally, uint32_t queue, size_t skip, size_t *n)
{
    double *at = lg_alloc_array(tally->note_count + 1, sizeof *at);
    bool stamped = true;
    *n = 0;
    for (size_t i = 0; i < tally->note_count; i++) {
        const struct lg_truth_note *note = &tally->notes[i];
        if (note->queue == queue) {
            stamped = stamped && note->stamp != 0;
            /* A difference: a double does not hold nanoseconds since 1970. */
            at[(*n)++] = (double)(note->stamp - tally->notes[0].stamp);
        }
    }
    if (!stamped || *n < skip + 3) {
        *n = 0;
        free(at);
        return NULL;
    }
    qsort(at, *n, sizeof *at, ascending);
    *n -= skip;
    memmove(at, at + skip, *n * sizeof *at);
    return at;
}
