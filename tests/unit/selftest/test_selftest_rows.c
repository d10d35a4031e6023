#include "selftest/selftest.h"

#include "support/leak_check.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

TestSuite(selftest_rows, .fini = fail_on_leak);

static struct lg_selftest begin(void)
{
    struct lg_selftest s = {.arena = lg_arena_new()};
    s.calibration = (struct lg_calibration){.cpu = "A CPU",
                                            .kernel = "Linux 1",
                                            .cores = 2,
                                            .measured_at = "2026-11-23T00:00:00Z",
                                            .version = "0",
                                            .floor_p50_ns = 123000};
    return s;
}

static bool passes(double low, double high, double measured)
{
    struct lg_selftest s = begin();
    const struct lg_selftest_row row = {
        .id = "x", .what = "x", .low = low, .high = high, .measured = measured, .how = "x"};
    lg_selftest_add(&s, &row);
    bool passed = lg_selftest_passed(&s);
    cr_expect_eq(passed, s.rows[0].passed);
    lg_arena_free(s.arena);
    return passed;
}

Test(selftest_rows, a_row_passes_within_its_range_and_at_its_ends)
{
    cr_expect(passes(1, 2, 1));
    cr_expect(passes(1, 2, 2));
    cr_expect(passes(1, 1, 1));
    cr_expect_not(passes(1, 2, 0.999));
    cr_expect_not(passes(1, 2, 2.001));
}

Test(selftest_rows, what_was_not_measured_does_not_pass)
{
    cr_expect_not(passes(0, INFINITY, (double)NAN));
    cr_expect_not(passes((double)NAN, 1, 0));
    cr_expect_not(passes(0, (double)NAN, 0));
}

Test(selftest_rows, nothing_at_all_and_an_end_before_time_do_not_pass)
{
    struct lg_selftest s = begin();
    cr_expect_not(lg_selftest_passed(&s));
    lg_selftest_add(&s, &(struct lg_selftest_row){.id = "x", .what = "x", .how = "x"});
    cr_expect(lg_selftest_passed(&s));
    s.interrupted = true;
    cr_expect_not(lg_selftest_passed(&s));
    s.interrupted = false;
    s.trouble = "no memory";
    cr_expect_not(lg_selftest_passed(&s));
    lg_arena_free(s.arena);
}

static char *text_of(const struct lg_selftest *s)
{
    struct lg_buf out = {0};
    lg_selftest_text(s, false, &out);
    return lg_buf_take(&out);
}

static void add_two(struct lg_selftest *s, double second)
{
    lg_selftest_add(s, &(struct lg_selftest_row){.id = "a",
                                                 .what = "the first check",
                                                 .high = 2e6,
                                                 .expected = NAN,
                                                 .measured = 1e6,
                                                 .how = "why a"});
    lg_selftest_add(s, &(struct lg_selftest_row){.id = "b",
                                                 .what = "  the second check",
                                                 .unit = LG_SELFTEST_COUNT,
                                                 .low = 5,
                                                 .high = 5,
                                                 .expected = 5,
                                                 .measured = second,
                                                 .how = "why b"});
}

Test(selftest_rows, the_table_says_what_failed_and_why)
{
    struct lg_selftest s = begin();
    add_two(&s, 4);
    s.machine = "other programs used 1.50 of 2 cores meanwhile";
    char *text = text_of(&s);
    cr_expect_not_null(strstr(text, "1 of 2 checks failed"), "%s", text);
    cr_expect_not_null(strstr(text, "  - the second check: 4, accepted: exactly that (why b)"),
                       "%s", text);
    cr_expect_not_null(strstr(text, "1.50 of 2 cores"));
    cr_expect_null(strstr(text, "why a"));
    cr_expect_null(strstr(text, "passed: figures"));
    free(text);
    lg_arena_free(s.arena);
}

Test(selftest_rows, the_table_ends_with_the_machines_figures_when_all_passed)
{
    struct lg_selftest s = begin();
    add_two(&s, 5);
    char *text = text_of(&s);
    cr_expect_not_null(strstr(text, "All 2 checks passed"), "%s", text);
    cr_expect_not_null(strstr(text, "accuracy floor   123 us"), "%s", text);
    cr_expect_null(strstr(text, "FAILED"));
    free(text);
    lg_arena_free(s.arena);
}

Test(selftest_rows, the_json_holds_every_row_and_no_number_that_json_lacks)
{
    struct lg_selftest s = begin();
    struct lg_buf out = {0};
    add_two(&s, (double)NAN);
    lg_selftest_json(&s, &out);
    json_t *root = json_loadb(out.p, out.n, 0, NULL);
    json_t *rows = json_object_get(root, "checks");
    cr_assert_eq(json_array_size(rows), 2u);
    cr_expect(json_is_false(json_object_get(root, "passed")));
    cr_expect(json_is_null(json_object_get(json_array_get(rows, 0), "expected")));
    cr_expect(json_is_true(json_object_get(json_array_get(rows, 0), "passed")));
    cr_expect(json_is_null(json_object_get(json_array_get(rows, 1), "measured")));
    cr_expect(json_is_false(json_object_get(json_array_get(rows, 1), "passed")));
    json_t *floor = json_object_get(json_object_get(root, "calibration"), "floor_p50_ns");
    cr_expect_eq(json_number_value(floor), 123000.0);
    json_decref(root);
    lg_buf_free(&out);
    lg_arena_free(s.arena);
}
