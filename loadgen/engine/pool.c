#include "engine/worker.h"

#include <math.h>
#include <stdlib.h>

enum {
    OPENING_AT_ONCE = 128,   /* connections under way when no connect_rate says otherwise */
    ARRIVALS_PER_TURN = 256, /* then the loop reads what has come, and goes on */
};

static const lg_ns retry_after = 250 * LG_MS;

static bool has_resident_setup(const struct lg_program *program, const struct lg_users *users)
{
    for (size_t i = 0; i < users->setup_count; i++) {
        if (program->steps[users->setup[i]].resident) {
            return true;
        }
    }
    return false;
}

void lg_pool_init(struct lg_pool *pool, struct lg_worker *worker, size_t kind)
{
    const struct lg_users *users = &worker->program->plan->users[kind];
    *pool = (struct lg_pool){
        .worker = worker,
        .users = users,
        .kind = kind,
        .open_model = users->arrivals != LG_ARRIVAL_CLOSED,
        .resident = has_resident_setup(worker->program, users),
        .http2 = users->http != LG_HTTP_1_1,
        .next_at = LG_NEVER,
        .share = UINT64_MAX,
        .retries = {.after = retry_after},
    };
    const struct lg_step *first =
        users->step_count == 1 ? &worker->program->plan->steps[users->steps[0]] : NULL;
    if (first != NULL && first->kind != LG_STEP_PARALLEL && first->think.kind == LG_THINK_NONE &&
        first->service == LG_NO_SERVICE && !worker->program->plan->dry_run) {
        pool->only_step = &worker->program->steps[users->steps[0]];
    }
    pool->one_step = worker->program->users[kind].one_step;
    lg_pool_deal(pool);
    pool->free_ring = lg_alloc_array(pool->vu_count, sizeof(struct lg_vu *));
}

void lg_pool_fini(struct lg_pool *pool)
{
    for (size_t i = 0; i < pool->vu_count; i++) {
        lg_vu_fini(&pool->vus[i]);
    }
    free(pool->vus);
    free(pool->links);
    free(pool->places);
    free(pool->free_ring);
    free(pool->waiting);
    free(pool->to_go);
}

/* ---- connecting ---- */

static lg_ns open_at(const struct lg_pool *pool, size_t i)
{
    double rate = pool->users->connect_rate;
    double place = pool->vus[i].index / pool->users->streams;
    lg_ns since = isfinite(rate) ? (lg_ns)(place / rate * 1e9) : 0;
    return pool->worker->shared->connect_from + since;
}

void lg_pool_open_due(struct lg_pool *pool, lg_ns now)
{
    bool paced = isfinite(pool->users->connect_rate);
    while (pool->next_open < pool->vu_count && open_at(pool, pool->next_open) <= now &&
           (paced || pool->opening < OPENING_AT_ONCE)) {
        struct lg_vu *vu = &pool->vus[pool->next_open++];
        pool->opening++;
        lg_vu_set_up(vu, lg_now());
    }
}

void lg_pool_settled(struct lg_pool *pool, struct lg_vu *vu)
{
    if (!vu->settled) {
        vu->settled = true;
        pool->settled++;
        pool->opening--;
        if (pool->next_open < pool->vu_count) {
            lg_worker_arm(pool->worker, open_at(pool, pool->next_open));
        } else if (pool->settled == pool->vu_count) {
            lg_worker_arm(pool->worker, lg_now()); /* the run waits for this news */
        }
    }
}

/* ---- the number in flight ---- */

void lg_pool_account(struct lg_pool *pool, lg_ns now)
{
    struct lg_worker *worker = pool->worker;
    if (!LG_FULL_BOOKS || !worker->begun || now <= pool->in_flight_since) {
        return;
    }
    lg_users_counts(lg_rows_at(&worker->rows, pool->in_flight_since),
                    pool->kind)[LG_USERS_IN_FLIGHT_NS] +=
        pool->in_flight * (uint64_t)(now - pool->in_flight_since);
    pool->in_flight_since = now;
}

static inline __attribute__((always_inline)) struct lg_recorder *schedule(struct lg_pool *pool,
                                                                          lg_ns intended, lg_ns now)
{
    struct lg_worker *worker = pool->worker;
    struct lg_recorder *r = lg_rows_at(&worker->rows, intended);
    uint64_t *counts = lg_users_counts(r, pool->kind);
    counts[LG_USERS_SCHEDULED]++;
    r->open++;
    if (pool->open_model) {
        /* It is taken up where it is found due, whether or not a user is free: waiting for one is
         * the declared number of connections, not a late generator. */
        struct lg_recorder *at = lg_rows_at(&worker->rows, now);
        lg_users_counts(at, pool->kind)[LG_USERS_TAKEN_UP]++;
        lg_recorder_take_up(at, pool->kind, now);
        counts[LG_USERS_IN_FLIGHT_NS] += (uint64_t)(now - intended); /* it was in flight, unseen */
    } else {
        counts[LG_USERS_TAKEN_UP] += LG_FULL_BOOKS;
    }
    lg_pool_account(pool, now);
    pool->in_flight++;
    pool->started++;
    lg_live_add(&worker->live.scheduled, 1);
    return r;
}

static int64_t first_row(const struct lg_pool *pool)
{
    const struct lg_window *window = &pool->worker->shared->window;
    return lg_window_row(window, window->t0);
}

void lg_pool_note_edges(struct lg_pool *pool, int64_t row, lg_ns now)
{
    lg_ns begin, end;
    int64_t first = first_row(pool);
    for (row = row > first ? row : first;; row++) {
        lg_window_bounds(&pool->worker->shared->window, row, &begin, &end);
        if (end >= now) {
            return;
        }
        size_t place = (size_t)(row - first);
        if (place >= pool->to_go_cap) {
            size_t cap = 2 * place + 64;
            pool->to_go = lg_grow(pool->to_go, cap, sizeof *pool->to_go);
            pool->to_go_cap = cap;
        }
        while (pool->to_go_count <= place) {
            pool->to_go[pool->to_go_count++] = 0;
        }
        pool->to_go[place] += (uint64_t)(now - end);
    }
}

uint64_t lg_pool_to_go(const struct lg_pool *pool, int64_t row)
{
    int64_t place = row - first_row(pool);
    return place >= 0 && place < (int64_t)pool->to_go_count ? pool->to_go[place] : 0;
}

void lg_pool_ended(struct lg_pool *pool, struct lg_recorder *recorder, lg_ns now)
{
    lg_pool_account(pool, now);
    LG_ASSERT(recorder->open > 0 && pool->in_flight > 0);
    recorder->open--;
    pool->in_flight--;
    if (LG_FULL_BOOKS) {
        atomic_store_explicit(&pool->worker->live.last_end, now, memory_order_relaxed);
    }
}

/* ---- arrivals and free users ---- */

static void push_free(struct lg_pool *pool, struct lg_vu *vu)
{
    if (vu->queued) {
        return; /* drawn from the middle of the ring while it was free before */
    }
    vu->queued = true;
    LG_ASSERT(pool->free_count < pool->vu_count);
    pool->free_ring[(pool->free_first + pool->free_count++) % pool->vu_count] = vu;
}

/* Users who are busy or lost their connection meanwhile are passed over; they come back by
 * themselves. */
static struct lg_vu *pop_free(struct lg_pool *pool)
{
    while (pool->free_count > 0) {
        struct lg_vu *vu = pool->free_ring[pool->free_first];
        pool->free_first = (pool->free_first + 1) % pool->vu_count;
        pool->free_count--;
        vu->queued = false;
        if (vu->state == LG_VU_FREE) {
            return vu;
        }
    }
    return NULL;
}

static void draw_stream(const struct lg_pool *pool, uint64_t arrival, struct lg_rng *rng)
{
    lg_rng_init(rng, pool->worker->program->seed, 0x77686f + pool->kind, arrival);
}

/* The first of the draws that decide who takes an arrival; LG_ELSEWHERE: a user of another worker.
 */
static size_t first_place(const struct lg_pool *pool, struct lg_rng *rng)
{
    return pool->places != NULL ? pool->places[lg_rng_below(rng, lg_users_total(pool->users))]
                                : lg_rng_below(rng, pool->vu_count);
}

struct lg_vu *lg_pool_first_choice(struct lg_pool *pool, uint64_t arrival)
{
    struct lg_rng rng;
    draw_stream(pool, arrival, &rng);
    return pool->vu_count > 0 ? &pool->vus[first_place(pool, &rng)] : NULL;
}

static bool is_ours(const struct lg_pool *pool, uint64_t arrival)
{
    struct lg_rng rng;
    if (pool->places == NULL) {
        return true;
    }
    draw_stream(pool, arrival, &rng);
    return pool->places[lg_rng_below(&rng, lg_users_total(pool->users))] != LG_ELSEWHERE;
}

/* Who takes an arrival is drawn from the arrival's own random stream, so that two runs let the same
 * user do the same thing; where that user is busy, another draw or whoever has been free longest.
 */
static struct lg_vu *choose_free(struct lg_pool *pool, uint64_t arrival)
{
    struct lg_rng rng;
    draw_stream(pool, arrival, &rng);
    for (int draws = 0; draws < 4 && pool->vu_count > 0; draws++) {
        size_t place = draws == 0 ? first_place(pool, &rng) : lg_rng_below(&rng, pool->vu_count);
        struct lg_vu *vu = &pool->vus[place];
        if (vu->state == LG_VU_FREE) {
            return vu;
        }
    }
    return pop_free(pool);
}

static void push_waiting(struct lg_pool *pool, struct lg_waiting w)
{
    if (pool->waiting_count == pool->waiting_cap) {
        size_t cap = pool->waiting_cap > 0 ? 2 * pool->waiting_cap : 64;
        struct lg_waiting *ring = lg_alloc_array(cap, sizeof *ring);
        for (size_t i = 0; i < pool->waiting_count; i++) {
            ring[i] = pool->waiting[(pool->waiting_first + i) % pool->waiting_cap];
        }
        free(pool->waiting);
        pool->waiting = ring;
        pool->waiting_cap = cap;
        pool->waiting_first = 0;
    }
    pool->waiting[(pool->waiting_first + pool->waiting_count++) % pool->waiting_cap] = w;
}

static void refuse(struct lg_pool *pool, lg_ns intended, enum lg_users_count why, lg_ns now)
{
    struct lg_worker *worker = pool->worker;
    struct lg_recorder *r = lg_rows_at(&worker->rows, intended);
    lg_users_counts(r, pool->kind)[why]++;
    lg_users_counts(r, pool->kind)[LG_USERS_UNFINISHED_NS] += (uint64_t)(now - intended);
    size_t step = pool->users->steps[0];
    enum lg_outcome_class class = why == LG_USERS_SHED ? LG_SHED : LG_DROPPED;
    lg_step_counts(r, step)[class]++;
    lg_hist_add(lg_step_hist(r, step, LG_PHASE_FAILED), now - intended);
    lg_recorder_failure(r, step, lg_outcome(class, 0), now, lg_slice(NULL, 0));
    lg_live_add(&worker->live.failed, 1);
    lg_pool_note_edges(pool, r->row, now);
    lg_pool_ended(pool, r, now);
}

static bool is_stale(const struct lg_pool *pool, const struct lg_waiting *w, lg_ns now)
{
    return pool->users->overload == LG_OVERLOAD_SHED &&
           now - w->intended >= pool->users->shed_after;
}

static void shed_due(struct lg_pool *pool, lg_ns now)
{
    while (pool->waiting_count > 0 && is_stale(pool, &pool->waiting[pool->waiting_first], now)) {
        lg_ns intended = pool->waiting[pool->waiting_first].intended;
        pool->waiting_first = (pool->waiting_first + 1) % pool->waiting_cap;
        pool->waiting_count--;
        refuse(pool, intended, LG_USERS_SHED, now);
    }
}

/* Closed model: the next iteration begins where the last one ended. */
static bool start_closed(struct lg_pool *pool, struct lg_vu *vu, lg_ns now)
{
    if (pool->open_model || !pool->worker->begun || pool->started >= pool->share) {
        return false;
    }
    struct lg_waiting arrival = {.intended = now, .taken = now, .index = pool->next_index};
    pool->next_index += pool->users->iterations > 0 ? 1 : pool->worker->shared->workers;
    lg_vu_start(vu, schedule(pool, now, now), &arrival, now);
    return true;
}

/* Gives the user what waits; false: nothing does. */
static bool start_next(struct lg_pool *pool, struct lg_vu *vu, lg_ns now)
{
    if (pool->waiting_count > 0) {
        shed_due(pool, now);
    }
    if (pool->waiting_count == 0) {
        return start_closed(pool, vu, now);
    }
    struct lg_waiting w = pool->waiting[pool->waiting_first];
    pool->waiting_first = (pool->waiting_first + 1) % pool->waiting_cap;
    pool->waiting_count--;
    /* A message is done when it was written, which its user is told later: from the loop.  What was
     * taken up meanwhile begins no earlier than that. */
    lg_ns from = w.taken > now ? w.taken : now;
    lg_vu_start(vu, lg_rows_at(&pool->worker->rows, w.intended), &w, from);
    return true;
}

/* What is started may fail at once (no port left, nobody listens) and free the user again: that is
 * taken up in the loop, because a long queue would fill the stack with calls. */
void lg_pool_free_user(struct lg_pool *pool, struct lg_vu *vu, lg_ns now)
{
    vu->state = LG_VU_FREE;
    if (pool->worker->stopping || vu->freeing) {
        return;
    }
    vu->freeing = true;
    while (vu->state == LG_VU_FREE && start_next(pool, vu, now)) {
        now = vu->state == LG_VU_FREE ? lg_now() : now;
    }
    vu->freeing = false;
    if (vu->state == LG_VU_FREE) {
        lg_vu_rest(vu);
        push_free(pool, vu);
    }
}

static void arrive(struct lg_pool *pool, lg_ns intended, uint64_t index)
{
    lg_ns now = lg_now();
    struct lg_waiting arrival = {.intended = intended, .taken = now, .index = index};
    struct lg_recorder *recorder = schedule(pool, intended, now);
    struct lg_vu *vu = choose_free(pool, index);
    if (vu != NULL) {
        lg_vu_start(vu, recorder, &arrival, now);
    } else if (pool->users->overload == LG_OVERLOAD_DROP) {
        refuse(pool, intended, LG_USERS_DROPPED, now);
    } else {
        push_waiting(pool, arrival);
    }
}

void lg_pool_next_arrival(struct lg_pool *pool)
{
    uint64_t limit = pool->users->iterations > 0 ? pool->users->iterations : UINT64_MAX;
    lg_ns at = LG_NEVER;
    pool->next_at = LG_NEVER;
    if (pool->started >= pool->share || (pool->places != NULL && pool->vu_count == 0)) {
        return;
    }
    do {
        at = lg_arrivals_next(&pool->arrivals, &pool->next_index);
    } while (at != LG_NEVER && pool->next_index < limit && !is_ours(pool, pool->next_index));
    if (at != LG_NEVER && pool->next_index < limit) {
        pool->next_at = pool->worker->shared->window.t0 + at;
    }
}

void lg_pool_begin(struct lg_pool *pool, lg_ns t0)
{
    const struct lg_users *users = pool->users;
    struct lg_worker *worker = pool->worker;
    pool->in_flight_since = t0;
    if (users->arrivals == LG_ARRIVAL_CLOSED) {
        pool->next_index = users->iterations > 0 ? pool->share_from : worker->index;
        size_t n = pool->free_count;
        for (size_t i = 0; i < n; i++) {
            struct lg_vu *vu = pop_free(pool);
            if (vu != NULL) {
                lg_pool_free_user(pool, vu, lg_now());
            }
        }
    } else if (users->arrivals == LG_ARRIVAL_TRACE) {
        lg_arrivals_init_trace(&pool->arrivals, users->trace, users->trace_speed,
                               pool->places != NULL ? 0 : worker->index,
                               pool->places != NULL ? 1 : worker->shared->workers);
        lg_pool_next_arrival(pool);
    } else if (users->arrivals != LG_ARRIVAL_NONE) {
        lg_arrivals_init(&pool->arrivals, users->stages, users->stage_count, users->arrivals,
                         worker->program->seed, 0x617272 + pool->kind,
                         pool->places != NULL ? 0 : worker->index,
                         pool->places != NULL ? 1 : worker->shared->workers);
        lg_pool_next_arrival(pool);
    }
}

void lg_pool_arrive_due(struct lg_pool *pool, lg_ns now)
{
    shed_due(pool, now);
    for (int i = 0; i < ARRIVALS_PER_TURN && pool->next_at <= now; i++) {
        lg_ns intended = pool->next_at;
        uint64_t index = pool->next_index;
        arrive(pool, intended, index);
        lg_pool_next_arrival(pool);
    }
}

static lg_ns earlier(lg_ns a, lg_ns b)
{
    return a < b ? a : b;
}

lg_ns lg_pool_next(const struct lg_pool *pool, lg_ns now)
{
    lg_ns at = pool->next_at;
    bool paced = isfinite(pool->users->connect_rate);
    if (pool->next_open < pool->vu_count && (paced || pool->opening < OPENING_AT_ONCE)) {
        at = earlier(at, open_at(pool, pool->next_open));
    }
    if (pool->users->overload == LG_OVERLOAD_SHED && pool->waiting_count > 0) {
        at = earlier(at, pool->waiting[pool->waiting_first].intended + pool->users->shed_after);
    }
    if (pool->retries.head != NULL) {
        at = earlier(at, pool->retries.head->due);
    }
    return at > now ? at : now;
}

bool lg_pool_limited(const struct lg_pool *pool)
{
    return pool->users->iterations > 0 || pool->users->arrivals == LG_ARRIVAL_TRACE;
}

bool lg_pool_exhausted(const struct lg_pool *pool, lg_ns end)
{
    bool limited = lg_pool_limited(pool);
    if (pool->users->arrivals == LG_ARRIVAL_NONE) {
        return true;
    }
    if (!pool->open_model) { /* unless limited, time alone ends it */
        return limited && pool->started >= pool->share && pool->in_flight == 0;
    }
    return (pool->next_at == LG_NEVER || pool->next_at >= end) &&
           (!limited || pool->in_flight == 0);
}
