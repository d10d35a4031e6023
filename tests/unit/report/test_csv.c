#include "report/csv.h"

#include "golden.h"
#include "support/leak_check.h"
#include "support/sample_record.h"

TestSuite(csv, .fini = fail_on_leak);

typedef void writer(const struct lg_record *, struct lg_buf *);

static char *written(writer *write, const struct lg_record *record)
{
    struct lg_buf out = {0};
    write(record, &out);
    return lg_buf_take(&out);
}

Test(csv, the_sample_run_reads_as_kept)
{
    struct lg_record *record = sample_record();
    struct lg_buf steps = {0}, timeline = {0};
    lg_report_steps_csv(record, &steps);
    lg_report_timeline_csv(record, &timeline);
    expect_golden("steps.csv", &steps);
    expect_golden("timeline.csv", &timeline);
    lg_buf_free(&steps);
    lg_buf_free(&timeline);
    lg_record_free(record);
}

Test(csv, streams_read_as_kept)
{
    struct lg_record *record = sample_record();
    struct lg_buf streams = {0};
    sample_add_streams(record);
    lg_report_streams_csv(record, &streams);
    expect_golden("streams.csv", &streams);
    lg_buf_free(&streams);
    lg_record_free(record);
}

Test(csv, steps_at_once_have_columns_of_their_own)
{
    static const char *const ends[] = {
        "django,2,step,page,response_time,980,20,", ",,,,,,,,,18,28,0,0\r\n",
        "django,2,step,page,service_time,980,20,",  ",,,,,,,,,,,,\r\n",
        "django,2,step,feed,response_time,980,20,", ",,,,,,,page,735,,,0,0\r\n",
        "django,2,step,say,response_time,1494,6,",  ",,,,,,,,,,,255474,216000\r\n",
    };
    struct lg_record *record = sample_record();
    sample_add_groups(record);
    char *text = written(lg_report_steps_csv, record);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i += 2) {
        char *row = strstr(text, ends[i]), *end = row ? strstr(row, "\r\n") : NULL;
        cr_assert_not_null(end, "no row %s", ends[i]);
        size_t n = strlen(ends[i + 1]);
        cr_expect_eq(strncmp(end + 2 - n, ends[i + 1], n), 0, "%.*s", (int)(end - row), row);
    }
    free(text);
    lg_record_free(record);
}

static size_t fields(const char *line)
{
    size_t n = 1;
    bool quoted = false;
    for (; *line; line++) {
        quoted ^= *line == '"';
        n += *line == ',' && !quoted;
    }
    return n;
}

Test(csv, every_row_has_as_many_fields_as_the_header)
{
    static writer *const writers[] = {lg_report_steps_csv, lg_report_timeline_csv,
                                      lg_report_streams_csv};
    struct lg_record *record = sample_record();
    sample_add_streams(record);
    sample_add_groups(record);
    record->targets[0].trials[0].steps[1].name = "say, \"twice\"";
    for (size_t i = 0; i < sizeof writers / sizeof *writers; i++) {
        char *text = written(writers[i], record), *rest = text;
        size_t want = 0, rows = 0;
        for (char *line; (line = strsep(&rest, "\n")) != NULL && *line;) {
            want = rows++ == 0 ? fields(line) : want;
            cr_assert_eq(fields(line), want, "%zu of %zu fields: %s", fields(line), want, line);
        }
        cr_expect_gt(rows, writers[i] == lg_report_streams_csv ? 8 : 40);
        free(text);
    }
    lg_record_free(record);
}

Test(csv, a_name_cannot_become_a_formula)
{
    struct lg_record *record = sample_record();
    record->targets[0].name = "=HYPERLINK(\"http://a\")";
    char *text = written(lg_report_steps_csv, record);
    cr_expect_not_null(strstr(text, "\r\n\"'=HYPERLINK(\"\"http://a\"\")\",1,"));
    cr_expect_null(strstr(text, "\n="));
    free(text);
    lg_record_free(record);
}
