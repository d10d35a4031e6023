#include <criterion/criterion.h>

#include "proto/ws_frame.h"
#include "support/h2_peer.h"
#include "support/leaks.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

TestSuite(http2, .fini = no_leaks);

static const struct lg_request get = {.method = {"GET", 3}, .path = {"/", 1}, .want_body = true};

/* ---- frames that no honest server sends: a table of scripts ---- */

struct row {
    const char *sentence;
    int requests;
    const char *frames; /* behind SETTINGS; see h2_frames */
    const char *log;    /* behind "ready" */
};

#define OPEN_END    "state open"
#define BROKEN(why) "done 1 protocol " why "\nstate broken protocol " why
#define FRAME_SIZE  BROKEN("h2_frame_size_error")
#define PROTOCOL    BROKEN("h2_protocol_error")
#define NEW_HEAD    "head 1 200\n"

static const struct row rows[] = {
    {"a head and a body", 1, "1 4 1 88\n0 1 1 'hello",
     NEW_HEAD "data 1 hello\ndone 1 ok 0\n" OPEN_END},
    {"a head that is all", 1, "1 5 1 88", NEW_HEAD "done 1 ok 0\n" OPEN_END},
    {"a body in pieces, one of them empty", 1, "1 4 1 88\n0 0 1 'he\n0 0 1 -\n0 0 1 'llo\n0 1 1 -",
     NEW_HEAD "data 1 hello\ndone 1 ok 0\n" OPEN_END},
    {"padding is no body", 1, "1 4 1 88\n0 9 1 0468690000000000",
     NEW_HEAD "data 1 hi\\x00\ndone 1 ok 0\n" OPEN_END},
    {"padding longer than its frame", 1, "1 4 1 88\n0 9 1 09686900", NEW_HEAD PROTOCOL},
    {"an interim head", 1, "1 4 1 0803313033\n1 5 1 88", NEW_HEAD "done 1 ok 0\n" OPEN_END},
    {"an interim head cannot end the stream", 1, "1 5 1 0803313033",
     "done 1 protocol h2_protocol_error\n" OPEN_END},
    {"101 does not exist", 1, "1 4 1 0803313031", "done 1 protocol h2_protocol_error\n" OPEN_END},
    {"trailers", 1, "1 4 1 88\n0 0 1 'hi\n1 5 1 0003666f6f03626172",
     NEW_HEAD "data 1 hi\ndone 1 ok 0\n" OPEN_END},
    {"trailers that do not end the stream", 1, "1 4 1 88\n1 4 1 0003666f6f03626172",
     NEW_HEAD "done 1 protocol h2_protocol_error\n" OPEN_END},
    {"a status among the trailers", 1, "1 4 1 88\n1 5 1 88",
     NEW_HEAD "done 1 protocol h2_protocol_error\n" OPEN_END},
    {"a head in two frames", 1, "1 1 1 88\n9 4 1 0003666f6f03626172",
     NEW_HEAD "done 1 ok 0\n" OPEN_END},
    {"priority within a head is passed over", 1, "1 25 1 000000001088",
     NEW_HEAD "done 1 ok 0\n" OPEN_END},
    {"answers in another order", 2, "1 5 3 88\n1 5 1 8d",
     "head 2 200\ndone 2 ok 0\nhead 1 404\ndone 1 ok 0\n" OPEN_END},

    {"no status", 1, "1 5 1 0003666f6f03626172", "done 1 protocol h2_protocol_error\n" OPEN_END},
    {"an upper-case name", 1, "1 5 1 880003466f6f03626172",
     NEW_HEAD "done 1 protocol h2_protocol_error\n" OPEN_END},
    {"a field of the connection", 1, "1 5 1 88000a636f6e6e656374696f6e05636c6f7365",
     NEW_HEAD "done 1 protocol h2_protocol_error\n" OPEN_END},
    {"less body than was announced", 1, "1 4 1 880f0d0136\n0 1 1 'hello",
     NEW_HEAD "data 1 hello\ndone 1 protocol h2_protocol_error\n" OPEN_END},
    {"more body than was announced", 1, "1 4 1 880f0d0130\n0 1 1 'x",
     NEW_HEAD "done 1 protocol h2_protocol_error\n" OPEN_END},
    {"a body before the head", 1, "0 1 1 'hello", PROTOCOL},

    {"a reset", 1, "3 0 1 00000002", "done 1 protocol peer_internal_error\n" OPEN_END},
    {"a reset within the body", 1, "1 4 1 88\n0 0 1 'he\n3 0 1 00000008",
     NEW_HEAD "data 1 he\ndone 1 protocol peer_cancel\n" OPEN_END},
    {"a reset that says that nothing is wrong", 1, "1 4 1 88\n3 0 1 00000000",
     NEW_HEAD "done 1 protocol peer_no_error\n" OPEN_END},
    {"a reset with an error that is not known", 1, "3 0 1 00001234",
     "done 1 protocol peer_other\n" OPEN_END},
    {"a stream that was not processed", 2, "3 0 1 00000007\n1 5 3 88",
     "done 1 refused 0\nhead 2 200\ndone 2 ok 0\n" OPEN_END},

    {"GOAWAY with nothing open", 0, "7 0 0 0000000000000000", "ending\nstate finished ok 0"},
    {"GOAWAY that lets the open ones end", 1, "7 0 0 0000000100000000\n1 5 1 88",
     "ending\n" NEW_HEAD "done 1 ok 0\nstate finished ok 0"},
    {"GOAWAY that had not processed the second", 2, "7 0 0 0000000100000000\n1 5 1 88",
     "ending\ndone 2 refused 0\n" NEW_HEAD "done 1 ok 0\nstate finished ok 0"},
    {"GOAWAY in two steps", 2, "7 0 0 7fffffff00000000\n7 0 0 0000000100000000\n1 5 1 88",
     "ending\ndone 2 refused 0\n" NEW_HEAD "done 1 ok 0\nstate finished ok 0"},
    {"GOAWAY whose last stream grows", 1, "7 0 0 0000000100000000\n7 0 0 0000000300000000",
     "ending\n" PROTOCOL},
    {"a fault of the connection after GOAWAY", 1, "7 0 0 0000000100000000\n6 0 0 00",
     "ending\n" FRAME_SIZE},

    {"DATA on stream 0", 1, "0 1 0 'hello", PROTOCOL},
    {"HEADERS on stream 0", 1, "1 5 0 88", PROTOCOL},
    {"HEADERS of a stream that the server opened", 1, "1 5 2 88", PROTOCOL},
    {"HEADERS of a stream that nobody opened", 1, "1 5 7 88", PROTOCOL},
    {"a push that may not know our SETTINGS is refused", 1, "5 4 1 00000002828684410161\n1 5 1 88",
     NEW_HEAD "done 1 ok 0\n" OPEN_END},
    {"a push behind the acknowledgement", 1, "4 1 0 -\n5 4 1 00000002828684410161", PROTOCOL},
    {"an index that HPACK does not have", 1, "1 5 1 c4", BROKEN("h2_compression_error")},
    {"a code that Huffman does not have", 1, "1 5 1 88008430ffffffff",
     NEW_HEAD BROKEN("h2_compression_error")},
    {"another frame within a head", 1, "1 1 1 88\n0 1 1 'x", NEW_HEAD PROTOCOL},
    {"a continuation of nothing", 1, "9 4 1 88", PROTOCOL},
    {"a PING of 1 byte", 1, "6 0 0 00", FRAME_SIZE},
    {"a RST_STREAM of 3 bytes", 1, "3 0 1 000000", FRAME_SIZE},
    {"a WINDOW_UPDATE of nothing for the connection", 1, "8 0 0 00000000", PROTOCOL},
    {"a WINDOW_UPDATE of nothing for a stream", 1, "8 0 1 00000000", PROTOCOL},
    {"a window of the connection above 2^31-1", 1, "8 0 0 7fffffff",
     BROKEN("h2_flow_control_error")},
    {"a window of a stream above 2^31-1", 1, "8 0 1 7fffffff",
     "done 1 protocol h2_flow_control_error\n" OPEN_END},
    {"SETTINGS that make a window too large", 1, "4 0 0 000480000000",
     BROKEN("h2_flow_control_error")},
    {"SETTINGS of 5 bytes", 1, "4 0 0 0004800000", FRAME_SIZE},
    {"SETTINGS that turn pushes on", 1, "4 0 0 000200000001", PROTOCOL},
    {"SETTINGS with a frame size below the least", 1, "4 0 0 000500000001", PROTOCOL},
    {"SETTINGS that are not known", 1, "4 0 0 00aa00000001\n1 5 1 88",
     NEW_HEAD "done 1 ok 0\n" OPEN_END},
    {"an acknowledgement of nothing", 1, "4 1 0 -\n4 1 0 -", PROTOCOL},
    {"a frame that is not known", 1, "ee 0 1 'what\n1 5 1 88", NEW_HEAD "done 1 ok 0\n" OPEN_END},
    {"a frame above 16 KiB", 1, "1 4 1 88\n0 1 1 *16385", NEW_HEAD FRAME_SIZE},
    {"HTTP/1.1", 1, "48 54 1347374382 'HTTP/1.1 400 Bad Request", NULL},
};

static void check_row(const struct row *row, enum script_split split, uint64_t seed)
{
    struct script_peer client = {.request = get, .starts = row->requests};
    const char *log = h2_raw(&client, row->frames, split, seed);
    char *want = lg_printf("ready\n%s", row->log != NULL ? row->log : "");
    cr_expect(row->log == NULL || strcmp(log, want) == 0,
              "%s (split %d, seed %d)\n--- have\n%s\n--- want\n%s", row->sentence, split, (int)seed,
              log, want);
    free(want);
    script_close(&client);
}

Test(http2, reads_every_row_the_same_in_every_split)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check_row(&rows[i], SPLIT_WHOLE, 0);
        check_row(&rows[i], SPLIT_BYTES, 1);
        for (uint64_t seed = 0; seed < 10; seed++) {
            check_row(&rows[i], SPLIT_RANDOM, seed);
        }
    }
}

/* ---- an honest server with whims ---- */

static struct h2_peer peer_of(int starts)
{
    return (struct h2_peer){.client = {.request = get, .starts = starts}};
}

static void expect_log(struct h2_peer *peer, const char *want)
{
    const char *have = h2_peer_log(peer);
    cr_expect_str_eq(have, want, "--- have\n%s\n--- want\n%s", have, want);
}

static const char *server_log(struct h2_peer *peer)
{
    lg_buf_add(&peer->log, "", 1);
    peer->log.n--;
    return peer->log.p;
}

Test(http2, starts_nothing_before_the_peer_has_told_its_limits)
{
    struct script_peer client = {.request = get, .starts = 1};
    static const struct lg_proto_config config = {.authority = {"h", 1}};
    script_open(&client, &lg_http2, &config);
    cr_expect_eq(client.proto->ops->capacity(client.proto), 0);
    cr_expect_eq(client.starts, 1);
    script_close(&client);
}

Test(http2, sends_what_rfc_9113_asks_for)
{
    static const struct lg_header headers[] = {{{"X-Upper", 7}, {"  two\r\nlines ", 13}},
                                               {{"Connection", 10}, {"close", 5}},
                                               {{"TE", 2}, {"gzip", 4}},
                                               {{"Host", 4}, {"other.test", 10}}};
    struct h2_peer peer = peer_of(1);
    peer.client.request = (struct lg_request){.method = {"POST", 4},
                                              .path = {"/a b?c", 6},
                                              .headers = headers,
                                              .header_count = 4,
                                              .body = {"12345", 5}};
    h2_peer_open(&peer, NULL, 0);
    cr_expect_str_eq(server_log(&peer),
                     "1 :method=POST :scheme=http :authority=other.test :path=/a%20b?c "
                     "x-upper=two  lines content-length=5\n1 body 5\n1 ends\n");
    expect_log(&peer, "ready\nhead 1 200\ndone 1 ok 0\nstate open");
    h2_peer_close(&peer);
}

Test(http2, a_rendered_request_is_the_same_on_the_wire)
{
    static const struct lg_header headers[] = {{{"Accept", 6}, {"text/html", 9}}};
    static const struct lg_proto_config config = {.authority = {"h2.test", 7}, .random = 7};
    struct lg_request request = {
        .method = {"GET", 3}, .path = {"/x", 2}, .headers = headers, .header_count = 1};
    struct h2_peer plain = peer_of(3), rendered = peer_of(3);
    struct lg_buf wire = {0};
    lg_http2.render(&config, &request, &wire);
    plain.client.request = rendered.client.request = request;
    rendered.client.request.wire = lg_buf_slice(&wire);
    h2_peer_open(&plain, NULL, 0);
    h2_peer_open(&rendered, NULL, 0);
    cr_expect_eq(plain.requests, 3);
    cr_expect(lg_slice_eq(lg_buf_slice(&plain.client.out), lg_buf_slice(&rendered.client.out)));
    h2_peer_close(&plain);
    h2_peer_close(&rendered);
    lg_buf_free(&wire);
}

Test(http2, reports_fields_after_the_head_and_never_trailers)
{
    struct h2_peer peer = peer_of(1);
    peer.client.request.want_headers = true;
    h2_peer_open(&peer, NULL, 0);
    expect_log(&peer, "ready\nhead 1 200\nheader 1 x-test=yes\ndata 1 hello\ndone 1 ok 0\n"
                      "state open");
    h2_peer_close(&peer);
}

static void answer_later(struct h2_peer *peer, int32_t id)
{
    (void)peer, (void)id;
}

Test(http2, keeps_to_the_peers_limit_of_streams_and_fills_it)
{
    nghttp2_settings_entry two = {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 2};
    struct h2_peer peer = peer_of(5);
    peer.answer = answer_later;
    h2_peer_open(&peer, &two, 1);
    cr_expect_eq(peer.requests, 2);
    cr_expect_eq(peer.client.proto->ops->capacity(peer.client.proto), 0);
    h2_answer(&peer, 1, "200", "a");
    h2_peer_pump(&peer);
    cr_expect_eq(peer.requests, 3);
    for (int32_t id = 3; id <= 9; id += 2) {
        h2_answer(&peer, id, "200", "b");
        h2_peer_pump(&peer);
    }
    cr_expect_eq(peer.requests, 5);
    expect_log(&peer, "ready\nhead 1 200\ndata 1 a\ndone 1 ok 0\nhead 2 200\ndata 2 b\n"
                      "done 2 ok 0\nhead 3 200\ndata 3 b\ndone 3 ok 0\nhead 4 200\ndata 4 b\n"
                      "done 4 ok 0\nhead 5 200\ndata 5 b\ndone 5 ok 0\nstate open");
    h2_peer_close(&peer);
}

static void set_limit(struct h2_peer *peer, uint32_t streams)
{
    nghttp2_settings_entry entry = {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, streams};
    nghttp2_submit_settings(peer->server, NGHTTP2_FLAG_NONE, &entry, 1);
    h2_peer_pump(peer);
}

Test(http2, follows_a_limit_that_shrinks_and_grows)
{
    nghttp2_settings_entry three = {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 3};
    struct h2_peer peer = peer_of(3);
    peer.answer = answer_later;
    h2_peer_open(&peer, &three, 1);
    set_limit(&peer, 1);
    cr_expect_eq(peer.client.proto->ops->capacity(peer.client.proto), 0);
    h2_answer(&peer, 1, "200", NULL);
    h2_answer(&peer, 3, "200", NULL);
    h2_peer_pump(&peer);
    cr_expect_eq(peer.client.proto->ops->capacity(peer.client.proto), 0, "one is still open");
    set_limit(&peer, 0);
    set_limit(&peer, 4);
    cr_expect_eq(peer.client.proto->ops->capacity(peer.client.proto), 3);
    expect_log(&peer, "ready\nhead 1 200\ndone 1 ok 0\nhead 2 200\ndone 2 ok 0\nready\n"
                      "state open");
    h2_peer_close(&peer);
}

Test(http2, a_cancelled_exchange_is_silent_and_its_place_comes_back)
{
    nghttp2_settings_entry one = {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 1};
    struct h2_peer peer = peer_of(1);
    peer.answer = answer_later;
    h2_peer_open(&peer, &one, 1);
    peer.client.proto->ops->cancel(peer.client.proto, 1);
    peer.client.starts = 1;
    h2_peer_pump(&peer);
    cr_expect_eq(peer.requests, 2);
    h2_answer(&peer, 3, "204", NULL);
    h2_peer_pump(&peer);
    expect_log(&peer, "ready\nready\nhead 2 204\ndone 2 ok 0\nstate open");
    cr_expect_not_null(strstr(server_log(&peer), "1 reset 8\n"));
    h2_peer_close(&peer);
}

Test(http2, an_exchange_cancelled_in_its_head_is_not_heard_of_again)
{
    struct h2_peer peer = peer_of(1);
    peer.client.cancel_on_head = 1;
    h2_peer_open(&peer, NULL, 0);
    expect_log(&peer, "ready\nhead 1 200\nstate open");
    h2_peer_close(&peer);
}

Test(http2, an_exchange_that_was_never_sent_can_be_cancelled)
{
    struct h2_peer peer = peer_of(0);
    h2_peer_open(&peer, NULL, 0);
    const struct lg_proto_ops *ops = peer.client.proto->ops;
    ops->start(peer.client.proto, 9, &get);
    ops->cancel(peer.client.proto, 9);
    h2_peer_pump(&peer);
    cr_expect_eq(peer.requests, 0);
    peer.client.starts = 1;
    ops->start(peer.client.proto, 10, &get);
    h2_peer_pump(&peer);
    cr_expect_eq(peer.requests, 2, "the next ones go on");
    h2_peer_close(&peer);
}

/* ---- flow control ---- */

static char body_of_200k[200000];

Test(http2, an_upload_waits_for_the_peers_windows_and_arrives_whole)
{
    struct h2_peer peer = peer_of(1);
    nghttp2_settings_entry small = {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1000};
    memset(body_of_200k, 'u', sizeof body_of_200k);
    peer.client.request = (struct lg_request){
        .method = {"PUT", 3}, .path = {"/", 1}, .body = {body_of_200k, sizeof body_of_200k}};
    h2_peer_open(&peer, &small, 1);
    expect_log(&peer, "ready\nhead 1 200\ndone 1 ok 0\nstate open");
    size_t got = 0;
    for (const char *p = server_log(&peer); (p = strstr(p, "1 body ")) != NULL; p += 7) {
        got += strtoul(p + 7, NULL, 10);
    }
    cr_expect_eq(got, sizeof body_of_200k);
    h2_peer_close(&peer);
}

static void refuse_upload(struct h2_peer *peer, int32_t id, struct lg_slice bytes)
{
    (void)bytes;
    if (peer->requests++ == 0) {
        h2_answer(peer, id, "413", "no");
    }
}

Test(http2, an_answer_that_comes_before_the_upload_ends_it)
{
    struct h2_peer peer = peer_of(1);
    nghttp2_settings_entry small = {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1000};
    peer.tunnelled = refuse_upload;
    peer.client.request = (struct lg_request){
        .method = {"PUT", 3}, .path = {"/", 1}, .body = {body_of_200k, sizeof body_of_200k}};
    h2_peer_open(&peer, &small, 1);
    expect_log(&peer, "ready\nhead 1 413\ndone 1 ok 0\nstate open");
    cr_expect_not_null(strstr(server_log(&peer), "1 reset 8\n"));
    h2_peer_close(&peer);
}

static void answer_200k(struct h2_peer *peer, int32_t id)
{
    char *body = lg_alloc(sizeof body_of_200k + 1);
    memset(body, 'd', sizeof body_of_200k);
    h2_answer(peer, id, "200", body);
    free(body);
}

Test(http2, a_download_is_never_held_up_by_our_window)
{
    struct h2_peer peer = peer_of(0);
    struct lg_request quiet = get;
    quiet.want_body = false;
    peer.answer = answer_200k;
    h2_peer_open(&peer, NULL, 0);
    for (lg_op op = 1; op <= 20; op++) {
        peer.client.proto->ops->start(peer.client.proto, op, &quiet);
    }
    script_drain(&peer.client);
    size_t sent = peer.client.out.n;
    h2_peer_pump(&peer);
    cr_expect_eq(peer.client.out.n, sent, "4 MB came without a WINDOW_UPDATE");
    const char *log = h2_peer_log(&peer);
    cr_expect_not_null(strstr(log, "done 20 ok 0\nstate open"), "%s", log);
    h2_peer_close(&peer);
}

Test(http2, a_ping_is_answered)
{
    struct h2_peer peer = peer_of(0);
    h2_peer_open(&peer, NULL, 0);
    nghttp2_submit_ping(peer.server, NGHTTP2_FLAG_NONE, (const uint8_t *)"12345678");
    h2_peer_pump(&peer);
    cr_expect_not_null(strstr(server_log(&peer), "ping 12345678 answered\n"));
    h2_peer_close(&peer);
}

/* ---- bytes ---- */

Test(http2, every_byte_of_a_stream_is_an_exchanges)
{
    struct script_peer client = {.request = get, .starts = 2};
    uint64_t in, out;
    h2_raw(&client, "1 4 1 88\n0 0 1 'hello\n1 4 3 88\n0 8 3 016100", SPLIT_BYTES, 0);
    client.proto->ops->bytes(client.proto, 1, &in, &out);
    cr_expect_eq(in, 9 + 1 + 9 + 5);
    cr_expect_gt(out, 9);
    client.proto->ops->bytes(client.proto, 2, &in, &out);
    cr_expect_eq(in, 9 + 1 + 9 + 3, "padding counts");
    client.proto->ops->bytes(client.proto, 7, &in, &out);
    cr_expect_eq(in + out, 0);
    script_close(&client);
}

/* ---- ends ---- */

static const char *log_after(struct script_peer *client, const char *frames, bool eof)
{
    h2_raw(client, frames, SPLIT_WHOLE, 0);
    lg_buf_clear(&client->log);
    if (eof) {
        script_eof(client);
    }
    return script_log(client);
}

Test(http2, the_end_of_the_connection_ends_what_is_open)
{
    struct script_peer idle = {.request = get}, busy = {.request = get, .starts = 1},
                       angry = {.request = get, .starts = 1};
    cr_expect_str_eq(log_after(&idle, "6 0 0 0000000000000000", true), "state finished ok 0");
    cr_expect_str_eq(log_after(&busy, "1 4 1 88", true), "done 1 closed 0\nstate broken closed 0");
    cr_expect_str_eq(log_after(&angry, "7 0 0 000000010000000b", true),
                     "done 1 protocol peer_enhance_your_calm\n"
                     "state broken protocol peer_enhance_your_calm");
    script_close(&idle);
    script_close(&busy);
    script_close(&angry);
}

Test(http2, a_peer_that_never_speaks_http2_is_closed_early)
{
    struct script_peer client = {0};
    static const struct lg_proto_config config = {.authority = {"h", 1}};
    script_open(&client, &lg_http2, &config);
    script_eof(&client);
    cr_expect_str_eq(script_log(&client), "state broken closed 0");
    script_close(&client);
}

Test(http2, an_answer_in_http_1_1_is_a_fault_of_the_first_frame)
{
    struct script_peer client = {.fault_names = true};
    static const struct lg_proto_config config = {.authority = {"h", 1}};
    script_open(&client, &lg_http2, &config);
    script_feed(&client, lg_str("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"),
                SPLIT_WHOLE, 0);
    cr_expect_str_eq(script_log(&client), "state broken protocol h2_protocol_error");
    script_close(&client);
}

Test(http2, a_failed_transport_ends_every_exchange_once)
{
    struct h2_peer peer = peer_of(3);
    peer.answer = answer_later;
    h2_peer_open(&peer, NULL, 0);
    peer.client.starts = 5; /* nothing more may start */
    peer.client.proto->ops->abort(peer.client.proto, lg_outcome(LG_RESET, 104));
    const char *log = peer.client.log.p;
    for (int op = 1; op <= 3; op++) {
        char *line = lg_printf("done %d reset 104\n", op);
        cr_expect_not_null(memmem(log, peer.client.log.n, line, strlen(line)));
        free(line);
    }
    cr_expect_eq(peer.client.starts, 5);
    h2_peer_close(&peer);
}

Test(http2, finish_says_goaway_and_lets_open_exchanges_end)
{
    struct h2_peer peer = peer_of(1);
    peer.answer = answer_later;
    h2_peer_open(&peer, NULL, 0);
    peer.client.proto->ops->finish(peer.client.proto);
    cr_expect_eq(peer.client.proto->ops->capacity(peer.client.proto), 0);
    h2_peer_pump(&peer);
    cr_expect_not_null(strstr(server_log(&peer), "goaway 0\n"));
    h2_answer(&peer, 1, "200", NULL);
    h2_peer_pump(&peer);
    expect_log(&peer, "ready\nhead 1 200\ndone 1 ok 0\nstate finished ok 0");
    h2_peer_close(&peer);
}

/* ---- floods ---- */

static char *repeated(const char *line, int times)
{
    struct lg_buf text = {0};
    for (int i = 0; i < times; i++) {
        lg_buf_adds(&text, line);
        lg_buf_adds(&text, i + 1 < times ? "\n" : "");
    }
    return lg_buf_take(&text);
}

static void check_flood(const char *first, const char *line)
{
    struct script_peer client = {.request = get, .starts = 1};
    char *rest = repeated(line, 20000);
    char *frames = lg_printf("%s\n%s", first, rest);
    const char *log = h2_raw(&client, frames, SPLIT_WHOLE, 0);
    cr_expect_not_null(strstr(log, "state broken protocol h2_enhance_your_calm"), "%s: %s", line,
                       log);
    cr_expect_lt(client.out.n, 100000, "what is owed to a flood is bounded");
    free(rest);
    free(frames);
    script_close(&client);
}

Test(http2, floods_end_the_connection)
{
    check_flood("6 0 0 0000000000000000", "6 0 0 0000000000000000");
    check_flood("4 0 0 -", "4 0 0 -");
    check_flood("1 1 1 88", "9 0 1 -");
}

Test(http2, a_head_above_64_kib_ends_its_stream_only)
{
    struct script_peer client = {.request = get, .starts = 2};
    struct lg_buf field = {0}, frames = {0};
    lg_buf_adds(&field, "0001617fa17c"); /* a = 16032 bytes */
    for (int i = 0; i < 16032; i++) {
        lg_buf_adds(&field, "62");
    }
    lg_buf_addf(&frames, "1 1 1 88\n");
    for (int i = 0; i < 5; i++) {
        lg_buf_addf(&frames, "9 %d 1 %.*s\n", i == 4 ? 4 : 0, (int)field.n, field.p);
    }
    lg_buf_adds(&frames, "1 5 3 88");
    char *text = lg_buf_take(&frames);
    const char *log = h2_raw(&client, text, SPLIT_BYTES, 0);
    cr_expect_str_eq(log,
                     "ready\nhead 1 200\ndone 1 protocol header_limit\nhead 2 200\n"
                     "done 2 ok 0\nstate open",
                     "%s", log);
    free(text);
    lg_buf_free(&field);
    script_close(&client);
}

Test(http2, a_server_that_resets_every_stream_costs_it_only_its_streams)
{
    struct h2_peer peer = peer_of(300);
    peer.answer = answer_later;
    h2_peer_open(&peer, NULL, 0);
    for (int32_t id = 1; id < 600; id += 2) {
        nghttp2_submit_rst_stream(peer.server, NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
    }
    h2_peer_pump(&peer);
    const char *log = h2_peer_log(&peer);
    int refused = 0;
    for (const char *p = log; (p = strstr(p, "refused 0\n")) != NULL; p++) {
        refused++;
    }
    cr_expect_eq(refused, 300);
    cr_expect_not_null(strstr(log, "state open"));
    h2_peer_close(&peer);
}

/* ---- WebSocket in a stream (RFC 8441) ---- */

static const struct lg_request tunnel = {
    .method = {"GET", 3}, .path = {"/ws", 3}, .websocket = true};
static const nghttp2_settings_entry connects = {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1};

static void accept_tunnel(struct h2_peer *peer, int32_t id)
{
    nghttp2_nv status = {(uint8_t *)":status", (uint8_t *)"200", 7, 3, NGHTTP2_NV_FLAG_NONE};
    nghttp2_submit_headers(peer->server, NGHTTP2_FLAG_NONE, id, NULL, &status, 1, NULL);
}

/* Frames of the client, unmasked, into peer->log. */
static void hear(struct h2_peer *peer, int32_t id, struct lg_slice bytes)
{
    struct lg_ws_head head;
    cr_assert_eq(lg_ws_head_read(bytes, true, false, &head), LG_FAULT_NONE);
    cr_assert(head.n > 0 && head.n + head.length == bytes.n);
    char *text = lg_alloc(head.length + 1);
    lg_ws_mask(text, bytes.p + head.n, head.length, head.mask);
    lg_buf_addf(&peer->log, "%d says %d %s\n", id, head.opcode, text);
    free(text);
}

static struct h2_peer peer_with_tunnel(void)
{
    struct h2_peer peer = peer_of(1);
    peer.client.request = tunnel;
    peer.answer = accept_tunnel;
    peer.tunnelled = hear;
    return peer;
}

static void say_frame(struct h2_peer *peer, unsigned opcode, bool fin, const char *text, bool end)
{
    struct lg_buf frame = {0};
    script_ws_frame(&frame, opcode, fin, lg_str(text));
    h2_say(peer, 1, lg_buf_slice(&frame), end);
    h2_peer_pump(peer);
    lg_buf_free(&frame);
}

static void send_message(struct h2_peer *peer, lg_op op, const char *text)
{
    struct lg_request message = {.body = lg_str(text), .tunnel = 1};
    peer->client.proto->ops->start(peer->client.proto, op, &message);
    h2_peer_pump(peer);
}

Test(http2, a_websocket_opens_talks_and_closes_in_a_stream)
{
    struct h2_peer peer = peer_with_tunnel();
    h2_peer_open(&peer, &connects, 1);
    const struct lg_proto_ops *ops = peer.client.proto->ops;
    cr_expect(ops->can_send(peer.client.proto, 1));
    cr_expect_not(ops->can_send(peer.client.proto, 2));
    send_message(&peer, 2, "hi");
    say_frame(&peer, LG_WS_TEXT, false, "he", false);
    say_frame(&peer, LG_WS_PING, true, "p", false);
    say_frame(&peer, LG_WS_CONTINUATION, true, "llo", false);
    say_frame(&peer, LG_WS_TEXT, true, "again", false);
    say_frame(&peer, LG_WS_CLOSING, true, "\x03\xe9", true);
    expect_log(&peer, "ready\nhead 1 200\ndone 2 ok 0\ndata 1 hello\ndata 1 again\n"
                      "done 1 ws_close 1001\nstate open");
    cr_expect_str_eq(server_log(&peer),
                     "1 :method=CONNECT :protocol=websocket :scheme=http :authority=h2.test "
                     ":path=/ws sec-websocket-version=13\n"
                     "1 says 1 hi\n1 says 10 p\n1 says 8 \x03\xe9\n1 ends\n");
    cr_expect_eq(ops->capacity(peer.client.proto) > 0, 1);
    h2_peer_close(&peer);
}

static void accept_compression(struct h2_peer *peer, int32_t id)
{
    nghttp2_nv fields[] = {
        {(uint8_t *)":status", (uint8_t *)"200", 7, 3, NGHTTP2_NV_FLAG_NONE},
        {(uint8_t *)"sec-websocket-extensions", (uint8_t *)"permessage-deflate", 24, 18,
         NGHTTP2_NV_FLAG_NONE},
    };
    nghttp2_submit_headers(peer->server, NGHTTP2_FLAG_NONE, id, NULL, fields, 2, NULL);
}

Test(http2, a_websocket_in_a_stream_agrees_on_compression)
{
    static const char hello[] = "\xf2\x48\xcd\xc9\xc9\x07\x00"; /* RFC 7692 7.2.3.1 */
    struct h2_peer peer = peer_with_tunnel();
    peer.deflater = lg_deflater_new();
    peer.answer = accept_compression;
    h2_peer_open(&peer, &connects, 1);
    cr_expect(lg_http2_is_compressed(peer.client.proto, 1));
    struct lg_buf frame = {0};
    script_ws_frame(&frame, LG_WS_TEXT | LG_WS_COMPRESSED, true, lg_slice(hello, sizeof hello - 1));
    h2_say(&peer, 1, lg_buf_slice(&frame), false);
    h2_peer_pump(&peer);
    expect_log(&peer, "ready\nhead 1 200\ndata 1 Hello\nstate open");
    cr_expect_not_null(strstr(server_log(&peer), " sec-websocket-extensions=permessage-deflate; "
                                                 "client_max_window_bits\n"));
    lg_buf_free(&frame);
    struct lg_deflater *deflater = peer.deflater;
    h2_peer_close(&peer);
    lg_deflater_free(deflater);
}

Test(http2, compression_that_was_not_offered_is_refused)
{
    struct h2_peer peer = peer_with_tunnel();
    peer.answer = accept_compression;
    h2_peer_open(&peer, &connects, 1);
    expect_log(&peer, "ready\ndone 1 protocol upgrade\nstate open");
    h2_peer_close(&peer);
}

Test(http2, a_peer_without_extended_connect_is_told_apart)
{
    struct h2_peer peer = peer_with_tunnel();
    h2_peer_open(&peer, NULL, 0);
    expect_log(&peer, "ready\ndone 1 protocol no_extended_connect\nstate open");
    cr_expect_eq(peer.requests, 0);
    h2_peer_close(&peer);
}

static void refuse_tunnel(struct h2_peer *peer, int32_t id)
{
    h2_answer(peer, id, "403", "no");
}

Test(http2, a_refused_tunnel_tells_its_status)
{
    struct h2_peer peer = peer_with_tunnel();
    peer.answer = refuse_tunnel;
    h2_peer_open(&peer, &connects, 1);
    expect_log(&peer, "ready\ndone 1 status 403\nstate open");
    h2_peer_close(&peer);
}

static void accept_with_extension(struct h2_peer *peer, int32_t id)
{
    nghttp2_nv fields[] = {
        {(uint8_t *)":status", (uint8_t *)"200", 7, 3, NGHTTP2_NV_FLAG_NONE},
        {(uint8_t *)"sec-websocket-extensions", (uint8_t *)"x", 24, 1, NGHTTP2_NV_FLAG_NONE}};
    nghttp2_submit_headers(peer->server, NGHTTP2_FLAG_NONE, id, NULL, fields, 2, NULL);
}

Test(http2, an_extension_that_nobody_asked_for_is_a_fault)
{
    struct h2_peer peer = peer_with_tunnel();
    peer.answer = accept_with_extension;
    h2_peer_open(&peer, &connects, 1);
    expect_log(&peer, "ready\ndone 1 protocol upgrade\nstate open");
    h2_peer_close(&peer);
}

Test(http2, a_fault_in_a_tunnel_is_answered_and_hurts_no_neighbour)
{
    struct h2_peer peer = peer_with_tunnel();
    h2_peer_open(&peer, &connects, 1);
    peer.client.proto->ops->start(peer.client.proto, 3, &get);
    peer.answer = NULL;
    say_frame(&peer, LG_WS_TEXT, true, "\xff", false);
    expect_log(&peer, "ready\nhead 1 200\nhead 3 200\ndone 1 protocol utf8\ndata 3 hello\n"
                      "done 3 ok 0\nstate open");
    cr_expect_not_null(strstr(server_log(&peer), "1 says 8 \x03\xef\n1 reset 8\n"), "%s",
                       server_log(&peer));
    h2_peer_close(&peer);
}

Test(http2, a_stream_that_ends_without_a_close_is_an_early_end)
{
    struct h2_peer peer = peer_with_tunnel();
    h2_peer_open(&peer, &connects, 1);
    say_frame(&peer, LG_WS_TEXT, true, "x", true);
    expect_log(&peer, "ready\nhead 1 200\ndata 1 x\ndone 1 closed 0\nstate open");
    h2_peer_close(&peer);
}

Test(http2, a_reset_tunnel_ends_its_waiting_message_too)
{
    nghttp2_settings_entry settings[] = {connects, {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0}};
    struct h2_peer peer = peer_with_tunnel();
    h2_peer_open(&peer, settings, 2);
    send_message(&peer, 2, "never");
    cr_expect_not(peer.client.proto->ops->can_send(peer.client.proto, 1), "one waits");
    nghttp2_submit_rst_stream(peer.server, NGHTTP2_FLAG_NONE, 1, NGHTTP2_CANCEL);
    h2_peer_pump(&peer);
    expect_log(&peer, "ready\nhead 1 200\ndone 2 protocol peer_cancel\n"
                      "done 1 protocol peer_cancel\nstate open");
    h2_peer_close(&peer);
}

Test(http2, finish_closes_open_websockets)
{
    struct h2_peer peer = peer_with_tunnel();
    h2_peer_open(&peer, &connects, 1);
    peer.client.proto->ops->finish(peer.client.proto);
    h2_peer_pump(&peer);
    say_frame(&peer, LG_WS_CLOSING, true, "\x03\xe8", true);
    expect_log(&peer, "ready\nhead 1 200\ndone 1 ok 0\nstate finished ok 0");
    cr_expect_not_null(strstr(server_log(&peer), "1 says 8 \x03\xe8\n"));
    h2_peer_close(&peer);
}

Test(http2, a_cancelled_tunnel_is_reset_and_silent)
{
    struct h2_peer peer = peer_with_tunnel();
    h2_peer_open(&peer, &connects, 1);
    peer.client.proto->ops->cancel(peer.client.proto, 1);
    h2_peer_pump(&peer);
    expect_log(&peer, "ready\nhead 1 200\nstate open");
    cr_expect_not_null(strstr(server_log(&peer), "1 reset 8\n"));
    h2_peer_close(&peer);
}

/* ---- cost ---- */

static struct mallinfo2 after_exchanges(struct script_peer *client, unsigned from, unsigned to)
{
    struct lg_buf in = {0};
    for (unsigned id = from; id < to; id += 2) {
        char *answer = lg_printf("1 4 %u 88\n0 1 %u 'hello", id, id);
        client->proto->ops->start(client->proto, id, &get);
        script_drain(client);
        h2_frames(&in, answer);
        script_feed(client, lg_buf_slice(&in), SPLIT_WHOLE, 0);
        cr_assert_not_null(memmem(client->log.p, client->log.n, " ok 0\n", 6));
        free(answer);
        lg_buf_clear(&in);
        lg_buf_clear(&client->log);
        lg_buf_clear(&client->out);
    }
    lg_buf_free(&in);
    return mallinfo2();
}

Test(http2, an_exchange_keeps_no_memory)
{
    struct script_peer client = {.request = get};
    h2_raw(&client, "6 1 0 0000000000000000", SPLIT_WHOLE, 0);
    struct mallinfo2 before = after_exchanges(&client, 1, 101);
    struct mallinfo2 after = after_exchanges(&client, 101, 4001);
    cr_expect_eq(after.uordblks, before.uordblks);
    script_close(&client);
}

/* ---- known heads ---- */

static void answer_in_its_mood(struct h2_peer *peer, int32_t id)
{
    static const char *const statuses[] = {"200", "200", "200", "200", "404", "503"};
    static const char *const lengths[] = {"5", "5", "5", "5", "5", "5", "4", "x"};
    struct lg_rng *mood = peer->user;
    char date[24];
    snprintf(date, sizeof date, "day %d", (int)(id / 20));
    nghttp2_nv fields[] = {
        {(uint8_t *)":status", (uint8_t *)(uintptr_t)statuses[lg_rng_below(mood, 6)], 7, 3, 0},
        {(uint8_t *)"date", (uint8_t *)date, 4, strlen(date), 0},
        {(uint8_t *)"content-length", (uint8_t *)(uintptr_t)lengths[lg_rng_below(mood, 8)], 14, 1,
         0},
        {(uint8_t *)"x-once", (uint8_t *)date, 6, strlen(date), NGHTTP2_NV_FLAG_NO_INDEX},
    };
    nghttp2_data_provider data = h2_body("hello");
    nghttp2_submit_response(peer->server, id, fields, 3 + (lg_rng_below(mood, 8) == 0), &data);
}

enum { MANY = 400 };

/* The log's lines but those of fields, in the order of the exchanges: once through the log, as
 * under ASan each look at a text with strchr() and the like goes on to its end. */
static char *by_exchange(struct lg_slice log)
{
    struct lg_buf of[MANY + 1] = {0}, all = {0};
    while (log.n > 0) {
        const char *end = memchr(log.p, '\n', log.n);
        size_t n = end != NULL ? (size_t)(end - log.p) + 1 : log.n;
        char *line = lg_strndup(log.p, n);
        unsigned op = 0;
        if (strncmp(line, "header", 6) != 0 && sscanf(line, "%*s %u", &op) == 1 && op <= MANY) {
            lg_buf_add(&of[op], line, n);
        }
        free(line);
        log = lg_slice(log.p + n, log.n - n);
    }
    for (size_t op = 0; op <= MANY; op++) {
        lg_buf_add(&all, of[op].p, of[op].n);
        lg_buf_free(&of[op]);
    }
    return lg_buf_take(&all);
}

static char *what_came_of_them(bool want_headers, enum script_split split)
{
    struct h2_peer peer = peer_of(0);
    struct lg_rng mood;
    struct lg_request request = get;
    lg_rng_init(&mood, 11, 0, 0);
    request.want_headers = want_headers;
    peer.answer = answer_in_its_mood;
    peer.user = &mood;
    peer.split = split;
    h2_peer_open(&peer, NULL, 0);
    for (lg_op op = 1; op <= MANY; op++) {
        peer.client.proto->ops->start(peer.client.proto, op, &request);
        if (op % 5 == 0) {
            h2_peer_pump(&peer);
        }
    }
    char *came = by_exchange(lg_str(h2_peer_log(&peer)));
    h2_peer_close(&peer);
    return came;
}

Test(http2, what_is_known_of_heads_changes_nothing_that_is_told)
{
    for (int split = 0; split < SPLITS; split++) {
        char *all = what_came_of_them(true, split), *known = what_came_of_them(false, split);
        cr_expect_str_eq(known, all, "split %d", split);
        cr_expect_not_null(strstr(all, "head 399 "));
        cr_expect_not_null(strstr(all, "ok 0\n"));
        cr_expect_not_null(strstr(all, "protocol h2_protocol_error\n"));
        free(all);
        free(known);
    }
}

Test(http2, bytes_of_known_heads_count_in_full)
{
    struct script_peer client = {.request = get, .starts = 3};
    uint64_t in, out;
    client.request.want_headers = false;
    h2_raw(&client, "1 4 1 880003782d610162", SPLIT_WHOLE, 0);
    struct lg_buf more = {0};
    h2_frames(&more, "1 4 3 880003782d610162\n1 4 5 880003782d610162");
    script_feed(&client, lg_buf_slice(&more), SPLIT_WHOLE, 0);
    for (lg_op op = 1; op <= 3; op++) {
        client.proto->ops->bytes(client.proto, op, &in, &out);
        cr_expect_eq(in, 9 + 8, "exchange %d: %d", (int)op, (int)in);
    }
    lg_buf_free(&more);
    script_close(&client);
}
