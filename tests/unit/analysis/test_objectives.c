#include "analysis/objectives.h"
#include "analysis/validity.h"
#include "scenario/plan.h"
#include "support/leak_check.h"
#include "support/sample_record.h"

#include "made_record.h"

#include <criterion/criterion.h>
#include <math.h>

TestSuite(objectives, .fini = fail_on_leak);

/* Two trials of a chat: 10 of 2,400 messages failed, 6 of 19,120 deliveries lost; times 1.8 to 2.2
 * ms and 3.6 to 4.4 ms. */
static struct lg_record *chat(void)
{
    struct made first = {.chat = true, .ms = 2, .failed = 10, .lost = 6};
    struct made second = {.chat = true, .ms = 4};
    struct lg_record *record = lg_record_new();
    struct lg_target_result *target = made_target(record, "node", "Node");
    made_trial(record, target, &first)->deliveries[0].reordered = 2;
    made_trial(record, target, &second)->deliveries[0].duplicated = 1;
    for (size_t i = 0; i < 2; i++) {
        lg_validity_judge(&target->trials[i], record->arena);
    }
    return record;
}

static const double ms = 1e6;

Test(objectives, are_judged_over_all_trials_with_failures_above)
{
    struct lg_record *record = chat();
    const struct {
        struct lg_objective objective;
        int state;
        const char *observed; /* begins so */
    } rows[] = {
        {{"", "say", "response", LG_STAT_PERCENTILE, 0.25, LG_LT, 2.1 * ms, "", 0},
         LG_OBJECTIVE_MET,
         "2."},
        {{"", "say", "response", LG_STAT_PERCENTILE, 0.75, LG_LT, 3 * ms, "", 0},
         LG_OBJECTIVE_MISSED,
         "4."},
        {{"", "say", "response", LG_STAT_PERCENTILE, 0.999, LG_LT, 9 * ms, "", 0},
         LG_OBJECTIVE_MISSED,
         "among the failed or lost (10 of 2,400)"},
        {{"", "say", "service", LG_STAT_PERCENTILE, 0.5, LG_LT, 9 * ms, "", 0},
         LG_OBJECTIVE_MET,
         ""},
        {{"", "say", "response", LG_STAT_MEAN, 0, LG_LE, 3.1 * ms, "", 0}, LG_OBJECTIVE_MET, "3.0"},
        {{"", "say", "response", LG_STAT_MIN, 0, LG_GT, 1.7 * ms, "", 0},
         LG_OBJECTIVE_MET,
         "1.80 ms"},
        {{"", "say", "response", LG_STAT_MAX, 0, LG_LT, 9 * ms, "", 0},
         LG_OBJECTIVE_MISSED,
         "among"},
        {{"", "heard", "spread", LG_STAT_MAX, 0, LG_LT, 9 * ms, "", 0},
         LG_OBJECTIVE_MET,
         "2.20 ms"},
        {{"", "heard", "delivery", LG_STAT_PERCENTILE, 0.99, LG_LT, 5 * ms, "", 0},
         LG_OBJECTIVE_MET,
         "4."},
        {{"", "heard", "delivery", LG_STAT_PERCENTILE, 0.9999, LG_LT, 5 * ms, "", 0},
         LG_OBJECTIVE_MISSED,
         "among the failed or lost (6 of 19,120)"},
        {{"", "heard", "", LG_STAT_LOST, 0, LG_EQ, 0, "", 0}, LG_OBJECTIVE_MISSED, "6"},
        {{"", "heard", "", LG_STAT_LOST, 0, LG_NE, 0, "", 0}, LG_OBJECTIVE_MET, "6"},
        {{"", "heard", "", LG_STAT_DUPLICATED, 0, LG_LE, 1, "", 0}, LG_OBJECTIVE_MET, "1"},
        {{"", "heard", "", LG_STAT_REORDERED, 0, LG_LT, 2, "", 0}, LG_OBJECTIVE_MISSED, "2"},
        {{"", "errors", "", LG_STAT_RATE, 0, LG_LT, 0.005, "", 0}, LG_OBJECTIVE_MET, "0.417 %"},
        {{"", "errors", "", LG_STAT_RATE, 0, LG_LT, 0.001, "", 0}, LG_OBJECTIVE_MISSED, "0.417 %"},
        {{"", "errors", "", LG_STAT_COUNT, 0, LG_LE, 10, "", 0}, LG_OBJECTIVE_MET, "10"},
        {{"", "say", "errors", LG_STAT_COUNT, 0, LG_EQ, 0, "", 0}, LG_OBJECTIVE_MISSED, "10"},
        {{"", "say", "errors", LG_STAT_RATE, 0, LG_LT, 0.004, "", 0},
         LG_OBJECTIVE_MISSED,
         "0.417 % (10 of 2,400)"},
        {{"", "nobody", "errors", LG_STAT_COUNT, 0, LG_EQ, 0, "", 0},
         LG_OBJECTIVE_NOT_JUDGED,
         "nothing"},
        {{"", "say", "", LG_STAT_COUNT, 0, LG_GE, 2391, "", 0}, LG_OBJECTIVE_MISSED, "2,390"},
        {{"", "chatter", "", LG_STAT_RATE, 0, LG_GE, 119, "", 0}, LG_OBJECTIVE_MET, "120/s"},
        {{"", "chatter", "response", LG_STAT_PERCENTILE, 0.5, LG_LT, 9 * ms, "", 0},
         LG_OBJECTIVE_MET,
         ""},
        {{"", "nobody", "", LG_STAT_RATE, 0, LG_GE, 0, "", 0}, LG_OBJECTIVE_NOT_JUDGED, "nothing"},
        {{"", "nobody", "response", LG_STAT_MEAN, 0, LG_GE, 0, "", 0},
         LG_OBJECTIVE_NOT_JUDGED,
         "nothing"},
        {{"", "nobody", "", LG_STAT_LOST, 0, LG_EQ, 0, "", 0}, LG_OBJECTIVE_NOT_JUDGED, "nothing"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lg_objective objective = rows[i].objective;
        struct lg_plan plan = {.objectives = &objective, .objective_count = 1};
        lg_objectives_judge(record, &plan);
        const struct lg_objective_result *r = &record->objectives[0];
        cr_assert(record->objective_count == 1 && (int)r->state == rows[i].state, "row %zu: %s", i,
                  r->observed);
        cr_assert(strncmp(r->observed, rows[i].observed, strlen(rows[i].observed)) == 0,
                  "row %zu: %s", i, r->observed);
    }
    lg_record_free(record);
}

Test(objectives, errors_of_a_step_that_was_not_done_are_not_certain)
{
    struct lg_record *record = chat();
    struct lg_objective o = {"", "nobody", "errors", LG_STAT_COUNT, 0, LG_EQ, 0, "", 0};
    cr_expect_eq(lg_objective_certainty(&o, &record->targets[0], 0), LG_NOT_CERTAIN);
    o.measure = "response";
    o.stat = LG_STAT_MEAN;
    cr_expect_eq(lg_objective_certainty(&o, &record->targets[0], 0), LG_CERTAINLY_MISSED);
    lg_record_free(record);
}

static int state_of_first(struct lg_record *record)
{
    struct lg_objective o = {"", "errors", "", LG_STAT_RATE, 0, LG_LT, 1, "", 0};
    struct lg_plan plan = {.objectives = &o, .objective_count = 1};
    lg_objectives_judge(record, &plan);
    return (int)record->objectives[0].state;
}

Test(objectives, are_not_judged_when_interrupted_or_invalid)
{
    struct lg_record *record = chat();
    cr_assert(state_of_first(record) == LG_OBJECTIVE_MET);
    record->interrupted = true;
    cr_assert(state_of_first(record) == LG_OBJECTIVE_NOT_JUDGED, "the run");
    record->interrupted = false;
    record->targets[0].trials[1].interrupted = true;
    cr_assert(state_of_first(record) == LG_OBJECTIVE_NOT_JUDGED, "a trial");
    record->targets[0].trials[1].interrupted = false;
    record->targets[0].trials[1].generator.busiest_5s = 1;
    lg_validity_judge(&record->targets[0].trials[1], record->arena);
    cr_assert(state_of_first(record) == LG_OBJECTIVE_NOT_JUDGED, "an invalid trial");
    lg_record_free(record);
}

Test(objectives, have_a_row_for_each_target_even_one_without_a_trial)
{
    struct lg_record *record = chat();
    made_target(record, "django", "Django");
    cr_assert(state_of_first(record) == LG_OBJECTIVE_MET && record->objective_count == 2);
    cr_assert(record->objectives[1].state == LG_OBJECTIVE_NOT_JUDGED);
    cr_assert(strcmp(record->objectives[1].target, "django") == 0);
    lg_record_free(record);
}

/* ticks of django: 2 trials, 6 stalls, 2 missing, 4 doubled; gaps 60 to 140 ms; film: 1 of 40
 * failed in each trial, the others at 20 to 40 MB/s. */
Test(objectives, of_streams_know_gaps_ids_and_rates)
{
    struct lg_record *record = sample_record();
    const struct lg_target_result *django = &record->targets[1];
    const double mb = 1e6;
    const struct {
        struct lg_objective o;
        double low, high; /* observed */
    } rows[] = {
        {{.subject = "ticks", .measure = "gap", .stat = LG_STAT_STALLS}, 6, 6},
        {{.subject = "ticks", .measure = "gap", .stat = LG_STAT_MISSING}, 2, 2},
        {{.subject = "ticks", .measure = "gap", .stat = LG_STAT_DUPLICATED}, 4, 4},
        {{.subject = "ticks", .measure = "gap", .stat = LG_STAT_REORDERED}, 0, 0},
        {{.subject = "ticks", .measure = "gap", .stat = LG_STAT_PERCENTILE, .quantile = 0.99},
         138 * ms,
         141 * ms},
        {{.subject = "ticks", .measure = "first_event", .stat = LG_STAT_MAX}, INFINITY, INFINITY},
        {{.subject = "ticks", .measure = "reconnect", .stat = LG_STAT_MIN}, 3000 * ms, 3200 * ms},
        {{.subject = "ticks", .measure = "events", .stat = LG_STAT_RATE}, 500, 500},
        {{.subject = "ticks", .measure = "events", .stat = LG_STAT_COUNT}, 15000, 15000},
        {{.subject = "film", .measure = "throughput", .stat = LG_STAT_MIN}, 0, 0},
        {{.subject = "film", .measure = "throughput", .stat = LG_STAT_PERCENTILE, .quantile = 0.05},
         20 * mb,
         23 * mb},
        {{.subject = "film", .measure = "throughput", .stat = LG_STAT_PERCENTILE, .quantile = 0.02},
         0,
         0},
        {{.subject = "film", .measure = "throughput", .stat = LG_STAT_MEAN}, 25 * mb, 32 * mb},
        {{.subject = "film", .measure = "pause", .stat = LG_STAT_MAX}, 60 * ms, 90 * ms},
    };
    sample_add_streams(record);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lg_objective_value v = lg_objective_observe(&rows[i].o, django);
        cr_assert(v.value >= rows[i].low && v.value <= rows[i].high, "row %zu: %g", i, v.value);
    }
    lg_record_free(record);
}
