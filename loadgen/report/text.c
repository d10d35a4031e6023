#include "report/text.h"

#include "report/plain.h"
#include "report/sheet.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    WIDTH = LG_REPORT_TEXT_WIDTH,
    LABEL = 26,
    FIGURE = 9,
    RANGE = 18,
    MISSED_SHOWN = 4,
    FAILURES_SHOWN = 4
};

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

static void verdict(const struct writer *w, const struct lg_record *record)
{
    if (record->valid) {
        char text[80] = "no check on the measurement is on record";
        if (w->sheet->checks > 0) {
            snprintf(text, sizeof text, "all %zu checks on the measurement passed",
                     w->sheet->checks);
        }
        line(w, GOOD, "VALID: ", text);
    } else if (record->invalid_count == 0) {
        line(w, BAD, "INVALID: ", "do not use these figures");
    }
    for (size_t i = 0; !record->valid && i < record->invalid_count; i++) {
        line(w, BAD, i == 0 ? "INVALID: " : "         ", record->invalid_reasons[i]);
    }
    if (record->interrupted) {
        line(w, record->running ? STRONG : BAD,
             record->running ? "STILL RUNNING: " : "INTERRUPTED: ",
             record->running ? "what there is up to now; objectives are not judged"
                             : "what was measured until then; objectives are not judged");
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

/* The group's title before the label; what it lacks in room is cut, or all of it. */
static void label_add(const struct writer *w, const char *title, const char *label)
{
    size_t used = lg_plain_width(label), room = LABEL - 2;
    size_t left = used < room ? room - used - 1 : 0;
    bool fits = lg_plain_width(title) <= left || left > 8;
    lg_buf_adds(w->out, "  ");
    if (title[0] != '\0' && fits) {
        size_t n = lg_plain_add(w->out, title, left);
        lg_buf_adds(w->out, " ");
        lg_plain_left(w->out, label, room - n - 1);
    } else {
        lg_plain_left(w->out, label, room);
    }
}

static void row_add(const struct writer *w, const char *title, const struct lg_sheet_row *row)
{
    label_add(w, title, row->label);
    for (size_t c = w->first; c < w->end; c++) {
        cell_add(w, &row->cells[c]);
        if (ranged(w)) {
            range_add(w, &row->cells[c], c + 1 == w->end);
        }
    }
    lg_buf_adds(w->out, "\n");
}

static void group_add(const struct writer *w, const struct lg_sheet_group *group)
{
    for (size_t i = 0; i < group->row_count; i++) {
        if (group->rows[i].brief) {
            row_add(w, group->brief, &group->rows[i]);
        }
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

/* A brief row has the mark that the legend explains. */
static bool shows_few(const struct lg_sheet *sheet)
{
    bool few = false;
    for (size_t g = 0; g < sheet->group_count; g++) {
        const struct lg_sheet_group *group = &sheet->groups[g];
        for (size_t r = 0; !group->detail && r < group->row_count; r++) {
            for (size_t c = 0; group->rows[r].brief && c < sheet->column_count; c++) {
                few = few || group->rows[r].cells[c].few;
            }
        }
    }
    return few;
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
    if (shows_few(w->sheet)) {
        lg_buf_addf(w->out, "%s\n", lg_sheet_few_legend);
    }
    if (w->sheet->trials > 1) {
        line(w, PLAIN, "", lg_sheet_pooled_legend);
    }
}

/* ---- below the table ---- */

static size_t count_objectives(const struct lg_record *record, int state)
{
    size_t n = 0;
    for (size_t i = 0; i < record->objective_count; i++) {
        n += (int)record->objectives[i].state == state;
    }
    return n;
}

static void missed_line(const struct writer *w, const struct lg_objective_result *o)
{
    const char *observed = lg_plain_text(o->observed);
    char *text = lg_printf("%s: %s%s%s", lg_plain_text(o->target), lg_plain_text(o->text),
                           observed[0] ? "; observed " : "", observed);
    line(w, BAD, "  MISSED  ", text);
    free(text);
}

/* Those that were missed, one by one, and how many were not. */
static void objectives(const struct writer *w, const struct lg_record *record)
{
    size_t met = count_objectives(record, LG_OBJECTIVE_MET);
    size_t missed = count_objectives(record, LG_OBJECTIVE_MISSED);
    size_t open = count_objectives(record, LG_OBJECTIVE_NOT_JUDGED), shown = 0;
    if (record->objective_count == 0) {
        return;
    }
    lg_buf_adds(w->out, "\n");
    char *rest = lg_printf("%zu met, %zu missed%s", met, missed, open > 0 ? ", " : "");
    char *text = open > 0 ? lg_printf("%s%zu not judged", rest, open) : lg_strdup(rest);
    line(w, missed > 0 ? BAD : open > 0 ? DIM : GOOD, "Objectives: ", text);
    free(text);
    free(rest);
    for (size_t i = 0; i < record->objective_count; i++) {
        if (record->objectives[i].state == LG_OBJECTIVE_MISSED && shown++ < MISSED_SHOWN) {
            missed_line(w, &record->objectives[i]);
        }
    }
    if (missed > MISSED_SHOWN) {
        lg_buf_addf(w->out, "  and %zu more\n", missed - MISSED_SHOWN);
    }
}

static void deaths(const struct writer *w, const struct lg_record *record, struct lg_arena *arena)
{
    size_t count = 0;
    const char **lines = lg_sheet_deaths(arena, record, &count);
    for (size_t i = 0; i < count; i++) {
        line(w, BAD, "DIED: ", lines[i]);
    }
}

static void failures(const struct writer *w, const struct lg_record *record, struct lg_arena *arena)
{
    size_t count = 0;
    const char **lines = lg_sheet_failures(arena, record, FAILURES_SHOWN, &count);
    lg_buf_adds(w->out, count > 0 ? "\nFailures, most frequent first:\n" : "");
    for (size_t i = 0; i < count; i++) {
        line(w, PLAIN, "  ", lines[i]);
    }
}

static bool is_difference(const struct lg_comparison *row)
{
    return row->difference == LG_DIFFERENCE_BETTER || row->difference == LG_DIFFERENCE_WORSE;
}

/* "heard delivery p99: slower: 7.54 times [6.9, 8.2]" */
static void difference_line(const struct writer *w, const struct lg_comparison *row)
{
    char *text = lg_printf("%s: %s [%.3g, %.3g]", lg_plain_text(row->metric),
                           lg_plain_text(row->verdict), row->low, row->high);
    line(w, PLAIN, "  ", text);
    free(text);
}

static bool same_pair(const struct lg_comparison *x, const struct lg_comparison *y)
{
    return strcmp(lg_plain_text(x->a), lg_plain_text(y->a)) == 0 &&
           strcmp(lg_plain_text(x->b), lg_plain_text(y->b)) == 0;
}

/* Who is the slower one, before the first of its differences. */
static void pair_line(const struct writer *w, const struct lg_comparison *row)
{
    char *text = lg_printf("%s against %s, ratio with its 95 %% interval:", lg_plain_text(row->b),
                           lg_plain_text(row->a));
    line(w, PLAIN, "Comparison: ", text);
    free(text);
}

/* An interval needs trials that differ: with one of each target no difference can be shown. */
static bool is_single(const struct lg_record *record)
{
    bool single = record->target_count > 1;
    for (size_t t = 0; t < record->target_count; t++) {
        single = single && record->targets[t].trial_count <= 1;
    }
    return single;
}

/* Only what differs is told one by one: the page shows all. */
static void comparisons(const struct writer *w, const struct lg_record *record)
{
    size_t differ = 0;
    const struct lg_comparison *shown = NULL;
    for (size_t i = 0; i < record->comparison_count; i++) {
        differ += is_difference(&record->comparisons[i]);
    }
    if (record->comparison_count == 0) {
        return;
    }
    if (differ == 0 && is_single(record)) {
        lg_buf_adds(w->out, "Comparison: one trial each shows no difference either way; "
                            "--trials 5 would\n");
        return;
    }
    for (size_t i = 0; i < record->comparison_count; i++) {
        const struct lg_comparison *row = &record->comparisons[i];
        if (!is_difference(row)) {
            continue;
        }
        if (shown == NULL || !same_pair(shown, row)) {
            pair_line(w, row);
        }
        shown = row;
        difference_line(w, row);
    }
    if (record->comparison_count > differ) {
        lg_buf_addf(w->out, "%sno difference is shown in %zu of %zu metrics\n",
                    differ > 0 ? "  " : "Comparison: ", record->comparison_count - differ,
                    record->comparison_count);
    }
}

/* Most runs say of all claims alike why they are not judged: one line then. */
static bool alike(const struct lg_record *record)
{
    for (size_t i = 1; i < record->claim_count; i++) {
        const struct lg_claim_result *claim = &record->claims[i];
        if (strcmp(lg_plain_text(claim->verdict), lg_plain_text(record->claims[0].verdict)) != 0 ||
            strcmp(lg_plain_text(claim->text), lg_plain_text(record->claims[0].text)) != 0) {
            return false;
        }
    }
    return record->claim_count > 1;
}

static void claims(const struct writer *w, const struct lg_record *record, struct lg_arena *arena)
{
    if (record->claim_count == 0) {
        return;
    }
    const struct lg_claim_result *first = record->claims;
    if (alike(record)) {
        const char *text =
            lg_arena_printf(arena, "all %zu of %s %s: %s", record->claim_count,
                            lg_plain_text(record->claim != NULL ? record->claim : first->id),
                            lg_sheet_claim_verdict(arena, first), lg_plain_text(first->text));
        line(w, PLAIN, "Claims: ", text);
        return;
    }
    lg_buf_adds(w->out, "Claims, as loadgen explain claims has their rules:\n");
    for (size_t i = 0; i < record->claim_count; i++) {
        const struct lg_claim_result *claim = &record->claims[i];
        line(w, PLAIN, "  ",
             lg_arena_printf(arena, "%s: %s", lg_sheet_claim_verdict(arena, claim),
                             lg_sheet_claim(arena, claim)));
    }
    if (lg_sheet_claim_scope(record)[0] != '\0') {
        line(w, DIM, "  Scope: ", lg_sheet_claim_scope(record));
    }
}

static void notes(const struct writer *w, const struct lg_record *record, const char *folder)
{
    if (folder != NULL) {
        char *head = lg_printf(record->note_count > 0 ? "Report (with %zu note%s): " : "Report: ",
                               record->note_count, record->note_count == 1 ? "" : "s");
        char *text = lg_printf("%s/report.html", folder);
        line(w, PLAIN, head, text);
        free(text);
        free(head);
        return;
    }
    if (record->note_count > 0) {
        title(w, "Notes");
    }
    for (size_t i = 0; i < record->note_count; i++) {
        line(w, PLAIN, "  - ", record->notes[i]);
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
    deaths(&w, record, arena);
    table(&w);
    failures(&w, record, arena);
    objectives(&w, record);
    comparisons(&w, record);
    claims(&w, record, arena);
    notes(&w, record, options->folder);
    lg_arena_free(arena);
}
