#include "selftest/selftest.h"

#include "base/units.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- for people ---- */

static const char *value_text(char *out, enum lg_selftest_unit unit, double value)
{
    if (isnan(value)) {
        return strcpy(out, "-");
    }
    if (unit == LG_SELFTEST_NS) {
        return lg_show_time(out, value);
    }
    if (unit == LG_SELFTEST_COUNT) {
        return lg_show_count(out, value);
    }
    snprintf(out, LG_UNIT_TEXT, "%.3g", value);
    return out;
}

static void accepted_text(char *out, size_t n, const struct lg_selftest_row *row)
{
    char low[LG_UNIT_TEXT], high[LG_UNIT_TEXT];
    value_text(low, row->unit, row->low);
    value_text(high, row->unit, row->high);
    if (isnan(row->low) || isnan(row->high)) {
        snprintf(out, n, "no range");
    } else if (row->low == row->high) {
        snprintf(out, n, "exactly that");
    } else if (row->low <= 0) {
        snprintf(out, n, "to %s", high);
    } else {
        snprintf(out, n, "%s to %s", low, high);
    }
}

static void add_row(const struct lg_selftest_row *row, bool colour, struct lg_buf *out)
{
    char expected[LG_UNIT_TEXT], measured[LG_UNIT_TEXT], accepted[3 * LG_UNIT_TEXT];
    const char *on = !colour ? "" : row->passed ? "\033[32m" : "\033[1;31m";
    accepted_text(accepted, sizeof accepted, row);
    lg_buf_addf(out, "  %-51s %9s   %-18s %9s   %s%s%s\n", row->what,
                value_text(expected, row->unit, row->expected), accepted,
                value_text(measured, row->unit, row->measured), on, row->passed ? "ok" : "FAILED",
                colour ? "\033[0m" : "");
}

static void add_failures(const struct lg_selftest *selftest, struct lg_buf *out)
{
    for (size_t i = 0; i < selftest->row_count; i++) {
        const struct lg_selftest_row *row = &selftest->rows[i];
        char measured[LG_UNIT_TEXT], accepted[3 * LG_UNIT_TEXT];
        if (!row->passed) {
            accepted_text(accepted, sizeof accepted, row);
            lg_buf_addf(out, "  - %s: %s, accepted: %s (%s)\n", row->what + strspn(row->what, " "),
                        value_text(measured, row->unit, row->measured), accepted, row->how);
        }
    }
    if (selftest->machine != NULL) {
        lg_buf_addf(out, "  - %s\n", selftest->machine);
    }
}

static void add_figures(const struct lg_calibration *c, struct lg_buf *out)
{
    char a[LG_UNIT_TEXT], b[LG_UNIT_TEXT];
    lg_buf_addf(out, "\n%s, %u cores, %s\n", c->cpu, c->cores, c->kernel);
    lg_buf_addf(out,
                "  accuracy floor   %s at the median, %s at p99 (what is added to a known delay)\n",
                lg_show_time(a, c->floor_p50_ns), lg_show_time(b, c->floor_p99_ns));
    lg_buf_addf(out, "  sends late       %s at the median, %s at p99\n",
                lg_show_time(a, c->lateness_p50_ns), lg_show_time(b, c->lateness_p99_ns));
    lg_buf_addf(out, "  highest rate     %s on one thread, closed loop, %.3g us of its CPU each\n",
                lg_show_rate(a, c->rate_per_s), c->cpu_us_per_exchange);
    lg_buf_addf(out, "  one clock reading %s\n", lg_show_time(a, c->clock_read_ns));
}

static void add_verdict(const struct lg_selftest *selftest, struct lg_buf *out)
{
    size_t failed = 0;
    for (size_t i = 0; i < selftest->row_count; i++) {
        failed += !selftest->rows[i].passed;
    }
    if (selftest->trouble != NULL) {
        lg_buf_addf(out, "\nThe self-test could not be finished: %s\n", selftest->trouble);
    } else if (selftest->interrupted) {
        lg_buf_adds(out, "\nThe self-test was interrupted.\n");
    } else if (failed == 0) {
        lg_buf_addf(out,
                    "\nAll %zu checks passed: figures from this machine can be trusted above "
                    "its accuracy floor.\n",
                    selftest->row_count);
    }
    if (failed > 0) {
        lg_buf_addf(out,
                    "\n%zu of %zu checks failed: this machine is too busy or too inaccurate "
                    "now, or loadgen is wrong.  No calibration is kept of it.\n",
                    failed, selftest->row_count);
        add_failures(selftest, out);
    }
}

void lg_selftest_text(const struct lg_selftest *selftest, bool colour, struct lg_buf *out)
{
    lg_buf_addf(out, "  %-51s %9s   %-18s %9s\n", "check", "expected", "accepted", "measured");
    for (size_t i = 0; i < selftest->row_count; i++) {
        add_row(&selftest->rows[i], colour, out);
    }
    if (selftest->trouble == NULL && !selftest->interrupted) {
        add_figures(&selftest->calibration, out);
    }
    add_verdict(selftest, out);
}

/* ---- for programs ---- */

static json_t *real_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *row_json(const struct lg_selftest_row *row)
{
    static const char *const units[] = {"ns", "count", "number"};
    json_t *object = json_object();
    json_object_set_new(object, "id", json_string(row->id));
    json_object_set_new(object, "what", json_string(row->what + strspn(row->what, " ")));
    json_object_set_new(object, "unit", json_string(units[row->unit]));
    json_object_set_new(object, "expected", real_or_null(row->expected));
    json_object_set_new(object, "low", real_or_null(row->low));
    json_object_set_new(object, "high", real_or_null(row->high));
    json_object_set_new(object, "measured", real_or_null(row->measured));
    json_object_set_new(object, "passed", json_boolean(row->passed));
    json_object_set_new(object, "how", json_string(row->how));
    return object;
}

static json_t *calibration_json(const struct lg_selftest *selftest)
{
    struct lg_buf text = {0};
    if (selftest->trouble != NULL || selftest->interrupted) {
        return json_null();
    }
    lg_calibration_write_one(&selftest->calibration, &text);
    json_t *object = json_loadb(text.p, text.n, 0, NULL);
    lg_buf_free(&text);
    return object;
}

static json_t *text_or_null(const char *text)
{
    return text != NULL ? json_string(text) : json_null();
}

void lg_selftest_json(const struct lg_selftest *selftest, struct lg_buf *out)
{
    json_t *root = json_object(), *rows = json_array();
    for (size_t i = 0; i < selftest->row_count; i++) {
        json_array_append_new(rows, row_json(&selftest->rows[i]));
    }
    json_object_set_new(root, "schema", json_string("loadgen.selftest/1"));
    json_object_set_new(root, "passed", json_boolean(lg_selftest_passed(selftest)));
    json_object_set_new(root, "interrupted", json_boolean(selftest->interrupted));
    json_object_set_new(root, "trouble", text_or_null(selftest->trouble));
    json_object_set_new(root, "machine", text_or_null(selftest->machine));
    json_object_set_new(root, "checks", rows);
    json_object_set_new(root, "calibration", calibration_json(selftest));
    char *text = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(12));
    LG_ASSERT(text != NULL);
    lg_buf_adds(out, text);
    lg_buf_adds(out, "\n");
    free(text);
    json_decref(root);
}
