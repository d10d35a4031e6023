/* HdrHistogram's interval log, format 1.3: one line per interval and tag, so that any HdrHistogram
 * tool can cut a run into other intervals or plot it.  Times of lines count from a base time. */
#ifndef LG_MEASURE_HLOG_H
#define LG_MEASURE_HLOG_H

#include "base/base.h"
#include "base/buf.h"

/* Appends the head of a log.  base: ns since 1970, >= 0, from which the lines count. */
void lg_hlog_begin(struct lg_buf *out, lg_ns base);

/* Appends the line of one interval.  tag: what the histogram is of; "" for an untagged line; what
 * would end a tag (commas, blanks, control bytes) becomes '_'.  start: ns since the base, >= 0;
 * length >= 0; both are kept to the millisecond.  max: the highest value, printed in ms; -1 if
 * there is none.  histogram: of lg_hist_encode; an empty one makes no line, as it is no histogram.
 */
void lg_hlog_add(struct lg_buf *out, const char *tag, lg_ns start, lg_ns length, lg_ns max,
                 struct lg_slice histogram);

#endif
