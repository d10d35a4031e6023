#include "cli/capacity_run.h"

#include "base/clock.h"
#include "base/units.h"
#include "cli/capacity_overload.h"
#include "cli/session.h"
#include "target/target.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

/* ---- the scenario at another load ---- */

bool lg_capacity_is_open(const struct lg_users *users)
{
    return users->arrivals == LG_ARRIVAL_CONSTANT || users->arrivals == LG_ARRIVAL_POISSON;
}

const char *lg_capacity_obstacle(const struct lg_plan *plan, struct lg_arena *arena)
{
    size_t open = 0;
    for (size_t i = 0; i < plan->user_count; i++) {
        const struct lg_users *users = &plan->users[i];
        if (users->arrivals == LG_ARRIVAL_TRACE ||
            (lg_capacity_is_open(users) && users->stage_count > 1)) {
            return lg_arena_printf(arena,
                                   "[users %s] has a rate that changes: the search needs one "
                                   "rate; give it rate = N/s",
                                   users->name);
        }
        open += lg_capacity_is_open(users);
    }
    if (open == 0) {
        return "no kind of user has open arrivals: the search needs arrivals = poisson or constant";
    }
    return plan->objective_count > 0
               ? NULL
               : "there are no [objectives]: capacity is the highest rate that meets them";
}

double lg_capacity_rate(const struct lg_plan *plan)
{
    double rate = 0;
    for (size_t i = 0; i < plan->user_count; i++) {
        rate += lg_capacity_is_open(&plan->users[i]) ? plan->users[i].stages[0].rate_per_s : 0;
    }
    return rate;
}

struct lg_users *lg_capacity_vary(const struct lg_plan *plan, size_t target, lg_ns duration,
                                  struct lg_arena *arena, struct lg_plan *out)
{
    size_t bytes = plan->user_count * sizeof *plan->users;
    *out = *plan;
    out->targets = &plan->targets[target];
    out->target_count = 1;
    out->trials = 1;
    out->duration = duration;
    out->users = lg_arena_alloc(arena, bytes);
    memcpy(out->users, plan->users, bytes);
    for (size_t i = 0; i < plan->user_count; i++) {
        out->users[i].iterations = 0;
        out->users[i].used_up = NULL;
    }
    return out->users;
}

static void at_rate(const struct lg_plan *plan, size_t target, double rate, lg_ns duration,
                    struct lg_arena *arena, struct lg_plan *out)
{
    double factor = rate / lg_capacity_rate(plan);
    struct lg_users *users = lg_capacity_vary(plan, target, duration, arena, out);
    for (size_t i = 0; i < plan->user_count; i++) {
        if (lg_capacity_is_open(&users[i])) {
            users[i].stages = lg_arena_alloc(arena, sizeof *users[i].stages);
            *users[i].stages = plan->users[i].stages[0];
            users[i].stages->rate_per_s *= factor;
        }
    }
}

/* The first open kind of user alone, closed. */
static void with_users(const struct lg_plan *plan, size_t target, unsigned count, lg_ns duration,
                       struct lg_arena *arena, struct lg_plan *out)
{
    struct lg_users *users = lg_capacity_vary(plan, target, duration, arena, out);
    bool found = false;
    for (size_t i = 0; i < plan->user_count; i++) {
        if (lg_capacity_is_open(&users[i])) {
            users[i].arrivals = found ? LG_ARRIVAL_NONE : LG_ARRIVAL_CLOSED;
            users[i].connections = found ? 1 : count;
            users[i].streams = 1;
            users[i].stages = NULL;
            users[i].stage_count = 0;
            found = true;
        }
    }
}

/* ---- a target that keeps running between trials ---- */

static const lg_ns recovery_limit = 30 * LG_S;
static const double recovered = 1.2; /* times the latency at first */

static double probe(const struct lg_target_spec *spec)
{
    struct lg_buf body = {0};
    const char *why, *path = spec->ready_path != NULL ? spec->ready_path : "/";
    lg_ns best = LG_NEVER;
    for (int i = 0; i < 3 && lg_session_stopped() == 0; i++) {
        lg_ns begin = lg_now();
        if (lg_target_get(spec->url, path, &body, LG_S, &why) > 0) {
            lg_ns took = lg_now() - begin;
            best = took < best ? took : best;
        }
        lg_buf_clear(&body);
    }
    lg_buf_free(&body);
    return best == LG_NEVER ? INFINITY : (double)best;
}

static const struct lg_target_spec *spec_of(const struct lg_capacity_work *work)
{
    return &work->plan->targets[work->index];
}

/* An overload can hold a server down after it has gone (Bronson et al., "Metastable Failures",
 * HotOS'21).  One that is started anew for each trial has nothing to recover from. */
double lg_capacity_settle(const struct lg_capacity_work *work)
{
    const struct lg_target_spec *spec = spec_of(work);
    lg_ns begin = lg_now();
    bool told = work->options->quiet;
    if (spec->command != NULL) {
        return 0;
    }
    while (probe(spec) > work->baseline * recovered + (double)LG_MS) {
        if (lg_session_stopped() != 0) {
            return 0;
        }
        if (lg_now() - begin > recovery_limit) {
            return INFINITY;
        }
        if (!told) {
            fprintf(stderr, "loadgen: %s: waiting until it answers as fast as at first\n",
                    spec->name);
            told = true;
        }
        nanosleep(&(struct timespec){.tv_nsec = 200 * LG_MS}, NULL);
    }
    return (double)(lg_now() - begin) * 1e-9;
}

/* ---- the search ---- */

static void say(const struct lg_capacity_work *r, const struct lg_capacity_trial *t)
{
    char rate[LG_UNIT_TEXT], achieved[LG_UNIT_TEXT], p99[LG_UNIT_TEXT];
    if (r->options->quiet) {
        return;
    }
    if (t->users > 0) {
        snprintf(rate, sizeof rate, "%u user%s", t->users, t->users == 1 ? "" : "s");
    } else {
        lg_show_rate(rate, t->rate);
    }
    fprintf(stderr, "loadgen: %s at %s for %.0f s: %s; %s completed, p99 %s%s%s\n", r->out->target,
            rate, t->seconds,
            t->users > 0 && lg_capacity_counts(t) ? "measured" : lg_search_verdict_name(t->verdict),
            lg_show_rate(achieved, t->achieved),
            t->p99_ns < 0 || isinf(t->p99_ns) ? "none" : lg_show_time(p99, t->p99_ns),
            t->why[0] != '\0' ? "; " : "", t->why);
}

/* Runs one variant; false: it could not be measured, and the search ends. */
static bool measure(struct lg_capacity_work *r, const struct lg_plan *variant,
                    struct lg_capacity_trial *t, int *code)
{
    struct lg_record *record;
    struct lg_session_options options = {.command = r->options->command,
                                         .quiet = r->options->quiet};
    *code = lg_session_measure(variant, &options, &record);
    if (record == NULL || record->interrupted) {
        r->out->interrupted = *code > 128;
        r->out->ended = *code > 128 ? "" : "the target could not be measured";
        lg_record_free(record);
        return false;
    }
    t->seconds = (double)variant->duration * 1e-9;
    lg_capacity_judge(r->plan, record, r->arena, t);
    lg_record_free(record);
    say(r, t);
    t->recovery_s = t->verdict != LG_TRIAL_HOLDS ? lg_capacity_settle(r) : 0;
    if (lg_session_stopped() != 0) {
        *code = lg_session_stopped();
        r->out->interrupted = true;
        return false;
    }
    if (isinf(t->recovery_s)) {
        r->out->ended = "it did not recover within 30 s after an overload (a metastable failure)";
        return false;
    }
    return true;
}

static int search(struct lg_capacity_work *r)
{
    struct lg_search *s = &r->out->search;
    int code = 0;
    lg_search_begin(s, &r->options->search);
    while (s->end == LG_SEARCH_SEARCHING) {
        struct lg_plan variant;
        struct lg_capacity_trial trial = {.rate = s->next.rate, .phase = s->next.phase};
        at_rate(r->plan, r->index, s->next.rate, r->options->trial * s->next.times, r->arena,
                &variant);
        bool go_on = measure(r, &variant, &trial, &code);
        if (trial.seconds > 0) {
            *LG_ARENA_PUSH(r->arena, r->out->trials, r->out->trial_count) = trial;
        }
        if (trial.seconds > 0 && r->out->ended[0] == '\0') {
            lg_search_tell(s, trial.verdict);
        }
        if (!go_on) {
            return code;
        }
    }
    return 0;
}

/* Trials of one load stand together, whenever they ran. */
static void keep_closed(struct lg_capacity_work *r, struct lg_capacity_trial trial)
{
    *LG_ARENA_PUSH(r->arena, r->out->curve, r->out->curve_count) = trial;
    size_t at = r->out->curve_count - 1;
    for (; at > 0 && r->out->curve[at - 1].users > trial.users; at--) {
        r->out->curve[at] = r->out->curve[at - 1];
    }
    r->out->curve[at] = trial;
}

/* Once more where the machine or the generator was in the way. */
static bool measure_closed(struct lg_capacity_work *r, unsigned users, int *code)
{
    bool counts = false;
    for (int attempt = 0; attempt < LG_CURVE_ATTEMPTS && !counts; attempt++) {
        struct lg_plan variant;
        struct lg_capacity_trial trial = {.users = users};
        with_users(r->plan, r->index, users, r->options->trial, r->arena, &variant);
        if (!measure(r, &variant, &trial, code)) {
            return false;
        }
        keep_closed(r, trial);
        counts = lg_capacity_counts(&trial);
    }
    return true;
}

/* Closed users from one to well beyond the concurrency at which the search ended.  All loads in
 * turn, up and down again: what the hour does to the server is not taken for what the load does. */
static int measure_curve(struct lg_capacity_work *r)
{
    double most = 8;
    unsigned loads = 1;
    int code;
    for (size_t i = 0; i < r->out->trial_count; i++) {
        const struct lg_capacity_trial *t = &r->out->trials[i];
        most = t->verdict == LG_TRIAL_HOLDS ? fmax(most, 4 * t->in_flight) : most;
    }
    while (1u << loads <= most && 1u << loads <= 4096) {
        loads++;
    }
    for (unsigned k = 0; k < LG_CURVE_TRIALS * loads; k++) {
        unsigned round = k / loads, at = k % loads;
        if (!measure_closed(r, 1u << (round % 2 == 0 ? at : loads - 1 - at), &code)) {
            return code;
        }
    }
    return 0;
}

int lg_capacity_run(const struct lg_plan *plan, size_t index,
                    const struct lg_capacity_options *options, struct lg_arena *arena,
                    struct lg_capacity_result *out)
{
    const struct lg_target_spec *spec = &plan->targets[index];
    struct lg_capacity_work r = {
        .plan = plan, .options = options, .arena = arena, .out = out, .index = index};
    *out = (struct lg_capacity_result){
        .target = lg_arena_strdup(arena, spec->name),
        .label = lg_arena_strdup(arena, spec->label != NULL ? spec->label : spec->name),
        .ended = "",
    };
    r.baseline = spec->command == NULL ? probe(spec) : INFINITY;
    int code = search(&r);
    if (code == 0 && options->curve) {
        code = measure_curve(&r);
    }
    if (code == 0 && options->overload > 0) {
        code = lg_capacity_overload(&r);
    }
    lg_capacity_conclude(out, LG_USL_RESAMPLES, plan->seed);
    return code;
}
