/* Requests of the past as an arrival process: who asked for what, and when.  Two formats, told
 * apart by the first line that is not a comment:
 *
 *   TIME_MS <TAB> [METHOD ]URI [<TAB> more]     a timing script as h2load reads it
 *                                               (--timing-script-file); fractions of a millisecond
 *                                               count, further columns do not
 *   host ident user [10/Oct/2000:13:55:36 -0700] "GET /path HTTP/1.1" 200 ...
 *                                               an access log, common or combined format
 *
 * Of a URI its path and query count: the target's url says which server it is.  Empty lines and
 * lines that begin with "#" are skipped.  Lines may stand in any order; requests of one time keep
 * theirs.
 *
 * An access log knows the second only: its requests are spread over their second at random, each
 * independently and uniformly, by the seed, as requests of people who do not know each other would
 * be.  Its first second is time 0. A timing script's times count from the load's begin as they
 * are. */
#ifndef LG_WORKLOAD_TRACE_H
#define LG_WORKLOAD_TRACE_H

#include "base/arena.h"
#include "base/base.h"

struct lg_trace_request {
    lg_ns at;               /* since the load began, before any change of speed */
    struct lg_slice method; /* upper case; "GET" where the trace does not say */
    struct lg_slice path;   /* origin form: begins with '/', no blanks or control characters */
};

struct lg_trace {
    struct lg_trace_request *requests; /* times ascend */
    size_t count;
    size_t skipped; /* lines of an access log that hold no request that can be sent again */
    bool by_second; /* an access log */
};

struct lg_trace_fault {
    unsigned line, column; /* from 1; 0: of the whole text */
    const char *what;      /* static */
};

/* Reads a whole trace.  Requests and texts are of the arena and do not borrow from `text`.  False:
 * *fault says why: the first line that is neither of the format nor a comment, or nothing at all to
 * send.  O(n log n). */
bool lg_trace_read(struct lg_slice text, uint64_t seed, struct lg_arena *arena,
                   struct lg_trace *out, struct lg_trace_fault *fault);

#endif
