#include "analysis/nightly.h"
#include "analysis/dist.h"
#include "analysis/nightly_levels.h"

#include <math.h>
#include <stdlib.h>

#define LEVEL 0.95
/* No series is trusted to be steadier than this part of the least change that matters. */
#define STEADIEST 0.2
/* Each of two suspected nights must be out of line by this many standard deviations. */
#define EACH_OUT 1.0
/* A change that was accepted goes again if later nights leave it less sure than this. */
#define STILL_P 0.01
/* An improvement must be surer by this factor. */
#define IMPROVEMENT 100.0
/* Nights of belief that successive nights are independent, before any is seen. */
#define RHO_BELIEF 1.0

/* The nights of a series between two breaks. */
struct span {
    size_t series;
    size_t *night; /* of each value */
    bool tonight;  /* its last value is the last night's */
    bool logs;
    bool last; /* no break after it: the level of now is here */
    struct lg_levels levels;
};

struct work {
    const struct lg_nightly *in;
    struct lg_arena *arena;
    size_t first; /* night that is looked at */
    struct span *spans;
    size_t span_count;
    size_t *now;            /* the span that each series is in */
    bool *broken;           /* a break, and no value since then */
    double rho;             /* of successive nights, over all series */
    struct candidate *room; /* one for each series */
};

static bool is_known(const struct lg_nightly_value *value)
{
    return value->known && isfinite(value->value);
}

static bool takes_logs(const struct work *w, const struct lg_nightly_series *series)
{
    bool positive = !series->share;
    for (size_t i = w->first; i < w->in->night_count; i++) {
        positive = positive && (!is_known(&series->nights[i]) || series->nights[i].value > 0);
    }
    return positive;
}

/* The least change that matters, in the scale of y. */
static double least_of(const struct span *span, const struct lg_nightly_series *series,
                       double level)
{
    if (series->share) {
        return LG_NIGHTLY_POINTS;
    }
    return span->logs ? log1p(LG_NIGHTLY_LEAST) : LG_NIGHTLY_LEAST * fabs(level);
}

static bool has_note(const struct work *w, size_t series, size_t night,
                     enum lg_nightly_verdict verdict)
{
    for (size_t i = 0; i < w->in->note_count; i++) {
        const struct lg_nightly_note *note = &w->in->notes[i];
        if (note->series == series && note->night == night && note->verdict == verdict) {
            return true;
        }
    }
    return false;
}

static void begin_span(struct work *w, size_t series, size_t night)
{
    const struct lg_nightly_series *s = &w->in->series[series];
    size_t room = w->in->night_count - night;
    struct span *span = LG_ARENA_PUSH(w->arena, w->spans, w->span_count);
    *span = (struct span){.series = series, .logs = takes_logs(w, s)};
    span->night = lg_arena_alloc(w->arena, room * sizeof *span->night);
    double least = least_of(span, s, s->nights[night].value);
    span->levels = (struct lg_levels){.room = room,
                                      .before = LG_NIGHTLY_BEFORE,
                                      .least = LG_NIGHTLY_AFTER,
                                      .least_sd = fmax(STEADIEST * least, 1e-300),
                                      .far = LG_NIGHTLY_FAR};
    lg_levels_init(&span->levels, w->arena);
    w->now[series] = w->span_count - 1;
    w->broken[series] = false;
}

/* False: the night has no value. */
static bool add_night(struct work *w, size_t series, size_t night)
{
    const struct lg_nightly_value *value = &w->in->series[series].nights[night];
    w->broken[series] = w->broken[series] || value->broken;
    if (!is_known(value)) {
        return false;
    }
    if (w->broken[series]) {
        begin_span(w, series, night);
    }
    struct span *span = &w->spans[w->now[series]];
    span->night[span->levels.n] = night;
    span->tonight = night + 1 == w->in->night_count;
    span->levels.rho_prior = w->rho;
    lg_levels_add(&span->levels, span->logs ? log(value->value) : value->value);
    if (span->levels.n >= 2 && has_note(w, series, night, LG_NIGHTLY_PROVEN)) {
        lg_levels_give(&span->levels);
    }
    return true;
}

/* A place that may be accepted with tonight's values. */
struct candidate {
    size_t series;
    double p;
};

static int by_p(const void *a, const void *b)
{
    const struct candidate *x = a;
    const struct candidate *y = b;
    if (x->p != y->p) {
        return x->p < y->p ? -1 : 1;
    }
    return (x->series > y->series) - (x->series < y->series);
}

static bool matters(const struct work *w, const struct span *span)
{
    const struct lg_levels *l = &span->levels;
    double before = lg_levels_mean(l, l->from, l->candidate);
    double by = lg_levels_mean(l, l->candidate, l->n) - before;
    return fabs(by) >= least_of(span, &w->in->series[span->series], before);
}

/* One-sided p of the candidate.  An improvement that is none costs little by itself, but its end
 * looks like a regression: it must be surer. */
static double price(const struct work *w, const struct span *span)
{
    const struct lg_levels *l = &span->levels;
    double by = lg_levels_mean(l, l->candidate, l->n) - lg_levels_mean(l, l->from, l->candidate);
    bool regression = (by > 0) == w->in->series[span->series].less_is_better;
    return l->candidate_p / 2 * (regression ? 1 : IMPROVEMENT);
}

/* Holm's step-down rule over all series, those without a candidate too. */
static void accept(struct work *w, struct candidate *all, size_t count)
{
    size_t tests = w->in->series_count;
    qsort(all, count, sizeof *all, by_p);
    for (size_t i = 0; i < count; i++) {
        if (all[i].p > LG_NIGHTLY_CONFIRM / (double)(tests - i)) {
            break;
        }
        struct span *span = &w->spans[w->now[all[i].series]];
        if (matters(w, span)) {
            lg_levels_accept(&span->levels);
        }
    }
}

/* What is common to a night is common to its series: how much neighbours resemble each other is
 * learnt from all of them. */
static double rho_of_all(const struct work *w)
{
    double sum = 0;
    double nights = RHO_BELIEF;
    for (size_t i = 0; i < w->in->series_count; i++) {
        if (!w->broken[i]) {
            const struct lg_levels *l = &w->spans[w->now[i]].levels;
            sum += l->rho_seen * l->rho_nights;
            nights += l->rho_nights;
        }
    }
    return fmax(sum / nights, 0);
}

/* All series' values of one night, and what they decide together. */
static void follow_night(struct work *w, size_t night)
{
    size_t count = 0;
    w->rho = rho_of_all(w);
    for (size_t i = 0; i < w->in->series_count; i++) {
        if (add_night(w, i, night)) {
            const struct span *span = &w->spans[w->now[i]];
            if (span->levels.candidate > 0) {
                w->room[count++] = (struct candidate){i, price(w, span)};
            }
        }
    }
    if (count > 0) {
        accept(w, w->room, count);
    }
}

/* The nights one after the other, as the job saw them. */
static void follow(struct work *w)
{
    for (size_t night = w->first; night < w->in->night_count; night++) {
        follow_night(w, night);
    }
    for (size_t i = 0; i < w->span_count; i++) {
        struct span *span = &w->spans[i];
        span->last = i == w->now[span->series] && !w->broken[span->series];
        lg_levels_finish(&span->levels, STILL_P);
    }
}

static double plain(const struct span *span, double y)
{
    return span->logs ? exp(y) : y;
}

/* A change by `by` with standard error `error`, as what a reader is told. */
static void tell_ratio(const struct work *w, const struct span *span, double error, double from,
                       double to, struct lg_nightly_change *out)
{
    double half = lg_dist_student_quantile(0.5 + LEVEL / 2, span->levels.df) * error;
    double by = to - from;
    out->from = plain(span, from);
    out->to = plain(span, to);
    if (span->logs) {
        out->ratio = exp(by);
        out->interval = (struct lg_interval){true, exp(by - half), exp(by + half)};
    } else if (w->in->series[span->series].share || from == 0) {
        out->ratio = by;
        out->interval = (struct lg_interval){true, by - half, by + half};
    } else {
        out->ratio = to / from;
        double ends[] = {(to - half) / from, (to + half) / from};
        out->interval = (struct lg_interval){true, fmin(ends[0], ends[1]), fmax(ends[0], ends[1])};
    }
    out->regression = (by > 0) == w->in->series[span->series].less_is_better;
}

static void add_change(struct work *w, struct lg_nightly_result *out, const struct span *span,
                       size_t from, size_t at, size_t to, double p, enum lg_nightly_state state)
{
    const struct lg_levels *l = &span->levels;
    struct lg_nightly_change *c = LG_ARENA_PUSH(w->arena, out->changes, out->change_count);
    *c = (struct lg_nightly_change){.series = span->series,
                                    .night = span->night[at],
                                    .last_good = span->night[at - 1],
                                    .state = state,
                                    .before = at - from,
                                    .after = to - at,
                                    .p = p};
    double error = hypot(lg_levels_error(l, at - from), lg_levels_error(l, to - at));
    tell_ratio(w, span, error, lg_levels_mean(l, from, at), lg_levels_mean(l, at, to), c);
}

/* p over all series together. */
static double over_all(const struct work *w, double p)
{
    return fmin(1, p * (double)w->in->series_count);
}

static void add_confirmed(struct work *w, struct lg_nightly_result *out, const struct span *span)
{
    const struct lg_levels *l = &span->levels;
    for (size_t i = 0; i < l->count; i++) {
        size_t from, at, to, same;
        lg_levels_bounds(l, i, &from, &at);
        lg_levels_bounds(l, i + 1, &same, &to);
        if (l->given[i] || at >= LG_NIGHTLY_BEFORE) {
            add_change(w, out, span, from, at, to, over_all(w, l->p[i]),
                       l->given[i] ? LG_NIGHTLY_RERUN_CONFIRMED : LG_NIGHTLY_CONFIRMED);
            out->changes[out->change_count - 1].fresh = span->tonight && l->since[i] + 1 == l->n;
        }
    }
}

/* The level that the span's last `tail` values are held against. */
static bool level_before(const struct span *span, size_t tail, size_t *from)
{
    const struct lg_levels *l = &span->levels;
    *from = l->from;
    return span->last && l->n >= LG_NIGHTLY_BEFORE + tail && *from + tail < l->n;
}

/* How far the mean of the last `tail` values lies above that of the level before them, in standard
 * errors. The level's own spread already holds those values: they make the test no sharper. */
static double tail_t(const struct span *span, size_t from, size_t at, size_t to)
{
    const struct lg_levels *l = &span->levels;
    double before = lg_levels_mean(l, from, at);
    double after = lg_stats_mean(l->y + at, to - at);
    return (after - before) / hypot(lg_levels_error(l, at - from), lg_levels_error(l, to - at));
}

struct suspicion {
    const struct span *span;
    size_t from, at;
    double p;
};

/* The surer of "tonight" and "the last two nights". */
static struct suspicion suspect(const struct work *w, const struct span *span)
{
    struct suspicion best = {.span = span, .p = 1};
    for (size_t tail = 1; tail < LG_NIGHTLY_AFTER; tail++) {
        size_t from;
        if (!span->tonight || !level_before(span, tail, &from)) {
            continue;
        }
        size_t to = span->levels.n;
        size_t at = to - tail;
        double t = tail_t(span, from, at, to);
        bool all_out = !has_note(w, span->series, span->night[at], LG_NIGHTLY_REFUTED);
        for (size_t k = at; tail > 1 && k < to; k++) {
            double own = tail_t(span, from, k, k + 1);
            all_out = all_out && fabs(own) >= EACH_OUT && (own > 0) == (t > 0);
        }
        double p = fmin(1, (LG_NIGHTLY_AFTER - 1) * lg_dist_student_two_sided(t, span->levels.df));
        if (all_out && p < best.p) {
            best = (struct suspicion){span, from, at, p};
        }
    }
    return best;
}

static int by_suspicion(const void *a, const void *b)
{
    const struct suspicion *x = a;
    const struct suspicion *y = b;
    if (x->p != y->p) {
        return x->p < y->p ? -1 : 1;
    }
    return (x->span > y->span) - (x->span < y->span);
}

static void add_suspected(struct work *w, struct lg_nightly_result *out)
{
    struct suspicion *all = lg_alloc_array(w->span_count + 1, sizeof *all);
    for (size_t i = 0; i < w->span_count; i++) {
        all[i] = suspect(w, &w->spans[i]);
    }
    qsort(all, w->span_count, sizeof *all, by_suspicion);
    size_t tests = w->in->series_count;
    for (size_t i = 0; i < w->span_count && i < tests; i++) {
        if (all[i].p > LG_NIGHTLY_SUSPECT / (double)(tests - i)) {
            break;
        }
        size_t end = all[i].span->levels.n;
        add_change(w, out, all[i].span, all[i].from, all[i].at, end, over_all(w, all[i].p),
                   LG_NIGHTLY_SUSPECTED);
        out->changes[out->change_count - 1].fresh = all[i].at + 1 == end;
    }
    free(all);
}

/* Lone nights out of line; one at the very end may be a change. */
static void add_outliers(struct work *w, struct lg_nightly_result *out, const struct span *span)
{
    const struct lg_levels *l = &span->levels;
    size_t end = l->n - (span->last ? 1 : 0);
    for (size_t k = 0; k < end; k++) {
        if (l->kept[k] != l->y[k]) {
            *LG_ARENA_PUSH(w->arena, out->outliers, out->outlier_count) =
                (struct lg_nightly_outlier){span->series, span->night[k], lg_levels_away(l, k)};
        }
    }
}

static int by_night(const void *a, const void *b)
{
    const struct lg_nightly_change *x = a;
    const struct lg_nightly_change *y = b;
    return x->night != y->night ? (x->night > y->night) - (x->night < y->night)
                                : (x->series > y->series) - (x->series < y->series);
}

/* The change of the level that is confirmed `after` nights later in 80 of 100 cases: Student's t of
 * the test plus that of the power (Cohen 1988, chapter 2).  That of 0.9, as lone far nights do not
 * count (tests/rates/nightly_rates.c has the rates). */
static double detectable(const struct work *w, const struct span *span, size_t nights, size_t after,
                         double level)
{
    const struct lg_nightly_series *series = &w->in->series[span->series];
    const struct lg_levels *l = &span->levels;
    double p = LG_NIGHTLY_CONFIRM * lg_levels_part(l, l->n, after) / (double)w->in->series_count;
    double t = lg_dist_student_quantile(1 - p, l->df) + lg_dist_student_quantile(0.9, l->df);
    double by = t * hypot(lg_levels_error(l, nights), lg_levels_error(l, after));
    by = fmax(by, least_of(span, series, level));
    if (span->logs) {
        return series->less_is_better ? expm1(by) : -expm1(-by);
    }
    return series->share || level == 0 ? by : by / fabs(level);
}

/* One-sided: how likely the last night is as bad as this or worse if nothing changed. */
static void judge_tonight(const struct work *w, const struct span *span,
                          struct lg_nightly_standing *out)
{
    size_t from;
    if (!span->tonight || !level_before(span, 1, &from)) {
        return;
    }
    size_t n = span->levels.n;
    double t = tail_t(span, from, n - 1, n);
    bool up_is_worse = w->in->series[span->series].less_is_better;
    out->tonight = 1 - lg_dist_student_cdf(up_is_worse ? t : -t, span->levels.df);
    out->rerun = out->judged && out->tonight <= LG_NIGHTLY_RERUN;
    out->last_good = span->night[n - 2];
}

static void stand(const struct work *w, size_t series, struct lg_nightly_standing *out)
{
    size_t nights = w->in->night_count;
    *out = (struct lg_nightly_standing){.after3 = INFINITY,
                                        .after10 = INFINITY,
                                        .tonight = 1,
                                        .since = nights,
                                        .last_good = nights};
    if (w->broken[series]) {
        return;
    }
    const struct span *span = &w->spans[w->now[series]];
    const struct lg_levels *l = &span->levels;
    double level = lg_levels_mean(l, l->from, l->n);
    bool relative = !span->logs && !w->in->series[series].share && level != 0;
    out->nights = l->n;
    out->since = span->night[l->from];
    out->level = plain(span, level);
    out->sd = relative ? l->sd / fabs(level) : l->sd;
    out->judged = l->n >= LG_NIGHTLY_BEFORE;
    if (out->judged) {
        out->after3 = detectable(w, span, l->n - l->from, LG_NIGHTLY_AFTER, level);
        out->after10 = detectable(w, span, l->n - l->from, 10, level);
    }
    judge_tonight(w, span, out);
}

static struct work begin(const struct lg_nightly *in, struct lg_arena *arena)
{
    struct work w = {.in = in, .arena = arena};
    w.first = in->night_count > LG_NIGHTLY_MOST ? in->night_count - LG_NIGHTLY_MOST : 0;
    w.now = lg_arena_alloc(arena, (in->series_count + 1) * sizeof *w.now);
    w.broken = lg_arena_alloc(arena, (in->series_count + 1) * sizeof *w.broken);
    w.room = lg_arena_alloc(arena, (in->series_count + 1) * sizeof *w.room);
    for (size_t i = 0; i < in->series_count; i++) {
        w.broken[i] = true;
    }
    return w;
}

void lg_nightly_detect(const struct lg_nightly *in, struct lg_arena *arena,
                       struct lg_nightly_result *out)
{
    *out = (struct lg_nightly_result){0};
    struct work w = begin(in, arena);
    follow(&w);
    for (size_t i = 0; i < w.span_count; i++) {
        add_confirmed(&w, out, &w.spans[i]);
        add_outliers(&w, out, &w.spans[i]);
        out->withdrawn += w.spans[i].levels.withdrawn;
    }
    add_suspected(&w, out);
    out->standings = lg_arena_alloc(arena, (in->series_count + 1) * sizeof *out->standings);
    for (size_t i = 0; i < in->series_count; i++) {
        stand(&w, i, &out->standings[i]);
    }
    if (out->change_count > 0) {
        qsort(out->changes, out->change_count, sizeof *out->changes, by_night);
    }
}

const char *lg_nightly_verdict_name(enum lg_nightly_verdict verdict)
{
    static const char *const names[] = {"unclear", "refuted", "proven"};
    LG_ASSERT(verdict <= LG_NIGHTLY_PROVEN);
    return names[verdict];
}
