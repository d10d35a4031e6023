#include "cli/nightly_figures.h"

#include "measure/record.h"

#include <math.h>

/* ---- which ---- */

const struct lg_metric *lg_figures_metrics(const struct lg_record *record, struct lg_arena *arena,
                                           size_t *count)
{
    size_t own, shared;
    const struct lg_metric *metrics = lg_metrics_of(record, arena, &own);
    const struct lg_metric *shares = lg_metrics_shares(&shared);
    struct lg_metric *all = lg_arena_alloc(arena, (own + shared + 1) * sizeof *all);
    for (size_t i = 0; i < own; i++) {
        all[i] = metrics[i];
    }
    for (size_t i = 0; i < shared; i++) {
        all[own + i] = shares[i];
    }
    *count = own + shared;
    return all;
}

double lg_figures_read(const struct lg_metric *metric, const struct lg_trial_result *trial)
{
    double value = lg_metric_supported(metric, trial, 1) ? lg_metric_read(metric, trial, 1) : -1;
    return value >= 0 ? value : NAN; /* INFINITY: among the failures */
}

/* ---- whether ---- */

static const char *breach(const struct lg_trial_result *trial)
{
    for (size_t i = 0; i < trial->validity_count; i++) {
        if (trial->validity[i].measured && !trial->validity[i].met) {
            return trial->validity[i].text;
        }
    }
    return NULL;
}

bool lg_figures_sound(const struct lg_trial_result *trial)
{
    return trial->server.ended[0] == '\0' && !trial->interrupted && breach(trial) == NULL;
}

/* Without the tail of the server's output. */
static const char *first_line(const char *text, struct lg_arena *arena)
{
    return lg_arena_strndup(arena, text, strcspn(text, "\n"));
}

static bool has_failed(const struct lg_target_result *target)
{
    for (size_t i = 0; i < target->trial_count; i++) {
        if (target->trials[i].server.ended[0] != '\0') {
            return true;
        }
    }
    return false;
}

/* Why the target has no figures tonight; NULL: it has. */
static const char *objection(const struct lg_figures *f, const struct lg_target_result *target)
{
    for (size_t i = 0; i < target->trial_count; i++) {
        const struct lg_trial_result *trial = &target->trials[i];
        if (trial->server.ended[0] != '\0') {
            return first_line(trial->server.ended, f->arena);
        }
        if (trial->interrupted) {
            return "interrupted";
        }
        const char *why = breach(trial);
        if (why != NULL) {
            return lg_arena_printf(f->arena, "trial %u is not valid: %s", trial->number, why);
        }
    }
    return target->trial_count >= f->trials ? NULL : "not all trials were made";
}

/* ---- taking ---- */

void lg_figures_missing(struct lg_history_value **values, size_t *count,
                        const struct lg_nightly_series *series, const char *why,
                        struct lg_arena *arena)
{
    *LG_ARENA_PUSH(arena, *values, *count) =
        (struct lg_history_value){.scenario = lg_arena_strdup(arena, series->scenario),
                                  .target = lg_arena_strdup(arena, series->target),
                                  .metric = lg_arena_strdup(arena, series->metric),
                                  .unit = lg_arena_strdup(arena, series->unit),
                                  .less_is_better = series->less_is_better,
                                  .share = series->share,
                                  .missing = lg_arena_strdup(arena, why)};
}

/* The target's values under one metric; false: it has no such thing, in any trial. */
static bool take(struct lg_figures *f, const struct lg_target_result *target,
                 const struct lg_metric *metric)
{
    double *trials = lg_arena_alloc(f->arena, (target->trial_count + 1) * sizeof *trials);
    size_t known = 0, beyond = 0;
    for (size_t i = 0; i < target->trial_count; i++) {
        double value = lg_figures_read(metric, &target->trials[i]);
        beyond += isinf(value);
        trials[known] = value;
        known += isfinite(value);
    }
    if (known + beyond == 0) {
        return false;
    }
    struct lg_history_value *v = LG_ARENA_PUSH(f->arena, f->values, f->count);
    *v = (struct lg_history_value){.scenario = f->scenario,
                                   .target = lg_arena_strdup(f->arena, target->name),
                                   .metric = lg_arena_strdup(f->arena, metric->name),
                                   .unit = metric->unit,
                                   .less_is_better = metric->less_is_better,
                                   .share = strcmp(metric->unit, "share") == 0,
                                   .trials = trials,
                                   .trial_count = known};
    if (known < target->trial_count) {
        v->trial_count = 0;
        v->missing =
            beyond > 0 ? "it lies among the failures" : "one of its trials has no such figure";
    }
    return true;
}

static bool was_taken(const struct lg_figures *f, const struct lg_nightly_series *series)
{
    for (size_t i = 0; i < f->count; i++) {
        const struct lg_history_value *v = &f->values[i];
        if (strcmp(v->scenario, series->scenario) == 0 && strcmp(v->target, series->target) == 0 &&
            strcmp(v->metric, series->metric) == 0) {
            return true;
        }
    }
    return false;
}

/* Series of the target that the history knows and this night has nothing of. */
static void leave_empty(struct lg_figures *f, const char *target, const char *why)
{
    for (size_t i = 0; i < f->before->in.series_count; i++) {
        const struct lg_nightly_series *series = &f->before->in.series[i];
        if (strcmp(series->scenario, f->scenario) == 0 && strcmp(series->target, target) == 0 &&
            !was_taken(f, series)) {
            lg_figures_missing(&f->values, &f->count, series, why, f->arena);
        }
    }
}

/* A target that was measured and does not count: its metrics are known all the same. */
static void refuse(struct lg_figures *f, const struct lg_target_result *target,
                   const struct lg_metric *metrics, size_t count, const char *why)
{
    for (size_t i = 0; i < count; i++) {
        if (take(f, target, &metrics[i])) {
            f->values[f->count - 1].trial_count = 0;
            f->values[f->count - 1].missing = lg_arena_strdup(f->arena, why);
        }
    }
    leave_empty(f, target->name, lg_arena_strdup(f->arena, why));
}

void lg_figures_take(struct lg_figures *f, const struct lg_record *record)
{
    size_t count;
    const struct lg_metric *metrics = lg_figures_metrics(record, f->arena, &count);
    for (size_t t = 0; t < record->target_count; t++) {
        const struct lg_target_result *target = &record->targets[t];
        const char *why = objection(f, target);
        if (has_failed(target)) {
            *LG_ARENA_PUSH(f->arena, f->failed, f->failed_count) =
                lg_arena_strdup(f->arena, target->name);
        }
        if (why != NULL) {
            refuse(f, target, metrics, count, why);
            continue;
        }
        f->valid = true;
        for (size_t i = 0; i < count; i++) {
            take(f, target, &metrics[i]);
        }
        leave_empty(f, target->name, "this run had no such figure");
    }
}

/* ---- what must be alike ---- */

const char *lg_figures_digest(const struct lg_plan *plan, struct lg_arena *arena)
{
    struct lg_record record = {.setting_count = plan->setting_count};
    char hash[LG_SCENARIO_HASH];
    record.settings = lg_arena_alloc(arena, (plan->setting_count + 1) * sizeof *record.settings);
    for (size_t i = 0; i < plan->setting_count; i++) {
        const struct lg_setting *s = &plan->settings[i];
        record.settings[i] =
            (struct lg_setting_result){s->section, s->key, s->value, s->is_default};
    }
    lg_scenario_hash(&record, hash);
    return lg_arena_strdup(arena, hash);
}

const char *lg_figures_environment(const struct lg_environment *e, struct lg_arena *arena)
{
    const char *text = lg_arena_printf(
        arena, "cpu %s; %u cores; %.0f GiB of memory; kernel %s; %s; governor %s", e->cpu, e->cores,
        (double)e->memory_bytes / (double)(1 << 30), e->kernel, e->os, e->governor);
    for (size_t i = 0; i < e->version_count; i++) {
        text = lg_arena_printf(arena, "%s; %s %s", text, e->versions[i].name, e->versions[i].value);
    }
    return text;
}
