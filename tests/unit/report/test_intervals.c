#include "report/intervals.h"

#include "support/leak_check.h"
#include "support/sample_record.h"

#include <criterion/criterion.h>
#include <stdlib.h>

TestSuite(intervals, .fini = fail_on_leak);

static char *written(const struct lg_record *record)
{
    struct lg_buf out = {0};
    lg_report_intervals(record, &out);
    return lg_buf_take(&out);
}

/* The counts of all lines of the tag; *lines of them. */
static uint64_t counted(const char *log, const char *tag, size_t *lines)
{
    struct lg_hist *h = lg_hist_new();
    char *wanted = lg_printf("\nTag=%s,", tag);
    uint64_t total = 0;
    *lines = 0;
    for (const char *at = log; (at = strstr(at, wanted)) != NULL; at++) {
        const char *text = strstr(at, ",HISTF") + 1;
        cr_assert(lg_hist_decode(h, lg_slice(text, strcspn(text, "\n"))));
        total += h->count;
        ++*lines;
    }
    free(wanted);
    lg_hist_free(h);
    return total;
}

Test(intervals, add_up_to_the_measured_seconds_of_every_trial)
{
    struct lg_record *record = sample_record();
    const struct lg_target_result *django = &record->targets[1];
    char *log = written(record);
    uint64_t wanted = 0;
    size_t lines;
    for (size_t i = 0; i < django->trial_count; i++) {
        for (size_t k = 5; k < 20; k++) {
            wanted += django->trials[i].timeline[k].steps[1].completed;
        }
    }
    cr_expect_eq(counted(log, "django.say.response", &lines), wanted);
    cr_expect_eq(lines, 30, "15 seconds of two trials");
    cr_expect_eq(counted(log, "node.join.response", &lines), 0);
    cr_expect_eq(lines, 0, "an empty histogram is no line");
    free(log);
    lg_record_free(record);
}

static double start_of(const char *line)
{
    return strtod(strchr(line, ',') + 1, NULL);
}

Test(intervals, are_in_the_order_of_time_from_the_start_of_the_run)
{
    struct lg_record *record = sample_record();
    char *log = written(record);
    const char *line = strstr(log, "\nTag=");
    double last = start_of(line);
    /* node's first trial began 90 s after the run, and 5 s of warm-up are left out. */
    cr_expect_float_eq(last, 95, 1e-9, "%g", last);
    for (; (line = strstr(line + 1, "\nTag=")) != NULL; last = start_of(line)) {
        cr_assert(start_of(line) >= last);
    }
    free(log);
    lg_record_free(record);
}

Test(intervals, of_times_that_are_none_count_from_zero)
{
    struct lg_record *record = sample_record();
    record->started_at = "yesterday";
    record->targets[0].trials[0].started_at = NULL;
    record->targets[0].trials[0].warmup_s = -3;
    record->targets[0].trials[1].warmup_s = 1e300;
    char *log = written(record);
    cr_expect_not_null(strstr(log, "#[BaseTime: 0.000 "));
    cr_expect_not_null(strstr(log, "\nTag=node.say.response,0.000,1.000,"));
    free(log);
    lg_record_free(record);
}
