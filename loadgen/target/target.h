/* target/ starts a server under test, knows when it is ready, samples it and stops it on every way
 * out.  Rank 1: includes base/ only.
 *
 * A keeper process stands between loadgen and the server: it is forked before any thread exists,
 * leads the server's process group, reaps its orphans and kills the whole group when loadgen ends in
 * whatever way (the keeper sees its end of a socket pair close). */
#ifndef LG_TARGET_TARGET_H
#define LG_TARGET_TARGET_H

#include "base/arena.h"
#include "base/base.h"
#include "target/spec.h"

struct lg_target;

/* Sums over the whole process tree, at one moment. */
struct lg_target_sample {
    lg_ns at;            /* CLOCK_MONOTONIC */
    double cpu_s;        /* user + system since start, processes that have ended included */
    uint64_t rss_bytes, pss_bytes;
    unsigned processes, threads, open_files;
};

/* Starts the server with PORT=0 and an environment from scratch, waits for "listening on PORT" on its
 * stdout and for GET ready_path == 200.  With no command it only waits for ready_path.  `stop` may be
 * polled: when *stop becomes true the wait ends.  NULL: *why (allocated from `arena`) says what
 * happened, with the last lines of the server's output; nothing is left running. */
struct lg_target *lg_target_start(const struct lg_target_spec *spec, const volatile int *stop,
                                  struct lg_arena *arena, const char **why);

const char *lg_target_url(const struct lg_target *target); /* ${PORT} filled in; borrowed */
lg_ns lg_target_ready_time(const struct lg_target *target); /* exec to ready */
int lg_target_pid(const struct lg_target *target);         /* -1: not started by us */

/* False: not started by us, or it has ended; *sample is untouched. */
bool lg_target_sample(struct lg_target *target, struct lg_target_sample *sample);

/* NULL while it runs; else how it ended and the last lines of its output, allocated from `arena`. */
const char *lg_target_ended(struct lg_target *target, struct lg_arena *arena);

/* SIGTERM to the group, after stop_within SIGKILL.  NULL, or a sentence when it had to be killed or
 * ended with a failure.  Frees the target and its temporary folder. */
const char *lg_target_stop(struct lg_target *take_target, struct lg_arena *arena);

#endif
