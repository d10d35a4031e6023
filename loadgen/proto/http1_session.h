/* The insides of HTTP/1.1 that its files share: http1.c is the seam and walks an answer,
 * http1_parse.c hears what llhttp finds in it.  Only these include it. */
#ifndef LG_PROTO_HTTP1_SESSION_H
#define LG_PROTO_HTTP1_SESSION_H

#include "proto/http1_memo.h"

#include <llhttp.h>

enum { LG_HTTP1_HEAD_LIMIT = 65536 }; /* bytes: all heads of one exchange, interim ones included */

enum lg_http1_phase {
    LG_HTTP1_IDLE,
    LG_HTTP1_UNSENT,  /* the request has not been handed over */
    LG_HTTP1_AWAITED, /* nothing of the answer has come */
    LG_HTTP1_IN_HEAD, /* some of it has; llhttp stands within a head, or behind an interim one */
    LG_HTTP1_BODY_LENGTH,
    LG_HTTP1_BODY_CHUNKED,
    LG_HTTP1_BODY_UNTIL_EOF,
    LG_HTTP1_COMPLETE
};

struct lg_http1_session {
    struct lg_proto base;
    const struct lg_proto_sink *sink; /* borrowed */
    void *ctx;
    struct lg_http1_memo *memo; /* borrowed; NULL: none */
    lg_op op;              /* 0: no exchange, or one that was cancelled and is read to its end */
    struct lg_slice wire;  /* borrowed from the request until handed over */
    struct lg_buf scratch; /* a rendered request until handed over, then the fields asked for */
    uint64_t left;         /* LG_HTTP1_BODY_LENGTH: bytes to come */
    struct lg_outcome why;
    uint32_t head_bytes; /* of unfinished or interim heads of this exchange */
    uint32_t field_at;   /* start of the field being collected in scratch */
    uint8_t phase;
    uint8_t state;
    bool parsing;   /* llhttp stands within a head */
    bool in_field;  /* the name of a field is being read and is not empty */
    bool head_only; /* HEAD was asked */
    bool want_headers, want_body;
    bool special; /* head_only, or somebody looks into the answer */
    bool body_begun;
    bool keep_alive;
    bool finishing;
    uint32_t authority_n;
    llhttp_t parser;
    char authority[];
};

/* llhttp is to read a head that begins now; it stops behind the head, and behind a body in chunks.
 * Fields are collected where somebody wants them. */
void lg_http1_parser_begin(struct lg_http1_session *h);
enum lg_protocol_fault lg_http1_fault(llhttp_errno_t error);
/* Tells the sink the fields that were collected, and forgets them. */
void lg_http1_emit_fields(struct lg_http1_session *h);

#endif
