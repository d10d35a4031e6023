/* The loop of the server of known behaviour; see truth.h. */
#ifndef LG_SELFTEST_TRUTH_SERVER_H
#define LG_SELFTEST_TRUTH_SERVER_H

#include "selftest/truth.h"

/* Serves until the process ends.  `listener` listens and does not block.  Returns only if the
 * kernel refuses what it needs. */
void lg_truth_serve(const struct lg_truth_script *script, int listener,
                    struct lg_truth_tally *tally);

#endif
