/* Content codings of bodies (RFC 9110 8.4.1): gzip and deflate by zlib, br by brotli, zstd (RFC
 * 8878) by libzstd.  What is decoded comes from a peer: output is bounded, and any bytes are
 * safe. */
#ifndef LG_CONTENT_DECODE_H
#define LG_CONTENT_DECODE_H

#include "base/base.h"
#include "base/buf.h"

enum lg_decoded {
    LG_DECODED,
    LG_DECODED_CUT,     /* the input ends before its end; what it gave so far is there */
    LG_DECODED_BROKEN,  /* not what its coding says */
    LG_DECODED_TOO_BIG, /* more than was allowed; so much of it is there */
    LG_DECODED_UNKNOWN, /* a coding that is none of these */
};

struct lg_decoder; /* keeps its libraries' states for the next body; for one thread at a time */
struct lg_decoder *lg_decoder_new(void);
void lg_decoder_free(struct lg_decoder *decoder); /* NULL ok */

/* Undoes `codings`, the value of a Content-Encoding header ("gzip", "br", "gzip, br": applied in
 * this order), of `body`.  *out becomes a slice of `body` where nothing is to be undone, else of
 * the decoder, valid until its next call.  No stage writes more than `most` bytes. */
enum lg_decoded lg_decode(struct lg_decoder *decoder, struct lg_slice codings, struct lg_slice body,
                          size_t most, struct lg_slice *out);

/* Can this one coding ("gzip", "x-gzip", "deflate", "br", "zstd", "identity") be undone? */
bool lg_coding_is_known(struct lg_slice name);

#endif
