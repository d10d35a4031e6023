/* The event stream format once more, in the slowest and plainest way: the whole text at hand, one
 * pass for lines, one for events.  What content/sse.c finds is held against it. */
#ifndef LG_TESTS_SSE_ORACLE_H
#define LG_TESTS_SSE_ORACLE_H

#include "content/sse.h"

#include <string.h>

static inline void sse_log(struct lg_buf *log, struct lg_slice type, struct lg_slice data,
                           struct lg_slice id, bool own_id)
{
    lg_buf_addf(log, "[%zu %zu %zu %d]", type.n, data.n, id.n, own_id);
    lg_buf_add(log, type.p, type.n);
    lg_buf_adds(log, "|");
    lg_buf_add(log, data.p, data.n);
    lg_buf_adds(log, "|");
    lg_buf_add(log, id.p, id.n);
    lg_buf_adds(log, "\n");
}

struct sse_oracle {
    struct lg_buf log, last_id; /* the caller's */
    struct lg_buf data, type, id;
    bool has_data, own_id;
    int64_t retry_ms; /* -1: none; -2: a number too long to be held against anything */
};

static inline void sse_set(struct lg_buf *buf, struct lg_slice value)
{
    lg_buf_clear(buf);
    lg_buf_add(buf, value.p, value.n);
}

static inline void sse_oracle_field(struct sse_oracle *o, struct lg_slice name,
                                    struct lg_slice value)
{
    if (lg_slice_eq(name, lg_str("data"))) {
        lg_buf_add(&o->data, value.p, value.n);
        lg_buf_adds(&o->data, "\n");
        o->has_data = true;
    } else if (lg_slice_eq(name, lg_str("event"))) {
        sse_set(&o->type, value);
    } else if (lg_slice_eq(name, lg_str("id"))) {
        bool nul = false;
        for (size_t i = 0; i < value.n; i++) {
            nul = nul || value.p[i] == '\0';
        }
        if (!nul) {
            sse_set(&o->id, value);
            o->own_id = true;
        }
    } else if (lg_slice_eq(name, lg_str("retry"))) {
        bool digits = value.n > 0;
        int64_t ms = 0;
        for (size_t i = 0; i < value.n; i++) {
            digits = digits && value.p[i] >= '0' && value.p[i] <= '9';
            ms = digits && i < 16 ? ms * 10 + value.p[i] - '0' : ms;
        }
        o->retry_ms = !digits ? o->retry_ms : value.n <= 16 ? ms : -2;
    }
}

static inline void sse_oracle_line(struct sse_oracle *o, struct lg_slice line)
{
    size_t colon = 0;
    if (line.n == 0) {
        sse_set(&o->last_id, lg_buf_slice(&o->id));
        if (o->has_data) {
            sse_log(&o->log, o->type.n > 0 ? lg_buf_slice(&o->type) : lg_str("message"),
                    lg_slice(o->data.p, o->data.n - 1), lg_buf_slice(&o->id), o->own_id);
        }
        lg_buf_clear(&o->data);
        lg_buf_clear(&o->type);
        o->has_data = o->own_id = false;
        return;
    }
    while (colon < line.n && line.p[colon] != ':') {
        colon++;
    }
    struct lg_slice value = lg_slice("", 0);
    if (colon < line.n) {
        size_t from = colon + 1;
        from += from < line.n && line.p[from] == ' ';
        value = lg_slice(line.p + from, line.n - from);
    }
    sse_oracle_field(o, lg_slice(line.p, colon), value);
}

/* Of a whole stream. */
static inline struct sse_oracle sse_oracle(struct lg_slice text)
{
    struct sse_oracle o = {.retry_ms = -1};
    size_t i = text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    for (size_t from = i; i < text.n; i++) {
        if (text.p[i] != '\n' && text.p[i] != '\r') {
            continue;
        }
        sse_oracle_line(&o, lg_slice(text.p + from, i - from));
        i += text.p[i] == '\r' && i + 1 < text.n && text.p[i + 1] == '\n';
        from = i + 1;
    }
    lg_buf_free(&o.data);
    lg_buf_free(&o.type);
    lg_buf_free(&o.id);
    return o;
}

/* Feeds one read's bytes to ours and adds what it finds to the log.  False: too big. */
static inline bool sse_ours(struct lg_sse *sse, struct lg_slice bytes, struct lg_buf *log)
{
    struct lg_sse_event event;
    enum lg_sse_found found;
    while ((found = lg_sse_next(sse, &bytes, &event)) == LG_SSE_EVENT) {
        sse_log(log, event.type, event.data, event.id, event.own_id);
    }
    return found == LG_SSE_MORE;
}

#endif
