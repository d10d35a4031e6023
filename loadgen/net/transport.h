/* A byte stream to the peer, plain or TLS, on a non-blocking socket.  Only the connection of the
 * engine uses it; nobody else asks whether TLS is below. */
#ifndef LG_NET_TRANSPORT_H
#define LG_NET_TRANSPORT_H

#include "base/base.h"
#include "base/buf.h"
#include "base/outcome.h"
#include "net/resolve.h"

#include <sys/syscall.h>
#include <unistd.h>

struct lg_tls; /* one worker's TLS settings, sessions and counters */

enum lg_transfer_state {
    LG_TRANSFER_OK, /* n bytes moved; after a read of less than was asked for there is no more now
                     */
    LG_TRANSFER_AGAIN,  /* nothing moved: wait for readiness */
    LG_TRANSFER_EOF,    /* the peer has closed its side in order */
    LG_TRANSFER_FAILED, /* see why */
};

struct lg_transfer { /* 16 bytes: comes back in registers */
    enum lg_transfer_state state;
    uint32_t n;
    struct lg_outcome why; /* FAILED */
};

/* One stream.  Small: an idle plain connection pays these bytes and no heap. */
struct lg_transport {
    int fd;         /* -1: closed */
    bool connected; /* the TCP connection is up */
    bool ready;     /* bytes of the protocol above may pass: connected and TLS established */
    void *tls;      /* owned TLS state, NULL when plain */
};

/* Settings for https and wss.  `host` names the peer for SNI and for the certificate check (RFC
 * 6125). `alpn` may be NULL; a peer must choose it, or the handshake fails as after the alert
 * no_application_protocol (RFC 7301), unless it is http/1.1.  ca_file NULL: the system's.  NULL:
 * *why (static) says what failed. */
struct lg_tls *lg_tls_new(const char *host, const char *alpn, bool verify, const char *ca_file,
                          const char **why);
void lg_tls_free(struct lg_tls *tls); /* after every transport opened with it; NULL ok */
/* In words (static), what the code of an outcome LG_TLS says; 0: "". */
const char *lg_tls_reason(int code);
uint64_t lg_tls_handshakes(const struct lg_tls *tls);
uint64_t lg_tls_resumed(const struct lg_tls *tls);

/* Starts to connect.  tls NULL: plain.  OK: connected or on its way (wait for writability, then
 * call lg_transport_continue).  FAILED: nothing is open. */
struct lg_transfer lg_transport_open(struct lg_transport *t, const struct lg_address *to,
                                     struct lg_tls *tls);

/* After readiness while !t->ready: goes on with connecting and the handshake.  OK: t->ready. AGAIN:
 * wait for readability (and for writability while !connected or lg_transport_blocked). */
struct lg_transfer lg_transport_continue(struct lg_transport *t);

/* Reads once into p (cap >= LG_READ_BYTES).  Needs t->ready. */
#define LG_READ_BYTES 65536
static inline struct lg_transfer lg_transport_read(struct lg_transport *t, void *p, size_t cap);

/* Takes up to n bytes, never more than LG_WRITE_BYTES at once.  A result of fewer, or
 * lg_transport_blocked, means: wait for writability and call again with the rest (n may be 0 then).
 */
#define LG_WRITE_BYTES (1u << 30)
static inline struct lg_transfer lg_transport_write(struct lg_transport *t, const void *p,
                                                    size_t n);
bool lg_transport_blocked(const struct lg_transport *t); /* TLS still holds bytes for the kernel */

/* Bytes are in hand that the socket will not announce (they came along with the end of the
 * handshake, or the last read was full): read now. */
bool lg_transport_pending(const struct lg_transport *t);

void lg_transport_close(struct lg_transport *t); /* closed already: ok */

/* The class of a failed connect() or a failed read or write, from errno. */
struct lg_outcome lg_connect_outcome(int error);
struct lg_outcome lg_stream_outcome(int error);

/* ---- reading and writing are inline: they are on the path of every request ---- */

struct lg_transfer lg_transport_read_tls(struct lg_transport *t, void *p, size_t cap);
struct lg_transfer lg_transport_write_tls(struct lg_transport *t, const void *p, size_t n);
/* What a read() that returned `result` <= 0, or a write() that returned -1, means. */
struct lg_transfer lg_transport_trouble(ssize_t result);

/* The C library's read and write make the thread cancellable first, which costs more than all else
 * here; nobody cancels a worker. */
static inline __attribute__((always_inline)) struct lg_transfer
lg_transport_read(struct lg_transport *t, void *p, size_t cap)
{
    if (__builtin_expect(t->tls != NULL, 0)) {
        return lg_transport_read_tls(t, p, cap);
    }
    ssize_t n = syscall(SYS_read, t->fd, p, cap);
    return __builtin_expect(n > 0, 1)
               ? (struct lg_transfer){.state = LG_TRANSFER_OK, .n = (uint32_t)n}
               : lg_transport_trouble(n);
}

static inline __attribute__((always_inline)) struct lg_transfer
lg_transport_write(struct lg_transport *t, const void *p, size_t n)
{
    n = n < LG_WRITE_BYTES ? n : LG_WRITE_BYTES;
    if (__builtin_expect(t->tls != NULL, 0)) {
        return lg_transport_write_tls(t, p, n);
    }
    ssize_t done = n > 0 ? syscall(SYS_write, t->fd, p, n) : 0; /* SIGPIPE is ignored by main() */
    return __builtin_expect(done >= 0, 1)
               ? (struct lg_transfer){.state = LG_TRANSFER_OK, .n = (uint32_t)done}
               : lg_transport_trouble(done);
}

#endif
