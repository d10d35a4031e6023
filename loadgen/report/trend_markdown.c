#include "report/markdown.h"
#include "report/sheet.h"
#include "report/trend_words.h"

static void cell(struct lg_buf *out, const char *text)
{
    lg_buf_adds(out, " ");
    lg_report_markdown_text(out, text);
    lg_buf_adds(out, " |");
}

static void changes(const struct lg_trend_page *page, struct lg_arena *arena, struct lg_buf *out)
{
    size_t count;
    struct lg_trend_row *rows = lg_trend_rows(page, arena, &count);
    if (count == 0) {
        lg_buf_adds(out, "No series has changed in the nights on record.\n");
        return;
    }
    lg_buf_adds(out,
                "| changed | | by | since | last good commit | |\n|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < count; i++) {
        const struct lg_trend_change *c = rows[i].change;
        lg_buf_adds(out, "|");
        cell(out, lg_trend_name(rows[i].series, arena));
        lg_buf_adds(out, c->open ? " **worse** |" : c->regression ? " worse |" : " better |");
        cell(out, lg_trend_ratio_text(rows[i].series, c, arena));
        cell(out, lg_trend_night_text(&page->nights[c->night], arena));
        cell(out, lg_trend_commit(c->last_good, arena));
        cell(out, lg_trend_state_text(c, arena));
        lg_buf_adds(out, "\n");
    }
}

static const char *value_of(const struct lg_trend_page *page, const struct lg_trend_series *series,
                            struct lg_arena *arena)
{
    const struct lg_trend_point *last = lg_trend_last(page, series);
    return last->missing != NULL ? lg_arena_printf(arena, "none: %s", last->missing)
                                 : lg_sheet_in_unit(arena, series->unit, last->value);
}

static void tonight(const struct lg_trend_page *page, struct lg_arena *arena, struct lg_buf *out)
{
    lg_buf_adds(out, "\n| series | last night's value | | nights | least change it would show |\n"
                     "|---|---:|---|---:|---:|\n");
    for (size_t i = 0; i < page->series_count; i++) {
        const struct lg_trend_series *s = &page->series[i];
        lg_buf_adds(out, "|");
        cell(out, lg_trend_name(s, arena));
        cell(out, value_of(page, s, arena));
        cell(out, lg_trend_tonight_help(s->tonight));
        lg_buf_addf(out, " %zu |", s->nights);
        cell(out, lg_trend_detectable_text(s, arena));
        lg_buf_adds(out, "\n");
    }
}

void lg_trend_markdown(const struct lg_trend_page *page, struct lg_buf *out)
{
    struct lg_arena *arena = lg_arena_new();
    lg_buf_adds(out, "# ");
    lg_report_markdown_text(out, lg_trend_headline(page, arena));
    lg_buf_adds(out, "\n\n");
    if (page->night_count > 0) {
        lg_buf_addf(out, "%zu %s on record, the last one ", page->night_count,
                    page->night_count == 1 ? "night" : "nights");
        lg_report_markdown_text(out,
                                lg_trend_night_text(&page->nights[page->night_count - 1], arena));
        lg_buf_adds(out, ".\n\n");
    }
    changes(page, arena, out);
    if (page->series_count > 0 && page->night_count > 0) {
        tonight(page, arena, out);
    }
    for (size_t i = 0; i < page->note_count; i++) {
        lg_buf_adds(out, i == 0 ? "\n- " : "- ");
        lg_report_markdown_text(out, page->notes[i]);
        lg_buf_adds(out, "\n");
    }
    lg_arena_free(arena);
}
