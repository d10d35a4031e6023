#include "target/server.h"

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

struct lg_server {
    char *name, *url; /* owned */
    bool ours;
    struct lg_keeper keeper;  /* if ours */
    bool asked, ended_before; /* to stop; before that */
    lg_ns stop_within, ready_time;
    struct lg_sampler sampler;
};

static struct lg_server *server_new(const struct lg_target_spec *spec)
{
    struct lg_server *server = lg_alloc(sizeof *server);
    server->name = lg_strdup(spec->name);
    server->stop_within = spec->stop_within;
    server->ours = spec->command != NULL;
    return server;
}

static void server_free(struct lg_server *server)
{
    if (server->ours) {
        lg_keeper_fini(&server->keeper);
    }
    lg_sampler_fini(&server->sampler);
    free(server->name);
    free(server->url);
    free(server);
}

/* A server of our own on a fixed port could be mistaken for whoever has that port already. */
static const char *refuse_taken_port(const struct lg_target_spec *spec, struct lg_arena *arena)
{
    struct lg_get get = {.url = spec->url, .until = lg_now() + LG_S};
    const char *why;
    if (spec->command == NULL || lg_url_has_port_variable(spec->url) ||
        lg_get(&get, NULL, &why) < 0) {
        return NULL;
    }
    return lg_arena_printf(arena, "%s cannot start: something answers at %s already", spec->name,
                           spec->url);
}

struct lg_server *lg_server_start(const struct lg_target_spec *spec, const volatile int *stop,
                                  struct lg_arena *arena, const char **why)
{
    *why = refuse_taken_port(spec, arena);
    if (*why != NULL) {
        return NULL;
    }
    struct lg_server *server = server_new(spec);
    if (server->ours && !lg_keeper_start(&server->keeper, spec)) {
        *why = lg_arena_printf(arena, "%s cannot start: %s", spec->name, strerrordesc_np(errno));
        server_free(server);
        return NULL;
    }
    struct lg_ready ready = {.spec = spec,
                             .keeper = server->ours ? &server->keeper : NULL,
                             .stop = stop,
                             .since = lg_now(),
                             .arena = arena};
    *why = lg_ready_wait(&ready);
    if (*why != NULL) {
        if (server->ours) {
            lg_keeper_stop(&server->keeper);
        }
        server_free(server);
        return NULL;
    }
    server->url = lg_strdup(ready.url);
    server->ready_time = lg_now() - (server->ours ? server->keeper.started_at : ready.since);
    return server;
}

const char *lg_server_url(const struct lg_server *server)
{
    return server->url;
}

lg_ns lg_server_ready_time(const struct lg_server *server)
{
    return server->ready_time;
}

int lg_server_pid(const struct lg_server *server)
{
    return server->ours ? server->keeper.server : -1;
}

/* Takes what news there is, without waiting.  True: the server is there still. */
static bool catch_up(struct lg_server *server)
{
    while (lg_keeper_listen(&server->keeper, 0)) {
    }
    return !server->keeper.ended && server->keeper.link >= 0;
}

bool lg_server_sample(struct lg_server *server, struct lg_target_sample *sample)
{
    return server->ours && catch_up(server) &&
           lg_sampler_read(&server->sampler, server->keeper.pid, sample);
}

static const char *say_ended(const struct lg_server *server, struct lg_arena *arena)
{
    const struct lg_keeper *keeper = &server->keeper;
    return lg_arena_printf(arena, "%s ended with %s after %.1f s%s", server->name,
                           lg_ended_how(keeper->status, arena),
                           (double)(keeper->ended_at - keeper->started_at) / (double)LG_S,
                           lg_output_show(lg_buf_slice(&keeper->output), arena));
}

static const char *say_lost(const struct lg_server *server, struct lg_arena *arena)
{
    return lg_arena_printf(arena, "%s was lost: the process that keeps it was killed",
                           server->name);
}

const char *lg_server_ended(struct lg_server *server, struct lg_arena *arena)
{
    if (!server->ours || catch_up(server)) {
        return NULL;
    }
    return server->keeper.ended ? say_ended(server, arena) : say_lost(server, arena);
}

/* Ending by SIGTERM is what SIGTERM asks for, also in the words of a shell: 128 + 15. */
static bool ended_well(int status)
{
    return WIFSIGNALED(status) ? WTERMSIG(status) == SIGTERM
                               : WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 128 + SIGTERM;
}

static const char *say_left(const struct lg_server *server, struct lg_arena *arena)
{
    const struct lg_keeper *keeper = &server->keeper;
    unsigned n = keeper->immortal ? keeper->immortal : keeper->left;
    return lg_arena_printf(arena, "%s left %u process%s behind that %s", server->name, n,
                           n == 1 ? "" : "es",
                           keeper->immortal ? "cannot be killed" : "had to be killed");
}

static const char *judge_end(const struct lg_server *server, bool ended_before,
                             struct lg_arena *arena)
{
    const struct lg_keeper *keeper = &server->keeper;
    if (!keeper->stopped) {
        return say_lost(server, arena);
    }
    if (keeper->immortal > 0) {
        return say_left(server, arena);
    }
    if (keeper->killed) {
        return lg_arena_printf(arena, "%s did not end within %.3g s of SIGTERM and was killed%s",
                               server->name, (double)server->stop_within / (double)LG_S,
                               lg_output_show(lg_buf_slice(&keeper->output), arena));
    }
    if (ended_before || !ended_well(keeper->status)) {
        return say_ended(server, arena);
    }
    return keeper->left > 0 ? say_left(server, arena) : NULL;
}

void lg_server_ask_stop(struct lg_server *server)
{
    if (server->ours && !server->asked) {
        server->asked = true;
        server->ended_before = !catch_up(server);
        lg_keeper_ask_stop(&server->keeper);
    }
}

const char *lg_server_stop(struct lg_server *take_server, struct lg_arena *arena)
{
    const char *said = NULL;
    lg_server_ask_stop(take_server);
    if (take_server->ours) {
        lg_keeper_stop(&take_server->keeper);
        said = judge_end(take_server, take_server->ended_before, arena);
    }
    server_free(take_server);
    return said;
}
