#include "cli/secrets.h"

#include "support/leak_check.h"

#include <criterion/criterion.h>

TestSuite(secrets, .fini = fail_on_leak);

static const char *secrets[] = {"Bearer abcdefgh", "session=0123456789; theme=dark"};
static const struct lg_plan plan = {.secrets = secrets, .secret_count = 2};

Test(secrets, are_blotted_whole_in_words_and_where_a_text_was_cut)
{
    static const struct {
        const char *raw, *want;
    } rows[] = {
        {"", ""},
        {"nothing to hide", "nothing to hide"},
        {"-H 'Authorization: Bearer abcdefgh'", "-H 'Authorization: ***'"},
        {"token abcdefgh, again abcdefgh.", "token ***, again ***."},
        {"id 0123456789 and dark", "id *** and dark"},
        {"cut off: abcdef", "cut off: ***"},
        {"cut off: abc", "cut off: ***"},
        {"cut off: ab", "cut off: ab"},
        {"abcdefghabcdefgh", "******"},
    };
    struct lg_arena *arena = lg_arena_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect_str_eq(lg_secrets_blot(&plan, rows[i].raw, arena), rows[i].want);
    }
    cr_expect_null(lg_secrets_blot(&plan, NULL, arena));
    lg_arena_free(arena);
}

Test(secrets, a_trial_tells_none_in_samples_or_last_words)
{
    struct lg_arena *arena = lg_arena_new();
    struct lg_error_count error = {.sample = "HTTP 500 Bearer abcdefgh"};
    struct lg_step_result step = {.errors = &error, .error_count = 1};
    struct lg_trial_result trial = {.steps = &step, .step_count = 1};
    trial.server.ended = "exit code 1: bad token abcdefgh";
    lg_secrets_blot_trial(&plan, &trial, arena);
    cr_expect_str_eq(error.sample, "HTTP 500 ***");
    cr_expect_str_eq(trial.server.ended, "exit code 1: bad token ***");
    lg_arena_free(arena);
}
