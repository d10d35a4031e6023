#include "engine/worker.h"

#include "engine/priority.h"
#include "engine/room.h"
#include "engine/stream.h"
#include "engine/tick.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* ---- the timer: one per worker, for arrivals, deadlines and the tick ---- */

static void set_timer(struct lg_worker *worker, lg_ns at)
{
    struct itimerspec spec = {.it_value = {.tv_sec = at / LG_S, .tv_nsec = at % LG_S}};
    worker->armed = at;
    int result = timerfd_settime(worker->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL);
    LG_ASSERT(result == 0);
}

void lg_worker_arm(struct lg_worker *worker, lg_ns at)
{
    if (worker->program->plan->timing == LG_TIMING_ECONOMICAL) {
        at += LG_ECONOMICAL_SLACK;
    }
    if (worker->gathering) { /* one system call for all that a turn asks for */
        worker->wanted = at < worker->wanted ? at : worker->wanted;
    } else if (at < worker->armed) {
        set_timer(worker, at > 0 ? at : 1);
    }
}

static void fire_deadlines(struct lg_deadlines *queue, lg_ns now)
{
    while (queue->head != NULL && queue->head->due <= now) {
        struct lg_deadline *d = queue->head;
        lg_deadline_remove(queue, d);
        lg_exchange_timeout(
            (struct lg_exchange *)((char *)d - offsetof(struct lg_exchange, deadline)), now);
    }
}

/* ---- what is due ---- */

static void check_settled(struct lg_worker *worker)
{
    bool settled = true;
    for (size_t i = 0; i < worker->program->shape.users; i++) {
        settled = settled && worker->pools[i].settled == worker->pools[i].vu_count;
    }
    if (settled) {
        lg_worker_raise(worker, &worker->live.settled);
    }
}

static void begin_load(struct lg_worker *worker)
{
    lg_ns t0 = atomic_load(&worker->shared->t0);
    worker->begun = true;
    worker->rows.window = &worker->shared->window;
    for (size_t i = 0; i < worker->program->shape.users; i++) {
        lg_pool_begin(&worker->pools[i], t0);
    }
    lg_tick_begin(worker, t0);
}

void lg_worker_due(struct lg_worker *worker)
{
    lg_ns now = lg_now(), t0 = atomic_load(&worker->shared->t0);
    lg_ns next = now + LG_TICK;
    worker->armed = LG_NEVER;
    if (worker->stopping) {
        return;
    }
    worker->gathering = true;
    worker->wanted = LG_NEVER;
    if (!worker->begun && t0 != 0 && now >= t0) {
        begin_load(worker);
    }
    for (size_t i = 0; i <= worker->program->shape.steps; i++) {
        fire_deadlines(&worker->timeouts[i], now);
    }
    for (size_t i = 0; i < worker->program->shape.users; i++) {
        struct lg_pool *pool = &worker->pools[i];
        lg_pool_open_due(pool, now);
        fire_deadlines(&pool->retries, now);
        lg_pool_arrive_due(pool, now);
    }
    lg_streams_due(worker, now);
    check_settled(worker);
    if (now >= worker->next_tick) {
        lg_tick(worker, now);
    }
    for (size_t i = 0; i < worker->program->shape.users; i++) {
        lg_ns at = lg_pool_next(&worker->pools[i], now);
        next = at < next ? at : next;
    }
    for (size_t i = 0; i <= worker->program->shape.steps; i++) {
        if (worker->timeouts[i].head != NULL && worker->timeouts[i].head->due < next) {
            next = worker->timeouts[i].head->due;
        }
    }
    lg_ns of_streams = lg_streams_next(worker);
    next = of_streams < next ? of_streams : next;
    next = worker->next_tick < next ? worker->next_tick : next;
    if (!worker->begun && t0 != 0 && t0 < next) {
        next = t0;
    }
    lg_worker_arm(worker, next);
    worker->gathering = false;
    set_timer(worker, worker->wanted > 0 ? worker->wanted : 1);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    lg_worker_due(arg);
}

/* ---- things put off to the loop ---- */

void lg_worker_run_soon(struct lg_worker *worker, struct lg_vu *vu)
{
    if (!vu->runnable) {
        vu->runnable = true;
        vu->next_runnable = worker->runnable;
        worker->runnable = vu;
        event_active(&worker->run_event, EV_TIMEOUT, 0);
    }
}

static void on_run(evutil_socket_t fd, short what, void *arg)
{
    struct lg_worker *worker = arg;
    (void)fd;
    (void)what;
    struct lg_vu *vu = worker->runnable;
    worker->runnable = NULL;
    while (vu != NULL) {
        struct lg_vu *next = vu->next_runnable;
        vu->runnable = false;
        lg_vu_run(vu, lg_now());
        vu = next;
    }
}

/* ---- the end ---- */

static void stop(struct lg_worker *worker)
{
    lg_ns now = lg_now();
    worker->stopping = true;
    if (worker->begun) {
        for (size_t i = 0; i < worker->program->shape.users; i++) {
            lg_pool_stop(&worker->pools[i], now);
        }
        lg_tick_end(worker, now);
    }
    for (size_t i = 0; i < worker->program->shape.users; i++) {
        for (size_t v = 0; v < worker->pools[i].vu_count; v++) {
            lg_vu_stop(&worker->pools[i].vus[v], now);
        }
        for (size_t l = 0; l < worker->pools[i].link_count; l++) {
            lg_link_finish(&worker->pools[i].links[l]);
        }
    }
    lg_rooms_expire(worker, now, true);
    lg_tick_hand_over_all(worker);
    event_base_loopbreak(worker->base);
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    struct lg_worker *worker = arg;
    uint64_t count;
    (void)what;
    ssize_t n = read(fd, &count, sizeof count);
    (void)n; /* the wake itself is the news */
    if (worker->stopping) {
        return;
    }
    if (atomic_load(&worker->shared->phase) == LG_RUN_STOP) {
        stop(worker);
    } else {
        lg_worker_arm(worker, lg_now());
    }
}

/* ---- life ---- */

static void set_up_events(struct lg_worker *worker)
{
    struct event_config *config = event_config_new();
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    worker->base = event_base_new_with_config(config);
    event_config_free(config);
    worker->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    worker->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    LG_ASSERT(worker->base != NULL && worker->timer_fd >= 0 && worker->wake_fd >= 0);
    /* Edge-triggered: an expired timer needs no read to be quiet again. */
    worker->timer_event =
        event_new(worker->base, worker->timer_fd, EV_READ | EV_PERSIST | EV_ET, on_timer, worker);
    worker->wake_event =
        event_new(worker->base, worker->wake_fd, EV_READ | EV_PERSIST, on_wake, worker);
    event_add(worker->timer_event, NULL);
    event_add(worker->wake_event, NULL);
    event_assign(&worker->run_event, worker->base, -1, 0, on_run, worker);
}

static void set_up_timeouts(struct lg_worker *worker)
{
    const struct lg_plan *plan = worker->program->plan;
    worker->timeouts = lg_alloc_array(plan->step_count + 1, sizeof *worker->timeouts);
    for (size_t i = 0; i < plan->step_count; i++) {
        worker->timeouts[i].after = plan->steps[i].timeout;
    }
    worker->timeouts[plan->step_count].after = plan->connect_timeout;
}

struct lg_worker *lg_worker_new(struct lg_shared *shared, unsigned index)
{
    struct lg_worker *worker = lg_alloc(sizeof *worker);
    const struct lg_program *program = shared->program;
    worker->shared = shared;
    worker->program = program;
    worker->index = index;
    worker->armed = LG_NEVER;
    worker->read_buffer = lg_alloc(LG_READ_BYTES);
    worker->memo = lg_http1_memo_new();
    worker->deflater = lg_deflater_new();
    worker->tls = lg_alloc_array(2 * program->origin_count, sizeof(struct lg_tls *));
    worker->rows.shape = program->shape;
    worker->rows.floor = INT64_MIN;
    worker->setup = lg_recorder_new(program->shape);
    worker->unmeasured = program->shape.streams > 0 ? lg_recorder_new(program->shape) : NULL;
    worker->watermark = INT64_MIN;
    pthread_mutex_init(&worker->lock, NULL);
    set_up_events(worker);
    set_up_timeouts(worker);
    worker->pools = lg_alloc_array(program->shape.users, sizeof *worker->pools);
    for (size_t i = 0; i < program->shape.users; i++) {
        lg_pool_init(&worker->pools[i], worker, i);
    }
    return worker;
}

static void pin(const struct lg_worker *worker)
{
    if (worker->shared->cores != NULL) {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET(worker->shared->cores[worker->index], &set);
        sched_setaffinity(0, sizeof set, &set); /* refused: the kernel places it, as without */
    }
}

static void *run(void *arg)
{
    struct lg_worker *worker = arg;
    pin(worker);
    lg_priority_ask(worker->program->plan->priority); /* allowed when the run began */
    lg_worker_arm(worker, lg_now());
    event_base_dispatch(worker->base);
    lg_worker_raise(worker, &worker->live.stopped);
    return NULL;
}

void lg_worker_start(struct lg_worker *worker)
{
    int error = pthread_create(&worker->thread, NULL, run, worker);
    LG_ASSERT(error == 0);
}

void lg_worker_wake(struct lg_worker *worker)
{
    uint64_t one = 1;
    ssize_t n = write(worker->wake_fd, &one, sizeof one);
    (void)n; /* a full counter wakes too */
}

void lg_worker_join(struct lg_worker *worker)
{
    pthread_join(worker->thread, NULL);
}

static void free_recorders(struct lg_recorder *list)
{
    while (list != NULL) {
        struct lg_recorder *next = list->next;
        lg_recorder_free(list);
        list = next;
    }
}

void lg_worker_free(struct lg_worker *worker)
{
    for (size_t i = 0; i < worker->program->shape.users; i++) {
        lg_pool_fini(&worker->pools[i]);
    }
    lg_rooms_free(worker);
    lg_rows_fini(&worker->rows);
    free_recorders(worker->handed);
    free_recorders(worker->spare);
    lg_recorder_free(worker->unmeasured);
    lg_recorder_free(worker->setup);
    lg_http1_memo_free(worker->memo);
    lg_deflater_free(worker->deflater);
    for (size_t i = 0; i < 2 * worker->program->origin_count; i++) {
        lg_tls_free(worker->tls[i]);
    }
    free(worker->tls);
    lg_decoder_free(worker->decoder);
    lg_regex_room_free(worker->regex_room);
    lg_pauses_free(&worker->pauses);
    event_free(worker->timer_event);
    event_free(worker->wake_event);
    event_base_free(worker->base);
    close(worker->timer_fd);
    close(worker->wake_fd);
    lg_buf_free(&worker->write_buffer);
    lg_buf_free(&worker->path);
    lg_buf_free(&worker->text);
    lg_buf_free(&worker->body);
    lg_buf_free(&worker->cookie);
    free(worker->read_buffer);
    free(worker->pools);
    free(worker->timeouts);
    pthread_mutex_destroy(&worker->lock);
    free(worker);
}
