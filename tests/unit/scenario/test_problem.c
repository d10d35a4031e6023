#include "scenario/problem.h"

#include <criterion/criterion.h>
#include <stdlib.h>

struct edit {
    const char *a, *b;
    unsigned distance;
};

Test(problem, edits_are_counted)
{
    static const struct edit rows[] = {
        {"", "", 0},          {"rate", "rate", 0},    {"raet", "rate", 1}, {"rat", "rate", 1},
        {"rates", "rate", 1}, {"rite", "rate", 1},    {"tare", "rate", 2}, {"", "ab", 2},
        {"abc", "xyz", 3},    {"abcdef", "uvwxyz", 4}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned there = lg_edit_distance(lg_str(rows[i].a), lg_str(rows[i].b), 3);
        unsigned back = lg_edit_distance(lg_str(rows[i].b), lg_str(rows[i].a), 3);
        cr_assert(there == rows[i].distance && back == there, "%s %s: %u", rows[i].a, rows[i].b,
                  there);
    }
}

Test(problem, a_text_longer_than_any_word_is_near_to_none)
{
    char text[1000];
    memset(text, 'a', sizeof text);
    cr_assert_eq(lg_edit_distance(lg_slice(text, 1000), lg_slice(text, 1000), 2), 3u);
}

Test(problem, short_words_allow_one_slip_and_long_ones_two)
{
    cr_assert(lg_is_slip(lg_str("raet"), lg_str("rate")));
    cr_assert(!lg_is_slip(lg_str("page"), lg_str("rate")));
    cr_assert(lg_is_slip(lg_str("conection"), lg_str("connections")));
}

Test(problem, problems_are_told_in_order_and_once)
{
    struct lg_problems problems;
    lg_problems_init(&problems);
    lg_problem_add(&problems, (struct lg_place){"a.ini", 5, 2}, "hint", "five %d", 5);
    lg_problem_add(&problems, (struct lg_place){"b.ini", 1, 1}, NULL, "other\x1b[31m");
    lg_problem_add(&problems, (struct lg_place){"a.ini", 2, 9}, NULL, "two");
    lg_problem_add(&problems, (struct lg_place){"a.ini", 5, 2}, "hint", "five 5");
    lg_problem_add(&problems, (struct lg_place){"a.ini", 0, 0}, NULL, "file");
    lg_problems_sort(&problems);
    struct lg_buf out = {0};
    lg_problems_write(&problems, &out);
    char *text = lg_buf_take(&out);
    cr_assert_str_eq(text, "a.ini: file\na.ini:2:9: two\na.ini:5:2: five 5; hint\n"
                           "b.ini:1:1: other\\x1b[31m\n");
    free(text);
    lg_problems_fini(&problems);
}

Test(problem, a_flood_of_problems_is_counted_and_not_kept)
{
    struct lg_problems problems;
    lg_problems_init(&problems);
    for (unsigned i = 0; i < LG_PROBLEMS_MOST + 5; i++) {
        lg_problem_add(&problems, (struct lg_place){"a.ini", i + 1, 1}, NULL, "x");
    }
    cr_assert_eq(problems.count, (size_t)LG_PROBLEMS_MOST);
    struct lg_buf out = {0};
    lg_problems_write(&problems, &out);
    char *text = lg_buf_take(&out);
    cr_assert_not_null(strstr(text, "\nand 5 more\n"));
    free(text);
    lg_problems_fini(&problems);
}
