/* What the trials of one target found together: histograms added, counts summed.  Percentiles are
 * never averaged.  Rows are found by name: trials list the same steps, but a died one may lack
 * some. */
#ifndef LG_ANALYSIS_POOLED_H
#define LG_ANALYSIS_POOLED_H

#include "measure/record.h"

/* A time over trials and, where several kinds of users share the step, over those. */
struct lg_pooled {
    struct lg_hist *hist; /* owned */
    uint64_t above;       /* known only to lie above: failed, lost, out of the histogram's range */
};

/* What to pool: a name of its kind, in some or all trials. */
enum lg_pooled_kind {
    LG_POOL_STEP,
    LG_POOL_DELIVERY,
    LG_POOL_SPREAD,
    LG_POOL_ITERATION,
    LG_POOL_FIRST_EVENT, /* of streams, from here on */
    LG_POOL_GAP,
    LG_POOL_RECONNECT,
    LG_POOL_PAUSE,
};
struct lg_pooled_what {
    enum lg_pooled_kind kind;
    const char *name;    /* of the step, the deliveries or the users */
    enum lg_phase phase; /* LG_POOL_STEP */
};

/* Over `count` trials.  Free with lg_pooled_fini.  O(slots in use). */
struct lg_pooled lg_pooled_of(const struct lg_trial_result *trials, size_t count,
                              const struct lg_pooled_what *what);
void lg_pooled_fini(struct lg_pooled *pooled);

uint64_t lg_pooled_count(const struct lg_pooled *pooled); /* values and those above */
/* -1: nothing measured; LG_NEVER: the rank falls among those above, or all are. */
lg_ns lg_pooled_quantile(const struct lg_pooled *pooled, double q);
/* Are at least 10 values expected beyond the q-quantile, so that it may be printed? */
bool lg_pooled_supports(const struct lg_pooled *pooled, double q);

/* Sums over a target's trials. */
struct lg_totals {
    double window_s;
    struct lg_accounting arrivals; /* of all kinds of users */
    double intended;               /* open arrivals: intended_per_s times the window */
    double achieved;               /* iterations completed inside the window */
    uint64_t exchanges, failed;    /* of all steps, set-up ones too */
    uint64_t messages, expected, received, lost, duplicated, reordered; /* deliveries */
};
struct lg_totals lg_totals_of(const struct lg_target_result *target);

bool lg_users_open(const struct lg_users_result *users);   /* arrivals constant, poisson, trace */
bool lg_users_closed(const struct lg_users_result *users); /* arrivals closed */
/* Of the kind of user whose step it is; NULL: the trial lists no such users. */
const struct lg_users_result *lg_step_users(const struct lg_trial_result *trial,
                                            const struct lg_step_result *step);
/* The step that the run is about: the non-set-up step with most exchanges, else the set-up step
 * with most; the earlier one of equals.  NULL: none. */
const struct lg_step_result *lg_main_step(const struct lg_trial_result *trial);

#endif
