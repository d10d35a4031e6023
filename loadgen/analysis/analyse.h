/* The one way in: everything that a record says about itself, from what was measured. */
#ifndef LG_ANALYSIS_ANALYSE_H
#define LG_ANALYSIS_ANALYSE_H

#include "measure/record.h"

struct lg_plan; /* scenario/plan.h */

/* Judges, in this order: each trial's steady state and checks, the objectives, the comparisons, the
 * verdict and headline.  plan may be NULL for a stored run: the record's own objectives then stay
 * as they are.  What was judged before is replaced, so judging twice changes nothing. */
void lg_analyse(struct lg_record *record, const struct lg_plan *plan);

#endif
