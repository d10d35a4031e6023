/* All trials of a plan, one after the other, and what comes of them: the record, the reports, the
 * exit code. */
#ifndef LG_CLI_SESSION_H
#define LG_CLI_SESSION_H

#include "cli/cli.h"
#include "measure/record.h"

struct lg_session_options {
    const char *command;     /* as the user typed it, for the record */
    const char *out;         /* run folder; NULL: reports/runs/<time>-<name> */
    const char *json;        /* file for run.json, "-" for stdout; NULL: none */
    const char *metrics;     /* port of the live page on the loopback address; NULL: none */
    const char *annotations; /* "github", "none"; NULL: github where GITHUB_ACTIONS is "true" */
    bool no_folder;          /* write no run folder */
    /* Not NULL: here the caller gets the record, which it frees, whatever became of it, or NULL if
     * nothing was begun; and no summary is printed. */
    struct lg_record **kept;
    /* How many trials that this machine disturbed (late sends, steal: checks that the next one may
     * pass) are given up and measured again, with a fresh server; each is noted in the record.  One
     * trial at most twice, and only of targets that the session starts itself. */
    unsigned repeats;
    bool quiet; /* no progress */
};

/* 128 + the number of the signal that asked the program to end, since its first session; 0: none.
 * A second such signal ends the program at once. */
int lg_session_stopped(void);

/* Whether the values of the options exist; complains if not. */
bool lg_session_options_fit(const struct lg_session_options *options);

/* Runs the plan and writes everything; the exit code. */
int lg_session(const struct lg_plan *plan, const struct lg_session_options *options);

/* Runs the plan and writes nothing: *record is what was found, analysed and judged, or NULL where
 * nothing could be measured (the user knows why).  The exit code as above; the caller frees the
 * record.  Of the options only command and quiet count. */
int lg_session_measure(const struct lg_plan *plan, const struct lg_session_options *options,
                       struct lg_record **record);

/* Writes the reports of a finished record to `folder` (NULL: none) and prints the summary. */
int lg_session_report(const struct lg_record *record, const struct lg_session_options *options,
                      const char *folder);

#endif
