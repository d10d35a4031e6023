#include <criterion/criterion.h>

#include "support/leaks.h"
#include "support/script_peer.h"

#include <malloc.h>
#include <stdlib.h>

TestSuite(http1, .fini = no_leaks);

/* Protocol faults stand in logs by number; named here so that the tables can be read. */
#define F_SYNTAX       "protocol 1"
#define F_HEADER_LIMIT "protocol 2"
#define F_LENGTH       "protocol 3"
#define F_EXTRA        "protocol 4"
#define F_UNASKED      "protocol 5"
#define F_UPGRADE      "protocol 6"

#define OK_HEAD  "HTTP/1.1 200 OK\r\n"
#define OPEN_END "state open"

struct row {
    const char *sentence;
    const char *method;
    int requests;
    bool want_headers, eof;
    const char *in;
    const char *log;
};

static const struct row rows[] = {
    {"a body of the stated length", "GET", 1, false, false,
     OK_HEAD "Content-Length: 5\r\n\r\nhello", "head 1 200\ndata 1 hello\ndone 1 ok 0\n" OPEN_END},
    {"an empty body", "GET", 1, false, false, OK_HEAD "Content-Length: 0\r\n\r\n",
     "head 1 200\ndone 1 ok 0\n" OPEN_END},
    {"fields are reported after the head, in lower case and trimmed", "GET", 1, true, false,
     OK_HEAD "X-One:  a b \t\r\nSet-Cookie: x=1\r\nSet-Cookie: y=2\r\nEmpty:\r\n"
             "Content-Length: 2\r\n\r\nok",
     "head 1 200\nheader 1 x-one=a b\nheader 1 set-cookie=x=1\nheader 1 set-cookie=y=2\n"
     "header 1 empty=\nheader 1 content-length=2\ndata 1 ok\ndone 1 ok 0\n" OPEN_END},
    {"interim answers are passed over, with their fields", "GET", 1, true, false,
     "HTTP/1.1 100 Continue\r\nA: b\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" OK_HEAD
     "Content-Length: 2\r\n\r\nok",
     "head 1 200\nheader 1 content-length=2\ndata 1 ok\ndone 1 ok 0\n" OPEN_END},
    {"an interim answer cannot close the connection", "GET", 1, false, false,
     "HTTP/1.1 103 Early Hints\r\nConnection: close\r\n\r\n" OK_HEAD "Content-Length: 1\r\n\r\nx",
     "head 1 200\ndata 1 x\ndone 1 ok 0\n" OPEN_END},
    {"101 was not asked for", "GET", 1, false, false,
     "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n",
     "done 1 " F_UPGRADE "\nstate broken " F_UPGRADE},
    {"HEAD has no body whatever the length says", "HEAD", 2, false, false,
     OK_HEAD "Content-Length: 500\r\n\r\n" OK_HEAD "Content-Length: 500\r\n\r\n",
     "head 1 200\ndone 1 ok 0\nhead 2 200\ndone 2 ok 0\n" OPEN_END},
    {"HEAD of a chunked resource has no chunks", "HEAD", 1, false, false,
     OK_HEAD "Transfer-Encoding: chunked\r\n\r\n", "head 1 200\ndone 1 ok 0\n" OPEN_END},
    {"HEAD without a length keeps the connection", "HEAD", 1, false, false, OK_HEAD "\r\n",
     "head 1 200\ndone 1 ok 0\n" OPEN_END},
    {"204 has no body", "GET", 2, false, false,
     "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n",
     "head 1 204\ndone 1 ok 0\nhead 2 204\ndone 2 ok 0\n" OPEN_END},
    {"304 has no body though it tells a length", "GET", 1, false, false,
     "HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\n\r\n",
     "head 1 304\ndone 1 ok 0\n" OPEN_END},
    {"chunks with extensions and trailers", "GET", 1, true, false,
     OK_HEAD "Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n1;c=\"d;e\"\r\n!\r\n0\r\n"
             "X-Sum: 1\r\nY: 2\r\n\r\n",
     "head 1 200\nheader 1 transfer-encoding=chunked\ndata 1 hello!\ndone 1 ok 0\n" OPEN_END},
    {"an empty chunked body", "GET", 1, false, false,
     OK_HEAD "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "head 1 200\ndone 1 ok 0\n" OPEN_END},
    {"three exchanges, each started inside the one before", "GET", 3, false, false,
     OK_HEAD "Content-Length: 1\r\n\r\na" OK_HEAD "Transfer-Encoding: chunked\r\n\r\n"
             "1\r\nb\r\n0\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\nc",
     "head 1 200\ndata 1 a\ndone 1 ok 0\nhead 2 200\ndata 2 b\ndone 2 ok 0\n"
     "head 3 404\ndata 3 c\ndone 3 ok 0\n" OPEN_END},
    {"the end of the connection ends a body without length", "GET", 2, false, true,
     OK_HEAD "\r\nuntil the end",
     "head 1 200\ndata 1 until the end\ndone 1 ok 0\nstate finished ok 0"},
    {"a coding other than chunked ends with the connection", "GET", 1, false, true,
     OK_HEAD "Transfer-Encoding: gzip\r\n\r\nxyz",
     "head 1 200\ndata 1 xyz\ndone 1 ok 0\nstate finished ok 0"},
    {"Connection: close ends the connection after the exchange", "GET", 2, false, false,
     OK_HEAD "Connection: close\r\nContent-Length: 1\r\n\r\nx",
     "head 1 200\ndata 1 x\ndone 1 ok 0\nstate finished ok 0"},
    {"what follows an announced close is not looked at", "GET", 1, false, false,
     OK_HEAD "Connection: close\r\nContent-Length: 1\r\n\r\nxyz",
     "head 1 200\ndata 1 x\ndone 1 ok 0\nstate finished ok 0"},
    {"HTTP/1.0 closes by default", "GET", 1, false, false,
     "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx",
     "head 1 200\ndata 1 x\ndone 1 ok 0\nstate finished ok 0"},
    {"HTTP/1.0 with keep-alive stays", "GET", 1, false, false,
     "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx",
     "head 1 200\ndata 1 x\ndone 1 ok 0\n" OPEN_END},
    {"the peer may close an idle connection", "GET", 1, false, true,
     OK_HEAD "Content-Length: 0\r\n\r\n", "head 1 200\ndone 1 ok 0\nstate finished ok 0"},
    {"nothing at all is an early end", "GET", 1, false, true, "",
     "done 1 closed 0\nstate broken closed 0"},
    {"a cut head is an early end", "GET", 1, false, true, "HTTP/1.1 200 O",
     "done 1 closed 0\nstate broken closed 0"},
    {"a cut body is an early end", "GET", 1, false, true, OK_HEAD "Content-Length: 5\r\n\r\nhell",
     "head 1 200\ndata 1 hell\ndone 1 closed 0\nstate broken closed 0"},
    {"a cut chunk is an early end", "GET", 1, false, true,
     OK_HEAD "Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
     "head 1 200\ndata 1 hel\ndone 1 closed 0\nstate broken closed 0"},
    {"a missing last chunk is an early end", "GET", 1, false, true,
     OK_HEAD "Transfer-Encoding: chunked\r\n\r\n1\r\nh\r\n",
     "head 1 200\ndata 1 h\ndone 1 closed 0\nstate broken closed 0"},
    {"only an interim answer is an early end", "GET", 1, false, true,
     "HTTP/1.1 100 Continue\r\n\r\n", "done 1 closed 0\nstate broken closed 0"},

    {"folded lines are blanks (RFC 9112 5.2)", "GET", 1, true, false,
     OK_HEAD "A: b\r\n c\r\nContent-Length:\r\n 2\r\n\r\nok",
     "head 1 200\nheader 1 a=b c\nheader 1 content-length=2\ndata 1 ok\ndone 1 ok 0\n" OPEN_END},
    {"a status line without a reason", "GET", 1, false, false,
     "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "head 1 200\ndone 1 ok 0\n" OPEN_END},
    {"a value in another alphabet", "GET", 1, true, false,
     OK_HEAD "A: \xe9\r\nContent-Length: 0\r\n\r\n",
     "head 1 200\nheader 1 a=\\xe9\nheader 1 content-length=0\ndone 1 ok 0\n" OPEN_END},
    {"a coding before chunked", "GET", 1, false, false,
     OK_HEAD "Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
     "head 1 200\ndata 1 ok\ndone 1 ok 0\n" OPEN_END},
    {"chunked before another coding ends with the connection", "GET", 1, false, true,
     OK_HEAD "Transfer-Encoding: chunked, gzip\r\n\r\n2",
     "head 1 200\ndata 1 2\ndone 1 ok 0\nstate finished ok 0"},
    {"a coding that only looks like chunked", "GET", 1, false, true,
     OK_HEAD "Transfer-Encoding: xchunked\r\n\r\n2",
     "head 1 200\ndata 1 2\ndone 1 ok 0\nstate finished ok 0"},
    {"a trailer cannot change the framing", "GET", 1, false, false,
     OK_HEAD "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nContent-Length: 5\r\n"
             "Transfer-Encoding: gzip\r\n\r\n",
     "head 1 200\ndata 1 x\ndone 1 ok 0\n" OPEN_END},

    {"two lengths that differ", "GET", 1, false, false,
     OK_HEAD "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
     "done 1 " F_LENGTH "\nstate broken " F_LENGTH},
    {"a length of 2^64", "GET", 1, false, false,
     OK_HEAD "Content-Length: 18446744073709551616\r\n\r\n",
     "done 1 " F_LENGTH "\nstate broken " F_LENGTH},
    {"a negative length", "GET", 1, false, false, OK_HEAD "Content-Length: -1\r\n\r\n",
     "done 1 " F_LENGTH "\nstate broken " F_LENGTH},
    {"a length in hexadecimal", "GET", 1, false, false, OK_HEAD "Content-Length: 0x5\r\n\r\n",
     "done 1 " F_LENGTH "\nstate broken " F_LENGTH},
    {"a list as length", "GET", 1, false, false, OK_HEAD "Content-Length: 5, 5\r\n\r\n",
     "done 1 " F_LENGTH "\nstate broken " F_LENGTH},
    {"an empty length", "GET", 1, false, false, OK_HEAD "Content-Length:\r\n\r\n",
     "done 1 " F_LENGTH "\nstate broken " F_LENGTH},
    {"length and chunks together", "GET", 1, false, false,
     OK_HEAD "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
     "done 1 " F_LENGTH "\nstate broken " F_LENGTH},
    {"chunks and length together", "GET", 1, false, false,
     OK_HEAD "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
     "done 1 " F_LENGTH "\nstate broken " F_LENGTH},
    {"HTTP/1.0 knows no chunks", "GET", 1, false, false,
     "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
     "done 1 " F_LENGTH "\nstate broken " F_LENGTH},
    {"a chunk size that overflows", "GET", 1, false, false,
     OK_HEAD "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
     "head 1 200\ndone 1 " F_LENGTH "\nstate broken " F_LENGTH},
    {"a chunk size that is no number", "GET", 1, false, false,
     OK_HEAD "Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
     "head 1 200\ndone 1 " F_LENGTH "\nstate broken " F_LENGTH},
    {"a chunk longer than announced", "GET", 1, false, false,
     OK_HEAD "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n",
     "head 1 200\ndata 1 a\ndone 1 " F_SYNTAX "\nstate broken " F_SYNTAX},

    {"not HTTP", "GET", 1, false, false, "SSH-2.0-OpenSSH_9.2\r\n",
     "done 1 " F_SYNTAX "\nstate broken " F_SYNTAX},
    {"HTTP/0.9 style, a body at once", "GET", 1, false, false, "<html>hi</html>",
     "done 1 " F_SYNTAX "\nstate broken " F_SYNTAX},
    {"a version of the future", "GET", 1, false, false, "HTTP/2.0 200 OK\r\n\r\n",
     "done 1 " F_SYNTAX "\nstate broken " F_SYNTAX},
    {"an unknown version", "GET", 1, false, false, "HTTP/1.7 200 OK\r\n\r\n",
     "done 1 " F_SYNTAX "\nstate broken " F_SYNTAX},
    {"an empty line before the answer", "GET", 1, false, false,
     "\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
     "done 1 " F_SYNTAX "\nstate broken " F_SYNTAX},
    {"a status of letters", "GET", 1, false, false, "HTTP/1.1 abc OK\r\n\r\n",
     "done 1 " F_SYNTAX "\nstate broken " F_SYNTAX},
    {"a status below 100", "GET", 1, false, false, "HTTP/1.1 099 Low\r\n\r\n",
     "done 1 " F_SYNTAX "\nstate broken " F_SYNTAX},
    {"a status of four digits", "GET", 1, false, false, "HTTP/1.1 2000 OK\r\n\r\n",
     "done 1 " F_SYNTAX "\nstate broken " F_SYNTAX},
    {"a blank in a field name", "GET", 1, false, false, OK_HEAD "A b: c\r\n\r\n",
     "done 1 " F_SYNTAX "\nstate broken " F_SYNTAX},
    {"a blank before the colon", "GET", 1, false, false, OK_HEAD "Content-Length : 0\r\n\r\n",
     "done 1 " F_SYNTAX "\nstate broken " F_SYNTAX},
    {"a field without a name", "GET", 1, false, false, OK_HEAD ": b\r\n\r\n",
     "done 1 " F_SYNTAX "\nstate broken " F_SYNTAX},
    {"a field without a name, where fields are asked for", "GET", 1, true, false,
     OK_HEAD "A: b\r\n: b\r\n\r\n", "done 1 " F_SYNTAX "\nstate broken " F_SYNTAX},
    {"a line without a colon", "GET", 1, false, false, OK_HEAD "nonsense\r\n\r\n",
     "done 1 " F_SYNTAX "\nstate broken " F_SYNTAX},
    {"CR without LF in a value", "GET", 1, false, false, OK_HEAD "A: b\rC: d\r\n\r\n",
     "done 1 " F_SYNTAX "\nstate broken " F_SYNTAX},
    {"the same length twice", "GET", 1, false, false,
     OK_HEAD "Content-Length: 2\r\nContent-Length: 2\r\n\r\n",
     "done 1 " F_LENGTH "\nstate broken " F_LENGTH},
    {"a length with a sign", "GET", 1, false, false, OK_HEAD "Content-Length: +2\r\n\r\n",
     "done 1 " F_LENGTH "\nstate broken " F_LENGTH},
    {"two numbers as length", "GET", 1, false, false, OK_HEAD "Content-Length: 2 2\r\n\r\n",
     "done 1 " F_LENGTH "\nstate broken " F_LENGTH},
    {"a length over two lines", "GET", 1, false, false, OK_HEAD "Content-Length: 1\r\n 2\r\n\r\n",
     "done 1 " F_LENGTH "\nstate broken " F_LENGTH},
    {"a negative chunk size", "GET", 1, false, false,
     OK_HEAD "Transfer-Encoding: chunked\r\n\r\n-2\r\n",
     "head 1 200\ndone 1 " F_LENGTH "\nstate broken " F_LENGTH},
    {"a chunk size with 0x", "GET", 1, false, false,
     OK_HEAD "Transfer-Encoding: chunked\r\n\r\n0x2\r\n",
     "head 1 200\ndone 1 " F_LENGTH "\nstate broken " F_LENGTH},
    {"no chunk size", "GET", 1, false, false, OK_HEAD "Transfer-Encoding: chunked\r\n\r\n\r\n",
     "head 1 200\ndone 1 " F_LENGTH "\nstate broken " F_LENGTH},
    {"a blank behind a chunk size", "GET", 1, false, false,
     OK_HEAD "Transfer-Encoding: chunked\r\n\r\n2 \r\n",
     "head 1 200\ndone 1 " F_LENGTH "\nstate broken " F_LENGTH},
    {"a second extension behind a value: allowed by RFC 9112 7.1.1, but not by llhttp 8", "GET", 1,
     false, false, OK_HEAD "Transfer-Encoding: chunked\r\n\r\n1;a=b;c=d\r\nx\r\n0\r\n\r\n",
     "head 1 200\ndone 1 " F_LENGTH "\nstate broken " F_LENGTH},
    {"a chunk size line that ends in LF", "GET", 1, false, false,
     OK_HEAD "Transfer-Encoding: chunked\r\n\r\n2\nok",
     "head 1 200\ndone 1 " F_LENGTH "\nstate broken " F_LENGTH},
    {"a chunk that ends in LF", "GET", 1, false, false,
     OK_HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\nok\n0\r\n\r\n",
     "head 1 200\ndata 1 ok\ndone 1 " F_SYNTAX "\nstate broken " F_SYNTAX},
    {"lines that end in LF", "GET", 1, false, false, "HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
     "done 1 " F_SYNTAX "\nstate broken " F_SYNTAX},
    {"two blanks before the status", "GET", 1, false, false, "HTTP/1.1  200 OK\r\n\r\n",
     "done 1 " F_SYNTAX "\nstate broken " F_SYNTAX},
    {"the version in lower case", "GET", 1, false, false, "http/1.1 200 OK\r\n\r\n",
     "done 1 " F_SYNTAX "\nstate broken " F_SYNTAX},
    {"DEL in a value", "GET", 1, false, false, OK_HEAD "A: \x7f\r\n\r\n",
     "done 1 " F_SYNTAX "\nstate broken " F_SYNTAX},
    {"a control character in a value", "GET", 1, false, false, OK_HEAD "A: b\x01\r\n\r\n",
     "done 1 " F_SYNTAX "\nstate broken " F_SYNTAX},
};

enum { ROWS = sizeof rows / sizeof *rows };

static struct lg_proto_config config_of(struct lg_http1_memo *memo)
{
    return (struct lg_proto_config){.authority = lg_str("example.test:81"), .memo = memo};
}

static void play(struct script_peer *peer, const struct row *row, struct lg_http1_memo *memo,
                 struct lg_slice in, enum script_split split, uint64_t seed)
{
    struct lg_proto_config config = config_of(memo);
    peer->request = (struct lg_request){
        .method = lg_str(row->method),
        .path = lg_str("/"),
        .want_headers = row->want_headers,
        .want_body = true,
    };
    peer->starts = row->requests;
    script_open(peer, &lg_http1, &config);
    script_feed(peer, in, split, seed);
    if (row->eof) {
        script_eof(peer);
    }
}

/* A row with several answers is fed answer by answer where it is fed whole: what the next one says
 * before it was asked would be extra bytes. */
static void check_row(const struct row *row, struct lg_http1_memo *memo, enum script_split split,
                      uint64_t seed)
{
    struct script_peer peer = {0};
    if (split == SPLIT_WHOLE && row->requests > 1) {
        split = SPLIT_BYTES;
    }
    play(&peer, row, memo, lg_str(row->in), split, seed);
    const char *log = script_log(&peer);
    cr_assert_str_eq(log, row->log, "%s (split %d, seed %d, memo %d)\n--- have\n%s\n--- want\n%s",
                     row->sentence, split, (int)seed, memo != NULL, log, row->log);
    script_close(&peer);
}

/* RANDOM pieces may join two answers too, so rows with several are left out there. */
static void check_all(bool with_memo)
{
    struct lg_http1_memo *memo = with_memo ? lg_http1_memo_new() : NULL;
    for (size_t i = 0; i < ROWS; i++) {
        check_row(&rows[i], memo, SPLIT_WHOLE, 0);
        check_row(&rows[i], memo, SPLIT_WHOLE, 1); /* now the head is known */
        check_row(&rows[i], memo, SPLIT_BYTES, 0);
        for (uint64_t seed = 0; seed < 20 && rows[i].requests == 1; seed++) {
            check_row(&rows[i], memo, SPLIT_RANDOM, seed);
        }
    }
    lg_http1_memo_free(memo);
}

Test(http1, reads_every_row_the_same_in_every_split_without_memo)
{
    check_all(false);
}

Test(http1, reads_every_row_the_same_in_every_split_with_memo)
{
    check_all(true);
}

Test(http1, a_memo_of_one_head_serves_any_method)
{
    static const char head[] = OK_HEAD "Content-Length: 5\r\n\r\n";
    struct lg_http1_memo *memo = lg_http1_memo_new();
    struct row get = {.method = "GET", .requests = 1},
               only_head = {.method = "HEAD", .requests = 1};
    struct script_peer peer = {0};
    play(&peer, &only_head, memo, lg_str(head), SPLIT_WHOLE, 0);
    cr_assert_str_eq(script_log(&peer), "head 1 200\ndone 1 ok 0\nstate open");
    script_close(&peer);
    play(&peer, &get, memo, lg_str(head), SPLIT_WHOLE, 0);
    script_feed(&peer, lg_str("hello"), SPLIT_BYTES, 0);
    cr_assert_str_eq(script_log(&peer), "head 1 200\ndata 1 hello\ndone 1 ok 0\nstate open");
    script_close(&peer);
    lg_http1_memo_free(memo);
}

Test(http1, a_memo_forgets_the_oldest_and_stays_right)
{
    struct lg_http1_memo *memo = lg_http1_memo_new();
    struct row row = {.method = "GET", .requests = 1};
    for (int round = 0; round < 3; round++) {
        for (int i = 1; i <= 20; i++) {
            struct lg_buf in = {0};
            lg_buf_addf(&in, "HTTP/1.1 20%d OK\r\nContent-Length: %d\r\n\r\n%.*s", i % 3, i, i,
                        "abcdefghijklmnopqrstuvwxyz");
            struct script_peer peer = {0};
            play(&peer, &row, memo, lg_buf_slice(&in), SPLIT_WHOLE, 0);
            char *want = lg_printf("head 1 %d\ndata 1 %.*s\ndone 1 ok 0\nstate open", 200 + i % 3,
                                   i, "abcdefghijklmnopqrstuvwxyz");
            cr_assert_str_eq(script_log(&peer), want);
            free(want);
            script_close(&peer);
            lg_buf_free(&in);
        }
    }
    lg_http1_memo_free(memo);
}

Test(http1, bytes_behind_a_complete_answer_break_the_connection_but_not_the_answer)
{
    struct row row = {.method = "GET", .requests = 5};
    struct script_peer peer = {0};
    play(&peer, &row, NULL, lg_str(OK_HEAD "Content-Length: 1\r\n\r\nxHTTP/1.1 599 Smuggled\r\n"),
         SPLIT_WHOLE, 0);
    cr_assert_str_eq(script_log(&peer), "head 1 200\ndata 1 x\ndone 1 ok 0\nstate broken " F_EXTRA,
                     "no further exchange may start, and the one that is done stays ok");
    script_close(&peer);
    play(&peer, &row, NULL,
         lg_str(OK_HEAD "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n\r\n"), SPLIT_WHOLE,
         0);
    cr_assert_str_eq(script_log(&peer), "head 1 200\ndata 1 x\ndone 1 ok 0\nstate broken " F_EXTRA);
    script_close(&peer);
}

Test(http1, bytes_with_no_exchange_open_were_not_asked_for)
{
    struct row row = {.method = "GET", .requests = 0};
    struct script_peer peer = {0};
    play(&peer, &row, NULL, lg_str("HTTP/1.1 408 Request Timeout\r\n"), SPLIT_BYTES, 0);
    cr_assert_str_eq(script_log(&peer), "state broken " F_UNASKED);
    script_close(&peer);
}

Test(http1, an_answer_before_its_request_was_handed_over_was_not_asked_for)
{
    struct script_peer peer = {.request = {.method = lg_str("GET"), .path = lg_str("/")}};
    struct lg_proto_config config = config_of(NULL);
    script_open(&peer, &lg_http1, &config);
    lg_http1.start(peer.proto, 1, &peer.request);
    peer.state = lg_http1.input(peer.proto, lg_str("HTTP/1.1 200 OK\r\n"));
    cr_assert_str_eq(script_log(&peer), "done 1 " F_UNASKED "\nstate broken " F_UNASKED);
    script_close(&peer);
}

static void check_head_of(size_t n, const char *want)
{
    struct lg_buf in = {0};
    lg_buf_adds(&in, OK_HEAD "Content-Length: 0\r\nX: ");
    while (in.n < n - 4) {
        lg_buf_add(&in, "y", 1);
    }
    lg_buf_adds(&in, "\r\n\r\n");
    struct row row = {.method = "GET", .requests = 1};
    for (int split = 0; split < SPLITS; split++) {
        struct script_peer peer = {0};
        play(&peer, &row, NULL, lg_buf_slice(&in), (enum script_split)split, 7);
        cr_assert_str_eq(script_log(&peer), want, "head of %zu bytes, split %d", n, split);
        script_close(&peer);
    }
    lg_buf_free(&in);
}

Test(http1, a_head_may_have_64_KiB_and_no_more)
{
    check_head_of(65536, "head 1 200\ndone 1 ok 0\nstate open");
    check_head_of(65537, "done 1 " F_HEADER_LIMIT "\nstate broken " F_HEADER_LIMIT);
    check_head_of(200000, "done 1 " F_HEADER_LIMIT "\nstate broken " F_HEADER_LIMIT);
}

Test(http1, endless_interim_answers_meet_the_head_limit)
{
    struct lg_buf in = {0};
    while (in.n < 300000) {
        lg_buf_adds(&in, "HTTP/1.1 103 Early Hints\r\n\r\n");
    }
    struct row row = {.method = "GET", .requests = 1};
    for (int split = 0; split < SPLITS; split++) {
        struct script_peer peer = {0};
        play(&peer, &row, NULL, lg_buf_slice(&in), (enum script_split)split, 3);
        cr_assert_str_eq(script_log(&peer),
                         "done 1 " F_HEADER_LIMIT "\nstate broken " F_HEADER_LIMIT);
        script_close(&peer);
    }
    lg_buf_free(&in);
}

/* `begin`, then `again` until 300,000 bytes. */
static void feed_endless(const char *begin, const char *again, bool want_headers, size_t step)
{
    struct script_peer peer = {0};
    struct row row = {.method = "GET", .requests = 1, .want_headers = want_headers};
    struct lg_buf in = {0};
    lg_buf_adds(&in, begin);
    while (in.n < 70000) {
        lg_buf_adds(&in, again);
    }
    play(&peer, &row, NULL, lg_slice(NULL, 0), SPLIT_WHOLE, 0);
    for (size_t at = 0; at < in.n && peer.state == LG_PROTO_OPEN; at += step) {
        size_t n = in.n - at < step ? in.n - at : step;
        script_feed(&peer, lg_slice(in.p + at, n), SPLIT_WHOLE, 0);
    }
    cr_assert_not_null(strstr(script_log(&peer), "done 1 " F_HEADER_LIMIT "\nstate broken"),
                       "%s...: %s", again, script_log(&peer));
    script_close(&peer);
    lg_buf_free(&in);
}

Test(http1, endless_trailers_and_chunk_extensions_meet_the_head_limit)
{
    static const char chunked[] = OK_HEAD "Transfer-Encoding: chunked\r\n\r\n";
    static const char *const ways[][2] = {
        {"0\r\n", "A: b\r\n"}, {"0\r\nA: ", "bbbb"}, {"0\r\n", "aaaa"},
        {"1;", "aaaa"},        {"1;a=", "bbbb"},
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        char *begin = lg_printf("%s%s", chunked, ways[i][0]);
        feed_endless(begin, ways[i][1], false, 300000);
        feed_endless(begin, ways[i][1], true, 1);
        feed_endless(begin, ways[i][1], false, 1000);
        free(begin);
    }
}

Test(http1, extensions_of_many_chunks_are_no_endless_one)
{
    struct script_peer peer = {0};
    struct row row = {.method = "GET", .requests = 1};
    play(&peer, &row, NULL, lg_str(OK_HEAD "Transfer-Encoding: chunked\r\n\r\n"), SPLIT_WHOLE, 0);
    for (int i = 0; i < 20000; i++) {
        script_feed(&peer, lg_str("1;sign=0123456789\r\nx\r\n"), SPLIT_WHOLE, 0);
    }
    script_feed(&peer, lg_str("0\r\n\r\n"), SPLIT_WHOLE, 0);
    cr_assert_not_null(strstr(script_log(&peer), "done 1 ok 0\nstate open"));
    script_close(&peer);
}

Test(http1, a_cancelled_exchange_is_read_to_its_end_in_silence)
{
    static const char answer[] = OK_HEAD "Content-Length: 5\r\n\r\nhello";
    struct script_peer peer = {.cancel_on_head = 1, .starts = 1};
    peer.request =
        (struct lg_request){.method = lg_str("GET"), .path = lg_str("/"), .want_body = true};
    struct lg_proto_config config = config_of(NULL);
    script_open(&peer, &lg_http1, &config);
    script_feed(&peer, lg_slice(answer, sizeof answer - 3), SPLIT_BYTES, 0);
    cr_assert_eq(lg_http1.capacity(peer.proto), 0, "the answer still occupies the connection");
    peer.starts = 1;
    script_feed(&peer, lg_slice(answer + sizeof answer - 3, 2), SPLIT_WHOLE, 0);
    script_feed(&peer, lg_str(answer), SPLIT_WHOLE, 0);
    cr_assert_str_eq(script_log(&peer),
                     "head 1 200\nready\nhead 2 200\ndata 2 hello\ndone 2 ok 0\nstate open");
    script_close(&peer);
}

Test(http1, a_request_cancelled_before_it_was_handed_over_is_never_sent)
{
    struct script_peer peer = {.request = {.method = lg_str("GET"), .path = lg_str("/")}};
    struct lg_proto_config config = config_of(NULL);
    script_open(&peer, &lg_http1, &config);
    lg_http1.start(peer.proto, 1, &peer.request);
    lg_http1.cancel(peer.proto, 1);
    script_drain(&peer);
    cr_assert_eq(peer.out.n, 0);
    cr_assert_eq(lg_http1.capacity(peer.proto), 1);
    script_close(&peer);
}

Test(http1, abort_ends_the_open_exchange_with_the_outcome_given)
{
    struct row row = {.method = "GET", .requests = 3};
    struct script_peer peer = {0};
    play(&peer, &row, NULL, lg_str(OK_HEAD), SPLIT_WHOLE, 0);
    lg_http1.abort(peer.proto, lg_outcome(LG_RESET, 104));
    peer.state = LG_PROTO_BROKEN;
    cr_assert_str_eq(script_log(&peer), "done 1 reset 104\nstate broken reset 104");
    script_close(&peer);
}

Test(http1, finish_lets_the_open_exchange_end)
{
    struct row row = {.method = "GET", .requests = 3};
    struct script_peer peer = {0};
    play(&peer, &row, NULL, lg_str(OK_HEAD), SPLIT_WHOLE, 0);
    lg_http1.finish(peer.proto);
    script_feed(&peer, lg_str("Content-Length: 0\r\n\r\n"), SPLIT_WHOLE, 0);
    cr_assert_str_eq(script_log(&peer), "head 1 200\ndone 1 ok 0\nstate finished ok 0");
    script_close(&peer);
}

/* ---- requests ---- */

struct request_row {
    const char *sentence;
    struct lg_request request;
    const char *wire;
};

#define S(text)                                                                                    \
    {                                                                                              \
        (text), sizeof(text) - 1                                                                   \
    }

static const struct lg_header two[] = {{S("Accept"), S("*/*")}, {S("X"), S("a\r\nEvil: 1")}};
static const struct lg_header own[] = {{S("host"), S("other")}, {S("content-length"), S("7")}};

static const struct request_row request_rows[] = {
    {"GET has a host and no length",
     {.method = S("GET"), .path = S("/a?b=c")},
     "GET /a?b=c HTTP/1.1\r\nHost: example.test:81\r\n\r\n"},
    {"POST without a body says so",
     {.method = S("POST"), .path = S("/")},
     "POST / HTTP/1.1\r\nHost: example.test:81\r\nContent-Length: 0\r\n\r\n"},
    {"a body has a length",
     {.method = S("DELETE"), .path = S("/"), .body = S("abc")},
     "DELETE / HTTP/1.1\r\nHost: example.test:81\r\nContent-Length: 3\r\n\r\nabc"},
    {"a line break in a value cannot begin a new line",
     {.method = S("GET"), .path = S("/"), .headers = two, .header_count = 2},
     "GET / HTTP/1.1\r\nHost: example.test:81\r\nAccept: */*\r\nX: a  Evil: 1\r\n\r\n"},
    {"a line break in a path cannot either",
     {.method = S("GET"), .path = S("/a b\r\nX: y\x7f/\xc3\xa9")},
     "GET /a%20b%0D%0AX:%20y%7F/\xc3\xa9 HTTP/1.1\r\nHost: example.test:81\r\n\r\n"},
    {"own host and length take the place of ours",
     {.method = S("POST"), .path = S("/"), .headers = own, .header_count = 2, .body = S("abcdefg")},
     "POST / HTTP/1.1\r\nhost: other\r\ncontent-length: 7\r\n\r\nabcdefg"},
};

Test(http1, writes_requests_and_renders_the_same_bytes)
{
    struct lg_proto_config config = config_of(NULL);
    for (size_t i = 0; i < sizeof request_rows / sizeof *request_rows; i++) {
        const struct request_row *row = &request_rows[i];
        struct script_peer peer = {.request = row->request, .starts = 1};
        script_open(&peer, &lg_http1, &config);
        cr_assert(lg_slice_eq(lg_buf_slice(&peer.out), lg_str(row->wire)), "%s: %.*s",
                  row->sentence, (int)peer.out.n, peer.out.p);
        script_close(&peer);
        struct lg_buf rendered = {0};
        lg_http1.render(&config, &row->request, &rendered);
        cr_assert(lg_slice_eq(lg_buf_slice(&rendered), lg_str(row->wire)), "%s", row->sentence);
        lg_buf_free(&rendered);
    }
}

Test(http1, a_rendered_request_is_sent_as_it_is)
{
    struct lg_proto_config config = config_of(NULL);
    struct script_peer peer = {.starts = 1};
    peer.request = (struct lg_request){.method = lg_str("GET"), .wire = lg_str("any bytes")};
    script_open(&peer, &lg_http1, &config);
    cr_assert(lg_slice_eq(lg_buf_slice(&peer.out), lg_str("any bytes")));
    script_close(&peer);
}

Test(http1, an_idle_connection_costs_at_most_250_bytes)
{
    struct lg_proto_config config = config_of(NULL);
    struct lg_proto *proto = lg_http1.open(&config, &script_sink, NULL);
    size_t bytes = malloc_usable_size(proto);
    lg_http1.free(proto);
    cr_assert_leq(bytes, 250, "%zu bytes", bytes);
}

Test(http1, is_found_by_name)
{
    cr_assert_eq(lg_proto_find("http1"), &lg_http1);
    cr_assert_eq(lg_proto_find("websocket"), &lg_websocket);
    cr_assert_null(lg_proto_find("gopher"));
}
