#include "analysis/compare.h"
#include "analysis/validity.h"
#include "support/leak_check.h"

#include "made_record.h"

#include <criterion/criterion.h>

TestSuite(compare, .fini = fail_on_leak);

static void judge_all(struct lg_record *record)
{
    for (size_t t = 0; t < record->target_count; t++) {
        for (size_t i = 0; i < record->targets[t].trial_count; i++) {
            lg_validity_judge(&record->targets[t].trials[i], record->arena);
        }
    }
    lg_compare(record);
}

/* b's figures are those of a times `ratio`, both with noise from trial to trial. */
static struct lg_record *pair(size_t trials, double ratio, double noise, uint64_t run)
{
    struct lg_rng rng;
    lg_rng_init(&rng, 41, trials, run);
    struct lg_record *record = lg_record_new();
    made_target(record, "a", "A");
    made_target(record, "b", "B");
    for (size_t i = 0; i < trials; i++) {
        struct made a = {.sent = 40,
                         .ms = 10 * exp(noise * made_noise(&rng)),
                         .cpu_us = 50 * exp(noise * made_noise(&rng))};
        struct made b = {.sent = 40,
                         .ms = 10 * ratio * exp(noise * made_noise(&rng)),
                         .cpu_us = 50 * ratio * exp(noise * made_noise(&rng))};
        struct lg_trial_result *ta = made_trial(record, &record->targets[0], &a);
        ta->server.max_rss_bytes = (uint64_t)(1e8 * exp(noise * made_noise(&rng)));
        struct lg_trial_result *tb = made_trial(record, &record->targets[1], &b);
        tb->server.max_rss_bytes = (uint64_t)(1e8 * ratio * exp(noise * made_noise(&rng)));
    }
    return record;
}

static const struct lg_comparison *find(const struct lg_record *record, const char *metric)
{
    for (size_t i = 0; i < record->comparison_count; i++) {
        if (strcmp(record->comparisons[i].metric, metric) == 0) {
            return &record->comparisons[i];
        }
    }
    return NULL;
}

static bool decided(const struct lg_comparison *c)
{
    return c->difference == LG_DIFFERENCE_BETTER || c->difference == LG_DIFFERENCE_WORSE;
}

Test(compare, of_a_with_a_finds_no_difference_in_at_least_95_of_100)
{
    static const double noises[] = {0.01, 0.05, 0.2};
    for (size_t k = 0; k < 3; k++) {
        int alarms = 0;
        for (uint64_t run = 0; run < 100; run++) {
            struct lg_record *record = pair(5, 1, noises[k], 1000 * k + run);
            judge_all(record);
            cr_assert(record->comparison_count == 4);
            bool alarm = false;
            for (size_t i = 0; i < record->comparison_count; i++) {
                alarm = alarm || decided(&record->comparisons[i]);
            }
            alarms += alarm;
            lg_record_free(record);
        }
        cr_assert(alarms <= 5, "noise %g: %d of 100", noises[k], alarms);
    }
}

Test(compare, a_difference_of_5_percent_is_found_with_the_trials_announced)
{
    int found = 0;
    int unclear = 0;
    for (uint64_t run = 0; run < 40; run++) {
        struct lg_rng rng;
        lg_rng_init(&rng, 42, 0, run);
        double a[LG_COMPARE_MOST];
        double b[LG_COMPARE_MOST];
        for (size_t i = 0; i < LG_COMPARE_MOST; i++) {
            a[i] = 10 * exp(0.03 * made_noise(&rng));
            b[i] = 10.5 * exp(0.03 * made_noise(&rng));
        }
        struct lg_ratio first = lg_stats_ratio_paired(a, b, 5, LG_COMPARE_LEVEL);
        struct lg_judgement j = lg_compare_judge(&first, 5, 0.05, true);
        unclear += j.difference == LG_DIFFERENCE_UNCLEAR;
        struct lg_ratio then = lg_stats_ratio_paired(a, b, 5 + j.more, LG_COMPARE_LEVEL);
        found += lg_compare_judge(&then, 5 + j.more, 0.05, true).difference == LG_DIFFERENCE_WORSE;
    }
    cr_assert(unclear >= 10, "%d of 40 needed more trials", unclear);
    cr_assert(found >= 34, "%d of 40", found);
}

Test(compare, verdicts_depend_on_the_interval)
{
    static const struct {
        const char *what;
        double ratio, low, high, p;
        size_t trials;
        bool less;
        enum lg_difference difference;
    } rows[] = {
        {"two trials", 2, 1.9, 2.1, 0.001, 2, true, LG_DIFFERENCE_NO_INTERVAL},
        {"wholly above", 2, 1.9, 2.1, 0.001, 5, true, LG_DIFFERENCE_WORSE},
        {"wholly above, more is better", 2, 1.9, 2.1, 0.001, 5, false, LG_DIFFERENCE_BETTER},
        {"wholly below", 0.5, 0.4, 0.6, 0.001, 5, true, LG_DIFFERENCE_BETTER},
        {"inside the margin", 1.01, 0.97, 1.04, 0.5, 5, true, LG_DIFFERENCE_WITHIN},
        {"inside though it excludes 1", 1.03, 1.02, 1.04, 0.001, 5, true, LG_DIFFERENCE_WITHIN},
        {"includes 1 and more", 1.1, 0.9, 1.3, 0.2, 5, true, LG_DIFFERENCE_UNCLEAR},
        {"excludes 1, but not for so many metrics", 1.1, 1.01, 1.2, 0.04, 5, true,
         LG_DIFFERENCE_UNCLEAR},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lg_ratio ratio = {
            rows[i].ratio, {true, rows[i].low, rows[i].high}, rows[i].p, 0.1, 4};
        struct lg_judgement j = lg_compare_judge(&ratio, rows[i].trials, 0.01, rows[i].less);
        cr_assert(j.difference == rows[i].difference, "%s: %s", rows[i].what,
                  lg_difference_name(j.difference));
        cr_assert((j.more > 0) == (j.difference == LG_DIFFERENCE_UNCLEAR), "%s", rows[i].what);
    }
}

Test(compare, a_large_difference_is_found_in_every_metric_it_touches)
{
    struct lg_record *record = pair(5, 3, 0.05, 7);
    judge_all(record);
    const struct lg_comparison *time = find(record, "checkout response p50");
    cr_assert(time != NULL && time->difference == LG_DIFFERENCE_WORSE && time->trials == 5);
    cr_assert(time->low < 3.2 && time->high > 2.8 && time->low < time->ratio &&
              time->ratio < time->high);
    cr_assert(strncmp(time->verdict, "slower: ", 8) == 0, "%s", time->verdict);
    cr_assert(strncmp(find(record, "CPU per completed")->verdict, "dearer: ", 8) == 0);
    cr_assert(strncmp(find(record, "peak RSS")->verdict, "larger: ", 8) == 0);
    cr_assert(find(record, "achieved rate")->difference == LG_DIFFERENCE_WITHIN);
    cr_assert(find(record, "checkout response p99") == NULL, "200 values have no p99");
    cr_assert(find(record, "CPU per delivery") == NULL, "there are none");
    lg_record_free(record);
}

Test(compare, one_and_two_trials_have_a_ratio_and_no_interval)
{
    for (size_t trials = 1; trials <= 2; trials++) {
        struct lg_record *record = pair(trials, 3, 0, 1);
        judge_all(record);
        const struct lg_comparison *c = find(record, "checkout response p50");
        cr_assert(c->difference == LG_DIFFERENCE_NO_INTERVAL && c->low == 0 && c->high == 0);
        cr_assert(fabs(c->ratio - 3) < 0.01 && fabs(c->value_b / c->value_a - 3) < 0.01);
        const char *verdict =
            trials == 1 ? "one run each: no interval" : "two trials each: an interval takes three";
        cr_assert(strcmp(c->verdict, verdict) == 0, "%s", c->verdict);
        lg_record_free(record);
    }
}

Test(compare, invalid_or_interrupted_trials_are_shown_and_not_judged)
{
    for (int interrupted = 0; interrupted < 2; interrupted++) {
        struct lg_record *record = pair(5, 3, 0.02, 1);
        if (interrupted) {
            record->targets[1].trials[4].interrupted = true;
        } else {
            record->targets[1].trials[4].generator.busiest_5s = 1;
        }
        judge_all(record);
        const struct lg_comparison *c = find(record, "checkout response p50");
        cr_assert(c->difference == LG_DIFFERENCE_NOT_JUDGED && c->value_b > c->value_a);
        lg_record_free(record);
    }
}

Test(compare, a_percentile_among_the_failures_has_no_ratio)
{
    struct lg_record *record = lg_record_new();
    struct made good = {.ms = 5};
    struct made bad = {.ms = 5, .failed = 30};
    made_trial(record, made_target(record, "a", "A"), &good);
    made_trial(record, made_target(record, "b", "B"), &bad);
    judge_all(record);
    const struct lg_comparison *c = find(record, "checkout response p99");
    cr_assert(c->difference == LG_DIFFERENCE_NOT_JUDGED && c->ratio == 0 && isinf(c->value_b));
    cr_assert(strstr(c->verdict, "failed or lost of B") != NULL, "%s", c->verdict);
    cr_assert(find(record, "checkout response p50")->ratio > 0);
    lg_record_free(record);
}

Test(compare, deliveries_and_every_target_against_the_first)
{
    struct lg_record *record = lg_record_new();
    static const struct made m = {.chat = true, .ms = 5, .cpu_us = 30};
    for (int i = 0; i < 3; i++) {
        made_trial(record, made_target(record, i == 0 ? "a" : i == 1 ? "b" : "c", ""), &m);
    }
    made_target(record, "never ran", "");
    judge_all(record);
    size_t against[2] = {0};
    for (size_t i = 0; i < record->comparison_count; i++) {
        cr_assert(strcmp(record->comparisons[i].a, "a") == 0);
        against[strcmp(record->comparisons[i].b, "c") == 0]++;
    }
    cr_assert(against[0] == 8 && against[1] == 8, "%zu %zu", against[0], against[1]);
    cr_assert(find(record, "heard delivery p99") != NULL);
    lg_compare(record);
    cr_assert(record->comparison_count == 16, "comparing again replaces the rows");
    lg_record_free(record);
}

Test(compare, ratios_read_as_times_or_percent)
{
    static const struct {
        double ratio;
        const char *text;
    } rows[] = {{11.7, "11.7 times"},  {2, "2.00 times"},   {1.12, "12 % more"},
                {1.032, "3.2 % more"}, {0.83, "17 % less"}, {250, "250 times"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[48];
        lg_compare_show_ratio(text, rows[i].ratio);
        cr_assert(strcmp(text, rows[i].text) == 0, "%s", text);
    }
}
