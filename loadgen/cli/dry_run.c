/* `loadgen check --dry-run`: the scenario once, for people to look at. */
#include "cli/dry_run.h"

#include "cli/beside.h"
#include "cli/cli.h"
#include "engine/run.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* What a signal handler may touch. */
static volatile int stop_signal; /* 0: none came */
static volatile int stop_pass;   /* the pass under way ends, for the signal or a failed setup */

struct dry_run {
    unsigned shown, failed;
    const struct lg_users *last; /* whose exchanges are being shown */
};

static void on_signal(int number)
{
    if (stop_signal != 0) {
        _exit(128 + number); /* asked twice: now; the keeper ends the target */
    }
    stop_signal = number;
    stop_pass = 1;
}

static void watch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* Called from the worker's thread, the only one that prints meanwhile.  A user whose setup fails
 * would try again; here its first failure is the news. */
static void show(void *ctx, const struct lg_told *t)
{
    struct dry_run *d = ctx;
    struct lg_buf text = {0};
    if (stop_pass != 0) {
        return;
    }
    if (t->users != d->last) {
        d->last = t->users;
        lg_buf_addf(&text, "\n[users %s]\n", t->users->name);
    }
    lg_dry_run_show(t, ++d->shown, &text);
    lg_print(lg_buf_slice(&text));
    lg_buf_free(&text);
    fflush(stdout);
    if (t->outcome.class != LG_OK) {
        d->failed++;
        stop_pass = t->setup ? 1 : stop_pass;
    }
}

/* One user of each kind, once. */
static struct lg_plan one_pass(const struct lg_plan *plan, struct lg_arena *arena)
{
    struct lg_plan once = *plan;
    bool listeners_only = true;
    once.users = lg_arena_alloc(arena, plan->user_count * sizeof *once.users);
    for (size_t i = 0; i < plan->user_count; i++) {
        struct lg_users *users = &once.users[i];
        *users = plan->users[i];
        users->connections = users->streams = 1;
        users->stage_count = 0;
        if (users->arrivals != LG_ARRIVAL_NONE) {
            users->arrivals = LG_ARRIVAL_CLOSED;
            users->iterations = 1;
            listeners_only = false;
        }
    }
    once.dry_run = true;
    once.trials = once.threads = 1;
    once.warmup = 0;
    once.cooldown = 0;
    once.duration = listeners_only ? 3 * LG_S : 3600 * LG_S; /* the one pass ends it */
    return once;
}

static int drive(struct dry_run *d, const struct lg_plan *once, const char *url,
                 const struct lg_target_spec *spec, struct lg_arena *arena)
{
    struct lg_teller teller = {.ended = show, .ctx = d};
    struct lg_trial_result result = {0};
    const char *why = NULL;
    struct lg_run_options run = {.plan = once,
                                 .urls = &url,
                                 .url_count = 1,
                                 .services = lg_plan_services(once, spec, arena),
                                 .trial = 1,
                                 .stop = &stop_pass,
                                 .teller = &teller};
    if (!lg_run_trial(&run, arena, &result, &why)) {
        return lg_usage_error("%s: %s", spec->name, why);
    }
    lg_trial_result_fini(&result);
    if (d->shown == 0 && stop_signal == 0) {
        fprintf(stderr, "loadgen: %s: no exchange came about: could nobody connect to %s?\n",
                spec->name, url);
        return LG_EXIT_TARGET;
    }
    return d->failed > 0 ? LG_EXIT_OBJECTIVE : LG_EXIT_OK;
}

static int failed_target(const char *name, const char *why)
{
    fprintf(stderr, "loadgen: %s: %s\n", name, why);
    return LG_EXIT_TARGET;
}

static int run_target(const struct lg_plan *plan, const struct lg_target_spec *spec,
                      struct lg_arena *arena)
{
    struct lg_plan once = one_pass(plan, arena);
    struct dry_run d = {0};
    const char *why = NULL;
    struct lg_target *target = lg_target_start(spec, &stop_signal, arena, &why);
    if (target == NULL) {
        return failed_target(spec->name, why);
    }
    printf("target %s at %s\n", spec->name, lg_target_url(target));
    fflush(stdout);
    stop_pass = stop_signal;
    int code = drive(&d, &once, lg_target_url(target), spec, arena);
    why = lg_target_stop(target, arena);
    if (why != NULL) {
        code = failed_target(spec->name, why);
    }
    if (code == LG_EXIT_OK || code == LG_EXIT_OBJECTIVE) {
        printf("\n%u exchange%s, %u failed\n", d.shown, d.shown == 1 ? "" : "s", d.failed);
    }
    return code;
}

/* What runs beside a target in a trial runs beside it here. */
static int run_with_beside(const struct lg_plan *plan, const struct lg_target_spec *spec,
                           struct lg_arena *arena)
{
    struct lg_beside beside = {.plan = plan};
    const char *who = NULL, *why = NULL;
    if (!lg_beside_start(&beside, plan, &stop_signal, arena, &who, &why)) {
        return failed_target(who, why);
    }
    const struct lg_target_spec told = lg_beside_tell(&beside, spec, arena);
    int code = run_target(plan, &told, arena);
    why = lg_beside_stop(&beside, arena);
    return why != NULL && stop_signal == 0 ? failed_target(spec->name, why) : code;
}

int lg_dry_run(const struct lg_plan *plan, struct lg_arena *arena)
{
    int code = LG_EXIT_OK;
    watch_signals();
    for (size_t i = 0; i < plan->target_count && stop_signal == 0; i++) {
        int one = run_with_beside(plan, &plan->targets[i], arena);
        code = one > code ? one : code;
    }
    return stop_signal != 0 ? 128 + stop_signal : code;
}
