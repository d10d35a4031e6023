/* Progress while a run goes on: a block redrawn in place on a terminal (four lines, and one for
 * each target that has finished a trial), one line every five seconds elsewhere.  Pure: the caller
 * gives the time and writes the bytes. */
#ifndef LG_REPORT_PROGRESS_H
#define LG_REPORT_PROGRESS_H

#include "base/buf.h"

#define LG_PROGRESS_EVERY (5 * LG_S) /* between lines where there is no terminal */

/* What a target's finished trials gave; times and rate are of the last one. */
struct lg_progress_done {
    const char *target;
    unsigned trials;
    double achieved_per_s;
    lg_ns response_p50, response_p99;
    uint64_t errors; /* in all of them */
};

/* Rates and percentiles are of the last second; a time of -1 and a double of -1 mean unknown. */
struct lg_progress {
    const char *phase; /* "connecting", "warm-up", "measuring", "draining" */
    const char *target;
    unsigned trial, trials; /* 1.. of .. ; trials 0: not said */
    double seconds_left;    /* of this phase */
    double offered_per_s, achieved_per_s;
    lg_ns response_p50, response_p99;
    lg_ns delivery_p50, delivery_p99;
    uint64_t errors; /* since the trial began */
    uint64_t in_flight;
    double generator_cpu; /* busiest thread, 0..1 */
    lg_ns lag;            /* p99 of how late arrivals were taken up */
    double server_cpu;    /* cores */
    double server_rss_bytes;
    double run_seconds_left;             /* of all trials, at least; -1: unknown */
    const struct lg_progress_done *done; /* those with trials > 0 are shown */
    size_t done_count;
};

struct lg_progress_writer {
    bool terminal;
    bool colour;
    size_t columns; /* width of the terminal; 0 = 80 */
    size_t drawn;   /* lines that stand on the terminal now */
    lg_ns last;     /* when the last line was written; 0: never */
};

/* Appends what to write to the terminal at `now` (monotonic): the block over the one before, or a
 * line if one is due, or nothing. */
void lg_progress_draw(struct lg_progress_writer *writer, const struct lg_progress *progress,
                      lg_ns now, struct lg_buf *out);
/* Appends what removes the block; call it before anything else is written to the terminal. */
void lg_progress_erase(struct lg_progress_writer *writer, struct lg_buf *out);

/* The parts, without any cursor movement: lines that end in "\n", or one. */
void lg_progress_block(const struct lg_progress *progress, size_t columns, bool colour,
                       struct lg_buf *out);
void lg_progress_line(const struct lg_progress *progress, struct lg_buf *out);

#endif
