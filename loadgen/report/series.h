/* The timelines of a record for the page: a second of a long run costs a few bytes there instead of
 * kilobytes, and the page unpacks what is looked at. */
#ifndef LG_REPORT_SERIES_H
#define LG_REPORT_SERIES_H

#include "base/buf.h"
#include "measure/record.h"

/* Appends JSON: per target an array of trials, each
 *   {"rows": N, "base": PACK, "steps": [PACK...], "deliveries": [PACK...], "streams": [PACK...]}
 * A PACK is base64 of zlib of whole numbers, N for each of its columns; each is the difference to
 * the one before it in its column, ZigZag and LEB128.  Columns of
 *   base         at and length (ms), scheduled, completed, failed, in flight, generator and server
 *                CPU (1e-4 cores), RSS (KiB)
 *   a step       completed, failed, p50, p99
 *   deliveries   received, p50, p99
 *   a stream     events, bytes, p50 and p99 of the gaps
 * -1 is unknown.  A time is 0: none, 1: above all values (among the failures), else 2 + its slot in
 * the histogram, so within 0.1 %. */
void lg_report_series(const struct lg_record *record, struct lg_buf *out);

#endif
