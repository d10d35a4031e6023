/* Progress on stderr while a session goes on. */
#ifndef LG_CLI_WATCH_H
#define LG_CLI_WATCH_H

#include "engine/run.h"
#include "report/progress.h"

struct lg_watch {
    const struct lg_plan *plan; /* borrowed */
    struct lg_progress progress;
    struct lg_progress_writer writer;
    struct lg_buf out;             /* owned */
    struct lg_progress_done *done; /* owned, per target of the plan */
    unsigned begun;                /* trials, of all targets */
    bool quiet;
};

void lg_watch_init(struct lg_watch *watch, const struct lg_plan *plan, bool quiet);
void lg_watch_fini(struct lg_watch *watch);
void lg_watch_trial(struct lg_watch *watch, const char *target, unsigned trial, unsigned trials);
/* A trial of that target (index in the plan) has ended. */
void lg_watch_done(struct lg_watch *watch, size_t target, const struct lg_trial_result *trial);
void lg_watch_phase(struct lg_watch *watch, const char *phase, const char *target);
void lg_watch_erase(struct lg_watch *watch);
void lg_watch_state(void *watch, const struct lg_run_state *state); /* lg_run_options.on_state */

#endif
