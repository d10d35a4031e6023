#include "report/html_first.h"

#include "report/html_compare.h"
#include "report/html_text.h"
#include "report/plain.h"
#include "report/sheet.h"

static void facts(const struct lg_record *record, const struct lg_sheet *sheet, struct lg_buf *out)
{
    lg_html_element(out, "<p class=\"facts\"><span>", record->name, "</span>");
    if (lg_plain_text(record->claim)[0]) {
        lg_html_element(out, "<span>claim: ", record->claim, "</span>");
    }
    lg_html_when(out, record->started_at);
    lg_buf_addf(out, "<span>%zu %s</span></p>\n", sheet->trials,
                sheet->trials == 1 ? "trial for each target" : "trials for each target");
    if (lg_plain_text(record->question)[0]) {
        lg_html_element(out, "<p class=\"question\">", record->question, "</p>\n");
    }
    enum { LONG = 120 };
    bool is_long = strlen(lg_plain_text(record->headline)) > LONG;
    lg_html_element(out, is_long ? "<h1 id=\"headline\" class=\"long\">" : "<h1 id=\"headline\">",
                    record->headline, "</h1>\n");
}

static void verdict(const struct lg_record *record, const struct lg_sheet *sheet,
                    struct lg_buf *out)
{
    lg_buf_addf(out, "<div class=\"verdict %s\" id=\"verdict\"><p><strong>%s</strong> ",
                record->valid ? "good" : "bad", record->valid ? "VALID" : "INVALID");
    if (record->valid && sheet->checks == 0) {
        lg_buf_adds(out, "no check on the measurement is on record</p>");
    } else if (record->valid) {
        lg_buf_addf(out, "all %zu <a href=\"#checks\">checks on the measurement</a> passed</p>",
                    sheet->checks);
    } else {
        lg_buf_adds(out, "do not use the figures that are struck through</p><ul>");
        for (size_t i = 0; i < record->invalid_count; i++) {
            lg_html_element(out, "<li>", record->invalid_reasons[i], "</li>");
        }
        lg_buf_adds(out, "</ul>");
    }
    if (record->interrupted) {
        lg_buf_addf(out, "<p><strong>%s; objectives are not judged</p>",
                    record->running ? "STILL RUNNING</strong> what there is up to now"
                                    : "INTERRUPTED</strong> what was measured until then");
    }
    if (record->quick) {
        lg_buf_adds(out, "<p><strong>QUICK</strong> one short trial for each target: it cannot "
                         "show how much results vary from run to run, nor slow changes</p>");
    }
    lg_buf_adds(out, "</div>\n");
}

/* The objective of that text for that target; NULL: there is none. */
static const struct lg_objective_result *objective_of(const struct lg_record *record,
                                                      const char *text, const char *target)
{
    for (size_t i = 0; i < record->objective_count; i++) {
        const struct lg_objective_result *o = &record->objectives[i];
        if (strcmp(lg_plain_text(o->text), lg_plain_text(text)) == 0 &&
            strcmp(lg_plain_text(o->target), lg_plain_text(target)) == 0) {
            return o;
        }
    }
    return NULL;
}

/* An earlier one, of another target, has the same text: one row holds both. */
static bool is_repeated(const struct lg_record *record, size_t i)
{
    const char *text = lg_plain_text(record->objectives[i].text);
    for (size_t k = 0; k < i; k++) {
        if (strcmp(lg_plain_text(record->objectives[k].text), text) == 0) {
            return true;
        }
    }
    return false;
}

static void objective_cell(const struct lg_objective_result *o, const char *target,
                           struct lg_buf *out)
{
    static const struct {
        const char *class, *word;
    } states[] = {[LG_OBJECTIVE_MET] = {"good", "met"},
                  [LG_OBJECTIVE_MISSED] = {"bad", "missed"},
                  [LG_OBJECTIVE_NOT_JUDGED] = {"open", "not judged"}};
    if (o == NULL) {
        lg_buf_adds(out, "<td></td>");
        return;
    }
    lg_html_element(out, "<td data-target=\"", target, "\"");
    lg_buf_addf(out, " class=\"%s\"><strong>%s</strong>", states[o->state].class,
                states[o->state].word);
    if (lg_plain_text(o->observed)[0]) {
        lg_html_element(out, " <span class=\"soft\">", o->observed, "</span>");
    }
    lg_buf_adds(out, "</td>");
}

static void objectives(const struct lg_record *record, struct lg_buf *out)
{
    if (record->objective_count == 0) {
        return;
    }
    lg_buf_adds(out, "<section aria-labelledby=\"objectives\"><h2 id=\"objectives\">Objectives</h2>"
                     "<div class=\"scroll\" tabindex=\"0\" role=\"group\" "
                     "aria-label=\"Objectives\"><table class=\"objectives\"><thead><tr><td></td>");
    for (size_t t = 0; t < record->target_count; t++) {
        lg_buf_addf(out, "<th scope=\"col\"><span class=\"key t%zu\"></span>", t % 8);
        lg_html_element(out, "", record->targets[t].name, "</th>");
    }
    lg_buf_adds(out, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < record->objective_count; i++) {
        const char *text = record->objectives[i].text;
        if (is_repeated(record, i)) {
            continue;
        }
        lg_html_element(out, "<tr><th scope=\"row\"><code>", text, "</code></th>");
        for (size_t t = 0; t < record->target_count; t++) {
            const char *target = record->targets[t].name;
            objective_cell(objective_of(record, text, target), target, out);
        }
        lg_buf_adds(out, "</tr>\n");
    }
    lg_buf_adds(out, "</tbody></table></div></section>\n");
}

static void cell(struct lg_buf *out, const struct lg_sheet_cell *c, bool valid, bool ranges)
{
    lg_buf_addf(out, "<td%s><span class=\"v\">%s%s", c->bad ? " class=\"bad\"" : "",
                valid ? "" : "<s>", c->few ? "~" : "");
    lg_html_text(out, c->text);
    lg_buf_adds(out, valid ? "</span>" : "</s></span>");
    if (c->low[0]) {
        lg_html_element(out, " <span class=\"r\">", c->low, " to ");
        lg_html_element(out, "", c->high, "</span>");
    } else if (ranges) { /* keeps the figures of a column in line */
        lg_buf_adds(out, " <span class=\"r\"></span>");
    }
    lg_buf_adds(out, "</td>");
}

static void group(struct lg_buf *out, const struct lg_sheet *sheet, const struct lg_sheet_group *g)
{
    lg_buf_addf(out, "<tbody><tr class=\"group\"><th scope=\"rowgroup\" colspan=\"%zu\">",
                sheet->column_count + 1);
    lg_html_text(out, g->title);
    if (g->note[0]) {
        lg_html_element(out, " <span class=\"soft\">", g->note, "</span>");
    }
    lg_buf_adds(out, "</th></tr>\n");
    for (size_t r = 0; r < g->row_count; r++) {
        lg_html_element(out, "<tr><th scope=\"row\">", g->rows[r].label, "</th>");
        for (size_t c = 0; c < sheet->column_count; c++) {
            cell(out, &g->rows[r].cells[c], sheet->columns[c].valid, sheet->trials > 1);
        }
        lg_buf_adds(out, "</tr>\n");
    }
    lg_buf_adds(out, "</tbody>\n");
}

static void table_head(struct lg_buf *out, const struct lg_sheet *sheet)
{
    lg_buf_adds(out, "<thead><tr><td></td>");
    for (size_t c = 0; c < sheet->column_count; c++) {
        lg_buf_addf(out, "<th scope=\"col\"><span class=\"key t%zu\"></span>", c % 8);
        lg_html_text(out, sheet->columns[c].name);
        if (sheet->columns[c].label[0]) {
            lg_html_element(out, " <span class=\"soft\">", sheet->columns[c].label, "</span>");
        }
        lg_buf_adds(out,
                    sheet->columns[c].valid ? "</th>" : " <em class=\"bad\">invalid</em></th>");
    }
    lg_buf_adds(out, "</tr></thead>\n");
}

static void table(struct lg_buf *out, const struct lg_sheet *sheet, bool detail, const char *label)
{
    lg_buf_addf(out,
                "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">"
                "<table class=\"sheet%s\">",
                label, sheet->column_count > 2 ? " many" : "");
    table_head(out, sheet);
    for (size_t i = 0; i < sheet->group_count; i++) {
        if (sheet->groups[i].detail == detail) {
            group(out, sheet, &sheet->groups[i]);
        }
    }
    lg_buf_adds(out, "</table></div>\n");
}

static bool has_details(const struct lg_sheet *sheet)
{
    bool any = false;
    for (size_t i = 0; i < sheet->group_count; i++) {
        any = any || sheet->groups[i].detail;
    }
    return any;
}

static void tables(struct lg_buf *out, const struct lg_sheet *sheet)
{
    lg_buf_adds(out, "<section aria-labelledby=\"figures\"><h2 id=\"figures\">Side by side</h2>\n");
    if (sheet->trials > 1) {
        lg_html_element(out, "<p class=\"soft\">Median of the trials, with their range. ",
                        lg_sheet_pooled_legend, "</p>\n");
    }
    table(out, sheet, false, "Figures of the targets side by side");
    if (has_details(sheet)) {
        lg_buf_adds(out, "<details><summary>More figures</summary>");
        table(out, sheet, true, "More figures of the targets side by side");
        lg_buf_adds(out, "</details>\n");
    }
    if (sheet->few) {
        lg_html_element(out, "<p class=\"soft\">", lg_sheet_few_legend, "</p>\n");
    }
    lg_buf_adds(out, "</section>\n");
}

static void list(struct lg_buf *out, const char *id, const char *title, const char *const *lines,
                 size_t count)
{
    if (count == 0) {
        return;
    }
    lg_buf_addf(out, "<section aria-labelledby=\"%s\"><h2 id=\"%s\">%s</h2><ul>\n", id, id, title);
    for (size_t i = 0; i < count; i++) {
        lg_html_element(out, "<li>", lines[i], "</li>\n");
    }
    lg_buf_adds(out, "</ul></section>\n");
}

static void comparisons(const struct lg_record *record, struct lg_arena *arena, struct lg_buf *out)
{
    if (record->comparison_count > 0) {
        lg_buf_adds(out, "<section aria-labelledby=\"comparison\"><h2 id=\"comparison\">Comparison"
                         "</h2>\n");
        lg_html_comparisons(record->comparisons, record->comparison_count, arena, out);
        lg_buf_adds(out, "</section>\n");
    }
}

static void claims(const struct lg_record *record, struct lg_arena *arena, struct lg_buf *out)
{
    if (record->claim_count == 0) {
        return;
    }
    lg_buf_adds(out, "<section aria-labelledby=\"claims\"><h2 id=\"claims\">Claims</h2><ul>\n");
    for (size_t i = 0; i < record->claim_count; i++) {
        const struct lg_claim_result *claim = &record->claims[i];
        lg_html_element(out, "<li><strong>", lg_sheet_claim_verdict(arena, claim), "</strong>: ");
        lg_html_element(out, "", lg_sheet_claim(arena, claim), "</li>\n");
    }
    lg_buf_adds(out, "</ul>\n");
    if (lg_sheet_claim_scope(record)[0] != '\0') {
        lg_html_element(out, "<p class=\"soft\">Scope: ", lg_sheet_claim_scope(record), "</p>\n");
    }
    lg_buf_adds(out, "</section>\n");
}

static void deaths(const struct lg_record *record, struct lg_arena *arena, struct lg_buf *out)
{
    size_t count = 0;
    const char **lines = lg_sheet_deaths(arena, record, &count);
    for (size_t i = 0; i < count; i++) {
        lg_html_element(out, "<div class=\"verdict bad\"><p><strong>DIED</strong> ", lines[i],
                        "</p></div>\n");
    }
}

void lg_html_first(const struct lg_record *record, struct lg_buf *out)
{
    struct lg_arena *arena = lg_arena_new();
    const struct lg_sheet *sheet = lg_sheet_make(record, arena);
    facts(record, sheet, out);
    verdict(record, sheet, out);
    deaths(record, arena, out);
    objectives(record, out);
    comparisons(record, arena, out);
    claims(record, arena, out);
    tables(out, sheet);
    list(out, "notes", "Notes", (const char *const *)record->notes, record->note_count);
    lg_arena_free(arena);
}
