/* What one worker counts: one recorder per second of intended start times, so that the measured set
 * is exactly the exchanges whose intended start lies in the window, wherever that window is put
 * afterwards.  A recorder is handed over when its second has passed and nothing of it is open.
 *
 * Counts and histograms lie in flat arrays, so that merging and packing are loops over them. */
#ifndef LG_MEASURE_RECORDER_H
#define LG_MEASURE_RECORDER_H

#include "base/outcome.h"
#include "measure/hist.h"
#include "measure/record.h"
#include "measure/stream_meter.h"

/* 0 leaves out all but response times, outcomes and bytes, so that scripts/bench can tell what the
 * rest of the books costs; such a program finds itself invalid. */
#ifndef LG_FULL_BOOKS
#define LG_FULL_BOOKS 1
#endif

struct lg_shape {
    size_t steps, users, deliveries;
    size_t streams; /* steps whose answers are streams of events or downloads */
};

enum lg_step_count { /* after the LG_OUTCOME_CLASSES */
                     LG_STEP_BYTES_IN = LG_OUTCOME_CLASSES,
                     LG_STEP_BYTES_OUT,
                     LG_STEP_SLOWEST,         /* of steps that ran at once, it ended last */
                     LG_STEP_PARTIAL,         /* of a group: failed, though a step of it did not */
                     LG_STEP_BRANCHES_FAILED, /* of a group: steps of it that failed */
                     LG_STEP_REDIRECTS,       /* answers that led elsewhere, unasked */
                     LG_STEP_COUNTS
};

enum lg_users_count {
    LG_USERS_SCHEDULED,
    LG_USERS_IN_FLIGHT_LAST, /* that number when this second ended */
    LG_USERS_UNFINISHED_NS,  /* intended start to end, summed over those not completed */
    LG_USERS_TAKEN_UP,       /* by the generator at a time within this second, whenever intended */
    LG_USERS_FINISHED,     /* completed at a time within this second, whenever they were intended */
    LG_USERS_IN_FLIGHT_NS, /* integral over this second of the arrivals not yet ended, for Little's
                              law */
    LG_USERS_COMPLETED,
    LG_USERS_FAILED,
    LG_USERS_TIMED_OUT,
    LG_USERS_SHED,
    LG_USERS_DROPPED,
    LG_USERS_IN_FLIGHT_END, /* neither completed nor failed when the load was stopped */
    LG_USERS_CONNECTED,
    LG_USERS_RECONNECTS,
    LG_USERS_COMPRESSED,     /* WebSockets opened with permessage-deflate */
    LG_USERS_LATE_GENERATOR, /* sent more than 1 ms after the intended start, by the main cause */
    LG_USERS_LATE_NO_CONNECTION,
    LG_USERS_LATE_CONNECTING,
    LG_USERS_COUNTS
};

enum lg_deliveries_count {
    LG_DELIVERIES_MESSAGES,
    LG_DELIVERIES_EXPECTED,
    LG_DELIVERIES_RECEIVED,
    LG_DELIVERIES_LOST,
    LG_DELIVERIES_DUPLICATED,
    LG_DELIVERIES_REORDERED,
    LG_DELIVERIES_UNEXPECTED,
    LG_DELIVERIES_COUNTS
};

enum lg_users_hist { LG_USERS_ITERATION, LG_USERS_CONNECT, LG_USERS_LATENESS, LG_USERS_HISTS };
enum lg_deliveries_hist { LG_DELIVERIES_DELIVERY, LG_DELIVERIES_SPREAD, LG_DELIVERIES_HISTS };

/* One class and code of a step's failures, with what the first one looked like. */
struct lg_failure {
    size_t step;
    enum lg_outcome_class class;
    int code;
    uint64_t count;
    lg_ns first_at; /* CLOCK_MONOTONIC */
    char sample[120];
};

enum { LG_TAKE_UP_SAMPLE = 4096 }; /* times of take-ups kept per second and kind of user */

struct lg_take_up_sample {
    lg_ns *at; /* owned: the first take-ups of the second, CLOCK_MONOTONIC */
    size_t count;
    lg_ns cut; /* there were more after this time; LG_NEVER: all are here */
};

struct lg_recorder {
    struct lg_recorder *next; /* link of whatever list it is in */
    struct lg_shape shape;
    int64_t row;           /* second since the window began; negative: warm-up */
    lg_ns begin, end;      /* intended starts in [begin, end) belong here */
    uint64_t open;         /* exchanges and messages of this second that have not ended */
    lg_ns cpu;             /* of the worker's thread during this second; merged: of all threads */
    lg_ns busiest;         /* by the collector: cpu and run_queue of the busiest thread */
    lg_ns busiest_cpu;     /* likewise: the greatest cpu of a thread */
    lg_ns run_queue;       /* the thread could have run but did not, during this second */
    uint64_t *counts;      /* owned: of steps, users, deliveries, streams */
    struct lg_hist *hists; /* owned: likewise */
    uint64_t *users_counts, *deliveries_counts, *streams_counts; /* where those begin */
    struct lg_hist *users_hists, *deliveries_hists, *streams_hists;
    struct lg_take_up_sample *take_ups; /* owned, per kind of user */
    struct lg_failure *failures;        /* owned */
    size_t failure_count;
};

size_t lg_shape_counts(const struct lg_shape *shape);
size_t lg_shape_hists(const struct lg_shape *shape);

struct lg_recorder *lg_recorder_new(struct lg_shape shape);
void lg_recorder_free(struct lg_recorder *r); /* NULL ok */
void lg_recorder_clear(struct lg_recorder *r);
void lg_recorder_merge(struct lg_recorder *into,
                       const struct lg_recorder *r); /* not open, row, begin, end, take_ups,
                                                        and what is of the busiest thread */

/* Counts a failure; `sample` (may be n == 0) is kept, made printable, for the first of its kind. At
 * most 64 kinds are kept apart; later ones are counted under their step and class with code 0. */
void lg_recorder_failure(struct lg_recorder *r, size_t step, struct lg_outcome outcome, lg_ns at,
                         struct lg_slice sample);

/* Notes that an arrival was taken up; of more than LG_TAKE_UP_SAMPLE in a second the first are
 * kept. */
void lg_recorder_take_up(struct lg_recorder *r, size_t users, lg_ns at);

static inline uint64_t *lg_step_counts(const struct lg_recorder *r, size_t step)
{
    return r->counts + step * LG_STEP_COUNTS;
}

static inline uint64_t *lg_users_counts(const struct lg_recorder *r, size_t users)
{
    return r->users_counts + users * LG_USERS_COUNTS;
}

static inline uint64_t *lg_deliveries_counts(const struct lg_recorder *r, size_t d)
{
    return r->deliveries_counts + d * LG_DELIVERIES_COUNTS;
}

static inline struct lg_hist *lg_step_hist(const struct lg_recorder *r, size_t step,
                                           enum lg_phase phase)
{
    return r->hists + step * LG_PHASES + phase;
}

static inline struct lg_hist *lg_users_hist(const struct lg_recorder *r, size_t users,
                                            enum lg_users_hist which)
{
    return r->users_hists + users * LG_USERS_HISTS + which;
}

static inline struct lg_hist *lg_deliveries_hist(const struct lg_recorder *r, size_t d,
                                                 enum lg_deliveries_hist which)
{
    return r->deliveries_hists + d * LG_DELIVERIES_HISTS + which;
}

static inline uint64_t *lg_stream_counts(const struct lg_recorder *r, size_t stream)
{
    return r->streams_counts + stream * LG_STREAM_COUNTS;
}

static inline struct lg_hist *lg_stream_hist(const struct lg_recorder *r, size_t stream,
                                             enum lg_stream_hist which)
{
    return r->streams_hists + stream * LG_STREAM_HISTS + which;
}

/* A recorder in rest: counts as they are, histograms packed beside their exact extremes and sum.  A
 * few kB instead of megabytes, so an hour of seconds can wait for the choice of the window. */
struct lg_packed;
struct lg_packed *lg_recorder_pack(const struct lg_recorder *r);
void lg_packed_free(struct lg_packed *packed); /* NULL ok */
void lg_packed_merge(struct lg_recorder *into, const struct lg_packed *packed);
int64_t lg_packed_row(const struct lg_packed *packed);

#endif
