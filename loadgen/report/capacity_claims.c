#include "report/capacity_claims.h"

#include "measure/record.h"
#include "report/markdown.h"
#include "report/plain.h"
#include "report/sheet_build.h"

#include <math.h>

void lg_capacity_claims_text(const struct lg_capacity_page *page, struct lg_buf *out)
{
    struct lg_arena *arena = lg_arena_new();
    if (page->claim_count > 0) {
        lg_buf_adds(out, "\nClaims, as loadgen explain claims has their rules:\n");
    }
    for (size_t i = 0; i < page->claim_count; i++) {
        const struct lg_claim_result *claim = &page->claims[i];
        lg_buf_adds(out, "  ");
        lg_plain_wrap(out,
                      lg_arena_printf(arena, "%s: %s%s%s", lg_sheet_claim_verdict(arena, claim),
                                      lg_sheet_claim(arena, claim),
                                      claim->scope[0] != '\0' ? "; scope: " : "", claim->scope),
                      2, 80);
    }
    lg_arena_free(arena);
}

void lg_capacity_claims_markdown(const struct lg_capacity_page *page, struct lg_buf *out)
{
    struct lg_arena *arena = lg_arena_new();
    if (page->claim_count > 0) {
        lg_buf_adds(out, "\n## Claims\n\nBy their rules, which `loadgen explain claims` has:\n\n");
    }
    for (size_t i = 0; i < page->claim_count; i++) {
        const struct lg_claim_result *claim = &page->claims[i];
        lg_buf_adds(out, "- **");
        lg_report_markdown_text(out, lg_sheet_claim_verdict(arena, claim));
        lg_buf_adds(out, "**: ");
        lg_report_markdown_text(out, lg_sheet_claim(arena, claim));
        if (claim->scope[0] != '\0') {
            lg_buf_adds(out, "; scope: ");
            lg_report_markdown_text(out, claim->scope);
        }
        lg_buf_adds(out, "\n");
    }
    lg_arena_free(arena);
}

static json_t *real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *evidence(const struct lg_claim_result *claim)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < claim->evidence_count; i++) {
        const struct lg_claim_evidence *e = &claim->evidence[i];
        json_array_append_new(rows, json_pack("{s:s, s:s, s:s, s:o, s:o, s:s}", "figure", e->figure,
                                              "a", e->a, "b", e->b, "low", real(e->low), "high",
                                              real(e->high), "finding", e->finding));
    }
    return rows;
}

json_t *lg_capacity_claims_json(const struct lg_capacity_page *page)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < page->claim_count; i++) {
        const struct lg_claim_result *c = &page->claims[i];
        json_array_append_new(rows, json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:o}", "number",
                                              (int)c->number, "id", c->id, "made", c->made,
                                              "verdict", c->verdict, "text", c->text, "scope",
                                              c->scope, "evidence", evidence(c)));
    }
    return rows;
}
