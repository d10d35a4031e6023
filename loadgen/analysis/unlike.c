#include "analysis/unlike.h"

#include "base/units.h"

#include <inttypes.h>
#include <math.h>

const char *lg_unlike_name(enum lg_unlike_kind kind)
{
    static const char *const names[] = {
#define X(name, text, help) text,
        LG_UNLIKE_MAP(X)
#undef X
    };
    LG_ASSERT(kind >= 0 && kind < LG_UNLIKE_KINDS);
    return names[kind];
}

struct differ {
    struct lg_between *out;
    struct lg_arena *arena;
    enum lg_unlike_kind kind;
    const char *before; /* of every name: "node: version of " */
};

static const char *text_of(const char *text)
{
    return text != NULL ? text : "";
}

static void check(const struct differ *d, const char *what, const char *a, const char *b)
{
    a = text_of(a);
    b = text_of(b);
    if (strcmp(a, b) != 0) {
        *LG_ARENA_PUSH(d->arena, d->out->unlike, d->out->unlike_count) =
            (struct lg_unlike){d->kind, lg_arena_printf(d->arena, "%s%s", d->before, what), a, b};
    }
}

static void check_number(const struct differ *d, const char *what, uint64_t a, uint64_t b)
{
    check(d, what, lg_arena_printf(d->arena, "%" PRIu64, a),
          lg_arena_printf(d->arena, "%" PRIu64, b));
}

/* ---- names with values: versions ---- */

static const char *value_of(const struct lg_name_value *rows, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text_of(rows[i].name), name) == 0) {
            return text_of(rows[i].value);
        }
    }
    return NULL;
}

static void check_versions(const struct differ *d, const struct lg_name_value *a, size_t na,
                           const struct lg_name_value *b, size_t nb)
{
    for (size_t i = 0; i < na; i++) {
        const char *name = text_of(a[i].name);
        check(d, name, a[i].value, value_of(b, nb, name));
    }
    for (size_t i = 0; i < nb; i++) {
        const char *name = text_of(b[i].name);
        if (value_of(a, na, name) == NULL) {
            check(d, name, "", b[i].value);
        }
    }
}

/* The kernel keeps a little of the memory for itself, and not always the same. */
static bool same_memory(uint64_t a, uint64_t b)
{
    return fabs((double)a - (double)b) <= 0.01 * fmax((double)a, (double)b);
}

void lg_unlike_environments(struct lg_between *out, struct lg_arena *arena)
{
    const struct lg_environment *a = &out->a->environment, *b = &out->b->environment;
    struct differ d = {out, arena, LG_UNLIKE_ENVIRONMENT, ""};
    check(&d, "cpu", a->cpu, b->cpu);
    check(&d, "kernel", a->kernel, b->kernel);
    check(&d, "system", a->os, b->os);
    check(&d, "cpu frequency governor", a->governor, b->governor);
    check_number(&d, "cores", a->cores, b->cores);
    if (!same_memory(a->memory_bytes, b->memory_bytes)) {
        check_number(&d, "bytes of memory", a->memory_bytes, b->memory_bytes);
    }
    d.before = "version of ";
    check_versions(&d, a->versions, a->version_count, b->versions, b->version_count);
}

/* ---- settings ---- */

typedef bool wanted(const struct lg_setting_result *setting, const char *section);

static bool of_load(const struct lg_setting_result *setting, const char *section)
{
    (void)section;
    return lg_setting_shapes_load(setting);
}

static bool of_section(const struct lg_setting_result *setting, const char *section)
{
    return strcmp(text_of(setting->section), section) == 0;
}

static bool same_place(const struct lg_setting_result *a, const struct lg_setting_result *b)
{
    return strcmp(text_of(a->section), text_of(b->section)) == 0 &&
           strcmp(text_of(a->key), text_of(b->key)) == 0;
}

/* How many rows before `at` stand in the same place: a key may be given several times. */
static size_t ordinal(const struct lg_record *record, size_t at)
{
    size_t n = 0;
    for (size_t i = 0; i < at; i++) {
        n += same_place(&record->settings[i], &record->settings[at]);
    }
    return n;
}

/* NULL: the record has no such row. */
static const struct lg_setting_result *
counterpart(const struct lg_record *record, const struct lg_setting_result *setting, size_t nth)
{
    for (size_t i = 0; i < record->setting_count; i++) {
        if (same_place(&record->settings[i], setting) && nth-- == 0) {
            return &record->settings[i];
        }
    }
    return NULL;
}

/* How many rows before `end` are of that section. */
static size_t rows_of(const struct lg_record *record, size_t end, const char *section)
{
    size_t n = 0;
    for (size_t i = 0; i < end; i++) {
        n += of_section(&record->settings[i], section);
    }
    return n;
}

/* A section that one run has and the other has not differs as a whole, and not key by key. */
static bool of_missing_section(const struct differ *d, const struct lg_record *in, size_t at,
                               const struct lg_record *other)
{
    const char *section = text_of(in->settings[at].section);
    if (rows_of(other, other->setting_count, section) > 0) {
        return false;
    }
    if (rows_of(in, at, section) == 0) {
        bool in_a = in == d->out->a;
        check(d, lg_arena_printf(d->arena, "[%s]", section), in_a ? "it" : "", in_a ? "" : "it");
    }
    return true;
}

static void check_settings(const struct differ *d, wanted *is_wanted, const char *section)
{
    const struct lg_record *a = d->out->a, *b = d->out->b;
    for (size_t i = 0; i < a->setting_count; i++) {
        const struct lg_setting_result *s = &a->settings[i];
        if (is_wanted(s, section) && !of_missing_section(d, a, i, b)) {
            const struct lg_setting_result *other = counterpart(b, s, ordinal(a, i));
            check(d, lg_arena_printf(d->arena, "%s: %s", text_of(s->section), text_of(s->key)),
                  s->value, other != NULL ? other->value : NULL);
        }
    }
    for (size_t i = 0; i < b->setting_count; i++) {
        const struct lg_setting_result *s = &b->settings[i];
        if (is_wanted(s, section) && !of_missing_section(d, b, i, a) &&
            counterpart(a, s, ordinal(b, i)) == NULL) {
            check(d, lg_arena_printf(d->arena, "%s: %s", text_of(s->section), text_of(s->key)),
                  NULL, s->value);
        }
    }
}

void lg_unlike_scenarios(struct lg_between *out, struct lg_arena *arena)
{
    struct differ d = {out, arena, LG_UNLIKE_SCENARIO, ""};
    check_settings(&d, of_load, NULL);
}

void lg_unlike_targets(struct lg_between *out, const struct lg_target_result *a,
                       const struct lg_target_result *b, struct lg_arena *arena)
{
    struct differ d = {out, arena, LG_UNLIKE_TARGET, ""};
    check_settings(&d, of_section, lg_arena_printf(arena, "target %s", text_of(a->name)));
    d.before = lg_arena_printf(arena, "%s: version of ", text_of(a->name));
    check_versions(&d, a->versions, a->version_count, b->versions, b->version_count);
}

/* ---- other programs ---- */

/* Mean over the trials; -1: unknown. */
static double others_share(const struct lg_target_result *target)
{
    double sum = 0;
    for (size_t i = 0; i < target->trial_count; i++) {
        double share = target->trials[i].generator.others_share;
        if (!(share >= 0 && share <= 1)) {
            return -1;
        }
        sum += share;
    }
    return target->trial_count > 0 ? sum / (double)target->trial_count : -1;
}

void lg_unlike_company(struct lg_between *out, const struct lg_target_result *a,
                       const struct lg_target_result *b, struct lg_arena *arena)
{
    double of_a = others_share(a), of_b = others_share(b);
    if (of_a >= 0 && of_b >= 0 && fabs(of_a - of_b) > LG_UNLIKE_COMPANY) {
        struct differ d = {out, arena, LG_UNLIKE_ENVIRONMENT, ""};
        char text_a[LG_UNIT_TEXT], text_b[LG_UNIT_TEXT];
        check(&d, lg_arena_printf(arena, "%s: CPU time taken by other programs", text_of(a->name)),
              lg_arena_strdup(arena, lg_show_share(text_a, of_a)),
              lg_arena_strdup(arena, lg_show_share(text_b, of_b)));
    }
}
