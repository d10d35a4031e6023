#include "report/plain.h"
#include "report/trend_words.h"

enum { WIDTH = 100, SHOWN = 12 };

static void line(struct lg_buf *out, const char *colour, const char *head, const char *text)
{
    lg_buf_adds(out, colour);
    lg_buf_adds(out, head);
    lg_buf_adds(out, colour[0] != '\0' ? "\033[0m" : "");
    lg_plain_wrap(out, text, strlen(head), WIDTH);
}

static const char *head_of(const struct lg_trend_change *c)
{
    bool pending = c->state == LG_TREND_SUSPECTED || c->state == LG_TREND_UNCLEAR;
    return c->open                    ? "REGRESSION  "
           : c->regression && pending ? "suspected   "
           : c->regression            ? "worse       "
                                      : "better      ";
}

/* The terminal tells what calls for somebody; the rest stands on the page. */
static size_t changes(const struct lg_trend_page *page, bool colour, struct lg_arena *arena,
                      struct lg_buf *out)
{
    size_t count, shown = 0;
    struct lg_trend_row *rows = lg_trend_rows(page, arena, &count);
    while (shown < count && shown < SHOWN) {
        const struct lg_trend_change *c = rows[shown].change;
        const char *ink = !colour ? "" : c->open ? "\033[1;31m" : c->regression ? "" : "\033[32m";
        line(out, ink, head_of(c), lg_trend_change_text(page, rows[shown].series, c, arena));
        shown++;
    }
    return count - shown;
}

static bool same_target(const struct lg_trend_series *a, const struct lg_trend_series *b)
{
    return strcmp(a->scenario, b->scenario) == 0 && strcmp(a->target, b->target) == 0;
}

/* Which of the series of s's target lack tonight's value for s's reason: "", if all do. */
static const char *which(const struct lg_trend_page *page, const struct lg_trend_series *s,
                         const char *why, struct lg_arena *arena)
{
    const char *names = "";
    bool all = true;
    for (size_t i = 0; i < page->series_count; i++) {
        const struct lg_trend_series *other = &page->series[i];
        if (!same_target(s, other)) {
            continue;
        }
        const char *missing = lg_trend_last(page, other)->missing;
        if (missing != NULL && strcmp(missing, why) == 0) {
            names = lg_arena_printf(arena, "%s%s%s", names, names[0] != '\0' ? ", " : "",
                                    other->metric);
        } else {
            all = false;
        }
    }
    return all ? "" : lg_arena_printf(arena, ": %s", names);
}

/* A reason once for a target. */
static void missing(const struct lg_trend_page *page, struct lg_arena *arena, struct lg_buf *out)
{
    for (size_t i = 0; page->measured && page->night_count > 0 && i < page->series_count; i++) {
        const struct lg_trend_series *s = &page->series[i];
        const char *why = lg_trend_last(page, s)->missing;
        bool told = why == NULL;
        for (size_t k = 0; k < i && !told; k++) {
            const char *other = lg_trend_last(page, &page->series[k])->missing;
            told = same_target(s, &page->series[k]) && other != NULL && strcmp(other, why) == 0;
        }
        if (!told) {
            line(out, "", "no data     ",
                 lg_arena_printf(arena, "%s, %s%s: %s", s->scenario, s->target,
                                 which(page, s, why, arena), why));
        }
    }
}

void lg_trend_text(const struct lg_trend_page *page, const char *folder, bool colour,
                   struct lg_buf *out)
{
    struct lg_arena *arena = lg_arena_new();
    line(out, colour ? "\033[1m" : "", "", lg_trend_headline(page, arena));
    size_t more = changes(page, colour, arena, out);
    if (more > 0) {
        lg_buf_addf(out, "            and %zu more changes, on the page\n", more);
    }
    missing(page, arena, out);
    for (size_t i = 0; i < page->note_count; i++) {
        line(out, "", "note        ", page->notes[i]);
    }
    lg_buf_addf(out, "%zu series, %zu %s in ", page->series_count, page->night_count,
                page->night_count == 1 ? "night" : "nights");
    lg_plain_wrap(out, page->history, 0, SIZE_MAX);
    if (folder != NULL) {
        lg_buf_adds(out, "Trend: ");
        lg_plain_add(out, folder, SIZE_MAX);
        lg_buf_adds(out, "/trend.html\n");
    }
    lg_arena_free(arena);
}
