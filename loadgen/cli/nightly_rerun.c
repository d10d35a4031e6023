#include "cli/nightly_rerun.h"

#include "cli/nightly_figures.h"

#include <math.h>
#include <stdio.h>

/* One suspected series. */
struct suspect {
    size_t series;      /* in the history's data */
    double *good, *bad; /* values of the pairs so far; room for LG_RERUN_MOST */
    size_t pairs;
    struct lg_nightly_proof proof;
    bool settled;
};

/* The suspects of one target in one scenario. */
struct rerun {
    struct lg_nightly_suite *suite;
    const struct lg_history_data *data;
    const struct lg_nightly_result *found;
    const struct lg_nightly_scenario *scenario;
    const char *target;
    struct suspect *suspects;
    size_t count;
    size_t compared;    /* suspects of all re-runs of this night */
    const char *folder; /* of the first run, relative to `out` */
    bool failed;        /* a target did not start or died */
};

/* ---- who ---- */

static bool is_suspect(const struct lg_history_data *data, const struct lg_nightly_result *found,
                       size_t series, const struct lg_nightly_scenario *scenario)
{
    return found->standings[series].rerun &&
           found->standings[series].last_good < data->night_count &&
           strcmp(data->in.series[series].scenario, scenario->plan->name) == 0;
}

static const struct lg_target_spec *spec_of(const struct lg_plan *plan, const char *name)
{
    for (size_t i = 0; plan != NULL && i < plan->target_count; i++) {
        if (strcmp(plan->targets[i].name, name) == 0) {
            return &plan->targets[i];
        }
    }
    return NULL;
}

/* ---- measuring ---- */

static void judge(const struct rerun *r, struct suspect *s)
{
    const struct lg_nightly_series *series = &r->data->in.series[s->series];
    s->proof =
        lg_nightly_judge_rerun(&(struct lg_nightly_rerun){.good = s->good,
                                                          .suspect = s->bad,
                                                          .pairs = s->pairs,
                                                          .most = LG_RERUN_MOST,
                                                          .compared = r->compared,
                                                          .less_is_better = series->less_is_better,
                                                          .share = series->share});
    s->settled = s->proof.verdict != LG_NIGHTLY_UNCLEAR || s->proof.more == 0;
}

static const struct lg_metric *metric_of(const struct lg_metric *metrics, size_t count,
                                         const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(metrics[i].name, name) == 0) {
            return &metrics[i];
        }
    }
    return NULL;
}

/* Adds the pairs of one run in which both sides are sound and have the figure. */
static void add_pairs(const struct lg_record *record, const struct lg_metric *metric,
                      struct suspect *s)
{
    const struct lg_target_result *good = &record->targets[0], *bad = &record->targets[1];
    for (size_t i = 0; metric != NULL && i < good->trial_count && i < bad->trial_count; i++) {
        bool sound = lg_figures_sound(&good->trials[i]) && lg_figures_sound(&bad->trials[i]);
        double a = lg_figures_read(metric, &good->trials[i]);
        double b = lg_figures_read(metric, &bad->trials[i]);
        if (sound && isfinite(a) && isfinite(b) && s->pairs < LG_RERUN_MOST) {
            s->good[s->pairs] = a;
            s->bad[s->pairs++] = b;
        }
    }
}

/* The scenario's plan with the last good version first and the suspect second. */
static void pair_up(const struct rerun *r, unsigned pairs, struct lg_plan *plan)
{
    struct lg_arena *arena = r->suite->arena;
    *plan = *r->scenario->plan;
    plan->targets = lg_arena_alloc(arena, 2 * sizeof *plan->targets);
    plan->targets[0] = *spec_of(r->scenario->good, r->target);
    plan->targets[0].name = lg_arena_printf(arena, "%s-good", r->target);
    plan->targets[0].label = "the last good version";
    plan->targets[1] = *spec_of(r->scenario->plan, r->target);
    plan->target_count = 2;
    plan->trials = pairs;
}

static bool run_pairs(struct rerun *r, unsigned pairs, unsigned round)
{
    struct lg_plan plan;
    struct lg_record *record = NULL;
    struct lg_arena *arena = r->suite->arena;
    const char *folder =
        lg_arena_printf(arena, "runs/%s-%s-%s-rerun%s", r->suite->stamp, r->scenario->plan->name,
                        r->target, round == 1 ? "" : lg_arena_printf(arena, "-%u", round));
    pair_up(r, pairs, &plan);
    if (!r->suite->options->quiet) {
        fprintf(stderr, "loadgen: %s, %s: %u pairs beside the last good version\n",
                r->scenario->plan->name, r->target, pairs);
    }
    int code = lg_nightly_session(r->suite, &plan, folder, 0, &record);
    bool usable =
        record != NULL && !record->interrupted && code != LG_EXIT_USAGE && code != LG_EXIT_TARGET;
    r->folder = r->folder == NULL ? folder : r->folder;
    if (usable) {
        size_t count;
        const struct lg_metric *metrics = lg_figures_metrics(record, arena, &count);
        for (size_t i = 0; i < r->count; i++) {
            const char *name = r->data->in.series[r->suspects[i].series].metric;
            add_pairs(record, metric_of(metrics, count, name), &r->suspects[i]);
        }
    }
    lg_record_free(record);
    return usable;
}

/* Pairs that the unsettled ones ask for; 0: all are settled. */
static size_t wanted(const struct rerun *r)
{
    size_t most = 0;
    for (size_t i = 0; i < r->count; i++) {
        const struct suspect *s = &r->suspects[i];
        size_t more = s->pairs == 0 ? LG_NIGHTLY_TRIALS : s->proof.more;
        most = !s->settled && s->pairs + more <= LG_RERUN_MOST && more > most ? more : most;
    }
    return most;
}

static bool has_time(const struct rerun *r, size_t pairs)
{
    lg_ns one = 2 * r->scenario->round / (lg_ns)r->scenario->plan->target_count;
    return lg_nightly_left(r->suite) >= one * (lg_ns)pairs;
}

static void settle(struct rerun *r)
{
    size_t pairs = LG_NIGHTLY_TRIALS;
    for (unsigned round = 1; pairs > 0 && round <= LG_RERUN_ROUNDS && r->suite->stopped == 0;
         round++) {
        if (!has_time(r, pairs)) {
            lg_nightly_note(r->suite,
                            "%s, %s: no time was left for %s pairs beside the last good "
                            "version",
                            r->scenario->plan->name, r->target, round == 1 ? "any" : "more");
            return;
        }
        if (!run_pairs(r, (unsigned)pairs, round)) {
            r->failed = true;
            return;
        }
        for (size_t i = 0; i < r->count; i++) {
            if (!r->suspects[i].settled && r->suspects[i].pairs > 0) {
                judge(r, &r->suspects[i]);
            }
        }
        pairs = wanted(r);
    }
}

/* ---- what was found ---- */

/* The change under way that the suspicion is about begins with this night. */
static size_t first_night(const struct rerun *r, size_t series)
{
    for (size_t i = 0; i < r->found->change_count; i++) {
        const struct lg_nightly_change *c = &r->found->changes[i];
        if (c->series == series && c->regression && c->state == LG_NIGHTLY_SUSPECTED) {
            return c->night;
        }
    }
    return r->data->night_count - 1;
}

static void note(const struct rerun *r, const struct suspect *s, struct lg_history_note *out)
{
    const struct lg_nightly_series *series = &r->data->in.series[s->series];
    const struct lg_nightly_standing *standing = &r->found->standings[s->series];
    *out = (struct lg_history_note){
        .kind = LG_HISTORY_RERUN,
        .night = r->data->nights[first_night(r, s->series)].id,
        .scenario = series->scenario,
        .target = series->target,
        .metric = series->metric,
        .good = r->data->nights[standing->last_good].id,
        .verdict = s->proof.verdict,
        .ratio = s->proof.ratio,
        .low = s->proof.interval.known ? s->proof.interval.low : 0,
        .high = s->proof.interval.known ? s->proof.interval.high : 0,
        .pairs = s->pairs,
        .at = lg_utc(r->suite->arena, "%Y-%m-%dT%H:%M:%SZ"),
        .text = r->folder,
    };
}

/* ---- one target after the other ---- */

static struct suspect *suspects_of(const struct rerun *r, size_t *count)
{
    struct suspect *list = NULL;
    *count = 0;
    for (size_t i = 0; i < r->data->in.series_count; i++) {
        if (is_suspect(r->data, r->found, i, r->scenario) &&
            strcmp(r->data->in.series[i].target, r->target) == 0) {
            struct suspect *s = LG_ARENA_PUSH(r->suite->arena, list, *count);
            s->series = i;
            s->good = lg_arena_alloc(r->suite->arena, LG_RERUN_MOST * sizeof *s->good);
            s->bad = lg_arena_alloc(r->suite->arena, LG_RERUN_MOST * sizeof *s->bad);
        }
    }
    return list;
}

static void one_target(struct rerun *r, struct lg_nightly_reruns *out)
{
    r->suspects = suspects_of(r, &r->count);
    if (r->count == 0) {
        return;
    }
    if (spec_of(r->scenario->good, r->target) == NULL) {
        return; /* not at hand */
    }
    settle(r);
    if (r->failed) {
        lg_nightly_note(r->suite,
                        "%s, %s: the pairs beside the last good version are not valid "
                        "and were not used",
                        r->scenario->plan->name, r->target);
    }
    for (size_t i = 0; i < r->count; i++) {
        if (r->suspects[i].pairs >= LG_NIGHTLY_TRIALS) {
            note(r, &r->suspects[i], LG_ARENA_PUSH(r->suite->arena, out->notes, out->note_count));
            out->made++;
        }
    }
}

static size_t count_suspects(const struct lg_nightly_suite *suite,
                             const struct lg_history_data *data,
                             const struct lg_nightly_result *found)
{
    size_t n = 0;
    for (size_t k = 0; k < suite->count; k++) {
        for (size_t i = 0; i < data->in.series_count; i++) {
            n += is_suspect(data, found, i, &suite->scenarios[k]);
        }
    }
    return n;
}

void lg_nightly_rerun(struct lg_nightly_suite *suite, const struct lg_history_data *data,
                      const struct lg_nightly_result *found, struct lg_nightly_reruns *out)
{
    *out = (struct lg_nightly_reruns){.suspects = count_suspects(suite, data, found)};
    for (size_t k = 0; k < suite->count && out->suspects > 0; k++) {
        const struct lg_nightly_scenario *s = &suite->scenarios[k];
        for (size_t t = 0; t < s->plan->target_count && suite->stopped == 0; t++) {
            struct rerun r = {.suite = suite,
                              .data = data,
                              .found = found,
                              .scenario = s,
                              .target = s->plan->targets[t].name,
                              .compared = out->suspects};
            one_target(&r, out);
        }
    }
}
