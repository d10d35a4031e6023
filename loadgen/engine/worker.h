/* One worker: a thread with its own event loop, connections, virtual users, random streams and
 * recorders.  Workers share the immutable program, and hand recorders over through a mailbox;
 * nothing else.  Only engine/ includes this header. */
#ifndef LG_ENGINE_WORKER_H
#define LG_ENGINE_WORKER_H

#include "base/buf.h"
#include "base/clock.h"
#include "engine/program.h"
#include "engine/rows.h"
#include "net/transport.h"
#include "workload/arrival.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <pthread.h>
#include <stdatomic.h>

struct lg_worker;
struct lg_pool;
struct lg_room;
struct lg_vu;

/* ---- deadlines: a queue per length of time, so that adding and removing cost O(1) ---- */

struct lg_deadline {
    struct lg_deadline *prev, *next; /* NULL, NULL and not queued while due == 0 */
    lg_ns due;
};

struct lg_deadlines {
    struct lg_deadline *head, *tail; /* due times ascend */
    lg_ns after;                     /* every entry is due this long after it was added */
};

void lg_deadline_add(struct lg_deadlines *q, struct lg_deadline *d, lg_ns now);
void lg_deadline_remove(struct lg_deadlines *q, struct lg_deadline *d); /* not queued: ok */

/* ---- a connection: transport and protocol; the only place that knows both ---- */

struct lg_conn {
    struct lg_worker *worker; /* borrowed */
    struct lg_vu *vu;         /* borrowed: its user */
    struct lg_proto *proto;   /* owned; NULL until the transport is ready */
    const struct lg_proto_ops *ops;
    struct lg_transport transport;
    struct event event;
    struct lg_buf pending; /* owned: bytes that the kernel had no room for */
    lg_ns opened_at;
    uint32_t served;  /* exchanges completed on it */
    bool ready;       /* the protocol accepts exchanges */
    bool wants_write; /* waiting for writability */
    bool inside;      /* a call into it is on the stack: closing waits */
    bool doomed;      /* to be closed when that call returns */
};

/* Opens the user's connection; the user is told by lg_vu_connected or lg_vu_disconnected. */
void lg_conn_open(struct lg_vu *vu);
/* Hands one exchange to the protocol; needs lg_conn_can_start. */
void lg_conn_start(struct lg_conn *conn, const struct lg_request *request);
bool lg_conn_can_start(const struct lg_conn *conn); /* NULL: false */
void lg_conn_flush(struct lg_conn *conn);
void lg_conn_cancel(struct lg_conn *conn);
/* Ends it without a word to the user; conn may be freed when this returns. */
void lg_conn_close(struct lg_conn *conn);

void lg_conn_finish(struct lg_conn *conn); /* as close, after a word of farewell to the peer */

/* ---- a virtual user ---- */

struct lg_waiting { /* an arrival, taken up by the generator, that waits for or gets a user */
    lg_ns intended, taken;
    uint64_t index; /* in the whole schedule: names its random stream */
};

enum lg_vu_state {
    LG_VU_NEW,     /* not connected yet */
    LG_VU_SETUP,   /* connecting or doing its setup steps */
    LG_VU_FREE,    /* waits for an arrival */
    LG_VU_BUSY,    /* in an iteration */
    LG_VU_WAITING, /* lost its connection, or backs off; will set up again */
    LG_VU_ENDED
};

/* The exchange under way; a user has at most one. */
struct lg_exchange {
    lg_ns intended, taken, slot, sent, first,
        connecting; /* 0: not yet; connecting: began to connect */
    uint64_t bytes_in, bytes_out;
    int status;
    uint8_t step;         /* place in the user's list of steps */
    bool open;            /* between begin and end */
    bool in_proto;        /* the protocol knows of it */
    bool awaiting;        /* a message is awaited */
    bool unsent;          /* started, its bytes not yet handed to the kernel */
    bool retried, reopen; /* sent twice; about to connect for the second time */
    bool message;         /* it sends a message that others should hear */
};

struct lg_vu {
    struct lg_worker *worker; /* borrowed */
    struct lg_pool *pool;     /* borrowed */
    struct lg_conn *conn;     /* owned; NULL: none */
    char **values;            /* owned: of plan->variables; NULL where this kind of user has none */
    struct lg_recorder *recorder; /* of the iteration under way; setup: the setup recorder */
    struct lg_vu *next_runnable;
    struct lg_room *room; /* borrowed; NULL: in none */
    lg_ns arrived;        /* intended start of the iteration */
    uint64_t arrival;     /* its index in the whole schedule: names its random stream */
    uint64_t message;     /* index of its newest message in the room */
    const struct lg_program_step *now_at; /* the step under way; NULL: none */
    struct lg_exchange ex;
    struct lg_deadline deadline;
    struct lg_deadlines *deadline_queue; /* where it is queued; NULL: nowhere */
    struct lg_buf body;                  /* owned: the response body, where a check wants it */
    uint32_t index;                      /* of its kind, over all workers */
    uint32_t member;                     /* place in its room */
    uint8_t state;                       /* enum lg_vu_state */
    bool in_setup, was_connected, settled, runnable;
    bool queued;  /* in the pool's free ring */
    bool freeing; /* the pool is finding it something to do */
};

void lg_vu_init(struct lg_vu *vu, struct lg_pool *pool, uint32_t index);
void lg_vu_fini(struct lg_vu *vu);
void lg_vu_set_up(struct lg_vu *vu, lg_ns now);
void lg_vu_start(struct lg_vu *vu, struct lg_recorder *recorder, const struct lg_waiting *arrival,
                 lg_ns now);
void lg_vu_timeout(struct lg_vu *vu, lg_ns now);
void lg_vu_rest(struct lg_vu *vu); /* it is free and waits for an arrival: nothing can time out */
void lg_vu_stop(struct lg_vu *vu);
const struct lg_step *
lg_vu_step(const struct lg_vu *vu); /* the one under way or to come; NULL: none */
const struct lg_proto_ops *
lg_vu_protocol(const struct lg_vu *vu);      /* that its next connection speaks */
void lg_vu_run(struct lg_vu *vu, lg_ns now); /* what lg_worker_run_soon put off */

/* From the connection: */
void lg_vu_connected(struct lg_vu *vu, lg_ns now);
void lg_vu_disconnected(struct lg_vu *vu, struct lg_outcome why, lg_ns now);
void lg_vu_sent(struct lg_vu *vu, lg_ns now, size_t bytes); /* they go to the kernel right now */
void lg_vu_written(struct lg_vu *vu, lg_ns now); /* all of its message is with the kernel */
void lg_vu_head(struct lg_vu *vu, int status, lg_ns now);
void lg_vu_body(struct lg_vu *vu, struct lg_slice data);
void lg_vu_message(struct lg_vu *vu, struct lg_slice data, lg_ns now);
void lg_vu_done(struct lg_vu *vu, struct lg_outcome outcome, lg_ns now);

/* ---- texts with holes ---- */

/* Appends; `at` is the time for ${message.at}. */
void lg_render(struct lg_buf *out, const struct lg_template *t, struct lg_vu *vu, lg_ns at);
enum { LG_HEADERS = 32 }; /* a step has at most so many */
/* The step's headers into `out` (LG_HEADERS of room); values lie in `text`, which is cleared first.
 */
size_t lg_render_headers(struct lg_buf *text, const struct lg_step *step, struct lg_vu *vu,
                         struct lg_header *out);

/* ---- a pool: the users of one kind on this worker, and their arrivals ---- */

#define LG_ELSEWHERE UINT32_MAX /* on another worker */

struct lg_pool {
    struct lg_worker *worker;                /* borrowed */
    const struct lg_users *users;            /* borrowed from the plan */
    size_t kind;                             /* index of users in the plan */
    bool open_model;                         /* arrivals come whether or not a user is free */
    const struct lg_program_step *only_step; /* of an iteration; NULL: it has several */
    struct lg_vu *vus;                       /* owned */
    size_t vu_count;
    struct lg_vu **free_ring; /* owned; users that wait for an arrival, first in first out */
    size_t free_first, free_count;
    struct lg_waiting *waiting; /* owned ring */
    size_t waiting_first, waiting_count, waiting_cap;
    struct lg_arrivals arrivals;
    lg_ns next_at; /* of the next arrival, CLOCK_MONOTONIC; LG_NEVER: no more */
    uint64_t next_index;
    size_t next_open;            /* the next user to connect */
    size_t opening;              /* connecting or setting up now */
    size_t settled;              /* set up, or failed at least once */
    uint64_t started, in_flight; /* arrivals; in flight: scheduled and not ended */
    lg_ns in_flight_since;       /* of the last change, for the integral */
    uint64_t share;              /* of a limited number of iterations; UINT64_MAX: no limit */
    uint32_t *places; /* owned: of every user in vus, or LG_ELSEWHERE; NULL: not needed */
    struct lg_deadlines retries;
};

void lg_pool_init(struct lg_pool *pool, struct lg_worker *worker, size_t kind);
void lg_pool_fini(struct lg_pool *pool);
void lg_pool_begin(struct lg_pool *pool, lg_ns t0);       /* arrivals start */
void lg_pool_open_due(struct lg_pool *pool, lg_ns now);   /* connects the users that are due */
void lg_pool_arrive_due(struct lg_pool *pool, lg_ns now); /* takes up the arrivals that are due */
void lg_pool_next_arrival(struct lg_pool *pool);          /* moves next_at and next_index on */
/* The user who takes that arrival if he is free then; NULL: this worker has no such users. */
struct lg_vu *lg_pool_first_choice(struct lg_pool *pool, uint64_t arrival);
lg_ns lg_pool_next(const struct lg_pool *pool,
                   lg_ns now); /* the next time it has something to do */
void lg_pool_free_user(struct lg_pool *pool, struct lg_vu *vu, lg_ns now);
void lg_pool_ended(struct lg_pool *pool, struct lg_recorder *recorder, lg_ns now); /* one arrival */
void lg_pool_settled(struct lg_pool *pool, struct lg_vu *vu);
void lg_pool_account(struct lg_pool *pool, lg_ns now); /* brings the in-flight integral up to now */
bool lg_pool_exhausted(const struct lg_pool *pool, lg_ns end); /* no arrival before `end` is left */

/* ---- the worker ---- */

enum lg_phase_of_run { LG_RUN_CONNECT, LG_RUN_LOAD, LG_RUN_STOP };

/* Written by the worker, read by the collector at any time. */
struct lg_live {
    _Atomic uint64_t scheduled, completed, failed, connected;
    _Atomic uint64_t usable;    /* times that a user was set up */
    _Atomic lg_ns last_end;     /* of the newest arrival that met its fate, whichever */
    _Atomic bool settled;       /* every user is set up or has failed once */
    _Atomic bool window_closed; /* nothing of the window is open any more */
    _Atomic bool stopped;
};

/* What all threads of a trial share. */
struct lg_shared {
    const struct lg_program *program;
    unsigned workers;
    lg_ns epoch; /* ${message.at} counts from here */
    lg_ns connect_from;
    _Atomic lg_ns t0;        /* the load begins; 0: not yet */
    struct lg_window window; /* valid once t0 is set */
    _Atomic int phase;       /* enum lg_phase_of_run */
    int collector_fd;        /* eventfd: something changed */
    const int *cores;        /* borrowed: one per worker; NULL: not pinned */
};

struct lg_worker {
    struct lg_shared *shared;         /* borrowed */
    const struct lg_program *program; /* borrowed */
    unsigned index;
    pthread_t thread;
    struct event_base *base;
    struct event *timer_event, *wake_event;
    struct event run_event;
    int timer_fd, wake_fd;
    lg_ns armed; /* when the timer fires; LG_NEVER: it does not */
    lg_ns now;   /* when the bytes in hand were read */
    lg_ns next_tick;
    bool begun, stopping;
    char *read_buffer;                            /* owned, LG_READ_BYTES */
    struct lg_buf write_buffer, path, text, body; /* scratch */
    struct lg_tls *tls;
    struct lg_http1_memo *memo;
    struct lg_pool *pools;         /* owned, plan->user_count */
    struct lg_deadlines *timeouts; /* owned: one per step, then one for connecting */
    struct lg_vu *runnable;
    struct lg_room *rooms; /* owned list */
    uint32_t room_count;
    struct lg_rows rows;
    struct lg_recorder *setup; /* owned: setup steps and connections, over the whole trial */
    struct lg_live live;
    lg_ns cpu_before, run_queue_before;
    /* Mailbox: recorders whose second has passed; the lock guards these three. */
    pthread_mutex_t lock;
    struct lg_recorder *handed;
    struct lg_recorder *spare;
    int64_t watermark; /* every row below it has been handed over */
};

/* Creates loop, users and timers in the calling thread; the thread starts with lg_worker_start. */
struct lg_worker *lg_worker_new(struct lg_shared *shared, unsigned index);
void lg_worker_start(struct lg_worker *worker);
void lg_worker_wake(struct lg_worker *worker); /* from any thread: look at shared again */
void lg_worker_join(struct lg_worker *worker);
void lg_worker_free(struct lg_worker *worker);

void lg_worker_arm(struct lg_worker *worker, lg_ns at); /* fire at `at` at the latest */
void lg_worker_run_soon(struct lg_worker *worker, struct lg_vu *vu); /* lg_vu_run from the loop */

/* The recorder for something that happens now: before the load begins, the setup's. */
static inline struct lg_recorder *lg_worker_recorder(struct lg_worker *worker, lg_ns now)
{
    return worker->begun ? lg_rows_at(&worker->rows, now) : worker->setup;
}

static inline void lg_live_add(_Atomic uint64_t *counter, uint64_t n)
{
    /* One writer: no locked instruction needed. */
    uint64_t old = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, old + n, memory_order_relaxed);
}

#endif
