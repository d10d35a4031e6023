/* Helpers of the tests that start victim.c: a folder for temporary files that must be empty again
 * at the end, and a mark in the environment by which every process of a victim can be found. */
#ifndef LG_TESTS_VICTIM_H
#define LG_TESTS_VICTIM_H

#include "base/clock.h"
#include "support/scratch.h"
#include "target/target.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct victim_world {
    char folder[SCRATCH_PATH];
    char *outer; /* owned: TMPDIR as it was; NULL: not set */
    struct lg_arena *arena;
    struct lg_target_variable mark;
    struct lg_target_spec spec;
};

#define VICTIM(...) ((char *[]){LG_VICTIM, __VA_ARGS__, NULL})

static inline void victim_begin(struct victim_world *world, char **command)
{
    const char *outer = getenv("TMPDIR");
    world->outer = outer != NULL ? strdup(outer) : NULL;
    scratch_make(world->folder);
    setenv("TMPDIR", world->folder, 1);
    world->arena = lg_arena_new();
    world->mark = (struct lg_target_variable){"LG_TEST_MARK", world->folder};
    world->spec = (struct lg_target_spec){.name = "victim",
                                          .label = "a victim",
                                          .url = "http://127.0.0.1:${PORT}",
                                          .folder = "/",
                                          .command = command,
                                          .env = &world->mark,
                                          .env_count = 1,
                                          .ready_path = "/healthz",
                                          .ready_within = 60 * LG_S,
                                          .stop_within = 60 * LG_S};
}

static inline bool victim_has_mark(const char *pid, const char *folder)
{
    char path[300], text[16384];
    snprintf(path, sizeof path, "/proc/%s/environ", pid);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return false;
    }
    size_t n = fread(text, 1, sizeof text, file);
    char *wanted = lg_printf("LG_TEST_MARK=%s", folder);
    bool found = memmem(text, n, wanted, strlen(wanted)) != NULL;
    free(wanted);
    fclose(file);
    return found;
}

/* Processes that run with the world's mark. */
static inline unsigned victim_count(const struct victim_world *world)
{
    DIR *all = opendir("/proc");
    unsigned n = 0;
    for (struct dirent *entry; (entry = readdir(all)) != NULL;) {
        n += entry->d_name[0] >= '0' && entry->d_name[0] <= '9' &&
             victim_has_mark(entry->d_name, world->folder);
    }
    closedir(all);
    return n;
}

/* Tries until `done` or for 30 s. */
#define VICTIM_UNTIL(done)                                                                         \
    do {                                                                                           \
        lg_ns give_up = lg_now() + 30 * LG_S;                                                      \
        while (!(done)) {                                                                          \
            cr_assert_lt(lg_now(), give_up, "did not come true in 30 s: %s", #done);               \
            usleep(2000);                                                                          \
        }                                                                                          \
    } while (0)

static inline struct lg_target *victim_start(struct victim_world *world)
{
    const char *why;
    struct lg_target *target = lg_target_start(&world->spec, NULL, world->arena, &why);
    cr_assert_not_null(target, "%s", why);
    return target;
}

/* The message of a start that must fail. */
static inline const char *victim_fail(struct victim_world *world)
{
    const char *why = NULL;
    cr_assert_null(lg_target_start(&world->spec, NULL, world->arena, &why));
    cr_assert_not_null(why);
    return why;
}

static inline void victim_end(struct victim_world *world)
{
    cr_assert_eq(victim_count(world), 0u, "%u processes are left", victim_count(world));
    cr_assert_eq(rmdir(world->folder), 0, "%s is not empty", world->folder);
    if (world->outer != NULL) {
        setenv("TMPDIR", world->outer, 1);
    } else {
        unsetenv("TMPDIR");
    }
    free(world->outer);
    lg_arena_free(world->arena);
}

static inline char *victim_ask(struct victim_world *world, struct lg_target *target,
                               const char *path)
{
    struct lg_buf body = {0};
    const char *why;
    int status = lg_target_get(lg_target_url(target), path, &body, 30 * LG_S, &why);
    cr_assert_eq(status, 200, "%s: %d %s", path, status, status < 0 ? why : "");
    char *text = lg_arena_strndup(world->arena, body.n ? body.p : "", body.n);
    lg_buf_free(&body);
    return text;
}

static inline void victim_expect(const char *text, const char *part)
{
    cr_assert_not_null(text, "nothing was said, but expected: %s", part);
    cr_assert_not_null(strstr(text, part), "expected: %s\nin: %s", part, text);
}

#endif
