#include "proto/h2_memo.h"

#include <nghttp2/nghttp2.h>

enum { GIVE_UP = 64 }; /* so many heads learned in a row that did not come again */

/* ---- HPACK (RFC 7541 section 6), only as far as to tell fields apart ---- */

/* The end of an integer with a prefix of so many bits; NULL: it does not end. */
static const uint8_t *integer_end(const uint8_t *p, const uint8_t *end, unsigned bits,
                                  uint32_t *value)
{
    uint32_t most = (1u << bits) - 1;
    *value = *p++ & most;
    if (*value < most) {
        return p;
    }
    for (unsigned shift = 0; p < end && shift <= 21; shift += 7) {
        *value += (uint32_t)(*p & 0x7f) << shift;
        if ((*p++ & 0x80) == 0) {
            return p;
        }
    }
    return NULL;
}

static const uint8_t *string_end(const uint8_t *p, const uint8_t *end)
{
    uint32_t n;
    if (p == NULL || p == end) {
        return NULL;
    }
    p = integer_end(p, end, 7, &n);
    return p != NULL && n <= (size_t)(end - p) ? p + n : NULL;
}

/* NULL: cut, or something that changes the table. */
static const uint8_t *field_end(const uint8_t *p, const uint8_t *end)
{
    uint32_t index;
    if (*p & 0x80) {
        return integer_end(p, end, 7, &index);
    }
    if (*p & 0x60) { /* with incremental indexing, or a new size of the table */
        return NULL;
    }
    p = integer_end(p, end, 4, &index);
    if (p != NULL && index == 0) {
        p = string_end(p, end);
    }
    return string_end(p, end);
}

/* ---- learning ---- */

static void forget_all(struct lg_h2_memo *memo)
{
    memo->count = memo->next = 0;
    memo->learning = 0;
}

/* A status of 200 or above that HPACK's static table knows: 200, 204, 206, 304, 400, 404, 500. */
static bool begins_with_status(const uint8_t *block)
{
    return block[0] >= 0x88 && block[0] <= 0x8e;
}

/* How many fields a block has, and where the first of them begin; -1: it changes the table, or is
 * no such block. */
static int cut_fields(const uint8_t *block, size_t n, uint8_t at[LG_H2_MEMO_FIELDS + 1])
{
    const uint8_t *p = block, *end = block + n;
    int count = 0;
    while (p != NULL && p < end) {
        if (count < LG_H2_MEMO_FIELDS) {
            at[count] = (uint8_t)(p - block);
        }
        count++;
        p = field_end(p, end);
    }
    return p != NULL ? count : -1;
}

/* An unknown head: are the known ones still right behind it, and may it be learned? */
static void meet_head(struct lg_h2_memo *memo, const uint8_t *block, size_t n, int32_t stream)
{
    uint8_t at[LG_H2_MEMO_FIELDS + 1];
    int count = cut_fields(block, n, at);
    if (count < 0) {
        forget_all(memo);
    }
    if (memo->learning != 0 || count <= 0 || count > LG_H2_MEMO_FIELDS || n > LG_H2_MEMO_BLOCK ||
        !begins_with_status(block)) {
        return;
    }
    at[count] = (uint8_t)n;
    memcpy(memo->field_at, at, (size_t)count + 1);
    memcpy(memo->block, block, n);
    memset(memo->keep, 0, sizeof memo->keep);
    memo->field_count = (uint8_t)count;
    memo->block_n = (uint8_t)n;
    memo->seen = 0;
    memo->learning = stream;
}

void lg_h2_memo_field(struct lg_h2_memo *memo, int32_t stream, struct lg_slice name)
{
    if (stream != memo->learning) {
        return;
    }
    if (memo->seen == memo->field_count) {
        memo->learning = 0; /* not the head that was cut into fields */
        return;
    }
    memo->keep[memo->seen++] =
        name.p[0] == ':' || lg_slice_eq(name, lg_slice("content-length", 14));
}

void lg_h2_memo_head(struct lg_h2_memo *memo, int32_t stream)
{
    if (stream != memo->learning) {
        return;
    }
    memo->learning = 0;
    if (memo->seen != memo->field_count) {
        return;
    }
    memo->fruitless++;
    struct lg_h2_head *head = &memo->heads[memo->next];
    memo->next = (uint8_t)((memo->next + 1) % LG_H2_MEMO_HEADS);
    memo->count = memo->count < LG_H2_MEMO_HEADS ? memo->count + 1 : memo->count;
    memcpy(head->block, memo->block, memo->block_n);
    head->n = memo->block_n;
    head->short_n = 0;
    for (size_t i = 0; i < memo->field_count; i++) {
        size_t n = (size_t)(memo->field_at[i + 1] - memo->field_at[i]);
        if (memo->keep[i]) {
            memcpy(head->short_block + head->short_n, memo->block + memo->field_at[i], n);
            head->short_n = (uint8_t)(head->short_n + n);
        }
    }
}

/* ---- the frames ---- */

struct walk {
    struct lg_h2_memo *memo;
    struct lg_buf *scratch;
    lg_h2_shortened *shortened;
    void *ctx;
    const uint8_t *copied; /* of the input, up to here; NULL: nothing had to be */
    bool shorten;
};

static uint32_t length_of(const uint8_t *frame)
{
    return (uint32_t)frame[0] << 16 | (uint32_t)frame[1] << 8 | frame[2];
}

static int32_t stream_of(const uint8_t *frame)
{
    return (int32_t)((uint32_t)(frame[5] & 0x7f) << 24 | (uint32_t)frame[6] << 16 |
                     (uint32_t)frame[7] << 8 | frame[8]);
}

static const struct lg_h2_head *known(const struct lg_h2_memo *memo, const uint8_t *block, size_t n)
{
    for (size_t i = 0; i < memo->count; i++) {
        const struct lg_h2_head *head = &memo->heads[i];
        if (head->n == n && memcmp(head->block, block, n) == 0) {
            return head;
        }
    }
    return NULL;
}

/* Puts the head's short form, with a frame head that tells its length, behind what came before. */
static void put_short(struct walk *w, const uint8_t *in, const uint8_t *frame,
                      const struct lg_h2_head *head)
{
    const uint8_t *from = w->copied != NULL ? w->copied : in;
    uint8_t frame_head[LG_H2_FRAME_HEAD];
    memcpy(frame_head, frame, sizeof frame_head);
    frame_head[1] = 0;
    frame_head[2] = head->short_n;
    lg_buf_add(w->scratch, from, (size_t)(frame - from));
    lg_buf_add(w->scratch, frame_head, sizeof frame_head);
    lg_buf_add(w->scratch, head->short_block, head->short_n);
    w->copied = frame + sizeof frame_head + head->n;
    w->memo->fruitless = 0;
    w->shortened(w->ctx, stream_of(frame), (size_t)(head->n - head->short_n));
}

/* A frame that carries fields, of which all is here. */
static void take_head(struct walk *w, const uint8_t *in, const uint8_t *frame, size_t n)
{
    enum { PLAIN = NGHTTP2_FLAG_END_STREAM | NGHTTP2_FLAG_END_HEADERS };
    const uint8_t *block = frame + LG_H2_FRAME_HEAD;
    uint8_t flags = frame[4];
    if (frame[3] != NGHTTP2_HEADERS || (flags & ~PLAIN) != 0 ||
        (flags & NGHTTP2_FLAG_END_HEADERS) == 0) {
        forget_all(w->memo);
        return;
    }
    const struct lg_h2_head *head = known(w->memo, block, n);
    if (head == NULL) {
        meet_head(w->memo, block, n, stream_of(frame));
    } else if (w->shorten) {
        put_short(w, in, frame, head);
    }
}

static bool carries_fields(const uint8_t *frame)
{
    return frame[3] == NGHTTP2_HEADERS || frame[3] == NGHTTP2_PUSH_PROMISE ||
           frame[3] == NGHTTP2_CONTINUATION;
}

/* The rest of a frame head that an earlier input began: how many bytes of `in` it is. */
static size_t join_part(struct lg_h2_memo *memo, struct lg_slice in)
{
    size_t want = sizeof memo->part - memo->part_n, n = in.n < want ? in.n : want;
    memcpy(memo->part + memo->part_n, in.p, n);
    memo->part_n = (uint8_t)(memo->part_n + n);
    if (memo->part_n == sizeof memo->part) {
        memo->part_n = 0;
        memo->left = length_of(memo->part);
        if (carries_fields(memo->part)) {
            forget_all(memo); /* its block may be cut, too */
        }
    }
    return n;
}

static const uint8_t *walk_frame(struct walk *w, const uint8_t *in, const uint8_t *p,
                                 const uint8_t *end)
{
    struct lg_h2_memo *memo = w->memo;
    if ((size_t)(end - p) < LG_H2_FRAME_HEAD) {
        return p + join_part(memo, lg_slice(p, (size_t)(end - p)));
    }
    size_t n = length_of(p), here = (size_t)(end - p) - LG_H2_FRAME_HEAD;
    if (carries_fields(p)) {
        if (n <= here) {
            take_head(w, in, p, n);
        } else {
            forget_all(memo);
        }
    }
    memo->left = (uint32_t)(n <= here ? 0 : n - here);
    return n <= here ? p + LG_H2_FRAME_HEAD + n : end;
}

struct lg_slice lg_h2_memo_filter(struct lg_h2_memo *memo, struct lg_slice in, bool shorten,
                                  struct lg_buf *scratch, lg_h2_shortened *shortened, void *ctx)
{
    struct walk w = {
        .memo = memo, .scratch = scratch, .shortened = shortened, .ctx = ctx, .shorten = shorten};
    const uint8_t *begin = (const uint8_t *)in.p, *p = begin, *end = begin + in.n;
    if (memo->fruitless == GIVE_UP) {
        return in;
    }
    memo->learning = 0; /* nghttp2 has done with the input before */
    lg_buf_clear(scratch);
    if (memo->part_n > 0) {
        p += join_part(memo, in);
    }
    while (p < end) {
        size_t rest = (size_t)(end - p);
        if (memo->left > 0) {
            size_t n = memo->left < rest ? memo->left : rest;
            memo->left -= (uint32_t)n;
            p += n;
        } else {
            p = walk_frame(&w, begin, p, end);
        }
    }
    if (w.copied == NULL) {
        return in;
    }
    lg_buf_add(scratch, w.copied, (size_t)(end - w.copied));
    return lg_buf_slice(scratch);
}
