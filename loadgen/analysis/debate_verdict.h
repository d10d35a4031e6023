/* What a run says of the claims of the debate that its scenario puts to the test. */
#ifndef LG_ANALYSIS_DEBATE_VERDICT_H
#define LG_ANALYSIS_DEBATE_VERDICT_H

#include "measure/record.h"

/* Replaces record->claims: a row for each claim with an id of record->claim that names this
 * scenario; without any such, for all of those ids; behind one with each_step a row for each step.
 * Lanes are those of debate_lanes.h.  Each lane of Node is held against each of Django, and the
 * claim's rule is applied to each pair, or to each lane of the side that it looks at
 * (scenario/debate.h):
 *
 *   all pairs agree                          their verdict
 *   supported by one, refuted by another     depends on the server
 *   else                                     inconclusive
 *
 * No verdict (not judged, and why) without a lane of each side, with fewer than LG_COMPARE_CLAIM
 * trials of one, for a quick or interrupted run, where a figure is missing.  void: a trial of a
 * lane breached a check, a lane missed an objective that is an invariant (errors, lost, missing,
 * duplicated or reordered), or failed a check of what is oversold, a mismatch or diverged, be it
 * once.  Needs validity, objectives.  Text of the arena. */
void lg_debate_judge(struct lg_record *record);

#endif
