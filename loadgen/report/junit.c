#include "report/junit.h"

#include "report/html_text.h"
#include "report/plain.h"

#include <stdlib.h>

/* Control characters are not allowed in XML 1.0 however they are written (section 2.2); what HTML
 * escapes is what XML does. */
static void text(struct lg_buf *out, const char *raw)
{
    struct lg_buf safe = {0};
    lg_plain_add(&safe, lg_plain_text(raw), SIZE_MAX);
    lg_buf_add(&safe, "", 1);
    lg_html_text(out, safe.p);
    lg_buf_free(&safe);
}

static void attribute(struct lg_buf *out, const char *name, const char *value)
{
    lg_buf_addf(out, " %s=\"", name);
    text(out, value);
    lg_buf_adds(out, "\"");
}

enum verdict { PASSED, FAILED, SKIPPED, BROKEN };

struct suite {
    struct lg_buf cases;
    size_t counts[BROKEN + 1];
};

static void add_case(struct suite *s, const char *class, const char *name, enum verdict verdict,
                     const char *message)
{
    static const char *const elements[] = {NULL, "failure", "skipped", "error"};
    s->counts[verdict]++;
    lg_buf_adds(&s->cases, "  <testcase");
    attribute(&s->cases, "classname", class);
    attribute(&s->cases, "name", name);
    if (verdict == PASSED) {
        lg_buf_adds(&s->cases, "/>\n");
        return;
    }
    lg_buf_addf(&s->cases, "><%s", elements[verdict]);
    attribute(&s->cases, "message", message);
    lg_buf_adds(&s->cases, "/></testcase>\n");
}

static void end_suite(struct suite *s, const char *name, const struct lg_record *record,
                      struct lg_buf *out)
{
    size_t all = s->counts[PASSED] + s->counts[FAILED] + s->counts[SKIPPED] + s->counts[BROKEN];
    lg_buf_addf(out,
                " <testsuite name=\"%s\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" "
                "skipped=\"%zu\"",
                name, all, s->counts[FAILED], s->counts[BROKEN], s->counts[SKIPPED]);
    attribute(out, "timestamp", record->started_at);
    lg_buf_adds(out, ">\n");
    lg_buf_add(out, s->cases.p, s->cases.n);
    lg_buf_adds(out, " </testsuite>\n");
    lg_buf_free(&s->cases);
}

static void add_objectives(const struct lg_record *record, struct suite *s)
{
    static const enum verdict verdicts[] = {[LG_OBJECTIVE_MET] = PASSED,
                                            [LG_OBJECTIVE_MISSED] = FAILED,
                                            [LG_OBJECTIVE_NOT_JUDGED] = SKIPPED};
    for (size_t i = 0; i < record->objective_count; i++) {
        const struct lg_objective_result *o = &record->objectives[i];
        char *class = lg_printf("%s.%s", lg_plain_text(record->name), lg_plain_text(o->target));
        char *message = o->state == LG_OBJECTIVE_MISSED
                            ? lg_printf("observed %s", lg_plain_text(o->observed))
                            : lg_strdup("not judged");
        add_case(s, class, o->text, verdicts[o->state], message);
        free(message);
        free(class);
    }
}

static void add_trial(const struct lg_record *record, const struct lg_target_result *target,
                      const struct lg_trial_result *trial, struct suite *s)
{
    char *class = lg_printf("%s.%s.trial %u", lg_plain_text(record->name),
                            lg_plain_text(target->name), trial->number);
    for (size_t i = 0; i < trial->validity_count; i++) {
        const struct lg_validity *check = &trial->validity[i];
        add_case(s, class, check->id,
                 !check->measured ? SKIPPED
                 : check->met     ? PASSED
                                  : FAILED,
                 check->text);
    }
    if (lg_plain_text(trial->server.ended)[0] != '\0') {
        add_case(s, class, "server stays alive", BROKEN, trial->server.ended);
    }
    free(class);
}

void lg_report_junit(const struct lg_record *record, struct lg_buf *out)
{
    struct suite objectives = {.counts = {0}}, measurement = {.counts = {0}};
    add_objectives(record, &objectives);
    for (size_t t = 0; t < record->target_count; t++) {
        for (size_t i = 0; i < record->targets[t].trial_count; i++) {
            add_trial(record, &record->targets[t], &record->targets[t].trials[i], &measurement);
        }
    }
    lg_buf_adds(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
    attribute(out, "name", record->name);
    lg_buf_adds(out, ">\n");
    end_suite(&objectives, "objectives", record, out);
    end_suite(&measurement, "measurement", record, out);
    lg_buf_adds(out, "</testsuites>\n");
}
