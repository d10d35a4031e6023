/* An open WebSocket, client side: frames in and out (RFC 6455 sections 5 to 7), sans-I/O.  It is
 * the same after HTTP/1.1's upgrade and inside an HTTP/2 stream (RFC 8441): whoever embeds it did
 * the handshake and moves its bytes. */
#ifndef LG_PROTO_WS_SESSION_H
#define LG_PROTO_WS_SESSION_H

#include "base/rng.h"
#include "base/utf8.h"
#include "proto/ws_deflate.h"

enum { LG_WS_SERVER_HEAD_MAX = 10 };

/* Private to ws_session.c, apart from state, why and heard_binary, which may be read. */
struct lg_ws_session {
    const struct lg_proto_sink *sink; /* borrowed: on_data and on_done */
    void *ctx;
    lg_op op;                      /* the message to be sent; 0: none */
    struct lg_slice body;          /* its bytes, borrowed until on_done */
    struct lg_buf control;         /* control frames to be sent */
    struct lg_buf message;         /* what has come of an unfinished message */
    struct lg_buf payload;         /* what has come of an unfinished control frame */
    struct lg_ws_deflate *deflate; /* owned; NULL: messages are not compressed */
    struct lg_rng masks;
    uint64_t left; /* payload bytes of the current frame to come */
    size_t max_message;
    struct lg_outcome why; /* of the end: as lg_proto_ops.why */
    struct lg_utf8 text;
    uint8_t state;                       /* enum lg_proto_state */
    uint8_t head[LG_WS_SERVER_HEAD_MAX]; /* an unfinished frame head */
    uint8_t head_n;
    uint8_t opcode;         /* of the current frame */
    uint8_t message_opcode; /* of the unfinished message; 0: none */
    bool fin;               /* of the current frame */
    bool in_frame;          /* its head has been read */
    bool compressed;        /* the unfinished message */
    bool binary;            /* the message to be sent */
    bool finishing;         /* a close of ours is under way */
    bool heard_binary;      /* the message being delivered */
    bool close_sent;        /* a Close frame is in control, or was */
};

/* `session` is zeroed.  max_message in bytes, 0: 16 MiB.  random seeds the masks.  Borrows the sink
 * for the session's life. */
void lg_ws_session_init(struct lg_ws_session *session, const struct lg_proto_sink *sink, void *ctx,
                        size_t max_message, uint64_t random);
/* permessage-deflate was agreed. */
void lg_ws_session_compress(struct lg_ws_session *session, struct lg_ws_deflate *take_deflate);
void lg_ws_session_fini(struct lg_ws_session *session);

/* May lg_ws_session_send be called?  One message waits at a time. */
bool lg_ws_session_can_send(const struct lg_ws_session *session);
/* One message out: request->body and request->binary; on_done(op) comes from the next output. */
void lg_ws_session_send(struct lg_ws_session *session, lg_op op, const struct lg_request *request);
void lg_ws_session_cancel(struct lg_ws_session *session, lg_op op); /* not the waiting one: ok */
bool lg_ws_session_has_output(const struct lg_ws_session *session);

/* As input, output, abort and finish of struct lg_proto_ops. */
enum lg_proto_state lg_ws_session_input(struct lg_ws_session *session, struct lg_slice in);
void lg_ws_session_output(struct lg_ws_session *session, struct lg_buf *out);
void lg_ws_session_abort(struct lg_ws_session *session, struct lg_outcome outcome);
void lg_ws_session_finish(struct lg_ws_session *session);

#endif
