/* One worker: a thread with its own event loop, connections, virtual users, random streams and
 * recorders.  Workers share the immutable program, and hand recorders over through a mailbox;
 * nothing else.  Only engine/ includes this header. */
#ifndef LG_ENGINE_WORKER_H
#define LG_ENGINE_WORKER_H

#include "base/buf.h"
#include "base/clock.h"
#include "content/cookie.h"
#include "content/decode.h"
#include "engine/deadline.h"
#include "engine/pool.h"
#include "engine/program.h"
#include "engine/rows.h"
#include "net/transport.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <pthread.h>
#include <stdatomic.h>

struct lg_room;
struct lg_stream;
struct lg_throttle;
struct lg_note; /* engine/tell.c: an exchange as it is told of in a dry run */
struct lg_teller;
struct lg_group; /* engine/group.c: the exchanges of a user that run at once */

/* ---- an exchange: a request and its response, or a message and what is awaited ---- */

/* The place of one exchange at a time.  A user has one, which each of its steps uses anew. */
struct lg_exchange {
    struct lg_vu *vu;         /* borrowed: whose it is */
    struct lg_link *link;     /* borrowed: leads to the connection it uses */
    struct lg_exchange *next; /* in the link's queue, or in the connection's list of unsent ones */
    const struct lg_program_step *step; /* under way or to come; NULL: none */
    struct lg_deadline deadline;
    struct lg_deadlines *deadline_queue; /* where it is queued; NULL: nowhere */
    struct lg_buf body;                  /* owned: the response body, where a check wants it */
    uint64_t body_bytes;                 /* that came of it, kept or not; valid with body.n > 0 */
    struct lg_stream *stream;            /* owned; NULL: none of its user's steps streams */
    struct lg_buf heads;                 /* owned: what the step looks for in headers; answer.c */
    struct lg_note *note;                /* owned; NULL but in a dry run */
    /* From here on all is zero when an exchange begins.  Times are 0 until they come. */
    lg_ns intended, taken, slot, sent, first;
    lg_ns written;        /* a message that awaits no answer: all of it is with the kernel */
    lg_ns connecting;     /* began to wait for a connection that was not there */
    struct lg_conn *conn; /* borrowed: that it was started on */
    uint64_t bytes_in, bytes_out;
    uint64_t tunnel_in, tunnel_out; /* a message's: bytes of the user's tunnel when it began */
    int status;
    bool open;      /* between begin and end */
    bool queued;    /* waits in the link's queue */
    bool in_proto;  /* the protocol will tell of its end */
    bool awaiting;  /* a message is awaited */
    bool unsent;    /* in a list of the connection's: its bytes are not yet with the kernel */
    bool framed;    /* a message through a tunnel, of which the protocol has handed over all */
    bool retried;   /* sent twice */
    bool message;   /* it sends a message that others should hear */
    bool noted;     /* `heads` is of this exchange */
    bool streaming; /* its events go to its stream; also of a resident, who has nothing open */
};

void lg_exchange_init(struct lg_exchange *ex, struct lg_vu *vu, struct lg_link *link);
void lg_exchange_fini(struct lg_exchange *ex);
/* Begins the exchange of ex->step; its end is told by lg_vu_exchange_ended, maybe before this
 * returns. */
void lg_exchange_begin(struct lg_exchange *ex, lg_ns intended, lg_ns taken, lg_ns now);
void lg_exchange_forget(struct lg_exchange *ex); /* the load is over: it stays open in the books */
/* Replaces the deadline; queue NULL: none. */
void lg_exchange_deadline(struct lg_exchange *ex, struct lg_deadlines *queue, lg_ns now);
void lg_exchange_timeout(struct lg_exchange *ex, lg_ns now); /* its deadline has passed */

/* From the link and the connection: */
void lg_exchange_slot(struct lg_exchange *ex, lg_ns now); /* the connection has room for it */
void lg_exchange_fail(struct lg_exchange *ex, struct lg_outcome why, lg_ns now);
void lg_exchange_sent(struct lg_exchange *ex, lg_ns now); /* its bytes go to the kernel right now */
void lg_exchange_written(struct lg_exchange *ex, lg_ns now); /* all of its message is there */
void lg_exchange_head(struct lg_exchange *ex, int status, lg_ns now);
void lg_exchange_body(struct lg_exchange *ex, struct lg_slice data);
void lg_exchange_header(struct lg_exchange *ex, struct lg_slice name, struct lg_slice value);
void lg_exchange_done(struct lg_exchange *ex, struct lg_outcome outcome, lg_ns now);
void lg_exchange_end(struct lg_exchange *ex, struct lg_outcome outcome, lg_ns now);
/* Takes it off its link and its connection, wherever it stands; its end is still to be told. */
void lg_exchange_abandon(struct lg_exchange *ex);
void lg_exchange_websocket_open(struct lg_exchange *ex, lg_ns now);

/* When the first of a user's exchanges left: counts whether that was late. */
void lg_exchange_count_send(const struct lg_exchange *ex);

/* ---- what a step looks for in its answer ---- */

enum { LG_HEAD_PATH = UINT16_MAX }; /* in place of a header's number: the request's own path */

/* Notes a header, by its place in the step's list, or the path; lg_head_find gives it back (n == 0
 * and p == NULL: it did not come). */
void lg_head_note(struct lg_exchange *ex, unsigned number, struct lg_slice value);
struct lg_slice lg_head_find(const struct lg_exchange *ex, unsigned number);

static inline uint64_t lg_body_bytes(const struct lg_exchange *ex)
{
    return ex->body.n > 0 ? ex->body_bytes : 0;
}

struct lg_regex_room *lg_worker_regex_room(struct lg_worker *worker); /* made when first asked */

/* A text in hand: an answer, or a message (ex == NULL). */
struct lg_answer {
    struct lg_vu *vu;
    const struct lg_exchange *ex;
    struct lg_slice text;          /* of the body, decoded, or the message */
    const struct lg_slice *values; /* of the step's pointers; NULL: the text is not JSON */
};

/* The answer in hand, decoded; `values` has room for LG_STEP_POINTERS.  What cannot be decoded is
 * the peer's fault, and the text then is as it came. */
struct lg_outcome lg_answer_of(struct lg_exchange *ex, struct lg_slice *values,
                               struct lg_answer *out);
bool lg_status_passes(const struct lg_check *check, int status);
bool lg_holds(const struct lg_condition *c, const struct lg_answer *answer);
/* Sets the step's captured variables; 0, or the number from 1 of the one that finds nothing. */
size_t lg_capture(const struct lg_program_step *s, const struct lg_answer *answer);

/* Does the answer satisfy the step: its status, its checks and its captures? */
struct lg_outcome lg_judge(struct lg_exchange *ex);
/* The check or capture, as written, that an outcome of class LG_CHECK means. */
const char *lg_judged_by(const struct lg_program_step *s, int code);
/* A message has come: it may be a delivery, and what an exchange awaits. */
void lg_judge_message(struct lg_vu *vu, struct lg_slice data, lg_ns now);
/* Is the event with this data the one that ends the stream? */
bool lg_judge_event(struct lg_exchange *ex, struct lg_slice data);
/* The arrival's request in the trace of its users. */
const struct lg_trace_request *lg_vu_traced(const struct lg_vu *vu);

/* ---- a dry run: tell.h ---- */

void lg_tell_request(struct lg_exchange *ex, const struct lg_request *request);
void lg_tell_header(struct lg_exchange *ex, struct lg_slice name, struct lg_slice value);
void lg_tell_message(struct lg_exchange *ex, struct lg_slice data);
void lg_tell_ended(struct lg_exchange *ex, struct lg_outcome outcome, lg_ns now);
void lg_note_free(struct lg_note *note); /* NULL ok */

/* ---- a link: the place of one connection, and the exchanges that wait for it ---- */

struct lg_link {
    struct lg_conn *conn;             /* owned; NULL: none */
    struct lg_conn *ending;           /* owned list: take no more exchanges, but have some open */
    struct lg_exchange *first, *last; /* wait for it to open, or for room on it; first come */
    struct lg_exchange *sole;         /* borrowed: the only one who uses it; NULL: it is shared */
    struct lg_pool *pool;             /* borrowed */
    const struct lg_origin *origin;   /* borrowed: where it leads */
    uint32_t place;                   /* of its requests in a step's: lg_program_place */
    bool was_connected;
    bool extra; /* a user's further connection: he is counted by his first */
};

void lg_link_init(struct lg_link *link, struct lg_pool *pool, const struct lg_origin *origin,
                  struct lg_exchange *sole);
/* Lets ex have its turn: at once, or after those that wait, or when the connection is there, which
 * is opened if there is none. */
void lg_link_enter(struct lg_link *link, struct lg_exchange *ex, lg_ns now);
void lg_link_return(struct lg_link *link, struct lg_exchange *ex); /* to the head of the queue */
void lg_link_leave(struct lg_link *link, struct lg_exchange *ex);  /* it waits no longer */
/* From the connection: it is ready or has more room; it has ended (served: it was of use). */
void lg_link_ready(struct lg_link *link, lg_ns now);
void lg_link_serve(struct lg_link *link);
void lg_link_lost(struct lg_link *link, struct lg_outcome why, bool served, lg_ns now);

/* ---- a connection: transport and protocol; the only place that knows both ---- */

struct lg_conn {
    struct lg_worker *worker; /* borrowed */
    struct lg_link *link;     /* borrowed; NULL: given up, to be freed */
    struct lg_conn *next;     /* in link->ending */
    struct lg_proto *proto;   /* owned; NULL until the transport is ready */
    const struct lg_proto_ops *ops;
    struct lg_transport transport;
    struct event event;
    struct lg_buf pending;         /* owned: bytes that the kernel had no room for */
    struct lg_exchange *unsent;    /* borrowed list: started, their bytes not yet handed over */
    struct lg_exchange *unwritten; /* borrowed list: messages of tunnels, sent but maybe in part */
    struct lg_throttle *throttle;  /* borrowed: of a slow reader; NULL: reads what there is */
    lg_ns opened_at;
    uint32_t served;  /* exchanges that ended on it */
    bool ready;       /* the protocol accepts exchanges */
    bool ending;      /* it is in link->ending, not link->conn */
    bool wants_write; /* waiting for writability */
    bool inside;      /* a call into it is on the stack: closing waits */
    bool doomed;      /* to be closed when that call returns */
};

/* Opens the link's connection; the link is told by lg_link_ready or lg_link_lost. */
void lg_conn_open(struct lg_link *link, const struct lg_proto_ops *ops);
/* Hands one exchange to the protocol; needs lg_conn_can_start. */
void lg_conn_start(struct lg_conn *conn, struct lg_exchange *ex, const struct lg_request *request);
bool lg_conn_is_compressed(const struct lg_conn *conn); /* ready; its messages, by agreement */
bool lg_conn_can_start(const struct lg_conn *conn);     /* NULL: false */
/* Writes what the protocol has to say; false: that failed, and the connection is gone. */
bool lg_conn_flush(struct lg_conn *conn);
void lg_conn_cancel(struct lg_conn *conn, struct lg_exchange *ex);
void lg_conn_drop_unsent(struct lg_conn *conn, struct lg_exchange *ex); /* from its lists */
/* A user's WebSocket inside an HTTP/2 connection (RFC 8441); vu->tunnel is the connection. */
void lg_conn_open_tunnel(struct lg_conn *conn, struct lg_vu *vu, const struct lg_request *request);
bool lg_conn_tunnel_can_send(const struct lg_vu *vu);
enum { LG_TUNNEL_OP = 1 }; /* the op of a tunnel is odd, those of exchanges are even */
lg_op lg_conn_tunnel_op(const struct lg_vu *vu);
/* Bytes of its tunnel so far; none: 0. */
void lg_conn_tunnel_bytes(const struct lg_vu *vu, uint64_t *in, uint64_t *out);
void lg_conn_close_tunnel(struct lg_vu *vu); /* without a word to the user; none: ok */
/* Ends it without a word to the link; conn may be freed when this returns. */
void lg_conn_close(struct lg_conn *conn);
/* Reads only as t allows from now on; NULL: as before. */
void lg_conn_throttle(struct lg_conn *conn, struct lg_throttle *t);
void lg_conn_resume(struct lg_conn *conn);
void lg_conn_finish(struct lg_conn *conn); /* as close, after a word of farewell to the peer */
void lg_link_finish(struct lg_link *link); /* all of its connections */

/* ---- a virtual user ---- */

enum lg_vu_state {
    LG_VU_NEW,     /* not connected yet */
    LG_VU_SETUP,   /* connecting or doing its setup steps */
    LG_VU_FREE,    /* waits for an arrival */
    LG_VU_BUSY,    /* in an iteration */
    LG_VU_WAITING, /* pauses after an iteration, backs off, or lost its connection */
    LG_VU_ENDED
};

struct lg_vu {
    struct lg_worker *worker;     /* borrowed */
    struct lg_pool *pool;         /* borrowed */
    struct lg_exchange ex;        /* under way; a user has at most one */
    struct lg_link link;          /* its own connection; not used where it shares one */
    struct lg_conn *tunnel;       /* borrowed: carries its WebSocket; NULL: none, or HTTP/1.1 */
    struct lg_buf *values;        /* owned: of plan->variables; NULL where this kind has none */
    struct lg_cookie_jar cookies; /* owned */
    struct lg_group *group;       /* owned; NULL: its steps come one after the other */
    struct lg_link *services;     /* owned: lg_vu_service; NULL: it goes to one server */
    struct lg_recorder *recorder; /* of the iteration under way; setup: the setup recorder */
    struct lg_vu *next_runnable;
    struct lg_room *room; /* borrowed; NULL: in none */
    lg_ns arrived;        /* intended start of the iteration */
    uint64_t arrival;     /* its index in the whole schedule: names its random stream */
    uint64_t message;     /* index of its newest message in the room */
    uint32_t index;       /* of its kind, over all workers */
    uint32_t member;      /* place in its room */
    uint16_t place;       /* in its list of steps */
    uint8_t branch;       /* that is being rendered: 0, or from 1 among steps that run at once */
    uint8_t state;        /* enum lg_vu_state */
    bool in_setup, settled, runnable;
    bool thinking; /* in the worker's pauses */
    bool queued;   /* in the pool's free ring */
    bool freeing;  /* the pool is finding it something to do */
};

void lg_vu_init(struct lg_vu *vu, struct lg_pool *pool, uint32_t index);
void lg_vu_fini(struct lg_vu *vu);
void lg_vu_set_up(struct lg_vu *vu, lg_ns now);
void lg_vu_start(struct lg_vu *vu, struct lg_recorder *recorder, const struct lg_waiting *arrival,
                 lg_ns now);
void lg_vu_rest(struct lg_vu *vu); /* it is free and waits for an arrival: nothing can time out */
void lg_vu_waited(struct lg_vu *vu, lg_ns now); /* its pause is over */
void lg_vu_stop(struct lg_vu *vu, lg_ns now);
/* The link to a further server, of which each of the exchanges at once has one; place from 0. */
struct lg_link *lg_vu_service(const struct lg_vu *vu, const struct lg_program_step *step,
                              size_t place);
void lg_vu_run(struct lg_vu *vu, lg_ns now); /* what lg_worker_run_soon put off */
void lg_vu_exchange_ended(struct lg_exchange *ex, struct lg_outcome outcome, lg_ns now);
void lg_vu_step_ended(struct lg_vu *vu, struct lg_outcome outcome, lg_ns now);
/* Its pause is over, which was until `due`. */
void lg_vu_thought(struct lg_vu *vu, lg_ns due, lg_ns now);
/* Its connection is there, with nothing to send yet; or it went while nothing was under way. */
void lg_vu_connected(struct lg_vu *vu, lg_ns now);
void lg_vu_lost(struct lg_vu *vu, lg_ns now);
void lg_vu_tunnel_opened(struct lg_vu *vu, lg_ns now);
void lg_vu_tunnel_lost(struct lg_vu *vu, struct lg_outcome why, lg_ns now);
bool lg_vu_has_socket(const struct lg_vu *vu); /* a WebSocket, or a connection that may be one */

/* ---- steps that run at once ---- */

struct lg_group *lg_group_new(struct lg_vu *vu, size_t most); /* room for so many branches */
void lg_group_free(struct lg_group *group);                   /* NULL ok */
void lg_group_stop(struct lg_group *group);                   /* the load is over; NULL ok */
/* Begins the branches of the step; lg_vu_step_ended follows when the last has ended. */
void lg_group_begin(struct lg_vu *vu, const struct lg_program_step *step, lg_ns intended,
                    lg_ns taken, lg_ns now);
void lg_group_ended(struct lg_group *group, struct lg_exchange *ex, struct lg_outcome outcome,
                    lg_ns now);
unsigned lg_group_place(const struct lg_group *group, const struct lg_exchange *ex); /* from 1 */

/* ---- pauses ---- */

/* Users who think, the one who is done first on top.  A timer of its own: a scenario without pauses
 * pays nothing. */
struct lg_pause {
    lg_ns due;
    struct lg_vu *vu; /* borrowed */
};

struct lg_pauses {
    struct lg_pause *heap; /* owned */
    size_t count, cap;
    int timer_fd;        /* 0: none yet */
    struct event *event; /* owned; NULL: none yet */
};

void lg_pause_begin(struct lg_worker *worker, struct lg_vu *vu, lg_ns due);
void lg_pauses_free(struct lg_pauses *pauses);

/* ---- texts with holes ---- */

/* Appends; `at` is the time for ${message.at}. */
void lg_render(struct lg_buf *out, const struct lg_template *t, struct lg_vu *vu, lg_ns at);
enum { LG_HEADERS = LG_STEP_HEADERS_MOST };
/* The step's headers into `out` (LG_HEADERS of room); values lie in `text`, which is cleared first.
 */
size_t lg_render_headers(struct lg_buf *text, const struct lg_step *step, struct lg_vu *vu,
                         struct lg_header *out);

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
    _Atomic lg_ns t0;               /* the load begins; 0: not yet */
    struct lg_window window;        /* valid once t0 is set */
    _Atomic int phase;              /* enum lg_phase_of_run */
    int collector_fd;               /* eventfd: something changed */
    const struct lg_teller *teller; /* borrowed; NULL but in a dry run */
    const int *cores;               /* borrowed: one per worker; NULL: not pinned */
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
    lg_ns armed;    /* when the timer fires; LG_NEVER: it does not */
    bool gathering; /* what is due is being done; the timer is set at the end, to `wanted` */
    lg_ns wanted;
    lg_ns now; /* when the bytes in hand were read */
    lg_ns next_tick;
    bool begun, stopping;
    char *read_buffer;                                    /* owned, LG_READ_BYTES */
    struct lg_buf write_buffer, path, text, body, cookie; /* scratch */
    struct lg_tls **tls; /* owned, two per origin: for HTTP/1.1 and HTTP/2; NULL where plain */
    struct lg_http1_memo *memo;
    struct lg_deflater *deflater;
    struct lg_pool *pools;         /* owned, plan->user_count */
    struct lg_deadlines *timeouts; /* owned: one per step, then one for connecting */
    struct lg_vu *runnable;
    struct lg_stream *streams; /* borrowed list: of events, under way */
    struct lg_deadlines stream_ends, stream_retries, resumes; /* in order of time */
    struct lg_recorder *unmeasured; /* owned: of streams before the load begins; NULL: no streams */
    bool silences_told;
    struct lg_room *rooms; /* owned list */
    uint32_t room_count;
    struct lg_rows rows;
    struct lg_pauses pauses;
    struct lg_decoder *decoder; /* owned; NULL: not needed yet, as the next one */
    struct lg_regex_room *regex_room;
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
/* Does what is due: arrivals, deadlines, the tick; from the loop, or between two of its events, so
 * that a burst of answers makes no arrival late. */
void lg_worker_due(struct lg_worker *worker);
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
