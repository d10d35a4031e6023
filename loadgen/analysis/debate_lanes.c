#include "analysis/debate_lanes.h"

static const char *version_of(const struct lg_target_result *target, const char *name)
{
    for (size_t i = 0; i < target->version_count; i++) {
        if (strcmp(target->versions[i].name, name) == 0) {
            return target->versions[i].value;
        }
    }
    return NULL;
}

int lg_debate_side_of(const char *stack)
{
    static const char *const stacks[] = {[LG_DEBATE_NODE] = "node", [LG_DEBATE_DJANGO] = "django"};
    for (int side = 0; side < 2; side++) {
        if (strncmp(stack, stacks[side], strlen(stacks[side])) == 0) {
            return side;
        }
    }
    return -1;
}

bool lg_debate_is_control(const char *name)
{
    size_t count = 0;
    const struct lg_debate_claim *claims = lg_debate_claims(&count);
    bool control = strcmp(name, LG_DEBATE_JITLESS) == 0;
    for (size_t i = 0; i < count && !control; i++) {
        control = claims[i].lanes[0] != NULL &&
                  (strcmp(name, claims[i].lanes[0]) == 0 || strcmp(name, claims[i].lanes[1]) == 0);
    }
    return control;
}

static int side_of(const struct lg_target_result *target, const struct lg_debate_claim *claim)
{
    if (claim->lanes[0] != NULL) {
        return strcmp(target->name, claim->lanes[0]) == 0   ? 0
               : strcmp(target->name, claim->lanes[1]) == 0 ? 1
                                                            : -1;
    }
    const char *stack = version_of(target, "stack");
    return lg_debate_is_control(target->name)
               ? -1
               : lg_debate_side_of(stack != NULL ? stack : target->name);
}

struct lg_debate_lanes lg_debate_lanes_of(const struct lg_record *record,
                                          const struct lg_debate_claim *claim)
{
    struct lg_debate_lanes lanes = {0};
    for (size_t i = 0; i < record->target_count; i++) {
        int side = side_of(&record->targets[i], claim);
        if (side >= 0) {
            *LG_ARENA_PUSH(record->arena, lanes.of[side], lanes.count[side]) = &record->targets[i];
        }
    }
    return lanes;
}

const struct lg_target_result *lg_debate_target(const struct lg_record *record, const char *name)
{
    for (size_t i = 0; i < record->target_count; i++) {
        if (strcmp(record->targets[i].name, name) == 0) {
            return &record->targets[i];
        }
    }
    return NULL;
}

const char *lg_debate_needs_better(const char *lane, struct lg_arena *arena)
{
    return lg_arena_printf(arena,
                           "it takes the target %s, too: what is said of Python must hold against "
                           "its better lane",
                           lane);
}

/* "Fastify 5.12.8 on Node.js 24.19.0" */
static void add_stack(struct lg_buf *out, const struct lg_target_result *lane)
{
    const char *stack = version_of(lane, "stack");
    int side = lg_debate_side_of(stack != NULL ? stack : lane->name);
    const char *framework = version_of(lane, side == LG_DEBATE_NODE ? "fastify" : "django");
    const char *runtime = version_of(lane, "runtime");
    lg_buf_adds(out, side == LG_DEBATE_NODE ? "Fastify" : "Django");
    if (framework != NULL && framework[0] != '\0') {
        lg_buf_addf(out, " %s", framework);
    }
    if (runtime != NULL && runtime[0] != '\0') {
        lg_buf_addf(out, " on %s", runtime);
    }
}

const char *lg_debate_scope(const struct lg_record *record, const struct lg_debate_lanes *lanes)
{
    struct lg_buf out = {0};
    for (size_t side = 0; side < 2; side++) {
        if (lanes->count[side] > 0) {
            lg_buf_adds(&out, out.n > 0 ? " against " : "");
            add_stack(&out, lanes->of[side][0]);
        }
    }
    lg_buf_adds(&out, ", on this contract and this machine; not the languages");
    const char *text = lg_arena_strndup(record->arena, out.p, out.n);
    lg_buf_free(&out);
    return text;
}
