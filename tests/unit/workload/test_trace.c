#include "workload/arrival.h"

#include "base/buf.h"
#include "support/leaks.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

TestSuite(trace, .fini = no_leaks);

/* What was read as "NS METHOD PATH\n" lines, or "line:column what". */
static char *shown(const char *text, size_t n)
{
    struct lg_arena *arena = lg_arena_new();
    struct lg_buf out = {0};
    struct lg_trace trace;
    struct lg_trace_fault fault = {0};
    char *copy = lg_strndup(text, n); /* gone before the result is looked at */
    bool good = lg_trace_read(lg_slice(copy, n), 7, arena, &trace, &fault);
    free(copy);
    if (!good) {
        lg_buf_addf(&out, "%u:%u %s", fault.line, fault.column, fault.what);
    }
    for (size_t i = 0; good && i < trace.count; i++) {
        const struct lg_trace_request *r = &trace.requests[i];
        lg_buf_addf(&out, "%lld %.*s %.*s\n", (long long)r->at, (int)r->method.n, r->method.p,
                    (int)r->path.n, r->path.p);
    }
    if (good && trace.skipped > 0) {
        lg_buf_addf(&out, "skipped %zu\n", trace.skipped);
    }
    lg_arena_free(arena);
    return lg_buf_take(&out);
}

static void expect(const char *text, const char *expected)
{
    char *found = shown(text, strlen(text));
    cr_assert_str_eq(found, expected, "%s\nfound %s", text, found);
    free(found);
}

/* ---- timing scripts ---- */

Test(trace, a_timing_script_of_h2load_is_read)
{
    expect("0.0\thttp://localhost:3000/\n0.1\thttp://localhost:3000/foo\n"
           "1500.125\thttps://x/a/b?c=d#e\n",
           "0 GET /\n100000 GET /foo\n1500125000 GET /a/b?c=d\n");
}

Test(trace, more_than_h2load_writes_is_understood)
{
    expect("# a comment\r\n\r\n12\tPOST /orders\tusers\tstep\t0\t5\r\n7\t/x\n",
           "7000000 GET /x\n12000000 POST /orders\n");
    expect("1\thttp://host\n2\thttp://host?q\n", "1000000 GET /\n2000000 GET /?q\n");
    expect("1.1234567\t/finer/than/a/nanosecond", "1123456 GET /finer/than/a/nanosecond\n");
}

Test(trace, equal_times_keep_their_order)
{
    expect("5\t/a\n5\t/b\n3\t/c\n5\t/d\n",
           "3000000 GET /c\n5000000 GET /a\n5000000 GET /b\n5000000 GET /d\n");
}

Test(trace, a_wrong_line_of_a_script_is_told_with_its_place)
{
    expect("1\t/a\nx\t/b\n", "2:1 a time in milliseconds, as in 12.5, and a tab are expected");
    expect("1\t/a\n12.5s\t/b\n", "2:5 a time in milliseconds, as in 12.5, and a tab are expected");
    expect("1\t/a\n-1\t/b\n", "2:1 a time in milliseconds, as in 12.5, and a tab are expected");
    expect("1\t/a\n\n2\n", "3:2 a tab and a URI are expected behind the time");
    expect("1\t/a\n2\t\n", "2:3 a URI or a path that begins with / is expected");
    expect("1\tx?u=http://y/z\n", "1:3 a URI or a path that begins with / is expected");
    expect("1\tfoo\n", "1:3 a URI or a path that begins with / is expected");
    expect("1\tget /foo\n", "1:3 a method such as GET or POST is expected before the blank");
    expect("1\tCONNECT /foo\n", "1:3 a method such as GET or POST is expected before the blank");
    expect("1\tGET /a b\n", "1:7 a URI or a path that begins with / is expected");
    expect("99999999999999999999\t/a\n", "1:1 a time within 1000 days of the start is expected");
}

Test(trace, what_is_no_trace_is_told_so)
{
    expect("hello\n", "1:1 TIME_MS, a tab and a URI, or a line of an access log in common or "
                      "combined format, is expected");
    expect("", "0:0 there is no request in it");
    expect("# only\n\n", "0:0 there is no request in it");
}

/* ---- access logs ---- */

/* A line with this time, and whatever request the server logged. */
static void log_line(struct lg_buf *text, const char *time, const char *request)
{
    lg_buf_addf(text, "192.0.2.1 - - [%s] \"%s\" 200 2326\n", time, request);
}

static const char second_36[] = "10/Oct/2000:13:55:36 -0700";

/* Reads and frees the text; the requests' times in whole seconds. */
static void expect_log(struct lg_buf *text, const char *expected)
{
    char *found = shown(text->p, text->n);
    struct lg_buf out = {0};
    for (char *line = found; *line != '\0';) {
        char *end = strchr(line, '\n');
        long long ns = 0;
        int n = 0;
        if (sscanf(line, "%lld%n", &ns, &n) == 1) {
            lg_buf_addf(&out, "%lld", ns / LG_S);
        }
        lg_buf_add(&out, line + n, (size_t)(end + 1 - line - n));
        line = end + 1;
    }
    char *list = lg_buf_take(&out);
    cr_assert_str_eq(list, expected, "found %s", list);
    free(list);
    free(found);
    lg_buf_free(text);
}

Test(trace, common_and_combined_logs_are_read)
{
    struct lg_buf text = {0};
    log_line(&text, second_36, "GET /a?b=c HTTP/1.0");
    lg_buf_adds(&text, "::1 - frank smith [10/Oct/2000:13:55:38 -0700] \"POST /o HTTP/1.1\" 201 - "
                       "\"http://ref/\" \"Mozilla (x; \\\"y\\\") [en]\"\n");
    expect_log(&text, "0 GET /a?b=c\n2 POST /o\n");
}

Test(trace, a_proxys_absolute_uris_and_old_clients_lines_are_read)
{
    struct lg_buf text = {0};
    log_line(&text, second_36, "GET http://host/x?y HTTP/1.1");
    log_line(&text, second_36, "GET /old");
    log_line(&text, second_36, "GET /say\\\"hi\\\\ HTTP/1.1");
    expect_log(&text, "0 GET /x?y\n0 GET /old\n0 GET /say\"hi\\\n");
}

Test(trace, what_servers_log_of_nonsense_is_skipped_and_counted)
{
    struct lg_buf text = {0};
    log_line(&text, second_36, "GET / HTTP/1.1");
    log_line(&text, second_36, "-");
    log_line(&text, second_36, "");
    log_line(&text, second_36, "\\x16\\x03\\x01");
    log_line(&text, second_36, "CONNECT host:1 HTTP/1.1");
    log_line(&text, second_36, "OPTIONS * HTTP/1.1");
    log_line(&text, second_36, "GET /a b HTTP/1.1");
    log_line(&text, second_36, "GET /a\\nb HTTP/1.1");
    log_line(&text, second_36, "get / HTTP/1.1");
    expect_log(&text, "0 GET /\nskipped 8\n");
}

Test(trace, a_log_in_the_order_of_its_ends_is_sorted_by_time)
{
    struct lg_buf text = {0};
    log_line(&text, "01/Mar/2024:00:00:01 +0000", "GET /c HTTP/1.1");
    log_line(&text, "29/Feb/2024:23:59:58 +0000", "GET /a HTTP/1.1");
    log_line(&text, "01/Mar/2024:02:00:00 +0200", "GET /b HTTP/1.1");
    expect_log(&text, "0 GET /a\n2 GET /b\n3 GET /c\n");
}

Test(trace, a_year_lies_between_two_new_years)
{
    struct lg_buf text = {0};
    log_line(&text, "01/Jan/2000:00:00:00 +0000", "GET /a HTTP/1.1");
    log_line(&text, "01/Jan/2001:00:00:00 +0000", "GET /b HTTP/1.1");
    expect_log(&text, "0 GET /a\n31622400 GET /b\n"); /* 2000 was a leap year of 366 days */
}

Test(trace, requests_of_one_second_are_spread_over_it_in_their_order_and_by_the_seed)
{
    enum { N = 1000 };
    struct lg_buf text = {0};
    struct lg_arena *arena = lg_arena_new();
    struct lg_trace trace, again, other;
    struct lg_trace_fault fault = {0};
    for (int i = 0; i < N; i++) {
        char request[40];
        snprintf(request, sizeof request, "GET /%d HTTP/1.1", i);
        log_line(&text, second_36, request);
    }
    cr_assert(lg_trace_read(lg_buf_slice(&text), 1, arena, &trace, &fault));
    cr_assert(lg_trace_read(lg_buf_slice(&text), 1, arena, &again, &fault));
    cr_assert(lg_trace_read(lg_buf_slice(&text), 2, arena, &other, &fault));
    cr_assert_eq(trace.count, N);
    double sum = 0, differ = 0;
    for (int i = 0; i < N; i++) {
        char path[16];
        snprintf(path, sizeof path, "/%d", i);
        cr_assert(lg_slice_eq(trace.requests[i].path, lg_str(path)));
        cr_assert(trace.requests[i].at >= 0 && trace.requests[i].at < LG_S);
        cr_assert(i == 0 || trace.requests[i].at >= trace.requests[i - 1].at);
        cr_assert_eq(trace.requests[i].at, again.requests[i].at);
        differ += trace.requests[i].at != other.requests[i].at;
        sum += (double)trace.requests[i].at / N;
    }
    cr_assert_float_eq(sum, 0.5e9, 0.05e9); /* over 5 standard errors of a uniform mean */
    cr_assert_gt(differ, N - 10);
    lg_arena_free(arena);
    lg_buf_free(&text);
}

static void expect_log_fault(const char *line, const char *expected)
{
    struct lg_buf text = {0};
    log_line(&text, second_36, "GET / HTTP/1.1");
    lg_buf_adds(&text, line);
    char *found = shown(text.p, text.n);
    cr_assert_str_eq(found, expected, "%s: found %s", line, found);
    free(found);
    lg_buf_free(&text);
}

Test(trace, a_wrong_line_of_a_log_is_told_with_its_place)
{
    static const char date[] = "[10/Oct/2000:13:55:36 -0700] is expected here";
    char expected[120];
    snprintf(expected, sizeof expected, "2:7 %s", date);
    expect_log_fault("h - - [10/Okt/2000:13:55:36 -0700] \"GET / HTTP/1.1\" 200 1\n", expected);
    expect_log_fault("h - - [32/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.1\" 200 1\n", expected);
    expect_log_fault("h - - [10/Oct/2000:24:55:36 -0700] \"GET / HTTP/1.1\" 200 1\n", expected);
    expect_log_fault("h - - [10/Oct/2000:13:55:36 0700] \"GET / HTTP/1.1\" 200 1\n", expected);
    expect_log_fault("h - - [] \"GET / HTTP/1.1\" 200 1\n", expected);
    expect_log_fault("h - - [10/Oct/2000:13:55", expected);
    expect_log_fault("h - - nothing\n", "2:1 host ident user [day/month/year:hour:minute:second "
                                        "zone] \"request\" is expected");
    expect_log_fault("h - - [10/Oct/2000:13:55:36 -0700] GET /\n",
                     "2:34 the request in double quotes is expected behind the time");
    expect_log_fault("h - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP\\\"\n",
                     "2:36 the request has no closing double quote");
}

/* ---- as arrivals ---- */

Test(trace, its_arrivals_are_split_over_threads_without_loss_and_scaled_by_the_speed)
{
    static const char text[] = "0\t/0\n10\t/1\n20\t/2\n30\t/3\n40\t/4\n";
    struct lg_arena *arena = lg_arena_new();
    struct lg_trace trace;
    struct lg_trace_fault fault = {0};
    bool seen[5] = {false};
    cr_assert(lg_trace_read(lg_str(text), 1, arena, &trace, &fault));
    for (unsigned share = 0; share < 3; share++) {
        struct lg_arrivals a;
        uint64_t index = 0;
        lg_ns at;
        lg_arrivals_init_trace(&a, &trace, 2, share, 3);
        while ((at = lg_arrivals_next(&a, &index)) != LG_NEVER) {
            cr_assert(index < 5 && !seen[index]);
            cr_assert_eq(at, (lg_ns)index * 5 * LG_MS, "twice as fast");
            seen[index] = true;
        }
        cr_assert_eq(lg_arrivals_next(&a, &index), LG_NEVER);
    }
    for (int i = 0; i < 5; i++) {
        cr_assert(seen[i]);
    }
    lg_arena_free(arena);
}
