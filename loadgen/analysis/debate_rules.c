#include "analysis/debate_rules.h"

#include "analysis/compare_cell.h"
#include "analysis/debate_figures.h"

#include <math.h>

bool lg_debate_compares(enum lg_debate_rule rule)
{
    return rule != LG_DEBATE_BELOW && rule != LG_DEBATE_ABOVE && rule != LG_DEBATE_WITHIN &&
           rule != LG_DEBATE_OBJECTIVES;
}

/* ---- one lane against another ---- */

struct tally {
    size_t better, worse, same, nearly, unclear, missing, all;
};

static enum lg_debated by_rule(enum lg_debate_rule rule, const struct tally *t)
{
    if (t->missing > 0 || t->all == 0) {
        return LG_DEBATED_NOT_JUDGED;
    }
    bool all_same = t->same == t->all;
    switch (rule) {
    case LG_DEBATE_EVERY:
        return t->better == t->all        ? LG_DEBATED_SUPPORTED
               : t->worse > 0 || all_same ? LG_DEBATED_REFUTED
                                          : LG_DEBATED_INCONCLUSIVE;
    case LG_DEBATE_NOT_WORSE:
        return t->better + t->same + t->nearly == t->all ? LG_DEBATED_SUPPORTED
               : t->worse > 0                            ? LG_DEBATED_REFUTED
                                                         : LG_DEBATED_INCONCLUSIVE;
    case LG_DEBATE_ANY:
        return t->worse > 0 || all_same           ? LG_DEBATED_REFUTED
               : t->better > 0 && t->unclear == 0 ? LG_DEBATED_SUPPORTED
                                                  : LG_DEBATED_INCONCLUSIVE;
    case LG_DEBATE_WITHIN_BETTER:
        return t->better == t->all           ? LG_DEBATED_SUPPORTED
               : t->worse > 0 || t->same > 0 ? LG_DEBATED_REFUTED
                                             : LG_DEBATED_INCONCLUSIVE;
    default:
        LG_ASSERT(rule == LG_DEBATE_TWO);
        return t->worse > 1 || all_same                      ? LG_DEBATED_REFUTED
               : t->better > 1 && t->worse + t->unclear == 0 ? LG_DEBATED_SUPPORTED
                                                             : LG_DEBATED_INCONCLUSIVE;
    }
}

static void count(struct tally *t, enum lg_debate_finding finding)
{
    t->better += finding == LG_DEBATE_BETTER;
    t->worse += finding == LG_DEBATE_WORSE;
    t->same += finding == LG_DEBATE_SAME;
    t->nearly += finding == LG_DEBATE_NEARLY;
    t->unclear += finding == LG_DEBATE_UNCLEAR;
    t->missing += finding == LG_DEBATE_MISSING;
    t->all++;
}

static struct tally compare(const struct lg_record *record, const struct lg_debate_claim *claim,
                            const struct lg_target_result *node,
                            const struct lg_target_result *django, const char *step, size_t from,
                            struct lg_claim_result *out)
{
    struct tally tally = {0};
    for (size_t i = from; i < LG_DEBATE_MOST_FIGURES && claim->figures[i] != LG_DEBATE_NONE; i++) {
        size_t rows = 0;
        struct lg_metric *metrics =
            lg_debate_metrics(claim->figures[i], record, record->arena, &rows);
        tally.missing += rows == 0;
        for (size_t k = 0; k < rows; k++) {
            if (step != NULL && strcmp(metrics[k].what.name, step) != 0) {
                continue;
            }
            struct lg_claim_evidence *e =
                LG_ARENA_PUSH(record->arena, out->evidence, out->evidence_count);
            count(&tally, lg_debate_hold(&metrics[k], node, django, claim->side, e));
        }
    }
    return tally;
}

/* ---- levels of one lane ---- */

enum level { MISSING, SUPPORTS, REFUTES, BETWEEN };

static const char *with_limits(const char *figure, const double limits[2], struct lg_arena *arena)
{
    return limits[0] == limits[1]
               ? lg_arena_printf(arena, "%s, limit %g", figure, limits[0])
               : lg_arena_printf(arena, "%s, limits %g and %g", figure, limits[0], limits[1]);
}

/* The level of one figure: supports below `low`, refutes from `high` on; turned round, supports
 * above `low` and refutes up to `high`. */
static enum level level_of(const struct lg_record *record, enum lg_debate_figure figure,
                           const double limits[2], bool above, const struct lg_target_result *lane,
                           struct lg_claim_result *out)
{
    struct lg_claim_evidence *e = LG_ARENA_PUSH(record->arena, out->evidence, out->evidence_count);
    bool known = lg_debate_level(figure, limits[1], lane, e);
    e->figure = with_limits(e->figure, limits, record->arena);
    if (!known) {
        return MISSING;
    }
    bool supports = above ? e->low > limits[0] : e->high < limits[0];
    bool refutes = above ? e->high <= limits[1] : e->low >= limits[1];
    e->finding = supports ? "supports" : refutes ? "refutes" : "unclear";
    return supports ? SUPPORTS : refutes ? REFUTES : BETWEEN;
}

/* All of them below their limits, or above; `any` refutes then, or all must. */
static enum lg_debated levels(const struct lg_record *record, const struct lg_debate_claim *claim,
                              const struct lg_target_result *lane, struct lg_claim_result *out)
{
    size_t of[4] = {0}, all = 0;
    bool within = claim->rule == LG_DEBATE_WITHIN;
    while (all < LG_DEBATE_MOST_FIGURES && claim->figures[all] != LG_DEBATE_NONE) {
        const double same[2] = {claim->limits[all % 2], claim->limits[all % 2]};
        of[level_of(record, claim->figures[all], within ? same : claim->limits,
                    claim->rule == LG_DEBATE_ABOVE, lane, out)]++;
        all++;
    }
    bool refuted = within ? of[REFUTES] > 0 : of[REFUTES] == all;
    return of[MISSING] > 0       ? LG_DEBATED_NOT_JUDGED
           : of[SUPPORTS] == all ? LG_DEBATED_SUPPORTED
           : refuted             ? LG_DEBATED_REFUTED
                                 : LG_DEBATED_INCONCLUSIVE;
}

static enum lg_debated meets_objectives(const struct lg_record *record,
                                        const struct lg_target_result *lane)
{
    size_t met = 0, missed = 0, rest = 0;
    for (size_t i = 0; i < record->objective_count; i++) {
        const struct lg_objective_result *o = &record->objectives[i];
        if (strcmp(o->target, lane->name) == 0) {
            met += o->state == LG_OBJECTIVE_MET;
            missed += o->state == LG_OBJECTIVE_MISSED;
            rest += o->state == LG_OBJECTIVE_NOT_JUDGED;
        }
    }
    return missed > 0             ? LG_DEBATED_REFUTED
           : met > 0 && rest == 0 ? LG_DEBATED_SUPPORTED
                                  : LG_DEBATED_NOT_JUDGED;
}

enum lg_debated lg_debate_lane(const struct lg_record *record, const struct lg_debate_claim *claim,
                               const struct lg_target_result *lane, struct lg_claim_result *out)
{
    return claim->rule == LG_DEBATE_OBJECTIVES ? meets_objectives(record, lane)
                                               : levels(record, claim, lane, out);
}

/* ---- a level and a comparison ---- */

static enum lg_debated within_better(const struct lg_record *record,
                                     const struct lg_debate_claim *claim,
                                     const struct lg_target_result *node,
                                     const struct lg_target_result *django,
                                     struct lg_claim_result *out)
{
    const struct lg_target_result *own = claim->side == LG_DEBATE_NODE ? node : django;
    const double limits[2] = {claim->limits[0], claim->limits[0]};
    enum level level = level_of(record, claim->figures[0], limits, false, own, out);
    struct tally tally = compare(record, claim, node, django, NULL, 1, out);
    enum lg_debated others = by_rule(claim->rule, &tally);
    if (level == MISSING || others == LG_DEBATED_NOT_JUDGED) {
        return LG_DEBATED_NOT_JUDGED;
    }
    return level == REFUTES               ? LG_DEBATED_REFUTED
           : level == SUPPORTS            ? others
           : others == LG_DEBATED_REFUTED ? LG_DEBATED_REFUTED
                                          : LG_DEBATED_INCONCLUSIVE;
}

/* ---- what the compiler is worth ---- */

/* ln(of / base), of the medians of a step; NAN: not measured. */
static double distance(const struct lg_target_result *base, const struct lg_target_result *of,
                       unsigned number, const char *kernel)
{
    struct lg_metric median = {
        .kind = LG_METRIC_QUANTILE, .what = {LG_POOL_STEP, kernel, LG_PHASE_SERVICE}, .q = 0.5};
    const struct lg_trial_result *a = lg_compare_trial(base, number),
                                 *b = lg_compare_trial(of, number);
    if (a == NULL || b == NULL || !lg_metric_supported(&median, a, 1) ||
        !lg_metric_supported(&median, b, 1)) {
        return NAN;
    }
    double x = lg_metric_read(&median, a, 1), y = lg_metric_read(&median, b, 1);
    return x > 0 && isfinite(x) && isfinite(y) && y > 0 ? log(y / x) : NAN;
}

/* Of one kernel, over the trials; false: not in each, or there is no distance to explain. */
static bool share_of(const struct lg_target_result *node, const struct lg_target_result *without,
                     const struct lg_target_result *django, const char *kernel,
                     struct lg_claim_evidence *e)
{
    e->low = INFINITY;
    e->high = -INFINITY;
    for (size_t i = 0; i < node->trial_count; i++) {
        unsigned number = node->trials[i].number;
        double all = distance(node, django, number, kernel);
        double share = distance(node, without, number, kernel) / all;
        if (!(all > log(1 + 0.05)) || !isfinite(share)) {
            return false;
        }
        e->value += share / (double)node->trial_count;
        e->low = fmin(e->low, share);
        e->high = fmax(e->high, share);
    }
    return node->trial_count > 0;
}

static enum lg_debated compiler(const struct lg_record *record, const struct lg_target_result *node,
                                const struct lg_target_result *django, struct lg_claim_result *out)
{
    static const char *const kernels[] = LG_DEBATE_KERNELS;
    const size_t all = sizeof kernels / sizeof *kernels;
    const struct lg_target_result *without = lg_debate_target(record, LG_DEBATE_JITLESS);
    size_t supports = 0, refutes = 0;
    for (size_t i = 0; i < all && without != NULL; i++) {
        struct lg_claim_evidence e = {
            .figure = lg_arena_printf(record->arena, "%s: share of the distance from %s to %s",
                                      kernels[i], node->name, django->name),
            .a = without->name,
            .b = ""};
        if (!share_of(node, without, django, kernels[i], &e)) {
            return LG_DEBATED_NOT_JUDGED;
        }
        e.finding = e.low >= 0.5 ? "supports" : e.high < 0.5 ? "refutes" : "unclear";
        supports += e.low >= 0.5;
        refutes += e.high < 0.5;
        *LG_ARENA_PUSH(record->arena, out->evidence, out->evidence_count) = e;
    }
    return without == NULL      ? LG_DEBATED_NOT_JUDGED
           : 2 * supports > all ? LG_DEBATED_SUPPORTED
           : 2 * refutes > all  ? LG_DEBATED_REFUTED
                                : LG_DEBATED_INCONCLUSIVE;
}

enum lg_debated lg_debate_pair(const struct lg_record *record, const struct lg_debate_claim *claim,
                               const struct lg_target_result *node,
                               const struct lg_target_result *django, const char *step,
                               struct lg_claim_result *out)
{
    if (claim->rule == LG_DEBATE_SHARE) {
        return compiler(record, node, django, out);
    }
    if (claim->rule == LG_DEBATE_WITHIN_BETTER) {
        return within_better(record, claim, node, django, out);
    }
    struct tally tally = compare(record, claim, node, django, step, 0, out);
    return by_rule(claim->rule, &tally);
}
