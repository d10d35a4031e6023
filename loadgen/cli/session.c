#include "cli/session.h"

#include "analysis/analyse.h"
#include "analysis/objectives.h"
#include "base/clock.h"
#include "base/units.h"
#include "cli/beside.h"
#include "cli/cores.h"
#include "cli/live.h"
#include "cli/secrets.h"
#include "cli/watch.h"
#include "engine/run.h"
#include "measure/calibration.h"
#include "measure/environment.h"
#include "measure/journal.h"
#include "report/annotations.h"
#include "report/text.h"
#include "report/write.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* The one thing a signal handler may touch. */
static volatile int stop_signal;

static void on_signal(int number)
{
    if (stop_signal != 0) {
        _exit(128 + number); /* asked twice: now; the keeper ends the target */
    }
    stop_signal = number;
}

static void watch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

struct session {
    const struct lg_plan *plan;
    const struct lg_session_options *options;
    struct lg_record *record;
    struct lg_watch watch;
    struct lg_live_page *live;  /* NULL: none */
    struct lg_journal *journal; /* NULL: none */
    bool journal_told;          /* that it could not be written */
    struct lg_cores cores;
    struct lg_beside beside;
    bool target_failed;
    bool refused; /* nothing could be started at all */
};

static const char *utc(struct lg_arena *arena, const char *format)
{
    char text[64];
    time_t now = (time_t)(lg_wall_clock() / LG_S);
    struct tm t;
    gmtime_r(&now, &t);
    strftime(text, sizeof text, format, &t);
    return lg_arena_strdup(arena, text);
}

/* ---- the record's frame ---- */

static void copy_settings(struct lg_record *record, const struct lg_plan *plan)
{
    for (size_t i = 0; i < plan->setting_count; i++) {
        const struct lg_setting *s = &plan->settings[i];
        struct lg_setting_result *r =
            LG_ARENA_PUSH(record->arena, record->settings, record->setting_count);
        *r = (struct lg_setting_result){
            .section = lg_arena_strdup(record->arena, s->section),
            .key = lg_arena_strdup(record->arena, s->key),
            .value = lg_arena_strdup(record->arena, s->value),
            .is_default = s->is_default,
        };
    }
}

static struct lg_record *begin_record(const struct lg_plan *plan,
                                      const struct lg_session_options *options)
{
    struct lg_record *record = lg_record_new();
    struct lg_arena *arena = record->arena;
    record->name = lg_arena_strdup(arena, plan->name);
    record->file = lg_arena_strdup(arena, plan->file);
    record->question = lg_arena_strdup(arena, plan->question);
    record->claim = lg_arena_strdup(arena, plan->claim);
    record->source = lg_arena_strdup(arena, plan->source);
    record->command = lg_arena_strdup(arena, lg_secrets_blot(plan, options->command, arena));
    record->seed = plan->seed;
    record->quick = plan->quick;
    record->started_at = utc(arena, "%Y-%m-%dT%H:%M:%SZ");
    record->environment = lg_environment_read(arena, LG_VERSION);
    copy_settings(record, plan);
    record->target_count = plan->target_count;
    record->targets = lg_arena_alloc(arena, plan->target_count * sizeof *record->targets);
    for (size_t i = 0; i < plan->target_count; i++) {
        const struct lg_target_spec *spec = &plan->targets[i];
        record->targets[i].name = lg_arena_strdup(arena, spec->name);
        record->targets[i].label = lg_arena_strdup(arena, spec->label ? spec->label : spec->name);
        record->targets[i].url = lg_arena_strdup(arena, spec->url);
    }
    return record;
}

/* ---- what a target says of itself ---- */

static void add_version(struct lg_arena *arena, struct lg_target_result *t, const char *name,
                        const json_t *value)
{
    if (json_is_string(value)) {
        struct lg_name_value *v = LG_ARENA_PUSH(arena, t->versions, t->version_count);
        v->name = lg_arena_strdup(arena, name);
        v->value = lg_arena_strdup(arena, json_string_value(value));
    }
}

static void ask_about(struct session *s, struct lg_target_result *t, const char *url)
{
    struct lg_buf body = {0};
    const char *why, *key;
    json_t *value;
    if (t->version_count == 0 && lg_target_get(url, "/about", &body, 2 * LG_S, &why) == 200) {
        json_t *about = json_loadb(body.p, body.n, 0, NULL);
        json_object_foreach(about, key, value)
        {
            add_version(s->record->arena, t, key, value);
        }
        json_t *libraries = json_object_get(about, "libraries");
        json_object_foreach(libraries, key, value)
        {
            add_version(s->record->arena, t, key, value);
        }
        json_decref(about);
    }
    lg_buf_free(&body);
}

/* ---- one trial of one target ---- */

static void complain(struct session *s, const char *who, const char *what)
{
    lg_watch_erase(&s->watch);
    fprintf(stderr, "loadgen: %s: %s\n", who, lg_secrets_blot(s->plan, what, s->record->arena));
}

static struct lg_trial_result *add_trial(struct session *s, struct lg_target_result *t,
                                         unsigned number)
{
    struct lg_trial_result *trial = LG_ARENA_PUSH(s->record->arena, t->trials, t->trial_count);
    trial->number = number;
    trial->started_at = utc(s->record->arena, "%Y-%m-%dT%H:%M:%SZ");
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
    struct session *s = arg;
    if (!s->options->quiet) {
        lg_watch_state(&s->watch, state);
    }
    if (s->live != NULL) {
        lg_live_page_state(s->live, state);
    }
}

/* Once: the run goes on without. */
static void tell_journal(struct session *s)
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
    struct session *s = arg;
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

static void drive(struct session *s, size_t index, unsigned number, struct lg_target *target)
{
    struct lg_target_result *t = &s->record->targets[index];
    struct lg_trial_result result = {0};
    const char *why = NULL;
    const char *started_at = utc(s->record->arena, "%Y-%m-%dT%H:%M:%SZ");
    lg_watch_trial(&s->watch, t->name, number, s->plan->trials);
    struct lg_run_options run = {
        .plan = s->plan,
        .services = lg_plan_services(s->plan, &s->plan->targets[index], s->record->arena),
        .trial = number,
        .target = target != NULL && lg_target_pid(target) > 0 ? target : NULL,
        .cores = s->cores.list,
        .stop = &stop_signal,
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
    struct lg_trial_result *trial = add_trial(s, t, number);
    lg_secrets_blot_trial(s->plan, &result, s->record->arena);
    *trial = result;
    trial->started_at = started_at;
    trial->server.ready_s = target != NULL ? (double)lg_target_ready_time(target) * 1e-9 : 0;
    lg_journal_end(s->journal, index, trial);
    tell_journal(s);
    lg_watch_done(&s->watch, index, trial);
    if (stop_signal == 0 && nobody_came(trial)) {
        complain(s, t->name, "no user could be set up; the errors say why");
        s->target_failed = true;
    }
    if (trial->server.ended[0] != '\0') {
        complain(s, t->name, trial->server.ended);
        s->target_failed = true;
    }
}

static void not_started(struct session *s, size_t index, unsigned number, const char *who,
                        const char *why)
{
    if (stop_signal == 0) {
        complain(s, who, why);
        add_trial(s, &s->record->targets[index], number)->server.ended =
            lg_secrets_blot(s->plan, why, s->record->arena);
        s->target_failed = true;
    }
}

static void run_target(struct session *s, size_t index, unsigned number)
{
    const struct lg_target_spec spec =
        lg_beside_tell(&s->beside, &s->plan->targets[index], s->record->arena);
    struct lg_target_result *t = &s->record->targets[index];
    const char *why = NULL;
    struct lg_target *target = lg_target_start(&spec, &stop_signal, s->record->arena, &why);
    if (target == NULL) {
        not_started(s, index, number, spec.name, why);
        return;
    }
    t->url = lg_arena_strdup(s->record->arena, lg_target_url(target));
    if (lg_target_pid(target) > 0) {
        ask_about(s, t, lg_target_url(target)); /* others get what the scenario says, no more */
    }
    drive(s, index, number, target);
    bool died = t->trial_count > 0 && t->trials[t->trial_count - 1].server.ended[0] != '\0';
    lg_watch_phase(&s->watch, "stopping", spec.name);
    why = lg_target_stop(target, s->record->arena);
    if (why != NULL && !died) {
        complain(s, spec.name, why);
    }
}

static void run_trial(struct session *s, size_t index, unsigned number)
{
    const char *name = s->plan->targets[index].name, *who = NULL, *why = NULL;
    lg_watch_phase(&s->watch, "starting", name);
    if (!lg_beside_start(&s->beside, s->plan, &stop_signal, s->record->arena, &who, &why)) {
        not_started(s, index, number, who, why);
        return;
    }
    run_target(s, index, number);
    why = lg_beside_stop(&s->beside, s->record->arena);
    if (why != NULL && stop_signal == 0) {
        complain(s, name, why); /* what it was asked, it may have left unanswered */
        s->target_failed = true;
    }
}

static void note_beside(struct session *s)
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
static void run_trials(struct session *s)
{
    for (unsigned number = 1; number <= s->plan->trials; number++) {
        for (size_t k = 0; k < s->plan->target_count; k++) {
            size_t index = number % 2 == 1 ? k : s->plan->target_count - 1 - k;
            if (stop_signal == 0 && !s->refused) {
                run_trial(s, index, number);
            }
        }
    }
    lg_watch_erase(&s->watch);
    note_beside(s);
}

/* ---- the end ---- */

static bool missed_objective(const struct lg_record *record)
{
    for (size_t i = 0; i < record->objective_count; i++) {
        if (record->objectives[i].state == LG_OBJECTIVE_MISSED) {
            return true;
        }
    }
    return false;
}

static int exit_code(const struct session *s)
{
    if (stop_signal != 0) {
        return 128 + stop_signal;
    }
    if (s->target_failed) {
        return LG_EXIT_TARGET;
    }
    if (!s->record->valid) {
        return LG_EXIT_INVALID;
    }
    return missed_objective(s->record) ? LG_EXIT_OBJECTIVE : LG_EXIT_OK;
}

static bool write_json(const struct lg_record *record, const char *path)
{
    struct lg_buf json = {0};
    const char *why = NULL;
    lg_record_write(record, &json);
    if (strcmp(path, "-") == 0) {
        lg_buf_adds(&json, "\n");
        lg_print(lg_buf_slice(&json));
    } else {
        why = lg_report_write_file(path, lg_buf_slice(&json), record->arena);
    }
    if (why != NULL) {
        fprintf(stderr, "loadgen: %s\n", why);
    }
    lg_buf_free(&json);
    return why == NULL;
}

int lg_session_report(const struct lg_record *record, const struct lg_session_options *options,
                      const char *folder)
{
    int code = LG_EXIT_OK;
    bool json_on_stdout = options->json != NULL && strcmp(options->json, "-") == 0;
    const char *why = folder != NULL ? lg_report_write_folder(record, folder, record->arena) : NULL;
    if (why != NULL) {
        fprintf(stderr, "loadgen: %s\n", why);
        code = LG_EXIT_OURS;
    }
    if (options->json != NULL && !write_json(record, options->json)) {
        code = LG_EXIT_OURS;
    }
    if (!json_on_stdout && options->kept == NULL) {
        struct lg_buf text = {0};
        struct lg_report_text_options how = {
            .colour = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL,
            .folder = why == NULL ? folder : NULL,
        };
        lg_report_text(record, &how, &text);
        lg_print(lg_buf_slice(&text));
        lg_buf_free(&text);
    }
    return code;
}

/* On stderr, which GitHub's runner reads as well: stdout is for the results. */
static void annotate(const struct lg_record *record, const char *how)
{
    const char *actions = getenv("GITHUB_ACTIONS");
    bool there = actions != NULL && strcmp(actions, "true") == 0;
    if (how != NULL ? strcmp(how, "github") == 0 : there) {
        struct lg_buf text = {0};
        lg_report_annotations(record, &text);
        fwrite(text.p, 1, text.n, stderr);
        lg_buf_free(&text);
    }
}

/* False: nothing was started, and the user knows why. */
static bool open_live_page(struct session *s)
{
    const char *why = NULL;
    uint64_t port = 0;
    if (s->options->metrics == NULL) {
        return true;
    }
    lg_read_count(lg_str(s->options->metrics), &port);
    s->live = lg_live_page_new(s->plan, (unsigned)port, s->record->arena, &why);
    if (s->live == NULL) {
        lg_usage_error("%s", why);
        return false;
    }
    fprintf(stderr, "loadgen: metrics at http://127.0.0.1:%u/metrics\n",
            lg_live_page_port(s->live));
    return true;
}

static const char *run_folder(const struct session *s)
{
    if (s->options->out != NULL || s->options->no_folder) {
        return s->options->out;
    }
    return lg_arena_printf(s->record->arena, "reports/runs/%s-%s",
                           utc(s->record->arena, "%Y%m%dT%H%M%SZ"), s->plan->name);
}

/* Only a run folder has one. */
static void begin_journal(struct session *s, const char *folder)
{
    if (folder != NULL) {
        lg_objectives_judge(s->record, s->plan); /* none yet: that they are there is known */
        s->journal = lg_journal_new(
            lg_arena_printf(s->record->arena, "%s/" LG_JOURNAL_FILE, folder), s->record);
    }
}

/* Needed no more once the record is there. */
static void end_journal(struct session *s, const char *folder, bool keep)
{
    lg_journal_free(s->journal);
    if (s->journal != NULL && !keep) {
        unlink(lg_arena_printf(s->record->arena, "%s/" LG_JOURNAL_FILE, folder));
    }
}

/* What would make the run worthless is found before anything starts.  NULL, or a sentence. */
static const char *obstacle(const struct session *s, const char *folder)
{
    const char *why = NULL, *json = s->options->json;
    struct lg_arena *arena = s->record->arena;
    if (!lg_run_possible(s->plan, arena, &why)) {
        return why;
    }
    if (json != NULL && strcmp(json, "-") != 0) {
        const char *slash = strrchr(json, '/');
        const char *parent = slash == NULL ? "."
                             : slash == json
                                 ? "/"
                                 : lg_arena_strndup(arena, json, (size_t)(slash - json));
        if (access(parent, W_OK | X_OK) != 0) {
            return lg_arena_printf(arena, "cannot write %s: %s", json, strerror(errno));
        }
    }
    return folder != NULL ? lg_report_make_folder(folder, arena) : NULL;
}

static bool measured_anything(const struct lg_record *record)
{
    for (size_t i = 0; i < record->target_count; i++) {
        for (size_t k = 0; k < record->targets[i].trial_count; k++) {
            if (record->targets[i].trials[k].users_count > 0) {
                return true;
            }
        }
    }
    return false;
}

/* What `loadgen selftest` found out about this machine, if it ever ran here. */
static void note_calibration(struct lg_record *record)
{
    struct lg_calibration calibration;
    if (lg_calibration_load(&record->environment, record->arena, &calibration)) {
        lg_calibration_note(&calibration, record);
    }
}

/* Loads that end with their data, and not with the time. */
static void note_limits(const struct lg_plan *plan, struct lg_record *record)
{
    for (size_t i = 0; i < plan->user_count; i++) {
        const struct lg_users *users = &plan->users[i];
        if (users->used_up != NULL) {
            *LG_ARENA_PUSH(record->arena, record->notes, record->note_count) = lg_arena_printf(
                record->arena,
                "the load of %s ends after %llu arrivals: each row of the data %s is taken once",
                users->name, (unsigned long long)users->iterations, users->used_up);
        }
    }
}

bool lg_session_options_fit(const struct lg_session_options *options)
{
    const char *how = options->annotations;
    uint64_t port = 0;
    if (options->metrics != NULL &&
        (lg_read_count(lg_str(options->metrics), &port) != NULL || port > UINT16_MAX)) {
        lg_usage_error("--metrics %s: a port is a number up to 65535, 0 for any free one",
                       options->metrics);
        return false;
    }
    bool known = how == NULL || strcmp(how, "github") == 0 || strcmp(how, "none") == 0;
    if (!known) {
        lg_usage_error("--annotations %s: there are github and none", how);
    }
    return known;
}

static void prepare(struct session *s)
{
    s->cores = lg_cores_reserve(s->plan->threads, s->record->arena);
    *LG_ARENA_PUSH(s->record->arena, s->record->notes, s->record->note_count) = s->cores.note;
    note_limits(s->plan, s->record);
    lg_watch_init(&s->watch, s->plan, s->options->quiet);
}

/* The session from its first trial to what its record says; false: nothing was measured. */
static bool measure(struct session *s)
{
    run_trials(s);
    s->record->interrupted = stop_signal != 0;
    if (!measured_anything(s->record)) {
        return false;
    }
    lg_analyse(s->record, s->plan);
    note_calibration(s->record);
    return true;
}

static int code_of_nothing(const struct session *s)
{
    return stop_signal != 0 ? 128 + stop_signal : s->refused ? LG_EXIT_USAGE : LG_EXIT_TARGET;
}

int lg_session_measure(const struct lg_plan *plan, const struct lg_session_options *options,
                       struct lg_record **record)
{
    struct session s = {.plan = plan, .options = options};
    watch_signals();
    s.record = begin_record(plan, options);
    prepare(&s);
    bool measured = measure(&s);
    int code = measured ? exit_code(&s) : code_of_nothing(&s);
    lg_watch_fini(&s.watch);
    *record = measured ? s.record : NULL;
    if (!measured) {
        lg_record_free(s.record);
    }
    return code;
}

int lg_session(const struct lg_plan *plan, const struct lg_session_options *options)
{
    struct session s = {.plan = plan, .options = options};
    int code;
    if (options->kept != NULL) {
        *options->kept = NULL;
    }
    watch_signals();
    s.record = begin_record(plan, options);
    if (!open_live_page(&s)) {
        lg_record_free(s.record);
        return LG_EXIT_USAGE;
    }
    const char *folder = run_folder(&s);
    const char *why = obstacle(&s, folder);
    if (why != NULL) {
        fprintf(stderr, "loadgen: %s\n", why);
        lg_live_page_free(s.live);
        lg_record_free(s.record);
        return LG_EXIT_USAGE;
    }
    prepare(&s);
    begin_journal(&s, folder);
    if (!measure(&s)) {
        end_journal(&s, folder, false);
        if (folder != NULL) {
            rmdir(folder); /* empty, unless it was somebody else's */
        }
        code = code_of_nothing(&s);
    } else {
        int written = lg_session_report(s.record, options, folder);
        end_journal(&s, folder, written != LG_EXIT_OK);
        annotate(s.record, options->annotations);
        code = written != LG_EXIT_OK ? written : exit_code(&s);
    }
    lg_watch_fini(&s.watch);
    lg_live_page_free(s.live);
    if (options->kept != NULL) {
        *options->kept = s.record;
    } else {
        lg_record_free(s.record);
    }
    return code;
}
