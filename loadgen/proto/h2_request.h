/* A request as HTTP/2 sends it: a list of fields (RFC 9113 section 8.3.1) in nghttp2's form, made
 * once and sent as often as one likes. */
#ifndef LG_PROTO_H2_REQUEST_H
#define LG_PROTO_H2_REQUEST_H

#include "proto/proto.h"

#include <nghttp2/nghttp2.h>

/* Lies at the start of the buffer; the fields and their text follow and must stay with it. */
struct lg_h2_request {
    size_t count;
    struct lg_slice body; /* in the buffer, too */
    nghttp2_nv fields[];  /* pseudo-header fields first; marked not to be copied */
};

/* Fills `out`, which is empty, and returns its start.  Adds Content-Length where HTTP/1.1 would.
 * Names become lower case; Host becomes :authority; fields of a connection, which HTTP/2 does not
 * have (8.2.2), are left out.  Line breaks and NUL become blanks, outer blanks fall off, and what
 * cannot stand in a path is percent-encoded.  A tunnel (request->websocket) becomes an extended
 * CONNECT (RFC 8441 section 4), which offers permessage-deflate if `deflate`. */
const struct lg_h2_request *lg_h2_request_write(struct lg_buf *out, struct lg_slice authority,
                                                bool secure, bool deflate,
                                                const struct lg_request *request);

#endif
