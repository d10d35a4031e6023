#include "measure/environment.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *version_of(const struct lg_environment *environment, const char *name)
{
    for (size_t i = 0; i < environment->version_count; i++) {
        if (strcmp(environment->versions[i].name, name) == 0) {
            return environment->versions[i].value;
        }
    }
    return NULL;
}

Test(environment, says_what_the_run_was_measured_on)
{
    struct lg_arena *arena = lg_arena_new();
    struct lg_environment environment = lg_environment_read(arena, "1.2.3");
    cr_assert_neq(environment.cpu[0], '\0');
    cr_assert_neq(environment.os[0], '\0');
    cr_assert_null(strchr(environment.os, '"'));
    cr_assert_eq(strncmp(environment.kernel, "Linux ", 6), 0);
    cr_assert_geq(environment.cores, 1u);
    cr_assert_gt(environment.memory_bytes, 1u << 20);
    cr_assert_gt(environment.open_files_limit, 0u);
    cr_assert_gt(environment.processes_limit, 0u);
    cr_assert_neq(environment.governor[0], '\0');
    cr_assert_null(strchr(environment.governor, '\n'));
    cr_assert_str_eq(version_of(&environment, "loadgen"), "1.2.3");
    cr_assert_neq(version_of(&environment, "build")[0], '\0');
    cr_assert_neq(version_of(&environment, "microcode")[0], '\0');
    lg_arena_free(arena);
}

Test(environment, names_a_version_of_every_library)
{
    static const char *const libraries[] = {"libevent", "OpenSSL", "nghttp2",
                                            "llhttp",   "zlib",    "jansson"};
    struct lg_arena *arena = lg_arena_new();
    struct lg_environment environment = lg_environment_read(arena, "1");
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        const char *version = version_of(&environment, libraries[i]);
        cr_assert_not_null(version, "%s", libraries[i]);
        cr_assert(version[0] >= '0' && version[0] <= '9', "%s: %s", libraries[i], version);
    }
    lg_arena_free(arena);
}

/* Which commit it is cannot be known here: the next one may be made between build and test. */
Test(environment, names_a_commit_of_the_checkout_or_none)
{
    size_t digits = strspn(lg_build_commit, "0123456789abcdef");
    const char *rest = lg_build_commit + digits;
    bool checkout = system("cd " LG_SOURCE_DIR " && test -e .git && git log -1 >/dev/null") == 0;
    cr_assert_eq(digits > 0, checkout, "%s", lg_build_commit);
    cr_assert(digits == 0 || digits >= 12, "%s", lg_build_commit);
    cr_assert(*rest == '\0' || strcmp(rest, "-dirty") == 0, "%s", lg_build_commit);
    if (checkout) {
        char command[256];
        snprintf(command, sizeof command, "cd " LG_SOURCE_DIR " && git cat-file -e %.*s",
                 (int)digits, lg_build_commit);
        cr_assert_eq(system(command), 0, "%s", command);
    }
}

Test(cpu_times, are_read_in_the_order_of_the_kernel)
{
    struct lg_cpu_times t;
    cr_assert(lg_cpu_times_parse("cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1\n", &t));
    cr_assert_eq(t.user, 1u);
    cr_assert_eq(t.nice, 2u);
    cr_assert_eq(t.system, 3u);
    cr_assert_eq(t.idle, 4u);
    cr_assert_eq(t.iowait, 5u);
    cr_assert_eq(t.irq, 6u);
    cr_assert_eq(t.softirq, 7u);
    cr_assert_eq(t.steal, 8u);
}

Test(cpu_times, of_a_line_that_is_too_short_are_refused)
{
    struct lg_cpu_times t = {.user = 77};
    cr_assert_not(lg_cpu_times_parse("cpu 1 2 3", &t));
    cr_assert_not(lg_cpu_times_parse("intr 1 2 3 4 5 6 7 8", &t));
    cr_assert_eq(t.user, 77u);
}

Test(cpu_times, of_this_machine_do_not_go_backwards)
{
    struct lg_cpu_times before, after;
    cr_assert(lg_cpu_times_read(&before));
    cr_assert(lg_cpu_times_read(&after));
    cr_assert_gt(before.user + before.system + before.idle, 0u);
    cr_assert_geq(after.user, before.user);
    cr_assert_geq(after.steal, before.steal);
}

Test(steal_share, is_stolen_time_over_all_time)
{
    static const struct {
        const char *what;
        struct lg_cpu_times before, after;
        double share;
    } rows[] = {
        {"a tenth", {.user = 100, .steal = 5}, {.user = 190, .steal = 15}, 0.1},
        {"idle counts as time", {.idle = 0}, {.idle = 75, .steal = 25}, 0.25},
        {"none stolen", {.user = 1}, {.user = 2}, 0},
        {"no time passed", {.user = 5}, {.user = 5}, -1},
        {"steal went backwards", {.user = 5, .steal = 9}, {.user = 50, .steal = 8}, -1},
        {"idle went back", {.idle = 10}, {.idle = 8, .steal = 4}, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double share = lg_cpu_steal_share(&rows[i].before, &rows[i].after);
        cr_assert_float_eq(share, rows[i].share, 1e-12, "%s: %g", rows[i].what, share);
    }
}

Test(others_share, is_what_programs_took_beyond_ours)
{
    double ticks = (double)sysconf(_SC_CLK_TCK);
    struct lg_cpu_times zero = {0};
    struct lg_cpu_times second = {.user = 30, .nice = 10, .system = 10, .idle = 40, .softirq = 10};
    /* 100 ticks in all, 50 of them programs'. */
    cr_assert_float_eq(lg_cpu_others_share(&zero, &second, 0), 0.5, 1e-12);
    cr_assert_float_eq(lg_cpu_others_share(&zero, &second, 20 / ticks), 0.3, 1e-12);
    cr_assert_float_eq(lg_cpu_others_share(&zero, &second, 60 / ticks), 0, 1e-12);
    cr_assert_eq(lg_cpu_others_share(&second, &second, 0), -1, "no time passed");
    cr_assert_eq(lg_cpu_others_share(&(struct lg_cpu_times){.user = 90}, &second, 0), -1,
                 "backwards");
}
