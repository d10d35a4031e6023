#include "target/get_link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void lg_get_link_secure(struct lg_get_link *link, const char *host)
{
    static const unsigned char protocols[] = "\x08http/1.1\x02h2"; /* RFC 7301 3.1 */
    unsigned char address[sizeof(struct in6_addr)];
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    LG_ASSERT(context != NULL);
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_alpn_protos(context, protocols, sizeof protocols - 1);
    link->tls = SSL_new(context);
    LG_ASSERT(link->tls != NULL);
    SSL_CTX_free(context); /* the connection holds it */
    SSL_set_fd(link->tls, link->fd);
    if (inet_pton(AF_INET, host, address) != 1 && inet_pton(AF_INET6, host, address) != 1) {
        SSL_set_tlsext_host_name(link->tls, host); /* RFC 6066 3: never an address */
    }
}

/* What OpenSSL's result `n` <= 0 means; 0: the peer has closed. */
static int tls_result(struct lg_get_link *link, int n)
{
    int error = errno;
    link->need = 0;
    switch (SSL_get_error(link->tls, n)) {
    case SSL_ERROR_WANT_READ:
        link->need = POLLIN;
        return -1;
    case SSL_ERROR_WANT_WRITE:
        link->need = POLLOUT;
        return -1;
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    case SSL_ERROR_SYSCALL:
        link->why = error != 0 ? strerrordesc_np(error) : "the connection closed within TLS";
        return -1;
    default:
        break;
    }
    /* Many servers close without a word of farewell; the answer's own length tells whether it was
     * cut. */
    if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING &&
        SSL_is_init_finished(link->tls)) {
        return 0;
    }
    const char *reason = ERR_reason_error_string(ERR_peek_error());
    link->why = reason != NULL ? reason : "TLS failed";
    return -1;
}

static void before_tls(void)
{
    ERR_clear_error();
    errno = 0;
}

int lg_get_link_handshake(struct lg_get_link *link)
{
    before_tls();
    int n = SSL_connect(link->tls);
    if (n == 1) {
        return 1;
    }
    n = tls_result(link, n);
    if (n == 0) {
        link->why = "the connection closed within TLS";
    }
    return -1;
}

bool lg_get_link_is_http2(const struct lg_get_link *link)
{
    const unsigned char *chosen = NULL;
    unsigned n = 0;
    if (link->tls != NULL) {
        SSL_get0_alpn_selected(link->tls, &chosen, &n);
    }
    return n == 2 && memcmp(chosen, "h2", 2) == 0;
}

static ssize_t plain_result(struct lg_get_link *link, ssize_t n, short need)
{
    if (n < 0) {
        link->need = errno == EAGAIN || errno == EINTR ? need : 0;
        link->why = link->need == 0 ? strerrordesc_np(errno) : NULL;
    }
    return n;
}

ssize_t lg_get_link_send(struct lg_get_link *link, const char *p, size_t n)
{
    if (link->tls == NULL) {
        return plain_result(link, send(link->fd, p, n, MSG_NOSIGNAL), POLLOUT);
    }
    before_tls();
    int done = SSL_write(link->tls, p, (int)n);
    if (done > 0) {
        return done;
    }
    if (tls_result(link, done) == 0) {
        link->why = "the connection closed before the request was sent";
    }
    return -1;
}

ssize_t lg_get_link_receive(struct lg_get_link *link, char *p, size_t room)
{
    if (link->tls == NULL) {
        return plain_result(link, recv(link->fd, p, room, 0), POLLIN);
    }
    before_tls();
    int n = SSL_read(link->tls, p, (int)room);
    return n > 0 ? n : tls_result(link, n);
}

void lg_get_link_close(struct lg_get_link *link)
{
    SSL_free(link->tls);
    close(link->fd);
}
