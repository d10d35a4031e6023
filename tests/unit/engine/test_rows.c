#include "engine/rows.h"

#include "base/rng.h"
#include "support/leak_check.h"

#include <criterion/criterion.h>

TestSuite(rows, .fini = fail_on_leak);

static const struct lg_window whole = {.t0 = 95 * LG_S, .w0 = 100 * LG_S, .w1 = 103 * LG_S};
static const struct lg_window cut = {
    .t0 = 100 * LG_S, .w0 = 100 * LG_S, .w1 = 102 * LG_S + 250 * LG_MS};

static struct lg_rows begin(const struct lg_window *window)
{
    return (struct lg_rows){
        .window = window, .shape = {.steps = 1, .users = 1}, .floor = INT64_MIN};
}

Test(rows, a_time_has_its_row)
{
    static const struct {
        const struct lg_window *window;
        lg_ns at;
        int64_t row;
    } cases[] = {
        {&whole, 100 * LG_S, 0},
        {&whole, 101 * LG_S - 1, 0},
        {&whole, 101 * LG_S, 1},
        {&whole, 103 * LG_S - 1, 2},
        {&whole, 103 * LG_S, 3},
        {&whole, 104 * LG_S - 1, 3},
        {&whole, 104 * LG_S, 4},
        {&whole, 100 * LG_S - 1, -1},
        {&whole, 99 * LG_S, -1},
        {&whole, 99 * LG_S - 1, -2},
        {&whole, 95 * LG_S, -5},
        {&cut, 102 * LG_S, 2},
        {&cut, 102 * LG_S + 250 * LG_MS - 1, 2},
        {&cut, 102 * LG_S + 250 * LG_MS, 3},
        {&cut, 103 * LG_S + 250 * LG_MS - 1, 3},
        {&cut, 103 * LG_S + 250 * LG_MS, 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_expect_eq(lg_window_row(cases[i].window, cases[i].at), cases[i].row, "%ld ns: %ld",
                     (long)cases[i].at, (long)cases[i].row);
    }
}

Test(rows, bounds_tile_the_time_without_gap_and_agree_with_the_row)
{
    static const lg_ns lengths[] = {1, LG_MS, LG_S - 1, LG_S, LG_S + 1, 2500 * LG_MS, 60 * LG_S};
    for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
        struct lg_window w = {.t0 = 7, .w0 = 5 * LG_S + 7, .w1 = 5 * LG_S + 7 + lengths[k]};
        lg_ns begin, end, last = w.w0 - 5 * LG_S;
        for (int64_t row = -5; row < 70; row++) {
            lg_window_bounds(&w, row, &begin, &end);
            cr_assert_eq(begin, last);
            cr_assert_lt(begin, end);
            cr_assert_leq(end - begin, LG_S);
            cr_assert_eq(lg_window_row(&w, begin), row);
            cr_assert_eq(lg_window_row(&w, end - 1), row);
            cr_assert_eq(lg_window_holds(&w, row), begin >= w.w0 && begin < w.w1);
            cr_assert(end <= w.w0 || begin >= w.w0, "a row crosses the beginning of the window");
            cr_assert(end <= w.w1 || begin >= w.w1, "a row crosses the end of the window");
            last = end;
        }
    }
}

Test(rows, every_time_finds_the_recorder_that_holds_it)
{
    struct lg_rows rows = begin(&cut);
    struct lg_rng rng;
    lg_rng_init(&rng, 1, 0, 0);
    for (int i = 0; i < 2000; i++) {
        lg_ns at = 97 * LG_S + (lg_ns)lg_rng_below(&rng, 8 * LG_S);
        struct lg_recorder *r = lg_rows_at(&rows, at);
        cr_assert(r->begin <= at && at < r->end && r->row == lg_window_row(&cut, at));
        cr_assert_eq(r, lg_rows_find(&rows, at));
    }
    int n = 0;
    for (struct lg_recorder *r = rows.active; r != NULL; r = r->next, n++) {
        cr_assert(r->next == NULL || r->row < r->next->row, "rows ascend");
    }
    cr_expect_eq(n, 9); /* -3 .. -1, 0 .. 2, 3 .. 5 */
    lg_rows_fini(&rows);
}

Test(rows, a_row_goes_when_its_time_is_over_and_nothing_of_it_is_open)
{
    struct lg_rows rows = begin(&whole);
    struct lg_recorder *a = lg_rows_at(&rows, 100 * LG_S);
    struct lg_recorder *b = lg_rows_at(&rows, 101 * LG_S);
    struct lg_recorder *c = lg_rows_at(&rows, 102 * LG_S);
    a->open = 1;
    cr_expect_null(lg_rows_take(&rows, 102 * LG_S - 1));
    cr_expect_eq(lg_rows_mark(&rows, 102 * LG_S - 1), 0);
    cr_expect_eq(lg_rows_take(&rows, 102 * LG_S), b, "an open row does not hold up the next");
    cr_expect_null(lg_rows_take(&rows, 102 * LG_S));
    cr_expect_eq(lg_rows_mark(&rows, 102 * LG_S), 0, "row 0 may still change");
    a->open = 0;
    cr_expect_eq(lg_rows_take(&rows, 102 * LG_S), a);
    cr_expect_eq(lg_rows_mark(&rows, 102 * LG_S), 2);
    cr_expect_eq(rows.active, c);
    lg_recorder_free(a);
    lg_recorder_free(b);
    lg_rows_fini(&rows);
}

Test(rows, the_recorder_used_last_is_forgotten_when_it_goes)
{
    struct lg_rows rows = begin(&whole);
    struct lg_recorder *a = lg_rows_at(&rows, 100 * LG_S);
    cr_assert_eq(lg_rows_take(&rows, 101 * LG_S), a);
    cr_expect_neq(lg_rows_at(&rows, 100 * LG_S + 1), a);
    lg_recorder_free(a);
    lg_rows_fini(&rows);
}

Test(rows, no_second_is_handed_over_twice)
{
    struct lg_rows rows = begin(&whole);
    lg_rows_at(&rows, 99 * LG_S);
    lg_recorder_free(lg_rows_take(&rows, 101 * LG_S));
    cr_expect_eq(lg_rows_mark(&rows, 101 * LG_S), 1);
    struct lg_recorder *r = lg_rows_at(&rows, 101 * LG_S - 1); /* a nanosecond too late */
    cr_expect_eq(r->row, 1);
    cr_expect_eq(lg_rows_mark(&rows, 100 * LG_S), 1, "a mark does not go back");
    lg_rows_fini(&rows);
}

Test(rows, spare_recorders_are_used_again)
{
    struct lg_rows rows = begin(&whole);
    struct lg_recorder *a = lg_rows_at(&rows, 100 * LG_S);
    cr_assert_eq(lg_rows_take(&rows, 101 * LG_S), a);
    lg_recorder_clear(a);
    a->next = NULL;
    rows.spare = a;
    cr_expect_eq(lg_rows_at(&rows, 102 * LG_S), a);
    cr_expect_eq(a->row, 2);
    cr_expect_eq(a->begin, 102 * LG_S);
    cr_expect_null(a->next);
    cr_expect_null(rows.spare);
    lg_rows_fini(&rows);
}
