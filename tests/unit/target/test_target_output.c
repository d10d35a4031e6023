#include "target/output.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static int port_of(const char *text, size_t piece)
{
    struct lg_output *output = lg_alloc(sizeof *output);
    for (size_t i = 0, n = strlen(text); i < n; i += piece) {
        lg_output_add(output, 0, lg_slice(text + i, n - i < piece ? n - i : piece));
    }
    int port = output->port;
    lg_output_free(output);
    free(output);
    return port;
}

Test(target_output, finds_the_announced_port_however_the_bytes_are_split)
{
    static const struct {
        const char *text;
        int port;
    } rows[] = {
        {"listening on 8000\n", 8000},
        {"a\nb\nlistening on 1\n", 1},
        {"listening on 65535\r\n", 65535},
        {"listening on 80 (http)\n", 80},
        {"listening on 80\nlistening on 81\n", 80},
        {"listening on 8000", 0},
        {"listening on 0\n", 0},
        {"listening on 65536\n", 0},
        {"listening on 123456\n", 0},
        {"listening on 80x\n", 0},
        {"listening on \n", 0},
        {"listening on -1\n", 0},
        {" listening on 80\n", 0},
        {"Listening on 80\n", 0},
        {"\n\n", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t piece = 1; piece < 24; piece++) {
            int port = port_of(rows[i].text, piece);
            cr_assert_eq(port, rows[i].port, "%s by %zu: %d", rows[i].text, piece, port);
        }
    }
}

Test(target_output, does_not_take_the_middle_of_a_long_line_for_a_line)
{
    char text[LG_OUTPUT_LINE + 32];
    memset(text, 'x', LG_OUTPUT_LINE);
    strcpy(text + LG_OUTPUT_LINE, "listening on 80\n");
    cr_assert_eq(port_of(text, sizeof text), 0);
}

Test(target_output, ignores_an_announcement_on_stderr)
{
    struct lg_output *output = lg_alloc(sizeof *output);
    lg_output_add(output, 1, lg_str("listening on 80\n"));
    cr_assert_eq(output->port, 0);
    lg_output_free(output);
    free(output);
}

Test(target_output, keeps_lines_of_both_streams_whole)
{
    struct lg_output *output = lg_alloc(sizeof *output);
    struct lg_buf tail = {0};
    lg_output_add(output, 0, lg_str("on"));
    lg_output_add(output, 1, lg_str("tw"));
    lg_output_add(output, 0, lg_str("e\nthr"));
    lg_output_add(output, 1, lg_str("o\n"));
    lg_output_tail(output, &tail);
    cr_assert(lg_slice_eq(lg_buf_slice(&tail), lg_str("one\ntwo\nthr\n")), "%.*s", (int)tail.n,
              tail.p);
    lg_buf_free(&tail);
    lg_output_free(output);
    free(output);
}

Test(target_output, keeps_the_last_lines_of_a_flood_in_bounded_memory)
{
    struct lg_output *output = lg_alloc(sizeof *output);
    struct lg_buf tail = {0};
    char line[64];
    for (int i = 0; i < 100000; i++) {
        snprintf(line, sizeof line, "line %d\n", i);
        lg_output_add(output, 0, lg_str(line));
        cr_assert_leq(output->kept.n, 5u * LG_OUTPUT_TAIL);
    }
    lg_output_tail(output, &tail);
    cr_assert_leq(tail.n, (size_t)LG_OUTPUT_TAIL);
    cr_assert_gt(tail.n, (size_t)LG_OUTPUT_TAIL - 100);
    cr_assert_eq(memcmp(tail.p, "line ", 5), 0);
    cr_assert_eq(memcmp(tail.p + tail.n - 11, "line 99999\n", 11), 0);
    lg_buf_free(&tail);
    lg_output_free(output);
    free(output);
}

Test(target_output, is_shown_escaped_cut_and_indented)
{
    static const struct {
        const char *what;
        struct lg_slice tail;
        const char *shown;
    } rows[] = {
        {"nothing", {"", 0}, "\n    (it printed nothing)"},
        {"only a line end", {"\n", 1}, "\n    (it printed nothing)"},
        {"two lines", {"a\nb\n", 4}, "\n    a\n    b"},
        {"an empty line between", {"a\n\nb\n", 5}, "\n    a\n    \n    b"},
        {"no end", {"a", 1}, "\n    a"},
        {"carriage return at the end only", {"a\rb\r\n", 5}, "\n    a\\x0db"},
        {"escape sequence", {"\033[31m", 5}, "\n    \\x1b[31m"},
        {"zero and delete", {"\0\177", 2}, "\n    \\x00\\x7f"},
        {"tab", {"a\tb", 3}, "\n    a    b"},
        {"UTF-8",
         {"\xc3\xa9 \xe2\x9c\x93 \xf0\x9f\x98\x80", 11},
         "\n    \xc3\xa9 \xe2\x9c\x93 \xf0\x9f\x98\x80"},
        {"C1 control", {"\xc2\x9b", 2}, "\n    \\xc2\\x9b"},
        {"overlong", {"\xc0\xaf\xe0\x80\xaf", 5}, "\n    \\xc0\\xaf\\xe0\\x80\\xaf"},
        {"surrogate", {"\xed\xa0\x80", 3}, "\n    \\xed\\xa0\\x80"},
        {"beyond Unicode", {"\xf4\x90\x80\x80", 4}, "\n    \\xf4\\x90\\x80\\x80"},
        {"cut character", {"\xe2\x9c", 2}, "\n    \\xe2\\x9c"},
    };
    struct lg_arena *arena = lg_arena_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *shown = lg_output_show(rows[i].tail, arena);
        cr_assert_str_eq(shown, rows[i].shown, "%s: %s", rows[i].what, shown);
    }
    lg_arena_free(arena);
}

Test(target_output, shows_fifteen_lines)
{
    struct lg_arena *arena = lg_arena_new();
    struct lg_buf tail = {0}, expected = {0};
    for (int i = 1; i <= 40; i++) {
        lg_buf_addf(&tail, "%d\n", i);
        if (i > 25) {
            lg_buf_addf(&expected, "\n    %d", i);
        }
    }
    char *text = lg_buf_take(&expected);
    cr_assert_str_eq(lg_output_show(lg_buf_slice(&tail), arena), text);
    free(text);
    lg_buf_free(&tail);
    lg_arena_free(arena);
}

Test(target_output, cuts_a_line_that_is_too_long_to_read)
{
    struct lg_arena *arena = lg_arena_new();
    char line[1000];
    memset(line, 'x', sizeof line);
    const char *shown = lg_output_show(lg_slice(line, sizeof line), arena);
    cr_assert_not_null(strstr(shown, "xxx ... (700 bytes more)"), "%s", shown);
    cr_assert_lt(strlen(shown), 400u);
    lg_arena_free(arena);
}
