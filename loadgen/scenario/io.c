#include "scenario/io.h"

#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *read_all(int fd, struct lg_buf *buf)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        return "is not a plain file";
    }
    for (;;) {
        lg_buf_reserve(buf, 65536);
        ssize_t n = read(fd, buf->p + buf->n, 65536);
        if (n == 0) {
            return NULL;
        }
        if (n < 0 && errno != EINTR) {
            return strerror(errno);
        }
        buf->n += n > 0 ? (size_t)n : 0;
        if (buf->n > LG_IO_FILE_BYTES) {
            return "is larger than 16 MiB";
        }
    }
}

static const char *absolute_path(void *ctx, const char *path, struct lg_arena *arena)
{
    (void)ctx;
    char *real = realpath(path, NULL);
    const char *kept = lg_arena_strdup(arena, real != NULL ? real : path);
    free(real);
    return kept;
}

static const char *read_file(void *ctx, const char *path, struct lg_arena *arena,
                             struct lg_slice *text, const char **identity)
{
    (void)ctx;
    /* Not blocking: opening a named pipe that nobody writes to would hang. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return lg_arena_strdup(arena, strerror(errno));
    }
    struct lg_buf buf = {0};
    const char *why = read_all(fd, &buf);
    close(fd);
    if (why == NULL) {
        *text = lg_slice(lg_arena_strndup(arena, buf.p, buf.n), buf.n);
        *identity = absolute_path(NULL, path, arena);
    }
    lg_buf_free(&buf);
    return why != NULL ? lg_arena_strdup(arena, why) : NULL;
}

static enum lg_io_kind kind_of(void *ctx, const char *path)
{
    (void)ctx;
    struct stat st;
    if (stat(path, &st) != 0) {
        return LG_IO_NOTHING;
    }
    if (S_ISDIR(st.st_mode)) {
        return LG_IO_FOLDER;
    }
    return access(path, X_OK) == 0 ? LG_IO_PROGRAM : LG_IO_FILE;
}

static const char *env_of(void *ctx, const char *name)
{
    (void)ctx;
    return getenv(name);
}

const struct lg_io lg_io_real = {
    .read = read_file, .kind = kind_of, .env = env_of, .absolute = absolute_path};

const char *lg_io_beside(const char *beside, struct lg_slice path, struct lg_arena *arena)
{
    const char *slash = strrchr(beside, '/');
    if (slash == NULL || (path.n > 0 && path.p[0] == '/')) {
        return lg_arena_strndup(arena, path.p, path.n);
    }
    return lg_arena_printf(arena, "%.*s%.*s", (int)(slash + 1 - beside), beside, (int)path.n,
                           path.p);
}

const char *lg_io_program(const struct lg_io *io, const char *folder, const char *word,
                          struct lg_arena *arena)
{
    if (strchr(word, '/') != NULL) {
        const char *path = word[0] == '/' ? word : lg_arena_printf(arena, "%s/%s", folder, word);
        return io->kind(io->ctx, path) == LG_IO_PROGRAM ? path : NULL;
    }
    const char *list = io->env(io->ctx, "PATH");
    for (const char *p = list; p != NULL && *p != '\0';) {
        size_t n = strcspn(p, ":");
        const char *path = lg_arena_printf(arena, "%.*s/%s", (int)n, p, word);
        if (io->kind(io->ctx, path) == LG_IO_PROGRAM) {
            return path;
        }
        p += n + (p[n] == ':');
    }
    return NULL;
}
