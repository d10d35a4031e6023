/* What HTTP costs at least on OpenSSL and nghttp2: a loop that sends the next request as soon as an
 * answer is complete, and measures nothing.
 *
 *   floor h1|h2|h1s|h2s PORT CONNECTIONS STREAMS REQUESTS
 *
 * to 127.0.0.1; the s is for TLS.  Read the instructions of a request as the difference of two runs
 * under callgrind, as scripts/bench does. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <nghttp2/nghttp2.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER = 65536 };

struct conn {
    int fd;
    SSL *ssl;                 /* NULL: plain */
    nghttp2_session *session; /* NULL: HTTP/1.1 */
    size_t answer, got;       /* HTTP/1.1: bytes of an answer, and of the one that comes */
};

static const char get[] = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
static char buffer[BUFFER];
static long left, open_now;

static void fail(const char *what)
{
    fprintf(stderr, "floor: %s\n", what);
    exit(1);
}

/* ---- bytes ---- */

static void put(struct conn *c, const void *p, size_t n)
{
    ssize_t done = c->ssl != NULL ? SSL_write(c->ssl, p, (int)n) : write(c->fd, p, n);
    if (done != (ssize_t)n) {
        fail("a write did not fit the socket");
    }
}

static ssize_t take(struct conn *c)
{
    return c->ssl != NULL ? SSL_read(c->ssl, buffer, BUFFER) : read(c->fd, buffer, BUFFER);
}

static int connect_to(int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        fail("cannot connect");
    }
    return fd;
}

static SSL *shake_hands(SSL_CTX *ctx, int fd, bool h2)
{
    SSL *ssl = SSL_new(ctx);
    SSL_set_fd(ssl, fd);
    if (h2) {
        SSL_set_alpn_protos(ssl, (const unsigned char *)"\2h2", 3);
    }
    if (SSL_connect(ssl) != 1) {
        fail("no TLS");
    }
    return ssl;
}

/* ---- HTTP/1.1 ---- */

static void ask_h1(struct conn *c)
{
    if (left > 0) {
        left--;
        open_now++;
        put(c, get, sizeof get - 1);
    }
}

/* Every answer is as long as the first one. */
static void learn_length(struct conn *c, size_t n)
{
    buffer[n < BUFFER ? n : BUFFER - 1] = '\0';
    const char *body = strstr(buffer, "\r\n\r\n"), *length = strstr(buffer, "Content-Length: ");
    if (body == NULL || length == NULL) {
        fail("the first answer has no length");
    }
    c->answer = (size_t)(body + 4 - buffer) + strtoul(length + 16, NULL, 10);
}

static void heard_h1(struct conn *c, size_t n)
{
    if (c->answer == 0) {
        learn_length(c, n);
    }
    c->got += n;
    if (c->got == c->answer) {
        c->got = 0;
        open_now--;
        ask_h1(c);
    }
}

/* ---- HTTP/2 ---- */

#define FIELD(name, value)                                                                         \
    {                                                                                              \
        (uint8_t *)(name), (uint8_t *)(value), sizeof(name) - 1, sizeof(value) - 1,                \
            NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE                           \
    }

static void ask_h2(struct conn *c)
{
    static const nghttp2_nv fields[] = {
        FIELD(":method", "GET"),
        FIELD(":scheme", "http"),
        FIELD(":authority", "127.0.0.1"),
        FIELD(":path", "/"),
    };
    if (left > 0) {
        left--;
        open_now++;
        nghttp2_submit_request(c->session, NULL, fields, 4, NULL, NULL);
    }
}

static void flush_h2(struct conn *c)
{
    static char out[BUFFER];
    size_t n = 0;
    const uint8_t *p;
    for (ssize_t more; (more = nghttp2_session_mem_send(c->session, &p)) > 0; n += (size_t)more) {
        if (n + (size_t)more > BUFFER) {
            fail("too many streams");
        }
        memcpy(out + n, p, (size_t)more);
    }
    if (n > 0) {
        put(c, out, n);
    }
}

static int stream_closed(nghttp2_session *session, int32_t id, uint32_t error, void *user)
{
    (void)session, (void)id;
    if (error != 0) {
        fail("a stream was reset");
    }
    open_now--;
    ask_h2(user);
    return 0;
}

static void begin_h2(struct conn *c, int streams)
{
    nghttp2_session_callbacks *callbacks;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, stream_closed);
    nghttp2_session_client_new(&c->session, callbacks, c);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(c->session, NGHTTP2_FLAG_NONE, NULL, 0);
    nghttp2_session_set_local_window_size(c->session, NGHTTP2_FLAG_NONE, 0, 1 << 30);
    for (int i = 0; i < streams; i++) {
        ask_h2(c);
    }
    flush_h2(c);
}

/* ---- the loop ---- */

static void readable(struct conn *c)
{
    for (ssize_t n; (n = take(c)) > 0;) {
        if (c->session == NULL) {
            heard_h1(c, (size_t)n);
        } else {
            nghttp2_session_mem_recv(c->session, (uint8_t *)buffer, (size_t)n);
            flush_h2(c);
        }
        if (c->ssl == NULL && n < BUFFER) {
            return;
        }
    }
}

static void begin(struct conn *c, SSL_CTX *tls, int port, bool h2, int streams)
{
    c->fd = connect_to(port);
    c->ssl = tls != NULL ? shake_hands(tls, c->fd, h2) : NULL;
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    if (h2) {
        begin_h2(c, streams);
    } else {
        ask_h1(c);
    }
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        fail("h1|h2|h1s|h2s PORT CONNECTIONS STREAMS REQUESTS");
    }
    bool h2 = argv[1][1] == '2', secure = argv[1][2] == 's';
    int count = atoi(argv[3]), loop = epoll_create1(0);
    SSL_CTX *tls = secure ? SSL_CTX_new(TLS_client_method()) : NULL;
    struct conn *conns = calloc((size_t)count, sizeof *conns);
    left = atol(argv[5]);
    for (int i = 0; i < count; i++) {
        begin(&conns[i], tls, atoi(argv[2]), h2, atoi(argv[4]));
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &conns[i]};
        epoll_ctl(loop, EPOLL_CTL_ADD, conns[i].fd, &event);
    }
    while (open_now > 0) {
        struct epoll_event events[64];
        int n = epoll_wait(loop, events, 64, -1);
        for (int i = 0; i < n; i++) {
            readable(events[i].data.ptr);
        }
    }
    return 0;
}
