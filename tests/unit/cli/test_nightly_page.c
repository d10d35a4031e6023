#include "cli/nightly_page.h"
#include "base/rng.h"

#include <criterion/criterion.h>
#include <math.h>

enum { NIGHTS = 60 };

/* One series of a time in ms, and what the page says of it. */
struct story {
    struct lg_arena *arena;
    struct lg_nightly_value nights[NIGHTS];
    struct lg_nightly_series series;
    struct lg_trend_page page;
    size_t count;
};

static void tell(struct story *s, size_t nights, double level)
{
    struct lg_rng rng;
    lg_rng_init(&rng, 1, 0, s->count);
    for (size_t i = 0; i < nights; i++) {
        double noise = 1 + 0.02 * (lg_rng_unit(&rng) + lg_rng_unit(&rng) - 1);
        s->nights[s->count++] = (struct lg_nightly_value){.known = true, .value = level * noise};
    }
}

static void change_machine(struct story *s, size_t nights, double level)
{
    size_t at = s->count;
    tell(s, nights, level);
    s->nights[at].broken = true;
}

static void read(struct story *s)
{
    static const struct lg_nightly_options options = {.command = "loadgen nightly", .out = "out"};
    static const char *missing[NIGHTS];
    struct lg_history_night *nights = lg_arena_alloc(s->arena, s->count * sizeof *nights);
    struct lg_nightly_result found;
    for (size_t i = 0; i < s->count; i++) {
        nights[i] = (struct lg_history_night){.id = lg_arena_printf(s->arena, "n%zu", i),
                                              .started_at = "2026-01-01T02:00:00Z",
                                              .environment = "one"};
    }
    s->series = (struct lg_nightly_series){"shop", "node", "get p50", "ns", true, false, s->nights};
    struct lg_history_data data = {.nights = nights, .night_count = s->count, .missing = missing};
    data.in = (struct lg_nightly){.series = &s->series, .series_count = 1, .night_count = s->count};
    lg_nightly_detect(&data.in, s->arena, &found);
    lg_nightly_page(&options, "history.sqlite", &data, &found, NULL, s->arena, &s->page);
}

static const struct lg_trend_change *regression(const struct story *s)
{
    const struct lg_trend_series *series = &s->page.series[0];
    size_t i = 0;
    while (i < series->change_count && !series->changes[i].regression) {
        i++;
    }
    cr_assert_lt(i, series->change_count, "no regression was found");
    return &series->changes[i];
}

static void begin(struct story *s)
{
    *s = (struct story){.arena = lg_arena_new()};
    tell(s, 20, 100);
}

Test(nightly_page, a_confirmed_regression_is_open_until_it_is_undone)
{
    struct story s;
    begin(&s);
    tell(&s, 8, 130);
    read(&s);
    cr_expect(regression(&s)->open);
    cr_expect_str_empty(regression(&s)->undone);
    cr_expect_eq(regression(&s)->state, LG_TREND_CONFIRMED_BY_NIGHTS);
    cr_expect_eq(s.page.series[0].tonight, LG_TONIGHT_REGRESSED);
    tell(&s, 12, 100);
    read(&s);
    cr_expect_not(regression(&s)->open);
    cr_expect_str_eq(regression(&s)->undone, "2026-01-01");
    cr_expect_eq(regression(&s)->state, LG_TREND_CONFIRMED_BY_NIGHTS);
    lg_arena_free(s.arena);
}

Test(nightly_page, a_break_leaves_an_open_regression_unresolved_and_says_so_once)
{
    struct story s;
    begin(&s);
    tell(&s, 8, 130);
    change_machine(&s, 1, 90);
    read(&s);
    cr_expect(regression(&s)->open);
    cr_expect_eq(regression(&s)->state, LG_TREND_UNRESOLVED);
    cr_expect_eq(lg_nightly_open(&s.page), 1);
    tell(&s, 1, 90);
    read(&s);
    cr_expect_not(regression(&s)->open);
    cr_expect_eq(regression(&s)->state, LG_TREND_UNRESOLVED);
    cr_expect_eq(lg_nightly_open(&s.page), 0);
    lg_arena_free(s.arena);
}

Test(nightly_page, a_night_without_a_value_after_a_break_does_not_hide_what_was_open)
{
    struct story s;
    begin(&s);
    tell(&s, 8, 130);
    tell(&s, 1, NAN);
    s.nights[s.count - 1].known = false;
    read(&s);
    cr_expect(regression(&s)->open);
    lg_arena_free(s.arena);
}

Test(nightly_page, what_was_undone_stays_so_after_a_break)
{
    struct story s;
    begin(&s);
    tell(&s, 8, 130);
    tell(&s, 12, 100);
    change_machine(&s, 1, 130);
    read(&s);
    cr_expect_not(regression(&s)->open);
    cr_expect_eq(regression(&s)->state, LG_TREND_CONFIRMED_BY_NIGHTS);
    lg_arena_free(s.arena);
}
