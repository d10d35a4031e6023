#include "analysis/debate_capacity.h"

#include "analysis/compare.h"
#include "analysis/debate_lanes.h"
#include "analysis/debate_votes.h"

#include <math.h>

enum { SERVERS = 4 }; /* of which the efficiency is told */
static const double efficient = 0.8;

struct judge {
    const struct lg_debate_capacities *all;
    const struct lg_debate_claim *claim;
    struct lg_arena *arena;
    struct lg_claim_result *out;
    struct lg_debate_votes votes;
};

struct range {
    bool known;
    double low, high;
};

static struct range capacity_of(const struct lg_debate_capacity *row)
{
    const struct lg_search *s = &row->found->search;
    bool found = s->end == LG_SEARCH_FOUND; /* whatever became of the trials after it */
    return (struct range){found && s->low > 0 && isfinite(s->high), s->low, s->high};
}

static bool is_lane(const struct lg_debate_capacity *row, enum lg_debate_side side)
{
    return !lg_debate_is_control(row->target) && lg_debate_side_of(row->target) == (int)side;
}

/* How many bytes of the name are that of one server. */
static size_t stem(const char *target)
{
    const char *end = strstr(target, "-replicas");
    return end != NULL ? (size_t)(end - target) : strlen(target);
}

static const struct lg_debate_capacity *
so_many(const struct judge *j, const struct lg_debate_capacity *one, unsigned servers)
{
    for (size_t i = 0; i < j->all->count; i++) {
        const struct lg_debate_capacity *row = &j->all->rows[i];
        size_t n = stem(one->target);
        if (row->servers == servers && stem(row->target) == n &&
            memcmp(row->target, one->target, n) == 0) {
            return row;
        }
    }
    return NULL;
}

static void tell(struct judge *j, const char *figure, const char *a, const char *b,
                 struct range range, enum lg_debated verdict)
{
    *LG_ARENA_PUSH(j->arena, j->out->evidence, j->out->evidence_count) =
        (struct lg_claim_evidence){.figure = figure,
                                   .a = a,
                                   .b = b,
                                   .value = sqrt(range.low * range.high),
                                   .low = range.low,
                                   .high = range.high,
                                   .finding = verdict == LG_DEBATED_SUPPORTED ? "supports"
                                              : verdict == LG_DEBATED_REFUTED ? "refutes"
                                                                              : "unclear"};
}

/* ---- one capacity against another ---- */

/* What a may be of b at least and at most.  In an overload either may carry nothing. */
static struct range ratio_of(struct range a, struct range b)
{
    double low = b.high > 0 ? a.low / b.high : a.low > 0 ? INFINITY : 0;
    return (struct range){true, low, b.low > 0 ? a.high / b.low : INFINITY};
}

static enum lg_debated ratio_verdict(struct judge *j, const char *figure,
                                     const struct lg_debate_capacity *own,
                                     const struct lg_debate_capacity *other, struct range a,
                                     struct range b, bool *same)
{
    const double margin = 1 + LG_COMPARE_MARGIN;
    struct range ratio = ratio_of(a, b);
    *same = ratio.low > 1 / margin && ratio.high < margin;
    enum lg_debated verdict = ratio.low > margin        ? LG_DEBATED_SUPPORTED
                              : ratio.high < 1 / margin ? LG_DEBATED_REFUTED
                                                        : LG_DEBATED_INCONCLUSIVE;
    tell(j, figure, other->target, own->target, ratio,
         *same && j->claim->rule != LG_DEBATE_HIGH_LOAD ? LG_DEBATED_REFUTED : verdict);
    return verdict;
}

static enum lg_debated hold_capacity(struct judge *j, const struct lg_debate_capacity *own,
                                     const struct lg_debate_capacity *other, bool *same)
{
    struct range a = capacity_of(own), b = capacity_of(other);
    return a.known && b.known ? ratio_verdict(j, "capacity", own, other, a, b, same)
                              : LG_DEBATED_NOT_JUDGED;
}

static struct range goodput_of(const struct judge *j, const struct lg_debate_capacity *row)
{
    struct lg_overload_sum sum = lg_overload_sum(row->found->overload, row->found->overload_count);
    bool known = j->all->overload == LG_DEBATE_OVERLOAD && sum.count >= LG_DEBATE_OVERLOAD_TRIALS;
    return (struct range){known, sum.low, sum.high};
}

/* Better on both, or worse on one: what is worse already takes no other figure. */
static enum lg_debated hold_both(struct judge *j, const struct lg_debate_capacity *own,
                                 const struct lg_debate_capacity *other)
{
    bool same_capacity = false, same_goodput = false;
    struct range a = goodput_of(j, own), b = goodput_of(j, other);
    enum lg_debated capacity = hold_capacity(j, own, other, &same_capacity);
    enum lg_debated goodput = a.known && b.known ? ratio_verdict(j, "goodput in an overload", own,
                                                                 other, a, b, &same_goodput)
                                                 : LG_DEBATED_NOT_JUDGED;
    if (capacity == LG_DEBATED_REFUTED || goodput == LG_DEBATED_REFUTED) {
        return LG_DEBATED_REFUTED;
    }
    if (capacity == LG_DEBATED_NOT_JUDGED || goodput == LG_DEBATED_NOT_JUDGED) {
        return LG_DEBATED_NOT_JUDGED;
    }
    return same_capacity && same_goodput ? LG_DEBATED_REFUTED
           : capacity == goodput         ? capacity
                                         : LG_DEBATED_INCONCLUSIVE;
}

static void hold(struct judge *j, const struct lg_debate_capacity *own,
                 const struct lg_debate_capacity *other)
{
    bool same = false;
    enum lg_debated verdict = j->claim->rule == LG_DEBATE_HIGH_LOAD
                                  ? hold_both(j, own, other)
                                  : hold_capacity(j, own, other, &same);
    lg_debate_vote(&j->votes, same ? LG_DEBATED_REFUTED : verdict);
}

static void hold_all(struct judge *j)
{
    enum lg_debate_side own = j->claim->side;
    enum lg_debate_side other = own == LG_DEBATE_NODE ? LG_DEBATE_DJANGO : LG_DEBATE_NODE;
    for (size_t i = 0; i < j->all->count; i++) {
        for (size_t k = 0; k < j->all->count; k++) {
            const struct lg_debate_capacity *a = &j->all->rows[i], *b = &j->all->rows[k];
            if (is_lane(a, own) && is_lane(b, other) && a->servers == b->servers) {
                hold(j, a, b);
            }
        }
    }
}

/* ---- what four carry of four times one ---- */

static struct range efficiency_of(const struct judge *j, const struct lg_debate_capacity *one)
{
    const struct lg_debate_capacity *many = so_many(j, one, SERVERS);
    struct range a = capacity_of(one);
    struct range b = many != NULL ? capacity_of(many) : (struct range){0};
    return a.known && b.known
               ? (struct range){true, b.low / (SERVERS * a.high), b.high / (SERVERS * a.low)}
               : (struct range){0};
}

static const char efficiency_text[] = "E(4)";

static void scale(struct judge *j, const struct lg_debate_capacity *one)
{
    struct range e = efficiency_of(j, one);
    enum lg_debated verdict = !e.known             ? LG_DEBATED_NOT_JUDGED
                              : e.low >= efficient ? LG_DEBATED_SUPPORTED
                              : e.high < efficient ? LG_DEBATED_REFUTED
                                                   : LG_DEBATED_INCONCLUSIVE;
    if (e.known) {
        tell(j, efficiency_text, one->target, "", e, verdict);
    }
    lg_debate_vote(&j->votes, verdict);
}

static void scale_better(struct judge *j, const struct lg_debate_capacity *own,
                         const struct lg_debate_capacity *other)
{
    struct range a = efficiency_of(j, own), b = efficiency_of(j, other);
    enum lg_debated verdict = !a.known || !b.known ? LG_DEBATED_NOT_JUDGED
                              : a.low > b.high     ? LG_DEBATED_SUPPORTED
                              : a.high < b.low     ? LG_DEBATED_REFUTED
                                                   : LG_DEBATED_INCONCLUSIVE;
    if (verdict != LG_DEBATED_NOT_JUDGED) {
        tell(j, efficiency_text, own->target, "", a, verdict);
        tell(j, efficiency_text, other->target, "", b, verdict);
    }
    lg_debate_vote(&j->votes, verdict);
}

static void scale_all(struct judge *j)
{
    enum lg_debate_side own = j->claim->side;
    enum lg_debate_side other = own == LG_DEBATE_NODE ? LG_DEBATE_DJANGO : LG_DEBATE_NODE;
    for (size_t i = 0; i < j->all->count; i++) {
        const struct lg_debate_capacity *a = &j->all->rows[i];
        bool one = is_lane(a, own) && a->servers == 1;
        if (one && j->claim->rule == LG_DEBATE_SCALES) {
            scale(j, a);
        }
        for (size_t k = 0; one && j->claim->rule == LG_DEBATE_SCALES_BETTER && k < j->all->count;
             k++) {
            const struct lg_debate_capacity *b = &j->all->rows[k];
            if (is_lane(b, other) && b->servers == 1) {
                scale_better(j, a, b);
            }
        }
    }
}

/* ---- words ---- */

static void add_evidence(struct lg_buf *out, const struct lg_claim_evidence *e)
{
    lg_buf_adds(out, out->n > 0 ? "; " : "");
    if (e->b[0] == '\0') {
        lg_buf_addf(out, "%s of %s: %.3g to %.3g", e->figure, e->a, e->low, e->high);
    } else if (isinf(e->low)) {
        lg_buf_addf(out, "%s: %s has some, %s none", e->figure, e->b, e->a);
    } else if (isinf(e->high)) {
        lg_buf_addf(out, "%s: %s at %.3g times %s or more", e->figure, e->b, e->low, e->a);
    } else {
        lg_buf_addf(out, "%s: %s at %.3g to %.3g times %s", e->figure, e->b, e->low, e->high, e->a);
    }
}

static bool needs_overload(const struct judge *j)
{
    return j->claim->rule == LG_DEBATE_HIGH_LOAD && j->votes.of[LG_DEBATED_NOT_JUDGED] > 0 &&
           j->all->overload != LG_DEBATE_OVERLOAD;
}

/* Which lanes leave it open. */
static void add_missing(const struct judge *j, struct lg_buf *out)
{
    size_t before = out->n;
    for (size_t i = 0; i < j->all->count; i++) {
        const struct lg_debate_capacity *row = &j->all->rows[i];
        const char *gap = out->n > 0 ? "; " : "";
        if (!is_lane(row, LG_DEBATE_NODE) && !is_lane(row, LG_DEBATE_DJANGO)) {
            continue;
        }
        if (!capacity_of(row).known) {
            lg_buf_addf(out, "%sthe search for %s did not end in a bracket", gap, row->target);
        } else if (j->claim->rule == LG_DEBATE_HIGH_LOAD && !goodput_of(j, row).known) {
            lg_buf_addf(out, "%sthe overload of %s has fewer than %d trials that count", gap,
                        row->target, LG_DEBATE_OVERLOAD_TRIALS);
        }
    }
    if (out->n == before) {
        lg_buf_addf(out, "%sa lane that it takes is missing", out->n > 0 ? "; " : "");
    }
}

static const char *text_of(const struct judge *j)
{
    struct lg_buf out = {0};
    for (size_t i = 0; i < j->out->evidence_count; i++) {
        add_evidence(&out, &j->out->evidence[i]);
    }
    if (needs_overload(j)) {
        lg_buf_addf(&out, "%sit takes --overload 2, and %s", out.n > 0 ? "; " : "",
                    j->all->overload > 0 ? "another factor was given" : "none was given");
    } else if (j->votes.all == 0 || j->votes.of[LG_DEBATED_NOT_JUDGED] > 0) {
        add_missing(j, &out);
    }
    if (j->claim->caveat != NULL) {
        lg_buf_addf(&out, "; caveat: %s", j->claim->caveat);
    }
    const char *text = lg_arena_strndup(j->arena, out.p, out.n);
    lg_buf_free(&out);
    return text;
}

/* Of Django's lanes, where there are some. */
static bool has_better(const struct lg_debate_capacities *all, const char *better)
{
    bool any = false, has = better == NULL;
    for (size_t i = 0; i < all->count && !has; i++) {
        any = any || is_lane(&all->rows[i], LG_DEBATE_DJANGO);
        has = strncmp(all->rows[i].target, better, strlen(better)) == 0;
    }
    return has || !any;
}

static void judge(const struct lg_debate_capacities *all, const struct lg_debate_claim *claim,
                  struct lg_arena *arena, struct lg_claim_result *out)
{
    struct judge j = {.all = all, .claim = claim, .arena = arena, .out = out};
    *out = (struct lg_claim_result){
        .number = claim->number, .id = claim->id, .made = claim->made, .scope = ""};
    if (claim->cores > all->cores) {
        out->verdict = lg_debated_name(LG_DEBATED_NOT_MEASURABLE);
        out->text = lg_arena_printf(arena, "it takes %u cores, and this machine has %u",
                                    claim->cores, all->cores);
        return;
    }
    const char *better = lg_debate_better_lane(all->scenario);
    if (!has_better(all, better)) {
        out->verdict = lg_debated_name(LG_DEBATED_NOT_JUDGED);
        out->text = lg_debate_needs_better(better, arena);
        return;
    }
    bool scales = claim->rule == LG_DEBATE_SCALES || claim->rule == LG_DEBATE_SCALES_BETTER;
    scales ? scale_all(&j) : hold_all(&j);
    enum lg_debated verdict = lg_debate_outcome(&j.votes);
    out->verdict = lg_debated_name(verdict);
    out->text = text_of(&j);
    out->scope = verdict == LG_DEBATED_NOT_JUDGED
                     ? ""
                     : "these servers on this contract and this machine; not the languages";
}

struct lg_claim_result *lg_debate_judge_capacities(const struct lg_debate_capacities *all,
                                                   struct lg_arena *arena, size_t *count)
{
    size_t claim_count = 0;
    const struct lg_debate_claim *claims = lg_debate_claims(&claim_count);
    struct lg_claim_result *rows = NULL;
    *count = 0;
    for (size_t i = 0; i < claim_count; i++) {
        const struct lg_debate_claim *c = &claims[i];
        bool by = c->capacity || lg_debate_by(c->rule) == LG_DEBATE_BY_CAPACITY;
        if (by && lg_debate_among(c, all->claim) && lg_debate_tests(c, all->scenario)) {
            struct lg_claim_result *row = LG_ARENA_PUSH(arena, rows, *count);
            judge(all, c, arena, row);
        }
    }
    return rows;
}
