#include <criterion/criterion.h>

#include "proto/ws_frame.h"
#include "support/leaks.h"
#include "support/script_peer.h"

#include <malloc.h>
#include <stdlib.h>
#include <wslay/wslay.h>

TestSuite(websocket, .fini = no_leaks);

static struct lg_proto_config config_of(uint64_t random)
{
    return (struct lg_proto_config){
        .authority = lg_str("chat.test"),
        .path = lg_str("/ws/1"),
        .random = random,
        .max_message = 1000,
    };
}

/* ---- what the client has sent: a readable list of its frames behind the handshake ---- */

static char *sent_frames(const struct script_peer *peer)
{
    struct lg_buf text = {0};
    const char *end = memmem(peer->out.p, peer->out.n, "\r\n\r\n", 4);
    cr_assert_not_null(end);
    struct lg_slice rest = lg_slice(end + 4, (size_t)(peer->out.p + peer->out.n - end) - 4);
    while (rest.n > 0) {
        struct lg_ws_head head;
        cr_assert_eq(lg_ws_head_read(rest, true, false, &head), LG_FAULT_NONE);
        cr_assert(head.n > 0 && head.length <= rest.n - head.n, "the client sends whole frames");
        char *payload = lg_alloc(head.length + 1);
        lg_ws_mask(payload, rest.p + head.n, head.length, head.mask);
        if (head.opcode == LG_WS_CLOSING && head.length >= 2) {
            lg_buf_addf(&text, "close %d|", (uint8_t)payload[0] << 8 | (uint8_t)payload[1]);
        } else {
            lg_buf_addf(&text, "%d %.*s|", head.opcode, (int)head.length, payload);
        }
        free(payload);
        rest.p += head.n + head.length;
        rest.n -= head.n + head.length;
    }
    return lg_buf_take(&text);
}

/* ---- frames: a table of scripts ---- */

struct row {
    const char *sentence;
    const char *in; /* frames of the server */
    size_t n;
    bool eof;
    const char *log; /* behind "ready" */
    const char *sent;
};

#define B(text)    (text), sizeof(text) - 1
#define MASKED     "protocol 8"
#define RESERVED   "protocol 9"
#define OPCODE     "protocol 10"
#define CONTROL    "protocol 11"
#define FRAGMENT   "protocol 12"
#define UTF8       "protocol 13"
#define CLOSE_CODE "protocol 14"
#define TOO_BIG    "protocol 15"
#define LENGTH     "protocol 3"

static const struct row rows[] = {
    {"a text", B("\x81\x05hello"), false, "data 0 hello\nstate open", ""},
    {"a binary message need not be text", B("\x82\x02\xff\xfe"), false,
     "data 0 \\xff\\xfe\nstate open", ""},
    {"an empty text", B("\x81\x00"), false, "data 0 \nstate open", ""},
    {"two messages",
     B("\x81\x01"
       "a\x82\x01"
       "b"),
     false, "data 0 a\ndata 0 b\nstate open", ""},
    {"three fragments",
     B("\x01\x01"
       "a\x00\x01"
       "b\x80\x01"
       "c"),
     false, "data 0 abc\nstate open", ""},
    {"empty fragments", B("\x01\x00\x00\x00\x80\x00"), false, "data 0 \nstate open", ""},
    {"an empty last fragment", B("\x01\x02hi\x80\x00"), false, "data 0 hi\nstate open", ""},
    {"pings between fragments",
     B("\x01\x01"
       "a\x89\x02hi\x00\x01"
       "b\x8a\x02no\x80\x01"
       "c\x89\x00"),
     false, "data 0 abc\nstate open", "10 hi|10 |"},
    {"a pong that nobody asked for", B("\x8a\x03hey"), false, "state open", ""},
    {"a character over two fragments", B("\x01\x02\xe2\x82\x80\x01\xac"), false,
     "data 0 \\xe2\\x82\\xac\nstate open", ""},
    {"a ping within a character", B("\x01\x01\xc3\x89\x00\x80\x01\xa9"), false,
     "data 0 \\xc3\\xa9\nstate open", "10 |"},

    {"a close with a code", B("\x88\x02\x03\xe9"), false, "state finished ws_close 1001",
     "close 1001|"},
    {"a close with a code and a reason",
     B("\x88\x05\x03\xe8"
       "bye"),
     false, "state finished ws_close 1000", "close 1000|"},
    {"a close of an application", B("\x88\x02\x0f\xa0"), false, "state finished ws_close 4000",
     "close 4000|"},
    {"a close without a code", B("\x88\x00"), false, "state finished ws_close 1005", "8 |"},
    {"nothing after a close is looked at", B("\x88\x02\x03\xe8\xff\xff\xff"), false,
     "state finished ws_close 1000", "close 1000|"},
    {"a close within a fragmented message",
     B("\x01\x01"
       "a\x88\x02\x03\xe8"),
     false, "state finished ws_close 1000", "close 1000|"},
    {"a close of one byte", B("\x88\x01\x03"), false, "state broken " CLOSE_CODE, "close 1002|"},
    {"a close with code 1005", B("\x88\x02\x03\xed"), false, "state broken " CLOSE_CODE,
     "close 1002|"},
    {"a close with code 1006", B("\x88\x02\x03\xee"), false, "state broken " CLOSE_CODE,
     "close 1002|"},
    {"a close with code 999", B("\x88\x02\x03\xe7"), false, "state broken " CLOSE_CODE,
     "close 1002|"},
    {"a close with code 2999", B("\x88\x02\x0b\xb7"), false, "state broken " CLOSE_CODE,
     "close 1002|"},
    {"a close with a reason that is not text", B("\x88\x03\x03\xe8\xff"), false,
     "state broken " UTF8, "close 1007|"},
    {"the end without a close", B("\x81\x01x"), true, "data 0 x\nstate broken closed 0", ""},
    {"the end within a head", B("\x81"), true, "state broken closed 0", ""},
    {"the end within a message", B("\x81\x05hel"), true, "state broken closed 0", ""},

    {"a masked frame", B("\x81\x81\x01\x02\x03\x04x"), false, "state broken " MASKED,
     "close 1002|"},
    {"a reserved bit", B("\xc1\x01x"), false, "state broken " RESERVED, "close 1002|"},
    {"a reserved bit on a control frame", B("\x99\x00"), false, "state broken " RESERVED,
     "close 1002|"},
    {"an unknown opcode", B("\x83\x00"), false, "state broken " OPCODE, "close 1002|"},
    {"an unknown control opcode", B("\x8b\x00"), false, "state broken " OPCODE, "close 1002|"},
    {"a fragmented ping", B("\x09\x00"), false, "state broken " CONTROL, "close 1002|"},
    {"a ping of 126 bytes", B("\x89\x7e\x00\x7e"), false, "state broken " CONTROL, "close 1002|"},
    {"a continuation of nothing", B("\x80\x01x"), false, "state broken " FRAGMENT, "close 1002|"},
    {"a continuation after a complete message", B("\x81\x01x\x80\x01y"), false,
     "data 0 x\nstate broken " FRAGMENT, "close 1002|"},
    {"a new message within a message", B("\x01\x01x\x81\x01y"), false, "state broken " FRAGMENT,
     "close 1002|"},
    {"text that is not UTF-8", B("\x81\x02\xc3("), false, "state broken " UTF8, "close 1007|"},
    {"text that ends within a character", B("\x81\x02\xe2\x82"), false, "state broken " UTF8,
     "close 1007|"},
    {"a fault in a text that is not complete is seen at once", B("\x01\x7d\xff"), false,
     "state broken " UTF8, "close 1007|"},
    {"a fault in a later fragment",
     B("\x01\x01"
       "a\x00\x01\xff\x80\x01x"),
     false, "state broken " UTF8, "close 1007|"},
    {"a message above the limit, known by its head", B("\x82\x7e\x03\xe9"), false,
     "state broken " TOO_BIG, "close 1009|"},
    {"fragments that add up to more than the limit", B("\x02\x01x\x80\x7e\x03\xe8"), false,
     "state broken " TOO_BIG, "close 1009|"},
    {"2^62 bytes are not believed", B("\x82\x7f\x40\0\0\0\0\0\0\0"), false, "state broken " TOO_BIG,
     "close 1009|"},
    {"a length in more bytes than it needs", B("\x81\x7e\x00\x05hello"), false,
     "state broken " LENGTH, "close 1002|"},
    {"a length of 2^63", B("\x82\x7f\x80\0\0\0\0\0\0\0"), false, "state broken " LENGTH,
     "close 1002|"},
};

static void check_row(const struct row *row, enum script_split split, uint64_t seed)
{
    struct script_peer peer = {0};
    struct lg_proto_config config = config_of(seed);
    script_open(&peer, &lg_websocket, &config);
    struct lg_buf in = {0};
    script_ws_accept(&peer, &in, "");
    lg_buf_add(&in, row->in, row->n);
    script_feed(&peer, lg_buf_slice(&in), split, seed);
    if (row->eof) {
        script_eof(&peer);
    }
    char *want = lg_printf("ready\n%s", row->log);
    char *sent = sent_frames(&peer);
    const char *log = script_log(&peer);
    cr_assert_str_eq(log, want, "%s (split %d, seed %d)\n--- have\n%s\n--- want\n%s", row->sentence,
                     split, (int)seed, log, want);
    cr_assert_str_eq(sent, row->sent, "%s: sent %s", row->sentence, sent);
    free(want);
    free(sent);
    lg_buf_free(&in);
    script_close(&peer);
}

Test(websocket, reads_every_row_the_same_in_every_split)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check_row(&rows[i], SPLIT_WHOLE, 0);
        check_row(&rows[i], SPLIT_BYTES, 1);
        for (uint64_t seed = 0; seed < 20; seed++) {
            check_row(&rows[i], SPLIT_RANDOM, seed);
        }
    }
}

/* ---- the handshake ---- */

struct answer {
    const char *sentence;
    const char *text; /* "%s" stands for the right Sec-WebSocket-Accept */
    const char *log;
};

#define HEAD_101    "HTTP/1.1 101 Switching Protocols\r\n"
#define UPGRADE     "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define ACCEPT      "Sec-WebSocket-Accept: %s\r\n"
#define SYNTAX_END  "state broken protocol 1"
#define UPGRADE_END "state broken protocol 6"
#define KEY_END     "state broken protocol 7"

static const struct answer answers[] = {
    {"the plain one", HEAD_101 UPGRADE ACCEPT "\r\n", "ready\nstate open"},
    {"tokens and names in any case, in a list",
     HEAD_101 "UPGRADE: WebSocket\r\ncOnNection: keep-alive , upgrade\r\n"
              "sec-websocket-accept:%s  \r\n\r\n",
     "ready\nstate open"},
    {"an interim answer first",
     "HTTP/1.1 103 Early Hints\r\nUpgrade: x\r\n\r\n" HEAD_101 UPGRADE ACCEPT "\r\n",
     "ready\nstate open"},
    {"a subprotocol that was offered",
     HEAD_101 UPGRADE ACCEPT "Sec-WebSocket-Protocol: chat.v2\r\n\r\n", "ready\nstate open"},
    {"a subprotocol that was not offered",
     HEAD_101 UPGRADE ACCEPT "Sec-WebSocket-Protocol: chat\r\n\r\n", UPGRADE_END},
    {"two subprotocols",
     HEAD_101 UPGRADE ACCEPT
     "Sec-WebSocket-Protocol: chat.v2\r\nSec-WebSocket-Protocol: chat.v1\r\n\r\n",
     UPGRADE_END},
    {"an extension that nobody asked for",
     HEAD_101 UPGRADE ACCEPT "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n", UPGRADE_END},
    {"no Upgrade", HEAD_101 "Connection: Upgrade\r\n" ACCEPT "\r\n", UPGRADE_END},
    {"an Upgrade to something else",
     HEAD_101 "Upgrade: h2c\r\nConnection: Upgrade\r\n" ACCEPT "\r\n", UPGRADE_END},
    {"no Connection", HEAD_101 "Upgrade: websocket\r\n" ACCEPT "\r\n", UPGRADE_END},
    {"an empty Connection", HEAD_101 "Upgrade: websocket\r\nConnection: \r\n" ACCEPT "\r\n",
     UPGRADE_END},
    {"a Connection token that only begins alike",
     HEAD_101 "Upgrade: websocket\r\nConnection: upgrades\r\n" ACCEPT "\r\n", UPGRADE_END},
    {"HTTP/1.0", "HTTP/1.0 101 Switching Protocols\r\n" UPGRADE ACCEPT "\r\n", UPGRADE_END},
    {"no key", HEAD_101 UPGRADE "\r\n", KEY_END},
    {"the wrong key", HEAD_101 UPGRADE "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
     KEY_END},
    {"the key in the wrong case does not count",
     HEAD_101 UPGRADE "Sec-WebSocket-Accept: x%s\r\n\r\n", KEY_END},
    {"the right key twice", HEAD_101 UPGRADE ACCEPT ACCEPT "\r\n", KEY_END},
    {"200", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", UPGRADE_END},
    {"302", "HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n", "state broken status 302"},
    {"403 with a body", "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno",
     "state broken status 403"},
    {"503", "HTTP/1.1 503 Service Unavailable\r\n\r\n", "state broken status 503"},
    {"not HTTP", "\x81\x05hello", SYNTAX_END},
    {"a broken head", "HTTP/1.1 101\r\nbad line\r\n\r\n", SYNTAX_END},
};

static char *with_accept(const char *text, const char *accept)
{
    struct lg_buf out = {0};
    for (const char *p; (p = strstr(text, "%s")) != NULL; text = p + 2) {
        lg_buf_add(&out, text, (size_t)(p - text));
        lg_buf_adds(&out, accept);
    }
    lg_buf_adds(&out, text);
    return lg_buf_take(&out);
}

static void check_answer(const struct answer *row, enum script_split split, uint64_t seed)
{
    static const struct lg_header offered = {{"Sec-WebSocket-Protocol", 22},
                                             {"chat.v1, chat.v2", 16}};
    struct script_peer peer = {0};
    struct lg_proto_config config = config_of(seed);
    config.headers = &offered;
    config.header_count = 1;
    script_open(&peer, &lg_websocket, &config);
    struct lg_buf right = {0};
    script_ws_accept(&peer, &right, "");
    char *accept = lg_strndup(strstr(right.p, "Accept: ") + 8, 28);
    char *in = with_accept(row->text, accept);
    script_feed(&peer, lg_str(in), split, seed);
    const char *log = script_log(&peer);
    cr_assert_str_eq(log, row->log, "%s (split %d)\n%s", row->sentence, split, log);
    free(in);
    free(accept);
    lg_buf_free(&right);
    script_close(&peer);
}

Test(websocket, judges_every_answer_to_the_handshake_in_every_split)
{
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        check_answer(&answers[i], SPLIT_WHOLE, 0);
        check_answer(&answers[i], SPLIT_BYTES, 1);
        for (uint64_t seed = 0; seed < 10; seed++) {
            check_answer(&answers[i], SPLIT_RANDOM, seed);
        }
    }
}

Test(websocket, asks_as_rfc_6455_says)
{
    struct script_peer peer = {0};
    struct lg_proto_config config = config_of(1);
    script_open(&peer, &lg_websocket, &config);
    lg_buf_add(&peer.out, "", 1);
    cr_assert_not_null(strstr(peer.out.p, "GET /ws/1 HTTP/1.1\r\nHost: chat.test\r\n"));
    cr_assert_not_null(strstr(peer.out.p, "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"));
    cr_assert_not_null(strstr(peer.out.p, "\r\nSec-WebSocket-Version: 13\r\n"));
    cr_assert_eq(strlen(strstr(peer.out.p, "Sec-WebSocket-Key: ") + 19) > 24, 1);
    script_close(&peer);
}

Test(websocket, the_same_seed_gives_the_same_bytes_and_another_seed_others)
{
    struct script_peer a = {0}, b = {0}, c = {0};
    struct lg_proto_config one = config_of(1), two = config_of(2);
    script_open(&a, &lg_websocket, &one);
    script_open(&b, &lg_websocket, &one);
    script_open(&c, &lg_websocket, &two);
    cr_assert(lg_slice_eq(lg_buf_slice(&a.out), lg_buf_slice(&b.out)));
    cr_assert_not(lg_slice_eq(lg_buf_slice(&a.out), lg_buf_slice(&c.out)));
    script_close(&a);
    script_close(&b);
    script_close(&c);
}

Test(websocket, the_end_within_the_handshake_is_an_early_end)
{
    struct script_peer peer = {0};
    struct lg_proto_config config = config_of(1);
    script_open(&peer, &lg_websocket, &config);
    script_feed(&peer, lg_str("HTTP/1.1 101 Sw"), SPLIT_WHOLE, 0);
    script_eof(&peer);
    cr_assert_str_eq(script_log(&peer), "state broken closed 0");
    script_close(&peer);
}

/* ---- sending and closing ---- */

static void open_ready(struct script_peer *peer, int starts, const char *body)
{
    struct lg_proto_config config = config_of(5);
    peer->starts = starts;
    peer->request = (struct lg_request){.body = lg_str(body)};
    script_open(peer, &lg_websocket, &config);
    struct lg_buf in = {0};
    script_ws_accept(peer, &in, "");
    script_feed(peer, lg_buf_slice(&in), SPLIT_WHOLE, 0);
    lg_buf_free(&in);
}

Test(websocket, a_message_is_done_when_it_is_handed_over_and_the_next_may_start_there)
{
    struct script_peer peer = {0};
    open_ready(&peer, 3, "hi");
    char *sent = sent_frames(&peer);
    cr_assert_str_eq(sent, "1 hi|1 hi|1 hi|");
    free(sent);
    cr_assert_str_eq(script_log(&peer), "ready\ndone 1 ok 0\ndone 2 ok 0\ndone 3 ok 0\nstate open");
    script_close(&peer);
}

Test(websocket, a_sink_may_answer_a_message_where_it_hears_it)
{
    struct script_peer peer = {0};
    open_ready(&peer, 0, "pong?");
    peer.starts = 1;
    script_feed(&peer, lg_str("\x81\x01x\x81\x01y"), SPLIT_WHOLE, 0);
    char *sent = sent_frames(&peer);
    cr_assert_str_eq(sent, "1 pong?|");
    free(sent);
    cr_assert_str_eq(script_log(&peer), "ready\ndata 0 x\ndata 0 y\ndone 1 ok 0\nstate open");
    script_close(&peer);
}

Test(websocket, a_pong_leaves_before_a_message_that_was_started_after_its_ping)
{
    struct script_peer peer = {0};
    open_ready(&peer, 0, "echo");
    peer.starts = 1;
    script_feed(&peer, lg_str("\x89\x02hi\x81\x01x"), SPLIT_WHOLE, 0);
    char *sent = sent_frames(&peer);
    cr_assert_str_eq(sent, "10 hi|1 echo|");
    free(sent);
    script_close(&peer);
}

Test(websocket, every_frame_has_a_mask_of_its_own)
{
    struct script_peer peer = {0};
    open_ready(&peer, 2, "same");
    const char *frames = memmem(peer.out.p, peer.out.n, "\r\n\r\n", 4);
    cr_assert_neq(memcmp(frames + 4 + 2, frames + 4 + 10 + 2, 4), 0);
    script_close(&peer);
}

Test(websocket, an_endless_sender_does_not_hold_output_for_ever)
{
    struct script_peer peer = {0};
    open_ready(&peer, 0, "x");
    peer.starts = INT32_MAX;
    peer.starts--;
    lg_websocket.start(peer.proto, ++peer.last_op, &peer.request);
    struct lg_buf out = {0};
    lg_websocket.output(peer.proto, &out);
    cr_assert(out.n >= 65536 && out.n < 70000, "%zu", out.n);
    cr_assert_eq(lg_websocket.capacity(peer.proto), 0, "one more waits for the next output");
    lg_buf_free(&out);
    script_close(&peer);
}

Test(websocket, finish_sends_what_was_started_and_then_a_close_and_waits_for_the_peers)
{
    struct script_peer peer = {0};
    open_ready(&peer, 0, "last");
    lg_websocket.start(peer.proto, 1, &peer.request);
    lg_websocket.finish(peer.proto);
    cr_assert_eq(lg_websocket.capacity(peer.proto), 0);
    script_drain(&peer);
    script_feed(&peer, lg_str("\x81\x02hi"), SPLIT_WHOLE, 0);
    script_feed(&peer, lg_str("\x89\x02hi"), SPLIT_WHOLE, 0);
    script_feed(&peer, lg_slice("\x88\x02\x03\xe8", 4), SPLIT_BYTES, 0);
    char *sent = sent_frames(&peer);
    cr_assert_str_eq(sent, "1 last|close 1000|", "nothing may follow a Close");
    free(sent);
    cr_assert_str_eq(script_log(&peer), "ready\ndone 1 ok 0\ndata 0 hi\nstate finished ok 0");
    script_close(&peer);
}

Test(websocket, finish_before_the_handshake_is_done_closes_right_after_it)
{
    struct script_peer peer = {0};
    struct lg_proto_config config = config_of(5);
    script_open(&peer, &lg_websocket, &config);
    lg_websocket.finish(peer.proto);
    struct lg_buf in = {0};
    script_ws_accept(&peer, &in, "");
    script_feed(&peer, lg_buf_slice(&in), SPLIT_WHOLE, 0);
    lg_buf_free(&in);
    char *sent = sent_frames(&peer);
    cr_assert_str_eq(sent, "close 1000|");
    free(sent);
    cr_assert_str_eq(script_log(&peer), "state open");
    script_close(&peer);
}

Test(websocket, a_message_that_was_not_handed_over_shares_the_end_of_the_connection)
{
    struct script_peer peer = {0};
    open_ready(&peer, 0, "late");
    lg_websocket.start(peer.proto, 1, &peer.request);
    peer.state = lg_websocket.input(peer.proto, lg_slice("\x88\x02\x03\xf3", 4));
    cr_assert_str_eq(script_log(&peer),
                     "ready\ndone 1 ws_close 1011\nstate finished ws_close 1011");
    script_close(&peer);
    open_ready(&peer, 0, "late");
    lg_websocket.start(peer.proto, 1, &peer.request);
    lg_websocket.abort(peer.proto, lg_outcome(LG_RESET, 104));
    peer.state = LG_PROTO_BROKEN;
    cr_assert_str_eq(script_log(&peer), "ready\ndone 1 reset 104\nstate broken reset 104");
    script_close(&peer);
    open_ready(&peer, 0, "late");
    lg_websocket.start(peer.proto, 1, &peer.request);
    lg_websocket.cancel(peer.proto, 1);
    size_t before = peer.out.n;
    script_drain(&peer);
    cr_assert_eq(peer.out.n, before);
    cr_assert_str_eq(script_log(&peer), "ready\nstate open");
    script_close(&peer);
}

Test(websocket, a_flood_of_pings_does_not_grow_without_bound)
{
    struct script_peer peer = {0};
    open_ready(&peer, 0, "x");
    char ping[127] = "\x89\x7d";
    for (int i = 0; i < 10000; i++) {
        cr_assert_eq(lg_websocket.input(peer.proto, lg_slice(ping, sizeof ping)), LG_PROTO_OPEN);
    }
    struct lg_buf out = {0};
    lg_websocket.output(peer.proto, &out);
    cr_assert(out.n >= 65536 && out.n < 66000, "%zu", out.n);
    lg_buf_free(&out);
    script_close(&peer);
}

Test(websocket, an_idle_connection_costs_at_most_250_bytes)
{
    struct script_peer peer = {0};
    open_ready(&peer, 1, "hi");
    script_feed(&peer, lg_str("\x01\x01x\x89\x02hi\x80\x01y"), SPLIT_BYTES, 0);
    size_t bytes = malloc_usable_size(peer.proto);
    cr_assert_leq(bytes, 250, "%zu bytes", bytes);
    script_close(&peer);
}

/* ---- wslay as the oracle ---- */

struct oracle {
    struct lg_slice left;
    struct lg_buf log;
};

static ssize_t oracle_recv(wslay_event_context_ptr context, uint8_t *buf, size_t len, int flags,
                           void *user)
{
    (void)flags;
    struct oracle *oracle = user;
    size_t n = len < oracle->left.n ? len : oracle->left.n;
    if (n == 0) {
        wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    memcpy(buf, oracle->left.p, n);
    oracle->left.p += n;
    oracle->left.n -= n;
    return (ssize_t)n;
}

static void oracle_message(wslay_event_context_ptr context,
                           const struct wslay_event_on_msg_recv_arg *arg, void *user)
{
    (void)context;
    struct oracle *oracle = user;
    if (!wslay_is_ctrl_frame(arg->opcode)) {
        lg_buf_addf(&oracle->log, "[%zu:", arg->msg_length);
        lg_buf_add(&oracle->log, arg->msg, arg->msg_length);
        lg_buf_adds(&oracle->log, "]");
    }
}

static ssize_t oracle_send(wslay_event_context_ptr context, const uint8_t *data, size_t len,
                           int flags, void *user)
{
    (void)context, (void)data, (void)flags, (void)user;
    return (ssize_t)len;
}

static int oracle_mask(wslay_event_context_ptr context, uint8_t *buf, size_t len, void *user)
{
    (void)context, (void)user;
    memset(buf, 0, len);
    return 0;
}

/* 'o' open, 'c' closed by the peer, 'b' broken. */
static char ask_wslay(struct lg_slice in, struct lg_buf *messages)
{
    static const struct wslay_event_callbacks callbacks = {
        .recv_callback = oracle_recv,
        .send_callback = oracle_send,
        .genmask_callback = oracle_mask,
        .on_msg_recv_callback = oracle_message,
    };
    struct oracle oracle = {.left = in};
    wslay_event_context_ptr context;
    cr_assert_eq(wslay_event_context_client_init(&context, &callbacks, &oracle), 0);
    wslay_event_config_set_max_recv_msg_length(context, 1000);
    int r = wslay_event_recv(context);
    char verdict = 'o';
    if (r != 0 || wslay_event_get_close_sent(context) || wslay_event_want_write(context)) {
        while (wslay_event_want_write(context) && wslay_event_send(context) == 0) {
        }
    }
    if (wslay_event_get_close_received(context)) {
        verdict = 'c';
    } else if (r != 0 || wslay_event_get_close_sent(context) || !wslay_event_want_read(context)) {
        verdict = 'b';
    }
    wslay_event_context_free(context);
    *messages = oracle.log;
    return verdict;
}

struct ours {
    struct lg_buf log;
};

static void ours_data(void *ctx, lg_op op, struct lg_slice data, bool whole)
{
    struct ours *ours = ctx;
    cr_assert(op == 0 && whole);
    lg_buf_addf(&ours->log, "[%zu:", data.n);
    lg_buf_add(&ours->log, data.p, data.n);
    lg_buf_adds(&ours->log, "]");
}

static void ours_ready(void *ctx)
{
    (void)ctx;
}

static char ask_ours(struct lg_slice in, uint64_t seed, struct lg_buf *messages)
{
    static const struct lg_proto_sink sink = {.on_ready = ours_ready, .on_data = ours_data};
    struct ours ours = {0};
    struct lg_proto_config config = config_of(seed);
    struct script_peer peer = {.proto = lg_websocket.open(&config, &sink, &ours)};
    script_drain(&peer);
    struct lg_buf accept = {0};
    script_ws_accept(&peer, &accept, "");
    script_feed(&peer, lg_buf_slice(&accept), SPLIT_WHOLE, 0);
    script_feed(&peer, in, (enum script_split)(seed % SPLITS), seed);
    char verdict = "ocb"[peer.state];
    lg_buf_free(&accept);
    script_close(&peer);
    *messages = ours.log;
    return verdict;
}

static void random_payload(struct lg_rng *rng, char *out, size_t n, bool text)
{
    static const char alphabet[] = "abc \xc3\xa9\xe2\x82\xac";
    for (size_t i = 0; i < n; i++) {
        out[i] = text && lg_rng_below(rng, 12) != 0 ? alphabet[lg_rng_below(rng, 4)]
                                                    : (char)lg_rng_u64(rng);
    }
    if (text && n >= 5 && lg_rng_below(rng, 2) == 0) {
        memset(out, 'x', n);
        memcpy(out + lg_rng_below(rng, n - 4), alphabet + 4, 5);
    }
}

/* Mostly lawful frames, some with one thing wrong. */
static void random_frames(struct lg_rng *rng, struct lg_buf *out)
{
    static const uint8_t control[] = {LG_WS_PING, LG_WS_PONG, LG_WS_PING, LG_WS_CLOSING};
    bool open = false;
    bool text = false;
    for (size_t k = 1 + lg_rng_below(rng, 8); k > 0; k--) {
        char payload[700];
        size_t n = lg_rng_below(rng, lg_rng_below(rng, 4) == 0 ? sizeof payload : 20);
        bool fin = lg_rng_below(rng, 2) == 0;
        unsigned opcode = open ? LG_WS_CONTINUATION : 1 + (unsigned)lg_rng_below(rng, 2);
        if (lg_rng_below(rng, 4) == 0) {
            opcode = control[lg_rng_below(rng, 4)];
            n = lg_rng_below(rng, 126);
            if (opcode == LG_WS_CLOSING && n == 1) {
                n = 0; /* wslay lets half a close code pass */
            }
            fin = true;
        } else {
            text = open ? text : opcode == LG_WS_TEXT;
            open = !fin;
        }
        random_payload(rng, payload, n, opcode >= 8 || text);
        if (opcode == LG_WS_CLOSING && n >= 2) {
            unsigned code = 990 + (unsigned)lg_rng_below(rng, 22); /* wslay is older than 1012 */
            payload[0] = (char)(code >> 8);
            payload[1] = (char)code;
        }
        size_t at = out->n;
        script_ws_frame(out, opcode, fin, lg_slice(payload, n));
        if (lg_rng_below(rng, 25) == 0) {
            char was = out->p[at];
            out->p[at] = (char)(was ^ (1 << lg_rng_below(rng, 8)));
            if ((out->p[at] & 0x0f) == LG_WS_CLOSING) {
                out->p[at] = was; /* a close frame with any payload: see above */
            }
        }
    }
}

Test(websocket, hears_what_wslay_hears_and_judges_as_it_does)
{
    struct lg_rng rng;
    lg_rng_init(&rng, 77, 0, 0);
    unsigned verdicts[128] = {0};
    for (uint64_t i = 0; i < 20000; i++) {
        struct lg_buf in = {0}, theirs = {0}, mine = {0};
        random_frames(&rng, &in);
        char want = ask_wslay(lg_buf_slice(&in), &theirs);
        char have = ask_ours(lg_buf_slice(&in), i, &mine);
        cr_assert_eq(have, want, "script %d: %c, wslay %c", (int)i, have, want);
        cr_assert(lg_slice_eq(lg_buf_slice(&mine), lg_buf_slice(&theirs)), "script %d:\n%.*s\n%.*s",
                  (int)i, (int)mine.n, mine.p, (int)theirs.n, theirs.p);
        verdicts[(int)want]++;
        lg_buf_free(&in);
        lg_buf_free(&theirs);
        lg_buf_free(&mine);
    }
    cr_assert(verdicts['o'] > 500 && verdicts['c'] > 500 && verdicts['b'] > 500,
              "open %u, closed %u, broken %u", verdicts['o'], verdicts['c'], verdicts['b']);
}
