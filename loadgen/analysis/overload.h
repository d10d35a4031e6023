/* What a server carries while more is offered than it can carry, and how soon it is itself again.
 *
 * One run has three parts: warm-up at a load below the capacity, an overload of so many times the
 * capacity, and that first load again.  The connections stay, so nothing that an overload leaves
 * behind is swept away between its parts (Bronson et al., "Metastable Failures", HotOS'21). */
#ifndef LG_ANALYSIS_OVERLOAD_H
#define LG_ANALYSIS_OVERLOAD_H

#include "analysis/search.h"
#include "measure/record.h"

struct lg_plan; /* scenario/plan.h */

enum {
    LG_OVERLOAD_TRIALS = 3,   /* counted ones, for the range of the goodput */
    LG_OVERLOAD_ATTEMPTS = 3, /* at each of them, where machine or generator were in the way */
    LG_OVERLOAD_AFTER_S = 3,  /* seconds that must meet the objectives together */
};
#define LG_OVERLOAD_BASE 0.7 /* of the capacity: the load before and after */

/* How a trial is made. */
struct lg_overload_course {
    double rate, base;       /* arrivals per second: the overload, and before and after it */
    unsigned seconds, after; /* whole seconds of the overload, and of the load after it; > 0 */
    lg_ns patience;          /* how long an arrival waits for a connection until it is shed */
};

struct lg_overload_trial {
    double rate, base; /* as above */
    double seconds;
    enum lg_search_verdict verdict; /* HOLDS, FAILS (the server ended): it counts */
    const char *why;                /* what was in the way, or how it failed; "" */
    double goodput;       /* iterations that completed, status and checks included, at a time within
                              the overload, per second of it */
    double refused_share; /* of those due in the overload: shed, dropped, failed or timed out */
    double p50_ns, p99_ns; /* response time of the main step, of those that did succeed; -1: none */
    double recovery_s; /* after the overload, until LG_OVERLOAD_AFTER_S seconds together meet the
                              objectives, in whole seconds; 0: at once; INFINITY: not within
                              watched_s; -1: no objective is told by the second */
    double watched_s;
    double cores; /* that the server used in the overload; -1: not sampled */
    double generator_cores;
};

/* Fills *out from a record of one target and one trial with the window [0, seconds + after).  The
 * objectives that count are limits on the response time of a step that is not set-up or on
 * deliveries (of which lost ones are not told by the second) and on the rate of errors.  A trial in
 * which the generator or the machine was in the way is GENERATOR or DISTURBED.  Lateness alone is
 * borne up to `patience`, or 1 % of the overload: as long as arrivals wait, the server is not short
 * of them.  Texts of the arena. */
void lg_overload_judge(const struct lg_plan *plan, const struct lg_record *record,
                       const struct lg_overload_course *how, struct lg_arena *arena,
                       struct lg_overload_trial *out);

/* Whether the trial says anything of the target. */
bool lg_overload_counts(const struct lg_overload_trial *trial);

/* Of the trials that count. */
struct lg_overload_sum {
    size_t count;                 /* 0: the rest is 0 */
    double goodput, low, high;    /* mean, least and greatest */
    double recovery_s, watched_s; /* the longest; INFINITY and -1 as above */
    double p50_ns, refused_share; /* means; p50 -1: none */
    bool died;                    /* the server ended in one */
};
struct lg_overload_sum lg_overload_sum(const struct lg_overload_trial *trials, size_t count);

#endif
