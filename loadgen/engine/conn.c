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
    if (conn->vu != NULL) {
        conn->vu->conn = NULL;
        conn->vu = NULL;
    }
    conn->doomed = true;
    if (!conn->inside) {
        free_conn(conn);
    }
}

/* It ended by itself: the user hears why. */
static void ended(struct lg_conn *conn, struct lg_outcome why)
{
    struct lg_vu *vu = conn->vu;
    lg_ns now = conn->worker->now;
    lg_conn_close(conn);
    if (vu != NULL) {
        lg_vu_disconnected(vu, why, now);
    }
}

void lg_conn_finish(struct lg_conn *conn)
{
    struct lg_buf *out = &conn->worker->write_buffer;
    conn->vu->conn = NULL;
    conn->vu = NULL;
    if (conn->ready && conn->pending.n == 0) {
        conn->ops->finish(conn->proto);
        lg_buf_clear(out);
        conn->ops->output(conn->proto, out);
        lg_transport_write(&conn->transport, out->p, out->n);
    }
    free_conn(conn);
}

/* ---- what the protocol says ---- */

static void become_ready(struct lg_conn *conn)
{
    if (!conn->ready && conn->vu != NULL) {
        conn->ready = true;
        lg_vu_connected(conn->vu, conn->worker->now);
    }
}

static void on_ready(void *ctx)
{
    become_ready(ctx);
}

static void on_head(void *ctx, lg_op op, int status)
{
    struct lg_conn *conn = ctx;
    (void)op;
    if (conn->vu != NULL) {
        lg_vu_head(conn->vu, status, conn->worker->now);
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
    if (conn->vu == NULL) {
        return;
    }
    if (op == 0 && whole) {
        lg_vu_message(conn->vu, data, conn->worker->now);
    } else {
        lg_vu_body(conn->vu, data);
    }
}

static void on_done(void *ctx, lg_op op, struct lg_outcome outcome)
{
    struct lg_conn *conn = ctx;
    (void)op;
    conn->served++;
    if (conn->vu != NULL) {
        lg_vu_done(conn->vu, outcome, conn->worker->now);
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
    struct lg_vu *vu = conn->vu;
    const struct lg_program *program = worker->program;
    const struct lg_step *step = conn->ops == &lg_websocket ? lg_vu_step(vu) : NULL;
    struct lg_header headers[LG_HEADERS];
    struct lg_rng rng;
    lg_rng_init(&rng, program->seed, 0x6d61736b + vu->pool->kind, vu->index);
    struct lg_proto_config config = {
        .authority = lg_str(program->url.authority),
        .secure = program->url.secure,
        .random = lg_rng_u64(&rng) ^ (uint64_t)conn->opened_at,
        .memo = worker->memo,
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

void lg_conn_open(struct lg_vu *vu)
{
    struct lg_worker *worker = vu->pool->worker;
    struct lg_conn *conn = lg_alloc(sizeof *conn);
    LG_ASSERT(vu->conn == NULL);
    conn->worker = worker;
    conn->vu = vu;
    conn->ops = lg_vu_protocol(vu);
    conn->opened_at = lg_now();
    vu->conn = conn;
    worker->now = conn->opened_at;
    struct lg_transfer io =
        lg_transport_open(&conn->transport, &worker->program->address, worker->tls);
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

void lg_conn_start(struct lg_conn *conn, const struct lg_request *request)
{
    conn->ops->start(conn->proto, 1, request);
    if (!conn->inside) {
        lg_conn_flush(conn);
    }
}

void lg_conn_cancel(struct lg_conn *conn)
{
    conn->ops->cancel(conn->proto, 1);
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
    if (conn->vu != NULL) {
        lg_vu_sent(conn->vu, now, conn->pending.n);
    }
    if (!write_out(conn, lg_buf_slice(&conn->pending), &taken, &why)) {
        write_failed(conn, why);
        return;
    }
    lg_buf_drop(&conn->pending, taken);
    if (conn->pending.n == 0) {
        lg_buf_free(&conn->pending);
    }
    arm_for_rest(conn);
    if (conn->pending.n == 0 && conn->vu != NULL) {
        lg_vu_written(conn->vu, now);
    }
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
    if (conn->vu != NULL) {
        lg_vu_sent(conn->vu, now, out->n);
    }
    if (!write_out(conn, lg_buf_slice(out), &taken, &why)) {
        worker->now = now;
        write_failed(conn, why);
        return;
    }
    if (taken < out->n || lg_transport_blocked(&conn->transport)) {
        lg_buf_add(&conn->pending, out->p + taken, out->n - taken);
        arm_for_rest(conn);
    }
    if (conn->vu != NULL && !conn->vu->ex.in_proto && conn->pending.n == 0) {
        lg_vu_written(conn->vu, now);
    }
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
    if (conn->vu != NULL) {
        conn->vu->ex.bytes_in += io.n;
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
