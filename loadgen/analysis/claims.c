#include "analysis/claims.h"
#include "analysis/compare.h"
#include "analysis/validity.h"

static bool holds_response_time(const struct lg_claim_case *c)
{
    return c->users != NULL && lg_users_open(c->users);
}

static bool holds_figure(const struct lg_claim_case *c)
{
    bool holds = c->target != NULL && c->target->trial_count > 0;
    for (size_t i = 0; holds && i < c->target->trial_count; i++) {
        const struct lg_trial_result *trial = &c->target->trials[i];
        holds = trial->validity_count > 0 && !lg_validity_breached(trial);
    }
    return holds;
}

static bool holds_checked(const struct lg_claim_case *c)
{
    bool holds = holds_figure(c);
    for (size_t i = 0; holds && i < c->target->trial_count; i++) {
        holds = lg_validity_unmeasured(&c->target->trials[i]) == 0;
    }
    return holds;
}

static bool holds_steady(const struct lg_claim_case *c)
{
    bool holds = c->target != NULL && c->target->trial_count > 0;
    for (size_t i = 0; holds && i < c->target->trial_count; i++) {
        const char *steady = c->target->trials[i].steady;
        holds = steady != NULL && (strcmp(steady, "flat") == 0 || strcmp(steady, "warmed_up") == 0);
    }
    return holds;
}

static bool holds_percentile(const struct lg_claim_case *c)
{
    return c->times != NULL && lg_pooled_supports(c->times, c->quantile);
}

static bool holds_plus_minus(const struct lg_claim_case *c)
{
    return holds_figure(c) && c->target->trial_count >= LG_COMPARE_CLAIM;
}

static bool holds_offered_rate(const struct lg_claim_case *c)
{
    return c->users != NULL && lg_users_open(c->users) && c->users->intended_per_s > 0 &&
           c->users->gap_cv >= 0;
}

static bool holds_difference(const struct lg_claim_case *c)
{
    return c->comparison != NULL && c->comparison->trials >= LG_COMPARE_CLAIM &&
           (c->comparison->difference == LG_DIFFERENCE_BETTER ||
            c->comparison->difference == LG_DIFFERENCE_WORSE);
}

static bool holds_same(const struct lg_claim_case *c)
{
    return c->comparison != NULL && c->comparison->difference == LG_DIFFERENCE_WITHIN;
}

static bool holds_delivery_complete(const struct lg_claim_case *c)
{
    if (c->target == NULL) {
        return false;
    }
    struct lg_totals totals = lg_totals_of(c->target);
    return totals.expected > 0 && totals.lost == 0;
}

static bool holds_delivery_in_order(const struct lg_claim_case *c)
{
    if (c->target == NULL) {
        return false;
    }
    struct lg_totals totals = lg_totals_of(c->target);
    return totals.received > 0 && totals.reordered == 0;
}

/* All users of a run live in one process: a record merged over hosts would have to say so. */
static bool holds_delivery_time(const struct lg_claim_case *c)
{
    return c->target != NULL && lg_totals_of(c->target).received > 0;
}

static bool begins_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static bool holds_absolute(const struct lg_claim_case *c)
{
    const char *url = c->target != NULL ? c->target->url : NULL;
    const char *host = url != NULL ? strstr(url, "://") : NULL;
    if (host == NULL) {
        return false;
    }
    host += 3;
    return !begins_with(host, "127.") && !begins_with(host, "localhost") &&
           !begins_with(host, "[::1]");
}

const struct lg_claim_rule *lg_claim_rule(enum lg_claim claim)
{
    static const struct lg_claim_rule rules[LG_CLAIMS] = {
#define X(name, text, rule, holds) {text, rule, holds},
        LG_CLAIM_MAP(X)
#undef X
    };
    LG_ASSERT(claim >= 0 && claim < LG_CLAIMS);
    return &rules[claim];
}

bool lg_claim_allowed(enum lg_claim claim, const struct lg_claim_case *c)
{
    const struct lg_claim_rule *rule = lg_claim_rule(claim);
    return rule->holds != NULL && rule->holds(c);
}
