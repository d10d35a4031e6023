#include "analysis/compare.h"

#include "analysis/compare_cell.h"

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
        snprintf(out, SIZE, "%.*f times", ratio < 9.995 ? 2 : ratio < 99.95 ? 1 : 0, ratio);
    } else {
        snprintf(out, SIZE, change < 10 ? "%.1f %% %s" : "%.0f %% %s", change,
                 ratio >= 1 ? "more" : "less");
    }
    return out;
}

static void compare_pair(struct lg_record *record, const struct lg_target_result *a,
                         const struct lg_target_result *b)
{
    size_t metric_count = 0;
    struct lg_metric *metrics = lg_metrics_of(record, record->arena, &metric_count);
    struct lg_compare_cell *cells = lg_alloc_array(metric_count + 1, sizeof *cells);
    size_t count = 0;
    for (size_t i = 0; i < metric_count; i++) {
        cells[count] =
            (struct lg_compare_cell){.metric = &metrics[i], .a = a, .b = b, .paired = true};
        count += lg_compare_fill(&cells[count]);
    }
    lg_compare_share_alpha(cells, count);
    for (size_t i = 0; i < count; i++) {
        lg_compare_decide(&cells[i], record->arena);
        *LG_ARENA_PUSH(record->arena, record->comparisons, record->comparison_count) = cells[i].row;
    }
    free(cells);
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
