/* How an exchange ended.  Every exchange ends in exactly one class, the first cause wins, and the
 * classes together with ok add up to what was scheduled. */
#ifndef LG_BASE_OUTCOME_H
#define LG_BASE_OUTCOME_H

#include "base/base.h"

/* name, spelling in records and reports, meaning.  `code` says more where the class has a list. */
#define LG_OUTCOME_MAP(X)                                                                          \
    X(OK, "ok", "the whole answer came and every check passed")                                    \
    X(DROPPED, "dropped", "found no free connection under overload = drop")                        \
    X(SHED, "shed", "waited longer for a free connection than overload = shed allows")             \
    X(LOCAL, "local", "this machine ran out of ports, files or memory; code is the errno")         \
    X(DNS, "dns", "the host name did not resolve")                                                 \
    X(CONNECT_REFUSED, "connect_refused", "nobody listens there")                                  \
    X(CONNECT_TIMEOUT, "connect_timeout", "no connection within the time allowed")                 \
    X(CONNECT_RESET, "connect_reset", "connecting failed in another way; code is the errno")       \
    X(TLS, "tls", "the TLS handshake or record layer failed; code is the alert or verify error")   \
    X(RESET, "reset", "the peer reset the connection")                                             \
    X(CLOSED, "closed", "the peer closed the connection before the answer was complete")           \
    X(PROTOCOL, "protocol", "the peer broke the protocol; code is an lg_protocol_fault")           \
    X(REFUSED, "refused", "the peer said that it did not process the exchange")                    \
    X(TIMEOUT, "timeout", "the step's time was up before the answer was complete")                 \
    X(STATUS, "status", "an HTTP status of 400 or above; code is the status")                      \
    X(WS_CLOSE, "ws_close", "the peer closed the WebSocket; code is the close code")               \
    X(CHECK, "check", "the answer was complete but a check of the scenario failed")

enum lg_outcome_class {
#define X(name, text, help) LG_##name,
    LG_OUTCOME_MAP(X)
#undef X
        LG_OUTCOME_CLASSES
};

struct lg_outcome {
    enum lg_outcome_class class;
    int code; /* 0: nothing more to say */
};

/* The error codes of HTTP/2 (RFC 9113 section 7), in their order. */
#define LG_H2_ERROR_MAP(X)                                                                         \
    X(NO_ERROR, "no_error")                                                                        \
    X(PROTOCOL_ERROR, "protocol_error")                                                            \
    X(INTERNAL_ERROR, "internal_error")                                                            \
    X(FLOW_CONTROL_ERROR, "flow_control_error")                                                    \
    X(SETTINGS_TIMEOUT, "settings_timeout")                                                        \
    X(STREAM_CLOSED, "stream_closed")                                                              \
    X(FRAME_SIZE_ERROR, "frame_size_error")                                                        \
    X(REFUSED_STREAM, "refused_stream")                                                            \
    X(CANCEL, "cancel")                                                                            \
    X(COMPRESSION_ERROR, "compression_error")                                                      \
    X(CONNECT_ERROR, "connect_error")                                                              \
    X(ENHANCE_YOUR_CALM, "enhance_your_calm")                                                      \
    X(INADEQUATE_SECURITY, "inadequate_security")                                                  \
    X(HTTP_1_1_REQUIRED, "http_1_1_required")                                                      \
    X(OTHER, "other")

/* Sub-codes of LG_PROTOCOL, one list for all protocols; behind it those of HTTP/2. */
#define LG_PROTOCOL_FAULT_MAP(X)                                                                   \
    X(NONE, "none")                                                                                \
    X(SYNTAX, "syntax")                                                                            \
    X(HEADER_LIMIT, "header_limit")                                                                \
    X(LENGTH, "length")                                                                            \
    X(EXTRA_BYTES, "extra_bytes")                                                                  \
    X(UNASKED, "unasked")                                                                          \
    X(UPGRADE, "upgrade")                                                                          \
    X(ACCEPT_KEY, "accept_key")                                                                    \
    X(MASKED, "masked")                                                                            \
    X(RESERVED_BITS, "reserved_bits")                                                              \
    X(OPCODE, "opcode")                                                                            \
    X(CONTROL_FRAME, "control_frame")                                                              \
    X(FRAGMENT, "fragment")                                                                        \
    X(UTF8, "utf8")                                                                                \
    X(CLOSE_CODE, "close_code")                                                                    \
    X(TOO_BIG, "too_big")                                                                          \
    X(ENCODING, "encoding")                                                                        \
    X(NO_EXTENDED_CONNECT, "no_extended_connect")                                                  \
    X(MEDIA_TYPE, "media_type")                                                                    \
    X(DEFLATE, "deflate")

/* LG_FAULT_H2_x: this side found the fault.  LG_FAULT_PEER_x: the peer said so, in a RST_STREAM or
 * GOAWAY. */
enum lg_protocol_fault {
#define X(name, text) LG_FAULT_##name,
    LG_PROTOCOL_FAULT_MAP(X)
#undef X
#define X(name, text) LG_FAULT_H2_##name,
        LG_H2_ERROR_MAP(X)
#undef X
#define X(name, text) LG_FAULT_PEER_##name,
            LG_H2_ERROR_MAP(X)
#undef X
                LG_PROTOCOL_FAULTS
};

/* Static text; class and fault must be in range. */
const char *lg_outcome_name(enum lg_outcome_class class);
const char *lg_outcome_help(enum lg_outcome_class class);
const char *lg_protocol_fault_name(enum lg_protocol_fault fault);
/* The sub-code for an error code of HTTP/2, whatever the number. */
enum lg_protocol_fault lg_h2_fault(uint32_t h2_error, bool from_peer);

static inline struct lg_outcome lg_outcome(enum lg_outcome_class class, int code)
{
    return (struct lg_outcome){.class = class, .code = code};
}

#endif
