#include "analysis/analyse.h"
#include "analysis/headline.h"
#include "support/leak_check.h"
#include "support/sample_record.h"

#include "made_record.h"

#include <criterion/criterion.h>
#include <stdio.h>

TestSuite(headline, .fini = fail_on_leak);

static const struct made node = {.chat = true, .ms = 1.1, .cpu_us = 31};
static const struct made django = {.chat = true, .ms = 12.9, .cpu_us = 168};

static struct lg_record *two(const struct made *a, const struct made *b, size_t trials)
{
    struct lg_record *record = lg_record_new();
    made_target(record, "node", "Node");
    made_target(record, "django", "Django");
    struct lg_rng rng;
    lg_rng_init(&rng, 1, 1, 1);
    for (size_t i = 0; i < trials; i++) {
        struct made one = *a;
        struct made other = *b;
        one.ms *= trials > 1 ? exp(0.02 * made_noise(&rng)) : 1;
        other.ms *= trials > 1 ? exp(0.02 * made_noise(&rng)) : 1;
        made_trial(record, &record->targets[0], &one);
        made_trial(record, &record->targets[1], &other);
    }
    return record;
}

static void expect(struct lg_record *record, const char *headline)
{
    lg_analyse(record, NULL);
    cr_assert(strcmp(record->headline, headline) == 0, "\n%s\ninstead of\n%s", record->headline,
              headline);
    lg_record_free(record);
}

Test(headline, two_targets)
{
    expect(two(&node, &django, 1),
           "Both carried 120 messages/s without a failure; Node delivered in 1.21 ms at"
           " the 99th percentile, Django in 14.2 ms (11.7 times), for 31.0 us of CPU "
           "per delivery against 168 us; one run each, so no interval.");
}

Test(headline, one_target)
{
    struct lg_record *record = lg_record_new();
    made_trial(record, made_target(record, "node", "Node"), &node);
    expect(record, "Node carried 120 messages/s without a failure; it delivered in 1.21 ms at "
                   "the 99th percentile, for 31.0 us of CPU per delivery; one run, so no "
                   "interval.");
}

Test(headline, one_target_with_five_trials_has_an_interval)
{
    struct lg_record *record = lg_record_new();
    made_target(record, "node", "Node");
    for (int i = 0; i < 5; i++) {
        struct made m = node;
        m.ms += 0.02 * i;
        made_trial(record, &record->targets[0], &m);
    }
    expect(record, "Node carried 120 messages/s without a failure; it delivered in 1.29 ms at "
                   "the 99th percentile (95 % interval of the trials 1.21 ms to 1.30 ms), for "
                   "31.0 us of CPU per delivery; 5 trials.");
}

Test(headline, five_trials_each)
{
    expect(two(&node, &django, 5),
           "Both carried 120 messages/s without a failure; Node delivered in 1.22 ms at"
           " the 99th percentile, Django in 14.8 ms (11.9 times, 95 % interval 11.6 to "
           "12.3), for 31.0 us of CPU per delivery against 168 us; 5 trials each.");
}

Test(headline, three_trials_each_are_too_few_for_a_claim)
{
    expect(two(&node, &django, 3),
           "Both carried 120 messages/s without a failure; Node delivered in 1.22 ms at"
           " the 99th percentile, Django in 14.9 ms (12.1 times, 95 % interval 12.0 to "
           "12.3), for 31.0 us of CPU per delivery against 168 us; 3 trials each, and a"
           " claim takes 5.");
}

Test(headline, equal_targets_are_said_to_be_the_same_within_the_margin)
{
    expect(two(&node, &node, 6),
           "Both carried 120 messages/s without a failure; Node delivered in 1.22 ms at"
           " the 99th percentile, Django in 1.26 ms (the same within 5 %), for 31.0 us "
           "of CPU per delivery against 31.0 us; 6 trials each.");
}

Test(headline, http_requests_without_deliveries)
{
    struct made a = {.ms = 2, .cpu_us = 90};
    struct made b = {.ms = 5, .cpu_us = 400, .failed = 3};
    expect(two(&a, &b, 1),
           "Both carried 120 requests/s; 0.25 % of Django's exchanges failed; Node "
           "answered in 2.20 ms at the 99th percentile, Django in 5.49 ms (2.50 times),"
           " for 90.0 us of CPU per request against 400 us; one run each, so no "
           "interval.");
}

Test(headline, a_closed_model_has_a_service_time)
{
    struct made a = {.ms = 2, .arrivals = "closed"};
    struct made b = {.ms = 4, .arrivals = "closed", .sent = 600};
    expect(two(&a, &b, 1),
           "Node carried 120 requests/s, Django 60.0/s without a failure; Node answered"
           " in 2.18 ms at the 95th percentile of the service time (closed model), "
           "Django in 4.36 ms (2.00 times); one run each, so no interval.");
}

Test(headline, losses_are_named)
{
    struct made b = django;
    b.lost = 12;
    expect(two(&node, &b, 1),
           "Both carried 120 messages/s; Node delivered in 1.21 ms at the 99th "
           "percentile, Django in 14.2 ms (11.7 times), for 31.0 us of CPU per delivery"
           " against 168 us; Django lost 12 of 9,600 deliveries; one run each, so no "
           "interval.");
}

Test(headline, a_percentile_among_the_lost_is_no_number)
{
    struct made b = django;
    b.lost = 500;
    expect(two(&node, &b, 1),
           "Both carried 120 messages/s; Node delivered in 1.21 ms at the 99th "
           "percentile, Django's 99th percentile lies among its lost deliveries, for "
           "31.0 us of CPU per delivery against 168 us; Django lost 500 of 9,600 "
           "deliveries; one run each, so no interval.");
}

Test(headline, a_target_that_carries_less_than_was_asked_for)
{
    struct lg_record *record = two(&node, &django, 1);
    struct lg_users_result *users = record->targets[1].trials[0].users;
    users->intended_per_s = users->offered_per_s = 200;
    expect(record, "Node carried 120 messages/s, Django 120/s of the 200/s asked for without a "
                   "failure; Node delivered in 1.21 ms at the 99th percentile, Django in 14.2 "
                   "ms (11.7 times), for 31.0 us of CPU per delivery against 168 us; one run "
                   "each, so no interval.");
}

Test(headline, a_target_that_died)
{
    struct made b = django;
    b.died = "killed by signal 9\nlast words";
    expect(two(&node, &b, 1),
           "Django was cut short: killed by signal 9. Node carried 120 messages/s without a "
           "failure; it delivered in 1.21 ms at the 99th percentile, for 31.0 us of CPU"
           " per delivery; one run, so no interval.");
}

Test(headline, an_invalid_target_has_no_figures)
{
    struct lg_record *record = two(&node, &django, 1);
    record->targets[1].trials[0].users[0].worst_second = 0.4;
    record->targets[1].trials[0].generator.steal_share = 0.1;
    expect(record,
           "No figure of Django holds: chatter: 40 % of the intended arrivals were sent in the "
           "worst second (limit: at least 90 %), and 1 more breach. Node carried 120 "
           "messages/s without a failure; it delivered in 1.21 ms at the 99th percentile, "
           "for 31.0 us of CPU per delivery; one run, so no interval.");
}

Test(headline, an_invalid_run_has_no_figures_at_all)
{
    struct lg_record *record = two(&node, &django, 1);
    record->targets[0].trials[0].generator.busiest_5s = 0.97;
    record->targets[1].trials[0].generator.busiest_5s = 0.96;
    expect(record,
           "No figure of Node holds: the busiest thread ran or waited for a core for 97 % of "
           "its busiest 5 s (limit: 80 %). No figure of Django holds: the busiest thread "
           "ran or waited for a core for 96 % of its busiest 5 s (limit: 80 %).");
}

Test(headline, an_interrupted_run)
{
    struct lg_record *record = two(&node, &django, 1);
    record->interrupted = record->targets[1].trials[0].interrupted = true;
    expect(record, "Interrupted early. Both carried 120 messages/s without a failure; Node "
                   "delivered in 1.21 ms at the 99th percentile, Django in 14.2 ms (11.7 "
                   "times), for 31.0 us of CPU per delivery against 168 us; one run each, so no"
                   " interval. The objectives were not judged.");
}

Test(headline, an_interruption_before_the_second_target)
{
    struct lg_record *record = lg_record_new();
    made_trial(record, made_target(record, "node", "Node"), &node);
    made_target(record, "django", "Django");
    record->interrupted = true;
    expect(record, "Interrupted early. Django was not measured. Node carried 120 messages/s "
                   "without a failure; it delivered in 1.21 ms at the 99th percentile, for 31.0"
                   " us of CPU per delivery; one run, so no interval. The objectives were not "
                   "judged.");
}

Test(headline, of_nothing)
{
    expect(lg_record_new(), "Nothing was measured.");
}

Test(headline, objectives_that_were_met_and_missed)
{
    struct lg_objective_result results[] = {
        {"heard.delivery p(99) < 10ms", "node", "1.21 ms", LG_OBJECTIVE_MET, "", 0},
        {"heard.delivery p(99) < 10ms", "django", "14.2 ms", LG_OBJECTIVE_MISSED, "", 0},
        {"errors rate < 1%", "node", "0 %", LG_OBJECTIVE_MET, "", 0},
        {"errors rate < 1%", "django", "0 %", LG_OBJECTIVE_MET, "", 0},
    };
    struct lg_record *record = two(&node, &django, 1);
    record->objectives = results;
    record->objective_count = 4;
    expect(record, "Both carried 120 messages/s without a failure; Node delivered in 1.21 ms at"
                   " the 99th percentile, Django in 14.2 ms (11.7 times), for 31.0 us of CPU "
                   "per delivery against 168 us; one run each, so no interval. Django missed 1 "
                   "of 2 objectives: heard.delivery p(99) < 10ms (it was 14.2 ms).");
}

Test(headline, objectives_that_were_all_met)
{
    struct lg_objective_result results[] = {
        {"heard.delivery p(99) < 20ms", "node", "1.21 ms", LG_OBJECTIVE_MET, "", 0},
        {"heard.delivery p(99) < 20ms", "django", "14.2 ms", LG_OBJECTIVE_MET, "", 0},
    };
    struct lg_record *record = two(&node, &django, 1);
    record->objectives = results;
    record->objective_count = 2;
    expect(record, "Both carried 120 messages/s without a failure; Node delivered in 1.21 ms at"
                   " the 99th percentile, Django in 14.2 ms (11.7 times), for 31.0 us of CPU "
                   "per delivery against 168 us; one run each, so no interval. Both met the "
                   "objective.");
}

Test(headline, too_few_values_for_a_high_percentile)
{
    struct made few = {.ms = 2, .sent = 300};
    struct made fewer = {.ms = 3, .sent = 15};
    struct lg_record *record = lg_record_new();
    made_trial(record, made_target(record, "node", "Node"), &few);
    expect(record, "Node carried 30.0 requests/s without a failure; it answered in 2.18 ms at "
                   "the 95th percentile; one run, so no interval.");
    record = lg_record_new();
    made_trial(record, made_target(record, "node", ""), &fewer);
    expect(record, "node carried 1.50 requests/s without a failure; the slowest of node's 15 "
                   "answers took 3.28 ms; one run, so no interval.");
}

Test(headline, a_target_that_never_settled)
{
    struct lg_record *record = two(&node, &django, 1);
    lg_analyse(record, NULL);
    record->targets[1].trials[0].steady = "slowing";
    cr_assert(strcmp(lg_headline(record),
                     "Both carried 120 messages/s without a failure; Node delivered in 1.21 ms at"
                     " the 99th percentile, Django in 14.2 ms (11.7 times), for 31.0 us of CPU "
                     "per delivery against 168 us; Django got slower during the run, so these "
                     "figures are not its steady state; one run each, so no interval.") == 0,
              "%s", lg_headline(record));
    lg_record_free(record);
}

Test(headline, three_targets)
{
    struct made wsgi = {.chat = true, .ms = 30, .cpu_us = 250};
    struct lg_record *record = two(&node, &django, 1);
    made_trial(record, made_target(record, "wsgi", "WSGI"), &wsgi);
    expect(record, "All 3 carried 120 messages/s without a failure; Node delivered in 1.21 ms "
                   "at the 99th percentile, Django in 14.2 ms (11.7 times), WSGI in 32.9 ms "
                   "(27.3 times), for 31.0 us of CPU per delivery against 168 us and 250 us; "
                   "one run each, so no interval.");
}

Test(headline, of_listeners_is_about_their_events)
{
    struct lg_record *record = sample_record();
    sample_add_streams(record);
    for (size_t t = 0; t < 2; t++) {
        for (size_t i = 0; i < 2; i++) { /* the set-up step alone */
            record->targets[t].trials[i].step_count = 1;
            record->targets[t].trials[i].deliveries_count = 0;
        }
    }
    lg_analyse(record, NULL);
    cr_assert_not_null(strstr(record->headline, "events/s"), "%s", record->headline);
    cr_assert_not_null(strstr(record->headline, "sent the next event in 102 ms at the 99th"), "%s",
                       record->headline);
    for (size_t t = 0; t < 2; t++) {
        for (size_t i = 0; i < 2; i++) {
            record->targets[t].trials[i].step_count = 2;
            record->targets[t].trials[i].deliveries_count = 1;
        }
    }
    lg_record_free(record);
}
