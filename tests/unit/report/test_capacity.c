#include "report/capacity.h"

#include "golden.h"
#include "report/capacity_words.h"
#include "support/leak_check.h"
#include "support/sample_capacity.h"

#include <math.h>

TestSuite(capacity, .fini = fail_on_leak);

typedef void (*maker)(const struct lg_capacity_page *, struct lg_buf *);

static char *made(maker make, const struct lg_capacity_page *page)
{
    struct lg_buf out = {0};
    make(page, &out);
    return lg_buf_take(&out);
}

static void expect_kept(const char *name, maker make)
{
    struct lg_arena *arena = lg_arena_new();
    struct lg_capacity_page page;
    struct lg_buf out = {0};
    sample_capacity(arena, &page);
    make(&page, &out);
    expect_golden(name, &out);
    lg_buf_free(&out);
    lg_arena_free(arena);
}

Test(capacity, the_text_reads_as_kept)
{
    expect_kept("capacity.txt", lg_report_capacity_text);
}

Test(capacity, the_markdown_reads_as_kept)
{
    expect_kept("capacity.md", lg_report_capacity_markdown);
}

Test(capacity, the_first_screen_of_the_page_reads_as_kept)
{
    struct lg_arena *arena = lg_arena_new();
    struct lg_capacity_page page;
    struct lg_buf first = {0};
    sample_capacity(arena, &page);
    char *html = made(lg_report_capacity_html, &page);
    const char *from = strstr(html, "<main>"), *to = strstr(html, "<noscript>");
    cr_assert(from != NULL && to != NULL);
    lg_buf_add(&first, from, (size_t)(to - from));
    expect_golden("capacity-first-screen.html", &first);
    lg_buf_free(&first);
    free(html);
    lg_arena_free(arena);
}

Test(capacity, what_is_read_again_is_written_the_same)
{
    struct lg_arena *arena = lg_arena_new();
    struct lg_capacity_page page, again;
    const char *why = NULL;
    sample_capacity(arena, &page);
    char *json = made(lg_report_capacity_json, &page);
    cr_assert(lg_report_capacity_read(lg_str(json), arena, &again, &why), "%s", why);
    static const maker makers[] = {lg_report_capacity_json, lg_report_capacity_markdown,
                                   lg_report_capacity_text, lg_report_capacity_html};
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) {
        char *want = made(makers[i], &page), *got = made(makers[i], &again);
        cr_expect_str_eq(got, want, "format %zu", i);
        free(want);
        free(got);
    }
    free(json);
    lg_arena_free(arena);
}

Test(capacity, what_is_no_search_for_capacity_is_told_so)
{
    static const struct {
        const char *json, *why;
    } cases[] = {
        {"", "line 1"},
        {"[]", "schema: text is expected here"},
        {"{\"schema\":\"loadgen.run/1\"}", "schema: loadgen.capacity/1 is expected here"},
        {"{\"schema\":\"loadgen.capacity/1\"}", "scenario: text is expected here"},
    };
    struct lg_arena *arena = lg_arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lg_capacity_page page;
        const char *why = NULL;
        cr_expect_not(lg_report_capacity_read(lg_str(cases[i].json), arena, &page, &why));
        cr_expect(why != NULL && strstr(why, cases[i].why) != NULL, "%s", why);
    }
    lg_arena_free(arena);
}

/* Every text and number of the JSON in turn becomes something else: told, or read; no crash. */
Test(capacity, a_broken_page_is_refused_or_read_but_never_trusted)
{
    struct lg_arena *arena = lg_arena_new();
    struct lg_capacity_page page, again;
    const char *why;
    size_t refused = 0, tried = 0;
    sample_capacity(arena, &page);
    page.target_count = 1;
    char *json = made(lg_report_capacity_json, &page);
    size_t n = strlen(json);
    for (char *at = strchr(json, ':'); at != NULL && tried < 120; at = strchr(at + 1, ':')) {
        char kept[3];
        if ((size_t)(at - json) + 4 > n || at[2] == '{' || at[2] == '[') {
            continue;
        }
        memcpy(kept, at + 1, 3);
        memcpy(at + 1, "-9,", 3);
        tried++;
        refused += !lg_report_capacity_read(lg_str(json), arena, &again, &why);
        memcpy(at + 1, kept, 3);
    }
    cr_expect_geq(tried, 100);
    cr_expect_geq(refused, 100, "%zu of %zu", refused, tried);
    free(json);
    lg_arena_free(arena);
}

static struct lg_capacity_result result_of(enum lg_search_end end, double low, double high)
{
    return (struct lg_capacity_result){
        .target = "one",
        .label = "one",
        .ended = "",
        .search = {.end = end, .low = low, .high = high, .limit = INFINITY}};
}

static void expect_answer(struct lg_capacity_result r, const char *want)
{
    struct lg_buf out = {0};
    lg_report_capacity_answer(&r, &out);
    lg_buf_add(&out, "", 1);
    cr_expect_str_eq(out.p, want);
    lg_buf_free(&out);
}

Test(capacity, an_answer_says_what_is_known_and_what_ended_the_search)
{
    expect_answer(result_of(LG_SEARCH_FOUND, 100, 103), "100/s holds, 103/s does not");
    expect_answer(result_of(LG_SEARCH_GENERATOR_FIRST, 100, INFINITY),
                  "at least 100/s: the generator's limit came first");
    expect_answer(result_of(LG_SEARCH_GENERATOR_FIRST, 100, 200),
                  "between 100/s and 200/s: the generator's limit came first");
    expect_answer(result_of(LG_SEARCH_GENERATOR_FIRST, 0, INFINITY),
                  "not known: the generator could not keep any schedule");
    expect_answer(result_of(LG_SEARCH_DISTURBED, 100, INFINITY),
                  "at least 100/s: the machine was too busy to go on");
    struct lg_capacity_result dead = result_of(LG_SEARCH_SEARCHING, 100, 200);
    dead.ended = "it did not recover";
    expect_answer(dead, "between 100/s and 200/s: it did not recover");
}

Test(capacity, two_answers_that_overlap_show_no_difference)
{
    struct lg_capacity_result both[] = {result_of(LG_SEARCH_FOUND, 100, 103),
                                        result_of(LG_SEARCH_FOUND, 102, 105)};
    struct lg_capacity_page page = {.targets = both, .target_count = 2};
    struct lg_buf out = {0};
    lg_capacity_headline(&page, &out);
    lg_buf_add(&out, "", 1);
    cr_expect_str_eq(out.p,
                     "one carries 100/s to 103/s, one carries 102/s to 105/s: no difference is "
                     "shown");
    lg_buf_free(&out);
}

Test(capacity, what_has_no_single_answer_is_no_ground_for_sizing)
{
    struct lg_capacity_size rows[3];
    struct lg_capacity_result found = result_of(LG_SEARCH_FOUND, 100, 103);
    struct lg_capacity_result open = result_of(LG_SEARCH_NO_BOUND, 100, INFINITY);
    struct lg_capacity_result odd = result_of(LG_SEARCH_NOT_MONOTONE, 100, 103);
    cr_expect_eq(lg_capacity_sizes(&found, rows), 3);
    cr_expect_eq(lg_capacity_sizes(&open, rows), 1);
    cr_expect_eq(lg_capacity_sizes(&odd, rows), 0);
}

static void expect_overload(struct lg_overload_trial *trials, size_t count, const char *want)
{
    struct lg_capacity_page page = {.overload_factor = 2, .overload_how = ""};
    struct lg_capacity_result r = result_of(LG_SEARCH_FOUND, 100, 103);
    struct lg_buf out = {0};
    r.overload = trials;
    r.overload_count = count;
    lg_capacity_overload_words(&page, &r, &out);
    lg_buf_add(&out, "", 1);
    cr_expect_str_eq(out.p, want);
    lg_buf_free(&out);
}

Test(capacity, an_overload_says_what_is_carried_and_when_objectives_are_met_again)
{
    struct lg_overload_trial t = {.goodput = 94, .recovery_s = 0};
    expect_overload(&t, 1,
                    "at 2 times that: carries 94.0/s of 100/s, 94 % (1 trial), recovers at once");
    t.recovery_s = 4;
    expect_overload(&t, 1,
                    "at 2 times that: carries 94.0/s of 100/s, 94 % (1 trial), recovers in 4 s");
    t.recovery_s = -1;
    expect_overload(&t, 1, "at 2 times that: carries 94.0/s of 100/s, 94 % (1 trial)");
    t = (struct lg_overload_trial){.goodput = 20, .recovery_s = INFINITY, .watched_s = 27};
    expect_overload(
        &t, 1,
        "at 2 times that: carries 20.0/s of 100/s, 20 % (1 trial): its goodput collapses; "
        "does not recover within 27 s at 70 % of that: the overload holds it down");
    t.verdict = LG_TRIAL_FAILS;
    expect_overload(
        &t, 1,
        "at 2 times that: carries 20.0/s of 100/s, 20 % (1 trial): its goodput collapses; "
        "the server ended in an overload");
}

Test(capacity, an_overload_that_was_not_measured_gives_no_figure)
{
    struct lg_overload_trial t = {.verdict = LG_TRIAL_GENERATOR, .why = "threads were busy"};
    expect_overload(
        &t, 1,
        "at 2 times that: no figure, as the generator's limit came first: threads were busy");
    t.verdict = LG_TRIAL_DISTURBED;
    expect_overload(&t, 1,
                    "at 2 times that: no figure, as the machine was too busy: threads were busy");
    expect_overload(NULL, 0, "at 2 times that: not measured");
}

/* As files had it before there was an overload. */
Test(capacity, a_page_without_an_overload_is_read)
{
    struct lg_arena *arena = lg_arena_new();
    struct lg_capacity_page page, again;
    const char *why = NULL;
    sample_capacity(arena, &page);
    page.overload_factor = 0;
    char *json = made(lg_report_capacity_json, &page);
    cr_assert(strstr(json, "\"overload_for\": null") != NULL);
    for (char *at = json; (at = strstr(at, "\"overload")) != NULL;) {
        at[1] = 'x'; /* a key that nobody knows */
    }
    cr_assert(lg_report_capacity_read(lg_str(json), arena, &again, &why), "%s", why);
    cr_expect_eq(again.overload_factor, 0);
    cr_expect_str_eq(again.overload_how, "");
    cr_expect_eq(again.targets[0].overload_count, 0u);
    free(json);
    lg_arena_free(arena);
}
