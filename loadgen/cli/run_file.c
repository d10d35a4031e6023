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

/* Of a run that was killed, or goes on, there is the journal only. */
static struct lg_record *read_journal(const char *path, struct lg_arena *arena, const char **why)
{
    struct lg_buf text = {0};
    struct lg_record *record = NULL;
    bool running = lg_journal_is_written(path);
    if (lg_file_read(path, &text)) {
        record = lg_journal_read(lg_buf_slice(&text), running, arena, why);
    } else {
        *why = strerror(errno);
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

/* The folder's run.json, or the packed one where only that is there. */
static const char *record_in(const char *folder, struct lg_arena *arena)
{
    const char *plain = lg_arena_printf(arena, "%s/run.json", folder);
    const char *packed = lg_arena_printf(arena, "%s/run.json.gz", folder);
    return access(plain, F_OK) != 0 && access(packed, F_OK) == 0 ? packed : plain;
}

static bool is_later(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

/* A record beside a journal is of the same run if it is the younger one: some of the reports could
 * not be written then.  An older one is of an earlier run, and the later was killed. */
static bool journal_counts(const char *journal, const char *record)
{
    struct stat of_journal, of_record;
    return stat(journal, &of_journal) == 0 &&
           (stat(record, &of_record) != 0 || is_later(&of_journal.st_mtim, &of_record.st_mtim));
}

static struct lg_record *read_folder(const char *folder, struct lg_arena *arena)
{
    const char *path = record_in(folder, arena), *why = NULL;
    const char *journal = lg_arena_printf(arena, "%s/" LG_JOURNAL_FILE, folder);
    bool killed = journal_counts(journal, path);
    struct lg_record *record =
        killed ? read_journal(journal, arena, &why) : read_run(path, arena, &why);
    if (record == NULL) {
        lg_usage_error("%s: %s", killed ? journal : path, why);
    }
    if (record == NULL && killed && access(path, F_OK) == 0) {
        lg_usage_error("%s is of an earlier run", path);
    }
    return record;
}

static struct lg_record *read_file(const char *path, struct lg_arena *arena)
{
    const char *why = NULL;
    struct lg_record *record = read_run(path, arena, &why);
    if (record == NULL) {
        lg_usage_error("%s: %s", path, why);
    }
    return record;
}

struct lg_record *lg_run_read(const char *path, struct lg_arena *arena, const char **folder)
{
    struct stat info;
    const char *slash = strrchr(path, '/');
    bool is_folder = stat(path, &info) == 0 && S_ISDIR(info.st_mode);
    *folder = is_folder       ? path
              : slash != NULL ? lg_arena_strndup(arena, path, (size_t)(slash - path) + 1)
                              : ".";
    return is_folder ? read_folder(path, arena) : read_file(path, arena);
}
