#include "analysis/capacity.h"
#include "analysis/sizing.h"
#include "report/capacity.h"
#include "report/capacity_claims.h"

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

static json_t *trial(const struct lg_capacity_trial *t)
{
    static const char *const phases[] = {"bracket", "bisect", "confirm_low", "confirm_high"};
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "rate_per_s",
        t->users > 0 ? json_null() : real(t->rate), "users",
        t->users > 0 ? json_integer(t->users) : json_null(), "length_s", real(t->seconds), "phase",
        t->users > 0 ? json_string("curve") : json_string(phases[t->phase]), "verdict",
        t->users > 0 ? json_null() : json_string(lg_search_verdict_name(t->verdict)), "why", t->why,
        "achieved_per_s", real(t->achieved), "in_flight", real(t->in_flight), "p50_ns",
        known(t->p50_ns), "p99_ns", known(t->p99_ns), "failed_share", real(t->failed_share),
        "server_cpu_s_per_completed", known(t->cpu_s), "server_cores", known(t->cores));
}

static json_t *trials(const struct lg_capacity_trial *list, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(array, trial(&list[i]));
    }
    return array;
}

static json_t *law(const struct lg_usl_fit *u)
{
    if (!u->known) {
        return json_null();
    }
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o}", "lambda_per_s",
                     real(u->best.lambda), "lambda_ci95", interval(u->lambda), "sigma",
                     real(u->best.sigma), "sigma_ci95", interval(u->sigma), "kappa",
                     real(u->best.kappa), "kappa_ci95", interval(u->kappa), "peak_users_ci95",
                     interval(u->peak), "peak_is_measured", (int)u->peak_is_measured,
                     "worst_residual", real(u->worst_residual));
}

static json_t *target(const struct lg_capacity_page *page, const struct lg_capacity_result *r)
{
    struct lg_buf answer = {0};
    json_t *sizes = json_array();
    double ends[] = {r->search.low, r->search.high};
    lg_report_capacity_answer(r, &answer);
    for (size_t i = 0; page->sizing != NULL && i < 2; i++) {
        if (ends[i] > 0 && isfinite(ends[i])) {
            struct lg_size size = lg_size_for(page->sizing, ends[i]);
            json_array_append_new(
                sizes, json_pack("{s:o, s:I, s:o, s:o, s:o}", "capacity_per_s", real(ends[i]),
                                 "instances", (json_int_t)size.instances, "utilisation_all",
                                 real(size.utilisation_all), "utilisation_spares_down",
                                 real(size.utilisation_spare), "cost_per_million",
                                 page->sizing->price_per_hour > 0 ? real(size.cost_per_million)
                                                                  : json_null()));
        }
    }
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name", r->target,
        "label", r->label, "end", lg_search_end_name(r->search.end), "answer",
        json_stringn(answer.p, answer.n), "low_per_s", known(r->search.low), "high_per_s",
        real(r->search.high), "generator_limit_per_s", real(r->search.limit), "demand_s",
        known(r->demand_s), "demand_growth", real(r->demand_growth), "kneedle_per_s",
        known(r->kneedle), "usl", law(&r->usl), "trials", trials(r->trials, r->trial_count),
        "curve", trials(r->curve, r->curve_count), "sizing", sizes);
    lg_buf_free(&answer);
    return json;
}

void lg_report_capacity_json(const struct lg_capacity_page *page, struct lg_buf *out)
{
    json_t *targets = json_array(), *objectives = json_array();
    for (size_t i = 0; i < page->target_count; i++) {
        json_array_append_new(targets, target(page, &page->targets[i]));
    }
    for (size_t i = 0; i < page->objective_count; i++) {
        json_array_append_new(objectives, json_string(page->objectives[i]));
    }
    json_t *root = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:f, s:o, s:o, s:o}", "schema", "loadgen.capacity/1",
        "scenario", page->scenario, "file", page->file, "command", page->command, "started_at",
        page->started_at, "cpu", page->cpu, "cores", (int)page->cores, "precision", page->precision,
        "objectives", objectives, "targets", targets, "claims", lg_capacity_claims_json(page));
    LG_ASSERT(root != NULL);
    char *text = json_dumps(root, JSON_INDENT(2));
    lg_buf_adds(out, text);
    lg_buf_adds(out, "\n");
    free(text);
    json_decref(root);
}
