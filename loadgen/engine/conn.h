/* The parts of a connection.  Private to conn*.c; others use it through worker.h. */
#ifndef LG_ENGINE_CONN_H
#define LG_ENGINE_CONN_H

#include "engine/stream.h"
#include "engine/worker.h"

/* conn.c: waits for readability, where it may be read now, and with `write` for writability. */
void lg_conn_watch(struct lg_conn *conn, bool write);
void lg_conn_end_throttle(struct lg_conn *conn); /* it has one */
/* It ended by itself: frees it, at once or when the call into it returns, and tells who uses it. */
void lg_conn_ended(struct lg_conn *conn, struct lg_outcome why);
void lg_conn_free(struct lg_conn *conn); /* nobody uses it, and no call into it is on the stack */

/* conn_sink.c: events of a connection with one user, who has one exchange at a time; of one that
 * carries the streams and tunnels of several.  The context is the connection. */
extern const struct lg_proto_sink lg_conn_sole_sink, lg_conn_shared_sink;
void lg_conn_become_ready(struct lg_conn *conn); /* the protocol has room for an exchange */

/* conn_io.c: events of the socket once the transport is ready, without and with a throttle. */
void lg_conn_on_event(evutil_socket_t fd, short what, void *arg);
void lg_conn_on_throttled(evutil_socket_t fd, short what, void *arg);
/* Reads soon what TLS has in hand, if anything: the socket will not announce it. */
void lg_conn_read_rest(struct lg_conn *conn);

#endif
