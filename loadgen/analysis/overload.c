#include "analysis/overload.h"

#include "analysis/capacity.h"
#include "analysis/objectives.h"
#include "analysis/pooled.h"
#include "scenario/plan.h"

#include <math.h>

/* ---- some seconds of a trial as a trial ---- */

static void add_step(struct lg_step_result *into, const struct lg_timeline_step *row)
{
    struct lg_hist one;
    into->count += row->completed + row->failed;
    into->outcomes[LG_OK] += row->completed;
    into->outcomes[LG_TIMEOUT] += row->failed; /* or another class: rows do not tell */
    lg_hist_init(&one);
    if (row->histogram[0] != '\0' && lg_hist_decode(&one, lg_str(row->histogram))) {
        lg_hist_merge(into->phase[LG_PHASE_RESPONSE], &one);
    }
    lg_hist_fini(&one);
}

static void add_delivery(struct lg_deliveries_result *into,
                         const struct lg_timeline_deliveries *row)
{
    struct lg_hist one;
    into->received += row->received;
    into->expected += row->received;
    lg_hist_init(&one);
    if (row->histogram[0] != '\0' && lg_hist_decode(&one, lg_str(row->histogram))) {
        lg_hist_merge(into->delivery, &one);
    }
    lg_hist_fini(&one);
}

static void begin_slice(const struct lg_trial_result *trial, struct lg_arena *arena,
                        struct lg_trial_result *slice)
{
    *slice = (struct lg_trial_result){.step_count = trial->step_count,
                                      .deliveries_count = trial->deliveries_count};
    slice->steps = lg_arena_alloc(arena, (trial->step_count + 1) * sizeof *slice->steps);
    slice->deliveries =
        lg_arena_alloc(arena, (trial->deliveries_count + 1) * sizeof *slice->deliveries);
    for (size_t i = 0; i < trial->step_count; i++) {
        const struct lg_step_result *step = &trial->steps[i];
        slice->steps[i] = (struct lg_step_result){.name = step->name,
                                                  .users = step->users,
                                                  .setup = step->setup,
                                                  .parallel = step->parallel,
                                                  .part_of = step->part_of};
        slice->steps[i].phase[LG_PHASE_RESPONSE] = lg_hist_new();
    }
    for (size_t i = 0; i < trial->deliveries_count; i++) {
        slice->deliveries[i] = (struct lg_deliveries_result){.name = trial->deliveries[i].name,
                                                             .delivery = lg_hist_new()};
    }
}

/* The seconds of the window from `from` on and before `to`; lg_trial_result_fini frees it. */
static void take_slice(const struct lg_trial_result *trial, double from, double to,
                       struct lg_arena *arena, struct lg_trial_result *slice)
{
    begin_slice(trial, arena, slice);
    for (size_t i = 0; i < trial->timeline_count; i++) {
        const struct lg_timeline_row *row = &trial->timeline[i];
        if (row->at_s < from - 0.01 || row->at_s >= to - 0.01) {
            continue;
        }
        slice->duration_s += row->length_s;
        for (size_t k = 0; k < trial->step_count; k++) {
            add_step(&slice->steps[k], &row->steps[k]);
        }
        for (size_t k = 0; k < trial->deliveries_count; k++) {
            add_delivery(&slice->deliveries[k], &row->deliveries[k]);
        }
    }
}

/* ---- do some seconds meet the objectives? ---- */

static bool is(const char *text, const char *word)
{
    return text != NULL && strcmp(text, word) == 0;
}

/* Rows have response times, deliveries and failures, and nothing else; of set-up none. */
static bool is_told(const struct lg_objective *o, const struct lg_trial_result *slice)
{
    bool from_due = is(o->measure, "response") || is(o->measure, "delivery") || is(o->measure, "");
    if (is(o->subject, "errors")) {
        return o->stat == LG_STAT_RATE;
    }
    bool of_row = false;
    for (size_t i = 0; i < slice->step_count; i++) {
        of_row = of_row || (!slice->steps[i].setup && is(slice->steps[i].name, o->subject));
    }
    for (size_t i = 0; i < slice->deliveries_count; i++) {
        of_row = of_row || is(slice->deliveries[i].name, o->subject);
    }
    return of_row && from_due && is(lg_objective_unit(o), "ns");
}

static bool meets(const struct lg_plan *plan, const struct lg_trial_result *trial, double from,
                  struct lg_arena *arena)
{
    struct lg_trial_result slice;
    struct lg_target_result target = {.name = "", .trials = &slice, .trial_count = 1};
    bool met = true;
    take_slice(trial, from, from + LG_OVERLOAD_AFTER_S, arena, &slice);
    for (size_t i = 0; met && i < plan->objective_count; i++) {
        const struct lg_objective *o = &plan->objectives[i];
        met = !is_told(o, &slice) || lg_objective_is_met(o, &target);
    }
    lg_trial_result_fini(&slice);
    return met;
}

static bool any_told(const struct lg_plan *plan, const struct lg_trial_result *trial)
{
    bool any = false;
    for (size_t i = 0; i < plan->objective_count; i++) {
        any = any || is_told(&plan->objectives[i], trial);
    }
    return any;
}

static void find_recovery(const struct lg_plan *plan, const struct lg_trial_result *trial,
                          const struct lg_overload_course *how, struct lg_arena *arena,
                          struct lg_overload_trial *out)
{
    unsigned last = how->after > LG_OVERLOAD_AFTER_S ? how->after - LG_OVERLOAD_AFTER_S : 0;
    out->watched_s = last;
    out->recovery_s = any_told(plan, trial) ? INFINITY : -1;
    for (unsigned k = 0; k <= last && isinf(out->recovery_s); k++) {
        out->recovery_s = meets(plan, trial, how->seconds + k, arena) ? (double)k : INFINITY;
    }
}

/* ---- the overload ---- */

static double quantile(const struct lg_step_result *step, double q)
{
    const struct lg_hist *h = step != NULL ? step->phase[LG_PHASE_RESPONSE] : NULL;
    return h != NULL && h->count > 0 ? (double)lg_hist_quantile(h, q, 0) : -1;
}

static void read_overload(const struct lg_trial_result *trial, const struct lg_overload_course *how,
                          struct lg_arena *arena, struct lg_overload_trial *out)
{
    struct lg_trial_result slice;
    double completed = 0, scheduled = 0, refused = 0, generator = 0, server = 0;
    bool sampled = trial->timeline_count > 0;
    for (size_t i = 0; i < trial->timeline_count; i++) {
        const struct lg_timeline_row *row = &trial->timeline[i];
        if (row->at_s < -0.01 || row->at_s >= how->seconds - 0.01) {
            continue;
        }
        completed += (double)row->completed;
        scheduled += (double)row->scheduled;
        refused += (double)row->failed;
        generator += row->generator_cpu * row->length_s;
        server += row->server_cpu * row->length_s;
        sampled = sampled && row->server_cpu >= 0;
    }
    take_slice(trial, 0, how->seconds, arena, &slice);
    const struct lg_step_result *step = lg_main_step(&slice);
    out->goodput = completed / how->seconds;
    out->refused_share = scheduled > 0 ? fmin(refused / scheduled, 1) : 0;
    out->p50_ns = quantile(step, 0.5);
    out->p99_ns = quantile(step, 0.99);
    out->generator_cores = generator / how->seconds;
    out->cores = sampled ? server / how->seconds : -1;
    lg_trial_result_fini(&slice);
}

void lg_overload_judge(const struct lg_plan *plan, const struct lg_record *record,
                       const struct lg_overload_course *how, struct lg_arena *arena,
                       struct lg_overload_trial *out)
{
    const struct lg_trial_result *trial = &record->targets[0].trials[0];
    lg_ns part = how->seconds * LG_S / 100;
    const char *why = "";
    *out =
        (struct lg_overload_trial){.rate = how->rate, .base = how->base, .seconds = how->seconds};
    read_overload(trial, how, arena, out);
    if (trial->server.ended != NULL && trial->server.ended[0] != '\0') {
        out->verdict = LG_TRIAL_FAILS;
        out->recovery_s = INFINITY;
        out->watched_s = how->after;
        out->why = "the server ended";
        return;
    }
    find_recovery(plan, trial, how, arena, out);
    out->verdict = lg_capacity_doubt(trial, how->patience > part ? how->patience : part, &why);
    out->why = lg_arena_strdup(arena, why);
}

/* ---- all of them ---- */

bool lg_overload_counts(const struct lg_overload_trial *t)
{
    return t->verdict != LG_TRIAL_GENERATOR && t->verdict != LG_TRIAL_DISTURBED;
}

struct lg_overload_sum lg_overload_sum(const struct lg_overload_trial *trials, size_t count)
{
    struct lg_overload_sum sum = {.p50_ns = -1, .recovery_s = -1};
    double p50 = 0;
    size_t timed = 0;
    for (size_t i = 0; i < count; i++) {
        const struct lg_overload_trial *t = &trials[i];
        if (!lg_overload_counts(t)) {
            continue;
        }
        sum.low = sum.count > 0 ? fmin(sum.low, t->goodput) : t->goodput;
        sum.high = fmax(sum.high, t->goodput);
        sum.goodput += t->goodput;
        sum.recovery_s = fmax(sum.recovery_s, t->recovery_s);
        sum.watched_s = fmax(sum.watched_s, t->watched_s);
        sum.refused_share += t->refused_share;
        sum.died = sum.died || t->verdict == LG_TRIAL_FAILS;
        p50 += t->p50_ns >= 0 ? t->p50_ns : 0;
        timed += t->p50_ns >= 0;
        sum.count++;
    }
    if (sum.count > 0) {
        sum.goodput /= (double)sum.count;
        sum.refused_share /= (double)sum.count;
    }
    sum.p50_ns = timed > 0 ? p50 / (double)timed : -1;
    return sum;
}
