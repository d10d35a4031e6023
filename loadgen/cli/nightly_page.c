#include "cli/nightly_page.h"

#include "cli/nightly_figures.h"
#include "measure/environment.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

enum { RECENT = 3 }; /* nights for which an improvement is news */

struct filling {
    const struct lg_nightly_options *options;
    const struct lg_history_data *data;
    const struct lg_nightly_result *found;
    const struct lg_nightly_suite *suite;
    struct lg_arena *arena;
};

static const char *text_of(const char *text)
{
    return text != NULL ? text : "";
}

/* ---- nights ---- */

static const char *joined(const char *a, const char *b, struct lg_arena *arena)
{
    return a[0] == '\0' ? b : b[0] == '\0' ? a : lg_arena_printf(arena, "%s; %s", a, b);
}

static struct lg_trend_night *nights_of(const struct filling *f)
{
    size_t n = f->data->night_count;
    struct lg_trend_night *nights = lg_arena_alloc(f->arena, (n + 1) * sizeof *nights);
    for (size_t i = 0; i < n; i++) {
        const struct lg_history_night *night = &f->data->nights[i];
        const char *note = text_of(night->note);
        note = joined(note, night->clock_back ? "the clock was set back before this night" : "",
                      f->arena);
        note = joined(note, night->pruned ? "only the medians are kept" : "", f->arena);
        nights[i] = (struct lg_trend_night){night->started_at, text_of(night->commit), note};
    }
    return nights;
}

/* The parts of "a; b; c" that the other text does not have. */
static const char *new_parts(const char *text, const char *other, struct lg_arena *arena)
{
    const char *found = "";
    for (const char *at = text; *at != '\0';) {
        size_t n = strcspn(at, ";");
        const char *part = lg_arena_strndup(arena, at, n);
        const char *there = strstr(other, part);
        bool same = there != NULL && (there[n] == ';' || there[n] == '\0');
        found = same ? found : joined(found, part, arena);
        at += n;
        at += strspn(at, "; ");
    }
    return found;
}

/* What changed around the series before this night. */
static const char *broken(const struct filling *f, size_t night)
{
    const struct lg_history_night *nights = f->data->nights;
    for (size_t i = night; i > 0 && nights[i].broken; i--) {
        const char *now = text_of(nights[i].environment);
        const char *before = text_of(nights[i - 1].environment);
        const char *came = new_parts(now, before, f->arena);
        return lg_arena_printf(f->arena, "%s instead of %s", came[0] != '\0' ? came : "nothing",
                               new_parts(before, now, f->arena));
    }
    return "the machine, its system or the load of the scenario";
}

/* ---- points ---- */

/* Only if it is still there: runs may be deleted. */
static const char *report_of(const struct filling *f, size_t night, const char *scenario)
{
    const struct lg_history_night *n = &f->data->nights[night];
    for (size_t i = 0; i < n->run_count; i++) {
        const char *folder = text_of(n->runs[i].folder);
        if (strcmp(n->runs[i].scenario, scenario) == 0 && folder[0] != '\0') {
            const char *page = lg_arena_printf(f->arena, "%s/report.html", folder);
            const char *path = lg_arena_printf(f->arena, "%s/%s", f->options->out, page);
            return access(path, R_OK) == 0 ? page : "";
        }
    }
    return "";
}

static bool has_failed(const struct filling *f, const struct lg_nightly_series *series)
{
    for (size_t i = 0; f->suite != NULL && i < f->suite->failed_count; i++) {
        const char *name = lg_arena_printf(f->arena, "%s\n%s", series->scenario, series->target);
        if (strcmp(f->suite->failed[i], name) == 0) {
            return true;
        }
    }
    for (size_t i = 0; f->suite != NULL && i < f->suite->count; i++) {
        const struct lg_nightly_scenario *s = &f->suite->scenarios[i];
        if (s->missing[0] != '\0' && s->target_failed &&
            strcmp(s->plan->name, series->scenario) == 0) {
            return true;
        }
    }
    return false;
}

static void spread(const struct lg_nightly_value *v, struct lg_trend_point *p)
{
    p->value = p->low = p->high = v->value;
    p->trials = v->trial_count;
    for (size_t i = 0; i < v->trial_count; i++) {
        p->low = fmin(p->low, v->trials[i]);
        p->high = fmax(p->high, v->trials[i]);
    }
}

static struct lg_trend_point *points_of(const struct filling *f, size_t index)
{
    const struct lg_nightly_series *series = &f->data->in.series[index];
    size_t n = f->data->night_count;
    struct lg_trend_point *points = lg_arena_alloc(f->arena, (n + 1) * sizeof *points);
    for (size_t i = 0; i < n; i++) {
        const struct lg_nightly_value *v = &series->nights[i];
        const char *missing = text_of(f->data->missing[index * n + i]);
        points[i].report = report_of(f, i, series->scenario);
        points[i].broken = v->broken ? broken(f, i) : NULL;
        if (v->known) {
            spread(v, &points[i]);
        } else {
            points[i].missing = missing[0] != '\0' ? missing : "not measured";
        }
    }
    for (size_t i = 0; i < f->found->outlier_count; i++) {
        const struct lg_nightly_outlier *o = &f->found->outliers[i];
        if (o->series == index && series->nights[o->night].known) {
            points[o->night].outlier = true;
        }
    }
    if (n > 0) {
        points[n - 1].target_failed = points[n - 1].missing != NULL && has_failed(f, series);
    }
    return points;
}

/* ---- changes ---- */

static const struct lg_history_note *note_of(const struct filling *f,
                                             const struct lg_nightly_series *series, size_t night,
                                             enum lg_history_note_kind kind)
{
    for (size_t i = f->data->note_count; i-- > 0;) {
        const struct lg_history_note *n = &f->data->notes[i];
        if (n->kind == kind && strcmp(n->night, f->data->nights[night].id) == 0 &&
            strcmp(n->scenario, series->scenario) == 0 && strcmp(n->target, series->target) == 0 &&
            strcmp(n->metric, series->metric) == 0) {
            return n;
        }
    }
    return NULL;
}

/* What became of a change until now, or until something around the series changed: nothing can be
 * held against it from there on. */
struct aftermath {
    double level;  /* at the end, in the series' unit */
    size_t since;  /* the night with which that level began */
    size_t nights; /* with a value, from the break on; 0: there was none */
};

static struct aftermath aftermath_of(const struct filling *f, const struct lg_nightly_change *c)
{
    const struct lg_nightly_value *values = f->data->in.series[c->series].nights;
    size_t count = f->data->night_count, end = c->night + 1;
    struct aftermath after = {.level = c->to, .since = c->night};
    while (end < count && !values[end].broken) {
        end++;
    }
    for (size_t i = end; i < count; i++) {
        after.nights += values[i].known;
    }
    for (size_t i = 0; i < f->found->change_count; i++) {
        const struct lg_nightly_change *later = &f->found->changes[i];
        if (later->series == c->series && later->night > c->night && later->night < end &&
            later->state != LG_NIGHTLY_SUSPECTED) {
            after.level = later->to;
            after.since = later->night;
        }
    }
    return after;
}

/* More than half of the change has gone since. */
static bool undone(const struct lg_nightly_change *c, const struct aftermath *after)
{
    return (after->level - c->from) / (c->to - c->from) < 0.5;
}

static enum lg_trend_state state_of(const struct lg_nightly_change *c,
                                    const struct lg_history_note *rerun, bool accepted,
                                    const struct aftermath *after)
{
    if (accepted) {
        return LG_TREND_ACCEPTED;
    }
    if (c->state != LG_NIGHTLY_SUSPECTED) {
        return c->regression && after->nights > 0 && !undone(c, after) ? LG_TREND_UNRESOLVED
               : c->state == LG_NIGHTLY_CONFIRMED ? LG_TREND_CONFIRMED_BY_NIGHTS
                                                  : LG_TREND_CONFIRMED_BY_RERUN;
    }
    return rerun == NULL                          ? LG_TREND_SUSPECTED
           : rerun->verdict == LG_NIGHTLY_REFUTED ? LG_TREND_REFUTED
                                                  : LG_TREND_UNCLEAR;
}

/* What something else came in between is told once more, in the first night that has a value then,
 * and not for ever: no later night can show that it was undone. */
static bool is_open(const struct lg_nightly_change *c, bool accepted, const struct aftermath *after)
{
    return c->regression && !accepted && c->state != LG_NIGHTLY_SUSPECTED && !undone(c, after) &&
           after->nights <= 1;
}

static const char *rerun_text(const struct lg_history_note *n, struct lg_arena *arena)
{
    const char *pairs = lg_arena_printf(arena, "over %zu pairs of trials", n->pairs);
    return n->high != 0 || n->low != 0 ? lg_arena_printf(arena, "%.3g times [%.3g, %.3g] %s",
                                                         n->ratio, n->low, n->high, pairs)
                                       : lg_arena_printf(arena, "%.3g times %s", n->ratio, pairs);
}

static void describe_rerun(const struct filling *f, const struct lg_history_note *rerun, bool share,
                           struct lg_trend_change *out)
{
    out->rerun = out->rerun_report = "";
    if (rerun == NULL) {
        return;
    }
    out->rerun = share ? lg_arena_printf(f->arena, "%+.3g of all over %zu pairs of trials",
                                         rerun->ratio, rerun->pairs)
                       : rerun_text(rerun, f->arena);
    const char *page = lg_arena_printf(f->arena, "%s/report.html", text_of(rerun->text));
    bool there = text_of(rerun->text)[0] != '\0' &&
                 access(lg_arena_printf(f->arena, "%s/%s", f->options->out, page), R_OK) == 0;
    out->rerun_report = there ? page : "";
}

static void describe(const struct filling *f, const struct lg_nightly_change *c,
                     struct lg_trend_change *out)
{
    const struct lg_nightly_series *series = &f->data->in.series[c->series];
    const struct lg_history_note *rerun = note_of(f, series, c->night, LG_HISTORY_RERUN);
    bool accepted = note_of(f, series, c->night, LG_HISTORY_ACKNOWLEDGED) != NULL;
    struct aftermath after = aftermath_of(f, c);
    const struct lg_history_night *good =
        c->last_good < f->data->night_count ? &f->data->nights[c->last_good] : NULL;
    *out = (struct lg_trend_change){
        .night = c->night,
        .regression = c->regression,
        .state = state_of(c, rerun, accepted, &after),
        .before = c->from,
        .after = c->to,
        .ratio = series->share ? NAN : c->ratio,
        .p = c->p,
        .last_good = good != NULL ? text_of(good->commit) : "",
    };
    if (c->interval.known && !series->share) {
        out->low = c->interval.low;
        out->high = c->interval.high;
    }
    out->undone =
        c->regression && c->state != LG_NIGHTLY_SUSPECTED && undone(c, &after)
            ? lg_arena_printf(f->arena, "%.10s", text_of(f->data->nights[after.since].started_at))
            : "";
    out->open = is_open(c, accepted, &after);
    describe_rerun(f, rerun, series->share, out);
}

static void changes_of(const struct filling *f, size_t index, struct lg_trend_series *out)
{
    for (size_t i = 0; i < f->found->change_count; i++) {
        if (f->found->changes[i].series == index) {
            describe(f, &f->found->changes[i],
                     LG_ARENA_PUSH(f->arena, out->changes, out->change_count));
        }
    }
}

/* ---- series ---- */

static enum lg_trend_tonight tonight_of(const struct filling *f, size_t index,
                                        const struct lg_trend_series *s)
{
    size_t n = f->data->night_count;
    bool suspected = false, improved = false;
    for (size_t i = 0; i < s->change_count; i++) {
        const struct lg_trend_change *c = &s->changes[i];
        if (c->open) {
            return LG_TONIGHT_REGRESSED;
        }
        bool pending = c->state == LG_TREND_SUSPECTED || c->state == LG_TREND_UNCLEAR;
        suspected = suspected || (c->regression && pending);
        improved = improved || (!c->regression && !pending && c->night + RECENT >= n);
    }
    return n == 0 || s->points[n - 1].missing != NULL ? LG_TONIGHT_NO_DATA
           : suspected                                ? LG_TONIGHT_SUSPECTED
           : improved                                 ? LG_TONIGHT_IMPROVED
           : !f->found->standings[index].judged       ? LG_TONIGHT_YOUNG
                                                      : LG_TONIGHT_QUIET;
}

static void fill_series(const struct filling *f, size_t index, struct lg_trend_series *out)
{
    const struct lg_nightly_series *series = &f->data->in.series[index];
    const struct lg_nightly_standing *standing = &f->found->standings[index];
    *out = (struct lg_trend_series){
        .scenario = series->scenario,
        .target = series->target,
        .metric = series->metric,
        .unit = series->unit,
        .less_is_better = series->less_is_better,
        .points = points_of(f, index),
        .nights = standing->nights,
        .detectable = isfinite(standing->after3) ? standing->after3 : NAN,
    };
    changes_of(f, index, out);
    out->tonight = tonight_of(f, index, out);
}

size_t lg_nightly_open(const struct lg_trend_page *page)
{
    size_t open = 0;
    for (size_t i = 0; i < page->series_count; i++) {
        for (size_t k = 0; k < page->series[i].change_count; k++) {
            open += page->series[i].changes[k].open;
        }
    }
    return open;
}

void lg_nightly_page(const struct lg_nightly_options *options, const char *history,
                     const struct lg_history_data *data, const struct lg_nightly_result *found,
                     const struct lg_nightly_suite *suite, struct lg_arena *arena,
                     struct lg_trend_page *page)
{
    struct filling f = {options, data, found, suite, arena};
    struct lg_environment environment = lg_environment_read(arena, LG_VERSION);
    *page = (struct lg_trend_page){
        .command = options->command,
        .history = history,
        .cpu = environment.cpu,
        .cores = environment.cores,
        .nights = nights_of(&f),
        .night_count = data->night_count,
        .measured = suite != NULL,
        .series_count = data->in.series_count,
        .notes = suite != NULL ? suite->notes : NULL,
        .note_count = suite != NULL ? suite->note_count : 0,
    };
    page->series = lg_arena_alloc(arena, (page->series_count + 1) * sizeof *page->series);
    for (size_t i = 0; i < page->series_count; i++) {
        fill_series(&f, i, &page->series[i]);
    }
}
