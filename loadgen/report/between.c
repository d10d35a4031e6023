#include "report/between.h"

#include "report/between_text.h"
#include "report/markdown.h"
#include "report/plain.h"
#include "report/sheet.h"
#include "report/text.h"

#include <math.h>
#include <stdlib.h>

enum { WIDTH = LG_REPORT_TEXT_WIDTH, NAMED = 3, METRIC = 26, VALUE = 10 };

/* ---- sentences ---- */

static bool several_pairs(const struct lg_between *between)
{
    return between->pair_count > 1;
}

/* The metrics of one verdict, the first few by name. */
static void list_metrics(const struct lg_between *between, enum lg_difference wanted,
                         struct lg_buf *out)
{
    size_t found = 0;
    for (size_t i = 0; i < between->pair_count; i++) {
        const struct lg_between_pair *pair = &between->pairs[i];
        for (size_t k = 0; k < pair->row_count; k++) {
            if (pair->rows[k].difference == wanted && found++ < NAMED) {
                lg_buf_addf(out, "%s%s%s%s", found > 1 ? ", " : "",
                            several_pairs(between) ? lg_plain_text(pair->a) : "",
                            several_pairs(between) ? " " : "", pair->rows[k].metric);
            }
        }
    }
    if (found > NAMED) {
        lg_buf_addf(out, " and %zu more", found - NAMED);
    }
}

static size_t count_rows(const struct lg_between *between, enum lg_difference wanted)
{
    size_t n = 0;
    for (size_t i = 0; i < between->pair_count; i++) {
        for (size_t k = 0; k < between->pairs[i].row_count; k++) {
            n += between->pairs[i].rows[k].difference == wanted;
        }
    }
    return n;
}

static void add_headline(const struct lg_between *between, struct lg_buf *out)
{
    size_t within = count_rows(between, LG_DIFFERENCE_WITHIN);
    if (between->worse > 0) {
        lg_buf_addf(out, "%s is worse than A: ", between->letter);
        list_metrics(between, LG_DIFFERENCE_WORSE, out);
    }
    if (between->better > 0) {
        lg_buf_adds(out, between->worse > 0 ? "; better: " : between->letter);
        lg_buf_adds(out, between->worse > 0 ? "" : " is better than A: ");
        list_metrics(between, LG_DIFFERENCE_BETTER, out);
    }
    if (between->worse + between->better > 0) {
        return;
    }
    if (between->unclear > 0) {
        lg_buf_addf(out, "No difference is shown; %zu figure%s would need more trials",
                    between->unclear, between->unclear == 1 ? "" : "s");
    } else if (within > 0) {
        lg_buf_addf(out, "%s is the same as A within the margin", between->letter);
    } else {
        lg_buf_adds(out, "No verdict: nothing could be judged");
    }
}

const char *lg_between_side(struct lg_arena *arena, const struct lg_record *record,
                            const char *file)
{
    size_t trials = 0;
    for (size_t i = 0; i < record->target_count; i++) {
        size_t n = record->targets[i].trial_count;
        trials = n > trials ? n : trials;
    }
    return lg_arena_printf(arena, "%s: %s, %s, %zu trial%s each", lg_plain_text(file),
                           lg_plain_text(record->name), lg_plain_text(record->started_at), trials,
                           trials == 1 ? "" : "s");
}

static const char *row_text(struct lg_arena *arena, const struct lg_comparison *row)
{
    const char *sentence = lg_sheet_comparison(arena, row, row->trials);
    return row->a12 >= 0 && row->trials > 1
               ? lg_arena_printf(arena, "%s; A12 %.2f", sentence, row->a12)
               : sentence;
}

const char *lg_between_unlike(struct lg_arena *arena, const struct lg_between *between,
                              const struct lg_unlike *u)
{
    return lg_arena_printf(arena, "%s: A has %s, %s has %s", u->what, u->a[0] ? u->a : "nothing",
                           between->letter, u->b[0] ? u->b : "nothing");
}

const char *lg_between_pair_title(struct lg_arena *arena, const struct lg_between *between,
                                  const struct lg_between_pair *pair)
{
    const char *a = lg_plain_text(pair->a), *b = lg_plain_text(pair->b);
    return strcmp(a, b) == 0
               ? lg_arena_printf(arena, "Comparison: %s", a)
               : lg_arena_printf(arena, "Comparison: %s (A), %s (%s)", a, b, between->letter);
}

const char **lg_between_reasons(struct lg_arena *arena, const struct lg_between *between)
{
    const struct lg_record *runs[] = {between->a, between->b};
    const char *const letters[] = {"A", between->letter};
    const char **list = NULL;
    size_t count = 0;
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; !runs[i]->valid && k < runs[i]->invalid_count; k++) {
            *LG_ARENA_PUSH(arena, list, count) = lg_arena_printf(
                arena, "run %s: %s", letters[i], lg_plain_text(runs[i]->invalid_reasons[k]));
        }
        if (!runs[i]->valid && runs[i]->invalid_count == 0) {
            *LG_ARENA_PUSH(arena, list, count) =
                lg_arena_printf(arena, "run %s: do not use its figures", letters[i]);
        }
        if (runs[i]->interrupted) {
            *LG_ARENA_PUSH(arena, list, count) =
                lg_arena_printf(arena, "run %s was interrupted", letters[i]);
        }
    }
    *LG_ARENA_PUSH(arena, list, count) = NULL;
    return list;
}

const char *lg_between_headline(struct lg_arena *arena, const struct lg_between *between)
{
    struct lg_buf text = {0};
    add_headline(between, &text);
    const char *headline = lg_arena_strndup(arena, text.p, text.n);
    lg_buf_free(&text);
    return headline;
}

/* ---- text ---- */

struct writer {
    struct lg_buf *out;
    bool colour;
};

static void line(const struct writer *w, const char *ink, const char *head, const char *text)
{
    bool coloured = w->colour && ink[0] != '\0';
    lg_buf_adds(w->out, coloured ? ink : "");
    lg_buf_adds(w->out, head);
    lg_buf_adds(w->out, coloured ? "\033[0m" : "");
    lg_plain_wrap(w->out, lg_plain_text(text), strlen(head), WIDTH);
}

static const char *ink_of(enum lg_difference difference)
{
    return difference == LG_DIFFERENCE_WORSE    ? "\033[1;31m"
           : difference == LG_DIFFERENCE_BETTER ? "\033[32m"
                                                : "";
}

static void columns(const struct writer *w, const char *metric, const char *a, const char *b,
                    const char *ratio, const char *interval)
{
    lg_plain_left(w->out, metric, METRIC);
    lg_plain_right(w->out, a, VALUE);
    lg_plain_right(w->out, b, VALUE);
    if (ratio[0] != '\0') {
        lg_plain_right(w->out, ratio, VALUE);
    }
    if (interval[0] != '\0') {
        lg_buf_adds(w->out, "  ");
        lg_plain_add(w->out, interval, VALUE + VALUE);
    }
    lg_buf_adds(w->out, "\n");
}

/* The figures in their columns, and below them what they mean. */
static void write_row(const struct writer *w, const struct lg_comparison *row,
                      struct lg_arena *arena)
{
    const char *unit = lg_plain_text(row->unit), *ratio = "", *interval = "";
    const char *mark = row->difference == LG_DIFFERENCE_WORSE    ? "- "
                       : row->difference == LG_DIFFERENCE_BETTER ? "+ "
                                                                 : "  ";
    if (isfinite(row->ratio) && row->ratio > 0 && strcmp(unit, "share") != 0) {
        ratio = lg_sheet_ratio(arena, row->ratio);
        interval = row->high > 0
                       ? lg_arena_printf(arena, "%s to %s", lg_sheet_ratio(arena, row->low),
                                         lg_sheet_ratio(arena, row->high))
                       : "";
    }
    lg_buf_adds(w->out, mark);
    columns(w, lg_plain_text(row->metric), lg_sheet_in_unit(arena, unit, row->value_a),
            lg_sheet_in_unit(arena, unit, row->value_b), ratio, interval);
    const char *ink = w->colour ? ink_of(row->difference) : "";
    lg_buf_addf(w->out, "%s    ", ink);
    lg_plain_wrap(w->out, lg_plain_text(row->verdict), 4, WIDTH);
    lg_buf_adds(w->out, ink[0] != '\0' ? "\033[0m" : "");
}

static void write_pairs(const struct writer *w, const struct lg_between *between,
                        struct lg_arena *arena)
{
    for (size_t i = 0; i < between->pair_count; i++) {
        const struct lg_between_pair *pair = &between->pairs[i];
        lg_buf_adds(w->out, "\n");
        line(w, "", "", lg_between_pair_title(arena, between, pair));
        lg_buf_adds(w->out, "  ");
        columns(w, "", "A", between->letter, lg_arena_printf(arena, "%s / A", between->letter),
                "95 % interval");
        for (size_t k = 0; k < pair->row_count; k++) {
            write_row(w, &pair->rows[k], arena);
        }
    }
}

void lg_report_between_text(const struct lg_report_between *report, struct lg_buf *out)
{
    const struct lg_between *between = report->between;
    struct lg_arena *arena = lg_arena_new();
    struct writer w = {out, report->colour};
    line(&w, "\033[1m", "", lg_between_headline(arena, between));
    for (const char **why = lg_between_reasons(arena, between); *why != NULL; why++) {
        line(&w, "\033[1;31m", "INVALID: ", *why);
    }
    for (size_t i = 0; i < between->unlike_count; i++) {
        line(&w, "\033[1;31m", report->forced ? "UNLIKE (--force): " : "UNLIKE: ",
             lg_between_unlike(arena, between, &between->unlike[i]));
    }
    lg_buf_adds(out, "\n");
    line(&w, "", "A  ", lg_between_side(arena, between->a, report->file_a));
    line(&w, "", lg_arena_printf(arena, "%s  ", between->letter),
         lg_between_side(arena, between->b, report->file_b));
    write_pairs(&w, between, arena);
    lg_buf_adds(out, "\nNotes\n");
    for (size_t i = 0; i < between->note_count; i++) {
        line(&w, "", "  - ", between->notes[i]);
    }
    lg_arena_free(arena);
}

void lg_report_unlike(const struct lg_between *between, struct lg_buf *out)
{
    struct lg_arena *arena = lg_arena_new();
    struct writer w = {.out = out};
    for (size_t i = 0; i < between->unlike_count; i++) {
        line(&w, "", "  ", lg_between_unlike(arena, between, &between->unlike[i]));
    }
    lg_arena_free(arena);
}

/* ---- Markdown ---- */

static void item(struct lg_buf *out, const char *head, const char *text)
{
    lg_buf_adds(out, head);
    lg_report_markdown_text(out, text);
    lg_buf_adds(out, "\n");
}

void lg_report_between_markdown(const struct lg_report_between *report, struct lg_buf *out)
{
    const struct lg_between *between = report->between;
    struct lg_arena *arena = lg_arena_new();
    item(out, "### ", lg_between_headline(arena, between));
    lg_buf_adds(out, "\n");
    for (const char **why = lg_between_reasons(arena, between); *why != NULL; why++) {
        item(out, "- **INVALID** ", *why);
    }
    for (size_t i = 0; i < between->unlike_count; i++) {
        item(out, "- **UNLIKE** ", lg_between_unlike(arena, between, &between->unlike[i]));
    }
    item(out, "- A: ", lg_between_side(arena, between->a, report->file_a));
    item(out, lg_arena_printf(arena, "- %s: ", between->letter),
         lg_between_side(arena, between->b, report->file_b));
    for (size_t i = 0; i < between->pair_count; i++) {
        lg_buf_adds(out, "\n");
        item(out, "#### ", lg_between_pair_title(arena, between, &between->pairs[i]));
        lg_buf_adds(out, "\n");
        for (size_t k = 0; k < between->pairs[i].row_count; k++) {
            item(out, "- ", row_text(arena, &between->pairs[i].rows[k]));
        }
    }
    lg_buf_adds(out, "\n");
    for (size_t i = 0; i < between->note_count; i++) {
        item(out, "- ", between->notes[i]);
    }
    lg_arena_free(arena);
}
