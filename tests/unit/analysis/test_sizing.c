#include "analysis/knee.h"
#include "analysis/sizing.h"

#include <criterion/criterion.h>
#include <math.h>

static const struct lg_sizing usual = {
    .load = 1000, .utilisation = 0.7, .efficiency = 1, .spares = 1};

Test(sizing, the_example_of_a_thousand_arrivals)
{
    /* 1000 / (0.7 * 180) = 7.94, 1000 / (0.7 * 200) = 7.14: eight either way, and a spare. */
    cr_expect_eq(lg_size_for(&usual, 180).instances, 9);
    cr_expect_eq(lg_size_for(&usual, 200).instances, 9);
    cr_expect_float_eq(lg_size_for(&usual, 200).utilisation_all, 1000.0 / 1800, 1e-12);
    cr_expect_float_eq(lg_size_for(&usual, 200).utilisation_spare, 1000.0 / 1600, 1e-12);
}

Test(sizing, what_fits_exactly_needs_no_more)
{
    struct lg_sizing exact = usual;
    exact.spares = 0;
    cr_expect_eq(lg_size_for(&exact, 1000 / 0.7).instances, 1);
    exact.growth = 0.1; /* 1100 / (0.7 * 100) = 15.71 */
    cr_expect_eq(lg_size_for(&exact, 100).instances, 16);
}

Test(sizing, a_load_is_carried_by_one_instance_at_least)
{
    struct lg_sizing small = usual;
    small.load = 0.001;
    small.spares = 0;
    cr_expect_eq(lg_size_for(&small, 1e6).instances, 1);
}

Test(sizing, scale_out_that_loses_and_a_price_cost_more)
{
    struct lg_sizing dear = usual;
    dear.efficiency = 0.8;
    dear.price_per_hour = 0.36;
    struct lg_size size = lg_size_for(&dear, 200); /* 1000 / (0.7 * 160) = 8.93 */
    cr_expect_eq(size.instances, 10);
    /* 10 * 0.36 an hour for 3.6 million arrivals an hour. */
    cr_expect_float_eq(size.cost_per_million, 1.0, 1e-12);
}

Test(knee, asymptotes_and_utilisation_law)
{
    cr_expect_float_eq(lg_knee_asymptotes(0.010, 0.990, 0.005), 200, 1e-9);
    cr_expect_float_eq(lg_knee_most(2, 0.010), 200, 1e-9);
}

Test(knee, kneedle_finds_the_bend_of_a_hyperbola)
{
    double x[10], y[10];
    for (int i = 0; i < 10; i++) {
        x[i] = i * 0.1 * 10;
        y[i] = -1 / (x[i] + 0.1 * 2) + 5;
    }
    int knee = lg_knee_kneedle(x, y, 10, 1);
    cr_expect(knee == 1 || knee == 2, "%d", knee);
}

Test(knee, a_line_has_none)
{
    double x[] = {1, 2, 4, 8, 16}, y[] = {10, 20, 40, 80, 160};
    cr_expect_eq(lg_knee_kneedle(x, y, 5, 1), -1);
    cr_expect_eq(lg_knee_kneedle(x, y, 2, 1), -1);
    double flat[] = {5, 5, 5, 5, 5};
    cr_expect_eq(lg_knee_kneedle(x, flat, 5, 1), -1);
}

Test(knee, throughput_that_stops_growing_bends_where_it_does)
{
    double x[] = {50, 100, 150, 200, 250, 300, 350, 400},
           y[] = {50, 100, 150, 200, 201, 200, 202, 201};
    cr_expect_eq(lg_knee_kneedle(x, y, 8, 1), 3);
}
