/* WebSocket over HTTP/2 (RFC 8441): an extended CONNECT whose stream carries the frames. */
#include "proto/h2_session.h"
#include "proto/ws_handshake.h"

#include <stdlib.h>
#include <strings.h>

static bool named(struct lg_slice name, const char *text)
{
    return name.n == strlen(text) && strncasecmp(name.p, text, name.n) == 0;
}

/* There is something for nghttp2 to ask for. */
static void resume(struct lg_h2_tunnel *t)
{
    nghttp2_session_resume_data(t->h2->session, t->stream->id); /* not deferred: without effect */
}

/* What the WebSocket has to say becomes bytes of the stream. */
static void take_frames(struct lg_h2_tunnel *t)
{
    if (lg_ws_session_has_output(&t->session)) {
        lg_ws_session_output(&t->session, &t->out);
        resume(t);
    }
}

/* ---- the ends ---- */

static void message_done(struct lg_h2_tunnel *t, struct lg_outcome outcome)
{
    lg_op op = t->message;
    t->message = 0;
    if (op != 0) {
        t->h2->sink->on_done(t->h2->ctx, op, outcome);
    }
}

/* What it still has to say goes out first, then our side of the stream ends. */
static void session_ended(struct lg_h2_tunnel *t, bool reset)
{
    struct lg_outcome why = t->session.why;
    t->open = false;
    t->over = true;
    t->reset = reset;
    take_frames(t);
    resume(t);
    message_done(t, why.class == LG_OK ? lg_outcome(LG_CLOSED, 0) : why);
    lg_h2_end_exchange(t->h2, t->stream, why);
}

/* Refused, or answered wrongly: there is nothing to be said. */
static void refused(struct lg_h2_tunnel *t, struct lg_outcome why)
{
    t->over = true;
    lg_h2_reset(t->h2, t->stream, NGHTTP2_CANCEL);
    lg_h2_end_exchange(t->h2, t->stream, why);
}

void lg_h2_tunnel_closed(struct lg_h2_tunnel *t, struct lg_outcome why)
{
    message_done(t, why.class == LG_OK ? lg_outcome(LG_CLOSED, 0) : why);
}

/* ---- what the WebSocket tells ---- */

static void message_came(void *ctx, lg_op op, struct lg_slice data, bool whole)
{
    struct lg_h2_tunnel *t = ctx;
    (void)op;
    if (t->stream->op != 0) {
        t->h2->sink->on_data(t->h2->ctx, t->stream->op, data, whole);
    }
}

static void message_framed(void *ctx, lg_op op, struct lg_outcome outcome)
{
    (void)ctx; /* it is done when nghttp2 has taken it */
    (void)op;
    (void)outcome;
}

static const struct lg_proto_sink session_sink = {
    .on_data = message_came,
    .on_done = message_framed,
};

/* ---- opening ---- */

void lg_h2_tunnel_open(struct lg_h2 *h2, struct lg_h2_stream *s, const struct lg_request *request)
{
    struct lg_h2_tunnel *t = lg_alloc(sizeof *t);
    s->tunnel = t;
    t->h2 = h2;
    t->stream = s;
    lg_ws_session_init(&t->session, &session_sink, t, h2->max_message, lg_rng_u64(&h2->random));
    for (size_t i = 0; i < request->header_count; i++) {
        if (named(request->headers[i].name, "sec-websocket-protocol")) {
            struct lg_slice value = request->headers[i].value;
            lg_buf_add(&t->offered, value.p, value.n);
            lg_buf_add(&t->offered, ",", 1);
        }
    }
}

void lg_h2_tunnel_free(struct lg_h2_tunnel *t)
{
    if (t != NULL) {
        lg_ws_session_fini(&t->session);
        lg_buf_free(&t->out);
        lg_buf_free(&t->offered);
        free(t);
    }
}

/* RFC 6455 4.1 on extensions and subprotocols holds here, too (RFC 8441 section 5). */
void lg_h2_tunnel_field(struct lg_h2_tunnel *t, struct lg_slice name, struct lg_slice value)
{
    if (named(name, "sec-websocket-extensions")) {
        t->extra |= t->h2->deflater == NULL || !lg_ws_terms_read(value, &t->terms);
    } else if (named(name, "sec-websocket-protocol")) {
        t->protocols++;
        t->extra |= t->protocols > 1 || !lg_ws_list_has(lg_buf_slice(&t->offered), value, false);
    }
}

void lg_h2_tunnel_answered(struct lg_h2_tunnel *t)
{
    struct lg_h2_stream *s = t->stream;
    if (s->op == 0) {
        return;
    }
    if (s->status >= 300) {
        refused(t, lg_outcome(LG_STATUS, s->status));
    } else if (t->extra) {
        refused(t, lg_outcome(LG_PROTOCOL, LG_FAULT_UPGRADE));
    } else {
        t->open = true;
        if (t->terms.client_bits != 0) {
            lg_ws_session_compress(&t->session, lg_ws_deflate_new(&t->terms, t->h2->deflater));
        }
        t->h2->sink->on_head(t->h2->ctx, s->op, s->status);
        if (t->h2->finishing) {
            lg_h2_tunnel_finish(t);
        }
    }
}

/* ---- bytes ---- */

void lg_h2_tunnel_input(struct lg_h2_tunnel *t, struct lg_slice in)
{
    if (!t->open || t->session.state != LG_PROTO_OPEN || in.n == 0) {
        return; /* the body of a refusal, or what follows a Close */
    }
    if (lg_ws_session_input(&t->session, in) == LG_PROTO_OPEN) {
        take_frames(t);
    } else {
        session_ended(t, t->session.state == LG_PROTO_BROKEN);
    }
}

/* As the end of a TCP connection (RFC 8441 section 5). */
void lg_h2_tunnel_eof(struct lg_h2_tunnel *t)
{
    if (t->open && t->session.state == LG_PROTO_OPEN) {
        lg_ws_session_input(&t->session, lg_slice(NULL, 0));
        session_ended(t, false);
    }
}

bool lg_h2_tunnel_can_send(const struct lg_h2_tunnel *t)
{
    return t != NULL && t->open && t->message == 0 && lg_ws_session_can_send(&t->session);
}

/* The frame is made at once, so that the message's bytes are needed no longer. */
void lg_h2_tunnel_send(struct lg_h2_tunnel *t, lg_op op, const struct lg_request *request)
{
    t->message = op;
    lg_ws_session_send(&t->session, op, request);
    take_frames(t);
}

void lg_h2_tunnel_forget(struct lg_h2 *h2, lg_op message)
{
    for (struct lg_h2_stream *s = h2->streams; s != NULL; s = s->next) {
        if (s->tunnel != NULL && s->tunnel->message == message) {
            s->tunnel->message = 0;
        }
    }
}

void lg_h2_tunnel_finish(struct lg_h2_tunnel *t)
{
    if (t->open) {
        lg_ws_session_finish(&t->session);
        take_frames(t);
    }
}

static ssize_t nothing_to_send(struct lg_h2_tunnel *t, uint32_t *flags)
{
    if (!t->over) {
        return NGHTTP2_ERR_DEFERRED;
    }
    if (t->reset) {
        lg_h2_reset(t->h2, t->stream, NGHTTP2_CANCEL);
        return NGHTTP2_ERR_DEFERRED;
    }
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    return 0;
}

ssize_t lg_h2_tunnel_read(struct lg_h2_tunnel *t, uint8_t *p, size_t room, uint32_t *flags)
{
    size_t left = t->out.n - t->taken;
    size_t n = left < room ? left : room;
    if (n == 0) {
        return nothing_to_send(t, flags);
    }
    memcpy(p, t->out.p + t->taken, n);
    t->taken += n;
    if (n == left) {
        lg_buf_free(&t->out); /* an idle tunnel keeps no buffer */
        t->taken = 0;
        if (t->over && !t->reset) {
            *flags |= NGHTTP2_DATA_FLAG_EOF;
        }
        message_done(t, lg_outcome(LG_OK, 0));
    }
    return (ssize_t)n;
}
