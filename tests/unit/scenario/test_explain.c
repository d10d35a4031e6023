#include "scenario/explain.h"
#include "scenario/schema.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#define PAGE LG_SOURCE_DIR "/docs/scenario.md"

static char *explain(const char *topic)
{
    struct lg_arena *arena = lg_arena_new();
    struct lg_buf out = {0};
    const char *why = lg_explain_write(topic, arena, &out);
    if (why != NULL) {
        cr_assert_eq(out.n, 0u);
        lg_buf_adds(&out, why);
    }
    lg_arena_free(arena);
    return lg_buf_take(&out);
}

/* One blank for each run of them: where a line is broken does not matter. */
static void unwrap(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        bool blank = *from == ' ' || *from == '\n';
        if (!blank || (to > text && to[-1] != ' ')) {
            *to++ = blank ? ' ' : *from;
        }
    }
    *to = '\0';
}

static void assert_says(const char *topic, const char *what)
{
    char *text = explain(topic);
    cr_assert(strstr(text, what) != NULL, "%s: no \"%s\" in\n%s", topic, what, text);
    free(text);
}

Test(explain, a_key_is_explained_in_every_section_that_has_it)
{
    assert_says("rate", "[users NAME]\n  rate\n");
    assert_says("rate", "from 0.001/s to 10M/s");
    assert_says("users.rate", "not together with stages");
    assert_says("header", "header.Content-Type = application/json");
    assert_says("header.Accept", "A header of the request");
    assert_says("env", "env.WORKERS = 2");
}

Test(explain, a_section_is_explained_with_all_its_keys)
{
    for (int kind = 0; kind < LG_SECTION_KINDS; kind++) {
        const struct lg_section_info *info = lg_section_info((enum lg_section_kind)kind);
        char *text = explain(info->word);
        unwrap(text);
        for (size_t i = 0; i < info->row_count; i++) {
            char *help = lg_printf("%s", info->rows[i].help);
            unwrap(help);
            cr_assert(strstr(text, help) != NULL, "%s: no \"%s\"", info->word, help);
            free(help);
        }
        free(text);
    }
    assert_says("[users NAME]", "connect_rate");
}

Test(explain, no_line_is_too_wide_for_a_terminal)
{
    for (int kind = -1; kind < LG_SECTION_KINDS; kind++) {
        char *text = explain(kind < 0 ? NULL : lg_section_info((enum lg_section_kind)kind)->word);
        for (const char *line = text; *line != '\0'; line += strspn(line, "\n")) {
            size_t n = strcspn(line, "\n");
            cr_expect_leq(n, 100u, "%.*s", (int)n, line);
            line += n;
        }
        free(text);
    }
}

Test(explain, nothing_given_explains_the_language)
{
    assert_says(NULL, "[deliveries NAME]");
    assert_says(NULL, "${message.id}");
}

Test(explain, an_unknown_topic_is_answered_with_what_may_be_meant)
{
    assert_says("conections", "did you mean connections?");
    assert_says("scenari", "did you mean scenario?");
    assert_says("qqqqqqqqq", "neither a section nor a key");
    assert_says("users.conections", "did you mean connections?");
    assert_says("", "neither");
    assert_says("a", "neither a section nor a key; loadgen explain lists them");
    assert_says("heder", "did you mean header?");
}

Test(explain, a_word_that_a_key_takes_leads_to_the_key)
{
    assert_says("poisson", "[users NAME]\n  arrivals\n");
    assert_says("shed", "  overload\n");
}

Test(explain, what_fills_a_hole_is_explained_by_its_name)
{
    assert_says("message.id", "unique in the run");
    assert_says("${random.text 64}", "N letters and digits");
    assert_says("random.uuid", "${random.uuid}");
    assert_says("message.i", "neither a section nor a key");
}

/* LG_UPDATE=1 writes the page. */
Test(explain, the_committed_page_is_what_the_table_says)
{
    struct lg_buf out = {0};
    lg_explain_markdown(&out);
    if (getenv("LG_UPDATE") != NULL) {
        FILE *f = fopen(PAGE, "wb");
        cr_assert_not_null(f);
        fwrite(out.p, 1, out.n, f);
        fclose(f);
    }
    FILE *f = fopen(PAGE, "rb");
    cr_assert_not_null(f, "docs/scenario.md is missing; LG_UPDATE=1 writes it");
    char *page = lg_alloc(out.n + 2);
    size_t n = fread(page, 1, out.n + 1, f);
    fclose(f);
    cr_assert(n == out.n && memcmp(page, out.p, n) == 0,
              "docs/scenario.md is out of date; LG_UPDATE=1 writes it");
    free(page);
    lg_buf_free(&out);
}
