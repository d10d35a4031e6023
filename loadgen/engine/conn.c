/* A connection from its opening to its end. */
#include "engine/conn.h"

#include <stdlib.h>

static void on_opening(evutil_socket_t fd, short what, void *arg);

static event_callback_fn callback_of(const struct lg_conn *conn)
{
    return !conn->transport.ready   ? on_opening
           : conn->throttle != NULL ? lg_conn_on_throttled
                                    : lg_conn_on_event;
}

/* A slow reader who waits until he may read again does not look. */
void lg_conn_watch(struct lg_conn *conn, bool write)
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
    if (conn->transport.ready && !paused) {
        lg_conn_read_rest(conn);
    }
}

void lg_conn_end_throttle(struct lg_conn *conn)
{
    lg_deadline_remove(&conn->worker->resumes, &conn->throttle->resume);
    conn->throttle->conn = NULL;
    conn->throttle = NULL;
}

void lg_conn_free(struct lg_conn *conn)
{
    if (event_initialized(&conn->event)) {
        event_del(&conn->event);
    }
    if (conn->throttle != NULL) {
        lg_conn_end_throttle(conn);
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
        lg_conn_free(conn);
    }
}

/* It ended by itself: who uses it hears why. */
void lg_conn_ended(struct lg_conn *conn, struct lg_outcome why)
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
    lg_conn_free(conn);
}

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
    conn->proto = conn->ops->open(
        &config, link->sole != NULL ? &lg_conn_sole_sink : &lg_conn_shared_sink, conn);
}

bool lg_conn_is_compressed(const struct lg_conn *conn)
{
    return conn->ops == &lg_websocket && lg_websocket_is_compressed(conn->proto);
}

/* The transport carries bytes from now on. */
static void established(struct lg_conn *conn)
{
    lg_conn_watch(conn, false);
    open_proto(conn);
    if (conn->ops->capacity(conn->proto) > 0) {
        lg_conn_become_ready(conn);
    } else {
        lg_conn_flush(conn); /* the protocol's own handshake */
    }
}

static void go_on_opening(struct lg_conn *conn)
{
    struct lg_transfer io = lg_transport_continue(&conn->transport);
    if (io.state == LG_TRANSFER_FAILED || io.state == LG_TRANSFER_EOF) {
        lg_conn_ended(conn, io.state == LG_TRANSFER_EOF ? lg_outcome(LG_TLS, 0) : io.why);
    } else if (io.state == LG_TRANSFER_OK) {
        established(conn);
    } else {
        bool write = !conn->transport.connected || lg_transport_blocked(&conn->transport);
        if (write != conn->wants_write) {
            lg_conn_watch(conn, write);
        }
    }
}

static void on_opening(evutil_socket_t fd, short what, void *arg)
{
    struct lg_conn *conn = arg;
    (void)fd;
    (void)what;
    conn->worker->now = lg_now();
    go_on_opening(conn);
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
        lg_conn_ended(conn, io.why);
        return;
    }
    lg_conn_watch(conn, true);
}
