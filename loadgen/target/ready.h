/* Knows when a server is ready, and says in words why it is not. */
#ifndef LG_TARGET_READY_H
#define LG_TARGET_READY_H

#include "base/arena.h"
#include "target/keeper.h"
#include "target/spec.h"

struct lg_ready {
    const struct lg_target_spec *spec;
    struct lg_keeper *keeper; /* NULL: the server was running already */
    const volatile int *stop; /* NULL ok */
    lg_ns since;              /* the wait began; spec->ready_within counts from here */
    struct lg_arena *arena;   /* for messages and the url */
    const char *url;          /* out: ${PORT} filled in; NULL: not known */
};

/* NULL: ready.  Else why not; the server is left as it is. */
const char *lg_ready_wait(struct lg_ready *ready);

/* "exit code 1", "signal 9 (Killed)". */
const char *lg_ended_how(int status, struct lg_arena *arena);

/* True if the url leaves its port to the server, which then has to announce it. */
bool lg_url_has_port_variable(const char *url);

#endif
