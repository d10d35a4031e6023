#include "cli/nightly_suite.h"

#include "base/clock.h"
#include "cli/nightly_budget.h"
#include "cli/nightly_figures.h"
#include "cli/session.h"
#include "engine/run_limits.h"
#include "report/write.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void lg_nightly_note(struct lg_nightly_suite *suite, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    *LG_ARENA_PUSH(suite->arena, suite->notes, suite->note_count) =
        lg_arena_strdup(suite->arena, text);
}

/* ---- reading ---- */

/* Where the checkout of the last good version has the file; NULL: it has none. */
static const char *good_file(const char *file, const char *good, struct lg_arena *arena)
{
    const char *share = lg_share_folder(), *rest = file;
    size_t n = strlen(share);
    if (strncmp(file, share, n) == 0 && file[n] == '/') {
        rest = file + n + 1;
    } else if (file[0] == '/') {
        char *here = realpath(".", NULL);
        n = here != NULL ? strlen(here) : 0;
        rest = n > 0 && strncmp(file, here, n) == 0 && file[n] == '/' ? file + n + 1 : NULL;
        free(here);
    }
    return rest != NULL ? lg_arena_printf(arena, "%s/%s", good, rest) : NULL;
}

static bool load_good(struct lg_nightly_suite *suite, struct lg_plan_request request,
                      struct lg_nightly_scenario *s)
{
    const char *good = suite->options->good;
    const char *file = good != NULL ? good_file(s->file, good, suite->arena) : NULL;
    if (good == NULL) {
        return true;
    }
    if (file == NULL || access(file, R_OK) != 0) {
        lg_nightly_note(suite, "%s is not in %s: a suspect of it is not measured again", s->file,
                        good);
        return true;
    }
    request.file = file;
    s->good = lg_load_plan(&request);
    return s->good != NULL;
}

static const struct lg_nightly_scenario *same_name(const struct lg_nightly_suite *suite,
                                                   const char *name)
{
    for (size_t i = 0; i + 1 < suite->count; i++) {
        const struct lg_nightly_scenario *s = &suite->scenarios[i];
        if (s->plan != NULL && strcmp(s->plan->name, name) == 0) {
            return s;
        }
    }
    return NULL;
}

static bool load_one(struct lg_nightly_suite *suite, struct lg_plan_request request,
                     const char *file)
{
    struct lg_nightly_scenario *s = LG_ARENA_PUSH(suite->arena, suite->scenarios, suite->count);
    s->file = request.file = lg_find_scenario(file, suite->arena);
    s->folder = s->missing = "";
    s->plan = lg_load_plan(&request);
    if (s->plan == NULL) {
        return false;
    }
    const struct lg_nightly_scenario *other = same_name(suite, s->plan->name);
    if (other != NULL) {
        lg_usage_error("%s and %s are both named %s: a history knows a scenario by its name",
                       other->file, s->file, s->plan->name);
        return false;
    }
    enum { START_AND_STOP = 3 }; /* seconds; until it has been measured */
    lg_ns trial = lg_run_load_time(s->plan) + START_AND_STOP * LG_S;
    s->round = trial * (lg_ns)s->plan->target_count;
    unsigned wanted = s->plan->trials > LG_NIGHTLY_TRIALS ? s->plan->trials : LG_NIGHTLY_TRIALS;
    s->trials = suite->options->trials > 0 ? suite->options->trials : wanted;
    return load_good(suite, request, s);
}

bool lg_nightly_load(struct lg_nightly_suite *suite, const struct lg_plan_request *request,
                     char **files, size_t count)
{
    bool ok = true;
    for (size_t i = 0; i < count; i++) {
        ok = load_one(suite, *request, files[i]) && ok;
    }
    return ok;
}

void lg_nightly_unload(struct lg_nightly_suite *suite)
{
    for (size_t i = 0; i < suite->count; i++) {
        lg_plan_free(suite->scenarios[i].plan);
        lg_plan_free(suite->scenarios[i].good);
    }
}

/* ---- running ---- */

lg_ns lg_nightly_left(const struct lg_nightly_suite *suite)
{
    lg_ns budget = suite->options->budget;
    lg_ns left = budget == LG_NEVER ? LG_NEVER : budget - (lg_now() - suite->began);
    return left > 0 ? left : 0;
}

int lg_nightly_session(struct lg_nightly_suite *suite, const struct lg_plan *plan,
                       const char *folder, unsigned repeats, struct lg_record **record)
{
    const char *path = lg_arena_printf(suite->arena, "%s/%s", suite->options->out, folder);
    const char *why = folder[0] != '\0' ? lg_report_make_folder(path, suite->arena) : NULL;
    if (why != NULL) {
        lg_nightly_note(suite, "%s has no run folder: %s", plan->name, why);
    }
    struct lg_session_options options = {.command = suite->options->command,
                                         .out = path,
                                         .no_folder = folder[0] == '\0' || why != NULL,
                                         .quiet = suite->options->quiet,
                                         .annotations = "none",
                                         .repeats = repeats,
                                         .kept = record};
    options.out = options.no_folder ? NULL : path;
    int code = lg_session(plan, &options);
    suite->stopped = code > 128 ? code : suite->stopped;
    return code;
}

/* The series of this scenario that the history knew get the reason. */
static void leave_empty(struct lg_nightly_suite *suite, const struct lg_nightly_scenario *s,
                        const struct lg_history_data *before)
{
    for (size_t i = 0; i < before->in.series_count; i++) {
        const struct lg_nightly_series *known = &before->in.series[i];
        if (strcmp(known->scenario, s->plan->name) == 0) {
            lg_figures_missing(&suite->values, &suite->value_count, known, s->missing,
                               suite->arena);
        }
    }
}

static void begin_run(struct lg_nightly_suite *suite, const struct lg_nightly_scenario *s,
                      const char *digest)
{
    *LG_ARENA_PUSH(suite->arena, suite->runs, suite->run_count) = (struct lg_history_run){
        .scenario = s->plan->name, .folder = s->folder, .digest = digest, .missing = s->missing};
}

static void leave_out(struct lg_nightly_suite *suite, struct lg_nightly_scenario *s,
                      const char *why, const struct lg_history_data *before)
{
    s->missing = why;
    s->folder = "";
    begin_run(suite, s, lg_figures_digest(s->plan, suite->arena));
    leave_empty(suite, s, before);
}

/* What a session without a single figure died of. */
static const char *reason_of(const struct lg_record *record, int code, struct lg_arena *arena)
{
    for (size_t t = 0; record != NULL && t < record->target_count; t++) {
        const struct lg_target_result *target = &record->targets[t];
        for (size_t i = 0; i < target->trial_count; i++) {
            if (target->trials[i].server.ended[0] != '\0') {
                const char *ended = target->trials[i].server.ended;
                return lg_arena_printf(arena, "%s: %.*s", target->name, (int)strcspn(ended, "\n"),
                                       ended);
            }
        }
    }
    return code > 128 ? "interrupted" : "it could not be measured";
}

static void keep_figures(struct lg_nightly_suite *suite, struct lg_nightly_scenario *s,
                         const struct lg_record *record, const struct lg_history_data *before)
{
    struct lg_figures figures = {.arena = suite->arena,
                                 .values = suite->values,
                                 .count = suite->value_count,
                                 .before = before,
                                 .scenario = s->plan->name,
                                 .trials = s->trials};
    lg_figures_take(&figures, record);
    suite->values = figures.values;
    suite->value_count = figures.count;
    s->valid = figures.valid;
    s->target_failed = figures.failed_count > 0;
    for (size_t i = 0; i < figures.failed_count; i++) {
        *LG_ARENA_PUSH(suite->arena, suite->failed, suite->failed_count) =
            lg_arena_printf(suite->arena, "%s\n%s", s->plan->name, figures.failed[i]);
    }
}

/* What the scenario itself promises is told of, whatever the nights before were like. */
static void tell_objectives(struct lg_nightly_suite *suite, const struct lg_record *record)
{
    for (size_t i = 0; i < record->objective_count; i++) {
        const struct lg_objective_result *o = &record->objectives[i];
        if (o->state == LG_OBJECTIVE_MISSED) {
            lg_nightly_note(suite, "%s, %s misses an objective: %s; observed %s", record->name,
                            o->target, o->text, o->observed);
        }
    }
}

static void run_one(struct lg_nightly_suite *suite, struct lg_nightly_scenario *s, unsigned trials,
                    unsigned spare, const struct lg_history_data *before)
{
    struct lg_plan plan = *s->plan;
    struct lg_record *record = NULL;
    lg_ns began = lg_now();
    plan.trials = s->trials = trials;
    s->folder = lg_arena_printf(suite->arena, "runs/%s-%s", suite->stamp, plan.name);
    int code = lg_nightly_session(suite, &plan, s->folder, spare, &record);
    bool measured = record != NULL && record->target_count > 0 && code != LG_EXIT_USAGE;
    const char *page =
        lg_arena_printf(suite->arena, "%s/%s/report.html", suite->options->out, s->folder);
    s->folder = access(page, R_OK) == 0 ? s->folder : "";
    if (measured && code == LG_EXIT_OURS) {
        lg_nightly_note(suite, "%s: not all reports of the run could be written", plan.name);
    }
    if (!measured) {
        s->missing = reason_of(record, code, suite->arena);
        s->target_failed = code == LG_EXIT_TARGET || code == LG_EXIT_USAGE;
    }
    begin_run(suite, s, lg_figures_digest(s->plan, suite->arena));
    if (measured) {
        keep_figures(suite, s, record, before);
        tell_objectives(suite, record);
    } else {
        leave_empty(suite, s, before);
    }
    s->round = (lg_now() - began) / (lg_ns)trials;
    lg_record_free(record);
}

/* ---- within the budget ---- */

/* The last night, counted from 1, in which a scenario had a figure; 0: none. */
static size_t last_measured(const struct lg_history_data *before, const char *name)
{
    for (size_t night = before->night_count; night-- > 0;) {
        for (size_t i = 0; i < before->in.series_count; i++) {
            const struct lg_nightly_series *series = &before->in.series[i];
            if (strcmp(series->scenario, name) == 0 && series->nights[night].known) {
                return night + 1;
            }
        }
    }
    return 0;
}

/* Those that have waited longest come first; else the order of the command line (a stable sort). */
static void sort_by_wait(struct lg_nightly_suite *suite, const struct lg_history_data *before)
{
    for (size_t i = 1; i < suite->count; i++) {
        struct lg_nightly_scenario s = suite->scenarios[i];
        size_t last = last_measured(before, s.plan->name), k = i;
        for (; k > 0 && last_measured(before, suite->scenarios[k - 1].plan->name) > last; k--) {
            suite->scenarios[k] = suite->scenarios[k - 1];
        }
        suite->scenarios[k] = s;
    }
}

/* How many trials the first of the scenarios from `at` on gets now; 0: it does not fit.  *spare:
 * how many disturbed ones may be repeated in what is left then. */
static unsigned plan_rest(struct lg_nightly_suite *suite, size_t at, unsigned *spare)
{
    size_t count = suite->count - at;
    struct lg_budget_item *items = lg_arena_alloc(suite->arena, count * sizeof *items);
    for (size_t i = 0; i < count; i++) {
        items[i] = (struct lg_budget_item){.round = suite->scenarios[at + i].round,
                                           .wanted = suite->scenarios[at + i].trials};
    }
    unsigned own = suite->options->trials;
    unsigned least = own > 0 && own < LG_NIGHTLY_TRIALS ? own : LG_NIGHTLY_TRIALS;
    lg_ns left = lg_nightly_left(suite);
    lg_budget_plan(items, count, left, least);
    lg_ns rest = left == LG_NEVER ? LG_NEVER : left - lg_budget_cost(items, count);
    lg_ns fit =
        rest > 0 ? rest / (items[0].round / (lg_ns)suite->scenarios[at].plan->target_count) : 0;
    *spare = fit < items[0].trials ? (unsigned)fit : items[0].trials;
    return items[0].trials;
}

static void say(const struct lg_nightly_suite *suite, size_t at, unsigned trials)
{
    const struct lg_nightly_scenario *s = &suite->scenarios[at];
    if (!suite->options->quiet) {
        fprintf(stderr, "loadgen: %s (%zu of %zu): %u %s of %zu %s, about %.0f s\n", s->plan->name,
                at + 1, suite->count, trials, trials == 1 ? "trial" : "trials",
                s->plan->target_count, s->plan->target_count == 1 ? "target" : "targets",
                (double)s->round * trials * 1e-9);
    }
}

void lg_nightly_run(struct lg_nightly_suite *suite, const struct lg_history_data *before)
{
    if (suite->options->budget != LG_NEVER) {
        sort_by_wait(suite, before);
    }
    for (size_t i = 0; i < suite->count; i++) {
        struct lg_nightly_scenario *s = &suite->scenarios[i];
        unsigned spare = 0;
        unsigned trials = suite->stopped == 0 ? plan_rest(suite, i, &spare) : 0;
        if (suite->stopped != 0) {
            leave_out(suite, s, "the night was interrupted before", before);
        } else if (trials == 0) {
            double seconds = (double)s->round * 1e-9 * s->trials;
            lg_nightly_note(suite,
                            "%s was left out: its trials take about %.0f s, and %.0f s of "
                            "the budget were left",
                            s->plan->name, seconds, (double)lg_nightly_left(suite) * 1e-9);
            leave_out(suite, s, "left out, as the night's budget was used up", before);
        } else {
            if (trials < s->trials) {
                lg_nightly_note(suite, "%s: %u trials of %u fit into the budget", s->plan->name,
                                trials, s->trials);
            }
            say(suite, i, trials);
            run_one(suite, s, trials, spare, before);
        }
    }
}
