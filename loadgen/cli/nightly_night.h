/* One night from its first run to its exit code. */
#ifndef LG_CLI_NIGHTLY_NIGHT_H
#define LG_CLI_NIGHTLY_NIGHT_H

#include "cli/nightly_keep.h"
#include "cli/nightly_suite.h"

struct lg_nightly_outputs {
    const char *json;        /* a file, "-" for stdout; NULL: none */
    const char *junit;       /* a file; NULL: only in `out` */
    const char *annotations; /* "github", "none"; NULL: as GITHUB_ACTIONS says */
};

/* Opens the history, does what `upkeep` says, runs the suite (if it has scenarios), keeps the
 * night, measures suspects again, writes the pages.  The exit code. */
int lg_nightly_night(struct lg_nightly_suite *suite, const struct lg_nightly_upkeep *upkeep,
                     const struct lg_nightly_outputs *outputs);

#endif
