/* selftest/ measures the instrument: it drives servers of known behaviour with the engine itself
 * and compares what the engine says with theory.  Rank 5: above the engine, below the command line.
 * This header: the server of known behaviour.  It runs in a process of its own, on a free port of
 * 127.0.0.1, one thread with epoll, HTTP/1.1 GET with keep-alive, and keeps its own account. */
#ifndef LG_SELFTEST_TRUTH_H
#define LG_SELFTEST_TRUTH_H

#include "base/arena.h"
#include "base/base.h"

enum {
    LG_TRUTH_QUEUES = 32,     /* independent queues of exponential service, chosen by the path */
    LG_TRUTH_NOTES = 1 << 16, /* requests that are noted one by one; later ones are only counted */
};

/* What the server does; all zero: it answers 200 at once. */
struct lg_truth_script {
    lg_ns delay;        /* an answer leaves so long after its request was read */
    lg_ns service_mean; /* > 0: GET /N joins queue N, first come first served by one server whose
                           service times are exponential with this mean */
    lg_ns stall_after,
        stall;     /* so long after the first request the whole server stands still, once */
    bool mixed;    /* statuses in turn: see lg_truth_status */
    uint64_t seed; /* of the service times */
};

enum lg_truth_status { LG_TRUTH_200, LG_TRUTH_404, LG_TRUTH_503, LG_TRUTH_STATUSES };

struct lg_truth_note {
    int64_t stamp; /* the kernel's receive stamp, ns of CLOCK_REALTIME; 0: the kernel gave none */
    lg_ns read_at; /* CLOCK_MONOTONIC */
    lg_ns hold;    /* from the read to the write of the answer; -1: not answered */
    uint32_t queue;
};

/* The server's own account, exact.  Complete once the server has ended. */
struct lg_truth_tally {
    uint64_t connections, requests;
    uint64_t answers[LG_TRUTH_STATUSES];
    uint64_t faults; /* connections ended for a fault: a request too long, an answer not taken */
    lg_ns stall_begin, stall_end; /* CLOCK_MONOTONIC; 0: there was none */
    size_t note_count;
    struct lg_truth_note notes[LG_TRUTH_NOTES];
};

struct lg_truth;

/* NULL: *why (of the arena) says what failed.  The server ends with lg_truth_end, or with the
 * calling thread, however that ends.  The calling process must have one thread. */
struct lg_truth *lg_truth_start(const struct lg_truth_script *script, struct lg_arena *arena,
                                const char **why);

const char *lg_truth_url(const struct lg_truth *truth); /* http://127.0.0.1:PORT; borrowed */

/* The account as it stands, which the server goes on writing. */
const volatile struct lg_truth_tally *lg_truth_tally(const struct lg_truth *truth);

/* Ends the server and waits for it; its account stays until lg_truth_free.  Twice does no harm. */
const struct lg_truth_tally *lg_truth_end(struct lg_truth *truth);

void lg_truth_free(struct lg_truth *truth); /* NULL ok; ends it too */

/* The status of the n-th request (from 0) of a mixed script: of twenty, two are 404 and one 503. */
static inline enum lg_truth_status lg_truth_mixed(uint64_t n)
{
    return n % 10 == 9 ? LG_TRUTH_404 : n % 20 == 4 ? LG_TRUTH_503 : LG_TRUTH_200;
}

#endif
