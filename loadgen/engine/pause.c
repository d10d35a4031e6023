/* Users who think, in a heap by the end of their pauses. */
#include "engine/worker.h"

#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

static void swap(struct lg_pause *a, struct lg_pause *b)
{
    struct lg_pause c = *a;
    *a = *b;
    *b = c;
}

static void push(struct lg_pauses *p, struct lg_pause pause)
{
    if (p->count == p->cap) {
        p->cap = p->cap > 0 ? 2 * p->cap : 64;
        p->heap = lg_grow(p->heap, p->cap, sizeof *p->heap);
    }
    size_t i = p->count++;
    p->heap[i] = pause;
    for (; i > 0 && p->heap[(i - 1) / 2].due > p->heap[i].due; i = (i - 1) / 2) {
        swap(&p->heap[i], &p->heap[(i - 1) / 2]);
    }
}

static struct lg_pause pop(struct lg_pauses *p)
{
    struct lg_pause top = p->heap[0];
    p->heap[0] = p->heap[--p->count];
    for (size_t i = 0, child; (child = 2 * i + 1) < p->count; i = child) {
        child += child + 1 < p->count && p->heap[child + 1].due < p->heap[child].due;
        if (p->heap[i].due <= p->heap[child].due) {
            break;
        }
        swap(&p->heap[i], &p->heap[child]);
    }
    return top;
}

static void arm(struct lg_pauses *p)
{
    lg_ns at = p->heap[0].due > 0 ? p->heap[0].due : 1;
    struct itimerspec spec = {.it_value = {.tv_sec = at / LG_S, .tv_nsec = at % LG_S}};
    int result = timerfd_settime(p->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL);
    LG_ASSERT(result == 0);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct lg_worker *worker = arg;
    struct lg_pauses *p = &worker->pauses;
    (void)fd;
    (void)what;
    lg_ns now = lg_now();
    while (!worker->stopping && p->count > 0 && p->heap[0].due <= now) {
        struct lg_pause pause = pop(p);
        lg_vu_thought(pause.vu, pause.due, now);
        now = lg_now();
    }
    if (!worker->stopping && p->count > 0) {
        arm(p);
    }
}

static void set_up(struct lg_worker *worker)
{
    struct lg_pauses *p = &worker->pauses;
    p->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    LG_ASSERT(p->timer_fd > 0);
    p->event = event_new(worker->base, p->timer_fd, EV_READ | EV_PERSIST | EV_ET, on_timer, worker);
    event_add(p->event, NULL);
}

void lg_pause_begin(struct lg_worker *worker, struct lg_vu *vu, lg_ns due)
{
    struct lg_pauses *p = &worker->pauses;
    if (p->event == NULL) {
        set_up(worker);
    }
    push(p, (struct lg_pause){.due = due, .vu = vu});
    if (p->heap[0].vu == vu) {
        arm(p);
    }
}

void lg_pauses_free(struct lg_pauses *p)
{
    if (p->event != NULL) {
        event_free(p->event);
        close(p->timer_fd);
    }
    free(p->heap);
}
