#include "scenario/draft.h"

#include <strings.h>

enum { KEY_BYTES = 128 };

static bool mentions(const char *text, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (strcasestr(text, *words) != NULL) {
            return true;
        }
    }
    return false;
}

bool lg_is_secret(enum lg_section_kind kind, struct lg_slice key)
{
    static const char *const headers[] = {"authorization", "cookie",  "token",  "secret",
                                          "password",      "api-key", "apikey", NULL};
    static const char *const variables[] = {"token", "secret",     "password",
                                            "key",   "credential", NULL};
    char text[KEY_BYTES] = {0};
    memcpy(text, key.p, key.n < KEY_BYTES ? key.n : KEY_BYTES - 1);
    if (kind == LG_SECTION_STEP && strncmp(text, "header.", 7) == 0) {
        return mentions(text + 7, headers);
    }
    if (kind == LG_SECTION_STEP && strncmp(text, "form.", 5) == 0) {
        return mentions(text + 5, variables);
    }
    return kind == LG_SECTION_TARGET && strncmp(text, "env.", 4) == 0 &&
           mentions(text + 4, variables);
}

bool lg_is_secret_name(struct lg_slice name)
{
    static const char *const words[] = {"token", "secret", "password", "session", "key", NULL};
    char text[KEY_BYTES] = {0};
    memcpy(text, name.p, name.n < KEY_BYTES ? name.n : KEY_BYTES - 1);
    return mentions(text, words);
}

struct echo {
    struct lg_load *load;
    struct lg_plan *plan;
    const char *section;
    enum lg_section_kind kind;
};

static void add(struct echo *e, struct lg_slice key, struct lg_slice value, bool is_default)
{
    struct lg_setting *setting =
        LG_ARENA_PUSH(e->load->arena, e->plan->settings, e->plan->setting_count);
    bool secret = lg_is_secret(e->kind, key);
    if (secret && value.n > 0) {
        *LG_ARENA_PUSH(e->load->arena, e->plan->secrets, e->plan->secret_count) =
            lg_arena_strndup(e->load->arena, value.p, value.n);
    }
    *setting = (struct lg_setting){
        .section = e->section,
        .key = lg_arena_strndup(e->load->arena, key.p, key.n),
        .value = secret ? "***" : lg_arena_strndup(e->load->arena, value.p, value.n),
        .is_default = is_default,
    };
}

static const char *quick_time(const struct echo *e, lg_ns time)
{
    bool whole = time % LG_S == 0;
    return lg_arena_printf(e->load->arena, "%lld%s", (long long)(time / (whole ? LG_S : LG_MS)),
                           whole ? "s" : "ms");
}

/* What --quick makes of a value; NULL: it stays. */
static const char *quick_value(const struct echo *e, const char *key)
{
    const struct lg_plan *before = &e->load->scenario.plan, *now = e->plan;
    if (e->kind != LG_SECTION_SCENARIO || !now->quick) {
        return NULL;
    }
    if (strcmp(key, "duration") == 0 && now->duration != before->duration) {
        return quick_time(e, now->duration);
    }
    if (strcmp(key, "warmup") == 0 && now->warmup != before->warmup) {
        return quick_time(e, now->warmup);
    }
    if (strcmp(key, "cooldown") == 0 && now->cooldown != before->cooldown) {
        return quick_time(e, now->cooldown);
    }
    return strcmp(key, "trials") == 0 && now->trials != before->trials ? "1" : NULL;
}

/* A default that has no effect beside the rest of its section would mislead. */
static bool has_effect(const struct echo *e, const struct lg_draft *draft, const char *key)
{
    const void *whole = draft;
    if (e->kind == LG_SECTION_STEP && strcmp(key, "timeout") == 0) {
        const struct lg_step_draft *step = whole;
        return !step->within && step->out.kind != LG_STEP_PARALLEL;
    }
    if (e->kind == LG_SECTION_USERS && strcmp(key, "weight") == 0) {
        return ((const struct lg_users_draft *)whole)->out.weight > 0;
    }
    if (e->kind == LG_SECTION_USERS && strcmp(key, "overload") == 0) {
        enum lg_arrival_process arrivals = ((const struct lg_users_draft *)whole)->out.arrivals;
        return arrivals == LG_ARRIVAL_POISSON || arrivals == LG_ARRIVAL_CONSTANT ||
               arrivals == LG_ARRIVAL_TRACE;
    }
    if (e->kind == LG_SECTION_USERS && strcmp(key, "trace_speed") == 0) {
        return ((const struct lg_users_draft *)whole)->out.arrivals == LG_ARRIVAL_TRACE;
    }
    static const char *const of_started[] = {"folder", "command", "env", "stop_within", "replicas"};
    for (size_t i = 0; i < sizeof of_started / sizeof *of_started; i++) {
        if (e->kind == LG_SECTION_TARGET && strcmp(key, of_started[i]) == 0) {
            return ((const struct lg_target_draft *)whole)->out.command != NULL;
        }
    }
    return true;
}

static void add_plain(struct echo *e, const struct lg_draft *draft, const struct lg_option *option)
{
    const struct lg_ini_entry *entry = lg_entry_find(draft->section, option->key);
    const char *quick = quick_value(e, option->key);
    if (!has_effect(e, draft, option->key)) {
        return;
    }
    if (quick != NULL) {
        add(e, lg_str(option->key), lg_str(quick), false);
    } else if (entry != NULL) {
        add(e, entry->key, entry->value, false);
    } else if (option->preset != NULL && option->preset[0] != '\0') {
        add(e, lg_str(option->key), lg_str(option->preset), true);
    }
}

static void add_section(struct echo *e, const struct lg_draft *draft)
{
    const struct lg_section_info *info = lg_section_info(e->kind);
    for (size_t i = 0; i < info->row_count; i++) {
        if (!lg_option_is_family(&info->rows[i])) {
            add_plain(e, draft, &info->rows[i]);
            continue;
        }
        for (size_t j = 0; draft->section != NULL && j < draft->section->count; j++) {
            const struct lg_ini_entry *entry = &draft->section->entries[j];
            if (lg_option_find(e->kind, entry->key) == &info->rows[i]) {
                add(e, entry->key, entry->value, false);
            }
        }
    }
}

static void echo_section(struct lg_load *load, struct lg_plan *plan, enum lg_section_kind kind,
                         const char *name, const struct lg_draft *draft)
{
    const char *word = lg_section_info(kind)->word;
    struct echo e = {.load = load, .plan = plan, .kind = kind};
    e.section = name != NULL ? lg_arena_printf(load->arena, "%s %s", word, name) : word;
    add_section(&e, draft);
}

/* The source with the values of secret keys blotted out. */
static const char *blotted(struct lg_load *load)
{
    struct lg_buf out = {0};
    size_t done = 0;
    const struct lg_ini *ini = &load->ini;
    for (size_t i = 0; i < ini->count; i++) {
        enum lg_section_kind kind = LG_SECTION_KINDS;
        lg_section_find(ini->sections[i].kind, &kind);
        for (size_t j = 0; j < ini->sections[i].count; j++) {
            const struct lg_ini_entry *entry = &ini->sections[i].entries[j];
            if (entry->source_n > 0 && entry->source_from >= done &&
                lg_is_secret(kind, entry->key)) {
                lg_buf_add(&out, ini->source.p + done, entry->source_from - done);
                lg_buf_adds(&out, "***");
                done = entry->source_from + entry->source_n;
            }
        }
    }
    lg_buf_add(&out, ini->source.p + done, ini->source.n - done);
    const char *text = out.n > 0 ? lg_arena_strndup(load->arena, out.p, out.n) : "";
    lg_buf_free(&out);
    return text;
}

void lg_settings_write(struct lg_load *load, struct lg_plan *plan)
{
    echo_section(load, plan, LG_SECTION_SCENARIO, NULL, &load->scenario.draft);
    for (size_t i = 0; i < load->user_count; i++) {
        echo_section(load, plan, LG_SECTION_USERS, load->users[i].out.name, &load->users[i].draft);
    }
    for (size_t i = 0; i < load->step_count; i++) {
        echo_section(load, plan, LG_SECTION_STEP, load->steps[i].out.name, &load->steps[i].draft);
    }
    for (size_t i = 0; i < load->data_count; i++) {
        echo_section(load, plan, LG_SECTION_DATA, load->data[i].out.name, &load->data[i].draft);
    }
    for (size_t i = 0; i < load->deliveries_count; i++) {
        echo_section(load, plan, LG_SECTION_DELIVERIES, load->deliveries[i].out.name,
                     &load->deliveries[i].draft);
    }
    echo_section(load, plan, LG_SECTION_OBJECTIVES, NULL, &load->objectives.draft);
    for (size_t i = 0; i < load->target_count; i++) {
        echo_section(load, plan, LG_SECTION_TARGET, load->targets[i].out.name,
                     &load->targets[i].draft);
    }
    for (size_t i = 0; i < load->beside_count; i++) {
        echo_section(load, plan, LG_SECTION_TARGET, load->beside[i].out.name,
                     &load->beside[i].draft);
    }
    plan->source = blotted(load);
}
