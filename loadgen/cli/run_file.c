#include "cli/run_file.h"

#include "analysis/analyse.h"
#include "cli/cli.h"
#include "measure/journal.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* gzread reads what is not compressed as it is. */
bool lg_file_read(const char *path, struct lg_buf *out)
{
    enum { PIECE = 65536 };
    gzFile file = gzopen(path, "rbe");
    int n = 1;
    if (file == NULL) {
        return false;
    }
    while (n > 0) {
        lg_buf_reserve(out, PIECE);
        errno = EILSEQ; /* broken compression has none of its own */
        n = gzread(file, out->p + out->n, PIECE);
        out->n += n > 0 ? (size_t)n : 0;
    }
    int error = errno;
    gzclose(file);
    errno = error;
    return n == 0;
}

/* Of a run that was killed there is the journal only. */
static struct lg_record *read_journal(const char *folder, struct lg_arena *arena, const char **why)
{
    struct lg_buf text = {0};
    struct lg_record *record = NULL;
    if (lg_file_read(lg_arena_printf(arena, "%s/" LG_JOURNAL_FILE, folder), &text)) {
        record = lg_journal_read(lg_buf_slice(&text), arena, why);
    } else {
        *why = strerror(ENOENT);
    }
    if (record != NULL) {
        lg_analyse(record, NULL);
    }
    lg_buf_free(&text);
    return record;
}

static struct lg_record *read_run(const char *path, struct lg_arena *arena, const char **why)
{
    struct lg_buf json = {0};
    struct lg_record *record = NULL;
    *why = NULL;
    if (lg_file_read(path, &json)) {
        record = lg_record_read(lg_buf_slice(&json), arena, why);
    } else {
        *why = strerror(errno);
    }
    lg_buf_free(&json);
    return record;
}

struct lg_record *lg_run_read(const char *path, struct lg_arena *arena, const char **folder)
{
    struct stat info;
    const char *why = NULL, *slash = strrchr(path, '/');
    struct lg_record *record = NULL;
    bool is_folder = stat(path, &info) == 0 && S_ISDIR(info.st_mode);
    if (is_folder) {
        *folder = path;
        const char *packed = lg_arena_printf(arena, "%s/run.json.gz", path);
        path = lg_arena_printf(arena, "%s/run.json", path);
        path = access(path, F_OK) != 0 && access(packed, F_OK) == 0 ? packed : path;
    } else {
        *folder = slash != NULL ? lg_arena_strndup(arena, path, (size_t)(slash - path) + 1) : ".";
    }
    if (is_folder && access(path, F_OK) != 0 &&
        access(lg_arena_printf(arena, "%s/" LG_JOURNAL_FILE, *folder), F_OK) == 0) {
        path = lg_arena_printf(arena, "%s/" LG_JOURNAL_FILE, *folder);
        record = read_journal(*folder, arena, &why);
    } else {
        record = read_run(path, arena, &why);
    }
    if (record == NULL) {
        lg_usage_error("%s: %s", path, why);
    }
    return record;
}
