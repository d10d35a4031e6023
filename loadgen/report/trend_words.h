/* The words that all forms of the trend page share; only the trend_*.c files know them. */
#ifndef LG_REPORT_TREND_WORDS_H
#define LG_REPORT_TREND_WORDS_H

#include "report/trend.h"

/* Texts are of `arena` or static. */

/* What the nights say, a sentence. */
const char *lg_trend_headline(const struct lg_trend_page *page, struct lg_arena *arena);

/* "shop, node: browse response p99" */
const char *lg_trend_name(const struct lg_trend_series *series, struct lg_arena *arena);

/* "2026-11-20 02:00 UTC" of an ISO 8601 text; another form stays as it is. */
const char *lg_trend_when(const char *at, struct lg_arena *arena);

/* "2026-11-20" */
const char *lg_trend_day(const char *at, struct lg_arena *arena);

/* A commit as people write it: the beginning of its hash; what is no hash stays as it is. */
const char *lg_trend_commit(const char *commit, struct lg_arena *arena);

/* "2026-11-20 02:00 UTC (commit 1a2b3c)" */
const char *lg_trend_night_text(const struct lg_trend_night *night, struct lg_arena *arena);

/* "12.3 ms to 15.1 ms, 1.23 times [1.15, 1.31]" */
const char *lg_trend_ratio_text(const struct lg_trend_series *series,
                                const struct lg_trend_change *change, struct lg_arena *arena);

/* The state in words, with what a re-run found. */
const char *lg_trend_state_text(const struct lg_trend_change *change, struct lg_arena *arena);

/* The whole of a change: what, by how much, since when, how sure. */
const char *lg_trend_change_text(const struct lg_trend_page *page,
                                 const struct lg_trend_series *series,
                                 const struct lg_trend_change *change, struct lg_arena *arena);

/* "a change of 4.2 % or more"; "" where nothing can be said. */
const char *lg_trend_detectable_text(const struct lg_trend_series *series, struct lg_arena *arena);

/* The last night's point of a series; NULL: the page has no night. */
const struct lg_trend_point *lg_trend_last(const struct lg_trend_page *page,
                                           const struct lg_trend_series *series);

/* The changes worth a line, the most pressing first: open regressions, suspicions, then the rest
 * from new to old. */
struct lg_trend_row {
    const struct lg_trend_series *series;
    const struct lg_trend_change *change;
};
struct lg_trend_row *lg_trend_rows(const struct lg_trend_page *page, struct lg_arena *arena,
                                   size_t *count);

#endif
