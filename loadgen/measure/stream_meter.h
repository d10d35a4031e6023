/* What is measured of a stream: gaps between events, stalls, ids that are missing, came twice or
 * out of order, jitter; and of a download: its rate and its pauses.  The meter belongs to one
 * stream and writes into the counts and histograms of a recorder (the second in which it
 * happens). */
#ifndef LG_MEASURE_STREAM_METER_H
#define LG_MEASURE_STREAM_METER_H

#include "measure/hist.h"

enum lg_stream_count {
    LG_STREAM_OPENED,     /* answers that began as they should, reconnections included */
    LG_STREAM_EVENTS,     /* dispatched */
    LG_STREAM_COALESCED,  /* of these, brought by the same read as the one before */
    LG_STREAM_STALLS,     /* gaps above LG_STALL_GAPS times the expected one */
    LG_STREAM_SKIPPED,    /* ids passed over; those that came later are in REORDERED, too */
    LG_STREAM_REORDERED,  /* ids that came after a greater one, for the first time */
    LG_STREAM_DUPLICATED, /* ids that had come before, or lie more than 63 below the greatest */
    LG_STREAM_RECONNECTS, /* connections opened again to go on with a stream */
    LG_STREAM_BYTES,      /* of bodies */
    LG_STREAM_FAILED,     /* streams that ended badly before an event, downloads at any time */
    LG_STREAM_JITTERS,    /* gaps with a known expectation */
    LG_STREAM_JITTER_NS,  /* the jitter after each of these, summed */
    LG_STREAM_COUNTS
};

enum lg_stream_hist {
    LG_STREAM_FIRST_EVENT, /* sent to the first event, ns */
    LG_STREAM_GAP,         /* between two events of one connection, ns */
    LG_STREAM_RECONNECT,   /* the connection's loss to the next event, ns */
    LG_STREAM_THROUGHPUT,  /* of each download: body bytes per second from sent to done */
    LG_STREAM_PAUSE,       /* of each download: the longest time between two reads, ns */
    LG_STREAM_HISTS
};

enum { LG_STALL_GAPS = 3 };

/* A zeroed struct, with expect_gap set or not, stands before the first event. */
struct lg_stream_meter {
    lg_ns expect_gap; /* 0: not known; then there are no stalls and no jitter */
    lg_ns last_at;    /* of the newest event on this connection; 0: none */
    lg_ns lost_at;    /* of the connection's loss; 0: not lost, or an event came since */
    int64_t newest;   /* the greatest integer id; valid if seen != 0 */
    uint64_t seen;    /* bit b: id newest - b has come */
    int64_t jitter16; /* RFC 3550 A.8: the jitter in sixteenths of a nanosecond */
};

/* An event that was read at `at`; times do not descend.  `id`: its own, n == 0: it has none; only
 * decimal integers are followed.  O(1). */
void lg_stream_event(struct lg_stream_meter *m, struct lg_slice id, lg_ns at, uint64_t *counts,
                     struct lg_hist *hists);

/* The connection is lost: the time until the next event is not a gap, but the reconnection's. */
void lg_stream_lost(struct lg_stream_meter *m, lg_ns at);

/* At the end of the measured time: a silence that is already a stall counts as one, with the length
 * it has by now, although no event has ended it. */
void lg_stream_silent(const struct lg_stream_meter *m, lg_ns at, uint64_t *counts,
                      struct lg_hist *hists);

/* A download of so many body bytes that took `took` > 0 and paused for `pause` at most. */
void lg_stream_download(uint64_t bytes, lg_ns took, lg_ns pause, struct lg_hist *hists);

#endif
