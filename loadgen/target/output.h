/* What a server prints.  The keeper reads it from pipes and keeps the last lines in memory: a file
 * would grow without bound, and RLIMIT_FSIZE would also hit the server's own files (databases,
 * uploads) with SIGXFSZ.  Memory is bounded whatever the server does. */
#ifndef LG_TARGET_OUTPUT_H
#define LG_TARGET_OUTPUT_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"

enum {
    LG_OUTPUT_LINE = 4096,  /* a longer line is kept in pieces */
    LG_OUTPUT_TAIL = 16384, /* bytes of whole lines that are kept at least */
    LG_OUTPUT_LINES = 15    /* lines that people are shown */
};

/* The line that a stream is in the middle of. */
struct lg_output_line {
    size_t n;
    bool cut; /* p is not the start of the line */
    char p[LG_OUTPUT_LINE];
};

/* stdout [0] and stderr [1]: lines are kept in the order in which they were completed.
 * A zeroed struct is ready for use. */
struct lg_output {
    struct lg_output_line line[2];
    struct lg_buf kept; /* owned */
    int port;           /* of the first "listening on PORT" line on stdout; 0: none yet */
};

void lg_output_add(struct lg_output *output, int stream, struct lg_slice bytes);

/* The last bytes, unfinished lines included: at most LG_OUTPUT_TAIL, cut at a line's start where
 * there is one.  Appends. */
void lg_output_tail(const struct lg_output *output, struct lg_buf *tail);
void lg_output_free(struct lg_output *output);

/* For people: a line break, then the last LG_OUTPUT_LINES lines, indented, over-long ones cut,
 * bytes that a terminal might act on escaped; or the remark that there is none. */
char *lg_output_show(struct lg_slice tail, struct lg_arena *arena);

#endif
