#include "measure/hlog.h"

#include "support/leak_check.h"

#include <criterion/criterion.h>
#include <stdlib.h>

TestSuite(hlog, .fini = fail_on_leak);

Test(hlog, begins_with_version_times_and_legend)
{
    struct lg_buf out = {0};
    lg_hlog_begin(&out, 1763625600 * LG_S + 123456789);
    char *text = lg_buf_take(&out);
    cr_expect_str_eq(text, "#[Histogram log format version 1.3]\n"
                           "#[StartTime: 1763625600.123 (seconds since epoch), "
                           "2025-11-20T08:00:00Z]\n"
                           "#[BaseTime: 1763625600.123 (seconds since epoch)]\n"
                           "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
                           "\"Interval_Compressed_Histogram\"\n");
    free(text);
}

Test(hlog, has_one_line_per_interval_and_tag)
{
    static const struct {
        const char *what, *tag;
        lg_ns start, length, max;
        const char *histogram, *line;
    } rows[] = {
        {"tagged", "say.response", LG_S, LG_S, 1234567, "HISTFx",
         "Tag=say.response,1.000,1.000,1.234567,HISTFx\n"},
        {"untagged", "", 0, 999600000, 0, "HISTFx", "0.000,1.000,0.000000,HISTFx\n"},
        {"no value", "a", 0, LG_S, -1, "HISTFx", "Tag=a,0.000,1.000,0.000000,HISTFx\n"},
        {"a hostile tag", "a, b\nc\x7f\t", 0, LG_S, 5, "HISTFx",
         "Tag=a__b_c__,0.000,1.000,0.000005,HISTFx\n"},
        {"no histogram", "a", 0, LG_S, 5, "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lg_buf out = {0};
        lg_hlog_add(&out, rows[i].tag, rows[i].start, rows[i].length, rows[i].max,
                    lg_str(rows[i].histogram));
        char *text = lg_buf_take(&out);
        cr_expect_str_eq(text, rows[i].line, "%s", rows[i].what);
        free(text);
    }
}
