#include "report/annotations.h"
#include "report/junit.h"

#include "golden.h"
#include "support/leak_check.h"
#include "support/sample_record.h"

TestSuite(junit, .fini = fail_on_leak);

static char *junit_of(const struct lg_record *record)
{
    struct lg_buf out = {0};
    lg_report_junit(record, &out);
    return lg_buf_take(&out);
}

Test(junit, the_sample_run_reads_as_kept)
{
    struct lg_record *record = sample_record();
    struct lg_buf out = {0};
    lg_report_junit(record, &out);
    expect_golden("junit.xml", &out);
    lg_buf_free(&out);
    lg_record_free(record);
}

Test(junit, a_breach_fails_and_a_death_is_an_error)
{
    struct lg_record *record = sample_record();
    struct lg_trial_result *trial = &record->targets[1].trials[0];
    trial->validity[0].met = false;
    trial->validity[1].measured = false;
    trial->server.ended = "killed by <signal> 9\x01\n\"last words\" & \xff";
    char *text = junit_of(record);
    cr_expect_not_null(strstr(text, "<testsuite name=\"measurement\" tests=\"9\" failures=\"1\" "
                                    "errors=\"1\" skipped=\"1\""));
    cr_expect_not_null(strstr(text, "<error message=\"killed by &lt;signal&gt; 9? &quot;last "
                                    "words&quot; &amp; ?\"/>"));
    free(text);
    lg_record_free(record);
}

static char *annotations_of(const struct lg_record *record)
{
    struct lg_buf out = {0};
    lg_report_annotations(record, &out);
    return lg_buf_take(&out);
}

Test(junit, a_missed_objective_is_annotated_where_it_is_written)
{
    struct lg_record *record = sample_record();
    char *text = annotations_of(record);
    cr_expect_str_eq(text, "::error file=scenarios/chat.ini,line=42,title=objective missed::"
                           "django: heard.delivery lost == 0; observed 6 lost\n"
                           "::notice file=scenarios/chat.ini,title=chat::"
                           "django misses an objective: 6 deliveries were lost\n");
    free(text);
    lg_record_free(record);
}

Test(junit, an_annotation_cannot_become_another_command)
{
    struct lg_record *record = sample_record();
    record->objectives[1].file = "a,b:c%.ini";
    record->headline = "100 %\r\n::error::forged";
    record->valid = false;
    *LG_ARENA_PUSH(record->arena, record->invalid_reasons, record->invalid_count) = "too late";
    char *text = annotations_of(record);
    cr_expect_not_null(strstr(text, "::error file=a%2Cb%3Ac%25.ini,line=42,"));
    cr_expect_not_null(strstr(text, "::100 %25  ::error::forged\n"), "%s", text);
    cr_expect_not_null(strstr(text, ",title=measurement not valid::too late\n"));
    free(text);
    lg_record_free(record);
}
