/* Checks of the measurement on itself.  A breach means that the figures say something about the
 * generator, the machine or our own book-keeping instead of the target. */
#ifndef LG_ANALYSIS_VALIDITY_H
#define LG_ANALYSIS_VALIDITY_H

#include "measure/record.h"

/* The limits, in one place. */
#define LG_VALID_SENT      0.995 /* taken up / intended arrivals, over the window */
#define LG_VALID_SECOND    0.9   /* the same in the worst second */
#define LG_VALID_LAG       LG_MS /* p99 of the schedule lag, or ... */
#define LG_VALID_LAG_SHARE 0.05  /* ... this share of the step's response p99, if that is more */
#define LG_VALID_BUSY      0.8   /* busiest thread in its busiest 5 s */
#define LG_VALID_BUSY_S    1     /* s; what is done around a shorter window counts for too much */
#define LG_VALID_STEAL     0.02  /* time that the hypervisor gave to others */
#define LG_VALID_LITTLE    0.01  /* beyond what the window's edges explain */
#define LG_VALID_LITTLE_EDGE_S                                                                     \
    0.002                        /* for each iteration at the window's edges, as times are read */
#define LG_VALID_FIT_P    0.001  /* below this the declared arrival process is rejected ... */
#define LG_VALID_CV       0.1    /* ... it matters if the gaps have a cv off by this and by */
#define LG_VALID_JITTER_S 0.0005 /* ... this much lateness (sd) of single sends explains */

enum lg_validity_state {
    LG_VALIDITY_NOT_APPLICABLE, /* nothing of that kind in this trial: no row */
    LG_VALIDITY_NOT_MEASURED,   /* a row that says so; neither met nor breached */
    LG_VALIDITY_MET,
    LG_VALIDITY_BREACHED,
};

struct lg_validity_finding {
    enum lg_validity_state state;
    const char *text; /* of the arena: a sentence with the observed value and the limit */
};

/* One row of the table of checks; how: what is computed and its limit, in words. */
struct lg_validity_check {
    const char *id, *how;
    struct lg_validity_finding (*judge)(const struct lg_trial_result *trial,
                                        struct lg_arena *arena);
};
const struct lg_validity_check *lg_validity_checks(size_t *count);

/* How far the integral of the number in flight and the sum of the window's times, corrected for
 * what crossed its edges, are apart: a share of the larger.  *allowed: the share that passes. */
double lg_validity_little(const struct lg_users_result *users, double *allowed);

/* Evaluates all checks; replaces trial->validity by rows of the arena. */
void lg_validity_judge(struct lg_trial_result *trial, struct lg_arena *arena);

bool lg_validity_breached(const struct lg_trial_result *trial); /* a measured check was not met */
size_t lg_validity_unmeasured(const struct lg_trial_result *trial); /* rows without a measurement */

#endif
