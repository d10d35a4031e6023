/* What there is to know about a server under test before it starts: plain data. */
#ifndef LG_TARGET_SPEC_H
#define LG_TARGET_SPEC_H

#include "base/base.h"

struct lg_target_variable {
    const char *name, *value;
};

struct lg_target_service {
    const char *name, *url;
};

struct lg_target_spec {
    const char *name;
    const char *label;  /* for people */
    const char *url;    /* may hold ${PORT}, which the started server announces */
    const char *folder; /* absolute working folder; NULL with command */
    char **command;     /* argv, NULL-terminated; NULL: the server runs already, url says where */
    struct lg_target_variable *env; /* besides PATH, HOME, TMPDIR, LANG, PORT=0 */
    size_t env_count;
    unsigned replicas; /* servers alike, each with REPLICA=0.. in its environment; 0 and 1: one */
    struct lg_target_service *services; /* further servers, which run already */
    size_t service_count;
    const char *ready_path; /* GET of it must answer 200; NULL: accepting a connection is enough */
    lg_ns ready_within, stop_within;
};

#endif
