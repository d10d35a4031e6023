#include "analysis/validity.h"
#include "cli/secrets.h"
#include "cli/session_parts.h"
#include "engine/run.h"
#include "engine/run_limits.h"
#include "report/write.h"

#include <stdio.h>
#include <string.h>

/* ---- one trial of one target ---- */

/* What begins with the name already does not get it twice. */
static void complain(struct lg_session *s, const char *who, const char *what)
{
    size_t n = strlen(who);
    bool named = strncmp(what, who, n) == 0 && what[n] == ' ';
    lg_watch_erase(&s->watch);
    fprintf(stderr, "loadgen: %s%s%s\n", named ? "" : who, named ? "" : ": ",
            lg_secrets_blot(s->plan, what, s->record->arena));
}

static struct lg_trial_result *add_trial(struct lg_session *s, struct lg_target_result *t,
                                         unsigned number)
{
    struct lg_trial_result *trial = LG_ARENA_PUSH(s->record->arena, t->trials, t->trial_count);
    trial->number = number;
    trial->started_at = lg_utc(s->record->arena, "%Y-%m-%dT%H:%M:%SZ");
    trial->server.ended = "";
    return trial;
}

/* Users were to be set up, and not one ever came to its first step. */
static bool nobody_came(const struct lg_trial_result *trial)
{
    uint64_t setup = 0, others = 0;
    for (size_t i = 0; i < trial->step_count; i++) {
        const struct lg_step_result *step = &trial->steps[i];
        setup += step->setup ? step->count - step->outcomes[LG_OK] : 0;
        others += step->setup ? 0 : step->count;
    }
    return setup > 0 && others == 0 && trial->users_count == 1;
}

static void on_state(void *arg, const struct lg_run_state *state)
{
    struct lg_session *s = arg;
    if (!s->options->quiet) {
        lg_watch_state(&s->watch, state);
    }
    if (s->live != NULL) {
        lg_live_page_state(s->live, state);
    }
}

/* Once: the run goes on without. */
static void tell_journal(struct lg_session *s)
{
    int failure = lg_journal_failure(s->journal);
    if (failure != 0 && !s->journal_told) {
        s->journal_told = true;
        lg_watch_erase(&s->watch);
        fprintf(stderr,
                "loadgen: the journal cannot be written (%s): the run goes on, but would be lost "
                "if it were killed\n",
                lg_report_reason(failure));
    }
}

static void on_second(void *arg, struct lg_trial_result *second)
{
    struct lg_session *s = arg;
    lg_secrets_blot_trial(s->plan, second, s->record->arena);
    lg_journal_second(s->journal, second);
    tell_journal(s);
}

/* An automatic warm-up is cut off when the trial has ended; until then by what it may take. */
static double warmup_cut(const struct lg_plan *plan)
{
    return plan->warmup == LG_WARMUP_AUTO ? (double)(lg_run_load_time(plan) - plan->duration) * 1e-9
                                          : 0;
}

enum { ATTEMPTS = 3 }; /* at one trial */

/* What the machine does to one trial and not to the next: other programs had its cores.  Books that
 * do not add up are no such thing. */
static const char *disturbed(const struct lg_trial_result *trial)
{
    static const char *const passing[] = {"sent_share",     "worst_second", "schedule_lag",
                                          "generator_busy", "steal",        "arrival_process"};
    const char *why = NULL;
    for (size_t i = 0; i < trial->validity_count; i++) {
        const struct lg_validity *check = &trial->validity[i];
        bool is_passing = false;
        for (size_t k = 0; k < sizeof passing / sizeof *passing; k++) {
            is_passing = is_passing || strcmp(check->id, passing[k]) == 0;
        }
        if (check->measured && !check->met) {
            if (!is_passing) {
                return NULL;
            }
            why = why != NULL ? why : check->text;
        }
    }
    return why;
}

/* True: the trial is not kept but measured again, with a fresh server, and a note says so. */
static bool give_up(struct lg_session *s, const struct lg_target *target, const char *name,
                    struct lg_trial_result *trial)
{
    struct lg_arena *arena = s->record->arena;
    if (s->repeats == 0 || s->attempts == ATTEMPTS || *s->stop != 0 ||
        trial->server.ended[0] != '\0' || target == NULL || lg_target_pid(target) <= 0) {
        return false;
    }
    lg_validity_judge(trial, arena);
    const char *why = disturbed(trial);
    if (why == NULL) {
        return false;
    }
    why = lg_arena_printf(arena, "trial %u is measured again, as this machine disturbed it: %s",
                          trial->number, why);
    complain(s, name, why);
    *LG_ARENA_PUSH(arena, s->record->notes, s->record->note_count) =
        lg_arena_printf(arena, "%s: %s", name, why);
    s->repeats--;
    return true;
}

static void drive(struct lg_session *s, size_t index, unsigned number, struct lg_target *target)
{
    struct lg_target_result *t = &s->record->targets[index];
    struct lg_trial_result result = {0};
    const char *why = NULL;
    const char *started_at = lg_utc(s->record->arena, "%Y-%m-%dT%H:%M:%SZ");
    lg_watch_trial(&s->watch, t->name, number, s->plan->trials);
    struct lg_run_options run = {
        .plan = s->plan,
        .services = lg_plan_services(s->plan, &s->plan->targets[index], s->record->arena),
        .trial = number,
        .target = target != NULL && lg_target_pid(target) > 0 ? target : NULL,
        .beside = s->beside.started,
        .beside_count = s->beside.count,
        .cores = s->cores.list,
        .stop = s->stop,
        .on_state = s->options->quiet && s->live == NULL ? NULL : on_state,
        .on_second = s->journal != NULL ? on_second : NULL,
        .ctx = s,
    };
    run.urls = lg_target_urls(target, &run.url_count);
    lg_journal_begin(s->journal, index, number, started_at, warmup_cut(s->plan));
    if (s->live != NULL) {
        lg_live_page_trial(s->live, index, number);
    }
    if (!lg_run_trial(&run, s->record->arena, &result, &why)) {
        complain(s, t->name, why);
        s->refused = true;
        return;
    }
    result.number = number;
    s->again = give_up(s, target, t->name, &result);
    if (s->again) {
        lg_trial_result_fini(&result);
        return;
    }
    struct lg_trial_result *trial = add_trial(s, t, number);
    lg_secrets_blot_trial(s->plan, &result, s->record->arena);
    *trial = result;
    trial->started_at = started_at;
    trial->server.ready_s = target != NULL ? (double)lg_target_ready_time(target) * 1e-9 : 0;
    lg_journal_end(s->journal, index, trial);
    tell_journal(s);
    lg_watch_done(&s->watch, index, trial);
    if (*s->stop == 0 && nobody_came(trial)) {
        complain(s, t->name, "no user could be set up; the errors say why");
        s->target_failed = true;
    }
    if (trial->server.ended[0] != '\0') {
        complain(s, t->name, trial->server.ended);
        s->target_failed = true;
    }
}

static void not_started(struct lg_session *s, size_t index, unsigned number, const char *who,
                        const char *why)
{
    if (*s->stop == 0) {
        complain(s, who, why);
        add_trial(s, &s->record->targets[index], number)->server.ended =
            lg_secrets_blot(s->plan, why, s->record->arena);
        s->target_failed = true;
    }
}

/* The trial is, as a server ended; that has been told. One that is measured again is not. */
static bool cut_short(const struct lg_session *s, const struct lg_target_result *t)
{
    return !s->again && t->trial_count > 0 && t->trials[t->trial_count - 1].server.ended[0] != '\0';
}

static void run_target(struct lg_session *s, size_t index, unsigned number)
{
    const struct lg_target_spec spec =
        lg_beside_tell(&s->beside, &s->plan->targets[index], s->record->arena);
    struct lg_target_result *t = &s->record->targets[index];
    const char *why = NULL;
    struct lg_target *target = lg_target_start(&spec, s->stop, s->record->arena, &why);
    if (target == NULL) {
        not_started(s, index, number, spec.name, why);
        return;
    }
    t->url = lg_arena_strdup(s->record->arena, lg_target_url(target));
    if (lg_target_pid(target) > 0) {
        lg_session_ask(s->record, t,
                       lg_target_url(target)); /* others get what the scenario says, no more */
    }
    drive(s, index, number, target);
    lg_watch_phase(&s->watch, "stopping", spec.name);
    why = lg_target_stop(target, s->record->arena);
    if (why != NULL && !cut_short(s, t)) {
        complain(s, spec.name, why);
    }
}

static void run_trial_once(struct lg_session *s, size_t index, unsigned number)
{
    const char *name = s->plan->targets[index].name, *who = NULL, *why = NULL;
    lg_watch_phase(&s->watch, "starting", name);
    if (!lg_beside_start(&s->beside, s->plan, s->stop, s->record->arena, &who, &why)) {
        not_started(s, index, number, who, why);
        return;
    }
    run_target(s, index, number);
    why = lg_beside_stop(&s->beside, s->record->arena);
    if (why != NULL && *s->stop == 0 && !cut_short(s, &s->record->targets[index])) {
        complain(s, name, why); /* what it was asked, it may have left unanswered */
        s->target_failed = true;
    }
}

static void run_trial(struct lg_session *s, size_t index, unsigned number)
{
    do {
        s->attempts = s->again ? s->attempts + 1 : 1;
        s->again = false;
        run_trial_once(s, index, number);
    } while (s->again && *s->stop == 0);
}

static void note_beside(struct lg_session *s)
{
    struct lg_arena *arena = s->record->arena;
    for (size_t i = 0; i < s->plan->beside_count; i++) {
        *LG_ARENA_PUSH(arena, s->record->notes, s->record->note_count) =
            lg_arena_printf(arena,
                            "%s ran beside each target; what ran so took %.1f s of processor time "
                            "in all, which is counted for no target",
                            s->plan->beside[i].name, s->beside.cpu_s);
    }
}

/* Odd trials go through the targets forwards, even ones backwards: neither is always first. */
void lg_session_run_trials(struct lg_session *s)
{
    s->repeats = s->options->repeats;
    for (unsigned number = 1; number <= s->plan->trials; number++) {
        for (size_t k = 0; k < s->plan->target_count; k++) {
            size_t index = number % 2 == 1 ? k : s->plan->target_count - 1 - k;
            if (*s->stop == 0 && !s->refused) {
                run_trial(s, index, number);
            }
        }
    }
    lg_watch_erase(&s->watch);
    note_beside(s);
}
