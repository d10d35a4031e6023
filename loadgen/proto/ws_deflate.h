/* permessage-deflate (RFC 7692) of a WebSocket client: what is offered, the terms that the server
 * answers with, and the messages.  What we send is compressed message by message, which is right
 * under any terms (7.1.1 only forbids the opposite): so connections share one compressor, and each
 * has only the state and window for what the server sends: 7 kB and, from the first message on, up
 * to 32 KiB. */
#ifndef LG_PROTO_WS_DEFLATE_H
#define LG_PROTO_WS_DEFLATE_H

#include "base/buf.h"
#include "base/outcome.h"
#include "proto/proto.h"

/* Sec-WebSocket-Extensions of the request, as browsers have it; left out where the request's own
 * headers have one, which should offer permessage-deflate in other words. */
#define LG_WS_DEFLATE_OFFER "permessage-deflate; client_max_window_bits"
bool lg_ws_has_offer(const struct lg_header *headers, size_t count);

struct lg_ws_terms {
    uint8_t client_bits, server_bits; /* windows of 2^8 to 2^15 bytes; 0: there is no compression */
    bool server_resets;               /* server_no_context_takeover */
};

/* Reads one Sec-WebSocket-Extensions field of the answer (7.1): false if it holds anything but one
 * acceptable answer to the offer, or *terms is set already. */
bool lg_ws_terms_read(struct lg_slice field, struct lg_ws_terms *terms);

/* The compression of one open WebSocket. */
struct lg_ws_deflate;
/* terms->client_bits != 0.  Borrows the deflater for its life. */
struct lg_ws_deflate *lg_ws_deflate_new(const struct lg_ws_terms *terms,
                                        struct lg_deflater *deflater);
void lg_ws_deflate_free(struct lg_ws_deflate *deflate); /* NULL ok */

/* The message compressed, to be sent with RSV1; borrowed until the next call for any WebSocket of
 * the same deflater.  n == 0: it is to be sent as it is (which section 6 allows), because it is
 * empty or because zlib cannot write for so small a window (2^8). */
struct lg_slice lg_ws_deflate_out(struct lg_ws_deflate *deflate, struct lg_slice message);

/* Appends what the next piece of a message holds to `out`, where the message is to have at most
 * `max` bytes.  `last`: the message ends behind the piece.  NONE, TOO_BIG, or DEFLATE: this is no
 * deflate stream, or the message ends within a block. */
enum lg_protocol_fault lg_ws_deflate_in(struct lg_ws_deflate *deflate, struct lg_slice piece,
                                        bool last, size_t max, struct lg_buf *out);

#endif
