/* proto/ holds the protocols as sans-I/O state machines: bytes in, bytes out, events up.  They own
 * no socket, clock, thread or histogram, so they run the same under a connection, a unit test and a
 * fuzzer.  Rank 1: includes base/ only.
 * This header: the seam that every protocol fits.  A new protocol is one file and one registry
 * line. */
#ifndef LG_PROTO_PROTO_H
#define LG_PROTO_PROTO_H

#include "base/base.h"
#include "base/buf.h"
#include "base/outcome.h"

typedef uint64_t lg_op; /* one exchange; chosen by the caller, never 0 */

struct lg_header {
    struct lg_slice name, value; /* name in lower case */
};

/* What to send.  Borrowed until start() returns.  Borrowed until on_done: wire (a request that
 * never changes is rendered once and lent for the whole run), and the body of a message to a
 * WebSocket over HTTP/1.1. */
struct lg_request {
    struct lg_slice method;          /* GET, POST ... */
    struct lg_slice path;            /* origin form: path and query, begins with '/' */
    const struct lg_header *headers; /* besides host and content-length, which the protocol adds */
    size_t header_count;
    struct lg_slice body;
    bool binary;       /* WebSocket: a binary message instead of text */
    bool websocket;    /* HTTP/2: opens a tunnel for a WebSocket (RFC 8441) instead of asking */
    lg_op tunnel;      /* HTTP/2: this is a message through that tunnel, which is open; 0: none */
    bool want_headers; /* call on_header for this exchange */
    bool want_body;    /* call on_data with the body; else its bytes are only counted */
    struct lg_slice wire; /* what the protocol's render() left, where it left it; n == 0: render in
                             start() */
};

/* Where the connection leads and what its protocol needs to know at open(); borrowed by open()
 * only, except memo and deflater. */
struct lg_proto_config {
    struct lg_slice authority;       /* value of Host / :authority */
    bool secure;                     /* TLS below: https, wss */
    struct lg_slice path;            /* WebSocket: the resource of the handshake */
    const struct lg_header *headers; /* WebSocket: more headers of the handshake */
    size_t header_count;
    uint64_t random;    /* seeds masks and keys of this connection, so that a run can be repeated */
    size_t max_message; /* largest WebSocket message accepted, bytes; 0: 16 MiB */
    struct lg_http1_memo
        *memo; /* heads already parsed, shared by the connections of one worker; or NULL */
    struct lg_deflater
        *deflater; /* shared likewise: WebSockets offer permessage-deflate; NULL: no */
};

enum { LG_PROTO_BATCH = 65536 };

enum lg_proto_state {
    LG_PROTO_OPEN,     /* go on */
    LG_PROTO_FINISHED, /* the protocol has ended as it should: write what output() gives, then close
                        */
    LG_PROTO_BROKEN,   /* the peer broke the protocol, or the connection ended early: as above, see
                          why() */
};

struct lg_proto;

/* Events up, called inside input, output and abort; they may call start(), where capacity() allows
 * it, and cancel(), but not free().  The state is settled before on_done: in the on_done of a
 * connection that ends, capacity() is 0.  Slices are borrowed for the call. */
struct lg_proto_sink {
    void (*on_ready)(
        void *ctx); /* handshake done; also when capacity grows from 0 without on_done */
    void (*on_head)(void *ctx, lg_op op, int status); /* final response head; 1xx never reported */
    void (*on_header)(void *ctx, lg_op op, struct lg_slice name, struct lg_slice value); /* after
                                             on_head; not for trailers */
    void (*on_data)(void *ctx, lg_op op, struct lg_slice data,
                    bool whole); /* whole: one message, or a
                                             body that came in one piece (else it comes in several).
                                             op 0: the peer spoke unasked (a WebSocket message) */
    void (*on_done)(void *ctx, lg_op op,
                    struct lg_outcome); /* exactly once for each start() that was
                                             not cancelled; class OK whatever the status */
    /* HTTP/2: no start() will be accepted from now on, but open exchanges go on (GOAWAY, no stream
     * numbers left).  The end of the last one is told as FINISHED. */
    void (*on_ending)(void *ctx);
};

/* A WebSocket inside HTTP/2 (RFC 8441) is a long exchange: start() with request.websocket; on_head
 * with a status below 300 says that it is open.  Messages are then exchanges of their own, start()
 * with request.tunnel, whose on_done says that all of it was handed over; what the peer says comes
 * up as on_data(tunnel, message, true).  on_done of the tunnel is its end: WS_CLOSE, CLOSED, STATUS
 * (refused), PROTOCOL.  NO_EXTENDED_CONNECT: the peer has no WebSocket over HTTP/2. */

struct lg_proto_ops {
    const char *name;
    const char *alpn; /* RFC 7301 identifier to offer in TLS; NULL: none */
    struct lg_proto *(*open)(const struct lg_proto_config *, const struct lg_proto_sink *,
                             void *ctx);
    /* How many start() calls would be accepted now.  WebSocket: 0 until on_ready.  HTTP/1.1 needs
     * no handshake: 1 from open() on, without on_ready. */
    unsigned (*capacity)(const struct lg_proto *);
    void (*start)(struct lg_proto *, lg_op, const struct lg_request *); /* asserts capacity() > 0,
                                             of a message through a tunnel can_send() */
    /* May the next message be started in this tunnel?  One waits at a time; false also when it is
     * not open.  NULL: the protocol has no tunnels. */
    bool (*can_send)(struct lg_proto *, lg_op tunnel);
    /* Forget the exchange: no event of it follows.  HTTP/1.1 reads an answer that is under way to
     * its end in silence (capacity stays 0), then calls on_ready. */
    void (*cancel)(struct lg_proto *, lg_op);
    /* Takes all of it.  n == 0: the peer has closed its side.  After a result other than OPEN only
     * output, why and free may be called, and every open exchange has had its on_done. */
    enum lg_proto_state (*input)(struct lg_proto *, struct lg_slice);
    /* Appends what is to be written now.  What on_done starts in here is appended too.  It may stop
     * at LG_PROTO_BATCH bytes or more: then call again after writing. */
    void (*output)(struct lg_proto *, struct lg_buf *);
    /* The transport failed: every open exchange gets on_done with this outcome. */
    void (*abort)(struct lg_proto *, struct lg_outcome);
    /* Begin a graceful close (WebSocket Close, GOAWAY); capacity is 0 from now on.  HTTP/1.1 has
     * nothing to say: with no exchange open, close at once; else input() will tell FINISHED. */
    void (*finish)(struct lg_proto *);
    struct lg_outcome (*why)(const struct lg_proto *); /* of BROKEN: the fault; of FINISHED: OK, or
                                             LG_WS_CLOSE with the peer's code */
    /* May be NULL: a request that never changes in the protocol's own form, for lg_request.wire.
     * The buffer is empty; the result may point into it and is valid while it stays. */
    void (*render)(const struct lg_proto_config *, const struct lg_request *, struct lg_buf *);
    /* NULL: an exchange has the connection to itself, so its bytes are the connection's.  Else the
     * bytes of an exchange so far, framing included: until its on_done returns or it is cancelled.
     */
    void (*bytes)(struct lg_proto *, lg_op, uint64_t *in, uint64_t *out);
    void (*free)(struct lg_proto *); /* NULL ok; no events */
};

/* Every implementation's state begins with this. */
struct lg_proto {
    const struct lg_proto_ops *ops;
};

/* By name (http1, websocket ...); NULL: unknown.  The table is in registry.c. */
const struct lg_proto_ops *lg_proto_find(const char *name);

extern const struct lg_proto_ops lg_http1, lg_http2, lg_websocket;

/* Of lg_websocket, inside on_data: did the message come as binary, not as text? */
bool lg_websocket_is_binary(const struct lg_proto *);
/* Of lg_websocket, from on_ready on: was permessage-deflate agreed? */
bool lg_websocket_is_compressed(const struct lg_proto *);
bool lg_http2_is_compressed(struct lg_proto *, lg_op tunnel); /* from the tunnel's on_head on */

/* Response heads of one worker that llhttp has accepted: a head that is byte for byte the same
 * needs no second parse, so the strict parser stays the authority and leaves the steady state. */
struct lg_http1_memo;
struct lg_http1_memo *lg_http1_memo_new(void);
void lg_http1_memo_free(struct lg_http1_memo *); /* after every protocol that was opened with it */

/* Compresses the messages of one worker's WebSockets (RFC 7692): each by itself, so that one serves
 * all.  About 150 kB from the first message on. */
struct lg_deflater;
struct lg_deflater *lg_deflater_new(void);
void lg_deflater_free(struct lg_deflater *); /* after every protocol that was opened with it */

#endif
