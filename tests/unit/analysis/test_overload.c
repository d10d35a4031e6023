#include "analysis/overload.h"
#include "analysis/validity.h"
#include "scenario/plan.h"
#include "support/leak_check.h"

#include "made_record.h"

#include <criterion/criterion.h>

TestSuite(overload, .fini = fail_on_leak);

enum { OVERLOAD_S = 4, AFTER_S = 9, WARMUP_S = 2, ROWS = WARMUP_S + OVERLOAD_S + AFTER_S };

/* A server that does 100 a second, is offered 200 in the overload, and answers slowly for `slow` s
 * after it; `stray`: one failure in that second after the overload, -1: none. */
struct server {
    unsigned slow;
    int stray;
    double late_ms;
    const char *died, *measure;
    bool setup; /* what is promised is of a step that users do once */
};

static void make_row(struct lg_record *record, struct lg_trial_result *trial, int second,
                     const struct server *server)
{
    bool over = second >= 0 && second < OVERLOAD_S;
    int after = second - OVERLOAD_S;
    bool slow = over || (after >= 0 && after < (int)server->slow);
    bool stray = server->stray >= 0 && after == server->stray;
    struct lg_hist *times = made_times(over ? 100 : 70, slow ? 80 : 10);
    struct lg_buf text = {0};
    lg_hist_encode(times, &text);
    struct lg_timeline_row *row =
        LG_ARENA_PUSH(record->arena, trial->timeline, trial->timeline_count);
    *row = (struct lg_timeline_row){.at_s = second,
                                    .length_s = 1,
                                    .scheduled = over ? 200 : 70 + stray,
                                    .completed = over ? 100 : 70,
                                    .failed = over ? 100 : stray,
                                    .generator_cpu = over ? 0.2 : 0.1,
                                    .server_cpu = over ? 0.9 : 0.5};
    row->steps = lg_arena_alloc(record->arena, sizeof *row->steps);
    row->steps[0] = (struct lg_timeline_step){
        .completed = row->completed,
        .failed = row->failed,
        .histogram = lg_arena_strndup(record->arena, text.p, text.n),
    };
    lg_buf_free(&text);
    lg_hist_free(times);
}

static struct lg_overload_trial judge(struct server server)
{
    struct lg_objective objectives[] = {
        {.text = "checkout p(90)",
         .subject = "checkout",
         .measure = server.measure != NULL ? server.measure : "response",
         .stat = LG_STAT_PERCENTILE,
         .quantile = 0.9,
         .compare = LG_LT,
         .limit = 50e6,
         .file = ""},
        {.subject = "errors", .measure = "", .stat = LG_STAT_RATE, .limit = 0.001, .file = ""}};
    struct lg_plan plan = {.objectives = objectives,
                           .objective_count = server.measure != NULL ? 1 : 2};
    struct lg_overload_course how = {
        .rate = 200, .base = 70, .seconds = OVERLOAD_S, .after = AFTER_S, .patience = 50 * LG_MS};
    struct lg_record *record = lg_record_new();
    struct made made = {.ms = 20, .died = server.died};
    struct lg_trial_result *trial = made_trial(record, made_target(record, "node", "Node"), &made);
    struct lg_step_result *step = &trial->steps[0];
    step->setup = server.setup;
    lg_hist_free(step->phase[LG_PHASE_SCHEDULE_LAG]);
    step->phase[LG_PHASE_SCHEDULE_LAG] =
        made_times(1200, server.late_ms > 0 ? server.late_ms : 0.05);
    for (int second = -WARMUP_S; second < OVERLOAD_S + AFTER_S; second++) {
        make_row(record, trial, second, &server);
    }
    cr_assert_eq(trial->timeline_count, ROWS);
    lg_validity_judge(trial, record->arena);
    struct lg_overload_trial out;
    lg_overload_judge(&plan, record, &how, record->arena, &out);
    out.why = ""; /* of the record */
    lg_record_free(record);
    return out;
}

Test(overload, goodput_is_what_completed_in_the_seconds_of_the_overload)
{
    struct lg_overload_trial t = judge((struct server){.stray = -1});
    cr_expect_eq(t.verdict, LG_TRIAL_HOLDS);
    cr_expect_eq(t.goodput, 100);
    cr_expect_eq(t.refused_share, 0.5);
    cr_expect_float_eq(t.p50_ns, 80e6, 1e6, "%g: of the overload's answers alone", t.p50_ns);
    cr_expect_float_eq(t.cores, 0.9, 1e-9);
    cr_expect_float_eq(t.generator_cores, 0.2, 1e-9);
}

Test(overload, recovery_ends_where_three_seconds_together_meet_the_objectives)
{
    cr_expect_eq(judge((struct server){.slow = 0, .stray = -1}).recovery_s, 0);
    cr_expect_eq(judge((struct server){.slow = 4, .stray = -1}).recovery_s, 4);
    cr_expect_eq(judge((struct server){.slow = 6, .stray = -1}).recovery_s, 6);
    cr_expect_eq(judge((struct server){.slow = 9, .stray = -1}).recovery_s, INFINITY);
    cr_expect_eq(judge((struct server){.slow = 9, .stray = -1}).watched_s, 6);
}

Test(overload, a_rate_of_errors_that_is_too_high_is_no_recovery)
{
    cr_expect_eq(judge((struct server){.stray = 1}).recovery_s, 2);
}

Test(overload, what_is_not_told_by_the_second_gives_no_recovery)
{
    cr_expect_eq(judge((struct server){.stray = -1, .measure = "service"}).recovery_s, -1);
}

/* It is done before the overload and not in the seconds after it. */
Test(overload, an_objective_on_set_up_is_not_told_by_the_second)
{
    cr_expect_eq(judge((struct server){.slow = 9, .stray = -1, .setup = true}).recovery_s, 0);
}

/* As long as arrivals wait for a connection the server is not short of them. */
Test(overload, lateness_is_borne_up_to_what_arrivals_wait)
{
    cr_expect_eq(judge((struct server){.stray = -1, .late_ms = 30}).verdict, LG_TRIAL_HOLDS);
    cr_expect_eq(judge((struct server){.stray = -1, .late_ms = 80}).verdict, LG_TRIAL_DISTURBED);
}

Test(overload, a_server_that_ends_has_what_it_did_until_then_and_does_not_recover)
{
    struct lg_overload_trial t = judge((struct server){.stray = -1, .died = "killed"});
    cr_expect_eq(t.verdict, LG_TRIAL_FAILS);
    cr_expect_eq(t.recovery_s, INFINITY);
    cr_expect(lg_overload_counts(&t));
}

Test(overload, the_sum_leaves_out_what_does_not_count_and_keeps_the_longest_recovery)
{
    const struct lg_overload_trial trials[] = {
        {.goodput = 90, .recovery_s = 2, .p50_ns = 10, .refused_share = 0.5},
        {.goodput = 10, .recovery_s = INFINITY, .verdict = LG_TRIAL_GENERATOR},
        {.goodput = 110, .recovery_s = 5, .p50_ns = 30, .refused_share = 0.4}};
    struct lg_overload_sum sum = lg_overload_sum(trials, 3);
    cr_expect_eq(sum.count, 2u);
    cr_expect_eq(sum.goodput, 100);
    cr_expect_eq(sum.low, 90);
    cr_expect_eq(sum.high, 110);
    cr_expect_eq(sum.recovery_s, 5);
    cr_expect_eq(sum.p50_ns, 20);
    cr_expect_float_eq(sum.refused_share, 0.45, 1e-9);
    sum = lg_overload_sum(&trials[1], 1);
    cr_expect_eq(sum.count, 0u);
    cr_expect_eq(sum.recovery_s, -1);
}
