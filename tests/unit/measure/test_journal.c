#include "measure/journal.h"

#include "support/leak_check.h"
#include "support/sample_record.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[SCRATCH_PATH], path[SCRATCH_PATH + 16];

static void make_path(void)
{
    scratch_make(folder);
    snprintf(path, sizeof path, "%s/journal", folder);
}

static void remove_path(void)
{
    scratch_remove(folder);
    fail_on_leak();
}

TestSuite(journal, .init = make_path, .fini = remove_path);

static void read_file(struct lg_buf *out)
{
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file);
    char piece[65536];
    for (size_t n; (n = fread(piece, 1, sizeof piece, file)) > 0;) {
        lg_buf_add(out, piece, n);
    }
    fclose(file);
}

/* The record without its trials, as a session has it before the first. */
static struct lg_journal *begin_at(const char *where, const struct lg_record *record)
{
    struct lg_target_result targets[2] = {record->targets[0], record->targets[1]};
    struct lg_record frame = *record;
    targets[0].trial_count = targets[1].trial_count = 0;
    frame.targets = targets;
    return lg_journal_new(where, &frame);
}

static struct lg_journal *begin(const struct lg_record *record)
{
    return begin_at(path, record);
}

static struct lg_record *read_back(struct lg_slice text, const char **why)
{
    static struct lg_arena *errors;
    lg_arena_free(errors);
    errors = lg_arena_new();
    struct lg_record *record = lg_journal_read(text, false, errors, why);
    if (record != NULL) {
        lg_arena_free(errors);
        errors = NULL;
    }
    return record;
}

Test(journal, others_know_while_the_run_that_writes_it_goes_on)
{
    int told[2], go[2];
    char byte = 0;
    struct lg_record *record = sample_record();
    cr_assert(pipe(told) == 0 && pipe(go) == 0);
    cr_expect_not(lg_journal_is_written(path), "there is none");
    pid_t writer = fork();
    if (writer == 0) {
        begin(record);
        _exit(write(told[1], "x", 1) == 1 && read(go[0], &byte, 1) == 1 ? 0 : 1);
    }
    cr_assert_eq(read(told[0], &byte, 1), 1);
    cr_expect(lg_journal_is_written(path));
    cr_assert_eq(write(go[1], "x", 1), 1);
    cr_assert_eq(waitpid(writer, NULL, 0), writer);
    cr_expect_not(lg_journal_is_written(path), "its writer has ended");
    lg_record_free(record);
}

/* A journal of the sample's trials, all whole. */
static void write_sample(const struct lg_record *record, struct lg_buf *text)
{
    struct lg_journal *journal = begin(record);
    for (size_t i = 0; i < 2; i++) {
        for (size_t t = 0; t < 2; t++) {
            lg_journal_begin(journal, t, (unsigned)i + 1, "2026-11-20T08:00:00Z", 0);
            lg_journal_end(journal, t, &record->targets[t].trials[i]);
        }
    }
    cr_expect_eq(lg_journal_failure(journal), 0);
    lg_journal_free(journal);
    read_file(text);
}

Test(journal, whole_trials_come_back_as_they_were)
{
    const char *why = NULL;
    struct lg_buf text = {0}, want = {0}, got = {0};
    struct lg_record *record = sample_record();
    write_sample(record, &text);
    struct lg_record *back = read_back(lg_buf_slice(&text), &why);
    cr_assert_not_null(back, "%s", why);
    cr_expect(back->interrupted);
    cr_expect_eq(back->note_count, record->note_count + 1);
    back->interrupted = record->interrupted;
    back->note_count = record->note_count;
    lg_record_write(record, &want);
    lg_record_write(back, &got);
    cr_expect(lg_slice_eq(lg_buf_slice(&want), lg_buf_slice(&got)));
    lg_record_free(record);
    lg_record_free(back);
    lg_buf_free(&text);
    lg_buf_free(&want);
    lg_buf_free(&got);
}

Test(journal, a_torn_or_changed_line_ends_it)
{
    const char *why = NULL;
    struct lg_buf text = {0};
    struct lg_record *record = sample_record();
    write_sample(record, &text);
    size_t last = text.n - 1;
    while (text.p[last - 1] != '\n') {
        last--;
    }
    for (size_t cut = last; cut < text.n; cut += (text.n - last) / 50 + 1) {
        struct lg_record *back = read_back(lg_slice(text.p, cut), &why);
        cr_assert_not_null(back, "%s", why);
        cr_expect_eq(back->targets[1].trial_count, 1);
        lg_record_free(back);
    }
    text.p[last + 50] ^= 1;
    struct lg_record *back = read_back(lg_buf_slice(&text), &why);
    cr_assert_not_null(back, "%s", why);
    cr_expect_eq(back->targets[0].trial_count, 2);
    cr_expect_eq(back->targets[1].trial_count, 1);
    lg_record_free(back);
    lg_record_free(record);
    lg_buf_free(&text);
}

Test(journal, what_is_no_journal_or_empty_is_told)
{
    static const char *const texts[] = {"", "x", "00000000 {}\n", "garbage\nmore garbage\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *why = NULL;
        cr_expect_null(read_back(lg_str(texts[i]), &why));
        cr_expect_not_null(strstr(why, "not a journal"), "%s", why);
    }
    struct lg_buf text = {0};
    struct lg_record *record = sample_record();
    lg_journal_free(begin(record));
    read_file(&text);
    const char *why = NULL;
    cr_expect_null(read_back(lg_buf_slice(&text), &why));
    cr_expect_not_null(strstr(why, "before anything was measured"), "%s", why);
    lg_record_free(record);
    lg_buf_free(&text);
}

enum { SECONDS = 6, EACH = 10 };

/* A second of the trial: its one row, and EACH exchanges of (at + 10) ms, one of them failed. */
static void write_second(struct lg_journal *journal, struct lg_record *record, int at)
{
    struct lg_arena *arena = record->arena;
    struct lg_trial_result second = {.number = 1, .started_at = "", .duration_s = at + 1};
    struct lg_step_result *step = LG_ARENA_PUSH(arena, second.steps, second.step_count);
    *step = (struct lg_step_result){.name = "say",
                                    .users = "chatter",
                                    .parallel = true,
                                    .part_of = "both",
                                    .slowest = 1,
                                    .partial = 2,
                                    .failed_parts = 3,
                                    .count = EACH};
    step->outcomes[LG_OK] = EACH - 1;
    step->outcomes[LG_TIMEOUT] = 1;
    *LG_ARENA_PUSH(arena, step->errors, step->error_count) =
        (struct lg_error_count){LG_TIMEOUT, 0, 1, at * LG_S, "late"};
    step->phase[LG_PHASE_RESPONSE] = lg_hist_new();
    for (int i = 0; i < EACH - 1; i++) {
        lg_hist_add(step->phase[LG_PHASE_RESPONSE], (at + 10) * LG_MS);
    }
    struct lg_users_result *users = LG_ARENA_PUSH(arena, second.users, second.users_count);
    *users = (struct lg_users_result){.name = "chatter", .arrivals = "poisson"};
    users->accounting = (struct lg_accounting){EACH, EACH - 1, 0, 1, 0, 0, 0};
    users->offered_per_s = second.duration_s > 0 ? EACH / second.duration_s : 0;
    second.server =
        (struct lg_server_result){.sampled = true, .cpu_s = (at + 1) * 0.5, .ended = ""};
    second.generator = (struct lg_generator_result){.cpu_s = 0.1, .threads = 2};
    second.generator.cpu_utilisation = second.duration_s > 0 ? 0.07 / second.duration_s : 0;
    second.timeline_count = 1;
    second.timeline = lg_arena_alloc(arena, sizeof *second.timeline);
    second.timeline->at_s = at;
    second.timeline->length_s = 1;
    second.timeline->server_cpu = 0.5;
    second.timeline->steps = lg_arena_alloc(arena, sizeof *second.timeline->steps);
    second.timeline->steps->histogram = "";
    lg_journal_second(journal, &second);
    lg_trial_result_fini(&second);
}

static const struct lg_trial_result *cut_off_trial(struct lg_record **record, double cut_s)
{
    const char *why = NULL;
    struct lg_buf text = {0};
    struct lg_record *sample = sample_record();
    struct lg_journal *journal = begin(sample);
    lg_journal_begin(journal, 1, 3, "2026-11-20T08:00:00Z", cut_s);
    for (int at = -1; at < SECONDS - 1; at++) {
        write_second(journal, sample, at);
    }
    lg_journal_free(journal);
    read_file(&text);
    *record = read_back(lg_buf_slice(&text), &why);
    cr_assert_not_null(*record, "%s", why);
    cr_assert_eq((*record)->targets[1].trial_count, 1);
    lg_record_free(sample);
    lg_buf_free(&text);
    return &(*record)->targets[1].trials[0];
}

Test(journal, the_seconds_of_a_cut_off_trial_add_up)
{
    struct lg_record *record;
    const struct lg_trial_result *trial = cut_off_trial(&record, 0);
    cr_expect(trial->interrupted && record->interrupted);
    cr_expect_eq(trial->number, 3);
    cr_expect_eq(trial->duration_s, 5);
    cr_expect_eq(trial->warmup_s, 1);
    cr_expect_eq(trial->timeline_count, SECONDS);
    cr_expect_eq(trial->steps[0].count, 5 * EACH);
    cr_expect_eq(trial->steps[0].outcomes[LG_OK], 5 * (EACH - 1));
    cr_expect_eq(trial->steps[0].error_count, 1);
    cr_expect_eq(trial->steps[0].errors[0].count, 5);
    cr_expect_eq(trial->steps[0].errors[0].first_at, 0);
    cr_expect(trial->steps[0].parallel, "its parts are the exchanges");
    cr_expect_str_eq(trial->steps[0].part_of, "both");
    cr_expect_eq(trial->steps[0].slowest, 5);
    cr_expect_eq(trial->steps[0].partial, 10);
    cr_expect_eq(trial->steps[0].failed_parts, 15);
    const struct lg_hist *h = trial->steps[0].phase[LG_PHASE_RESPONSE];
    cr_expect_eq(h->count, 5 * (EACH - 1));
    cr_expect_eq(lg_hist_slot(lg_hist_quantile(h, 0.5, 0)), lg_hist_slot(12 * LG_MS));
    cr_expect_float_eq(trial->users[0].offered_per_s, EACH, 1e-9);
    cr_expect_eq(trial->users[0].accounting.timed_out, 5);
    cr_expect_eq(trial->server.cpu_s, 2.5);
    cr_expect_float_eq(trial->server.cpu_us_per_completed, 2.5e6 / 45, 1e-6);
    cr_expect_float_eq(trial->generator.cpu_s, 0.5, 1e-9);
    cr_expect_float_eq(trial->generator.cpu_utilisation, 0.07, 1e-9, "of the busiest thread");
    cr_expect_not(trial->users[0].flow_measured || trial->generator.busy_measured);
    lg_record_free(record);
}

Test(journal, an_automatic_warm_up_is_cut_off_the_seconds)
{
    struct lg_record *record;
    const struct lg_trial_result *trial = cut_off_trial(&record, 2);
    cr_expect_eq(trial->duration_s, 3);
    cr_expect_eq(trial->warmup_s, 3);
    cr_expect_eq(trial->timeline[0].at_s, -3);
    cr_expect_eq(trial->steps[0].count, 3 * EACH);
    cr_expect_eq(trial->server.cpu_s, 1.5, "without that of the warm-up");
    cr_expect_float_eq(trial->server.cpu_us_per_completed, 1.5e6 / 27, 1e-6);
    lg_record_free(record);
}

Test(journal, one_that_cannot_be_written_says_so_and_does_nothing_more)
{
    struct lg_record *record = sample_record();
    struct lg_journal *journal = begin_at("/dev/full", record);
    cr_expect_eq(lg_journal_failure(journal), ENOSPC);
    lg_journal_begin(journal, 0, 1, "", 0);
    lg_journal_end(journal, 0, &record->targets[0].trials[0]);
    cr_expect_eq(lg_journal_failure(journal), ENOSPC);
    lg_journal_free(journal);
    lg_journal_begin(NULL, 0, 1, "", 0);
    lg_journal_free(NULL);
    cr_expect_eq(lg_journal_failure(NULL), 0);
    journal = begin_at("/nowhere/at/all", record);
    cr_expect_eq(lg_journal_failure(journal), ENOENT);
    lg_journal_free(journal);
    lg_record_free(record);
}
