#include "base/units.h"
#include "scenario/draft.h"
#include "scenario/schema.h"

#include <criterion/criterion.h>
#include <stdio.h>

/* The i-th row of all sections; NULL: there are no more. */
static const struct lg_option *row(size_t i)
{
    for (int kind = 0; kind < LG_SECTION_KINDS; kind++) {
        const struct lg_section_info *info = lg_section_info((enum lg_section_kind)kind);
        if (i < info->row_count) {
            cr_assert_eq(info->rows[i].section, kind, "%s", info->rows[i].key);
            return &info->rows[i];
        }
        i -= info->row_count;
    }
    return NULL;
}

#define EACH_ROW(o)                                                                                \
    const struct lg_option *o = NULL;                                                              \
    for (size_t i = 0; (o = row(i)) != NULL; i++)

Test(schema, every_row_has_a_help_that_is_one_sentence_and_an_example)
{
    EACH_ROW(o)
    {
        size_t n = strlen(o->help);
        cr_assert_gt(n, 10u, "%s", o->key);
        cr_assert(o->help[n - 1] == '.', "%s: %s", o->key, o->help);
        cr_assert(o->example != NULL && o->example[0] != '\0', "%s", o->key);
    }
}

Test(schema, every_row_is_the_one_that_is_found_by_its_key)
{
    EACH_ROW(o)
    {
        char key[64];
        snprintf(key, sizeof key, "%s", o->key);
        if (lg_option_is_any(o)) {
            snprintf(key, sizeof key, "some_other_name");
        } else if (lg_option_is_family(o)) {
            key[strlen(key) - 1] = 'x';
        }
        cr_assert(lg_option_find(o->section, lg_str(key)) == o, "%s", key);
    }
}

Test(schema, a_family_needs_a_name_after_its_dot)
{
    cr_assert_null(lg_option_find(LG_SECTION_STEP, lg_str("header.")));
    cr_assert_null(lg_option_find(LG_SECTION_STEP, lg_str("header")));
    cr_assert_null(lg_option_find(LG_SECTION_TARGET, lg_str("")));
}

Test(schema, rivals_name_each_other_or_a_key_of_the_same_section)
{
    EACH_ROW(o)
    {
        if (o->rival != NULL) {
            const struct lg_option *rival = lg_option_find(o->section, lg_str(o->rival));
            cr_assert_not_null(rival, "%s", o->key);
            cr_assert_str_eq(rival->rival, o->key);
        }
    }
}

static double bound(const struct lg_option *o, const char *text)
{
    lg_ns ns = -1;
    double rate = -1;
    uint64_t count = 0;
    switch (o->type) {
    case LG_VALUE_RATE:
    case LG_VALUE_STAGES:
        cr_assert_null(lg_read_rate(lg_str(text), &rate), "%s: %s", o->key, text);
        return rate;
    case LG_VALUE_NUMBER:
        cr_assert_null(lg_read_number(lg_str(text), &rate), "%s: %s", o->key, text);
        return rate;
    case LG_VALUE_BYTE_RATE:
        cr_assert_null(lg_read_bytes_per_s(lg_str(text), &rate), "%s: %s", o->key, text);
        return rate;
    case LG_VALUE_COUNT:
        cr_assert_null(lg_read_count(lg_str(text), &count), "%s: %s", o->key, text);
        return (double)count;
    default:
        cr_assert_null(lg_read_time(lg_str(text), &ns), "%s: %s", o->key, text);
        return (double)ns;
    }
}

Test(schema, bounds_can_be_read_and_are_in_order)
{
    EACH_ROW(o)
    {
        cr_assert_eq(o->low == NULL, o->high == NULL, "%s", o->key);
        if (o->low != NULL) {
            cr_assert_lt(bound(o, o->low), bound(o, o->high), "%s", o->key);
        }
        bool measured = o->type == LG_VALUE_TIME || o->type == LG_VALUE_RATE ||
                        o->type == LG_VALUE_COUNT || o->type == LG_VALUE_STAGES;
        cr_assert(!measured || o->low != NULL, "%s has no bounds", o->key);
    }
}

/* Reads one value into a draft that is large enough for any section. */
static size_t problems_of(const struct lg_option *o, const char *key, const char *value)
{
    union {
        struct lg_draft draft;
        struct lg_scenario_draft scenario;
        struct lg_users_draft users;
        struct lg_step_draft step;
        struct lg_data_draft data;
        struct lg_deliveries_draft deliveries;
        struct lg_objectives_draft objectives;
        struct lg_target_draft target;
    } all;
    memset(&all, 0, sizeof all);
    struct lg_problems problems;
    lg_problems_init(&problems);
    struct lg_load load = {
        .arena = lg_arena_new(), .problems = &problems, .io = &lg_io_real, .file = "x.ini"};
    struct lg_deliveries_draft heard = {.out.name = "heard"};
    load.deliveries = &heard;
    load.deliveries_count = 1;
    struct lg_ini_entry entry = {.key = lg_str(key),
                                 .value = lg_str(value),
                                 .place = {"x.ini", 1, 1},
                                 .value_place = {"x.ini", 1, 1}};
    struct lg_reading r = {.load = &load, .draft = &all.draft, .option = o, .entry = &entry};
    lg_read_value(&r);
    size_t count = problems.count;
    lg_arena_free(load.arena);
    lg_problems_fini(&problems);
    return count;
}

static bool is_about_files(const struct lg_option *o)
{
    return o->type == LG_VALUE_FILE || o->type == LG_VALUE_BODY_FILE ||
           o->type == LG_VALUE_ENV_FILE || o->type == LG_VALUE_UPLOAD || o->type == LG_VALUE_TABLE;
}

Test(schema, every_example_and_every_default_can_be_read)
{
    EACH_ROW(o)
    {
        char key[64] = {0};
        const char *value = o->example;
        if (lg_option_is_family(o)) { /* the example is a whole line */
            const char *equals = strstr(o->example, " = ");
            cr_assert_not_null(equals, "%s", o->example);
            snprintf(key, sizeof key, "%.*s", (int)(equals - o->example), o->example);
            value = equals + 3;
        } else {
            snprintf(key, sizeof key, "%s", o->key);
        }
        cr_assert(is_about_files(o) || problems_of(o, key, value) == 0, "%s = %s", key, value);
        cr_assert(o->preset == NULL || problems_of(o, key, o->preset) == 0, "%s", o->key);
    }
}

Test(schema, every_word_is_accepted_and_no_other)
{
    EACH_ROW(o)
    {
        for (const struct lg_word *w = o->words; w != NULL && w->text != NULL; w++) {
            bool shed = o->type == LG_VALUE_OVERLOAD && strcmp(w->text, "shed") == 0;
            if (o->type == LG_VALUE_ARRIVALS && strcmp(w->text, "trace") == 0) {
                continue; /* takes a file, which must be there */
            }
            cr_assert_eq(problems_of(o, o->key, shed ? "shed 1s" : w->text), 0u, "%s", w->text);
            cr_assert(w->help != NULL && w->help[0] != '\0', "%s", w->text);
        }
        if (o->words != NULL) {
            cr_assert_eq(problems_of(o, o->key, "nonesuch"), 1u, "%s", o->key);
        }
    }
}

Test(schema, every_value_outside_its_bounds_is_refused)
{
    EACH_ROW(o)
    {
        if (o->type == LG_VALUE_TIME) {
            cr_assert_eq(problems_of(o, o->key, "100000h"), 1u, "%s", o->key);
        } else if (o->type == LG_VALUE_COUNT) {
            cr_assert_eq(problems_of(o, o->key, "1G"), 1u, "%s", o->key);
        } else if (o->type == LG_VALUE_RATE) {
            cr_assert_eq(problems_of(o, o->key, "1G/s"), 1u, "%s", o->key);
        }
    }
}

Test(schema, an_empty_value_is_refused_unless_the_row_allows_it)
{
    EACH_ROW(o)
    {
        char key[64];
        snprintf(key, sizeof key, "%s", o->key);
        if (lg_option_is_family(o)) {
            snprintf(key, sizeof key, "%.*sx", (int)strlen(o->key) - 1, o->key);
        }
        cr_assert_eq(problems_of(o, key, ""), o->may_be_empty ? 0u : 1u, "%s", key);
    }
}
