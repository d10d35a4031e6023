#include "engine/worker.h"

#include <stdlib.h>

/* Users of one room must meet on one worker; others are dealt out in turn. */
static unsigned owner_of(struct lg_worker *worker, struct lg_vu *vu)
{
    const struct lg_program *program = worker->program;
    if (!program->has_deliveries) {
        return vu->index / vu->pool->users->streams % worker->shared->workers;
    }
    uint64_t hash = 1469598103934665603u; /* FNV-1a */
    lg_buf_clear(&worker->text);
    lg_render(&worker->text, &program->plan->deliveries[0].group, vu, 0);
    for (size_t i = 0; i < worker->text.n; i++) {
        hash = (hash ^ (unsigned char)worker->text.p[i]) * 1099511628211u;
    }
    /* FNV alone leaves the upper bits of short names alike. */
    hash = (hash ^ hash >> 32) * 0x9e3779b97f4a7c15u;
    return (unsigned)((hash >> 32) % worker->shared->workers);
}

/* Of a limited number of iterations: by users in the closed model, where each user makes its own
 * arrivals; else the arrivals of this worker's part of the schedule. */
static uint64_t share_of(struct lg_pool *pool, uint64_t users_before)
{
    uint64_t total = pool->users->iterations, users = lg_users_total(pool->users);
    unsigned n = pool->worker->shared->workers, i = pool->worker->index;
    if (total == 0 || pool->places != NULL) {
        return UINT64_MAX;
    }
    if (pool->open_model) {
        return total / n + (i < total % n ? 1 : 0);
    }
    /* The sum of the shares is exactly the total. */
    double each = (double)total / (double)users;
    uint64_t from = (uint64_t)(each * (double)users_before);
    uint64_t until = users_before + pool->vu_count;
    pool->share_from = from;
    return (until == users ? total : (uint64_t)(each * (double)until)) - from;
}

/* Where workers hold unequal numbers of users (by more than a hundredth), an arrival belongs to the
 * worker that holds the user drawn for it, and every worker goes through the whole schedule. */
static void note_places(struct lg_pool *pool)
{
    uint32_t users = lg_users_total(pool->users), connections = pool->users->connections;
    unsigned workers = pool->worker->shared->workers;
    bool alike = connections % workers == 0 || connections / workers >= 100;
    if (!pool->open_model || workers == 1 || (!pool->worker->program->has_deliveries && alike)) {
        return;
    }
    pool->places = lg_alloc_array(users, sizeof *pool->places);
    for (uint32_t i = 0; i < users; i++) {
        pool->places[i] = LG_ELSEWHERE;
    }
    for (uint32_t i = 0; i < pool->vu_count; i++) {
        pool->places[pool->vus[i].index] = i;
    }
}

/* HTTP/2: those who share a connection follow each other. */
static void share_links(struct lg_pool *pool)
{
    const struct lg_program *program = pool->worker->program;
    uint32_t streams = pool->users->streams;
    pool->link_count = (pool->vu_count + streams - 1) / streams;
    pool->links = lg_alloc_array(pool->link_count, sizeof *pool->links);
    for (size_t i = 0; i < pool->vu_count; i++) {
        struct lg_vu *vu = &pool->vus[i];
        struct lg_link *link = &pool->links[i / streams];
        if (i % streams == 0) {
            size_t origin = vu->index / streams % program->replicas;
            lg_link_init(link, pool, &program->origins[origin], NULL);
        }
        vu->ex.link = link;
    }
}

static unsigned owner_of_index(struct lg_pool *pool, uint32_t index)
{
    struct lg_vu vu;
    if (pool->worker->shared->workers == 1) {
        return 0;
    }
    lg_vu_init(&vu, pool, index);
    unsigned owner = owner_of(pool->worker, &vu);
    lg_vu_fini(&vu);
    return owner;
}

/* Users point into themselves and so are made where they stay: first it is counted how many are
 * this worker's.  Returns how many the workers before it have. */
static uint64_t make_users(struct lg_pool *pool)
{
    uint32_t total = lg_users_total(pool->users);
    uint64_t before = 0;
    unsigned *owners = lg_alloc_array(total, sizeof *owners);
    for (uint32_t i = 0; i < total; i++) {
        owners[i] = owner_of_index(pool, i);
        before += owners[i] < pool->worker->index;
        pool->vu_count += owners[i] == pool->worker->index;
    }
    pool->vus = lg_alloc_array(pool->vu_count, sizeof *pool->vus);
    struct lg_vu *next = pool->vus;
    for (uint32_t i = 0; i < total; i++) {
        if (owners[i] == pool->worker->index) {
            lg_vu_init(next++, pool, i);
        }
    }
    free(owners);
    return before;
}

void lg_pool_deal(struct lg_pool *pool)
{
    uint64_t before = make_users(pool);
    if (pool->http2) {
        share_links(pool);
    }
    note_places(pool);
    pool->share = share_of(pool, before);
}
