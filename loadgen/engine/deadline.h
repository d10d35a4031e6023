/* Deadlines: a queue per length of time, so that adding and removing cost O(1). */
#ifndef LG_ENGINE_DEADLINE_H
#define LG_ENGINE_DEADLINE_H

#include "base/base.h"

struct lg_deadline {
    struct lg_deadline *prev, *next; /* NULL, NULL and not queued while due == 0 */
    lg_ns due;
};

struct lg_deadlines {
    struct lg_deadline *head, *tail; /* due times ascend */
    lg_ns after;                     /* every entry is due this long after it was added */
};

void lg_deadline_add(struct lg_deadlines *q, struct lg_deadline *d, lg_ns now);
/* Where the lengths differ: before the first that is due later.  O(1) where times ascend. */
void lg_deadline_insert(struct lg_deadlines *q, struct lg_deadline *d, lg_ns due);
void lg_deadline_remove(struct lg_deadlines *q, struct lg_deadline *d); /* not queued: ok */
/* As remove and add; it is in the queue. */
void lg_deadline_renew(struct lg_deadlines *q, struct lg_deadline *d, lg_ns now);

#endif
