#include "cli/cli.h"
#include "cli/dry_run.h"

#include "engine/schedule.h"
#include "scenario/check.h"
#include "scenario/explain.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>

static void print_check_help(void)
{
    puts(
        "usage: loadgen check FILE.ini [OPTIONS]\n\n"
        "Validates the scenario and prints the resolved plan; nothing is started.\n\n"
        "  --set SECTION.KEY=VALUE   instead of what the file says; may be repeated\n"
        "  --quick                   as one short trial\n"
        "  --plan FILE               every arrival of trial 1 as the seed has it: time, path,\n"
        "                            user; - is stdout, in place of the plan\n"
        "  --dry-run                 starts each target, and one user of each kind does its setup\n"
        "                            and its steps once; every exchange is shown\n"
        "  --target NAME, --users NAME   only these, with --dry-run\n\n"
        "Exit code of a dry run: 0 all exchanges passed, 3 one did not, 5 a target did not start.");
}

struct check_arguments {
    struct lg_arena *arena;
    struct lg_plan_request request;
    const char *plan; /* where the schedule goes; NULL: nowhere */
    bool dry_run;
};

/* -1: go on; else how to end. */
static int read_check_options(int argc, char **argv, struct check_arguments *a)
{
    static const struct option options[] = {
        {"set", required_argument, NULL, 's'},    {"quick", no_argument, NULL, 'q'},
        {"plan", required_argument, NULL, 'p'},   {"dry-run", no_argument, NULL, 'd'},
        {"target", required_argument, NULL, 't'}, {"users", required_argument, NULL, 'u'},
        {"help", no_argument, NULL, 'h'},         {0}};
    int c;
    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (c) {
        case 's':
            *LG_ARENA_PUSH(a->arena, a->request.overrides, a->request.override_count) = optarg;
            break;
        case 'q':
            a->request.options.quick = true;
            break;
        case 'p':
            a->plan = optarg;
            break;
        case 'd':
            a->dry_run = true;
            break;
        case 't':
            a->request.options.target = optarg;
            break;
        case 'u':
            a->request.options.users = optarg;
            break;
        case 'h':
            print_check_help();
            return LG_EXIT_OK;
        default:
            return LG_EXIT_USAGE;
        }
    }
    return argc - optind == 1
               ? -1
               : lg_usage_error("which scenario? for example: loadgen check chat.ini");
}

/* A long schedule is written in pieces. */
static void write_lines(struct lg_schedule *schedule, FILE *file)
{
    enum { PIECE = 1 << 16 };
    struct lg_buf text = {0};
    struct lg_scheduled arrival;
    lg_schedule_head(schedule, &text);
    while (lg_schedule_next(schedule, &arrival) && !ferror(file)) {
        lg_schedule_lines(schedule, &arrival, &text);
        if (text.n >= PIECE) {
            fwrite(text.p, 1, text.n, file);
            lg_buf_clear(&text);
        }
    }
    fwrite(text.p, 1, text.n, file);
    lg_buf_free(&text);
}

static int write_schedule(const struct lg_plan *plan, const char *path, struct lg_arena *arena)
{
    const char *why = NULL;
    struct lg_schedule *schedule = lg_schedule_new(plan, 1, arena, &why);
    if (schedule == NULL) {
        return lg_usage_error("%s", why);
    }
    bool to_stdout = strcmp(path, "-") == 0;
    FILE *file = to_stdout ? stdout : fopen(path, "we");
    bool failed = file == NULL;
    if (!failed) {
        write_lines(schedule, file);
        failed = fflush(file) != 0 || ferror(file);
        failed = (!to_stdout && fclose(file) != 0) || failed;
    }
    if (failed) {
        fprintf(stderr, "loadgen: cannot write %s: %s\n", path, strerror(errno));
    }
    lg_schedule_free(schedule);
    return failed ? LG_EXIT_OURS : LG_EXIT_OK;
}

static int check(struct check_arguments *a, const char *file)
{
    a->request.file = lg_find_scenario(file, a->arena);
    struct lg_plan *plan = lg_load_plan(&a->request);
    int code = plan != NULL ? LG_EXIT_OK : LG_EXIT_USAGE;
    if (plan != NULL && !a->dry_run && (a->plan == NULL || strcmp(a->plan, "-") != 0)) {
        struct lg_buf text = {0};
        lg_check_write(plan, &text);
        lg_print(lg_buf_slice(&text));
        lg_buf_free(&text);
    }
    if (plan != NULL && a->plan != NULL) {
        code = write_schedule(plan, a->plan, a->arena);
    }
    if (plan != NULL && a->dry_run && code == LG_EXIT_OK) {
        code = lg_dry_run(plan, a->arena);
    }
    lg_plan_free(plan);
    return code;
}

int lg_cmd_check(int argc, char **argv)
{
    struct check_arguments a = {.arena = lg_arena_new()};
    a.request.options.share_folder = lg_share_folder();
    int code = read_check_options(argc, argv, &a);
    if (code < 0) {
        code = check(&a, argv[optind]);
    }
    lg_arena_free(a.arena);
    return code;
}

int lg_cmd_explain(int argc, char **argv)
{
    struct lg_arena *arena = lg_arena_new();
    struct lg_buf text = {0};
    const char *topic = argc > 1 ? argv[1] : NULL;
    const char *why = NULL;
    if (topic != NULL && (strcmp(topic, "--help") == 0 || strcmp(topic, "-h") == 0)) {
        topic = NULL;
    }
    if (argc > 2) {
        why = "one SECTION or KEY, please: loadgen explain users.rate";
    } else if (topic != NULL && strcmp(topic, "--markdown") == 0) {
        lg_explain_markdown(&text);
    } else {
        why = lg_explain_write(topic, arena, &text);
    }
    int code = why != NULL ? lg_usage_error("%s", why) : LG_EXIT_OK;
    lg_print(lg_buf_slice(&text));
    lg_buf_free(&text);
    lg_arena_free(arena);
    return code;
}
