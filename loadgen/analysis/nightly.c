#include "analysis/nightly.h"

void lg_nightly_detect(const struct lg_nightly *in, struct lg_arena *arena,
                       struct lg_nightly_result *out)
{
    (void)in;
    (void)arena;
    (void)out;
    LG_ASSERT(!"written next");
}

struct lg_nightly_proof lg_nightly_judge_rerun(const struct lg_nightly_rerun *rerun)
{
    (void)rerun;
    LG_ASSERT(!"written next");
    return (struct lg_nightly_proof){0};
}

const char *lg_nightly_state_name(enum lg_nightly_state state)
{
    static const char *const names[] = {"suspected", "confirmed", "confirmed_by_rerun"};
    LG_ASSERT(state <= LG_NIGHTLY_RERUN_CONFIRMED);
    return names[state];
}

const char *lg_nightly_verdict_name(enum lg_nightly_verdict verdict)
{
    static const char *const names[] = {"unclear", "refuted", "proven"};
    LG_ASSERT(verdict <= LG_NIGHTLY_PROVEN);
    return names[verdict];
}
