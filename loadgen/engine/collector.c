#include "engine/collector.h"

#include <stdlib.h>

void lg_collector_init(struct lg_collector *c, const struct lg_program *program,
                       const struct lg_window *window, struct lg_worker **workers, unsigned count)
{
    *c = (struct lg_collector){
        .program = program, .window = window, .workers = workers, .worker_count = count};
    c->gaps = lg_alloc_array(program->shape.users, sizeof *c->gaps);
    for (size_t i = 0; i < program->shape.users; i++) {
        c->gaps[i].list = lg_alloc_array(LG_GAP_SAMPLE, sizeof(double));
    }
}

static void free_list(struct lg_recorder *r)
{
    while (r != NULL) {
        struct lg_recorder *next = r->next;
        lg_recorder_free(r);
        r = next;
    }
}

void lg_collector_fini(struct lg_collector *c)
{
    free_list(c->pending);
    free_list(c->spare);
    for (size_t i = 0; i < c->row_count; i++) {
        lg_packed_free(c->rows[i]);
    }
    for (size_t i = 0; i < c->program->shape.users; i++) {
        free(c->gaps[i].list);
    }
    free(c->rows);
    free(c->gaps);
}

/* ---- take-ups of one second, from all workers ---- */

static int by_time(const void *a, const void *b)
{
    lg_ns x = *(const lg_ns *)a, y = *(const lg_ns *)b;
    return (x > y) - (x < y);
}

/* A worker whose sample was cut knows nothing after its last entry, so nobody's later ones count.
 */
static void merge_take_ups(struct lg_recorder *into, const struct lg_recorder *r)
{
    for (size_t i = 0; i < r->shape.users; i++) {
        struct lg_take_up_sample *a = &into->take_ups[i];
        const struct lg_take_up_sample *b = &r->take_ups[i];
        a->at = lg_grow(a->at, a->count + b->count + LG_TAKE_UP_SAMPLE, sizeof(lg_ns));
        memcpy(a->at + a->count, b->at, b->count * sizeof(lg_ns));
        a->count += b->count;
        a->cut = b->cut < a->cut ? b->cut : a->cut;
    }
}

static void add_gap(struct lg_collector *c, size_t kind, lg_ns from, lg_ns to)
{
    const struct lg_users *users = &c->program->plan->users[kind];
    struct lg_gaps *g = &c->gaps[kind];
    if (g->count < LG_GAP_SAMPLE && users->stage_count > 0) { /* a trace's gaps are as they are */
        lg_ns t0 = c->window->t0;
        g->list[g->count++] = lg_stages_count(users->stages, users->stage_count, to - t0) -
                              lg_stages_count(users->stages, users->stage_count, from - t0);
    }
}

static void take_gaps(struct lg_collector *c, struct lg_recorder *r)
{
    for (size_t i = 0; i < c->program->shape.users; i++) {
        struct lg_take_up_sample *s = &r->take_ups[i];
        qsort(s->at, s->count, sizeof(lg_ns), by_time);
        lg_ns *last = &c->gaps[i].last;
        for (size_t k = 0; k < s->count && s->at[k] <= s->cut; k++) {
            if (*last != 0 && s->at[k] >= *last) {
                add_gap(c, i, *last, s->at[k]);
            }
            *last = s->at[k] > *last ? s->at[k] : *last;
        }
        *last = s->cut == LG_NEVER ? *last : 0;
    }
}

/* ---- seconds ---- */

static struct lg_recorder *spare_recorder(struct lg_collector *c)
{
    struct lg_recorder *r = c->spare;
    if (r != NULL) {
        c->spare = r->next;
        return r;
    }
    return lg_recorder_new(c->program->shape);
}

/* A thread that waits for a core has work to do as much as one that runs. */
static lg_ns busy_time(const struct lg_recorder *r)
{
    return r->cpu + r->run_queue;
}

static lg_ns greater(lg_ns a, lg_ns b)
{
    return a > b ? a : b;
}

/* Adds a worker's recorder to its second.  The first one of a second is taken over as it is; what
 * the worker gets back for it is returned, cleared. */
static struct lg_recorder *add_to_second(struct lg_collector *c, struct lg_recorder *take_r)
{
    struct lg_recorder **link = &c->pending;
    while (*link != NULL && (*link)->row < take_r->row) {
        link = &(*link)->next;
    }
    if (*link != NULL && (*link)->row == take_r->row) {
        (*link)->busiest = greater(busy_time(take_r), (*link)->busiest);
        (*link)->busiest_cpu = greater(take_r->cpu, (*link)->busiest_cpu);
        lg_recorder_merge(*link, take_r);
        merge_take_ups(*link, take_r);
        lg_recorder_clear(take_r);
        return take_r;
    }
    take_r->busiest = busy_time(take_r);
    take_r->busiest_cpu = take_r->cpu;
    take_r->next = *link;
    *link = take_r;
    return spare_recorder(c);
}

static void show_second(struct lg_collector *c, const struct lg_recorder *r)
{
    struct lg_second *s = &c->second;
    *s = (struct lg_second){.known = true,
                            .row = r->row,
                            .response_p50 = -1,
                            .response_p99 = -1,
                            .delivery_p50 = -1,
                            .delivery_p99 = -1,
                            .lag_p99 = -1};
    for (size_t i = 0; i < c->program->shape.users; i++) {
        const uint64_t *counts = lg_users_counts(r, i);
        s->scheduled += counts[LG_USERS_SCHEDULED];
        s->completed += counts[LG_USERS_FINISHED];
        s->failed += counts[LG_USERS_FAILED] + counts[LG_USERS_TIMED_OUT] + counts[LG_USERS_SHED] +
                     counts[LG_USERS_DROPPED];
    }
    for (size_t i = 0; i < c->program->shape.users; i++) {
        const struct lg_users *users = &c->program->plan->users[i];
        if (users->step_count > 0) {
            const struct lg_hist *h =
                lg_step_hist(r, users->steps[users->step_count - 1], LG_PHASE_RESPONSE);
            s->response_p50 = lg_hist_quantile(h, 0.5, 0);
            s->response_p99 = lg_hist_quantile(h, 0.99, s->failed);
            s->lag_p99 =
                lg_hist_quantile(lg_step_hist(r, users->steps[0], LG_PHASE_SCHEDULE_LAG), 0.99, 0);
            break;
        }
    }
    if (c->program->has_deliveries) {
        const struct lg_hist *h = lg_deliveries_hist(r, 0, LG_DELIVERIES_DELIVERY);
        s->delivery_p50 = lg_hist_quantile(h, 0.5, 0);
        s->delivery_p99 = lg_hist_quantile(h, 0.99, 0);
    }
}

static void finish_row(struct lg_collector *c, struct lg_recorder *r)
{
    if (c->row_count == c->row_cap) {
        c->row_cap = c->row_cap > 0 ? 2 * c->row_cap : 64;
        c->rows = lg_grow(c->rows, c->row_cap, sizeof(struct lg_packed *));
    }
    if (lg_window_holds(c->window, r->row)) {
        take_gaps(c, r);
    }
    c->rows[c->row_count++] = lg_recorder_pack(r);
    show_second(c, r);
}

static struct lg_recorder *take_handed(struct lg_worker *worker, int64_t *mark)
{
    pthread_mutex_lock(&worker->lock);
    struct lg_recorder *list = worker->handed;
    worker->handed = NULL;
    *mark = worker->watermark < *mark ? worker->watermark : *mark;
    pthread_mutex_unlock(&worker->lock);
    return list;
}

static void give_back(struct lg_worker *worker, struct lg_recorder *r)
{
    pthread_mutex_lock(&worker->lock);
    r->next = worker->spare;
    worker->spare = r;
    pthread_mutex_unlock(&worker->lock);
}

void lg_collector_take(struct lg_collector *c, bool final)
{
    int64_t mark = INT64_MAX;
    for (unsigned i = 0; i < c->worker_count; i++) {
        struct lg_recorder *list = take_handed(c->workers[i], &mark);
        while (list != NULL) {
            struct lg_recorder *next = list->next;
            give_back(c->workers[i], add_to_second(c, list));
            list = next;
        }
    }
    while (c->pending != NULL && (final || c->pending->row < mark)) {
        struct lg_recorder *r = c->pending;
        c->pending = r->next;
        finish_row(c, r);
        lg_recorder_clear(r);
        r->next = c->spare;
        c->spare = r;
    }
}

void lg_collector_each(struct lg_collector *c,
                       void (*each)(void *ctx, const struct lg_recorder *second), void *ctx)
{
    struct lg_recorder *r = lg_recorder_new(c->program->shape);
    for (size_t i = 0; i < c->row_count; i++) {
        lg_recorder_clear(r);
        lg_packed_merge(r, c->rows[i]);
        r->row = lg_packed_row(c->rows[i]);
        lg_window_bounds(c->window, r->row, &r->begin, &r->end);
        each(ctx, r);
    }
    lg_recorder_free(r);
}
