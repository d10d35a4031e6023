/* A link: who waits for a connection, and what becomes of them when it opens, has room, or ends. */
#include "engine/worker.h"

void lg_link_init(struct lg_link *link, struct lg_pool *pool, const struct lg_origin *origin,
                  struct lg_exchange *sole)
{
    *link = (struct lg_link){.pool = pool, .origin = origin, .sole = sole};
    link->place = lg_program_place(pool->worker->program, origin, pool->http2);
}

/* ---- the queue ---- */

static void push(struct lg_link *link, struct lg_exchange *ex)
{
    LG_ASSERT(!ex->queued);
    ex->queued = true;
    ex->next = NULL;
    *(link->last != NULL ? &link->last->next : &link->first) = ex;
    link->last = ex;
}

void lg_link_return(struct lg_link *link, struct lg_exchange *ex)
{
    LG_ASSERT(!ex->queued);
    ex->queued = true;
    ex->next = link->first;
    link->first = ex;
    link->last = link->last != NULL ? link->last : ex;
}

static struct lg_exchange *pop(struct lg_link *link)
{
    struct lg_exchange *ex = link->first;
    link->first = ex->next;
    link->last = link->first != NULL ? link->last : NULL;
    ex->next = NULL;
    ex->queued = false;
    return ex;
}

void lg_link_leave(struct lg_link *link, struct lg_exchange *ex)
{
    struct lg_exchange **at = &link->first, *before = NULL;
    while (*at != ex) {
        before = *at;
        at = &before->next;
    }
    *at = ex->next;
    link->last = link->last == ex ? before : link->last;
    ex->next = NULL;
    ex->queued = false;
}

/* ---- opening ---- */

static const struct lg_proto_ops *protocol_for(const struct lg_exchange *ex)
{
    if (ex->link->pool->http2) {
        return &lg_http2; /* a WebSocket is a tunnel in it */
    }
    bool websocket = ex->step != NULL && ex->step->kind == LG_STEP_WEBSOCKET;
    return websocket ? &lg_websocket : &lg_http1;
}

static struct lg_deadlines *connect_queue(const struct lg_link *link)
{
    struct lg_worker *worker = link->pool->worker;
    return &worker->timeouts[worker->program->plan->step_count];
}

static bool is_opening(const struct lg_link *link)
{
    return link->conn != NULL && !link->conn->ready;
}

/* A step that opens a WebSocket has its own time for all of it. */
static void await_connection(struct lg_link *link, struct lg_exchange *ex, lg_ns now)
{
    ex->connecting = now;
    if (ex->step == NULL || ex->step->kind != LG_STEP_WEBSOCKET) {
        lg_exchange_deadline(ex, connect_queue(link), now);
    }
}

/* Who has nothing to send waits for the connection alone, and not for room on it. */
static bool only_connects(const struct lg_exchange *ex)
{
    return !ex->open;
}

void lg_link_enter(struct lg_link *link, struct lg_exchange *ex, lg_ns now)
{
    struct lg_conn *conn = link->conn;
    bool room = link->first == NULL && lg_conn_can_start(conn);
    if (room || (only_connects(ex) && conn != NULL && conn->ready)) {
        lg_exchange_slot(ex, now);
        return;
    }
    if (conn != NULL && conn->ready && link->sole != NULL) {
        lg_conn_close(conn); /* the last answer said that it was the last */
    }
    push(link, ex);
    if (link->conn == NULL || is_opening(link)) {
        await_connection(link, ex, now);
    } else {
        lg_exchange_deadline(ex, &link->pool->worker->timeouts[ex->step->index], now);
    }
    if (link->conn == NULL) {
        lg_conn_open(link, protocol_for(ex));
    }
}

/* ---- what the connection reports ---- */

/* Room may come with a write, long after the last bytes were read: the clock says when. */
void lg_link_serve(struct lg_link *link)
{
    while (link->first != NULL && lg_conn_can_start(link->conn)) {
        lg_exchange_slot(pop(link), lg_now());
    }
}

static void tell_connected(struct lg_link *link, lg_ns now)
{
    struct lg_exchange *ex = link->first;
    while (ex != NULL) {
        if (!only_connects(ex)) {
            ex = ex->next;
            continue;
        }
        lg_link_leave(link, ex);
        lg_exchange_slot(ex, now);
        ex = link->first; /* what was told may have changed the queue */
    }
}

void lg_link_ready(struct lg_link *link, lg_ns now)
{
    struct lg_worker *worker = link->pool->worker;
    size_t kind = link->pool->kind;
    uint64_t *counts = lg_users_counts(worker->setup, kind);
    if (!link->extra) {
        counts[link->was_connected ? LG_USERS_RECONNECTS : LG_USERS_CONNECTED]++;
        lg_live_add(&worker->live.connected, link->was_connected ? 0 : 1);
    }
    link->was_connected = true;
    counts[LG_USERS_COMPRESSED] += lg_conn_is_compressed(link->conn);
    lg_hist_add(lg_users_hist(worker->setup, kind, LG_USERS_CONNECT), now - link->conn->opened_at);
    tell_connected(link, now);
    lg_link_serve(link);
}

/* Those who wait when a connection of use ends go on to the next one; where it never came to
 * anything, that is their failure too. */
void lg_link_lost(struct lg_link *link, struct lg_outcome why, bool served, lg_ns now)
{
    struct lg_exchange *waiting = link->first;
    if (waiting != NULL && served) {
        for (struct lg_exchange *ex = waiting; ex != NULL; ex = ex->next) {
            await_connection(link, ex, now);
        }
        lg_conn_open(link, protocol_for(waiting));
        return;
    }
    link->first = link->last = NULL;
    while (waiting != NULL) {
        struct lg_exchange *next = waiting->next;
        waiting->next = NULL;
        waiting->queued = false;
        lg_exchange_fail(waiting, why, now);
        waiting = next;
    }
}

void lg_link_finish(struct lg_link *link)
{
    while (link->ending != NULL) {
        lg_conn_finish(link->ending);
    }
    if (link->conn != NULL) {
        lg_conn_finish(link->conn);
    }
}
