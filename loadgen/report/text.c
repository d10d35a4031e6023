#include "report/text.h"

#include "report/plain.h"
#include "report/sheet.h"

#include <stdio.h>
#include <stdlib.h>

enum { WIDTH = LG_REPORT_TEXT_WIDTH, LABEL = 22, FIGURE = 9, RANGE = 20 };

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
    static const char *const codes[] = {[PLAIN] = "\033[0m",
                                        [STRONG] = "\033[1m",
                                        [DIM] = "\033[2m",
                                        [GOOD] = "\033[32m",
                                        [BAD] = "\033[1;31m"};
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
        line(w, STRONG, "QUICK: ",
             "one short trial for each target: it cannot show how much "
             "results vary from run to run, nor slow changes");
    }
}

/* ---- the table ---- */

static bool ranged(const struct writer *w)
{
    return w->sheet->trials > 1 && w->column >= FIGURE + RANGE;
}

static void cell_add(const struct writer *w, const struct lg_sheet_cell *cell)
{
    size_t width = ranged(w) ? w->column - RANGE : w->column;
    char *text = lg_printf("%s%s", cell->few ? "~" : "", cell->text);
    if (cell->bad) {
        ink(w, BAD);
    }
    lg_plain_right(w->out, text, width);
    if (cell->bad) {
        ink(w, PLAIN);
    }
    free(text);
}

static void range_add(const struct writer *w, const struct lg_sheet_cell *cell, bool last)
{
    char *text = lg_printf(cell->low[0] ? "  %s..%s" : "%s%s", cell->low, cell->high);
    ink(w, DIM);
    if (last) { /* no blanks at the end of a line */
        lg_plain_add(w->out, text, RANGE);
    } else {
        lg_plain_left(w->out, text, RANGE);
    }
    ink(w, PLAIN);
    free(text);
}

/* Where a column has no room for the range, it stands in a line below. */
static void range_line(const struct writer *w, const struct lg_sheet_row *row)
{
    bool any = false;
    for (size_t c = w->first; c < w->end; c++) {
        any = any || row->cells[c].low[0];
    }
    if (!any || ranged(w)) {
        return;
    }
    ink(w, DIM);
    lg_plain_left(w->out, "", LABEL);
    for (size_t c = w->first; c < w->end; c++) {
        const struct lg_sheet_cell *cell = &row->cells[c];
        char *text = lg_printf(cell->low[0] ? " %s..%s" : "%s%s", cell->low, cell->high);
        lg_plain_right(w->out, text, w->column);
        free(text);
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
        if (ranged(w)) {
            range_add(w, &row->cells[c], c + 1 == w->end);
        }
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

static void header_cells(const struct writer *w, const char *left, bool names)
{
    size_t width = ranged(w) ? w->column - RANGE : w->column;
    lg_plain_left(w->out, left, LABEL);
    for (size_t c = w->first; c < w->end; c++) {
        const struct lg_sheet_column *column = &w->sheet->columns[c];
        const char *text = names ? column->name : column->valid ? "" : "INVALID";
        bool fits = lg_plain_width(text) < width;
        lg_buf_adds(w->out, fits ? "" : " ");
        lg_plain_right(w->out, text, fits ? width : w->column - 1);
        if (fits && width < w->column && c + 1 < w->end) {
            lg_plain_left(w->out, "", RANGE);
        }
    }
    lg_buf_adds(w->out, "\n");
}

static void header(const struct writer *w)
{
    bool invalid = false;
    for (size_t c = w->first; c < w->end; c++) {
        invalid = invalid || !w->sheet->columns[c].valid;
    }
    lg_buf_adds(w->out, "\n");
    ink(w, STRONG);
    header_cells(w, w->sheet->trials > 1 ? "median of the trials" : "", true);
    ink(w, PLAIN);
    if (invalid) {
        ink(w, BAD);
        header_cells(w, "", false);
        ink(w, PLAIN);
    }
}

static void table(struct writer *w)
{
    const size_t most = LG_REPORT_TEXT_TARGETS;
    for (w->first = 0; w->first < w->sheet->column_count; w->first = w->end) {
        size_t left = w->sheet->column_count - w->first;
        w->end = w->first + (left > most ? most : left);
        w->column = (WIDTH - LABEL) / (w->end - w->first);
        w->column = w->column > 2 * FIGURE + RANGE ? 2 * FIGURE + RANGE : w->column;
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
        line(w, PLAIN, "  ", lg_sheet_comparison(arena, &record->comparisons[i], w->sheet->trials));
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
