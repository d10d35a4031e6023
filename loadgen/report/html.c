#include "report/html.h"

#include "report/html_first.h"
#include "report/html_page.h"
#include "report/html_text.h"
#include "report/series.h"

#include <openssl/evp.h>

/* In JSON "<" occurs in strings only; without it neither "</script" nor "<!--" can occur. */
static void add_json(struct lg_slice json, struct lg_buf *out)
{
    size_t from = 0;
    for (size_t i = 0; i < json.n; i++) {
        if (json.p[i] == '<') {
            lg_buf_add(out, json.p + from, i - from);
            lg_buf_adds(out, "\\u003c");
            from = i + 1;
        }
    }
    lg_buf_add(out, json.p + from, json.n - from);
}

/* The record without its timelines: those are fill_series' part. */
static void fill_record(const struct lg_record *record, struct lg_buf *out)
{
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
    add_json(lg_buf_slice(&json), out);
    lg_buf_free(&json);
    lg_arena_free(arena);
}

static void fill_data(const struct lg_html_page *page, struct lg_buf *out)
{
    if (page->record != NULL) {
        fill_record(page->record, out);
    } else {
        add_json(page->data, out);
    }
}

static void fill_series(const struct lg_html_page *page, struct lg_buf *out)
{
    if (page->record != NULL) {
        lg_report_series(page->record, out); /* digits and base64 only */
    } else {
        lg_buf_adds(out, "[]");
    }
}

static void fill_title(const struct lg_html_page *page, struct lg_buf *out)
{
    const struct lg_record *record = page->record;
    lg_html_text(out, record != NULL ? record->name : page->name);
    lg_html_element(out, ": ", record != NULL ? record->headline : page->headline, "");
}

static void fill_first(const struct lg_html_page *page, struct lg_buf *out)
{
    lg_buf_add(out, page->first.p, page->first.n);
}

/* ---- the page ---- */

/* The page's one script, as the policy names it (CSP level 3, section 2.3.1). */
static void fill_script_hash(const struct lg_html_page *filled, struct lg_buf *out)
{
    static const char open[] = "<script>", close[] = "</script>";
    unsigned char digest[EVP_MAX_MD_SIZE], base64[2 * EVP_MAX_MD_SIZE];
    unsigned bytes = 0;
    (void)filled;
    const char *page = (const char *)lg_report_page;
    const char *from = memmem(page, lg_report_page_bytes, open, sizeof open - 1);
    LG_ASSERT(from != NULL);
    from += sizeof open - 1;
    const char *to =
        memmem(from, lg_report_page_bytes - (size_t)(from - page), close, sizeof close - 1);
    LG_ASSERT(to != NULL);
    LG_ASSERT(EVP_Digest(from, (size_t)(to - from), digest, &bytes, EVP_sha256(), NULL) == 1);
    lg_buf_add(out, base64, (size_t)EVP_EncodeBlock(base64, digest, (int)bytes));
}

static const struct {
    const char *mark;
    void (*fill)(const struct lg_html_page *, struct lg_buf *);
} places[] = {{"@script-hash@", fill_script_hash},
              {"@title@", fill_title},
              {"@first@", fill_first},
              {"@data@", fill_data},
              {"@series@", fill_series}};

void lg_html_page(const struct lg_html_page *page, struct lg_buf *out)
{
    struct lg_slice rest = lg_slice(lg_report_page, lg_report_page_bytes);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        size_t n = strlen(places[i].mark);
        const char *mark = memmem(rest.p, rest.n, places[i].mark, n);
        LG_ASSERT(mark != NULL); /* in the order of the template */
        size_t before = (size_t)(mark - rest.p);
        lg_buf_add(out, rest.p, before);
        places[i].fill(page, out);
        rest = lg_slice(mark + n, rest.n - before - n);
    }
    lg_buf_add(out, rest.p, rest.n);
}

void lg_report_html(const struct lg_record *record, struct lg_buf *out)
{
    struct lg_buf first = {0};
    lg_html_first(record, &first);
    lg_html_page(&(struct lg_html_page){.record = record, .first = lg_buf_slice(&first)}, out);
    lg_buf_free(&first);
}
