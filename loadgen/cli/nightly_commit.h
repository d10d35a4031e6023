/* Which version of the system under test a night measures. */
#ifndef LG_CLI_NIGHTLY_COMMIT_H
#define LG_CLI_NIGHTLY_COMMIT_H

#include "cli/nightly_suite.h"

/* --commit, else LG_COMMIT of the environment, else what Git says of the folder of the first target
 * that has one ("-dirty" behind it if files differ); "" if nobody knows.  Of `arena` or
 * borrowed. */
const char *lg_nightly_commit(const struct lg_nightly_suite *suite, struct lg_arena *arena);

#endif
