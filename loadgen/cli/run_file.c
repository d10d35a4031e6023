#include "cli/run_file.h"

#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

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

struct lg_record *lg_run_read(const char *path, struct lg_arena *arena, const char **folder)
{
    struct stat info;
    struct lg_buf json = {0};
    struct lg_record *record = NULL;
    const char *why = NULL, *slash = strrchr(path, '/');
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
        *folder = path;
        path = lg_arena_printf(arena, "%s/run.json", path);
    } else {
        *folder = slash != NULL ? lg_arena_strndup(arena, path, (size_t)(slash - path) + 1) : ".";
    }
    if (!read_file(path, &json)) {
        lg_usage_error("%s: %s", path, strerror(errno));
    } else {
        record = lg_record_read(lg_buf_slice(&json), arena, &why);
        if (record == NULL) {
            lg_usage_error("%s: %s", path, why);
        }
    }
    lg_buf_free(&json);
    return record;
}
