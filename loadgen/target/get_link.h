/* The connection of one lg_get, plain or through TLS.  Nothing here waits: what would block says
 * what to poll for.  The certificate is not looked at: that a server is ready is no matter of
 * trust, and the load itself verifies it. */
#ifndef LG_TARGET_GET_LINK_H
#define LG_TARGET_GET_LINK_H

#include "base/base.h"

#include <openssl/types.h>
#include <sys/types.h>

struct lg_get_link {
    int fd;          /* owned; not blocking */
    SSL *tls;        /* owned; NULL: plain */
    short need;      /* after -1: POLLIN or POLLOUT; 0: it has failed */
    const char *why; /* it has failed: static */
};

/* Begins TLS on link->fd; `host` is told to the server unless it is an address. */
void lg_get_link_secure(struct lg_get_link *link, const char *host);
/* 1: the handshake is done; -1 as below. */
int lg_get_link_handshake(struct lg_get_link *link);
/* The peer chose HTTP/2 in that handshake, although it was offered HTTP/1.1 as well. */
bool lg_get_link_is_http2(const struct lg_get_link *link);

/* Bytes done, 0 from receive: the peer has closed; -1: look at need. */
ssize_t lg_get_link_send(struct lg_get_link *link, const char *p, size_t n);
ssize_t lg_get_link_receive(struct lg_get_link *link, char *p, size_t room);
void lg_get_link_close(struct lg_get_link *link);

#endif
