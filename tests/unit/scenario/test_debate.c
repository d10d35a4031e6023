#include "scenario/debate.h"
#include "scenario/explain.h"
#include "scenario/plan.h"
#include "scenario/problem.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_text(const char *text)
{
    return text != NULL && text[0] != '\0';
}

Test(debate, every_row_can_be_judged)
{
    size_t count = 0;
    const struct lg_debate_claim *claims = lg_debate_claims(&count);
    cr_assert_geq(count, 46u);
    for (size_t i = 0; i < count; i++) {
        const struct lg_debate_claim *c = &claims[i];
        bool run = lg_debate_by(c->rule) == LG_DEBATE_BY_RUN;
        cr_expect_eq(c->number, i + 1);
        cr_expect(is_text(c->id) && is_text(c->made), "claim %u", c->number);
        bool counted = lg_debate_by(c->rule) == LG_DEBATE_BY_COUNT;
        cr_expect_eq(!counted, is_text(c->scenarios), "claim %u", c->number);
        bool figures = run && c->rule != LG_DEBATE_OBJECTIVES;
        cr_expect_eq(figures, c->figures[0] != LG_DEBATE_NONE, "claim %u", c->number);
        bool level = c->rule == LG_DEBATE_BELOW || c->rule == LG_DEBATE_ABOVE;
        bool bounded = c->rule == LG_DEBATE_WITHIN || c->rule == LG_DEBATE_WITHIN_BETTER;
        cr_expect_eq(level || bounded, c->limits[0] > 0, "claim %u", c->number);
        cr_expect(!level || c->limits[1] > 0, "claim %u", c->number);
        bool second = c->rule == LG_DEBATE_WITHIN && c->figures[1] != LG_DEBATE_NONE;
        cr_expect(!second || (c->limits[1] > 0 && c->figures[2] == LG_DEBATE_NONE), "claim %u",
                  c->number);
        cr_expect_eq(c->lanes[0] == NULL, c->lanes[1] == NULL, "claim %u", c->number);
    }
}

Test(debate, the_rule_of_two_has_three_figures)
{
    size_t count = 0;
    const struct lg_debate_claim *claims = lg_debate_claims(&count);
    for (size_t i = 0; i < count; i++) {
        if (claims[i].rule == LG_DEBATE_TWO) {
            cr_expect_neq(claims[i].figures[2], LG_DEBATE_NONE, "claim %u", claims[i].number);
        }
    }
}

Test(debate, an_id_is_found_as_a_whole)
{
    cr_expect(lg_debate_has(lg_str("realtime")));
    cr_expect_not(lg_debate_has(lg_str("real")));
    cr_expect_not(lg_debate_has(lg_str("")));
}

Test(debate, a_scenario_is_found_as_a_whole)
{
    static const struct lg_debate_claim claim = {.scenarios = "gateway shop feed"};
    static const struct lg_debate_claim none = {0};
    cr_expect(lg_debate_tests(&claim, "gateway") && lg_debate_tests(&claim, "shop") &&
              lg_debate_tests(&claim, "feed"));
    cr_expect_not(lg_debate_tests(&claim, "gate"));
    cr_expect_not(lg_debate_tests(&claim, "hop"));
    cr_expect_not(lg_debate_tests(&claim, ""));
    cr_expect_not(lg_debate_tests(&none, "shop"));
}

static bool has_step(const struct lg_plan *plan, const char *name, size_t length)
{
    for (size_t i = 0; i < plan->step_count; i++) {
        const char *step = plan->steps[i].name;
        if (strlen(step) == length && memcmp(step, name, length) == 0) {
            return true;
        }
    }
    return false;
}

/* The steps that a figure finds by their names. */
static bool has_steps(const struct lg_plan *plan, enum lg_debate_figure figure)
{
    static const char *const steps[LG_DEBATE_FIGURES] = {
        [LG_DEBATE_LIGHT_TAIL] = LG_DEBATE_STEP_LIGHT,
        [LG_DEBATE_FRAMEWORK] = LG_DEBATE_STEP_FRAMED " " LG_DEBATE_STEP_BARE,
        [LG_DEBATE_FIRST] = LG_DEBATE_STEP_FIRST,
        [LG_DEBATE_CROWDED] = LG_DEBATE_STEP_ALONE " " LG_DEBATE_STEP_AMID,
        [LG_DEBATE_LOOPS] = LG_DEBATE_STEP_LOOP " " LG_DEBATE_STEP_LOOPS,
        [LG_DEBATE_WAITS] = LG_DEBATE_STEP_WAIT " " LG_DEBATE_STEP_WAITS,
        [LG_DEBATE_IN_TURN] = LG_DEBATE_STEP_WAIT " " LG_DEBATE_STEP_WAITS,
        [LG_DEBATE_BLOCKED] = LG_DEBATE_STEP_LIGHT " " LG_DEBATE_STEP_HEAVY,
        [LG_DEBATE_COMPILER] = "sieve matrix fib",
    };
    for (const char *at = steps[figure] != NULL ? steps[figure] : ""; *at != '\0';) {
        size_t n = strcspn(at, " ");
        if (!has_step(plan, at, n)) {
            return false;
        }
        at += n + strspn(at + n, " ");
    }
    return true;
}

/* Is there such a scenario, does it name the claim's id, and has it the steps of its figures? */
static bool is_shipped(const struct lg_debate_claim *claim, const char *scenario)
{
    static const char *const sets[] = {"scenario.targets = node, django",
                                       "target node.url = https://127.0.0.1:1",
                                       "target django.url = https://127.0.0.1:2"};
    char path[512];
    snprintf(path, sizeof path, "%s/scenarios/%s.ini", LG_SOURCE_DIR, scenario);
    struct lg_problems problems;
    lg_problems_init(&problems);
    struct lg_plan *plan = lg_plan_load(path, sets, 3, NULL, &problems);
    bool is = plan != NULL && lg_debate_among(claim, plan->claim);
    for (size_t i = 0; is && i < LG_DEBATE_MOST_FIGURES; i++) {
        is = has_steps(plan, claim->figures[i]);
    }
    lg_plan_free(plan);
    lg_problems_fini(&problems);
    return is;
}

Test(debate, every_scenario_of_the_table_is_shipped_and_fits_the_claim)
{
    size_t count = 0;
    const struct lg_debate_claim *claims = lg_debate_claims(&count);
    for (size_t i = 0; i < count; i++) {
        char *names = strdup(claims[i].scenarios != NULL ? claims[i].scenarios : ""), *rest = NULL;
        for (char *name = strtok_r(names, " ", &rest); name != NULL;
             name = strtok_r(NULL, " ", &rest)) {
            cr_expect(is_shipped(&claims[i], name), "claim %u: %s", claims[i].number, name);
        }
        free(names);
    }
}

/* As a target, or in the command that its comment gives for a run that can be quoted. */
static bool speaks_of(const char *scenario, const char *lane)
{
    char path[512], line[1024];
    bool found = false;
    snprintf(path, sizeof path, "%s/scenarios/%s.ini", LG_SOURCE_DIR, scenario);
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "%s", path);
    while (!found && fgets(line, sizeof line, file) != NULL) {
        const char *targets = strstr(line, "targets");
        found = targets != NULL && strstr(targets, lane) != NULL;
    }
    fclose(file);
    return found;
}

Test(debate, a_scenario_speaks_of_the_lane_that_its_claims_take)
{
    size_t count = 0;
    const struct lg_debate_claim *claims = lg_debate_claims(&count);
    for (size_t i = 0; i < count; i++) {
        char *names = strdup(claims[i].scenarios != NULL ? claims[i].scenarios : ""), *rest = NULL;
        for (char *name = strtok_r(names, " ", &rest); name != NULL;
             name = strtok_r(NULL, " ", &rest)) {
            const char *lane = lg_debate_better_lane(name);
            cr_expect(lane == NULL || speaks_of(name, lane), "%s: %s", name, lane);
        }
        free(names);
    }
}

/* LG_UPDATE=1 writes it instead. */
Test(debate, the_table_reads_as_kept)
{
    static const char path[] = LG_SOURCE_DIR "/tests/golden/debate/claims.txt";
    struct lg_arena *arena = lg_arena_new();
    struct lg_buf text = {0};
    cr_assert_null(lg_explain_write("claims", arena, &text));
    FILE *file = fopen(path, getenv("LG_UPDATE") != NULL ? "wb" : "rb");
    cr_assert_not_null(file);
    if (getenv("LG_UPDATE") != NULL) {
        fwrite(text.p, 1, text.n, file);
    } else {
        char *kept = malloc(text.n + 2);
        size_t n = fread(kept, 1, text.n + 1, file);
        cr_expect(n == text.n && memcmp(kept, text.p, n) == 0, "differs from %s", path);
        free(kept);
    }
    fclose(file);
    lg_buf_free(&text);
    lg_arena_free(arena);
}
