#include "content/regex.h"
#include "support/leaks.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

TestSuite(regex, .fini = no_leaks);

struct row {
    const char *pattern, *text;
    unsigned group;
    const char *found; /* NULL: no match */
};

static void check(const struct row *row, struct lg_regex_room *room)
{
    const char *why = NULL;
    size_t at = 0;
    struct lg_arena *arena = lg_arena_new();
    struct lg_regex *regex = lg_regex_new(lg_str(row->pattern), arena, &why, &at);
    cr_assert_not_null(regex, "%s: %s", row->pattern, why);
    struct lg_slice found = {0};
    bool ok = lg_regex_find(regex, lg_str(row->text), row->group, room, &found);
    cr_expect(ok == (row->found != NULL), "%s in %s", row->pattern, row->text);
    cr_expect(!ok || lg_slice_eq(found, lg_str(row->found)), "%s in %s: %.*s", row->pattern,
              row->text, (int)found.n, found.p);
    lg_regex_free(regex);
    lg_arena_free(arena);
}

Test(regex, finds_the_first_match_and_its_groups)
{
    static const struct row rows[] = {
        {"b+", "abbbc", 0, "bbb"},
        {"name=\"csrf\" value=\"([^\"]+)\"", "<input name=\"csrf\" value=\"x1\">", 1, "x1"},
        {"a(b)?(c)?", "a", 2, ""},
        {"a(b)?(c)?", "ac", 1, ""},
        {"a(b)?(c)?", "ac", 2, "c"},
        {"^$", "", 0, ""},
        {"x", "abc", 0, NULL},
        {"(?i)ID=(\\d+)", "id=42", 1, "42"},
        {"\xc3\xa9.", "caf\xc3\xa9\xe2\x82\xac", 0, "\xc3\xa9\xe2\x82\xac"},
        {"b", "\xff\xfe b", 0, "b"},
        {".", "\xff", 0, NULL},
    };
    struct lg_regex_room *room = lg_regex_room_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check(&rows[i], room);
    }
    lg_regex_room_free(room);
}

Test(regex, a_wrong_pattern_is_refused_with_its_place)
{
    const char *why = NULL;
    size_t at = 0;
    struct lg_arena *arena = lg_arena_new();
    cr_expect_null(lg_regex_new(lg_str("ab(c"), arena, &why, &at));
    cr_expect_eq(at, 4);
    cr_expect_not_null(strstr(why, "parenthesis"), "%s", why);
    lg_arena_free(arena);
}

Test(regex, more_groups_than_there_is_room_for_are_refused)
{
    char pattern[200] = "";
    for (int i = 0; i < LG_REGEX_GROUPS + 1; i++) {
        strcat(pattern, "(a)");
    }
    const char *why = NULL;
    size_t at = 0;
    struct lg_arena *arena = lg_arena_new();
    cr_expect_null(lg_regex_new(lg_str(pattern), arena, &why, &at));
    pattern[3 * LG_REGEX_GROUPS] = '\0';
    struct lg_regex *regex = lg_regex_new(lg_str(pattern), arena, &why, &at);
    cr_assert_not_null(regex);
    cr_expect_eq(lg_regex_groups(regex), LG_REGEX_GROUPS);
    lg_regex_free(regex);
    lg_arena_free(arena);
}

/* (a+)+ tries every way to cut the run of a: 2^n for n of them. */
Test(regex, a_search_that_would_never_end_is_given_up)
{
    char text[64];
    memset(text, 'a', sizeof text);
    const char *why = NULL;
    size_t at = 0;
    struct lg_arena *arena = lg_arena_new();
    struct lg_regex *regex = lg_regex_new(lg_str("^(a+)+\\d$"), arena, &why, &at);
    struct lg_regex_room *room = lg_regex_room_new();
    struct lg_slice found = {0};
    cr_expect(!lg_regex_find(regex, lg_slice(text, sizeof text), 0, room, &found));
    lg_regex_room_free(room);
    lg_regex_free(regex);
    lg_arena_free(arena);
}
