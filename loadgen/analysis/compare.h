/* Target b beside target a, metric by metric: a ratio, its 95 % interval over independent trials,
 * and a verdict that never says more than the trials do. */
#ifndef LG_ANALYSIS_COMPARE_H
#define LG_ANALYSIS_COMPARE_H

#include "analysis/stats.h"
#include "measure/record.h"

#define LG_COMPARE_LEVEL  0.95
#define LG_COMPARE_MARGIN 0.05  /* a difference below this does not matter */
#define LG_COMPARE_POINTS 0.001 /* the same for a share, as that may be 0 */
#define LG_COMPARE_TRIALS 3     /* a side, for an interval */
#define LG_COMPARE_CLAIM  5     /* a side, for a claim (claims.h) */
#define LG_COMPARE_MOST   1000  /* trials; more than that is announced as "more than" */

/* The verdict on one ratio b / a over `trials` pairs.
 *
 *   WITHIN         the interval lies wholly inside +- margin of the logarithm: an equivalence test
 *   BETTER, WORSE  otherwise, if p <= alpha, by the ratio's side of 1
 *   UNCLEAR        otherwise
 *
 * `more` further pairs are expected to settle an unclear one: as many as make the interval's
 * half-width half the margin, or half of the difference seen less its standard error if that is
 * more.  Simulated with 5 pairs to begin with: a true difference of the margin is found in 97, 94
 * and 87 of 100 comparisons whose trials vary by 1, 3 and 10 %; those left over announce a new
 * number.
 *
 * alpha is 0.05 for a single ratio and less for one of several: lg_compare uses Holm's step-down
 * rule over a pair's metrics, so that at most 5 of 100 comparisons of a target with itself find a
 * difference in ANY metric.  Going on until something is found would spoil that. */
struct lg_judgement {
    enum lg_difference difference;
    size_t more; /* UNCLEAR: >= 1; else 0 */
};
struct lg_judgement lg_compare_judge(const struct lg_ratio *ratio, size_t trials, double alpha,
                                     bool less_is_better);

/* Replaces record->comparisons: every later target against the first, for response (closed model:
 * service) p50 and p99 of each step, delivery p50 and p99, achieved rate, CPU per completed
 * iteration and per delivery, peak memory and memory per connection; what neither target has, or
 * has too few values of, is left out.  Trials are paired by number, as they ran interleaved.
 * value_a and value_b come from all trials pooled (percentiles) or averaged (the rest). */
void lg_compare(struct lg_record *record);

/* "11.7 times", "12 % more", "3.2 % less": how many times b is of a, ratio > 0.  Into out (>= 48).
 */
char *lg_compare_show_ratio(char *out, double ratio);

#endif
