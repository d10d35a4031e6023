#include "analysis/validity.h"
#include "support/leak_check.h"

#include "made_record.h"

#include <criterion/criterion.h>

TestSuite(validity, .fini = fail_on_leak);

static struct lg_record *chat(struct lg_trial_result **trial)
{
    static const struct made m = {.chat = true, .ms = 2, .cpu_us = 50, .failed = 5, .lost = 3};
    struct lg_record *record = lg_record_new();
    *trial = made_trial(record, made_target(record, "node", "Node"), &m);
    return record;
}

static const struct lg_validity *row(const struct lg_trial_result *trial, const char *id)
{
    for (size_t i = 0; i < trial->validity_count; i++) {
        if (strcmp(trial->validity[i].id, id) == 0) {
            return &trial->validity[i];
        }
    }
    return NULL;
}

Test(validity, a_sound_trial_meets_every_check)
{
    struct lg_trial_result *trial;
    struct lg_record *record = chat(&trial);
    size_t count = 0;
    lg_validity_checks(&count);
    lg_validity_judge(trial, record->arena);
    cr_assert(trial->validity_count == count);
    for (size_t i = 0; i < count; i++) {
        cr_assert(trial->validity[i].met, "%s: %s", trial->validity[i].id, trial->validity[i].text);
    }
    cr_assert(!lg_validity_breached(trial) && lg_validity_unmeasured(trial) == 0);
    lg_validity_judge(trial, record->arena);
    cr_assert(trial->validity_count == count, "judging again replaces the rows");
    lg_record_free(record);
}

/* One way to spoil a sound trial, and the only check that it may break. */
struct spoil {
    const char *what, *id;
    void (*by)(struct lg_trial_result *trial);
};

static void too_few_sent(struct lg_trial_result *t)
{
    t->users[0].offered_per_s = 0.994 * t->users[0].intended_per_s;
}
static void bad_second(struct lg_trial_result *t)
{
    t->users[0].worst_second = 0.89;
}
static void late(struct lg_trial_result *t)
{
    lg_hist_clear(t->steps[0].phase[LG_PHASE_SCHEDULE_LAG]);
    for (int i = 0; i < 1195; i++) {
        lg_hist_add(t->steps[0].phase[LG_PHASE_SCHEDULE_LAG], i % 50 == 0 ? 2 * LG_MS : LG_US);
    }
}
static void busy(struct lg_trial_result *t)
{
    t->generator.busiest_5s = 0.81;
}
static void stolen(struct lg_trial_result *t)
{
    t->generator.steal_share = 0.021;
}
static void samples_lost(struct lg_trial_result *t)
{
    t->users[0].iteration->sum *= 0.95; /* one sample in twenty never recorded */
}
static void sample_counted_twice(struct lg_trial_result *t)
{
    lg_hist_add(t->steps[0].phase[LG_PHASE_RESPONSE], LG_MS);
}
static void arrival_forgotten(struct lg_trial_result *t)
{
    t->users[0].accounting.scheduled++;
}
static void outcome_forgotten(struct lg_trial_result *t)
{
    t->steps[0].outcomes[LG_TIMEOUT]--;
}
static void delivery_forgotten(struct lg_trial_result *t)
{
    t->deliveries[0].expected++;
}
static void bursts(struct lg_trial_result *t)
{
    t->users[0].gap_cv = 1.6;
    t->users[0].fit_p = 0;
}
static void paced(struct lg_trial_result *t)
{
    t->users[0].gap_cv = 0.02;
    t->users[0].fit_p = 0;
}
static void random_constant(struct lg_trial_result *t)
{
    t->users[0].arrivals = "constant";
}
static void overflow(struct lg_trial_result *t)
{
    t->deliveries[0].spread->over = 1;
}

Test(validity, each_fault_breaks_its_own_check_and_no_other)
{
    static const struct spoil rows[] = {
        {"0.6 % of the arrivals were not taken up", "sent_share", too_few_sent},
        {"a second with 89 % of its arrivals", "worst_second", bad_second},
        {"2 % of the arrivals 2 ms late", "schedule_lag", late},
        {"81 % busy", "generator_busy", busy},
        {"2.1 % stolen", "steal", stolen},
        {"5 % of the samples lost", "littles_law", samples_lost},
        {"a sample too many", "counts_add_up", sample_counted_twice},
        {"an arrival without a fate", "counts_add_up", arrival_forgotten},
        {"an exchange without an outcome", "counts_add_up", outcome_forgotten},
        {"a delivery neither received nor lost", "counts_add_up", delivery_forgotten},
        {"bursts for Poisson", "arrival_process", bursts},
        {"equal gaps for Poisson", "arrival_process", paced},
        {"random gaps for constant", "arrival_process", random_constant},
        {"a time above an hour", "overflow", overflow},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lg_trial_result *trial;
        struct lg_record *record = chat(&trial);
        rows[i].by(trial);
        lg_validity_judge(trial, record->arena);
        cr_assert(lg_validity_breached(trial), "%s", rows[i].what);
        for (size_t k = 0; k < trial->validity_count; k++) {
            const struct lg_validity *v = &trial->validity[k];
            bool mine = strcmp(v->id, rows[i].id) == 0;
            cr_assert(v->measured && v->met == !mine, "%s: %s: %s", rows[i].what, v->id, v->text);
        }
        lg_record_free(record);
    }
}

Test(validity, what_was_not_measured_is_neither_met_nor_breached)
{
    struct lg_trial_result *trial;
    struct lg_record *record = chat(&trial);
    trial->users[0].flow_measured = false;
    trial->users[0].gap_cv = -1;
    trial->generator.busy_measured = false;
    trial->generator.steal_share = -1;
    lg_hist_free(trial->steps[0].phase[LG_PHASE_SCHEDULE_LAG]);
    trial->steps[0].phase[LG_PHASE_SCHEDULE_LAG] = NULL;
    lg_validity_judge(trial, record->arena);
    static const char *const ids[] = {"worst_second",   "littles_law", "arrival_process",
                                      "generator_busy", "steal",       "schedule_lag"};
    for (size_t i = 0; i < 6; i++) {
        const struct lg_validity *v = row(trial, ids[i]);
        cr_assert(v != NULL && !v->measured && !v->met, "%s", ids[i]);
    }
    cr_assert(!lg_validity_breached(trial) && lg_validity_unmeasured(trial) == 6);
    lg_record_free(record);
}

Test(validity, how_busy_a_thread_was_takes_a_second_to_tell)
{
    struct lg_trial_result *trial;
    struct lg_record *record = chat(&trial);
    trial->generator.busiest_5s = 3.34; /* of a window of some milliseconds */
    trial->duration_s = 0.99;
    lg_validity_judge(trial, record->arena);
    cr_assert(!row(trial, "generator_busy")->measured);
    trial->duration_s = 1;
    lg_validity_judge(trial, record->arena);
    cr_assert(row(trial, "generator_busy")->measured && !row(trial, "generator_busy")->met);
    lg_record_free(record);
}

/* 120 arrivals of which `late` were taken up 2 ms after their time. */
static bool lag_is_fine(int late)
{
    struct lg_trial_result *trial;
    struct lg_record *record = chat(&trial);
    lg_hist_clear(trial->steps[0].phase[LG_PHASE_SCHEDULE_LAG]);
    for (int i = 0; i < 120; i++) {
        lg_hist_add(trial->steps[0].phase[LG_PHASE_SCHEDULE_LAG], i < late ? 2 * LG_MS : LG_US);
    }
    lg_validity_judge(trial, record->arena);
    bool met = row(trial, "schedule_lag")->met;
    lg_record_free(record);
    return met;
}

/* 1.5 ms late, all of them. */
static bool lateness_is_fine(double slack_s)
{
    struct lg_trial_result *trial;
    struct lg_record *record = chat(&trial);
    trial->generator.slack_s = slack_s;
    lg_hist_clear(trial->steps[0].phase[LG_PHASE_SCHEDULE_LAG]);
    for (int i = 0; i < 1000; i++) {
        lg_hist_add(trial->steps[0].phase[LG_PHASE_SCHEDULE_LAG], 1500 * LG_US);
    }
    lg_validity_judge(trial, record->arena);
    bool met = row(trial, "schedule_lag")->met;
    lg_record_free(record);
    return met;
}

Test(validity, lateness_that_economical_timing_declares_is_no_breach)
{
    cr_assert(lateness_is_fine(0.001));
    cr_assert(!lateness_is_fine(0));
    cr_assert(!lateness_is_fine(-1), "a record from before");
    cr_assert(!lateness_is_fine(0.0004));
}

Test(validity, pairs_of_constant_arrivals_are_what_economical_timing_makes)
{
    struct lg_trial_result *trial;
    struct lg_record *record = chat(&trial);
    struct lg_users_result *users = &trial->users[0];
    users->arrivals = "constant";
    users->intended_per_s = users->offered_per_s = 1000;
    users->gap_cv = 0.97;
    users->fit_p = 0;
    lg_validity_judge(trial, record->arena);
    cr_assert(!row(trial, "arrival_process")->met);
    trial->generator.slack_s = 0.001;
    lg_validity_judge(trial, record->arena);
    cr_assert(row(trial, "arrival_process")->met, "%s", row(trial, "arrival_process")->text);
    lg_record_free(record);
}

Test(validity, more_than_one_late_arrival_in_a_hundred_is_a_breach)
{
    cr_assert(lag_is_fine(1));
    cr_assert(!lag_is_fine(2));
}

Test(validity, a_closed_model_has_no_schedule_to_keep)
{
    static const struct made m = {.arrivals = "closed", .ms = 2};
    struct lg_record *record = lg_record_new();
    struct lg_trial_result *trial = made_trial(record, made_target(record, "node", ""), &m);
    lg_validity_judge(trial, record->arena);
    static const char *const ids[] = {"sent_share", "worst_second", "schedule_lag",
                                      "arrival_process"};
    for (size_t i = 0; i < 4; i++) {
        cr_assert(row(trial, ids[i]) == NULL, "%s", ids[i]);
    }
    cr_assert(row(trial, "littles_law")->met && !lg_validity_breached(trial));
    lg_record_free(record);
}

Test(validity, limits_follow_what_is_measured)
{
    struct lg_trial_result *trial;
    struct lg_record *record = chat(&trial);
    late(trial);
    lg_hist_clear(trial->steps[0].phase[LG_PHASE_RESPONSE]);
    for (int i = 0; i < 1195; i++) {
        lg_hist_add(trial->steps[0].phase[LG_PHASE_RESPONSE], 50 * LG_MS);
    }
    lg_validity_judge(trial, record->arena);
    cr_assert(row(trial, "schedule_lag")->met, "2 ms are less than 5 %% of 50 ms");

    samples_lost(trial);
    trial->users[0].to_go_first_s = trial->users[0].in_flight_s -
                                    trial->users[0].iteration->sum / 1e9 -
                                    trial->users[0].unfinished_s + 3;
    trial->users[0].to_go_last_s = 3;
    lg_validity_judge(trial, record->arena);
    cr_assert(row(trial, "littles_law")->met, "it is what others had still to go");

    trial->users[0].intended_per_s = trial->users[0].offered_per_s = 2000;
    trial->users[0].gap_cv = 1.6;
    trial->users[0].fit_p = 0;
    lg_validity_judge(trial, record->arena);
    cr_assert(row(trial, "arrival_process")->met, "0.5 ms of lateness explains it at 2,000/s");
    lg_record_free(record);
}

Test(validity, a_trial_of_nothing_is_invalid)
{
    struct lg_record *record = lg_record_new();
    struct lg_target_result *target = made_target(record, "node", "");
    struct lg_trial_result *trial =
        LG_ARENA_PUSH(record->arena, target->trials, target->trial_count);
    lg_validity_judge(trial, record->arena);
    cr_assert(!row(trial, "measured")->met && lg_validity_breached(trial));
    lg_record_free(record);
}

Test(validity, waiting_for_the_target_is_no_fault_of_the_generator)
{
    struct lg_trial_result *trial;
    struct lg_record *record = chat(&trial);
    struct lg_users_result *users = &trial->users[0];
    users->offered_per_s = 0.7 * users->intended_per_s;
    users->worst_second = 0.6;
    users->gap_cv = 1.6;
    users->fit_p = 0;
    users->late_no_connection = 1100;
    lg_validity_judge(trial, record->arena);
    cr_assert(row(trial, "sent_share")->met, "%s", row(trial, "sent_share")->text);
    cr_assert(row(trial, "worst_second")->met);
    cr_assert(!row(trial, "arrival_process")->measured && !lg_validity_breached(trial));

    users->late_no_connection = 300; /* of 360 that were not sent */
    users->late_generator = 200;
    lg_validity_judge(trial, record->arena);
    cr_assert(!row(trial, "sent_share")->met && !row(trial, "worst_second")->met);
    lg_record_free(record);
}
