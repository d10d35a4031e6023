/* A user's WebSocket inside an HTTP/2 connection, which it shares (RFC 8441). */
#include "engine/worker.h"

lg_op lg_conn_tunnel_op(const struct lg_vu *vu)
{
    return (lg_op)(uintptr_t)vu + LG_TUNNEL_OP;
}

void lg_conn_open_tunnel(struct lg_conn *conn, struct lg_vu *vu, const struct lg_request *request)
{
    vu->tunnel = conn;
    conn->ops->start(conn->proto, lg_conn_tunnel_op(vu), request);
    if (!conn->inside) {
        lg_conn_flush(conn);
    }
}

bool lg_conn_tunnel_can_send(const struct lg_vu *vu)
{
    return vu->tunnel != NULL &&
           vu->tunnel->ops->can_send(vu->tunnel->proto, lg_conn_tunnel_op(vu));
}

void lg_conn_tunnel_bytes(const struct lg_vu *vu, uint64_t *in, uint64_t *out)
{
    *in = *out = 0;
    if (vu->tunnel != NULL) {
        vu->tunnel->ops->bytes(vu->tunnel->proto, lg_conn_tunnel_op(vu), in, out);
    }
}

void lg_conn_close_tunnel(struct lg_vu *vu)
{
    struct lg_conn *conn = vu->tunnel;
    vu->tunnel = NULL;
    if (conn != NULL) {
        conn->ops->cancel(conn->proto, lg_conn_tunnel_op(vu));
        if (!conn->inside) {
            lg_conn_flush(conn);
        }
    }
}
