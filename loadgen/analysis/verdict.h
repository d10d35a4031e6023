/* May the run be believed, why not, what else should a reader know, and the headline. */
#ifndef LG_ANALYSIS_VERDICT_H
#define LG_ANALYSIS_VERDICT_H

#include "measure/record.h"

/* Sets record->valid (no trial breaches a measured check, and every target has a trial),
 * invalid_reasons (one per breach, with target and trial) and the headline; adds notes: checks that
 * were not measured, connections that never opened, what a short, a quick or a one-machine run
 * cannot show.  A note that is there already is not added again, so a stored run can be judged
 * again.  Needs validity, comparisons and objectives. */
void lg_verdict(struct lg_record *record);

#endif
