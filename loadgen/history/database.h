/* The SQLite side of a history: statements with their values bound, rows, and what went wrong.  For
 * history/ only. */
#ifndef LG_HISTORY_DATABASE_H
#define LG_HISTORY_DATABASE_H

#include "base/arena.h"
#include "history/history.h"

#include <sqlite3.h>

struct lg_history {
    sqlite3 *db;            /* owned */
    char *path;             /* owned */
    struct lg_arena *arena; /* borrowed; of the messages */
};

/* What SQLite said last, as a sentence with a way out. */
const char *lg_db_why(struct lg_history *h);

/* A statement with its values bound: types has a letter for each, s text (NULL: ""), i int64_t,
 * d double.  NULL: *why. */
sqlite3_stmt *lg_db_query(struct lg_history *h, const char **why, const char *sql,
                          const char *types, ...);

/* The next row; false at the end, and *why is set if that is not a good one.  The statement is
 * freed at the end. */
bool lg_db_row(struct lg_history *h, sqlite3_stmt *query, const char **why);

/* A statement without rows. */
bool lg_db_run(struct lg_history *h, const char **why, const char *sql, const char *types, ...);

/* The first column of the first row, or `otherwise`. */
bool lg_db_number(struct lg_history *h, const char **why, int64_t otherwise, int64_t *out,
                  const char *sql, const char *types, ...);

/* `ok` decides between COMMIT and ROLLBACK; returns whether all of it is in the file. */
bool lg_db_begin(struct lg_history *h, const char **why);
bool lg_db_end(struct lg_history *h, bool ok, const char **why);

/* Text of a column, copied. */
const char *lg_db_text(sqlite3_stmt *query, int column, struct lg_arena *arena);

/* Adds a night or a note within a transaction that is open. */
bool lg_history_add_night(struct lg_history *h, const struct lg_history_night *night, bool *there,
                          const char **why);
/* `replace`: instead of the one that may be there. */
bool lg_history_put_note(struct lg_history *h, const struct lg_history_note *note, bool replace,
                         const char **why);

bool lg_history_good_id(const char *id);     /* as struct lg_history_night says */
bool lg_history_good_time(const char *text); /* "" or 2026-11-26T02:15:00Z */

#endif
