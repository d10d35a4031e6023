/* What the command line of `loadgen url` becomes: scenario text, which is read by the same reader
 * as a file and kept in the record. */
#ifndef LG_CLI_URL_SCENARIO_H
#define LG_CLI_URL_SCENARIO_H

#include "cli/session.h"
#include "net/url.h"

/* As the user wrote them; NULL: not given. */
struct lg_url_options {
    struct lg_arena *arena;
    const char *connections, *rate, *arrivals, *duration, *total, *warmup, *timeout, *threads;
    const char *timing, *method, *body, *body_file, *seed, *ca_file, *http, *streams;
    const char **headers, **objectives;
    size_t header_count, objective_count;
    bool listen, sse, insecure;
    struct lg_session_options session;
};

/* A value of the scenario language: one line without blanks around it. */
bool lg_url_fits_a_line(const char *text);

/* The plan of one target, one kind of user and one step, or two of a WebSocket.  Every value must
 * fit a line but for the body, and a header have its colon.  Borrows from the options.  NULL: the
 * problems have been printed, each with the option that it stands in. */
struct lg_plan *lg_url_plan(const struct lg_url_options *options, const struct lg_url *url);

#endif
