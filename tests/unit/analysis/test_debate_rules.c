/* Figures that set parts of a trial against each other, and the rules that take them: runs made up
 * so that each verdict must follow. */
#include "analysis/debate_verdict.h"
#include "scenario/debate.h"

#include "made_record.h"

#include <criterion/criterion.h>

struct part {
    const char *step;
    double ms;
};

enum { PARTS = 5 };

struct lane {
    const char *name;
    struct part parts[PARTS];
    double ready_s, threads, mib, cpu_us; /* threads: beyond the 5 at first; mib: grown by */
    double last_trial;                    /* its times are so many times the others'; 0: one */
};

struct run {
    const char *claim, *scenario;
    struct lane lanes[3];
    unsigned cores;
    bool setup, open;
};

static void add_part(struct lg_record *record, struct lg_trial_result *trial,
                     const struct part *part, bool setup)
{
    struct lg_step_result *s = LG_ARENA_PUSH(record->arena, trial->steps, trial->step_count);
    uint64_t n = setup ? 1 : 1200;
    *s =
        (struct lg_step_result){.name = part->step, .users = "chatter", .setup = setup, .count = n};
    s->outcomes[LG_OK] = n;
    s->phase[LG_PHASE_RESPONSE] = made_times(n, part->ms);
    s->phase[LG_PHASE_SERVICE] = made_times(n, part->ms);
}

static void add_trial(struct lg_record *record, struct lg_target_result *target,
                      const struct lane *lane, const struct run *run, bool last)
{
    bool named = lane->parts[0].step != NULL && !run->setup;
    double noise = last && lane->last_trial > 0 ? lane->last_trial : 1;
    noise *= 1 + 0.001 * (double)target->trial_count;
    struct made m = {.ms = named ? lane->parts[0].ms * noise : 10,
                     .cpu_us = lane->cpu_us > 0 ? lane->cpu_us : 50,
                     .arrivals = run->open ? NULL : "closed"};
    struct lg_trial_result *trial = made_trial(record, target, &m);
    if (named) {
        trial->steps[0].name = lane->parts[0].step;
    }
    for (size_t i = named ? 1 : 0; i < PARTS && lane->parts[i].step != NULL; i++) {
        struct part part = {lane->parts[i].step, lane->parts[i].ms * noise};
        add_part(record, trial, &part, run->setup);
    }
    trial->server.ready_s = lane->ready_s * noise;
    trial->server.idle_threads = 5;
    trial->server.threads = 5 + lane->threads;
    trial->server.idle_rss_bytes = 50 << 20;
    trial->server.max_rss_bytes = (uint64_t)((50 + lane->mib) * (1 << 20));
}

static struct lg_record *made_run(const struct run *run)
{
    struct lg_record *record = lg_record_new();
    record->name = run->scenario;
    record->claim = run->claim;
    record->environment.cores = run->cores > 0 ? run->cores : 2;
    for (size_t i = 0; i < 3 && run->lanes[i].name != NULL; i++) {
        const struct lane *lane = &run->lanes[i];
        const char *better = lg_debate_better_lane(run->scenario);
        bool renamed = better != NULL && strcmp(lane->name, "django") == 0;
        const char *name = renamed ? better : lane->name;
        struct lg_target_result *target = made_target(record, name, name);
        for (int k = 0; k < 5; k++) {
            add_trial(record, target, lane, run, k == 4);
        }
    }
    lg_debate_judge(record);
    return record;
}

#define KERNELS(a, b, c) .parts = {{"sieve", a}, {"matrix", b}, {"fib", c}}

static const struct {
    const char *what, *verdict, *says; /* of the first claim; says NULL: whatever */
    struct run run;
} cases[] = {
    {"the framework's share is larger",
     "supported",
     "at 1.8 times node",
     {.claim = "speed",
      .scenario = "framework",
      .lanes = {{"node", {{"json", 1}, {"bare", 0.5}}}, {"django", {{"json", 1}, {"bare", 0.1}}}}}},
    {"the framework's share is as large",
     "refuted",
     NULL,
     {.claim = "speed",
      .scenario = "framework",
      .lanes = {{"node", {{"json", 1}, {"bare", 0.5}}}, {"django", {{"json", 4}, {"bare", 2}}}}}},
    {"a framework that costs nothing has no share",
     "not_judged",
     NULL,
     {.claim = "speed",
      .scenario = "framework",
      .lanes = {{"node", {{"json", 1}, {"bare", 1}}}, {"django", {{"json", 1}, {"bare", 0.1}}}}}},
    {"ready later, first request later",
     "supported",
     "time to ready: django-wsgi at 3 times node",
     {.claim = "startup",
      .scenario = "startup",
      .setup = true,
      .lanes = {{"node", {{"first", 1}}, .ready_s = 0.3},
                {"django", {{"first", 5}}, .ready_s = 0.9}}}},
    {"ready later, first request sooner",
     "refuted",
     NULL,
     {.claim = "startup",
      .scenario = "startup",
      .setup = true,
      .lanes = {{"node", {{"first", 5}}, .ready_s = 0.3},
                {"django", {{"first", 1}}, .ready_s = 0.9}}}},
    {"hardly slower amid others, and less than the other side",
     "supported",
     "p99 amid others over p99 alone, limit 1.5: node at 1.2 (1.2 to 1.2 over the trials)",
     {.claim = "mixed",
      .scenario = "mixed",
      .lanes = {{"node", {{"alone", 1}, {"amid", 1.2}}}, {"django", {{"alone", 1}, {"amid", 3}}}}}},
    {"twice as slow amid others",
     "refuted",
     NULL,
     {.claim = "mixed",
      .scenario = "mixed",
      .lanes = {{"node", {{"alone", 1}, {"amid", 2}}}, {"django", {{"alone", 1}, {"amid", 3}}}}}},
    {"hardly slower amid others, but more than the other side",
     "refuted",
     NULL,
     {.claim = "mixed",
      .scenario = "mixed",
      .lanes = {{"node", {{"alone", 1}, {"amid", 1.4}}}, {"django", {{"alone", 1}, {"amid", 1}}}}}},
    {"memory stays, and each file is cheaper",
     "supported",
     NULL,
     {.claim = "streaming",
      .scenario = "download",
      .lanes = {{"node", .mib = 20, .cpu_us = 50}, {"django", .mib = 200, .cpu_us = 100}}}},
    {"memory grows",
     "refuted",
     NULL,
     {.claim = "streaming",
      .scenario = "download",
      .lanes = {{"node", .mib = 80, .cpu_us = 50}, {"django", .mib = 20, .cpu_us = 100}}}},
    {"too few cores for threads",
     "not_measurable_here",
     "it takes 6 cores, and this machine has 2",
     {.claim = "gil",
      .scenario = "gil",
      .lanes = {{"node", {{"loop", 1}, {"loops", 1}}}, {"django", {{"loop", 10}, {"loops", 40}}}}}},
    {"threads that compute one at a time",
     "supported",
     "at 1 ",
     {.claim = "gil",
      .scenario = "gil",
      .cores = 8,
      .lanes = {{"node", {{"loop", 1}, {"loops", 1}}}, {"django", {{"loop", 10}, {"loops", 40}}}}}},
    {"threads that compute at once",
     "refuted",
     NULL,
     {.claim = "gil",
      .scenario = "gil",
      .cores = 8,
      .lanes = {{"node", {{"loop", 1}, {"loops", 1}}}, {"django", {{"loop", 10}, {"loops", 12}}}}}},
    {"one by one in computing and in waiting",
     "supported",
     NULL,
     {.claim = "cpu-bound",
      .scenario = "one-by-one",
      .open = true,
      .lanes = {{"node", {{"hello", 50}, {"heavy", 100}, {"wait", 200}, {"waits", 1600}}},
                {"django"}}}},
    {"one by one in computing, at once in waiting",
     "inconclusive",
     "half right: ",
     {.claim = "cpu-bound",
      .scenario = "one-by-one",
      .open = true,
      .lanes = {{"node", {{"hello", 50}, {"heavy", 100}, {"wait", 200}, {"waits", 210}}},
                {"django"}}}},
    {"a level that is missing is named",
     "not_judged",
     "8 waits over 8 times one, limits 0.25 and 0.2: missing in a trial of node, or too few values",
     {.claim = "cpu-bound",
      .scenario = "one-by-one",
      .open = true,
      .lanes = {{"node", {{"hello", 50}, {"heavy", 100}}}, {"django"}}}},
    {"at once in both",
     "refuted",
     NULL,
     {.claim = "cpu-bound",
      .scenario = "one-by-one",
      .open = true,
      .lanes = {{"node", {{"hello", 2}, {"heavy", 100}, {"wait", 200}, {"waits", 210}}},
                {"django"}}}},
    {"no more threads, and quick",
     "supported",
     NULL,
     {.claim = "idle",
      .scenario = "idle",
      .open = true,
      .lanes = {{"node", {{"hello", 5}}}, {"django"}}}},
    {"a thread for each",
     "refuted",
     NULL,
     {.claim = "idle",
      .scenario = "idle",
      .open = true,
      .lanes = {{"node", {{"hello", 5}}, .threads = 100}, {"django"}}}},
    {"slow once in five trials",
     "inconclusive",
     NULL,
     {.claim = "idle",
      .scenario = "idle",
      .open = true,
      .lanes = {{"node", {{"hello", 5}}, .last_trial = 20}, {"django"}}}},
    {"the compiler explains it",
     "supported",
     "sieve: share of the distance from node to django: node-jitless at 0.8",
     {.claim = "cpu-speed",
      .scenario = "jit",
      .lanes = {{"node", KERNELS(1, 1, 1)},
                {"node-jitless", KERNELS(6.31, 6.31, 1)},
                {"django", KERNELS(10, 10, 10)}}}},
    {"the compiler explains little of most",
     "refuted",
     NULL,
     {.claim = "cpu-speed",
      .scenario = "jit",
      .lanes = {{"node", KERNELS(1, 1, 1)},
                {"node-jitless", KERNELS(6.31, 1.2, 1.2)},
                {"django", KERNELS(10, 10, 10)}}}},
    {"there is no distance to explain",
     "not_judged",
     NULL,
     {.claim = "cpu-speed",
      .scenario = "jit",
      .lanes = {{"node", KERNELS(1, 1, 1)},
                {"node-jitless", KERNELS(6, 6, 6)},
                {"django", KERNELS(1, 10, 10)}}}},
    {"the control is missing",
     "not_judged",
     "it takes the target node-jitless, which this run has not",
     {.claim = "cpu-speed",
      .scenario = "jit",
      .lanes = {{"node", KERNELS(1, 1, 1)}, {"django", KERNELS(10, 10, 10)}}}},
    {"a control is no lane",
     "supported",
     "all together: sieve service p50: django-wsgi at 10 times node",
     {.claim = "cpu-speed",
      .scenario = "cpu-speed",
      .lanes = {{"node", KERNELS(1, 1, 1)},
                {"node-jitless", KERNELS(20, 20, 20)},
                {"django", KERNELS(10, 10, 10)}}}},
    {"lanes that the run has not",
     "not_measurable_here",
     "it takes the target django-pypy-control, which this run has not",
     {.claim = "pypy",
      .scenario = "pypy",
      .lanes = {{"node", KERNELS(1, 1, 1)}, {"django", KERNELS(10, 10, 10)}}}},
    {"lanes by name",
     "supported",
     "django-pypy at 0.1 times django-pypy-control",
     {.claim = "pypy",
      .scenario = "pypy",
      .lanes = {{"django-pypy-control", KERNELS(10, 10, 10)}, {"django-pypy", KERNELS(1, 1, 1)}}}},
    {"the best engine counts, whatever the others take",
     "supported",
     "fastest step's median service time: django-wsgi at 0.5 times node",
     {.claim = "data",
      .scenario = "data",
      .lanes = {{"node", {{"plain", 10}, {"frame", 4}, {"polars", 2}}, .mib = 100},
                {"django", {{"plain", 20}, {"frame", 6}, {"polars", 1}}, .mib = 20}}}},
    {"capacity is another command's",
     "not_judged",
     "loadgen capacity judges it, with the same scenario",
     {.claim = "scale",
      .scenario = "scale",
      .cores = 8,
      .lanes = {{"node", KERNELS(1, 1, 1)}, {"django", KERNELS(1, 1, 1)}}}},
    {"a count takes no run",
     "not_judged",
     "scripts/count-code judges it",
     {.claim = "dev-size",
      .scenario = "chat",
      .lanes = {{"node", KERNELS(1, 1, 1)}, {"django", KERNELS(1, 1, 1)}}}},
};

Test(debate_rules, each_verdict_follows_from_its_parts)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lg_record *record = made_run(&cases[i].run);
        cr_assert_gt(record->claim_count, 0u, "%s", cases[i].what);
        const struct lg_claim_result *claim = &record->claims[0];
        cr_expect_str_eq(claim->verdict, cases[i].verdict, "%s: %s", cases[i].what, claim->text);
        cr_expect(cases[i].says == NULL || strstr(claim->text, cases[i].says) != NULL, "%s: %s",
                  cases[i].what, claim->text);
        lg_record_free(record);
    }
}

Test(debate_rules, each_kernel_has_a_verdict_of_its_own)
{
    struct run run = {
        .claim = "cpu-speed",
        .scenario = "cpu-speed",
        .lanes = {{"node", KERNELS(1, 1, 1)}, {"django", KERNELS(10, 1, 0.1)}},
    };
    static const struct {
        const char *verdict, *begins;
    } rows[] = {
        {"refuted", "all together: "},
        {"supported", "sieve service"},
        {"refuted", "matrix service"},
        {"refuted", "fib service"},
    };
    struct lg_record *record = made_run(&run);
    cr_assert_eq(record->claim_count, 4u);
    for (size_t i = 0; i < 4; i++) {
        const struct lg_claim_result *claim = &record->claims[i];
        cr_expect_eq(claim->number, 5u);
        cr_expect_str_eq(claim->verdict, rows[i].verdict, "%s", claim->text);
        cr_expect_eq(strncmp(claim->text, rows[i].begins, strlen(rows[i].begins)), 0, "%s",
                     claim->text);
    }
    lg_record_free(record);
}

Test(debate_rules, threads_that_wait_at_once_and_compute_in_turn_are_half_right)
{
    struct run run = {
        .claim = "gil",
        .scenario = "gil",
        .cores = 8,
        .lanes = {{"node", {{"loop", 1}, {"loops", 1}, {"wait", 200}, {"waits", 210}}},
                  {"django", {{"loop", 10}, {"loops", 40}, {"wait", 200}, {"waits", 210}}}}};
    struct lg_record *record = made_run(&run);
    const struct lg_claim_result *claim = &record->claims[1];
    cr_expect_eq(claim->number, 21u);
    cr_expect_str_eq(claim->verdict, "inconclusive");
    cr_expect_eq(strncmp(claim->text, "half right: speed-up of 8", 25), 0, "%s", claim->text);
    cr_expect_not_null(strstr(claim->text, "at 7.62"), "%s", claim->text);
    lg_record_free(record);
}

Test(debate_rules, pauses_are_told_by_the_ratio_to_the_median)
{
    struct run run = {.claim = "speed", .scenario = "smooth", .lanes = {{"node"}, {"django"}}};
    struct lg_record *record = made_run(&run);
    for (size_t i = 0; i < 5; i++) {
        struct lg_step_result *step = &record->targets[1].trials[i].steps[0];
        for (int k = 0; k < 50; k++) {
            lg_hist_add(step->phase[LG_PHASE_SERVICE], 100 * LG_MS);
        }
    }
    lg_debate_judge(record);
    cr_expect_str_eq(record->claims[0].verdict, "supported", "%s", record->claims[0].text);
    cr_expect_not_null(strstr(record->claims[0].text, "longest over median: django-wsgi at 9."),
                       "%s", record->claims[0].text);
    cr_expect_not_null(strstr(record->claims[0].text, "; caveat: "));
    lg_record_free(record);
}

Test(debate_rules, a_record_from_before_threads_were_counted_is_not_judged_by_them)
{
    struct run run = {.claim = "idle",
                      .scenario = "idle",
                      .open = true,
                      .lanes = {{"node", {{"hello", 5}}}, {"django"}}};
    struct lg_record *record = made_run(&run);
    record->targets[0].trials[3].server.threads = -1;
    lg_debate_judge(record);
    cr_expect_str_eq(record->claims[0].verdict, "not_judged");
    lg_record_free(record);
}

Test(debate_rules, the_scope_says_what_the_lanes_are)
{
    struct run run = {
        .claim = "pypy",
        .scenario = "pypy",
        .lanes = {{"django-pypy-control", KERNELS(10, 10, 10)}, {"django-pypy", KERNELS(1, 1, 1)}}};
    struct lg_record *record = made_run(&run);
    cr_expect_str_eq(record->claims[0].scope, "Django against Django, on this contract and this "
                                              "machine; not the languages");
    lg_record_free(record);
}
