/* The bytes of an HTTP/1.1 request (RFC 9112 section 3). */
#ifndef LG_PROTO_HTTP1_WRITE_H
#define LG_PROTO_HTTP1_WRITE_H

#include "proto/proto.h"

/* Appends the whole request.  Host and Content-Length are added unless the request brings its own;
 * Content-Length where there is a body or the method gives it a meaning (POST, PUT, PATCH).  Names
 * and values may come from data: line breaks and NUL in them become blanks, and what cannot stand
 * in a request target is percent-encoded, so that no value can end the line that it stands in. */
void lg_http1_write(struct lg_buf *out, struct lg_slice authority,
                    const struct lg_request *request);

/* One header line with the same protection. */
void lg_http1_write_header(struct lg_buf *out, struct lg_slice name, struct lg_slice value);

/* Is Content-Length to be added, where there is a body or the method gives its absence a meaning
 * (RFC 9110 8.6), and the request has none of its own? */
bool lg_http1_needs_length(const struct lg_request *request);

/* Appends a path as a request target, with the same protection. */
void lg_http1_write_target(struct lg_buf *out, struct lg_slice path);

#endif
