#include "cli/capacity_file.h"

#include "cli/cli.h"
#include "cli/run_file.h"
#include "report/write.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
    const char *name, *format;
    void (*make)(const struct lg_capacity_page *page, struct lg_buf *out);
} files[] = {{LG_CAPACITY_FILE, "json", lg_report_capacity_json},
             {"capacity.html", "html", lg_report_capacity_html},
             {"capacity.md", "md", lg_report_capacity_markdown},
             {NULL, "text", lg_report_capacity_text}};

enum { FILES = sizeof files / sizeof *files };

const char *lg_capacity_write(const struct lg_capacity_page *page, const char *folder,
                              struct lg_arena *arena)
{
    const char *first = NULL;
    for (size_t i = 0; i < FILES; i++) {
        struct lg_buf bytes = {0};
        if (files[i].name != NULL) {
            files[i].make(page, &bytes);
            const char *path = lg_arena_printf(arena, "%s/%s", folder, files[i].name);
            const char *why = lg_report_write_file(path, lg_buf_slice(&bytes), arena);
            first = first != NULL ? first : why;
        }
        lg_buf_free(&bytes);
    }
    return first;
}

const char *lg_capacity_folder(const char *path, struct lg_arena *arena)
{
    struct stat info;
    const char *slash = strrchr(path, '/');
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
        const char *file = lg_arena_printf(arena, "%s/" LG_CAPACITY_FILE, path);
        return access(file, F_OK) == 0 ? path : NULL;
    }
    if (strcmp(slash != NULL ? slash + 1 : path, LG_CAPACITY_FILE) != 0) {
        return NULL;
    }
    return slash != NULL ? lg_arena_strndup(arena, path, (size_t)(slash - path) + 1) : ".";
}

static int write_one(const struct lg_capacity_page *page, const char *format, const char *path,
                     struct lg_arena *arena)
{
    struct lg_buf bytes = {0};
    const char *why = NULL;
    size_t i = 0;
    while (i < FILES && strcmp(files[i].format, format) != 0) {
        i++;
    }
    if (i == FILES) {
        return lg_usage_error("a search for capacity has no format '%s'; there are text, json, "
                              "html and md",
                              format);
    }
    files[i].make(page, &bytes);
    if (path == NULL || strcmp(path, "-") == 0) {
        lg_print(lg_buf_slice(&bytes));
    } else {
        why = lg_report_write_file(path, lg_buf_slice(&bytes), arena);
    }
    lg_buf_free(&bytes);
    if (why != NULL) {
        fprintf(stderr, "loadgen: %s\n", why);
    }
    return why == NULL ? LG_EXIT_OK : LG_EXIT_OURS;
}

int lg_capacity_report(const char *folder, const char *format, const char *path)
{
    struct lg_arena *arena = lg_arena_new();
    struct lg_buf json = {0};
    struct lg_capacity_page page;
    const char *why = NULL, *file = lg_arena_printf(arena, "%s/" LG_CAPACITY_FILE, folder);
    int code = LG_EXIT_USAGE;
    if (!lg_file_read(file, &json)) {
        lg_usage_error("%s: %s", file, strerror(errno));
    } else if (!lg_report_capacity_read(lg_buf_slice(&json), arena, &page, &why)) {
        lg_usage_error("%s: %s", file, why);
    } else if (format != NULL) {
        code = write_one(&page, format, path, arena);
    } else {
        why = lg_capacity_write(&page, folder, arena);
        code = write_one(&page, "text", NULL, arena);
        if (why != NULL) {
            fprintf(stderr, "loadgen: %s\n", why);
            code = LG_EXIT_OURS;
        }
    }
    lg_buf_free(&json);
    lg_arena_free(arena);
    return code;
}
