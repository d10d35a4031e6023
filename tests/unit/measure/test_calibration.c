#include "measure/calibration.h"

#include "support/leak_check.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

TestSuite(calibration, .fini = fail_on_leak);

static struct lg_calibration sample(const char *cpu)
{
    return (struct lg_calibration){
        .cpu = cpu,
        .kernel = "Linux 6.1",
        .cores = 4,
        .measured_at = "2026-11-23T01:02:03Z",
        .version = "1.2",
        .clock_read_ns = 21.5,
        .lateness_p50_ns = 30e3,
        .lateness_p99_ns = 200e3,
        .floor_p50_ns = 100e3,
        .floor_p99_ns = 300e3,
        .rate_per_s = 100e3,
        .cpu_us_per_exchange = 7.5,
    };
}

static struct lg_environment machine(const char *cpu)
{
    return (struct lg_environment){.cpu = cpu, .kernel = "Linux 6.1", .cores = 4};
}

static bool found(const char *text, struct lg_environment e)
{
    struct lg_arena *arena = lg_arena_new();
    struct lg_calibration c;
    bool ok = lg_calibration_find(lg_str(text), &e, arena, &c);
    lg_arena_free(arena);
    return ok;
}

static char *file_of(const char *old, const char *cpu, double floor)
{
    struct lg_buf out = {0};
    struct lg_calibration c = sample(cpu);
    c.floor_p50_ns = floor;
    lg_calibration_write(lg_str(old), &c, &out);
    return lg_buf_take(&out);
}

Test(calibration, comes_back_as_it_was_written)
{
    struct lg_arena *arena = lg_arena_new();
    struct lg_calibration c, was = sample("A");
    struct lg_environment e = machine("A");
    char *text = file_of("", "A", was.floor_p50_ns);
    cr_assert(lg_calibration_find(lg_str(text), &e, arena, &c));
    cr_expect_str_eq(c.cpu, was.cpu);
    cr_expect_str_eq(c.kernel, was.kernel);
    cr_expect_eq(c.cores, was.cores);
    cr_expect_str_eq(c.measured_at, was.measured_at);
    cr_expect_str_eq(c.version, was.version);
    cr_expect_eq(c.clock_read_ns, was.clock_read_ns);
    cr_expect_eq(c.lateness_p50_ns, was.lateness_p50_ns);
    cr_expect_eq(c.lateness_p99_ns, was.lateness_p99_ns);
    cr_expect_eq(c.floor_p50_ns, was.floor_p50_ns);
    cr_expect_eq(c.floor_p99_ns, was.floor_p99_ns);
    cr_expect_eq(c.rate_per_s, was.rate_per_s);
    cr_expect_eq(c.cpu_us_per_exchange, was.cpu_us_per_exchange);
    free(text);
    lg_arena_free(arena);
}

Test(calibration, belongs_to_one_cpu_kernel_and_number_of_cores)
{
    char *text = file_of("", "A", 1);
    struct lg_environment e = machine("A");
    cr_expect(found(text, e));
    cr_expect_not(found(text, machine("B")));
    e.cores = 2;
    cr_expect_not(found(text, e));
    e = machine("A");
    e.kernel = "Linux 6.2";
    cr_expect_not(found(text, e));
    free(text);
}

Test(calibration, of_other_machines_stays_and_its_own_is_replaced)
{
    struct lg_arena *arena = lg_arena_new();
    struct lg_calibration c;
    struct lg_environment a = machine("A"), b = machine("B");
    char *first = file_of("", "A", 111), *second = file_of(first, "B", 222);
    char *third = file_of(second, "A", 333);
    cr_assert(lg_calibration_find(lg_str(third), &a, arena, &c));
    cr_expect_eq(c.floor_p50_ns, 333.0);
    cr_assert(lg_calibration_find(lg_str(third), &b, arena, &c));
    cr_expect_eq(c.floor_p50_ns, 222.0);
    cr_expect_null(strstr(third, "111"));
    free(first);
    free(second);
    free(third);
    lg_arena_free(arena);
}

Test(calibration, text_that_is_none_is_no_calibration)
{
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "null",
        "7",
        "{}",
        "{\"schema\":7}",
        "{\"schema\":\"loadgen.calibration/1\"}",
        "{\"schema\":\"loadgen.calibration/1\",\"machines\":7}",
        "{\"schema\":\"loadgen.calibration/1\",\"machines\":[7,null,{}]}",
        "{\"schema\":\"loadgen.calibration/1\",\"machines\":[{\"cpu\":\"A\",\"kernel\":"
        "\"Linux 6.1\",\"cores\":4}]}",
        "{\"schema\":\"other\",\"machines\":[]}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        cr_expect_not(found(texts[i], machine("A")), "%s", texts[i]);
        char *after = file_of(texts[i], "A", 5);
        cr_expect(found(after, machine("A")), "after %s", texts[i]);
        free(after);
    }
    char *negative = file_of("", "A", -5);
    cr_expect_not(found(negative, machine("A")));
    free(negative);
}

Test(calibration, lies_in_the_state_folder)
{
    struct lg_arena *arena = lg_arena_new();
    setenv("HOME", "/home/me", 1);
    unsetenv("XDG_STATE_HOME");
    cr_expect_str_eq(lg_calibration_path(arena), "/home/me/.local/state/loadgen/calibration.json");
    setenv("XDG_STATE_HOME", "/state", 1);
    cr_expect_str_eq(lg_calibration_path(arena), "/state/loadgen/calibration.json");
    setenv("XDG_STATE_HOME", "relative", 1);
    cr_expect_str_eq(lg_calibration_path(arena), "/home/me/.local/state/loadgen/calibration.json");
    unsetenv("HOME");
    unsetenv("XDG_STATE_HOME");
    cr_expect_null(lg_calibration_path(arena));
    lg_arena_free(arena);
}

/* A run with one target, one open kind of user at this rate, one step with this median. */
static size_t notes_of(double rate, unsigned threads, lg_ns p50, bool setup, const char **text)
{
    static char kept[512];
    struct lg_record *record = lg_record_new();
    struct lg_calibration c = sample("A");
    struct lg_target_result target = {.name = "node"};
    struct lg_trial_result trial = {.generator.threads = threads};
    struct lg_users_result users = {.offered_per_s = rate, .achieved_per_s = rate};
    struct lg_step_result step = {.name = "say", .setup = setup};
    struct lg_hist *h = lg_hist_new();
    lg_hist_add(h, p50);
    step.phase[LG_PHASE_RESPONSE] = h;
    trial.users = &users;
    trial.steps = &step;
    trial.users_count = trial.step_count = 1;
    target.trials = &trial;
    target.trial_count = 1;
    record->targets = &target;
    record->target_count = 1;
    lg_calibration_note(&c, record);
    size_t n = record->note_count;
    snprintf(kept, sizeof kept, "%s", n > 0 ? record->notes[0] : "");
    *text = kept;
    record->target_count = 0;
    lg_record_free(record);
    lg_hist_free(h);
    return n;
}

Test(calibration, a_run_outside_its_region_is_told)
{
    static const struct {
        double rate;
        unsigned threads;
        lg_ns p50;
        bool setup;
        size_t notes;
        const char *word;
    } rows[] = {
        {1000, 1, 10 * LG_MS, false, 0, ""},
        {50000, 1, 10 * LG_MS, false, 0, ""}, /* the limit itself */
        {60000, 1, 10 * LG_MS, false, 1, "60.0k/s"},
        {60000, 2, 10 * LG_MS, false, 0, ""},
        {1000, 1, 310 * LG_US, false, 0, ""},
        {1000, 1, 290 * LG_US, false, 1, "290 us"},
        {1000, 1, 290 * LG_US, true, 0, ""},
        {90000, 1, 90 * LG_US, false, 2, "90.0k/s"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *text;
        size_t n = notes_of(rows[i].rate, rows[i].threads, rows[i].p50, rows[i].setup, &text);
        cr_expect_eq(n, rows[i].notes, "row %zu: %zu notes, %s", i, n, text);
        cr_expect_not_null(strstr(text, rows[i].word), "row %zu: %s", i, text);
    }
}
