#include "report/annotations.h"
#include "report/junit_suite.h"
#include "report/trend_words.h"

/* The change that decides how the series stands; NULL: none does. */
static const struct lg_trend_change *deciding(const struct lg_trend_series *series)
{
    const struct lg_trend_change *found = NULL;
    for (size_t i = 0; i < series->change_count; i++) {
        const struct lg_trend_change *c = &series->changes[i];
        found = c->open || found == NULL || !found->open ? c : found;
    }
    return found;
}

static void add_series(const struct lg_trend_page *page, const struct lg_trend_series *series,
                       struct lg_arena *arena, struct lg_junit_suite *suite)
{
    const struct lg_trend_change *change = deciding(series);
    const struct lg_trend_point *last = lg_trend_last(page, series);
    const char *class = lg_arena_printf(arena, "%s.%s", series->scenario, series->target);
    const char *message = "";
    enum lg_junit_verdict verdict = LG_JUNIT_PASSED;
    if (series->tonight == LG_TONIGHT_REGRESSED && change != NULL) {
        verdict = LG_JUNIT_FAILED;
        message = lg_trend_change_text(page, series, change, arena);
    } else if (series->tonight == LG_TONIGHT_NO_DATA) {
        bool failed = last != NULL && last->target_failed;
        verdict = failed ? LG_JUNIT_BROKEN : LG_JUNIT_SKIPPED;
        message = last != NULL && last->missing != NULL ? last->missing : "not measured";
    }
    lg_junit_case(suite, class, series->metric, verdict, message);
}

void lg_trend_junit(const struct lg_trend_page *page, struct lg_buf *out)
{
    struct lg_arena *arena = lg_arena_new();
    struct lg_junit_suite suite = {.counts = {0}};
    for (size_t i = 0; i < page->series_count; i++) {
        add_series(page, &page->series[i], arena, &suite);
    }
    lg_junit_begin("nightly", out);
    lg_junit_suite_end(&suite, "series",
                       page->night_count > 0 ? page->nights[page->night_count - 1].at : "", out);
    lg_junit_end(out);
    lg_arena_free(arena);
}

void lg_trend_annotations(const struct lg_trend_page *page, struct lg_buf *out)
{
    struct lg_arena *arena = lg_arena_new();
    size_t count;
    struct lg_trend_row *rows = lg_trend_rows(page, arena, &count);
    for (size_t i = 0; i < count; i++) {
        const struct lg_trend_change *c = rows[i].change;
        bool pending = c->state == LG_TREND_SUSPECTED || c->state == LG_TREND_UNCLEAR;
        if (c->regression && (c->open || pending)) {
            lg_report_annotate(out, c->open ? "error" : "warning", "", 0,
                               c->open ? "regression" : "regression suspected",
                               lg_trend_change_text(page, rows[i].series, c, arena));
        }
    }
    lg_report_annotate(out, "notice", "", 0, "nightly", lg_trend_headline(page, arena));
    lg_arena_free(arena);
}
