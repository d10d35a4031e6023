#include "history/history.h"
#include "history/database.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

enum { VERSION = 1, APPLICATION = 0x6c676e68 /* lgnh */, WAIT_MS = 60000 };

static const char *const schema[] = {
    "CREATE TABLE nights (n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,"
    " started_at TEXT NOT NULL, commit_id TEXT NOT NULL, suite TEXT NOT NULL,"
    " suite_digest TEXT NOT NULL, environment TEXT NOT NULL, note TEXT NOT NULL,"
    " pruned INTEGER NOT NULL DEFAULT 0)",
    "CREATE TABLE runs (night INTEGER NOT NULL REFERENCES nights, scenario TEXT NOT NULL,"
    " folder TEXT NOT NULL, digest TEXT NOT NULL, missing TEXT NOT NULL,"
    " PRIMARY KEY (night, scenario)) WITHOUT ROWID",
    "CREATE TABLE series (s INTEGER PRIMARY KEY, scenario TEXT NOT NULL, target TEXT NOT NULL,"
    " metric TEXT NOT NULL, unit TEXT NOT NULL, less_is_better INTEGER NOT NULL,"
    " share INTEGER NOT NULL, UNIQUE (scenario, target, metric))",
    "CREATE TABLE figures (night INTEGER NOT NULL REFERENCES nights,"
    " series INTEGER NOT NULL REFERENCES series, median REAL, missing TEXT NOT NULL,"
    " PRIMARY KEY (night, series)) WITHOUT ROWID",
    "CREATE TABLE trials (night INTEGER NOT NULL, series INTEGER NOT NULL,"
    " trial INTEGER NOT NULL, value REAL NOT NULL, PRIMARY KEY (night, series, trial),"
    " FOREIGN KEY (night, series) REFERENCES figures) WITHOUT ROWID",
    "CREATE TABLE notes (n INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL,"
    " night INTEGER NOT NULL REFERENCES nights, series INTEGER NOT NULL REFERENCES series,"
    " good TEXT NOT NULL, verdict INTEGER NOT NULL, ratio REAL, low REAL, high REAL,"
    " pairs INTEGER NOT NULL, at TEXT NOT NULL, text TEXT NOT NULL,"
    " UNIQUE (kind, night, series))",
};

bool lg_history_good_id(const char *id)
{
    size_t n = strlen(id);
    return n >= 1 && n <= 100 &&
           strspn(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ._:-") == n;
}

bool lg_history_good_time(const char *text)
{
    static const char form[] = "dddd-dd-ddTdd:dd:ddZ";
    if (*text == '\0') {
        return true;
    }
    for (size_t i = 0; i < sizeof form; i++) {
        if (form[i] == 'd' ? !isdigit((unsigned char)text[i]) : text[i] != form[i]) {
            return false;
        }
    }
    return true;
}

static bool make_tables(struct lg_history *h, const char **why)
{
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof schema / sizeof *schema; i++) {
        ok = lg_db_run(h, why, schema[i], "");
    }
    char pragma[64];
    sqlite3_snprintf(sizeof pragma, pragma, "PRAGMA application_id = %d", APPLICATION);
    ok = ok && lg_db_run(h, why, pragma, "");
    sqlite3_snprintf(sizeof pragma, pragma, "PRAGMA user_version = %d", VERSION);
    return ok && lg_db_run(h, why, pragma, "");
}

/* Within a transaction: two programs may make one file at once. */
static bool make_if_empty(struct lg_history *h, const char **why)
{
    int64_t tables = 0;
    if (!lg_db_begin(h, why)) {
        return false;
    }
    bool ok = lg_db_number(h, why, 0, &tables, "SELECT count(*) FROM sqlite_schema", "");
    if (ok && tables == 0) {
        ok = make_tables(h, why);
    }
    return lg_db_end(h, ok, why);
}

static bool is_sound(struct lg_history *h, const char **why)
{
    *why = NULL;
    sqlite3_stmt *query = lg_db_query(h, why, "PRAGMA quick_check(1)", "");
    bool sound = lg_db_row(h, query, why);
    if (!sound) {
        return false;
    }
    const char *said = lg_db_text(query, 0, h->arena);
    sqlite3_finalize(query);
    if (strcmp(said, "ok") != 0) {
        *why = lg_arena_printf(h->arena,
                               "%s: the file is damaged; it was left as it is. Move it aside and "
                               "import the last export into a new one (--import) (%s)",
                               h->path, said);
        return false;
    }
    return true;
}

static bool is_ours(struct lg_history *h, const char **why)
{
    int64_t application = 0;
    int64_t version = 0;
    if (!lg_db_number(h, why, 0, &application, "PRAGMA application_id", "") ||
        !lg_db_number(h, why, 0, &version, "PRAGMA user_version", "")) {
        return false;
    }
    if (application != APPLICATION) {
        *why = lg_arena_printf(h->arena,
                               "%s: this is not a history file but some other database; it was "
                               "left as it is. Name another file",
                               h->path);
        return false;
    }
    if (version != VERSION) {
        *why = lg_arena_printf(h->arena,
                               "%s: written by a newer loadgen (version %d of the file, this "
                               "program knows %d); use that one, or export there and import here",
                               h->path, (int)version, VERSION);
        return false;
    }
    return true;
}

/* A reader must be able to roll back what a crash left, so it opens for writing if it may. */
static int open_file(struct lg_history *h, enum lg_history_mode mode)
{
    int flags = SQLITE_OPEN_READWRITE | (mode == LG_HISTORY_WRITE ? SQLITE_OPEN_CREATE : 0);
    if (mode == LG_HISTORY_READ && access(h->path, W_OK) != 0) {
        flags = SQLITE_OPEN_READONLY;
    }
    return sqlite3_open_v2(h->path, &h->db, flags, NULL);
}

struct lg_history *lg_history_open(const char *path, enum lg_history_mode mode,
                                   struct lg_arena *arena, const char **why)
{
    if (mode == LG_HISTORY_READ && access(path, F_OK) != 0) {
        *why = lg_arena_printf(arena, "%s: there is no such history file", path);
        return NULL;
    }
    struct lg_history *h = lg_alloc(sizeof *h);
    h->path = lg_strdup(path);
    h->arena = arena;
    bool ok = open_file(h, mode) == SQLITE_OK;
    if (!ok) {
        *why = lg_db_why(h);
    }
    sqlite3_busy_timeout(h->db, WAIT_MS);
    ok = ok && lg_db_run(h, why, "PRAGMA foreign_keys = ON", "");
    ok = ok && (mode == LG_HISTORY_READ || make_if_empty(h, why));
    if (!ok || !is_ours(h, why) || !is_sound(h, why)) {
        lg_history_close(h);
        return NULL;
    }
    return h;
}

void lg_history_close(struct lg_history *h)
{
    if (h != NULL) {
        sqlite3_close(h->db);
        free(h->path);
        free(h);
    }
}

static bool find_night(struct lg_history *h, const char *id, int64_t *n, const char **why)
{
    return lg_db_number(h, why, -1, n, "SELECT n FROM nights WHERE id = ?", "s", id);
}

static bool find_series(struct lg_history *h, const char *scenario, const char *target,
                        const char *metric, int64_t *s, const char **why)
{
    return lg_db_number(h, why, -1, s,
                        "SELECT s FROM series WHERE scenario = ? AND target = ? AND metric = ?",
                        "sss", scenario, target, metric);
}

static bool add_series(struct lg_history *h, const struct lg_history_value *v, int64_t *s,
                       const char **why)
{
    return lg_db_run(h, why,
                     "INSERT INTO series (scenario, target, metric, unit, less_is_better, share)"
                     " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (scenario, target, metric) DO UPDATE"
                     " SET unit = excluded.unit, less_is_better = excluded.less_is_better,"
                     " share = excluded.share",
                     "ssssii", v->scenario, v->target, v->metric, v->unit,
                     (int64_t)v->less_is_better, (int64_t)v->share) &&
           find_series(h, v->scenario, v->target, v->metric, s, why);
}

static bool add_value(struct lg_history *h, int64_t night, const struct lg_history_value *v,
                      const char **why)
{
    int64_t s;
    bool ok = add_series(h, v, &s, why);
    if (v->trial_count == 0 && !v->only_median) {
        return ok && lg_db_run(h, why, "INSERT INTO figures VALUES (?, ?, NULL, ?)", "iis", night,
                               s, v->missing);
    }
    double median = v->only_median ? v->median : lg_stats_median(v->trials, v->trial_count);
    LG_ASSERT(isfinite(median));
    ok = ok &&
         lg_db_run(h, why, "INSERT INTO figures VALUES (?, ?, ?, '')", "iid", night, s, median);
    for (size_t i = 0; ok && i < v->trial_count; i++) {
        LG_ASSERT(isfinite(v->trials[i]));
        ok = lg_db_run(h, why, "INSERT INTO trials VALUES (?, ?, ?, ?)", "iiid", night, s,
                       (int64_t)i, v->trials[i]);
    }
    return ok;
}

static bool add_runs(struct lg_history *h, int64_t n, const struct lg_history_night *night,
                     const char **why)
{
    bool ok = true;
    for (size_t i = 0; ok && i < night->run_count; i++) {
        const struct lg_history_run *run = &night->runs[i];
        ok = lg_db_run(h, why, "INSERT INTO runs VALUES (?, ?, ?, ?, ?)", "issss", n, run->scenario,
                       run->folder, run->digest, run->missing);
    }
    return ok;
}

bool lg_history_add_night(struct lg_history *h, const struct lg_history_night *night, bool *there,
                          const char **why)
{
    LG_ASSERT(lg_history_good_id(night->id) && lg_history_good_time(night->started_at));
    int64_t n;
    if (!find_night(h, night->id, &n, why)) {
        return false;
    }
    *there = n >= 0;
    if (*there) {
        return true;
    }
    bool ok =
        lg_db_run(h, why,
                  "INSERT INTO nights (id, started_at, commit_id, suite, suite_digest,"
                  " environment, note, pruned) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                  "sssssssi", night->id, night->started_at, night->commit, night->suite,
                  night->suite_digest, night->environment, night->note, (int64_t)night->pruned);
    n = sqlite3_last_insert_rowid(h->db);
    ok = ok && add_runs(h, n, night, why);
    for (size_t i = 0; ok && i < night->value_count; i++) {
        ok = add_value(h, n, &night->values[i], why);
    }
    return ok;
}

bool lg_history_append(struct lg_history *h, const struct lg_history_night *night, bool *there,
                       const char **why)
{
    bool was_there = false;
    if (!lg_db_begin(h, why)) {
        return false;
    }
    bool ok = lg_history_add_night(h, night, &was_there, why);
    ok = lg_db_end(h, ok, why);
    if (there != NULL) {
        *there = ok && was_there;
    }
    return ok;
}

bool lg_history_put_note(struct lg_history *h, const struct lg_history_note *note, bool replace,
                         const char **why)
{
    int64_t night;
    int64_t series;
    if (!find_night(h, note->night, &night, why) ||
        !find_series(h, note->scenario, note->target, note->metric, &series, why)) {
        return false;
    }
    if (night < 0 || series < 0) {
        *why = lg_arena_printf(h->arena, "%s: there is no %s %s %s in night %s to note this about",
                               h->path, note->scenario, note->target, note->metric, note->night);
        return false;
    }
    return lg_db_run(h, why,
                     replace ? "INSERT OR REPLACE INTO notes (kind, night, series, good, verdict,"
                               " ratio, low, high, pairs, at, text)"
                               " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                             : "INSERT OR IGNORE INTO notes (kind, night, series, good, verdict,"
                               " ratio, low, high, pairs, at, text)"
                               " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                     "iiisidddiss", (int64_t)note->kind, night, series, note->good,
                     (int64_t)note->verdict, note->ratio, note->low, note->high,
                     (int64_t)note->pairs, note->at, note->text);
}

bool lg_history_add_note(struct lg_history *h, const struct lg_history_note *note, const char **why)
{
    LG_ASSERT(isfinite(note->ratio) && isfinite(note->low) && isfinite(note->high));
    if (!lg_db_begin(h, why)) {
        return false;
    }
    return lg_db_end(h, lg_history_put_note(h, note, true, why), why);
}

bool lg_history_prune(struct lg_history *h, size_t nights, size_t *pruned, const char **why)
{
    LG_ASSERT(nights >= 1);
    int64_t last = 0;
    if (!lg_db_begin(h, why)) {
        return false;
    }
    bool ok = lg_db_number(h, why, 0, &last,
                           "SELECT n FROM nights ORDER BY n DESC LIMIT 1"
                           " OFFSET ?",
                           "i", (int64_t)nights);
    ok = ok && lg_db_run(h, why, "DELETE FROM trials WHERE night <= ?", "i", last);
    ok = ok && lg_db_run(h, why, "UPDATE runs SET folder = '' WHERE night <= ?", "i", last);
    ok = ok &&
         lg_db_run(h, why, "UPDATE nights SET pruned = 1 WHERE n <= ? AND pruned = 0", "i", last);
    int changed = sqlite3_changes(h->db);
    ok = lg_db_end(h, ok, why);
    if (pruned != NULL) {
        *pruned = ok ? (size_t)changed : 0;
    }
    return ok;
}
