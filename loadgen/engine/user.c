/* A virtual user walking its steps: setup once, then the steps of an iteration per arrival. */
#include "engine/room.h"
#include "engine/worker.h"

#include <stdio.h>
#include <stdlib.h>

static void begin_step(struct lg_vu *vu, lg_ns intended, lg_ns taken, lg_ns now);
static void end_step(struct lg_vu *vu, struct lg_outcome outcome, lg_ns now);

static struct lg_worker *worker_of(const struct lg_vu *vu)
{
    return vu->worker;
}

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

static char *draw(struct lg_vu *vu, const struct lg_user_variable *v, struct lg_rng *rng)
{
    struct lg_buf text = {0};
    switch (v->kind) {
    case LG_VARIABLE_TEXT:
        lg_render(&text, &v->text, vu, 0);
        break;
    case LG_VARIABLE_UNIFORM:
        lg_buf_addf(&text, "%lld", (long long)lg_rng_between(rng, v->low, v->high));
        break;
    case LG_VARIABLE_ZIPF:
        lg_buf_addf(&text, "%lld", (long long)draw_zipf(rng, v->low, v->high));
        break;
    }
    return lg_buf_take(&text);
}

void lg_vu_init(struct lg_vu *vu, struct lg_pool *pool, uint32_t index)
{
    const struct lg_plan *plan = pool->worker->program->plan;
    struct lg_rng rng;
    *vu = (struct lg_vu){.worker = pool->worker, .pool = pool, .index = index, .in_setup = true};
    if (pool->users->variable_count == 0) {
        return;
    }
    vu->values = lg_alloc_array(plan->variable_count, sizeof *vu->values);
    /* The plan's seed, not the trial's: who is in which room is part of the scenario. */
    lg_rng_init(&rng, plan->seed, 0x75736572 + pool->kind, index);
    for (size_t i = 0; i < pool->users->variable_count; i++) {
        const struct lg_user_variable *v = &pool->users->variables[i];
        vu->values[v->variable] = draw(vu, v, &rng);
    }
}

void lg_vu_fini(struct lg_vu *vu)
{
    for (size_t i = 0; vu->values != NULL && i < worker_of(vu)->program->plan->variable_count;
         i++) {
        free(vu->values[i]);
    }
    free(vu->values);
    lg_buf_free(&vu->body);
}

/* ---- where it stands ---- */

/* The step at the user's place in its list; NULL: it is through. */
static const struct lg_program_step *find_step(const struct lg_vu *vu)
{
    const struct lg_users *users = users_of(vu);
    size_t count = vu->in_setup ? users->setup_count : users->step_count;
    const size_t *list = vu->in_setup ? users->setup : users->steps;
    if (vu->ex.step >= count) {
        return NULL;
    }
    return &worker_of(vu)->program->steps[list[vu->ex.step]];
}

static size_t step_index(const struct lg_vu *vu)
{
    return vu->now_at->index;
}

const struct lg_step *lg_vu_step(const struct lg_vu *vu)
{
    return vu->now_at != NULL ? vu->now_at->step : NULL;
}

const struct lg_proto_ops *lg_vu_protocol(const struct lg_vu *vu)
{
    const struct lg_step *step = lg_vu_step(vu);
    return step != NULL && step->kind == LG_STEP_WEBSOCKET ? &lg_websocket : &lg_http1;
}

static bool opens_websocket(const struct lg_program *program, const size_t *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (program->steps[list[i]].step->kind == LG_STEP_WEBSOCKET) {
            return true;
        }
    }
    return false;
}

/* Lives on a WebSocket that its setup opened, and is nothing without it. */
static bool is_resident(const struct lg_vu *vu)
{
    const struct lg_users *users = users_of(vu);
    return opens_websocket(worker_of(vu)->program, users->setup, users->setup_count);
}

static void set_deadline(struct lg_vu *vu, struct lg_deadlines *queue, lg_ns now)
{
    if (vu->deadline_queue != NULL) {
        lg_deadline_remove(vu->deadline_queue, &vu->deadline);
    }
    vu->deadline_queue = queue;
    if (queue != NULL) {
        lg_deadline_add(queue, &vu->deadline, now);
        lg_worker_arm(worker_of(vu), vu->deadline.due);
    }
}

static struct lg_deadlines *connect_queue(const struct lg_vu *vu)
{
    return &worker_of(vu)->timeouts[worker_of(vu)->program->plan->step_count];
}

void lg_vu_rest(struct lg_vu *vu)
{
    set_deadline(vu, NULL, 0);
}

/* ---- setup ---- */

static void wait_and_retry(struct lg_vu *vu, lg_ns now)
{
    vu->state = LG_VU_WAITING;
    set_deadline(vu, &vu->pool->retries, now);
}

static void leave_room(struct lg_vu *vu)
{
    if (vu->room != NULL) {
        lg_room_leave(vu->room, vu);
    }
}

static void join_room(struct lg_vu *vu)
{
    struct lg_worker *worker = worker_of(vu);
    if (!worker->program->has_deliveries || !is_resident(vu)) {
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
    vu->ex.step = 0;
    vu->now_at = NULL;
    set_deadline(vu, NULL, now);
    lg_pool_settled(vu->pool, vu);
    if (ok) {
        lg_live_add(&worker_of(vu)->live.usable, 1);
        join_room(vu);
        lg_pool_free_user(vu->pool, vu, now);
    } else {
        vu->in_setup = true;
        wait_and_retry(vu, now);
    }
}

void lg_vu_set_up(struct lg_vu *vu, lg_ns now)
{
    const struct lg_users *users = users_of(vu);
    bool connects_itself =
        users->step_count > 0 &&
        worker_of(vu)->program->steps[users->steps[0]].step->kind == LG_STEP_WEBSOCKET;
    vu->state = LG_VU_SETUP;
    vu->in_setup = true;
    vu->ex = (struct lg_exchange){.step = 0};
    vu->now_at = NULL;
    vu->recorder = worker_of(vu)->setup;
    if (users->setup_count > 0) {
        begin_step(vu, now, now, now);
    } else if (connects_itself) {
        set_up_ended(vu, true, now);
    } else {
        set_deadline(vu, connect_queue(vu), now);
        lg_conn_open(vu);
    }
}

/* ---- an iteration ---- */

void lg_vu_start(struct lg_vu *vu, struct lg_recorder *recorder, const struct lg_waiting *arrival,
                 lg_ns now)
{
    vu->state = LG_VU_BUSY;
    vu->in_setup = false;
    vu->arrived = arrival->intended;
    vu->arrival = arrival->index;
    vu->recorder = recorder;
    vu->ex.step = 0;
    vu->now_at = vu->pool->only_step;
    begin_step(vu, arrival->intended, arrival->taken, now);
}

static void count_iteration(struct lg_vu *vu, struct lg_outcome outcome, lg_ns now)
{
    struct lg_worker *worker = worker_of(vu);
    size_t kind = vu->pool->kind;
    uint64_t *counts = lg_users_counts(vu->recorder, kind);
    if (outcome.class == LG_OK) {
        counts[LG_USERS_COMPLETED]++;
        if (vu->pool->only_step == NULL) {
            lg_hist_add(lg_users_hist(vu->recorder, kind, LG_USERS_ITERATION), now - vu->arrived);
        }
        lg_users_counts(lg_rows_at(&worker->rows, now), kind)[LG_USERS_FINISHED]++;
        lg_live_add(&worker->live.completed, 1);
    } else {
        counts[outcome.class == LG_TIMEOUT ? LG_USERS_TIMED_OUT : LG_USERS_FAILED]++;
        counts[LG_USERS_UNFINISHED_NS] += (uint64_t)(now - vu->arrived);
        lg_live_add(&worker->live.failed, 1);
    }
}

static void end_iteration(struct lg_vu *vu, struct lg_outcome outcome, lg_ns now)
{
    bool ok = outcome.class == LG_OK;
    if (vu->in_setup) {
        if (!ok && vu->conn != NULL) {
            lg_conn_close(vu->conn);
        }
        set_up_ended(vu, ok, now);
        return;
    }
    struct lg_recorder *recorder = vu->recorder;
    count_iteration(vu, outcome, now);
    vu->recorder = NULL;
    lg_pool_ended(vu->pool, recorder, now);
    if (vu->conn == NULL && is_resident(vu)) {
        leave_room(vu);
        wait_and_retry(vu, now);
    } else if (!ok && users_of(vu)->arrivals == LG_ARRIVAL_CLOSED) {
        /* A server that fails at once must not be hammered in a tight loop. */
        wait_and_retry(vu, now);
    } else {
        lg_pool_free_user(vu->pool, vu, now);
    }
}

/* ---- recording an exchange ---- */

static void record_times(const struct lg_vu *vu, size_t step, lg_ns now)
{
    const struct lg_exchange *ex = &vu->ex;
    struct lg_hist *phase = lg_step_hist(vu->recorder, step, 0);
    lg_hist_add(&phase[LG_PHASE_RESPONSE], now - ex->intended);
    if (ex->first == now) { /* it came in one piece */
        lg_hist_add_both(&phase[LG_PHASE_SERVICE], &phase[LG_PHASE_FIRST_BYTE], now - ex->sent);
    } else {
        lg_hist_add(&phase[LG_PHASE_SERVICE], now - ex->sent);
    }
    if (vu->pool->open_model) { /* in the closed model both are 0 by definition */
        lg_hist_add(&phase[LG_PHASE_SCHEDULE_LAG], ex->taken - ex->intended);
        lg_hist_add(&phase[LG_PHASE_SLOT_WAIT], ex->slot - ex->taken);
    }
    if (ex->first != 0 && ex->first != now) {
        lg_hist_add(&phase[LG_PHASE_FIRST_BYTE], ex->first - ex->sent);
    }
}

static struct lg_slice failure_sample(struct lg_vu *vu, struct lg_outcome outcome)
{
    struct lg_buf *text = &worker_of(vu)->text;
    lg_buf_clear(text);
    switch (outcome.class) {
    case LG_STATUS:
    case LG_CHECK:
        lg_buf_addf(text, "HTTP %d ", vu->ex.status);
        lg_buf_add(text, vu->body.p, vu->body.n);
        break;
    case LG_PROTOCOL:
        lg_buf_adds(text, lg_protocol_fault_name((enum lg_protocol_fault)outcome.code));
        break;
    case LG_LOCAL:
    case LG_CONNECT_RESET:
    case LG_RESET:
        lg_buf_adds(text, outcome.code != 0 ? strerror(outcome.code) : "");
        break;
    default:
        break;
    }
    return lg_buf_slice(text);
}

static void record_exchange(struct lg_vu *vu, struct lg_outcome outcome, lg_ns now)
{
    size_t step = step_index(vu);
    uint64_t *counts = lg_step_counts(vu->recorder, step);
    counts[outcome.class]++;
    counts[LG_STEP_BYTES_IN] += vu->ex.bytes_in;
    counts[LG_STEP_BYTES_OUT] += vu->ex.bytes_out;
    if (outcome.class == LG_OK) {
        record_times(vu, step, now);
    } else {
        lg_hist_add(lg_step_hist(vu->recorder, step, LG_PHASE_FAILED), now - vu->ex.intended);
        lg_recorder_failure(vu->recorder, step, outcome, now, failure_sample(vu, outcome));
    }
}

static void end_step(struct lg_vu *vu, struct lg_outcome outcome, lg_ns now)
{
    LG_ASSERT(vu->ex.open);
    vu->ex.open = false;
    vu->ex.awaiting = false;
    if (vu->ex.message && vu->ex.sent == 0 && vu->room != NULL) {
        lg_room_void(vu->room, vu->message);
    }
    if (vu->in_setup || outcome.class != LG_OK) {
        set_deadline(vu, NULL, now);
    } /* else the next exchange moves it, or lg_vu_rest removes it */
    record_exchange(vu, outcome, now);
    vu->body.n = 0;
    vu->ex.step++;
    vu->now_at = !vu->in_setup && vu->pool->only_step != NULL ? NULL : find_step(vu);
    if (outcome.class == LG_OK && vu->now_at != NULL) {
        begin_step(vu, now, now, now);
    } else {
        end_iteration(vu, outcome, now);
    }
}

/* ---- sending ---- */

static void send_rendered(struct lg_vu *vu, const struct lg_program_step *s)
{
    struct lg_worker *worker = worker_of(vu);
    struct lg_header headers[LG_HEADERS];
    struct lg_request request = s->request;
    lg_buf_clear(&worker->path);
    lg_buf_clear(&worker->body);
    lg_render(&worker->path, &s->step->path, vu, vu->ex.slot);
    request.path = lg_buf_slice(&worker->path);
    request.header_count = lg_render_headers(&worker->text, s->step, vu, headers);
    request.headers = headers;
    if (s->step->has_body) {
        lg_render(&worker->body, &s->step->body, vu, vu->ex.slot);
        request.body = lg_buf_slice(&worker->body);
    }
    lg_conn_start(vu->conn, &request);
}

static void send_request(struct lg_vu *vu)
{
    const struct lg_program_step *s = vu->now_at;
    vu->ex.unsent = vu->ex.in_proto = true;
    if (s->wire.n > 0) {
        lg_conn_start(vu->conn, &s->request);
    } else {
        send_rendered(vu, s);
    }
}

static bool names_message(const struct lg_template *t)
{
    for (size_t i = 0; i < t->part_count; i++) {
        if (t->parts[i].kind == LG_PART_MESSAGE_ID) {
            return true;
        }
    }
    return false;
}

static void send_message(struct lg_vu *vu)
{
    const struct lg_step *step = lg_vu_step(vu);
    struct lg_worker *worker = worker_of(vu);
    lg_ns at = lg_now(); /* the time that the message carries */
    vu->ex.message = names_message(&step->body);
    if (vu->ex.message && vu->room != NULL) {
        vu->message = lg_room_send(vu->room, vu, vu->recorder, at);
    }
    lg_buf_clear(&worker->body);
    lg_render(&worker->body, &step->body, vu, at);
    struct lg_request request = {.body = lg_buf_slice(&worker->body)};
    vu->ex.unsent = true;
    lg_conn_start(vu->conn, &request);
}

static void begin_message(struct lg_vu *vu, lg_ns now)
{
    const struct lg_step *step = lg_vu_step(vu);
    vu->ex.slot = now;
    vu->ex.awaiting = step->has_await;
    set_deadline(vu, &worker_of(vu)->timeouts[step_index(vu)], now);
    if (step->has_body) {
        send_message(vu);
    } else {
        vu->ex.sent = now;
    }
}

static void begin_request(struct lg_vu *vu, lg_ns now)
{
    if (lg_conn_can_start(vu->conn)) {
        vu->ex.slot = now;
        send_request(vu);
        return;
    }
    if (vu->conn != NULL && vu->conn->ready) {
        lg_conn_close(vu->conn); /* the last answer said that it was the last */
    }
    vu->ex.connecting = now;
    set_deadline(vu, connect_queue(vu), now);
    if (vu->conn == NULL) {
        lg_conn_open(vu);
    }
}

static void begin_websocket(struct lg_vu *vu, lg_ns now)
{
    if (vu->conn != NULL) {
        lg_conn_close(vu->conn);
    }
    vu->ex.slot = vu->ex.connecting = vu->ex.sent = now;
    set_deadline(vu, &worker_of(vu)->timeouts[step_index(vu)], now);
    lg_conn_open(vu);
}

static void begin_step(struct lg_vu *vu, lg_ns intended, lg_ns taken, lg_ns now)
{
    uint8_t place = vu->ex.step;
    vu->ex =
        (struct lg_exchange){.intended = intended, .taken = taken, .step = place, .open = true};
    if (vu->now_at == NULL) {
        vu->now_at = find_step(vu);
    }
    switch (lg_vu_step(vu)->kind) {
    case LG_STEP_WEBSOCKET:
        begin_websocket(vu, now);
        break;
    case LG_STEP_REQUEST:
        begin_request(vu, now);
        break;
    case LG_STEP_MESSAGE:
        if (lg_conn_can_start(vu->conn)) {
            begin_message(vu, now);
        } else {
            vu->ex.slot = vu->ex.sent = now;
            end_step(vu, lg_outcome(LG_CLOSED, 0), now);
        }
        break;
    }
}

/* ---- what the connection reports ---- */

void lg_vu_connected(struct lg_vu *vu, lg_ns now)
{
    struct lg_worker *worker = worker_of(vu);
    size_t kind = vu->pool->kind;
    uint64_t *counts = lg_users_counts(worker->setup, kind);
    counts[vu->was_connected ? LG_USERS_RECONNECTS : LG_USERS_CONNECTED]++;
    lg_live_add(&worker->live.connected, vu->was_connected ? 0 : 1);
    vu->was_connected = true;
    lg_hist_add(lg_users_hist(worker->setup, kind, LG_USERS_CONNECT), now - vu->conn->opened_at);
    if (!vu->ex.open) {
        set_up_ended(vu, true, now);
        return;
    }
    const struct lg_step *step = lg_vu_step(vu);
    if (step->kind == LG_STEP_REQUEST) {
        set_deadline(vu, NULL, now);
        vu->ex.slot = now;
        send_request(vu);
        return;
    }
    vu->ex.first = now;
    vu->ex.awaiting = step->has_await;
    if (step->has_body) {
        send_message(vu);
    } else if (!step->has_await) {
        end_step(vu, lg_outcome(LG_OK, 0), now);
    }
}

/* A lost connection of a user in the middle of nothing. */
static void lost_while_idle(struct lg_vu *vu, lg_ns now)
{
    if (vu->state == LG_VU_SETUP) { /* connecting before the load: the first exchange tries again */
        lg_pool_settled(vu->pool, vu);
        set_up_ended(vu, true, now);
    } else if (is_resident(vu) && vu->state == LG_VU_FREE) {
        lg_users_counts(lg_worker_recorder(worker_of(vu), now),
                        vu->pool->kind)[LG_USERS_DISCONNECTED]++;
        leave_room(vu);
        wait_and_retry(vu, now);
    }
}

void lg_vu_disconnected(struct lg_vu *vu, struct lg_outcome why, lg_ns now)
{
    if (why.class == LG_OK) {
        why = lg_outcome(LG_CLOSED, 0);
    }
    if (!vu->ex.open) {
        lost_while_idle(vu, now);
    } else if (vu->ex.reopen) {
        vu->ex.reopen = false;
        vu->ex.connecting = now;
        set_deadline(vu, connect_queue(vu), now);
        lg_conn_open(vu);
    } else {
        end_step(vu, why, now);
    }
}

/* Sent later than this after the intended start is late, and somebody is to blame. */
static const lg_ns late = LG_MS;

/* In the closed model nothing was scheduled, so nothing is late. */
static void count_send(struct lg_vu *vu, lg_ns now)
{
    const struct lg_exchange *ex = &vu->ex;
    size_t kind = vu->pool->kind;
    lg_ns lateness = now - ex->intended;
    lg_hist_add(lg_users_hist(vu->recorder, kind, LG_USERS_LATENESS), lateness);
    if (lateness > late) {
        lg_ns waited = ex->slot - ex->taken;
        enum lg_users_count blame = waited * 2 < lateness ? LG_USERS_LATE_GENERATOR
                                    : ex->connecting != 0 ? LG_USERS_LATE_CONNECTING
                                                          : LG_USERS_LATE_NO_CONNECTION;
        lg_users_counts(vu->recorder, kind)[blame]++;
    }
}

void lg_vu_sent(struct lg_vu *vu, lg_ns now, size_t bytes)
{
    struct lg_exchange *ex = &vu->ex;
    if (!ex->unsent) {
        return;
    }
    ex->unsent = false;
    ex->bytes_out += bytes;
    if (ex->sent != 0) {
        return; /* the message of a websocket step: its times count from connecting */
    }
    ex->sent = now;
    set_deadline(vu, &worker_of(vu)->timeouts[step_index(vu)], now);
    if (vu->pool->open_model && !vu->in_setup && ex->step == 0) {
        count_send(vu, now);
    }
}

void lg_vu_written(struct lg_vu *vu, lg_ns now)
{
    struct lg_exchange *ex = &vu->ex;
    if (!ex->in_proto && ex->open && ex->sent != 0 && !ex->awaiting && !ex->unsent &&
        lg_vu_step(vu)->kind != LG_STEP_REQUEST && lg_vu_step(vu)->has_body && vu->conn->ready) {
        ex->first = now;
        lg_worker_run_soon(worker_of(vu), vu);
    }
}

void lg_vu_run(struct lg_vu *vu, lg_ns now)
{
    (void)now;
    if (vu->ex.open && vu->ex.first != 0) {
        end_step(vu, lg_outcome(LG_OK, 0), vu->ex.first);
    }
}

void lg_vu_head(struct lg_vu *vu, int status, lg_ns now)
{
    vu->ex.status = status;
    vu->ex.first = now;
}

enum { BODY_KEPT = 1 << 20 }; /* a check looks at so much of a body */

void lg_vu_body(struct lg_vu *vu, struct lg_slice data)
{
    size_t room = vu->body.n < BODY_KEPT ? BODY_KEPT - vu->body.n : 0;
    lg_buf_add(&vu->body, data.p, data.n < room ? data.n : room);
}

/* ---- conditions ---- */

static bool value_matches(struct lg_vu *vu, const struct lg_condition *c, struct lg_slice value)
{
    if (value.n == 0) {
        return false;
    }
    if (c->match->kind == LG_MATCH_JSON_EXISTS) {
        return true;
    }
    struct lg_slice expected = c->value;
    if (expected.n == 0) {
        struct lg_buf *text = &worker_of(vu)->text;
        lg_buf_clear(text);
        lg_render(text, &c->match->value, vu, 0);
        expected = lg_buf_slice(text);
    }
    return lg_json_equal(value, expected);
}

static bool contains(struct lg_vu *vu, const struct lg_match *match, struct lg_slice data)
{
    struct lg_buf *text = &worker_of(vu)->text;
    lg_buf_clear(text);
    lg_render(text, &match->value, vu, 0);
    return memmem(data.p, data.n, text->p, text->n) != NULL;
}

static bool holds(struct lg_vu *vu, const struct lg_condition *c, struct lg_slice data,
                  const struct lg_slice *values)
{
    switch (c->match->kind) {
    case LG_MATCH_ANY:
        return true;
    case LG_MATCH_CONTAINS:
        return contains(vu, c->match, data);
    default:
        return values != NULL && value_matches(vu, c, values[c->slot]);
    }
}

static void hear(struct lg_vu *vu, const struct lg_slice *values, lg_ns now)
{
    const struct lg_program *program = worker_of(vu)->program;
    int64_t sent = -1;
    if (program->sent_slot != LG_NO_SLOT && lg_json_int(values[program->sent_slot], &sent)) {
        sent += worker_of(vu)->shared->epoch;
    }
    lg_room_hear(vu->room, vu, values[program->id_slot], sent, now);
}

void lg_vu_message(struct lg_vu *vu, struct lg_slice data, lg_ns now)
{
    const struct lg_program *program = worker_of(vu)->program;
    struct lg_slice storage[LG_JSON_POINTERS];
    const struct lg_slice *values = NULL;
    if (program->query != NULL && lg_json_scan(program->query, data, storage)) {
        values = storage;
    }
    if (vu->room != NULL && values != NULL && holds(vu, &program->heard, data, values)) {
        hear(vu, values, now);
    }
    if (vu->ex.open && vu->ex.awaiting && holds(vu, &vu->now_at->await, data, values)) {
        end_step(vu, lg_outcome(LG_OK, 0), now);
    }
}

static bool check_holds(struct lg_vu *vu, const struct lg_program_check *c)
{
    struct lg_slice body = lg_buf_slice(&vu->body), value = {0};
    if (c->check->kind == LG_CHECK_STATUS) {
        return vu->ex.status == c->check->status;
    }
    if (c->query != NULL && !lg_json_scan(c->query, body, &value)) {
        return false;
    }
    struct lg_condition condition = {.match = &c->check->match, .slot = 0};
    return holds(vu, &condition, body, &value);
}

static struct lg_outcome judge(struct lg_vu *vu, const struct lg_program_step *s)
{
    if (!s->checks_status && vu->ex.status >= 400) {
        return lg_outcome(LG_STATUS, vu->ex.status);
    }
    for (size_t i = 0; i < s->step->check_count; i++) {
        if (!check_holds(vu, &s->checks[i])) {
            return lg_outcome(LG_CHECK, (int)i + 1);
        }
    }
    return lg_outcome(LG_OK, 0);
}

/* A kept-alive connection that ended before any byte of the answer: the server closed it while the
 * request was on its way; an idempotent request may be sent once more (RFC 9110 9.2.2). */
static bool is_race(const struct lg_vu *vu, const struct lg_program_step *s, struct lg_outcome why)
{
    return (why.class == LG_CLOSED || why.class == LG_RESET) && s->retry && !vu->ex.retried &&
           vu->ex.first == 0 && vu->conn != NULL && vu->conn->served > 1;
}

void lg_vu_done(struct lg_vu *vu, struct lg_outcome outcome, lg_ns now)
{
    struct lg_exchange *ex = &vu->ex;
    if (!ex->open || lg_vu_step(vu)->kind != LG_STEP_REQUEST) {
        return; /* a message handed over; its exchange ends otherwise */
    }
    const struct lg_program_step *s = vu->now_at;
    ex->in_proto = false;
    if (is_race(vu, s, outcome)) {
        ex->retried = ex->reopen = true;
        ex->sent = 0;
        set_deadline(vu, NULL, now);
        return; /* lg_vu_disconnected follows and connects again */
    }
    end_step(vu, outcome.class == LG_OK ? judge(vu, s) : outcome, now);
}

void lg_vu_timeout(struct lg_vu *vu, lg_ns now)
{
    struct lg_exchange *ex = &vu->ex;
    bool connecting = vu->conn != NULL && !vu->conn->ready;
    vu->deadline_queue = NULL; /* the caller has taken it out */
    if (vu->state == LG_VU_WAITING) {
        if (vu->in_setup || (is_resident(vu) && vu->conn == NULL)) {
            lg_vu_set_up(vu, now);
        } else {
            lg_pool_free_user(vu->pool, vu, now);
        }
        return;
    }
    bool keep = ex->open && lg_vu_step(vu)->kind == LG_STEP_MESSAGE;
    if (vu->conn != NULL && !keep) {
        if (ex->in_proto) {
            lg_conn_cancel(vu->conn);
        }
        lg_conn_close(vu->conn);
    }
    if (ex->open) {
        end_step(vu, lg_outcome(connecting ? LG_CONNECT_TIMEOUT : LG_TIMEOUT, 0), now);
    } else {
        lost_while_idle(vu, now);
    }
}

/* The load is over: what is open stays open in the books. */
void lg_vu_stop(struct lg_vu *vu)
{
    if (vu->state == LG_VU_BUSY && vu->recorder != NULL) {
        lg_users_counts(vu->recorder, vu->pool->kind)[LG_USERS_IN_FLIGHT_END]++;
        vu->recorder->open--;
    }
    set_deadline(vu, NULL, 0);
    vu->state = LG_VU_ENDED;
    vu->ex.open = false;
    vu->recorder = NULL;
    if (vu->conn != NULL) {
        lg_conn_finish(vu->conn);
    }
}
