#include "report/sheet_build.h"

#include "base/units.h"
#include "report/plain.h"

#include <math.h>

const char lg_sheet_few_legend[] = "~ fewer than ten samples lie above it: an indication only";
const char lg_sheet_pooled_legend[] =
    "Headline, objectives and comparison take all trials together.";

const char *lg_sheet_show(struct lg_arena *arena, enum lg_sheet_unit unit, double value)
{
    char text[LG_UNIT_TEXT];
    switch (unit) {
    case LG_SHEET_NS:
        return lg_arena_strdup(arena, lg_show_time(text, value));
    case LG_SHEET_PER_S:
        return lg_arena_strdup(arena, lg_show_rate(text, value));
    case LG_SHEET_BYTES:
        return lg_arena_strdup(arena, lg_show_bytes(text, value));
    case LG_SHEET_SHARE:
        return lg_arena_strdup(arena, lg_show_share(text, value));
    case LG_SHEET_CORES:
        return lg_arena_printf(arena, value < 0.0995 ? "%.3f" : "%.2f", value);
    case LG_SHEET_COUNT:
        break;
    }
    return lg_arena_strdup(arena, lg_show_count(text, value));
}

static const char *show(struct lg_arena *arena, const struct lg_sheet_row_spec *spec,
                        struct lg_figure figure)
{
    if (figure.kind == LG_FIGURE_NONE) {
        return "-";
    }
    if (figure.kind == LG_FIGURE_NUMBER) {
        return lg_sheet_show(arena, spec->unit, figure.value);
    }
    if (figure.value > 0) {
        return lg_arena_printf(arena, "> %s", lg_sheet_show(arena, spec->unit, figure.value));
    }
    return spec->beyond ? spec->beyond : "failed";
}

/* "1.24" of "1.24 ms" beside "1.26 ms". */
static const char *without_shared_unit(struct lg_arena *arena, const char *low, const char *high)
{
    const char *unit = strrchr(low, ' '), *other = strrchr(high, ' ');
    bool shared = unit != NULL && other != NULL && strcmp(unit, other) == 0;
    return shared ? lg_arena_strndup(arena, low, (size_t)(unit - low)) : low;
}

static void fill_spread(struct lg_sheet_builder *b, struct lg_sheet_cell *cell,
                        const struct lg_sheet_row_spec *spec, struct lg_spread spread)
{
    cell->text = show(b->arena, spec, spread.median);
    cell->few = spread.median.few && spread.median.kind == LG_FIGURE_NUMBER;
    cell->bad = spread.median.kind == LG_FIGURE_BEYOND;
    if (spread.median.kind == LG_FIGURE_NUMBER) {
        cell->value = spread.median.value;
    }
    const char *low = show(b->arena, spec, spread.low);
    const char *high = show(b->arena, spec, spread.high);
    if (strcmp(low, high) != 0) {
        cell->low = without_shared_unit(b->arena, low, high);
        cell->high = high;
    }
    b->sheet->few = b->sheet->few || cell->few;
}

static void fill_total(struct lg_sheet_builder *b, struct lg_sheet_cell *cell,
                       const struct lg_sheet_row_spec *spec, const struct lg_figure *figures,
                       size_t count)
{
    double sum = 0;
    size_t known = 0;
    for (size_t i = 0; i < count; i++) {
        sum += figures[i].kind == LG_FIGURE_NUMBER ? figures[i].value : 0;
        known += figures[i].kind == LG_FIGURE_NUMBER;
    }
    if (known > 0) {
        cell->text = lg_sheet_show(b->arena, spec->unit, sum);
        cell->value = sum;
        cell->bad = spec->bad && sum > 0;
    }
}

/* Returns whether the target has the figure at all. */
static bool fill(struct lg_sheet_builder *b, struct lg_sheet_cell *cell,
                 const struct lg_sheet_row_spec *spec, const struct lg_target_result *target)
{
    struct lg_figure *figures =
        lg_arena_alloc(b->arena, (target->trial_count + 1) * sizeof *figures);
    for (size_t i = 0; i < target->trial_count; i++) {
        figures[i] = spec->metric(&target->trials[i], spec->name, spec->q);
    }
    *cell = (struct lg_sheet_cell){.text = "-", .low = "", .high = "", .value = NAN};
    if (spec->total) {
        fill_total(b, cell, spec, figures, target->trial_count);
    } else {
        fill_spread(b, cell, spec, lg_figure_spread(figures, target->trial_count));
    }
    return strcmp(cell->text, "-") != 0;
}

const struct lg_step_result *lg_sheet_step(const struct lg_trial_result *trial, const char *name)
{
    for (size_t i = 0; i < trial->step_count; i++) {
        if (strcmp(lg_plain_text(trial->steps[i].name), lg_plain_text(name)) == 0) {
            return &trial->steps[i];
        }
    }
    return NULL;
}

const struct lg_users_result *lg_sheet_users(const struct lg_trial_result *trial, const char *name)
{
    for (size_t i = 0; i < trial->users_count; i++) {
        if (strcmp(lg_plain_text(trial->users[i].name), lg_plain_text(name)) == 0) {
            return &trial->users[i];
        }
    }
    return NULL;
}

void lg_sheet_group(struct lg_sheet_builder *b, const char *title, const char *note)
{
    b->group = LG_ARENA_PUSH(b->arena, b->sheet->groups, b->sheet->group_count);
    b->group->title = b->group->brief = title;
    b->brief = false;
    b->group->note = note;
}

bool lg_sheet_row(struct lg_sheet_builder *b, const struct lg_sheet_row_spec *spec)
{
    size_t count = b->record->target_count;
    struct lg_sheet_cell *cells = lg_arena_alloc(b->arena, (count + 1) * sizeof *cells);
    bool known = false, bad = false;
    for (size_t i = 0; i < count; i++) {
        known = fill(b, &cells[i], spec, &b->record->targets[i]) || known;
        bad = bad || (spec->total && cells[i].bad);
    }
    if (!known) {
        return false;
    }
    struct lg_sheet_row *row = LG_ARENA_PUSH(b->arena, b->group->rows, b->group->row_count);
    *row = (struct lg_sheet_row){
        .label = spec->label, .unit = spec->unit, .cells = cells, .brief = b->brief || bad};
    return true;
}

/* The row stays even when it is empty: a percentile that cannot be given is shown as such. */
static void row_always(struct lg_sheet_builder *b, const struct lg_sheet_row_spec *spec)
{
    if (lg_sheet_row(b, spec)) {
        return;
    }
    struct lg_sheet_row *row = LG_ARENA_PUSH(b->arena, b->group->rows, b->group->row_count);
    size_t count = b->record->target_count;
    *row = (struct lg_sheet_row){.label = spec->label, .unit = spec->unit, .brief = b->brief};
    row->cells = lg_arena_alloc(b->arena, (count + 1) * sizeof *row->cells);
    for (size_t i = 0; i < count; i++) {
        row->cells[i] = (struct lg_sheet_cell){.text = "-", .low = "", .high = "", .value = NAN};
    }
}

void lg_sheet_group_end(struct lg_sheet_builder *b)
{
    if (b->group->row_count == 0) {
        b->sheet->group_count--;
    }
    b->group = NULL;
}

const char *lg_sheet_ratio(struct lg_arena *arena, double ratio)
{
    int decimals = ratio < 9.995 ? 2 : ratio < 99.95 ? 1 : 0;
    return ratio < 0.0995 ? lg_arena_printf(arena, "%.3g", ratio)
                          : lg_arena_printf(arena, "%.*f", decimals, ratio);
}

const char *lg_sheet_in_unit(struct lg_arena *arena, const char *unit, double value)
{
    if (isinf(value)) {
        return "failed"; /* or lost: the verdict says which */
    }
    if (strcmp(unit, "ns") == 0 || strcmp(unit, "us") == 0) {
        return lg_sheet_show(arena, LG_SHEET_NS, unit[0] == 'u' ? value * 1e3 : value);
    }
    enum lg_sheet_unit known = strcmp(unit, "per_s") == 0   ? LG_SHEET_PER_S
                               : strcmp(unit, "bytes") == 0 ? LG_SHEET_BYTES
                               : strcmp(unit, "share") == 0 ? LG_SHEET_SHARE
                                                            : LG_SHEET_COUNT;
    return lg_sheet_show(arena, known, value);
}

static const char *side(struct lg_arena *arena, const char *name, const char *unit, double value)
{
    return lg_arena_printf(arena, "%s %s", lg_plain_text(name),
                           lg_sheet_in_unit(arena, unit, value));
}

static const char *ratio(struct lg_arena *arena, const struct lg_comparison *c, size_t trials)
{
    if (!isfinite(c->ratio) || c->ratio <= 0) {
        return "no ratio";
    }
    const char *value = lg_sheet_ratio(arena, c->ratio);
    return c->high > 0
               ? lg_arena_printf(arena, "ratio %s (95 %% interval %s to %s)", value,
                                 lg_sheet_ratio(arena, c->low), lg_sheet_ratio(arena, c->high))
               : lg_arena_printf(arena, "ratio %s%s", value, trials > 1 ? " (no interval)" : "");
}

const char *lg_sheet_comparison(struct lg_arena *arena, const struct lg_comparison *c,
                                size_t trials)
{
    const char *unit = lg_plain_text(c->unit);
    bool share = strcmp(unit, "share") == 0; /* it may be 0: no ratio is owed */
    return lg_arena_printf(arena, "%s: %s. %s, %s%s%s", lg_plain_text(c->metric),
                           lg_plain_text(c->verdict), side(arena, c->a, unit, c->value_a),
                           side(arena, c->b, unit, c->value_b), share ? "" : "; ",
                           share ? "" : ratio(arena, c, trials));
}

const char *lg_sheet_claim(struct lg_arena *arena, const struct lg_claim_result *claim)
{
    return lg_arena_printf(arena, "\"%s\" (claim %u): %s", lg_plain_text(claim->made),
                           claim->number, lg_plain_text(claim->text));
}

const char *lg_sheet_claim_scope(const struct lg_record *record)
{
    for (size_t i = 0; i < record->claim_count; i++) {
        const char *scope = lg_plain_text(record->claims[i].scope);
        if (scope[0] != '\0') {
            return scope;
        }
    }
    return "";
}

const char *lg_sheet_claim_verdict(struct lg_arena *arena, const struct lg_claim_result *claim)
{
    const char *name = lg_plain_text(claim->verdict);
    char *words = lg_arena_strndup(arena, name, strlen(name));
    for (char *c = words; *c != '\0'; c++) {
        *c = *c == '_' ? ' ' : *c;
    }
    return words;
}

const char **lg_sheet_deaths(struct lg_arena *arena, const struct lg_record *record, size_t *count)
{
    const char **lines = NULL;
    *count = 0;
    for (size_t t = 0; t < record->target_count; t++) {
        const struct lg_target_result *target = &record->targets[t];
        for (size_t i = 0; i < target->trial_count; i++) {
            const char *ended = lg_plain_text(target->trials[i].server.ended);
            if (ended[0] != '\0') {
                *LG_ARENA_PUSH(arena, lines, *count) =
                    lg_arena_printf(arena, "%s, trial %u: %s", lg_plain_text(target->name),
                                    target->trials[i].number, ended);
            }
        }
    }
    return lines;
}

/* ---- rows that several groups have ---- */

static const struct percentile {
    const char *label;
    double q;
    bool brief;
} percentiles[] = {
    {"p50", 0.5, true}, {"p90", 0.9, false}, {"p99", 0.99, true}, {"p99.9", 0.999, true}};

void lg_sheet_typical(struct lg_sheet_builder *b, const char *label, enum lg_sheet_unit unit,
                      lg_sheet_metric *metric, const char *name, double q)
{
    lg_sheet_row(b, &(struct lg_sheet_row_spec){
                        .label = label, .unit = unit, .metric = metric, .name = name, .q = q});
}

void lg_sheet_total(struct lg_sheet_builder *b, const char *label, lg_sheet_metric *metric,
                    const char *name, double q, bool bad)
{
    lg_sheet_row(b, &(struct lg_sheet_row_spec){.label = label,
                                                .unit = LG_SHEET_COUNT,
                                                .metric = metric,
                                                .name = name,
                                                .q = q,
                                                .total = true,
                                                .bad = bad});
}

void lg_sheet_percentiles(struct lg_sheet_builder *b, const char *name, lg_sheet_metric *at,
                          lg_sheet_metric *max, const char *beyond)
{
    bool brief = b->brief;
    for (size_t i = 0; i < sizeof percentiles / sizeof percentiles[0]; i++) {
        b->brief = brief && percentiles[i].brief;
        row_always(b, &(struct lg_sheet_row_spec){.label = percentiles[i].label,
                                                  .unit = LG_SHEET_NS,
                                                  .metric = at,
                                                  .name = name,
                                                  .q = percentiles[i].q,
                                                  .beyond = beyond});
    }
    b->brief = false;
    row_always(
        b, &(struct lg_sheet_row_spec){
               .label = "max", .unit = LG_SHEET_NS, .metric = max, .name = name, .beyond = beyond});
}

const char *lg_sheet_prefixed(struct lg_sheet_builder *b, bool wanted, const char *prefix,
                              const char *label)
{
    return wanted ? lg_arena_printf(b->arena, "%s %s", lg_plain_text(prefix), label) : label;
}
