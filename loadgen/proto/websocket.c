/* WebSocket over HTTP/1.1, client side (RFC 6455).  start() is one message out; what the server
 * says comes up as whole messages under op 0, because only the scenario knows which of them answers
 * what. */
#include "proto/ws_handshake.h"
#include "proto/ws_session.h"

#include <stdlib.h>

struct ws {
    struct lg_proto base;
    struct lg_ws_handshake *handshake; /* owned; NULL when open */
    struct lg_buf request;             /* of the handshake, to be sent */
    struct lg_ws_session session;      /* its state and why count in the handshake, too */
    bool finishing;                    /* finish() was called in the handshake */
};

static struct ws *of(struct lg_proto *proto)
{
    return (struct ws *)proto;
}

static void take_handshake(struct ws *ws, struct lg_slice in)
{
    size_t used;
    struct lg_outcome why;
    enum lg_ws_handshake_result result = lg_ws_handshake_input(ws->handshake, in, &used, &why);
    if (result == LG_WS_REFUSED) {
        lg_ws_session_abort(&ws->session, why);
        return;
    }
    if (result == LG_WS_MORE) {
        return;
    }
    lg_ws_session_compress(&ws->session, lg_ws_handshake_deflate(ws->handshake));
    lg_ws_handshake_free(ws->handshake);
    ws->handshake = NULL;
    if (ws->finishing) {
        lg_ws_session_finish(&ws->session);
    } else {
        ws->session.sink->on_ready(ws->session.ctx);
    }
    if (in.n > used) {
        lg_ws_session_input(&ws->session, lg_slice(in.p + used, in.n - used));
    }
}

/* ---- the seam ---- */

static struct lg_proto *ws_open(const struct lg_proto_config *config,
                                const struct lg_proto_sink *sink, void *ctx)
{
    struct ws *ws = lg_alloc(sizeof *ws);
    ws->base.ops = &lg_websocket;
    lg_ws_session_init(&ws->session, sink, ctx, config->max_message, config->random);
    ws->handshake = lg_ws_handshake_new(config, &ws->session.masks, &ws->request);
    return &ws->base;
}

static unsigned ws_capacity(const struct lg_proto *proto)
{
    const struct ws *ws = (const struct ws *)proto;
    return ws->handshake == NULL && lg_ws_session_can_send(&ws->session);
}

static void ws_start(struct lg_proto *proto, lg_op op, const struct lg_request *request)
{
    LG_ASSERT(ws_capacity(proto) > 0);
    lg_ws_session_send(&of(proto)->session, op, request);
}

static void ws_cancel(struct lg_proto *proto, lg_op op)
{
    lg_ws_session_cancel(&of(proto)->session, op);
}

static enum lg_proto_state ws_input(struct lg_proto *proto, struct lg_slice in)
{
    struct ws *ws = of(proto);
    LG_ASSERT(ws->session.state == LG_PROTO_OPEN);
    if (ws->handshake != NULL && in.n > 0) {
        take_handshake(ws, in);
    } else {
        lg_ws_session_input(&ws->session, in);
    }
    return ws->session.state;
}

static void ws_output(struct lg_proto *proto, struct lg_buf *out)
{
    struct ws *ws = of(proto);
    if (ws->request.n > 0) {
        lg_buf_add(out, ws->request.p, ws->request.n);
        lg_buf_free(&ws->request);
    }
    lg_ws_session_output(&ws->session, out);
}

static void ws_abort(struct lg_proto *proto, struct lg_outcome outcome)
{
    lg_ws_session_abort(&of(proto)->session, outcome);
}

static void ws_finish(struct lg_proto *proto)
{
    struct ws *ws = of(proto);
    if (ws->handshake != NULL) {
        ws->finishing = true;
    } else {
        lg_ws_session_finish(&ws->session);
    }
}

static struct lg_outcome ws_why(const struct lg_proto *proto)
{
    return ((const struct ws *)proto)->session.why;
}

bool lg_websocket_is_binary(const struct lg_proto *proto)
{
    return ((const struct ws *)proto)->session.heard_binary;
}

bool lg_websocket_is_compressed(const struct lg_proto *proto)
{
    return ((const struct ws *)proto)->session.deflate != NULL;
}

static void ws_free(struct lg_proto *proto)
{
    struct ws *ws = of(proto);
    if (ws != NULL) {
        lg_ws_handshake_free(ws->handshake);
        lg_buf_free(&ws->request);
        lg_ws_session_fini(&ws->session);
        free(ws);
    }
}

const struct lg_proto_ops lg_websocket = {
    .name = "websocket",
    .alpn = "http/1.1", /* RFC 6455 runs over HTTP/1.1; RFC 8441 is another protocol */
    .open = ws_open,
    .capacity = ws_capacity,
    .start = ws_start,
    .cancel = ws_cancel,
    .input = ws_input,
    .output = ws_output,
    .abort = ws_abort,
    .finish = ws_finish,
    .why = ws_why,
    .free = ws_free,
};
