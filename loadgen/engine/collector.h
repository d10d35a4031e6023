/* The main thread's side of the hand-over: merges the workers' recorders of one second, packs the
 * second when every worker is past it, and adds the seconds of the window up at the end. */
#ifndef LG_ENGINE_COLLECTOR_H
#define LG_ENGINE_COLLECTOR_H

#include "engine/worker.h"

enum { LG_GAP_SAMPLE = 100000 };

/* Gaps between the take-ups of one kind of user in the window, each divided by the gap that the
 * rate of the moment would give: mean 1 for any declared process, whatever the stages. */
struct lg_gaps {
    double *list; /* owned */
    size_t count;
    lg_ns last; /* take-up before the next gap; 0: none, or the sample was cut there */
};

/* What the newest finished second showed, for the progress display. */
struct lg_second {
    bool known;
    int64_t row;
    uint64_t scheduled, completed, failed;
    lg_ns response_p50, response_p99; /* -1: none */
    lg_ns delivery_p50, delivery_p99;
    lg_ns lag_p99; /* of how late arrivals were taken up */
};

struct lg_collector {
    const struct lg_program *program; /* borrowed */
    const struct lg_window *window;   /* borrowed */
    struct lg_worker **workers;       /* borrowed */
    unsigned worker_count;
    struct lg_recorder *pending; /* seconds not complete yet, ascending */
    struct lg_recorder *spare;
    struct lg_packed **rows; /* owned; ascending */
    size_t row_count, row_cap;
    struct lg_gaps *gaps; /* owned, per kind of user */
    struct lg_second second;
};

void lg_collector_init(struct lg_collector *c, const struct lg_program *program,
                       const struct lg_window *window, struct lg_worker **workers, unsigned count);
void lg_collector_fini(struct lg_collector *c);
void lg_collector_take(struct lg_collector *c, bool final); /* final: the workers have ended */

/* Calls `each` for every second from the first to the last, unpacked.  The recorder is lent. */
void lg_collector_each(struct lg_collector *c,
                       void (*each)(void *ctx, const struct lg_recorder *second), void *ctx);

#endif
