#include "report/annotations.h"

#include "report/plain.h"
#include "report/sheet.h"

#include <stdlib.h>

/* As the runner's own toolkit writes them: % and line ends everywhere, : and , in properties. */
static void escaped(struct lg_buf *out, const char *raw, const char *special)
{
    struct lg_buf safe = {0};
    lg_plain_add(&safe, lg_plain_text(raw), SIZE_MAX);
    for (size_t i = 0; i < safe.n; i++) {
        if (strchr(special, safe.p[i]) != NULL) {
            lg_buf_addf(out, "%%%02X", (unsigned char)safe.p[i]);
        } else {
            lg_buf_add(out, &safe.p[i], 1);
        }
    }
    lg_buf_free(&safe);
}

void lg_report_annotate(struct lg_buf *out, const char *level, const char *file, unsigned line,
                        const char *title, const char *message)
{
    lg_buf_addf(out, "::%s ", level);
    if (lg_plain_text(file)[0] != '\0') {
        lg_buf_adds(out, "file=");
        escaped(out, file, "%:,");
        if (line > 0) {
            lg_buf_addf(out, ",line=%u", line);
        }
        lg_buf_adds(out, ",");
    }
    lg_buf_adds(out, "title=");
    escaped(out, title, "%:,");
    lg_buf_adds(out, "::");
    escaped(out, message, "%");
    lg_buf_adds(out, "\n");
}

static void missed(const struct lg_record *record, const struct lg_objective_result *o,
                   struct lg_buf *out)
{
    bool placed = lg_plain_text(o->file)[0] != '\0';
    char *message = lg_printf("%s: %s; observed %s", lg_plain_text(o->target),
                              lg_plain_text(o->text), lg_plain_text(o->observed));
    lg_report_annotate(out, "error", placed ? o->file : record->file, placed ? o->line : 0,
                       "objective missed", message);
    free(message);
}

void lg_report_annotations(const struct lg_record *record, struct lg_buf *out)
{
    struct lg_arena *arena = lg_arena_new();
    size_t deaths = 0;
    const char **lines = lg_sheet_deaths(arena, record, &deaths);
    for (size_t i = 0; i < record->objective_count; i++) {
        if (record->objectives[i].state == LG_OBJECTIVE_MISSED) {
            missed(record, &record->objectives[i], out);
        }
    }
    for (size_t i = 0; i < deaths; i++) {
        lg_report_annotate(out, "error", record->file, 0, "server died", lines[i]);
    }
    for (size_t i = 0; !record->valid && i < record->invalid_count; i++) {
        lg_report_annotate(out, "error", record->file, 0, "measurement not valid",
                           record->invalid_reasons[i]);
    }
    lg_report_annotate(out, "notice", record->file, 0, lg_plain_text(record->name),
                       record->headline);
    lg_arena_free(arena);
}
