#include "base/buf.h"
#include "history/csv.h"
#include "history/database.h"

#include <stdio.h>
#include <stdlib.h>

const char *lg_csv_name(enum lg_csv_column column)
{
    static const char *const names[] = {
#define X(name, text) text,
        LG_CSV_MAP(X)
#undef X
    };
    LG_ASSERT(column < LG_CSV_COLUMNS);
    return names[column];
}

/* One line; NULL cells are empty. */
struct line {
    const char *cell[LG_CSV_COLUMNS];
};

static void write_cell(struct lg_buf *out, const char *text)
{
    if (text == NULL || strpbrk(text, ",\"\r\n") == NULL) {
        lg_buf_adds(out, text != NULL ? text : "");
        return;
    }
    lg_buf_add(out, "\"", 1);
    for (; *text != '\0'; text++) {
        lg_buf_add(out, text, 1);
        lg_buf_add(out, "\"", *text == '"');
    }
    lg_buf_add(out, "\"", 1);
}

static void write_line(struct lg_buf *out, const struct line *line)
{
    for (size_t i = 0; i < LG_CSV_COLUMNS; i++) {
        lg_buf_add(out, ",", i > 0);
        write_cell(out, line->cell[i]);
    }
    lg_buf_add(out, "\n", 1);
}

/* The shortest decimal number that reads as the same. */
static const char *show(double value, char out[32])
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, 32, "%.*g", digits, value);
        if (strtod(out, NULL) == value) {
            break;
        }
    }
    return out;
}

static void write_night(struct lg_buf *out, const struct lg_history_night *night)
{
    struct line line = {{[LG_CSV_NIGHT] = night->id,
                         [LG_CSV_STARTED_AT] = night->started_at,
                         [LG_CSV_COMMIT] = night->commit,
                         [LG_CSV_SUITE] = night->suite,
                         [LG_CSV_SUITE_DIGEST] = night->suite_digest,
                         [LG_CSV_ENVIRONMENT] = night->environment,
                         [LG_CSV_NIGHT_NOTE] = night->note,
                         [LG_CSV_PRUNED] = night->pruned ? "yes" : ""}};
    write_line(out, &line);
    for (size_t i = 0; i < night->run_count; i++) {
        const struct lg_history_run *run = &night->runs[i];
        struct line row = {{[LG_CSV_NIGHT] = night->id,
                            [LG_CSV_SCENARIO] = run->scenario,
                            [LG_CSV_FOLDER] = run->folder,
                            [LG_CSV_DIGEST] = run->digest,
                            [LG_CSV_MISSING] = run->missing}};
        write_line(out, &row);
    }
}

static struct line line_about(const char *night, const struct lg_nightly_series *series)
{
    return (struct line){{[LG_CSV_NIGHT] = night,
                          [LG_CSV_SCENARIO] = series->scenario,
                          [LG_CSV_TARGET] = series->target,
                          [LG_CSV_METRIC] = series->metric,
                          [LG_CSV_UNIT] = series->unit,
                          [LG_CSV_BETTER] = series->less_is_better ? "lower" : "higher",
                          [LG_CSV_SHARE] = series->share ? "yes" : ""}};
}

static void write_value(struct lg_buf *out, const char *night,
                        const struct lg_nightly_series *series,
                        const struct lg_nightly_value *value, const char *missing)
{
    char number[32];
    struct line line = line_about(night, series);
    for (size_t i = 0; i < value->trial_count; i++) {
        line.cell[LG_CSV_VALUE] = show(value->trials[i], number);
        write_line(out, &line);
    }
    if (value->known && value->trial_count == 0) {
        line.cell[LG_CSV_MEDIAN] = show(value->value, number);
        write_line(out, &line);
    } else if (!value->known && *missing != '\0') {
        line.cell[LG_CSV_MISSING] = missing;
        write_line(out, &line);
    }
}

static void write_note(struct lg_buf *out, const struct lg_history_note *note)
{
    char ratio[32], low[32], high[32], pairs[32];
    snprintf(pairs, sizeof pairs, "%zu", note->pairs);
    bool rerun = note->kind == LG_HISTORY_RERUN;
    struct line line = {{[LG_CSV_NIGHT] = note->night,
                         [LG_CSV_SCENARIO] = note->scenario,
                         [LG_CSV_TARGET] = note->target,
                         [LG_CSV_METRIC] = note->metric,
                         [LG_CSV_KIND] = rerun ? "rerun" : "acknowledged",
                         [LG_CSV_GOOD] = note->good,
                         [LG_CSV_VERDICT] = rerun ? lg_nightly_verdict_name(note->verdict) : NULL,
                         [LG_CSV_RATIO] = rerun ? show(note->ratio, ratio) : NULL,
                         [LG_CSV_LOW] = rerun ? show(note->low, low) : NULL,
                         [LG_CSV_HIGH] = rerun ? show(note->high, high) : NULL,
                         [LG_CSV_PAIRS] = rerun ? pairs : NULL,
                         [LG_CSV_AT] = note->at,
                         [LG_CSV_TEXT] = note->text}};
    write_line(out, &line);
}

bool lg_history_export(struct lg_history *h, struct lg_buf *out, const char **why)
{
    struct lg_arena *arena = lg_arena_new();
    struct lg_history_data data;
    bool ok = lg_history_read(h, 0, arena, &data, why);
    for (size_t i = 0; ok && i < LG_CSV_COLUMNS; i++) {
        lg_buf_addf(out, "%s%s", i > 0 ? "," : "", lg_csv_name((enum lg_csv_column)i));
    }
    lg_buf_adds(out, ok ? "\n" : "");
    for (size_t night = 0; ok && night < data.night_count; night++) {
        write_night(out, &data.nights[night]);
        for (size_t s = 0; s < data.in.series_count; s++) {
            const struct lg_nightly_series *series = &data.in.series[s];
            write_value(out, data.nights[night].id, series, &series->nights[night],
                        data.missing[s * data.night_count + night]);
        }
    }
    for (size_t i = 0; ok && i < data.note_count; i++) {
        write_note(out, &data.notes[i]);
    }
    lg_arena_free(arena);
    return ok;
}
