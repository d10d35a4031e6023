#include "report/html.h"

#include "report/plain.h"
#include "report/sheet.h"

#include <openssl/evp.h>

#include <stdio.h>

/* ---- escaping ---- */

static void text(struct lg_buf *out, const char *raw)
{
    for (raw = lg_plain_text(raw); *raw; raw++) {
        switch (*raw) {
        case '<':
            lg_buf_adds(out, "&lt;");
            break;
        case '>':
            lg_buf_adds(out, "&gt;");
            break;
        case '&':
            lg_buf_adds(out, "&amp;");
            break;
        case '"':
            lg_buf_adds(out, "&quot;");
            break;
        case '\'':
            lg_buf_adds(out, "&#39;");
            break;
        default:
            lg_buf_add(out, raw, 1);
        }
    }
}

static void element(struct lg_buf *out, const char *open, const char *raw, const char *close)
{
    lg_buf_adds(out, open);
    text(out, raw);
    lg_buf_adds(out, close);
}

/* In JSON "<" occurs in strings only; without it neither "</script" nor "<!--" can occur. */
static void fill_data(const struct lg_record *record, struct lg_buf *out)
{
    struct lg_buf json = {0};
    lg_record_write(record, &json);
    size_t from = 0;
    for (size_t i = 0; i < json.n; i++) {
        if (json.p[i] == '<') {
            lg_buf_add(out, json.p + from, i - from);
            lg_buf_adds(out, "\\u003c");
            from = i + 1;
        }
    }
    lg_buf_add(out, json.p + from, json.n - from);
    lg_buf_free(&json);
}

/* ---- the first screen ---- */

/* 2026-11-20T08:00:00.000Z for people; another form stays as it is. */
static void when(struct lg_buf *out, const char *at)
{
    bool iso = strlen(at) >= 20 && at[10] == 'T' && at[strlen(at) - 1] == 'Z';
    char shown[32] = "";
    if (iso) {
        snprintf(shown, sizeof shown, "%.10s %.8s UTC", at, at + 11);
    }
    element(out, "<span><time>", iso ? shown : at, "</time></span>");
}

static void facts(const struct lg_record *record, const struct lg_sheet *sheet, struct lg_buf *out)
{
    element(out, "<p class=\"facts\"><span>", record->name, "</span>");
    if (lg_plain_text(record->claim)[0]) {
        element(out, "<span>claim: ", record->claim, "</span>");
    }
    when(out, lg_plain_text(record->started_at));
    lg_buf_addf(out, "<span>%zu %s</span></p>\n", sheet->trials,
                sheet->trials == 1 ? "trial for each target" : "trials for each target");
    if (lg_plain_text(record->question)[0]) {
        element(out, "<p class=\"question\">", record->question, "</p>\n");
    }
    element(out, "<h1 id=\"headline\">", record->headline, "</h1>\n");
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
            element(out, "<li>", record->invalid_reasons[i], "</li>");
        }
        lg_buf_adds(out, "</ul>");
    }
    if (record->interrupted) {
        lg_buf_adds(out, "<p><strong>INTERRUPTED</strong> what was measured until then; objectives "
                         "are not judged</p>");
    }
    if (record->quick) {
        lg_buf_adds(out, "<p><strong>QUICK</strong> one short trial for each target: it cannot "
                         "show how much results vary from run to run, nor slow changes</p>");
    }
    lg_buf_adds(out, "</div>\n");
}

static void objectives(const struct lg_record *record, struct lg_buf *out)
{
    static const struct {
        const char *class, *word;
    } states[] = {[LG_OBJECTIVE_MET] = {"good", "met"},
                  [LG_OBJECTIVE_MISSED] = {"bad", "missed"},
                  [LG_OBJECTIVE_NOT_JUDGED] = {"open", "not judged"}};
    if (record->objective_count == 0) {
        return;
    }
    lg_buf_adds(out, "<section aria-labelledby=\"objectives\"><h2 id=\"objectives\">Objectives</h2>"
                     "<ul class=\"objectives\">\n");
    for (size_t i = 0; i < record->objective_count; i++) {
        const struct lg_objective_result *o = &record->objectives[i];
        lg_buf_addf(out, "<li class=\"%s\"><strong>%s</strong> ", states[o->state].class,
                    states[o->state].word);
        element(out, "<span>", o->target, "</span> ");
        element(out, "<code>", o->text, "</code>");
        if (lg_plain_text(o->observed)[0]) {
            element(out, " <span class=\"soft\">observed ", o->observed, "</span>");
        }
        lg_buf_adds(out, "</li>\n");
    }
    lg_buf_adds(out, "</ul></section>\n");
}

static void cell(struct lg_buf *out, const struct lg_sheet_cell *c, bool valid, bool ranges)
{
    lg_buf_addf(out, "<td%s><span class=\"v\">%s%s", c->bad ? " class=\"bad\"" : "",
                valid ? "" : "<s>", c->few ? "~" : "");
    text(out, c->text);
    lg_buf_adds(out, valid ? "</span>" : "</s></span>");
    if (c->low[0]) {
        element(out, " <span class=\"r\">", c->low, " to ");
        element(out, "", c->high, "</span>");
    } else if (ranges) { /* keeps the figures of a column in line */
        lg_buf_adds(out, " <span class=\"r\"></span>");
    }
    lg_buf_adds(out, "</td>");
}

static void group(struct lg_buf *out, const struct lg_sheet *sheet, const struct lg_sheet_group *g)
{
    lg_buf_addf(out, "<tbody><tr class=\"group\"><th scope=\"rowgroup\" colspan=\"%zu\">",
                sheet->column_count + 1);
    text(out, g->title);
    if (g->note[0]) {
        element(out, " <span class=\"soft\">", g->note, "</span>");
    }
    lg_buf_adds(out, "</th></tr>\n");
    for (size_t r = 0; r < g->row_count; r++) {
        element(out, "<tr><th scope=\"row\">", g->rows[r].label, "</th>");
        for (size_t c = 0; c < sheet->column_count; c++) {
            cell(out, &g->rows[r].cells[c], sheet->columns[c].valid, sheet->trials > 1);
        }
        lg_buf_adds(out, "</tr>\n");
    }
    lg_buf_adds(out, "</tbody>\n");
}

static void table(struct lg_buf *out, const struct lg_sheet *sheet)
{
    lg_buf_adds(out, "<section aria-labelledby=\"figures\"><h2 id=\"figures\">Side by side</h2>\n");
    if (sheet->trials > 1) {
        lg_buf_adds(out, "<p class=\"soft\">Median of the trials, with their range.</p>\n");
    }
    lg_buf_adds(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
                     "aria-label=\"Figures of the targets side by side\">"
                     "<table class=\"sheet");
    lg_buf_adds(out, sheet->column_count > 2 ? " many" : "");
    lg_buf_adds(out, "\"><thead><tr><td></td>");
    for (size_t c = 0; c < sheet->column_count; c++) {
        lg_buf_addf(out, "<th scope=\"col\"><span class=\"key t%zu\"></span>", c % 8);
        text(out, sheet->columns[c].name);
        if (sheet->columns[c].label[0]) {
            element(out, " <span class=\"soft\">", sheet->columns[c].label, "</span>");
        }
        lg_buf_adds(out,
                    sheet->columns[c].valid ? "</th>" : " <em class=\"bad\">invalid</em></th>");
    }
    lg_buf_adds(out, "</tr></thead>\n");
    for (size_t i = 0; i < sheet->group_count; i++) {
        group(out, sheet, &sheet->groups[i]);
    }
    lg_buf_adds(out, "</table></div>\n");
    if (sheet->few) {
        element(out, "<p class=\"soft\">", lg_sheet_few_legend, "</p>\n");
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
        element(out, "<li>", lines[i], "</li>\n");
    }
    lg_buf_adds(out, "</ul></section>\n");
}

static void comparisons(const struct lg_record *record, struct lg_arena *arena, size_t trials,
                        struct lg_buf *out)
{
    const char **lines = NULL;
    size_t count = 0;
    for (size_t i = 0; i < record->comparison_count; i++) {
        *LG_ARENA_PUSH(arena, lines, count) =
            lg_sheet_comparison(arena, &record->comparisons[i], trials);
    }
    list(out, "comparison", "Comparison", (const char *const *)lines, count);
}

static void deaths(const struct lg_record *record, struct lg_arena *arena, struct lg_buf *out)
{
    size_t count = 0;
    const char **lines = lg_sheet_deaths(arena, record, &count);
    for (size_t i = 0; i < count; i++) {
        element(out, "<div class=\"verdict bad\"><p><strong>DIED</strong> ", lines[i],
                "</p></div>\n");
    }
}

static void fill_first(const struct lg_record *record, struct lg_buf *out)
{
    struct lg_arena *arena = lg_arena_new();
    const struct lg_sheet *sheet = lg_sheet_make(record, arena);
    facts(record, sheet, out);
    verdict(record, sheet, out);
    deaths(record, arena, out);
    objectives(record, out);
    table(out, sheet);
    comparisons(record, arena, sheet->trials, out);
    list(out, "notes", "Notes", (const char *const *)record->notes, record->note_count);
    lg_arena_free(arena);
}

static void fill_title(const struct lg_record *record, struct lg_buf *out)
{
    text(out, record->name);
    element(out, ": ", record->headline, "");
}

/* ---- the page ---- */

/* The page's one script, as the policy names it (CSP level 3, section 2.3.1). */
static void fill_script_hash(const struct lg_record *record, struct lg_buf *out)
{
    static const char open[] = "<script>", close[] = "</script>";
    unsigned char digest[EVP_MAX_MD_SIZE], base64[2 * EVP_MAX_MD_SIZE];
    unsigned bytes = 0;
    (void)record;
    const char *page = (const char *)lg_report_page;
    const char *from = memmem(page, lg_report_page_bytes, open, sizeof open - 1);
    LG_ASSERT(from != NULL);
    from += sizeof open - 1;
    const char *to =
        memmem(from, lg_report_page_bytes - (size_t)(from - page), close, sizeof close - 1);
    LG_ASSERT(to != NULL);
    LG_ASSERT(EVP_Digest(from, (size_t)(to - from), digest, &bytes, EVP_sha256(), NULL) == 1);
    lg_buf_add(out, base64, (size_t)EVP_EncodeBlock(base64, digest, (int)bytes));
}

static const struct {
    const char *mark;
    void (*fill)(const struct lg_record *, struct lg_buf *);
} places[] = {{"@script-hash@", fill_script_hash},
              {"@title@", fill_title},
              {"@first@", fill_first},
              {"@data@", fill_data}};

void lg_report_html(const struct lg_record *record, struct lg_buf *out)
{
    struct lg_slice rest = lg_slice(lg_report_page, lg_report_page_bytes);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        size_t n = strlen(places[i].mark);
        const char *mark = memmem(rest.p, rest.n, places[i].mark, n);
        LG_ASSERT(mark != NULL); /* in the order of the template */
        size_t before = (size_t)(mark - rest.p);
        lg_buf_add(out, rest.p, before);
        places[i].fill(record, out);
        rest = lg_slice(mark + n, rest.n - before - n);
    }
    lg_buf_add(out, rest.p, rest.n);
}
