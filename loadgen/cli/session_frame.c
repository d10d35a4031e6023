#include "cli/secrets.h"
#include "cli/session_parts.h"
#include "measure/calibration.h"
#include "measure/environment.h"

#include <jansson.h>

static void copy_settings(struct lg_record *record, const struct lg_plan *plan)
{
    for (size_t i = 0; i < plan->setting_count; i++) {
        const struct lg_setting *s = &plan->settings[i];
        struct lg_setting_result *r =
            LG_ARENA_PUSH(record->arena, record->settings, record->setting_count);
        *r = (struct lg_setting_result){
            .section = lg_arena_strdup(record->arena, s->section),
            .key = lg_arena_strdup(record->arena, s->key),
            .value = lg_arena_strdup(record->arena, s->value),
            .is_default = s->is_default,
        };
    }
}

struct lg_record *lg_session_frame(const struct lg_plan *plan, const char *command)
{
    struct lg_record *record = lg_record_new();
    struct lg_arena *arena = record->arena;
    record->name = lg_arena_strdup(arena, plan->name);
    record->file = lg_arena_strdup(arena, plan->file);
    record->question = lg_arena_strdup(arena, plan->question);
    record->claim = lg_arena_strdup(arena, plan->claim);
    record->source = lg_arena_strdup(arena, plan->source);
    record->command = lg_arena_strdup(arena, lg_secrets_blot(plan, command, arena));
    record->seed = plan->seed;
    record->quick = plan->quick;
    record->started_at = lg_utc(arena, "%Y-%m-%dT%H:%M:%SZ");
    record->environment = lg_environment_read(arena, LG_VERSION);
    copy_settings(record, plan);
    record->target_count = plan->target_count;
    record->targets = lg_arena_alloc(arena, plan->target_count * sizeof *record->targets);
    for (size_t i = 0; i < plan->target_count; i++) {
        const struct lg_target_spec *spec = &plan->targets[i];
        record->targets[i].name = lg_arena_strdup(arena, spec->name);
        record->targets[i].label = lg_arena_strdup(arena, spec->label ? spec->label : spec->name);
        record->targets[i].url = lg_arena_strdup(arena, spec->url);
    }
    return record;
}

/* ---- what a target says of itself ---- */

static void add_version(struct lg_arena *arena, struct lg_target_result *t, const char *name,
                        const json_t *value)
{
    if (json_is_string(value)) {
        struct lg_name_value *v = LG_ARENA_PUSH(arena, t->versions, t->version_count);
        v->name = lg_arena_strdup(arena, name);
        v->value = lg_arena_strdup(arena, json_string_value(value));
    }
}

void lg_session_ask(struct lg_record *record, struct lg_target_result *t, const char *url)
{
    struct lg_buf body = {0};
    const char *why, *key;
    json_t *value;
    if (t->version_count == 0 && lg_target_get(url, "/about", &body, 2 * LG_S, &why) == 200) {
        json_t *about = json_loadb(body.p, body.n, 0, NULL);
        json_object_foreach(about, key, value)
        {
            add_version(record->arena, t, key, value);
        }
        json_t *libraries = json_object_get(about, "libraries");
        json_object_foreach(libraries, key, value)
        {
            add_version(record->arena, t, key, value);
        }
        json_decref(about);
    }
    lg_buf_free(&body);
}

/* ---- notes ---- */

void lg_session_note_calibration(struct lg_record *record)
{
    struct lg_calibration calibration;
    if (lg_calibration_load(&record->environment, record->arena, &calibration)) {
        lg_calibration_note(&calibration, record);
    }
}

void lg_session_note_limits(const struct lg_plan *plan, struct lg_record *record)
{
    for (size_t i = 0; i < plan->user_count; i++) {
        const struct lg_users *users = &plan->users[i];
        if (users->used_up != NULL) {
            *LG_ARENA_PUSH(record->arena, record->notes, record->note_count) = lg_arena_printf(
                record->arena,
                "the load of %s ends after %llu arrivals: each row of the data %s is taken once",
                users->name, (unsigned long long)users->iterations, users->used_up);
        }
    }
}

static void add_note(struct lg_record *record, const char *text)
{
    *LG_ARENA_PUSH(record->arena, record->notes, record->note_count) = text;
}

/* Over the trials of all targets. */
struct sum {
    uint64_t trials, scheduled, connected, compressed;
};

static struct sum sum_of(const struct lg_record *record, const char *users)
{
    struct sum sum = {0};
    for (size_t t = 0; t < record->target_count; t++) {
        for (size_t i = 0; i < record->targets[t].trial_count; i++) {
            const struct lg_trial_result *trial = &record->targets[t].trials[i];
            for (size_t k = 0; k < trial->users_count; k++) {
                const struct lg_users_result *u = &trial->users[k];
                bool same = strcmp(u->name, users) == 0;
                sum.trials += same;
                sum.scheduled += same ? u->accounting.scheduled : 0;
                sum.connected += same ? u->connected + u->reconnects : 0;
                sum.compressed += same ? u->compressed : 0;
            }
        }
    }
    return sum;
}

void lg_session_note_users(const struct lg_plan *plan, struct lg_record *record)
{
    for (size_t i = 0; i < plan->user_count; i++) {
        const struct lg_users *users = &plan->users[i];
        struct sum sum = sum_of(record, users->name);
        if (users->iterations > 0 && sum.trials > 0 && sum.scheduled == 0) {
            add_note(record, lg_arena_printf(record->arena,
                                             "the %llu iterations of %s were used up in the "
                                             "warm-up: nothing of them was measured",
                                             (unsigned long long)users->iterations, users->name));
        }
        if (users->compression && sum.compressed < sum.connected) {
            add_note(record,
                     lg_arena_printf(record->arena,
                                     "%llu of %llu WebSockets of %s are not compressed: the "
                                     "server declined permessage-deflate",
                                     (unsigned long long)(sum.connected - sum.compressed),
                                     (unsigned long long)sum.connected, users->name));
        }
    }
}

static double redirects_of(const struct lg_target_result *target)
{
    double sum = 0;
    for (size_t i = 0; i < target->trial_count; i++) {
        for (size_t k = 0; k < target->trials[i].step_count; k++) {
            sum += target->trials[i].steps[k].redirects;
        }
    }
    return sum;
}

void lg_session_note_redirects(struct lg_record *record)
{
    for (size_t t = 0; t < record->target_count; t++) {
        double count = redirects_of(&record->targets[t]);
        if (count > 0) {
            add_note(record, lg_arena_printf(record->arena,
                                             "%s: %.0f answer%s (3xx), which %s not followed",
                                             record->targets[t].name, count,
                                             count == 1 ? " was a redirect" : "s were redirects",
                                             count == 1 ? "is" : "are"));
        }
    }
}

static bool all_failed(const struct lg_target_result *target)
{
    uint64_t count = 0, ok = 0;
    for (size_t i = 0; i < target->trial_count; i++) {
        const struct lg_trial_result *trial = &target->trials[i];
        for (size_t k = 0; k < trial->step_count; k++) {
            count += trial->steps[k].count;
            ok += trial->steps[k].outcomes[LG_OK];
        }
    }
    return count > 0 && ok == 0;
}

size_t lg_session_note_failures(struct lg_record *record)
{
    size_t failed = 0;
    for (size_t t = 0; t < record->target_count; t++) {
        if (all_failed(&record->targets[t])) {
            failed++;
            add_note(record,
                     lg_arena_printf(record->arena, "%s: nothing succeeded, every exchange failed",
                                     record->targets[t].name));
        }
    }
    return failed;
}
