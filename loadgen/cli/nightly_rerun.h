/* The suspects of a night beside the last good version: interleaved trials of both, until the
 * question is settled or the night's budget is used up. */
#ifndef LG_CLI_NIGHTLY_RERUN_H
#define LG_CLI_NIGHTLY_RERUN_H

#include "cli/nightly_suite.h"

#define LG_RERUN_MOST                                                                              \
    80 /* pairs of trials of one target: what a step of 1.5 sd takes, see \
                          * docs/nightly.md; a flat night takes some 70 */
#define LG_RERUN_ROUNDS                                                                            \
    8 /* runs: pairs that are not sound are made again, but not for ever; the
                            * folder of the n-th is that of the first with "-n" behind it */

struct lg_nightly_reruns {
    size_t suspects;               /* series that called for one */
    size_t made;                   /* series that were judged beside the last good version */
    struct lg_history_note *notes; /* what was found, for the history; of the suite's arena */
    size_t note_count;
};

/* Measures again what `found` asks for (its standings' `rerun`).  `data` holds the history with the
 * night that was just appended.  Notes of the suite say what was not done and why. */
void lg_nightly_rerun(struct lg_nightly_suite *suite, const struct lg_history_data *data,
                      const struct lg_nightly_result *found, struct lg_nightly_reruns *out);

#endif
