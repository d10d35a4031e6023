/* A pool: the users of one kind on one worker, and their arrivals.  Others include it through
 * worker.h. */
#ifndef LG_ENGINE_POOL_H
#define LG_ENGINE_POOL_H

#include "engine/deadline.h"
#include "engine/program.h"
#include "workload/arrival.h"

struct lg_link;
struct lg_vu;
struct lg_worker;

struct lg_waiting { /* an arrival, taken up by the generator, that waits for or gets a user */
    lg_ns intended, taken;
    uint64_t index; /* in the whole schedule: names its random stream */
};

#define LG_ELSEWHERE UINT32_MAX /* on another worker */

struct lg_pool {
    struct lg_worker *worker;     /* borrowed */
    const struct lg_users *users; /* borrowed from the plan */
    size_t kind;                  /* index of users in the plan */
    bool open_model;              /* arrivals come whether or not a user is free */
    bool resident;                /* its users live on what their setup opened */
    bool http2;
    const struct lg_program_step *only_step; /* of an iteration; NULL: it has several */
    bool one_step;                           /* see struct lg_program_users */
    struct lg_vu *vus;                       /* owned */
    size_t vu_count;
    struct lg_link *links; /* owned: HTTP/2, users->streams users on each; NULL: everyone has one */
    size_t link_count;
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
    uint64_t *to_go; /* owned: at the end of each second since t0, ns that those in flight then had
                        still to go, summed; known once they have ended */
    size_t to_go_count, to_go_cap;
    uint64_t share;      /* of a limited number of iterations; UINT64_MAX: no limit */
    uint64_t share_from; /* closed model: the first number of that share */
    uint32_t *places;    /* owned: of every user in vus, or LG_ELSEWHERE; NULL: not needed */
    struct lg_deadlines retries;
};

void lg_pool_init(struct lg_pool *pool, struct lg_worker *worker, size_t kind);
void lg_pool_fini(struct lg_pool *pool);
/* Part of init: which of the kind's users are this worker's, on which connections, and its share
 * of a limited number of iterations. */
void lg_pool_deal(struct lg_pool *pool);
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
/* An arrival of that second has ended: what it had still to go at the edges that it crossed. */
__attribute__((cold)) void lg_pool_note_edges(struct lg_pool *pool, int64_t row, lg_ns now);
/* It will not end any more: its time so far is in the books, and it is open in them. */
void lg_pool_cut(struct lg_pool *pool, struct lg_recorder *recorder, lg_ns intended, lg_ns now);
/* The load is over: cuts the arrivals that no user has begun.  Those of the window that were due
 * and that a late generator has not taken up are counted as scheduled, too: four million at most.
 */
void lg_pool_stop(struct lg_pool *pool, lg_ns now);
/* ns that those in flight at the end of that second had still to go, summed. */
uint64_t lg_pool_to_go(const struct lg_pool *pool, int64_t row);
bool lg_pool_limited(const struct lg_pool *pool); /* its arrivals end before time ends them */
bool lg_pool_exhausted(const struct lg_pool *pool, lg_ns end); /* no arrival before `end` is left */

#endif
