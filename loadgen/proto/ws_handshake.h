/* The opening handshake of a WebSocket client (RFC 6455 section 4.1), a pure codec with a life of
 * its own, so that an open WebSocket does not carry it. */
#ifndef LG_PROTO_WS_HANDSHAKE_H
#define LG_PROTO_WS_HANDSHAKE_H

#include "base/rng.h"
#include "proto/ws_deflate.h"

struct lg_ws_handshake;

enum lg_ws_handshake_result { LG_WS_MORE, LG_WS_READY, LG_WS_REFUSED };

/* Appends the request to `out`.  The key is drawn from rng.  Borrows config for the call. */
struct lg_ws_handshake *lg_ws_handshake_new(const struct lg_proto_config *config,
                                            struct lg_rng *rng, struct lg_buf *out);

/* Reads the answer; *used: how much of `in` belongs to it (READY: frames may follow).  REFUSED with
 * *why = STATUS and the code for an answer of 300 or above, else PROTOCOL with SYNTAX, LENGTH,
 * HEADER_LIMIT, UPGRADE or ACCEPT_KEY.  Not to be called again after READY or REFUSED. */
enum lg_ws_handshake_result lg_ws_handshake_input(struct lg_ws_handshake *handshake,
                                                  struct lg_slice in, size_t *used,
                                                  struct lg_outcome *why);

/* After READY: the compression that was agreed, now the caller's; NULL: none. */
struct lg_ws_deflate *lg_ws_handshake_deflate(const struct lg_ws_handshake *handshake);

void lg_ws_handshake_free(struct lg_ws_handshake *handshake); /* NULL ok */

/* Is `token` one of the comma-separated elements of a field (RFC 9110 5.6.1)? */
bool lg_ws_list_has(struct lg_slice list, struct lg_slice token, bool any_case);

/* The Sec-WebSocket-Accept that belongs to a key: 28 characters and NUL. */
enum { LG_WS_ACCEPT_BYTES = 29 };
void lg_ws_accept(char out[LG_WS_ACCEPT_BYTES], struct lg_slice key);

#endif
