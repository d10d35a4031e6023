/* What http1 knows of a response head, and the memory of heads that llhttp has accepted.  The facts
 * hold for any request method: what a method changes (HEAD) is applied when they are used. */
#ifndef LG_PROTO_HTTP1_MEMO_H
#define LG_PROTO_HTTP1_MEMO_H

#include "proto/proto.h"

enum lg_http1_framing { LG_HTTP1_LENGTH, LG_HTTP1_CHUNKED, LG_HTTP1_UNTIL_EOF };

struct lg_http1_head {
    size_t n;        /* bytes of the head, the empty line included */
    uint64_t length; /* of the body, when framing is LENGTH */
    int status;
    enum lg_http1_framing framing;
    bool keep_alive;
    bool plain; /* keep_alive, and a body of `length` follows unless HEAD was asked */
};

/* The facts of the head that `in` begins with, byte for byte one that was put; NULL: none.  memo
 * may be NULL.  O(heads kept). */
const struct lg_http1_head *lg_http1_memo_find(struct lg_http1_memo *memo, struct lg_slice in);

/* Copies the head's bytes, p[0..head->n).  Heads that are too long or not framed by their length
 * are left out; the oldest head makes room.  memo may be NULL. */
void lg_http1_memo_put(struct lg_http1_memo *memo, const char *p, const struct lg_http1_head *head);

#endif
