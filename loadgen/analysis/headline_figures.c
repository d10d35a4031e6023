#include "analysis/headline_figures.h"
#include "analysis/headline.h"
#include "analysis/metric.h"

#include <math.h>

static const double quantiles[] = {0.99, 0.95, 0.9, 0.5};

/* What the run is about: deliveries if it counts any, else its main step. */
struct subject {
    struct lg_pooled_what what;
    bool deliveries;
    bool events;                       /* of streams that are only listened to */
    const struct lg_step_result *step; /* NULL: none */
    const struct lg_users_result *users;
};

static const struct lg_stream_result *events_of(const struct lg_trial_result *trial)
{
    for (size_t i = 0; i < trial->stream_count; i++) {
        if (trial->streams[i].events > 0) {
            return &trial->streams[i];
        }
    }
    return NULL;
}

static struct subject subject_of(const struct lg_trial_result *trial)
{
    struct subject s = {.step = lg_main_step(trial)};
    s.users = s.step != NULL ? lg_step_users(trial, s.step) : NULL;
    if (trial->deliveries_count > 0) {
        s.deliveries = true;
        s.what =
            (struct lg_pooled_what){.kind = LG_POOL_DELIVERY, .name = trial->deliveries[0].name};
    } else if (s.step != NULL && s.step->setup && events_of(trial) != NULL) {
        s.events = true;
        s.what = (struct lg_pooled_what){.kind = LG_POOL_GAP, .name = events_of(trial)->name};
    } else if (s.step != NULL) {
        bool open = s.users != NULL && lg_users_open(s.users);
        s.what = (struct lg_pooled_what){LG_POOL_STEP, s.step->name,
                                         open ? LG_PHASE_RESPONSE : LG_PHASE_SERVICE};
    }
    return s;
}

static size_t steps_of_users(const struct lg_trial_result *trial, const struct subject *s)
{
    size_t count = 0;
    for (size_t i = 0; s->step != NULL && i < trial->step_count; i++) {
        const char *users = trial->steps[i].users;
        bool same = users == s->step->users ||
                    (users != NULL && s->step->users != NULL && strcmp(users, s->step->users) == 0);
        count += same && !trial->steps[i].setup;
    }
    return count;
}

static void choose_words(struct lg_figures *f, const struct lg_trial_result *trial,
                         const struct subject *s)
{
    bool arrivals = s->users != NULL && (lg_users_open(s->users) || lg_users_closed(s->users));
    f->verb = s->deliveries ? "delivered" : s->events ? "sent the next event" : "answered";
    f->closed = !s->deliveries && s->users != NULL && lg_users_closed(s->users);
    if (s->deliveries && !arrivals) {
        f->noun = "deliveries";
        f->per = "delivery";
        return;
    }
    if (s->events) {
        f->noun = "events";
        f->per = "event";
        return;
    }
    bool single = steps_of_users(trial, s) == 1;
    bool message = s->step != NULL && s->step->sends_message;
    f->noun = !single ? "iterations" : message ? "messages" : "requests";
    f->per = s->deliveries ? "delivery" : !single ? "iteration" : message ? "message" : "request";
}

static bool may_speak_of(const struct lg_record *record, const struct lg_target_result *target)
{
    struct lg_claim_case c = {.record = record, .target = target};
    return lg_target_death(target) == NULL && lg_claim_allowed(LG_CLAIM_FIGURE, &c);
}

static double events_per_s(const struct lg_target_result *target, double seconds)
{
    double events = 0;
    for (size_t i = 0; i < target->trial_count; i++) {
        for (size_t k = 0; k < target->trials[i].stream_count; k++) {
            events += (double)target->trials[i].streams[k].events;
        }
    }
    return events / seconds;
}

static void fill_counts(struct lg_figure_row *row, const struct lg_figures *f)
{
    struct lg_totals t = lg_totals_of(row->target);
    double seconds = t.window_s > 0 ? t.window_s : INFINITY;
    bool deliveries = strcmp(f->noun, "deliveries") == 0;
    row->rate = (deliveries ? (double)t.received : t.achieved) / seconds;
    row->rate = strcmp(f->noun, "events") == 0 ? events_per_s(row->target, seconds) : row->rate;
    row->asked = t.intended / seconds;
    row->failed_share = t.exchanges > 0 ? (double)t.failed / (double)t.exchanges : 0;
    row->lost = t.lost;
    row->expected = t.expected;
    struct lg_metric cpu = {.kind = strcmp(f->per, "delivery") == 0 ? LG_METRIC_CPU_DELIVERY
                                                                    : LG_METRIC_CPU_COMPLETED};
    row->cpu_us = lg_metric_read(&cpu, row->target->trials, row->target->trial_count);
}

/* The highest quantile that may be printed for every row; 0: none. */
static double common_quantile(const struct lg_figures *f, const struct lg_pooled_what *what)
{
    for (size_t q = 0; q < sizeof quantiles / sizeof *quantiles; q++) {
        bool all = true;
        for (size_t i = 0; i < f->count; i++) {
            const struct lg_target_result *target = f->rows[i].target;
            struct lg_pooled times = lg_pooled_of(target->trials, target->trial_count, what);
            struct lg_claim_case c = {.times = &times, .quantile = quantiles[q]};
            all = all && lg_claim_allowed(LG_CLAIM_PERCENTILE, &c);
            lg_pooled_fini(&times);
        }
        if (all) {
            return quantiles[q];
        }
    }
    return 0;
}

static struct lg_interval interval_of(const struct lg_metric *metric,
                                      const struct lg_target_result *target)
{
    enum { MOST = 100 };
    double values[MOST];
    size_t n = 0;
    for (size_t i = 0; i < target->trial_count && n < MOST; i++) {
        values[n] = lg_metric_read(metric, &target->trials[i], 1);
        if (values[n] < 0 || isinf(values[n])) {
            return (struct lg_interval){0};
        }
        n++;
    }
    return lg_stats_mean_interval(values, n, 0.95);
}

static void fill_times(struct lg_figure_row *row, const struct lg_record *record,
                       const struct lg_figures *f, const struct lg_pooled_what *what)
{
    const struct lg_target_result *target = row->target;
    struct lg_pooled times = lg_pooled_of(target->trials, target->trial_count, what);
    row->times = times.hist->count;
    row->longest = times.hist->count > 0 ? (double)times.hist->max : -1;
    row->time = -1;
    if (f->quantile > 0) {
        struct lg_metric metric = {.kind = LG_METRIC_QUANTILE, .what = *what, .q = f->quantile};
        lg_ns time = lg_pooled_quantile(&times, f->quantile);
        struct lg_claim_case c = {.record = record, .target = target};
        row->time = time == LG_NEVER ? INFINITY : (double)time;
        if (lg_claim_allowed(LG_CLAIM_PLUS_MINUS, &c)) {
            row->interval = interval_of(&metric, target);
        }
    }
    lg_pooled_fini(&times);
}

static const struct lg_comparison *comparison_of(const struct lg_record *record,
                                                 const struct lg_target_result *target,
                                                 const char *metric)
{
    for (size_t i = 0; i < record->comparison_count; i++) {
        const struct lg_comparison *c = &record->comparisons[i];
        if (strcmp(c->b, target->name) == 0 && strcmp(c->metric, metric) == 0) {
            return c;
        }
    }
    return NULL;
}

static void find_comparisons(struct lg_figures *f, const struct lg_record *record,
                             const struct subject *s)
{
    if (s->what.name == NULL) {
        return;
    }
    const char *word = s->deliveries                        ? "delivery"
                       : s->what.phase == LG_PHASE_RESPONSE ? "response"
                                                            : "service";
    const char *metric =
        lg_arena_printf(record->arena, "%s %s p%g", s->what.name, word, f->quantile * 100);
    /* Comparisons are against the record's first target: without it there is nothing to say. */
    bool first = f->count > 0 && f->rows[0].target == &record->targets[0];
    for (size_t i = 1; first && i < f->count; i++) {
        f->rows[i].comparison = comparison_of(record, f->rows[i].target, metric);
    }
}

struct lg_figures lg_figures_of(const struct lg_record *record)
{
    struct lg_figures f = {.trials = SIZE_MAX};
    for (size_t i = 0; i < record->target_count; i++) {
        if (may_speak_of(record, &record->targets[i])) {
            struct lg_figure_row *row = LG_ARENA_PUSH(record->arena, f.rows, f.count);
            row->target = &record->targets[i];
            f.trials = row->target->trial_count < f.trials ? row->target->trial_count : f.trials;
        }
    }
    if (f.count == 0) {
        return f;
    }
    const struct lg_trial_result *trial = &f.rows[0].target->trials[0];
    struct subject s = subject_of(trial);
    choose_words(&f, trial, &s);
    f.quantile = s.what.name != NULL ? common_quantile(&f, &s.what) : 0;
    for (size_t i = 0; i < f.count; i++) {
        fill_counts(&f.rows[i], &f);
        f.rows[i].time = f.rows[i].longest = -1;
        if (s.what.name != NULL) {
            fill_times(&f.rows[i], record, &f, &s.what);
        }
    }
    find_comparisons(&f, record, &s);
    return f;
}
