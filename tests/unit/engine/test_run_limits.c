#include "engine/run_limits.h"

#include <criterion/criterion.h>

Test(run_limits, users_who_listen_for_a_while_in_their_setup_have_that_time)
{
    struct lg_stream_spec stream = {.kind = LG_STREAM_SSE, .lasting = 60 * LG_S};
    struct lg_step step = {.name = "listen", .timeout = 5 * LG_S, .stream = &stream};
    size_t setup[] = {0};
    struct lg_users users = {
        .connections = 20, .connect_rate = 10, .setup = setup, .setup_count = 1};
    struct lg_plan plan = {.users = &users,
                           .user_count = 1,
                           .steps = &step,
                           .step_count = 1,
                           .connect_timeout = 3 * LG_S};
    cr_expect_geq(lg_run_connect_limit(&plan), (2 + 3 + 5 + 60) * LG_S);
}
