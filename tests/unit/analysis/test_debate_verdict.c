/* Runs made up so that each verdict must follow; what is said of each is kept in
 * tests/golden/debate/verdicts.txt (LG_UPDATE=1 writes it). */
#include "analysis/analyse.h"
#include "analysis/debate_verdict.h"
#include "scenario/debate.h"

#include "made_record.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

struct lane {
    const char *name, *stack; /* NULL: it does not say */
    double ms, cpu_us;
    size_t trials;       /* 5 if 0 */
    uint64_t lost, sent; /* sent: 2,000 in 10 s if 0 */
    double noise;
};

struct run {
    const char *claim, *scenario;
    struct lane lanes[4];
    bool quick, requests; /* HTTP, else chat */
    unsigned cores;
    unsigned asked; /* connections of a closed model; 0: Poisson */
};

static void add_lane(struct lg_record *record, const struct lane *lane, const struct run *run,
                     struct lg_rng *rng)
{
    /* Tests are about other things than which lane of Django is the better one, but for one. */
    const char *better = lg_debate_better_lane(run->scenario);
    bool renamed = better != NULL && strcmp(lane->name, "django") == 0;
    for (size_t i = 0; i < 4 && run->lanes[i].name != NULL; i++) {
        renamed = renamed && strcmp(run->lanes[i].name, better) != 0;
    }
    const char *name = renamed ? better : lane->name;
    struct lg_target_result *target = made_target(record, name, name);
    if (lane->stack != NULL) {
        *LG_ARENA_PUSH(record->arena, target->versions, target->version_count) =
            (struct lg_name_value){"stack", lane->stack};
        bool node = strcmp(lane->stack, "node") == 0;
        *LG_ARENA_PUSH(record->arena, target->versions, target->version_count) =
            (struct lg_name_value){"runtime", node ? "Node.js 24.19.0" : "CPython 3.11.2"};
        *LG_ARENA_PUSH(record->arena, target->versions, target->version_count) =
            node ? (struct lg_name_value){"fastify", "5.12.8"}
                 : (struct lg_name_value){"django", "5.2.19"};
    }
    for (size_t i = 0; i < (lane->trials > 0 ? lane->trials : 5); i++) {
        double noise = lane->noise > 0 ? lane->noise : 0.005;
        struct made m = {.chat = !run->requests,
                         .sent = lane->sent > 0 ? lane->sent : 2000,
                         .ms = lane->ms * exp(noise * made_noise(rng)),
                         .cpu_us = lane->cpu_us * exp(noise * made_noise(rng)),
                         .lost = lane->lost};
        m.arrivals = run->asked > 0 ? "closed" : NULL;
        struct lg_trial_result *trial = made_trial(record, target, &m);
        trial->users[0].connections = run->asked > 0 ? run->asked : trial->users[0].connections;
    }
}

static struct lg_record *made_debate(const struct run *run)
{
    struct lg_record *record = lg_record_new();
    struct lg_rng rng;
    lg_rng_init(&rng, 5, 0, 0);
    record->name = run->scenario;
    record->claim = run->claim;
    record->quick = run->quick;
    record->environment.cores = run->cores > 0 ? run->cores : 2;
    for (size_t i = 0; i < 4 && run->lanes[i].name != NULL; i++) {
        add_lane(record, &run->lanes[i], run, &rng);
    }
    lg_analyse(record, NULL);
    return record;
}

#define NODE                                                                                       \
    {                                                                                              \
        .name = "node", .stack = "node", .ms = 10, .cpu_us = 50                                    \
    }
#define SLOWER                                                                                     \
    {                                                                                              \
        .name = "django", .stack = "django", .ms = 20, .cpu_us = 100                               \
    }
#define FASTER                                                                                     \
    {                                                                                              \
        .name = "django-direct", .stack = "django-direct", .ms = 5, .cpu_us = 25                   \
    }
#define LIKE                                                                                       \
    {                                                                                              \
        .name = "django", .stack = "django", .ms = 10, .cpu_us = 50                                \
    }

static const struct {
    const char *what, *verdict; /* of the first claim */
    struct run run;
} cases[] = {
    {"better on every figure",
     "supported",
     {.claim = "realtime", .scenario = "chat", .lanes = {NODE, SLOWER}}},
    {"the lanes in another order",
     "supported",
     {.claim = "realtime", .scenario = "chat", .lanes = {SLOWER, NODE}}},
    {"worse on every figure",
     "refuted",
     {.claim = "realtime", .scenario = "chat", .lanes = {NODE, FASTER}}},
    {"the same on every figure",
     "refuted",
     {.claim = "realtime", .scenario = "chat", .lanes = {NODE, LIKE}}},
    {"better on one, the same on the other",
     "inconclusive",
     {.claim = "realtime",
      .scenario = "chat",
      .lanes = {NODE, {.name = "django", .stack = "django", .ms = 20, .cpu_us = 50}}}},
    {"better on one, worse on the other",
     "refuted",
     {.claim = "realtime",
      .scenario = "chat",
      .lanes = {NODE, {.name = "django", .stack = "django", .ms = 20, .cpu_us = 25}}}},
    {"trials that differ too much",
     "inconclusive",
     {.claim = "realtime",
      .scenario = "chat",
      .lanes = {NODE,
                {.name = "django", .stack = "django", .ms = 12, .cpu_us = 60, .noise = 0.5}}}},
    {"one lane slower, one faster",
     "depends_on_server",
     {.claim = "realtime", .scenario = "chat", .lanes = {NODE, SLOWER, FASTER}}},
    {"one lane slower, one alike",
     "depends_on_server",
     {.claim = "realtime",
      .scenario = "chat",
      .lanes = {NODE, SLOWER, {.name = "like", .stack = "django", .ms = 10, .cpu_us = 50}}}},
    {"lanes that do not say what they are",
     "supported",
     {.claim = "realtime",
      .scenario = "chat",
      .lanes = {{.name = "node-2", .ms = 10, .cpu_us = 50},
                {.name = "django-direct-2", .ms = 20, .cpu_us = 100}}}},
    {"no lane of Node",
     "not_judged",
     {.claim = "realtime",
      .scenario = "chat",
      .lanes = {{.name = "mine", .ms = 10, .cpu_us = 50}, SLOWER}}},
    {"a quick run",
     "not_judged",
     {.claim = "realtime", .scenario = "chat", .lanes = {NODE, SLOWER}, .quick = true}},
    {"too few trials",
     "not_judged",
     {.claim = "realtime",
      .scenario = "chat",
      .lanes = {NODE,
                {.name = "django", .stack = "django", .ms = 20, .cpu_us = 100, .trials = 4}}}},
    {"CPU that was not sampled",
     "not_judged",
     {.claim = "realtime",
      .scenario = "chat",
      .lanes = {NODE, {.name = "django", .stack = "django", .ms = 20}}}},
    {"a scenario that no claim of the id names",
     "supported",
     {.claim = "collab",
      .scenario = "mine",
      .lanes = {NODE, {.name = "django-direct", .stack = "django", .ms = 20, .cpu_us = 100}}}},
    {"a scenario that no claim of the id names, not against the better lane",
     "not_judged",
     {.claim = "collab", .scenario = "mine", .lanes = {NODE, SLOWER}}},
    {"too few cores",
     "not_measurable_here",
     {.claim = "gil", .scenario = "gil", .lanes = {NODE, SLOWER}}},
    {"cores enough, and more than one run",
     "not_judged",
     {.claim = "gil", .scenario = "gil", .lanes = {NODE, SLOWER}, .cores = 8}},
    {"not worse, and better",
     "supported",
     {.claim = "game", .scenario = "game", .lanes = {NODE, FASTER}}},
    {"not worse, the same",
     "supported",
     {.claim = "game", .scenario = "game", .lanes = {NODE, LIKE}}},
    {"not worse, a little better at most",
     "supported",
     {.claim = "game",
      .scenario = "game",
      .lanes = {NODE,
                {.name = "django", .stack = "django", .ms = 9.4, .cpu_us = 47, .noise = 0.02}}}},
    {"not worse, but worse",
     "refuted",
     {.claim = "game", .scenario = "game", .lanes = {NODE, SLOWER}}},
    {"any: better on one, the same on the other",
     "supported",
     {.claim = "image",
      .scenario = "image",
      .lanes = {NODE, {.name = "django", .stack = "django", .ms = 5, .cpu_us = 50}},
      .requests = true}},
    {"any: better on one, worse on the other",
     "refuted",
     {.claim = "image",
      .scenario = "image",
      .lanes = {NODE, {.name = "django", .stack = "django", .ms = 5, .cpu_us = 100}},
      .requests = true}},
    {"waits one after the other",
     "supported",
     {.claim = "single-flow, io",
      .scenario = "slow-upstream",
      .lanes = {NODE, {.name = "django", .stack = "django", .ms = 20, .cpu_us = 100, .sent = 20}},
      .asked = 500,
      .requests = true}},
    {"many waits at once",
     "refuted",
     {.claim = "single-flow, io",
      .scenario = "slow-upstream",
      .lanes = {NODE, {.name = "django", .stack = "django", .ms = 20, .cpu_us = 100, .sent = 5000}},
      .requests = true}},
    {"some waits at once",
     "inconclusive",
     {.claim = "single-flow",
      .scenario = "slow-upstream",
      .lanes = {NODE, {.name = "django", .stack = "django", .ms = 20, .cpu_us = 100, .sent = 500}},
      .asked = 500,
      .requests = true}},
    {"fewer waits asked for than it takes",
     "not_judged",
     {.claim = "single-flow",
      .scenario = "slow-upstream",
      .lanes = {NODE, {.name = "django", .stack = "django", .ms = 20, .cpu_us = 100, .sent = 500}},
      .requests = true}},
    {"not against the better lane",
     "not_judged",
     {.claim = "realtime",
      .scenario = "chat",
      .lanes = {NODE, {.name = "channels", .stack = "django", .ms = 20, .cpu_us = 100}}}},
    {"a figure that the run has not",
     "not_judged",
     {.claim = "cpu-bound", .scenario = "cpu-bound", .lanes = {NODE, SLOWER}, .requests = true}},
};

Test(debate_verdict, each_verdict_follows_from_its_rule)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lg_record *record = made_debate(&cases[i].run);
        cr_assert_gt(record->claim_count, 0u, "%s", cases[i].what);
        cr_expect_str_eq(record->claims[0].verdict, cases[i].verdict, "%s: %s", cases[i].what,
                         record->claims[0].text);
        lg_record_free(record);
    }
}

Test(debate_verdict, what_is_said_reads_as_kept)
{
    static const char path[] = LG_SOURCE_DIR "/tests/golden/debate/verdicts.txt";
    struct lg_buf text = {0}, kept = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lg_record *record = made_debate(&cases[i].run);
        lg_buf_addf(&text, "%s\n", cases[i].what);
        for (size_t k = 0; k < record->claim_count; k++) {
            const struct lg_claim_result *claim = &record->claims[k];
            lg_buf_addf(&text, "  %s: claim %u: %s%s%s\n", claim->verdict, claim->number,
                        claim->text, claim->scope[0] != '\0' ? "; scope: " : "", claim->scope);
        }
        lg_record_free(record);
    }
    FILE *file = fopen(path, getenv("LG_UPDATE") != NULL ? "wb" : "rb");
    cr_assert_not_null(file);
    if (getenv("LG_UPDATE") != NULL) {
        fwrite(text.p, 1, text.n, file);
    } else {
        lg_buf_reserve(&kept, text.n + 1);
        kept.n = fread(kept.p, 1, text.n + 1, file);
        cr_expect(kept.n == text.n && memcmp(kept.p, text.p, text.n) == 0, "differs from %s", path);
    }
    fclose(file);
    lg_buf_free(&text);
    lg_buf_free(&kept);
}

Test(debate_verdict, a_broken_invariant_voids)
{
    struct run run = {.claim = "realtime", .scenario = "chat", .lanes = {NODE, SLOWER}};
    struct lg_record *record = made_debate(&run);
    *LG_ARENA_PUSH(record->arena, record->objectives, record->objective_count) =
        (struct lg_objective_result){
            "heard.delivery lost == 0", "django-direct", "3 lost", LG_OBJECTIVE_MISSED, "", 0};
    lg_debate_judge(record);
    cr_expect_str_eq(record->claims[0].verdict, "void");
    cr_expect_not_null(strstr(record->claims[0].text, "heard.delivery lost == 0"));
    record->objectives[0].text = "ticks.gap missing == 0";
    lg_debate_judge(record);
    cr_expect_str_eq(record->claims[0].verdict, "void", "events that are missing are lost ones");
    record->objectives[0].text = "heard.delivery p(99) < 1ms";
    lg_debate_judge(record);
    cr_expect_str_eq(record->claims[0].verdict, "supported", "a missed time is no invariant");
    lg_record_free(record);
}

static const char *shop_with(const char *sample, struct lg_record **out)
{
    struct run run = {
        .claim = "high-load", .scenario = "shop", .lanes = {NODE, SLOWER}, .requests = true};
    struct lg_record *record = *out = made_debate(&run);
    struct lg_step_result *step = &record->targets[1].trials[4].steps[0];
    *LG_ARENA_PUSH(record->arena, step->errors, step->error_count) =
        (struct lg_error_count){.class = LG_CHECK, .code = 2, .count = 1, .sample = sample};
    lg_debate_judge(record);
    cr_assert_eq(record->claims[1].number, 32u);
    return record->claims[1].verdict;
}

/* One audit in a thousand requests is no rate of errors that a scenario would set a limit to. */
Test(debate_verdict, one_piece_sold_twice_voids)
{
    static const char sold[] = "json /oversold == 0: HTTP 200 {\"orders\":9,\"oversold\":1}";
    struct lg_record *record;
    cr_expect_str_eq(shop_with(sold, &record), "void");
    cr_expect_str_eq(record->claims[1].text, "django-wsgi broke an invariant: json /oversold == 0");
    lg_record_free(record);
    cr_expect_str_eq(shop_with("status 200: HTTP 503 {\"oversold\":0}", &record), "supported");
    lg_record_free(record);
}

Test(debate_verdict, an_invalid_trial_voids)
{
    struct run run = {.claim = "realtime", .scenario = "chat", .lanes = {NODE, SLOWER}};
    struct lg_record *record = made_debate(&run);
    record->targets[1].trials[2].generator.busiest_5s = 0.99;
    lg_analyse(record, NULL);
    cr_expect_str_eq(record->claims[0].verdict, "void");
    lg_record_free(record);
}

Test(debate_verdict, a_run_without_a_claim_says_nothing)
{
    struct run run = {.claim = "", .scenario = "chat", .lanes = {NODE, SLOWER}};
    struct lg_record *record = made_debate(&run);
    cr_expect_eq(record->claim_count, 0u);
    record->claim = NULL;
    lg_debate_judge(record);
    cr_expect_eq(record->claim_count, 0u);
    lg_record_free(record);
}

Test(debate_verdict, the_objectives_of_its_side_can_be_the_rule)
{
    struct run run = {
        .claim = "speed", .scenario = "http", .lanes = {NODE, SLOWER}, .requests = true};
    struct lg_record *record = made_debate(&run);
    *LG_ARENA_PUSH(record->arena, record->objectives, record->objective_count) =
        (struct lg_objective_result){
            "checkout.response p(99) < 50ms", "django-wsgi", "21 ms", LG_OBJECTIVE_MET, "", 0};
    lg_debate_judge(record);
    const struct lg_claim_result *last = &record->claims[record->claim_count - 1];
    cr_expect_str_eq(last->verdict, "supported");
    record->objectives[0].state = LG_OBJECTIVE_MISSED;
    lg_debate_judge(record);
    last = &record->claims[record->claim_count - 1];
    cr_expect_str_eq(last->verdict, "refuted");
    lg_record_free(record);
}
