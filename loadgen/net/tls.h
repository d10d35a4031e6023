/* The TLS half of a transport; only transport.c includes it. */
#ifndef LG_NET_TLS_H
#define LG_NET_TLS_H

#include "net/transport.h"

void *lg_tls_open(struct lg_tls *tls, int fd);
void lg_tls_close(void *state);
struct lg_transfer lg_tls_handshake(void *state); /* OK: established */
struct lg_transfer lg_tls_read(void *state, void *p, size_t cap);
struct lg_transfer lg_tls_write(void *state, const void *p, size_t n);
bool lg_tls_pending(const void *state);
bool lg_tls_blocked(const void *state);

#endif
