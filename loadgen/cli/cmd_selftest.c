/* `loadgen selftest`: the instrument measures what is known, and so this machine's accuracy. */
#include "cli/cli.h"

#include "cli/cores.h"
#include "measure/environment.h"
#include "report/write.h"
#include "selftest/selftest.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void print_help(void)
{
    fputs("usage: loadgen selftest [OPTIONS]\n\n"
          "Drives built-in servers of known behaviour on this machine, compares what is measured "
          "with\n"
          "theory, and keeps the machine's accuracy floor and highest rate for later runs.  Exit "
          "code\n"
          "4: the machine is too busy or too inaccurate, and which check says so.\n\n"
          "  --quick      about 15 s instead of 35 s: wider intervals\n"
          "  --seed N     of arrivals and service times (default 1)\n"
          "  --json FILE  all rows for programs; - is stdout\n"
          "  --quiet      no progress\n",
          stdout);
}

enum { OPT_QUICK = 256, OPT_SEED, OPT_JSON, OPT_QUIET, OPT_HELP };

static const struct option options[] = {
    {"quick", no_argument, NULL, OPT_QUICK},     {"seed", required_argument, NULL, OPT_SEED},
    {"json", required_argument, NULL, OPT_JSON}, {"quiet", no_argument, NULL, OPT_QUIET},
    {"help", no_argument, NULL, OPT_HELP},       {0},
};

struct arguments {
    bool quick, quiet;
    uint64_t seed;
    const char *json;
};

static bool read_seed(const char *text, uint64_t *seed)
{
    char *end;
    errno = 0;
    *seed = strtoull(text, &end, 10);
    return errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == '\0';
}

static bool read_options(int argc, char **argv, struct arguments *a, int *code)
{
    int c;
    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (c == OPT_QUICK) {
            a->quick = true;
        } else if (c == OPT_QUIET) {
            a->quiet = true;
        } else if (c == OPT_JSON) {
            a->json = optarg;
        } else if (c == OPT_SEED && read_seed(optarg, &a->seed)) {
            continue;
        } else if (c == OPT_SEED) {
            *code = lg_usage_error("--seed '%s': a whole number, please", optarg);
            return false;
        } else if (c == OPT_HELP || c == 'h') {
            print_help();
            *code = LG_EXIT_OK;
            return false;
        } else {
            *code = lg_usage_error("'loadgen selftest --help' lists the options");
            return false;
        }
    }
    if (optind < argc) {
        *code = lg_usage_error("selftest takes no argument, but there is '%s'", argv[optind]);
        return false;
    }
    return true;
}

/* ---- signals ---- */

static volatile int stop_signal; /* the one thing a signal handler may touch */

static void on_signal(int number)
{
    if (stop_signal != 0) {
        _exit(128 + number); /* asked twice: now; the server ends with us */
    }
    stop_signal = number;
}

static void watch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

/* ---- progress ---- */

static void show_progress(void *ctx, unsigned number, unsigned count, const char *what)
{
    (void)ctx;
    if (isatty(STDERR_FILENO)) {
        fprintf(stderr, "\r\033[Kselftest: %u of %u: %s ...", number, count, what);
        fflush(stderr);
    } else {
        fprintf(stderr, "selftest: %u of %u: %s\n", number, count, what);
    }
}

static void end_progress(const struct arguments *a)
{
    if (!a->quiet && isatty(STDERR_FILENO)) {
        fputs("\r\033[K", stderr);
    }
}

/* ---- what is kept ---- */

/* The folders above `path`; a failure shows when the file is written. */
static void make_folders(const char *path)
{
    char *copy = lg_strdup(path);
    for (char *slash = strchr(copy + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(copy, 0777);
        *slash = '/';
    }
    free(copy);
}

/* Not kept is no failure of the self-test: a read-only home may be. */
static void keep_calibration(const struct lg_selftest *selftest)
{
    const char *path = lg_calibration_path(selftest->arena);
    struct lg_buf before = {0}, text = {0};
    if (path == NULL) {
        fputs("loadgen: neither XDG_STATE_HOME nor HOME is set: the calibration is not kept\n",
              stderr);
        return;
    }
    lg_calibration_read_file(path, &before);
    lg_calibration_write(lg_buf_slice(&before), &selftest->calibration, &text);
    make_folders(path);
    const char *why = lg_report_write_file(path, lg_buf_slice(&text), selftest->arena);
    if (why != NULL) {
        fprintf(stderr, "loadgen: the calibration is not kept: %s\n", why);
    }
    lg_buf_free(&before);
    lg_buf_free(&text);
}

static int report(const struct lg_selftest *selftest, const struct arguments *a)
{
    struct lg_buf text = {0}, json = {0};
    const char *why = NULL;
    bool json_on_stdout = a->json != NULL && strcmp(a->json, "-") == 0;
    lg_selftest_text(selftest, isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL, &text);
    lg_selftest_json(selftest, &json);
    if (a->json != NULL && !json_on_stdout) {
        why = lg_report_write_file(a->json, lg_buf_slice(&json), selftest->arena);
    }
    lg_print(lg_buf_slice(json_on_stdout ? &json : &text));
    if (why != NULL) {
        fprintf(stderr, "loadgen: %s\n", why);
    }
    lg_buf_free(&text);
    lg_buf_free(&json);
    return why == NULL ? LG_EXIT_OK : LG_EXIT_OURS;
}

static int exit_code(const struct lg_selftest *selftest)
{
    if (stop_signal != 0) {
        return 128 + stop_signal;
    }
    if (selftest->trouble != NULL) {
        return LG_EXIT_OURS;
    }
    return lg_selftest_passed(selftest) ? LG_EXIT_OK : LG_EXIT_INVALID;
}

int lg_cmd_selftest(int argc, char **argv)
{
    struct arguments a = {.seed = 1};
    int code = LG_EXIT_OK;
    if (!read_options(argc, argv, &a, &code)) {
        return code;
    }
    watch_signals();
    struct lg_arena *arena = lg_arena_new();
    struct lg_environment environment = lg_environment_read(arena, LG_VERSION);
    struct lg_cores cores =
        lg_cores_reserve(1, LG_PRIORITY_NORMAL, arena); /* as a run with one thread does */
    struct lg_selftest_options run = {
        .quick = a.quick,
        .seed = a.seed,
        .environment = &environment,
        .version = LG_VERSION,
        .cores = cores.list,
        .stop = &stop_signal,
        .on_experiment = a.quiet ? NULL : show_progress,
    };
    struct lg_selftest *selftest = lg_selftest_run(&run);
    end_progress(&a);
    code = report(selftest, &a);
    if (lg_selftest_passed(selftest)) {
        keep_calibration(selftest);
    }
    code = code == LG_EXIT_OK ? exit_code(selftest) : code;
    lg_selftest_free(selftest);
    lg_arena_free(arena);
    return code;
}
