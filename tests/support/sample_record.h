/* A complete, plausible run record for tests of measure/ and report/. */
#ifndef LG_TESTS_SAMPLE_RECORD_H
#define LG_TESTS_SAMPLE_RECORD_H

#include "measure/record.h"

/* A chat run: targets node and django, 2 trials each of 15 s after 5 s of warm-up (20 timeline
 * rows), users chatter, steps join (set-up, no failure) and say, deliveries heard.  django is
 * slower, loses deliveries, fails with two error classes in its second trial and misses an
 * objective; its p99.9 of say falls among the failures.  The same bytes each time.  lg_record_free
 * it. */
struct lg_record *sample_record(void);

/* Adds to every trial a stream of events, ticks (100 ms expected; django stalls, misses an id and
 * is reconnected to), and a download, film (one failed on django). */
void sample_add_streams(struct lg_record *record);

/* Adds to every trial a step page that does style, image and feed at once; nothing of it in the
 * timeline.  feed ends last in 3 of 4 groups that succeed.  On django 20 of 1000 groups fail: in 14
 * of them feed times out, in 4 image has a bad status too, and in 2 all three steps fail. */
void sample_add_groups(struct lg_record *record);

#endif
