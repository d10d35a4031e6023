/* What nghttp2 tells while it reads (RFC 9113 sections 6 and 8).  It has checked every frame and
 * every field before it does. */
#include "proto/h2_session.h"

enum { HEAD_LIMIT = 65536, FIELD_OVERHEAD = 32, FRAME_HEAD = 9 }; /* 6.5.2 */

static struct lg_slice text_of(nghttp2_rcbuf *buf)
{
    nghttp2_vec vec = nghttp2_rcbuf_get_buf(buf);
    return lg_slice(vec.base, vec.len);
}

/* ---- heads ---- */

static void status_came(struct lg_h2 *h2, struct lg_h2_stream *s, struct lg_slice value)
{
    int status = (value.p[0] - '0') * 100 + (value.p[1] - '0') * 10 + (value.p[2] - '0');
    if (status < 200) { /* interim: RFC 9110 15.2; the final head follows */
        return;
    }
    s->answered = s->in_head = true;
    s->status = status;
    if (s->op != 0 && s->tunnel == NULL) {
        h2->sink->on_head(h2->ctx, s->op, status);
    }
}

static void field_came(struct lg_h2 *h2, struct lg_h2_stream *s, struct lg_slice name,
                       struct lg_slice value)
{
    if (!s->answered) {
        if (name.p[0] == ':') { /* nghttp2 lets no pseudo-header field but :status pass */
            status_came(h2, s, value);
        }
    } else if (s->in_head && s->op != 0) {
        if (s->tunnel != NULL) {
            lg_h2_tunnel_field(s->tunnel, name, value);
        } else if (s->want_headers) {
            h2->sink->on_header(h2->ctx, s->op, name, value);
        }
    }
}

static int on_field(nghttp2_session *session, const nghttp2_frame *frame, nghttp2_rcbuf *name,
                    nghttp2_rcbuf *value, uint8_t flags, void *user)
{
    struct lg_h2 *h2 = user;
    struct lg_h2_stream *s = lg_h2_stream_of(h2, frame->hd.stream_id);
    (void)session;
    (void)flags;
    if (s == NULL) {
        return 0;
    }
    struct lg_slice n = text_of(name), v = text_of(value);
    s->head_bytes += (uint32_t)(n.n + v.n + FIELD_OVERHEAD);
    if (s->head_bytes > HEAD_LIMIT) {
        s->why = lg_outcome(LG_PROTOCOL, LG_FAULT_HEADER_LIMIT);
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE; /* nghttp2 resets the stream */
    }
    if (h2->memo.learning == frame->hd.stream_id) {
        lg_h2_memo_field(&h2->memo, frame->hd.stream_id, n);
    }
    field_came(h2, s, n, v);
    return 0;
}

/* ---- frames ---- */

/* The answer is complete though our body is not sent: the rest is not wanted (8.1). */
static void stop_upload(struct lg_h2 *h2, struct lg_h2_stream *s)
{
    s->uploads = false;
    lg_h2_reset(h2, s, NGHTTP2_CANCEL);
    lg_h2_end_exchange(h2, s, lg_outcome(LG_OK, 0));
}

static void stream_frame(struct lg_h2 *h2, const nghttp2_frame *frame)
{
    struct lg_h2_stream *s = lg_h2_stream_of(h2, frame->hd.stream_id);
    bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (s == NULL) {
        return;
    }
    if (frame->hd.type == NGHTTP2_DATA) {
        s->bytes_in += FRAME_HEAD + frame->data.padlen;
    } else {
        s->bytes_in += FRAME_HEAD + frame->hd.length;
        lg_h2_memo_head(&h2->memo, frame->hd.stream_id);
        if (s->in_head && s->tunnel != NULL) {
            s->in_head = false;
            lg_h2_tunnel_answered(s->tunnel);
        }
        s->in_head = false;
    }
    if (ends && s->tunnel != NULL) {
        lg_h2_tunnel_eof(s->tunnel);
    } else if (ends && s->uploads) {
        stop_upload(h2, s);
    }
}

static void stream_reset(struct lg_h2 *h2, const nghttp2_frame *frame)
{
    struct lg_h2_stream *s = lg_h2_stream_of(h2, frame->hd.stream_id);
    uint32_t error = frame->rst_stream.error_code;
    if (s != NULL && s->why.class == LG_OK) {
        s->bytes_in += FRAME_HEAD + frame->hd.length;
        s->why = error == NGHTTP2_REFUSED_STREAM
                     ? lg_outcome(LG_REFUSED, 0)
                     : lg_outcome(LG_PROTOCOL, (int)lg_h2_fault(error, true));
    }
}

static void settings_came(struct lg_h2 *h2)
{
    unsigned before = lg_h2_capacity(h2);
    h2->limit =
        nghttp2_session_get_remote_settings(h2->session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
    h2->settled = true;
    if (before == 0 && lg_h2_capacity(h2) > 0) {
        h2->sink->on_ready(h2->ctx);
    }
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct lg_h2 *h2 = user;
    (void)session;
    switch (frame->hd.type) {
    case NGHTTP2_DATA:
    case NGHTTP2_HEADERS:
        stream_frame(h2, frame);
        break;
    case NGHTTP2_RST_STREAM:
        stream_reset(h2, frame);
        break;
    case NGHTTP2_SETTINGS:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) {
            settings_came(h2);
        }
        break;
    case NGHTTP2_GOAWAY:
        h2->peer_error = frame->goaway.error_code;
        lg_h2_end(h2); /* nghttp2 now closes the streams that the peer did not process */
        break;
    default:
        break;
    }
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *p, size_t n,
                   void *user)
{
    struct lg_h2 *h2 = user;
    struct lg_h2_stream *s = lg_h2_stream_of(h2, id);
    (void)session;
    (void)flags;
    if (s == NULL) {
        return 0;
    }
    s->bytes_in += n;
    if (s->tunnel != NULL) {
        lg_h2_tunnel_input(s->tunnel, lg_slice(p, n));
    } else if (s->want_body && s->op != 0) {
        h2->sink->on_data(h2->ctx, s->op, lg_slice(p, n), false);
    }
    return 0;
}

/* The first cause wins; without one, `error` is of the RST_STREAM that nghttp2 sends by itself, or
 * says that the peer's GOAWAY had the stream unprocessed. */
static int on_close(nghttp2_session *session, int32_t id, uint32_t error, void *user)
{
    struct lg_h2 *h2 = user;
    struct lg_h2_stream *s = lg_h2_stream_of(h2, id);
    (void)session;
    if (s == NULL) {
        return 0;
    }
    if (s->why.class == LG_OK && error == NGHTTP2_REFUSED_STREAM) {
        s->why = lg_outcome(LG_REFUSED, 0);
    } else if (s->why.class == LG_OK && error != NGHTTP2_NO_ERROR) {
        s->why = lg_outcome(LG_PROTOCOL, (int)lg_h2_fault(error, false));
    }
    lg_h2_stream_closed(h2, s);
    return 0;
}

void lg_h2_set_callbacks(nghttp2_session_callbacks *callbacks)
{
    nghttp2_session_callbacks_set_on_header_callback2(callbacks, on_field);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
}
