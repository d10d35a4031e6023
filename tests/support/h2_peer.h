/* An HTTP/2 server in memory for protocol tests: nghttp2's own server beside a script_peer, and raw
 * frames for what nghttp2 would never send. */
#ifndef LG_TESTS_H2_PEER_H
#define LG_TESTS_H2_PEER_H

#include "support/script_peer.h"

#include <nghttp2/nghttp2.h>

struct h2_peer {
    struct script_peer client;
    struct lg_deflater *deflater; /* borrowed; NULL: the client offers no compression */
    nghttp2_session *server;      /* owned */
    size_t taken;                 /* of client.out */
    enum script_split split;
    uint64_t seed;
    struct lg_buf log;     /* what the server saw: "ID NAME=VALUE ... [BODY]" for each request */
    struct lg_buf request; /* fields of the request that is being read */
    int32_t last_id;       /* the newest request, and how many came */
    int requests;
    /* Called for each complete request and each head of a CONNECT; NULL: h2_answer with 200. */
    void (*answer)(struct h2_peer *, int32_t id);
    /* Bytes on a CONNECT stream; NULL: they are sent back. */
    void (*tunnelled)(struct h2_peer *, int32_t id, struct lg_slice bytes);
    void *user;
};

/* Settings of the server; `client` may have been filled in (request, starts).  Pumps once. */
void h2_peer_open(struct h2_peer *peer, const nghttp2_settings_entry *settings, size_t count);
void h2_peer_pump(struct h2_peer *peer);       /* moves bytes both ways until none are left */
const char *h2_peer_log(struct h2_peer *peer); /* of the client, with its state */
void h2_peer_close(struct h2_peer *peer);

/* Status line and body; body NULL: the stream ends with the head. */
void h2_answer(struct h2_peer *peer, int32_t id, const char *status, const char *body);
/* A body for nghttp2_submit_response, copied; the stream ends with it. */
nghttp2_data_provider h2_body(const char *text);
/* Bytes for an open CONNECT stream. */
void h2_say(struct h2_peer *peer, int32_t id, struct lg_slice bytes, bool end);

/* Appends frames, one a line: TYPE FLAGS ID PAYLOAD, the first two in hex; PAYLOAD is hex digits,
 * 'TEXT, or - for none; "TYPE FLAGS ID *N" is a payload of N zeroes. */
void h2_frames(struct lg_buf *out, const char *lines);
/* A client that gets those frames behind an empty SETTINGS; its log. */
const char *h2_raw(struct script_peer *client, const char *lines, enum script_split split,
                   uint64_t seed);

#endif
