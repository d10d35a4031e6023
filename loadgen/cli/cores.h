/* Which cores the generator's threads run on.  Where the machine has a core for each of them and
 * two more, they are pinned to cores of their own, and this process, with it every server it
 * starts, is kept off those. */
#ifndef LG_CLI_CORES_H
#define LG_CLI_CORES_H

#include "base/arena.h"
#include "scenario/plan.h"

struct lg_cores {
    const int *list;  /* one per thread; NULL: not pinned */
    const char *note; /* a sentence for the record */
};

/* Changes the affinity of the calling thread when it pins. */
struct lg_cores lg_cores_reserve(unsigned threads, enum lg_priority priority,
                                 struct lg_arena *arena);

/* What it says of `count` cores. */
const char *lg_cores_note(unsigned threads, unsigned count, enum lg_priority priority,
                          struct lg_arena *arena);

#endif
