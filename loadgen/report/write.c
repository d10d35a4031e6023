#include "report/write.h"

#include "report/csv.h"
#include "report/html.h"
#include "report/intervals.h"
#include "report/junit.h"
#include "report/markdown.h"
#include "report/openmetrics.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

const char *lg_report_reason(int error)
{
    switch (error) {
    case ENOSPC:
        return "the disk is full";
    case EDQUOT:
        return "the disk quota is used up";
    case EFBIG:
        return "it would be larger than this process may write (ulimit -f)";
    case EROFS:
        return "the file system is read-only";
    case EACCES:
    case EPERM:
        return "permission denied";
    case ENOTDIR:
    case EEXIST:
        return "a file of that name is in the way";
    default:
        return strerror(error);
    }
}

static const char *fail(struct lg_arena *errors, const char *path, int error)
{
    return lg_arena_printf(errors, "cannot write %s: %s", path, lg_report_reason(error));
}

/* 0 or the errno. */
static int write_all(int fd, struct lg_slice bytes)
{
    while (bytes.n > 0) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno != EINTR) {
            return errno;
        }
        if (n > 0) {
            bytes = lg_slice(bytes.p + n, bytes.n - (size_t)n);
        }
    }
    return fsync(fd) == 0 || errno == EINVAL ? 0 : errno;
}

static int write_new(const char *path, struct lg_slice bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        return errno;
    }
    int error = write_all(fd, bytes);
    /* A full disk may show only here. */
    if (close(fd) != 0 && error == 0) {
        error = errno;
    }
    return error;
}

/* /dev/null, /dev/stdout, a named pipe: what is there is written to and not replaced. */
static bool is_special(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

const char *lg_report_write_file(const char *path, struct lg_slice bytes, struct lg_arena *errors)
{
    if (is_special(path)) {
        int failure = write_new(path, bytes);
        return failure != 0 ? fail(errors, path, failure) : NULL;
    }
    char *temporary = lg_printf("%s.%ld.part", path, (long)getpid());
    int error = write_new(temporary, bytes);
    if (error == 0 && rename(temporary, path) != 0) {
        error = errno;
    }
    if (error != 0) {
        unlink(temporary);
    }
    free(temporary);
    return error ? fail(errors, path, error) : NULL;
}

const char *lg_report_make_folder(const char *folder, struct lg_arena *errors)
{
    char *path = lg_strdup(folder);
    const char *why = NULL;
    for (size_t i = 1; why == NULL && path[0] != '\0'; i++) {
        char c = path[i];
        if (c != '/' && c != '\0') {
            continue;
        }
        path[i] = '\0';
        struct stat info;
        bool there = stat(path, &info) == 0 && S_ISDIR(info.st_mode);
        if (!there && mkdir(path, 0777) != 0) {
            why = fail(errors, path, errno);
        }
        path[i] = c;
        if (c == '\0') {
            break;
        }
    }
    free(path);
    if (why == NULL && access(folder, W_OK | X_OK) != 0) {
        why = fail(errors, folder, errno);
    }
    return why;
}

const char *lg_report_new_folder(const char *wanted, struct lg_arena *arena, const char **made)
{
    const char *slash = strrchr(wanted, '/');
    const char *why = slash > wanted
                          ? lg_report_make_folder(
                                lg_arena_strndup(arena, wanted, (size_t)(slash - wanted)), arena)
                          : NULL;
    *made = wanted;
    for (unsigned n = 2; why == NULL && mkdir(*made, 0777) != 0; n++) {
        why = errno == EEXIST ? NULL : fail(arena, *made, errno);
        *made = lg_arena_printf(arena, "%s-%u", wanted, n);
    }
    return why;
}

const struct lg_report_file *lg_report_files(size_t *count)
{
    static const struct lg_report_file files[] = {
        {"run.json", "json", lg_record_write},
        {"report.html", "html", lg_report_html},
        {"summary.md", "md", lg_report_markdown},
        {"steps.csv", "csv", lg_report_steps_csv},
        {"streams.csv", "streams", lg_report_streams_csv},
        {"timeline.csv", "timeline", lg_report_timeline_csv},
        {"intervals.hlog", "hlog", lg_report_intervals},
        {"openmetrics.txt", "openmetrics", lg_report_openmetrics},
        {"junit.xml", "junit", lg_report_junit},
    };
    *count = sizeof files / sizeof *files;
    return files;
}

/* Where there is no room for one file there may be room for a smaller one. */
const char *lg_report_write_folder(const struct lg_record *record, const char *folder,
                                   struct lg_arena *errors)
{
    size_t count = 0;
    const struct lg_report_file *files = lg_report_files(&count);
    const char *first = lg_report_make_folder(folder, errors);
    const char *missing = "";
    size_t written = 0;
    for (size_t i = 0; (first == NULL || i > 0) && i < count; i++) {
        struct lg_buf bytes = {0};
        files[i].make(record, &bytes);
        char *path = lg_printf("%s/%s", folder, files[i].name);
        const char *why = lg_report_write_file(path, lg_buf_slice(&bytes), errors);
        if (why == NULL) {
            written++;
        } else if (first == NULL) {
            first = why;
        } else {
            missing = lg_arena_printf(errors, "%s, %s", missing, files[i].name);
        }
        free(path);
        lg_buf_free(&bytes);
    }
    return written > 0 && first != NULL && missing[0] != '\0'
               ? lg_arena_printf(errors, "%s; nor%s", first, missing + 1)
               : first;
}
