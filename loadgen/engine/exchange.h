/* The parts of an exchange.  Private to exchange*.c; others use it through worker.h. */
#ifndef LG_ENGINE_EXCHANGE_H
#define LG_ENGINE_EXCHANGE_H

#include "engine/worker.h"

/* What the exchange's server gets; complete where its wire is not empty. */
static inline const struct lg_request *lg_exchange_request(const struct lg_exchange *ex)
{
    return &ex->step->requests[ex->link->place].request;
}

/* Its connection has room.  Each writes at once, unless a call into the connection is under way. */
void lg_exchange_send_rendered(struct lg_exchange *ex); /* a request with something that changes */
void lg_exchange_send_message(struct lg_exchange *ex);
void lg_exchange_open_tunnel(struct lg_exchange *ex, lg_ns now);

#endif
