#include "base/units.h"
#include "report/html_template.h"
#include "report/html_text.h"
#include "report/pages.h"
#include "report/sheet.h"
#include "report/trend_words.h"

#include <math.h>

/* What a place is filled from. */
struct filled {
    const struct lg_trend_page *page;
    struct lg_arena *arena;
};

/* ---- pieces ---- */

/* A link where there is something to link to. */
static void linked(struct lg_buf *out, const char *to, const char *text)
{
    if (to[0] == '\0') {
        lg_html_text(out, text);
        return;
    }
    lg_html_element(out, "<a href=\"", to, "\">");
    lg_html_element(out, "", text, "</a>");
}

static void open_table(struct lg_buf *out, const char *label, const char *class)
{
    lg_buf_addf(out,
                "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"%s\">"
                "<table class=\"%s\"><thead><tr>",
                label, class);
}

static void head(struct lg_buf *out, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        lg_buf_addf(out, "<th scope=\"col\"%s>%s</th>", i > 0 ? " class=\"text\"" : "", names[i]);
    }
    lg_buf_adds(out, "</tr></thead><tbody>\n");
}

#define HEAD(out, names) head((out), (names), sizeof(names) / sizeof *(names))

static void close_table(struct lg_buf *out)
{
    lg_buf_adds(out, "</tbody></table></div>\n");
}

/* ---- the first screen ---- */

static void facts(const struct filled *f, struct lg_buf *out)
{
    const struct lg_trend_page *page = f->page;
    lg_buf_adds(out, "<p class=\"facts\">");
    if (page->night_count > 0) {
        const struct lg_trend_night *last = &page->nights[page->night_count - 1];
        lg_html_element(out, "<span>last night: <time>", lg_trend_when(last->at, f->arena),
                        "</time></span>");
        if (last->commit[0] != '\0') {
            lg_html_element(out, "<span>commit ", lg_trend_commit(last->commit, f->arena),
                            "</span>");
        }
    }
    lg_buf_addf(out, "<span>%zu %s</span><span>%zu series</span>", page->night_count,
                page->night_count == 1 ? "night" : "nights", page->series_count);
    lg_html_element(out, "<span>", page->cpu, "");
    lg_buf_addf(out, ", %u %s</span></p>\n", page->cores, page->cores == 1 ? "core" : "cores");
    lg_html_element(out, "<h1 id=\"headline\" class=\"long\">", lg_trend_headline(page, f->arena),
                    "</h1>\n");
}

static const char *class_of(const struct lg_trend_change *c)
{
    bool pending = c->state == LG_TREND_SUSPECTED || c->state == LG_TREND_UNCLEAR;
    return c->open                        ? "open"
           : c->regression && pending     ? "pending"
           : c->state == LG_TREND_REFUTED ? "refuted"
           : c->regression                ? "past"
                                          : "better";
}

/* The night before the change that has a value. */
static const char *last_good(const struct filled *f, const struct lg_trend_row *row)
{
    for (size_t i = row->change->night; i-- > 0;) {
        if (row->series->points[i].missing == NULL) {
            return lg_trend_day(f->page->nights[i].at, f->arena);
        }
    }
    return "";
}

/* The first night with a link to its report, and the last one before it, with their commits. */
static void since(const struct filled *f, const struct lg_trend_row *row, struct lg_buf *out)
{
    const struct lg_trend_change *c = row->change;
    const struct lg_trend_night *night = &f->page->nights[c->night];
    lg_buf_adds(out, "<td class=\"text when\" data-is=\"first night\">");
    linked(out, row->series->points[c->night].report, lg_trend_day(night->at, f->arena));
    if (night->commit[0] != '\0') {
        lg_html_element(out, "<br><code>", lg_trend_commit(night->commit, f->arena), "</code>");
    }
    lg_html_element(out, "</td><td class=\"text when\" data-is=\"last before\">", last_good(f, row),
                    "");
    if (c->last_good[0] != '\0') {
        lg_html_element(out, "<br><code>", lg_trend_commit(c->last_good, f->arena), "</code>");
    }
    lg_buf_adds(out, "</td>");
}

/* The state, with a link to the re-run behind it. */
static void sure(const struct filled *f, const struct lg_trend_change *c, struct lg_buf *out)
{
    lg_html_element(out, "<td class=\"text sure\">", lg_trend_state_text(c, f->arena), "");
    if (c->rerun_report[0] != '\0') {
        lg_buf_adds(out, " (");
        linked(out, c->rerun_report, "report");
        lg_buf_adds(out, ")");
    }
    lg_buf_adds(out, "</td>");
}

/* "315 us to 473 us", and below it how many times that is. */
static void by(const struct filled *f, const struct lg_trend_row *row, struct lg_buf *out)
{
    const struct lg_trend_change *c = row->change;
    const char *unit = row->series->unit;
    lg_buf_addf(out, "<td class=\"text\"><span class=\"way\">%s</span> ",
                c->regression ? "worse:" : "better:");
    lg_html_element(out, "", lg_sheet_in_unit(f->arena, unit, c->before), " to ");
    lg_html_element(out, "", lg_sheet_in_unit(f->arena, unit, c->after), "");
    if (c->ratio > 0 && isfinite(c->ratio)) {
        lg_buf_addf(out, "<br><span class=\"soft\">%s times", lg_sheet_ratio(f->arena, c->ratio));
        if (c->high > 0) {
            lg_buf_addf(out, " (%s to %s)", lg_sheet_ratio(f->arena, c->low),
                        lg_sheet_ratio(f->arena, c->high));
        }
        lg_buf_adds(out, "</span>");
    }
    lg_buf_adds(out, "</td>");
}

static void change_row(const struct filled *f, const struct lg_trend_row *row, size_t index,
                       struct lg_buf *out)
{
    const struct lg_trend_change *c = row->change;
    lg_buf_addf(out, "<tr class=\"%s\"><th scope=\"row\">", class_of(c));
    lg_buf_addf(out, "<a href=\"#series-%zu\">", index);
    lg_html_element(out, "", lg_trend_name(row->series, f->arena), "</a></th>");
    by(f, row, out);
    since(f, row, out);
    sure(f, c, out);
    lg_buf_adds(out, "</tr>\n");
}

static void changes(const struct filled *f, struct lg_buf *out)
{
    static const char *const names[] = {"series", "by", "first night", "last before", "how sure"};
    size_t count;
    struct lg_trend_row *rows = lg_trend_rows(f->page, f->arena, &count);
    lg_buf_adds(out, "<section aria-labelledby=\"changes\"><h2 id=\"changes\">Changes</h2>\n");
    if (count == 0) {
        lg_buf_adds(out, "<p class=\"soft\">No series has changed in the nights on record.</p>");
    } else {
        open_table(out, "Changes", "changes");
        HEAD(out, names);
        for (size_t i = 0; i < count; i++) {
            change_row(f, &rows[i], (size_t)(rows[i].series - f->page->series), out);
        }
        close_table(out);
    }
    lg_buf_adds(out, "</section>\n");
}

static void fill_first(const void *ctx, struct lg_buf *out)
{
    const struct filled *f = ctx;
    facts(f, out);
    if (f->page->note_count > 0) {
        lg_buf_adds(out, "<div class=\"verdict open\" id=\"notes\"><ul>");
        for (size_t i = 0; i < f->page->note_count; i++) {
            lg_html_element(out, "<li>", f->page->notes[i], "</li>");
        }
        lg_buf_adds(out, "</ul></div>\n");
    }
    changes(f, out);
}

/* ---- below the charts ---- */

static void value_cells(const struct filled *f, const struct lg_trend_series *s, struct lg_buf *out)
{
    const struct lg_trend_point *last = lg_trend_last(f->page, s);
    if (last == NULL || last->missing != NULL) {
        lg_html_element(out, "<td class=\"text why\" colspan=\"2\">none: ",
                        last != NULL ? last->missing : "", "</td>");
        return;
    }
    lg_html_element(out, "<td class=\"text\"><span class=\"v\">",
                    lg_sheet_in_unit(f->arena, s->unit, last->value), "</span></td>");
    lg_html_element(out, "<td class=\"text\">", lg_sheet_in_unit(f->arena, s->unit, last->low),
                    " to ");
    lg_html_element(out, "", lg_sheet_in_unit(f->arena, s->unit, last->high), "");
    lg_buf_addf(out, " (%zu)</td>", last->trials);
}

static void tonight(const struct filled *f, struct lg_buf *out)
{
    static const char *const words[] = {
        [LG_TONIGHT_QUIET] = "no change",      [LG_TONIGHT_SUSPECTED] = "suspected",
        [LG_TONIGHT_REGRESSED] = "worse",      [LG_TONIGHT_IMPROVED] = "better",
        [LG_TONIGHT_YOUNG] = "too few nights", [LG_TONIGHT_NO_DATA] = "no data"};
    static const char *const names[] = {"series", "median of the trials", "range (trials)", "state",
                                        "nights", "least change shown"};
    lg_buf_adds(out, "<section aria-labelledby=\"tonight\"><h2 id=\"tonight\">Last night</h2>"
                     "<p class=\"soft\">\"No change\" means none that this history can show: a "
                     "lasting change of the last column's size is confirmed within three nights "
                     "in 80 of 100 cases, a smaller one later or not at all. With a re-run beside "
                     "the last good version less is needed.</p>\n");
    open_table(out, "Last night", "tonight");
    HEAD(out, names);
    for (size_t i = 0; i < f->page->series_count; i++) {
        const struct lg_trend_series *s = &f->page->series[i];
        lg_buf_addf(out, "<tr class=\"%s\"><th scope=\"row\">", lg_trend_tonight_name(s->tonight));
        lg_buf_addf(out, "<a href=\"#series-%zu\">", i);
        lg_html_element(out, "", lg_trend_name(s, f->arena), "</a></th>");
        value_cells(f, s, out);
        lg_buf_addf(out, "<td class=\"text\">%s</td><td class=\"text\" data-is=\"nights\">%zu</td>",
                    words[s->tonight], s->nights);
        lg_html_element(out, "<td class=\"text\" data-is=\"least change shown\">",
                        lg_trend_detectable_text(s, f->arena), "</td></tr>\n");
    }
    close_table(out);
    lg_buf_adds(out, "</section>\n");
}

/* The runs of one night: a link for each scenario. */
static void runs_of(const struct filled *f, size_t night, struct lg_buf *out)
{
    const char *told = "";
    for (size_t i = 0; i < f->page->series_count; i++) {
        const struct lg_trend_series *s = &f->page->series[i];
        const struct lg_trend_point *p = &s->points[night];
        if (p->report[0] != '\0' && strcmp(s->scenario, told) != 0) {
            lg_buf_adds(out, told[0] != '\0' ? ", " : "");
            linked(out, p->report, s->scenario);
            told = s->scenario;
        }
    }
}

static void nights(const struct filled *f, struct lg_buf *out)
{
    static const char *const names[] = {"night", "commit", "reports", ""};
    lg_buf_adds(out, "<section aria-labelledby=\"nights\"><h2 id=\"nights\">Nights</h2><details>"
                     "<summary>All nights with their reports, the newest first</summary>\n");
    open_table(out, "Nights", "nights");
    HEAD(out, names);
    for (size_t i = f->page->night_count; i-- > 0;) {
        const struct lg_trend_night *n = &f->page->nights[i];
        lg_html_element(out, "<tr><th scope=\"row\">", lg_trend_when(n->at, f->arena), "</th>");
        lg_html_element(out, "<td class=\"text\"><code>", lg_trend_commit(n->commit, f->arena),
                        "</code></td>");
        lg_buf_adds(out, "<td class=\"text\">");
        runs_of(f, i, out);
        lg_html_element(out, "</td><td class=\"text\">", n->note, "</td></tr>\n");
    }
    close_table(out);
    lg_buf_adds(out, "</details></section>\n");
}

static void fill_last(const void *ctx, struct lg_buf *out)
{
    const struct filled *f = ctx;
    if (f->page->night_count > 0) {
        tonight(f, out);
        nights(f, out);
    }
    lg_buf_adds(out, "<section aria-labelledby=\"repeat\"><h2 id=\"repeat\">Repeat</h2>");
    lg_html_element(out, "<pre>", f->page->command, "</pre>");
    lg_html_element(out, "<p class=\"soft\">The history is in <code>", f->page->history,
                    "</code>; everything on this page is also in trend.json.</p></section>\n");
}

static void fill_title(const void *ctx, struct lg_buf *out)
{
    const struct filled *f = ctx;
    lg_html_element(out, "nightly: ", lg_trend_headline(f->page, f->arena), "");
}

static void fill_data(const void *ctx, struct lg_buf *out)
{
    const struct filled *f = ctx;
    struct lg_buf json = {0};
    lg_trend_json(f->page, &json);
    lg_html_json(lg_buf_slice(&json), out);
    lg_buf_free(&json);
}

void lg_trend_html(const struct lg_trend_page *page, struct lg_buf *out)
{
    static const struct lg_html_place places[] = {{"@title@", fill_title},
                                                  {"@first@", fill_first},
                                                  {"@last@", fill_last},
                                                  {"@data@", fill_data}};
    struct filled f = {.page = page, .arena = lg_arena_new()};
    lg_html_fill(lg_slice(lg_trend_page, lg_trend_page_bytes), places,
                 sizeof places / sizeof places[0], &f, out);
    lg_arena_free(f.arena);
}
