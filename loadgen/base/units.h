/* "250ms", "5k/s", "64KiB", "0.1%" <-> numbers.  k M G = powers of 1000, Ki Mi Gi = powers of 1024.
 */
#ifndef LG_BASE_UNITS_H
#define LG_BASE_UNITS_H

#include "base/base.h"

/* All readers take the whole text (blanks at the ends are not accepted) and return NULL on success
 * or a static sentence that says what is wrong and what would be right, e.g.
 * "a time needs a unit: ns, us, ms, s, m or h".  *out is untouched on error. */
const char *lg_read_time(struct lg_slice text,
                         lg_ns *out); /* 250ms, 1.5s, 2m, 1h; 0 needs a unit too */
const char *lg_read_rate(struct lg_slice text,
                         double *out); /* 1k/s, 30/m, 0.5/s -> events per second */
const char *lg_read_bytes_per_s(struct lg_slice text, double *out); /* 10kB/s, 1MiB/s */
const char *lg_read_size(struct lg_slice text, uint64_t *out);      /* 64KiB, 64kB, 17B -> bytes */
const char *lg_read_count(struct lg_slice text, uint64_t *out);     /* 200, 10k, 1Ki */
const char *lg_read_number(struct lg_slice text, double *out);      /* 0.25, 1e3, 10k */
const char *lg_read_share(struct lg_slice text, double *out);       /* 0.1% -> 0.001, 0.5 -> 0.5 */

/* Three significant digits and a unit, into `out` (>= LG_UNIT_TEXT bytes); return out. */
#define LG_UNIT_TEXT 32
char *lg_show_time(char *out, double ns);     /* 812 us, 1.25 ms, 90.0 s, 0 s */
char *lg_show_rate(char *out, double per_s);  /* 998/s, 12.3k/s */
char *lg_show_bytes(char *out, double bytes); /* 512 B, 47.1 MiB */
char *lg_show_count(char *out, double count); /* 59,930 below a million, then 1.23M */
char *lg_show_share(char *out, double share); /* 0.1 %, 0 %, 12.3 % */

#endif
