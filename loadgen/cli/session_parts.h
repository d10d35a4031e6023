/* A session under way, as its parts know it.  Only the session*.c files include this. */
#ifndef LG_CLI_SESSION_PARTS_H
#define LG_CLI_SESSION_PARTS_H

#include "cli/beside.h"
#include "cli/cores.h"
#include "cli/live.h"
#include "cli/session.h"
#include "cli/watch.h"
#include "measure/journal.h"

struct lg_session {
    const struct lg_plan *plan;               /* borrowed */
    const struct lg_session_options *options; /* borrowed */
    const volatile int *stop;                 /* the signal that ends it; 0: none came */
    struct lg_record *record;                 /* owned */
    struct lg_watch watch;
    struct lg_live_page *live;  /* NULL: none */
    struct lg_journal *journal; /* NULL: none */
    bool journal_told;          /* that it could not be written */
    struct lg_cores cores;
    struct lg_beside beside;
    bool target_failed;
    bool failed;       /* a target of which not one exchange succeeded */
    bool refused;      /* nothing could be started at all */
    unsigned repeats;  /* that are left */
    unsigned attempts; /* at the trial under way, with this one */
    bool again;        /* it is to be repeated */
};

/* The record before its first trial: scenario, settings, environment, targets.  The caller frees
 * it. */
struct lg_record *lg_session_frame(const struct lg_plan *plan, const char *command);

/* What a server says of its versions at /about, once for each target; nothing if it says none. */
void lg_session_ask(struct lg_record *record, struct lg_target_result *target, const char *url);

/* Loads that end with their data, and not with the time. */
void lg_session_note_limits(const struct lg_plan *plan, struct lg_record *record);

/* After the trials: kinds of users whose iterations were used up in the warm-up, and WebSockets
 * that were not compressed although the scenario asks for it. */
void lg_session_note_users(const struct lg_plan *plan, struct lg_record *record);

/* Targets whose answers led elsewhere although the scenario does not expect it. */
void lg_session_note_redirects(struct lg_record *record);

/* Targets of which not one exchange succeeded, and their number, with a note for each. */
size_t lg_session_note_failures(struct lg_record *record);

/* What `loadgen selftest` found out about this machine, if it ever ran here. */
void lg_session_note_calibration(struct lg_record *record);

/* All trials of all targets, until the session is stopped; they stand in the record then. */
void lg_session_run_trials(struct lg_session *session);

/* Missed objectives for GitHub's runner, where options->annotations or the environment ask so. */
void lg_session_annotate(const struct lg_record *record, const char *annotations);

#endif
