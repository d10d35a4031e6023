#include "report/trend.h"

#include "report/trend_words.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

static json_t *real(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

/* Text that is not UTF-8 would be none at all in JSON. */
static json_t *text(const char *raw)
{
    json_t *json = json_string(raw);
    return json != NULL ? json : json_string("(not text)");
}

static json_t *maybe(const char *raw)
{
    return raw == NULL || raw[0] == '\0' ? json_null() : text(raw);
}

static json_t *interval(double low, double high)
{
    return high > 0 ? json_pack("[o, o]", real(low), real(high)) : json_null();
}

static json_t *night(const struct lg_trend_night *n)
{
    return json_pack("{s:o, s:o, s:o}", "at", text(n->at), "commit", maybe(n->commit), "note",
                     maybe(n->note));
}

/* One column of a series' points. */
typedef json_t *column(const struct lg_trend_point *p);

static json_t *value_of(const struct lg_trend_point *p)
{
    return p->missing == NULL ? real(p->value) : json_null();
}

static json_t *low_of(const struct lg_trend_point *p)
{
    return p->missing == NULL ? real(p->low) : json_null();
}

static json_t *high_of(const struct lg_trend_point *p)
{
    return p->missing == NULL ? real(p->high) : json_null();
}

static json_t *trials_of(const struct lg_trend_point *p)
{
    return json_integer((json_int_t)p->trials);
}

static json_t *report_of(const struct lg_trend_point *p)
{
    return maybe(p->report);
}

static json_t *column_of(const struct lg_trend_point *points, size_t count, column *read)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list, read(&points[i]));
    }
    return list;
}

/* What few points have: {night, why}. */
typedef const char *remark(const struct lg_trend_point *p);

static const char *missing_of(const struct lg_trend_point *p)
{
    return p->missing;
}

static const char *broken_of(const struct lg_trend_point *p)
{
    return p->broken;
}

static const char *outlier_of(const struct lg_trend_point *p)
{
    return p->outlier ? "far from its neighbours" : NULL;
}

static json_t *remarks_of(const struct lg_trend_point *points, size_t count, remark *read)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const char *why = read(&points[i]);
        if (why != NULL) {
            json_array_append_new(
                list, json_pack("{s:I, s:o}", "night", (json_int_t)i, "why", text(why)));
        }
    }
    return list;
}

static json_t *change(const struct lg_trend_change *c)
{
    return json_pack("{s:I, s:b, s:b, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "night",
                     (json_int_t)c->night, "regression", (int)c->regression, "open", (int)c->open,
                     "state", lg_trend_state_name(c->state), "before", real(c->before), "after",
                     real(c->after), "ratio", real(c->ratio), "ratio_ci95",
                     interval(c->low, c->high), "p", real(c->p), "last_good_commit",
                     maybe(c->last_good), "rerun", maybe(c->rerun), "rerun_report",
                     maybe(c->rerun_report));
}

static json_t *series(const struct lg_trend_page *page, const struct lg_trend_series *s)
{
    size_t n = page->night_count;
    json_t *changes = json_array();
    for (size_t i = 0; i < s->change_count; i++) {
        json_array_append_new(changes, change(&s->changes[i]));
    }
    return json_pack(
        "{s:o, s:o, s:o, s:s, s:b, s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
        "s:o}",
        "scenario", text(s->scenario), "target", text(s->target), "metric", text(s->metric), "unit",
        s->unit, "less_is_better", (int)s->less_is_better, "tonight",
        lg_trend_tonight_name(s->tonight), "nights", (json_int_t)s->nights, "detectable_share",
        real(s->detectable), "changes", changes, "value", column_of(s->points, n, value_of), "low",
        column_of(s->points, n, low_of), "high", column_of(s->points, n, high_of), "trials",
        column_of(s->points, n, trials_of), "missing", remarks_of(s->points, n, missing_of),
        "outliers", remarks_of(s->points, n, outlier_of), "breaks",
        remarks_of(s->points, n, broken_of));
}

/* A run has a report for all of its targets: told once for each scenario. */
static json_t *reports(const struct lg_trend_page *page)
{
    json_t *list = json_object();
    for (size_t i = 0; i < page->series_count; i++) {
        const struct lg_trend_series *s = &page->series[i];
        if (json_object_get(list, s->scenario) == NULL) {
            json_object_set_new(list, s->scenario,
                                column_of(s->points, page->night_count, report_of));
        }
    }
    return list;
}

void lg_trend_json(const struct lg_trend_page *page, struct lg_buf *out)
{
    struct lg_arena *arena = lg_arena_new();
    json_t *nights = json_array(), *all = json_array(), *notes = json_array();
    for (size_t i = 0; i < page->night_count; i++) {
        json_array_append_new(nights, night(&page->nights[i]));
    }
    for (size_t i = 0; i < page->series_count; i++) {
        json_array_append_new(all, series(page, &page->series[i]));
    }
    for (size_t i = 0; i < page->note_count; i++) {
        json_array_append_new(notes, text(page->notes[i]));
    }
    json_t *root =
        json_pack("{s:s, s:o, s:o, s:o, s:o, s:I, s:b, s:o, s:o, s:o, s:o}", "schema",
                  LG_TREND_SCHEMA, "headline", text(lg_trend_headline(page, arena)), "command",
                  text(page->command), "history", text(page->history), "cpu", text(page->cpu),
                  "cores", (json_int_t)page->cores, "measured", (int)page->measured, "notes", notes,
                  "nights", nights, "reports", reports(page), "series", all);
    LG_ASSERT(root != NULL);
    char *json = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(9));
    lg_buf_adds(out, json);
    lg_buf_adds(out, "\n");
    free(json);
    json_decref(root);
    lg_arena_free(arena);
}
