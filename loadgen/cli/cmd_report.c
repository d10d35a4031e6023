#include "cli/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static bool read_file(const char *path, struct lg_buf *out)
{
    FILE *file = fopen(path, "rb");
    size_t n = 1;
    if (file == NULL) {
        return false;
    }
    while (n > 0) {
        lg_buf_reserve(out, 65536);
        n = fread(out->p + out->n, 1, 65536, file);
        out->n += n;
    }
    bool ok = !ferror(file);
    fclose(file);
    return ok;
}

static int report(const char *folder)
{
    struct lg_arena *arena = lg_arena_new();
    struct lg_buf json = {0};
    const char *why = NULL;
    const char *path = lg_arena_printf(arena, "%s/run.json", folder);
    int code;
    if (!read_file(path, &json)) {
        code = lg_usage_error("%s: %s", path, strerror(errno));
    } else {
        struct lg_record *record = lg_record_read(lg_buf_slice(&json), arena, &why);
        if (record == NULL) {
            code = lg_usage_error("%s: %s", path, why);
        } else {
            struct lg_session_options options = {.quiet = true};
            code = lg_session_report(record, &options, folder);
        }
        lg_record_free(record);
    }
    lg_buf_free(&json);
    lg_arena_free(arena);
    return code;
}

int lg_cmd_report(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        puts("usage: loadgen report RUN\n\nWrites the reports of the run folder RUN again, from its "
             "run.json, and prints the summary.");
        return LG_EXIT_OK;
    }
    if (argc != 2 || argv[1][0] == '-') {
        return lg_usage_error("which run? for example: loadgen report reports/runs/NAME");
    }
    return report(argv[1]);
}
