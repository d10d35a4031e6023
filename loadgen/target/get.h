/* lg_target_get with what waiting for a server needs besides: a deadline and a way to break off. */
#ifndef LG_TARGET_GET_H
#define LG_TARGET_GET_H

#include "base/base.h"
#include "base/buf.h"

struct lg_get {
    const char *url;  /* scheme://host[:port][/...]; what comes after the host is not used */
    const char *path; /* from the root of the host; NULL: it only connects */
    lg_ns until;
    const volatile int *stop; /* NULL ok; looked at every 50 ms */
};

/* The status of the answer, by HTTP/1.1.  Without a path, and without a body where a server chooses
 * HTTP/2 in the handshake of TLS: 200 for the connection.  Certificates are not looked at.  -1:
 * none, *why is a static text that fits after "GET /path: ".  body NULL: returns with the head of
 * the answer; else the whole body is appended, at most 1 MiB. */
int lg_get(const struct lg_get *get, struct lg_buf *body, const char **why);

#endif
