/* A growable byte buffer.  `_init`-free: a zeroed struct is an empty buffer that owns nothing. */
#ifndef LG_BASE_BUF_H
#define LG_BASE_BUF_H

#include "base/base.h"

struct lg_buf {
    char *p;    /* owned */
    size_t n;   /* bytes in use */
    size_t cap; /* bytes allocated */
};

void lg_buf_reserve(struct lg_buf *buf, size_t more);   /* room for `more` bytes after n */
void lg_buf_adds(struct lg_buf *buf, const char *text); /* copies */
void lg_buf_addf(struct lg_buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void lg_buf_drop(struct lg_buf *buf, size_t n); /* removes the first n <= buf->n bytes; O(rest) */
void lg_buf_free(struct lg_buf *buf);           /* leaves an empty buffer */
char *
lg_buf_take(struct lg_buf *buf); /* terminated text, now the caller's; leaves an empty buffer */

static inline void lg_buf_add(struct lg_buf *buf, const void *p, size_t n) /* copies */
{
    if (__builtin_expect(buf->cap - buf->n < n, 0)) {
        lg_buf_reserve(buf, n);
    }
    if (n > 0) {
        memcpy(buf->p + buf->n, p, n);
        buf->n += n;
    }
}

static inline void lg_buf_clear(struct lg_buf *buf)
{
    buf->n = 0;
}

static inline struct lg_slice lg_buf_slice(const struct lg_buf *buf)
{
    return lg_slice(buf->p, buf->n);
}

#endif
