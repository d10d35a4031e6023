/* What an HTTP/2 server says.  Byte 0: bit 0 the rest is bytes as they are (else a list of frames:
 * type, flags, stream, length, payload), bit 1 finish() half-way, bit 2 the connection ends, bit 3
 * exchange 1 is a tunnel, bit 4 exchanges are started again and again, bit 5 exchange 2 uploads,
 * bit 6 exchange 3 is cancelled half-way; byte 1 the cut.  Whatever comes: each exchange ends once,
 * and nothing of it is heard behind its end. */
#include "base/rng.h"
#include "proto/proto.h"

#include <stdlib.h>

enum { OPS = 200, AT_ONCE = 4 };
enum { FRESH, STARTED, HEADED, DONE };

struct play {
    struct lg_proto *proto;
    struct lg_request request;
    uint8_t ops[OPS]; /* by lg_op */
    lg_op last;
    unsigned starts;
    bool ended; /* no exchange may be open any more */
    enum lg_proto_state state;
    struct lg_buf out;
};

static void start_more(struct play *play)
{
    while (play->starts > 0 && play->last + 1 < OPS &&
           play->proto->ops->capacity(play->proto) > 0) {
        struct lg_request request = play->request;
        play->starts--;
        play->ops[++play->last] = STARTED;
        request.websocket = play->request.websocket && play->last == 1;
        request.body = play->last == 2 ? play->request.body : (struct lg_slice){0};
        play->proto->ops->start(play->proto, play->last, &request);
    }
}

static void on_ready(void *ctx)
{
    start_more(ctx);
}

static void on_head(void *ctx, lg_op op, int status)
{
    struct play *play = ctx;
    LG_ASSERT(op <= play->last && play->ops[op] == STARTED && status >= 200 && status < 1000);
    play->ops[op] = HEADED;
}

static void on_header(void *ctx, lg_op op, struct lg_slice name, struct lg_slice value)
{
    struct play *play = ctx;
    (void)value;
    LG_ASSERT(op <= play->last && play->ops[op] == HEADED && name.n > 0);
}

static void on_data(void *ctx, lg_op op, struct lg_slice data, bool whole)
{
    struct play *play = ctx;
    LG_ASSERT(op <= play->last && play->ops[op] == HEADED && (data.n > 0 || whole));
    if (whole && play->proto->ops->can_send(play->proto, op) && play->last + 1 < OPS) {
        struct lg_request message = {.body = data, .tunnel = op};
        play->ops[++play->last] = STARTED;
        play->proto->ops->start(play->proto, play->last, &message);
    }
}

static void on_done(void *ctx, lg_op op, struct lg_outcome outcome)
{
    struct play *play = ctx;
    uint64_t in, out;
    LG_ASSERT(op <= play->last && (play->ops[op] == STARTED || play->ops[op] == HEADED));
    LG_ASSERT(outcome.class >= 0 && outcome.class < LG_OUTCOME_CLASSES);
    play->proto->ops->bytes(play->proto, op, &in, &out);
    play->ops[op] = DONE;
    start_more(play);
}

static void on_ending(void *ctx)
{
    struct play *play = ctx;
    LG_ASSERT(!play->ended);
    play->ended = true;
    LG_ASSERT(play->proto->ops->capacity(play->proto) == 0);
}

static const struct lg_proto_sink sink = {
    .on_ready = on_ready,
    .on_head = on_head,
    .on_header = on_header,
    .on_data = on_data,
    .on_done = on_done,
    .on_ending = on_ending,
};

static void drain(struct play *play)
{
    size_t before;
    do {
        before = play->out.n;
        play->proto->ops->output(play->proto, &play->out);
    } while (play->out.n > before);
    lg_buf_clear(&play->out);
}

/* Each piece is a heap block of its own, so that ASan sees any read beyond it. */
static void feed(struct play *play, struct lg_slice in, uint64_t split)
{
    struct lg_rng rng;
    lg_rng_init(&rng, split, 0, 0);
    while (in.n > 0 && play->state == LG_PROTO_OPEN) {
        size_t n = split == 0 ? in.n : split == 1 ? 1 : 1 + lg_rng_below(&rng, 40);
        n = n < in.n ? n : in.n;
        struct lg_buf piece = {.p = lg_grow(NULL, n, 1), .n = n, .cap = n};
        memcpy(piece.p, in.p, n);
        play->state = play->proto->ops->input(play->proto, lg_buf_slice(&piece));
        lg_buf_free(&piece);
        drain(play);
        in = lg_slice(in.p + n, in.n - n);
    }
}

static void add_frames(struct lg_buf *out, const uint8_t *p, size_t n)
{
    while (n >= 4) {
        size_t length = p[3] < n - 4 ? p[3] : n - 4;
        lg_buf_add(out, (uint8_t[]){0, 0, (uint8_t)length, p[0], p[1], 0, 0, 0, p[2]}, 9);
        lg_buf_add(out, p + 4, length);
        p += 4 + length;
        n -= 4 + length;
    }
}

static void end(struct play *play, bool eof)
{
    if (play->state == LG_PROTO_OPEN && eof) {
        play->state = play->proto->ops->input(play->proto, lg_slice(NULL, 0));
    }
    if (play->state != LG_PROTO_OPEN) {
        drain(play);
        LG_ASSERT(play->proto->ops->capacity(play->proto) == 0);
        for (lg_op op = 1; op <= play->last; op++) {
            LG_ASSERT(play->ops[op] == DONE);
        }
    }
    play->proto->ops->why(play->proto);
    play->proto->ops->free(play->proto);
    lg_buf_free(&play->out);
}

static void play_once(const uint8_t *data, struct lg_slice in, uint64_t split)
{
    struct lg_proto_config config = {.authority = lg_str("h"), .max_message = 300};
    static const char settings[] = "\0\0\6\4\0\0\0\0\0\0\x8\0\0\0\1"; /* extended CONNECT */
    struct play play = {.starts = data[0] & 16 ? OPS : AT_ONCE};
    play.request = (struct lg_request){.method = lg_str("POST"),
                                       .path = lg_str("/"),
                                       .body = data[0] & 32 ? lg_str("body") : lg_str(""),
                                       .websocket = (data[0] & 8) != 0,
                                       .want_headers = true,
                                       .want_body = true};
    play.proto = lg_http2.open(&config, &sink, &play);
    drain(&play);
    if ((data[0] & 1) == 0) {
        feed(&play, lg_slice(settings, sizeof settings - 1), 0);
    }
    size_t half = in.n / 2;
    feed(&play, lg_slice(in.p, half), split);
    if (play.state == LG_PROTO_OPEN && (data[0] & 2)) {
        play.proto->ops->finish(play.proto);
    }
    if (play.state == LG_PROTO_OPEN && (data[0] & 64) && play.last >= 3 && play.ops[3] != DONE) {
        play.proto->ops->cancel(play.proto, 3);
        play.ops[3] = DONE;
    }
    feed(&play, lg_slice(in.p + half, in.n - half), split);
    end(&play, (data[0] & 4) != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n < 2) {
        return 0;
    }
    struct lg_buf in = {0};
    if (data[0] & 1) {
        lg_buf_add(&in, data + 2, n - 2);
    } else {
        add_frames(&in, data + 2, n - 2);
    }
    lg_buf_reserve(&in, 1);
    play_once(data, lg_buf_slice(&in), 0);
    play_once(data, lg_buf_slice(&in), 1);
    play_once(data, lg_buf_slice(&in), 2u + data[1]);
    lg_buf_free(&in);
    return 0;
}
