#include "analysis/capacity.h"
#include "analysis/validity.h"
#include "scenario/plan.h"
#include "support/leak_check.h"

#include "made_record.h"

#include <criterion/criterion.h>

TestSuite(capacity_judge, .fini = fail_on_leak);

static const double ms = 1e6;

/* A trial whose times are 18 to 22 ms, judged against one objective on its p90; late_ms: how late
 * the generator took every arrival up; busy: the share of its time that its thread ran; others:
 * what other programs took of the machine. */
struct judged {
    double limit_ms, late_ms, busy, others;
    const char *measure;
    bool miscounted;
};

static struct lg_capacity_trial judge(struct judged j)
{
    struct lg_objective objective = {.text = "checkout p(90)",
                                     .subject = "checkout",
                                     .measure = j.measure != NULL ? j.measure : "response",
                                     .stat = LG_STAT_PERCENTILE,
                                     .quantile = 0.9,
                                     .compare = LG_LT,
                                     .limit = j.limit_ms * ms,
                                     .file = ""};
    struct lg_plan plan = {.objectives = &objective, .objective_count = 1};
    struct lg_record *record = lg_record_new();
    struct made made = {.ms = 20};
    struct lg_trial_result *trial = made_trial(record, made_target(record, "node", "Node"), &made);
    struct lg_step_result *step = &trial->steps[0];
    lg_hist_free(step->phase[LG_PHASE_SCHEDULE_LAG]);
    step->phase[LG_PHASE_SCHEDULE_LAG] = made_times(1200, j.late_ms > 0 ? j.late_ms : 0.05);
    trial->generator.cpu_utilisation = j.busy;
    trial->generator.others_share = j.others;
    step->count += j.miscounted;
    lg_validity_judge(trial, record->arena);
    struct lg_capacity_trial out = {0};
    lg_capacity_judge(&plan, record, record->arena, &out);
    out.why = ""; /* of the record */
    out.observed = NULL;
    lg_record_free(record);
    return out;
}

Test(capacity_judge, a_valid_trial_holds_fails_or_is_unclear)
{
    cr_expect_eq(judge((struct judged){.limit_ms = 30}).verdict, LG_TRIAL_HOLDS);
    cr_expect_eq(judge((struct judged){.limit_ms = 20}).verdict, LG_TRIAL_FAILS);
    cr_expect_eq(judge((struct judged){.limit_ms = 21.6}).verdict, LG_TRIAL_UNCLEAR);
}

/* Times count from when they were due: lateness can only have made them longer. */
Test(capacity_judge, what_holds_although_it_was_late_would_hold_in_time)
{
    cr_expect_eq(judge((struct judged){.limit_ms = 30, .late_ms = 5}).verdict, LG_TRIAL_HOLDS);
}

Test(capacity_judge, what_misses_by_more_than_the_lateness_would_miss_in_time)
{
    cr_expect_eq(judge((struct judged){.limit_ms = 12, .late_ms = 5}).verdict, LG_TRIAL_FAILS);
    cr_expect_eq(judge((struct judged){.limit_ms = 18, .late_ms = 5}).verdict, LG_TRIAL_DISTURBED);
}

Test(capacity_judge, a_busy_generator_that_is_late_is_at_its_limit)
{
    cr_expect_eq(judge((struct judged){.limit_ms = 18, .late_ms = 5, .busy = 0.7}).verdict,
                 LG_TRIAL_GENERATOR);
    cr_expect_eq(judge((struct judged){.limit_ms = 18, .late_ms = 5, .busy = 0.4}).verdict,
                 LG_TRIAL_GENERATOR);
    cr_expect_eq(
        judge((struct judged){.limit_ms = 18, .late_ms = 5, .busy = 0.4, .others = 0.2}).verdict,
        LG_TRIAL_DISTURBED);
}

Test(capacity_judge, times_from_the_send_say_nothing_of_a_late_trial)
{
    cr_expect_eq(judge((struct judged){.limit_ms = 30, .late_ms = 5, .measure = "service"}).verdict,
                 LG_TRIAL_DISTURBED);
    cr_expect_eq(judge((struct judged){.limit_ms = 30, .measure = "service"}).verdict,
                 LG_TRIAL_HOLDS);
}

Test(capacity_judge, counts_that_do_not_add_up_are_no_disturbance)
{
    cr_expect_eq(judge((struct judged){.limit_ms = 30, .miscounted = true}).verdict,
                 LG_TRIAL_GENERATOR);
}
