#include "analysis/objectives.h"
#include "analysis/pooled.h"
#include "analysis/stats.h"
#include "analysis/validity.h"
#include "base/units.h"
#include "scenario/plan.h"

#include <math.h>

static const struct lg_objective_value nothing = {.unit = LG_OBSERVED_NOTHING};

static bool is(const char *text, const char *word)
{
    return text != NULL && strcmp(text, word) == 0;
}

/* Which histogram an objective speaks of; false: none of that name in the first trial. */
static bool find_times(const struct lg_objective *o, const struct lg_target_result *target,
                       struct lg_pooled_what *what)
{
    const struct lg_trial_result *trial = &target->trials[0];
    static const struct {
        const char *measure;
        enum lg_pooled_kind kind;
    } of_streams[] = {{"first_event", LG_POOL_FIRST_EVENT},
                      {"gap", LG_POOL_GAP},
                      {"reconnect", LG_POOL_RECONNECT},
                      {"pause", LG_POOL_PAUSE}};
    *what = (struct lg_pooled_what){.name = o->subject, .phase = LG_PHASE_RESPONSE};
    for (size_t i = 0; i < sizeof of_streams / sizeof *of_streams; i++) {
        if (is(o->measure, of_streams[i].measure)) {
            what->kind = of_streams[i].kind;
            return true;
        }
    }
    for (size_t i = 0; i < trial->step_count; i++) {
        if (is(trial->steps[i].name, o->subject)) {
            what->kind = LG_POOL_STEP;
            what->phase = is(o->measure, "service")      ? LG_PHASE_SERVICE
                          : is(o->measure, "first_byte") ? LG_PHASE_FIRST_BYTE
                                                         : LG_PHASE_RESPONSE;
            return true;
        }
    }
    for (size_t i = 0; i < trial->deliveries_count; i++) {
        if (is(trial->deliveries[i].name, o->subject)) {
            what->kind = is(o->measure, "spread") ? LG_POOL_SPREAD : LG_POOL_DELIVERY;
            return true;
        }
    }
    what->kind = LG_POOL_ITERATION;
    for (size_t i = 0; i < trial->users_count; i++) {
        if (is(trial->users[i].name, o->subject)) {
            return true;
        }
    }
    return false;
}

static double time_stat(const struct lg_objective *o, const struct lg_pooled *pooled)
{
    bool empty = pooled->hist->count == 0;
    lg_ns quantile;
    switch (o->stat) {
    case LG_STAT_PERCENTILE:
        quantile = lg_pooled_quantile(pooled, o->quantile);
        return quantile == LG_NEVER ? INFINITY : (double)quantile;
    case LG_STAT_MEAN:
        return empty ? INFINITY : lg_hist_mean(pooled->hist);
    case LG_STAT_MIN:
        return empty ? INFINITY : (double)pooled->hist->min;
    default:
        return pooled->above > 0 ? INFINITY : (double)pooled->hist->max;
    }
}

static struct lg_objective_value observe_time(const struct lg_objective *o,
                                              const struct lg_target_result *target)
{
    struct lg_pooled_what what;
    if (!find_times(o, target, &what)) {
        return nothing;
    }
    struct lg_pooled pooled = lg_pooled_of(target->trials, target->trial_count, &what);
    struct lg_objective_value value = nothing;
    if (lg_pooled_count(&pooled) > 0) {
        value = (struct lg_objective_value){LG_OBSERVED_TIME, time_stat(o, &pooled), pooled.above,
                                            lg_pooled_count(&pooled)};
    }
    lg_pooled_fini(&pooled);
    return value;
}

static struct lg_objective_value observe_errors(const struct lg_objective *o,
                                                const struct lg_totals *totals)
{
    if (totals->exchanges == 0) {
        return nothing;
    }
    if (o->stat == LG_STAT_COUNT) {
        return (struct lg_objective_value){LG_OBSERVED_COUNT, (double)totals->failed,
                                           totals->failed, totals->exchanges};
    }
    return (struct lg_objective_value){LG_OBSERVED_SHARE,
                                       (double)totals->failed / (double)totals->exchanges,
                                       totals->failed, totals->exchanges};
}

static struct lg_totals totals_of_step(const char *name, const struct lg_target_result *target)
{
    struct lg_totals totals = {0};
    for (size_t i = 0; i < target->trial_count; i++) {
        for (size_t s = 0; s < target->trials[i].step_count; s++) {
            const struct lg_step_result *step = &target->trials[i].steps[s];
            if (is(step->name, name)) {
                totals.exchanges += step->count;
                totals.failed += step->count - step->outcomes[LG_OK];
            }
        }
    }
    return totals;
}

/* Successes of a step or completed iterations of users, and whether there is such a row.  `inside`:
 * those that ended inside the window, as far as the record tells them apart. */
static bool count_successes(const char *subject, const struct lg_target_result *target,
                            uint64_t *successes, double *inside)
{
    bool found = false;
    *successes = 0;
    *inside = 0;
    for (size_t i = 0; i < target->trial_count; i++) {
        const struct lg_trial_result *trial = &target->trials[i];
        bool is_step = false;
        for (size_t s = 0; s < trial->step_count; s++) {
            if (is(trial->steps[s].name, subject)) {
                *successes += trial->steps[s].outcomes[LG_OK];
                *inside += (double)trial->steps[s].outcomes[LG_OK];
                is_step = true;
            }
        }
        for (size_t u = 0; !is_step && u < trial->users_count; u++) {
            if (is(trial->users[u].name, subject)) {
                *successes += trial->users[u].accounting.completed;
                *inside += trial->users[u].achieved_per_s * trial->duration_s;
                found = true;
            }
        }
        found = found || is_step;
    }
    return found;
}

static struct lg_objective_value observe_successes(const struct lg_objective *o,
                                                   const struct lg_target_result *target,
                                                   const struct lg_totals *totals)
{
    uint64_t successes;
    double inside;
    if (!count_successes(o->subject, target, &successes, &inside)) {
        return nothing;
    }
    if (o->stat == LG_STAT_COUNT) {
        return (struct lg_objective_value){LG_OBSERVED_COUNT, (double)successes, 0, 0};
    }
    if (totals->window_s <= 0) {
        return nothing;
    }
    return (struct lg_objective_value){LG_OBSERVED_PER_S, inside / totals->window_s, 0, 0};
}

static struct lg_objective_value observe_deliveries(const struct lg_objective *o,
                                                    const struct lg_target_result *target)
{
    uint64_t bad = 0;
    uint64_t expected = 0;
    for (size_t i = 0; i < target->trial_count; i++) {
        for (size_t k = 0; k < target->trials[i].deliveries_count; k++) {
            const struct lg_deliveries_result *d = &target->trials[i].deliveries[k];
            if (is(d->name, o->subject)) {
                expected += d->expected;
                bad += o->stat == LG_STAT_LOST         ? d->lost
                       : o->stat == LG_STAT_DUPLICATED ? d->duplicated
                                                       : d->reordered;
            }
        }
    }
    if (expected == 0) {
        return nothing;
    }
    return (struct lg_objective_value){LG_OBSERVED_COUNT, (double)bad, bad, expected};
}

/* ---- streams ---- */

static uint64_t stream_count(const struct lg_objective *o, const struct lg_stream_result *s)
{
    switch (o->stat) {
    case LG_STAT_STALLS:
        return s->stalls;
    case LG_STAT_MISSING:
        return s->missing;
    case LG_STAT_DUPLICATED:
        return s->duplicated;
    case LG_STAT_REORDERED:
        return s->reordered;
    default:
        return s->events;
    }
}

static struct lg_objective_value observe_events(const struct lg_objective *o,
                                                const struct lg_target_result *target)
{
    uint64_t count = 0, events = 0;
    double seconds = 0;
    for (size_t i = 0; i < target->trial_count; i++) {
        const struct lg_trial_result *trial = &target->trials[i];
        seconds += trial->duration_s;
        for (size_t k = 0; k < trial->stream_count; k++) {
            if (is(trial->streams[k].name, o->subject)) {
                count += stream_count(o, &trial->streams[k]);
                events += trial->streams[k].events;
            }
        }
    }
    if (o->stat == LG_STAT_RATE && seconds > 0) {
        return (struct lg_objective_value){LG_OBSERVED_PER_S, (double)count / seconds, 0, 0};
    }
    /* Without any event nothing can have been missing. */
    return events > 0 || o->stat == LG_STAT_COUNT
               ? (struct lg_objective_value){LG_OBSERVED_COUNT, (double)count, count, events}
               : nothing;
}

static double throughput_stat(const struct lg_objective *o, const struct lg_stream_result *all)
{
    uint64_t ok = all->throughput->count, n = ok + all->failed;
    switch (o->stat) {
    case LG_STAT_PERCENTILE:
        return (double)lg_throughput_quantile(all, o->quantile);
    case LG_STAT_MEAN:
        return n > 0 ? lg_hist_mean(all->throughput) * (double)ok / (double)n : 0;
    case LG_STAT_MIN:
        return all->failed > 0 ? 0 : (double)all->throughput->min;
    default:
        return ok > 0 ? (double)all->throughput->max : 0;
    }
}

static struct lg_objective_value observe_throughput(const struct lg_objective *o,
                                                    const struct lg_target_result *target)
{
    struct lg_stream_result all = {.throughput = lg_hist_new()};
    struct lg_objective_value value = nothing;
    for (size_t i = 0; i < target->trial_count; i++) {
        for (size_t k = 0; k < target->trials[i].stream_count; k++) {
            const struct lg_stream_result *s = &target->trials[i].streams[k];
            if (is(s->name, o->subject)) {
                all.failed += s->failed;
                if (s->throughput != NULL) {
                    lg_hist_merge(all.throughput, s->throughput);
                }
            }
        }
    }
    if (all.throughput->count + all.failed > 0) {
        value = (struct lg_objective_value){LG_OBSERVED_BYTES_PER_S, throughput_stat(o, &all),
                                            all.failed, all.throughput->count + all.failed};
    }
    lg_hist_free(all.throughput);
    return value;
}

/* Of all exchanges, or of a step's. */
static bool of_errors(const struct lg_objective *o)
{
    return is(o->subject, "errors") || is(o->measure, "errors");
}

static bool of_events(const struct lg_objective *o)
{
    bool gap = is(o->measure, "gap");
    bool counts = o->stat == LG_STAT_DUPLICATED || o->stat == LG_STAT_REORDERED;
    return is(o->measure, "events") || o->stat == LG_STAT_STALLS || o->stat == LG_STAT_MISSING ||
           (gap && counts);
}

struct lg_objective_value lg_objective_observe(const struct lg_objective *objective,
                                               const struct lg_target_result *target)
{
    if (target->trial_count == 0) {
        return nothing;
    }
    if (of_events(objective)) {
        return observe_events(objective, target);
    }
    if (is(objective->measure, "throughput")) {
        return observe_throughput(objective, target);
    }
    bool of_step = is(objective->measure, "errors");
    struct lg_totals totals =
        of_step ? totals_of_step(objective->subject, target) : lg_totals_of(target);
    switch (objective->stat) {
    case LG_STAT_COUNT:
    case LG_STAT_RATE:
        return of_errors(objective) ? observe_errors(objective, &totals)
                                    : observe_successes(objective, target, &totals);
    case LG_STAT_LOST:
    case LG_STAT_DUPLICATED:
    case LG_STAT_REORDERED:
        return observe_deliveries(objective, target);
    default:
        return observe_time(objective, target);
    }
}

const char *lg_objective_unit(const struct lg_objective *objective)
{
    switch (objective->stat) {
    case LG_STAT_PERCENTILE:
    case LG_STAT_MEAN:
    case LG_STAT_MIN:
    case LG_STAT_MAX:
        return is(objective->measure, "throughput") ? "bytes_per_s" : "ns";
    case LG_STAT_RATE:
        return of_errors(objective) ? "share" : "per_s";
    default:
        return "count";
    }
}

static bool holds(double value, enum lg_compare compare, double limit)
{
    switch (compare) {
    case LG_LT:
        return value < limit;
    case LG_LE:
        return value <= limit;
    case LG_GT:
        return value > limit;
    case LG_GE:
        return value >= limit;
    case LG_EQ:
        return value == limit;
    case LG_NE:
        return value != limit;
    }
    return false;
}

bool lg_objective_is_met(const struct lg_objective *objective,
                         const struct lg_target_result *target)
{
    struct lg_objective_value v = lg_objective_observe(objective, target);
    return v.unit != LG_OBSERVED_NOTHING && holds(v.value, objective->compare, objective->limit);
}

/* What a late generator cannot spoil: an upper limit on times counted from when due. */
static bool bears_lateness(const struct lg_objective *o, const struct lg_pooled_what *what)
{
    bool from_due = (what->kind == LG_POOL_STEP && what->phase == LG_PHASE_RESPONSE) ||
                    what->kind == LG_POOL_ITERATION;
    return from_due && (o->compare == LG_LT || o->compare == LG_LE);
}

static enum lg_objective_certainty certainty_within(const struct lg_objective *o, double low,
                                                    double high)
{
    bool at_low = holds(fmax(low, 0), o->compare, o->limit),
         at_high = holds(high, o->compare, o->limit);
    return at_low && at_high   ? LG_CERTAINLY_MET
           : at_low || at_high ? LG_NOT_CERTAIN
                               : LG_CERTAINLY_MISSED;
}

static double end_of(lg_ns bound)
{
    return bound == LG_NEVER ? INFINITY : (double)bound;
}

enum lg_objective_certainty lg_objective_certainty(const struct lg_objective *o,
                                                   const struct lg_target_result *target,
                                                   lg_ns late)
{
    struct lg_objective_value v = lg_objective_observe(o, target);
    struct lg_pooled_what what;
    if (v.unit == LG_OBSERVED_NOTHING) {
        return late > 0 || is(o->measure, "errors") ? LG_NOT_CERTAIN : LG_CERTAINLY_MISSED;
    }
    if (v.unit != LG_OBSERVED_TIME || !find_times(o, target, &what)) {
        return certainty_within(o, v.value, v.value);
    }
    if (late > 0 && !bears_lateness(o, &what)) {
        return LG_NOT_CERTAIN;
    }
    if (o->stat != LG_STAT_PERCENTILE) {
        return certainty_within(o, v.value - (double)late, v.value);
    }
    struct lg_pooled pooled = lg_pooled_of(target->trials, target->trial_count, &what);
    struct lg_quantile_bounds bounds =
        lg_stats_quantile_bounds(pooled.hist, o->quantile, pooled.above, 0.95);
    lg_pooled_fini(&pooled);
    return certainty_within(o, end_of(bounds.low) - (double)late, end_of(bounds.high));
}

static const char *share_of(const struct lg_objective_value *v, struct lg_arena *arena)
{
    char failed[LG_UNIT_TEXT];
    char of[LG_UNIT_TEXT];
    if (v->of == 0) {
        return "";
    }
    return lg_arena_printf(arena, " (%s of %s)", lg_show_count(failed, (double)v->failed),
                           lg_show_count(of, (double)v->of));
}

static const char *show(const struct lg_objective_value *v, struct lg_arena *arena)
{
    char text[LG_UNIT_TEXT];
    switch (v->unit) {
    case LG_OBSERVED_TIME:
        if (isinf(v->value)) {
            return lg_arena_printf(arena, "among the failed or lost%s", share_of(v, arena));
        }
        return lg_arena_strdup(arena, lg_show_time(text, v->value));
    case LG_OBSERVED_BYTES_PER_S:
        return lg_arena_printf(arena, "%s/s%s", lg_show_bytes(text, v->value),
                               v->failed > 0 ? share_of(v, arena) : "");
    case LG_OBSERVED_SHARE:
        return lg_arena_printf(arena, "%s%s", lg_show_share(text, v->value), share_of(v, arena));
    case LG_OBSERVED_PER_S:
        return lg_arena_strdup(arena, lg_show_rate(text, v->value));
    case LG_OBSERVED_COUNT:
        return lg_arena_strdup(arena, lg_show_count(text, v->value));
    default:
        return "nothing measured";
    }
}

static bool may_judge(const struct lg_record *record, const struct lg_target_result *target)
{
    bool may = !record->interrupted && target->trial_count > 0;
    for (size_t i = 0; i < target->trial_count; i++) {
        may = may && !target->trials[i].interrupted && !lg_validity_breached(&target->trials[i]);
    }
    return may;
}

void lg_objectives_judge(struct lg_record *record, const struct lg_plan *plan)
{
    record->objectives = NULL;
    record->objective_count = 0;
    for (size_t i = 0; i < plan->objective_count; i++) {
        const struct lg_objective *o = &plan->objectives[i];
        for (size_t t = 0; t < record->target_count; t++) {
            const struct lg_target_result *target = &record->targets[t];
            struct lg_objective_value v = lg_objective_observe(o, target);
            struct lg_objective_result *row =
                LG_ARENA_PUSH(record->arena, record->objectives, record->objective_count);
            row->text = lg_arena_strdup(record->arena, o->text);
            row->target = target->name;
            row->observed = show(&v, record->arena);
            row->file = lg_arena_strdup(record->arena, o->file != NULL ? o->file : "");
            row->line = o->line;
            row->state = v.unit == LG_OBSERVED_NOTHING || !may_judge(record, target)
                             ? LG_OBJECTIVE_NOT_JUDGED
                         : holds(v.value, o->compare, o->limit) ? LG_OBJECTIVE_MET
                                                                : LG_OBJECTIVE_MISSED;
        }
    }
}
