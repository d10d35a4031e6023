#include "content/sse.h"

#include "base/rng.h"
#include "support/leaks.h"
#include "support/sse_oracle.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

TestSuite(sse, .fini = no_leaks);

/* ---- ways to cut ---- */

enum cut { WHOLE, BYTES, RANDOM, CUTS };

static size_t piece(enum cut cut, size_t left, struct lg_rng *rng)
{
    size_t n = cut == WHOLE ? left : cut == BYTES ? 1 : 1 + lg_rng_below(rng, 9);
    return n < left ? n : left;
}

/* The log of what is found.  Each piece lies in memory of its own that is gone afterwards, so that
 * a text that was not kept is seen (ASan) or is other bytes. */
static struct lg_buf feed(struct lg_sse *sse, struct lg_slice text, enum cut cut, uint64_t seed)
{
    struct lg_buf log = {0};
    struct lg_rng rng;
    lg_rng_init(&rng, seed, 1, 0);
    while (text.n > 0) {
        size_t n = piece(cut, text.n, &rng);
        char *copy = lg_alloc(n);
        memcpy(copy, text.p, n);
        cr_assert(sse_ours(sse, lg_slice(copy, n), &log));
        memset(copy, '#', n);
        free(copy);
        text = lg_slice(text.p + n, text.n - n);
    }
    return log;
}

static const char *shown(const struct lg_buf *log)
{
    static char text[4096];
    size_t n = log->n < sizeof text - 1 ? log->n : sizeof text - 1;
    memcpy(text, log->n > 0 ? log->p : "", n);
    text[n] = '\0';
    return text;
}

/* ---- rows: the stream, and what is dispatched as TYPE|DATA|ID ---- */

struct row {
    const char *sentence;
    const char *in;
    size_t n;
    const char *out;
};

#define B(text) (text), sizeof(text) - 1

static const struct row rows[] = {
    {"one event", B("data: hello\n\n"), "message|hello|\n"},
    {"all fields", B("id: 7\nevent: tick\ndata: {\"n\":7}\n\n"), "tick|{\"n\":7}|7\n"},
    {"CR ends a line", B("event: a\rdata: b\r\r"), "a|b|\n"},
    {"CR LF ends a line once", B("data: a\r\ndata: b\r\n\r\n"), "message|a\nb|\n"},
    {"the three line ends mixed", B("data: a\rdata: b\ndata: c\r\n\ndata: d\n\r\n"),
     "message|a\nb\nc|\nmessage|d|\n"},
    {"LF CR are two ends", B("data: a\n\rdata: b\n\n"), "message|a|\nmessage|b|\n"},
    {"a byte order mark is skipped",
     B("\xef\xbb\xbf"
       "data: a\n\n"),
     "message|a|\n"},
    {"a second byte order mark is text",
     B("\xef\xbb\xbf\xef\xbb\xbf"
       "data: a\n\ndata: b\n\n"),
     "message|b|\n"},
    {"half a byte order mark is text",
     B("\xef\xbb"
       "data: a\n\ndata: b\n\n"),
     "message|b|\n"},
    {"comments are nothing", B(": hi\n\n:\n\ndata: a\n: in between\ndata: b\n\n"),
     "message|a\nb|\n"},
    {"one blank after the colon is dropped", B("data:  a \n\n"), "message| a |\n"},
    {"no blank after the colon", B("data:a\n\n"), "message|a|\n"},
    {"a field without a colon is empty", B("data\n\ndata\ndata\n\ndata:\n\n"),
     "message||\nmessage|\n|\nmessage||\n"},
    {"an event without data is not dispatched", B("event: a\nid: 1\n\ndata: b\n\n"),
     "message|b|1\n"},
    {"names are compared in full", B("datax: a\ndat: b\nData: c\n data: d\ndata: e\n\n"),
     "message|e|\n"},
    {"the type does not last", B("event: a\ndata: 1\n\ndata: 2\n\n"), "a|1|\nmessage|2|\n"},
    {"an empty type is the default", B("event: a\nevent\ndata: 1\n\n"), "message|1|\n"},
    {"the id lasts", B("id: 1\ndata: a\n\ndata: b\n\n"), "message|a|1\nmessage|b|1\n"},
    {"an empty id resets it", B("id: 1\ndata: a\n\nid\ndata: b\n\n"), "message|a|1\nmessage|b|\n"},
    {"an id with a NUL is ignored", B("id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n"),
     "message|a|1\nmessage|b|1\n"},
    {"the last event is lost at the end", B("data: a\n\ndata: b\n"), "message|a|\n"},
    {"a field without its line end is lost", B("data: a\n\ndata: b"), "message|a|\n"},
    {"characters of several bytes", B("data: \xe2\x82\xac\xf0\x9f\x99\x82\n\n"),
     "message|\xe2\x82\xac\xf0\x9f\x99\x82|\n"},
    {"bytes that are no text stay", B("data: \xff\xc3\n\n"), "message|\xff\xc3|\n"},
    {"a colon within the value", B("data: a:b: c\n\n"), "message|a:b: c|\n"},
    {"empty lines alone are nothing", B("\n\n\r\r\n\n"), ""},
};

/* "TYPE|DATA|ID\n" without the lengths that the log has in front. */
static struct lg_buf without_lengths(const struct lg_buf *log)
{
    struct lg_buf out = {0};
    for (size_t i = 0; i < log->n;) {
        size_t type, data, id;
        int own, head = 0;
        cr_assert_eq(sscanf(log->p + i, "[%zu %zu %zu %d]%n", &type, &data, &id, &own, &head), 4);
        size_t n = type + data + id + 3;
        lg_buf_add(&out, log->p + i + head, n);
        i += (size_t)head + n;
    }
    return out;
}

Test(sse, a_stream_is_read_as_the_standard_says_however_it_is_cut)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int cut = 0; cut < CUTS; cut++) {
            struct lg_sse sse = {0};
            struct lg_buf log = feed(&sse, lg_slice(rows[i].in, rows[i].n), (enum cut)cut, i);
            lg_buf_add(&log, "", 1);
            log.n--;
            struct lg_buf out = without_lengths(&log);
            lg_buf_add(&out, "", 1);
            cr_assert_str_eq(out.p, rows[i].out, "%s, cut %d", rows[i].sentence, cut);
            lg_buf_free(&out);
            lg_buf_free(&log);
            lg_sse_fini(&sse);
        }
    }
}

/* ---- random streams against the oracle ---- */

static void random_stream(struct lg_rng *rng, struct lg_buf *out)
{
    static const struct {
        const char *p;
        size_t n;
    } parts[] = {{B("data: ")},  {B("data:")},        {B("data")},         {B("id: ")}, {B("id")},
                 {B("event: ")}, {B("retry: ")},      {B("12")},           {B(":")},    {B("\n")},
                 {B("\n\n")},    {B("\r")},           {B("\r\n")},         {B("x")},    {B(" ")},
                 {B("\0")},      {B("\xef\xbb\xbf")}, {B("\xe2\x82\xac")}, {B("dat")},  {B("\n")}};
    size_t n = lg_rng_below(rng, 60);
    lg_buf_clear(out);
    for (size_t i = 0; i < n; i++) {
        size_t k = lg_rng_below(rng, sizeof parts / sizeof *parts);
        lg_buf_add(out, parts[k].p, parts[k].n);
    }
}

Test(sse, random_streams_are_read_as_by_a_plain_reader)
{
    struct lg_rng rng;
    struct lg_buf text = {0};
    lg_rng_init(&rng, 20, 0, 0);
    for (uint64_t round = 0; round < 20000; round++) {
        random_stream(&rng, &text);
        struct sse_oracle expected = sse_oracle(lg_buf_slice(&text));
        for (int cut = 0; cut < CUTS; cut++) {
            struct lg_sse sse = {0};
            struct lg_buf log = feed(&sse, lg_buf_slice(&text), (enum cut)cut, round);
            cr_assert(lg_slice_eq(lg_buf_slice(&log), lg_buf_slice(&expected.log)),
                      "round %llu, cut %d: %s", (unsigned long long)round, cut, shown(&log));
            cr_assert(lg_slice_eq(lg_sse_last_id(&sse), lg_buf_slice(&expected.last_id)));
            cr_assert_eq(sse.has_retry, expected.retry_ms >= 0);
            cr_assert(!sse.has_retry || sse.retry_ms == expected.retry_ms);
            lg_buf_free(&log);
            lg_sse_fini(&sse);
        }
        lg_buf_free(&expected.log);
        lg_buf_free(&expected.last_id);
    }
    lg_buf_free(&text);
}

/* ---- ids, reconnection ---- */

static void take(struct lg_sse *sse, const char *text)
{
    struct lg_buf log = {0};
    cr_assert(sse_ours(sse, lg_str(text), &log));
    lg_buf_free(&log);
}

static bool last_id_is(const struct lg_sse *sse, const char *id)
{
    return lg_slice_eq(lg_sse_last_id(sse), lg_str(id));
}

Test(sse, the_last_id_is_that_of_the_last_event_that_ended)
{
    struct lg_sse sse = {0};
    take(&sse, "id: 1\ndata: a\n\nid: 2\ndata: b");
    cr_assert(last_id_is(&sse, "1"));
    lg_sse_restart(&sse);
    cr_assert(last_id_is(&sse, "1"));
    take(&sse, "data: no id here\n\n");
    cr_assert(last_id_is(&sse, "1"), "the half event is forgotten, its id, too");
    take(&sse, "id: 3\n\n");
    cr_assert(last_id_is(&sse, "3"), "an event without data is not dispatched but sets the id");
    lg_sse_fini(&sse);
}

Test(sse, a_restart_forgets_a_half_line_and_skips_a_byte_order_mark_again)
{
    struct lg_sse sse = {0};
    struct lg_buf log = {0};
    take(&sse, "event: never\ndata: half");
    lg_sse_restart(&sse);
    cr_assert(sse_ours(&sse,
                       lg_str("\xef\xbb\xbf"
                              "data: a\n\n"),
                       &log));
    lg_buf_add(&log, "", 1);
    cr_assert_str_eq(log.p, "[7 1 0 0]message|a|\n");
    lg_buf_free(&log);
    lg_sse_fini(&sse);
}

Test(sse, a_reconnection_time_is_digits_only)
{
    static const struct {
        const char *line;
        bool has;
        int64_t ms;
    } times[] = {{"retry: 250\n", true, 250}, {"retry:0\n", true, 0},    {"retry: \n", false, 0},
                 {"retry\n", false, 0},       {"retry: 1s\n", false, 0}, {"retry: -1\n", false, 0},
                 {"retry: +1\n", false, 0}};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        struct lg_sse sse = {0};
        take(&sse, times[i].line);
        cr_assert(sse.has_retry == times[i].has && sse.retry_ms == times[i].ms, "%s",
                  times[i].line);
        lg_sse_fini(&sse);
    }
}

Test(sse, an_endless_reconnection_time_does_not_overflow)
{
    struct lg_sse sse = {0};
    take(&sse, "retry: 99999999999999999999999999999999999999\n");
    cr_assert(sse.has_retry && sse.retry_ms > 1000000000000);
    lg_sse_fini(&sse);
}

/* ---- bounds ---- */

static bool fits(const char *line, size_t total, size_t each)
{
    struct lg_sse sse = {0};
    struct lg_buf log = {0};
    size_t n = strlen(line), sent = 0;
    char *bytes = lg_alloc(each);
    for (size_t i = 0; i < each; i++) {
        bytes[i] = line[i % n];
    }
    bool ok = true;
    while (ok && sent < total) {
        ok = sse_ours(&sse, lg_slice(bytes, each), &log);
        sent += each;
    }
    cr_assert_leq(sse.line.cap + sse.data.kept.cap, 8 * (size_t)LG_SSE_MOST);
    free(bytes);
    lg_buf_free(&log);
    lg_sse_fini(&sse);
    return ok;
}

Test(sse, a_line_without_an_end_is_refused_at_its_limit_however_it_comes)
{
    cr_assert(fits("x", LG_SSE_MOST - 10, LG_SSE_MOST - 10));
    cr_assert_not(fits("x", LG_SSE_MOST + 10, LG_SSE_MOST + 10));
    cr_assert(fits("x", LG_SSE_MOST, 1 << 16));
    cr_assert_not(fits("x", LG_SSE_MOST + (1 << 16), 1 << 16));
}

Test(sse, a_long_line_that_ends_is_refused_as_well)
{
    struct lg_sse sse = {0};
    struct lg_buf log = {0};
    char *bytes = lg_alloc(LG_SSE_MOST + 2);
    memset(bytes, 'x', LG_SSE_MOST);
    bytes[LG_SSE_MOST] = '\n';
    cr_assert(sse_ours(&sse, lg_slice(bytes, LG_SSE_MOST + 1), &log));
    memset(bytes, 'x', LG_SSE_MOST + 1);
    bytes[LG_SSE_MOST + 1] = '\n';
    cr_assert_not(sse_ours(&sse, lg_slice(bytes, LG_SSE_MOST + 2), &log));
    free(bytes);
    lg_buf_free(&log);
    lg_sse_fini(&sse);
}

Test(sse, an_event_without_an_end_is_refused_at_its_limit)
{
    cr_assert_not(fits("data: 0123456789\n", 4 * (size_t)LG_SSE_MOST, 17 * 1000));
    cr_assert(fits("id: 0123456789\n", 4 * (size_t)LG_SSE_MOST, 15 * 1000), "ids do not add up");
}
