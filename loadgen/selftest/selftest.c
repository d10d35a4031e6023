#include "selftest/selftest.h"

#include "base/clock.h"
#include "base/units.h"
#include "measure/environment.h"
#include "selftest/experiments.h"

#include <math.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static const struct experiment {
    const char *what; /* for the progress line */
    bool (*run)(struct lg_bench *bench);
} experiments[] = {
    {"a schedule", lg_experiment_schedule},   {"a fixed delay", lg_experiment_delay},
    {"queues", lg_experiment_queue},          {"a stall", lg_experiment_stall},
    {"the highest rate", lg_experiment_rate},
};

enum { EXPERIMENTS = sizeof experiments / sizeof experiments[0] };

struct lg_selftest_row *lg_selftest_add(struct lg_selftest *selftest,
                                        const struct lg_selftest_row *row)
{
    struct lg_selftest_row *added =
        LG_ARENA_PUSH(selftest->arena, selftest->rows, selftest->row_count);
    *added = *row;
    added->id = lg_arena_strdup(selftest->arena, row->id);
    added->what = lg_arena_strdup(selftest->arena, row->what);
    added->passed = row->measured >= row->low && row->measured <= row->high; /* false for NaN */
    return added;
}

bool lg_selftest_passed(const struct lg_selftest *selftest)
{
    for (size_t i = 0; i < selftest->row_count; i++) {
        if (!selftest->rows[i].passed) {
            return false;
        }
    }
    return selftest->row_count > 0 && selftest->trouble == NULL && !selftest->interrupted;
}

/* ---- who else used the machine ---- */

struct usage {
    struct lg_cpu_times machine;
    double own_s; /* of this process and its ended children */
    bool known;
};

static double seconds_of(int who)
{
    struct rusage u;
    getrusage(who, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static struct usage read_usage(void)
{
    struct usage u = {.own_s = seconds_of(RUSAGE_SELF) + seconds_of(RUSAGE_CHILDREN)};
    u.known = lg_cpu_times_read(&u.machine);
    return u;
}

static double busy_s(const struct lg_cpu_times *t)
{
    uint64_t ticks = t->user + t->nice + t->system + t->irq + t->softirq;
    return (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

static void tell_of_others(struct lg_selftest *selftest, const struct usage *before,
                           const struct usage *after, double elapsed_s)
{
    char share[LG_UNIT_TEXT];
    if (!before->known || !after->known || elapsed_s <= 0) {
        return;
    }
    double others =
        busy_s(&after->machine) - busy_s(&before->machine) - (after->own_s - before->own_s);
    double steal = lg_cpu_steal_share(&before->machine, &after->machine);
    selftest->machine =
        lg_arena_printf(selftest->arena, "other programs used %.2f of %u cores meanwhile%s%s",
                        fmax(0, others) / elapsed_s, selftest->calibration.cores,
                        steal > 0.001 ? ", and a hypervisor gave away " : "",
                        steal > 0.001 ? lg_show_share(share, steal) : "");
}

/* ---- the whole ---- */

static void describe_machine(struct lg_selftest *selftest,
                             const struct lg_selftest_options *options)
{
    struct lg_calibration *c = &selftest->calibration;
    time_t now = (time_t)(lg_wall_clock() / LG_S);
    char text[32];
    struct tm t;
    gmtime_r(&now, &t);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &t);
    c->cpu = lg_arena_strdup(selftest->arena, options->environment->cpu);
    c->kernel = lg_arena_strdup(selftest->arena, options->environment->kernel);
    c->cores = options->environment->cores;
    c->measured_at = lg_arena_strdup(selftest->arena, text);
    c->version = lg_arena_strdup(selftest->arena, options->version);
}

struct lg_selftest *lg_selftest_run(const struct lg_selftest_options *options)
{
    struct lg_arena *arena = lg_arena_new();
    struct lg_selftest *selftest = lg_arena_alloc(arena, sizeof *selftest);
    struct lg_bench bench;
    selftest->arena = arena;
    describe_machine(selftest, options);
    lg_bench_init(&bench, options, selftest);
    struct usage before = read_usage();
    lg_ns from = lg_now();
    bool going = true;
    for (size_t i = 0; i < EXPERIMENTS && going; i++) {
        if (options->on_experiment != NULL) {
            options->on_experiment(options->ctx, (unsigned)i + 1, EXPERIMENTS, experiments[i].what);
        }
        going = experiments[i].run(&bench);
    }
    struct usage after = read_usage();
    tell_of_others(selftest, &before, &after, (double)(lg_now() - from) * 1e-9);
    lg_bench_fini(&bench);
    return selftest;
}

void lg_selftest_free(struct lg_selftest *selftest)
{
    if (selftest != NULL) {
        lg_arena_free(selftest->arena);
    }
}
