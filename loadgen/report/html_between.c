#include "report/between_text.h"
#include "report/html_compare.h"
#include "report/html_page.h"
#include "report/html_text.h"
#include "report/plain.h"

/* ---- the first screen ---- */

static void item(struct lg_buf *out, const char *class, const char *word, const char *text)
{
    lg_buf_addf(out, "<div class=\"verdict %s\"><p><strong>%s</strong> ", class, word);
    lg_html_element(out, "", text, "</p></div>\n");
}

static void caveats(const struct lg_report_between *report, struct lg_arena *arena,
                    struct lg_buf *out)
{
    const struct lg_between *between = report->between;
    for (const char **why = lg_between_reasons(arena, between); *why != NULL; why++) {
        item(out, "bad", "INVALID", *why);
    }
    for (size_t i = 0; i < between->unlike_count; i++) {
        item(out, "bad", report->forced ? "UNLIKE (--force)" : "UNLIKE",
             lg_between_unlike(arena, between, &between->unlike[i]));
    }
}

static void sides(const struct lg_report_between *reports, size_t count, struct lg_arena *arena,
                  struct lg_buf *out)
{
    const struct lg_report_between *first = &reports[0];
    lg_buf_adds(out, "<dl>");
    lg_html_element(out, "<dt>A</dt><dd>", lg_between_side(arena, first->between->a, first->file_a),
                    "</dd>");
    for (size_t i = 0; i < count; i++) {
        lg_html_element(out, "<dt>", reports[i].between->letter, "</dt>");
        lg_html_element(out, "<dd>",
                        lg_between_side(arena, reports[i].between->b, reports[i].file_b), "</dd>");
    }
    lg_buf_adds(out, "</dl>\n");
}

static void pairs(const struct lg_between *between, struct lg_arena *arena, struct lg_buf *out)
{
    for (size_t i = 0; i < between->pair_count; i++) {
        const struct lg_between_pair *pair = &between->pairs[i];
        lg_html_element(out, "<h3>", lg_between_pair_title(arena, between, pair), "</h3>\n");
        lg_html_comparisons(pair->rows, pair->row_count, arena, out);
    }
}

static void notes(const struct lg_between *between, struct lg_buf *out)
{
    lg_buf_adds(out, "<ul>");
    for (size_t i = 0; i < between->note_count; i++) {
        lg_html_element(out, "<li>", between->notes[i], "</li>\n");
    }
    lg_buf_adds(out, "</ul>\n");
}

static void first_screen(const struct lg_report_between *reports, size_t count,
                         struct lg_arena *arena, struct lg_buf *out)
{
    lg_buf_adds(out, "<p class=\"facts\" id=\"compared\"><span>comparison of runs</span></p>\n");
    lg_html_element(out, "<h1 id=\"headline\" class=\"long\">",
                    lg_between_headline(arena, reports[0].between), "</h1>\n");
    sides(reports, count, arena, out);
    for (size_t i = 0; i < count; i++) {
        const struct lg_between *between = reports[i].between;
        const char *id = i == 0 ? "figures" : lg_arena_printf(arena, "figures-%s", between->letter);
        lg_buf_addf(out, "<section aria-labelledby=\"%s\"><h2 id=\"%s\">", id, id);
        lg_html_element(out, "", i == 0 ? "Compared" : lg_between_headline(arena, between),
                        "</h2>\n");
        caveats(&reports[i], arena, out);
        pairs(between, arena, out);
        notes(between, out);
        lg_buf_adds(out, "</section>\n");
    }
}

/* ---- what the charts are drawn from ---- */

static const struct lg_target_result *target_of(const struct lg_record *record, const char *name)
{
    for (size_t i = 0; i < record->target_count; i++) {
        if (strcmp(lg_plain_text(record->targets[i].name), lg_plain_text(name)) == 0) {
            return &record->targets[i];
        }
    }
    return NULL;
}

static void add_target(struct lg_record *joined, const struct lg_record *from, const char *name,
                       const char *letter, struct lg_arena *arena)
{
    const struct lg_target_result *target = target_of(from, name);
    if (target != NULL) {
        struct lg_target_result *copy = LG_ARENA_PUSH(arena, joined->targets, joined->target_count);
        *copy = *target;
        copy->name = lg_arena_printf(arena, "%s %s", letter, lg_plain_text(name));
    }
}

/* Every pair's targets side by side, as if they were of one run. */
static void join(const struct lg_report_between *reports, size_t count, struct lg_arena *arena,
                 struct lg_record *joined)
{
    const struct lg_between *first = reports[0].between;
    joined->name = "comparison";
    joined->headline = lg_between_headline(arena, first);
    for (size_t i = 0; i < first->pair_count; i++) {
        add_target(joined, first->a, first->pairs[i].a, "A", arena);
        for (size_t k = 0; k < count; k++) {
            const struct lg_between *between = reports[k].between;
            for (size_t p = 0; p < between->pair_count; p++) {
                if (strcmp(between->pairs[p].a, first->pairs[i].a) == 0) {
                    add_target(joined, between->b, between->pairs[p].b, between->letter, arena);
                }
            }
        }
    }
}

void lg_report_between_html(const struct lg_report_between *reports, size_t count,
                            struct lg_buf *out)
{
    struct lg_arena *arena = lg_arena_new();
    struct lg_record joined = {.arena = arena};
    struct lg_buf first = {0};
    first_screen(reports, count, arena, &first);
    join(reports, count, arena, &joined);
    lg_html_page(&(struct lg_html_page){&joined, lg_buf_slice(&first)}, out);
    lg_buf_free(&first);
    lg_arena_free(arena);
}
