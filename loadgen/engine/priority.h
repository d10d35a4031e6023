/* How the kernel's scheduler treats the generator's threads, and no others: what loadgen starts and
 * its own main thread stay as they are. */
#ifndef LG_ENGINE_PRIORITY_H
#define LG_ENGINE_PRIORITY_H

#include "base/arena.h"
#include "scenario/plan.h"

/* Whether this process may have what the plan asks for.  false: *why says what to change. */
bool lg_priority_allowed(enum lg_priority priority, struct lg_arena *arena, const char **why);

/* Asks for it, for the calling thread.
 *   normal    the shortest slice: a thread that runs shortly and often then gets the core sooner
 *             after a wake-up, and not more of it (EEVDF, Linux 6.12; before that it does nothing);
 *             needs no privilege.  A thread that runs under another policy (chrt) stays there.
 *   realtime  SCHED_FIFO at the lowest priority, sched(7): before all normal threads.  The kernel
 *             leaves those 5 % of the time (sched_rt_runtime_us).
 * false: refused, with errno. */
bool lg_priority_ask(enum lg_priority priority);

#endif
