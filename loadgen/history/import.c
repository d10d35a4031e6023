#include "base/buf.h"
#include "content/table.h"
#include "history/csv.h"
#include "history/database.h"
#include "scenario/problem.h"

#include <math.h>
#include <search.h>
#include <stdlib.h>

/* A name that was seen before, and where. */
struct seen {
    const char *key;
    size_t at;
};

struct night {
    struct lg_history_night told;
    struct lg_history_run *runs;
    struct lg_history_value *values;
};

struct import {
    struct lg_slice text;
    const char *name;
    struct lg_arena *arena;
    struct lg_table table;
    size_t column[LG_CSV_COLUMNS]; /* of the table; == its columns: not there */
    struct lg_problems problems;
    void *tree; /* of struct seen */
    struct night *nights;
    size_t night_count;
    struct lg_history_note *notes;
    size_t note_count;
    size_t row;
};

/* Where a cell stands; a cell with paired quotes is a copy, of which only the row is known. */
static struct lg_place place_of(const struct import *im, struct lg_slice cell)
{
    const char *end = im->text.p + im->text.n;
    bool inside = cell.p != NULL && cell.p >= im->text.p && cell.p <= end;
    for (size_t i = 0; !inside && i < im->table.columns && im->table.rows > 0; i++) {
        cell = lg_table_cell(&im->table, im->row, i);
        inside = cell.p != NULL && cell.p >= im->text.p && cell.p <= end;
    }
    struct lg_place place = {im->name, 1, 1};
    for (const char *p = im->text.p; inside && p < cell.p; p++) {
        place.column += ((unsigned char)*p & 0xc0) != 0x80;
        if (*p == '\n') {
            place.line++;
            place.column = 1;
        }
    }
    return place;
}

static struct lg_slice cell_of(const struct import *im, enum lg_csv_column column)
{
    size_t at = im->column[column];
    return at < im->table.columns ? lg_table_cell(&im->table, im->row, at) : lg_slice("", 0);
}

static void complain(struct import *im, enum lg_csv_column column, const char *what)
{
    if (im->problems.count < LG_PROBLEMS_MOST) {
        lg_problem_add(&im->problems, place_of(im, cell_of(im, column)), NULL, "%s: %s",
                       lg_csv_name(column), what);
    } else {
        im->problems.more++;
    }
}

/* A cell as text; control characters have no place in it. */
static const char *text_of(struct import *im, enum lg_csv_column column)
{
    struct lg_slice cell = cell_of(im, column);
    for (size_t i = 0; i < cell.n; i++) {
        unsigned char c = (unsigned char)cell.p[i];
        if (c < ' ' && c != '\n' && c != '\r' && c != '\t') {
            complain(im, column, "a control character");
            return "";
        }
    }
    return lg_arena_strndup(im->arena, cell.p != NULL ? cell.p : "", cell.n);
}

static bool is_empty(const struct import *im, enum lg_csv_column column)
{
    return cell_of(im, column).n == 0;
}

static double number_of(struct import *im, enum lg_csv_column column)
{
    const char *text = text_of(im, column);
    char *end;
    double value = strtod(text, &end);
    if (*text == '\0' || *end != '\0' || strpbrk(text, " \t\r\nxXnN") != NULL || !isfinite(value)) {
        complain(im, column, "not a number like 12.5 or 1e3");
        return 0;
    }
    return value;
}

/* One of two words; `empty` for an empty cell, or a complaint if that is negative. */
static bool choice_of(struct import *im, enum lg_csv_column column, const char *yes, const char *no,
                      int empty)
{
    struct lg_slice cell = cell_of(im, column);
    if (lg_slice_eq(cell, lg_str(yes)) || lg_slice_eq(cell, lg_str(no))) {
        return lg_slice_eq(cell, lg_str(yes));
    }
    if (cell.n > 0 || empty < 0) {
        complain(im, column, lg_arena_printf(im->arena, "neither %s nor %s", yes, no));
    }
    return empty > 0;
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct seen *)a)->key, ((const struct seen *)b)->key);
}

/* Where this key was first seen; `next` if that is now. */
static size_t place_for(struct import *im, const char *key, size_t next)
{
    struct seen *entry = lg_arena_alloc(im->arena, sizeof *entry);
    *entry = (struct seen){key, next};
    struct seen **found = tsearch(entry, &im->tree, by_key);
    LG_ASSERT(found != NULL);
    return (*found)->at;
}

/* A column of the night: said once, or the same each time. */
static void take_text(struct import *im, enum lg_csv_column column, const char **into)
{
    if (is_empty(im, column)) {
        return;
    }
    const char *text = text_of(im, column);
    if (**into != '\0' && strcmp(*into, text) != 0) {
        complain(im, column, "another value than in an earlier row about the same");
    }
    *into = text;
}

static void take_night_columns(struct import *im, struct lg_history_night *night)
{
    take_text(im, LG_CSV_STARTED_AT, &night->started_at);
    if (!lg_history_good_time(night->started_at)) {
        complain(im, LG_CSV_STARTED_AT, "not a time in UTC like 2026-11-26T02:15:00Z");
        night->started_at = "";
    }
    take_text(im, LG_CSV_COMMIT, &night->commit);
    take_text(im, LG_CSV_SUITE, &night->suite);
    take_text(im, LG_CSV_SUITE_DIGEST, &night->suite_digest);
    take_text(im, LG_CSV_ENVIRONMENT, &night->environment);
    take_text(im, LG_CSV_NIGHT_NOTE, &night->note);
    night->pruned = choice_of(im, LG_CSV_PRUNED, "yes", "no", 0) || night->pruned;
}

/* The night of this row; NULL: it has no good name. */
static struct night *take_night(struct import *im)
{
    const char *id = text_of(im, LG_CSV_NIGHT);
    if (!lg_history_good_id(id)) {
        complain(im, LG_CSV_NIGHT,
                 "a name of 1 to 100 letters, digits and . _ : - is needed in each row");
        return NULL;
    }
    size_t at = place_for(im, lg_arena_printf(im->arena, "n\x1f%s", id), im->night_count);
    if (at == im->night_count) {
        struct night *night = LG_ARENA_PUSH(im->arena, im->nights, im->night_count);
        night->told = (struct lg_history_night){.id = id,
                                                .started_at = "",
                                                .commit = "",
                                                .suite = "",
                                                .suite_digest = "",
                                                .environment = "",
                                                .note = ""};
    }
    struct night *night = &im->nights[at];
    take_night_columns(im, &night->told);
    return night;
}

static void take_run(struct import *im, struct night *night, bool own_row)
{
    const char *scenario = text_of(im, LG_CSV_SCENARIO);
    const char *key = lg_arena_printf(im->arena, "r\x1f%s\x1f%s", night->told.id, scenario);
    size_t at = place_for(im, key, night->told.run_count);
    if (at == night->told.run_count) {
        *LG_ARENA_PUSH(im->arena, night->runs, night->told.run_count) =
            (struct lg_history_run){scenario, "", "", ""};
    }
    take_text(im, LG_CSV_FOLDER, &night->runs[at].folder);
    take_text(im, LG_CSV_DIGEST, &night->runs[at].digest);
    if (own_row) {
        take_text(im, LG_CSV_MISSING, &night->runs[at].missing);
    }
}

static struct lg_history_value *value_for(struct import *im, struct night *night)
{
    struct lg_history_value v = {.scenario = text_of(im, LG_CSV_SCENARIO),
                                 .target = text_of(im, LG_CSV_TARGET),
                                 .metric = text_of(im, LG_CSV_METRIC),
                                 .unit = text_of(im, LG_CSV_UNIT)};
    const char *key = lg_arena_printf(im->arena, "v\x1f%s\x1f%s\x1f%s\x1f%s", night->told.id,
                                      v.scenario, v.target, v.metric);
    v.less_is_better = choice_of(im, LG_CSV_BETTER, "lower", "higher", -1);
    v.share = choice_of(im, LG_CSV_SHARE, "yes", "no", 0);
    size_t at = place_for(im, key, night->told.value_count);
    if (at == night->told.value_count) {
        *LG_ARENA_PUSH(im->arena, night->values, night->told.value_count) = v;
    }
    return &night->values[at];
}

/* A row about one figure: a trial's value, or the median alone, or why there is none. */
static void take_value(struct import *im, struct night *night)
{
    if (is_empty(im, LG_CSV_SCENARIO) || is_empty(im, LG_CSV_TARGET)) {
        complain(im, is_empty(im, LG_CSV_SCENARIO) ? LG_CSV_SCENARIO : LG_CSV_TARGET,
                 "needed beside a metric");
        return;
    }
    struct lg_history_value *v = value_for(im, night);
    bool value = !is_empty(im, LG_CSV_VALUE);
    bool median = !is_empty(im, LG_CSV_MEDIAN);
    bool missing = !is_empty(im, LG_CSV_MISSING);
    bool others = v->only_median || v->missing != NULL;
    if (value + median + missing != 1) {
        complain(im, LG_CSV_VALUE, "a row has a value, or a median, or says what is missing");
    } else if (others || (!value && v->trial_count > 0)) {
        complain(im,
                 value    ? LG_CSV_VALUE
                 : median ? LG_CSV_MEDIAN
                          : LG_CSV_MISSING,
                 "does not go with an earlier row about the same figure");
    } else if (value) {
        double *trials =
            lg_arena_push(im->arena, (void *)v->trials, v->trial_count, sizeof *trials);
        trials[v->trial_count++] = number_of(im, LG_CSV_VALUE);
        v->trials = trials;
    } else if (median) {
        v->only_median = true;
        v->median = number_of(im, LG_CSV_MEDIAN);
    } else {
        v->missing = text_of(im, LG_CSV_MISSING);
    }
}

static enum lg_nightly_verdict verdict_of(struct import *im)
{
    struct lg_slice cell = cell_of(im, LG_CSV_VERDICT);
    for (enum lg_nightly_verdict v = LG_NIGHTLY_UNCLEAR; v <= LG_NIGHTLY_PROVEN; v++) {
        if (lg_slice_eq(cell, lg_str(lg_nightly_verdict_name(v)))) {
            return v;
        }
    }
    complain(im, LG_CSV_VERDICT, "none of unclear, refuted, proven");
    return LG_NIGHTLY_UNCLEAR;
}

static void take_note(struct import *im, const struct night *night)
{
    bool rerun = choice_of(im, LG_CSV_KIND, "rerun", "acknowledged", -1);
    struct lg_history_note *note = LG_ARENA_PUSH(im->arena, im->notes, im->note_count);
    *note = (struct lg_history_note){.kind = rerun ? LG_HISTORY_RERUN : LG_HISTORY_ACKNOWLEDGED,
                                     .night = night->told.id,
                                     .scenario = text_of(im, LG_CSV_SCENARIO),
                                     .target = text_of(im, LG_CSV_TARGET),
                                     .metric = text_of(im, LG_CSV_METRIC),
                                     .good = text_of(im, LG_CSV_GOOD),
                                     .at = text_of(im, LG_CSV_AT),
                                     .text = text_of(im, LG_CSV_TEXT)};
    if (rerun) {
        note->verdict = verdict_of(im);
        note->ratio = number_of(im, LG_CSV_RATIO);
        note->low = number_of(im, LG_CSV_LOW);
        note->high = number_of(im, LG_CSV_HIGH);
        double pairs = number_of(im, LG_CSV_PAIRS);
        if (!(pairs >= 0 && pairs <= 1e6)) {
            complain(im, LG_CSV_PAIRS, "not a number of pairs");
            pairs = 0;
        }
        note->pairs = (size_t)pairs;
    }
}

static void take_row(struct import *im)
{
    struct night *night = take_night(im);
    if (night == NULL) {
        return;
    }
    if (!is_empty(im, LG_CSV_KIND)) {
        take_note(im, night);
        return;
    }
    bool metric = !is_empty(im, LG_CSV_METRIC);
    bool of_run = !is_empty(im, LG_CSV_FOLDER) || !is_empty(im, LG_CSV_DIGEST);
    if (!is_empty(im, LG_CSV_SCENARIO) && (!metric || of_run)) {
        take_run(im, night, !metric);
    }
    if (metric) {
        take_value(im, night);
    } else if (!is_empty(im, LG_CSV_VALUE) || !is_empty(im, LG_CSV_MEDIAN)) {
        complain(im, LG_CSV_METRIC, "needed beside a value");
    }
}

static void name_column(struct import *im, size_t at)
{
    struct lg_slice name = im->table.names[at];
    struct lg_guess guess = {.text = name};
    for (size_t i = 0; i < LG_CSV_COLUMNS; i++) {
        if (lg_slice_eq(name, lg_str(lg_csv_name((enum lg_csv_column)i)))) {
            if (im->column[i] < im->table.columns) {
                lg_problem_add(&im->problems, place_of(im, name), NULL,
                               "%s: a second column of "
                               "this name",
                               lg_csv_name((enum lg_csv_column)i));
            }
            im->column[i] = at;
            return;
        }
        lg_guess_offer(&guess, lg_str(lg_csv_name((enum lg_csv_column)i)));
    }
    lg_problem_add(&im->problems, place_of(im, name), lg_guess_hint(&guess, im->arena),
                   "no column of a history is called %.*s", (int)(name.n < 60 ? name.n : 60),
                   name.p);
}

static void name_columns(struct import *im)
{
    for (size_t i = 0; i < LG_CSV_COLUMNS; i++) {
        im->column[i] = im->table.columns;
    }
    for (size_t i = 0; i < im->table.columns; i++) {
        name_column(im, i);
    }
    if (im->column[LG_CSV_NIGHT] == im->table.columns) {
        lg_problem_add(&im->problems, (struct lg_place){im->name, 1, 1}, NULL,
                       "the column night is missing");
    }
}

static void read_table(struct import *im)
{
    size_t line = 1;
    size_t column = 1;
    const char *why = lg_table_read(im->text, im->arena, &im->table, &line, &column);
    if (why != NULL) {
        struct lg_place place = {im->name, (unsigned)line, (unsigned)column};
        lg_problem_add(&im->problems, place, NULL, "%s", why);
        return;
    }
    name_columns(im);
    bool named = im->column[LG_CSV_NIGHT] < im->table.columns;
    for (im->row = 0; named && im->row < im->table.rows; im->row++) {
        take_row(im);
    }
}

static bool append_all(struct lg_history *h, struct import *im, size_t *added, size_t *there,
                       const char **why)
{
    bool ok = true;
    for (size_t i = 0; ok && i < im->night_count; i++) {
        struct night *night = &im->nights[i];
        night->told.runs = night->runs;
        night->told.values = night->values;
        bool was_there = false;
        ok = lg_history_add_night(h, &night->told, &was_there, why);
        *added += ok && !was_there;
        *there += ok && was_there;
    }
    for (size_t i = 0; ok && i < im->note_count; i++) {
        ok = lg_history_put_note(h, &im->notes[i], false, why);
    }
    return ok;
}

static void free_nothing(void *entry)
{
    (void)entry; /* of the arena */
}

bool lg_history_import(struct lg_history *h, struct lg_slice csv, const char *name, size_t *added,
                       size_t *there, const char **why)
{
    struct import im = {.text = csv, .name = name, .arena = lg_arena_new()};
    size_t counts[2] = {0, 0};
    lg_problems_init(&im.problems);
    read_table(&im);
    bool ok = im.problems.count == 0;
    if (!ok) {
        struct lg_buf told = {0};
        lg_problems_sort(&im.problems);
        lg_problems_write(&im.problems, &told);
        *why = lg_arena_strndup(h->arena, told.p, told.n);
        lg_buf_free(&told);
    } else {
        ok = lg_db_begin(h, why);
        ok = ok && lg_db_end(h, append_all(h, &im, &counts[0], &counts[1], why), why);
    }
    tdestroy(im.tree, free_nothing);
    lg_problems_fini(&im.problems);
    lg_arena_free(im.arena);
    if (added != NULL) {
        *added = ok ? counts[0] : 0;
    }
    if (there != NULL) {
        *there = ok ? counts[1] : 0;
    }
    return ok;
}
