#include "report/sheet.h"
#include "report/text.h"

#include "golden.h"
#include "support/leak_check.h"
#include "support/sample_record.h"

#include <math.h>

TestSuite(text, .fini = fail_on_leak);

static const struct lg_report_text_options bare = {.folder = "reports/runs/20261120T080000Z-chat"};

static void expect_width(const struct lg_buf *out)
{
    size_t width = 0;
    for (size_t i = 0; i < out->n; i++) {
        bool goes_on = ((unsigned char)out->p[i] & 0xc0) == 0x80;
        width = out->p[i] == '\n' ? 0 : width + !goes_on;
        cr_assert_leq(width, LG_REPORT_TEXT_WIDTH, "near ...%.40s", out->p + (i > 60 ? i - 60 : 0));
    }
}

Test(text, the_sample_run_reads_as_kept)
{
    struct lg_record *record = sample_record();
    struct lg_buf out = {0};
    lg_report_text(record, &bare, &out);
    expect_golden("summary.txt", &out);
    expect_width(&out);
    lg_buf_free(&out);
    lg_record_free(record);
}

Test(text, streams_have_groups_of_their_own)
{
    struct lg_record *record = sample_record();
    struct lg_buf out = {0};
    sample_add_streams(record);
    lg_report_text(record, &bare, &out);
    expect_golden("summary-streams.txt", &out);
    expect_width(&out);
    lg_buf_free(&out);
    lg_record_free(record);
}

Test(text, of_steps_at_once_it_tells_what_failed_in_part)
{
    struct lg_record *record = sample_record();
    struct lg_buf out = {0};
    sample_add_groups(record);
    lg_report_text(record, &bare, &out);
    expect_golden("summary-groups.txt", &out);
    expect_width(&out);
    lg_buf_free(&out);
    lg_record_free(record);
}

Test(text, one_trial_shows_no_range_and_claims_no_interval)
{
    struct lg_record *record = sample_record();
    struct lg_record one = *record;
    struct lg_target_result targets[2] = {record->targets[0], record->targets[1]};
    targets[0].trial_count = targets[1].trial_count = 1;
    one.targets = targets;
    one.quick = true;
    struct lg_buf out = {0};
    lg_report_text(&one, &bare, &out);
    expect_golden("summary-quick.txt", &out);
    lg_buf_free(&out);
    lg_record_free(record);
}

static void only_requests(struct lg_target_result *target)
{
    for (size_t i = 0; i < target->trial_count; i++) {
        struct lg_trial_result *trial = &target->trials[i];
        lg_hist_free(trial->deliveries[0].delivery);
        lg_hist_free(trial->deliveries[0].spread);
        trial->deliveries_count = 0;
        for (size_t k = 0; k < trial->step_count; k++) {
            trial->steps[k].sends_message = false;
            trial->steps[k].bytes_in = trial->steps[k].setup ? 1 << 30 : 3 << 20;
        }
        trial->duration_s = 2;
    }
}

Test(text, how_soon_a_server_is_ready_is_told_where_the_run_is_about_that)
{
    struct lg_record *record = sample_record();
    struct lg_buf out = {0};
    lg_report_text(record, &bare, &out);
    lg_buf_add(&out, "", 1);
    cr_expect_null(strstr(out.p, "ready after"), "%s", out.p);
    lg_buf_clear(&out);
    record->claim = "startup";
    lg_report_text(record, &bare, &out);
    lg_buf_add(&out, "", 1);
    cr_expect_not_null(strstr(out.p, "  ready after                310 ms"), "%s", out.p);
    cr_expect_not_null(strstr(out.p, "  join, p99"), "%s", out.p);
    lg_buf_free(&out);
    lg_record_free(record);
}

Test(text, where_all_that_comes_is_asked_for_the_bytes_received_are_told)
{
    struct lg_record *record = sample_record();
    struct lg_buf out = {0};
    lg_report_text(record, &bare, &out);
    lg_buf_add(&out, "", 1);
    cr_expect_null(strstr(out.p, "received"), "deliveries are counted by themselves");
    lg_buf_clear(&out);
    only_requests(&record->targets[0]);
    only_requests(&record->targets[1]);
    lg_report_text(record, &bare, &out);
    lg_buf_add(&out, "", 1);
    cr_expect_not_null(strstr(out.p, "  received per second      1.50 MiB"), "%s", out.p);
    lg_buf_free(&out);
    lg_record_free(record);
}

Test(text, failures_are_told_by_kind_and_the_rarest_only_counted)
{
    struct lg_record *record = sample_record();
    struct lg_error_count errors[] = {
        {.class = LG_STATUS, .code = 404, .count = 1, .sample = "HTTP 404 \033[2J"},
        {.class = LG_STATUS, .code = 500, .count = 2000, .sample = ""},
        {.class = LG_PROTOCOL, .code = LG_FAULT_SYNTAX, .count = 30, .sample = "x"},
        {.class = LG_PROTOCOL, .code = 9999, .count = 20, .sample = "x"},
    };
    struct lg_record one =
        *record; /* of one target with one trial; what it leaves out stays owned */
    struct lg_target_result target = record->targets[0];
    target.trial_count = one.target_count = 1;
    one.targets = &target;
    target.trials[0].steps[1].errors = errors;
    target.trials[0].steps[1].error_count = 4;
    size_t count = 0;
    const char **lines = lg_sheet_failures(record->arena, &one, 2, &count);
    cr_assert_eq(count, 3);
    cr_expect_str_eq(lines[0], "say: status, 2,000 times");
    cr_expect_str_eq(lines[1], "say: protocol (syntax), 30 times: x");
    cr_expect_str_eq(lines[2], "and 2 other kinds");
    lines = lg_sheet_failures(record->arena, &one, 4, &count);
    cr_assert_eq(count, 4);
    cr_expect_str_eq(lines[3], "say: status, 1 time: HTTP 404 ?[2J");
    lg_record_free(record);
}

Test(text, few_cores_keep_two_digits)
{
    struct lg_arena *arena = lg_arena_new();
    cr_expect_str_eq(lg_sheet_show(arena, LG_SHEET_CORES, 0.0592), "0.059");
    cr_expect_str_eq(lg_sheet_show(arena, LG_SHEET_CORES, 0.184), "0.18");
    cr_expect_str_eq(lg_sheet_show(arena, LG_SHEET_CORES, 1.5), "1.50");
    lg_arena_free(arena);
}

Test(text, a_compared_value_among_the_failures_is_no_number)
{
    struct lg_arena *arena = lg_arena_new();
    cr_expect_str_eq(lg_sheet_in_unit(arena, "ns", INFINITY), "failed");
    cr_expect_str_eq(lg_sheet_in_unit(arena, "us", 1500), "1.50 ms");
    lg_arena_free(arena);
}

Test(text, an_invalid_run_says_so_second_and_marks_its_targets)
{
    static const char *reasons[] = {"django, trial 2: the generator was late, p99 of the schedule "
                                    "lag was 4.1 ms; at most 1 ms is allowed",
                                    "a second reason"};
    struct lg_record *record = sample_record();
    record->valid = false;
    record->invalid_reasons = reasons;
    record->invalid_count = 2;
    record->interrupted = true;
    record->targets[1].trials[1].validity[1].met = false;
    record->targets[1].trials[1].server.ended = "killed by signal 9\nlast words of the server";
    struct lg_buf out = {0};
    lg_report_text(record, &bare, &out);
    expect_golden("summary-invalid.txt", &out);
    expect_width(&out);
    lg_buf_free(&out);
    lg_record_free(record);
}

Test(text, any_number_of_targets_fits_into_80_columns)
{
    struct lg_record *record = sample_record();
    struct lg_target_result targets[9];
    for (size_t i = 0; i < 9; i++) {
        targets[i] = record->targets[i % 2];
        targets[i].name = i % 2 ? "django-on-uvicorn-with-a-rather-long-name" : "node";
    }
    for (size_t n = 0; n <= 9; n++) {
        struct lg_record many = *record;
        struct lg_buf out = {0};
        many.targets = targets;
        many.target_count = n;
        lg_report_text(&many, &bare, &out);
        expect_width(&out);
        if (n == 5) {
            expect_golden("summary-five.txt", &out);
        }
        lg_buf_free(&out);
    }
    lg_record_free(record);
}

static void strip_colour(struct lg_buf *text)
{
    size_t to = 0;
    for (size_t i = 0; i < text->n; i++) {
        if (text->p[i] != '\033') {
            text->p[to++] = text->p[i];
            continue;
        }
        while (text->p[i] != 'm') {
            i++;
        }
    }
    text->n = to;
}

Test(text, colour_changes_nothing_but_colour)
{
    struct lg_record *record = sample_record();
    struct lg_report_text_options coloured = bare;
    struct lg_buf plain = {0}, colour = {0};
    coloured.colour = true;
    lg_report_text(record, &bare, &plain);
    lg_report_text(record, &coloured, &colour);
    cr_expect_null(memchr(plain.p, '\033', plain.n));
    cr_expect_not_null(memchr(colour.p, '\033', colour.n));
    strip_colour(&colour);
    cr_expect(lg_slice_eq(lg_buf_slice(&plain), lg_buf_slice(&colour)));
    lg_buf_free(&plain);
    lg_buf_free(&colour);
    lg_record_free(record);
}

Test(text, outside_text_cannot_drive_the_terminal)
{
    struct lg_record *record = sample_record();
    record->headline = record->notes[0] = record->targets[0].name = "\033]0;owned\007\033[2J";
    record->targets[0].trials[0].steps[1].name = "\033[31m";
    record->objectives[0].text = record->comparisons[0].verdict = "\033[31m";
    struct lg_buf out = {0};
    lg_report_text(record, &bare, &out);
    cr_expect_null(memchr(out.p, '\033', out.n));
    cr_expect_null(memchr(out.p, '\007', out.n));
    lg_buf_free(&out);
    lg_record_free(record);
}

Test(text, an_empty_record_has_a_summary_too)
{
    struct lg_record *record = lg_record_new();
    struct lg_buf out = {0};
    lg_report_text(record, &(struct lg_report_text_options){0}, &out);
    lg_buf_add(&out, "", 1);
    cr_expect_str_eq(out.p, "\nINVALID: do not use these figures\n");
    lg_buf_free(&out);
    lg_record_free(record);
}

Test(text, one_trial_of_each_says_that_it_shows_no_difference_either_way)
{
    struct lg_record *record = sample_record();
    struct lg_record one = *record;
    struct lg_target_result targets[2] = {record->targets[0], record->targets[1]};
    struct lg_buf out = {0};
    for (size_t i = 0; i < one.comparison_count; i++) {
        one.comparisons[i].difference = LG_DIFFERENCE_UNCLEAR;
    }
    lg_report_text(&one, &bare, &out);
    lg_buf_add(&out, "", 1);
    cr_expect_not_null(strstr(out.p, "Comparison: no difference is shown in "));
    lg_buf_clear(&out);
    targets[0].trial_count = targets[1].trial_count = 1;
    one.targets = targets;
    lg_report_text(&one, &bare, &out);
    lg_buf_add(&out, "", 1);
    cr_expect_not_null(strstr(out.p, "Comparison: one trial each shows no difference either way"));
    cr_expect_null(strstr(out.p, "no difference is shown in"));
    lg_buf_free(&out);
    lg_record_free(record);
}
