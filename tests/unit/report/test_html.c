#include "report/html.h"

#include "golden.h"
#include "support/leak_check.h"
#include "support/sample_record.h"
#include "support/unpacked.h"

TestSuite(html, .fini = fail_on_leak);

#define ATTACK "</script><!-- <b onclick='x'>\"&"

static char *page_of(const struct lg_record *record)
{
    struct lg_buf out = {0};
    lg_report_html(record, &out);
    return lg_buf_take(&out);
}

static size_t count(const char *text, const char *wanted)
{
    size_t n = 0;
    for (; (text = strstr(text, wanted)) != NULL; text++) {
        n++;
    }
    return n;
}

Test(html, the_first_screen_reads_as_kept)
{
    struct lg_record *record = sample_record();
    char *page = page_of(record);
    const char *from = strstr(page, "<main>"), *to = strstr(page, "<noscript>");
    cr_assert(from != NULL && to != NULL);
    struct lg_buf first = {0};
    lg_buf_add(&first, from, (size_t)(to - from));
    expect_golden("first-screen.html", &first);
    lg_buf_free(&first);
    free(page);
    lg_record_free(record);
}

Test(html, each_target_is_held_against_the_first_in_a_table_of_its_own)
{
    struct lg_record *record = sample_record();
    char *two = page_of(record);
    record->comparisons[1].b = "pypy";
    char *three = page_of(record);
    cr_expect_eq(count(two, "<table class=\"comparison\">"), 1);
    cr_expect_eq(count(three, "<table class=\"comparison\">"), 2);
    cr_expect_not_null(
        strstr(three, "<th scope=\"col\">pypy / node, 95&nbsp;%&nbsp;interval</th>"));
    free(two);
    free(three);
    lg_record_free(record);
}

Test(html, outside_text_never_becomes_markup)
{
    struct lg_record *clean = sample_record(), *hostile = sample_record();
    hostile->name = hostile->headline = hostile->question = hostile->source = ATTACK;
    hostile->notes[0] = hostile->objectives[0].text = hostile->comparisons[0].verdict = ATTACK;
    hostile->targets[0].label = hostile->targets[1].trials[1].steps[1].errors[0].sample = ATTACK;
    char *want = page_of(clean), *got = page_of(hostile);
    static const char *const marks[] = {"<script", "</script", "<!--", "<b "};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        cr_expect_eq(count(got, marks[i]), count(want, marks[i]), "%s", marks[i]);
    }
    cr_expect_not_null(
        strstr(got, "&lt;/script&gt;&lt;!-- &lt;b onclick=&#39;x&#39;&gt;&quot;&amp;"));
    free(want);
    free(got);
    lg_record_free(clean);
    lg_record_free(hostile);
}

Test(html, the_page_holds_the_record_without_its_seconds)
{
    struct lg_record *record = sample_record();
    char *page = page_of(record), *got = unpacked(page, "id=\"run\">");
    for (size_t t = 0; t < record->target_count; t++) {
        for (size_t i = 0; i < record->targets[t].trial_count; i++) {
            record->targets[t].trials[i].timeline_count = 0;
        }
    }
    struct lg_buf want = {0};
    lg_record_write(record, &want);
    lg_buf_add(&want, "", 1);
    cr_expect_str_eq(got, want.p);
    lg_buf_free(&want);
    free(got);
    free(page);
    lg_record_free(record);
}

Test(html, the_page_has_no_unfilled_place)
{
    struct lg_record *record = sample_record();
    record->headline = "@data@ and @first@ are plain words here";
    char *page = page_of(record);
    cr_expect_null(strstr(page, "@script-hash@"));
    cr_expect_null(strstr(page, "@title@"));
    cr_expect_not_null(strstr(page, "<h1 id=\"headline\">@data@ and @first@ are"));
    free(page);
    lg_record_free(record);
}

Test(html, an_empty_record_has_a_page_too)
{
    struct lg_record *record = lg_record_new();
    char *page = page_of(record);
    cr_expect_not_null(strstr(page, "INVALID"));
    cr_expect_not_null(strstr(page, "</html>"));
    free(page);
    lg_record_free(record);
}
