#include "cli/capacity_overload.h"

#include "analysis/objectives.h"
#include "base/units.h"
#include "cli/session.h"

#include <math.h>
#include <stdio.h>

/* ---- how long ---- */

enum { LEAST_AFTER_S = 10, MOST_AFTER_S = 30 };

static unsigned overload_s(const struct lg_capacity_options *options)
{
    lg_ns longer = LG_SEARCH_LONG * options->trial;
    return (unsigned)((longer + LG_S - 1) / LG_S); /* rows are whole seconds */
}

static unsigned after_s(const struct lg_capacity_options *options)
{
    unsigned s = overload_s(options);
    return s < LEAST_AFTER_S ? LEAST_AFTER_S : s > MOST_AFTER_S ? MOST_AFTER_S : s;
}

/* Where it becomes steady cannot be looked for in a load that changes. */
static lg_ns warmup(const struct lg_plan *plan, const struct lg_capacity_options *options)
{
    return plan->warmup == LG_WARMUP_AUTO ? options->trial : plan->warmup;
}

double lg_capacity_overload_length(const struct lg_plan *plan,
                                   const struct lg_capacity_options *options)
{
    return (double)warmup(plan, options) * 1e-9 + overload_s(options) + after_s(options);
}

/* ---- what becomes of arrivals that find no connection ---- */

/* A step that no arrival does: what is promised of it is promised to nobody who waits. */
static bool is_set_up(const struct lg_plan *plan, const char *step)
{
    bool found = false, done = false;
    for (size_t s = 0; s < plan->step_count; s++) {
        bool same = strcmp(plan->steps[s].name, step) == 0;
        found = found || same;
        for (size_t i = 0; same && i < plan->user_count; i++) {
            struct lg_users users = plan->users[i];
            users.setup_count = 0;
            done = done || lg_users_does(plan, &users, s);
        }
    }
    return found && !done;
}

/* The greatest time within which an answer, or a message, is promised to come; NULL: none is. */
static const struct lg_objective *promised_time(const struct lg_plan *plan)
{
    const struct lg_objective *found = NULL;
    for (size_t i = 0; i < plan->objective_count; i++) {
        const struct lg_objective *o = &plan->objectives[i];
        bool answer = o->measure[0] == '\0' || strcmp(o->measure, "response") == 0 ||
                      strcmp(o->measure, "delivery") == 0;
        bool upper = o->compare == LG_LT || o->compare == LG_LE;
        if (answer && upper && strcmp(lg_objective_unit(o), "ns") == 0 &&
            !is_set_up(plan, o->subject) && (found == NULL || o->limit > found->limit)) {
            found = o;
        }
    }
    return found;
}

/* An unbounded queue in the generator would make every answer late, whatever the server does. */
static lg_ns patience_of(const struct lg_plan *plan, const struct lg_users *users)
{
    const struct lg_objective *promised = promised_time(plan);
    switch (users->overload) {
    case LG_OVERLOAD_SHED:
        return users->shed_after;
    case LG_OVERLOAD_DROP:
        return 0;
    default:
        return promised != NULL ? (lg_ns)promised->limit : plan->steps[users->steps[0]].timeout;
    }
}

static void add_policy(const struct lg_plan *plan, const struct lg_users *users, struct lg_buf *out)
{
    const struct lg_objective *promised = promised_time(plan);
    char time[LG_UNIT_TEXT];
    lg_show_time(time, (double)patience_of(plan, users));
    if (users->overload == LG_OVERLOAD_DROP) {
        lg_buf_addf(out,
                    "arrivals of %s that find no connection are dropped, as the scenario has it",
                    users->name);
    } else if (users->overload == LG_OVERLOAD_SHED) {
        lg_buf_addf(out,
                    "arrivals of %s that wait longer than %s for a connection are shed, as the "
                    "scenario has it",
                    users->name, time);
    } else if (promised != NULL) {
        lg_buf_addf(out,
                    "arrivals of %s that wait longer than %s for a connection are shed, as %s "
                    "promises no more",
                    users->name, time, promised->text);
    } else {
        lg_buf_addf(out,
                    "arrivals of %s that wait longer than %s for a connection are shed, as their "
                    "first step "
                    "times out then",
                    users->name, time);
    }
}

const char *lg_capacity_overload_how(const struct lg_plan *plan,
                                     const struct lg_capacity_options *options,
                                     struct lg_arena *arena)
{
    struct lg_buf out = {0};
    uint64_t at_once = 0;
    lg_buf_addf(&out,
                "%u s at %.4g times the rate that holds, before and for %u s after it %.0f %% of "
                "that rate, over the same connections; ",
                overload_s(options), options->overload, after_s(options), 100 * LG_OVERLOAD_BASE);
    for (size_t i = 0; i < plan->user_count; i++) {
        if (lg_capacity_is_open(&plan->users[i])) {
            add_policy(plan, &plan->users[i], &out);
            lg_buf_adds(&out, "; ");
            at_once += lg_users_total(&plan->users[i]);
        }
    }
    lg_buf_addf(&out, "more than %llu at once no server gets to see: so many users may be busy",
                (unsigned long long)at_once);
    const char *text = lg_arena_strndup(arena, out.p, out.n);
    lg_buf_free(&out);
    return text;
}

/* ---- a trial ---- */

static void add_stage(struct lg_users *users, lg_ns at, double rate)
{
    users->stages[users->stage_count++] = (struct lg_stage){at, rate};
}

/* Steps from the load before to the overload and down again. */
static void set_stages(struct lg_users *users, const struct lg_overload_course *how, double share,
                       lg_ns before, struct lg_arena *arena)
{
    lg_ns end = before + how->seconds * LG_S;
    users->stages = lg_arena_alloc(arena, 5 * sizeof *users->stages);
    users->stage_count = 0;
    if (before > 0) {
        add_stage(users, 0, share * how->base);
        add_stage(users, before, share * how->base);
    }
    add_stage(users, before, share * how->rate);
    add_stage(users, end, share * how->rate);
    add_stage(users, end, share * how->base);
}

static void vary(const struct lg_capacity_work *work, struct lg_overload_course *how,
                 unsigned number, struct lg_plan *out)
{
    lg_ns before = warmup(work->plan, work->options);
    double whole = lg_capacity_rate(work->plan);
    struct lg_users *users = lg_capacity_vary(work->plan, work->index,
                                              (how->seconds + how->after) * LG_S, work->arena, out);
    out->warmup = before;
    out->seed += number; /* each has arrivals of its own */
    for (size_t i = 0; i < out->user_count; i++) {
        if (lg_capacity_is_open(&users[i])) {
            set_stages(&users[i], how, users[i].stages[0].rate_per_s / whole, before, work->arena);
            users[i].shed_after = patience_of(work->plan, &users[i]);
            users[i].overload =
                users[i].overload == LG_OVERLOAD_DROP ? LG_OVERLOAD_DROP : LG_OVERLOAD_SHED;
            how->patience =
                users[i].shed_after > how->patience ? users[i].shed_after : how->patience;
        }
    }
}

static void say(const struct lg_capacity_work *work, const struct lg_overload_trial *t)
{
    char rate[LG_UNIT_TEXT], goodput[LG_UNIT_TEXT], recovery[64];
    if (work->options->quiet) {
        return;
    }
    if (t->recovery_s < 0) {
        recovery[0] = '\0';
    } else if (isinf(t->recovery_s)) {
        snprintf(recovery, sizeof recovery, ", does not recover within %.0f s", t->watched_s);
    } else {
        snprintf(recovery, sizeof recovery, ", recovers in %.0f s", t->recovery_s);
    }
    fprintf(stderr, "loadgen: %s at %s, an overload, for %.0f s: %s; %s completed%s%s%s\n",
            work->out->target, lg_show_rate(rate, t->rate), t->seconds,
            lg_overload_counts(t) ? "measured" : lg_search_verdict_name(t->verdict),
            lg_show_rate(goodput, t->goodput), recovery, t->why[0] != '\0' ? "; " : "", t->why);
}

/* False: it could not be measured, or somebody stopped us. */
static bool measure(struct lg_capacity_work *work, struct lg_overload_course how, unsigned number,
                    struct lg_overload_trial *out, int *code)
{
    struct lg_plan variant;
    struct lg_record *record;
    struct lg_session_options options = {.command = work->options->command,
                                         .quiet = work->options->quiet};
    vary(work, &how, number, &variant);
    int ended = lg_session_measure(&variant, &options, &record);
    bool measured = record != NULL && !record->interrupted;
    if (measured) {
        lg_overload_judge(work->plan, record, &how, work->arena, out);
    }
    lg_record_free(record);
    *code = lg_session_stopped() != 0 ? lg_session_stopped() : ended > 128 ? ended : 0;
    work->out->interrupted = *code != 0;
    return measured;
}

static struct lg_overload_course how_of(const struct lg_capacity_work *work)
{
    double low = work->out->search.low;
    return (struct lg_overload_course){.rate = work->options->overload * low,
                                       .base = LG_OVERLOAD_BASE * low,
                                       .seconds = overload_s(work->options),
                                       .after = after_s(work->options)};
}

int lg_capacity_overload(struct lg_capacity_work *work)
{
    struct lg_capacity_result *out = work->out;
    unsigned counted = 0, in_vain = 0, number = 0;
    int code = 0;
    if (out->search.end != LG_SEARCH_FOUND) {
        return 0;
    }
    while (code == 0 && counted < LG_OVERLOAD_TRIALS && in_vain < LG_OVERLOAD_ATTEMPTS) {
        struct lg_overload_trial trial;
        if (!measure(work, how_of(work), number++, &trial, &code)) {
            return code;
        }
        *LG_ARENA_PUSH(work->arena, out->overload, out->overload_count) = trial;
        say(work, &trial);
        bool counts = lg_overload_counts(&trial);
        counted += counts;
        in_vain = counts ? 0 : in_vain + 1;
        if (code == 0 && isinf(lg_capacity_settle(work))) {
            return 0;
        }
        code = lg_session_stopped();
        out->interrupted = code != 0;
    }
    return code;
}
