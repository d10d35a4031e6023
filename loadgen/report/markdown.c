#include "report/markdown.h"

#include "report/plain.h"
#include "report/sheet.h"

/* Every character that could begin Markdown or HTML gets a backslash; "@" would call people, so it
 * is parted from the name. */
void lg_report_markdown_text(struct lg_buf *out, const char *raw)
{
    struct lg_buf safe = {0};
    lg_plain_add(&safe, lg_plain_text(raw), SIZE_MAX);
    for (size_t i = 0; i < safe.n; i++) {
        char c = safe.p[i];
        if (c == '<' || c == '&') {
            lg_buf_adds(out, c == '<' ? "&lt;" : "&amp;");
        } else if (c == '@') {
            lg_buf_adds(out, "@&#8203;");
        } else {
            lg_buf_adds(out, strchr("\\`*_[]|#~", c) ? "\\" : "");
            lg_buf_add(out, &c, 1);
        }
    }
    lg_buf_free(&safe);
}

static void verdict(const struct lg_record *record, struct lg_buf *out)
{
    lg_buf_adds(out, record->valid ? "**VALID**" : "**INVALID**");
    for (size_t i = 0; !record->valid && i < record->invalid_count; i++) {
        lg_buf_adds(out, i == 0 ? ": " : "; ");
        lg_report_markdown_text(out, record->invalid_reasons[i]);
    }
    lg_buf_adds(out, !record->interrupted ? ""
                     : record->running    ? " (still running)"
                                          : " (interrupted)");
    lg_buf_adds(out, record->quick ? " (quick: one short trial for each target)" : "");
    lg_buf_adds(out, "\n\n");
}

static void cell(struct lg_buf *out, const struct lg_sheet_cell *c, bool valid)
{
    lg_buf_adds(out, valid ? " " : " ~~");
    lg_buf_adds(out, c->bad ? "**" : "");
    lg_buf_adds(out, c->few ? "\\~" : "");
    lg_report_markdown_text(out, c->text);
    lg_buf_adds(out, c->bad ? "**" : "");
    if (c->low[0]) {
        lg_buf_adds(out, " (");
        lg_report_markdown_text(out, c->low);
        lg_buf_adds(out, " to ");
        lg_report_markdown_text(out, c->high);
        lg_buf_adds(out, ")");
    }
    lg_buf_adds(out, valid ? " |" : "~~ |");
}

static void header(const struct lg_sheet *sheet, struct lg_buf *out)
{
    lg_buf_adds(out, sheet->trials > 1 ? "| median (range) over trials |" : "| |");
    for (size_t c = 0; c < sheet->column_count; c++) {
        lg_buf_adds(out, " ");
        lg_report_markdown_text(out, sheet->columns[c].name);
        lg_buf_adds(out, sheet->columns[c].valid ? " |" : " (invalid) |");
    }
    lg_buf_adds(out, "\n|---|");
    for (size_t c = 0; c < sheet->column_count; c++) {
        lg_buf_adds(out, "---:|");
    }
    lg_buf_adds(out, "\n");
}

static void group(const struct lg_sheet *sheet, const struct lg_sheet_group *g, struct lg_buf *out)
{
    for (size_t r = 0; r < g->row_count; r++) {
        lg_buf_adds(out, "| ");
        lg_report_markdown_text(out, g->title);
        lg_buf_adds(out, ", ");
        lg_report_markdown_text(out, g->rows[r].label);
        lg_buf_adds(out, " |");
        for (size_t c = 0; c < sheet->column_count; c++) {
            cell(out, &g->rows[r].cells[c], sheet->columns[c].valid);
        }
        lg_buf_adds(out, "\n");
    }
}

static void paragraph(const char *text, struct lg_buf *out)
{
    lg_buf_adds(out, "\n");
    lg_report_markdown_text(out, text);
    lg_buf_adds(out, "\n");
}

static void table(const struct lg_sheet *sheet, struct lg_buf *out)
{
    header(sheet, out);
    for (size_t i = 0; i < sheet->group_count; i++) {
        if (!sheet->groups[i].detail) {
            group(sheet, &sheet->groups[i], out);
        }
    }
    if (sheet->few) {
        paragraph(lg_sheet_few_legend, out);
    }
    if (sheet->trials > 1) {
        paragraph(lg_sheet_pooled_legend, out);
    }
}

static void objectives(const struct lg_record *record, struct lg_buf *out)
{
    static const char *const words[] = {[LG_OBJECTIVE_MET] = "met",
                                        [LG_OBJECTIVE_MISSED] = "**missed**",
                                        [LG_OBJECTIVE_NOT_JUDGED] = "not judged"};
    if (record->objective_count > 0) {
        lg_buf_adds(out, "\n| objective | target | observed | |\n|---|---|---:|---|\n");
    }
    for (size_t i = 0; i < record->objective_count; i++) {
        const struct lg_objective_result *o = &record->objectives[i];
        const char *const cells[] = {o->text, o->target, o->observed};
        for (size_t c = 0; c < 3; c++) {
            lg_buf_adds(out, "| ");
            lg_report_markdown_text(out, cells[c]);
            lg_buf_adds(out, " ");
        }
        lg_buf_addf(out, "| %s |\n", words[o->state]);
    }
}

static void deaths(const struct lg_record *record, struct lg_arena *arena, struct lg_buf *out)
{
    size_t count = 0;
    const char **lines = lg_sheet_deaths(arena, record, &count);
    for (size_t i = 0; i < count; i++) {
        lg_buf_adds(out, "**DIED** ");
        lg_report_markdown_text(out, lines[i]);
        lg_buf_adds(out, "\n\n");
    }
}

static void failures(const struct lg_record *record, struct lg_arena *arena, struct lg_buf *out)
{
    enum { SHOWN = 10 };
    size_t count = 0;
    const char **lines = lg_sheet_failures(arena, record, SHOWN, &count);
    lg_buf_adds(out, count > 0 ? "\nFailures, most frequent first:\n\n" : "");
    for (size_t i = 0; i < count; i++) {
        lg_buf_adds(out, "- ");
        lg_report_markdown_text(out, lines[i]);
        lg_buf_adds(out, "\n");
    }
}

static void lists(const struct lg_record *record, struct lg_arena *arena, size_t trials,
                  struct lg_buf *out)
{
    lg_buf_adds(out, record->comparison_count > 0 ? "\nComparison:\n\n" : "");
    for (size_t i = 0; i < record->comparison_count; i++) {
        const struct lg_comparison *row = &record->comparisons[i];
        lg_buf_adds(out, "- ");
        lg_report_markdown_text(out, lg_arena_printf(arena, "%s against %s, %s",
                                                     lg_plain_text(row->b), lg_plain_text(row->a),
                                                     lg_sheet_comparison(arena, row, trials)));
        lg_buf_adds(out, "\n");
    }
    lg_buf_adds(out, record->note_count > 0 ? "\nNotes:\n\n" : "");
    for (size_t i = 0; i < record->note_count; i++) {
        lg_buf_adds(out, "- ");
        lg_report_markdown_text(out, record->notes[i]);
        lg_buf_adds(out, "\n");
    }
}

static void claims(const struct lg_record *record, struct lg_arena *arena, struct lg_buf *out)
{
    if (record->claim_count > 0) {
        lg_buf_adds(out, "\nClaims that the run was to judge (`loadgen explain claims`):\n\n");
    }
    for (size_t i = 0; i < record->claim_count; i++) {
        const struct lg_claim_result *claim = &record->claims[i];
        lg_buf_adds(out, "- **");
        lg_report_markdown_text(out, lg_sheet_claim_verdict(arena, claim));
        lg_buf_adds(out, "**: ");
        lg_report_markdown_text(out, lg_sheet_claim(arena, claim));
        lg_buf_adds(out, "\n");
    }
    if (lg_sheet_claim_scope(record)[0] != '\0') {
        lg_buf_adds(out, "\nScope: ");
        lg_report_markdown_text(out, lg_sheet_claim_scope(record));
        lg_buf_adds(out, "\n");
    }
}

/* A fence longer than any run of backquotes inside cannot be closed from inside. */
static void command(const struct lg_record *record, struct lg_buf *out)
{
    const char *line = lg_plain_text(record->command);
    if (line[0] == '\0') {
        return;
    }
    lg_buf_adds(out, "\nRepeat it:\n\n````````sh\n");
    lg_plain_add(out, line, SIZE_MAX);
    lg_buf_adds(out, "\n````````\n");
}

void lg_report_markdown(const struct lg_record *record, struct lg_buf *out)
{
    struct lg_arena *arena = lg_arena_new();
    lg_buf_adds(out, "### ");
    lg_report_markdown_text(out, record->headline);
    lg_buf_adds(out, "\n\n");
    verdict(record, out);
    if (lg_plain_text(record->question)[0]) {
        lg_buf_adds(out, "> ");
        lg_report_markdown_text(out, record->question);
        lg_buf_adds(out, "\n\n");
    }
    const struct lg_sheet *sheet = lg_sheet_make(record, arena);
    deaths(record, arena, out);
    table(sheet, out);
    failures(record, arena, out);
    objectives(record, out);
    claims(record, arena, out);
    lists(record, arena, sheet->trials, out);
    command(record, out);
    lg_arena_free(arena);
}
