#include "report/metrics.h"
#include "report/openmetrics.h"

#include "golden.h"
#include "support/leak_check.h"
#include "support/sample_record.h"

#include <math.h>

TestSuite(openmetrics, .fini = fail_on_leak);

Test(openmetrics, the_sample_run_reads_as_kept)
{
    struct lg_record *record = sample_record();
    struct lg_buf out = {0};
    lg_report_openmetrics(record, &out);
    expect_golden("openmetrics.txt", &out);
    lg_buf_free(&out);
    lg_record_free(record);
}

static char *counter(bool openmetrics, const char *value)
{
    struct lg_buf out = {0};
    struct lg_metrics m = {.out = &out, .openmetrics = openmetrics};
    const struct lg_metric_label labels[] = {{"step", value}, {"empty", ""}, {"none", NULL}};
    lg_metrics_family(&m, "x", LG_METRIC_COUNTER, "Help.");
    lg_metrics_add(&m, "", labels, 3, 2);
    lg_metrics_end(&m);
    return lg_buf_take(&out);
}

Test(openmetrics, a_counter_is_named_as_each_format_wants_it)
{
    char *open = counter(true, "a"), *classic = counter(false, "a");
    cr_expect_str_eq(open, "# HELP x Help.\n# TYPE x counter\nx_total{step=\"a\"} 2\n# EOF\n");
    cr_expect_str_eq(classic, "# HELP x_total Help.\n# TYPE x_total counter\n"
                              "x_total{step=\"a\"} 2\n");
    free(open);
    free(classic);
}

Test(openmetrics, text_from_outside_stays_inside_its_quotes)
{
    char *text = counter(true, "a\"} 1\nb\\ \xff");
    cr_expect_not_null(strstr(text, "\nx_total{step=\"a\\\"} 1 b\\\\ ?\"} 2\n"), "%s", text);
    free(text);
}

Test(openmetrics, what_is_not_finite_has_its_name)
{
    static const double values[] = {INFINITY, -INFINITY, NAN};
    struct lg_buf out = {0};
    struct lg_metrics m = {.out = &out};
    lg_metrics_family(&m, "x", LG_METRIC_GAUGE, "Help.");
    for (size_t i = 0; i < 3; i++) {
        lg_metrics_add(&m, "", NULL, 0, values[i]);
    }
    char *text = lg_buf_take(&out);
    cr_expect_not_null(strstr(text, "\nx +Inf\nx -Inf\nx NaN\n"), "%s", text);
    free(text);
}

Test(openmetrics, a_quantile_among_the_failures_is_infinite)
{
    struct lg_record *record = sample_record();
    struct lg_step_result *say = &record->targets[0].trials[0].steps[1];
    say->outcomes[LG_TIMEOUT] = say->outcomes[LG_OK];
    say->count += say->outcomes[LG_TIMEOUT];
    struct lg_buf out = {0};
    lg_report_openmetrics(record, &out);
    char *text = lg_buf_take(&out);
    cr_expect_not_null(strstr(text, "loadgen_response_time_seconds{scenario=\"chat\",target="
                                    "\"node\",trial=\"1\",step=\"say\",quantile=\"0.9\"} +Inf\n"));
    free(text);
    lg_record_free(record);
}
