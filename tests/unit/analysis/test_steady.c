#include "analysis/steady.h"
#include "base/rng.h"
#include "support/leak_check.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

TestSuite(steady, .fini = fail_on_leak);

enum { N = 60 };

static double gauss(struct lg_rng *rng)
{
    return sqrt(2 * lg_rng_exp(rng)) * cos(2 * M_PI * lg_rng_unit(rng));
}

/* from .. to with the level changing at `when`, and noise of the given share. */
static void step_series(double *x, double from, double to, size_t when, double noise,
                        struct lg_rng *rng)
{
    for (size_t i = 0; i < N; i++) {
        x[i] = (i < when ? from : to) * (1 + noise * gauss(rng));
    }
}

static void drift_series(double *x, double from, double to, double noise, struct lg_rng *rng)
{
    for (size_t i = 0; i < N; i++) {
        x[i] = (from + (to - from) * (double)i / N) * (1 + noise * gauss(rng));
    }
}

static struct lg_steady_series latency(const double *x)
{
    return (struct lg_steady_series){x, N, false};
}

Test(steady, mser_cuts_a_start_that_differs)
{
    double x[N];
    for (size_t i = 0; i < N; i++) {
        x[i] = (i < 15 ? 20 : 10) + (i % 2 == 0 ? 0.1 : -0.1);
    }
    cr_assert(lg_steady_mser5(x, N) == 15);
    cr_assert(lg_steady_mser5(x, 49) == 0, "too short to be cut");
}

Test(steady, white_noise_is_flat_in_at_least_95_of_100_runs)
{
    static const double noises[] = {0.01, 0.05, 0.2};
    for (size_t k = 0; k < 3; k++) {
        int flat = 0;
        for (uint64_t run = 0; run < 100; run++) {
            struct lg_rng rng;
            lg_rng_init(&rng, 1, k, run);
            double x[4][N];
            struct lg_steady_series series[4];
            for (size_t i = 0; i < 4; i++) {
                step_series(x[i], 10, 10, 0, noises[k], &rng);
                series[i] = (struct lg_steady_series){x[i], N, i == 0};
            }
            flat += lg_steady_all(series, 4).class == LG_STEADY_FLAT;
        }
        cr_assert(flat >= 95, "noise %g: %d of 100", noises[k], flat);
    }
}

Test(steady, a_step_down_is_cut_within_one_interval)
{
    static const size_t places[] = {5, 13, 20, 22, 29};
    for (size_t k = 0; k < 5; k++) {
        for (uint64_t run = 0; run < 20; run++) {
            struct lg_rng rng;
            lg_rng_init(&rng, 2, k, run);
            double x[N];
            step_series(x, 20, 10, places[k], 0.05, &rng);
            struct lg_steady_series series = latency(x);
            struct lg_steady s = lg_steady_one(&series);
            cr_assert(s.class == LG_STEADY_WARMED_UP, "step at %zu: %s", places[k],
                      lg_steady_name(s.class));
            cr_assert(s.cut + 1 >= places[k] && s.cut <= places[k] + 1, "step at %zu: cut %zu",
                      places[k], s.cut);
        }
    }
}

Test(steady, a_short_wild_start_is_cut)
{
    struct lg_rng rng;
    lg_rng_init(&rng, 3, 0, 0);
    double x[N];
    step_series(x, 10, 10, 0, 0.03, &rng);
    x[0] = 60;
    x[1] = 25;
    x[2] = 14;
    struct lg_steady_series series = latency(x);
    struct lg_steady s = lg_steady_one(&series);
    cr_assert(s.class == LG_STEADY_WARMED_UP && s.cut == 5, "%s %zu", lg_steady_name(s.class),
              s.cut);
}

Test(steady, growing_latency_is_slowing_and_rising_throughput_never_settled)
{
    int never_settled = 0;
    for (uint64_t run = 0; run < 20; run++) {
        struct lg_rng rng;
        lg_rng_init(&rng, 4, 0, run);
        double x[N];
        drift_series(x, 10, 12, 0.03, &rng);
        struct lg_steady_series series = latency(x);
        enum lg_steady_class up = lg_steady_one(&series).class;
        cr_assert(up == LG_STEADY_SLOWING, "10 to 12: %s", lg_steady_name(up));
        series.more_is_better = true;
        enum lg_steady_class rising = lg_steady_one(&series).class;
        cr_assert(rising == LG_STEADY_NONE || rising == LG_STEADY_WARMED_UP, "rising: %s",
                  lg_steady_name(rising));
        never_settled += rising == LG_STEADY_NONE;
    }
    cr_assert(never_settled >= 17, "%d of 20", never_settled);
}

Test(steady, levels_are_classified_by_where_they_end)
{
    static const struct {
        const char *what;
        double level[3];
        size_t at[2];
        enum lg_steady_class class;
    } rows[] = {
        {"worse from 40 on", {10, 10, 12}, {20, 40}, LG_STEADY_SLOWING},
        {"worse from 20 on", {10, 12, 12}, {20, 40}, LG_STEADY_SLOWING},
        {"better only from 45 on", {12, 12, 10}, {20, 45}, LG_STEADY_NONE},
        {"worse for a while", {10, 12, 10}, {20, 40}, LG_STEADY_NONE},
        {"better in two steps", {20, 15, 10}, {10, 25}, LG_STEADY_WARMED_UP},
    };
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        struct lg_rng rng;
        lg_rng_init(&rng, 5, k, 0);
        double x[N];
        for (size_t i = 0; i < N; i++) {
            size_t part = (i >= rows[k].at[0]) + (i >= rows[k].at[1]);
            x[i] = rows[k].level[part] * (1 + 0.02 * gauss(&rng));
        }
        struct lg_steady_series series = latency(x);
        enum lg_steady_class class = lg_steady_one(&series).class;
        cr_assert(class == rows[k].class, "%s: %s", rows[k].what, lg_steady_name(class));
    }
}

Test(steady, fewer_than_sixty_seconds_are_not_judged)
{
    double x[N] = {0};
    struct lg_steady_series series = {x, N - 1, false};
    cr_assert(lg_steady_one(&series).class == LG_STEADY_TOO_SHORT);
    struct lg_steady_series both[] = {{x, 10, false}, {x, N, false}};
    cr_assert(lg_steady_all(both, 2).class == LG_STEADY_FLAT, "one series is long enough");
}

Test(steady, change_points_are_found_where_the_level_changes)
{
    double x[N];
    size_t at[N / LG_STEADY_SEGMENT];
    for (size_t i = 0; i < N; i++) {
        x[i] = (i < 17 ? 5 : i < 41 ? 9 : 3) + 0.01 * (double)(i * 7 % 5);
    }
    size_t count = lg_steady_changes(x, N, 1e-4, at);
    cr_assert(count == 2 && at[0] == 17 && at[1] == 41, "%zu points", count);
}

Test(steady, a_trial_is_judged_on_the_whole_seconds_of_its_window)
{
    enum { ROWS = 75 };
    static struct lg_timeline_row rows[ROWS];
    static struct lg_timeline_step steps[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        double at = (double)i - 10; /* ten seconds of warm-up, five of cool-down */
        bool fast = at >= 12 && at < 60;
        steps[i] = (struct lg_timeline_step){.p50 = (fast ? 10 : 20) * LG_MS + (lg_ns)(i % 3),
                                             .histogram = ""};
        rows[i] = (struct lg_timeline_row){.at_s = at,
                                           .length_s = 1,
                                           .completed = 100 + i % 3,
                                           .server_cpu = -1,
                                           .steps = &steps[i]};
    }
    struct lg_step_result step = {.name = "say", .count = 6000};
    struct lg_trial_result trial = {.duration_s = 60,
                                    .steps = &step,
                                    .step_count = 1,
                                    .timeline = rows,
                                    .timeline_count = ROWS};
    struct lg_steady s = lg_steady_trial(&trial);
    cr_assert(s.class == LG_STEADY_WARMED_UP && s.cut == 12, "%s %zu", lg_steady_name(s.class),
              s.cut);
}

Test(steady, a_long_series_is_judged_in_coarser_steps)
{
    enum { DAY = 86400 };
    double *x = lg_alloc_array(DAY, sizeof *x);
    struct lg_rng rng;
    lg_rng_init(&rng, 6, 0, 0);
    for (size_t i = 0; i < DAY; i++) {
        x[i] = (i < 7200 ? 20 : 10) * (1 + 0.05 * gauss(&rng));
    }
    struct lg_steady_series series = {x, DAY, false};
    struct lg_steady s = lg_steady_one(&series);
    cr_assert(s.class == LG_STEADY_WARMED_UP && s.cut == 7200, "%s %zu", lg_steady_name(s.class),
              s.cut);
    free(x);
}

Test(steady, values_too_large_to_square_are_no_crash)
{
    double x[N];
    for (size_t i = 0; i < N; i++) {
        x[i] = i % 3 == 0 ? 1e308 : 1;
    }
    struct lg_steady_series series = latency(x);
    cr_assert(lg_steady_one(&series).class <= LG_STEADY_NONE);
}
