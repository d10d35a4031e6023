/* A virtual user walking its steps: setup once, then the steps of an iteration per arrival. */
#include "engine/room.h"
#include "engine/stream.h"
#include "engine/worker.h"

#include <stdlib.h>

static const struct lg_users *users_of(const struct lg_vu *vu)
{
    return vu->pool->users;
}

/* ---- variables ---- */

static int64_t draw_zipf(struct lg_rng *rng, int64_t low, int64_t high)
{
    double total = 0;
    for (int64_t k = 1; k <= high - low + 1; k++) {
        total += 1.0 / (double)k;
    }
    double u = lg_rng_unit(rng) * total;
    for (int64_t k = 1; k < high - low + 1; k++) {
        u -= 1.0 / (double)k;
        if (u <= 0) {
            return low + k - 1;
        }
    }
    return high;
}

static void draw(struct lg_vu *vu, const struct lg_user_variable *v, struct lg_rng *rng)
{
    struct lg_buf *value = &vu->values[v->variable];
    switch (v->kind) {
    case LG_VARIABLE_TEXT:
        lg_render(value, &v->text, vu, 0);
        break;
    case LG_VARIABLE_UNIFORM:
        lg_buf_addf(value, "%lld", (long long)lg_rng_between(rng, v->low, v->high));
        break;
    case LG_VARIABLE_ZIPF:
        lg_buf_addf(value, "%lld", (long long)draw_zipf(rng, v->low, v->high));
        break;
    }
}

/* Users are spread over the replicas of a target in turn. */
static const struct lg_origin *origin_of(const struct lg_pool *pool, uint32_t index)
{
    const struct lg_program *program = pool->worker->program;
    return &program->origins[program->replicas > 1 ? index % program->replicas : 0];
}

static size_t service_links(const struct lg_vu *vu)
{
    size_t branches = vu->worker->program->users[vu->pool->kind].branches;
    return vu->worker->program->plan->service_count * (branches > 0 ? branches : 1);
}

struct lg_link *lg_vu_service(const struct lg_vu *vu, const struct lg_program_step *step,
                              size_t place)
{
    const struct lg_program *program = vu->worker->program;
    size_t places = service_links(vu) / program->plan->service_count;
    return &vu->services[(step->origin - program->replicas) * places + place];
}

static void make_services(struct lg_vu *vu)
{
    const struct lg_program *program = vu->worker->program;
    size_t count = service_links(vu), places = count / program->plan->service_count;
    vu->services = lg_alloc_array(count, sizeof *vu->services);
    for (size_t i = 0; i < count; i++) {
        const struct lg_origin *origin = &program->origins[program->replicas + i / places];
        lg_link_init(&vu->services[i], vu->pool, origin, &vu->ex);
        vu->services[i].extra = true;
    }
}

void lg_vu_init(struct lg_vu *vu, struct lg_pool *pool, uint32_t index)
{
    const struct lg_plan *plan = pool->worker->program->plan;
    struct lg_rng rng;
    *vu = (struct lg_vu){.worker = pool->worker, .pool = pool, .index = index, .in_setup = true};
    lg_link_init(&vu->link, pool, origin_of(pool, index), &vu->ex);
    lg_exchange_init(&vu->ex, vu, &vu->link);
    const struct lg_program_users *needs = &pool->worker->program->users[pool->kind];
    if (needs->branches > 0) {
        vu->group = lg_group_new(vu, needs->branches);
    }
    if (needs->services) {
        make_services(vu);
    }
    if (!needs->values) {
        return;
    }
    vu->values = lg_alloc_array(plan->variable_count, sizeof *vu->values);
    /* The plan's seed, not the trial's: who is in which room is part of the scenario. */
    lg_rng_init(&rng, plan->seed, 0x75736572 + pool->kind, index);
    for (size_t i = 0; i < pool->users->variable_count; i++) {
        draw(vu, &pool->users->variables[i], &rng);
    }
}

void lg_vu_fini(struct lg_vu *vu)
{
    for (size_t i = 0; vu->values != NULL && i < vu->worker->program->plan->variable_count; i++) {
        lg_buf_free(&vu->values[i]);
    }
    free(vu->values);
    free(vu->services);
    lg_cookie_jar_fini(&vu->cookies);
    lg_group_free(vu->group);
    lg_exchange_fini(&vu->ex);
}

/* ---- where it stands ---- */

/* The step at the user's place in its list; NULL: it is through. */
static const struct lg_program_step *find_step(const struct lg_vu *vu)
{
    const struct lg_users *users = users_of(vu);
    size_t count = vu->in_setup ? users->setup_count : users->step_count;
    const size_t *list = vu->in_setup ? users->setup : users->steps;
    if (vu->place >= count) {
        return NULL;
    }
    return &vu->worker->program->steps[list[vu->place]];
}

/* Lives on a WebSocket or a stream that its setup opened, and is nothing without it. */
static bool is_resident(const struct lg_vu *vu)
{
    return vu->pool->resident;
}

bool lg_vu_has_socket(const struct lg_vu *vu)
{
    return vu->pool->http2 ? vu->tunnel != NULL : vu->ex.link->conn != NULL;
}

void lg_vu_rest(struct lg_vu *vu)
{
    lg_exchange_deadline(&vu->ex, NULL, 0);
}

/* Begins the step that vu->ex.step says. */
static void begin_step(struct lg_vu *vu, lg_ns intended, lg_ns taken, lg_ns now)
{
    if (vu->ex.step->kind == LG_STEP_PARALLEL) {
        lg_group_begin(vu, vu->ex.step, intended, taken, now);
        return;
    }
    if (vu->ex.step->origin != LG_USERS_OWN) {
        vu->ex.link = lg_vu_service(vu, vu->ex.step, 0);
        vu->ex.link->sole = &vu->ex;
    }
    lg_exchange_begin(&vu->ex, intended, taken, now);
}

/* ---- thinking ---- */

/* Named by the arrival and the place, like other random data. */
static lg_ns draw_think(const struct lg_vu *vu, const struct lg_think *think)
{
    uint64_t index = vu->in_setup ? UINT64_MAX - vu->index : vu->arrival;
    struct lg_rng rng;
    if (think->kind == LG_THINK_CONSTANT) {
        return think->low;
    }
    lg_rng_init(&rng, vu->worker->program->seed + vu->place * UINT64_C(0x9e3779b97f4a7c15),
                0x7468696e6b + vu->pool->kind, index);
    return think->kind == LG_THINK_UNIFORM ? lg_rng_between(&rng, think->low, think->high)
                                           : (lg_ns)((double)think->low * lg_rng_exp(&rng));
}

static void think(struct lg_vu *vu, const struct lg_think *think, lg_ns now)
{
    lg_exchange_deadline(&vu->ex, NULL, now);
    vu->thinking = true;
    lg_pause_begin(vu->worker, vu, now + draw_think(vu, think));
}

/* ---- setup ---- */

static void wait_and_retry(struct lg_vu *vu, lg_ns now)
{
    vu->state = LG_VU_WAITING;
    lg_exchange_deadline(&vu->ex, &vu->pool->retries, now);
}

static void leave_room(struct lg_vu *vu)
{
    if (vu->room != NULL) {
        lg_room_leave(vu->room, vu);
    }
}

static void join_room(struct lg_vu *vu)
{
    struct lg_worker *worker = vu->worker;
    if (!worker->program->has_deliveries || !is_resident(vu) || vu->ex.streaming) {
        return;
    }
    lg_buf_clear(&worker->text);
    lg_render(&worker->text, &worker->program->plan->deliveries[0].group, vu, 0);
    lg_room_join(lg_room_of(worker, lg_buf_slice(&worker->text)), vu);
}

static void set_up_ended(struct lg_vu *vu, bool ok, lg_ns now)
{
    vu->recorder = NULL;
    vu->in_setup = false;
    vu->place = 0;
    vu->ex.step = NULL;
    lg_exchange_deadline(&vu->ex, NULL, now);
    lg_pool_settled(vu->pool, vu);
    if (ok) {
        lg_live_add(&vu->worker->live.usable, 1);
        join_room(vu);
        lg_pool_free_user(vu->pool, vu, now);
    } else {
        vu->in_setup = true;
        wait_and_retry(vu, now);
    }
}

void lg_vu_set_up(struct lg_vu *vu, lg_ns now)
{
    vu->state = LG_VU_SETUP;
    vu->in_setup = true;
    vu->place = 0;
    vu->recorder = vu->worker->setup;
    vu->ex.step = find_step(vu);
    if (vu->ex.step != NULL) {
        begin_step(vu, now, now, now);
    } else {
        lg_link_enter(vu->ex.link, &vu->ex, now);
    }
}

void lg_vu_connected(struct lg_vu *vu, lg_ns now)
{
    set_up_ended(vu, true, now);
}

/* ---- an iteration ---- */

const struct lg_trace_request *lg_vu_traced(const struct lg_vu *vu)
{
    return &users_of(vu)->trace->requests[vu->arrival];
}

void lg_vu_start(struct lg_vu *vu, struct lg_recorder *recorder, const struct lg_waiting *arrival,
                 lg_ns now)
{
    vu->state = LG_VU_BUSY;
    vu->in_setup = false;
    vu->arrived = arrival->intended;
    vu->arrival = arrival->index;
    vu->recorder = recorder;
    vu->place = 0;
    if (vu->pool->only_step != NULL) {
        vu->ex.step = vu->pool->only_step;
        lg_exchange_begin(&vu->ex, arrival->intended, arrival->taken, now);
    } else {
        vu->ex.step = find_step(vu);
        begin_step(vu, arrival->intended, arrival->taken, now);
    }
}

static void count_iteration(struct lg_vu *vu, struct lg_outcome outcome, lg_ns now)
{
    struct lg_worker *worker = vu->worker;
    size_t kind = vu->pool->kind;
    uint64_t *counts = lg_users_counts(vu->recorder, kind);
    if (outcome.class == LG_OK) {
        counts[LG_USERS_COMPLETED]++;
        if (!vu->pool->one_step) {
            lg_hist_add(lg_users_hist(vu->recorder, kind, LG_USERS_ITERATION), now - vu->arrived);
        }
        struct lg_recorder *at = LG_FULL_BOOKS ? lg_rows_at(&worker->rows, now) : vu->recorder;
        lg_users_counts(at, kind)[LG_USERS_FINISHED]++;
        lg_live_add(&worker->live.completed, 1);
    } else {
        counts[outcome.class == LG_TIMEOUT ? LG_USERS_TIMED_OUT : LG_USERS_FAILED]++;
        counts[LG_USERS_UNFINISHED_NS] += (uint64_t)(now - vu->arrived);
        lg_live_add(&worker->live.failed, 1);
    }
}

static void set_up_failed_or_done(struct lg_vu *vu, bool ok, lg_ns now)
{
    if (!ok && vu->pool->http2) {
        lg_conn_close_tunnel(vu);
    } else if (!ok && vu->ex.link->conn != NULL) {
        lg_conn_close(vu->ex.link->conn);
    }
    set_up_ended(vu, ok, now);
}

/* `pause`: after it; NULL: none.  Inline: the calls from step to step cost as much as the work. */
static inline __attribute__((always_inline)) void
end_iteration(struct lg_vu *vu, struct lg_outcome outcome, const struct lg_think *pause, lg_ns now)
{
    bool ok = outcome.class == LG_OK;
    struct lg_recorder *recorder = vu->recorder;
    count_iteration(vu, outcome, now);
    vu->recorder = NULL;
    if (LG_FULL_BOOKS && now > recorder->end) {
        lg_pool_note_edges(vu->pool, recorder->row, now);
    }
    lg_pool_ended(vu->pool, recorder, now);
    if (is_resident(vu) && !lg_vu_has_socket(vu)) {
        leave_room(vu);
        wait_and_retry(vu, now);
    } else if (!ok && users_of(vu)->arrivals == LG_ARRIVAL_CLOSED) {
        /* A server that fails at once must not be hammered in a tight loop. */
        wait_and_retry(vu, now);
    } else if (pause != NULL) {
        vu->state = LG_VU_WAITING;
        think(vu, pause, now);
    } else {
        lg_pool_free_user(vu->pool, vu, now);
    }
}

void lg_vu_step_ended(struct lg_vu *vu, struct lg_outcome outcome, lg_ns now)
{
    const struct lg_think *pause = &vu->ex.step->step->think;
    if (vu->services != NULL) {
        vu->ex.link = &vu->link; /* such users speak HTTP/1.1 and share no connection */
    }
    vu->place++;
    vu->ex.step = find_step(vu);
    bool through = outcome.class != LG_OK || vu->ex.step == NULL;
    /* After a stream that lasts as long as the run comes nothing. */
    bool pauses = outcome.class == LG_OK && pause->kind != LG_THINK_NONE && !vu->ex.streaming;
    if (through && !vu->in_setup) {
        end_iteration(vu, outcome, pauses ? pause : NULL, now);
    } else if (pauses) {
        think(vu, pause, now);
    } else if (through) {
        set_up_failed_or_done(vu, outcome.class == LG_OK, now);
    } else {
        begin_step(vu, now, now, now);
    }
}

void lg_vu_exchange_ended(struct lg_exchange *ex, struct lg_outcome outcome, lg_ns now)
{
    struct lg_vu *vu = ex->vu;
    if (vu->pool->only_step != NULL && !vu->in_setup) {
        end_iteration(vu, outcome, NULL, now);
        return;
    }
    if (vu->worker->program->plan->dry_run) {
        lg_tell_ended(ex, outcome, now);
    }
    if (ex != &vu->ex) {
        lg_group_ended(vu->group, ex, outcome, now);
    } else {
        lg_vu_step_ended(vu, outcome, now);
    }
}

void lg_vu_thought(struct lg_vu *vu, lg_ns due, lg_ns now)
{
    vu->thinking = false;
    if (vu->state == LG_VU_WAITING) {
        lg_vu_waited(vu, now);
    } else if (vu->state == LG_VU_SETUP && vu->ex.step == NULL) {
        set_up_ended(vu, !is_resident(vu) || lg_vu_has_socket(vu), now);
    } else if (vu->state == LG_VU_BUSY || vu->state == LG_VU_SETUP) {
        begin_step(vu, due, now, now); /* what follows was due when the pause ended */
    }
}

void lg_vu_run(struct lg_vu *vu, lg_ns now)
{
    if (vu->ex.streaming) {
        lg_stream_run(&vu->ex, now);
    } else if (vu->ex.open && vu->ex.written != 0) {
        lg_exchange_end(&vu->ex, lg_outcome(LG_OK, 0), vu->ex.written);
    }
}

/* A lost connection of a user in the middle of nothing.  What comes after a pause finds out by
 * itself; nobody is to hear the others from here on. */
void lg_vu_lost(struct lg_vu *vu, lg_ns now)
{
    leave_room(vu);
    if (vu->thinking) {
        return;
    }
    if (vu->state == LG_VU_SETUP) { /* connecting before the load: the first exchange tries again */
        set_up_ended(vu, true, now);
    } else if (is_resident(vu) && vu->state == LG_VU_FREE) {
        wait_and_retry(vu, now);
    }
}

void lg_vu_tunnel_opened(struct lg_vu *vu, lg_ns now)
{
    if (vu->ex.open && vu->ex.step->kind == LG_STEP_WEBSOCKET) {
        lg_exchange_websocket_open(&vu->ex, now);
    }
}

void lg_vu_tunnel_lost(struct lg_vu *vu, struct lg_outcome why, lg_ns now)
{
    vu->tunnel = NULL;
    if (!vu->ex.open || vu->ex.step->kind != LG_STEP_REQUEST) {
        lg_exchange_fail(&vu->ex, why.class == LG_OK ? lg_outcome(LG_CLOSED, 0) : why, now);
    }
}

void lg_vu_waited(struct lg_vu *vu, lg_ns now)
{
    if (vu->state != LG_VU_WAITING) {
        lg_vu_lost(vu, now);
    } else if (vu->in_setup || (is_resident(vu) && !lg_vu_has_socket(vu))) {
        lg_vu_set_up(vu, now);
    } else {
        lg_pool_free_user(vu->pool, vu, now);
    }
}

/* The load is over: what is open stays open in the books. */
void lg_vu_stop(struct lg_vu *vu, lg_ns now)
{
    if (vu->state == LG_VU_BUSY && vu->recorder != NULL) {
        lg_pool_cut(vu->pool, vu->recorder, vu->arrived, now);
    }
    lg_exchange_forget(&vu->ex);
    lg_group_stop(vu->group);
    for (size_t i = 0; vu->services != NULL && i < service_links(vu); i++) {
        lg_link_finish(&vu->services[i]);
    }
    vu->tunnel = NULL;
    vu->state = LG_VU_ENDED;
    vu->recorder = NULL;
    lg_link_finish(&vu->link); /* the shared ones follow */
}
