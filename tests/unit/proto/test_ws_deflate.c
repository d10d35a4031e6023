#include <criterion/criterion.h>

#include "base/rng.h"
#include "proto/ws_deflate.h"
#include "proto/ws_frame.h"
#include "support/leaks.h"
#include "support/script_peer.h"

#include <stdlib.h>
#include <zlib.h>

TestSuite(ws_deflate, .fini = no_leaks);

#define B(text) (text), sizeof(text) - 1

/* ---- the terms ---- */

struct terms_row {
    const char *field;
    bool ok;
    struct lg_ws_terms terms;
};

static const struct terms_row terms_rows[] = {
    {"permessage-deflate", true, {15, 15, false}},
    {"Permessage-Deflate", true, {15, 15, false}},
    {"permessage-deflate; server_no_context_takeover", true, {15, 15, true}},
    {"permessage-deflate;client_no_context_takeover", true, {15, 15, false}},
    {"permessage-deflate; server_max_window_bits=8", true, {15, 8, false}},
    {"permessage-deflate; client_max_window_bits=9", true, {9, 15, false}},
    {"permessage-deflate; client_max_window_bits=8", true, {8, 15, false}},
    {"permessage-deflate ;\tclient_max_window_bits = \"10\" ; server_max_window_bits=15;"
     " server_no_context_takeover ; client_no_context_takeover",
     true,
     {10, 15, true}},
    {"", false, {0}},
    {"permessage-bzip2", false, {0}},
    {"x-webkit-deflate-frame", false, {0}},
    {"permessage-deflate, permessage-deflate", false, {0}},
    {"permessage-deflate; server_max_window_bits=10, permessage-deflate", false, {0}},
    {"permessage-deflate; unknown", false, {0}},
    {"permessage-deflate;", true, {15, 15, false}},
    {"permessage-deflate; ; client_max_window_bits=9", false, {0}},
    {"permessage-deflate; server_no_context_takeover=1", false, {0}},
    {"permessage-deflate; client_no_context_takeover=", false, {0}},
    {"permessage-deflate; client_max_window_bits", false, {0}},
    {"permessage-deflate; server_max_window_bits", false, {0}},
    {"permessage-deflate; server_max_window_bits=", false, {0}},
    {"permessage-deflate; server_max_window_bits=7", false, {0}},
    {"permessage-deflate; server_max_window_bits=16", false, {0}},
    {"permessage-deflate; server_max_window_bits=08", false, {0}},
    {"permessage-deflate; server_max_window_bits=1", false, {0}},
    {"permessage-deflate; server_max_window_bits=100", false, {0}},
    {"permessage-deflate; server_max_window_bits=\"9", false, {0}},
    {"permessage-deflate; server_max_window_bits=9; server_max_window_bits=9", false, {0}},
    {"permessage-deflate; client_max_window_bits=9; client_max_window_bits=10", false, {0}},
    {"permessage-deflate; server_no_context_takeover; server_no_context_takeover", false, {0}},
    {"permessage-deflate; client_no_context_takeover; client_no_context_takeover", false, {0}},
};

Test(ws_deflate, accepts_only_what_answers_the_offer)
{
    for (size_t i = 0; i < sizeof terms_rows / sizeof *terms_rows; i++) {
        const struct terms_row *row = &terms_rows[i];
        struct lg_ws_terms terms = {0};
        cr_assert_eq(lg_ws_terms_read(lg_str(row->field), &terms), row->ok, "%s", row->field);
        if (row->ok) {
            cr_expect_eq(terms.client_bits, row->terms.client_bits, "%s", row->field);
            cr_expect_eq(terms.server_bits, row->terms.server_bits, "%s", row->field);
            cr_expect_eq(terms.server_resets, row->terms.server_resets, "%s", row->field);
            cr_expect_not(lg_ws_terms_read(lg_str(row->field), &terms), "a second field");
        }
    }
}

/* ---- messages in: RFC 7692 7.2.3 has these bytes ---- */

static const struct lg_ws_terms usual = {.client_bits = 15, .server_bits = 15};

/* Inflates one message, cut into pieces of `step` bytes. */
static enum lg_protocol_fault inflate_in(struct lg_ws_deflate *ws, struct lg_slice in, size_t step,
                                         size_t max, struct lg_buf *out)
{
    lg_buf_clear(out);
    enum lg_protocol_fault wrong = LG_FAULT_NONE;
    do {
        size_t n = in.n < step ? in.n : step;
        wrong = lg_ws_deflate_in(ws, lg_slice(in.p, n), n == in.n, max, out);
        in = lg_slice(in.p + n, in.n - n);
    } while (in.n > 0 && wrong == LG_FAULT_NONE);
    return wrong;
}

struct message_row {
    const char *sentence;
    const char *bytes;
    size_t n;
    enum lg_protocol_fault wrong;
    const char *text;
};

static const struct message_row message_rows[] = {
    {"a message with one block", B("\xf2\x48\xcd\xc9\xc9\x07\x00"), LG_FAULT_NONE, "Hello"},
    {"a block without compression", B("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"),
     LG_FAULT_NONE, "Hello"},
    {"a block with BFINAL", B("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), LG_FAULT_NONE, "Hello"},
    {"two blocks", B("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"), LG_FAULT_NONE,
     "Hello"},
    {"an empty message", B("\x00"), LG_FAULT_NONE, ""},
    {"an empty last block with BFINAL", B("\x01"), LG_FAULT_NONE, ""},
    {"BFINAL in the middle, and another stream",
     B("\xf3\x48\xcd\xc9\xc9\x07\x00\xf2\x48\xcd\xc9\xc9\x07\x00"), LG_FAULT_NONE, "HelloHello"},
    {"a message that ends within a block", B("\xf2\x48\xcd"), LG_FAULT_DEFLATE, NULL},
    {"no byte at all", B(""), LG_FAULT_DEFLATE, NULL},
    {"a block type that is none", B("\x06"), LG_FAULT_DEFLATE, NULL},
    {"a distance before the beginning", B("\xf2\x00\x11\x00\x00"), LG_FAULT_DEFLATE, NULL},
    {"stored lengths that disagree", B("\x00\x05\x00\xfa\xfe\x48\x65\x6c\x6c\x6f\x00"),
     LG_FAULT_DEFLATE, NULL},
};

Test(ws_deflate, inflates_every_message_or_says_what_is_wrong_in_every_cut)
{
    struct lg_buf out = {0};
    for (size_t i = 0; i < sizeof message_rows / sizeof *message_rows; i++) {
        const struct message_row *row = &message_rows[i];
        for (size_t step = 1; step < 16; step++) {
            struct lg_ws_deflate *ws = lg_ws_deflate_new(&usual, NULL);
            enum lg_protocol_fault wrong =
                inflate_in(ws, lg_slice(row->bytes, row->n), step, 100, &out);
            cr_assert_eq(wrong, row->wrong, "%s: %s", row->sentence, lg_protocol_fault_name(wrong));
            if (wrong == LG_FAULT_NONE) {
                cr_assert(lg_slice_eq(lg_buf_slice(&out), lg_str(row->text)), "%s: %.*s",
                          row->sentence, (int)out.n, out.p);
            }
            lg_ws_deflate_free(ws);
        }
    }
    lg_buf_free(&out);
}

Test(ws_deflate, a_message_may_refer_to_the_one_before_it_unless_the_server_resets)
{
    static const char first[] = "\xf2\x48\xcd\xc9\xc9\x07\x00", again[] = "\xf2\x00\x11\x00\x00";
    struct lg_buf out = {0};
    struct lg_ws_terms resets = {.client_bits = 15, .server_bits = 15, .server_resets = true};
    for (int i = 0; i < 2; i++) {
        struct lg_ws_deflate *ws = lg_ws_deflate_new(i == 0 ? &usual : &resets, NULL);
        cr_assert_eq(inflate_in(ws, lg_slice(first, 7), 9, 100, &out), LG_FAULT_NONE);
        enum lg_protocol_fault wrong = inflate_in(ws, lg_slice(again, 5), 9, 100, &out);
        cr_assert_eq(wrong, i == 0 ? LG_FAULT_NONE : LG_FAULT_DEFLATE);
        cr_assert(i == 1 || lg_slice_eq(lg_buf_slice(&out), lg_str("Hello")));
        lg_ws_deflate_free(ws);
    }
    lg_buf_free(&out);
}

/* A server's side: streams with a context. */
static void deflate_by_zlib(z_stream *stream, struct lg_slice message, struct lg_buf *out)
{
    lg_buf_clear(out);
    lg_buf_reserve(out, deflateBound(stream, message.n) + 16);
    stream->next_in = (Bytef *)message.p;
    stream->avail_in = (uInt)message.n;
    stream->next_out = (Bytef *)out->p;
    stream->avail_out = (uInt)out->cap;
    cr_assert_eq(deflate(stream, Z_SYNC_FLUSH), Z_OK);
    out->n = out->cap - stream->avail_out - 4;
}

Test(ws_deflate, a_bomb_is_too_big_before_it_is_large)
{
    enum { MAX = 100000 };
    z_stream stream = {0};
    cr_assert_eq(deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    char *zeros = lg_alloc(64 << 20);
    struct lg_buf bomb = {0}, out = {0};
    deflate_by_zlib(&stream, lg_slice(zeros, 64 << 20), &bomb);
    struct lg_ws_deflate *ws = lg_ws_deflate_new(&usual, NULL);
    cr_assert_lt(bomb.n, 70000);
    cr_assert_eq(inflate_in(ws, lg_buf_slice(&bomb), bomb.n, MAX, &out), LG_FAULT_TOO_BIG);
    cr_assert_leq(out.cap, 2 * (MAX + 1), "%zu", out.cap);
    lg_ws_deflate_free(ws);

    deflateReset(&stream);
    deflate_by_zlib(&stream, lg_slice(zeros, MAX), &bomb);
    ws = lg_ws_deflate_new(&usual, NULL);
    cr_assert_eq(inflate_in(ws, lg_buf_slice(&bomb), 7, MAX, &out), LG_FAULT_NONE);
    cr_assert_eq(out.n, MAX, "a message of just the limit is none");
    lg_ws_deflate_free(ws);
    deflateEnd(&stream);
    lg_buf_free(&bomb);
    lg_buf_free(&out);
    free(zeros);
}

/* ---- messages out ---- */

/* Words and noise in turn, so that some messages shrink and some grow. */
static size_t random_message(struct lg_rng *rng, char *out, size_t cap)
{
    static const char words[] = "{\"type\":\"say\",\"id\":\"\",\"text\":\"hello hello\"}";
    size_t n = lg_rng_below(rng, lg_rng_below(rng, 3) == 0 ? cap : 200);
    bool noise = lg_rng_below(rng, 4) == 0;
    for (size_t i = 0; i < n; i++) {
        size_t at = (i + lg_rng_below(rng, 2)) % (sizeof words - 1);
        out[i] = noise ? (char)lg_rng_u64(rng) : words[at];
    }
    return n;
}

Test(ws_deflate, what_is_sent_reads_back_in_the_window_agreed_and_without_a_message_before)
{
    enum { CAP = 100000 };
    struct lg_rng rng;
    lg_rng_init(&rng, 5, 0, 0);
    struct lg_deflater *deflater = lg_deflater_new();
    char *message = lg_alloc(CAP);
    struct lg_buf out = {0};
    unsigned compressed = 0, plain = 0;
    for (int i = 0; i < 600; i++) {
        unsigned bits = 8 + (unsigned)lg_rng_below(&rng, 8);
        size_t n = random_message(&rng, message, CAP);
        struct lg_ws_terms terms = {.client_bits = (uint8_t)bits, .server_bits = (uint8_t)bits};
        struct lg_ws_deflate *ws =
            lg_ws_deflate_new(&terms, deflater); /* knows no message before */
        struct lg_slice sent = lg_ws_deflate_out(ws, lg_slice(message, n));
        if (sent.n > 0) {
            cr_assert(bits > 8 && n > 0);
            cr_assert_eq(inflate_in(ws, sent, 1 + lg_rng_below(&rng, 500), CAP, &out),
                         LG_FAULT_NONE);
            cr_assert(lg_slice_eq(lg_buf_slice(&out), lg_slice(message, n)));
            compressed++;
        } else {
            plain++;
        }
        lg_ws_deflate_free(ws);
    }
    cr_assert(compressed > 100 && plain > 20, "%u, %u", compressed, plain);
    free(message);
    lg_buf_free(&out);
    lg_deflater_free(deflater);
}

/* ---- in the protocol ---- */

struct row {
    const char *sentence;
    const char *in; /* frames of the server */
    size_t n;
    const char *log; /* behind "ready" */
};

#define RESERVED "protocol reserved_bits"
#define FRAGMENT "protocol fragment"
#define UTF8     "protocol utf8"
#define TOO_BIG  "protocol too_big"
#define HELLO    "\xf2\x48\xcd\xc9\xc9\x07\x00"

static const struct row rows[] = {
    {"a compressed message", B("\xc1\x07" HELLO), "data 0 Hello\nstate open"},
    {"in fragments, of which only the first is marked",
     B("\x41\x03\xf2\x48\xcd\x80\x04\xc9\xc9\x07\x00"), "data 0 Hello\nstate open"},
    {"a ping between its fragments, and an empty one",
     B("\x41\x03\xf2\x48\xcd\x89\x00\x00\x00\x80\x04\xc9\xc9\x07\x00"), "data 0 Hello\nstate open"},
    {"a plain message between compressed ones",
     B("\xc1\x07" HELLO "\x81\x02hi\xc1\x05\xf2\x00\x11\x00\x00"),
     "data 0 Hello\ndata 0 hi\ndata 0 Hello\nstate open"},
    {"an empty message", B("\xc2\x01\x00"), "data 0 \nstate open"},
    {"the mark on a later fragment", B("\x41\x03\xf2\x48\xcd\xc0\x04\xc9\xc9\x07\x00"),
     "state broken " RESERVED},
    {"the mark on a ping", B("\xc9\x00"), "state broken " RESERVED},
    {"the mark on a close", B("\xc8\x00"), "state broken " RESERVED},
    {"another reserved bit", B("\xa1\x00"), "state broken " RESERVED},
    {"all of them", B("\xf1\x00"), "state broken " RESERVED},
    {"a compressed message within a message", B("\x41\x01\xf2\xc1\x07" HELLO),
     "state broken " FRAGMENT},
    {"a compressed text that is not UTF-8", B("\xc1\x07\x00\x01\x00\xfe\xff\xff\x00"),
     "state broken " UTF8},
    {"a compressed text that ends within a character", B("\xc1\x07\x00\x01\x00\xfe\xff\xc3\x00"),
     "state broken " UTF8},
    {"the same as binary", B("\xc2\x07\x00\x01\x00\xfe\xff\xc3\x00"), "data 0 \\xc3\nstate open"},
    {"a fault of the text before one of the stream", B("\xc1\x07\x00\x01\x00\xfe\xff\xff\x06"),
     "state broken " UTF8},
    {"a fault of the stream before one of the text", B("\xc1\x07\x06\x00\x01\x00\xfe\xff\xff"),
     "state broken protocol deflate"},
    {"bytes that are no deflate stream", B("\xc1\x01\x06"), "state broken protocol deflate"},
    {"more than the limit", B("\xc2\x09\x62\x60\x18\x05\xa3\x60\x00\x00\x00"),
     "state broken " TOO_BIG},
};

static void check_row(const struct row *row, enum script_split split, uint64_t seed)
{
    struct script_peer peer = {.fault_names = true};
    struct lg_deflater *deflater = lg_deflater_new();
    struct lg_proto_config config = {
        .authority = lg_str("h"), .max_message = 100, .deflater = deflater};
    script_open(&peer, &lg_websocket, &config);
    lg_buf_add(&peer.out, "", 1);
    cr_assert_not_null(strstr(peer.out.p, "\r\nSec-WebSocket-Extensions: permessage-deflate; "
                                          "client_max_window_bits\r\n"));
    struct lg_buf in = {0};
    script_ws_accept(&peer, &in, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
    lg_buf_add(&in, row->in, row->n);
    script_feed(&peer, lg_buf_slice(&in), split, seed);
    char *want = lg_printf("ready\n%s", row->log);
    const char *log = script_log(&peer);
    cr_assert_str_eq(log, want, "%s (split %d, seed %d)\n--- have\n%s\n--- want\n%s", row->sentence,
                     split, (int)seed, log, want);
    free(want);
    lg_buf_free(&in);
    script_close(&peer);
    lg_deflater_free(deflater);
}

Test(ws_deflate, the_protocol_reads_every_row_the_same_in_every_split)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check_row(&rows[i], SPLIT_WHOLE, 0);
        check_row(&rows[i], SPLIT_BYTES, 1);
        for (uint64_t seed = 0; seed < 10; seed++) {
            check_row(&rows[i], SPLIT_RANDOM, seed);
        }
    }
}

static void answer(struct script_peer *peer, struct lg_deflater *deflater, const char *extensions)
{
    struct lg_proto_config config = {.authority = lg_str("h"), .deflater = deflater};
    script_open(peer, &lg_websocket, &config);
    struct lg_buf in = {0};
    script_ws_accept(peer, &in, extensions);
    script_feed(peer, lg_buf_slice(&in), SPLIT_WHOLE, 0);
    lg_buf_free(&in);
}

Test(ws_deflate, a_server_may_decline_and_must_not_invent)
{
    static const struct {
        const char *extensions, *log;
        bool compressed;
    } answers[] = {
        {"", "ready\nstate open", false},
        {"Sec-WebSocket-Extensions: permessage-deflate\r\n", "ready\nstate open", true},
        {"Sec-WebSocket-Extensions: permessage-deflate; x=1\r\n", "state broken protocol upgrade",
         false},
        {"Sec-WebSocket-Extensions: permessage-deflate\r\n"
         "Sec-WebSocket-Extensions: permessage-deflate\r\n",
         "state broken protocol upgrade", false},
        {"Sec-WebSocket-Extensions: x\r\n", "state broken protocol upgrade", false},
    };
    struct lg_deflater *deflater = lg_deflater_new();
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct script_peer peer = {.fault_names = true};
        answer(&peer, deflater, answers[i].extensions);
        cr_assert_eq(lg_websocket_is_compressed(peer.proto), answers[i].compressed);
        cr_assert_str_eq(script_log(&peer), answers[i].log, "%s", answers[i].extensions);
        script_close(&peer);
    }
    lg_deflater_free(deflater);
}

Test(ws_deflate, the_offer_may_be_put_in_other_words)
{
    static const char field[] = "Sec-WebSocket-Extensions: ";
    struct lg_header own = {lg_str("sec-websocket-extensions"), lg_str("permessage-deflate")};
    struct lg_deflater *deflater = lg_deflater_new();
    struct lg_proto_config config = {
        .authority = lg_str("h"), .deflater = deflater, .headers = &own, .header_count = 1};
    struct script_peer peer = {0};
    script_open(&peer, &lg_websocket, &config);
    lg_buf_add(&peer.out, "", 1);
    char *offer = strcasestr(peer.out.p, field);
    cr_assert_not_null(offer);
    cr_assert_eq(strncmp(offer + sizeof field - 1, "permessage-deflate\r\n", 20), 0);
    cr_assert_null(strcasestr(offer + 1, field), "there are two");
    script_close(&peer);
    lg_deflater_free(deflater);
}

Test(ws_deflate, a_message_is_sent_compressed)
{
    static const char text[] = "hello hello hello hello hello hello";
    struct script_peer peer = {.starts = 1, .request = {.body = lg_str(text)}};
    struct lg_deflater *deflater = lg_deflater_new();
    answer(&peer, deflater, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
    const char *frame = memmem(peer.out.p, peer.out.n, "\r\n\r\n", 4);
    struct lg_slice rest = lg_slice(frame + 4, (size_t)(peer.out.p + peer.out.n - frame) - 4);
    struct lg_ws_head head;
    cr_assert_eq(lg_ws_head_read(rest, true, true, &head), LG_FAULT_NONE);
    cr_assert(head.compressed && head.opcode == LG_WS_TEXT && head.length < sizeof text - 1);
    char payload[64];
    lg_ws_mask(payload, rest.p + head.n, head.length, head.mask);
    struct lg_ws_deflate *ws = lg_ws_deflate_new(&usual, NULL);
    struct lg_buf out = {0};
    cr_assert_eq(inflate_in(ws, lg_slice(payload, head.length), 64, 100, &out), LG_FAULT_NONE);
    cr_assert(lg_slice_eq(lg_buf_slice(&out), lg_str(text)));
    lg_ws_deflate_free(ws);
    lg_buf_free(&out);
    script_close(&peer);
    lg_deflater_free(deflater);
}
