/* history/ keeps what the nights measured: one SQLite file.  Rank 4.  The order of nights is the
 * order in which they were appended, whatever the clock said.
 *
 * Errors: a function that can fail returns false and puts one sentence into *why (of the arena that
 * the file was opened with) that says what is wrong with which file and what to do about it.
 * Nothing is overwritten or half written: each change is one transaction, and two programs may use
 * one file at once (a writer waits up to a minute for another).
 *
 * The file is a plain SQLite 3 database with a rollback journal beside it while it is written;
 * its tables are described in docs/nightly.md. */
#ifndef LG_HISTORY_HISTORY_H
#define LG_HISTORY_HISTORY_H

#include "analysis/nightly.h"
#include "base/arena.h"

struct lg_history;

enum lg_history_mode {
    LG_HISTORY_READ,  /* must exist; is not changed */
    LG_HISTORY_WRITE, /* made if it does not exist */
};

/* Opens, looks whether the file is sound (quick_check) and of a version that is known.  NULL: *why.
 * `arena` owns the messages of all functions and must live as long. */
struct lg_history *lg_history_open(const char *path, enum lg_history_mode mode,
                                   struct lg_arena *arena, const char **why);
void lg_history_close(struct lg_history *history); /* NULL ok */

/* One metric of one target in one scenario, of one night. */
struct lg_history_value {
    const char *scenario, *target, *metric, *unit;
    bool less_is_better, share;
    const double *trials; /* finite; empty: no data that night */
    size_t trial_count;
    const char *missing; /* why there is no data: one sentence; "" or NULL with trials */
    bool only_median;    /* `median` is all that is known of the trials: of a pruned night */
    double median;       /* with only_median; else made from the trials */
};

/* One scenario's run in a night. */
struct lg_history_run {
    const char *scenario;
    const char *folder;  /* of the run, as a link for the trend page may use it; "" none */
    const char *digest;  /* of the settings that shape the load; another one is a break */
    const char *missing; /* why it has no figures; "" or NULL: it has */
};

struct lg_history_night {
    const char *id;         /* names the night for ever, [A-Za-z0-9._:-]{1,100} */
    const char *started_at; /* UTC, 2026-11-26T02:15:00Z */
    const char *commit;     /* of the system under test; "" unknown */
    const char *suite;      /* the files, as the user named them */
    const char *suite_digest;
    const char *environment; /* one text; another one is a break for every series */
    const char *note;        /* shown with the night ("interrupted", ...); "" or NULL: none */
    const struct lg_history_run *runs;
    size_t run_count;
    const struct lg_history_value *values;
    size_t value_count;
    /* Filled in when read, not looked at when appended. */
    bool clock_back; /* started before the night that was appended before it */
    bool broken;     /* another environment than the night before */
    bool pruned;     /* its trials were dropped by lg_history_prune; the medians are there */
};

/* Appends one night, all of it or nothing; a scenario has at most one run in it and a series one
 * value, else it fails.  A night of the same id that is there already leaves the
 * file as it is: *there says so (may be NULL). */
bool lg_history_append(struct lg_history *history, const struct lg_history_night *night,
                       bool *there, const char **why);

/* What a re-run found, or that somebody knows of a change. */
enum lg_history_note_kind {
    LG_HISTORY_RERUN,        /* verdict, ratio, low, high and pairs are meant */
    LG_HISTORY_ACKNOWLEDGED, /* a change is meant to be so: it fails no job any more */
};
struct lg_history_note {
    enum lg_history_note_kind kind;
    const char *night; /* id of the first night of the change */
    const char *scenario, *target, *metric;
    const char *good; /* RERUN: id of the night of the last good version, "" unknown */
    enum lg_nightly_verdict verdict;
    double ratio, low, high;
    size_t pairs;
    const char *at;   /* UTC */
    const char *text; /* what a reader should know; "" or NULL: nothing */
};

/* Adds a note; the same kind about the same change replaces the one before.  False also if there
 * is no such night. */
bool lg_history_add_note(struct lg_history *history, const struct lg_history_note *note,
                         const char **why);

/* Everything, ready for lg_nightly_detect. */
struct lg_history_data {
    struct lg_history_night *nights; /* oldest first; their `values` are empty: see `in.series` */
    size_t night_count;
    struct lg_nightly in;          /* series by scenario, target, metric; notes of re-runs */
    const char **missing;          /* [series * night_count + night]: why there is no value; "" */
    struct lg_history_note *notes; /* all, in the order in which they were added */
    size_t note_count;
};

/* The last `most` nights (0: all) in one consistent view, of `arena`.  A series breaks where
 * the environment or its scenario's digest changed, at the first night from there that has a value.
 */
bool lg_history_read(struct lg_history *history, size_t most, struct lg_arena *arena,
                     struct lg_history_data *out, const char **why);

/* CSV; columns and rules are in docs/nightly.md.  An export holds all that the file does: imported
 * into an empty history it makes an equal one, which exports the same bytes. */
struct lg_buf;
bool lg_history_export(struct lg_history *history, struct lg_buf *out, const char **why);

/* Appends the nights of a CSV text that are not there yet, all or nothing; `name` is the file's
 * name for messages.  Mistakes are all told at once in *why, one a line, each as
 * "name:line:column: message".  *added and *there (may be NULL) count nights. */
bool lg_history_import(struct lg_history *history, struct lg_slice csv, const char *name,
                       size_t *added, size_t *there, const char **why);

/* Keeps the last `nights` (>= 1) whole.  Of older ones trials and names of run folders go; night,
 * commit and each value's median stay: the levels that a later change is held against, and the
 * evidence of every change that was found.  *pruned (may be NULL): nights that lost something. */
bool lg_history_prune(struct lg_history *history, size_t nights, size_t *pruned, const char **why);

#endif
