#include "target/target.h"

#include "target/server.h"

#include <stdlib.h>

struct lg_target {
    struct lg_server **servers; /* owned */
    const char **urls;          /* borrowed from them */
    size_t count;
};

static size_t replicas_of(const struct lg_target_spec *spec)
{
    return spec->replicas > 1 ? spec->replicas : 1;
}

/* Replicas are told which of them they are: what they share is for the first one to prepare. */
static struct lg_target_spec replica(const struct lg_target_spec *spec, size_t index,
                                     struct lg_arena *arena)
{
    struct lg_target_spec one = *spec;
    if (replicas_of(spec) == 1) {
        return one;
    }
    one.env = lg_arena_alloc(arena, (spec->env_count + 1) * sizeof *one.env);
    for (size_t i = 0; i < spec->env_count; i++) {
        one.env[i] = spec->env[i];
    }
    one.env[one.env_count++] =
        (struct lg_target_variable){"REPLICA", lg_arena_printf(arena, "%zu", index)};
    one.name = lg_arena_printf(arena, "%s (replica %zu)", spec->name, index);
    return one;
}

/* One after the other: the first has prepared what they share when the second begins. */
struct lg_target *lg_target_start(const struct lg_target_spec *spec, const volatile int *stop,
                                  struct lg_arena *arena, const char **why)
{
    struct lg_target *target = lg_alloc(sizeof *target);
    target->servers = lg_alloc_array(replicas_of(spec), sizeof(struct lg_server *));
    target->urls = lg_alloc_array(replicas_of(spec), sizeof *target->urls);
    while (target->count < replicas_of(spec)) {
        struct lg_target_spec one = replica(spec, target->count, arena);
        struct lg_server *server = lg_server_start(&one, stop, arena, why);
        if (server == NULL) {
            lg_target_stop(target, arena);
            return NULL;
        }
        target->urls[target->count] = lg_server_url(server);
        target->servers[target->count++] = server;
    }
    return target;
}

const char *lg_target_url(const struct lg_target *target)
{
    return target->urls[0];
}

const char *const *lg_target_urls(const struct lg_target *target, size_t *count)
{
    *count = target->count;
    return target->urls;
}

lg_ns lg_target_ready_time(const struct lg_target *target)
{
    lg_ns longest = 0;
    for (size_t i = 0; i < target->count; i++) {
        lg_ns time = lg_server_ready_time(target->servers[i]);
        longest = time > longest ? time : longest;
    }
    return longest;
}

int lg_target_pid(const struct lg_target *target)
{
    return lg_server_pid(target->servers[0]);
}

static void add(struct lg_target_sample *sum, const struct lg_target_sample *one)
{
    sum->at = one->at;
    sum->cpu_s += one->cpu_s;
    sum->rss_bytes += one->rss_bytes;
    sum->pss_bytes += one->pss_bytes;
    sum->processes += one->processes;
    sum->threads += one->threads;
    sum->open_files += one->open_files;
}

bool lg_target_sample(struct lg_target *target, struct lg_target_sample *sample)
{
    struct lg_target_sample sum = {0}, one;
    for (size_t i = 0; i < target->count; i++) {
        if (!lg_server_sample(target->servers[i], &one)) {
            return false;
        }
        add(&sum, &one);
    }
    *sample = sum;
    return true;
}

const char *lg_target_ended(struct lg_target *target, struct lg_arena *arena)
{
    const char *said = NULL;
    for (size_t i = 0; i < target->count && said == NULL; i++) {
        said = lg_server_ended(target->servers[i], arena);
    }
    return said;
}

/* All at once, so that N replicas do not take N times as long; the first complaint is told. */
const char *lg_target_stop(struct lg_target *take_target, struct lg_arena *arena)
{
    const char *said = NULL;
    for (size_t i = 0; i < take_target->count; i++) {
        lg_server_ask_stop(take_target->servers[i]);
    }
    for (size_t i = 0; i < take_target->count; i++) {
        const char *one = lg_server_stop(take_target->servers[i], arena);
        said = said == NULL ? one : said;
    }
    free(take_target->servers);
    free(take_target->urls);
    free(take_target);
    return said;
}
