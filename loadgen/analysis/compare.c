#include "analysis/compare.h"
#include "analysis/metric.h"
#include "analysis/validity.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct lg_judgement lg_compare_judge(const struct lg_ratio *ratio, size_t trials, double alpha,
                                     bool less_is_better)
{
    double margin = log(1 + LG_COMPARE_MARGIN);
    const struct lg_interval *i = &ratio->interval;
    if (!i->known || trials < LG_COMPARE_TRIALS) {
        return (struct lg_judgement){LG_DIFFERENCE_NO_INTERVAL, 0};
    }
    if (log(i->low) > -margin && log(i->high) < margin) {
        return (struct lg_judgement){LG_DIFFERENCE_WITHIN, 0};
    }
    if (ratio->p <= alpha) {
        bool better = less_is_better ? ratio->ratio < 1 : ratio->ratio > 1;
        return (struct lg_judgement){better ? LG_DIFFERENCE_BETTER : LG_DIFFERENCE_WORSE, 0};
    }
    /* What was seen is not yet established, so it counts for one standard error less. */
    double seen = fabs(log(ratio->ratio)) - ratio->sd / sqrt((double)trials);
    double half = fmax(margin, seen) / 2;
    size_t needed = lg_stats_trials_needed(ratio->sd, half, 1 - alpha, LG_COMPARE_MOST);
    return (struct lg_judgement){LG_DIFFERENCE_UNCLEAR, needed > trials ? needed - trials : 1};
}

char *lg_compare_show_ratio(char *out, double ratio)
{
    enum { SIZE = 48 };
    double change = fabs(ratio - 1) * 100;
    if (ratio >= 2) {
        snprintf(out, SIZE, ratio < 99.95 ? "%.3g times" : "%.0f times", ratio);
    } else {
        snprintf(out, SIZE, change < 10 ? "%.1f %% %s" : "%.0f %% %s", change,
                 ratio >= 1 ? "more" : "less");
    }
    return out;
}

/* One metric of one pair of targets. */
struct cell {
    struct lg_comparison *row;
    const struct lg_metric *metric;
    struct lg_ratio ratio;
    size_t pairs;    /* with a figure on both sides */
    bool incomplete; /* a pair lacks one */
    bool judged;     /* takes part in Holm's rule */
    double alpha;
};

static const struct lg_trial_result *trial_numbered(const struct lg_target_result *target,
                                                    unsigned number)
{
    for (size_t i = 0; i < target->trial_count; i++) {
        if (target->trials[i].number == number) {
            return &target->trials[i];
        }
    }
    return NULL;
}

static void take_ratio(struct cell *cell, const struct lg_target_result *a,
                       const struct lg_target_result *b)
{
    double *va = lg_alloc_array(a->trial_count + 1, sizeof *va);
    double *vb = lg_alloc_array(a->trial_count + 1, sizeof *vb);
    size_t tried = 0;
    for (size_t i = 0; i < a->trial_count; i++) {
        const struct lg_trial_result *other = trial_numbered(b, a->trials[i].number);
        if (other == NULL) {
            continue;
        }
        tried++;
        double x = lg_metric_read(cell->metric, &a->trials[i], 1);
        double y = lg_metric_read(cell->metric, other, 1);
        if (x > 0 && y > 0 && isfinite(x) && isfinite(y)) {
            va[cell->pairs] = x;
            vb[cell->pairs++] = y;
        }
    }
    cell->incomplete = cell->pairs < tried || tried == 0;
    if (cell->pairs > 0) {
        cell->ratio = lg_stats_ratio_paired(va, vb, cell->pairs, LG_COMPARE_LEVEL);
    }
    free(va);
    free(vb);
}

static bool spoilt(const struct lg_target_result *target)
{
    for (size_t i = 0; i < target->trial_count; i++) {
        if (target->trials[i].interrupted || lg_validity_breached(&target->trials[i])) {
            return true;
        }
    }
    return false;
}

static bool fill(struct cell *cell, const struct lg_target_result *a,
                 const struct lg_target_result *b)
{
    double value_a = lg_metric_read(cell->metric, a->trials, a->trial_count);
    double value_b = lg_metric_read(cell->metric, b->trials, b->trial_count);
    bool supported = lg_metric_supported(cell->metric, a->trials, a->trial_count) &&
                     lg_metric_supported(cell->metric, b->trials, b->trial_count);
    if (value_a < 0 || value_b < 0 || !supported) {
        return false;
    }
    take_ratio(cell, a, b);
    *cell->row = (struct lg_comparison){.metric = cell->metric->name,
                                        .a = a->name,
                                        .b = b->name,
                                        .value_a = value_a,
                                        .value_b = value_b,
                                        .unit = cell->metric->unit,
                                        .trials = (unsigned)cell->pairs,
                                        .difference = LG_DIFFERENCE_NOT_JUDGED};
    if (cell->pairs == 1 && value_a > 0 && isfinite(value_a) && isfinite(value_b)) {
        cell->row->ratio = value_b / value_a;
    } else if (cell->pairs > 0 && !cell->incomplete) {
        cell->row->ratio = cell->ratio.ratio;
    }
    cell->judged = !cell->incomplete && !spoilt(a) && !spoilt(b) &&
                   cell->pairs >= LG_COMPARE_TRIALS && cell->ratio.interval.known;
    return true;
}

/* Holm 1979: the k-th smallest of m p values is held against 0.05 / (m - k + 1), and after the
 * first that fails all larger ones fail too. */
static void share_alpha(struct cell *cells, size_t count)
{
    size_t judged = 0;
    for (size_t i = 0; i < count; i++) {
        judged += cells[i].judged;
    }
    for (size_t i = 0; i < count; i++) {
        size_t smaller = 0;
        for (size_t j = 0; j < count; j++) {
            smaller += cells[j].judged && (cells[j].ratio.p < cells[i].ratio.p ||
                                           (cells[j].ratio.p == cells[i].ratio.p && j < i));
        }
        cells[i].alpha = (1 - LG_COMPARE_LEVEL) / (double)(judged > smaller ? judged - smaller : 1);
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            bool failed_before = cells[j].judged && cells[j].ratio.p <= cells[i].ratio.p &&
                                 cells[j].ratio.p > cells[j].alpha;
            if (failed_before && cells[j].alpha < cells[i].alpha) {
                cells[i].alpha = cells[j].alpha;
            }
        }
    }
}

static const char *difference_text(const struct cell *cell, struct lg_arena *arena)
{
    const struct lg_comparison *row = cell->row;
    char ratio[48];
    const char *few = row->trials < LG_COMPARE_CLAIM
                          ? lg_arena_printf(arena, "; %u trials each, a claim takes %d",
                                            row->trials, LG_COMPARE_CLAIM)
                          : "";
    return lg_arena_printf(arena, "%s: %s (95 %% interval of the ratio %.3g to %.3g%s)",
                           row->difference == LG_DIFFERENCE_BETTER ? cell->metric->better
                                                                   : cell->metric->worse,
                           lg_compare_show_ratio(ratio, row->ratio), row->low, row->high, few);
}

static const char *unclear_text(const struct cell *cell, size_t more, struct lg_arena *arena)
{
    if (cell->pairs + more >= LG_COMPARE_MOST) {
        return "cannot tell: the trials differ too much; 1,000 would not settle it";
    }
    return lg_arena_printf(arena, "cannot tell: about %zu more trial%s each needed", more,
                           more == 1 ? "" : "s");
}

static const char *missing_text(const struct cell *cell, const struct lg_target_result *a,
                                const struct lg_target_result *b, struct lg_arena *arena)
{
    bool in_a = isinf(cell->row->value_a);
    bool in_b = isinf(cell->row->value_b);
    if (in_a || in_b) {
        return lg_arena_printf(arena, "not judged: it lies among the failed or lost of %s%s%s",
                               in_a ? a->label : "", in_a && in_b ? " and " : "",
                               in_b ? b->label : "");
    }
    return spoilt(a) || spoilt(b) ? "not judged: a trial is invalid or was interrupted"
                                  : "not judged: a trial lacks the figure";
}

static void judge(struct cell *cell, const struct lg_target_result *a,
                  const struct lg_target_result *b, struct lg_arena *arena)
{
    struct lg_comparison *row = cell->row;
    if (cell->incomplete || spoilt(a) || spoilt(b)) {
        row->verdict = missing_text(cell, a, b, arena);
        return;
    }
    if (cell->pairs < LG_COMPARE_TRIALS) {
        row->difference = LG_DIFFERENCE_NO_INTERVAL;
        row->verdict = cell->pairs == 1 ? "one run each: no interval"
                                        : "two trials each: an interval takes three";
        return;
    }
    row->low = cell->ratio.interval.low;
    row->high = cell->ratio.interval.high;
    struct lg_judgement j =
        lg_compare_judge(&cell->ratio, cell->pairs, cell->alpha, cell->metric->less_is_better);
    row->difference = j.difference;
    if (j.difference == LG_DIFFERENCE_WITHIN) {
        row->verdict = "the same within 5 %";
    } else if (j.difference == LG_DIFFERENCE_UNCLEAR) {
        row->verdict = unclear_text(cell, j.more, arena);
    } else {
        row->verdict = difference_text(cell, arena);
    }
}

static void compare_pair(struct lg_record *record, const struct lg_target_result *a,
                         const struct lg_target_result *b)
{
    size_t metric_count = 0;
    struct lg_metric *metrics = lg_metrics_of(record, record->arena, &metric_count);
    struct cell *cells = lg_alloc_array(metric_count + 1, sizeof *cells);
    struct lg_comparison *rows = lg_alloc_array(metric_count + 1, sizeof *rows);
    size_t count = 0;
    for (size_t i = 0; i < metric_count; i++) {
        cells[count] = (struct cell){.row = &rows[count], .metric = &metrics[i]};
        count += fill(&cells[count], a, b);
    }
    share_alpha(cells, count);
    for (size_t i = 0; i < count; i++) {
        judge(&cells[i], a, b, record->arena);
        *LG_ARENA_PUSH(record->arena, record->comparisons, record->comparison_count) = rows[i];
    }
    free(cells);
    free(rows);
}

void lg_compare(struct lg_record *record)
{
    record->comparisons = NULL;
    record->comparison_count = 0;
    for (size_t i = 1; i < record->target_count; i++) {
        if (record->targets[0].trial_count > 0 && record->targets[i].trial_count > 0) {
            compare_pair(record, &record->targets[0], &record->targets[i]);
        }
    }
}
