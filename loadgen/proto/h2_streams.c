#include "proto/h2_session.h"

#include <stdlib.h>

struct lg_h2_stream *lg_h2_stream_new(struct lg_h2 *h2, lg_op op)
{
    struct lg_h2_stream *s = h2->unused;
    if (s != NULL) {
        struct lg_buf head = s->head;
        h2->unused = s->next;
        *s = (struct lg_h2_stream){.head = head};
        lg_buf_clear(&s->head);
    } else {
        s = lg_alloc(sizeof *s);
    }
    h2->recent = NULL; /* it may be one whose on_done is under way, of the same op */
    s->op = op;
    s->next = h2->streams;
    if (s->next != NULL) {
        s->next->prev = s;
    }
    h2->streams = s;
    h2->stream_count++;
    h2->exchanges++;
    return s;
}

static void unlink_stream(struct lg_h2 *h2, struct lg_h2_stream *s)
{
    h2->full_heads -= s->want_headers || s->tunnel != NULL;
    *(s->prev != NULL ? &s->prev->next : &h2->streams) = s->next;
    if (s->next != NULL) {
        s->next->prev = s->prev;
    }
    if (h2->recent == s) {
        h2->recent = NULL;
    }
    h2->stream_count--;
}

struct lg_h2_stream *lg_h2_stream_of(struct lg_h2 *h2, int32_t id)
{
    if (h2->recent == NULL || h2->recent->id != id) {
        h2->recent = nghttp2_session_get_stream_user_data(h2->session, id);
    }
    return h2->recent;
}

struct lg_h2_stream *lg_h2_find(struct lg_h2 *h2, lg_op op)
{
    struct lg_h2_stream *s = h2->recent != NULL && h2->recent->op == op ? h2->recent : h2->streams;
    while (s != NULL && s->op != op) {
        s = s->next;
    }
    h2->recent = s != NULL ? s : h2->recent;
    return s;
}

void lg_h2_end_exchange(struct lg_h2 *h2, struct lg_h2_stream *s, struct lg_outcome outcome)
{
    lg_op op = s->op;
    if (op != 0) {
        h2->recent = s; /* so that bytes() finds it */
        h2->exchanges--;
        h2->sink->on_done(h2->ctx, op, outcome);
        s->op = 0;
    }
}

/* The place is free before on_done, so that the next exchange can start there. */
void lg_h2_stream_closed(struct lg_h2 *h2, struct lg_h2_stream *s)
{
    bool was_full = lg_h2_capacity(h2) == 0;
    bool silent = s->op == 0;
    unlink_stream(h2, s);
    if (s->tunnel != NULL) {
        lg_h2_tunnel_closed(s->tunnel, s->why);
    }
    lg_h2_end_exchange(h2, s, s->why);
    h2->recent = NULL;
    lg_h2_tunnel_free(s->tunnel);
    s->tunnel = NULL;
    s->next = h2->unused;
    h2->unused = s;
    if (silent && was_full && lg_h2_capacity(h2) > 0) {
        h2->sink->on_ready(h2->ctx);
    }
}

void lg_h2_reset(struct lg_h2 *h2, const struct lg_h2_stream *s, uint32_t error)
{
    int result = nghttp2_submit_rst_stream(h2->session, NGHTTP2_FLAG_NONE, s->id, error);
    LG_ASSERT(result == 0);
}

/* ---- ends of the connection ---- */

unsigned lg_h2_capacity(const struct lg_h2 *h2)
{
    if (h2->state != LG_PROTO_OPEN || !h2->settled || h2->ending || h2->exhausted ||
        h2->finishing) {
        return 0;
    }
    return h2->limit > h2->stream_count ? h2->limit - h2->stream_count : 0;
}

void lg_h2_end(struct lg_h2 *h2)
{
    if (!h2->ending) {
        h2->ending = true;
        h2->sink->on_ending(h2->ctx);
    }
}

void lg_h2_break(struct lg_h2 *h2, struct lg_outcome why)
{
    if (h2->state != LG_PROTO_OPEN) {
        return;
    }
    h2->state = LG_PROTO_BROKEN;
    h2->why = why;
    while (h2->streams != NULL) {
        struct lg_h2_stream *s = h2->streams;
        s->why = s->why.class != LG_OK ? s->why : why;
        lg_h2_stream_closed(h2, s);
    }
}

static void free_stream(struct lg_h2_stream *s)
{
    lg_buf_free(&s->head);
    lg_h2_tunnel_free(s->tunnel);
    free(s);
}

void lg_h2_streams_free(struct lg_h2 *h2)
{
    for (int list = 0; list < 2; list++) {
        struct lg_h2_stream *s = list == 0 ? h2->streams : h2->unused;
        while (s != NULL) {
            struct lg_h2_stream *next = s->next;
            free_stream(s);
            s = next;
        }
    }
}
