/* Two stored runs made up for comparing: each went through run.json, as a real one does. */
#ifndef LG_TESTS_MADE_RUN_H
#define LG_TESTS_MADE_RUN_H

#include "analysis/analyse.h"

#include "made_record.h"

#include <stdlib.h>

struct made_run {
    size_t trials;
    double slower; /* times the usual time and CPU; 0: 1 */
    double noise;  /* sd of the logarithm, from trial to trial */
    uint64_t run;  /* another number, another run */
    const char *target;
    uint64_t failed; /* of each trial's 1,200 */
};

static inline void made_environment(struct lg_record *record)
{
    static const struct lg_name_value versions[] = {{"loadgen", "0.1.0"}, {"libevent", "2.1.12"}};
    struct lg_environment *e = &record->environment;
    e->cpu = "CPU";
    e->kernel = "Linux 6.1";
    e->os = "Debian 12";
    e->governor = "performance";
    e->commit = "0123456789ab";
    e->cores = 2;
    e->memory_bytes = 8ull << 30;
    for (size_t i = 0; i < 2; i++) {
        *LG_ARENA_PUSH(record->arena, e->versions, e->version_count) = versions[i];
    }
}

static inline void made_settings(struct lg_record *record)
{
    static const struct lg_setting_result settings[] = {
        {"scenario", "name", "shop", false},
        {"scenario", "trials", "5", false},
        {"scenario", "duration", "10s", true},
        {"users chatter", "rate", "120/s", false},
        {"step checkout", "check", "status 200", false},
        {"objectives", "errors", "rate < 1%", false},
        {"target node", "command", "node a.js", false},
    };
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        *LG_ARENA_PUSH(record->arena, record->settings, record->setting_count) = settings[i];
    }
}

/* As measured, before it is judged. */
static inline struct lg_record *made_run_raw(const struct made_run *how)
{
    struct lg_record *record = lg_record_new();
    struct lg_rng rng;
    lg_rng_init(&rng, 77, how->trials, how->run);
    record->name = "shop";
    record->command = "loadgen scenario shop.ini";
    record->started_at =
        lg_arena_printf(record->arena, "2026-11-20T08:%02u:00Z", (unsigned)(how->run % 60));
    made_environment(record);
    made_settings(record);
    struct lg_target_result *target =
        made_target(record, how->target != NULL ? how->target : "node", "Node.js");
    *LG_ARENA_PUSH(record->arena, target->versions, target->version_count) =
        (struct lg_name_value){"fastify", "5.0"};
    double slower = how->slower > 0 ? how->slower : 1;
    for (size_t i = 0; i < how->trials; i++) {
        struct made m = {.ms = 10 * slower * exp(how->noise * made_noise(&rng)),
                         .cpu_us = 50 * slower * exp(how->noise * made_noise(&rng)),
                         .failed = how->failed};
        struct lg_trial_result *trial = made_trial(record, target, &m);
        trial->server.max_rss_bytes = (uint64_t)(1e8 * exp(how->noise * made_noise(&rng)));
    }
    return record;
}

/* Judged, written and read again. */
static inline struct lg_record *made_run_stored(struct lg_record *record)
{
    struct lg_arena *errors = lg_arena_new();
    struct lg_buf json = {0};
    const char *why = NULL;
    lg_analyse(record, NULL);
    lg_record_write(record, &json);
    lg_record_free(record);
    record = lg_record_read(lg_buf_slice(&json), errors, &why);
    LG_ASSERT(record != NULL);
    lg_buf_free(&json);
    lg_arena_free(errors);
    return record;
}

static inline struct lg_record *made_run(const struct made_run *how)
{
    return made_run_stored(made_run_raw(how));
}

#endif
