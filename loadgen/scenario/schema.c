#include "scenario/schema_rows.h"

static const struct lg_section_info *const sections[LG_SECTION_KINDS] = {
    [LG_SECTION_SCENARIO] = &lg_section_scenario,
    [LG_SECTION_USERS] = &lg_section_users,
    [LG_SECTION_STEP] = &lg_section_step,
    [LG_SECTION_DATA] = &lg_section_data,
    [LG_SECTION_DELIVERIES] = &lg_section_deliveries,
    [LG_SECTION_OBJECTIVES] = &lg_section_objectives,
    [LG_SECTION_TARGET] = &lg_section_target,
};

const struct lg_section_info *lg_section_info(enum lg_section_kind kind)
{
    LG_ASSERT(kind < LG_SECTION_KINDS);
    return sections[kind];
}

bool lg_section_find(struct lg_slice word, enum lg_section_kind *out)
{
    for (int i = 0; i < LG_SECTION_KINDS; i++) {
        if (lg_slice_eq(word, lg_str(sections[i]->word))) {
            *out = (enum lg_section_kind)i;
            return true;
        }
    }
    return false;
}

bool lg_option_is_any(const struct lg_option *option)
{
    return strcmp(option->key, "*") == 0;
}

bool lg_option_is_family(const struct lg_option *option)
{
    return option->key[strlen(option->key) - 1] == '*';
}

static bool fits(const struct lg_option *option, struct lg_slice key)
{
    size_t n = strlen(option->key);
    if (!lg_option_is_family(option)) {
        return lg_slice_eq(key, lg_str(option->key));
    }
    return lg_option_is_any(option) || (key.n > n - 1 && memcmp(key.p, option->key, n - 1) == 0);
}

const struct lg_option *lg_option_find(enum lg_section_kind section, struct lg_slice key)
{
    const struct lg_section_info *info = lg_section_info(section);
    for (size_t i = 0; i < info->row_count; i++) {
        if (fits(&info->rows[i], key)) {
            return &info->rows[i]; /* "*" is the last of its section */
        }
    }
    return NULL;
}

const char *lg_value_form(enum lg_value_type type)
{
    static const char *const forms[] = {
#define X(name, form) form,
        LG_VALUE_MAP(X)
#undef X
    };
    LG_ASSERT(type < LG_VALUE_TYPES);
    return forms[type];
}
