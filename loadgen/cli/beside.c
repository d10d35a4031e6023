#include "cli/beside.h"

#include <ctype.h>
#include <string.h>

bool lg_beside_start(struct lg_beside *beside, const struct lg_plan *plan, const volatile int *stop,
                     struct lg_arena *arena, const char **who, const char **why)
{
    beside->plan = plan;
    beside->started = lg_arena_alloc(arena, plan->beside_count * sizeof(struct lg_target *));
    for (size_t i = 0; i < plan->beside_count; i++) {
        struct lg_target *target = lg_target_start(&plan->beside[i], stop, arena, why);
        if (target == NULL) {
            *who = plan->beside[i].name;
            lg_beside_stop(beside, arena);
            return false;
        }
        beside->started[beside->count++] = target;
    }
    return true;
}

/* STUB_URL for stub, BACK_END_URL for back-end. */
static const char *variable(struct lg_arena *arena, const char *name)
{
    char *text = lg_arena_printf(arena, "%s_URL", name);
    for (char *p = text; *p != '\0'; p++) {
        *p = isalnum((unsigned char)*p) ? (char)toupper((unsigned char)*p) : '_';
    }
    return text;
}

/* What the target's own section says goes first, but for an empty one, which waits to be filled. */
static void set_variable(struct lg_target_spec *spec, const char *name, const char *value)
{
    for (size_t i = 0; i < spec->env_count; i++) {
        if (strcmp(spec->env[i].name, name) == 0) {
            if (spec->env[i].value[0] == '\0') {
                spec->env[i].value = value;
            }
            return;
        }
    }
    spec->env[spec->env_count++] = (struct lg_target_variable){name, value};
}

struct lg_target_spec lg_beside_tell(const struct lg_beside *beside,
                                     const struct lg_target_spec *spec, struct lg_arena *arena)
{
    struct lg_target_spec told = *spec;
    size_t most = spec->env_count + beside->count;
    told.env = lg_arena_alloc(arena, most * sizeof *told.env);
    for (size_t i = 0; i < spec->env_count; i++) {
        told.env[i] = spec->env[i];
    }
    for (size_t i = 0; i < beside->count; i++) {
        set_variable(&told, variable(arena, beside->plan->beside[i].name),
                     lg_arena_strdup(arena, lg_target_url(beside->started[i])));
    }
    return told;
}

const char *lg_beside_stop(struct lg_beside *beside, struct lg_arena *arena)
{
    const char *complaint = NULL;
    while (beside->count > 0) {
        struct lg_target *target = beside->started[--beside->count];
        struct lg_target_sample sample;
        if (lg_target_sample(target, &sample)) {
            beside->cpu_s += sample.cpu_s;
        }
        const char *why = lg_target_stop(target, arena);
        if (why != NULL) {
            const char *name = beside->plan->beside[beside->count].name;
            complaint = lg_arena_printf(arena, "%s, beside it: %s", name, why);
        }
    }
    return complaint;
}
