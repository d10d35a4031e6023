#include "cli/cli.h"

#include "base/clock.h"
#include "scenario/problem.h"

#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int lg_usage_error(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("loadgen: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return LG_EXIT_USAGE;
}

int lg_value_error(const struct option *options, int option, const char *why)
{
    while (options->name != NULL && options->val != option) {
        options++;
    }
    return lg_usage_error("--%s: %s: %s", options->name != NULL ? options->name : "", optarg, why);
}

void lg_print(struct lg_slice bytes)
{
    while (bytes.n > 0) {
        ssize_t n = write(STDOUT_FILENO, bytes.p, bytes.n);
        if (n < 0 && errno != EINTR) {
            fprintf(stderr, "loadgen: writing the result: %s\n", strerror(errno));
            exit(LG_EXIT_OURS);
        }
        bytes = n > 0 ? lg_slice(bytes.p + n, bytes.n - (size_t)n) : bytes;
    }
}

const char *lg_utc_before(struct lg_arena *arena, const char *format, lg_ns ago)
{
    char text[64];
    time_t then = (time_t)((lg_wall_clock() - ago) / LG_S);
    struct tm t;
    gmtime_r(&then, &t);
    strftime(text, sizeof text, format, &t);
    return lg_arena_strdup(arena, text);
}

const char *lg_utc(struct lg_arena *arena, const char *format)
{
    return lg_utc_before(arena, format, 0);
}

const char *lg_share_folder(void)
{
    const char *folder = getenv("LOADGEN_SHARE");
    return folder != NULL && folder[0] != '\0' ? folder : LG_SHARE_DIR;
}

const char *lg_find_scenario(const char *name, struct lg_arena *arena)
{
    if (access(name, R_OK) == 0 || strchr(name, '/') != NULL) {
        return name;
    }
    const char *dot = strrchr(name, '.');
    const char *suffix = dot != NULL && strcmp(dot, ".ini") == 0 ? "" : ".ini";
    const char *own = lg_arena_printf(arena, "%s/scenarios/%s%s", lg_share_folder(), name, suffix);
    return access(own, R_OK) == 0 ? own : name;
}

/* A file that is not there may be a slip for one of the program's own. */
static void hint_scenario(const char *name)
{
    struct lg_arena *arena = lg_arena_new();
    struct lg_guess guess = {.text = lg_str(name)};
    DIR *folder = opendir(lg_arena_printf(arena, "%s/scenarios", lg_share_folder()));
    bool suffix = guess.text.n > 4 && strcmp(name + guess.text.n - 4, ".ini") == 0;
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        size_t n = strlen(entry->d_name);
        if (n > 4 && strcmp(entry->d_name + n - 4, ".ini") == 0) {
            lg_guess_offer(&guess,
                           lg_str(lg_arena_strndup(arena, entry->d_name, suffix ? n : n - 4)));
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
    if (lg_guess_hint(&guess, arena) != NULL) {
        fprintf(stderr, "loadgen: %s\n", lg_guess_hint(&guess, arena));
    }
    lg_arena_free(arena);
}

/* In quotes where a shell would otherwise take it apart. */
static void add_word(struct lg_buf *out, const char *word)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,+%@";
    if (word[0] != '\0' && strspn(word, plain) == strlen(word)) {
        lg_buf_adds(out, word);
        return;
    }
    lg_buf_adds(out, "'");
    for (const char *c = word; *c != '\0'; c++) {
        if (*c == '\'') {
            lg_buf_adds(out, "'\\''");
        } else {
            lg_buf_add(out, c, 1);
        }
    }
    lg_buf_adds(out, "'");
}

const char *lg_command_line(int argc, char **argv, const char *command, struct lg_arena *arena)
{
    struct lg_buf out = {0};
    lg_buf_addf(&out, "loadgen %s", command);
    for (int i = 1; i < argc; i++) {
        lg_buf_adds(&out, " ");
        add_word(&out, argv[i]);
    }
    char *text = lg_arena_strndup(arena, out.p, out.n);
    lg_buf_free(&out);
    return text;
}

struct lg_plan *lg_load_plan(const struct lg_plan_request *request)
{
    struct lg_problems problems;
    struct lg_buf text = {0};
    lg_problems_init(&problems);
    struct lg_plan *plan = lg_plan_load(request->file, request->overrides, request->override_count,
                                        &request->options, &problems);
    lg_problems_write(&problems, &text);
    if (plan == NULL) {
        fwrite(text.p, 1, text.n, stderr);
        if (access(request->file, F_OK) != 0 && strchr(request->file, '/') == NULL) {
            hint_scenario(request->file);
        }
    }
    lg_buf_free(&text);
    lg_problems_fini(&problems);
    return plan;
}
