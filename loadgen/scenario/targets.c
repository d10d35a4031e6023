#include "scenario/draft.h"

/* ---- the file of targets ---- */

static bool is_file(const struct lg_load *load, const char *path)
{
    enum lg_io_kind kind = load->io->kind(load->io->ctx, path);
    return kind == LG_IO_FILE || kind == LG_IO_PROGRAM;
}

static const char *find_targets_file(struct lg_load *load)
{
    if (load->scenario.targets_file != NULL) {
        return is_file(load, load->scenario.targets_file) ? load->scenario.targets_file : NULL;
    }
    const char *beside = lg_io_beside(load->file, lg_str("targets.ini"), load->arena);
    if (is_file(load, beside)) {
        return beside;
    }
    const char *above = lg_io_beside(load->file, lg_str("../targets/targets.ini"), load->arena);
    if (is_file(load, above)) {
        return above;
    }
    if (load->share_folder == NULL) {
        return NULL;
    }
    const char *shared = lg_arena_printf(load->arena, "%s/targets/targets.ini", load->share_folder);
    return is_file(load, shared) ? shared : NULL;
}

static void read_targets_file(struct lg_load *load)
{
    const char *path = find_targets_file(load);
    if (path == NULL ||
        !lg_ini_read(&load->targets_ini, path, load->io, load->arena, load->problems)) {
        return;
    }
    lg_sections_check(load, &load->targets_ini);
    for (size_t i = 0; i < load->targets_ini.count; i++) {
        const struct lg_ini_section *section = &load->targets_ini.sections[i];
        enum lg_section_kind kind;
        if (lg_section_find(section->kind, &kind) && kind != LG_SECTION_TARGET) {
            lg_problem_add(load->problems, section->place, NULL,
                           "a file of targets holds [target NAME] sections only");
        }
    }
}

static struct lg_ini_section *find_target(struct lg_ini *ini, struct lg_slice name)
{
    for (size_t i = 0; i < ini->count; i++) {
        struct lg_ini_section *section = &ini->sections[i];
        if (lg_slice_eq(section->kind, lg_str("target")) && lg_slice_eq(section->name, name)) {
            return section;
        }
    }
    return NULL;
}

/* ---- one target ---- */

/* `base` with the entries of `over` in place of or after its own. */
static struct lg_ini_section *merge(struct lg_load *load, struct lg_ini_section *base,
                                    struct lg_ini_section *over)
{
    if (base == NULL || over == NULL) {
        return base != NULL ? base : over;
    }
    struct lg_ini_section *merged = lg_arena_alloc(load->arena, sizeof *merged);
    *merged = *base;
    merged->place = over->place;
    merged->entries = NULL;
    merged->count = 0;
    for (size_t i = 0; i < base->count; i++) {
        const char *key = base->entries[i].key.p;
        if (lg_entry_find(over, key) == NULL) {
            *LG_ARENA_PUSH(load->arena, merged->entries, merged->count) = base->entries[i];
        }
    }
    for (size_t i = 0; i < over->count; i++) {
        *LG_ARENA_PUSH(load->arena, merged->entries, merged->count) = over->entries[i];
    }
    return merged;
}

/* What the target's own section says of a variable beats what comes from elsewhere. */
static void add_env(struct lg_load *load, struct lg_target_spec *out, size_t own,
                    struct lg_target_variable variable)
{
    for (size_t i = 0; i < own; i++) {
        if (strcmp(out->env[i].name, variable.name) == 0) {
            return;
        }
    }
    *LG_ARENA_PUSH(load->arena, out->env, out->env_count) = variable;
}

static void add_features(struct lg_load *load, struct lg_target_spec *out)
{
    if (load->scenario.features != NULL) {
        add_env(load, out, out->env_count,
                (struct lg_target_variable){"FEATURES", load->scenario.features});
    }
}

static void add_file_env(struct lg_load *load, struct lg_target_draft *target)
{
    size_t own = target->out.env_count;
    for (size_t i = 0; i < target->file_env_count; i++) {
        add_env(load, &target->out, own, target->file_env[i]);
    }
}

static void check_command(struct lg_load *load, struct lg_target_draft *target)
{
    struct lg_target_spec *out = &target->out;
    if (load->only_target != NULL && !target->beside && strcmp(load->only_target, out->name) != 0) {
        return; /* it will not be started */
    }
    if (load->io->kind(load->io->ctx, out->folder) != LG_IO_FOLDER) {
        lg_problem_add(load->problems, lg_key_place(&target->draft, "folder"), NULL,
                       "folder: %s does not exist", out->folder);
        return;
    }
    add_features(load, out);
    if (target->env_file != NULL) {
        lg_target_read_env_file(load, target);
        add_file_env(load, target);
    }
    out->folder = load->io->absolute(load->io->ctx, out->folder, load->arena);
    if (lg_io_program(load->io, out->folder, out->command[0], load->arena) == NULL) {
        lg_problem_add(load->problems, lg_key_place(&target->draft, "command"),
                       "the targets may not be installed yet: see scripts/setup",
                       "command: %s is missing or is not a program", out->command[0]);
    }
}

static void check_target(struct lg_load *load, struct lg_target_draft *target)
{
    struct lg_target_spec *out = &target->out;
    const struct lg_ini_entry *url = lg_entry_find(target->draft.section, "url");
    const struct lg_ini_entry *command = lg_entry_find(target->draft.section, "command");
    bool hole = out->url != NULL && strstr(out->url, "${PORT}") != NULL;
    if (command == NULL && url == NULL) {
        lg_problem_add(load->problems, target->draft.place,
                       "command starts the server, url says where it runs already",
                       "[target %s] has neither command nor url", out->name);
    } else if (command == NULL && hole) {
        lg_problem_add(load->problems, url->place, "without command the server runs already",
                       "url: ${PORT} is announced by a server that command starts");
    } else if (command != NULL && out->url != NULL && !hole) {
        /* A scenario that points a known target elsewhere means the server that runs there. */
        if (strcmp(url->place.file, command->place.file) == 0) {
            lg_problem_add(load->problems, url->place, "write http://127.0.0.1:${PORT}",
                           "url: a server that is started announces its port");
        }
        out->command = NULL;
    }
    if (out->command != NULL) {
        check_command(load, target);
    } else {
        /* Somebody else's server: it need not have our idea of a health check. */
        out->folder = NULL;
        out->replicas = 1;
        if (lg_entry_find(target->draft.section, "ready") == NULL) {
            out->ready_path = NULL;
        }
    }
}

static void read_target(struct lg_load *load, struct lg_name_ref ref, bool beside)
{
    struct lg_ini_section *section =
        merge(load, find_target(&load->targets_ini, ref.name), find_target(&load->ini, ref.name));
    if (section == NULL) {
        struct lg_guess guess = {.text = ref.name};
        struct lg_ini *inis[] = {&load->ini, &load->targets_ini};
        for (size_t i = 0; i < 2; i++) {
            for (size_t j = 0; j < inis[i]->count; j++) {
                lg_guess_offer(&guess, inis[i]->sections[j].name);
            }
        }
        const char *hint = lg_guess_hint(&guess, load->problems->arena);
        const char *nowhere = "no targets.ini was found: add a [target NAME] section";
        hint = hint == NULL && load->targets_ini.count == 0 ? nowhere : hint;
        lg_problem_add(load->problems, ref.place, hint, "%s: %.*s is not a target",
                       beside ? "with" : "targets", (int)ref.name.n, ref.name.p);
        return;
    }
    struct lg_target_draft *target =
        beside ? LG_ARENA_PUSH(load->arena, load->beside, load->beside_count)
               : LG_ARENA_PUSH(load->arena, load->targets, load->target_count);
    target->beside = beside;
    target->draft = (struct lg_draft){.section = section, .place = section->place};
    target->out.name = lg_arena_strndup(load->arena, ref.name.p, ref.name.n);
    target->out.label = target->out.name;
    lg_section_read(load, LG_SECTION_TARGET, &target->draft);
    check_target(load, target);
}

/* ---- which ---- */

static bool is_listed(const struct lg_name_refs *refs, size_t count, struct lg_slice name)
{
    for (size_t i = 0; i < count; i++) {
        if (lg_slice_eq(refs->items[i].name, name)) {
            return true;
        }
    }
    return false;
}

static void list_own_targets(struct lg_load *load, struct lg_name_refs *refs)
{
    for (size_t i = 0; i < load->ini.count; i++) {
        const struct lg_ini_section *section = &load->ini.sections[i];
        if (lg_slice_eq(section->kind, lg_str("target")) && lg_ini_is_name(section->name) &&
            !is_listed(refs, refs->count, section->name)) {
            *LG_ARENA_PUSH(load->arena, refs->items, refs->count) =
                (struct lg_name_ref){.name = section->name, .place = section->name_place};
        }
    }
}

static void take_all_but(struct lg_load *load, const struct lg_name_refs *all,
                         const struct lg_name_refs *but, struct lg_name_refs *out)
{
    *out = (struct lg_name_refs){0};
    for (size_t i = 0; i < all->count; i++) {
        if (!is_listed(but, but->count, all->items[i].name)) {
            *LG_ARENA_PUSH(load->arena, out->items, out->count) = all->items[i];
        }
    }
}

/* Once each, and none both tested and beside. */
static void read_listed(struct lg_load *load, const struct lg_name_refs *refs, bool beside)
{
    const struct lg_name_refs *tested = &load->scenario.targets;
    const char *key = beside ? "with" : "targets";
    for (size_t i = 0; i < refs->count; i++) {
        struct lg_name_ref ref = refs->items[i];
        if (is_listed(refs, i, ref.name)) {
            lg_problem_add(load->problems, ref.place, NULL, "%s: %.*s is named twice", key,
                           (int)ref.name.n, ref.name.p);
        } else if (beside && is_listed(tested, tested->count, ref.name)) {
            lg_problem_add(load->problems, ref.place, "it is either tested or beside the others",
                           "with: %.*s is one of targets, too", (int)ref.name.n, ref.name.p);
        } else {
            read_target(load, ref, beside);
        }
    }
}

void lg_targets_read(struct lg_load *load)
{
    struct lg_name_refs *refs = &load->scenario.targets;
    struct lg_name_refs own = {0};
    const struct lg_name_refs *with = &load->scenario.with;
    bool given = lg_is_given(&load->scenario.draft, "targets");
    list_own_targets(load, &own);
    if (!given) {
        take_all_but(load, &own, with, refs);
    }
    if (refs->count == 0 && !given) {
        lg_problem_add(load->problems, load->scenario.draft.place,
                       "for example targets = node, django", "targets is missing");
    }
    read_targets_file(load);
    for (size_t i = 0; i < own.count && given; i++) {
        if (!is_listed(refs, refs->count, own.items[i].name) &&
            !is_listed(with, with->count, own.items[i].name)) {
            lg_problem_add(load->problems, own.items[i].place, "add it to targets",
                           "[target %.*s] is not used", (int)own.items[i].name.n,
                           own.items[i].name.p);
        }
    }
    read_listed(load, refs, false);
    read_listed(load, with, true);
}
