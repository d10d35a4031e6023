#include "cli/run_file.h"

#include "cli/capacity_file.h"
#include "cli/session.h"
#include "report/annotations.h"
#include "report/text.h"
#include "report/write.h"

#include <getopt.h>
#include <stdio.h>

static void print_help(void)
{
    puts("usage: loadgen report RUN [--format FORMAT [-o FILE]]\n\n"
         "Writes the reports of a finished run again, from its run.json, and prints the summary.  "
         "RUN is\n"
         "a run folder or its run.json; of a search for capacity its folder or capacity.json,\n"
         "with the formats text, json, html and md.\n\n"
         "  --format FORMAT      only one, on stdout: text, json, html, md, csv, streams, "
         "timeline,\n"
         "                       hlog, openmetrics, junit or github (annotations of missed "
         "objectives)\n"
         "  -o FILE              into this file instead");
}

static void write_text(const struct lg_record *record, struct lg_buf *out)
{
    lg_report_text(record, &(struct lg_report_text_options){0}, out);
}

/* Formats that no file of the run folder has. */
static const struct lg_report_file others[] = {{"", "text", write_text},
                                               {"", "github", lg_report_annotations}};

static const struct lg_report_file *find_in(const struct lg_report_file *list, size_t count,
                                            const char *format)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i].format, format) == 0) {
            return &list[i];
        }
    }
    return NULL;
}

/* NULL: there is no such format. */
static const struct lg_report_file *find_format(const char *format)
{
    size_t count = 0;
    const struct lg_report_file *files = lg_report_files(&count);
    const struct lg_report_file *found = find_in(files, count, format);
    return found != NULL ? found : find_in(others, sizeof others / sizeof *others, format);
}

static int write_one(const struct lg_record *record, const struct lg_report_file *kind,
                     const char *path)
{
    struct lg_buf out = {0};
    const char *why = NULL;
    kind->make(record, &out);
    if (path == NULL || strcmp(path, "-") == 0) {
        lg_print(lg_buf_slice(&out));
    } else {
        why = lg_report_write_file(path, lg_buf_slice(&out), record->arena);
    }
    if (why != NULL) {
        fprintf(stderr, "loadgen: %s\n", why);
    }
    lg_buf_free(&out);
    return why == NULL ? LG_EXIT_OK : LG_EXIT_OURS;
}

static int report_run(const char *run, const struct lg_report_file *kind, const char *path)
{
    struct lg_arena *arena = lg_arena_new();
    const char *folder = NULL;
    struct lg_record *record = lg_run_read(run, arena, &folder);
    int code = LG_EXIT_USAGE;
    if (record != NULL && kind != NULL) {
        code = write_one(record, kind, path);
    } else if (record != NULL) {
        struct lg_session_options options = {.quiet = true};
        /* The files of a run that goes on are its own business. */
        code = lg_session_report(record, &options, record->running ? NULL : folder);
    }
    lg_record_free(record);
    lg_arena_free(arena);
    return code;
}

/* -1: it is no folder of a search for capacity. */
static int report_capacity(const char *path, const char *format, const char *out)
{
    struct lg_arena *arena = lg_arena_new();
    const char *folder = lg_capacity_folder(path, arena);
    int code = folder != NULL ? lg_capacity_report(folder, format, out) : -1;
    lg_arena_free(arena);
    return code;
}

int lg_cmd_report(int argc, char **argv)
{
    static const struct option options[] = {
        {"format", required_argument, NULL, 'f'}, {"help", no_argument, NULL, 'h'}, {0}};
    const char *format = NULL, *path = NULL;
    int c;
    while ((c = getopt_long(argc, argv, "o:h", options, NULL)) != -1) {
        if (c == 'h') {
            print_help();
            return LG_EXIT_OK;
        }
        if (c != 'f' && c != 'o') {
            return lg_usage_error("'loadgen report --help' lists the options");
        }
        *(c == 'f' ? &format : &path) = optarg;
    }
    const struct lg_report_file *kind = format != NULL ? find_format(format) : NULL;
    if (argc - optind != 1) {
        return lg_usage_error("which run? for example: loadgen report reports/runs/NAME");
    }
    if (path != NULL && format == NULL) {
        return lg_usage_error("-o goes with --format");
    }
    c = report_capacity(argv[optind], format, path);
    if (c >= 0) {
        return c;
    }
    if (format != NULL && kind == NULL) {
        return lg_usage_error("there is no format '%s'; there are text, json, html, md, csv, "
                              "streams, timeline, hlog, openmetrics, junit and github",
                              format);
    }
    return report_run(argv[optind], kind, path);
}
