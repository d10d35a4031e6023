#include "report/trend.h"

#include "golden.h"
#include "support/sample_trend.h"

typedef void maker(const struct lg_trend_page *page, struct lg_buf *out);

#define ATTACK "</script><!-- <b onclick='x'>\"&\x01"

static void expect(const char *name, maker *make)
{
    struct lg_arena *arena = lg_arena_new();
    struct lg_trend_page page;
    struct lg_buf out = {0};
    sample_trend(14, arena, &page);
    make(&page, &out);
    expect_golden(name, &out);
    lg_buf_free(&out);
    lg_arena_free(arena);
}

static char *made(const struct lg_trend_page *page, maker *make)
{
    struct lg_buf out = {0};
    make(page, &out);
    return lg_buf_take(&out);
}

Test(trend, the_summary_reads_as_kept)
{
    expect("trend-summary.md", lg_trend_markdown);
}

Test(trend, the_data_read_as_kept)
{
    expect("trend.json", lg_trend_json);
}

Test(trend, the_test_cases_read_as_kept)
{
    expect("trend-junit.xml", lg_trend_junit);
}

Test(trend, the_annotations_read_as_kept)
{
    expect("trend-annotations.txt", lg_trend_annotations);
}

static void plain_text(const struct lg_trend_page *page, struct lg_buf *out)
{
    lg_trend_text(page, "reports/nightly", false, out);
}

Test(trend, the_terminal_reads_as_kept)
{
    expect("trend.txt", plain_text);
}

/* What is there without scripts: first the changes, below the charts the tables. */
static void without_scripts(const struct lg_trend_page *page, struct lg_buf *out)
{
    char *html = made(page, lg_trend_html);
    const char *from = strstr(html, "<main>"), *to = strstr(html, "</main>");
    cr_assert(from != NULL && to != NULL);
    lg_buf_add(out, from, (size_t)(to - from));
    free(html);
}

Test(trend, the_page_without_scripts_reads_as_kept)
{
    expect("trend.html", without_scripts);
}

static size_t count(const char *text, const char *wanted)
{
    size_t n = 0;
    for (; (text = strstr(text, wanted)) != NULL; text++) {
        n++;
    }
    return n;
}

Test(trend, outside_text_never_becomes_markup)
{
    struct lg_arena *arena = lg_arena_new();
    struct lg_trend_page page;
    sample_trend(14, arena, &page);
    char *clean = made(&page, lg_trend_html);
    page.command = page.history = page.cpu = page.notes[0] = ATTACK;
    page.nights[13].commit = page.nights[13].note = page.nights[13].at = ATTACK;
    for (size_t i = 0; i < page.series_count; i++) {
        page.series[i].metric = page.series[i].target = ATTACK;
        page.series[i].points[13].missing = page.series[i].points[12].broken = ATTACK;
    }
    char *html = made(&page, lg_trend_html), *xml = made(&page, lg_trend_junit);
    char *text = made(&page, plain_text);
    static const char *const marks[] = {"<script", "</script", "<!--", "<b "};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        cr_expect_eq(count(html, marks[i]), count(clean, marks[i]), "%s", marks[i]);
        cr_expect_eq(count(xml, marks[i]), 0, "%s", marks[i]);
    }
    cr_expect_null(strchr(text, '\x01'));
    free(text);
    free(xml);
    free(html);
    free(clean);
    lg_arena_free(arena);
}

Test(trend, a_history_without_nights_has_a_page_too)
{
    struct lg_arena *arena = lg_arena_new();
    struct lg_trend_page page = {.command = "", .history = "h", .cpu = ""};
    maker *const forms[] = {lg_trend_json,  lg_trend_html,        lg_trend_markdown,
                            lg_trend_junit, lg_trend_annotations, plain_text};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        char *text = made(&page, forms[i]);
        cr_expect_gt(strlen(text), 20);
        free(text);
    }
    char *text = made(&page, plain_text);
    cr_expect_eq(strncmp(text, "No night is on record yet\n", 26), 0);
    free(text);
    lg_arena_free(arena);
}

/* Of nights without a change in which all series stand alike. */
static void expect_headline(enum lg_trend_tonight tonight, const char *start)
{
    struct lg_arena *arena = lg_arena_new();
    struct lg_trend_page page;
    sample_trend(14, arena, &page);
    for (size_t i = 0; i < page.series_count; i++) {
        page.series[i].change_count = 0;
        page.series[i].tonight = tonight;
    }
    char *text = made(&page, plain_text);
    cr_expect_eq(strncmp(text, start, strlen(start)), 0, "%s", text);
    free(text);
    lg_arena_free(arena);
}

Test(trend, an_open_regression_makes_the_headline_and_a_quiet_night_says_so)
{
    struct lg_arena *arena = lg_arena_new();
    struct lg_trend_page page;
    sample_trend(14, arena, &page);
    char *text = made(&page, plain_text);
    cr_expect_not_null(
        strstr(text, "shop, node: CPU per completed has got worse (1.50 times), first seen "));
    free(text);
    lg_arena_free(arena);
    expect_headline(LG_TONIGHT_QUIET, "No regression\n");
}

Test(trend, where_nothing_can_be_judged_yet_no_regression_is_not_claimed)
{
    expect_headline(LG_TONIGHT_YOUNG, "Too few nights yet to judge any series\n");
}

Test(trend, a_target_s_series_without_data_are_named_only_where_others_have_some)
{
    struct lg_arena *arena = lg_arena_new();
    struct lg_trend_page page;
    sample_trend(14, arena, &page);
    page.measured = true;
    for (size_t i = 0; i < page.series_count; i++) {
        struct lg_trend_series *s = &page.series[i];
        bool whole = strcmp(s->scenario, "shop") == 0 && strcmp(s->target, "node") == 0;
        bool two = strcmp(s->scenario, "shop") == 0 && strcmp(s->target, "django") == 0 &&
                   (strcmp(s->metric, "errors") == 0 || strcmp(s->metric, "peak RSS") == 0);
        s->points[13].missing = whole ? "it died" : two ? "not read" : NULL;
    }
    char *text = made(&page, plain_text);
    cr_expect_not_null(strstr(text, "no data     shop, node: it died\n"), "%s", text);
    cr_expect_not_null(strstr(text, "no data     shop, django: peak RSS, errors: not read\n"), "%s",
                       text);
    free(text);
    lg_arena_free(arena);
}
