/* Instructions of the hot paths of proto/ and content/.
 *
 *   bench_proto CASE ROUNDS
 *
 * runs one case ROUNDS times and prints nothing; without arguments it lists the cases.  Read the
 * instructions of one operation as the difference of two runs, so that start-up drops out:
 *
 *   valgrind --tool=callgrind --callgrind-out-file=/dev/null bench_proto http1 1000
 *   valgrind --tool=callgrind --callgrind-out-file=/dev/null bench_proto http1 11000
 *   (second "Collected" - first "Collected") / 10000
 *
 * or of one function alone with --toggle-collect=run_http1.  Build with the preset `release`. */
#include "base/utf8.h"
#include "content/json_scan.h"
#include "content/sse.h"
#include "measure/stream_meter.h"
#include "proto/proto.h"
#include "proto/ws_frame.h"
#include "proto/ws_handshake.h"

#include <stdio.h>
#include <stdlib.h>

static unsigned long events; /* what the sink saw: keeps the compiler from knowing the answers */

static void on_ready(void *ctx)
{
    (void)ctx;
    events++;
}

static void on_head(void *ctx, lg_op op, int status)
{
    (void)ctx, (void)op;
    events += (unsigned)status;
}

static void on_data(void *ctx, lg_op op, struct lg_slice data, bool whole)
{
    (void)ctx, (void)op, (void)whole;
    events += data.n;
}

static void on_done(void *ctx, lg_op op, struct lg_outcome outcome)
{
    (void)ctx, (void)op;
    events += outcome.class == LG_OK;
}

static const struct lg_proto_sink sink = {
    .on_ready = on_ready, .on_head = on_head, .on_data = on_data, .on_done = on_done};

/* 212 bytes of head and body. */
static const char response[] =
    "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Mon, 23 Nov 2026 08:00:00 GMT\r\n"
    "Content-Type: application/json\r\nContent-Length: 27\r\nConnection: keep-alive\r\n"
    "X-Request: 000000000000000000\r\n\r\n{\"ok\":true,\"items\":[1,2,3]}";

static void run_http1(long rounds, struct lg_http1_memo *memo)
{
    static const char wire[] = "GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n";
    struct lg_proto_config config = {.authority = lg_str("127.0.0.1:8080"), .memo = memo};
    struct lg_request request = {.method = lg_str("GET"), .wire = lg_str(wire)};
    struct lg_proto *proto = lg_http1.open(&config, &sink, NULL);
    struct lg_slice in = lg_str(response);
    struct lg_buf out = {0};
    for (long i = 0; i < rounds; i++) {
        lg_http1.start(proto, 1, &request);
        lg_http1.output(proto, &out);
        lg_buf_clear(&out);
        lg_http1.input(proto, in);
    }
    lg_buf_free(&out);
    lg_http1.free(proto);
}

static void http1_memo(long rounds)
{
    struct lg_http1_memo *memo = lg_http1_memo_new();
    run_http1(rounds, memo);
    lg_http1_memo_free(memo);
}

static void http1_parse(long rounds)
{
    run_http1(rounds, NULL);
}

static const char chat[] =
    "{\"type\":\"message\",\"room\":\"r1\",\"from\":\"u7\",\"seq\":42,\"id\":\"k3f9-12-4711\","
    "\"at\":1763900000000,\"text\":"
    "\"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl\"}";

static struct lg_proto *ready_websocket(void)
{
    struct lg_proto_config config = {.authority = lg_str("127.0.0.1:8080"), .path = lg_str("/")};
    struct lg_proto *proto = lg_websocket.open(&config, &sink, NULL);
    struct lg_buf out = {0}, in = {0};
    lg_websocket.output(proto, &out);
    const char *key = memmem(out.p, out.n, "Sec-WebSocket-Key: ", 19);
    char accept[LG_WS_ACCEPT_BYTES];
    lg_ws_accept(accept, lg_slice(key + 19, 24));
    lg_buf_addf(&in,
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Accept: %s\r\n\r\n",
                accept);
    lg_websocket.input(proto, lg_buf_slice(&in));
    lg_buf_free(&out);
    lg_buf_free(&in);
    return proto;
}

static void websocket_in(long rounds)
{
    struct lg_proto *proto = ready_websocket();
    enum { MESSAGE = 173 };
    char frame[LG_WS_HEAD_MAX + MESSAGE];
    size_t n = lg_ws_head_write(frame, LG_WS_TEXT, true, MESSAGE, NULL);
    memset(frame + n, ' ', MESSAGE);
    memcpy(frame + n, chat, sizeof chat - 1);
    for (long i = 0; i < rounds; i++) {
        lg_websocket.input(proto, lg_slice(frame, n + MESSAGE));
    }
    lg_websocket.free(proto);
}

static void websocket_out(long rounds)
{
    struct lg_proto *proto = ready_websocket();
    struct lg_request request = {.body = lg_str(chat)};
    struct lg_buf out = {0};
    for (long i = 0; i < rounds; i++) {
        lg_websocket.start(proto, 1, &request);
        lg_websocket.output(proto, &out);
        lg_buf_clear(&out);
    }
    lg_buf_free(&out);
    lg_websocket.free(proto);
}

static void utf8(long rounds)
{
    for (long i = 0; i < rounds; i++) {
        events += lg_utf8_valid(lg_slice(chat, sizeof chat - 1));
    }
}

static void json_pointers(long rounds, const char *last)
{
    struct lg_slice pointers[3] = {lg_str("/type"), lg_str("/id"), lg_str(last)}, values[3];
    size_t bad;
    struct lg_json_query *query = lg_json_query_new(pointers, 3, &bad);
    for (long i = 0; i < rounds; i++) {
        events += lg_json_scan(query, lg_slice(chat, sizeof chat - 1), values);
    }
    lg_json_query_free(query);
}

static void json(long rounds)
{
    json_pointers(rounds, "/at");
}

static void json_to_the_end(long rounds)
{
    json_pointers(rounds, "/none");
}

/* Streams of ticks: `events_a_read` of them come together. */
static void run_sse(long rounds, int events_a_read)
{
    struct lg_sse parser = {0};
    struct lg_stream_meter meter = {.expect_gap = 100 * LG_MS};
    uint64_t counts[LG_STREAM_COUNTS] = {0};
    struct lg_hist hists[LG_STREAM_HISTS];
    struct lg_sse_event event;
    struct lg_buf text = {0};
    for (int i = 0; i < events_a_read; i++) {
        lg_buf_addf(&text, "id: %d\nevent: tick\ndata: {\"n\":%d,\"at\":1763900000000}\n\n",
                    4711 + i, 4711 + i);
    }
    for (int i = 0; i < LG_STREAM_HISTS; i++) {
        lg_hist_init(&hists[i]);
    }
    for (long i = 0; i < rounds; i++) {
        struct lg_slice bytes = lg_buf_slice(&text);
        while (lg_sse_next(&parser, &bytes, &event) == LG_SSE_EVENT) {
            lg_stream_event(&meter, event.own_id ? event.id : lg_slice(NULL, 0),
                            LG_S + i * 100 * LG_MS, counts, hists);
            events++;
        }
    }
    for (int i = 0; i < LG_STREAM_HISTS; i++) {
        lg_hist_fini(&hists[i]);
    }
    lg_sse_fini(&parser);
    lg_buf_free(&text);
}

static void sse(long rounds)
{
    run_sse(rounds, 1);
}

static void sse_ten(long rounds)
{
    run_sse(rounds, 10);
}

static const struct {
    const char *name;
    const char *help;
    void (*run)(long rounds);
} cases[] = {
    {"http1", "one exchange, a response of 212 bytes whose head is known", http1_memo},
    {"http1-parse", "the same, the head parsed by llhttp", http1_parse},
    {"ws-in", "one text frame of 173 bytes received", websocket_in},
    {"ws-out", "one text frame of a chat message sent", websocket_out},
    {"utf8", "validation of a chat message", utf8},
    {"json", "/type, /id and /at of a chat message", json},
    {"sse", "one event of 58 bytes parsed and accounted, one a read", sse},
    {"sse-ten", "ten such events in one read", sse_ten},
    {"json-end", "the same message read to its end", json_to_the_end},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (argc != 3) {
            printf("%-12s %s\n", cases[i].name, cases[i].help);
        } else if (strcmp(argv[1], cases[i].name) == 0) {
            cases[i].run(strtol(argv[2], NULL, 10));
            return events == 0;
        }
    }
    return argc == 3 ? 2 : 0;
}
