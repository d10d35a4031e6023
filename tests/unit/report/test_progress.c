#include "report/progress.h"

#include "support/leak_check.h"

#include <criterion/criterion.h>
#include <stdio.h>

TestSuite(progress, .fini = fail_on_leak);

static const struct lg_progress sample = {
    .phase = "measuring",
    .target = "node",
    .trial = 2,
    .trials = 5,
    .seconds_left = 40.2,
    .run_seconds_left = -1,
    .offered_per_s = 1003,
    .achieved_per_s = 998,
    .response_p50 = 1250 * LG_US,
    .response_p99 = 8100 * LG_US,
    .delivery_p50 = 1800 * LG_US,
    .delivery_p99 = 9000 * LG_US,
    .errors = 3,
    .in_flight = 12,
    .generator_cpu = 0.31,
    .lag = 50 * LG_US,
    .server_cpu = 0.82,
    .server_rss_bytes = 98.1 * 1048576,
};

static void expect_text(struct lg_buf *got, const char *want)
{
    char *text = lg_buf_take(got);
    cr_expect_str_eq(text, want);
    free(text);
}

static size_t count(const struct lg_buf *text, char wanted)
{
    size_t n = 0;
    for (size_t i = 0; i < text->n; i++) {
        n += text->p[i] == wanted;
    }
    return n;
}

Test(progress, the_block_says_where_the_run_is_and_how_it_does)
{
    struct lg_buf out = {0};
    lg_progress_block(&sample, 80, false, &out);
    expect_text(&out,
                "node  trial 2 of 5  measuring, 41 s left\n"
                "  offered  1.00k/s    achieved 998/s      in flight 12       errors 3\n"
                "  response p50 1.25 ms   p99 8.10 ms   delivery p50 1.80 ms   p99 9.00 ms\n"
                "  loadgen  cpu 31 %      lag 50.0 us   server   cpu 0.82 cores rss 98.1 MiB\n");
}

Test(progress, what_targets_have_finished_stays_on_the_screen)
{
    static const struct lg_progress_done done[] = {{"node", 2, 998, 1250 * LG_US, 8100 * LG_US, 3},
                                                   {"django", 0, 0, 0, 0, 0}};
    struct lg_progress p = sample;
    struct lg_buf out = {0};
    p.done = done;
    p.done_count = 2;
    p.run_seconds_left = 400.5;
    lg_progress_block(&p, 80, false, &out);
    cr_expect_eq(count(&out, '\n'), 5);
    char *text = lg_buf_take(&out);
    cr_expect_eq(
        strncmp(text, "node  trial 2 of 5  measuring, 41 s left; about 401 s in all\n", 61), 0,
        "%s", text);
    cr_expect_not_null(strstr(text, "\n  node           2 trials done  998/s     p50 1.25 ms   "
                                    "p99 8.10 ms   errors 3\n"),
                       "%s", text);
    free(text);
}

Test(progress, what_is_unknown_is_left_out_or_a_dash)
{
    struct lg_progress p = {.phase = "connecting",
                            .target = "django",
                            .seconds_left = -1,
                            .response_p50 = -1,
                            .response_p99 = LG_NEVER,
                            .delivery_p50 = -1,
                            .delivery_p99 = -1,
                            .generator_cpu = -1,
                            .lag = -1,
                            .server_cpu = -1,
                            .server_rss_bytes = -1};
    struct lg_buf out = {0};
    lg_progress_block(&p, 80, false, &out);
    expect_text(&out, "django  connecting\n"
                      "  offered  0/s        achieved 0/s        in flight 0        errors 0\n"
                      "  response p50 -         p99 -        \n"
                      "  loadgen  cpu -         lag -        \n");
}

Test(progress, the_block_never_wraps_on_a_narrow_terminal)
{
    for (size_t columns = 10; columns <= 120; columns++) {
        struct lg_buf out = {0};
        lg_progress_block(&sample, columns, false, &out);
        size_t width = 0;
        for (size_t i = 0; i < out.n; i++) {
            width = out.p[i] == '\n' ? 0 : width + 1;
            cr_assert_lt(width, columns);
        }
        cr_assert_eq(count(&out, '\n'), 4);
        lg_buf_free(&out);
    }
}

/* A terminal of just the sequences that are used: what stands on the screen afterwards. */
static size_t rows_on_screen(const struct lg_buf *bytes)
{
    size_t row = 0, used = 0;
    for (size_t i = 0; i < bytes->n; i++) {
        unsigned up = 0;
        char kind = 0;
        if (bytes->p[i] == '\n') {
            row++;
            used = row > used ? row : used;
        } else if (bytes->p[i] == '\033') {
            if (sscanf(bytes->p + i, "\033[%u%c", &up, &kind) == 2 && kind == 'A') {
                cr_assert_leq(up, row);
                row -= up;
            } else if (i + 2 < bytes->n && bytes->p[i + 2] == 'J') {
                used = row;
            }
        }
    }
    return used;
}

Test(progress, a_terminal_is_redrawn_in_place_and_left_clean)
{
    struct lg_progress_writer writer = {.terminal = true, .colour = true, .columns = 80};
    struct lg_buf out = {0};
    for (int i = 0; i < 100; i++) {
        lg_progress_draw(&writer, &sample, i * LG_S, &out);
    }
    lg_buf_add(&out, "", 1);
    out.n--;
    cr_expect_eq(rows_on_screen(&out), 4);
    lg_progress_erase(&writer, &out);
    lg_progress_erase(&writer, &out);
    lg_buf_add(&out, "", 1);
    out.n--;
    cr_expect_eq(rows_on_screen(&out), 0);
    lg_buf_free(&out);
}

Test(progress, a_line_says_what_is_known)
{
    struct lg_progress p = sample;
    struct lg_buf out = {0};
    lg_progress_line(&p, &out);
    p.delivery_p99 = -1;
    lg_progress_line(&p, &out);
    p = (struct lg_progress){
        .target = "node", .phase = "starting", .seconds_left = -1, .achieved_per_s = -1};
    lg_progress_line(&p, &out);
    expect_text(&out,
                "node  trial 2 of 5  measuring, 41 s left: 998/s of 1.00k/s, response p50 1.25 ms "
                "p99 8.10 ms, delivery p99 9.00 ms, errors 3\n"
                "node  trial 2 of 5  measuring, 41 s left: 998/s of 1.00k/s, response p50 1.25 ms "
                "p99 8.10 ms, errors 3\n"
                "node  starting\n");
}

Test(progress, elsewhere_there_is_a_line_every_five_seconds)
{
    struct lg_progress_writer writer = {0};
    struct lg_buf out = {0};
    for (int i = 0; i <= 20; i++) {
        lg_progress_draw(&writer, &sample, 7 * LG_S + i * LG_S / 2, &out);
    }
    cr_expect_eq(count(&out, '\n'), 3); /* at 0, 5 and 10 s */
    cr_expect_eq(count(&out, '\033'), 0);
    lg_progress_erase(&writer, &out);
    cr_expect_eq(count(&out, '\033'), 0);
    lg_buf_free(&out);
}
