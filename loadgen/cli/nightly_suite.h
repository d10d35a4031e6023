/* The scenarios of a night: read before anything starts, run within the budget, and what each found
 * in the form in which the history keeps it. */
#ifndef LG_CLI_NIGHTLY_SUITE_H
#define LG_CLI_NIGHTLY_SUITE_H

#include "cli/cli.h"
#include "history/history.h"
#include "measure/record.h"

struct lg_nightly_options {
    const char *command; /* as the user typed it */
    const char *out;     /* folder of the pages and of the runs */
    const char *commit;  /* of what is measured; NULL: to be found out */
    const char *good;    /* folder of the last good version's checkout; NULL: not at hand */
    lg_ns budget;        /* of the whole night; LG_NEVER: no limit */
    unsigned trials;     /* of each target; 0: as the scenario says, at least LG_NIGHTLY_TRIALS */
    bool quiet;
};

/* One scenario of the suite. */
struct lg_nightly_scenario {
    const char *file;
    struct lg_plan *plan; /* owned */
    struct lg_plan *good; /* owned; the last good version's targets; NULL: not at hand */
    const char *folder;   /* of its run, relative to `out`; "": none could be made */
    unsigned trials;      /* that were planned */
    lg_ns round;          /* what one trial of each target takes: estimated, then measured */
    const char *missing;  /* why it has no figures; "": it has */
    bool target_failed;   /* a target did not start or died */
    bool valid;           /* at least one target has valid figures */
};

struct lg_nightly_suite {
    struct lg_arena *arena; /* borrowed */
    const struct lg_nightly_options *options;
    struct lg_nightly_scenario *scenarios;
    size_t count;
    lg_ns began;       /* lg_now() */
    int stopped;       /* 130, 143: interrupted; 0: not */
    const char *stamp; /* 20261126T021500Z: names the folders of the night */
    struct lg_history_run *runs;
    size_t run_count;
    struct lg_history_value *values;
    size_t value_count;
    const char **failed; /* "scenario\ntarget" of those that did not start or died */
    size_t failed_count;
    const char **notes;
    size_t note_count;
};

/* Reads all files; the first takes its overrides from `request`.  False: the problems have been
 * printed, nothing was started. */
bool lg_nightly_load(struct lg_nightly_suite *suite, const struct lg_plan_request *request,
                     char **files, size_t count);
void lg_nightly_unload(struct lg_nightly_suite *suite);

/* Runs what fits into the budget, the scenario that has waited longest first.  `before` is what the
 * history knew: a series of it that gets no value gets the reason. */
void lg_nightly_run(struct lg_nightly_suite *suite, const struct lg_history_data *before);

/* What is left of the budget; LG_NEVER: no limit. */
lg_ns lg_nightly_left(const struct lg_nightly_suite *suite);

/* One run of a plan into a folder below `out`, with `repeats` as in struct lg_session_options.  The
 * record is the caller's, NULL if there is none.  The exit code of the session; sets
 * suite->stopped. */
int lg_nightly_session(struct lg_nightly_suite *suite, const struct lg_plan *plan,
                       const char *folder, unsigned repeats, struct lg_record **record);

void lg_nightly_note(struct lg_nightly_suite *suite, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
