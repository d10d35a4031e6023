/* A trial from its seconds: for a run that was cut off before it could add them up itself. */
#ifndef LG_MEASURE_TRIAL_ADD_H
#define LG_MEASURE_TRIAL_ADD_H

#include "measure/record.h"

/* `into` begins zeroed but for its number.  `second` is what lg_run_options.on_second gave: its one
 * timeline row is appended, moved by `shift_s`, and if it then lies in the window (at or after 0)
 * its counts and histograms are added.  Seconds come in the order of time.  Copies everything,
 * texts into `arena`; the histograms of `into` are of lg_hist_new. */
void lg_trial_add_second(struct lg_trial_result *into, const struct lg_trial_result *second,
                         double shift_s, struct lg_arena *arena);

/* Call it after the last second: rates and shares from sums.  What cannot be told from whole
 * seconds (fit of the arrivals, time in flight, busiest thread) is marked as not measured; how many
 * were connected is not known either: no connections at all. */
void lg_trial_end_seconds(struct lg_trial_result *into);

#endif
