/* Exchanges whose answers are streams: server-sent events, with their reconnections, and measured
 * downloads.  Only users with such a step have one; others do not pay for it. */
#ifndef LG_ENGINE_STREAM_H
#define LG_ENGINE_STREAM_H

#include "content/sse.h"
#include "engine/worker.h"

/* Reading no faster than a rate: a bucket of 50 ms. */
struct lg_throttle {
    double bytes_per_s;   /* 0: as they come */
    double tokens;        /* bytes that may be read now */
    lg_ns at;             /* of the last count of tokens */
    struct lg_conn *conn; /* borrowed: whose reads it holds back; NULL: nobody's */
    struct lg_deadline resume;
};

/* The stream of one exchange.  What happens is counted in the second in which it happens; the first
 * event, the rate of a download and failures belong to the exchange. */
struct lg_stream {
    struct lg_exchange *ex;             /* borrowed: whose it is */
    const struct lg_program_step *step; /* of the exchange; a resident stays with it */
    struct lg_recorder *recorder;       /* borrowed: the exchange's */
    struct lg_stream *prev, *next;      /* the worker's streams of events */
    struct lg_sse sse;                  /* owned */
    struct lg_stream_meter meter;
    struct lg_deadline lasting, again; /* the end that `for` says; the next attempt to connect */
    struct lg_throttle throttle;
    uint64_t events, bytes;
    lg_ns lost_at; /* of the loss that is not made good yet; 0: none */
    lg_ns read_at, pause;
    bool resident; /* set up once, then listens as long as the user lives */
    bool set_up;   /* a resident's set-up step is done */
    bool typed;    /* the head has the media type */
    bool judged;   /* the head is as it should be */
    bool opened;   /* it was so at least once */
    bool waiting;  /* between a loss and the next attempt */
    bool listed;
};

/* The exchange begins; ex->streaming is set from now on until its end. */
void lg_stream_begin(struct lg_exchange *ex);
/* Right before a request of it is handed over; adds its headers, two at most. */
size_t lg_stream_send(struct lg_exchange *ex, struct lg_header *headers, size_t count, lg_ns now);
void lg_stream_sent_again(struct lg_exchange *ex, lg_ns now); /* it reconnects */
void lg_stream_header(struct lg_exchange *ex, struct lg_slice name, struct lg_slice value);
void lg_stream_data(struct lg_exchange *ex, struct lg_slice data, lg_ns now);
void lg_stream_done(struct lg_exchange *ex, struct lg_outcome outcome, lg_ns now);
void lg_stream_failed(struct lg_exchange *ex, struct lg_outcome why, lg_ns now);
void lg_stream_timeout(struct lg_exchange *ex, lg_ns now);
void lg_stream_run(struct lg_exchange *ex, lg_ns now); /* what lg_worker_run_soon put off */
void lg_stream_forget(struct lg_exchange *ex);
void lg_stream_free(struct lg_stream *stream); /* NULL ok */

/* The worker's: what is due, the next time that something is, and silences at the window's end. */
void lg_streams_due(struct lg_worker *worker, lg_ns now);
lg_ns lg_streams_next(const struct lg_worker *worker);
void lg_streams_silent(struct lg_worker *worker, lg_ns at);

/* ---- throttle.c ---- */

/* How many bytes may be read now, at least 1; 0: none before lg_throttle_wait is over. */
size_t lg_throttle_room(struct lg_throttle *t, lg_ns now);
/* As of the last call of room: too few to be worth a read.  Who does not wait then reads the few
 * bytes that a turn of the loop earns, again and again. */
bool lg_throttle_low(const struct lg_throttle *t);
void lg_throttle_took(struct lg_throttle *t, size_t bytes);
/* When the bucket will be full again. */
lg_ns lg_throttle_wait(const struct lg_throttle *t, lg_ns now);

#endif
