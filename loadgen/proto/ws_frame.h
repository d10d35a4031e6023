/* WebSocket frames (RFC 6455 section 5), a pure codec. */
#ifndef LG_PROTO_WS_FRAME_H
#define LG_PROTO_WS_FRAME_H

#include "base/base.h"
#include "base/outcome.h"

enum lg_ws_opcode {
    LG_WS_CONTINUATION = 0,
    LG_WS_TEXT = 1,
    LG_WS_BINARY = 2,
    LG_WS_CLOSING = 8,
    LG_WS_PING = 9,
    LG_WS_PONG = 10
};

/* Beside an opcode: RSV1, by which permessage-deflate marks a compressed message (RFC 7692 6). */
enum { LG_WS_COMPRESSED = 0x40 };

enum { LG_WS_HEAD_MAX = 14, LG_WS_CONTROL_MAX = 125 };

struct lg_ws_head {
    uint64_t length; /* of the payload */
    uint8_t n;       /* bytes of the head; 0: not all of it is there yet */
    uint8_t opcode;
    bool fin;
    bool compressed; /* RSV1 */
    uint8_t mask[4]; /* of a frame that a client sent */
};

static inline bool lg_ws_is_control(unsigned opcode)
{
    return opcode >= 8;
}

/* Reads the head of a frame that came from a client (masked) or a server (not masked).  `deflate`:
 * permessage-deflate was agreed, so the first frame of a message may have RSV1.  NONE with head->n
 * == 0: `in` ends within it.  Otherwise RESERVED_BITS, OPCODE, MASKED, CONTROL_FRAME
 * (fragmented or over 125 bytes) or LENGTH (longer than needed, or 2^63 and above), each as soon as
 * its byte is there. */
enum lg_protocol_fault lg_ws_head_read(struct lg_slice in, bool from_client, bool deflate,
                                       struct lg_ws_head *head);

/* Writes a head to out[0 .. LG_WS_HEAD_MAX); its length.  LG_WS_COMPRESSED may be added to opcode.
 * mask NULL: not masked. */
size_t lg_ws_head_write(char *out, unsigned opcode, bool fin, uint64_t length,
                        const uint8_t mask[4]);

/* out[0..n) = in[0..n) masked or unmasked (the same thing); they may be the same memory. */
void lg_ws_mask(char *out, const char *in, size_t n, const uint8_t mask[4]);

/* May this code be in a Close frame (7.4.1, 7.4.2 and the IANA registry)? */
bool lg_ws_close_code_valid(unsigned code);

#endif
