/* Every report of records that are not as one would like them. */
#include "report/annotations.h"
#include "report/csv.h"
#include "report/html.h"
#include "report/intervals.h"
#include "report/junit.h"
#include "report/markdown.h"
#include "report/openmetrics.h"
#include "report/text.h"

#include "support/leak_check.h"
#include "support/sample_record.h"

#include <criterion/criterion.h>
#include <math.h>

TestSuite(reports, .fini = fail_on_leak);

static void text_report(const struct lg_record *record, struct lg_buf *out)
{
    lg_report_text(record, &(struct lg_report_text_options){.colour = true}, out);
}

static void expect_all_written(const struct lg_record *record)
{
    static void (*const reports[])(const struct lg_record *, struct lg_buf *) = {
        text_report,           lg_report_html,         lg_report_markdown,
        lg_report_steps_csv,   lg_report_timeline_csv, lg_report_intervals,
        lg_report_openmetrics, lg_report_junit,        lg_report_annotations};
    for (size_t i = 0; i < sizeof reports / sizeof *reports; i++) {
        struct lg_buf out = {0};
        reports[i](record, &out);
        cr_expect_gt(out.n, 20, "report %zu", i);
        lg_buf_free(&out);
    }
}

/* One of everything, and nothing known of any of it: no text, no histogram, no number. */
static struct lg_record *hollow_record(double unknown)
{
    struct lg_record *record = lg_record_new();
    struct lg_arena *arena = record->arena;
    struct lg_target_result *target = LG_ARENA_PUSH(arena, record->targets, record->target_count);
    struct lg_trial_result *trial = LG_ARENA_PUSH(arena, target->trials, target->trial_count);
    LG_ARENA_PUSH(arena, trial->validity, trial->validity_count);
    LG_ARENA_PUSH(arena, trial->users, trial->users_count)->offered_per_s = unknown;
    struct lg_step_result *step = LG_ARENA_PUSH(arena, trial->steps, trial->step_count);
    LG_ARENA_PUSH(arena, step->errors, step->error_count);
    LG_ARENA_PUSH(arena, trial->deliveries, trial->deliveries_count);
    LG_ARENA_PUSH(arena, record->objectives, record->objective_count);
    LG_ARENA_PUSH(arena, record->comparisons, record->comparison_count)->ratio = unknown;
    LG_ARENA_PUSH(arena, record->settings, record->setting_count);
    LG_ARENA_PUSH(arena, record->notes, record->note_count);
    LG_ARENA_PUSH(arena, record->invalid_reasons, record->invalid_count);
    struct lg_timeline_row *row = LG_ARENA_PUSH(arena, trial->timeline, trial->timeline_count);
    row->steps = lg_arena_alloc(arena, sizeof *row->steps);
    row->deliveries = lg_arena_alloc(arena, sizeof *row->deliveries);
    row->server_cpu = trial->duration_s = unknown;
    trial->server.sampled = true;
    trial->server.cpu_us_per_completed = trial->server.cpu_s = unknown;
    return record;
}

Test(reports, a_record_that_knows_nothing_is_reported)
{
    static const double unknowns[] = {0, -1, NAN, INFINITY, -INFINITY, 1e300};
    for (size_t i = 0; i < sizeof unknowns / sizeof *unknowns; i++) {
        struct lg_record *record = hollow_record(unknowns[i]);
        expect_all_written(record);
        lg_record_free(record);
    }
}

Test(reports, a_target_without_trials_or_with_fewer_is_reported)
{
    struct lg_record *record = sample_record();
    struct lg_target_result targets[2] = {record->targets[0], record->targets[1]};
    struct lg_record part = *record;
    part.targets = targets;
    for (size_t trials = 0; trials < 2; trials++) {
        targets[1].trial_count = trials;
        expect_all_written(&part);
    }
    targets[0].trial_count = 0;
    targets[1].trial_count = 0;
    expect_all_written(&part);
    lg_record_free(record);
}

Test(reports, steps_that_only_one_target_reached_are_reported)
{
    struct lg_record *record = sample_record();
    record->targets[0].trials[0].steps[1].name = "another";
    record->targets[1].trials[0].deliveries[0].name = "yet another";
    expect_all_written(record);
    lg_record_free(record);
}
