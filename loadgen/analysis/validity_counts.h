/* One check of the table in validity.h. */
#ifndef LG_ANALYSIS_VALIDITY_COUNTS_H
#define LG_ANALYSIS_VALIDITY_COUNTS_H

#include "analysis/validity.h"

/* Everything that a trial counts in two ways must agree: 0 tolerance.  Never "not measured". */
struct lg_validity_finding lg_validity_judge_counts(const struct lg_trial_result *trial,
                                                    struct lg_arena *arena);

#endif
