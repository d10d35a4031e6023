/* A scripted peer for protocol tests: bytes in, a readable log of events out.  Every script can be
 * fed whole, byte by byte or in random pieces; each piece ends at an unreadable page, so that one
 * byte of over-read crashes the test. */
#ifndef LG_TESTS_SCRIPT_PEER_H
#define LG_TESTS_SCRIPT_PEER_H

#include "base/rng.h"
#include "proto/proto.h"

enum script_split { SPLIT_WHOLE, SPLIT_BYTES, SPLIT_RANDOM, SPLITS };

/* The log has one line per event:
 *   ready | head OP STATUS | header OP NAME=VALUE | data OP BYTES | done OP CLASS CODE | ending
 * CLASS is lg_outcome_name; the pieces of one body are joined; in BYTES, what is not printable
 * stands as \xHH; a long run of one byte as BYTE{COUNT}. */
struct script_peer {
    struct lg_proto *proto;    /* owned */
    struct lg_request request; /* what each start() sends */
    int starts;                /* how many more exchanges to start: in on_ready and on_done */
    lg_op last_op;
    lg_op cancel_on_head;      /* cancel this exchange in its on_head; 0: none */
    bool fault_names;          /* the code of PROTOCOL stands in the log by name */
    enum lg_proto_state state; /* after the last input */
    struct lg_buf out;         /* everything that the protocol wanted to be written */
    struct lg_buf log;         /* use script_log() */
    struct lg_buf body;        /* the body being joined */
    lg_op body_op;
    char *guard; /* mapping of guard_n bytes, then an unreadable page */
    size_t guard_n;
};

extern const struct lg_proto_sink script_sink; /* ctx: struct script_peer */

/* Opens the protocol, starts what capacity() allows, and takes its first output. */
void script_open(struct script_peer *peer, const struct lg_proto_ops *ops,
                 const struct lg_proto_config *config);
/* Feeds until the end of the bytes or a state other than OPEN.  Output is taken after each piece.
 */
void script_feed(struct script_peer *peer, struct lg_slice bytes, enum script_split split,
                 uint64_t seed);
void script_eof(struct script_peer *peer);   /* without effect unless OPEN */
void script_drain(struct script_peer *peer); /* takes output until there is none */
/* The log so far and a last line "state NAME CLASS CODE" (open has no outcome); borrowed. */
const char *script_log(struct script_peer *peer);
void script_close(struct script_peer *peer);

/* Copies `bytes` so that they end at an unreadable page; valid until the next call. */
struct lg_slice script_guard(struct script_peer *peer, struct lg_slice bytes);

/* WebSocket: appends the 101 that belongs to the request in peer->out, with `more` header lines. */
void script_ws_accept(const struct script_peer *peer, struct lg_buf *out, const char *more);
/* Appends an unmasked frame. */
void script_ws_frame(struct lg_buf *out, unsigned opcode, bool fin, struct lg_slice payload);

#endif
