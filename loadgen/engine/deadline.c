#include "engine/deadline.h"

void lg_deadline_add(struct lg_deadlines *q, struct lg_deadline *d, lg_ns now)
{
    LG_ASSERT(d->due == 0);
    d->due = now + q->after;
    d->next = NULL;
    d->prev = q->tail;
    *(q->tail != NULL ? &q->tail->next : &q->head) = d;
    q->tail = d;
}

void lg_deadline_renew(struct lg_deadlines *q, struct lg_deadline *d, lg_ns now)
{
    d->due = now + q->after;
    if (d->next == NULL) {
        return; /* it is the last one */
    }
    *(d->prev != NULL ? &d->prev->next : &q->head) = d->next;
    d->next->prev = d->prev;
    d->prev = q->tail;
    d->next = NULL;
    q->tail->next = d;
    q->tail = d;
}

void lg_deadline_insert(struct lg_deadlines *q, struct lg_deadline *d, lg_ns due)
{
    LG_ASSERT(d->due == 0 && due > 0);
    struct lg_deadline *before = q->tail;
    while (before != NULL && before->due > due) {
        before = before->prev;
    }
    d->due = due;
    d->prev = before;
    d->next = before != NULL ? before->next : q->head;
    *(before != NULL ? &before->next : &q->head) = d;
    *(d->next != NULL ? &d->next->prev : &q->tail) = d;
}

void lg_deadline_remove(struct lg_deadlines *q, struct lg_deadline *d)
{
    if (d->due == 0) {
        return;
    }
    *(d->prev != NULL ? &d->prev->next : &q->head) = d->next;
    *(d->next != NULL ? &d->next->prev : &q->tail) = d->prev;
    *d = (struct lg_deadline){0};
}
