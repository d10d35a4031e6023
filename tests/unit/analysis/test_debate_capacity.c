/* Searches made up so that each verdict must follow. */
#include "analysis/debate_capacity.h"

#include <criterion/criterion.h>
#include <math.h>

struct search {
    const char *target;
    unsigned servers;
    double low, high; /* high INFINITY: no bracket */
    double goodput;   /* in an overload, give or take 1 %; 0: none was tried; NONE: none is left */
};

enum { MOST = 4, NONE = -1 };

static const struct {
    const char *what, *claim, *scenario, *verdict, *says; /* of the first claim; NULL: whatever */
    struct search rows[MOST];
    unsigned cores; /* 8 if 0 */
    double overload;
} cases[] = {
    {"twice as much", "speed", "feed", "supported",
     "capacity: node at 1.94 to 2.06 times django-wsgi",
     .rows = {{"node", 1, 2000, 2060}, {"django-wsgi", 1, 1000, 1030}}},
    {"half as much", "speed", "feed", "refuted", NULL,
     .rows = {{"node", 1, 500, 515}, {"django-wsgi", 1, 1000, 1030}}},
    {"as much", "speed", "feed", "refuted", NULL,
     .rows = {{"node", 1, 1000, 1020}, {"django-wsgi", 1, 1000, 1020}}},
    {"a little more, perhaps", "speed", "feed", "inconclusive", NULL,
     .rows = {{"node", 1, 1050, 1080}, {"django-wsgi", 1, 1000, 1030}}},
    {"more than one lane, less than another", "speed", "feed", "depends_on_server", NULL,
     .rows = {{"node", 1, 2000, 2060}, {"django", 1, 1000, 1030}, {"django-wsgi", 1, 4000, 4120}}},
    {"not against the better lane", "speed", "feed", "not_judged",
     "it takes the target django-wsgi, too",
     .rows = {{"node", 1, 2000, 2060}, {"django", 1, 1000, 1030}}},
    {"a search without a bracket", "speed", "feed", "not_judged",
     "the search for node did not end in a bracket",
     .rows = {{"node", 1, 2000, INFINITY}, {"django-wsgi", 1, 1000, 1030}}},
    {"one side only", "speed", "feed", "not_judged", "a lane that it takes is missing",
     .rows = {{"node", 1, 2000, 2060}}},
    {"controls are no lanes", "speed", "feed", "supported", NULL,
     .rows = {{"node", 1, 2000, 2060},
              {"node-jitless", 1, 100, 103},
              {"django-wsgi", 1, 1000, 1030}}},
    {"more messages", "realtime", "chat", "supported", NULL,
     .rows = {{"node", 1, 2000, 2060}, {"django-direct", 1, 1000, 1030}}},
    {"twice as much, and so in an overload", "high-load", "feed", "supported",
     "goodput in an overload: node at 1.96 to 2.04 times django-wsgi",
     .rows = {{"node", 1, 2000, 2060, 2000}, {"django-wsgi", 1, 1000, 1030, 1000}}, .overload = 2},
    {"twice as much until it collapses", "high-load", "feed", "refuted", NULL,
     .rows = {{"node", 1, 2000, 2060, 500}, {"django-wsgi", 1, 1000, 1030, 1000}}, .overload = 2},
    {"twice as much, and none is left of it", "high-load", "feed", "refuted",
     "goodput in an overload: node at 0 to 0 times django-wsgi",
     .rows = {{"node", 1, 2000, 2060, NONE}, {"django-wsgi", 1, 1000, 1030, 1000}}, .overload = 2},
    {"twice as much, and the other carries none", "high-load", "feed", "supported",
     "goodput in an overload: node has some, django-wsgi none",
     .rows = {{"node", 1, 2000, 2060, 2000}, {"django-wsgi", 1, 1000, 1030, NONE}}, .overload = 2},
    {"twice as much, and neither carries any", "high-load", "feed", "inconclusive", NULL,
     .rows = {{"node", 1, 2000, 2060, NONE}, {"django-wsgi", 1, 1000, 1030, NONE}}, .overload = 2},
    {"twice as much, and as much in an overload", "high-load", "feed", "inconclusive", NULL,
     .rows = {{"node", 1, 2000, 2060, 1000}, {"django-wsgi", 1, 1000, 1030, 1000}}, .overload = 2},
    {"as much, and as much in an overload", "high-load", "feed", "refuted", NULL,
     .rows = {{"node", 1, 1000, 1020, 1000}, {"django-wsgi", 1, 1000, 1020, 1000}}, .overload = 2},
    {"half as much, and no overload", "high-load", "feed", "refuted", NULL,
     .rows = {{"node", 1, 500, 515}, {"django-wsgi", 1, 1000, 1030}}},
    {"twice as much, and no overload", "high-load", "feed", "not_judged",
     "it takes --overload 2, and none was given",
     .rows = {{"node", 1, 2000, 2060}, {"django-wsgi", 1, 1000, 1030}}},
    {"twice as much, and another overload", "high-load", "feed", "not_judged",
     "it takes --overload 2, and another factor was given",
     .rows = {{"node", 1, 2000, 2060, 2000}, {"django-wsgi", 1, 1000, 1030, 1000}}, .overload = 3},
    {"twice as much, and no overload of one", "high-load", "feed", "not_judged",
     "the overload of django-wsgi has fewer than 3 trials that count",
     .rows = {{"node", 1, 2000, 2060, 2000}, {"django-wsgi", 1, 1000, 1030}}, .overload = 2},
    {"too few cores", "scale", "scale", "not_measurable_here",
     "it takes 6 cores, and this machine has 2",
     .rows = {{"node", 1, 2000, 2060}, {"node-replicas-4", 4, 8000, 8240}}, .cores = 2},
    {"four carry four times as much", "scale", "scale", "supported", "E(4) of node: 0.971 to 1.03",
     .rows = {{"node", 1, 2000, 2060}, {"node-replicas-4", 4, 8000, 8240}}},
    {"four carry twice as much", "scale", "scale", "refuted", NULL,
     .rows = {{"node", 1, 2000, 2060}, {"node-replicas-4", 4, 4000, 4120}}},
    {"four carry about 0.8 of it", "scale", "scale", "inconclusive", NULL,
     .rows = {{"node", 1, 2000, 2060}, {"node-replicas-4", 4, 6400, 6600}}},
    {"two are not four", "scale", "scale", "not_judged", NULL,
     .rows = {{"node", 1, 2000, 2060}, {"node-replicas", 2, 4000, 4120}}},
    {"four of another server", "scale", "scale", "not_judged", NULL,
     .rows = {{"node", 1, 2000, 2060}, {"node-h2c-replicas-4", 4, 8000, 8240}}},
};

static void add_overload(struct lg_capacity_result *found, double goodput, struct lg_arena *arena)
{
    for (int k = -1; goodput != 0 && k <= 1; k++) {
        *LG_ARENA_PUSH(arena, found->overload, found->overload_count) =
            (struct lg_overload_trial){.goodput = fmax(goodput, 0) * (1 + 0.01 * k)};
    }
}

static struct lg_claim_result *judged(size_t i, const struct search *rows, struct lg_arena *arena,
                                      size_t *count)
{
    struct lg_capacity_result *found = lg_arena_alloc(arena, MOST * sizeof *found);
    struct lg_debate_capacity *lanes = lg_arena_alloc(arena, MOST * sizeof *lanes);
    struct lg_debate_capacities all = {.claim = cases[i].claim,
                                       .scenario = cases[i].scenario,
                                       .cores = cases[i].cores > 0 ? cases[i].cores : 8,
                                       .overload = cases[i].overload,
                                       .rows = lanes};
    while (all.count < MOST && rows[all.count].target != NULL) {
        const struct search *row = &rows[all.count];
        found[all.count] = (struct lg_capacity_result){
            .target = row->target,
            .ended = "",
            .search = {.end = isfinite(row->high) ? LG_SEARCH_FOUND : LG_SEARCH_NO_BOUND,
                       .low = row->low,
                       .high = row->high}};
        add_overload(&found[all.count], row->goodput, arena);
        lanes[all.count] =
            (struct lg_debate_capacity){row->target, row->servers, &found[all.count]};
        all.count++;
    }
    return lg_debate_judge_capacities(&all, arena, count);
}

Test(debate_capacity, each_verdict_follows_from_its_brackets)
{
    struct lg_arena *arena = lg_arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t count = 0;
        struct lg_claim_result *claims = judged(i, cases[i].rows, arena, &count);
        cr_assert_gt(count, 0u, "%s", cases[i].what);
        cr_expect_str_eq(claims[0].verdict, cases[i].verdict, "%s: %s", cases[i].what,
                         claims[0].text);
        cr_expect(cases[i].says == NULL || strstr(claims[0].text, cases[i].says) != NULL, "%s: %s",
                  cases[i].what, claims[0].text);
    }
    lg_arena_free(arena);
}

static size_t case_of(const char *what)
{
    size_t i = 0;
    while (strcmp(cases[i].what, what) != 0) {
        i++;
    }
    return i;
}

static const char *claim_20(double node_4, double django_4, struct lg_arena *arena)
{
    const struct search rows[MOST] = {{"node", 1, 1000, 1030, 0},
                                      {"node-replicas-4", 4, node_4, 1.03 * node_4, 0},
                                      {"django-wsgi", 1, 500, 515, 0},
                                      {"django-wsgi-replicas-4", 4, django_4, 1.03 * django_4, 0}};
    size_t count = 0;
    struct lg_claim_result *claims =
        judged(case_of("four carry four times as much"), rows, arena, &count);
    cr_assert_eq(count, 2u);
    cr_assert_eq(claims[1].number, 20u);
    return claims[1].verdict;
}

/* A capacity is not at one rate. */
Test(debate_capacity, what_a_run_leaves_open_is_not_said_of_capacities)
{
    struct lg_arena *arena = lg_arena_new();
    size_t count = 0, i = case_of("more messages");
    struct lg_claim_result *claims = judged(i, cases[i].rows, arena, &count);
    cr_assert_eq(count, 1u);
    cr_expect_null(strstr(claims[0].text, "caveat"), "%s", claims[0].text);
    lg_arena_free(arena);
}

Test(debate_capacity, who_scales_better_is_told_by_brackets_that_are_apart)
{
    struct lg_arena *arena = lg_arena_new();
    cr_expect_str_eq(claim_20(3800, 1000, arena), "supported");
    cr_expect_str_eq(claim_20(2000, 1900, arena), "refuted");
    cr_expect_str_eq(claim_20(3800, 1850, arena), "inconclusive");
    lg_arena_free(arena);
}

Test(debate_capacity, a_claim_that_a_run_decides_can_have_its_capacity_told_too)
{
    struct lg_arena *arena = lg_arena_new();
    size_t count = 0;
    struct lg_debate_capacities none = {.claim = "speed", .scenario = "feed", .cores = 8};
    struct lg_claim_result *claims = lg_debate_judge_capacities(&none, arena, &count);
    cr_assert_eq(count, 1u);
    cr_expect_eq(claims[0].number, 2u);
    none.scenario = "http";
    lg_debate_judge_capacities(&none, arena, &count);
    cr_expect_eq(count, 0u, "claims 1 and 37 have no capacity in them");
    none.claim = "";
    lg_debate_judge_capacities(&none, arena, &count);
    cr_expect_eq(count, 0u);
    lg_arena_free(arena);
}
