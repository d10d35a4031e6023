#include "support/script_peer.h"
#include "proto/ws_frame.h"
#include "proto/ws_handshake.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- the log ---- */

static void add_bytes(struct lg_buf *log, struct lg_slice bytes)
{
    for (size_t i = 0; i < bytes.n;) {
        unsigned char c = (unsigned char)bytes.p[i];
        size_t run = 1;
        while (i + run < bytes.n && (unsigned char)bytes.p[i + run] == c) {
            run++;
        }
        size_t shown = run > 8 ? 1 : run;
        for (size_t k = 0; k < shown; k++) {
            if (c >= ' ' && c < 0x7f && c != '\\') {
                lg_buf_add(log, &c, 1);
            } else {
                lg_buf_addf(log, "\\x%02x", c);
            }
        }
        if (run > 8) {
            lg_buf_addf(log, "{%zu}", run);
        }
        i += run;
    }
}

static void flush_body(struct script_peer *peer)
{
    if (peer->body_op != 0) {
        lg_buf_addf(&peer->log, "data %d ", (int)peer->body_op);
        add_bytes(&peer->log, lg_buf_slice(&peer->body));
        lg_buf_adds(&peer->log, "\n");
        lg_buf_clear(&peer->body);
        peer->body_op = 0;
    }
}

static void start_more(struct script_peer *peer)
{
    while (peer->starts > 0 && peer->proto->ops->capacity(peer->proto) > 0) {
        peer->starts--;
        peer->proto->ops->start(peer->proto, ++peer->last_op, &peer->request);
    }
}

static void on_ready(void *ctx)
{
    struct script_peer *peer = ctx;
    flush_body(peer);
    lg_buf_adds(&peer->log, "ready\n");
    start_more(peer);
}

static void on_head(void *ctx, lg_op op, int status)
{
    struct script_peer *peer = ctx;
    flush_body(peer);
    lg_buf_addf(&peer->log, "head %d %d\n", (int)op, status);
    if (op == peer->cancel_on_head) {
        peer->proto->ops->cancel(peer->proto, op);
    }
}

static void on_header(void *ctx, lg_op op, struct lg_slice name, struct lg_slice value)
{
    struct script_peer *peer = ctx;
    lg_buf_addf(&peer->log, "header %d ", (int)op);
    add_bytes(&peer->log, name);
    lg_buf_adds(&peer->log, "=");
    add_bytes(&peer->log, value);
    lg_buf_adds(&peer->log, "\n");
}

static void on_data(void *ctx, lg_op op, struct lg_slice data, bool whole)
{
    struct script_peer *peer = ctx;
    if (op != 0) {
        if (whole || op != peer->body_op) {
            flush_body(peer);
        }
        peer->body_op = op;
        lg_buf_add(&peer->body, data.p, data.n);
        if (whole) {
            flush_body(peer);
        }
        return;
    }
    lg_buf_adds(&peer->log, whole ? "data 0 " : "part 0 ");
    add_bytes(&peer->log, data);
    lg_buf_adds(&peer->log, "\n");
    start_more(peer);
}

static void add_outcome(struct script_peer *peer, struct lg_outcome outcome)
{
    lg_buf_adds(&peer->log, lg_outcome_name(outcome.class));
    if (peer->fault_names && outcome.class == LG_PROTOCOL) {
        lg_buf_addf(&peer->log, " %s", lg_protocol_fault_name(outcome.code));
    } else {
        lg_buf_addf(&peer->log, " %d", outcome.code);
    }
}

static void on_done(void *ctx, lg_op op, struct lg_outcome outcome)
{
    struct script_peer *peer = ctx;
    flush_body(peer);
    lg_buf_addf(&peer->log, "done %d ", (int)op);
    add_outcome(peer, outcome);
    lg_buf_adds(&peer->log, "\n");
    start_more(peer);
}

static void on_ending(void *ctx)
{
    struct script_peer *peer = ctx;
    flush_body(peer);
    lg_buf_adds(&peer->log, "ending\n");
}

const struct lg_proto_sink script_sink = {
    .on_ready = on_ready,
    .on_head = on_head,
    .on_header = on_header,
    .on_data = on_data,
    .on_done = on_done,
    .on_ending = on_ending,
};

const char *script_log(struct script_peer *peer)
{
    static const char *const names[] = {"open", "finished", "broken"};
    flush_body(peer);
    lg_buf_addf(&peer->log, "state %s", names[peer->state]);
    if (peer->state != LG_PROTO_OPEN) {
        struct lg_outcome why = peer->proto->ops->why(peer->proto);
        lg_buf_adds(&peer->log, " ");
        add_outcome(peer, why);
    }
    return peer->log.p;
}

/* ---- the bytes ---- */

struct lg_slice script_guard(struct script_peer *peer, struct lg_slice bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (peer->guard_n < bytes.n || peer->guard == NULL) {
        if (peer->guard != NULL) {
            munmap(peer->guard, peer->guard_n + page);
        }
        peer->guard_n = (bytes.n / page + 1) * page;
        peer->guard = mmap(NULL, peer->guard_n + page, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        LG_ASSERT(peer->guard != MAP_FAILED);
        LG_ASSERT(mprotect(peer->guard + peer->guard_n, page, PROT_NONE) == 0);
    }
    char *p = peer->guard + peer->guard_n - bytes.n;
    if (bytes.n > 0) {
        memcpy(p, bytes.p, bytes.n);
    }
    return lg_slice(p, bytes.n);
}

void script_drain(struct script_peer *peer)
{
    size_t before;
    do {
        before = peer->out.n;
        peer->proto->ops->output(peer->proto, &peer->out);
    } while (peer->out.n > before);
}

void script_open(struct script_peer *peer, const struct lg_proto_ops *ops,
                 const struct lg_proto_config *config)
{
    peer->proto = ops->open(config, &script_sink, peer);
    start_more(peer);
    script_drain(peer);
}

static size_t piece(enum script_split split, struct lg_rng *rng, size_t rest)
{
    if (split == SPLIT_WHOLE) {
        return rest;
    }
    size_t n = split == SPLIT_BYTES ? 1 : 1 + (size_t)lg_rng_below(rng, 1u << lg_rng_below(rng, 9));
    return n < rest ? n : rest;
}

void script_feed(struct script_peer *peer, struct lg_slice bytes, enum script_split split,
                 uint64_t seed)
{
    struct lg_rng rng;
    lg_rng_init(&rng, seed, 0, 0);
    while (bytes.n > 0 && peer->state == LG_PROTO_OPEN) {
        size_t n = piece(split, &rng, bytes.n);
        struct lg_slice in = script_guard(peer, lg_slice(bytes.p, n));
        peer->state = peer->proto->ops->input(peer->proto, in);
        script_drain(peer);
        bytes.p += n;
        bytes.n -= n;
    }
}

void script_eof(struct script_peer *peer)
{
    if (peer->state == LG_PROTO_OPEN) {
        peer->state = peer->proto->ops->input(peer->proto, lg_slice(NULL, 0));
        script_drain(peer);
    }
}

void script_close(struct script_peer *peer)
{
    if (peer->proto != NULL) {
        peer->proto->ops->free(peer->proto);
    }
    if (peer->guard != NULL) {
        munmap(peer->guard, peer->guard_n + (size_t)sysconf(_SC_PAGESIZE));
    }
    lg_buf_free(&peer->out);
    lg_buf_free(&peer->log);
    lg_buf_free(&peer->body);
    *peer = (struct script_peer){0};
}

/* ---- WebSocket ---- */

void script_ws_accept(const struct script_peer *peer, struct lg_buf *out, const char *more)
{
    static const char field[] = "Sec-WebSocket-Key: ";
    const char *key = memmem(peer->out.p, peer->out.n, field, sizeof field - 1);
    LG_ASSERT(key != NULL);
    char accept[LG_WS_ACCEPT_BYTES];
    lg_ws_accept(accept, lg_slice(key + sizeof field - 1, 24));
    lg_buf_addf(out,
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n%s\r\n",
                accept, more);
}

void script_ws_frame(struct lg_buf *out, unsigned opcode, bool fin, struct lg_slice payload)
{
    char head[LG_WS_HEAD_MAX];
    lg_buf_add(out, head, lg_ws_head_write(head, opcode, fin, payload.n, NULL));
    lg_buf_add(out, payload.p, payload.n);
}
