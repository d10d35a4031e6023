#include "analysis/capacity.h"

#include "analysis/knee.h"
#include "analysis/objectives.h"
#include "analysis/pooled.h"
#include "analysis/validity.h"
#include "scenario/plan.h"

#include <math.h>
#include <stdlib.h>

/* ---- one trial ---- */

/* An overloaded server makes no generator late: these speak of the generator alone. */
static const struct lg_validity *generator_fault(const struct lg_trial_result *trial)
{
    for (size_t i = 0; i < trial->validity_count; i++) {
        const struct lg_validity *v = &trial->validity[i];
        if (v->measured && !v->met) {
            return v;
        }
    }
    return NULL;
}

/* Whether lateness is all that is wrong: every arrival was taken up. */
static bool is_only_late(const struct lg_trial_result *trial)
{
    static const char *const lateness[] = {"schedule_lag", "worst_second", "arrival_process"};
    size_t wrong = 0, late = 0;
    for (size_t i = 0; i < trial->validity_count; i++) {
        const struct lg_validity *v = &trial->validity[i];
        wrong += v->measured && !v->met;
        for (size_t k = 0; k < 3; k++) {
            late += v->measured && !v->met && strcmp(v->id, lateness[k]) == 0;
        }
    }
    return wrong == late;
}

static lg_ns greatest_lag(const struct lg_trial_result *trial)
{
    lg_ns greatest = 1;
    for (size_t i = 0; i < trial->step_count; i++) {
        const struct lg_hist *lags = trial->steps[i].phase[LG_PHASE_SCHEDULE_LAG];
        greatest = lags != NULL && lags->max > greatest ? lags->max : greatest;
    }
    return greatest;
}

static void judge_objectives(const struct lg_plan *plan, const struct lg_target_result *target,
                             lg_ns late, struct lg_capacity_trial *out)
{
    out->verdict = LG_TRIAL_HOLDS;
    out->why = "";
    for (size_t i = 0; i < plan->objective_count; i++) {
        const struct lg_objective *o = &plan->objectives[i];
        enum lg_objective_certainty c = lg_objective_certainty(o, target, late);
        if (c == LG_CERTAINLY_MISSED) {
            out->verdict = LG_TRIAL_FAILS;
            out->why = o->text;
            return;
        }
        if (c == LG_NOT_CERTAIN) {
            out->verdict = LG_TRIAL_UNCLEAR;
            out->why = o->text;
        }
    }
}

/* Threads that used less than half of their time could have kept the schedule, had they been let
 * run; a server alone rarely takes that much of the machine from one that needs a quarter of it.
 * What is wrong with our own books is never the machine's fault. */
static bool was_disturbed(const struct lg_trial_result *trial, const struct lg_validity *fault)
{
    static const char *const ours[] = {"measured", "counts_add_up", "overflow"};
    const struct lg_generator_result *g = &trial->generator;
    for (size_t i = 0; i < 3; i++) {
        if (strcmp(fault->id, ours[i]) == 0) {
            return false;
        }
    }
    bool others = g->others_share < 0 || g->others_share >= 0.05; /* or not known */
    return g->cpu_utilisation < (others ? 0.5 : 0.25);
}

enum lg_search_verdict lg_capacity_doubt(const struct lg_trial_result *trial, lg_ns bearable,
                                         const char **why)
{
    const struct lg_validity *fault = generator_fault(trial);
    if (fault == NULL || (is_only_late(trial) && greatest_lag(trial) <= bearable)) {
        return LG_TRIAL_HOLDS;
    }
    *why = fault->text;
    return was_disturbed(trial, fault) ? LG_TRIAL_DISTURBED : LG_TRIAL_GENERATOR;
}

static void judge_faulty(const struct lg_plan *plan, const struct lg_target_result *target,
                         const struct lg_validity *fault, struct lg_arena *arena,
                         struct lg_capacity_trial *out)
{
    const struct lg_trial_result *trial = &target->trials[0];
    out->verdict = LG_TRIAL_UNCLEAR;
    if (is_only_late(trial)) {
        judge_objectives(plan, target, greatest_lag(trial), out);
    }
    if (out->verdict == LG_TRIAL_UNCLEAR) {
        out->verdict = was_disturbed(trial, fault) ? LG_TRIAL_DISTURBED : LG_TRIAL_GENERATOR;
        out->why = lg_arena_strdup(arena, fault->text);
    }
}

static double quantile_of(const struct lg_step_result *step, double q)
{
    const struct lg_hist *h = step->phase[LG_PHASE_RESPONSE];
    if (h == NULL) {
        return step->count > 0 ? INFINITY : -1;
    }
    lg_ns v = lg_hist_quantile(h, q, lg_step_above(step, LG_PHASE_RESPONSE));
    return v == LG_NEVER ? INFINITY : (double)v;
}

static double observed(const struct lg_objective *objective, const struct lg_target_result *target)
{
    struct lg_objective_value v = lg_objective_observe(objective, target);
    return v.unit == LG_OBSERVED_NOTHING ? -1 : v.value;
}

static void read_figures(const struct lg_target_result *target, struct lg_capacity_trial *out)
{
    const struct lg_trial_result *trial = &target->trials[0];
    const struct lg_step_result *step = lg_main_step(trial);
    struct lg_totals totals = lg_totals_of(target);
    out->achieved = totals.window_s > 0 ? totals.achieved / totals.window_s : 0;
    out->p50_ns = step != NULL ? quantile_of(step, 0.5) : -1;
    out->p99_ns = step != NULL ? quantile_of(step, 0.99) : -1;
    out->failed_share = totals.exchanges > 0 ? (double)totals.failed / (double)totals.exchanges : 0;
    for (size_t i = 0; i < trial->users_count; i++) {
        out->in_flight +=
            trial->duration_s > 0 ? trial->users[i].in_flight_s / trial->duration_s : 0;
    }
    out->generator_cores = trial->duration_s > 0 ? trial->generator.cpu_s / trial->duration_s : 0;
    if (trial->server.sampled && trial->duration_s > 0) {
        out->cores = trial->server.cpu_s / trial->duration_s;
        out->cpu_s =
            trial->server.cpu_us_per_completed < 0 ? -1 : trial->server.cpu_us_per_completed * 1e-6;
    }
}

void lg_capacity_judge(const struct lg_plan *plan, const struct lg_record *record,
                       struct lg_arena *arena, struct lg_capacity_trial *out)
{
    const struct lg_target_result *target = &record->targets[0];
    const struct lg_trial_result *trial = &target->trials[0];
    out->cpu_s = out->cores = -1;
    out->in_flight = 0;
    read_figures(target, out);
    out->others_cores = trial->generator.others_share >= 0
                            ? trial->generator.others_share * record->environment.cores
                            : -1;
    out->observed = lg_arena_alloc(arena, (plan->objective_count + 1) * sizeof *out->observed);
    for (size_t i = 0; i < plan->objective_count; i++) {
        out->observed[i] = observed(&plan->objectives[i], target);
    }
    const struct lg_validity *fault = generator_fault(trial);
    if (trial->server.ended != NULL && trial->server.ended[0] != '\0') {
        out->verdict = LG_TRIAL_FAILS;
        out->why = "the server ended";
    } else if (fault != NULL) {
        judge_faulty(plan, target, fault, arena, out);
    } else {
        judge_objectives(plan, target, 0, out);
    }
}

/* ---- all of them ---- */

static int by_rate(const void *a, const void *b)
{
    const struct lg_capacity_trial *x = a, *y = b;
    return (x->rate > y->rate) - (x->rate < y->rate);
}

/* Demand should be the same at every load (utilisation law); where it grows there is contention.
 * What a server spends anyway weighs most on the lowest loads: the highest is nearest the truth. */
static void find_demand(struct lg_capacity_result *r)
{
    const struct lg_capacity_trial *lowest = NULL, *highest = NULL;
    for (size_t i = 0; i < r->trial_count; i++) {
        const struct lg_capacity_trial *t = &r->trials[i];
        if (t->verdict == LG_TRIAL_HOLDS) {
            lowest = lowest == NULL || t->rate < lowest->rate ? t : lowest;
            highest = highest == NULL || t->rate >= highest->rate ? t : highest;
        }
    }
    bool both = highest != NULL && highest->cpu_s > 0 && lowest->cpu_s > 0;
    r->demand_s = highest != NULL && highest->cpu_s > 0 ? highest->cpu_s : -1;
    r->demand_growth = both ? highest->cpu_s / lowest->cpu_s : 1;
    r->cores_at_low = highest != NULL ? highest->cores : -1;
    r->generator_cores_at_low = highest != NULL ? highest->generator_cores : -1;
    r->others_cores_at_low = highest != NULL ? highest->others_cores : -1;
    r->idle_response_s = lowest != NULL && lowest->achieved > 0
                             ? lowest->in_flight / lowest->achieved
                             : -1; /* Little's law */
}

bool lg_capacity_counts(const struct lg_capacity_trial *t)
{
    return t->verdict != LG_TRIAL_GENERATOR && t->verdict != LG_TRIAL_DISTURBED;
}

static void find_bend(struct lg_capacity_result *r)
{
    struct lg_capacity_trial *sorted = lg_alloc_array(r->trial_count, sizeof *sorted);
    double *x = lg_alloc_array(2 * r->trial_count, sizeof *x), *y = x + r->trial_count;
    size_t n = 0;
    if (r->trial_count > 0) {
        memcpy(sorted, r->trials, r->trial_count * sizeof *sorted);
        qsort(sorted, r->trial_count, sizeof *sorted, by_rate);
    }
    for (size_t i = 0; i < r->trial_count; i++) {
        if (lg_capacity_counts(&sorted[i]) && (n == 0 || sorted[i].rate > x[n - 1])) {
            x[n] = sorted[i].rate;
            y[n++] = sorted[i].achieved;
        }
    }
    int knee = lg_knee_kneedle(x, y, n, 1);
    r->kneedle = knee >= 0 ? x[knee] : -1;
    free(sorted);
    free(x);
}

static void fit_curve(struct lg_capacity_result *r, unsigned resamples, uint64_t seed)
{
    struct lg_usl_trial *trials = lg_alloc_array(r->curve_count, sizeof *trials);
    size_t n = 0, load = 0;
    unsigned users = 0; /* of the last one counted */
    for (size_t i = 0; i < r->curve_count; i++) {
        const struct lg_capacity_trial *t = &r->curve[i];
        if (t->achieved > 0 && lg_capacity_counts(t)) {
            load += n > 0 && t->users != users;
            users = t->users;
            trials[n++] = (struct lg_usl_trial){.load = load, .n = t->users, .x = t->achieved};
        }
    }
    lg_usl_fit(trials, n, resamples, seed, &r->usl);
    free(trials);
}

void lg_capacity_conclude(struct lg_capacity_result *result, unsigned resamples, uint64_t seed)
{
    find_demand(result);
    find_bend(result);
    fit_curve(result, resamples, seed);
}
