#include "report/text.h"

#include "report/plain.h"
#include "report/sheet.h"

#include <stdio.h>
#include <stdlib.h>

enum { WIDTH = LG_REPORT_TEXT_WIDTH, LABEL = 22, ROOM_FOR_RANGE = 26 };

enum ink { PLAIN, STRONG, DIM, GOOD, BAD };

struct writer {
    struct lg_buf *out;
    bool colour;
    const struct lg_sheet *sheet;
    size_t first, end; /* columns of the sheet in this block */
    size_t column;     /* width of one */
};

static void ink(const struct writer *w, enum ink ink)
{
    static const char *const codes[] = {[PLAIN] = "\033[0m", [STRONG] = "\033[1m", [DIM] = "\033[2m",
                                        [GOOD] = "\033[32m", [BAD] = "\033[1;31m"};
    if (w->colour) {
        lg_buf_adds(w->out, codes[ink]);
    }
}

static void line(const struct writer *w, enum ink colour, const char *head, const char *text)
{
    ink(w, colour);
    lg_buf_adds(w->out, head);
    if (colour != STRONG) {
        ink(w, PLAIN);
    }
    lg_plain_wrap(w->out, lg_plain_text(text), strlen(head), WIDTH);
    if (colour == STRONG) {
        ink(w, PLAIN);
    }
}

static void title(const struct writer *w, const char *text)
{
    lg_buf_adds(w->out, "\n");
    ink(w, STRONG);
    lg_buf_adds(w->out, text);
    ink(w, PLAIN);
    lg_buf_adds(w->out, "\n");
}

/* ---- the first lines ---- */

static size_t checks(const struct lg_record *record)
{
    size_t count = 0;
    for (size_t t = 0; t < record->target_count; t++) {
        for (size_t i = 0; i < record->targets[t].trial_count; i++) {
            count += record->targets[t].trials[i].validity_count;
        }
    }
    return count;
}

static void verdict(const struct writer *w, const struct lg_record *record)
{
    if (record->valid) {
        char text[80];
        snprintf(text, sizeof text, "all %zu checks on the measurement passed", checks(record));
        line(w, GOOD, "VALID: ", text);
    } else if (record->invalid_count == 0) {
        line(w, BAD, "INVALID: ", "do not use these figures");
    }
    for (size_t i = 0; !record->valid && i < record->invalid_count; i++) {
        line(w, BAD, i == 0 ? "INVALID: " : "         ", record->invalid_reasons[i]);
    }
    if (record->interrupted) {
        line(w, BAD, "INTERRUPTED: ", "what was measured until then; objectives are not judged");
    }
    if (record->quick) {
        line(w, STRONG, "QUICK: ", "one short trial for each target: it cannot show how much "
                                   "results vary from run to run, nor slow changes");
    }
}

/* ---- the table ---- */

static void cell_text(const struct writer *w, const struct lg_sheet_cell *cell, char *out,
                      size_t bytes)
{
    bool ranged = cell->low[0] && w->column >= ROOM_FOR_RANGE;
    const char *mark = cell->few ? "~" : "";
    if (ranged) {
        snprintf(out, bytes, "%s%s  %9s..%-9s", mark, cell->text, cell->low, cell->high);
    } else {
        snprintf(out, bytes, "%s%s", mark, cell->text);
    }
}

static void cell_add(const struct writer *w, const struct lg_sheet_cell *cell)
{
    char text[128];
    cell_text(w, cell, text, sizeof text);
    if (cell->bad) {
        ink(w, BAD);
    }
    lg_plain_right(w->out, text, w->column);
    if (cell->bad) {
        ink(w, PLAIN);
    }
}

/* Where a column has no room for the range, it stands in a line below. */
static void range_line(const struct writer *w, const struct lg_sheet_row *row)
{
    bool any = false;
    for (size_t c = w->first; c < w->end; c++) {
        any = any || row->cells[c].low[0];
    }
    if (!any || w->column >= ROOM_FOR_RANGE) {
        return;
    }
    ink(w, DIM);
    lg_plain_left(w->out, "", LABEL);
    for (size_t c = w->first; c < w->end; c++) {
        char text[96];
        const struct lg_sheet_cell *cell = &row->cells[c];
        snprintf(text, sizeof text, cell->low[0] ? "%s..%s" : "%s%s", cell->low, cell->high);
        lg_plain_right(w->out, text, w->column);
    }
    ink(w, PLAIN);
    lg_buf_adds(w->out, "\n");
}

static void row_add(const struct writer *w, const struct lg_sheet_row *row)
{
    lg_buf_adds(w->out, "  ");
    lg_plain_left(w->out, row->label, LABEL - 2);
    for (size_t c = w->first; c < w->end; c++) {
        cell_add(w, &row->cells[c]);
    }
    lg_buf_adds(w->out, "\n");
    range_line(w, row);
}

static void group_add(const struct writer *w, const struct lg_sheet_group *group)
{
    ink(w, STRONG);
    size_t used = lg_plain_add(w->out, group->title, WIDTH);
    ink(w, PLAIN);
    if (group->note[0] && used + 2 < WIDTH) {
        ink(w, DIM);
        lg_buf_adds(w->out, "  ");
        lg_plain_add(w->out, group->note, WIDTH - used - 2);
        ink(w, PLAIN);
    }
    lg_buf_adds(w->out, "\n");
    for (size_t i = 0; i < group->row_count; i++) {
        row_add(w, &group->rows[i]);
    }
}

static void header(const struct writer *w)
{
    bool invalid = false;
    lg_buf_adds(w->out, "\n");
    ink(w, STRONG);
    lg_plain_left(w->out, w->sheet->trials > 1 ? "median of the trials" : "", LABEL);
    for (size_t c = w->first; c < w->end; c++) {
        lg_buf_adds(w->out, " ");
        lg_plain_right(w->out, w->sheet->columns[c].name, w->column - 1);
        invalid = invalid || !w->sheet->columns[c].valid;
    }
    ink(w, PLAIN);
    lg_buf_adds(w->out, "\n");
    if (invalid) {
        lg_plain_left(w->out, "", LABEL);
        ink(w, BAD);
        for (size_t c = w->first; c < w->end; c++) {
            lg_plain_right(w->out, w->sheet->columns[c].valid ? "" : "INVALID", w->column);
        }
        ink(w, PLAIN);
        lg_buf_adds(w->out, "\n");
    }
}

static void table(struct writer *w)
{
    const size_t most = LG_REPORT_TEXT_TARGETS;
    for (w->first = 0; w->first < w->sheet->column_count; w->first = w->end) {
        size_t left = w->sheet->column_count - w->first;
        w->end = w->first + (left > most ? most : left);
        w->column = (WIDTH - LABEL) / (w->end - w->first);
        w->column = w->column > 34 ? 34 : w->column;
        header(w);
        for (size_t i = 0; i < w->sheet->group_count; i++) {
            if (!w->sheet->groups[i].detail) {
                group_add(w, &w->sheet->groups[i]);
            }
        }
    }
    if (w->sheet->few) {
        lg_buf_addf(w->out, "%s\n", lg_sheet_few_legend);
    }
}

/* ---- below the table ---- */

static void objectives(const struct writer *w, const struct lg_record *record)
{
    static const char *const words[] = {[LG_OBJECTIVE_MET] = "  met     ",
                                        [LG_OBJECTIVE_MISSED] = "  MISSED  ",
                                        [LG_OBJECTIVE_NOT_JUDGED] = "  not judged  "};
    static const enum ink inks[] = {GOOD, BAD, DIM};
    if (record->objective_count == 0) {
        return;
    }
    title(w, "Objectives");
    for (size_t i = 0; i < record->objective_count; i++) {
        const struct lg_objective_result *o = &record->objectives[i];
        const char *observed = lg_plain_text(o->observed);
        char *text = lg_printf("%s: %s%s%s", lg_plain_text(o->target), lg_plain_text(o->text),
                               observed[0] ? "; observed " : "", observed);
        line(w, inks[o->state], words[o->state], text);
        free(text);
    }
}

static void comparisons(const struct writer *w, const struct lg_record *record,
                        struct lg_arena *arena)
{
    if (record->comparison_count == 0) {
        return;
    }
    title(w, "Comparison");
    for (size_t i = 0; i < record->comparison_count; i++) {
        line(w, PLAIN, "  ", lg_sheet_comparison(arena, &record->comparisons[i],
                                                w->sheet->trials));
    }
}

static void notes(const struct writer *w, const struct lg_record *record, const char *folder)
{
    if (record->note_count > 0) {
        title(w, "Notes");
    }
    for (size_t i = 0; i < record->note_count; i++) {
        line(w, PLAIN, "  - ", record->notes[i]);
    }
    if (folder != NULL) {
        char *text = lg_printf("%s/report.html", folder);
        lg_buf_adds(w->out, "\n");
        line(w, PLAIN, "Report: ", text);
        free(text);
    }
}

void lg_report_text(const struct lg_record *record, const struct lg_report_text_options *options,
                    struct lg_buf *out)
{
    struct lg_arena *arena = lg_arena_new();
    struct writer w = {.out = out, .colour = options->colour};
    w.sheet = lg_sheet_make(record, arena);
    line(&w, STRONG, "", record->headline);
    verdict(&w, record);
    table(&w);
    objectives(&w, record);
    comparisons(&w, record, arena);
    notes(&w, record, options->folder);
    lg_arena_free(arena);
}
