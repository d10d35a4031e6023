#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void lg_buf_reserve(struct lg_buf *buf, size_t more)
{
    if (buf->cap - buf->n >= more) {
        return;
    }
    LG_ASSERT(more < SIZE_MAX / 4 && buf->n < SIZE_MAX / 4);
    size_t cap = buf->cap ? buf->cap : 64;
    while (cap < buf->n + more) {
        cap *= 2;
    }
    buf->p = lg_grow(buf->p, cap, 1);
    buf->cap = cap;
}

void lg_buf_adds(struct lg_buf *buf, const char *text)
{
    lg_buf_add(buf, text, strlen(text));
}

void lg_buf_addf(struct lg_buf *buf, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    LG_ASSERT(n >= 0);
    lg_buf_reserve(buf, (size_t)n + 1);
    vsnprintf(buf->p + buf->n, (size_t)n + 1, format, again);
    va_end(again);
    buf->n += (size_t)n;
}

void lg_buf_drop(struct lg_buf *buf, size_t n)
{
    LG_ASSERT(n <= buf->n);
    if (n > 0) {
        memmove(buf->p, buf->p + n, buf->n - n);
        buf->n -= n;
    }
}

void lg_buf_free(struct lg_buf *buf)
{
    free(buf->p);
    *buf = (struct lg_buf){0};
}

char *lg_buf_take(struct lg_buf *buf)
{
    lg_buf_reserve(buf, 1);
    char *text = buf->p;
    text[buf->n] = '\0';
    *buf = (struct lg_buf){0};
    return text;
}
