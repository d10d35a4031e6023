#include "analysis/analyse.h"
#include "analysis/claims.h"
#include "analysis/validity.h"
#include "scenario/plan.h"
#include "support/leak_check.h"

#include "made_record.h"

#include <criterion/criterion.h>

TestSuite(analyse, .fini = fail_on_leak);

static const struct made chat = {.chat = true, .ms = 2, .cpu_us = 40};

static struct lg_record *one(void)
{
    struct lg_record *record = lg_record_new();
    made_trial(record, made_target(record, "node", "Node"), &chat);
    return record;
}

static bool has_note(const struct lg_record *record, const char *part)
{
    for (size_t i = 0; i < record->note_count; i++) {
        if (strstr(record->notes[i], part) != NULL) {
            return true;
        }
    }
    return false;
}

Test(analyse, fills_everything_and_twice_changes_nothing)
{
    struct lg_objective o = {"errors rate < 1%", "errors", "", LG_STAT_RATE, 0, LG_LT, 0.01, "", 0};
    struct lg_plan plan = {.objectives = &o, .objective_count = 1};
    struct lg_record *record = one();
    made_trial(record, made_target(record, "django", "Django"), &chat);
    lg_analyse(record, &plan);
    struct lg_buf first = {0};
    lg_record_write(record, &first);
    lg_analyse(record, &plan);
    struct lg_buf second = {0};
    lg_record_write(record, &second);
    cr_assert(record->valid && record->invalid_count == 0 && record->comparison_count == 8);
    cr_assert(record->objective_count == 2);
    cr_assert(lg_slice_eq(lg_buf_slice(&first), lg_buf_slice(&second)));
    lg_analyse(record, NULL);
    cr_assert(record->objective_count == 2, "a stored run keeps its objectives");
    lg_buf_free(&first);
    lg_buf_free(&second);
    lg_record_free(record);
}

Test(analyse, says_the_same_of_a_record_that_was_stored)
{
    struct lg_record *record = one();
    lg_analyse(record, NULL);
    struct lg_buf text = {0};
    lg_record_write(record, &text);
    struct lg_arena *errors = lg_arena_new();
    const char *why = NULL;
    struct lg_record *stored = lg_record_read(lg_buf_slice(&text), errors, &why);
    cr_assert(stored != NULL, "%s", why);
    lg_analyse(stored, NULL);
    cr_assert(stored->valid && strcmp(stored->headline, record->headline) == 0, "%s",
              stored->headline);
    cr_assert(stored->note_count == record->note_count);
    lg_record_free(stored);
    lg_record_free(record);
    lg_arena_free(errors);
    lg_buf_free(&text);
}

Test(analyse, an_invalid_run_names_target_trial_and_reason)
{
    struct lg_record *record = one();
    made_trial(record, &record->targets[0], &chat)->generator.steal_share = 0.3;
    made_target(record, "django", "Django");
    lg_analyse(record, NULL);
    cr_assert(!record->valid && record->invalid_count == 2);
    cr_assert(strcmp(record->invalid_reasons[0],
                     "Node, trial 2: 30 % of this machine's time was stolen (limit: 2 %)") == 0,
              "%s", record->invalid_reasons[0]);
    cr_assert(strcmp(record->invalid_reasons[1], "Django: no trial was measured") == 0);
    lg_record_free(record);
}

Test(analyse, unmeasured_checks_do_not_make_a_run_invalid_and_are_noted)
{
    struct lg_record *record = one();
    record->targets[0].trials[0].users[0].flow_measured = false;
    lg_analyse(record, NULL);
    cr_assert(record->valid && has_note(record, "worst_second, littles_law"));
    lg_record_free(record);
}

Test(analyse, notes_what_a_reader_should_know)
{
    struct lg_record *record = one();
    struct lg_trial_result *trial = &record->targets[0].trials[0];
    trial->users[0].connected = 48;
    trial->deliveries[0].reordered = 7;
    lg_analyse(record, NULL);
    cr_assert(has_note(record, "48 of 50 connections of chatter opened"));
    cr_assert(has_note(record, "7 out of order"));
    cr_assert(has_note(record, "too short to be tested"));
    cr_assert(has_note(record, "shared one machine"));
    lg_record_free(record);
}

Test(analyse, claims_are_allowed_only_on_their_evidence)
{
    struct lg_record *record = one();
    lg_analyse(record, NULL);
    struct lg_target_result *target = &record->targets[0];
    struct lg_claim_case c = {
        .record = record, .target = target, .users = &target->trials[0].users[0]};
    cr_assert(lg_claim_allowed(LG_CLAIM_FIGURE, &c) && lg_claim_allowed(LG_CLAIM_CHECKED, &c));
    cr_assert(lg_claim_allowed(LG_CLAIM_RESPONSE_TIME, &c));
    cr_assert(lg_claim_allowed(LG_CLAIM_OFFERED_RATE, &c));
    cr_assert(lg_claim_allowed(LG_CLAIM_DELIVERY_COMPLETE, &c));
    cr_assert(lg_claim_allowed(LG_CLAIM_DELIVERY_IN_ORDER, &c));
    cr_assert(!lg_claim_allowed(LG_CLAIM_STEADY, &c), "10 s are too short");
    cr_assert(!lg_claim_allowed(LG_CLAIM_PLUS_MINUS, &c), "one run");
    cr_assert(!lg_claim_allowed(LG_CLAIM_ABSOLUTE, &c), "one machine");
    target->url = "https://example.org";
    cr_assert(lg_claim_allowed(LG_CLAIM_ABSOLUTE, &c), "another machine");
    target->trials[0].steady = "warmed_up";
    cr_assert(lg_claim_allowed(LG_CLAIM_STEADY, &c));
    target->trials[0].deliveries[0].lost = 1;
    target->trials[0].deliveries[0].reordered = 1;
    cr_assert(!lg_claim_allowed(LG_CLAIM_DELIVERY_COMPLETE, &c));
    cr_assert(!lg_claim_allowed(LG_CLAIM_DELIVERY_IN_ORDER, &c));
    target->trials[0].users[0].arrivals = "closed";
    cr_assert(!lg_claim_allowed(LG_CLAIM_RESPONSE_TIME, &c));
    target->trials[0].validity[0].measured = false;
    target->trials[0].validity[0].met = false;
    cr_assert(lg_claim_allowed(LG_CLAIM_FIGURE, &c) && !lg_claim_allowed(LG_CLAIM_CHECKED, &c));
    target->trials[0].validity[0].measured = true;
    cr_assert(!lg_claim_allowed(LG_CLAIM_FIGURE, &c), "a breach");
    lg_record_free(record);
}

Test(analyse, claims_about_a_difference_need_five_trials_a_side)
{
    struct lg_comparison c = {.trials = 4, .difference = LG_DIFFERENCE_WORSE};
    struct lg_claim_case of = {.comparison = &c};
    cr_assert(!lg_claim_allowed(LG_CLAIM_DIFFERENCE, &of));
    c.trials = 5;
    cr_assert(lg_claim_allowed(LG_CLAIM_DIFFERENCE, &of) && !lg_claim_allowed(LG_CLAIM_SAME, &of));
    c.difference = LG_DIFFERENCE_UNCLEAR;
    cr_assert(!lg_claim_allowed(LG_CLAIM_DIFFERENCE, &of) && !lg_claim_allowed(LG_CLAIM_SAME, &of));
    c.difference = LG_DIFFERENCE_WITHIN;
    cr_assert(lg_claim_allowed(LG_CLAIM_SAME, &of));
}

Test(analyse, no_claim_is_allowed_on_nothing_and_each_has_a_rule)
{
    struct lg_claim_case nothing = {0};
    for (int i = 0; i < LG_CLAIMS; i++) {
        cr_assert(!lg_claim_allowed((enum lg_claim)i, &nothing), "%d", i);
        cr_assert(strlen(lg_claim_rule((enum lg_claim)i)->rule) > 10);
    }
}
