#include "cli/nightly_night.h"

#include "base/clock.h"
#include "cli/nightly_commit.h"
#include "cli/nightly_figures.h"
#include "cli/nightly_page.h"
#include "cli/nightly_rerun.h"
#include "measure/environment.h"
#include "report/write.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

struct night {
    struct lg_nightly_suite *suite;
    const struct lg_nightly_upkeep *upkeep;
    const struct lg_nightly_outputs *outputs;
    struct lg_arena *arena;
    struct lg_history *history;
    struct lg_history_data data;
    struct lg_nightly_result found;
    struct lg_trend_page page;
    bool lost;    /* something that should have been kept was not */
    bool no_page; /* trend.html among it */
};

/* Notes one failure to keep something; the night goes on. */
static void lose(struct night *n, const char *why)
{
    fprintf(stderr, "loadgen: %s\n", why);
    lg_nightly_note(n->suite, "%s", why);
    n->lost = true;
}

/* ---- the history ---- */

/* Reads and judges; where that fails what was seen last stays. */
static bool look(struct night *n)
{
    const char *why = NULL;
    struct lg_history_data data;
    if (!lg_history_read(n->history, 0, n->arena, &data, &why)) {
        lose(n, why);
        return false;
    }
    n->data = data;
    lg_nightly_detect(&n->data.in, n->arena, &n->found);
    return true;
}

/* SHA-256 over the files' own digests: another suite is told apart by it. */
static const char *suite_digest(const struct night *n)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned bytes = 0;
    struct lg_buf all = {0}, hex = {0};
    for (size_t i = 0; i < n->suite->count; i++) {
        lg_buf_adds(&all, lg_figures_digest(n->suite->scenarios[i].plan, n->arena));
    }
    LG_ASSERT(EVP_Digest(all.p, all.n, digest, &bytes, EVP_sha256(), NULL) == 1);
    for (unsigned i = 0; i < bytes; i++) {
        lg_buf_addf(&hex, "%02x", digest[i]);
    }
    const char *text = lg_arena_strndup(n->arena, hex.p, hex.n);
    lg_buf_free(&all);
    lg_buf_free(&hex);
    return text;
}

static const char *suite_files(const struct night *n)
{
    const char *text = "";
    for (size_t i = 0; i < n->suite->count; i++) {
        text = lg_arena_printf(n->arena, "%s%s%s", text, i > 0 ? " " : "",
                               n->suite->scenarios[i].file);
    }
    return text;
}

static void append(struct night *n, const char *started_at)
{
    const struct lg_nightly_suite *s = n->suite;
    const char *why = NULL;
    struct lg_environment environment = lg_environment_read(n->arena, LG_VERSION);
    struct lg_history_night night = {
        .id = lg_arena_printf(n->arena, "%s-%" PRIdMAX, s->stamp, (intmax_t)getpid()),
        .started_at = started_at,
        .commit = lg_nightly_commit(s, n->arena),
        .suite = suite_files(n),
        .suite_digest = suite_digest(n),
        .environment = lg_figures_environment(&environment, n->arena),
        .note = s->stopped != 0 ? "interrupted" : "",
        .runs = s->runs,
        .run_count = s->run_count,
        .values = s->values,
        .value_count = s->value_count,
    };
    if (!lg_history_append(n->history, &night, NULL, &why)) {
        lose(n, why);
        lose(n, lg_arena_printf(n->arena,
                                "this night is not in the history; its runs are in %s/runs/%s-*",
                                s->options->out, s->stamp));
    }
}

/* ---- measuring ---- */

static void measure_again(struct night *n)
{
    struct lg_nightly_reruns reruns;
    const char *why = NULL;
    lg_nightly_rerun(n->suite, &n->data, &n->found, &reruns);
    for (size_t i = 0; i < reruns.note_count; i++) {
        if (!lg_history_add_note(n->history, &reruns.notes[i], &why)) {
            lose(n, why);
        }
    }
    if (reruns.made > 0) {
        size_t proven = 0;
        for (size_t i = 0; i < reruns.note_count; i++) {
            proven += reruns.notes[i].verdict == LG_NIGHTLY_PROVEN;
        }
        lg_nightly_note(n->suite,
                        "measured again beside the last good version: %zu series; worse there: "
                        "%zu",
                        reruns.made, proven);
    }
}

/* A second has one night: a short one that follows waits for the next, or it would overwrite the
 * runs of the one before. */
static const char *free_stamp(const struct night *n)
{
    const char *folder = NULL, *stamp;
    do {
        if (folder != NULL) {
            nanosleep(&(struct timespec){.tv_nsec = 100 * LG_MS}, NULL);
        }
        stamp = lg_utc(n->arena, "%Y%m%dT%H%M%SZ");
        folder = lg_arena_printf(n->arena, "%s/runs/%s-%s", n->suite->options->out, stamp,
                                 n->suite->scenarios[0].plan->name);
    } while (access(folder, F_OK) == 0);
    return stamp;
}

static void run(struct night *n)
{
    const char *started_at = lg_utc(n->arena, "%Y-%m-%dT%H:%M:%SZ");
    n->suite->stamp = free_stamp(n);
    n->suite->began = lg_now();
    lg_nightly_run(n->suite, &n->data);
    append(n, started_at);
    if (n->data.night_count > 0 &&
        strcmp(started_at, n->data.nights[n->data.night_count - 1].started_at) < 0) {
        lg_nightly_note(n->suite,
                        "the clock was set back: the night before this one says %s; the order of "
                        "nights is that in which they ran",
                        n->data.nights[n->data.night_count - 1].started_at);
    }
    if (look(n) && n->suite->stopped == 0 && !n->lost) {
        measure_again(n);
        look(n);
    }
}

/* ---- the pages ---- */

static bool write_one(struct night *n, const char *path,
                      void (*make)(const struct lg_trend_page *, struct lg_buf *))
{
    struct lg_buf out = {0};
    make(&n->page, &out);
    const char *why = lg_report_write_file(path, lg_buf_slice(&out), n->arena);
    if (why != NULL) {
        lose(n, why);
    }
    lg_buf_free(&out);
    return why == NULL;
}

static void write_pages(struct night *n)
{
    static const struct {
        const char *name;
        void (*make)(const struct lg_trend_page *, struct lg_buf *);
    } files[] = {{"trend.json", lg_trend_json},
                 {"trend.html", lg_trend_html},
                 {"summary.md", lg_trend_markdown},
                 {"junit.xml", lg_trend_junit}};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        const char *path =
            lg_arena_printf(n->arena, "%s/%s", n->suite->options->out, files[i].name);
        bool written = write_one(n, path, files[i].make);
        n->no_page = n->no_page || (!written && files[i].make == lg_trend_html);
    }
    if (n->outputs->junit != NULL) {
        write_one(n, n->outputs->junit, lg_trend_junit);
    }
    if (n->outputs->json != NULL && strcmp(n->outputs->json, "-") != 0) {
        write_one(n, n->outputs->json, lg_trend_json);
    }
}

static void print(const struct night *n)
{
    struct lg_buf out = {0};
    bool colour = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL;
    bool other = n->upkeep->export != NULL && strcmp(n->upkeep->export, "-") == 0;
    if (n->outputs->json != NULL && strcmp(n->outputs->json, "-") == 0) {
        lg_trend_json(&n->page, &out);
    } else if (!other) {
        lg_trend_text(&n->page, n->no_page ? NULL : n->suite->options->out, colour, &out);
    }
    lg_print(lg_buf_slice(&out));
    lg_buf_free(&out);
}

/* On stderr, which GitHub's runner reads as well: stdout is for the results. */
static void annotate(const struct night *n)
{
    const char *how = n->outputs->annotations, *actions = getenv("GITHUB_ACTIONS");
    bool there = actions != NULL && strcmp(actions, "true") == 0;
    if (how != NULL ? strcmp(how, "github") == 0 : there) {
        struct lg_buf out = {0};
        lg_trend_annotations(&n->page, &out);
        fwrite(out.p, 1, out.n, stderr);
        lg_buf_free(&out);
    }
}

static void make_page(struct night *n)
{
    lg_nightly_page(n->suite->options, n->upkeep->history, &n->data, &n->found,
                    n->suite->count > 0 ? n->suite : NULL, n->arena, &n->page);
}

/* ---- from start to end ---- */

static int code_of(const struct night *n)
{
    const struct lg_nightly_suite *s = n->suite;
    bool valid = false, failed = false;
    if (s->count == 0) {
        return n->lost ? LG_EXIT_OURS : LG_EXIT_OK; /* upkeep alone judges nothing */
    }
    for (size_t i = 0; i < s->count; i++) {
        valid = valid || s->scenarios[i].valid;
        failed = failed || s->scenarios[i].target_failed;
    }
    return s->stopped != 0                 ? s->stopped
           : n->lost                       ? LG_EXIT_OURS
           : lg_nightly_open(&n->page) > 0 ? LG_EXIT_OBJECTIVE
           : failed                        ? LG_EXIT_TARGET
           : valid                         ? LG_EXIT_OK
                                           : LG_EXIT_INVALID;
}

/* What is done before a night; false: the user knows why not. */
static bool prepare(struct night *n)
{
    const struct lg_nightly_upkeep *u = n->upkeep;
    if (u->import != NULL && !lg_nightly_import(n->history, u->import, n->arena)) {
        return false;
    }
    if (!look(n)) {
        return false;
    }
    if (u->accept) {
        make_page(n);
        if (!lg_nightly_accept(n->history, &n->data, &n->page,
                               lg_utc(n->arena, "%Y-%m-%dT%H:%M:%SZ"))) {
            return false;
        }
    }
    return true;
}

/* What is done after it. */
static void tidy(struct night *n)
{
    const struct lg_nightly_upkeep *u = n->upkeep;
    size_t kept = lg_nightly_kept(u, &n->data, n->arena);
    if (kept > 0 && lg_nightly_prune(n->history, kept)) {
        lg_nightly_delete_runs(&n->data, n->suite->options->out, kept, n->arena);
    } else if (kept > 0) {
        n->lost = true;
    }
    if (u->export != NULL && !lg_nightly_export(n->history, u->export, n->arena)) {
        n->lost = true;
    }
}

static int go(struct night *n)
{
    if (!prepare(n)) {
        return LG_EXIT_USAGE;
    }
    if (n->suite->count > 0) {
        run(n);
    }
    tidy(n);
    if (n->upkeep->accept || n->upkeep->keep > 0 || n->upkeep->keep_for > 0) {
        look(n);
    }
    make_page(n);
    write_pages(n);
    print(n);
    annotate(n);
    return code_of(n);
}

/* A night has its folder for itself until *lock is closed: two at once would disturb each other's
 * trials.  False: another one is under way. */
static bool take_folder(const char *folder, int *lock)
{
    *lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *lock < 0 || flock(*lock, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

static int run_in_folder(struct night *n)
{
    const char *why = NULL;
    int lock = -1, code = LG_EXIT_USAGE;
    n->history = lg_history_open(n->upkeep->history, LG_HISTORY_WRITE, n->arena, &why);
    if (n->history == NULL) {
        return lg_usage_error("%s", why);
    }
    if (n->suite->count > 0 && !take_folder(n->suite->options->out, &lock)) {
        lg_usage_error("%s: another night is under way there, and two at once would disturb each "
                       "other; run this one when that has ended",
                       n->suite->options->out);
    } else {
        code = go(n);
    }
    if (lock >= 0) {
        close(lock);
    }
    lg_history_close(n->history);
    return code;
}

int lg_nightly_night(struct lg_nightly_suite *suite, const struct lg_nightly_upkeep *upkeep,
                     const struct lg_nightly_outputs *outputs)
{
    struct night n = {.suite = suite, .upkeep = upkeep, .outputs = outputs, .arena = suite->arena};
    const char *why = lg_report_make_folder(suite->options->out, n.arena);
    return why != NULL ? lg_usage_error("%s", why) : run_in_folder(&n);
}
