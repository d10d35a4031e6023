#include "analysis/capacity.h"
#include "analysis/sizing.h"
#include "report/capacity_claims.h"
#include "report/capacity_words.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

static json_t *real(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static json_t *known(double x)
{
    return x >= 0 ? real(x) : json_null();
}

static json_t *interval(struct lg_interval i)
{
    return i.known ? json_pack("[o, o]", real(i.low), real(i.high)) : json_null();
}

static json_t *observed(const struct lg_capacity_trial *t, size_t objectives)
{
    json_t *array = json_array();
    for (size_t i = 0; i < objectives; i++) {
        json_array_append_new(array, known(t->observed[i]));
    }
    return array;
}

/* A closed trial is not judged, but it may not count. */
static json_t *verdict(const struct lg_capacity_trial *t)
{
    return t->users > 0 && lg_capacity_counts(t) ? json_null()
                                                 : json_string(lg_search_verdict_name(t->verdict));
}

static json_t *trial(const struct lg_capacity_trial *t, size_t objectives)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
        "rate_per_s", t->users > 0 ? json_null() : real(t->rate), "users",
        t->users > 0 ? json_integer(t->users) : json_null(), "length_s", real(t->seconds), "phase",
        t->users > 0 ? json_string("curve") : json_string(lg_search_phase_name(t->phase)),
        "verdict", verdict(t), "why", t->why, "achieved_per_s", real(t->achieved), "in_flight",
        real(t->in_flight), "p50_ns", known(t->p50_ns), "p99_ns", known(t->p99_ns), "failed_share",
        real(t->failed_share), "server_cpu_s_per_completed", known(t->cpu_s), "server_cores",
        known(t->cores), "generator_cores", real(t->generator_cores), "others_cores",
        known(t->others_cores), "recovery_s", real(t->recovery_s), "observed",
        observed(t, objectives));
}

static json_t *trials(const struct lg_capacity_page *page, const struct lg_capacity_trial *list,
                      size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(array, trial(&list[i], page->objective_count));
    }
    return array;
}

/* After an overload: null where no objective is told by the second. */
static json_t *recovered(double recovery_s)
{
    return recovery_s < 0 ? json_null() : json_boolean(isfinite(recovery_s));
}

static json_t *overload_trial(const struct lg_overload_trial *t)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                     "rate_per_s", real(t->rate), "base_per_s", real(t->base), "length_s",
                     real(t->seconds), "verdict",
                     t->verdict == LG_TRIAL_HOLDS ? json_null()
                                                  : json_string(lg_search_verdict_name(t->verdict)),
                     "why", t->why, "goodput_per_s", real(t->goodput), "refused_share",
                     real(t->refused_share), "p50_ns", known(t->p50_ns), "p99_ns", known(t->p99_ns),
                     "recovered", recovered(t->recovery_s), "recovery_s", known(t->recovery_s),
                     "watched_s", real(t->watched_s), "server_cores", known(t->cores),
                     "generator_cores", real(t->generator_cores));
}

static json_t *overload(const struct lg_capacity_page *page, const struct lg_capacity_result *r)
{
    struct lg_overload_sum sum = lg_overload_sum(r->overload, r->overload_count);
    struct lg_buf answer = {0};
    if (page->overload_factor <= 0) {
        return json_null();
    }
    json_t *list = json_array();
    for (size_t i = 0; i < r->overload_count; i++) {
        json_array_append_new(list, overload_trial(&r->overload[i]));
    }
    bool any = sum.count > 0;
    lg_capacity_overload_words(page, r, &answer);
    json_t *json = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "answer", json_stringn(answer.p, answer.n),
        "goodput_per_s", any ? real(sum.goodput) : json_null(), "goodput_low_per_s",
        any ? real(sum.low) : json_null(), "goodput_high_per_s", any ? real(sum.high) : json_null(),
        "of_capacity", any ? real(sum.goodput / r->search.low) : json_null(), "recovered",
        recovered(sum.recovery_s), "recovery_s", known(sum.recovery_s), "trials", list);
    lg_buf_free(&answer);
    return json;
}

static json_t *band(const struct lg_usl_fit *u)
{
    json_t *array = json_array();
    for (size_t i = 0; i < u->band_count; i++) {
        const struct lg_usl_point *p = &u->band[i];
        json_array_append_new(array, json_pack("{s:o, s:o, s:o, s:o}", "users", real(p->n),
                                               "low_per_s", real(p->low), "best_per_s",
                                               real(p->best), "high_per_s", real(p->high)));
    }
    return array;
}

static json_t *law(const struct lg_usl_fit *u)
{
    if (!u->known) {
        return json_null();
    }
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o}", "lambda_per_s",
                     real(u->best.lambda), "lambda_ci95", interval(u->lambda), "sigma",
                     real(u->best.sigma), "sigma_ci95", interval(u->sigma), "kappa",
                     real(u->best.kappa), "kappa_ci95", interval(u->kappa), "peak_users_ci95",
                     interval(u->peak), "peak_is_measured", (int)u->peak_is_measured,
                     "worst_residual", real(u->worst_residual), "band", band(u));
}

static json_t *sizes(const struct lg_capacity_page *page, const struct lg_capacity_result *r)
{
    struct lg_capacity_size rows[3];
    json_t *array = json_array();
    size_t n = page->sizing != NULL ? lg_capacity_sizes(r, rows) : 0;
    for (size_t i = 0; i < n; i++) {
        struct lg_size size = lg_size_for(page->sizing, rows[i].capacity);
        json_array_append_new(
            array,
            json_pack("{s:s, s:o, s:I, s:o, s:o, s:o}", "end", rows[i].end, "capacity_per_s",
                      real(rows[i].capacity), "instances", (json_int_t)size.instances,
                      "utilisation_all", real(size.utilisation_all), "utilisation_spares_down",
                      real(size.utilisation_spare), "cost_per_million",
                      page->sizing->price_per_hour > 0 ? real(size.cost_per_million)
                                                       : json_null()));
    }
    return array;
}

static json_t *target(const struct lg_capacity_page *page, const struct lg_capacity_result *r)
{
    struct lg_buf answer = {0};
    lg_report_capacity_answer(r, &answer);
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
        "s:o}",
        "name", r->target, "label", r->label, "end", lg_search_end_name(r->search.end), "ended",
        r->ended, "interrupted", (int)r->interrupted, "answer", json_stringn(answer.p, answer.n),
        "low_per_s", known(r->search.low), "high_per_s", real(r->search.high),
        "generator_limit_per_s", real(r->search.limit), "demand_s", known(r->demand_s),
        "demand_growth", real(r->demand_growth), "idle_response_s", known(r->idle_response_s),
        "kneedle_per_s", known(r->kneedle), "usl", law(&r->usl), "trials",
        trials(page, r->trials, r->trial_count), "curve", trials(page, r->curve, r->curve_count),
        "overload", overload(page, r), "sizing", sizes(page, r));
    lg_buf_free(&answer);
    return json;
}

static json_t *sizing(const struct lg_sizing *s)
{
    return s == NULL ? json_null()
                     : json_pack("{s:o, s:o, s:o, s:o, s:i, s:o}", "load_per_s", real(s->load),
                                 "growth", real(s->growth), "utilisation", real(s->utilisation),
                                 "efficiency", real(s->efficiency), "spares", (int)s->spares,
                                 "price_per_hour", real(s->price_per_hour));
}

void lg_report_capacity_json(const struct lg_capacity_page *page, struct lg_buf *out)
{
    json_t *targets = json_array(), *objectives = json_array(), *limits = json_array();
    for (size_t i = 0; i < page->target_count; i++) {
        json_array_append_new(targets, target(page, &page->targets[i]));
    }
    for (size_t i = 0; i < page->objective_count; i++) {
        const struct lg_capacity_objective *o = &page->objectives[i];
        json_array_append_new(objectives, json_string(o->text));
        json_array_append_new(limits,
                              json_pack("{s:s, s:o}", "unit", o->unit, "limit", real(o->limit)));
    }
    json_t *root = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "schema",
        "loadgen.capacity/1", "scenario", page->scenario, "file", page->file, "command",
        page->command, "started_at", page->started_at, "cpu", page->cpu, "cores", (int)page->cores,
        "precision", page->precision, "seed", json_sprintf("%" PRIu64, page->seed), "objectives",
        objectives, "limits", limits, "sizing_for", sizing(page->sizing), "overload_for",
        page->overload_factor > 0
            ? json_pack("{s:f, s:s}", "factor", page->overload_factor, "how", page->overload_how)
            : json_null(),
        "targets", targets, "claims", lg_capacity_claims_json(page));
    LG_ASSERT(root != NULL);
    char *text = json_dumps(root, JSON_INDENT(2));
    lg_buf_adds(out, text);
    lg_buf_adds(out, "\n");
    free(text);
    json_decref(root);
}
