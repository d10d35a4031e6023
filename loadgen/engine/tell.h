/* Tells of each exchange as it was: for people who look for a mistake in a scenario.  Only with
 * plan->dry_run; a run that measures knows nothing of it. */
#ifndef LG_ENGINE_TELL_H
#define LG_ENGINE_TELL_H

#include "base/outcome.h"
#include "scenario/plan.h"

struct lg_told_check {
    const char *text; /* as written */
    bool passed;
};

struct lg_told_capture {
    const struct lg_capture *capture;
    struct lg_slice value; /* in force after the exchange; p == NULL: nothing was found */
};

/* One exchange; everything is borrowed for the call. */
struct lg_told {
    const struct lg_users *users;
    const struct lg_step *step;
    unsigned user;
    bool setup;
    bool parallel;           /* among others at once */
    struct lg_slice request; /* "POST /login" and its headers, a line each; or "WebSocket /path" */
    struct lg_slice sent;    /* the body, or the message */
    int status;              /* 0: no answer */
    struct lg_slice headers; /* of the answer, a line each */
    struct lg_slice answer;  /* its body, decoded; or the message */
    uint64_t came;           /* bytes of the body as they came */
    bool decoded;            /* these are others than `answer` */
    lg_ns connecting;        /* waited for a connection, TLS included; 0: one was there */
    lg_ns first, done;       /* from the send on; -1: it did not come to that */
    struct lg_outcome outcome;
    const struct lg_told_check *checks;
    size_t check_count;
    const struct lg_told_capture *captures;
    size_t capture_count;
    const struct lg_slice *secrets; /* texts not to be shown: secret captures, in every spelling */
    size_t secret_count;
};

struct lg_teller {
    void (*ended)(void *ctx, const struct lg_told *exchange); /* from a worker's thread */
    void *ctx;
};

#endif
