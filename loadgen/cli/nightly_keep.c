#include "cli/nightly_keep.h"

#include "cli/cli.h"
#include "cli/nightly_rerun.h"
#include "report/write.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static bool tell(const char *why)
{
    fprintf(stderr, "loadgen: %s\n", why);
    return false;
}

/* NULL, or why not. */
static const char *read_file(const char *path, struct lg_buf *out)
{
    enum { PIECE = 65536 };
    FILE *file = fopen(path, "rbe");
    size_t n = 1;
    if (file == NULL) {
        return strerror(errno);
    }
    while (n > 0) {
        lg_buf_reserve(out, PIECE);
        n = fread(out->p + out->n, 1, PIECE, file);
        out->n += n;
    }
    const char *why = ferror(file) ? strerror(errno) : NULL;
    fclose(file);
    return why;
}

bool lg_nightly_import(struct lg_history *history, const char *path, struct lg_arena *arena)
{
    struct lg_buf csv = {0};
    size_t added = 0, there = 0;
    const char *why = read_file(path, &csv);
    why = why != NULL ? lg_arena_printf(arena, "%s: %s", path, why) : NULL;
    bool ok =
        why == NULL && lg_history_import(history, lg_buf_slice(&csv), path, &added, &there, &why);
    lg_buf_free(&csv);
    if (ok) {
        fprintf(stderr, "loadgen: %s: %zu %s imported, %zu were there already\n", path, added,
                added == 1 ? "night" : "nights", there);
    }
    return ok || tell(why);
}

bool lg_nightly_export(struct lg_history *history, const char *path, struct lg_arena *arena)
{
    struct lg_buf csv = {0};
    const char *why = NULL;
    bool ok = lg_history_export(history, &csv, &why);
    if (ok && strcmp(path, "-") == 0) {
        lg_print(lg_buf_slice(&csv));
    } else if (ok) {
        why = lg_report_write_file(path, lg_buf_slice(&csv), arena);
    }
    lg_buf_free(&csv);
    return why == NULL || tell(why);
}

size_t lg_nightly_kept(const struct lg_nightly_upkeep *upkeep, const struct lg_history_data *data,
                       struct lg_arena *arena)
{
    size_t first = 0;
    if (upkeep->keep > 0 || upkeep->keep_for == 0) {
        return upkeep->keep;
    }
    const char *since = lg_utc_before(arena, "%Y-%m-%dT%H:%M:%SZ", upkeep->keep_for);
    while (first + 1 < data->night_count && strcmp(data->nights[first].started_at, since) < 0) {
        first++;
    }
    return data->night_count - first;
}

bool lg_nightly_prune(struct lg_history *history, size_t nights)
{
    const char *why = NULL;
    size_t pruned = 0;
    if (!lg_history_prune(history, nights, &pruned, &why)) {
        return tell(why);
    }
    if (pruned > 0) {
        fprintf(stderr, "loadgen: of %zu older %s only the medians were kept\n", pruned,
                pruned == 1 ? "night" : "nights");
    }
    return true;
}

/* Imported histories may name any folder: only one directly in runs/ is a run of ours. */
static bool is_own_run(const char *folder)
{
    static const char runs[] = "runs/";
    size_t n = sizeof runs - 1;
    return strncmp(folder, runs, n) == 0 && folder[n] != '\0' && folder[n] != '.' &&
           strchr(folder + n, '/') == NULL;
}

static void delete_run(const char *out, const char *folder, struct lg_arena *arena)
{
    size_t count;
    const struct lg_report_file *files = lg_report_files(&count);
    if (folder == NULL || !is_own_run(folder)) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        unlink(lg_arena_printf(arena, "%s/%s/%s", out, folder, files[i].name));
    }
    rmdir(lg_arena_printf(arena, "%s/%s", out, folder));
}

static bool is_old(const struct lg_history_data *data, const char *night, size_t nights)
{
    for (size_t i = 0; i + nights < data->night_count; i++) {
        if (strcmp(data->nights[i].id, night) == 0) {
            return true;
        }
    }
    return false;
}

void lg_nightly_delete_runs(const struct lg_history_data *data, const char *out, size_t nights,
                            struct lg_arena *arena)
{
    for (size_t i = 0; i + nights < data->night_count; i++) {
        for (size_t k = 0; k < data->nights[i].run_count; k++) {
            delete_run(out, data->nights[i].runs[k].folder, arena);
        }
    }
    for (size_t i = 0; i < data->note_count; i++) {
        const struct lg_history_note *note = &data->notes[i];
        if (note->kind == LG_HISTORY_RERUN && is_old(data, note->night, nights)) {
            delete_run(out, note->text, arena);
            for (int round = 2; round <= LG_RERUN_ROUNDS; round++) {
                delete_run(out, lg_arena_printf(arena, "%s-%d", note->text, round), arena);
            }
        }
    }
}

bool lg_nightly_accept(struct lg_history *history, const struct lg_history_data *data,
                       const struct lg_trend_page *page, const char *at)
{
    size_t accepted = 0;
    const char *why = NULL;
    for (size_t i = 0; i < page->series_count; i++) {
        const struct lg_trend_series *s = &page->series[i];
        for (size_t k = 0; k < s->change_count; k++) {
            struct lg_history_note note = {.kind = LG_HISTORY_ACKNOWLEDGED,
                                           .night = data->nights[s->changes[k].night].id,
                                           .scenario = s->scenario,
                                           .target = s->target,
                                           .metric = s->metric,
                                           .good = "",
                                           .at = at,
                                           .text = ""};
            if (!s->changes[k].open) {
                continue;
            }
            if (!lg_history_add_note(history, &note, &why)) {
                return tell(why);
            }
            accepted++;
        }
    }
    fprintf(stderr, "loadgen: %zu regressions accepted\n", accepted);
    return true;
}
