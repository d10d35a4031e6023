/* report/ turns a run record into bytes: terminal text, a page, Markdown, CSV.  Rank 4: record in,
 * bytes out; it decides how a figure is shown and never what it is.
 * This header: the side-by-side sheet, groups of rows with a column per target.  Text, Markdown and
 * the page all show this one sheet, so they cannot disagree. */
#ifndef LG_REPORT_SHEET_H
#define LG_REPORT_SHEET_H

#include "base/arena.h"
#include "measure/record.h"

enum lg_sheet_unit {
    LG_SHEET_NS,
    LG_SHEET_PER_S,
    LG_SHEET_COUNT,
    LG_SHEET_BYTES,
    LG_SHEET_SHARE,
    LG_SHEET_CORES
};

struct lg_sheet_cell {
    const char
        *text; /* "12.3 ms"; "> 5.00 s", "failed" or "lost" among the failures; "-" if unknown */
    const char *low, *high; /* over the trials, low without its unit where high has the same;
                             * "" if they show the same, or for a total */
    double value;           /* what text shows, in the row's unit; NAN where text is no number */
    bool few;               /* fewer than ten samples lie above this percentile */
    bool bad;               /* a loss, an error: worth a second look */
};

struct lg_sheet_row {
    const char *label; /* "p99", "lost" */
    enum lg_sheet_unit unit;
    struct lg_sheet_cell *cells; /* one per column */
    bool brief;                  /* one of the few that a terminal has room for */
};

struct lg_sheet_group {
    const char *title; /* "say: response time" */
    const char *note;  /* "from the intended start"; may be "" */
    const char *brief; /* the title where rows stand without a heading: "say response" */
    bool detail;       /* may be left out where room is short */
    struct lg_sheet_row *rows;
    size_t row_count;
};

struct lg_sheet_column {
    const char *name;  /* "node", as scenarios and comparisons call it */
    const char *label; /* "Node.js 24, Fastify"; may be "" */
    bool valid;        /* every check on this target's trials passed */
};

struct lg_sheet {
    struct lg_sheet_column *columns;
    size_t column_count;
    struct lg_sheet_group *groups;
    size_t group_count;
    size_t trials; /* the most that any target has */
    size_t checks; /* on the measurement, in all trials of all targets */
    bool few;      /* a cell has `few` set: the reader is owed the legend */
};

/* A percentile over several trials is the median of the trials' own percentiles, with their range:
 * trials are not pooled.  Counts of events are totals over the trials.  Failures and lost
 * deliveries rank above every success.  A percentile above which no sample lies is "-". Everything
 * is allocated from `arena` and borrows the record's text. */
struct lg_sheet *lg_sheet_make(const struct lg_record *record, struct lg_arena *arena);

/* "12.3 ms" of a number in that unit. */
const char *lg_sheet_show(struct lg_arena *arena, enum lg_sheet_unit unit, double value);

/* Of a comparison's value; its unit is ns, us, per_s, bytes, share or count.  "failed" of one that
 * lies among the failures, which is infinite. */
const char *lg_sheet_in_unit(struct lg_arena *arena, const char *unit, double value);
const char *lg_sheet_ratio(struct lg_arena *arena, double ratio); /* three significant digits */

/* A comparison as one sentence: verdict, both values, ratio and its interval.  Without an interval
 * it says so; `trials` is what the sheet says. */
const char *lg_sheet_comparison(struct lg_arena *arena, const struct lg_comparison *comparison,
                                size_t trials);

/* "\"Node js is faster\" (claim 1): CPU per completed: django at 1.9 times node [1.8, 2.0]". */
const char *lg_sheet_claim(struct lg_arena *arena, const struct lg_claim_result *claim);
/* What the verdicts are about, the same for all of a run; "" if there is none. */
const char *lg_sheet_claim_scope(const struct lg_record *record);
/* Its verdict in words: "depends on server". */
const char *lg_sheet_claim_verdict(struct lg_arena *arena, const struct lg_claim_result *claim);

/* One sentence for each server that died during a trial; NULL and 0 if none did. */
const char **lg_sheet_deaths(struct lg_arena *arena, const struct lg_record *record, size_t *count);

/* A line for each kind of failure (target, step, class, code), most frequent first, over all
 * trials; beyond `most` of them one that says how many more there are.  NULL and 0 if nothing
 * failed. */
const char **lg_sheet_failures(struct lg_arena *arena, const struct lg_record *record, size_t most,
                               size_t *count);

/* What the mark on a cell with `few` means. */
extern const char lg_sheet_few_legend[];

/* Why a figure of the sheet is not to the digit that of the headline, an objective or a comparison:
 * for runs of several trials. */
extern const char lg_sheet_pooled_legend[];

#endif
