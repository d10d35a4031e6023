#include "history/database.h"

#include <math.h>
#include <stdlib.h>

struct reader {
    struct lg_history *h;
    struct lg_arena *arena;
    struct lg_history_data *out;
    const char **why;
    int64_t *n;   /* of each night */
    int64_t *s;   /* of each series */
    size_t *by_s; /* series in order of s: its places in `s` */
    struct lg_nightly_value **values;
    struct lg_nightly_series *series;
};

/* Calls `row` for each row of a query. */
static bool each(struct reader *r, sqlite3_stmt *query,
                 void (*row)(struct reader *r, sqlite3_stmt *query))
{
    *r->why = NULL;
    while (lg_db_row(r->h, query, r->why)) {
        row(r, query);
    }
    return *r->why == NULL;
}

static void night_row(struct reader *r, sqlite3_stmt *q)
{
    size_t i = r->out->night_count;
    r->n = lg_arena_push(r->arena, r->n, i, sizeof *r->n);
    r->n[i] = sqlite3_column_int64(q, 0);
    struct lg_history_night *night = LG_ARENA_PUSH(r->arena, r->out->nights, r->out->night_count);
    night->id = lg_db_text(q, 1, r->arena);
    night->started_at = lg_db_text(q, 2, r->arena);
    night->commit = lg_db_text(q, 3, r->arena);
    night->suite = lg_db_text(q, 4, r->arena);
    night->suite_digest = lg_db_text(q, 5, r->arena);
    night->environment = lg_db_text(q, 6, r->arena);
    night->note = lg_db_text(q, 7, r->arena);
    night->pruned = sqlite3_column_int(q, 8) != 0;
}

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The night of this row's first column; there is one, as the same view is read. */
static size_t night_of(const struct reader *r, sqlite3_stmt *q)
{
    int64_t n = sqlite3_column_int64(q, 0);
    const int64_t *at = bsearch(&n, r->n, r->out->night_count, sizeof n, by_number);
    return at != NULL ? (size_t)(at - r->n) : r->out->night_count;
}

static void run_row(struct reader *r, sqlite3_stmt *q)
{
    size_t i = night_of(r, q);
    if (i == r->out->night_count) {
        return;
    }
    struct lg_history_night *night = &r->out->nights[i];
    struct lg_history_run *runs = (struct lg_history_run *)night->runs;
    struct lg_history_run *run = LG_ARENA_PUSH(r->arena, runs, night->run_count);
    night->runs = runs;
    run->scenario = lg_db_text(q, 1, r->arena);
    run->folder = lg_db_text(q, 2, r->arena);
    run->digest = lg_db_text(q, 3, r->arena);
    run->missing = lg_db_text(q, 4, r->arena);
}

static void series_row(struct reader *r, sqlite3_stmt *q)
{
    size_t i = r->out->in.series_count;
    r->s = lg_arena_push(r->arena, r->s, i, sizeof *r->s);
    r->values = lg_arena_push(r->arena, r->values, i, sizeof *r->values);
    r->s[i] = sqlite3_column_int64(q, 0);
    r->values[i] = lg_arena_alloc(r->arena, (r->out->night_count + 1) * sizeof **r->values);
    struct lg_nightly_series *series = LG_ARENA_PUSH(r->arena, r->series, r->out->in.series_count);
    *series = (struct lg_nightly_series){.scenario = lg_db_text(q, 1, r->arena),
                                         .target = lg_db_text(q, 2, r->arena),
                                         .metric = lg_db_text(q, 3, r->arena),
                                         .unit = lg_db_text(q, 4, r->arena),
                                         .less_is_better = sqlite3_column_int(q, 5) != 0,
                                         .share = sqlite3_column_int(q, 6) != 0,
                                         .nights = r->values[i]};
}

static int by_s(const void *a, const void *b, void *all)
{
    const int64_t *s = all;
    return by_number(&s[*(const size_t *)a], &s[*(const size_t *)b]);
}

static void index_series(struct reader *r)
{
    size_t count = r->out->in.series_count;
    r->by_s = lg_arena_alloc(r->arena, (count + 1) * sizeof *r->by_s);
    for (size_t i = 0; i < count; i++) {
        r->by_s[i] = i;
    }
    if (count > 0) {
        qsort_r(r->by_s, count, sizeof *r->by_s, by_s, r->s);
    }
}

/* The series that the column names; the series count: none. */
static size_t series_of(const struct reader *r, sqlite3_stmt *q, int column)
{
    int64_t s = sqlite3_column_int64(q, column);
    size_t count = r->out->in.series_count;
    size_t low = 0;
    for (size_t high = count; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (r->s[r->by_s[middle]] < s) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < count && r->s[r->by_s[low]] == s ? r->by_s[low] : count;
}

static void figure_row(struct reader *r, sqlite3_stmt *q)
{
    size_t night = night_of(r, q);
    size_t series = series_of(r, q, 1);
    if (night == r->out->night_count || series == r->out->in.series_count) {
        return;
    }
    struct lg_nightly_value *value = &r->values[series][night];
    value->known = sqlite3_column_type(q, 2) == SQLITE_FLOAT;
    value->value = value->known ? sqlite3_column_double(q, 2) : 0;
    r->out->missing[series * r->out->night_count + night] = lg_db_text(q, 3, r->arena);
}

static void trial_row(struct reader *r, sqlite3_stmt *q)
{
    size_t night = night_of(r, q);
    size_t series = series_of(r, q, 1);
    if (night == r->out->night_count || series == r->out->in.series_count) {
        return;
    }
    struct lg_nightly_value *value = &r->values[series][night];
    double *trials =
        lg_arena_push(r->arena, (void *)value->trials, value->trial_count, sizeof *trials);
    trials[value->trial_count++] = sqlite3_column_double(q, 2);
    value->trials = trials;
}

static void note_row(struct reader *r, sqlite3_stmt *q)
{
    size_t night = night_of(r, q);
    size_t series = series_of(r, q, 1);
    if (night == r->out->night_count || series == r->out->in.series_count) {
        return;
    }
    const struct lg_nightly_series *about = &r->series[series];
    struct lg_history_note *note = LG_ARENA_PUSH(r->arena, r->out->notes, r->out->note_count);
    int verdict = sqlite3_column_int(q, 4);
    bool known = verdict >= LG_NIGHTLY_UNCLEAR && verdict <= LG_NIGHTLY_PROVEN;
    bool rerun = sqlite3_column_int(q, 2) == LG_HISTORY_RERUN;
    *note = (struct lg_history_note){.kind = rerun ? LG_HISTORY_RERUN : LG_HISTORY_ACKNOWLEDGED,
                                     .night = r->out->nights[night].id,
                                     .scenario = about->scenario,
                                     .target = about->target,
                                     .metric = about->metric,
                                     .good = lg_db_text(q, 3, r->arena),
                                     .verdict = known ? (enum lg_nightly_verdict)verdict
                                                      : LG_NIGHTLY_UNCLEAR,
                                     .ratio = sqlite3_column_double(q, 5),
                                     .low = sqlite3_column_double(q, 6),
                                     .high = sqlite3_column_double(q, 7),
                                     .pairs = (size_t)sqlite3_column_int64(q, 8),
                                     .at = lg_db_text(q, 9, r->arena),
                                     .text = lg_db_text(q, 10, r->arena)};
    if (rerun) {
        struct lg_nightly_note *told = (struct lg_nightly_note *)r->out->in.notes;
        *LG_ARENA_PUSH(r->arena, told, r->out->in.note_count) =
            (struct lg_nightly_note){series, night, note->verdict};
        r->out->in.notes = told;
    }
}

/* Notes on the nights themselves: the clock, and other surroundings. */
static void compare_nights(struct lg_history_data *out)
{
    const char *latest = "";
    const char *environment = "";
    for (size_t i = 0; i < out->night_count; i++) {
        struct lg_history_night *night = &out->nights[i];
        night->clock_back = *night->started_at != '\0' && strcmp(night->started_at, latest) < 0;
        latest = *night->started_at != '\0' ? night->started_at : latest;
        if (*night->environment != '\0') {
            night->broken = *environment != '\0' && strcmp(night->environment, environment) != 0;
            environment = night->environment;
        }
    }
}

static const char *digest_of(const struct lg_history_night *night, const char *scenario)
{
    for (size_t i = 0; i < night->run_count; i++) {
        if (strcmp(night->runs[i].scenario, scenario) == 0) {
            return night->runs[i].digest;
        }
    }
    return "";
}

static void mark_breaks(struct reader *r, size_t series)
{
    const char *digest = "";
    for (size_t i = 0; i < r->out->night_count; i++) {
        const struct lg_history_night *night = &r->out->nights[i];
        const char *now = digest_of(night, r->series[series].scenario);
        bool other = *now != '\0' && *digest != '\0' && strcmp(now, digest) != 0;
        digest = *now != '\0' ? now : digest;
        r->values[series][i].broken = night->broken || other;
    }
}

static bool read_values(struct reader *r, int64_t from)
{
    struct lg_history *h = r->h;
    bool ok = each(r,
                   lg_db_query(h, r->why,
                               "SELECT night, scenario, folder, digest, missing FROM"
                               " runs WHERE night >= ? ORDER BY night, scenario",
                               "i", from),
                   run_row);
    ok = ok && each(r,
                    lg_db_query(h, r->why,
                                "SELECT s, scenario, target, metric, unit,"
                                " less_is_better, share FROM series WHERE EXISTS (SELECT 1 FROM"
                                " figures WHERE series = s AND night >= ?)"
                                " ORDER BY scenario, target, metric",
                                "i", from),
                    series_row);
    index_series(r);
    size_t cells = r->out->in.series_count * r->out->night_count;
    r->out->missing = lg_arena_alloc(r->arena, (cells + 1) * sizeof *r->out->missing);
    for (size_t i = 0; i < cells; i++) {
        r->out->missing[i] = "";
    }
    ok = ok && each(r,
                    lg_db_query(h, r->why,
                                "SELECT night, series, median, missing FROM figures"
                                " WHERE night >= ?",
                                "i", from),
                    figure_row);
    ok = ok && each(r,
                    lg_db_query(h, r->why,
                                "SELECT night, series, value FROM trials"
                                " WHERE night >= ? ORDER BY night, series, trial",
                                "i", from),
                    trial_row);
    return ok && each(r,
                      lg_db_query(h, r->why,
                                  "SELECT night, series, kind, good, verdict, ratio,"
                                  " low, high, pairs, at, text FROM notes WHERE night >= ?"
                                  " ORDER BY n",
                                  "i", from),
                      note_row);
}

static bool read_all(struct reader *r, size_t most)
{
    int64_t before = 0;
    if (most > 0 && !lg_db_number(r->h, r->why, 0, &before,
                                  "SELECT n FROM nights ORDER BY n DESC"
                                  " LIMIT 1 OFFSET ?",
                                  "i", (int64_t)most)) {
        return false;
    }
    bool ok = each(r,
                   lg_db_query(r->h, r->why,
                               "SELECT n, id, started_at, commit_id, suite,"
                               " suite_digest, environment, note, pruned FROM nights"
                               " WHERE n > ? ORDER BY n",
                               "i", before),
                   night_row);
    return ok && read_values(r, before + 1);
}

bool lg_history_read(struct lg_history *h, size_t most, struct lg_arena *arena,
                     struct lg_history_data *out, const char **why)
{
    *out = (struct lg_history_data){0};
    struct reader r = {.h = h, .arena = arena, .out = out, .why = why};
    if (!lg_db_run(h, why, "BEGIN", "")) {
        return false;
    }
    bool ok = read_all(&r, most);
    ok = lg_db_end(h, ok, why);
    if (!ok) {
        return false;
    }
    compare_nights(out);
    for (size_t i = 0; i < out->in.series_count; i++) {
        mark_breaks(&r, i);
    }
    out->in.series = r.series;
    out->in.night_count = out->night_count;
    return true;
}
