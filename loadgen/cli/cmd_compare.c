#include "cli/run_file.h"

#include "analysis/between.h"
#include "cli/cli.h"
#include "report/between.h"
#include "report/plain.h"
#include "report/write.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { RUNS = 26 }; /* A to Z */

enum format { TEXT, MARKDOWN, HTML, JSON };

struct arguments {
    const char *target, *json, *out;
    bool force;
    enum format format;
    const char *files[RUNS];
    size_t count;
};

static void print_help(void)
{
    puts("usage: loadgen compare RUN RUN... [OPTIONS]\n\n"
         "Holds each further run (B, C ...) against the first (A): the same targets, metric\n"
         "by metric, with a ratio, its 95 % interval over the trials and a verdict: better,\n"
         "worse, the same within 5 %, or how many more trials it would take.  RUN is a run\n"
         "folder or its run.json.\n\n"
         "  --target NAME     only this target\n"
         "  --force           compare runs of unlike machines, versions or scenarios, too\n"
         "  --format FORMAT   text, md, html (charts of the runs over each other) or json (of\n"
         "                    more than two runs a list)\n"
         "  --out FILE        into this file; the text then goes to stdout all the same\n"
         "  --json FILE       the result as JSON; - is stdout, in place of the text\n"
         "  --md              as --format md\n\n"
         "Exit code 0: none is shown to be worse; 2: usage, or the runs are unlike; 3: one is\n"
         "worse; 4: a run is invalid.");
}

static bool read_format(const char *word, enum format *out)
{
    static const char *const words[] = {"text", "md", "html", "json"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i], word) == 0) {
            *out = (enum format)i;
            return true;
        }
    }
    lg_usage_error("there is no format '%s'; there are text, md, html and json", word);
    return false;
}

static int read_files(int argc, char **argv, struct arguments *a)
{
    a->count = (size_t)(argc - optind);
    if (a->count < 2) {
        return lg_usage_error("which two runs? for example: loadgen compare reports/runs/A "
                              "reports/runs/B");
    }
    if (a->count > RUNS) {
        return lg_usage_error("at most %d runs can be compared at once", RUNS);
    }
    for (size_t i = 0; i < a->count; i++) {
        a->files[i] = argv[optind + (int)i];
    }
    return -1;
}

/* -1: go on; else how to end. */
static int read_options(int argc, char **argv, struct arguments *a)
{
    static const struct option options[] = {
        {"target", required_argument, NULL, 't'}, {"json", required_argument, NULL, 'j'},
        {"format", required_argument, NULL, 'F'}, {"out", required_argument, NULL, 'o'},
        {"force", no_argument, NULL, 'f'},        {"md", no_argument, NULL, 'm'},
        {"help", no_argument, NULL, 'h'},         {0}};
    int c;
    while ((c = getopt_long(argc, argv, "o:h", options, NULL)) != -1) {
        switch (c) {
        case 't':
            a->target = optarg;
            break;
        case 'j':
            a->json = optarg;
            break;
        case 'F':
            if (!read_format(optarg, &a->format)) {
                return LG_EXIT_USAGE;
            }
            break;
        case 'o':
            a->out = optarg;
            break;
        case 'f':
            a->force = true;
            break;
        case 'm':
            a->format = MARKDOWN;
            break;
        case 'h':
            print_help();
            return LG_EXIT_OK;
        default:
            return lg_usage_error("'loadgen compare --help' lists the options");
        }
    }
    return read_files(argc, argv, a);
}

static int refuse(const struct lg_between *between)
{
    struct lg_buf text = {0};
    const char *a = lg_plain_text(between->a->name), *b = lg_plain_text(between->b->name);
    if (strcmp(a, b) != 0) {
        lg_usage_error("A is a run of %s, %s of %s", a, between->letter, b);
    }
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

/* Every run but A, held against A. */
struct comparison {
    struct lg_between between[RUNS];
    struct lg_report_between reports[RUNS];
    size_t count;
};

static void add_json(const struct comparison *all, struct lg_buf *out)
{
    bool list = all->count > 1;
    lg_buf_adds(out, list ? "[\n" : "");
    for (size_t i = 0; i < all->count; i++) {
        lg_buf_adds(out, i > 0 ? ",\n" : "");
        lg_report_between_json(&all->reports[i], out);
    }
    lg_buf_adds(out, list ? "]\n" : "");
}

static void add_each(const struct comparison *all, struct lg_buf *out,
                     void (*add)(const struct lg_report_between *, struct lg_buf *))
{
    for (size_t i = 0; i < all->count; i++) {
        lg_buf_adds(out, i > 0 ? "\n" : "");
        add(&all->reports[i], out);
    }
}

static void add_format(const struct comparison *all, enum format format, struct lg_buf *out)
{
    switch (format) {
    case TEXT:
        add_each(all, out, lg_report_between_text);
        break;
    case MARKDOWN:
        add_each(all, out, lg_report_between_markdown);
        break;
    case HTML:
        lg_report_between_html(all->reports, all->count, out);
        break;
    case JSON:
        add_json(all, out);
        break;
    }
}

/* To the file, or to stdout if it is NULL or "-".  False: that was not possible, and is told. */
static bool write_format(const struct comparison *all, enum format format, const char *path,
                         struct lg_arena *arena)
{
    struct lg_buf text = {0};
    const char *why = NULL;
    add_format(all, format, &text);
    if (path == NULL || strcmp(path, "-") == 0) {
        lg_print(lg_buf_slice(&text));
    } else {
        why = lg_report_write_file(path, lg_buf_slice(&text), arena);
    }
    if (why != NULL) {
        fprintf(stderr, "loadgen: %s\n", why);
    }
    lg_buf_free(&text);
    return why == NULL;
}

static int show(const struct arguments *a, const struct comparison *all, struct lg_arena *arena)
{
    bool to_file = a->out != NULL && strcmp(a->out, "-") != 0;
    bool json_on_stdout = a->json != NULL && strcmp(a->json, "-") == 0;
    if ((a->json != NULL && !write_format(all, JSON, a->json, arena)) ||
        (to_file && !write_format(all, a->format, a->out, arena))) {
        return LG_EXIT_OURS;
    }
    if (!json_on_stdout) {
        write_format(all, to_file ? TEXT : a->format, NULL, arena);
    }
    int code = LG_EXIT_OK;
    for (size_t i = 0; i < all->count; i++) {
        int one = exit_code(&all->between[i]);
        code = one > code ? one : code;
    }
    return code;
}

/* The n-th run against the first; false: they cannot be compared, and that is told. */
static bool hold_against(const struct arguments *a, struct lg_record *const *runs, size_t n,
                         struct comparison *all, struct lg_arena *arena)
{
    const char *why = NULL;
    struct lg_between *between = &all->between[all->count];
    if (!lg_between_nth(runs[0], runs[n], (unsigned)n, a->target, arena, between, &why)) {
        lg_usage_error("%s", why);
        return false;
    }
    if (between->unlike_count > 0 && !a->force) {
        refuse(between);
        return false;
    }
    all->reports[all->count++] = (struct lg_report_between){
        .between = between,
        .file_a = a->files[0],
        .file_b = a->files[n],
        .forced = a->force && between->unlike_count > 0,
        .colour = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL,
    };
    return true;
}

static int compare(const struct arguments *a, struct lg_arena *arena)
{
    const char *folder;
    struct lg_record *runs[RUNS] = {NULL};
    struct comparison *all = lg_arena_alloc(arena, sizeof *all);
    bool ok = true;
    for (size_t i = 0; ok && i < a->count; i++) {
        runs[i] = lg_run_read(a->files[i], arena, &folder);
        ok = runs[i] != NULL;
    }
    for (size_t i = 1; ok && i < a->count; i++) {
        ok = hold_against(a, runs, i, all, arena);
    }
    int code = ok ? show(a, all, arena) : LG_EXIT_USAGE;
    for (size_t i = 0; i < a->count; i++) {
        lg_record_free(runs[i]);
    }
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
