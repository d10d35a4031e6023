/* net/ reaches the peer: addresses, TCP, TLS.  Rank 1: includes base/ only.
 * This header: a URL taken apart (RFC 3986, the http, https, ws and wss schemes). */
#ifndef LG_NET_URL_H
#define LG_NET_URL_H

#include "base/base.h"

struct lg_url {
    char scheme[8];
    char host[256];      /* name or address, IPv6 without brackets */
    char authority[272]; /* as Host wants it: port only where it is not the scheme's own */
    uint16_t port;
    bool secure;    /* https, wss */
    bool websocket; /* ws, wss */
    char *path;     /* owned; path and query, begins with '/'; a fragment is left out */
};

/* NULL on success, else a static sentence; *out then owns nothing. */
const char *lg_url_read(const char *text, struct lg_url *out);
void lg_url_fini(struct lg_url *url);

#endif
