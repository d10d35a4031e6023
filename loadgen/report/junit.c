#include "report/junit.h"

#include "report/junit_suite.h"
#include "report/plain.h"

#include <stdlib.h>

static void add_objectives(const struct lg_record *record, struct lg_junit_suite *s)
{
    static const enum lg_junit_verdict verdicts[] = {[LG_OBJECTIVE_MET] = LG_JUNIT_PASSED,
                                                     [LG_OBJECTIVE_MISSED] = LG_JUNIT_FAILED,
                                                     [LG_OBJECTIVE_NOT_JUDGED] = LG_JUNIT_SKIPPED};
    for (size_t i = 0; i < record->objective_count; i++) {
        const struct lg_objective_result *o = &record->objectives[i];
        char *class = lg_printf("%s.%s", lg_plain_text(record->name), lg_plain_text(o->target));
        char *message = o->state == LG_OBJECTIVE_MISSED
                            ? lg_printf("observed %s", lg_plain_text(o->observed))
                            : lg_strdup("not judged");
        lg_junit_case(s, class, o->text, verdicts[o->state], message);
        free(message);
        free(class);
    }
}

static void add_trial(const struct lg_record *record, const struct lg_target_result *target,
                      const struct lg_trial_result *trial, struct lg_junit_suite *s)
{
    char *class = lg_printf("%s.%s.trial %u", lg_plain_text(record->name),
                            lg_plain_text(target->name), trial->number);
    for (size_t i = 0; i < trial->validity_count; i++) {
        const struct lg_validity *check = &trial->validity[i];
        lg_junit_case(s, class, check->id,
                      !check->measured ? LG_JUNIT_SKIPPED
                      : check->met     ? LG_JUNIT_PASSED
                                       : LG_JUNIT_FAILED,
                      check->text);
    }
    if (lg_plain_text(trial->server.ended)[0] != '\0') {
        lg_junit_case(s, class, "server stays alive", LG_JUNIT_BROKEN, trial->server.ended);
    }
    free(class);
}

void lg_report_junit(const struct lg_record *record, struct lg_buf *out)
{
    struct lg_junit_suite objectives = {.counts = {0}}, measurement = {.counts = {0}};
    add_objectives(record, &objectives);
    for (size_t t = 0; t < record->target_count; t++) {
        for (size_t i = 0; i < record->targets[t].trial_count; i++) {
            add_trial(record, &record->targets[t], &record->targets[t].trials[i], &measurement);
        }
    }
    lg_junit_begin(record->name, out);
    lg_junit_suite_end(&objectives, "objectives", record->started_at, out);
    lg_junit_suite_end(&measurement, "measurement", record->started_at, out);
    lg_junit_end(out);
}
