#include "cli/capacity_overload.h"

#include "support/leak_check.h"

#include <criterion/criterion.h>

TestSuite(capacity_overload, .fini = fail_on_leak);

/* Chatters who join once and then speak. */
static const char *how(bool also_said, struct lg_arena *arena)
{
    struct lg_step steps[] = {{.name = "join", .timeout = 5 * LG_S},
                              {.name = "say", .timeout = 3 * LG_S}};
    size_t setup[] = {0}, each[] = {1};
    struct lg_users users = {.name = "chatter",
                             .connections = 1,
                             .streams = 1,
                             .arrivals = LG_ARRIVAL_POISSON,
                             .setup = setup,
                             .setup_count = 1,
                             .steps = each,
                             .step_count = 1};
    struct lg_objective objectives[] = {{.text = "join.response p(99) < 2s",
                                         .subject = "join",
                                         .measure = "response",
                                         .stat = LG_STAT_PERCENTILE,
                                         .compare = LG_LT,
                                         .limit = 2e9},
                                        {.text = "say.response p(99) < 100ms",
                                         .subject = "say",
                                         .measure = "response",
                                         .stat = LG_STAT_PERCENTILE,
                                         .compare = LG_LT,
                                         .limit = 100e6}};
    struct lg_plan plan = {.steps = steps,
                           .step_count = 2,
                           .users = &users,
                           .user_count = 1,
                           .objectives = objectives,
                           .objective_count = also_said ? 2 : 1};
    struct lg_capacity_options options = {.trial = 10 * LG_S, .overload = 2};
    return lg_capacity_overload_how(&plan, &options, arena);
}

Test(capacity_overload, arrivals_wait_as_long_as_is_promised_to_them)
{
    struct lg_arena *arena = lg_arena_new();
    const char *text = how(true, arena);
    cr_expect_not_null(strstr(text, "wait longer than 100 ms for a connection are shed, as "
                                    "say.response p(99) < 100ms promises no more"),
                       "%s", text);
    text = how(false, arena);
    cr_expect_not_null(strstr(text, "wait longer than 3.00 s for a connection are shed, as their "
                                    "first step times out then"),
                       "%s", text);
    lg_arena_free(arena);
}
