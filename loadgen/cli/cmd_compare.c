#include "cli/run_file.h"

#include "analysis/between.h"
#include "cli/cli.h"
#include "report/between.h"
#include "report/write.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct arguments {
    const char *target, *json;
    bool force, markdown;
    const char *files[2];
};

static void print_help(void)
{
    puts("usage: loadgen compare RUN RUN [OPTIONS]\n\n"
         "Holds the second run (B) against the first (A): the same targets, metric by\n"
         "metric, with a ratio, its 95 % interval over the trials and a verdict: better,\n"
         "worse, the same within 5 %, or how many more trials it would take.  RUN is a run\n"
         "folder or its run.json.\n\n"
         "  --target NAME   only this target\n"
         "  --force         compare runs of unlike machines, versions or scenarios, too\n"
         "  --json FILE     the result as JSON; - is stdout, in place of the text\n"
         "  --md            Markdown in place of the text\n\n"
         "Exit code 0: B is not shown to be worse; 2: usage, or the runs are unlike;\n"
         "3: B is worse; 4: a run is invalid.");
}

/* -1: go on; else how to end. */
static int read_options(int argc, char **argv, struct arguments *a)
{
    static const struct option options[] = {
        {"target", required_argument, NULL, 't'}, {"json", required_argument, NULL, 'j'},
        {"force", no_argument, NULL, 'f'},        {"md", no_argument, NULL, 'm'},
        {"help", no_argument, NULL, 'h'},         {0}};
    int c;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (c) {
        case 't':
            a->target = optarg;
            break;
        case 'j':
            a->json = optarg;
            break;
        case 'f':
            a->force = true;
            break;
        case 'm':
            a->markdown = true;
            break;
        case 'h':
            print_help();
            return LG_EXIT_OK;
        default:
            return lg_usage_error("'loadgen compare --help' lists the options");
        }
    }
    if (argc - optind != 2) {
        return lg_usage_error("which two runs? for example: loadgen compare reports/runs/A "
                              "reports/runs/B");
    }
    a->files[0] = argv[optind];
    a->files[1] = argv[optind + 1];
    return -1;
}

static int refuse(const struct lg_between *between)
{
    struct lg_buf text = {0};
    lg_usage_error("these runs are not alike, so a difference would not be the target's:");
    lg_report_unlike(between, &text);
    fwrite(text.p, 1, text.n, stderr);
    fputs("loadgen: --force compares them all the same and says so\n", stderr);
    lg_buf_free(&text);
    return LG_EXIT_USAGE;
}

static int exit_code(const struct lg_between *between)
{
    if (!between->valid) {
        return LG_EXIT_INVALID;
    }
    return between->worse > 0 ? LG_EXIT_OBJECTIVE : LG_EXIT_OK;
}

static const char *write_json(const struct lg_report_between *report, const char *path,
                              struct lg_arena *arena)
{
    struct lg_buf json = {0};
    const char *why = NULL;
    lg_report_between_json(report, &json);
    if (strcmp(path, "-") == 0) {
        lg_print(lg_buf_slice(&json));
    } else {
        why = lg_report_write_file(path, lg_buf_slice(&json), arena);
    }
    lg_buf_free(&json);
    return why;
}

static int show(const struct arguments *a, const struct lg_between *between, struct lg_arena *arena)
{
    struct lg_report_between report = {
        .between = between,
        .file_a = a->files[0],
        .file_b = a->files[1],
        .forced = a->force && between->unlike_count > 0,
        .colour = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL,
    };
    const char *why = a->json != NULL ? write_json(&report, a->json, arena) : NULL;
    if (why != NULL) {
        fprintf(stderr, "loadgen: %s\n", why);
        return LG_EXIT_OURS;
    }
    if (a->json == NULL || strcmp(a->json, "-") != 0) {
        struct lg_buf text = {0};
        if (a->markdown) {
            lg_report_between_markdown(&report, &text);
        } else {
            lg_report_between_text(&report, &text);
        }
        lg_print(lg_buf_slice(&text));
        lg_buf_free(&text);
    }
    return exit_code(between);
}

static int compare(const struct arguments *a, struct lg_arena *arena)
{
    const char *folder, *why;
    struct lg_between between;
    struct lg_record *runs[2] = {lg_run_read(a->files[0], arena, &folder)};
    runs[1] = runs[0] != NULL ? lg_run_read(a->files[1], arena, &folder) : NULL;
    int code = LG_EXIT_USAGE;
    if (runs[1] != NULL) {
        if (!lg_between(runs[0], runs[1], a->target, arena, &between, &why)) {
            lg_usage_error("%s", why);
        } else if (between.unlike_count > 0 && !a->force) {
            refuse(&between);
        } else {
            code = show(a, &between, arena);
        }
    }
    lg_record_free(runs[0]);
    lg_record_free(runs[1]);
    return code;
}

int lg_cmd_compare(int argc, char **argv)
{
    struct arguments a = {0};
    int code = read_options(argc, argv, &a);
    if (code < 0) {
        struct lg_arena *arena = lg_arena_new();
        code = compare(&a, arena);
        lg_arena_free(arena);
    }
    return code;
}
