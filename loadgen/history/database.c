#include "history/database.h"

#include <stdarg.h>
#include <stdlib.h>

static const char *way_out(int code)
{
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "another program is writing to it; run this again when that has ended";
    case SQLITE_FULL:
        return "the disk is full; nothing was changed, so make room and run this again";
    case SQLITE_IOERR:
        return "reading or writing failed (is the disk full, or a quota used up?); nothing was "
               "changed";
    case SQLITE_NOTADB:
        return "this is not a history file; it was left as it is. Name another file, or move "
               "this one aside";
    case SQLITE_CORRUPT:
        return "the file is damaged; it was left as it is. Move it aside and import the last "
               "export into a new one (--import)";
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return "it may not be written to by this user";
    case SQLITE_CANTOPEN:
        return "it cannot be opened; does its folder exist, and may this user use it?";
    default:
        return "nothing was changed";
    }
}

const char *lg_db_why(struct lg_history *h)
{
    int code = sqlite3_extended_errcode(h->db);
    return lg_arena_printf(h->arena, "%s: %s (%s)", h->path, way_out(code), sqlite3_errmsg(h->db));
}

static void bind(sqlite3_stmt *query, const char *types, va_list values)
{
    for (int i = 0; types[i] != '\0'; i++) {
        if (types[i] == 's') {
            const char *text = va_arg(values, const char *);
            sqlite3_bind_text(query, i + 1, text != NULL ? text : "", -1, SQLITE_TRANSIENT);
        } else if (types[i] == 'i') {
            sqlite3_bind_int64(query, i + 1, va_arg(values, int64_t));
        } else {
            LG_ASSERT(types[i] == 'd');
            sqlite3_bind_double(query, i + 1, va_arg(values, double));
        }
    }
}

static sqlite3_stmt *query_with(struct lg_history *h, const char **why, const char *sql,
                                const char *types, va_list values)
{
    sqlite3_stmt *query = NULL;
    if (sqlite3_prepare_v2(h->db, sql, -1, &query, NULL) != SQLITE_OK) {
        *why = lg_db_why(h);
        return NULL;
    }
    LG_ASSERT(sqlite3_bind_parameter_count(query) == (int)strlen(types));
    bind(query, types, values);
    return query;
}

sqlite3_stmt *lg_db_query(struct lg_history *h, const char **why, const char *sql,
                          const char *types, ...)
{
    va_list values;
    va_start(values, types);
    sqlite3_stmt *query = query_with(h, why, sql, types, values);
    va_end(values);
    return query;
}

bool lg_db_row(struct lg_history *h, sqlite3_stmt *query, const char **why)
{
    if (query == NULL) {
        return false;
    }
    int code = sqlite3_step(query);
    if (code == SQLITE_ROW) {
        return true;
    }
    if (code != SQLITE_DONE) {
        *why = lg_db_why(h);
    }
    sqlite3_finalize(query);
    return false;
}

bool lg_db_run(struct lg_history *h, const char **why, const char *sql, const char *types, ...)
{
    va_list values;
    va_start(values, types);
    sqlite3_stmt *query = query_with(h, why, sql, types, values);
    va_end(values);
    if (query == NULL) {
        return false;
    }
    int code = sqlite3_step(query);
    if (code != SQLITE_DONE) {
        *why = lg_db_why(h);
    }
    sqlite3_finalize(query);
    return code == SQLITE_DONE;
}

bool lg_db_number(struct lg_history *h, const char **why, int64_t otherwise, int64_t *out,
                  const char *sql, const char *types, ...)
{
    va_list values;
    va_start(values, types);
    sqlite3_stmt *query = query_with(h, why, sql, types, values);
    va_end(values);
    if (query == NULL) {
        return false;
    }
    int code = sqlite3_step(query);
    *out = code == SQLITE_ROW ? sqlite3_column_int64(query, 0) : otherwise;
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        *why = lg_db_why(h);
    }
    sqlite3_finalize(query);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

bool lg_db_begin(struct lg_history *h, const char **why)
{
    return lg_db_run(h, why, "BEGIN IMMEDIATE", "");
}

bool lg_db_end(struct lg_history *h, bool ok, const char **why)
{
    ok = ok && lg_db_run(h, why, "COMMIT", "");
    if (!ok && sqlite3_get_autocommit(h->db) == 0) {
        const char *ignored;
        lg_db_run(h, &ignored, "ROLLBACK", "");
    }
    return ok;
}

const char *lg_db_text(sqlite3_stmt *query, int column, struct lg_arena *arena)
{
    const char *text = (const char *)sqlite3_column_text(query, column);
    return lg_arena_strdup(arena, text != NULL ? text : "");
}
