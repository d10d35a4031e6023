/* HTTP/2, client side (RFC 9113), on nghttp2, whose checks of messages stay on.  This file is the
 * seam.  Over TLS (h2) and with prior knowledge (h2c) it is the same. */
#include "proto/h2_request.h"
#include "proto/h2_session.h"

#include <stdlib.h>

enum {
    HEADER_LIST_LIMIT = 65536, /* told to the peer; h2_events.c holds it to it */
    WINDOW = 1 << 30,          /* a download must never wait for us */
    KEEP_SCRATCH = 16384,      /* a larger buffer is given back after use */
    CONTINUATIONS = 1000       /* in a row; nghttp2 counts one that comes in pieces several times */
};

static const int32_t last_stream_id = INT32_MAX - 2; /* the one after it is the last there is */

static struct lg_h2 *of(struct lg_proto *proto)
{
    return (struct lg_h2 *)proto;
}

/* ---- ends of the connection ---- */

/* What the peer's end of the connection means for what is open. */
static struct lg_outcome closed_by_peer(const struct lg_h2 *h2)
{
    return h2->peer_error != NGHTTP2_NO_ERROR
               ? lg_outcome(LG_PROTOCOL, lg_h2_fault(h2->peer_error, true))
               : lg_outcome(LG_CLOSED, 0);
}

static void peer_closed(struct lg_h2 *h2)
{
    if (h2->exchanges > 0 || !h2->settled) {
        lg_h2_break(h2, closed_by_peer(h2));
    } else {
        h2->state = LG_PROTO_FINISHED;
    }
}

/* ---- bytes out ---- */

static uint32_t number(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* nghttp2 gives one frame at a time: 9 bytes of head (4.1), whose last four are the stream. */
static void look_at_frame(struct lg_h2 *h2, const uint8_t *frame, size_t n)
{
    enum { FRAME_HEAD = 9, TYPE = 3, STREAM = 5 };
    if (n < FRAME_HEAD) {
        return;
    }
    uint32_t id = number(frame + STREAM);
    if (frame[TYPE] == NGHTTP2_GOAWAY && n >= FRAME_HEAD + 8) {
        h2->own_error = number(frame + FRAME_HEAD + 4);
    } else if (id != 0) {
        struct lg_h2_stream *s = lg_h2_stream_of(h2, (int32_t)id);
        if (s != NULL) {
            s->bytes_out += n;
        }
    }
}

static void take_output(struct lg_h2 *h2, struct lg_buf *out)
{
    size_t from = out->n;
    while (out->n - from < LG_PROTO_BATCH) {
        const uint8_t *frame;
        ssize_t n = nghttp2_session_mem_send(h2->session, &frame);
        LG_ASSERT(n >= 0); /* only for want of memory */
        if (n == 0) {
            return;
        }
        look_at_frame(h2, frame, (size_t)n);
        lg_buf_add(out, frame, (size_t)n);
    }
}

/* nghttp2 tells a fault of the connection by wanting to send GOAWAY and nothing more. */
static void look_for_fault(struct lg_h2 *h2)
{
    if (nghttp2_session_check_request_allowed(h2->session)) {
        return;
    }
    take_output(h2, &h2->out);
    if (h2->own_error != NGHTTP2_NO_ERROR) {
        lg_h2_break(h2, lg_outcome(LG_PROTOCOL, lg_h2_fault(h2->own_error, false)));
    }
}

/* ---- bytes of a request's body ---- */

static ssize_t read_body(nghttp2_session *session, int32_t id, uint8_t *p, size_t room,
                         uint32_t *flags, nghttp2_data_source *source, void *user)
{
    struct lg_h2_stream *s = source->ptr;
    (void)session;
    (void)id;
    (void)user;
    if (s->tunnel != NULL) {
        return lg_h2_tunnel_read(s->tunnel, p, room, flags);
    }
    size_t n = s->body.n < room ? s->body.n : room;
    if (n > 0) {
        memcpy(p, s->body.p, n);
        s->body = lg_slice(s->body.p + n, s->body.n - n);
    }
    if (s->body.n == 0) {
        s->uploads = false;
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    }
    return (ssize_t)n;
}

/* ---- the seam ---- */

static nghttp2_session *new_session(struct lg_h2 *h2)
{
    nghttp2_session_callbacks *callbacks;
    nghttp2_option *option;
    nghttp2_session *session;
    nghttp2_mem mem = lg_h2_memory_mem(&h2->memory);
    int result = nghttp2_session_callbacks_new(&callbacks);
    LG_ASSERT(result == 0);
    lg_h2_set_callbacks(callbacks);
    result = nghttp2_option_new(&option);
    LG_ASSERT(result == 0);
    nghttp2_option_set_max_continuations(option, CONTINUATIONS);
    result = nghttp2_session_client_new3(&session, callbacks, h2, option, &mem);
    LG_ASSERT(result == 0);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    return session;
}

static void greet(struct lg_h2 *h2)
{
    static const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HEADER_LIST_LIMIT},
        {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES,
         1}, /* RFC 9218 2.1; and it makes streams cheaper */
    };
    int result = nghttp2_submit_settings(h2->session, NGHTTP2_FLAG_NONE, settings,
                                         sizeof settings / sizeof *settings);
    LG_ASSERT(result == 0);
    result = nghttp2_session_set_local_window_size(h2->session, NGHTTP2_FLAG_NONE, 0, WINDOW);
    LG_ASSERT(result == 0);
}

static struct lg_proto *h2_open(const struct lg_proto_config *config,
                                const struct lg_proto_sink *sink, void *ctx)
{
    struct lg_h2 *h2 = lg_alloc(sizeof *h2 + config->authority.n);
    h2->base.ops = &lg_http2;
    h2->sink = sink;
    h2->ctx = ctx;
    h2->secure = config->secure;
    h2->max_message = config->max_message;
    h2->deflater = config->deflater;
    h2->authority_n = config->authority.n;
    memcpy(h2->authority, config->authority.p, config->authority.n);
    lg_rng_init(&h2->random, config->random, 0, 0);
    h2->session = new_session(h2);
    greet(h2);
    return &h2->base;
}

static unsigned h2_capacity(const struct lg_proto *proto)
{
    return lg_h2_capacity((const struct lg_h2 *)proto);
}

static const struct lg_h2_request *fields_of(struct lg_h2 *h2, struct lg_h2_stream *s,
                                             const struct lg_request *request)
{
    if (request->wire.n > 0) {
        return (const struct lg_h2_request *)(const void *)request->wire.p;
    }
    return lg_h2_request_write(&s->head, lg_slice(h2->authority, h2->authority_n), h2->secure,
                               h2->deflater != NULL, request);
}

static void submit(struct lg_h2 *h2, struct lg_h2_stream *s, const struct lg_request *request)
{
    const struct lg_h2_request *made = fields_of(h2, s, request);
    nghttp2_data_provider data = {.source.ptr = s, .read_callback = read_body};
    s->body = made->body;
    s->uploads = s->body.n > 0 || s->tunnel != NULL;
    s->id = nghttp2_submit_request(h2->session, NULL, made->fields, made->count,
                                   s->uploads ? &data : NULL, s);
    LG_ASSERT(s->id > 0);
    h2->exhausted = s->id >= last_stream_id;
}

static void start_message(struct lg_h2 *h2, lg_op op, const struct lg_request *request)
{
    struct lg_h2_stream *s = lg_h2_find(h2, request->tunnel);
    LG_ASSERT(s != NULL && lg_h2_tunnel_can_send(s->tunnel));
    lg_h2_tunnel_send(s->tunnel, op, request);
}

static void h2_start(struct lg_proto *proto, lg_op op, const struct lg_request *request)
{
    struct lg_h2 *h2 = of(proto);
    LG_ASSERT(op != 0);
    if (request->tunnel != 0) {
        start_message(h2, op, request);
        return;
    }
    LG_ASSERT(lg_h2_capacity(h2) > 0);
    struct lg_h2_stream *s = lg_h2_stream_new(h2, op);
    s->want_headers = request->want_headers;
    s->want_body = request->want_body;
    h2->full_heads += request->want_headers || request->websocket;
    if (request->websocket) {
        lg_h2_tunnel_open(h2, s, request);
        if (nghttp2_session_get_remote_settings(h2->session,
                                                NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL) != 1) {
            s->why = lg_outcome(LG_PROTOCOL, LG_FAULT_NO_EXTENDED_CONNECT);
            h2->refusals = true;
            return;
        }
    }
    submit(h2, s, request);
}

bool lg_http2_is_compressed(struct lg_proto *proto, lg_op tunnel)
{
    const struct lg_h2_stream *s = lg_h2_find(of(proto), tunnel);
    return s != NULL && s->tunnel != NULL && s->tunnel->session.deflate != NULL;
}

static bool h2_can_send(struct lg_proto *proto, lg_op tunnel)
{
    const struct lg_h2_stream *s = lg_h2_find(of(proto), tunnel);
    return s != NULL && lg_h2_tunnel_can_send(s->tunnel);
}

/* The place in the peer's count is free only once nghttp2 has sent RST_STREAM. */
static void h2_cancel(struct lg_proto *proto, lg_op op)
{
    struct lg_h2 *h2 = of(proto);
    struct lg_h2_stream *s = lg_h2_find(h2, op);
    if (s == NULL) {
        lg_h2_tunnel_forget(h2, op);
        return;
    }
    s->op = 0;
    s->body = (struct lg_slice){0};
    h2->exchanges--;
    if (s->id != 0) {
        lg_h2_reset(h2, s, NGHTTP2_CANCEL);
    }
}

static void head_shortened(void *ctx, int32_t id, size_t bytes)
{
    struct lg_h2 *h2 = ctx;
    struct lg_h2_stream *s = nghttp2_session_get_stream_user_data(h2->session, id);
    if (s != NULL) {
        s->bytes_in += bytes;
    }
}

static ssize_t give_input(struct lg_h2 *h2, struct lg_slice in)
{
    struct lg_slice heard =
        lg_h2_memo_filter(&h2->memo, in, h2->full_heads == 0, &h2->heard, head_shortened, h2);
    ssize_t taken = nghttp2_session_mem_recv(h2->session, (const uint8_t *)heard.p, heard.n);
    if (h2->heard.cap > KEEP_SCRATCH) {
        lg_buf_free(&h2->heard);
    }
    return taken;
}

static enum lg_proto_state h2_input(struct lg_proto *proto, struct lg_slice in)
{
    struct lg_h2 *h2 = of(proto);
    LG_ASSERT(h2->state == LG_PROTO_OPEN);
    if (in.n == 0) {
        peer_closed(h2);
        return h2->state;
    }
    ssize_t taken = give_input(h2, in);
    if (taken < 0) {
        /* Anything else would be for want of memory, or a fault of the callbacks. */
        LG_ASSERT(taken == NGHTTP2_ERR_FLOODED || taken == NGHTTP2_ERR_TOO_MANY_CONTINUATIONS);
        lg_h2_break(h2, lg_outcome(LG_PROTOCOL, LG_FAULT_H2_ENHANCE_YOUR_CALM));
    } else {
        look_for_fault(h2);
    }
    if (h2->state == LG_PROTO_OPEN && (h2->ending || h2->finishing) && h2->exchanges == 0) {
        h2->state = LG_PROTO_FINISHED;
    }
    return h2->state;
}

/* Tunnels that the peer does not offer: start() may not say so itself. */
static void tell_refusals(struct lg_h2 *h2)
{
    struct lg_h2_stream *next;
    h2->refusals = false;
    for (struct lg_h2_stream *s = h2->streams; s != NULL; s = next) {
        next = s->next;
        if (s->id == 0) {
            lg_h2_stream_closed(h2, s);
            next = h2->streams; /* on_done may have started others */
        }
    }
}

static void h2_output(struct lg_proto *proto, struct lg_buf *out)
{
    struct lg_h2 *h2 = of(proto);
    if (h2->out.n > 0) {
        lg_buf_add(out, h2->out.p, h2->out.n);
        lg_buf_free(&h2->out);
    }
    if (h2->state != LG_PROTO_OPEN) {
        return;
    }
    take_output(h2, out);
    if (h2->refusals) {
        tell_refusals(h2);
    }
    if (h2->exhausted) {
        lg_h2_end(h2);
    }
}

static void h2_abort(struct lg_proto *proto, struct lg_outcome outcome)
{
    lg_h2_break(of(proto), outcome);
}

static void h2_finish(struct lg_proto *proto)
{
    struct lg_h2 *h2 = of(proto);
    if (h2->state != LG_PROTO_OPEN || h2->finishing) {
        return;
    }
    h2->finishing = true;
    for (struct lg_h2_stream *s = h2->streams; s != NULL; s = s->next) {
        if (s->tunnel != NULL) {
            lg_h2_tunnel_finish(s->tunnel);
        }
    }
    int result =
        nghttp2_submit_goaway(h2->session, NGHTTP2_FLAG_NONE, 0, NGHTTP2_NO_ERROR, NULL, 0);
    LG_ASSERT(result == 0);
}

static struct lg_outcome h2_why(const struct lg_proto *proto)
{
    return ((const struct lg_h2 *)proto)->why;
}

static void h2_render(const struct lg_proto_config *config, const struct lg_request *request,
                      struct lg_buf *out)
{
    lg_h2_request_write(out, config->authority, config->secure, config->deflater != NULL, request);
}

static void h2_bytes(struct lg_proto *proto, lg_op op, uint64_t *in, uint64_t *out)
{
    const struct lg_h2_stream *s = lg_h2_find(of(proto), op);
    *in = s != NULL ? s->bytes_in : 0;
    *out = s != NULL ? s->bytes_out : 0;
}

static void h2_free(struct lg_proto *proto)
{
    struct lg_h2 *h2 = of(proto);
    if (h2 == NULL) {
        return;
    }
    nghttp2_session_del(h2->session);
    lg_h2_memory_fini(&h2->memory);
    lg_h2_streams_free(h2);
    lg_buf_free(&h2->out);
    lg_buf_free(&h2->heard);
    free(h2);
}

const struct lg_proto_ops lg_http2 = {
    .name = "http2",
    .alpn = "h2",
    .open = h2_open,
    .capacity = h2_capacity,
    .start = h2_start,
    .can_send = h2_can_send,
    .cancel = h2_cancel,
    .input = h2_input,
    .output = h2_output,
    .abort = h2_abort,
    .finish = h2_finish,
    .why = h2_why,
    .render = h2_render,
    .bytes = h2_bytes,
    .free = h2_free,
};
