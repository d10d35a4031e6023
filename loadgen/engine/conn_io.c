/* The bytes of a connection: from the protocol to the kernel and back. */
#include "engine/conn.h"

enum { READS_PER_TURN = 16 }; /* a flood on one connection must not starve the others */

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

/* The request that opens a WebSocket is the protocol's own, and part of the step that opens it. */
static __attribute__((cold, noinline)) void count_handshake(const struct lg_conn *conn,
                                                            size_t bytes)
{
    if (conn->ops == &lg_websocket && conn->link != NULL) {
        conn->link->sole->bytes_out += bytes;
    }
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

/* What TLS has made records of is not yet with the kernel. */
static void tell_written(struct lg_conn *conn, lg_ns now)
{
    if (conn->pending.n > 0 || conn->link == NULL || lg_transport_blocked(&conn->transport)) {
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
        lg_conn_watch(conn, rest);
    }
}

static void write_failed(struct lg_conn *conn, struct lg_outcome why)
{
    conn->inside = true;
    conn->ops->abort(conn->proto, why);
    conn->inside = false;
    if (conn->doomed) {
        lg_conn_free(conn);
    } else {
        lg_conn_ended(conn, why);
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

enum flushed {
    FLUSHED_ALL,
    FLUSHED_SOME, /* the protocol may have more */
    FLUSHED_GONE  /* the connection has ended, and is freed */
};

/* Takes output while bytes wait for the kernel: they go when it has room. */
static enum flushed flush_later(struct lg_conn *conn)
{
    conn->inside = true;
    conn->ops->output(conn->proto, &conn->pending);
    conn->inside = false;
    if (conn->doomed) {
        lg_conn_free(conn);
        return FLUSHED_GONE;
    }
    return FLUSHED_ALL;
}

/* The kernel did not take all that was in the write buffer. */
static enum flushed keep_rest(struct lg_conn *conn, struct lg_transfer io, lg_ns now)
{
    const struct lg_buf *out = &conn->worker->write_buffer;
    size_t taken = io.state == LG_TRANSFER_OK ? io.n : 0;
    if (io.state == LG_TRANSFER_FAILED) {
        conn->worker->now = now;
        write_failed(conn, io.why);
        return FLUSHED_GONE;
    }
    lg_buf_add(&conn->pending, out->p + taken, out->n - taken);
    arm_for_rest(conn);
    tell_written(conn, now);
    return FLUSHED_ALL;
}

/* The moment of sending is read right before the write and counts for all that leaves with it. */
static enum flushed flush_once(struct lg_conn *conn)
{
    struct lg_buf *out = &conn->worker->write_buffer;
    lg_buf_clear(out);
    conn->inside = true;
    conn->ops->output(conn->proto, out);
    conn->inside = false;
    if (conn->doomed) {
        lg_conn_free(conn);
        return FLUSHED_GONE;
    }
    if (out->n == 0) {
        return FLUSHED_ALL;
    }
    lg_ns now = lg_now();
    if (__builtin_expect(!conn->ready, 0)) {
        count_handshake(conn, out->n);
    }
    tell_sent(conn, now, out->n);
    struct lg_transfer io = lg_transport_write(&conn->transport, out->p, out->n);
    if (io.state != LG_TRANSFER_OK || io.n < out->n || lg_transport_blocked(&conn->transport)) {
        return keep_rest(conn, io, now);
    }
    if (conn->ops != &lg_http1) { /* a request is done when its answer is here */
        tell_written(conn, now);
    }
    return out->n >= LG_PROTO_BATCH ? FLUSHED_SOME : FLUSHED_ALL;
}

bool lg_conn_flush(struct lg_conn *conn)
{
    enum flushed flushed = FLUSHED_SOME;
    LG_ASSERT(!conn->inside);
    if (conn->pending.n > 0) {
        return flush_later(conn) != FLUSHED_GONE;
    }
    while (flushed == FLUSHED_SOME) {
        flushed = flush_once(conn);
    }
    return flushed != FLUSHED_GONE;
}

/* After input: what the protocol wants written goes out, and its end is the connection's end.
 * False: the connection is gone. */
static inline __attribute__((always_inline)) bool after_input(struct lg_conn *conn,
                                                              enum lg_proto_state state)
{
    conn->inside = false;
    if (conn->doomed) {
        lg_conn_free(conn);
        return false;
    }
    if (state == LG_PROTO_OPEN) {
        return lg_conn_flush(conn);
    }
    struct lg_outcome why = conn->ops->why(conn->proto);
    lg_buf_clear(&conn->worker->write_buffer);
    conn->ops->output(conn->proto, &conn->worker->write_buffer);
    size_t taken;
    struct lg_outcome ignored;
    if (conn->pending.n == 0 && conn->worker->write_buffer.n > 0) {
        write_out(conn, lg_buf_slice(&conn->worker->write_buffer), &taken, &ignored);
    }
    lg_conn_ended(conn, why);
    return false;
}

/* One read of `most` bytes.  True: it brought as many, and there may be more; false: that was all
 * for now, or the connection is gone. */
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
            lg_conn_free(conn);
        } else {
            lg_conn_ended(conn, io.why);
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
    return after_input(conn, state) && more;
}

static bool read_once(struct lg_conn *conn)
{
    size_t got;
    return read_most(conn, LG_READ_BYTES, &got);
}

void lg_conn_read_rest(struct lg_conn *conn)
{
    if (lg_transport_pending(&conn->transport)) {
        event_active(&conn->event, EV_READ, 0);
    }
}

/* ---- slow readers ---- */

void lg_conn_throttle(struct lg_conn *conn, struct lg_throttle *t)
{
    if (conn->throttle != NULL) {
        lg_conn_end_throttle(conn);
    }
    if (t != NULL) {
        t->conn = conn;
        conn->throttle = t;
    }
    lg_conn_watch(conn, conn->wants_write);
}

/* Leaves the rest to the kernel's buffer, and so to the peer, until the bucket is full again. */
static void pause_reading(struct lg_conn *conn, lg_ns now)
{
    lg_ns due = lg_throttle_wait(conn->throttle, now);
    lg_deadline_insert(&conn->worker->resumes, &conn->throttle->resume, due);
    lg_conn_watch(conn, conn->wants_write);
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
    if (t->conn != conn) {
        return;
    }
    if (lg_throttle_low(t)) {
        pause_reading(conn, lg_now());
    } else {
        lg_conn_read_rest(conn);
    }
}

void lg_conn_resume(struct lg_conn *conn)
{
    lg_conn_watch(conn, conn->wants_write);
    read_slowly(conn);
}

void lg_conn_on_throttled(evutil_socket_t fd, short what, void *arg)
{
    struct lg_conn *conn = arg;
    (void)fd;
    if (what & EV_WRITE) {
        flush_pending(conn);
        return;
    }
    read_slowly(conn);
}

void lg_conn_on_event(evutil_socket_t fd, short what, void *arg)
{
    struct lg_conn *conn = arg;
    struct lg_worker *worker = conn->worker;
    (void)fd;
    if (what & EV_WRITE) {
        flush_pending(conn);
        return; /* readiness to read is told again */
    }
    int left = READS_PER_TURN;
    bool more = read_once(conn);
    while (more && --left > 0) {
        more = read_once(conn);
    }
    if (more) {
        lg_conn_read_rest(conn);
    }
    if (worker->now >= worker->armed) {
        lg_worker_due(worker);
    }
}
