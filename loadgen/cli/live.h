/* What a run shows of itself over HTTP while it goes on: http://127.0.0.1:PORT/metrics for
 * Prometheus.  A thread of its own answers, so that a scrape never waits for the run or the run for
 * a scrape; only this machine can ask. */
#ifndef LG_CLI_LIVE_H
#define LG_CLI_LIVE_H

#include "base/arena.h"
#include "engine/run.h"
#include "scenario/plan.h"

struct lg_live_page;

/* Listens on the loopback address; port 0 takes any free one.  Borrows the plan.  NULL: *why (of
 * `arena`) says why not. */
struct lg_live_page *lg_live_page_new(const struct lg_plan *plan, unsigned port,
                                      struct lg_arena *arena, const char **why);
void lg_live_page_free(struct lg_live_page *page); /* NULL ok; ends the thread */
unsigned lg_live_page_port(const struct lg_live_page *page);

/* `target` is the index in the plan.  Counts of a target go on from trial to trial. */
void lg_live_page_trial(struct lg_live_page *page, size_t target, unsigned trial);
void lg_live_page_state(struct lg_live_page *page, const struct lg_run_state *state);

#endif
