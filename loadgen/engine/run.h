/* One trial: connect everybody, run the load, wait for the last exchange of the window, tell what
 * was found. */
#ifndef LG_ENGINE_RUN_H
#define LG_ENGINE_RUN_H

#include "base/arena.h"
#include "engine/collector.h"
#include "engine/tell.h"
#include "measure/environment.h"
#include "measure/record.h"
#include "scenario/plan.h"
#include "target/target.h"

enum lg_run_phase { LG_PHASE_CONNECTING, LG_PHASE_WARMUP, LG_PHASE_MEASURING, LG_PHASE_COOLDOWN };

/* For a progress display; valid during the call. */
struct lg_run_state {
    enum lg_run_phase phase;
    lg_ns left; /* until the window ends; LG_NEVER: unknown */
    uint64_t connections, connected;
    uint64_t scheduled, completed, failed, in_flight; /* arrivals so far */
    const struct lg_second *second;                   /* newest finished second */
    double generator_cpu;                             /* cores, newest second */
    bool server_sampled;
    double server_cpu; /* cores, newest second */
    uint64_t server_rss_bytes;
};

struct lg_run_options {
    const struct lg_plan *plan;      /* borrowed */
    const char *const *urls;         /* of the target's replicas */
    size_t url_count;                /* >= 1 */
    const char *const *services;     /* urls of plan->services; NULL: there are none */
    unsigned trial;                  /* 1.. ; chooses the trial's seed */
    struct lg_target *target;        /* sampled, and watched for its end; NULL: none */
    struct lg_target *const *beside; /* what runs beside it: watched for its end */
    size_t beside_count;
    const int *cores;         /* one per thread, to pin it to; NULL: the kernel places them */
    const volatile int *stop; /* becomes non-zero: end early, tell what was measured */
    void (*on_state)(void *ctx,
                     const struct lg_run_state *state); /* about four times a second; NULL ok */
    /* Once for each second of the load, soon after nothing of it is open any more: see
     * lg_result_second.  Lent for the call; NULL ok. */
    void (*on_second)(void *ctx, struct lg_trial_result *second);
    void *ctx;
    const struct lg_teller *teller; /* with plan->dry_run: hears of each exchange; else NULL */
};

/* The seed of a trial's arrivals, data and choices; trial >= 1. */
uint64_t lg_run_seed(const struct lg_plan *plan, unsigned trial);

/* Fills *out; texts and arrays come from `arena`, histograms are owned by the record.  False:
 * nothing was started and *why (from `arena`) says why: the address, TLS settings. */
bool lg_run_trial(const struct lg_run_options *options, struct lg_arena *arena,
                  struct lg_trial_result *out, const char **why);

#endif
