/* The life of one exchange: a slot on a connection, the send, the answer, its times. */
#include "engine/exchange.h"
#include "engine/room.h"
#include "engine/stream.h"

enum { KEEP_BODY = 65536 }; /* a larger buffer is given back after use: users are many */

void lg_exchange_init(struct lg_exchange *ex, struct lg_vu *vu, struct lg_link *link)
{
    *ex = (struct lg_exchange){.vu = vu, .link = link};
}

void lg_exchange_fini(struct lg_exchange *ex)
{
    lg_buf_free(&ex->body);
    lg_buf_free(&ex->heads);
    lg_note_free(ex->note);
    lg_stream_free(ex->stream);
}

void lg_exchange_deadline(struct lg_exchange *ex, struct lg_deadlines *queue, lg_ns now)
{
    if (queue != NULL && queue == ex->deadline_queue) {
        lg_deadline_renew(queue, &ex->deadline, now); /* later than before: the timer is armed */
        return;
    }
    if (ex->deadline_queue != NULL) {
        lg_deadline_remove(ex->deadline_queue, &ex->deadline);
    }
    ex->deadline_queue = queue;
    if (queue != NULL) {
        lg_deadline_add(queue, &ex->deadline, now);
        lg_worker_arm(ex->vu->worker, ex->deadline.due);
    }
}

static struct lg_deadlines *step_queue(const struct lg_exchange *ex)
{
    return &ex->vu->worker->timeouts[ex->step->index];
}

/* ---- recording ---- */

static void record_times(const struct lg_exchange *ex, lg_ns now)
{
    const struct lg_vu *vu = ex->vu;
    struct lg_hist *phase = lg_step_hist(vu->recorder, ex->step->index, 0);
    lg_hist_add(&phase[LG_PHASE_RESPONSE], now - ex->intended);
    if (!LG_FULL_BOOKS) {
        return;
    }
    if (ex->first == now) { /* it came in one piece */
        lg_hist_add_both(&phase[LG_PHASE_SERVICE], &phase[LG_PHASE_FIRST_BYTE], now - ex->sent);
    } else {
        lg_hist_add(&phase[LG_PHASE_SERVICE], now - ex->sent);
        if (ex->first != 0) {
            lg_hist_add(&phase[LG_PHASE_FIRST_BYTE], ex->first - ex->sent);
        }
    }
    if (vu->pool->open_model) { /* in the closed model both are 0 by definition */
        lg_hist_add(&phase[LG_PHASE_SCHEDULE_LAG], ex->taken - ex->intended);
        lg_hist_add(&phase[LG_PHASE_SLOT_WAIT], ex->slot - ex->taken);
    }
}

static struct lg_slice failure_sample(struct lg_exchange *ex, struct lg_outcome outcome)
{
    struct lg_buf *text = &ex->vu->worker->text;
    lg_buf_clear(text);
    switch (outcome.class) {
    case LG_CHECK:
        lg_buf_addf(text, "%s: ", lg_judged_by(ex->step, outcome.code));
        /* fall through */
    case LG_STATUS:
        lg_buf_addf(text, "HTTP %d ", ex->status);
        lg_buf_add(text, ex->body.p, ex->body.n);
        break;
    case LG_PROTOCOL:
        lg_buf_adds(text, lg_protocol_fault_name((enum lg_protocol_fault)outcome.code));
        break;
    case LG_TLS:
        lg_buf_adds(text, lg_tls_reason(outcome.code));
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

/* What went through the user's tunnel meanwhile. */
static void count_tunnel(struct lg_exchange *ex)
{
    uint64_t in, out;
    lg_conn_tunnel_bytes(ex->vu, &in, &out);
    ex->bytes_in = in - ex->tunnel_in;
    ex->bytes_out = out - ex->tunnel_out;
}

/* Failures are rare: their code stays out of the way of successes. */
static __attribute__((cold, noinline)) void record_failure(struct lg_exchange *ex,
                                                           struct lg_outcome outcome, lg_ns now)
{
    struct lg_recorder *recorder = ex->vu->recorder;
    size_t step = ex->step->index;
    lg_hist_add(lg_step_hist(recorder, step, LG_PHASE_FAILED), now - ex->intended);
    lg_recorder_failure(recorder, step, outcome, now, failure_sample(ex, outcome));
}

static void record(struct lg_exchange *ex, struct lg_outcome outcome, lg_ns now)
{
    if (ex->step->kind != LG_STEP_REQUEST && ex->vu->tunnel != NULL) {
        count_tunnel(ex);
    }
    uint64_t *counts = lg_step_counts(ex->vu->recorder, ex->step->index);
    counts[outcome.class]++;
    counts[LG_STEP_BYTES_IN] += ex->bytes_in;
    counts[LG_STEP_BYTES_OUT] += ex->bytes_out;
    if (outcome.class == LG_OK) {
        record_times(ex, now);
    } else {
        record_failure(ex, outcome, now);
    }
}

static __attribute__((cold, noinline)) void settle_failure(struct lg_exchange *ex, lg_ns now)
{
    struct lg_vu *vu = ex->vu;
    lg_exchange_deadline(ex, NULL, now);
    if (ex->message && ex->sent == 0 && vu->room != NULL) {
        lg_room_void(vu->room, vu->message);
    }
}

/* A message of which the tunnel has not taken all, because the peer does not read: what is left of
 * it stays in its place before the next message, and tells nobody when it goes. */
static bool is_held_back(const struct lg_exchange *ex)
{
    return ex->vu->tunnel != NULL && ex->step->kind != LG_STEP_REQUEST && ex->conn != NULL &&
           !ex->framed;
}

void lg_exchange_end(struct lg_exchange *ex, struct lg_outcome outcome, lg_ns now)
{
    LG_ASSERT(ex->open);
    ex->open = false;
    ex->awaiting = false;
    if (ex->unsent) {
        lg_conn_drop_unsent(ex->conn, ex);
    }
    if (is_held_back(ex)) {
        lg_conn_cancel(ex->vu->tunnel, ex);
    }
    if (outcome.class != LG_OK) {
        settle_failure(ex, now);
    } /* else the next exchange moves the deadline, or lg_vu_rest removes it */
    record(ex, outcome, now);
    if (ex->body.cap > KEEP_BODY && !ex->vu->worker->program->plan->dry_run) {
        lg_buf_free(&ex->body);
    }
    lg_vu_exchange_ended(ex, outcome, now);
}

/* ---- the beginning ---- */

static void send_request(struct lg_exchange *ex)
{
    const struct lg_request *request = lg_exchange_request(ex);
    ex->in_proto = true;
    if (request->wire.n > 0) {
        lg_conn_start(ex->link->conn, ex, request);
    } else {
        lg_exchange_send_rendered(ex);
    }
}

static void begin_message(struct lg_exchange *ex, lg_ns now)
{
    const struct lg_step *step = ex->step->step;
    ex->slot = now;
    lg_conn_tunnel_bytes(ex->vu, &ex->tunnel_in, &ex->tunnel_out);
    if (ex->vu->pool->http2 ? !lg_conn_tunnel_can_send(ex->vu)
                            : !lg_conn_can_start(ex->link->conn)) {
        ex->sent = now;
        lg_exchange_end(ex, lg_outcome(LG_CLOSED, 0), now);
        return;
    }
    ex->awaiting = step->has_await;
    lg_exchange_deadline(ex, step_queue(ex), now);
    if (step->has_body) {
        lg_exchange_send_message(ex);
    } else {
        ex->sent = now;
    }
}

static void begin_websocket(struct lg_exchange *ex, lg_ns now)
{
    if (ex->vu->pool->http2) {
        lg_conn_close_tunnel(ex->vu);
    } else if (ex->link->conn != NULL) {
        lg_conn_close(ex->link->conn);
    }
    ex->slot = ex->sent = now;
    lg_exchange_deadline(ex, step_queue(ex), now);
    lg_link_enter(ex->link, ex, now);
}

void lg_exchange_begin(struct lg_exchange *ex, lg_ns intended, lg_ns taken, lg_ns now)
{
    ex->body.n = 0;
    memset(&ex->intended, 0, sizeof *ex - offsetof(struct lg_exchange, intended));
    ex->intended = intended;
    ex->taken = taken;
    ex->open = true;
    switch (ex->step->kind) {
    case LG_STEP_WEBSOCKET:
        begin_websocket(ex, now);
        break;
    case LG_STEP_STREAM:
        lg_stream_begin(ex);
        /* fall through */
    case LG_STEP_REQUEST:
        if (ex->link->first == NULL && lg_conn_can_start(ex->link->conn)) {
            ex->slot = now;
            send_request(ex);
        } else {
            lg_link_enter(ex->link, ex, now);
        }
        break;
    case LG_STEP_MESSAGE:
        begin_message(ex, now);
        break;
    case LG_STEP_PARALLEL:
        LG_ASSERT(ex->step->kind != LG_STEP_PARALLEL); /* a group is not an exchange */
    }
}

void lg_exchange_forget(struct lg_exchange *ex)
{
    if (ex->queued) {
        lg_link_leave(ex->link, ex);
    }
    lg_exchange_deadline(ex, NULL, 0);
    if (ex->streaming) {
        lg_stream_forget(ex);
    }
    ex->open = false;
}

void lg_exchange_websocket_open(struct lg_exchange *ex, lg_ns now)
{
    const struct lg_step *step = ex->step->step;
    ex->first = now;
    ex->awaiting = step->has_await;
    if (step->has_body) {
        lg_exchange_send_message(ex);
    } else if (!step->has_await) {
        lg_exchange_end(ex, lg_outcome(LG_OK, 0), now);
    }
}

void lg_exchange_slot(struct lg_exchange *ex, lg_ns now)
{
    if (!ex->open) {
        lg_vu_connected(ex->vu, now);
    } else if (ex->step->kind == LG_STEP_WEBSOCKET && ex->vu->pool->http2) {
        lg_exchange_open_tunnel(ex, now);
    } else if (ex->step->kind == LG_STEP_WEBSOCKET) {
        lg_exchange_websocket_open(ex, now);
    } else {
        if (ex->connecting != 0) {
            lg_exchange_deadline(ex, NULL, now);
        }
        ex->slot = now;
        send_request(ex);
    }
}

void lg_exchange_fail(struct lg_exchange *ex, struct lg_outcome why, lg_ns now)
{
    if (ex->streaming) {
        lg_stream_failed(ex, why, now);
    } else if (ex->open) {
        lg_exchange_end(ex, why, now);
    } else if (ex == &ex->vu->ex) {
        lg_vu_lost(ex->vu, now);
    } /* else a further connection of the user, which is opened again when it is needed */
}

/* ---- what the connection reports ---- */

/* Sent later than this after the intended start is late, and somebody is to blame. */
static const lg_ns late = LG_MS;

/* In the closed model nothing was scheduled, so nothing is late. */
void lg_exchange_count_send(const struct lg_exchange *ex)
{
    struct lg_recorder *recorder = ex->vu->recorder;
    size_t kind = ex->vu->pool->kind;
    lg_ns lateness = ex->sent - ex->intended;
    lg_hist_add(lg_users_hist(recorder, kind, LG_USERS_LATENESS), lateness);
    if (lateness > late) {
        lg_ns waited = ex->slot - ex->taken;
        enum lg_users_count blame = waited * 2 < lateness ? LG_USERS_LATE_GENERATOR
                                    : ex->connecting != 0 ? LG_USERS_LATE_CONNECTING
                                                          : LG_USERS_LATE_NO_CONNECTION;
        lg_users_counts(recorder, kind)[blame]++;
    }
}

void lg_exchange_sent(struct lg_exchange *ex, lg_ns now)
{
    const struct lg_vu *vu = ex->vu;
    if (ex->sent != 0) {
        if (ex->streaming) {
            lg_stream_sent_again(ex, now);
        }
        return; /* the message of a websocket step: its times count from connecting */
    }
    ex->sent = now;
    lg_exchange_deadline(ex, step_queue(ex), now);
    if (vu->pool->open_model && !vu->in_setup && vu->place == 0 && !ex->retried) {
        lg_exchange_count_send(ex);
    }
}

/* A message of which no answer is awaited is done when all of it is with the kernel. */
void lg_exchange_written(struct lg_exchange *ex, lg_ns now)
{
    if (!ex->in_proto && ex->open && ex->sent != 0 && !ex->awaiting && !ex->unsent &&
        ex->step->kind != LG_STEP_REQUEST && ex->step->step->has_body &&
        (ex->vu->tunnel != NULL || ex->link->conn->ready)) {
        ex->written = now;
        lg_worker_run_soon(ex->vu->worker, ex->vu);
    }
}

void lg_exchange_head(struct lg_exchange *ex, int status, lg_ns now)
{
    ex->status = status;
    ex->first = now;
}

void lg_exchange_body(struct lg_exchange *ex, struct lg_slice data)
{
    if (ex->streaming) {
        bool kept = ex->step != NULL && ex->step->checks_body;
        lg_stream_data(ex, data, ex->vu->worker->now);
        if (!kept) {
            return;
        }
    }
    size_t room = ex->body.n < LG_BODY_KEPT ? LG_BODY_KEPT - ex->body.n : 0;
    ex->body_bytes = lg_body_bytes(ex) + data.n;
    lg_buf_add(&ex->body, data.p, data.n < room ? data.n : room);
}

static bool may_repeat(const struct lg_exchange *ex)
{
    if (ex->step == NULL) {
        return false; /* a stream's, long after its step */
    }
    return ex->step->retry ||
           (ex->step->step->method == NULL && lg_is_idempotent(lg_vu_traced(ex->vu)->method));
}

/* A kept-alive connection that ended before any byte of the answer: the server closed it while the
 * request was on its way; an idempotent request may be sent once more (RFC 9110 9.2.2).  Not after
 * GOAWAY, which told the requests that would be answered from the others. */
static bool is_race(const struct lg_exchange *ex, struct lg_outcome why)
{
    return (why.class == LG_CLOSED || why.class == LG_RESET) && may_repeat(ex) && !ex->retried &&
           ex->first == 0 && ex->conn->served > 1 && !ex->conn->ending;
}

/* The peer said that it did not process it (RFC 9113 8.7): it may be sent again, once.  Who has
 * begun to answer has processed it, whatever he says. */
static bool is_unprocessed(const struct lg_exchange *ex, struct lg_outcome why)
{
    return why.class == LG_REFUSED && !ex->retried && ex->first == 0;
}

static bool goes_again(struct lg_exchange *ex, struct lg_outcome outcome, lg_ns now)
{
    bool unprocessed = is_unprocessed(ex, outcome);
    if (!unprocessed && !is_race(ex, outcome)) {
        return false;
    }
    ex->retried = true;
    ex->sent = 0;
    lg_exchange_deadline(ex, NULL, now);
    if (unprocessed) {
        lg_link_enter(ex->link, ex, now);
    } else {
        lg_link_return(ex->link, ex); /* lg_link_lost follows and connects again */
    }
    return true;
}

void lg_exchange_done(struct lg_exchange *ex, struct lg_outcome outcome, lg_ns now)
{
    if (!ex->in_proto) {
        ex->framed = outcome.class == LG_OK;
        return; /* a message handed over; its exchange ends otherwise */
    }
    ex->in_proto = false;
    if (outcome.class != LG_OK && goes_again(ex, outcome, now)) {
        return;
    }
    if (ex->streaming) {
        lg_stream_done(ex, outcome, now);
        return;
    }
    lg_exchange_end(ex, outcome.class == LG_OK ? lg_judge(ex) : outcome, now);
}

/* ---- its time is up ---- */

void lg_exchange_abandon(struct lg_exchange *ex)
{
    struct lg_conn *conn = ex->conn;
    if (ex->queued) {
        lg_link_leave(ex->link, ex);
    } else if (ex->in_proto) {
        ex->in_proto = false;
        if (ex->unsent) {
            lg_conn_drop_unsent(conn, ex);
        }
        lg_conn_cancel(conn, ex);
        if (ex->link->sole != NULL) { /* what is still to come would be in the way */
            lg_conn_close(conn);
        } else if (!conn->inside) {
            lg_conn_flush(conn);
        }
    }
}

/* Only this exchange: the others on the connection are not concerned. */
static void give_up(struct lg_exchange *ex)
{
    if (ex->step->kind == LG_STEP_WEBSOCKET) {
        lg_conn_close_tunnel(ex->vu);
    } else if (ex->conn != NULL && (ex->in_proto || ex->unsent)) {
        lg_conn_cancel(ex->conn, ex);
        lg_conn_flush(ex->conn);
    }
}

static void time_out(struct lg_exchange *ex, lg_ns now)
{
    struct lg_conn *conn = ex->link->conn;
    if (ex->streaming) {
        lg_stream_timeout(ex, now);
        return;
    }
    if (ex->queued) {
        lg_link_leave(ex->link, ex);
    } else if (ex->link->sole == NULL) {
        give_up(ex);
    } else if (conn != NULL && ex->step->kind != LG_STEP_MESSAGE) {
        if (ex->in_proto) {
            lg_conn_cancel(conn, ex);
        }
        lg_conn_close(conn);
    }
    lg_exchange_end(ex, lg_outcome(LG_TIMEOUT, 0), now);
}

void lg_exchange_timeout(struct lg_exchange *ex, lg_ns now)
{
    struct lg_link *link = ex->link;
    ex->deadline_queue = NULL; /* the caller has taken it out */
    if (ex->queued && link->conn != NULL && !link->conn->ready) {
        /* The connection does not come, for whoever waits for it. */
        lg_conn_close(link->conn);
        lg_link_lost(link, lg_outcome(LG_CONNECT_TIMEOUT, 0), false, now);
    } else if (ex->open || ex->streaming) {
        time_out(ex, now);
    } else {
        lg_vu_waited(ex->vu, now);
    }
}
