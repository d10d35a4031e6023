/* target/ starts a server under test, knows when it is ready, samples it and stops it on every way
 * out.  Rank 1: includes base/ only.
 * A target is one server, or several alike (replicas) among which the load is spread.
 *
 * A keeper process stands between loadgen and the server: it is forked while loadgen has one
 * thread, is the server's parent, reaps its orphans and ends all of it when loadgen ends in
 * whatever way (the keeper sees its end of a socket pair close): keeper.h. */
#ifndef LG_TARGET_TARGET_H
#define LG_TARGET_TARGET_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "target/spec.h"

struct lg_target;

/* Sums over the whole process trees of all replicas, at one moment. */
struct lg_target_sample {
    lg_ns at;     /* CLOCK_MONOTONIC */
    double cpu_s; /* user + system since start, processes that have ended included */
    uint64_t rss_bytes, pss_bytes; /* pss: up to 100 times its reading cost older than the rest */
    unsigned processes, threads, open_files;
};

/* Starts the server with PORT=0 and an environment from scratch, waits for "listening on PORT" on
 * its stdout and for GET ready_path == 200.  A url without ${PORT} does not wait for the line, but
 * must not answer before the start.  With no command it only waits for ready_path.  `stop` (NULL
 * ok) is polled: when *stop becomes true the wait ends, within 50 ms. NULL: *why (allocated from
 * `arena`) says what happened, with the last lines of the server's output; nothing is left running.
 * Replicas start one after the other.  The calling process must have one thread. */
struct lg_target *lg_target_start(const struct lg_target_spec *spec, const volatile int *stop,
                                  struct lg_arena *arena, const char **why);

/* One GET of `path`, from the root of the url's host, by HTTP/1.1.  Returns the status; the body
 * is appended to `body`, at most 1 MiB.  -1: *why is a static text, e.g. "Connection refused". */
int lg_target_get(const char *url, const char *path, struct lg_buf *body, lg_ns timeout,
                  const char **why);

/* ${PORT} filled in; of the first replica; borrowed. */
const char *lg_target_url(const struct lg_target *target);
const char *const *lg_target_urls(const struct lg_target *target, size_t *count); /* of all */
lg_ns lg_target_ready_time(const struct lg_target *target); /* exec to ready; the longest */
int lg_target_pid(const struct lg_target *target); /* of the first; -1: not started by us */

/* False: not started by us, or it has ended; *sample is untouched.  Costs about 0.1 ms for a
 * process with seven threads, and up to tens of ms in the samples that read Pss (at most 1 % of the
 * time, sampler.h): not for a thread that sends on a schedule. */
bool lg_target_sample(struct lg_target *target, struct lg_target_sample *sample);

/* NULL while all of it runs; else how it ended and the last lines of its output, allocated from
 * `arena`. */
const char *lg_target_ended(struct lg_target *target, struct lg_arena *arena);

/* SIGTERM to the group, after stop_within (an hour at most) SIGKILL to all descendants; returns
 * when none is left.  NULL, or a sentence when it or something it left behind had to be killed,
 * when it ended with a failure or before it was asked to.  Frees the target and its temporary
 * folder. */
const char *lg_target_stop(struct lg_target *take_target, struct lg_arena *arena);

#endif
