#include "engine/stream.h"
#include "engine/worker.h"

#include <stdlib.h>

enum { READS_PER_TURN = 16 }; /* a flood on one connection must not starve the others */

static void on_opening(evutil_socket_t fd, short what, void *arg);
static void on_event(evutil_socket_t fd, short what, void *arg);
static void on_throttled(evutil_socket_t fd, short what, void *arg);

static event_callback_fn callback_of(const struct lg_conn *conn)
{
    return !conn->transport.ready ? on_opening : conn->throttle != NULL ? on_throttled : on_event;
}

/* A slow reader who waits until he may read again does not look. */
static void watch(struct lg_conn *conn, bool write)
{
    bool paused = conn->throttle != NULL && conn->throttle->resume.due != 0;
    if (event_initialized(&conn->event)) {
        event_del(&conn->event);
    }
    short what = (short)((paused ? 0 : EV_READ) | (write ? EV_WRITE : 0));
    event_assign(&conn->event, conn->worker->base, conn->transport.fd, (short)(what | EV_PERSIST),
                 callback_of(conn), conn);
    if (what != 0) {
        event_add(&conn->event, NULL);
    }
    conn->wants_write = write;
}

static void end_throttle(struct lg_conn *conn)
{
    lg_deadline_remove(&conn->worker->resumes, &conn->throttle->resume);
    conn->throttle->conn = NULL;
    conn->throttle = NULL;
}

static void free_conn(struct lg_conn *conn)
{
    if (event_initialized(&conn->event)) {
        event_del(&conn->event);
    }
    if (conn->throttle != NULL) {
        end_throttle(conn);
    }
    if (conn->proto != NULL) {
        conn->ops->free(conn->proto);
    }
    lg_transport_close(&conn->transport);
    lg_buf_free(&conn->pending);
    free(conn);
}

static void forget_unsent(struct lg_exchange **list)
{
    while (*list != NULL) {
        struct lg_exchange *ex = *list;
        *list = ex->next;
        ex->next = NULL;
        ex->unsent = false;
    }
}

/* The link forgets the connection, and it the link. */
static void detach(struct lg_conn *conn)
{
    struct lg_link *link = conn->link;
    conn->link = NULL;
    forget_unsent(&conn->unsent);
    forget_unsent(&conn->unwritten);
    if (link == NULL) {
        return;
    }
    if (!conn->ending) {
        link->conn = NULL;
        return;
    }
    struct lg_conn **at = &link->ending;
    while (*at != conn) {
        at = &(*at)->next;
    }
    *at = conn->next;
}

void lg_conn_close(struct lg_conn *conn)
{
    detach(conn);
    conn->doomed = true;
    if (!conn->inside) {
        free_conn(conn);
    }
}

/* It ended by itself: who uses it hears why. */
static void ended(struct lg_conn *conn, struct lg_outcome why)
{
    struct lg_link *link = conn->link;
    lg_ns now = conn->worker->now;
    bool served = conn->served > 0, was_ending = conn->ending;
    lg_conn_close(conn);
    if (link == NULL || was_ending) {
        return; /* nobody waits for it, and what was open on it has been told */
    }
    why = why.class == LG_OK ? lg_outcome(LG_CLOSED, 0) : why;
    if (link->first != NULL) {
        lg_link_lost(link, why, served, now);
    } else if (link->sole != NULL && link->sole->link == link) {
        lg_exchange_fail(link->sole, why, now);
    }
}

void lg_conn_finish(struct lg_conn *conn)
{
    struct lg_buf *out = &conn->worker->write_buffer;
    detach(conn);
    if (conn->ready && conn->pending.n == 0) {
        conn->ops->finish(conn->proto);
        lg_buf_clear(out);
        conn->ops->output(conn->proto, out);
        lg_transport_write(&conn->transport, out->p, out->n);
    }
    free_conn(conn);
}

/* ---- what the protocol says ---- */

static struct lg_exchange *exchange_of(lg_op op)
{
    return (struct lg_exchange *)(uintptr_t)op;
}

/* Those of exchanges are even. */
static struct lg_vu *tunnel_user(lg_op op)
{
    return (struct lg_vu *)(uintptr_t)(op - LG_TUNNEL_OP);
}

static void become_ready(struct lg_conn *conn)
{
    if (conn->link == NULL) {
        return;
    }
    if (!conn->ready) {
        conn->ready = true;
        lg_link_ready(conn->link, conn->worker->now);
    } else {
        lg_link_serve(conn->link, conn->worker->now);
    }
}

static void on_ready(void *ctx)
{
    become_ready(ctx);
}

static void on_head(void *ctx, lg_op op, int status)
{
    struct lg_conn *conn = ctx;
    if (conn->link != NULL) {
        lg_exchange_head(exchange_of(op), status, conn->worker->now);
    }
}

static void on_shared_head(void *ctx, lg_op op, int status)
{
    struct lg_conn *conn = ctx;
    if (conn->link == NULL) {
        return;
    }
    if (op & LG_TUNNEL_OP) {
        lg_users_counts(conn->worker->setup, conn->link->pool->kind)[LG_USERS_COMPRESSED] +=
            lg_http2_is_compressed(conn->proto, op);
        lg_vu_tunnel_opened(tunnel_user(op), conn->worker->now);
    } else {
        lg_exchange_head(exchange_of(op), status, conn->worker->now);
    }
}

static void on_header(void *ctx, lg_op op, struct lg_slice name, struct lg_slice value)
{
    struct lg_conn *conn = ctx;
    if (conn->link != NULL) {
        lg_exchange_header(exchange_of(op), name, value);
    }
}

static void on_data(void *ctx, lg_op op, struct lg_slice data, bool whole)
{
    struct lg_conn *conn = ctx;
    if (conn->link == NULL) {
        return;
    }
    if (op == 0 && whole) {
        lg_judge_message(conn->link->sole->vu, data, conn->worker->now);
    } else if (op & LG_TUNNEL_OP) {
        lg_judge_message(tunnel_user(op), data, conn->worker->now);
    } else {
        lg_exchange_body(exchange_of(op), data);
    }
}

void lg_conn_drop_unsent(struct lg_conn *conn, struct lg_exchange *ex)
{
    struct lg_exchange **at = &conn->unsent;
    while (*at != ex && *at != NULL) {
        at = &(*at)->next;
    }
    if (*at == NULL) {
        at = &conn->unwritten;
        while (*at != ex) {
            at = &(*at)->next;
        }
    }
    *at = ex->next;
    ex->next = NULL;
    ex->unsent = false;
}

/* Output can end an exchange, too, which may have begun after the bytes in hand were read. */
static lg_ns end_time(const struct lg_conn *conn, const struct lg_exchange *ex)
{
    lg_ns now = conn->worker->now;
    return now >= ex->slot ? now : lg_now();
}

static void ends_unsent(struct lg_conn *conn, struct lg_exchange *ex, struct lg_outcome outcome)
{
    lg_conn_drop_unsent(conn, ex);
    if (outcome.class == LG_OK) {
        lg_exchange_sent(ex, conn->worker->now);
    }
}

static void on_done(void *ctx, lg_op op, struct lg_outcome outcome)
{
    struct lg_conn *conn = ctx;
    struct lg_exchange *ex = exchange_of(op);
    conn->served++;
    if (conn->link == NULL) {
        return;
    }
    if (ex->unsent && ex->in_proto) { /* it ends while its bytes wait for the kernel */
        ends_unsent(conn, ex, outcome);
    }
    lg_exchange_done(ex, outcome, conn->worker->now);
}

static void on_shared_done(void *ctx, lg_op op, struct lg_outcome outcome)
{
    struct lg_conn *conn = ctx;
    struct lg_exchange *ex = exchange_of(op);
    conn->served++;
    if (conn->link == NULL) {
        return;
    }
    if (op & LG_TUNNEL_OP) {
        struct lg_vu *vu = tunnel_user(op);
        lg_vu_tunnel_lost(vu, outcome, end_time(conn, &vu->ex));
        return;
    }
    if (ex->unsent && ex->in_proto) {
        ends_unsent(conn, ex, outcome);
    }
    if (conn->ops->bytes != NULL && ex->in_proto) {
        conn->ops->bytes(conn->proto, op, &ex->bytes_in, &ex->bytes_out);
    }
    lg_exchange_done(ex, outcome, end_time(conn, ex));
    if (conn->link != NULL && conn->link->first != NULL) {
        lg_link_serve(conn->link, conn->worker->now);
    }
}

/* It takes no more: who waits, or comes, goes on to the next connection. */
static void on_ending(void *ctx)
{
    struct lg_conn *conn = ctx;
    struct lg_link *link = conn->link;
    if (link == NULL || conn->ending) {
        return;
    }
    link->conn = NULL;
    conn->ending = true;
    conn->next = link->ending;
    link->ending = conn;
    if (link->first != NULL) {
        lg_link_lost(link, lg_outcome(LG_CLOSED, 0), conn->served > 0, conn->worker->now);
    }
}

/* Of a connection with one user, who has one exchange at a time. */
static const struct lg_proto_sink sole_sink = {
    .on_ready = on_ready,
    .on_head = on_head,
    .on_header = on_header,
    .on_data = on_data,
    .on_done = on_done,
    .on_ending = on_ending,
};

/* Of one that carries the streams and tunnels of several. */
static const struct lg_proto_sink shared_sink = {
    .on_ready = on_ready,
    .on_head = on_shared_head,
    .on_header = on_header,
    .on_data = on_data,
    .on_done = on_shared_done,
    .on_ending = on_ending,
};

/* ---- opening ---- */

static void open_proto(struct lg_conn *conn)
{
    struct lg_worker *worker = conn->worker;
    struct lg_link *link = conn->link;
    struct lg_vu *vu = link->sole != NULL ? link->sole->vu : NULL;
    uint64_t index = vu != NULL ? vu->index : (uint64_t)(link - link->pool->links);
    const struct lg_step *step = conn->ops == &lg_websocket ? vu->ex.step->step : NULL;
    struct lg_header headers[LG_HEADERS];
    struct lg_rng rng;
    lg_rng_init(&rng, worker->program->seed, 0x6d61736b + link->pool->kind, index);
    struct lg_proto_config config = {
        .authority = lg_str(link->origin->url.authority),
        .secure = link->origin->url.secure,
        .random = lg_rng_u64(&rng) ^ (uint64_t)conn->opened_at,
        .memo = worker->memo,
        .deflater = conn->link->pool->users->compression ? worker->deflater : NULL,
    };
    if (step != NULL) {
        lg_buf_clear(&worker->path);
        lg_render(&worker->path, &step->path, vu, conn->opened_at);
        config.path = lg_buf_slice(&worker->path);
        config.headers = headers;
        config.header_count = lg_render_headers(&worker->text, step, vu, headers);
    }
    conn->proto = conn->ops->open(&config, link->sole != NULL ? &sole_sink : &shared_sink, conn);
}

bool lg_conn_is_compressed(const struct lg_conn *conn)
{
    return conn->ops == &lg_websocket && lg_websocket_is_compressed(conn->proto);
}

/* The transport carries bytes from now on. */
static void established(struct lg_conn *conn)
{
    watch(conn, false);
    open_proto(conn);
    if (lg_transport_pending(&conn->transport)) {
        event_active(&conn->event, EV_READ, 0);
    }
    if (conn->ops->capacity(conn->proto) > 0) {
        become_ready(conn);
    } else {
        lg_conn_flush(conn); /* the protocol's own handshake */
    }
}

static void go_on_opening(struct lg_conn *conn)
{
    struct lg_transfer io = lg_transport_continue(&conn->transport);
    if (io.state == LG_TRANSFER_FAILED || io.state == LG_TRANSFER_EOF) {
        ended(conn, io.state == LG_TRANSFER_EOF ? lg_outcome(LG_TLS, 0) : io.why);
    } else if (io.state == LG_TRANSFER_OK) {
        established(conn);
    } else {
        bool write = !conn->transport.connected || lg_transport_blocked(&conn->transport);
        if (write != conn->wants_write) {
            watch(conn, write);
        }
    }
}

void lg_conn_open(struct lg_link *link, const struct lg_proto_ops *ops)
{
    struct lg_worker *worker = link->pool->worker;
    struct lg_conn *conn = lg_alloc(sizeof *conn);
    LG_ASSERT(link->conn == NULL);
    conn->worker = worker;
    conn->link = link;
    conn->ops = ops;
    conn->opened_at = lg_now();
    link->conn = conn;
    worker->now = conn->opened_at;
    struct lg_tls *tls = worker->tls[2 * link->origin->index + (ops == &lg_http2)];
    struct lg_transfer io = lg_transport_open(&conn->transport, &link->origin->address, tls);
    if (io.state == LG_TRANSFER_FAILED) {
        ended(conn, io.why);
        return;
    }
    watch(conn, true);
}

/* ---- moving bytes ---- */

bool lg_conn_can_start(const struct lg_conn *conn)
{
    return conn != NULL && conn->ready && !conn->doomed && conn->ops->capacity(conn->proto) > 0;
}

void lg_conn_start(struct lg_conn *conn, struct lg_exchange *ex, const struct lg_request *request)
{
    ex->unsent = true;
    ex->conn = conn;
    ex->next = conn->unsent;
    conn->unsent = ex;
    conn->ops->start(conn->proto, (lg_op)(uintptr_t)ex, request);
    if (!conn->inside) {
        lg_conn_flush(conn);
    }
}

void lg_conn_cancel(struct lg_conn *conn, struct lg_exchange *ex)
{
    lg_op op = (lg_op)(uintptr_t)ex;
    if (conn->ops->bytes != NULL) {
        conn->ops->bytes(conn->proto, op, &ex->bytes_in, &ex->bytes_out);
    }
    conn->ops->cancel(conn->proto, op);
}

/* Of a shared connection: several may leave at once, messages of tunnels only in part. */
static __attribute__((noinline)) void tell_all_sent(struct lg_conn *conn, struct lg_exchange *ex,
                                                    lg_ns now)
{
    do {
        struct lg_exchange *next = ex->next;
        ex->next = NULL;
        ex->unsent = false;
        lg_exchange_sent(ex, now);
        if (!ex->in_proto && !ex->awaiting) {
            ex->unsent = true;
            ex->next = conn->unwritten;
            conn->unwritten = ex;
        }
        ex = next;
    } while (ex != NULL);
}

/* What was started since the last write leaves with this one, of so many bytes. */
static void tell_sent(struct lg_conn *conn, lg_ns now, size_t bytes)
{
    struct lg_exchange *ex = conn->unsent;
    if (ex == NULL) {
        return;
    }
    conn->unsent = NULL;
    if (conn->link->sole == NULL) {
        tell_all_sent(conn, ex, now);
        return;
    }
    ex->unsent = false; /* there is only one, and all bytes are its */
    ex->bytes_out += bytes;
    lg_exchange_sent(ex, now);
}

/* Messages through tunnels, where nothing is awaited and the peer's window took all. */
static void tell_framed(struct lg_conn *conn, lg_ns now)
{
    struct lg_exchange **at = &conn->unwritten;
    while (*at != NULL) {
        struct lg_exchange *ex = *at;
        if (!ex->framed) {
            at = &ex->next;
            continue;
        }
        *at = ex->next;
        ex->next = NULL;
        ex->unsent = false;
        lg_exchange_written(ex, now);
    }
}

static void tell_written(struct lg_conn *conn, lg_ns now)
{
    if (conn->pending.n > 0 || conn->link == NULL) {
        return;
    }
    if (conn->link->sole != NULL) {
        lg_exchange_written(conn->link->sole, now);
    } else if (conn->unwritten != NULL) {
        tell_framed(conn, now);
    }
}

/* Writes what waits; false: the connection has failed and *why says how. */
static bool write_out(struct lg_conn *conn, struct lg_slice bytes, size_t *taken,
                      struct lg_outcome *why)
{
    struct lg_transfer io = lg_transport_write(&conn->transport, bytes.p, bytes.n);
    *taken = io.state == LG_TRANSFER_OK ? io.n : 0;
    *why = io.why;
    return io.state != LG_TRANSFER_FAILED;
}

static void arm_for_rest(struct lg_conn *conn)
{
    bool rest = conn->pending.n > 0 || lg_transport_blocked(&conn->transport);
    if (rest != conn->wants_write) {
        watch(conn, rest);
    }
}

static void write_failed(struct lg_conn *conn, struct lg_outcome why)
{
    conn->inside = true;
    conn->ops->abort(conn->proto, why);
    conn->inside = false;
    if (conn->doomed) {
        free_conn(conn);
    } else {
        ended(conn, why);
    }
}

static void flush_pending(struct lg_conn *conn)
{
    size_t taken;
    struct lg_outcome why;
    lg_ns now = lg_now();
    conn->worker->now = now;
    tell_sent(conn, now, conn->pending.n);
    if (!write_out(conn, lg_buf_slice(&conn->pending), &taken, &why)) {
        write_failed(conn, why);
        return;
    }
    lg_buf_drop(&conn->pending, taken);
    arm_for_rest(conn);
    tell_written(conn, now);
    if (conn->pending.n == 0) {
        lg_buf_free(&conn->pending);
        lg_conn_flush(conn); /* what the protocol held back meanwhile */
    }
}

/* Takes output while bytes wait for the kernel: they go when it has room. */
static void flush_later(struct lg_conn *conn)
{
    conn->inside = true;
    conn->ops->output(conn->proto, &conn->pending);
    conn->inside = false;
    if (conn->doomed) {
        free_conn(conn);
    }
}

/* The kernel did not take all that was in the write buffer. */
static void keep_rest(struct lg_conn *conn, struct lg_transfer io, lg_ns now)
{
    const struct lg_buf *out = &conn->worker->write_buffer;
    size_t taken = io.state == LG_TRANSFER_OK ? io.n : 0;
    if (io.state == LG_TRANSFER_FAILED) {
        conn->worker->now = now;
        write_failed(conn, io.why);
        return;
    }
    lg_buf_add(&conn->pending, out->p + taken, out->n - taken);
    arm_for_rest(conn);
    tell_written(conn, now);
}

/* The moment of sending is read right before the write and counts for all that leaves with it.
 * True: the protocol may have more. */
static bool flush_once(struct lg_conn *conn)
{
    struct lg_buf *out = &conn->worker->write_buffer;
    lg_buf_clear(out);
    conn->inside = true;
    conn->ops->output(conn->proto, out);
    conn->inside = false;
    if (conn->doomed) {
        free_conn(conn);
        return false;
    }
    if (out->n == 0) {
        return false;
    }
    lg_ns now = lg_now();
    tell_sent(conn, now, out->n);
    struct lg_transfer io = lg_transport_write(&conn->transport, out->p, out->n);
    if (io.state != LG_TRANSFER_OK || io.n < out->n || lg_transport_blocked(&conn->transport)) {
        keep_rest(conn, io, now);
        return false;
    }
    if (conn->ops != &lg_http1) { /* a request is done when its answer is here */
        tell_written(conn, now);
    }
    return out->n >= LG_PROTO_BATCH;
}

void lg_conn_flush(struct lg_conn *conn)
{
    LG_ASSERT(!conn->inside);
    if (conn->pending.n > 0) {
        flush_later(conn);
        return;
    }
    while (flush_once(conn)) {
    }
}

/* After input: what the protocol wants written goes out, and its end is the connection's end. */
static inline __attribute__((always_inline)) void after_input(struct lg_conn *conn,
                                                              enum lg_proto_state state)
{
    conn->inside = false;
    if (conn->doomed) {
        free_conn(conn);
        return;
    }
    if (state == LG_PROTO_OPEN) {
        lg_conn_flush(conn);
        return;
    }
    struct lg_outcome why = conn->ops->why(conn->proto);
    lg_buf_clear(&conn->worker->write_buffer);
    conn->ops->output(conn->proto, &conn->worker->write_buffer);
    size_t taken;
    struct lg_outcome ignored;
    if (conn->pending.n == 0 && conn->worker->write_buffer.n > 0) {
        write_out(conn, lg_buf_slice(&conn->worker->write_buffer), &taken, &ignored);
    }
    ended(conn, why);
}

/* One read of `most` bytes; false: nothing more to do with this connection now. */
static inline __attribute__((always_inline)) bool read_most(struct lg_conn *conn, size_t most,
                                                            size_t *got)
{
    struct lg_worker *worker = conn->worker;
    struct lg_transfer io = lg_transport_read(&conn->transport, worker->read_buffer, most);
    worker->now = lg_now();
    *got = io.state == LG_TRANSFER_OK ? io.n : 0;
    if (io.state == LG_TRANSFER_AGAIN) {
        return false;
    }
    conn->inside = true;
    if (io.state == LG_TRANSFER_FAILED) {
        conn->ops->abort(conn->proto, io.why);
        conn->inside = false;
        if (conn->doomed) {
            free_conn(conn);
        } else {
            ended(conn, io.why);
        }
        return false;
    }
    if (conn->link != NULL && conn->link->sole != NULL) {
        conn->link->sole->bytes_in += io.n;
    }
    bool more = io.state == LG_TRANSFER_OK && io.n == most;
    enum lg_proto_state state = conn->ops->input(conn->proto, lg_slice(worker->read_buffer, io.n));
    if (io.state == LG_TRANSFER_EOF && state == LG_PROTO_OPEN) {
        state = LG_PROTO_FINISHED;
    }
    bool alive = state == LG_PROTO_OPEN && !conn->doomed;
    after_input(conn, state);
    return alive && more;
}

static bool read_once(struct lg_conn *conn)
{
    size_t got;
    return read_most(conn, LG_READ_BYTES, &got);
}

/* ---- slow readers ---- */

void lg_conn_throttle(struct lg_conn *conn, struct lg_throttle *t)
{
    if (conn->throttle != NULL) {
        end_throttle(conn);
    }
    if (t != NULL) {
        t->conn = conn;
        conn->throttle = t;
    }
    watch(conn, conn->wants_write);
}

/* Leaves the rest to the kernel's buffer, and so to the peer, until the bucket is full again. */
static void pause_reading(struct lg_conn *conn, lg_ns now)
{
    lg_ns due = lg_throttle_wait(conn->throttle, now);
    lg_deadline_insert(&conn->worker->resumes, &conn->throttle->resume, due);
    watch(conn, conn->wants_write);
    lg_worker_arm(conn->worker, due);
}

/* The exchange, and with it the connection or its slowness, may end with what is read. */
static void read_slowly(struct lg_conn *conn)
{
    struct lg_throttle *t = conn->throttle;
    size_t room = lg_throttle_room(t, lg_now());
    if (room > 0) {
        size_t got = 0;
        read_most(conn, room < LG_READ_BYTES ? room : LG_READ_BYTES, &got);
        lg_throttle_took(t, got);
    }
    if (t->conn == conn && lg_throttle_low(t)) {
        pause_reading(conn, lg_now());
    }
}

void lg_conn_resume(struct lg_conn *conn)
{
    watch(conn, conn->wants_write);
    read_slowly(conn);
}

static void on_throttled(evutil_socket_t fd, short what, void *arg)
{
    struct lg_conn *conn = arg;
    (void)fd;
    if (what & EV_WRITE) {
        flush_pending(conn);
        return;
    }
    read_slowly(conn);
}

static void on_opening(evutil_socket_t fd, short what, void *arg)
{
    struct lg_conn *conn = arg;
    (void)fd;
    (void)what;
    conn->worker->now = lg_now();
    go_on_opening(conn);
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
    struct lg_conn *conn = arg;
    struct lg_worker *worker = conn->worker;
    (void)fd;
    if (what & EV_WRITE) {
        flush_pending(conn);
        return; /* readiness to read is told again */
    }
    int left = READS_PER_TURN;
    while (read_once(conn) && --left > 0) {
    }
    if (worker->now >= worker->armed) {
        lg_worker_due(worker);
    }
}
