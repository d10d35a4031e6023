/* One metric of one target beside another: how compare.c (targets of one run) and between.c (two
 * runs) come to a verdict; only they know it. */
#ifndef LG_ANALYSIS_COMPARE_CELL_H
#define LG_ANALYSIS_COMPARE_CELL_H

#include "analysis/compare.h"
#include "analysis/metric.h"

struct lg_compare_cell {
    const struct lg_metric *metric;
    const struct lg_target_result *a, *b;
    bool paired; /* trials of one number ran side by side; else they are independent */
    struct lg_comparison row;
    struct lg_ratio ratio; /* of a share only its p */
    struct lg_shift shift; /* of a share */
    bool incomplete;       /* a trial lacks the figure */
    bool judged;           /* takes part in Holm's rule */
    double alpha;
};

/* Takes cell->metric, a, b and paired, and measures the rest.  False: nothing to compare. */
bool lg_compare_fill(struct lg_compare_cell *cell);

/* Holm 1979 over all cells that are judged: sets their alpha.  O(count^2). */
void lg_compare_share_alpha(struct lg_compare_cell *cells, size_t count);

/* Completes the row: interval, difference, words. */
void lg_compare_decide(struct lg_compare_cell *cell, struct lg_arena *arena);

/* Trials of one number ran side by side.  NULL: the target has none of this number. */
const struct lg_trial_result *lg_compare_trial(const struct lg_target_result *target,
                                               unsigned number);

/* A trial of the target was interrupted or breached a check. */
bool lg_compare_spoilt(const struct lg_target_result *target);

#endif
