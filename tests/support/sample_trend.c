#include "support/sample_trend.h"

#include "base/rng.h"

#include <math.h>
#include <time.h>

struct sample {
    struct lg_arena *arena;
    size_t nights;
    struct lg_trend_page *page;
};

static const struct {
    const char *metric, *unit;
    double level, noise;
    bool less_is_better;
} metrics[] = {
    {"response p50", "ns", 2.1e6, 0.03, true},     {"response p99", "ns", 9.5e6, 0.06, true},
    {"achieved rate", "per_s", 998, 0.002, false}, {"CPU per completed", "us", 312, 0.015, true},
    {"peak RSS", "bytes", 96e6, 0.01, true},       {"errors", "share", 0.0004, 0.2, true}};

enum { METRICS = sizeof metrics / sizeof metrics[0] };

static const char *day(struct lg_arena *arena, size_t index, const char *format)
{
    char text[64];
    time_t at = 1748743200 + (time_t)index * 86400; /* 2025-06-01T02:00:00Z */
    struct tm t;
    gmtime_r(&at, &t);
    strftime(text, sizeof text, format, &t);
    return lg_arena_strdup(arena, text);
}

static void add_nights(const struct sample *s)
{
    struct lg_trend_page *page = s->page;
    page->night_count = s->nights;
    page->nights = lg_arena_alloc(s->arena, s->nights * sizeof *page->nights);
    for (size_t i = 0; i < s->nights; i++) {
        page->nights[i] = (struct lg_trend_night){
            .at = day(s->arena, i, "%Y-%m-%dT%H:%M:%SZ"),
            .commit = lg_arena_printf(s->arena, "%08zx%032zx", i / 2 * 2654435761u % 0xffffffff, i),
            .note = i == 4 ? "interrupted" : "",
        };
    }
}

/* A sum of four uniform numbers: near enough to a bell. */
static double bell(struct lg_rng *rng)
{
    double sum = -2;
    for (int i = 0; i < 4; i++) {
        sum += lg_rng_unit(rng);
    }
    return sum * 1.73;
}

static void add_points(const struct sample *s, struct lg_trend_series *series, size_t seed,
                       double level, double noise)
{
    struct lg_rng rng;
    lg_rng_init(&rng, 42, 7, seed);
    series->points = lg_arena_alloc(s->arena, s->nights * sizeof *series->points);
    for (size_t i = 0; i < s->nights; i++) {
        struct lg_trend_point *p = &series->points[i];
        p->value = round(level * (1 + noise * bell(&rng)) * 1e6) / 1e6;
        p->low = round(p->value * (1 - noise) * 1e6) / 1e6;
        p->high = round(p->value * (1 + noise) * 1e6) / 1e6;
        p->trials = 5;
        p->report = i + 40 < s->nights
                        ? ""
                        : lg_arena_printf(s->arena, "runs/%s-%s/report.html",
                                          day(s->arena, i, "%Y%m%dT%H%M%SZ"), series->scenario);
    }
    series->points[4].missing = "interrupted";
    series->points[s->nights / 3].broken = "kernel Linux 6.1.0-18 instead of kernel Linux 6.1.0-17";
    series->nights = s->nights - s->nights / 3;
}

static void add_series(const struct sample *s, const char *scenario, const char *target)
{
    double times = strcmp(target, "django") == 0 ? 3.1 : 1;
    for (size_t m = 0; m < METRICS; m++) {
        struct lg_trend_series *series =
            LG_ARENA_PUSH(s->arena, s->page->series, s->page->series_count);
        *series = (struct lg_trend_series){.scenario = scenario,
                                           .target = target,
                                           .metric = metrics[m].metric,
                                           .unit = metrics[m].unit,
                                           .less_is_better = metrics[m].less_is_better,
                                           .detectable = metrics[m].noise * 3,
                                           .tonight = LG_TONIGHT_QUIET};
        bool scaled = metrics[m].less_is_better && m != METRICS - 1;
        add_points(s, series, s->page->series_count, metrics[m].level * (scaled ? times : 1),
                   metrics[m].noise);
    }
}

/* From that night on all values are so many times as high. */
static struct lg_trend_change *step(const struct sample *s, struct lg_trend_series *series,
                                    size_t night, double times)
{
    struct lg_trend_change *c = LG_ARENA_PUSH(s->arena, series->changes, series->change_count);
    for (size_t i = night; i < s->nights; i++) {
        series->points[i].value *= times;
        series->points[i].low *= times;
        series->points[i].high *= times;
    }
    *c = (struct lg_trend_change){
        .night = night,
        .regression = (times > 1) == series->less_is_better,
        .before = series->points[night - 1].value,
        .after = series->points[night].value,
        .ratio = times,
        .low = times * 0.97,
        .high = times * 1.03,
        .p = 1e-6,
        .last_good = s->page->nights[night - 1].commit,
        .undone = "",
        .rerun = "",
        .rerun_report = "",
    };
    return c;
}

static struct lg_trend_series *find(const struct sample *s, const char *scenario,
                                    const char *target, const char *metric)
{
    for (size_t i = 0; i < s->page->series_count; i++) {
        struct lg_trend_series *series = &s->page->series[i];
        if (strcmp(series->scenario, scenario) == 0 && strcmp(series->target, target) == 0 &&
            strcmp(series->metric, metric) == 0) {
            return series;
        }
    }
    LG_ASSERT(!"no such series");
    return NULL;
}

static void add_changes(const struct sample *s)
{
    size_t n = s->nights;
    struct lg_trend_series *cpu = find(s, "shop", "node", "CPU per completed");
    struct lg_trend_change *c = step(s, cpu, n - 8, 1.5);
    c->state = LG_TREND_CONFIRMED_BY_NIGHTS;
    c->open = true;
    cpu->tonight = LG_TONIGHT_REGRESSED;
    struct lg_trend_series *tail = find(s, "chat", "django", "response p99");
    c = step(s, tail, n - 1, 1.28);
    c->state = LG_TREND_UNCLEAR;
    c->rerun = "1.11 times [0.98, 1.26] over 20 pairs of trials";
    c->rerun_report = lg_arena_printf(s->arena, "runs/%s-chat-django-rerun/report.html",
                                      day(s->arena, n - 1, "%Y%m%dT%H%M%SZ"));
    tail->tonight = LG_TONIGHT_SUSPECTED;
    c = step(s, find(s, "shop", "django", "response p50"), n / 2, 0.8);
    c->state = LG_TREND_CONFIRMED_BY_NIGHTS;
    c = step(s, find(s, "shop", "django", "peak RSS"), n / 2 + 1, 1.12);
    c->state = LG_TREND_ACCEPTED;
    struct lg_trend_point *odd = &find(s, "shop", "node", "response p99")->points[n - 5];
    odd->value *= 1.9;
    odd->high *= 2.2;
    odd->outlier = true;
}

static void drop_tonight(const struct sample *s)
{
    for (size_t i = 0; i < s->page->series_count; i++) {
        struct lg_trend_series *series = &s->page->series[i];
        if (strcmp(series->scenario, "chat") == 0 && strcmp(series->target, "node") == 0) {
            series->tonight = LG_TONIGHT_NO_DATA;
            series->points[s->nights - 1].missing = "exited with code 1 before it was ready";
            series->points[s->nights - 1].target_failed = true;
        }
    }
}

void sample_trend(size_t nights, struct lg_arena *arena, struct lg_trend_page *page)
{
    static const char *notes[] = {
        "measured again beside the last good version: 1 series; worse there: 0"};
    struct sample s = {arena, nights, page};
    *page = (struct lg_trend_page){.command = "loadgen nightly chat.ini shop.ini --budget 2h",
                                   .history = "reports/nightly/history.sqlite",
                                   .cpu = "Example CPU 3000",
                                   .cores = 4,
                                   .measured = true,
                                   .notes = notes,
                                   .note_count = 1};
    add_nights(&s);
    add_series(&s, "chat", "django");
    add_series(&s, "chat", "node");
    add_series(&s, "shop", "django");
    add_series(&s, "shop", "node");
    add_changes(&s);
    drop_tonight(&s);
}
