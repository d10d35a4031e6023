#include "report/html.h"

#include "report/html_first.h"
#include "report/html_page.h"
#include "report/html_template.h"
#include "report/html_text.h"
#include "report/pack.h"
#include "report/pages.h"
#include "report/series.h"

/* The record without its timelines: those are fill_series' part. */
static void fill_data(const void *filled, struct lg_buf *out)
{
    const struct lg_html_page *page = filled;
    const struct lg_record *record = page->record;
    struct lg_record brief = *record;
    struct lg_buf json = {0};
    struct lg_arena *arena = lg_arena_new();
    brief.targets = lg_arena_alloc(arena, (record->target_count + 1) * sizeof *brief.targets);
    for (size_t t = 0; t < record->target_count; t++) {
        struct lg_target_result *target = &brief.targets[t];
        *target = record->targets[t];
        target->trials = lg_arena_alloc(arena, (target->trial_count + 1) * sizeof *target->trials);
        for (size_t i = 0; i < target->trial_count; i++) {
            target->trials[i] = record->targets[t].trials[i];
            target->trials[i].timeline_count = 0;
        }
    }
    lg_record_write(&brief, &json);
    lg_report_pack(lg_buf_slice(&json), out);
    lg_buf_free(&json);
    lg_arena_free(arena);
}

static void fill_series(const void *filled, struct lg_buf *out)
{
    const struct lg_html_page *page = filled;
    lg_report_series(page->record, out); /* digits and base64 only */
}

static void fill_title(const void *filled, struct lg_buf *out)
{
    const struct lg_html_page *page = filled;
    lg_html_text(out, page->record->name);
    lg_html_element(out, ": ", page->record->headline, "");
}

static void fill_first(const void *filled, struct lg_buf *out)
{
    const struct lg_html_page *page = filled;
    lg_buf_add(out, page->first.p, page->first.n);
}

static const struct lg_html_place places[] = {{"@title@", fill_title},
                                              {"@first@", fill_first},
                                              {"@data@", fill_data},
                                              {"@series@", fill_series}};

void lg_html_page(const struct lg_html_page *page, struct lg_buf *out)
{
    lg_html_fill(lg_slice(lg_report_page, lg_report_page_bytes), places,
                 sizeof places / sizeof places[0], page, out);
}

void lg_report_html(const struct lg_record *record, struct lg_buf *out)
{
    struct lg_buf first = {0};
    lg_html_first(record, &first);
    lg_html_page(&(struct lg_html_page){record, lg_buf_slice(&first)}, out);
    lg_buf_free(&first);
}
