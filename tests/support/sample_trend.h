/* A plausible trend page for tests of report/ and of the page in a browser. */
#ifndef LG_TESTS_SAMPLE_TREND_H
#define LG_TESTS_SAMPLE_TREND_H

#include "report/trend.h"

/* `nights` (>= 12) of two scenarios, chat and shop, each against node and django.  In shop on node
 * the CPU per completed iteration rises by half, 8 nights before the end, confirmed; in chat on
 * django p99 is suspected tonight; shop on django got faster in the middle; the machine changed
 * after a third; one night is an outlier, one was interrupted, and chat has no data tonight on
 * node.  The same bytes each time; all is of `arena`. */
void sample_trend(size_t nights, struct lg_arena *arena, struct lg_trend_page *page);

#endif
