#include "report/trend_words.h"

#include "base/units.h"
#include "report/plain.h"
#include "report/sheet.h"

#include <math.h>
#include <stdlib.h>

const char *lg_trend_state_name(enum lg_trend_state state)
{
    static const char *const names[] = {
#define X(name, text, help) text,
        LG_TREND_STATE_MAP(X)
#undef X
    };
    LG_ASSERT(state >= 0 && state < LG_TREND_STATES);
    return names[state];
}

const char *lg_trend_tonight_name(enum lg_trend_tonight tonight)
{
    static const char *const names[] = {
#define X(name, text, help) text,
        LG_TREND_TONIGHT_MAP(X)
#undef X
    };
    LG_ASSERT(tonight >= 0 && tonight < LG_TONIGHT_STATES);
    return names[tonight];
}

const char *lg_trend_tonight_help(enum lg_trend_tonight tonight)
{
    static const char *const helps[] = {
#define X(name, text, help) help,
        LG_TREND_TONIGHT_MAP(X)
#undef X
    };
    LG_ASSERT(tonight >= 0 && tonight < LG_TONIGHT_STATES);
    return helps[tonight];
}

/* ---- one change ---- */

const char *lg_trend_name(const struct lg_trend_series *series, struct lg_arena *arena)
{
    return lg_arena_printf(arena, "%s, %s: %s", series->scenario, series->target, series->metric);
}

static bool is_iso(const char *at)
{
    size_t n = strlen(at);
    return n >= 20 && at[10] == 'T' && at[n - 1] == 'Z';
}

const char *lg_trend_day(const char *at, struct lg_arena *arena)
{
    return is_iso(at) ? lg_arena_strndup(arena, at, 10) : at;
}

const char *lg_trend_when(const char *at, struct lg_arena *arena)
{
    return is_iso(at) ? lg_arena_printf(arena, "%.10s %.5s UTC", at, at + 11) : at;
}

const char *lg_trend_commit(const char *commit, struct lg_arena *arena)
{
    enum { SHORT = 12 };
    size_t hash = strspn(commit, "0123456789abcdef");
    return hash < 40 ? commit : lg_arena_printf(arena, "%.*s%s", SHORT, commit, commit + hash);
}

const char *lg_trend_night_text(const struct lg_trend_night *night, struct lg_arena *arena)
{
    const char *when = lg_trend_when(night->at, arena);
    return night->commit[0] == '\0' ? when
                                    : lg_arena_printf(arena, "%s (commit %s)", when,
                                                      lg_trend_commit(night->commit, arena));
}

const char *lg_trend_ratio_text(const struct lg_trend_series *series,
                                const struct lg_trend_change *change, struct lg_arena *arena)
{
    const char *before = lg_sheet_in_unit(arena, series->unit, change->before);
    const char *after = lg_sheet_in_unit(arena, series->unit, change->after);
    if (!(change->ratio > 0) || !isfinite(change->ratio)) {
        return lg_arena_printf(arena, "%s to %s", before, after);
    }
    const char *text = lg_arena_printf(arena, "%s to %s, %s times", before, after,
                                       lg_sheet_ratio(arena, change->ratio));
    return change->high > 0
               ? lg_arena_printf(arena, "%s [%s, %s]", text, lg_sheet_ratio(arena, change->low),
                                 lg_sheet_ratio(arena, change->high))
               : text;
}

const char *lg_trend_state_text(const struct lg_trend_change *change, struct lg_arena *arena)
{
    static const char *const words[] = {
        [LG_TREND_SUSPECTED] = "suspected",
        [LG_TREND_CONFIRMED_BY_NIGHTS] = "confirmed by the nights since",
        [LG_TREND_CONFIRMED_BY_RERUN] = "confirmed by a re-run beside the last good version",
        [LG_TREND_REFUTED] = "refuted by a re-run beside the last good version",
        [LG_TREND_UNCLEAR] = "suspected; the re-run could not tell",
        [LG_TREND_ACCEPTED] = "accepted as the new normal",
        [LG_TREND_UNRESOLVED] = ("unresolved: the machine, its system or the scenario changed "
                                 "before it was undone or accepted")};
    const char *text = words[change->state];
    if (change->rerun[0] != '\0') {
        text = lg_arena_printf(arena, "%s: %s", text, change->rerun);
    }
    return change->undone[0] == '\0'
               ? text
               : lg_arena_printf(arena, "%s; undone %s", text, change->undone);
}

const char *lg_trend_change_text(const struct lg_trend_page *page,
                                 const struct lg_trend_series *series,
                                 const struct lg_trend_change *change, struct lg_arena *arena)
{
    const char *good = change->last_good[0] == '\0'
                           ? ""
                           : lg_arena_printf(arena, "; last good commit %s",
                                             lg_trend_commit(change->last_good, arena));
    return lg_arena_printf(arena, "%s: %s, %s, since %s%s; %s", lg_trend_name(series, arena),
                           change->regression ? "worse" : "better",
                           lg_trend_ratio_text(series, change, arena),
                           lg_trend_night_text(&page->nights[change->night], arena), good,
                           lg_trend_state_text(change, arena));
}

const char *lg_trend_detectable_text(const struct lg_trend_series *series, struct lg_arena *arena)
{
    char share[LG_UNIT_TEXT];
    return isfinite(series->detectable)
               ? lg_arena_strdup(arena, lg_show_share(share, series->detectable))
               : "";
}

const struct lg_trend_point *lg_trend_last(const struct lg_trend_page *page,
                                           const struct lg_trend_series *series)
{
    return page->night_count > 0 ? &series->points[page->night_count - 1] : NULL;
}

/* ---- all changes ---- */

static int urgency(const struct lg_trend_change *change)
{
    bool pending = change->state == LG_TREND_SUSPECTED || change->state == LG_TREND_UNCLEAR;
    return change->open ? 0 : change->regression && pending ? 1 : 2;
}

static int by_urgency(const void *x, const void *y)
{
    const struct lg_trend_row *a = x, *b = y;
    int order = urgency(a->change) - urgency(b->change);
    if (order == 0 && a->change->night != b->change->night) {
        order = a->change->night > b->change->night ? -1 : 1;
    }
    return order != 0 ? order : a->series < b->series ? -1 : a->series > b->series;
}

struct lg_trend_row *lg_trend_rows(const struct lg_trend_page *page, struct lg_arena *arena,
                                   size_t *count)
{
    struct lg_trend_row *rows = NULL;
    *count = 0;
    for (size_t i = 0; i < page->series_count; i++) {
        for (size_t k = 0; k < page->series[i].change_count; k++) {
            *LG_ARENA_PUSH(arena, rows, *count) =
                (struct lg_trend_row){&page->series[i], &page->series[i].changes[k]};
        }
    }
    if (*count > 0) {
        qsort(rows, *count, sizeof *rows, by_urgency);
    }
    return rows;
}

/* ---- the headline ---- */

struct counts {
    size_t open, suspected, improved, without, young;
};

static struct counts count_tonight(const struct lg_trend_page *page)
{
    struct counts c = {0};
    for (size_t i = 0; i < page->series_count; i++) {
        enum lg_trend_tonight t = page->series[i].tonight;
        c.open += t == LG_TONIGHT_REGRESSED;
        c.suspected += t == LG_TONIGHT_SUSPECTED;
        c.improved += t == LG_TONIGHT_IMPROVED;
        c.without += t == LG_TONIGHT_NO_DATA;
        c.young += t == LG_TONIGHT_YOUNG;
    }
    return c;
}

/* "3 series" and a verb that fits. */
static const char *some(size_t n, const char *one, const char *more, struct lg_arena *arena)
{
    return lg_arena_printf(arena, "%zu series %s", n, n == 1 ? one : more);
}

static const char *append(const char *text, const char *more, struct lg_arena *arena)
{
    return text[0] == '\0' ? more : lg_arena_printf(arena, "%s; %s", text, more);
}

static const char *one_open(const struct lg_trend_page *page, const struct lg_trend_row *row,
                            struct lg_arena *arena)
{
    const struct lg_trend_change *c = row->change;
    bool known = c->ratio > 0 && isfinite(c->ratio);
    return lg_arena_printf(arena, "%s has got worse%s%s%s, first seen %s",
                           lg_trend_name(row->series, arena), known ? " (" : "",
                           known ? lg_sheet_ratio(arena, c->ratio) : "", known ? " times)" : "",
                           lg_trend_night_text(&page->nights[c->night], arena));
}

/* The earliest night of the open ones, which come first. */
static size_t first_open(const struct lg_trend_row *rows, size_t count)
{
    size_t first = SIZE_MAX;
    for (size_t i = 0; i < count && rows[i].change->open; i++) {
        first = rows[i].change->night < first ? rows[i].change->night : first;
    }
    return first;
}

const char *lg_trend_headline(const struct lg_trend_page *page, struct lg_arena *arena)
{
    struct counts c = count_tonight(page);
    size_t row_count;
    struct lg_trend_row *rows = lg_trend_rows(page, arena, &row_count);
    const char *text = "";
    if (page->night_count == 0) {
        return "No night is on record yet";
    }
    if (c.open == 1) {
        text = one_open(page, &rows[0], arena);
    } else if (c.open > 1) {
        text =
            lg_arena_printf(arena, "%zu series have got worse, the first seen %s", c.open,
                            lg_trend_night_text(&page->nights[first_open(rows, row_count)], arena));
    }
    if (c.suspected > 0) {
        text = append(text, some(c.suspected, "is suspected", "are suspected", arena), arena);
    }
    if (c.open + c.suspected == 0 && c.without < page->series_count) {
        bool judged = c.young + c.without < page->series_count;
        text = judged ? "No regression" : "Too few nights yet to judge any series";
    }
    if (c.improved > 0) {
        text = append(text, some(c.improved, "has improved", "have improved", arena), arena);
    }
    if (c.without > 0) {
        text = append(text, some(c.without, "has no data tonight", "have no data tonight", arena),
                      arena);
    }
    return text[0] != '\0' ? text : "No series is on record yet";
}
