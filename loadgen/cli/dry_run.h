#ifndef LG_CLI_DRY_RUN_H
#define LG_CLI_DRY_RUN_H

#include "base/arena.h"
#include "base/buf.h"
#include "engine/tell.h"

/* Starts each target in turn; one user of each kind does its setup and its steps once, and each
 * exchange is shown on stdout.  LG_EXIT_OK, LG_EXIT_OBJECTIVE if an exchange did not pass,
 * LG_EXIT_TARGET, LG_EXIT_USAGE, or 128 + the signal that ended it. */
int lg_dry_run(const struct lg_plan *plan, struct lg_arena *arena);

/* Appends one exchange as text for people: what was sent, what came, checks, captures, times, and
 * for a failure what to do.  Secrets are shown as ***. */
void lg_dry_run_show(const struct lg_told *exchange, unsigned number, struct lg_buf *out);

#endif
