/* The tick of a worker, at each second of the window: brings the books up to its edge, and hands
 * the recorders of the seconds that are complete over to the collector. */
#ifndef LG_ENGINE_TICK_H
#define LG_ENGINE_TICK_H

#include "engine/worker.h"

#define LG_TICK LG_S

void lg_tick_begin(struct lg_worker *worker, lg_ns t0); /* the load begins; the first tick is t0 */
void lg_tick(struct lg_worker *worker, lg_ns now);      /* it is due; sets worker->next_tick */
/* The load is over: what the thread cost, and the streams that are silent to the end. */
void lg_tick_end(struct lg_worker *worker, lg_ns now);
void lg_tick_hand_over_all(struct lg_worker *worker); /* of what nothing is open any more */

/* Sets a flag of worker->live, and wakes the collector the first time. */
void lg_worker_raise(struct lg_worker *worker, _Atomic bool *flag);

#endif
