#include "scenario/draft.h"

#include <stdlib.h>

struct override {
    struct lg_load *load;
    struct lg_place place; /* column 1 of the text */
    const char *text;
};

static struct lg_place place_of(const struct override *o, struct lg_slice part)
{
    struct lg_place place = o->place;
    for (const char *p = o->text; p < part.p; p++) {
        place.column += ((unsigned char)*p & 0xc0) != 0x80;
    }
    return place;
}

/* "users chatter" and "chatter" both mean [users chatter]. */
static bool means(const struct lg_ini_section *section, struct lg_slice head)
{
    struct lg_slice rest = head, word = lg_take_word(&rest);
    if (rest.n > 0) {
        return lg_slice_eq(section->kind, word) && lg_slice_eq(section->name, rest);
    }
    return section->name.n > 0 ? lg_slice_eq(section->name, word)
                               : lg_slice_eq(section->kind, word);
}

/* Sections that need not be there to get a key. */
static struct lg_ini_section *make_section(const struct override *o, struct lg_slice head)
{
    struct lg_slice rest = head, word = lg_take_word(&rest);
    enum lg_section_kind kind = LG_SECTION_KINDS;
    bool known = lg_section_find(word, &kind);
    bool free_one = kind == LG_SECTION_SCENARIO || kind == LG_SECTION_OBJECTIVES;
    if (!known || (!(free_one && rest.n == 0) && !(kind == LG_SECTION_TARGET && rest.n > 0))) {
        return NULL;
    }
    struct lg_ini *ini = &o->load->ini;
    struct lg_ini_section *section = LG_ARENA_PUSH(o->load->arena, ini->sections, ini->count);
    *section = (struct lg_ini_section){.kind = word,
                                       .name = rest,
                                       .place = place_of(o, head),
                                       .name_place = place_of(o, rest.n > 0 ? rest : head)};
    return section;
}

static const char *head_hint(const struct override *o, struct lg_slice head)
{
    const struct lg_ini *ini = &o->load->ini;
    struct lg_guess guess = {.text = head};
    for (size_t i = 0; i < ini->count; i++) {
        const struct lg_ini_section *section = &ini->sections[i];
        lg_guess_offer(&guess, section->name.n > 0 ? section->name : section->kind);
    }
    return lg_guess_hint(&guess, o->load->problems->arena);
}

/* The kind alone will do where there is one such section; *count: how many there are. */
static struct lg_ini_section *only_one(const struct override *o, struct lg_slice kind,
                                       size_t *count)
{
    struct lg_ini *ini = &o->load->ini;
    struct lg_ini_section *only = NULL;
    *count = 0;
    for (size_t i = 0; i < ini->count; i++) {
        if (ini->sections[i].name.n > 0 && lg_slice_eq(ini->sections[i].kind, kind)) {
            only = &ini->sections[i];
            ++*count;
        }
    }
    return *count == 1 ? only : NULL;
}

static void no_section(const struct override *o, struct lg_slice head, size_t of_kind)
{
    if (of_kind > 0) {
        lg_problem_add(o->load->problems, place_of(o, head), "write the name of one instead",
                       "there are %zu sections [%.*s NAME]", of_kind, (int)head.n, head.p);
        return;
    }
    lg_problem_add(o->load->problems, place_of(o, head), head_hint(o, head),
                   "there is no section [%.*s]", (int)head.n, head.p);
}

static struct lg_ini_section *find_section(const struct override *o, struct lg_slice head)
{
    const struct lg_ini *ini = &o->load->ini;
    struct lg_ini_section *found = NULL;
    for (size_t i = 0; i < ini->count; i++) {
        struct lg_ini_section *section = &ini->sections[i];
        if (!means(section, head)) {
            continue;
        }
        bool same = found != NULL && lg_slice_eq(found->kind, section->kind);
        if (found != NULL && !same) {
            lg_problem_add(o->load->problems, place_of(o, head), "write its kind too",
                           "%.*s is both a %.*s and a %.*s", (int)head.n, head.p,
                           (int)found->kind.n, found->kind.p, (int)section->kind.n,
                           section->kind.p);
            return NULL;
        }
        found = found != NULL ? found : section;
    }
    size_t of_kind = 0;
    found = found != NULL ? found : only_one(o, head, &of_kind);
    found = found != NULL ? found : make_section(o, head);
    if (found == NULL) {
        no_section(o, head, of_kind);
    }
    return found;
}

static void remove_entry(struct lg_ini_section *section, const char *key)
{
    struct lg_ini_entry *entry = lg_entry_find(section, key);
    if (entry != NULL) {
        size_t after = section->count - (size_t)(entry - section->entries) - 1;
        memmove(entry, entry + 1, after * sizeof *entry);
        section->count--;
    }
}

/* "users.reader.connections" for "users reader.connections": true, and a problem was added. */
static bool is_dotted_head(const struct override *o, struct lg_slice kind_word, struct lg_slice key,
                           struct lg_slice raw)
{
    enum lg_section_kind kind;
    const char *dot = memchr(key.p, '.', key.n);
    if (dot == NULL || !lg_section_find(kind_word, &kind) || !lg_section_info(kind)->named) {
        return false;
    }
    struct lg_slice name = lg_slice(key.p, (size_t)(dot - key.p));
    struct lg_slice rest = lg_slice(dot + 1, (size_t)(key.p + key.n - dot - 1));
    const struct lg_option *whole = lg_option_find(kind, key);
    const struct lg_option *option = lg_option_find(kind, rest);
    if (name.n == 0 || option == NULL || (whole != NULL && !lg_option_is_any(whole))) {
        return false;
    }
    const char *hint = lg_arena_printf(
        o->load->problems->arena, "write --set '%.*s %.*s.%.*s=%.*s'", (int)kind_word.n,
        kind_word.p, (int)name.n, name.p, (int)rest.n, rest.p, (int)raw.n, raw.p);
    lg_problem_add(o->load->problems, place_of(o, kind_word), hint,
                   "there is a blank between the kind of a section and its name");
    return true;
}

/* A command line's rate stands in for the file's stages, and so on. */
static void remove_rival(struct lg_ini_section *section, struct lg_slice key)
{
    enum lg_section_kind kind;
    if (!lg_section_find(section->kind, &kind)) {
        return;
    }
    const struct lg_option *option = lg_option_find(kind, key);
    if (option != NULL && option->rival != NULL) {
        remove_entry(section, option->rival);
    }
}

static void set(const struct override *o, struct lg_ini_section *section, struct lg_slice key,
                struct lg_slice raw)
{
    struct lg_arena *arena = o->load->arena;
    const char *name = lg_arena_strndup(arena, key.p, key.n);
    remove_rival(section, key);
    struct lg_ini_entry *entry = lg_entry_find(section, name);
    if (entry == NULL) {
        /* A removal may have broken the array's rule that its size follows from its count. */
        struct lg_ini_entry *grown = lg_arena_alloc(arena, (section->count + 1) * sizeof *grown);
        if (section->count > 0) {
            memcpy(grown, section->entries, section->count * sizeof *grown);
        }
        section->entries = grown;
        entry = &section->entries[section->count++];
    }
    *entry = (struct lg_ini_entry){
        .key = lg_slice(name, key.n), .place = place_of(o, key), .override = true};
    lg_ini_set_value(entry, raw, place_of(o, raw), o->load->io, arena, o->load->problems);
}

void lg_override(struct lg_load *load, const char *text, unsigned number, const char *option)
{
    struct override o = {
        .load = load,
        .text = lg_arena_strdup(load->arena, text),
        .place = {.file = option != NULL ? option : "--set",
                  .line = option != NULL ? 0 : number, /* its value is not where the text has it */
                  .column = 1},
    };
    struct lg_slice whole = lg_str(o.text);
    const char *equals = memchr(whole.p, '=', whole.n);
    const char *dot = equals == NULL ? NULL : memchr(whole.p, '.', (size_t)(equals - whole.p));
    if (dot == NULL) {
        lg_problem_add(load->problems, o.place, "for example scenario.duration=10s",
                       "%s is not SECTION.KEY=VALUE", o.text);
        return;
    }
    struct lg_slice head = lg_slice_trim(lg_slice(whole.p, (size_t)(dot - whole.p)));
    struct lg_slice key = lg_slice_trim(lg_slice(dot + 1, (size_t)(equals - dot - 1)));
    struct lg_slice raw =
        lg_slice_trim(lg_slice(equals + 1, (size_t)(whole.p + whole.n - equals - 1)));
    if (head.n == 0 || key.n == 0) {
        lg_problem_add(load->problems, o.place, "for example scenario.duration=10s",
                       "%s is not SECTION.KEY=VALUE", o.text);
        return;
    }
    if (is_dotted_head(&o, head, key, raw)) {
        return;
    }
    struct lg_ini_section *section = find_section(&o, head);
    if (section != NULL) {
        set(&o, section, key, raw);
    }
}
