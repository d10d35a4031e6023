#include "analysis/debate_verdict.h"

#include "analysis/compare_cell.h"
#include "analysis/debate_figures.h"
#include "analysis/headline.h"

#include <math.h>

/* ---- lanes ---- */

struct lanes {
    const struct lg_target_result **of[2]; /* by enum lg_debate_side */
    size_t count[2];
};

static const char *version_of(const struct lg_target_result *target, const char *name)
{
    for (size_t i = 0; i < target->version_count; i++) {
        if (strcmp(target->versions[i].name, name) == 0) {
            return target->versions[i].value;
        }
    }
    return NULL;
}

static struct lanes lanes_of(const struct lg_record *record)
{
    static const char *const stacks[] = {[LG_DEBATE_NODE] = "node", [LG_DEBATE_DJANGO] = "django"};
    struct lanes lanes = {0};
    for (size_t i = 0; i < record->target_count; i++) {
        const struct lg_target_result *target = &record->targets[i];
        const char *stack = version_of(target, "stack");
        stack = stack != NULL ? stack : target->name;
        for (size_t side = 0; side < 2; side++) {
            if (strncmp(stack, stacks[side], strlen(stacks[side])) == 0) {
                *LG_ARENA_PUSH(record->arena, lanes.of[side], lanes.count[side]) = target;
            }
        }
    }
    return lanes;
}

/* "Fastify 5.12.8 on Node.js 24.19.0" */
static void add_stack(struct lg_buf *out, const struct lg_target_result *lane,
                      enum lg_debate_side side)
{
    const char *framework = version_of(lane, side == LG_DEBATE_NODE ? "fastify" : "django");
    const char *runtime = version_of(lane, "runtime");
    lg_buf_adds(out, side == LG_DEBATE_NODE ? "Fastify" : "Django");
    if (framework != NULL && framework[0] != '\0') {
        lg_buf_addf(out, " %s", framework);
    }
    if (runtime != NULL && runtime[0] != '\0') {
        lg_buf_addf(out, " on %s", runtime);
    }
}

static const char *scope_of(const struct lg_record *record, const struct lanes *lanes)
{
    struct lg_buf out = {0};
    for (size_t side = 0; side < 2; side++) {
        if (lanes->count[side] > 0) {
            lg_buf_adds(&out, out.n > 0 ? " against " : "");
            add_stack(&out, lanes->of[side][0], (enum lg_debate_side)side);
        }
    }
    lg_buf_adds(&out, ", on this contract and this machine; not the languages");
    const char *text = lg_arena_strndup(record->arena, out.p, out.n);
    lg_buf_free(&out);
    return text;
}

/* ---- what forbids a verdict ---- */

static bool is_invariant(const struct lg_objective_result *objective)
{
    static const char *const words[] = {"errors",    "lost",     "duplicated",
                                        "reordered", "oversold", "diverged"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strstr(objective->text, words[i]) != NULL) {
            return true;
        }
    }
    return false;
}

static const char *broken_invariant(const struct lg_record *record,
                                    const struct lg_target_result *lane)
{
    for (size_t i = 0; i < record->objective_count; i++) {
        const struct lg_objective_result *o = &record->objectives[i];
        if (o->state == LG_OBJECTIVE_MISSED && strcmp(o->target, lane->name) == 0 &&
            is_invariant(o)) {
            return o->text;
        }
    }
    return NULL;
}

/* NULL: nothing is against a verdict about this lane. */
static const char *void_reason(const struct lg_record *record, const struct lg_target_result *lane)
{
    if (lg_target_death(lane) != NULL) {
        return lg_arena_printf(record->arena, "%s died", lane->name);
    }
    if (lg_compare_spoilt(lane)) {
        return lg_arena_printf(record->arena, "a trial of %s is not valid", lane->name);
    }
    const char *invariant = broken_invariant(record, lane);
    return invariant == NULL
               ? NULL
               : lg_arena_printf(record->arena, "%s broke an invariant: %s", lane->name, invariant);
}

static bool is_comparison(enum lg_debate_rule rule)
{
    return rule != LG_DEBATE_BELOW && rule != LG_DEBATE_ABOVE && rule != LG_DEBATE_OBJECTIVES;
}

/* The side whose lanes are judged where the rule looks at one side only. */
static enum lg_debate_side judged_side(const struct lg_debate_claim *claim)
{
    bool other = claim->rule == LG_DEBATE_BELOW || claim->rule == LG_DEBATE_ABOVE;
    bool node = (claim->side == LG_DEBATE_NODE) != other;
    return node ? LG_DEBATE_NODE : LG_DEBATE_DJANGO;
}

static bool looks_at(const struct lg_debate_claim *claim, size_t side)
{
    return is_comparison(claim->rule) || side == (size_t)judged_side(claim);
}

static bool give(struct lg_claim_result *out, enum lg_debated verdict, const char *text)
{
    out->verdict = lg_debated_name(verdict);
    out->text = text;
    return false;
}

static bool enough_lanes(const struct lg_record *record, const struct lg_debate_claim *claim,
                         const struct lanes *lanes, struct lg_claim_result *out)
{
    for (size_t side = 0; side < 2; side++) {
        if (looks_at(claim, side) && lanes->count[side] == 0) {
            return give(out, LG_DEBATED_NOT_JUDGED,
                        side == LG_DEBATE_NODE ? "it takes a lane of Node.js"
                                               : "it takes a lane of Django");
        }
        for (size_t i = 0; looks_at(claim, side) && i < lanes->count[side]; i++) {
            const struct lg_target_result *lane = lanes->of[side][i];
            const char *why = void_reason(record, lane);
            if (why != NULL) {
                return give(out, LG_DEBATED_VOID, why);
            }
            if (lane->trial_count < LG_COMPARE_CLAIM) {
                return give(out, LG_DEBATED_NOT_JUDGED,
                            lg_arena_printf(record->arena,
                                            "%s has %zu of the %d trials that a verdict takes",
                                            lane->name, lane->trial_count, LG_COMPARE_CLAIM));
            }
        }
    }
    return true;
}

/* False: *out says why there is no verdict. */
static bool may_judge(const struct lg_record *record, const struct lg_debate_claim *claim,
                      const struct lanes *lanes, struct lg_claim_result *out)
{
    if (claim->cores > record->environment.cores) {
        return give(out, LG_DEBATED_NOT_MEASURABLE,
                    lg_arena_printf(record->arena, "it takes %u cores, and this machine has %u",
                                    claim->cores, record->environment.cores));
    }
    if (claim->rule == LG_DEBATE_ELSEWHERE) {
        return give(
            out, LG_DEBATED_NOT_JUDGED,
            lg_arena_printf(record->arena, "one run cannot; what would: %s", claim->instead));
    }
    if (record->quick) {
        return give(out, LG_DEBATED_NOT_JUDGED, "a quick run cannot show it: one short trial each");
    }
    if (record->interrupted) {
        return give(out, LG_DEBATED_NOT_JUDGED, "the run was interrupted");
    }
    return enough_lanes(record, claim, lanes, out);
}

/* ---- the rules ---- */

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

/* One lane of Node against one of Django: all figures of the claim. */
static enum lg_debated judge_pair(const struct lg_record *record,
                                  const struct lg_debate_claim *claim,
                                  const struct lg_target_result *node,
                                  const struct lg_target_result *django,
                                  struct lg_claim_result *out)
{
    struct tally tally = {0};
    for (size_t i = 0; i < LG_DEBATE_MOST_FIGURES && claim->figures[i] != LG_DEBATE_NONE; i++) {
        size_t rows = 0;
        struct lg_metric *metrics =
            lg_debate_metrics(claim->figures[i], record, record->arena, &rows);
        tally.missing += rows == 0;
        for (size_t k = 0; k < rows; k++) {
            struct lg_claim_evidence *e =
                LG_ARENA_PUSH(record->arena, out->evidence, out->evidence_count);
            count(&tally, lg_debate_hold(&metrics[k], node, django, claim->side, e));
        }
    }
    return by_rule(claim->rule, &tally);
}

static enum lg_debated judge_level(const struct lg_record *record,
                                   const struct lg_debate_claim *claim,
                                   const struct lg_target_result *lane, struct lg_claim_result *out)
{
    struct lg_claim_evidence *e = LG_ARENA_PUSH(record->arena, out->evidence, out->evidence_count);
    if (!lg_debate_level(claim->figures[0], claim->limits[1], lane, e)) {
        out->evidence_count--;
        return LG_DEBATED_NOT_JUDGED;
    }
    bool below = claim->rule == LG_DEBATE_BELOW;
    bool supports = below ? e->high < claim->limits[0] : e->low > claim->limits[0];
    bool refutes = below ? e->low >= claim->limits[1] : e->high <= claim->limits[1];
    e->finding = supports ? "supports" : refutes ? "refutes" : "unclear";
    return supports ? LG_DEBATED_SUPPORTED : refutes ? LG_DEBATED_REFUTED : LG_DEBATED_INCONCLUSIVE;
}

static enum lg_debated judge_objectives(const struct lg_record *record,
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

/* ---- over all lanes ---- */

struct votes {
    size_t of[LG_DEBATED_KINDS], all;
};

static void vote(struct votes *votes, enum lg_debated verdict)
{
    votes->of[verdict]++;
    votes->all++;
}

static enum lg_debated result_of(const struct votes *votes)
{
    for (size_t i = 0; i < LG_DEBATED_KINDS; i++) {
        if (votes->of[i] == votes->all) {
            return (enum lg_debated)i;
        }
    }
    if (votes->of[LG_DEBATED_NOT_JUDGED] > 0) {
        return LG_DEBATED_NOT_JUDGED;
    }
    bool both = votes->of[LG_DEBATED_SUPPORTED] > 0 && votes->of[LG_DEBATED_REFUTED] > 0;
    return both ? LG_DEBATED_DEPENDS : LG_DEBATED_INCONCLUSIVE;
}

static struct votes vote_all(const struct lg_record *record, const struct lg_debate_claim *claim,
                             const struct lanes *lanes, struct lg_claim_result *out)
{
    struct votes votes = {0};
    enum lg_debate_side side = judged_side(claim);
    if (is_comparison(claim->rule)) {
        for (size_t n = 0; n < lanes->count[LG_DEBATE_NODE]; n++) {
            for (size_t d = 0; d < lanes->count[LG_DEBATE_DJANGO]; d++) {
                vote(&votes, judge_pair(record, claim, lanes->of[LG_DEBATE_NODE][n],
                                        lanes->of[LG_DEBATE_DJANGO][d], out));
            }
        }
        return votes;
    }
    for (size_t i = 0; i < lanes->count[side]; i++) {
        const struct lg_target_result *lane = lanes->of[side][i];
        vote(&votes, claim->rule == LG_DEBATE_OBJECTIVES ? judge_objectives(record, lane)
                                                         : judge_level(record, claim, lane, out));
    }
    return votes;
}

/* ---- words ---- */

/* "CPU per delivery: django at 2.1 times node [1.9, 2.3]" */
static void add_evidence(struct lg_buf *out, const struct lg_claim_evidence *e)
{
    lg_buf_adds(out, out->n > 0 ? "; " : "");
    if (e->b[0] == '\0') {
        lg_buf_addf(out, "%s: %s at %.3g (%.3g to %.3g over the trials)", e->figure, e->a, e->value,
                    e->low, e->high);
    } else if (!isfinite(e->value)) {
        lg_buf_addf(out, "%s: missing in a trial of %s or %s, or too few values", e->figure, e->a,
                    e->b);
    } else {
        lg_buf_addf(out, "%s: %s at %.3g times %s [%.3g, %.3g]", e->figure, e->b, e->value, e->a,
                    e->low, e->high);
    }
}

static const char *text_of(const struct lg_record *record, const struct lg_debate_claim *claim,
                           const struct lg_claim_result *result)
{
    struct lg_buf out = {0};
    for (size_t i = 0; i < result->evidence_count; i++) {
        add_evidence(&out, &result->evidence[i]);
    }
    if (claim->rule == LG_DEBATE_OBJECTIVES) {
        lg_buf_adds(&out, "by its objectives, which are listed above");
    }
    if (out.n == 0) {
        lg_buf_adds(&out, "the run has none of the figures that it takes");
    }
    const char *text = lg_arena_strndup(record->arena, out.p, out.n);
    lg_buf_free(&out);
    return text;
}

static void judge(struct lg_record *record, const struct lg_debate_claim *claim,
                  const struct lanes *lanes)
{
    struct lg_claim_result *out = LG_ARENA_PUSH(record->arena, record->claims, record->claim_count);
    *out = (struct lg_claim_result){
        .number = claim->number, .id = claim->id, .made = claim->made, .scope = ""};
    if (!may_judge(record, claim, lanes, out)) {
        return;
    }
    struct votes votes = vote_all(record, claim, lanes, out);
    enum lg_debated verdict = result_of(&votes);
    out->verdict = lg_debated_name(verdict);
    out->text = text_of(record, claim, out);
    out->scope = verdict == LG_DEBATED_NOT_JUDGED ? "" : scope_of(record, lanes);
}

void lg_debate_judge(struct lg_record *record)
{
    size_t count = 0, named = 0;
    const struct lg_debate_claim *claims = lg_debate_claims(&count);
    const char *id = record->claim != NULL ? record->claim : "";
    const char *name = record->name != NULL ? record->name : "";
    struct lanes lanes = lanes_of(record);
    record->claims = NULL;
    record->claim_count = 0;
    for (size_t i = 0; i < count; i++) {
        named += lg_debate_among(&claims[i], id) && lg_debate_tests(&claims[i], name);
    }
    for (size_t i = 0; i < count; i++) {
        if (lg_debate_among(&claims[i], id) && (named == 0 || lg_debate_tests(&claims[i], name))) {
            judge(record, &claims[i], &lanes);
        }
    }
}
