/* A run as long and wide as a report must bear: an hour, 10 targets, 20 steps. */
#ifndef LG_TESTS_HOUR_RECORD_H
#define LG_TESTS_HOUR_RECORD_H

#include "measure/record.h"

enum { HOUR_TARGETS = 10, HOUR_STEPS = 20, HOUR_SECONDS = 3600 };

/* One trial for each target.  The same bytes each time.  lg_record_free it. */
struct lg_record *hour_record(void);

#endif
