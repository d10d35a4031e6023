#include "report/figure.h"

#include "support/leak_check.h"

#include <criterion/criterion.h>

TestSuite(figure, .fini = fail_on_leak);

/* 1 us, 2 us, ... n us */
static struct lg_hist *steps_of_a_microsecond(int n)
{
    struct lg_hist *h = lg_hist_new();
    for (int i = 1; i <= n; i++) {
        lg_hist_add(h, i * LG_US);
    }
    return h;
}

Test(figure, a_percentile_needs_a_sample_above_it_and_ten_to_stand_unmarked)
{
    static const struct {
        int n;
        uint64_t above;
        double q;
        enum lg_figure_kind kind;
        bool few;
        double us; /* of the expected number */
    } rows[] = {
        {1000, 0, 0.99, LG_FIGURE_NUMBER, false, 990}, /* ten above */
        {999, 0, 0.99, LG_FIGURE_NUMBER, true, 990},   /* 9.99 above */
        {1000, 0, 0.999, LG_FIGURE_NUMBER, true, 999}, /* one above */
        {999, 0, 0.999, LG_FIGURE_NONE, false, 0},     /* less than one */
        {990, 10, 0.99, LG_FIGURE_NUMBER, false, 990}, /* the last success */
        {989, 11, 0.99, LG_FIGURE_BEYOND, false, 0},   /* among the failures */
        {0, 0, 0.5, LG_FIGURE_NONE, false, 0},         /* nothing measured */
        {0, 100, 0.5, LG_FIGURE_BEYOND, false, 0},     /* everything failed */
        {100, 0, 0.5, LG_FIGURE_NUMBER, false, 50},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lg_hist *h = steps_of_a_microsecond(rows[i].n);
        struct lg_figure f = lg_figure_quantile(h, rows[i].q, rows[i].above, 0);
        cr_expect_eq(f.kind, rows[i].kind, "row %zu", i);
        cr_expect_eq(f.few, rows[i].few, "row %zu", i);
        if (rows[i].kind == LG_FIGURE_NUMBER) {
            cr_expect_float_eq(f.value / 1e3, rows[i].us, rows[i].us / 900, "row %zu: %g", i,
                               f.value);
        }
        lg_hist_free(h);
    }
}

Test(figure, a_missing_histogram_has_no_figures)
{
    cr_expect_eq(lg_figure_quantile(NULL, 0.5, 0, 0).kind, LG_FIGURE_NONE);
    cr_expect_eq(lg_figure_max(NULL, 0, 0).kind, LG_FIGURE_NONE);
}

Test(figure, one_failure_makes_the_maximum_unknown)
{
    struct lg_hist *h = steps_of_a_microsecond(10);
    cr_expect_eq(lg_figure_max(h, 0, 0).kind, LG_FIGURE_NUMBER);
    cr_expect_eq(lg_figure_max(h, 0, 0).value, 10e3);
    cr_expect_eq(lg_figure_max(h, 1, 0).kind, LG_FIGURE_BEYOND);
    lg_hist_free(h);
}

/* A step with 90 successes and ten failures of 5 s and more. */
static struct lg_figure p99_with_failures(enum lg_outcome_class class, enum lg_phase phase)
{
    struct lg_step_result step = {.count = 100};
    step.outcomes[LG_OK] = 90;
    step.outcomes[class] = 10;
    step.phase[LG_PHASE_RESPONSE] = steps_of_a_microsecond(90);
    step.phase[LG_PHASE_SERVICE] = steps_of_a_microsecond(90);
    step.phase[LG_PHASE_FAILED] = lg_hist_new();
    for (int i = 0; i < 10; i++) {
        lg_hist_add(step.phase[LG_PHASE_FAILED], 5 * LG_S + i);
    }
    struct lg_figure f = lg_figure_step(&step, phase, 0.99);
    lg_hist_free(step.phase[LG_PHASE_RESPONSE]);
    lg_hist_free(step.phase[LG_PHASE_SERVICE]);
    lg_hist_free(step.phase[LG_PHASE_FAILED]);
    return f;
}

Test(figure, a_percentile_among_timeouts_is_at_least_the_quickest_timeout)
{
    struct lg_figure f = p99_with_failures(LG_TIMEOUT, LG_PHASE_RESPONSE);
    cr_expect_eq(f.kind, LG_FIGURE_BEYOND);
    cr_expect_eq(f.value, 5e9);
}

Test(figure, a_percentile_among_other_failures_claims_no_time)
{
    cr_expect_eq(p99_with_failures(LG_RESET, LG_PHASE_RESPONSE).kind, LG_FIGURE_BEYOND);
    cr_expect_eq(p99_with_failures(LG_RESET, LG_PHASE_RESPONSE).value, 0);
    /* failed_time counts from the intended start, so it says nothing of the service time */
    cr_expect_eq(p99_with_failures(LG_TIMEOUT, LG_PHASE_SERVICE).value, 0);
}

#define NUMBER(v)                                                                                  \
    {                                                                                              \
        LG_FIGURE_NUMBER, v, false                                                                 \
    }
#define BEYOND(v)                                                                                  \
    {                                                                                              \
        LG_FIGURE_BEYOND, v, false                                                                 \
    }
#define NONE                                                                                       \
    {                                                                                              \
        LG_FIGURE_NONE, 0, false                                                                   \
    }

Test(figure, the_spread_is_median_and_range_and_failures_rank_last)
{
    static const struct {
        struct lg_figure of[4];
        size_t n, count;
        struct lg_figure median, low, high;
    } rows[] = {
        {{NUMBER(3), NUMBER(1), NUMBER(2)}, 3, 3, NUMBER(2), NUMBER(1), NUMBER(3)},
        {{NUMBER(4), NUMBER(1), NUMBER(2), NUMBER(8)}, 4, 4, NUMBER(3), NUMBER(1), NUMBER(8)},
        {{BEYOND(0), NUMBER(1), NUMBER(2)}, 3, 3, NUMBER(2), NUMBER(1), BEYOND(0)},
        {{BEYOND(5), NUMBER(1)}, 2, 2, BEYOND(5), NUMBER(1), BEYOND(5)},
        {{NONE, NUMBER(7), NONE}, 3, 1, NUMBER(7), NUMBER(7), NUMBER(7)},
        {{NONE, NONE}, 2, 0, NONE, NONE, NONE},
        {{NONE}, 0, 0, NONE, NONE, NONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lg_figure of[4];
        memcpy(of, rows[i].of, sizeof of);
        struct lg_spread s = lg_figure_spread(of, rows[i].n);
        cr_expect_eq(s.count, rows[i].count, "row %zu", i);
        cr_expect(s.median.kind == rows[i].median.kind && s.median.value == rows[i].median.value,
                  "median of row %zu: %g", i, s.median.value);
        cr_expect(s.low.kind == rows[i].low.kind && s.low.value == rows[i].low.value, "row %zu", i);
        cr_expect(s.high.kind == rows[i].high.kind && s.high.value == rows[i].high.value, "row %zu",
                  i);
    }
}

Test(figure, one_trial_with_few_samples_marks_the_median)
{
    struct lg_figure of[] = {{LG_FIGURE_NUMBER, 1, false}, {LG_FIGURE_NUMBER, 2, true}};
    cr_expect(lg_figure_spread(of, 2).median.few);
}
