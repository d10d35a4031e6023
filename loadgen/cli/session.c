#include "cli/session.h"

#include "analysis/analyse.h"
#include "analysis/objectives.h"
#include "base/units.h"
#include "cli/session_parts.h"
#include "engine/run_limits.h"
#include "report/write.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
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

int lg_session_stopped(void)
{
    return stop_signal != 0 ? 128 + stop_signal : 0;
}

static bool missed_objective(const struct lg_record *record)
{
    for (size_t i = 0; i < record->objective_count; i++) {
        if (record->objectives[i].state == LG_OBJECTIVE_MISSED) {
            return true;
        }
    }
    return false;
}

static int exit_code(const struct lg_session *s)
{
    if (stop_signal != 0) {
        return lg_session_stopped();
    }
    if (s->target_failed) {
        return LG_EXIT_TARGET;
    }
    if (!s->record->valid) {
        return LG_EXIT_INVALID;
    }
    /* That something succeeds is what any run is for, with objectives or without. */
    return s->failed || missed_objective(s->record) ? LG_EXIT_OBJECTIVE : LG_EXIT_OK;
}

/* False: nothing was started, and the user knows why. */
static bool open_live_page(struct lg_session *s)
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

/* Two runs that begin in the same second do not share one. */
static const char *make_run_folder(const struct lg_session *s, const char **folder)
{
    struct lg_arena *arena = s->record->arena;
    *folder = s->options->out;
    if (*folder != NULL) {
        return lg_report_make_folder(*folder, arena);
    }
    const char *wanted = lg_arena_printf(arena, "reports/runs/%s-%s",
                                         lg_utc(arena, "%Y%m%dT%H%M%SZ"), s->plan->name);
    return s->options->no_folder ? NULL : lg_report_new_folder(wanted, arena, folder);
}

/* Only a run folder has one. */
static void begin_journal(struct lg_session *s, const char *folder)
{
    if (folder != NULL) {
        lg_objectives_judge(s->record, s->plan); /* none yet: that they are there is known */
        s->journal = lg_journal_new(
            lg_arena_printf(s->record->arena, "%s/" LG_JOURNAL_FILE, folder), s->record);
    }
}

/* Needed no more once the record is there. */
static void end_journal(struct lg_session *s, const char *folder, bool keep)
{
    lg_journal_free(s->journal);
    if (s->journal != NULL && !keep) {
        unlink(lg_arena_printf(s->record->arena, "%s/" LG_JOURNAL_FILE, folder));
    }
}

/* NULL, or why run.json cannot come to stand at `path`: it is renamed to there in the end. */
static const char *json_obstacle(const char *path, struct lg_arena *arena)
{
    struct stat info;
    const char *slash = strrchr(path, '/');
    const char *parent = slash == NULL   ? "."
                         : slash == path ? "/"
                                         : lg_arena_strndup(arena, path, (size_t)(slash - path));
    int error = path[0] == '\0'                                   ? ENOENT
                : access(parent, W_OK | X_OK) != 0                ? errno
                : stat(path, &info) == 0 && S_ISDIR(info.st_mode) ? EISDIR
                                                                  : 0;
    return error != 0 ? lg_arena_printf(arena, "cannot write %s: %s", path, strerror(error)) : NULL;
}

/* What would make the run worthless is found before anything starts.  NULL, or a sentence. */
static const char *obstacle(const struct lg_session *s, const char **folder)
{
    const char *why = NULL, *json = s->options->json;
    struct lg_arena *arena = s->record->arena;
    if (!lg_run_possible(s->plan, arena, &why)) {
        return why;
    }
    why = json != NULL && strcmp(json, "-") != 0 ? json_obstacle(json, arena) : NULL;
    return why == NULL ? make_run_folder(s, folder) : why;
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

static void prepare(struct lg_session *s)
{
    s->cores = lg_cores_reserve(s->plan->threads, s->plan->priority, s->record->arena);
    *LG_ARENA_PUSH(s->record->arena, s->record->notes, s->record->note_count) = s->cores.note;
    lg_session_note_limits(s->plan, s->record);
    lg_watch_init(&s->watch, s->plan, s->options->quiet);
}

/* The session from its first trial to what its record says; false: nothing was measured. */
static bool measure(struct lg_session *s)
{
    lg_session_run_trials(s);
    s->record->interrupted = stop_signal != 0;
    if (!measured_anything(s->record)) {
        return false;
    }
    lg_analyse(s->record, s->plan);
    lg_session_note_users(s->plan, s->record);
    lg_session_note_redirects(s->record);
    s->failed = lg_session_note_failures(s->record) > 0;
    lg_session_note_calibration(s->record);
    return true;
}

static int code_of_nothing(const struct lg_session *s)
{
    return stop_signal != 0 ? lg_session_stopped() : s->refused ? LG_EXIT_USAGE : LG_EXIT_TARGET;
}

int lg_session_measure(const struct lg_plan *plan, const struct lg_session_options *options,
                       struct lg_record **record)
{
    struct lg_session s = {.plan = plan, .options = options, .stop = &stop_signal};
    watch_signals();
    s.record = lg_session_frame(plan, options->command);
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
    struct lg_session s = {.plan = plan, .options = options, .stop = &stop_signal};
    int code;
    if (options->kept != NULL) {
        *options->kept = NULL;
    }
    watch_signals();
    s.record = lg_session_frame(plan, options->command);
    if (!open_live_page(&s)) {
        lg_record_free(s.record);
        return LG_EXIT_USAGE;
    }
    const char *folder = NULL;
    const char *why = obstacle(&s, &folder);
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
        lg_session_annotate(s.record, options->annotations);
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
