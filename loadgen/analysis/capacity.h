/* What the trials of a capacity search say: does a trial hold its objectives, and what do all of
 * them together tell of the server. */
#ifndef LG_ANALYSIS_CAPACITY_H
#define LG_ANALYSIS_CAPACITY_H

#include "analysis/overload.h"
#include "analysis/search.h"
#include "analysis/usl.h"
#include "measure/record.h"

struct lg_plan; /* scenario/plan.h */

/* One trial of the search, or of the curve. */
struct lg_capacity_trial {
    double rate;                /* arrivals per second asked for; 0: closed */
    unsigned users;             /* closed: users without think time; 0: open */
    double seconds;             /* length of the measured window */
    enum lg_search_phase phase; /* open */
    enum lg_search_verdict verdict;
    const char *why;       /* the objective, or the check on the generator, that decided */
    double achieved;       /* iterations completed per second */
    double in_flight;      /* their mean number */
    double p50_ns, p99_ns; /* of the main step's response time; -1: none, INFINITY: failed */
    double failed_share;   /* of all exchanges */
    double cpu_s;          /* of the server per completed iteration; -1: not sampled */
    double cores;          /* that the server used; -1: not sampled */
    double generator_cores;
    double others_cores; /* of programs that are neither; -1: not known */
    double *observed;    /* on each objective, in its unit; -1: nothing, INFINITY: failed */
    double recovery_s;   /* until the target then answered as at first; 0: at once or not waited
                          for, INFINITY: not within the limit */
};

struct lg_capacity_result {
    const char *target, *label;
    const char *ended; /* "" or how the target could not be measured any more */
    bool interrupted;
    struct lg_search search;
    struct lg_capacity_trial *trials; /* in the order in which they ran */
    size_t trial_count;
    struct lg_capacity_trial *curve; /* closed trials; may be none */
    size_t curve_count;
    struct lg_overload_trial *overload; /* in the order in which they ran; may be none */
    size_t overload_count;
    struct lg_usl_fit usl; /* over the curve */
    double demand_s;       /* CPU seconds per iteration at the greatest rate that held; -1 */
    double demand_growth;  /* of that from the lowest to the highest load that held, as a ratio */
    double cores_at_low;   /* used at the greatest rate that held; -1: not sampled */
    double generator_cores_at_low;
    double others_cores_at_low; /* -1: not known */
    double idle_response_s; /* mean time of an iteration at the lowest rate that held; -1: none */
    double kneedle;         /* rate at which throughput bends by Kneedle; -1: none */
};

/* Fills everything of *out but rate, users, seconds and phase from a record of one target and one
 * trial.  HOLDS needs every objective met with its 95 % interval (order statistics; as if the
 * exchanges were independent); a count or share is compared as it is.  A trial that is not valid
 * for nothing but lateness still holds or fails where lateness cannot have decided it (see
 * lg_objective_certainty); any other that is not valid says nothing of the server.  Texts go to the
 * arena. */
void lg_capacity_judge(const struct lg_plan *plan, const struct lg_record *record,
                       struct lg_arena *arena, struct lg_capacity_trial *out);

/* Whether the trial says anything of the target: neither generator nor machine was in the way. */
bool lg_capacity_counts(const struct lg_capacity_trial *trial);

/* HOLDS: the generator's checks let the trial say something of the target, as far as lateness
 * alone, of no more than `bearable`, spoils nothing of it.  GENERATOR, DISTURBED: they do not, and
 * *why, of the trial, is the check that was not met; else *why is left alone. */
enum lg_search_verdict lg_capacity_doubt(const struct lg_trial_result *trial, lg_ns bearable,
                                         const char **why);

/* Demand, fit and knee from the trials; to be called once they are all there. */
void lg_capacity_conclude(struct lg_capacity_result *result, unsigned resamples, uint64_t seed);

#endif
