#include "engine/worker.h"

#include <stdlib.h>

enum { READS_PER_TURN = 16 }; /* a flood on one connection must not starve the others */

static void on_event(evutil_socket_t fd, short what, void *arg);

static void watch(struct lg_conn *conn, bool write)
{
    if (event_initialized(&conn->event)) {
        event_del(&conn->event);
    }
    short what = (short)(EV_READ | EV_PERSIST | (write ? EV_WRITE : 0));
    event_assign(&conn->event, conn->worker->base, conn->transport.fd, what, on_event, conn);
    event_add(&conn->event, NULL);
    conn->wants_write = write;
}

static void free_conn(struct lg_conn *conn)
{
    if (event_initialized(&conn->event)) {
        event_del(&conn->event);
    }
    if (conn->proto != NULL) {
        conn->ops->free(conn->proto);
    }
    lg_transport_close(&conn->transport);
    lg_buf_free(&conn->pending);
    free(conn);
}

void lg_conn_close(struct lg_conn *conn)
{
    if (conn->link != NULL) {
        conn->link->conn = NULL;
        conn->link = NULL;
    }
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
    bool served = conn->served > 0;
    lg_conn_close(conn);
    if (link == NULL) {
        return;
    }
    why = why.class == LG_OK ? lg_outcome(LG_CLOSED, 0) : why;
    if (link->first != NULL) {
        lg_link_lost(link, why, served, now);
    } else if (link->sole != NULL) {
        lg_exchange_fail(link->sole, why, now);
    }
}

void lg_conn_finish(struct lg_conn *conn)
{
    struct lg_buf *out = &conn->worker->write_buffer;
    conn->link->conn = NULL;
    conn->link = NULL;
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

static void on_header(void *ctx, lg_op op, struct lg_slice name, struct lg_slice value)
{
    (void)ctx;
    (void)op;
    (void)name;
    (void)value;
}

static void on_data(void *ctx, lg_op op, struct lg_slice data, bool whole)
{
    struct lg_conn *conn = ctx;
    if (conn->link == NULL) {
        return;
    }
    if (op == 0 && whole) {
        lg_judge_message(conn->link->sole->vu, data, conn->worker->now);
    } else {
        lg_exchange_body(exchange_of(op), data);
    }
}

static void drop_unsent(struct lg_conn *conn, struct lg_exchange *ex)
{
    struct lg_exchange **at = &conn->unsent;
    while (*at != ex) {
        at = &(*at)->next;
    }
    *at = ex->next;
    ex->next = NULL;
    ex->unsent = false;
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
        drop_unsent(conn, ex);
        if (outcome.class == LG_OK) {
            lg_exchange_sent(ex, conn->worker->now);
        }
    }
    lg_exchange_done(ex, outcome, conn->worker->now);
    if (conn->link != NULL && conn->link->first != NULL) {
        lg_link_serve(conn->link, conn->worker->now);
    }
}

static const struct lg_proto_sink sink = {
    .on_ready = on_ready,
    .on_head = on_head,
    .on_header = on_header,
    .on_data = on_data,
    .on_done = on_done,
};

/* ---- opening ---- */

static void open_proto(struct lg_conn *conn)
{
    struct lg_worker *worker = conn->worker;
    struct lg_vu *vu = (conn->link->sole != NULL ? conn->link->sole : conn->link->first)->vu;
    const struct lg_program *program = worker->program;
    const struct lg_step *step = conn->ops == &lg_websocket ? vu->ex.step->step : NULL;
    struct lg_header headers[LG_HEADERS];
    struct lg_rng rng;
    lg_rng_init(&rng, program->seed, 0x6d61736b + vu->pool->kind, vu->index);
    struct lg_proto_config config = {
        .authority = lg_str(conn->link->origin->url.authority),
        .secure = conn->link->origin->url.secure,
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
    conn->proto = conn->ops->open(&config, &sink, conn);
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
    struct lg_transfer io = lg_transport_open(&conn->transport, &link->origin->address,
                                              worker->tls[link->origin->index]);
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
    ex->next = conn->unsent;
    conn->unsent = ex;
    conn->ops->start(conn->proto, (lg_op)(uintptr_t)ex, request);
    if (!conn->inside) {
        lg_conn_flush(conn);
    }
}

void lg_conn_cancel(struct lg_conn *conn, struct lg_exchange *ex)
{
    if (ex->unsent) {
        drop_unsent(conn, ex);
    }
    conn->ops->cancel(conn->proto, (lg_op)(uintptr_t)ex);
}

/* What was started since the last write leaves with this one, of so many bytes. */
static void tell_sent(struct lg_conn *conn, lg_ns now, size_t bytes)
{
    struct lg_exchange *ex = conn->unsent;
    if (ex == NULL) {
        return;
    }
    ex->bytes_out += conn->link->sole != NULL ? bytes : 0;
    conn->unsent = NULL;
    do {
        struct lg_exchange *next = ex->next;
        ex->next = NULL;
        ex->unsent = false;
        lg_exchange_sent(ex, now);
        ex = next;
    } while (ex != NULL);
}

static void tell_written(struct lg_conn *conn, lg_ns now)
{
    if (conn->pending.n == 0 && conn->link != NULL && conn->link->sole != NULL) {
        lg_exchange_written(conn->link->sole, now);
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
    if (conn->pending.n == 0) {
        lg_buf_free(&conn->pending);
    }
    arm_for_rest(conn);
    tell_written(conn, now);
}

/* The moment of sending is read right before the write and counts for all that leaves with it. */
void lg_conn_flush(struct lg_conn *conn)
{
    struct lg_worker *worker = conn->worker;
    struct lg_buf *out = &worker->write_buffer;
    size_t taken = 0;
    struct lg_outcome why;
    LG_ASSERT(!conn->inside);
    if (conn->pending.n > 0) {
        lg_buf_clear(out);
        conn->inside = true;
        conn->ops->output(conn->proto, &conn->pending);
        conn->inside = false;
        return; /* goes out when the kernel has room */
    }
    lg_buf_clear(out);
    conn->inside = true;
    conn->ops->output(conn->proto, out);
    conn->inside = false;
    if (conn->doomed) {
        free_conn(conn);
        return;
    }
    if (out->n == 0) {
        return;
    }
    lg_ns now = lg_now();
    tell_sent(conn, now, out->n);
    if (!write_out(conn, lg_buf_slice(out), &taken, &why)) {
        worker->now = now;
        write_failed(conn, why);
        return;
    }
    if (taken < out->n || lg_transport_blocked(&conn->transport)) {
        lg_buf_add(&conn->pending, out->p + taken, out->n - taken);
        arm_for_rest(conn);
    }
    tell_written(conn, now);
}

/* After input: what the protocol wants written goes out, and its end is the connection's end. */
static void after_input(struct lg_conn *conn, enum lg_proto_state state)
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

/* One read; false: nothing more to do with this connection now. */
static bool read_once(struct lg_conn *conn)
{
    struct lg_worker *worker = conn->worker;
    struct lg_transfer io = lg_transport_read(&conn->transport, worker->read_buffer, LG_READ_BYTES);
    worker->now = lg_now();
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
    bool more = io.state == LG_TRANSFER_OK && io.n == LG_READ_BYTES;
    enum lg_proto_state state = conn->ops->input(conn->proto, lg_slice(worker->read_buffer, io.n));
    if (io.state == LG_TRANSFER_EOF && state == LG_PROTO_OPEN) {
        state = LG_PROTO_FINISHED;
    }
    bool alive = state == LG_PROTO_OPEN && !conn->doomed;
    after_input(conn, state);
    return alive && more;
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
    struct lg_conn *conn = arg;
    (void)fd;
    if (!conn->transport.ready) {
        conn->worker->now = lg_now();
        go_on_opening(conn);
        return;
    }
    if (what & EV_WRITE) {
        flush_pending(conn);
        return; /* readiness to read is told again */
    }
    for (int i = 0; i < READS_PER_TURN && read_once(conn); i++) {
    }
}
