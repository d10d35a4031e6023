/* One server of a target: what target.h offers, for a single command.  A target is one of these, or
 * several alike (replicas). */
#ifndef LG_TARGET_SERVER_H
#define LG_TARGET_SERVER_H

#include "target/target.h"

struct lg_server;

/* As lg_target_start; spec->replicas is not looked at. */
struct lg_server *lg_server_start(const struct lg_target_spec *spec, const volatile int *stop,
                                  struct lg_arena *arena, const char **why);
const char *lg_server_url(const struct lg_server *server);
lg_ns lg_server_ready_time(const struct lg_server *server);
int lg_server_pid(const struct lg_server *server);
bool lg_server_sample(struct lg_server *server, struct lg_target_sample *sample);
const char *lg_server_ended(struct lg_server *server, struct lg_arena *arena);

/* Asks it to stop and does not wait; lg_server_stop comes after it. */
void lg_server_ask_stop(struct lg_server *server);
const char *lg_server_stop(struct lg_server *take_server, struct lg_arena *arena);

#endif
