#include "analysis/debate_figures.h"

#include "analysis/compare_cell.h"
#include "analysis/debate_parts.h"

#include <math.h>

/* The first trial of the run; all have the same steps. */
static const struct lg_trial_result *any_trial(const struct lg_record *record)
{
    for (size_t i = 0; i < record->target_count; i++) {
        if (record->targets[i].trial_count > 0) {
            return &record->targets[i].trials[0];
        }
    }
    return NULL;
}

static struct lg_metric step_metric(const struct lg_trial_result *trial,
                                    const struct lg_step_result *step, double q,
                                    struct lg_arena *arena)
{
    const struct lg_users_result *users = lg_step_users(trial, step);
    bool open = users != NULL && lg_users_open(users);
    return (struct lg_metric){
        .name =
            lg_arena_printf(arena, "%s %s p%g", step->name, open ? "response" : "service", q * 100),
        .kind = LG_METRIC_QUANTILE,
        .what = {LG_POOL_STEP, step->name, open ? LG_PHASE_RESPONSE : LG_PHASE_SERVICE},
        .q = q,
        .unit = "ns",
        .less_is_better = true};
}

static struct lg_metric delivery_metric(const struct lg_trial_result *trial, struct lg_arena *arena)
{
    const char *name = trial->deliveries[0].name;
    return (struct lg_metric){.name = lg_arena_printf(arena, "%s delivery p99", name),
                              .kind = LG_METRIC_QUANTILE,
                              .what = {.kind = LG_POOL_DELIVERY, .name = name},
                              .q = 0.99,
                              .unit = "ns",
                              .less_is_better = true};
}

static struct lg_metric total_metric(enum lg_debate_figure figure,
                                     const struct lg_trial_result *trial)
{
    bool deliveries = trial->deliveries_count > 0;
    switch (figure) {
    case LG_DEBATE_COST:
        return (struct lg_metric){.name = deliveries ? "CPU per delivery" : "CPU per completed",
                                  .kind =
                                      deliveries ? LG_METRIC_CPU_DELIVERY : LG_METRIC_CPU_COMPLETED,
                                  .unit = "us",
                                  .less_is_better = true};
    case LG_DEBATE_IDLE_MEMORY:
        return (struct lg_metric){.name = "idle RSS",
                                  .kind = LG_METRIC_RSS_IDLE,
                                  .unit = "bytes",
                                  .less_is_better = true};
    case LG_DEBATE_PEAK_MEMORY:
        return (struct lg_metric){
            .name = "peak RSS", .kind = LG_METRIC_RSS, .unit = "bytes", .less_is_better = true};
    default:
        LG_ASSERT(figure == LG_DEBATE_USER_MEMORY);
        return (struct lg_metric){.name = "RSS per connection",
                                  .kind = LG_METRIC_RSS_CONNECTION,
                                  .unit = "bytes",
                                  .less_is_better = true};
    }
}

struct lg_metric *lg_debate_metrics(enum lg_debate_figure figure, const struct lg_record *record,
                                    struct lg_arena *arena, size_t *count)
{
    struct lg_metric *rows = NULL;
    const struct lg_trial_result *trial = any_trial(record);
    *count = 0;
    if (trial == NULL) {
        return NULL;
    }
    const struct lg_metric *part = lg_debate_part(figure);
    bool tail = figure == LG_DEBATE_TAIL || figure == LG_DEBATE_STEP_TAIL;
    const struct lg_step_result *step = lg_main_step(trial);
    if (part != NULL) {
        *LG_ARENA_PUSH(arena, rows, *count) = *part;
    } else if (figure == LG_DEBATE_TAIL && trial->deliveries_count > 0) {
        *LG_ARENA_PUSH(arena, rows, *count) = delivery_metric(trial, arena);
    } else if (tail && step != NULL) {
        *LG_ARENA_PUSH(arena, rows, *count) = step_metric(trial, step, 0.99, arena);
    } else if (figure == LG_DEBATE_STEPS) {
        for (size_t i = 0; i < trial->step_count; i++) {
            if (!trial->steps[i].setup) {
                *LG_ARENA_PUSH(arena, rows, *count) =
                    step_metric(trial, &trial->steps[i], 0.5, arena);
            }
        }
    } else if (!tail) {
        *LG_ARENA_PUSH(arena, rows, *count) = total_metric(figure, trial);
    }
    return rows;
}

/* As in run.json. */
static const char *finding_name(enum lg_debate_finding finding)
{
    static const char *const names[] = {
        [LG_DEBATE_MISSING] = "unclear", [LG_DEBATE_BETTER] = "better",
        [LG_DEBATE_WORSE] = "worse",     [LG_DEBATE_SAME] = "same",
        [LG_DEBATE_NEARLY] = "unclear",  [LG_DEBATE_UNCLEAR] = "unclear"};
    return names[finding];
}

/* By how much the side is worse: its figure over the other's, or the inverse. */
static enum lg_debate_finding find(double low, double high)
{
    const double margin = 1 + LG_COMPARE_MARGIN;
    if (high < 1 / margin) {
        return LG_DEBATE_BETTER;
    }
    if (low > margin) {
        return LG_DEBATE_WORSE;
    }
    if (low > 1 / margin && high < margin) {
        return LG_DEBATE_SAME;
    }
    return high < margin ? LG_DEBATE_NEARLY : LG_DEBATE_UNCLEAR;
}

enum lg_debate_finding lg_debate_hold(const struct lg_metric *metric,
                                      const struct lg_target_result *node,
                                      const struct lg_target_result *django,
                                      enum lg_debate_side side, struct lg_claim_evidence *evidence)
{
    struct lg_compare_cell cell = {.metric = metric, .a = node, .b = django, .paired = true};
    *evidence = (struct lg_claim_evidence){
        .figure = metric->name, .a = node->name, .b = django->name, .value = NAN};
    if (!lg_compare_fill(&cell) || !cell.judged) {
        evidence->finding = finding_name(LG_DEBATE_MISSING);
        return LG_DEBATE_MISSING;
    }
    double low = cell.ratio.interval.low, high = cell.ratio.interval.high;
    evidence->value = cell.ratio.ratio;
    evidence->low = low;
    evidence->high = high;
    bool django_worse = side == LG_DEBATE_DJANGO;
    enum lg_debate_finding finding =
        django_worse == metric->less_is_better ? find(low, high) : find(1 / high, 1 / low);
    evidence->finding = finding_name(finding);
    return finding;
}

/* Would it be as many if the server did them all at once? */
static bool asks_for(const struct lg_trial_result *trial, double asked)
{
    double wanted = 0;
    for (size_t i = 0; i < trial->users_count; i++) {
        const struct lg_users_result *users = &trial->users[i];
        wanted += lg_users_open(users) ? users->intended_per_s * LG_DEBATE_WAIT_S
                                       : (double)users->connections;
    }
    return wanted >= asked;
}

bool lg_debate_level(enum lg_debate_figure figure, double asked,
                     const struct lg_target_result *lane, struct lg_claim_evidence *evidence)
{
    const struct lg_metric *part = lg_debate_part(figure);
    LG_ASSERT(part != NULL);
    double sum = 0, low = INFINITY, high = 0;
    *evidence = (struct lg_claim_evidence){
        .figure = part->name, .a = lane->name, .b = "", .value = NAN, .finding = "unclear"};
    for (size_t i = 0; i < lane->trial_count; i++) {
        const struct lg_trial_result *trial = &lane->trials[i];
        double value = part->compute(trial);
        if (value < 0 || (figure == LG_DEBATE_AT_ONCE && !asks_for(trial, asked))) {
            return false;
        }
        sum += value;
        low = fmin(low, value);
        high = fmax(high, value);
    }
    if (lane->trial_count > 0) {
        evidence->value = sum / (double)lane->trial_count;
        evidence->low = low;
        evidence->high = high;
    }
    return lane->trial_count > 0;
}
