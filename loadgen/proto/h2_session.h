/* The insides of HTTP/2 that its files share: http2.c is the seam, h2_streams.c lets streams come
 * and go, h2_events.c hears nghttp2, h2_tunnel.c is WebSocket in a stream.  Only these include it.
 */
#ifndef LG_PROTO_H2_SESSION_H
#define LG_PROTO_H2_SESSION_H

#include "base/rng.h"
#include "proto/h2_memo.h"
#include "proto/h2_memory.h"
#include "proto/proto.h"
#include "proto/ws_session.h"

/* A WebSocket in a stream. */
struct lg_h2_tunnel {
    struct lg_h2 *h2; /* borrowed, as is stream */
    struct lg_h2_stream *stream;
    struct lg_ws_session session;
    struct lg_buf out; /* frames to be handed to nghttp2, from `taken` on */
    size_t taken;
    lg_op message;            /* its bytes are in out, its on_done has not been called; 0: none */
    struct lg_buf offered;    /* our Sec-WebSocket-Protocol, if any */
    struct lg_ws_terms terms; /* of compression, as answered */
    unsigned protocols;       /* how many the answer chose */
    bool open;                /* answered and accepted */
    bool extra;               /* the answer chose what was not offered */
    bool over;  /* it has ended: what is in out goes, then our side of the stream ends */
    bool reset; /* it ended badly: RST_STREAM instead */
};

struct lg_h2_stream {
    struct lg_h2_stream *prev, *next; /* of those that nghttp2 or its queue has; free: next only */
    lg_op op;                         /* 0: cancelled or done: no event follows */
    int32_t id;                       /* 0: it will never be sent */
    int status;                       /* of the final head */
    struct lg_outcome why;            /* what is already known of its end; OK: nothing */
    struct lg_slice body;             /* what is still to be sent; borrowed until on_done */
    struct lg_buf head;               /* a request made for it alone */
    struct lg_h2_tunnel *tunnel;      /* owned; NULL: an ordinary exchange */
    uint64_t bytes_in, bytes_out;
    uint32_t head_bytes; /* of all heads and trailers, as 6.5.2 counts them */
    bool want_headers, want_body;
    bool answered; /* the status of the final head came */
    bool in_head;  /* and the fields that come now belong to it */
    bool uploads;  /* our side of the stream is not ended yet */
};

struct lg_h2 {
    struct lg_proto base;
    const struct lg_proto_sink *sink; /* borrowed */
    void *ctx;
    nghttp2_session *session; /* owned */
    struct lg_h2_memory memory;
    struct lg_h2_stream *streams; /* owned list */
    struct lg_h2_stream *unused;  /* owned list */
    struct lg_h2_stream *recent;  /* the stream of the last event; NULL: none */
    struct lg_h2_memo memo;
    struct lg_buf heard;  /* scratch: what nghttp2 is given */
    struct lg_buf out;    /* bytes taken from nghttp2 before output() asked */
    struct lg_rng random; /* of the tunnels' masks */
    size_t max_message;
    struct lg_deflater *deflater; /* borrowed; NULL: WebSockets offer no compression */
    struct lg_outcome why;
    uint32_t stream_count, exchanges; /* in streams; with op != 0 */
    uint32_t full_heads;              /* streams that want to see every field */
    uint32_t limit;                   /* of streams, as the peer's SETTINGS have it */
    uint32_t own_error;               /* of the GOAWAY that nghttp2 made; 0: none */
    uint32_t peer_error;              /* of the peer's GOAWAY */
    uint8_t state;
    bool settled; /* the peer's SETTINGS came */
    bool ending;  /* on_ending was called: GOAWAY came, or the stream numbers are used up */
    bool exhausted;
    bool refusals; /* a stream without number is to be told that there are no tunnels */
    bool finishing;
    bool secure;
    size_t authority_n;
    char authority[];
};

struct lg_h2_stream *lg_h2_stream_new(struct lg_h2 *h2, lg_op op); /* not submitted yet */
/* Of an exchange whose stream is not open any more; then NULL. */
struct lg_h2_stream *lg_h2_stream_of(struct lg_h2 *h2, int32_t id);
/* NULL: none.  O(streams), or O(1) when it is the one that was looked for or told of last. */
struct lg_h2_stream *lg_h2_find(struct lg_h2 *h2, lg_op op);

/* Tells the exchange's end, once; the stream stays until nghttp2 closes it. */
void lg_h2_end_exchange(struct lg_h2 *h2, struct lg_h2_stream *stream, struct lg_outcome outcome);
/* nghttp2 has forgotten the stream. */
void lg_h2_stream_closed(struct lg_h2 *h2, struct lg_h2_stream *stream);
void lg_h2_reset(struct lg_h2 *h2, const struct lg_h2_stream *stream, uint32_t error);
void lg_h2_end(struct lg_h2 *h2);                          /* no more exchanges */
void lg_h2_break(struct lg_h2 *h2, struct lg_outcome why); /* at once, with all streams */
unsigned lg_h2_capacity(const struct lg_h2 *h2);
void lg_h2_streams_free(struct lg_h2 *h2);

void lg_h2_set_callbacks(nghttp2_session_callbacks *callbacks);

/* ---- tunnels ---- */

void lg_h2_tunnel_open(struct lg_h2 *h2, struct lg_h2_stream *stream,
                       const struct lg_request *request);
void lg_h2_tunnel_free(struct lg_h2_tunnel *tunnel); /* NULL ok */
void lg_h2_tunnel_field(struct lg_h2_tunnel *tunnel, struct lg_slice name, struct lg_slice value);
void lg_h2_tunnel_answered(struct lg_h2_tunnel *tunnel); /* by a final head */
void lg_h2_tunnel_input(struct lg_h2_tunnel *tunnel, struct lg_slice in);
void lg_h2_tunnel_eof(struct lg_h2_tunnel *tunnel); /* the peer's side of the stream ended */
void lg_h2_tunnel_closed(struct lg_h2_tunnel *tunnel, struct lg_outcome why); /* the stream */
bool lg_h2_tunnel_can_send(const struct lg_h2_tunnel *tunnel);                /* NULL: false */
void lg_h2_tunnel_send(struct lg_h2_tunnel *tunnel, lg_op op, const struct lg_request *request);
void lg_h2_tunnel_forget(struct lg_h2 *h2, lg_op message); /* no on_done for it */
void lg_h2_tunnel_finish(struct lg_h2_tunnel *tunnel);
/* nghttp2 asks for up to `room` bytes of our side of the stream. */
ssize_t lg_h2_tunnel_read(struct lg_h2_tunnel *tunnel, uint8_t *p, size_t room, uint32_t *flags);

#endif
