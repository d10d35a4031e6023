#include "cli/nightly_commit.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* The first line of what a program prints; "" if it fails.  Nothing of its stderr is shown. */
static const char *ask(char *const argv[], struct lg_arena *arena)
{
    int ends[2], status = 1;
    pid_t child;
    char text[256];
    size_t n = 0;
    posix_spawn_file_actions_t actions;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return "";
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    bool started = posix_spawnp(&child, argv[0], &actions, NULL, argv, environ) == 0;
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    for (ssize_t got = 1; started && got != 0 && n < sizeof text;) {
        got = read(ends[0], text + n, sizeof text - n);
        n += got > 0 ? (size_t)got : 0;
        got = got < 0 && errno != EINTR ? 0 : got;
    }
    close(ends[0]);
    while (started && waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    const char *end = memchr(text, '\n', n);
    return started && status == 0 && end != NULL
               ? lg_arena_strndup(arena, text, (size_t)(end - text))
               : "";
}

static const char *first_folder(const struct lg_nightly_suite *suite)
{
    for (size_t i = 0; i < suite->count; i++) {
        const struct lg_plan *plan = suite->scenarios[i].plan;
        for (size_t t = 0; t < plan->target_count; t++) {
            if (plan->targets[t].folder != NULL) {
                return plan->targets[t].folder;
            }
        }
    }
    return NULL;
}

const char *lg_nightly_commit(const struct lg_nightly_suite *suite, struct lg_arena *arena)
{
    const char *told =
        suite->options->commit != NULL ? suite->options->commit : getenv("LG_COMMIT");
    const char *folder = first_folder(suite);
    if (told != NULL && told[0] != '\0') {
        return told;
    }
    if (folder == NULL) {
        return "";
    }
    char *argv[] = {"git",         "-C",          lg_arena_strdup(arena, folder),
                    "describe",    "--always",    "--dirty",
                    "--abbrev=40", "--exclude=*", NULL};
    return ask(argv, arena);
}
