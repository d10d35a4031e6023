#include "analysis/compare_cell.h"

#include "analysis/validity.h"
#include "base/units.h"

#include <math.h>
#include <stdlib.h>

static bool is_share(const struct lg_compare_cell *cell)
{
    return cell->metric->kind == LG_METRIC_ERRORS || cell->metric->kind == LG_METRIC_LOST;
}

/* ---- measuring ---- */

struct sides {
    double *a, *b;
    size_t na, nb;
};

const struct lg_trial_result *lg_compare_trial(const struct lg_target_result *target,
                                               unsigned number)
{
    for (size_t i = 0; i < target->trial_count; i++) {
        if (target->trials[i].number == number) {
            return &target->trials[i];
        }
    }
    return NULL;
}

/* A ratio needs values above 0; of a share 0 is a value. */
static bool usable(const struct lg_compare_cell *cell, double value)
{
    return isfinite(value) && (value > 0 || (value == 0 && is_share(cell)));
}

static void gather_pairs(struct lg_compare_cell *cell, struct sides *s)
{
    size_t tried = 0;
    for (size_t i = 0; i < cell->a->trial_count; i++) {
        const struct lg_trial_result *trial = &cell->a->trials[i];
        const struct lg_trial_result *other = lg_compare_trial(cell->b, trial->number);
        if (other == NULL) {
            continue;
        }
        tried++;
        double x = lg_metric_read(cell->metric, trial, 1);
        double y = lg_metric_read(cell->metric, other, 1);
        if (usable(cell, x) && usable(cell, y)) {
            s->a[s->na++] = x;
            s->b[s->nb++] = y;
        }
    }
    cell->incomplete = s->na < tried || tried == 0;
}

static size_t gather_side(const struct lg_compare_cell *cell, const struct lg_target_result *side,
                          double *out)
{
    size_t count = 0;
    for (size_t i = 0; i < side->trial_count; i++) {
        double x = lg_metric_read(cell->metric, &side->trials[i], 1);
        if (usable(cell, x)) {
            out[count++] = x;
        }
    }
    return count;
}

static void gather_all(struct lg_compare_cell *cell, struct sides *s)
{
    s->na = gather_side(cell, cell->a, s->a);
    s->nb = gather_side(cell, cell->b, s->b);
    cell->incomplete =
        s->na < cell->a->trial_count || s->nb < cell->b->trial_count || s->na == 0 || s->nb == 0;
}

static void measure(struct lg_compare_cell *cell, const struct sides *s)
{
    const double level = LG_COMPARE_LEVEL;
    if (is_share(cell)) {
        cell->shift = lg_stats_shift_welch(s->a, s->na, s->b, s->nb, level);
        cell->ratio.p = cell->shift.p;
        cell->ratio.interval.known = cell->shift.interval.known;
    } else if (cell->paired) {
        cell->ratio = lg_stats_ratio_paired(s->a, s->b, s->na, level);
    } else {
        cell->ratio = lg_stats_ratio_welch(s->a, s->na, s->b, s->nb, level);
    }
    cell->row.a12 = lg_stats_a12(s->a, s->na, s->b, s->nb);
}

static void set_ratio(struct lg_compare_cell *cell)
{
    struct lg_comparison *row = &cell->row;
    bool single = cell->a->trial_count == 1 && cell->b->trial_count == 1;
    if (is_share(cell) || row->trials == 0) {
        return;
    }
    if ((single || (cell->paired && row->trials == 1)) && row->value_a > 0 &&
        isfinite(row->value_a) && isfinite(row->value_b)) {
        row->ratio = row->value_b / row->value_a;
    } else if (!cell->incomplete) {
        row->ratio = cell->ratio.ratio;
    }
}

static bool read_values(struct lg_compare_cell *cell)
{
    const struct lg_metric *metric = cell->metric;
    const struct lg_target_result *a = cell->a, *b = cell->b;
    double value_a = lg_metric_read(metric, a->trials, a->trial_count);
    double value_b = lg_metric_read(metric, b->trials, b->trial_count);
    bool supported = lg_metric_supported(metric, a->trials, a->trial_count) &&
                     lg_metric_supported(metric, b->trials, b->trial_count);
    cell->row = (struct lg_comparison){.metric = metric->name,
                                       .a = a->name,
                                       .b = b->name,
                                       .value_a = value_a,
                                       .value_b = value_b,
                                       .unit = metric->unit,
                                       .difference = LG_DIFFERENCE_NOT_JUDGED,
                                       .a12 = -1};
    return value_a >= 0 && value_b >= 0 && supported;
}

bool lg_compare_fill(struct lg_compare_cell *cell)
{
    struct sides s = {0};
    if (!read_values(cell)) {
        return false;
    }
    s.a = lg_alloc_array(cell->a->trial_count + 1, sizeof *s.a);
    s.b = lg_alloc_array(cell->a->trial_count + cell->b->trial_count + 1, sizeof *s.b);
    if (cell->paired) {
        gather_pairs(cell, &s);
    } else {
        gather_all(cell, &s);
    }
    cell->row.trials = (unsigned)(s.na < s.nb ? s.na : s.nb);
    if (cell->row.trials > 0) {
        measure(cell, &s);
    }
    set_ratio(cell);
    cell->judged = !cell->incomplete && !lg_compare_spoilt(cell->a) &&
                   !lg_compare_spoilt(cell->b) && cell->row.trials >= LG_COMPARE_TRIALS &&
                   cell->ratio.interval.known;
    free(s.a);
    free(s.b);
    return true;
}

bool lg_compare_spoilt(const struct lg_target_result *target)
{
    for (size_t i = 0; i < target->trial_count; i++) {
        if (target->trials[i].interrupted || lg_validity_breached(&target->trials[i])) {
            return true;
        }
    }
    return false;
}

/* ---- judging ---- */

/* The k-th smallest of m p values is held against 0.05 / (m - k + 1), and after the first that
 * fails all larger ones fail too. */
void lg_compare_share_alpha(struct lg_compare_cell *cells, size_t count)
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

static struct lg_judgement judge_share(const struct lg_compare_cell *cell)
{
    const struct lg_shift *s = &cell->shift;
    double margin = LG_COMPARE_POINTS;
    if (s->interval.low > -margin && s->interval.high < margin) {
        return (struct lg_judgement){LG_DIFFERENCE_WITHIN, 0};
    }
    if (s->p <= cell->alpha) {
        bool better = cell->metric->less_is_better ? s->by < 0 : s->by > 0;
        return (struct lg_judgement){better ? LG_DIFFERENCE_BETTER : LG_DIFFERENCE_WORSE, 0};
    }
    size_t trials = cell->row.trials;
    double seen = fabs(s->by) - s->sd / sqrt((double)trials);
    size_t needed =
        lg_stats_trials_needed(s->sd, fmax(margin, seen) / 2, 1 - cell->alpha, LG_COMPARE_MOST);
    return (struct lg_judgement){LG_DIFFERENCE_UNCLEAR, needed > trials ? needed - trials : 1};
}

/* ---- words ---- */

static const char *few_text(const struct lg_compare_cell *cell, struct lg_arena *arena)
{
    return cell->row.trials < LG_COMPARE_CLAIM
               ? lg_arena_printf(arena, "; %u trials each, a claim takes %d", cell->row.trials,
                                 LG_COMPARE_CLAIM)
               : "";
}

/* The interval of a ratio stands beside it; that of a difference of shares only here. */
static const char *difference_text(const struct lg_compare_cell *cell, struct lg_arena *arena)
{
    const struct lg_comparison *row = &cell->row;
    const struct lg_interval *i = &cell->shift.interval;
    bool better = row->difference == LG_DIFFERENCE_BETTER;
    const char *word = better ? cell->metric->better : cell->metric->worse;
    const char *few = few_text(cell, arena);
    char ratio[48];
    if (is_share(cell)) {
        return lg_arena_printf(arena,
                               "%s: by %.3g points (95 %% interval of the difference %.3g to "
                               "%.3g%s)",
                               word, 100 * fabs(cell->shift.by), 100 * i->low, 100 * i->high, few);
    }
    return lg_arena_printf(arena, "%s: %s%s", word, lg_compare_show_ratio(ratio, row->ratio), few);
}

static const char *within_text(const struct lg_compare_cell *cell)
{
    if (!is_share(cell)) {
        return "the same within 5 %";
    }
    return cell->row.value_a == 0 && cell->row.value_b == 0 ? "none in either"
                                                            : "the same within 0.1 points";
}

static const char *unclear_text(const struct lg_compare_cell *cell, size_t more,
                                struct lg_arena *arena)
{
    if (cell->row.trials + more >= LG_COMPARE_MOST) {
        return "cannot tell: the trials differ too much; 1,000 would not settle it";
    }
    return lg_arena_printf(arena, "cannot tell: about %zu more trial%s each needed", more,
                           more == 1 ? "" : "s");
}

static const char *missing_text(const struct lg_compare_cell *cell, struct lg_arena *arena)
{
    bool in_a = isinf(cell->row.value_a);
    bool in_b = isinf(cell->row.value_b);
    if (in_a || in_b) {
        return lg_arena_printf(arena, "not judged: it lies among the failed or lost of %s%s%s",
                               in_a ? cell->a->label : "", in_a && in_b ? " and " : "",
                               in_b ? cell->b->label : "");
    }
    return lg_compare_spoilt(cell->a) || lg_compare_spoilt(cell->b)
               ? "not judged: a trial is invalid or was interrupted"
               : "not judged: a trial lacks the figure";
}

static const char *few_trials_text(const struct lg_compare_cell *cell)
{
    if (!cell->paired && cell->a->trial_count != cell->b->trial_count) {
        return "fewer than three trials on one side: no interval";
    }
    return cell->row.trials == 1 ? "one run each: no interval"
                                 : "two trials each: an interval takes three";
}

void lg_compare_decide(struct lg_compare_cell *cell, struct lg_arena *arena)
{
    struct lg_comparison *row = &cell->row;
    if (cell->incomplete || lg_compare_spoilt(cell->a) || lg_compare_spoilt(cell->b)) {
        row->verdict = missing_text(cell, arena);
        return;
    }
    if (row->trials < LG_COMPARE_TRIALS) {
        row->difference = LG_DIFFERENCE_NO_INTERVAL;
        row->verdict = few_trials_text(cell);
        return;
    }
    row->low = cell->ratio.interval.low;
    row->high = cell->ratio.interval.high;
    struct lg_judgement j = is_share(cell)
                                ? judge_share(cell)
                                : lg_compare_judge(&cell->ratio, row->trials, cell->alpha,
                                                   cell->metric->less_is_better);
    row->difference = j.difference;
    if (j.difference == LG_DIFFERENCE_WITHIN) {
        row->verdict = within_text(cell);
    } else if (j.difference == LG_DIFFERENCE_UNCLEAR) {
        row->verdict = unclear_text(cell, j.more, arena);
    } else {
        row->verdict = difference_text(cell, arena);
    }
}
