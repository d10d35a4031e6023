#include "report/between.h"

#include "report/plain.h"

#include <jansson.h>
#include <math.h>

/* Names and versions hold what files and peers said: any bytes. */
static json_t *text(const char *raw)
{
    json_t *value = json_string(lg_plain_text(raw)); /* NULL if not UTF-8 */
    if (value == NULL) {
        struct lg_buf safe = {0};
        lg_plain_add(&safe, raw, SIZE_MAX);
        value = json_stringn(safe.p, safe.n);
        lg_buf_free(&safe);
    }
    return value;
}

static json_t *real(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static json_t *run(const struct lg_record *record, const char *file)
{
    char hash[LG_SCENARIO_HASH];
    json_t *reasons = json_array();
    lg_scenario_hash(record, hash);
    for (size_t i = 0; i < record->invalid_count; i++) {
        json_array_append_new(reasons, text(record->invalid_reasons[i]));
    }
    return json_pack("{s:o, s:o, s:o, s:b, s:b, s:o, s:s, s:o}", "file", text(file), "name",
                     text(record->name), "started_at", text(record->started_at), "valid",
                     (int)record->valid, "interrupted", (int)record->interrupted, "invalid_reasons",
                     reasons, "scenario_hash", hash, "commit", text(record->environment.commit));
}

static json_t *row(const struct lg_comparison *c)
{
    bool interval = c->high > 0 && isfinite(c->high) && isfinite(c->low);
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:s, s:o}", "metric",
                     text(c->metric), "unit", text(c->unit), "value_a", real(c->value_a), "value_b",
                     real(c->value_b), "ratio", c->ratio > 0 ? real(c->ratio) : json_null(), "ci95",
                     interval ? json_pack("[f,f]", c->low, c->high) : json_null(), "a12",
                     c->a12 >= 0 ? real(c->a12) : json_null(), "trials", (int)c->trials,
                     "difference", lg_difference_name(c->difference), "verdict", text(c->verdict));
}

static json_t *targets(const struct lg_between *between)
{
    json_t *list = json_array();
    for (size_t i = 0; i < between->pair_count; i++) {
        const struct lg_between_pair *pair = &between->pairs[i];
        json_t *rows = json_array();
        for (size_t k = 0; k < pair->row_count; k++) {
            json_array_append_new(rows, row(&pair->rows[k]));
        }
        json_array_append_new(list, json_pack("{s:o, s:o, s:o}", "a", text(pair->a), "b",
                                              text(pair->b), "comparison", rows));
    }
    return list;
}

static json_t *unlike(const struct lg_between *between)
{
    json_t *list = json_array();
    for (size_t i = 0; i < between->unlike_count; i++) {
        const struct lg_unlike *u = &between->unlike[i];
        json_array_append_new(list,
                              json_pack("{s:s, s:o, s:o, s:o}", "kind", lg_unlike_name(u->kind),
                                        "what", text(u->what), "a", text(u->a), "b", text(u->b)));
    }
    return list;
}

static json_t *notes(const struct lg_between *between)
{
    json_t *list = json_array();
    for (size_t i = 0; i < between->note_count; i++) {
        json_array_append_new(list, text(between->notes[i]));
    }
    return list;
}

static int add_bytes(const char *p, size_t n, void *out)
{
    lg_buf_add(out, p, n);
    return 0;
}

void lg_report_between_json(const struct lg_report_between *report, struct lg_buf *out)
{
    const struct lg_between *b = report->between;
    json_t *root =
        json_pack("{s:s, s:b, s:b, s:i, s:i, s:i, s:o, s:o, s:o, s:o, s:o}", "schema",
                  LG_REPORT_COMPARE_SCHEMA, "valid", (int)b->valid, "forced", (int)report->forced,
                  "worse", (int)b->worse, "better", (int)b->better, "unclear", (int)b->unclear, "a",
                  run(b->a, report->file_a), "b", run(b->b, report->file_b), "unlike", unlike(b),
                  "targets", targets(b), "notes", notes(b));
    LG_ASSERT(root != NULL);
    json_dump_callback(root, add_bytes, out, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
    lg_buf_adds(out, "\n");
    json_decref(root);
}
