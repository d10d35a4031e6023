#include "report/plain.h"

#include "support/leak_check.h"

#include <criterion/criterion.h>

TestSuite(plain, .fini = fail_on_leak);

static void expect_text(struct lg_buf *got, const char *want)
{
    char *text = lg_buf_take(got);
    cr_expect_str_eq(text, want);
    free(text);
}

Test(plain, outside_text_cannot_drive_the_terminal)
{
    static const struct {
        const char *raw, *shown;
    } rows[] = {
        {"plain", "plain"},
        {"\033[2J\033[1;1H", "?[2J?[1;1H"},
        {"a\nb\tc\rd", "a b c d"},
        {"\x7f\x01", "??"},
        {"\xc2\x9b"
         "31m",
         "?31m"}, /* C1: a one-character escape */
        {"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
        {"\xe2\x80\xae"
         "evil",
         "?evil"}, /* right-to-left override */
        {"\xff\xc3)", "?"
                      "?)"},                 /* not UTF-8 */
        {"\xc0\xaf \xed\xa0\x80", "?? ???"}, /* overlong; a surrogate */
        {"\xe2\x82", "??"},                  /* cut short */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lg_buf out = {0};
        lg_plain_add(&out, rows[i].raw, 100);
        expect_text(&out, rows[i].shown);
    }
}

Test(plain, text_is_cut_with_an_ellipsis_and_padded_by_code_points)
{
    struct lg_buf out = {0};
    lg_plain_left(&out, "caf\xc3\xa9", 6);
    lg_buf_adds(&out, "|");
    lg_plain_right(&out, "caf\xc3\xa9", 6);
    lg_buf_adds(&out, "|");
    lg_plain_left(&out, "abcdefgh", 6);
    lg_buf_adds(&out, "|");
    lg_plain_right(&out, "abcdefgh", 2);
    expect_text(&out, "caf\xc3\xa9  |  caf\xc3\xa9|abc...|ab");
}

Test(plain, lines_are_broken_at_blanks_and_indented)
{
    struct lg_buf out = {0};
    lg_buf_adds(&out, "- ");
    lg_plain_wrap(&out, "one two  three\nfour a-word-that-is-too-long five", 2, 12);
    expect_text(&out, "- one two\n  three four\n  a-word-that-is-too-long\n  five\n");
}

Test(plain, nothing_wraps_to_one_empty_line)
{
    struct lg_buf out = {0};
    lg_plain_wrap(&out, "", 4, 80);
    expect_text(&out, "\n");
}
