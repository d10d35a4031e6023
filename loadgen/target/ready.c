#include "target/ready.h"

#include "base/clock.h"
#include "target/get.h"
#include "target/output.h"

#include <stdio.h>
#include <sys/wait.h>
#include <time.h>

static const char variable[] = "${PORT}";
/* Between two attempts: short against any start-up, and the error of the ready time. */
static const lg_ns pause_ns = 5 * LG_MS;
static const lg_ns slice = 50 * LG_MS;

bool lg_url_has_port_variable(const char *url)
{
    return strstr(url, variable) != NULL;
}

static const char *fill_port(const char *url, int port, struct lg_arena *arena)
{
    const char *at = strstr(url, variable);
    return at == NULL ? lg_arena_strdup(arena, url)
                      : lg_arena_printf(arena, "%.*s%d%s", (int)(at - url), url, port,
                                        at + sizeof variable - 1);
}

const char *lg_ended_how(int status, struct lg_arena *arena)
{
    if (WIFSIGNALED(status)) {
        const char *name = sigdescr_np(WTERMSIG(status));
        return lg_arena_printf(arena, "signal %d (%s)", WTERMSIG(status), name ? name : "unknown");
    }
    return lg_arena_printf(arena, "exit code %d", WEXITSTATUS(status));
}

static const char *with_output(struct lg_ready *r, const char *text)
{
    if (r->keeper == NULL) {
        return text;
    }
    if (!r->keeper->ended) {
        lg_keeper_ask_output(r->keeper);
    }
    return lg_arena_printf(r->arena, "%s%s", text,
                           lg_output_show(lg_buf_slice(&r->keeper->output), r->arena));
}

static const char *not_in_time(struct lg_ready *r, const char *because)
{
    lg_ns within = r->spec->ready_within;
    bool whole = within % LG_S == 0;
    const char *text =
        lg_arena_printf(r->arena, "%s did not get ready within %lld%s: %s", r->spec->name,
                        (long long)(within / (whole ? LG_S : LG_MS)), whole ? "s" : "ms", because);
    return with_output(r, text);
}

static const char *cannot_start(const struct lg_ready *r)
{
    static const char *const what[] = {
        [LG_LAUNCH_PREPARE] = "the temporary folder, pipes or process",
        [LG_LAUNCH_FOLDER] = "its folder",
        [LG_LAUNCH_EXEC] = "its command",
    };
    const struct lg_keeper *keeper = r->keeper;
    const char *name = keeper->failed == LG_LAUNCH_FOLDER ? r->spec->folder
                       : keeper->failed == LG_LAUNCH_EXEC ? r->spec->command[0]
                                                          : "";
    return lg_arena_printf(r->arena, "%s cannot start: %s%s%s: %s", r->spec->name,
                           what[keeper->failed], name[0] ? " " : "", name,
                           strerrordesc_np(keeper->error));
}

/* What ends every wait; NULL: go on waiting. */
static const char *over(struct lg_ready *r)
{
    const struct lg_keeper *keeper = r->keeper;
    if (r->stop != NULL && *r->stop) {
        return lg_arena_printf(r->arena, "interrupted before %s was ready", r->spec->name);
    }
    if (keeper == NULL) {
        return NULL;
    }
    if (keeper->failed != LG_LAUNCH_OK) {
        return cannot_start(r);
    }
    if (keeper->ended) {
        double s = (double)(keeper->ended_at - keeper->started_at) / (double)LG_S;
        return with_output(r, lg_arena_printf(r->arena, "%s ended with %s after %.*f s",
                                              r->spec->name, lg_ended_how(keeper->status, r->arena),
                                              s < 0.1 ? 3 : 1, s));
    }
    if (keeper->link < 0) {
        return lg_arena_printf(r->arena, "%s was lost: the process that keeps it was killed",
                               r->spec->name);
    }
    return NULL;
}

/* Waits for news of the keeper, or only waits. */
static void wait_a_while(struct lg_ready *r, lg_ns length, lg_ns deadline)
{
    lg_ns until = lg_now() + length;
    if (r->keeper != NULL) {
        lg_keeper_listen(r->keeper, until < deadline ? until : deadline);
    } else {
        nanosleep(&(struct timespec){.tv_nsec = (long)length}, NULL);
    }
}

static const char *wait_for_port(struct lg_ready *r, lg_ns deadline)
{
    const char *why = NULL;
    while ((why = over(r)) == NULL && r->keeper->port == 0) {
        if (lg_now() >= deadline) {
            return not_in_time(r, "it printed no 'listening on PORT' line");
        }
        wait_a_while(r, slice, deadline);
    }
    return why;
}

static const char *answered(struct lg_ready *r, int status, const char *why)
{
    return status > 0 ? lg_arena_printf(r->arena, "GET %s answered %d", r->spec->ready_path, status)
           : r->spec->ready_path != NULL
               ? lg_arena_printf(r->arena, "GET %s at %s: %s", r->spec->ready_path, r->url, why)
               : lg_arena_printf(r->arena, "connecting to %s: %s", r->url, why);
}

/* A server that ends and whose port is taken over in between cannot pass: its end is heard first.
 */
static const char *wait_for_answer(struct lg_ready *r, lg_ns deadline)
{
    struct lg_get get = {
        .url = r->url, .path = r->spec->ready_path, .until = deadline, .stop = r->stop};
    /* The last answer tells more than an attempt that the deadline cut. */
    int last = -1;
    const char *reason = NULL;
    for (;;) {
        const char *ended, *why = NULL;
        int status = lg_get(&get, NULL, &why);
        last = status > 0 ? status : last;
        reason = reason == NULL || lg_now() < deadline ? why : reason;
        wait_a_while(r, status == 200 ? 0 : pause_ns, deadline);
        if ((ended = over(r)) != NULL || status == 200) {
            return ended;
        }
        if (lg_now() >= deadline) {
            return not_in_time(r, answered(r, last, reason));
        }
    }
}

const char *lg_ready_wait(struct lg_ready *r)
{
    lg_ns deadline = r->since + r->spec->ready_within;
    bool announced = r->keeper != NULL && lg_url_has_port_variable(r->spec->url);
    const char *why = announced ? wait_for_port(r, deadline) : NULL;
    if (why != NULL) {
        return why;
    }
    r->url = fill_port(r->spec->url, announced ? r->keeper->port : 0, r->arena);
    return wait_for_answer(r, deadline);
}
