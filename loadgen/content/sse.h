/* Server-sent events: the event stream format of the HTML standard (WHATWG, section 9.2, "Parsing
 * an event stream" and "Interpreting an event stream"), fed with whatever each read brought.  No
 * clock and no socket.  Memory is bounded: a line or the data of an event above LG_SSE_MOST bytes
 * ends the stream.
 *
 * Text is handed on byte by byte as it came: lines are cut at ASCII, so no character is torn; bytes
 * that are not UTF-8 stay as they are (a browser would show U+FFFD). */
#ifndef LG_CONTENT_SSE_H
#define LG_CONTENT_SSE_H

#include "base/base.h"
#include "base/buf.h"

enum { LG_SSE_MOST = 1 << 20 };

/* Borrowed until the next call. */
struct lg_sse_event {
    struct lg_slice type; /* "message" where the stream does not name one */
    struct lg_slice data; /* lines joined by LF */
    struct lg_slice id;   /* the last event ID; n == 0: none, or reset by an empty id */
    bool own_id;          /* the event itself has an id; else it is that of an earlier one */
};

/* A text of the stream: in the bytes in hand, or kept over reads. */
struct lg_sse_text {
    struct lg_slice now;
    struct lg_buf kept; /* owned */
    bool lent;          /* now points into the bytes in hand, or into another text */
};

/* A zeroed struct stands at the start of a stream. */
struct lg_sse {
    struct lg_buf line;      /* owned: the beginning of a line that has not ended */
    struct lg_sse_text data; /* of the event under way */
    struct lg_sse_text type; /* likewise */
    struct lg_sse_text id;   /* the last one read */
    struct lg_sse_text
        last_id;      /* while id belongs to an event that has not ended: the one before */
    int64_t retry_ms; /* valid if has_retry */
    bool has_retry;
    bool has_data;   /* the event under way has a data field, even an empty one */
    bool own_id;     /* it has an id */
    bool last_is_id; /* the last event ID is the last one read */
    bool after_cr;   /* a LF that comes now belongs to the CR before it */
    bool nul;        /* the line under way holds one */
    uint8_t mark;    /* bytes of the byte order mark seen; 3: past the start */
};

enum lg_sse_found {
    LG_SSE_MORE,    /* *bytes is used up */
    LG_SSE_EVENT,   /* *event is set; call again with the same *bytes */
    LG_SSE_TOO_BIG, /* over LG_SSE_MOST: the stream is to be given up */
};

/* Goes on with *bytes, which it moves forward, up to the next event.  What a read brought must be
 * used up (LG_SSE_MORE) before the next read's bytes are given.  O(bytes). */
enum lg_sse_found lg_sse_next(struct lg_sse *sse, struct lg_slice *bytes,
                              struct lg_sse_event *event);

/* The last event ID string, for the Last-Event-ID header of a new connection; n == 0: none.
 * Borrowed until the next call. */
struct lg_slice lg_sse_last_id(const struct lg_sse *sse);

/* A new connection to the same source: what was incomplete is forgotten, as at the end of a stream;
 * last event ID and reconnection time stay. */
void lg_sse_restart(struct lg_sse *sse);

void lg_sse_fini(struct lg_sse *sse); /* a zeroed struct: ok */

#endif
