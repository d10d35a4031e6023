/* OpenSSL over a BIO of our own: one read(2) fills a buffer that all connections of the worker
 * share and OpenSSL takes its records from there, so an idle connection holds no buffer; what
 * OpenSSL writes is collected and leaves with one send(2). */
#include "net/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* OpenSSL's buffers are 16 kB each way.  So many connections, those that were last in use, keep
 * theirs: allocating them anew costs a sixth of a request. */
enum { WARM = 128 };
enum { VERIFY = 1000 }; /* X509_V_ERR_... stand behind this, apart from the alerts */

struct lg_tls {
    SSL_CTX *ctx;
    BIO_METHOD *bio;
    char *host;
    bool host_is_address;
    char *must_select;    /* the protocol that the peer must choose in ALPN; NULL: any, or none */
    SSL_SESSION *session; /* of the newest connection, offered by the next (RFC 8446 2.2) */
    uint64_t handshakes, resumed;
    struct state *warm[WARM]; /* borrowed; taken in turn */
    unsigned next_warm;
    char raw[LG_READ_BYTES]; /* what the last read(2) brought */
};

struct state {
    struct lg_tls *tls;
    SSL *ssl;
    int fd;
    struct state **warm; /* its place in tls->warm; NULL: it keeps no buffers */
    bool eof;            /* the peer closed the TCP stream */
    bool established;    /* the handshake is over; OpenSSL forgets that after an error */
    int error;           /* errno of a failed read or write; 0: none */
    struct lg_slice in;  /* what OpenSSL has not taken yet, in tls->raw or in carry */
    struct lg_buf carry; /* that, while other connections may use tls->raw */
    struct lg_buf out;   /* records on their way to the kernel */
};

static int bio_read(BIO *bio, char *p, int n)
{
    struct state *s = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (s->in.n == 0) {
        if (!s->eof && s->error == 0) {
            BIO_set_retry_read(bio);
            return -1;
        }
        return s->eof ? 0 : -1;
    }
    size_t take = s->in.n < (size_t)n ? s->in.n : (size_t)n;
    memcpy(p, s->in.p, take);
    s->in = lg_slice(s->in.p + take, s->in.n - take);
    return (int)take;
}

static int bio_write(BIO *bio, const char *p, int n)
{
    struct state *s = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    lg_buf_add(&s->out, p, (size_t)n);
    return n;
}

static long bio_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
    (void)num;
    (void)ptr;
    struct state *s = BIO_get_data(bio);
    if (cmd == BIO_CTRL_EOF) {
        return s->eof;
    }
    return cmd == BIO_CTRL_FLUSH;
}

static int bio_create(BIO *bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

/* Called with a session that may be resumed; 1 keeps the reference. */
static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    struct lg_tls *tls = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    SSL_SESSION_free(tls->session);
    tls->session = session;
    return 1;
}

static bool set_alpn(SSL_CTX *ctx, const char *alpn)
{
    unsigned char wire[64];
    size_t n = strlen(alpn);
    LG_ASSERT(n > 0 && n < sizeof wire);
    wire[0] = (unsigned char)n;
    memcpy(wire + 1, alpn, n);
    return SSL_CTX_set_alpn_protos(ctx, wire, (unsigned)n + 1) == 0;
}

static const char *set_up(struct lg_tls *tls, const char *alpn, bool verify, const char *ca_file)
{
    tls->ctx = SSL_CTX_new(TLS_client_method());
    tls->bio = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "loadgen");
    if (tls->ctx == NULL || tls->bio == NULL) {
        return "OpenSSL could not be set up";
    }
    BIO_meth_set_read(tls->bio, bio_read);
    BIO_meth_set_write(tls->bio, bio_write);
    BIO_meth_set_ctrl(tls->bio, bio_ctrl);
    BIO_meth_set_create(tls->bio, bio_create);
    SSL_CTX_set_min_proto_version(tls->ctx, TLS1_2_VERSION);
    SSL_CTX_set_mode(tls->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_options(tls->ctx, SSL_OP_NO_RENEGOTIATION); /* it would fail a write half-way */
    SSL_CTX_set_session_cache_mode(tls->ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(tls->ctx, keep_session);
    SSL_CTX_set_app_data(tls->ctx, tls);
    SSL_CTX_set_verify(tls->ctx, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
    if (ca_file != NULL ? SSL_CTX_load_verify_locations(tls->ctx, ca_file, NULL) != 1
                        : SSL_CTX_set_default_verify_paths(tls->ctx) != 1) {
        return "the file of certificate authorities cannot be read";
    }
    return alpn != NULL && !set_alpn(tls->ctx, alpn) ? "ALPN could not be set up" : NULL;
}

struct lg_tls *lg_tls_new(const char *host, const char *alpn, bool verify, const char *ca_file,
                          const char **why)
{
    struct lg_tls *tls = lg_alloc(sizeof *tls);
    unsigned char address[sizeof(struct in6_addr)];
    tls->host = lg_strdup(host);
    if (alpn != NULL && strcmp(alpn, "http/1.1") != 0) {
        tls->must_select = lg_strdup(alpn);
    }
    tls->host_is_address =
        inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
    *why = set_up(tls, alpn, verify, ca_file);
    if (*why != NULL) {
        lg_tls_free(tls);
        return NULL;
    }
    return tls;
}

void lg_tls_free(struct lg_tls *tls)
{
    if (tls == NULL) {
        return;
    }
    SSL_SESSION_free(tls->session);
    SSL_CTX_free(tls->ctx);
    BIO_meth_free(tls->bio);
    free(tls->host);
    free(tls->must_select);
    free(tls);
}

const char *lg_tls_reason(int code)
{
    if (code >= VERIFY) {
        return X509_verify_cert_error_string(code - VERIFY);
    }
    return code == SSL_AD_NO_APPLICATION_PROTOCOL
               ? "no application protocol: the server does not offer the HTTP version asked for"
           : code > 0 ? SSL_alert_desc_string_long(code)
                      : "";
}

uint64_t lg_tls_handshakes(const struct lg_tls *tls)
{
    return tls->handshakes;
}

uint64_t lg_tls_resumed(const struct lg_tls *tls)
{
    return tls->resumed;
}

/* SNI carries names only (RFC 6066 3); the certificate is checked against either. */
static void name_peer(const struct lg_tls *tls, SSL *ssl)
{
    if (tls->host_is_address) {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), tls->host);
    } else {
        SSL_set_tlsext_host_name(ssl, tls->host);
        SSL_set1_host(ssl, tls->host);
    }
}

void *lg_tls_open(struct lg_tls *tls, int fd)
{
    struct state *s = lg_alloc(sizeof *s);
    s->tls = tls;
    s->fd = fd;
    s->ssl = SSL_new(tls->ctx);
    BIO *bio = BIO_new(tls->bio);
    LG_ASSERT(s->ssl != NULL && bio != NULL);
    BIO_set_data(bio, s);
    SSL_set_bio(s->ssl, bio, bio);
    SSL_set_connect_state(s->ssl);
    name_peer(tls, s->ssl);
    if (tls->session != NULL) {
        SSL_set_session(s->ssl, tls->session);
    }
    return s;
}

/* It is in use: another one, longest in use before, gives its buffers back. */
static void warm_up(struct state *s)
{
    struct lg_tls *tls = s->tls;
    if (s->warm != NULL) {
        return;
    }
    s->warm = &tls->warm[tls->next_warm];
    tls->next_warm = (tls->next_warm + 1) % WARM;
    if (*s->warm != NULL) {
        (*s->warm)->warm = NULL;
        SSL_free_buffers((*s->warm)->ssl); /* not while a record is under way: then it keeps them */
    }
    *s->warm = s;
}

void lg_tls_close(void *state)
{
    struct state *s = state;
    if (s->warm != NULL) {
        *s->warm = NULL;
    }
    /* close_notify leaves if the kernel has room for it; nobody waits for the answer. */
    if (SSL_is_init_finished(s->ssl) && s->error == 0) {
        SSL_shutdown(s->ssl);
        if (s->out.n > 0) {
            (void)!send(s->fd, s->out.p, s->out.n, MSG_NOSIGNAL | MSG_DONTWAIT);
        }
    }
    SSL_free(s->ssl);
    lg_buf_free(&s->out);
    lg_buf_free(&s->carry);
    free(s);
}

/* Hands collected records to the kernel. */
static void flush(struct state *s)
{
    if (s->out.n == 0 || s->error != 0) {
        return;
    }
    ssize_t n = send(s->fd, s->out.p, s->out.n, MSG_NOSIGNAL);
    if (n < 0) {
        s->error = errno == EAGAIN || errno == EINTR ? 0 : errno;
        return;
    }
    if ((size_t)n == s->out.n) {
        lg_buf_free(&s->out); /* an idle connection keeps no buffer */
    } else {
        lg_buf_drop(&s->out, (size_t)n);
    }
}

static void fill(struct state *s)
{
    LG_ASSERT(s->in.n == 0);
    ssize_t n = read(s->fd, s->tls->raw, sizeof s->tls->raw);
    if (n > 0) {
        s->in = lg_slice(s->tls->raw, (size_t)n);
    } else if (n == 0) {
        s->eof = true;
    } else if (errno != EAGAIN && errno != EINTR) {
        s->error = errno;
    }
}

static struct lg_transfer tls_failed(struct state *s)
{
    struct lg_transfer io = {.state = LG_TRANSFER_FAILED};
    unsigned long code = ERR_peek_last_error();
    long verify = SSL_get_verify_result(s->ssl);
    ERR_clear_error();
    if (s->error != 0) {
        io.why = lg_stream_outcome(s->error);
    } else if (!s->established && verify != X509_V_OK &&
               SSL_get_verify_mode(s->ssl) != SSL_VERIFY_NONE) {
        io.why = lg_outcome(LG_TLS, VERIFY + (int)verify);
    } else if (s->eof && s->established) {
        /* Closed without close_notify: whatever was open is incomplete (RFC 9112 9.8). */
        io.why = lg_outcome(LG_CLOSED, 0);
    } else {
        /* OpenSSL's reasons for a peer's alert are 1000 + its number; others are its own. */
        int reason = ERR_GET_REASON(code);
        io.why = lg_outcome(LG_TLS, reason > 1000 ? reason - 1000 : 0);
    }
    return io;
}

/* HTTP/1.1 is what a server without ALPN speaks; HTTP/2 must be chosen (RFC 9113 3.2). */
static bool protocol_selected(const struct state *s)
{
    const unsigned char *name;
    unsigned n;
    if (s->tls->must_select == NULL) {
        return true;
    }
    SSL_get0_alpn_selected(s->ssl, &name, &n);
    return n == strlen(s->tls->must_select) && memcmp(name, s->tls->must_select, n) == 0;
}

static void count_handshake(struct state *s)
{
    if (!s->established) {
        s->established = true;
        s->tls->handshakes++;
        s->tls->resumed += SSL_session_reused(s->ssl) ? 1 : 0;
    }
}

/* The next connection will overwrite the shared buffer: what is left in it moves out. */
static void keep_rest(struct state *s)
{
    if (s->in.n == 0) {
        lg_buf_free(&s->carry);
    } else if (s->carry.n == 0) {
        lg_buf_add(&s->carry, s->in.p, s->in.n);
        s->in = lg_buf_slice(&s->carry);
    }
}

/* What a call into OpenSSL of result <= 0 means. */
static struct lg_transfer not_done(struct state *s, int result)
{
    int error = SSL_get_error(s->ssl, result);
    if (s->error == 0 && (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)) {
        return (struct lg_transfer){.state = LG_TRANSFER_AGAIN};
    }
    if (error == SSL_ERROR_ZERO_RETURN) {
        return (struct lg_transfer){.state = LG_TRANSFER_EOF};
    }
    return tls_failed(s);
}

/* SSL_get_error looks at the thread's queue of errors, which must be empty before a call; emptying
 * it costs more than looking. */
static void begin_call(void)
{
    if (ERR_peek_error() != 0) {
        ERR_clear_error();
    }
}

struct lg_transfer lg_tls_handshake(void *state)
{
    struct state *s = state;
    begin_call();
    fill(s);
    int done = SSL_do_handshake(s->ssl);
    flush(s);
    if (done == 1 && s->error == 0) {
        count_handshake(s);
        if (!protocol_selected(s)) {
            return (struct lg_transfer){.state = LG_TRANSFER_FAILED,
                                        .why = lg_outcome(LG_TLS, SSL_AD_NO_APPLICATION_PROTOCOL)};
        }
        SSL_free_buffers(s->ssl); /* it may stay idle */
        keep_rest(s);             /* bytes of the protocol above may have come along */
        return (struct lg_transfer){.state = LG_TRANSFER_OK};
    }
    s->in.n = 0;
    return not_done(s, done);
}

struct lg_transfer lg_tls_read(void *state, void *p, size_t cap)
{
    struct state *s = state;
    size_t total = 0;
    int n = 0;
    begin_call();
    warm_up(s);
    if (s->in.n == 0 && SSL_pending(s->ssl) == 0) {
        fill(s);
    }
    while (total < cap) {
        n = SSL_read(s->ssl, (char *)p + total, (int)(cap - total));
        if (n <= 0) {
            break;
        }
        total += (size_t)n;
        if (s->in.n == 0 && SSL_pending(s->ssl) == 0) {
            break; /* another call would only ask for more */
        }
    }
    flush(s);     /* answers to key updates and alerts */
    keep_rest(s); /* with a record begun by an earlier read there may be more than fits */
    if (total > 0) {
        return (struct lg_transfer){.state = LG_TRANSFER_OK, .n = (uint32_t)total};
    }
    return not_done(s, n);
}

struct lg_transfer lg_tls_write(void *state, const void *p, size_t n)
{
    struct state *s = state;
    size_t total = 0;
    begin_call();
    warm_up(s);
    if (s->out.n == 0) {
        while (total < n) {
            int done = SSL_write(s->ssl, (const char *)p + total, (int)(n - total));
            if (done <= 0) {
                return tls_failed(s);
            }
            total += (size_t)done;
        }
    }
    flush(s);
    if (s->error != 0) {
        return tls_failed(s);
    }
    return (struct lg_transfer){.state = LG_TRANSFER_OK, .n = (uint32_t)total};
}

bool lg_tls_pending(const void *state)
{
    const struct state *s = state;
    return s->in.n > 0 || SSL_pending(s->ssl) > 0;
}

bool lg_tls_blocked(const void *state)
{
    const struct state *s = state;
    return s->out.n > 0;
}
