/* The schedule against the arrival processes themselves, and against what the scenario says. */
#include "engine/run.h"
#include "engine/schedule.h"
#include "scenario/io.h"
#include "scenario/problem.h"
#include "workload/arrival.h"

#include "support/leak_check.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

TestSuite(schedule, .fini = fail_on_leak);

static const char *main_text;

static const char *read_file(void *ctx, const char *path, struct lg_arena *arena,
                             struct lg_slice *text, const char **identity)
{
    (void)ctx;
    (void)arena;
    *text = lg_str(main_text);
    *identity = path;
    return NULL;
}

static enum lg_io_kind no_file(void *ctx, const char *path)
{
    (void)ctx;
    (void)path;
    return LG_IO_NOTHING;
}

static const char *no_env(void *ctx, const char *name)
{
    (void)ctx;
    (void)name;
    return NULL;
}

static const char *same_path(void *ctx, const char *path, struct lg_arena *arena)
{
    (void)ctx;
    return lg_arena_strdup(arena, path);
}

static struct lg_plan *load(const char *text, const char *set)
{
    static const struct lg_io io = {
        .read = read_file, .kind = no_file, .env = no_env, .absolute = same_path};
    struct lg_plan_options options = {.io = &io};
    struct lg_problems problems;
    struct lg_buf out = {0};
    lg_problems_init(&problems);
    main_text = text;
    struct lg_plan *plan = lg_plan_load("main.ini", &set, set != NULL ? 1 : 0, &options, &problems);
    lg_problems_write(&problems, &out);
    lg_buf_add(&out, "", 1);
    cr_assert_not_null(plan, "%s", out.p);
    lg_buf_free(&out);
    lg_problems_fini(&problems);
    return plan;
}

static const char shop[] = "[scenario]\n"
                           "name = shop\n"
                           "targets = t\n"
                           "warmup = 1s\n"
                           "duration = 2s\n"
                           "seed = 7\n"
                           "[target t]\n"
                           "url = http://127.0.0.1:1\n"
                           "[users buyer]\n"
                           "connections = 10\n"
                           "shop = uniform 1..3\n"
                           "steps = look, buy\n"
                           "arrivals = poisson\n"
                           "rate = 100/s\n"
                           "[users clock]\n"
                           "connections = 3\n"
                           "steps = tick\n"
                           "arrivals = constant\n"
                           "stages = 0s 10/s, 1s 30/s\n"
                           "[users loop]\n"
                           "connections = 2\n"
                           "steps = tick\n"
                           "arrivals = closed\n"
                           "[step look]\n"
                           "request = GET /u/${user.index}/s/${shop}?r=${random.text 6}\n"
                           "[step buy]\n"
                           "request = POST /buy\n"
                           "[step tick]\n"
                           "request = GET /tick\n";

static struct lg_schedule *schedule_of(const struct lg_plan *plan, unsigned trial)
{
    struct lg_arena *arena = lg_arena_new();
    const char *why = NULL;
    struct lg_schedule *s = lg_schedule_new(plan, trial, arena, &why);
    cr_assert_not_null(s, "%s", why);
    lg_arena_free(arena);
    return s;
}

static char *text_of(const struct lg_plan *plan, unsigned trial)
{
    struct lg_schedule *s = schedule_of(plan, trial);
    struct lg_scheduled arrival;
    struct lg_buf out = {0};
    while (lg_schedule_next(s, &arrival)) {
        lg_schedule_lines(s, &arrival, &out);
    }
    lg_schedule_free(s);
    return lg_buf_take(&out);
}

/* One kind of user by itself, whole, as lg_arrivals_init has it for one share. */
static void arrivals_of(const struct lg_plan *plan, size_t kind, unsigned trial,
                        struct lg_arrivals *out)
{
    const struct lg_users *users = &plan->users[kind];
    lg_arrivals_init(out, users->stages, users->stage_count, users->arrivals,
                     lg_run_seed(plan, trial), 0x617272 + kind, 0, 1);
}

Test(schedule, has_the_arrivals_of_the_processes_up_to_the_end_of_the_window)
{
    static const char *const threads[] = {"scenario.threads=1", "scenario.threads=3"};
    for (unsigned trial = 1; trial <= 2; trial++) {
        for (size_t t = 0; t < 2; t++) {
            struct lg_plan *plan = load(shop, threads[t]);
            struct lg_schedule *s = schedule_of(plan, trial);
            struct lg_arrivals want[2];
            struct lg_scheduled got;
            uint64_t index = 0;
            lg_ns last = 0, after;
            arrivals_of(plan, 0, trial, &want[0]);
            arrivals_of(plan, 1, trial, &want[1]);
            while (lg_schedule_next(s, &got)) {
                cr_assert_lt(got.users, 2u, "closed arrivals have no schedule");
                cr_assert_eq(got.at, lg_arrivals_next(&want[got.users], &index));
                cr_assert_eq(got.index, index);
                cr_assert(got.at >= last && got.at < 3 * LG_S);
                last = got.at;
            }
            for (size_t k = 0; k < 2; k++) {
                after = lg_arrivals_next(&want[k], &index);
                cr_expect(after >= 3 * LG_S, "kind %zu ends early, before %lld", k,
                          (long long)after);
            }
            lg_schedule_free(s);
            lg_plan_free(plan);
        }
    }
}

Test(schedule, names_the_user_that_the_arrivals_own_stream_draws)
{
    struct lg_plan *plan = load(shop, "scenario.threads=1");
    struct lg_schedule *s = schedule_of(plan, 1);
    struct lg_scheduled got;
    size_t seen[10] = {0}, n = 0;
    while (lg_schedule_next(s, &got)) {
        struct lg_rng rng;
        lg_rng_init(&rng, plan->seed, 0x77686f + got.users, got.index);
        cr_assert_eq((uint64_t)got.user, lg_rng_below(&rng, plan->users[got.users].connections));
        seen[got.user]++;
        n++;
    }
    cr_assert_gt(n, 250u);
    for (size_t i = 0; i < 10; i++) {
        cr_expect_gt(seen[i], 0u, "user %zu never", i);
    }
    lg_schedule_free(s);
    lg_plan_free(plan);
}

Test(schedule, of_several_threads_deals_users_out_in_turn)
{
    struct lg_plan *plan = load(shop, "scenario.threads=2");
    struct lg_schedule *s = schedule_of(plan, 1);
    struct lg_scheduled got;
    while (lg_schedule_next(s, &got)) {
        bool alike = plan->users[got.users].connections % 2 == 0; /* else who is drawn decides */
        cr_assert(!alike || (uint64_t)got.user % 2 == got.index % 2, "a user of another thread");
    }
    lg_schedule_free(s);
    lg_plan_free(plan);
}

Test(schedule, is_the_same_every_time_and_another_in_another_trial)
{
    struct lg_plan *plan = load(shop, NULL);
    char *first = text_of(plan, 1), *again = text_of(plan, 1), *second = text_of(plan, 2);
    cr_expect_str_eq(first, again);
    cr_expect_str_neq(first, second);
    free(first);
    free(again);
    free(second);
    lg_plan_free(plan);
}

Test(schedule, lines_have_time_path_users_step_arrival_and_user)
{
    struct lg_plan *plan = load(shop, "scenario.threads=1");
    char *text = text_of(plan, 1), *rest = text;
    size_t lines = 0;
    for (char *line; (line = strsep(&rest, "\n")) != NULL && *line != '\0'; lines++) {
        char *fields[7];
        size_t n = 0;
        double shown, again;
        while (n < 7 && (fields[n] = strsep(&line, "\t")) != NULL) {
            n++;
        }
        cr_assert_eq(n, 6u);
        cr_assert_eq(sscanf(fields[0], "%lf", &shown), 1);
        cr_assert(shown >= 0 && shown < 3000);
        if (strcmp(fields[3], "look") == 0) {
            int user, room;
            char random[16];
            cr_assert_eq(sscanf(fields[1], "/u/%d/s/%d?r=%15s", &user, &room, random), 3, "%s",
                         fields[1]);
            cr_assert_eq(user, atoi(fields[5]));
            cr_assert(room >= 1 && room <= 3 && strlen(random) == 6);
            cr_assert_str_eq(fields[2], "buyer");
            /* The next line is the second step of the same arrival. */
            char *time = strtok(rest, "\t"), *path = strtok(NULL, "\t");
            cr_assert_eq(sscanf(time, "%lf", &again), 1);
            cr_assert(again == shown && strcmp(path, "/buy") == 0, "%s %s", time, path);
            rest = strchr(path + strlen(path) + 1, '\n') + 1;
        } else {
            cr_assert_str_eq(fields[1], "/tick");
            cr_assert_str_eq(fields[2], "clock");
        }
    }
    cr_expect_gt(lines, 300u);
    free(text);
    lg_plan_free(plan);
}

Test(schedule, ends_with_the_number_of_iterations)
{
    struct lg_plan *plan = load(shop, "users buyer.iterations=17");
    struct lg_schedule *s = schedule_of(plan, 1);
    struct lg_scheduled got;
    uint64_t buyers = 0;
    while (lg_schedule_next(s, &got)) {
        buyers += got.users == 0;
        cr_assert(got.users == 1 || got.index < 17);
    }
    cr_expect_eq(buyers, 17u);
    lg_schedule_free(s);
    lg_plan_free(plan);
}

Test(schedule, head_says_what_the_columns_are_and_who_is_not_in_it)
{
    struct lg_plan *plan = load(shop, NULL);
    struct lg_schedule *s = schedule_of(plan, 1);
    struct lg_buf out = {0};
    lg_schedule_head(s, &out);
    char *text = lg_buf_take(&out);
    cr_expect_eq(strncmp(text, "# loadgen schedule: shop, trial 1, seed 7, ", 43), 0, "%s", text);
    cr_expect_not_null(strstr(text, "\n# ms\tpath\tusers\tstep\tarrival\tuser\n"));
    cr_expect_not_null(strstr(text, "\n# users loop: closed arrivals"));
    for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1) {
        cr_expect_eq(*line, '#');
    }
    free(text);
    lg_schedule_free(s);
    lg_plan_free(plan);
}

Test(schedule, of_messages_has_the_steps_name_for_a_path)
{
    static const char chat[] = "[scenario]\nname = chat\ntargets = t\nwarmup = 0s\nduration = 1s\n"
                               "[target t]\nurl = ws://127.0.0.1:1\n"
                               "[users chatter]\nconnections = 4\nroom = uniform 1..2\n"
                               "setup = join\nsteps = say\narrivals = constant\nrate = 4/s\n"
                               "[step join]\nwebsocket = /ws/${room}\n"
                               "[step say]\nsend = hello\nawait = any within 1s\n";
    struct lg_plan *plan = load(chat, NULL);
    char *text = text_of(plan, 1);
    const char *line = text;
    size_t lines = 0;
    for (; *line != '\0'; line = strchr(line, '\n') + 1, lines++) {
        char want[64];
        snprintf(want, sizeof want, "%zu.000000\tsay\tchatter\tsay\t%zu\t", 250 * lines, lines);
        cr_expect_eq(strncmp(line, want, strlen(want)), 0, "%.40s", line);
    }
    cr_expect_eq(lines, 4u);
    free(text);
    lg_plan_free(plan);
}
