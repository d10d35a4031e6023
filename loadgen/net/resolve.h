/* Host name -> one address that answers.  Done once before the load, so that no lookup hides in a
 * measured time. */
#ifndef LG_NET_RESOLVE_H
#define LG_NET_RESOLVE_H

#include "base/base.h"

#include <sys/socket.h>

struct lg_address {
    struct sockaddr_storage addr;
    socklen_t length;
    char text[64]; /* "127.0.0.1:8080", "[::1]:8080" */
};

/* Looks host up (blocking) and tries the addresses in order; the first that accepts a connection
 * within `timeout` is taken, so that a `localhost` of two addresses works with a server on one.  If
 * none accepts, the first is taken and *answers is false: whether that is a mistake or part of the
 * experiment is for the caller to say.  Returns NULL, or a sentence of the resolver (static). */
const char *lg_resolve(const char *host, uint16_t port, lg_ns timeout, struct lg_address *out,
                       bool *answers);

#endif
