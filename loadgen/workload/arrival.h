/* workload/ says when work should start: arrival processes and stages, as absolute intended start
 * times.  Pure functions of (stages, seed): no clock, no thread.  Rank 1: includes base/ only. */
#ifndef LG_WORKLOAD_ARRIVAL_H
#define LG_WORKLOAD_ARRIVAL_H

#include "base/base.h"
#include "base/rng.h"
#include "workload/trace.h"

enum lg_arrival_process {
    LG_ARRIVAL_NONE,     /* no arrivals: users only listen */
    LG_ARRIVAL_CLOSED,   /* the next iteration starts when the last one ended (closed model) */
    LG_ARRIVAL_CONSTANT, /* open model, equal gaps at a constant rate */
    LG_ARRIVAL_POISSON,  /* open model, exponential gaps: many independent users */
    LG_ARRIVAL_TRACE,    /* open model, at the times of a trace; ends with it */
};

/* The rate at a time since the load began; linear between two stages, constant after the last.  Two
 * stages at one time are a step.  Times ascend, rates are >= 0, the first stage is at 0. */
struct lg_stage {
    lg_ns at;
    double rate_per_s;
};

/* The integral of the rate from 0 to t: the expected number of arrivals. O(stages). */
double lg_stages_count(const struct lg_stage *stages, size_t n, lg_ns t);

/* The earliest time at which that integral reaches `count`; LG_NEVER if it never does. O(stages).
 */
lg_ns lg_stages_when(const struct lg_stage *stages, size_t n, double count);

/* One schedule, or one thread's share of it.  The whole sequence depends on (stages, process, seed)
 * alone; thread j of k takes arrivals j, j + k, j + 2k ... of it, so the superposition over threads
 * is exactly the declared process, however many threads there are. */
struct lg_arrivals {
    const struct lg_stage *stages; /* borrowed */
    size_t stage_count;
    enum lg_arrival_process process; /* CONSTANT, POISSON or TRACE */
    const struct lg_trace *trace;    /* borrowed; TRACE */
    double speed;                    /* TRACE */
    struct lg_rng rng;
    uint64_t index;      /* of the next arrival of this share */
    uint64_t stride;     /* number of shares */
    uint64_t generated;  /* Poisson: arrivals of the whole schedule drawn so far */
    double mass;         /* Poisson: integral of the rate at the last of them */
    size_t segment;      /* cursor into the stages */
    double segment_mass; /* integral at the start of that segment */
};

/* `share` in [0, shares).  `purpose` separates the streams of several schedules with one seed. */
void lg_arrivals_init(struct lg_arrivals *a, const struct lg_stage *stages, size_t stage_count,
                      enum lg_arrival_process process, uint64_t seed, uint64_t purpose,
                      unsigned share, unsigned shares);

/* The arrivals of a trace, its times divided by `speed` > 0. */
void lg_arrivals_init_trace(struct lg_arrivals *a, const struct lg_trace *trace, double speed,
                            unsigned share, unsigned shares);

/* When request `index` < count of the trace is due. */
lg_ns lg_trace_when(const struct lg_trace *trace, double speed, uint64_t index);

/* The next intended start, ns since the load began, and the arrival's index in the whole schedule;
 * LG_NEVER when the rate stays 0 from there on, or the trace has ended.  Amortised O(shares). */
lg_ns lg_arrivals_next(struct lg_arrivals *a, uint64_t *index);

#endif
