#include "engine/tick.h"

#include "engine/room.h"
#include "engine/stream.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* After the window: how soon its last exchange is noticed. */
static const lg_ns end_tick = 10 * LG_MS;

static lg_ns read_run_queue(void)
{
    char text[96] = "";
    unsigned long long on_cpu = 0, waited = 0;
    int fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        ssize_t n = read(fd, text, sizeof text - 1);
        close(fd);
        text[n > 0 ? n : 0] = '\0';
    }
    return sscanf(text, "%llu %llu", &on_cpu, &waited) == 2 ? (lg_ns)waited : 0;
}

/* What the thread cost since the last tick belongs to the second that the tick ends. */
static void account_thread(struct lg_worker *worker, lg_ns now)
{
    lg_ns cpu = lg_thread_cpu(), waited = read_run_queue();
    struct lg_recorder *r = lg_rows_at(&worker->rows, now - 1);
    r->cpu += cpu - worker->cpu_before;
    r->run_queue += waited - worker->run_queue_before;
    worker->cpu_before = cpu;
    worker->run_queue_before = waited;
}

static void hand_over(struct lg_worker *worker, struct lg_recorder *r)
{
    pthread_mutex_lock(&worker->lock);
    r->next = worker->handed;
    worker->handed = r;
    pthread_mutex_unlock(&worker->lock);
}

/* Every arrival of a second must have been taken up before its recorder may go. */
static lg_ns complete_until(const struct lg_worker *worker, lg_ns now)
{
    lg_ns until = now;
    for (size_t i = 0; i < worker->program->shape.users; i++) {
        lg_ns next = worker->pools[i].next_at;
        until = next < until ? next : until;
    }
    return until;
}

static void publish(struct lg_worker *worker, lg_ns until)
{
    struct lg_recorder *r;
    while ((r = lg_rows_take(&worker->rows, until)) != NULL) {
        hand_over(worker, r);
    }
    int64_t mark = lg_rows_mark(&worker->rows, until);
    pthread_mutex_lock(&worker->lock);
    worker->watermark = mark;
    while (worker->spare != NULL) {
        r = worker->spare;
        worker->spare = r->next;
        r->next = worker->rows.spare;
        worker->rows.spare = r;
    }
    pthread_mutex_unlock(&worker->lock);
}

static bool is_limited(const struct lg_worker *worker)
{
    for (size_t i = 0; i < worker->program->shape.users; i++) {
        if (lg_pool_limited(&worker->pools[i])) {
            return true;
        }
    }
    return false;
}

/* No arrival of the window is to come: its time is over, or the number asked for is reached. */
static bool all_arrived(const struct lg_worker *worker, lg_ns now)
{
    const struct lg_window *window = &worker->shared->window;
    bool exhausted = true;
    for (size_t i = 0; i < worker->program->shape.users; i++) {
        exhausted = exhausted && lg_pool_exhausted(&worker->pools[i], window->w1);
    }
    return now >= window->w1 ? complete_until(worker, now) >= window->w1
                             : exhausted && is_limited(worker);
}

static bool window_is_closed(const struct lg_worker *worker, lg_ns now)
{
    if (!all_arrived(worker, now)) {
        return false;
    }
    for (const struct lg_recorder *r = worker->rows.active; r != NULL; r = r->next) {
        if (r->open > 0 && lg_window_holds(&worker->shared->window, r->row)) {
            return false;
        }
    }
    return true;
}

static void signal_collector(struct lg_worker *worker)
{
    uint64_t one = 1;
    ssize_t n = write(worker->shared->collector_fd, &one, sizeof one);
    (void)n; /* a full counter is a signal too */
}

void lg_worker_raise(struct lg_worker *worker, _Atomic bool *flag)
{
    if (!atomic_load(flag)) {
        atomic_store(flag, true);
        signal_collector(worker);
    }
}

/* Once, before the last second of the window goes. */
static void tell_silences(struct lg_worker *worker, lg_ns at)
{
    if (!worker->silences_told) {
        worker->silences_told = true;
        lg_streams_silent(worker, at);
    }
}

void lg_tick(struct lg_worker *worker, lg_ns now)
{
    const struct lg_window *window = &worker->shared->window;
    /* The tick comes a little after the second that it ends. */
    lg_ns edge = worker->next_tick < now ? worker->next_tick : now;
    lg_rooms_expire(worker, now, false);
    if (worker->begun) {
        for (size_t i = 0; i < worker->program->shape.users; i++) {
            struct lg_pool *pool = &worker->pools[i];
            lg_pool_account(pool, edge);
            lg_pool_account(pool, now);
            lg_users_counts(lg_rows_at(&worker->rows, edge - 1), i)[LG_USERS_IN_FLIGHT_LAST] =
                pool->in_flight;
        }
        account_thread(worker, edge);
        if (now >= window->w1) {
            tell_silences(worker, window->w1);
        }
        publish(worker, complete_until(worker, now));
        if (window_is_closed(worker, now)) {
            lg_worker_raise(worker, &worker->live.window_closed);
        }
    }
    bool fine = worker->begun && (now >= window->w1 || is_limited(worker));
    worker->next_tick = now + (fine ? end_tick : LG_TICK);
    if (worker->begun && now < window->w1) {
        /* Ticks fall on the seconds of the window, and on its end. */
        lg_ns begin, end;
        lg_window_bounds(window, lg_window_row(window, now), &begin, &end);
        worker->next_tick = end < worker->next_tick || !fine ? end : worker->next_tick;
    }
}

void lg_tick_begin(struct lg_worker *worker, lg_ns t0)
{
    worker->cpu_before = lg_thread_cpu();
    worker->run_queue_before = read_run_queue();
    worker->next_tick = t0;
}

void lg_tick_end(struct lg_worker *worker, lg_ns now)
{
    account_thread(worker, now);
    tell_silences(worker, now);
}

void lg_tick_hand_over_all(struct lg_worker *worker)
{
    while (worker->rows.active != NULL) {
        struct lg_recorder *r = worker->rows.active;
        LG_ASSERT(r->open == 0);
        worker->rows.active = r->next;
        hand_over(worker, r);
    }
    worker->rows.current = NULL;
}
