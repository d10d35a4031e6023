#include "target/target.h"

#include "base/clock.h"
#include "target/get.h"
#include "target/keeper.h"
#include "target/output.h"
#include "target/ready.h"
#include "target/sampler.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

struct lg_target {
    char *name, *url; /* owned */
    bool ours;
    struct lg_keeper keeper; /* if ours */
    lg_ns stop_within, ready_time;
    struct lg_sampler sampler;
};

static struct lg_target *target_new(const struct lg_target_spec *spec)
{
    struct lg_target *target = lg_alloc(sizeof *target);
    target->name = lg_strdup(spec->name);
    target->stop_within = spec->stop_within;
    target->ours = spec->command != NULL;
    return target;
}

static void target_free(struct lg_target *target)
{
    if (target->ours) {
        lg_keeper_fini(&target->keeper);
    }
    lg_sampler_fini(&target->sampler);
    free(target->name);
    free(target->url);
    free(target);
}

/* A server of our own on a fixed port could be mistaken for whoever has that port already. */
static const char *refuse_taken_port(const struct lg_target_spec *spec, struct lg_arena *arena)
{
    struct lg_get get = {.url = spec->url, .path = spec->ready_path, .until = lg_now() + LG_S};
    const char *why;
    if (spec->command == NULL || lg_url_has_port_variable(spec->url) ||
        lg_get(&get, NULL, &why) < 0) {
        return NULL;
    }
    return lg_arena_printf(arena, "%s cannot start: something answers at %s already", spec->name,
                           spec->url);
}

struct lg_target *lg_target_start(const struct lg_target_spec *spec, const volatile int *stop,
                                  struct lg_arena *arena, const char **why)
{
    *why = refuse_taken_port(spec, arena);
    if (*why != NULL) {
        return NULL;
    }
    struct lg_target *target = target_new(spec);
    if (target->ours && !lg_keeper_start(&target->keeper, spec)) {
        *why = lg_arena_printf(arena, "%s cannot start: %s", spec->name, strerrordesc_np(errno));
        target_free(target);
        return NULL;
    }
    struct lg_ready ready = {.spec = spec,
                             .keeper = target->ours ? &target->keeper : NULL,
                             .stop = stop,
                             .since = lg_now(),
                             .arena = arena};
    *why = lg_ready_wait(&ready);
    if (*why != NULL) {
        if (target->ours) {
            lg_keeper_stop(&target->keeper);
        }
        target_free(target);
        return NULL;
    }
    target->url = lg_strdup(ready.url);
    target->ready_time = lg_now() - (target->ours ? target->keeper.started_at : ready.since);
    return target;
}

const char *lg_target_url(const struct lg_target *target)
{
    return target->url;
}

lg_ns lg_target_ready_time(const struct lg_target *target)
{
    return target->ready_time;
}

int lg_target_pid(const struct lg_target *target)
{
    return target->ours ? target->keeper.server : -1;
}

/* Takes what news there is, without waiting.  True: the server is there still. */
static bool catch_up(struct lg_target *target)
{
    while (lg_keeper_listen(&target->keeper, 0)) {
    }
    return !target->keeper.ended && target->keeper.link >= 0;
}

bool lg_target_sample(struct lg_target *target, struct lg_target_sample *sample)
{
    return target->ours && catch_up(target) &&
           lg_sampler_read(&target->sampler, target->keeper.pid, sample);
}

static const char *say_ended(const struct lg_target *target, struct lg_arena *arena)
{
    const struct lg_keeper *keeper = &target->keeper;
    return lg_arena_printf(arena, "%s ended with %s after %.1f s%s", target->name,
                           lg_ended_how(keeper->status, arena),
                           (double)(keeper->ended_at - keeper->started_at) / (double)LG_S,
                           lg_output_show(lg_buf_slice(&keeper->output), arena));
}

static const char *say_lost(const struct lg_target *target, struct lg_arena *arena)
{
    return lg_arena_printf(arena, "%s was lost: the process that keeps it was killed",
                           target->name);
}

const char *lg_target_ended(struct lg_target *target, struct lg_arena *arena)
{
    if (!target->ours || catch_up(target)) {
        return NULL;
    }
    return target->keeper.ended ? say_ended(target, arena) : say_lost(target, arena);
}

/* Ending by SIGTERM is what SIGTERM asks for, also in the words of a shell: 128 + 15. */
static bool ended_well(int status)
{
    return WIFSIGNALED(status) ? WTERMSIG(status) == SIGTERM
                               : WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 128 + SIGTERM;
}

static const char *say_left(const struct lg_target *target, struct lg_arena *arena)
{
    const struct lg_keeper *keeper = &target->keeper;
    unsigned n = keeper->immortal ? keeper->immortal : keeper->left;
    return lg_arena_printf(arena, "%s left %u process%s behind that %s", target->name, n,
                           n == 1 ? "" : "es",
                           keeper->immortal ? "cannot be killed" : "had to be killed");
}

static const char *judge_end(const struct lg_target *target, bool ended_before,
                             struct lg_arena *arena)
{
    const struct lg_keeper *keeper = &target->keeper;
    if (!keeper->stopped) {
        return say_lost(target, arena);
    }
    if (keeper->immortal > 0) {
        return say_left(target, arena);
    }
    if (keeper->killed) {
        return lg_arena_printf(arena, "%s did not end within %.3g s of SIGTERM and was killed%s",
                               target->name, (double)target->stop_within / (double)LG_S,
                               lg_output_show(lg_buf_slice(&keeper->output), arena));
    }
    if (ended_before || !ended_well(keeper->status)) {
        return say_ended(target, arena);
    }
    return keeper->left > 0 ? say_left(target, arena) : NULL;
}

const char *lg_target_stop(struct lg_target *take_target, struct lg_arena *arena)
{
    const char *said = NULL;
    if (take_target->ours) {
        bool ended_before = !catch_up(take_target);
        lg_keeper_stop(&take_target->keeper);
        said = judge_end(take_target, ended_before, arena);
    }
    target_free(take_target);
    return said;
}
