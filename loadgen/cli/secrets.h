/* What the scenario keeps secret (plan->secrets) is blotted out wherever it may have come back: in
 * the command line as it was typed, in what a server answered or printed. */
#ifndef LG_CLI_SECRETS_H
#define LG_CLI_SECRETS_H

#include "measure/record.h"
#include "scenario/plan.h"

/* "***" in the place of every secret, whole or a part of it that is a word of its own (the token
 * after "Bearer", the value of a cookie).  The same text if there is none, else of the arena. */
const char *lg_secrets_blot(const struct lg_plan *plan, const char *text, struct lg_arena *arena);

/* All texts of a trial that a server may have written. */
void lg_secrets_blot_trial(const struct lg_plan *plan, struct lg_trial_result *trial,
                           struct lg_arena *arena);

#endif
