/* How a scenario reaches the world around it: files and the environment.  A seam, so that tests and
 * fuzzers read from memory. */
#ifndef LG_SCENARIO_IO_H
#define LG_SCENARIO_IO_H

#include "base/arena.h"
#include "base/base.h"

enum { LG_IO_FILE_BYTES = 16 << 20 }; /* the largest file that is read */

enum lg_io_kind { LG_IO_NOTHING, LG_IO_FILE, LG_IO_PROGRAM, LG_IO_FOLDER };

struct lg_io {
    void *ctx;
    /* The whole file into *text (from the arena, or borrowed for the arena's life), and in
     * *identity a name that is the same whichever way the file was reached.  NULL, or a sentence.
     */
    const char *(*read)(void *ctx, const char *path, struct lg_arena *arena, struct lg_slice *text,
                        const char **identity);
    enum lg_io_kind (*kind)(void *ctx, const char *path); /* PROGRAM: a file that may be executed */
    const char *(*env)(void *ctx, const char *name);      /* NULL: not set */
    const char *(*absolute)(void *ctx, const char *path, struct lg_arena *arena);
};

/* The real files and environment. */
extern const struct lg_io lg_io_real;

/* The path as seen from the file `beside`: absolute paths stay as they are. */
const char *lg_io_beside(const char *beside, struct lg_slice path, struct lg_arena *arena);

/* A command's first word as execvp in `folder` would find it: with a slash relative to the folder,
 * else along PATH.  NULL: there is no such program. */
const char *lg_io_program(const struct lg_io *io, const char *folder, const char *word,
                          struct lg_arena *arena);

#endif
