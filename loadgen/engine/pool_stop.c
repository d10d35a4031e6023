/* The end of the load: what becomes of the arrivals that have not ended. */
#include "engine/worker.h"

/* So many are counted; with more, the generator is too late by any measure. */
enum { UNTAKEN_MOST = 1 << 22 };

void lg_pool_cut(struct lg_pool *pool, struct lg_recorder *recorder, lg_ns intended, lg_ns now)
{
    uint64_t *counts = lg_users_counts(recorder, pool->kind);
    counts[LG_USERS_IN_FLIGHT_END]++;
    counts[LG_USERS_UNFINISHED_NS] += (uint64_t)(now - intended);
    lg_pool_note_edges(pool, recorder->row, now);
    recorder->open--;
}

static void cut_waiting(struct lg_pool *pool, lg_ns now)
{
    while (pool->waiting_count > 0) {
        lg_ns intended = pool->waiting[pool->waiting_first].intended;
        struct lg_recorder *r = lg_rows_at(&pool->worker->rows, intended);
        pool->waiting_first = (pool->waiting_first + 1) % pool->waiting_cap;
        pool->waiting_count--;
        lg_pool_cut(pool, r, intended, now);
    }
}

static void cut_untaken(struct lg_pool *pool, lg_ns now)
{
    lg_ns w1 = pool->worker->shared->window.w1, end = now < w1 ? now : w1;
    for (int i = 0; i < UNTAKEN_MOST && pool->next_at < end; i++) {
        struct lg_recorder *r = lg_rows_at(&pool->worker->rows, pool->next_at);
        uint64_t *counts = lg_users_counts(r, pool->kind);
        counts[LG_USERS_SCHEDULED]++;
        counts[LG_USERS_IN_FLIGHT_NS] += (uint64_t)(end - pool->next_at); /* unseen */
        r->open++;
        pool->started++;
        lg_pool_cut(pool, r, pool->next_at, now);
        lg_pool_next_arrival(pool);
    }
}

void lg_pool_stop(struct lg_pool *pool, lg_ns now)
{
    lg_pool_account(pool, now);
    cut_waiting(pool, now);
    cut_untaken(pool, now);
}
