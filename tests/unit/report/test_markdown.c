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
