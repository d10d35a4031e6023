#include "analysis/debate_verdict.h"

#include "analysis/compare_cell.h"
#include "analysis/debate_lanes.h"
#include "analysis/debate_rules.h"
#include "analysis/debate_votes.h"
#include "analysis/headline.h"

#include <math.h>

/* ---- what forbids a verdict ---- */

static bool is_invariant(const struct lg_objective_result *objective)
{
    static const char *const words[] = {"errors", "lost", "missing", "duplicated", "reordered"};
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

/* How much of the sample is the check that failed, before the answer, if that is one that audits
 * the server's own books; else 0.  One failure is too many, and too few for most limits on errors.
 */
static size_t audit_bytes(const struct lg_error_count *error)
{
    static const char *const words[] = {"oversold", "mismatch", "diverged"};
    const char *end = error->class == LG_CHECK ? strstr(error->sample, ": ") : NULL;
    for (size_t i = 0; end != NULL && i < sizeof words / sizeof *words; i++) {
        const char *at = strstr(error->sample, words[i]);
        if (at != NULL && at < end) {
            return (size_t)(end - error->sample);
        }
    }
    return 0;
}

/* The first audit that failed; NULL: none did. */
static const char *failed_audit(const struct lg_target_result *lane, struct lg_arena *arena)
{
    for (size_t i = 0; i < lane->trial_count; i++) {
        for (size_t k = 0; k < lane->trials[i].step_count; k++) {
            const struct lg_step_result *step = &lane->trials[i].steps[k];
            for (size_t e = 0; e < step->error_count; e++) {
                size_t n = audit_bytes(&step->errors[e]);
                if (n > 0) {
                    return lg_arena_strndup(arena, step->errors[e].sample, n);
                }
            }
        }
    }
    return NULL;
}

/* NULL: nothing is against a verdict about this lane. */
static const char *void_reason(const struct lg_record *record, const struct lg_target_result *lane)
{
    if (lg_target_death(lane) != NULL) {
        return lg_arena_printf(record->arena, "a trial of %s was cut short", lane->name);
    }
    if (lg_compare_spoilt(lane)) {
        return lg_arena_printf(record->arena, "a trial of %s is not valid", lane->name);
    }
    const char *audit = failed_audit(lane, record->arena);
    const char *invariant = audit != NULL ? audit : broken_invariant(record, lane);
    return invariant == NULL
               ? NULL
               : lg_arena_printf(record->arena, "%s broke an invariant: %s", lane->name, invariant);
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
    return lg_debate_compares(claim->rule) || side == (size_t)judged_side(claim);
}

static bool give(struct lg_claim_result *out, enum lg_debated verdict, const char *text)
{
    out->verdict = lg_debated_name(verdict);
    out->text = text;
    return false;
}

static const char *lacking(const struct lg_record *record, const struct lg_debate_claim *claim,
                           size_t side)
{
    if (claim->lanes[0] != NULL) {
        return lg_arena_printf(record->arena, "it takes the target %s, which this run has not",
                               claim->lanes[side]);
    }
    return side == LG_DEBATE_NODE ? "it takes a lane of Node.js" : "it takes a lane of Django";
}

/* False: *out says why nothing can be said with this target. */
static bool is_fit(const struct lg_record *record, const struct lg_target_result *target,
                   struct lg_claim_result *out)
{
    const char *why = void_reason(record, target);
    if (why != NULL) {
        return give(out, LG_DEBATED_VOID, why);
    }
    if (target->trial_count < LG_COMPARE_CLAIM) {
        return give(out, LG_DEBATED_NOT_JUDGED,
                    lg_arena_printf(record->arena,
                                    "%s has %zu of the %d trials that a verdict takes",
                                    target->name, target->trial_count, LG_COMPARE_CLAIM));
    }
    return true;
}

static bool has_control(const struct lg_record *record, const struct lg_debate_claim *claim,
                        struct lg_claim_result *out)
{
    if (claim->rule != LG_DEBATE_SHARE) {
        return true;
    }
    const struct lg_target_result *control = lg_debate_target(record, LG_DEBATE_JITLESS);
    return control == NULL
               ? give(out, LG_DEBATED_NOT_JUDGED,
                      "it takes the target " LG_DEBATE_JITLESS ", which this run has not")
               : is_fit(record, control, out);
}

/* The scenario's name; of one that the claim does not know, the first that it does. */
static const char *tested_by(const struct lg_record *record, const struct lg_debate_claim *claim)
{
    const char *name = record->name != NULL ? record->name : "";
    return lg_debate_tests(claim, name) || claim->scenarios == NULL
               ? name
               : lg_arena_strndup(record->arena, claim->scenarios, strcspn(claim->scenarios, " "));
}

/* A lane of the same server in more processes will do, too. */
static bool has_better(const struct lg_record *record, const struct lg_debate_claim *claim,
                       const struct lg_debate_lanes *lanes, struct lg_claim_result *out)
{
    const char *better = lg_debate_better_lane(tested_by(record, claim));
    bool needed = better != NULL && claim->lanes[0] == NULL && looks_at(claim, LG_DEBATE_DJANGO);
    for (size_t i = 0; needed && i < lanes->count[LG_DEBATE_DJANGO]; i++) {
        const char *name = lanes->of[LG_DEBATE_DJANGO][i]->name;
        needed = strncmp(name, better, strlen(better)) != 0;
    }
    return !needed ||
           give(out, LG_DEBATED_NOT_JUDGED, lg_debate_needs_better(better, record->arena));
}

static bool enough_lanes(const struct lg_record *record, const struct lg_debate_claim *claim,
                         const struct lg_debate_lanes *lanes, struct lg_claim_result *out)
{
    for (size_t side = 0; side < 2; side++) {
        if (looks_at(claim, side) && lanes->count[side] == 0) {
            bool named = claim->lanes[0] != NULL;
            return give(out, named ? LG_DEBATED_NOT_MEASURABLE : LG_DEBATED_NOT_JUDGED,
                        lacking(record, claim, side));
        }
        for (size_t i = 0; looks_at(claim, side) && i < lanes->count[side]; i++) {
            if (!is_fit(record, lanes->of[side][i], out)) {
                return false;
            }
        }
    }
    return has_better(record, claim, lanes, out) && has_control(record, claim, out);
}

/* False: *out says why there is no verdict. */
static bool may_judge(const struct lg_record *record, const struct lg_debate_claim *claim,
                      const struct lg_debate_lanes *lanes, struct lg_claim_result *out)
{
    if (claim->cores > record->environment.cores) {
        return give(out, LG_DEBATED_NOT_MEASURABLE,
                    lg_arena_printf(record->arena, "it takes %u cores, and this machine has %u",
                                    claim->cores, record->environment.cores));
    }
    if (lg_debate_by(claim->rule) != LG_DEBATE_BY_RUN) {
        bool capacity = lg_debate_by(claim->rule) == LG_DEBATE_BY_CAPACITY;
        return give(out, LG_DEBATED_NOT_JUDGED,
                    capacity ? "loadgen capacity judges it, with the same scenario"
                             : "scripts/count-code judges it");
    }
    if (record->quick) {
        return give(out, LG_DEBATED_NOT_JUDGED, "a quick run cannot show it: one short trial each");
    }
    if (record->interrupted) {
        return give(out, LG_DEBATED_NOT_JUDGED, "the run was interrupted");
    }
    return enough_lanes(record, claim, lanes, out);
}

/* ---- over all lanes ---- */

static struct lg_debate_votes vote_all(const struct lg_record *record,
                                       const struct lg_debate_claim *claim,
                                       const struct lg_debate_lanes *lanes, const char *step,
                                       struct lg_claim_result *out)
{
    struct lg_debate_votes votes = {0};
    enum lg_debate_side side = judged_side(claim);
    if (lg_debate_compares(claim->rule)) {
        for (size_t n = 0; n < lanes->count[LG_DEBATE_NODE]; n++) {
            for (size_t d = 0; d < lanes->count[LG_DEBATE_DJANGO]; d++) {
                lg_debate_vote(&votes, lg_debate_pair(record, claim, lanes->of[LG_DEBATE_NODE][n],
                                                      lanes->of[LG_DEBATE_DJANGO][d], step, out));
            }
        }
        return votes;
    }
    for (size_t i = 0; i < lanes->count[side]; i++) {
        lg_debate_vote(&votes, lg_debate_lane(record, claim, lanes->of[side][i], out));
    }
    return votes;
}

/* ---- words ---- */

/* "CPU per delivery: django at 2.1 times node [1.9, 2.3]" */
static void add_evidence(struct lg_buf *out, const struct lg_claim_evidence *e)
{
    lg_buf_adds(out, out->n > 0 ? "; " : "");
    if (!isfinite(e->value)) {
        lg_buf_addf(out, "%s: missing in a trial of %s%s%s, or too few values", e->figure, e->a,
                    e->b[0] != '\0' ? " or " : "", e->b);
    } else if (e->b[0] == '\0') {
        lg_buf_addf(out, "%s: %s at %.3g (%.3g to %.3g over the trials)", e->figure, e->a, e->value,
                    e->low, e->high);
    } else {
        lg_buf_addf(out, "%s: %s at %.3g times %s [%.3g, %.3g]", e->figure, e->b, e->value, e->a,
                    e->low, e->high);
    }
}

/* One figure is as the claim has it, and another is not. */
static bool is_half_right(const struct lg_claim_result *result)
{
    bool supports = false, refutes = false;
    for (size_t i = 0; i < result->evidence_count; i++) {
        supports = supports || strcmp(result->evidence[i].finding, "supports") == 0;
        refutes = refutes || strcmp(result->evidence[i].finding, "refutes") == 0;
    }
    return supports && refutes && strcmp(result->verdict, "inconclusive") == 0;
}

static void add_caveats(const struct lg_debate_claim *claim, struct lg_buf *out)
{
    const char *const caveats[] = {claim->run_caveat, claim->caveat};
    for (size_t i = 0; i < 2; i++) {
        if (caveats[i] != NULL) {
            lg_buf_addf(out, "; caveat: %s", caveats[i]);
        }
    }
}

static const char *text_of(const struct lg_record *record, const struct lg_debate_claim *claim,
                           const char *step, const struct lg_claim_result *result)
{
    struct lg_buf figures = {0}, out = {0};
    for (size_t i = 0; i < result->evidence_count; i++) {
        add_evidence(&figures, &result->evidence[i]);
    }
    lg_buf_adds(&out, claim->each_step && step == NULL ? "all together: " : "");
    lg_buf_adds(&out, is_half_right(result) ? "half right: " : "");
    lg_buf_add(&out, figures.p, figures.n);
    if (claim->rule == LG_DEBATE_OBJECTIVES) {
        lg_buf_adds(&out, "by its objectives, which are listed above");
    } else if (figures.n == 0) {
        lg_buf_adds(&out, "the run has none of the figures that it takes, or too few values");
    }
    if (strcmp(result->verdict, "not_judged") != 0) {
        add_caveats(claim, &out);
    }
    const char *text = lg_arena_strndup(record->arena, out.p, out.n);
    lg_buf_free(&figures);
    lg_buf_free(&out);
    return text;
}

/* `step`: of this one's figures only; NULL: of all. */
static void judge(struct lg_record *record, const struct lg_debate_claim *claim, const char *step)
{
    struct lg_debate_lanes lanes = lg_debate_lanes_of(record, claim);
    struct lg_claim_result *out = LG_ARENA_PUSH(record->arena, record->claims, record->claim_count);
    *out = (struct lg_claim_result){
        .number = claim->number, .id = claim->id, .made = claim->made, .scope = ""};
    if (!may_judge(record, claim, &lanes, out)) {
        return;
    }
    struct lg_debate_votes votes = vote_all(record, claim, &lanes, step, out);
    enum lg_debated verdict = lg_debate_outcome(&votes);
    out->verdict = lg_debated_name(verdict);
    out->text = text_of(record, claim, step, out);
    out->scope = verdict == LG_DEBATED_NOT_JUDGED ? "" : lg_debate_scope(record, &lanes);
}

/* Only where there is a verdict on all: else the reason is told once. */
static void judge_steps(struct lg_record *record, const struct lg_debate_claim *claim)
{
    const struct lg_trial_result *trial = NULL;
    bool judged = record->claims[record->claim_count - 1].evidence_count > 0;
    for (size_t i = 0; i < record->target_count && trial == NULL; i++) {
        trial = record->targets[i].trial_count > 0 ? &record->targets[i].trials[0] : NULL;
    }
    for (size_t i = 0; judged && trial != NULL && i < trial->step_count; i++) {
        if (!trial->steps[i].setup) {
            judge(record, claim, trial->steps[i].name);
        }
    }
}

void lg_debate_judge(struct lg_record *record)
{
    size_t count = 0, named = 0;
    const struct lg_debate_claim *claims = lg_debate_claims(&count);
    const char *id = record->claim != NULL ? record->claim : "";
    const char *name = record->name != NULL ? record->name : "";
    record->claims = NULL;
    record->claim_count = 0;
    for (size_t i = 0; i < count; i++) {
        named += lg_debate_among(&claims[i], id) && lg_debate_tests(&claims[i], name);
    }
    for (size_t i = 0; i < count; i++) {
        if (lg_debate_among(&claims[i], id) && (named == 0 || lg_debate_tests(&claims[i], name))) {
            judge(record, &claims[i], NULL);
            if (claims[i].each_step) {
                judge_steps(record, &claims[i]);
            }
        }
    }
}
