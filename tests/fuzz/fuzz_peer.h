/* What the protocol fuzzers share: a sink that writes a log which must not depend on how the input
 * was cut, and the cutting. */
#ifndef LG_TESTS_FUZZ_PEER_H
#define LG_TESTS_FUZZ_PEER_H

#include "base/rng.h"
#include "proto/proto.h"

struct fuzz_peer {
    struct lg_proto *proto;
    struct lg_request request;
    lg_op open, last; /* the open exchange, 0: none; the last one started */
    unsigned starts;  /* how many more to start */
    struct lg_buf log, out;
    lg_op body; /* the exchange whose body is being logged */
    enum lg_proto_state state;
};

static void fuzz_start(struct fuzz_peer *peer)
{
    while (peer->starts > 0 && peer->proto->ops->capacity(peer->proto) > 0) {
        peer->starts--;
        peer->open = ++peer->last;
        peer->proto->ops->start(peer->proto, peer->last, &peer->request);
    }
}

static void fuzz_on_ready(void *ctx)
{
    lg_buf_adds(&((struct fuzz_peer *)ctx)->log, "R");
    fuzz_start(ctx);
}

static void fuzz_on_head(void *ctx, lg_op op, int status)
{
    struct fuzz_peer *peer = ctx;
    LG_ASSERT(op != 0 && op == peer->open && status >= 200);
    lg_buf_addf(&peer->log, "H%d,", status);
}

static void fuzz_on_header(void *ctx, lg_op op, struct lg_slice name, struct lg_slice value)
{
    struct fuzz_peer *peer = ctx;
    LG_ASSERT(op != 0 && op == peer->open && name.n > 0);
    lg_buf_adds(&peer->log, "F");
    lg_buf_add(&peer->log, name.p, name.n);
    lg_buf_adds(&peer->log, "=");
    lg_buf_add(&peer->log, value.p, value.n);
}

static void fuzz_on_data(void *ctx, lg_op op, struct lg_slice data, bool whole)
{
    struct fuzz_peer *peer = ctx;
    LG_ASSERT(op == 0 ? whole : op == peer->open);
    if (op == 0) {
        lg_buf_addf(&peer->log, "M%zu:", data.n);
    }
    lg_buf_add(&peer->log, data.p, data.n);
    if (op == 0) {
        fuzz_start(peer);
    }
}

static void fuzz_on_done(void *ctx, lg_op op, struct lg_outcome outcome)
{
    struct fuzz_peer *peer = ctx;
    LG_ASSERT(op != 0 && op == peer->open); /* once each */
    peer->open = 0;
    lg_buf_addf(&peer->log, "D%d.%d;", outcome.class, outcome.code);
    fuzz_start(peer);
}

static const struct lg_proto_sink fuzz_sink = {
    .on_ready = fuzz_on_ready,
    .on_head = fuzz_on_head,
    .on_header = fuzz_on_header,
    .on_data = fuzz_on_data,
    .on_done = fuzz_on_done,
};

static void fuzz_drain(struct fuzz_peer *peer)
{
    size_t before;
    do {
        before = peer->out.n;
        peer->proto->ops->output(peer->proto, &peer->out);
    } while (peer->out.n > before);
}

/* Each piece is a heap block of its own, so that ASan sees any read beyond it. */
static void fuzz_feed(struct fuzz_peer *peer, struct lg_slice in, uint64_t split)
{
    struct lg_rng rng;
    lg_rng_init(&rng, split, 0, 0);
    while (in.n > 0 && peer->state == LG_PROTO_OPEN) {
        size_t n = split == 0 ? in.n : split == 1 ? 1 : 1 + lg_rng_below(&rng, 40);
        n = n < in.n ? n : in.n;
        struct lg_buf piece = {.p = lg_grow(NULL, n, 1), .n = n, .cap = n};
        memcpy(piece.p, in.p, n);
        peer->state = peer->proto->ops->input(peer->proto, lg_buf_slice(&piece));
        lg_buf_free(&piece);
        fuzz_drain(peer);
        in.p += n;
        in.n -= n;
    }
}

/* The end of the connection; logs the state and frees all but the log. */
static void fuzz_end(struct fuzz_peer *peer, bool eof)
{
    if (eof && peer->state == LG_PROTO_OPEN) {
        peer->state = peer->proto->ops->input(peer->proto, lg_slice(NULL, 0));
    }
    struct lg_outcome why = peer->proto->ops->why(peer->proto);
    LG_ASSERT(peer->state == LG_PROTO_OPEN || peer->open == 0);
    lg_buf_addf(&peer->log, "S%d,%d.%d", peer->state, why.class, why.code);
    peer->proto->ops->free(peer->proto);
    lg_buf_free(&peer->out);
}

#endif
