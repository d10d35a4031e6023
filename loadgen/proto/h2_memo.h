/* Heads of answers that nghttp2 has accepted on this connection.  A head that is byte for byte the
 * same, and that finds and leaves the table of HPACK as it was, says the same (RFC 7541 section 2):
 * nghttp2 then gets only those of its fields by which it judges a message, the status and the
 * length of the body.  So the strict parser stays the authority and leaves the steady state. */
#ifndef LG_PROTO_H2_MEMO_H
#define LG_PROTO_H2_MEMO_H

#include "base/buf.h"

enum { LG_H2_MEMO_HEADS = 4, LG_H2_MEMO_BLOCK = 128, LG_H2_MEMO_FIELDS = 24, LG_H2_FRAME_HEAD = 9 };

/* A head's fields as HPACK has them: complete, and without those that may be left out. */
struct lg_h2_head {
    uint8_t n, short_n;
    uint8_t block[LG_H2_MEMO_BLOCK], short_block[LG_H2_MEMO_BLOCK];
};

/* A zeroed struct stands before the first frame of a connection. */
struct lg_h2_memo {
    struct lg_h2_head heads[LG_H2_MEMO_HEADS];
    uint8_t count, next;
    uint8_t fruitless; /* heads learned since one came again */
    /* The place in the stream of frames. */
    uint32_t left; /* payload bytes of the current frame still to come */
    uint8_t part_n;
    uint8_t part[LG_H2_FRAME_HEAD]; /* of a frame head that is cut */
    /* The head that is being learned. */
    int32_t learning; /* its stream; 0: none */
    uint8_t block_n, field_count, seen;
    uint8_t block[LG_H2_MEMO_BLOCK];
    uint8_t field_at[LG_H2_MEMO_FIELDS + 1]; /* where each begins, and the end */
    bool keep[LG_H2_MEMO_FIELDS];
};

/* Called for a head that is shortened by so many bytes. */
typedef void lg_h2_shortened(void *ctx, int32_t stream, size_t bytes);

/* Looks through the bytes that came: all of the connection's, in order.  The result is what nghttp2
 * is to be given, `in` or `scratch` (cleared first), with known heads shortened, if `shorten`. */
struct lg_slice lg_h2_memo_filter(struct lg_h2_memo *memo, struct lg_slice in, bool shorten,
                                  struct lg_buf *scratch, lg_h2_shortened *shortened, void *ctx);

/* nghttp2 has accepted a field; all of a head. */
void lg_h2_memo_field(struct lg_h2_memo *memo, int32_t stream, struct lg_slice name);
void lg_h2_memo_head(struct lg_h2_memo *memo, int32_t stream);

#endif
