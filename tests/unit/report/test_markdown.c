#include "report/markdown.h"

#include "golden.h"
#include "support/leak_check.h"
#include "support/sample_record.h"

TestSuite(markdown, .fini = fail_on_leak);

Test(markdown, the_sample_run_reads_as_kept)
{
    struct lg_record *record = sample_record();
    struct lg_buf out = {0};
    lg_report_markdown(record, &out);
    expect_golden("summary.md", &out);
    lg_buf_free(&out);
    lg_record_free(record);
}

static char *with_groups(struct lg_record *record)
{
    struct lg_buf out = {0};
    lg_report_markdown(record, &out);
    return lg_buf_take(&out);
}

Test(markdown, steps_at_once_are_told_by_who_was_slowest_and_how_they_fail)
{
    static const char *const rows[] = {
        "| page: steps at once, slowest: style | 0 % | 0 % |\n",
        "| page: steps at once, slowest: image | 25 % | 25 % |\n",
        "| page: steps at once, slowest: feed | 75 % | 75 % |\n",
        "| page: steps at once, failed | 0 | 40 |\n",
        "| page: steps at once, failed, in part | 0 | **36** |\n",
        "| page: steps at once, failed, timeout first | 0 | 28 |\n",
        "| page: steps at once, steps failed | 0 | 56 |\n",
    };
    struct lg_record *record = sample_record();
    sample_add_groups(record);
    char *text = with_groups(record);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect_not_null(strstr(text, rows[i]), "%s in %s", rows[i], text);
    }
    free(text);
    lg_record_free(record);
}

/* Its count is over both, and the record cannot tell them apart. */
Test(markdown, a_step_of_two_groups_has_no_share_of_either)
{
    struct lg_record *record = sample_record();
    sample_add_groups(record);
    for (size_t t = 0; t < record->target_count; t++) {
        for (size_t i = 0; i < record->targets[t].trial_count; i++) {
            struct lg_trial_result *trial = &record->targets[t].trials[i];
            trial->steps[trial->step_count - 1].slowest += 7;
        }
    }
    char *text = with_groups(record);
    cr_expect_not_null(strstr(text, "page: steps at once, failed |"));
    cr_expect_null(strstr(text, "slowest:"));
    free(text);
    lg_record_free(record);
}

Test(markdown, outside_text_stays_text)
{
    struct lg_record *record = sample_record();
    record->headline = "# [x](http://a) <img src=x> | `code` @everyone *bold*\n## two";
    record->targets[0].name = "a|b";
    struct lg_buf out = {0};
    lg_report_markdown(record, &out);
    char *text = lg_buf_take(&out);
    cr_expect_not_null(strstr(text, "### \\# \\[x\\](http://a) &lt;img src=x> \\| \\`code\\` "
                                    "@&#8203;everyone \\*bold\\* \\#\\# two\n"));
    cr_expect_not_null(strstr(text, "| a\\|b |"));
    free(text);
    lg_record_free(record);
}

Test(markdown, every_row_of_the_table_has_a_cell_for_each_target)
{
    struct lg_record *record = sample_record();
    struct lg_buf out = {0};
    lg_report_markdown(record, &out);
    char *text = lg_buf_take(&out), *rest = text;
    size_t rows = 0;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        size_t bars = 0;
        for (char *c = line; *c; c++) {
            bars += *c == '|' && (c == line || c[-1] != '\\');
        }
        rows += bars > 0;
        cr_expect(bars == 0 || bars == 4 || bars == 5, "%zu bars in %s", bars, line);
    }
    cr_expect_gt(rows, 20);
    free(text);
    lg_record_free(record);
}
