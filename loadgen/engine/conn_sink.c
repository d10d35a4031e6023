/* What the protocol of a connection says, passed on to whom it concerns. */
#include "engine/conn.h"

static struct lg_exchange *exchange_of(lg_op op)
{
    return (struct lg_exchange *)(uintptr_t)op;
}

/* Those of exchanges are even. */
static struct lg_vu *tunnel_user(lg_op op)
{
    return (struct lg_vu *)(uintptr_t)(op - LG_TUNNEL_OP);
}

void lg_conn_become_ready(struct lg_conn *conn)
{
    if (conn->link == NULL) {
        return;
    }
    if (!conn->ready) {
        conn->ready = true;
        lg_link_ready(conn->link, conn->worker->now);
    } else {
        lg_link_serve(conn->link);
    }
}

static void on_ready(void *ctx)
{
    lg_conn_become_ready(ctx);
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
        lg_link_serve(conn->link);
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
        lg_link_lost(link, lg_outcome(LG_CLOSED, 0), conn->served > 0, lg_now());
    }
}

/* Of a connection with one user, who has one exchange at a time. */
const struct lg_proto_sink lg_conn_sole_sink = {
    .on_ready = on_ready,
    .on_head = on_head,
    .on_header = on_header,
    .on_data = on_data,
    .on_done = on_done,
    .on_ending = on_ending,
};

/* Of one that carries the streams and tunnels of several. */
const struct lg_proto_sink lg_conn_shared_sink = {
    .on_ready = on_ready,
    .on_head = on_shared_head,
    .on_header = on_header,
    .on_data = on_data,
    .on_done = on_shared_done,
    .on_ending = on_ending,
};
