#include "scenario/draft.h"

#include <stdlib.h>

struct lg_ini_entry *lg_entry_find(const struct lg_ini_section *section, const char *key)
{
    for (size_t i = 0; section != NULL && i < section->count; i++) {
        if (lg_slice_eq(section->entries[i].key, lg_str(key))) {
            return &section->entries[i];
        }
    }
    return NULL;
}

bool lg_is_given(const struct lg_draft *draft, const char *key)
{
    return lg_entry_find(draft->section, key) != NULL;
}

struct lg_place lg_key_place(const struct lg_draft *draft, const char *key)
{
    const struct lg_ini_entry *entry = lg_entry_find(draft->section, key);
    return entry != NULL ? entry->place : draft->place;
}

/* ---- what can be said without knowing values ---- */

static const char *first_place(struct lg_load *load, struct lg_place place)
{
    return lg_arena_printf(load->problems->arena, "the first is at %s:%u:%u", place.file,
                           place.line, place.column);
}

/* Sorted by name, then by position, so that neighbours tell what occurs twice: O(n log n) also for
 * a hostile file of many keys. */
struct seen {
    struct lg_slice text;
    size_t index;
};

static int compare_seen(const void *a, const void *b)
{
    const struct seen *x = a, *y = b;
    size_t n = x->text.n < y->text.n ? x->text.n : y->text.n;
    int order = n == 0 ? 0 : memcmp(x->text.p, y->text.p, n);
    if (order == 0 && x->text.n != y->text.n) {
        order = x->text.n < y->text.n ? -1 : 1;
    }
    return order != 0 ? order : x->index < y->index ? -1 : 1;
}

static void check_keys(struct lg_load *load, const struct lg_ini_section *section)
{
    struct seen *seen = lg_alloc_array(section->count, sizeof *seen);
    for (size_t i = 0; i < section->count; i++) {
        seen[i] = (struct seen){section->entries[i].key, i};
    }
    qsort(seen, section->count, sizeof *seen, compare_seen);
    for (size_t i = 1, first = 0; i < section->count; i++) {
        if (!lg_slice_eq(seen[i].text, seen[i - 1].text)) {
            first = i;
            continue;
        }
        const struct lg_ini_entry *entry = &section->entries[seen[i].index];
        lg_problem_add(load->problems, entry->place,
                       first_place(load, section->entries[seen[first].index].place),
                       "%.*s is set twice", (int)entry->key.n, entry->key.p);
    }
    free(seen);
}

static bool check_head(struct lg_load *load, const struct lg_ini_section *section)
{
    enum lg_section_kind kind;
    if (!lg_section_find(section->kind, &kind)) {
        struct lg_guess guess = {.text = section->kind};
        for (int i = 0; i < LG_SECTION_KINDS; i++) {
            lg_guess_offer(&guess, lg_str(lg_section_info((enum lg_section_kind)i)->word));
        }
        const char *hint = lg_guess_hint(&guess, load->problems->arena);
        lg_problem_add(load->problems, section->place,
                       hint != NULL ? hint
                                    : "there are [scenario], [users NAME], [step NAME], [data "
                                      "NAME], [deliveries NAME], [objectives] and [target NAME]",
                       "[%.*s] is not a section", (int)section->kind.n, section->kind.p);
        return false;
    }
    const struct lg_section_info *info = lg_section_info(kind);
    if (info->named && section->name.n == 0) {
        const char *hint = lg_arena_printf(load->problems->arena, "write [%s NAME]", info->word);
        lg_problem_add(load->problems, section->place, hint, "[%s] needs a name", info->word);
        return false;
    }
    if (!info->named && section->name.n > 0) {
        lg_problem_add(load->problems, section->name_place, NULL, "[%s] has no name", info->word);
        return false;
    }
    if (info->named && !lg_ini_is_name(section->name)) {
        lg_problem_add(load->problems, section->name_place, NULL,
                       "%.*s is not a name: letters, digits, - and _", (int)section->name.n,
                       section->name.p);
        return false;
    }
    return true;
}

static const char *head_text(struct lg_load *load, const struct lg_ini_section *section)
{
    return lg_arena_printf(load->arena, "%.*s%s%.*s", (int)section->kind.n, section->kind.p,
                           section->name.n > 0 ? " " : "", (int)section->name.n, section->name.p);
}

bool *lg_sections_check(struct lg_load *load, const struct lg_ini *ini)
{
    bool *usable = lg_arena_alloc(load->arena, ini->count + 1);
    struct seen *seen = lg_alloc_array(ini->count, sizeof *seen);
    for (size_t i = 0; i < ini->count; i++) {
        usable[i] = check_head(load, &ini->sections[i]);
        check_keys(load, &ini->sections[i]);
        seen[i] = (struct seen){lg_str(head_text(load, &ini->sections[i])), i};
    }
    qsort(seen, ini->count, sizeof *seen, compare_seen);
    for (size_t i = 1, first = 0; i < ini->count; i++) {
        if (!lg_slice_eq(seen[i].text, seen[i - 1].text)) {
            first = i;
        } else if (usable[seen[i].index]) {
            usable[seen[i].index] = false;
            lg_problem_add(load->problems, ini->sections[seen[i].index].place,
                           first_place(load, ini->sections[seen[first].index].place),
                           "[%.*s] is here twice", (int)seen[i].text.n, seen[i].text.p);
        }
    }
    free(seen);
    return usable;
}

/* ---- one section's values ---- */

static void read_entry(struct lg_load *load, struct lg_draft *draft, const struct lg_option *option,
                       const struct lg_ini_entry *entry)
{
    struct lg_reading r = {.load = load, .draft = draft, .option = option, .entry = entry};
    lg_read_value(&r);
}

static void read_defaults(struct lg_load *load, enum lg_section_kind kind, struct lg_draft *draft)
{
    const struct lg_section_info *info = lg_section_info(kind);
    for (size_t i = 0; i < info->row_count; i++) {
        const struct lg_option *row = &info->rows[i];
        /* Also when the key is given: a bad value then leaves a sound one, and one message. */
        if (row->preset != NULL) {
            struct lg_ini_entry entry = {.key = lg_str(row->key),
                                         .value = lg_str(row->preset),
                                         .place = draft->place,
                                         .value_place = draft->place};
            read_entry(load, draft, row, &entry);
        } else if (row->required && !lg_is_given(draft, row->key)) {
            const char *hint = lg_arena_printf(load->problems->arena, "for example %s = %s",
                                               row->key, row->example);
            lg_problem_add(load->problems, draft->place, hint, "%s is missing", row->key);
        }
    }
}

static const char *guess_key(struct lg_load *load, enum lg_section_kind kind, struct lg_slice key)
{
    const struct lg_section_info *info = lg_section_info(kind);
    struct lg_guess guess = {.text = key};
    for (size_t i = 0; i < info->row_count; i++) {
        if (!lg_option_is_family(&info->rows[i])) {
            lg_guess_offer(&guess, lg_str(info->rows[i].key));
        }
    }
    return lg_guess_hint(&guess, load->problems->arena);
}

/* A key that is right somewhere else. */
static const char *other_section(struct lg_load *load, struct lg_slice key)
{
    for (int i = 0; i < LG_SECTION_KINDS; i++) {
        const struct lg_option *option = lg_option_find((enum lg_section_kind)i, key);
        if (option != NULL && !lg_option_is_any(option)) {
            const struct lg_section_info *info = lg_section_info((enum lg_section_kind)i);
            return lg_arena_printf(load->problems->arena, "it belongs in [%s%s]", info->word,
                                   info->named ? " NAME" : "");
        }
    }
    return NULL;
}

static void unknown_key(struct lg_load *load, enum lg_section_kind kind,
                        const struct lg_ini_entry *entry)
{
    const char *hint = guess_key(load, kind, entry->key);
    lg_problem_add(
        load->problems, entry->place, hint != NULL ? hint : other_section(load, entry->key),
        "%.*s is not a key of [%s]", (int)entry->key.n, entry->key.p, lg_section_info(kind)->word);
}

/* A slip of the pen must not become a variable. */
static bool is_variable(struct lg_load *load, const struct lg_ini_entry *entry)
{
    return lg_is_variable_name(entry->key) && guess_key(load, LG_SECTION_USERS, entry->key) == NULL;
}

static bool rival_given(struct lg_load *load, const struct lg_draft *draft,
                        const struct lg_option *option, const struct lg_ini_entry *entry)
{
    const struct lg_ini_entry *rival =
        option->rival != NULL ? lg_entry_find(draft->section, option->rival) : NULL;
    if (rival == NULL || rival > entry) {
        return false; /* told at the second of the two */
    }
    lg_problem_add(load->problems, entry->place, NULL, "%s and %s exclude each other",
                   option->rival, option->key);
    return true;
}

void lg_section_read(struct lg_load *load, enum lg_section_kind kind, struct lg_draft *draft)
{
    read_defaults(load, kind, draft);
    for (size_t i = 0; draft->section != NULL && i < draft->section->count; i++) {
        const struct lg_ini_entry *entry = &draft->section->entries[i];
        const struct lg_option *option = lg_option_find(kind, entry->key);
        bool variable = option != NULL && option->type == LG_VALUE_VARIABLE;
        if (option == NULL || (variable && !is_variable(load, entry))) {
            unknown_key(load, kind, entry);
        } else if (!rival_given(load, draft, option, entry)) {
            read_entry(load, draft, option, entry);
        }
    }
}

/* ---- all sections of the scenario ---- */

static const char *name_of(struct lg_load *load, const struct lg_ini_section *section)
{
    return lg_arena_strndup(load->arena, section->name.p, section->name.n);
}

static void make_draft(struct lg_load *load, struct lg_ini_section *section)
{
    enum lg_section_kind kind = LG_SECTION_KINDS;
    lg_section_find(section->kind, &kind);
    struct lg_draft draft = {.section = section, .place = section->place};
    switch (kind) {
    case LG_SECTION_SCENARIO:
        load->scenario.draft = draft;
        break;
    case LG_SECTION_OBJECTIVES:
        load->objectives.draft = draft;
        break;
    case LG_SECTION_USERS:
        *LG_ARENA_PUSH(load->arena, load->users, load->user_count) =
            (struct lg_users_draft){.draft = draft, .out.name = name_of(load, section)};
        break;
    case LG_SECTION_STEP:
        *LG_ARENA_PUSH(load->arena, load->steps, load->step_count) =
            (struct lg_step_draft){.draft = draft, .out.name = name_of(load, section)};
        break;
    case LG_SECTION_DATA:
        *LG_ARENA_PUSH(load->arena, load->data, load->data_count) =
            (struct lg_data_draft){.draft = draft, .out.name = name_of(load, section)};
        break;
    case LG_SECTION_DELIVERIES:
        *LG_ARENA_PUSH(load->arena, load->deliveries, load->deliveries_count) =
            (struct lg_deliveries_draft){.draft = draft, .out.name = name_of(load, section)};
        break;
    default:
        break; /* targets have their own way */
    }
}

void lg_sections_read(struct lg_load *load)
{
    struct lg_place file = {.file = load->file};
    load->scenario.draft.place = file;
    load->objectives.draft.place = file;
    bool *usable = lg_sections_check(load, &load->ini);
    for (size_t i = 0; i < load->ini.count; i++) {
        if (usable[i]) {
            make_draft(load, &load->ini.sections[i]);
        }
    }
    lg_section_read(load, LG_SECTION_SCENARIO, &load->scenario.draft);
    for (size_t i = 0; i < load->data_count; i++) { /* before the texts with ${NAME.column} */
        lg_section_read(load, LG_SECTION_DATA, &load->data[i].draft);
    }
    for (size_t i = 0; i < load->user_count; i++) {
        lg_section_read(load, LG_SECTION_USERS, &load->users[i].draft);
    }
    for (size_t i = 0; i < load->step_count; i++) {
        lg_section_read(load, LG_SECTION_STEP, &load->steps[i].draft);
    }
    for (size_t i = 0; i < load->deliveries_count; i++) {
        lg_section_read(load, LG_SECTION_DELIVERIES, &load->deliveries[i].draft);
    }
    lg_section_read(load, LG_SECTION_OBJECTIVES, &load->objectives.draft);
}
