#include "measure/record.h"

#include "support/leak_check.h"
#include "support/sample_record.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

TestSuite(record, .fini = fail_on_leak);

static char *written(const struct lg_record *record)
{
    struct lg_buf out = {0};
    lg_record_write(record, &out);
    return lg_buf_take(&out);
}

static char *written_sample(void)
{
    struct lg_record *record = sample_record();
    sample_add_streams(record);
    sample_add_groups(record);
    char *text = written(record);
    lg_record_free(record);
    return text;
}

/* The text with the first `from` after the first `after` replaced. */
static char *changed(const char *text, const char *after, const char *from, const char *to)
{
    const char *start = strstr(text, after);
    cr_assert_not_null(start, "no %s", after);
    const char *at = strstr(start, from);
    cr_assert_not_null(at, "no %s after %s", from, after);
    return lg_printf("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

Test(record, written_read_and_written_again_is_the_same_bytes)
{
    struct lg_arena *errors = lg_arena_new();
    char *first = written_sample();
    const char *why = NULL;
    struct lg_record *record = lg_record_read(lg_str(first), errors, &why);
    cr_assert_not_null(record, "%s", why);
    char *second = written(record);
    cr_assert_str_eq(first, second);
    free(first);
    free(second);
    lg_record_free(record);
    lg_arena_free(errors);
}

Test(record, what_was_read_is_what_was_written)
{
    struct lg_arena *errors = lg_arena_new();
    char *text = written_sample();
    const char *why;
    struct lg_record *a = sample_record(), *b = lg_record_read(lg_str(text), errors, &why);
    cr_assert_not_null(b, "%s", why);
    cr_assert_eq(b->seed, 42);
    cr_assert_str_eq(b->source, a->source);
    cr_assert_eq(b->target_count, 2);
    const struct lg_trial_result *trial = &b->targets[1].trials[1];
    const struct lg_step_result *say = &trial->steps[1], *say_a = &a->targets[1].trials[1].steps[1];
    cr_assert_eq(say->outcomes[LG_TIMEOUT], 5);
    cr_assert_eq(say->outcomes[LG_OK], say_a->outcomes[LG_OK]);
    cr_assert_eq(say->errors[1].class, LG_WS_CLOSE);
    cr_assert_eq(say->errors[1].code, 1011);
    cr_assert_eq(say->errors[1].first_at, 7812345678);
    cr_assert_str_eq(say->errors[1].sample, say_a->errors[1].sample);
    const struct lg_hist *h = say->phase[LG_PHASE_RESPONSE], *g = say_a->phase[LG_PHASE_RESPONSE];
    cr_assert_eq(h->count, g->count);
    cr_assert_eq(h->min, g->min);
    cr_assert_eq(h->max, g->max);
    cr_assert_eq(memcmp(h->counts, g->counts, LG_HIST_SLOTS * sizeof *h->counts), 0);
    cr_assert(fabs(lg_hist_mean(h) / lg_hist_mean(g) - 1) < 1e-14);
    cr_assert_eq(trial->timeline_count, 20);
    cr_assert_eq(trial->timeline[0].at_s, -5);
    cr_assert_eq(trial->timeline[0].steps[0].p50, -1, "no join in that second");
    cr_assert_eq(trial->timeline[12].steps[1].failed, 6);
    cr_assert_eq(trial->timeline[12].steps[1].p99, LG_NEVER, "p99 falls among the failures");
    cr_assert_eq(b->targets[0].trials[0].timeline[3].server_pss_bytes, -1);
    cr_assert_eq(b->objectives[1].state, LG_OBJECTIVE_MISSED);
    cr_assert_eq(b->objectives[2].state, LG_OBJECTIVE_NOT_JUDGED);
    cr_assert_eq(b->comparisons[1].low, 0);
    lg_record_free(a);
    lg_record_free(b);
    free(text);
    lg_arena_free(errors);
}

Test(record, of_nothing_is_still_a_record)
{
    struct lg_arena *errors = lg_arena_new();
    struct lg_record *record = lg_record_new();
    record->seed = UINT64_MAX;
    char *text = written(record);
    const char *why;
    struct lg_record *again = lg_record_read(lg_str(text), errors, &why);
    cr_assert_not_null(again, "%s", why);
    cr_assert_eq(again->seed, UINT64_MAX);
    cr_assert_str_eq(again->name, "");
    lg_record_free(record);
    lg_record_free(again);
    free(text);
    lg_arena_free(errors);
}

Test(record, failures_rank_above_successes_only_where_a_time_ends_with_the_answer)
{
    struct lg_record *record = sample_record();
    struct lg_step_result *say = &record->targets[1].trials[1].steps[1];
    say->phase[LG_PHASE_SERVICE]->over = 2;
    cr_assert_eq(lg_step_above(say, LG_PHASE_RESPONSE), 6);
    cr_assert_eq(lg_step_above(say, LG_PHASE_SERVICE), 8, "values over the range count, too");
    cr_assert_eq(lg_step_above(say, LG_PHASE_FIRST_BYTE), 6);
    cr_assert_eq(lg_step_above(say, LG_PHASE_SCHEDULE_LAG), 0);
    cr_assert_eq(lg_step_above(say, LG_PHASE_FAILED), 0);
    cr_assert_eq(lg_iteration_above(&record->targets[1].trials[1].users[0]), 6);
    cr_assert_eq(lg_delivery_above(&record->targets[1].trials[1].deliveries[0]), 3);
    lg_record_free(record);
}

Test(record, failed_downloads_count_as_rate_0)
{
    struct lg_stream_result film = {.throughput = lg_hist_new(), .failed = 0};
    cr_assert_eq(lg_throughput_quantile(&film, 0.5), -1);
    for (int i = 1; i <= 9; i++) {
        lg_hist_add(film.throughput, i * 100);
    }
    cr_assert_eq(lg_throughput_quantile(&film, 0.05), 100);
    film.failed = 1;
    cr_assert_eq(lg_throughput_quantile(&film, 0.05), 0);
    cr_assert_eq(lg_throughput_quantile(&film, 0.1), 0);
    cr_assert_eq(lg_throughput_quantile(&film, 0.2), 100);
    cr_assert_eq(lg_throughput_quantile(&film, 1), 900);
    film.failed = 100;
    cr_assert_eq(lg_throughput_quantile(&film, 0.5), 0);
    lg_hist_free(film.throughput);
}

Test(record, a_percentile_among_the_failures_is_null)
{
    char *text = written_sample();
    const char *say = strstr(strstr(text, "\"ws_close\": 1"), "\"response_time_ns\"");
    const char *p999 = strstr(say, "\"p999\": null");
    cr_assert_not_null(p999);
    cr_assert_lt(p999, strstr(say, "\"service_time_ns\""));
    cr_assert_lt(strstr(say, "\"above\": 6"), p999);
    free(text);
}

Test(record, bytes_that_are_not_text_are_replaced_and_not_finite_numbers_are_null)
{
    struct lg_arena *errors = lg_arena_new();
    struct lg_record *record = sample_record();
    record->headline = "a\xff\xc0\xaf\xed\xa0\x80z \xc3\xa9 \xf0\x9f\x98\x80 \xe2\x82";
    record->comparisons[0].ratio = INFINITY;
    record->comparisons[0].high = NAN;
    char *first = written(record);
    const char *why;
    struct lg_record *again = lg_record_read(lg_str(first), errors, &why);
    cr_assert_not_null(again, "%s", why);
    cr_assert_str_eq(again->headline,
                     "a\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDz \u00e9 \U0001F600 \uFFFD\uFFFD");
    cr_assert(isnan(again->comparisons[0].ratio));
    char *second = written(again);
    cr_assert_str_eq(first, second);
    free(first);
    free(second);
    lg_record_free(record);
    lg_record_free(again);
    lg_arena_free(errors);
}

Test(record, that_is_malformed_is_refused_with_the_place)
{
    static const struct {
        const char *after, *from, *to, *why;
    } rows[] = {
        {"{", "{", "[", "line 2, column 10: "},
        {"{", "loadgen.run/1", "loadgen.run/2",
         "schema: this program reads \"loadgen.run/1\" only"},
        {"{", "\"schema\"", "\"scheme\"", "schema: this key is missing"},
        {"{", "\"headline\"", "\"headlines\"", "headline: this key is missing"},
        {"\"headline\"", "true", "1",
         "valid: true or false is expected here, found a whole number"},
        {"{", "\"seed\": \"42\"", "\"seed\": 42", "seed: the seed is expected here"},
        {"{", "\"seed\": \"42\"", "\"seed\": \"18446744073709551616\"", "seed: the seed is"},
        {"{", "\"seed\": \"42\"", "\"seed\": \"-1\"", "seed: the seed is"},
        {"\"notes\"", "\"2 trials", "7, \"2 trials", "notes: text is expected here, found a whole"},
        {"\"ci95\": [", "6.9", "\"x\"", "comparison[0].ci95: null or a list of two numbers"},
        {"\"objectives\"", "\"met\": true", "\"met\": 3", "objectives[0].met: true, false or null"},
        {"\"cores\"", "2", "4294967296", "environment.cores: a whole number from 0 to 4294967295"},
        {"\"cores\"", "2", "99999999999999999999", "line "},
        {"\"versions\": {", "\"0.1.0\"", "{}",
         "environment.versions: text is expected here, found"},
        {"\"trials\"", "\"duration_s\": 15.0", "\"duration_s\": \"15\"",
         "targets[0].trials[0].duration_s: a number or null is expected here, found text"},
        {"\"trials\"", "\"duration_s\": 15.0", "\"duration_s\": 1e999", "line "},
        {"\"users\": [", "\"scheduled\": 1500", "\"scheduled\": -1",
         "targets[0].trials[0].users[0].accounting.scheduled: a whole number from 0 to"},
        {"\"users\": [", "\"count\": 1500", "\"count\": 1501",
         "targets[0].trials[0].users[0].schedule.lateness_ns: count differs"},
        {"\"users\": [", "\"min\": ", "\"min\": 9", "schedule.lateness_ns: min and max do not fit"},
        {"\"users\": [", "\"mean\": ", "\"mean\": 9", "lateness_ns: mean is not between"},
        {"\"users\": [",
         "\"mean\": ", "\"mean\": null, \"m\":", "lateness_ns: mean is not between"},
        {"\"users\": [", "\"histogram\": \"HISTF", "\"histogram\": \"HISTG",
         "lateness_ns: the histogram is not"},
        {"\"users\": [", "\"histogram\"", "\"histograms\"", "lateness_ns: null or an object"},
        {"\"ws_close\": 1", "\"ws_close\"", "\"ws_closed\"",
         "steps[1].errors: a key is not the name"},
        {"\"error_rows\": [\n", "\"timeout\"", "\"timeouts\"",
         "targets[1].trials[0].steps[2].error_rows[0].class: no outcome class has this name"},
        {"\"error_rows\": [\n", "1.0", "1e10", "first_at_s: a number of seconds within"},
        {"\"timeline\": [", "\"steps\": [", "\"steps\": [{},",
         "targets[0].trials[0].timeline[0].steps: as many rows as the trial's are expected here "
         "(6)"},
        {"\"timeline\": [", "\"steps\": [", "\"steps\": 3, \"s\": [", "a list is expected here"},
    };
    char *text = written_sample();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lg_arena *errors = lg_arena_new();
        char *bad = changed(text, rows[i].after, rows[i].from, rows[i].to);
        const char *why = NULL;
        cr_expect_null(lg_record_read(lg_str(bad), errors, &why), "row %zu was accepted", i);
        cr_expect(why != NULL && strstr(why, rows[i].why) != NULL, "row %zu: %s", i, why);
        free(bad);
        lg_arena_free(errors);
    }
    free(text);
}

Test(record, cut_anywhere_is_refused)
{
    char *text = written_sample();
    size_t n = strlen(text);
    for (size_t cut = 0; cut < n - 2; cut += 1 + n / 199) {
        struct lg_arena *errors = lg_arena_new();
        const char *why = NULL;
        cr_assert_null(lg_record_read(lg_slice(text, cut), errors, &why));
        cr_assert_not_null(why);
        lg_arena_free(errors);
    }
    free(text);
}

Test(record, that_is_hostile_is_refused)
{
    enum { DEEP = 100000 };
    struct lg_arena *errors = lg_arena_new();
    const char *why = NULL;
    char *deep = lg_alloc(DEEP);
    memset(deep, '[', DEEP);
    cr_expect_null(lg_record_read(lg_slice(deep, DEEP), errors, &why));
    free(deep);
    const char *texts[] = {"",
                           "null",
                           "[]",
                           "{}",
                           "3",
                           "{\"schema\":3}",
                           "\xff\xfe{}",
                           "{\"schema\":\"loadgen.run/1\",\"schema\":\"loadgen.run/1\"}",
                           "{\"schema\":\"loadgen.run/1\"}",
                           "{\"schema\":\"\\u0000\"}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        why = NULL;
        cr_expect_null(lg_record_read(lg_str(texts[i]), errors, &why), "%s", texts[i]);
        cr_expect_not_null(why, "%s", texts[i]);
    }
    cr_expect_null(lg_record_read(lg_str("{\"a\": \x1b[2J"), errors, &why));
    cr_expect_null(strchr(why, '\x1b'), "a fault's text steers the terminal");
    lg_arena_free(errors);
}

Test(record, whose_keys_are_unknown_is_read_without_them)
{
    struct lg_arena *errors = lg_arena_new();
    char *text = written_sample();
    char *more = changed(text, "{", "\"headline\"", "\"from_the_future\": [{}], \"headline\"");
    const char *why;
    struct lg_record *record = lg_record_read(lg_str(more), errors, &why);
    cr_assert_not_null(record, "%s", why);
    char *again = written(record);
    cr_assert_str_eq(again, text);
    lg_record_free(record);
    free(again);
    free(more);
    free(text);
    lg_arena_free(errors);
}

Test(record, from_before_threads_were_counted_is_read_without_them)
{
    struct lg_record *record = sample_record();
    record->targets[0].trials[0].server.threads = 12;
    record->targets[0].trials[0].server.idle_threads = 7;
    char *text = written(record);
    char *older = changed(text, "\"idle_rss_bytes\"", "\"threads\": 12.0", "\"strands\": 12.0");
    struct lg_arena *errors = lg_arena_new();
    const char *why = NULL;
    struct lg_record *back = lg_record_read(lg_str(text), errors, &why);
    cr_assert_not_null(back, "%s", why);
    cr_expect_float_eq(back->targets[0].trials[0].server.threads, 12, 0);
    cr_expect_float_eq(back->targets[0].trials[0].server.idle_threads, 7, 0);
    lg_record_free(back);
    back = lg_record_read(lg_str(older), errors, &why);
    cr_assert_not_null(back, "%s", why);
    cr_expect_float_eq(back->targets[0].trials[0].server.threads, -1, 0);
    cr_expect_float_eq(back->targets[0].trials[0].server.idle_threads, 7, 0);
    lg_record_free(back);
    lg_record_free(record);
    lg_arena_free(errors);
    free(older);
    free(text);
}

Test(record, whose_short_texts_stand_for_too_much_memory_is_refused)
{
    enum { STEPS = 6000 };
    struct lg_record *record = lg_record_new();
    struct lg_target_result *target =
        LG_ARENA_PUSH(record->arena, record->targets, record->target_count);
    struct lg_trial_result *trial =
        LG_ARENA_PUSH(record->arena, target->trials, target->trial_count);
    struct lg_hist *shared = lg_hist_new();
    trial->steps = lg_arena_alloc(record->arena, STEPS * sizeof *trial->steps);
    for (trial->step_count = 0; trial->step_count < STEPS; trial->step_count++) {
        for (int phase = 0; phase < LG_PHASES; phase++) {
            trial->steps[trial->step_count].phase[phase] = shared;
        }
    }
    char *text = written(record);
    struct lg_arena *errors = lg_arena_new();
    const char *why = "";
    cr_expect_null(lg_record_read(lg_str(text), errors, &why));
    cr_expect_not_null(strstr(why, "need more memory than 1 GiB"), "%s", why);
    trial->step_count = 0; /* the histogram is not the record's */
    lg_hist_free(shared);
    lg_record_free(record);
    lg_arena_free(errors);
    free(text);
}

/* ---- the fuzzer's seed ---- */

/* One target, one trial, one second: a record of every part that is quick to read. */
static char *written_small(void)
{
    struct lg_record *record = sample_record();
    sample_add_streams(record);
    sample_add_groups(record);
    size_t targets = record->target_count, trials = record->targets[0].trial_count;
    struct lg_trial_result *trial = &record->targets[0].trials[0];
    size_t seconds = trial->timeline_count;
    record->target_count = record->targets[0].trial_count = trial->timeline_count = 1;
    char *text = written(record);
    record->target_count = targets;
    record->targets[0].trial_count = trials;
    trial->timeline_count = seconds;
    lg_record_free(record);
    return text;
}

Test(record, the_seed_of_the_fuzzer_is_a_record_of_today)
{
    static const char path[] = LG_SOURCE_DIR "/tests/fuzz/corpus/fuzz_record/small.json";
    char *want = written_small();
    if (getenv("LG_UPDATE") != NULL) {
        FILE *file = fopen(path, "w");
        cr_assert(file != NULL && fputs(want, file) >= 0 && fclose(file) == 0);
    }
    char *have = lg_alloc(strlen(want) + 1);
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file);
    size_t n = fread(have, 1, strlen(want), file);
    cr_assert(n == strlen(want) && memcmp(have, want, n) == 0 && fgetc(file) == EOF,
              "it would be refused at its first old part; LG_UPDATE=1 writes it");
    fclose(file);
    free(have);
    free(want);
}
