/* engine/ turns a plan into load: workers, connections, virtual users, the trial.  Rank 4: includes
 * ranks 0 to 3, not report/.
 * This header: the plan compiled against one target's address; immutable, shared by all workers. */
#ifndef LG_ENGINE_PROGRAM_H
#define LG_ENGINE_PROGRAM_H

#include "content/json_scan.h"
#include "content/regex.h"
#include "measure/recorder.h"
#include "net/resolve.h"
#include "net/url.h"
#include "proto/proto.h"
#include "scenario/plan.h"

enum { LG_NO_SLOT = -1 };

enum {
    LG_STEP_POINTERS = 4 * LG_JSON_POINTERS, /* JSON values that a step looks for */
    LG_STEP_HEADERS = 16,                    /* headers of its answer */
    LG_BODY_KEPT = 1 << 20,                  /* so much of a body is looked at */
};

enum { LG_USERS_OWN = 0 }; /* a replica, so never that of a service */

/* A condition with its pointer's place in the query it is looked up with. */
struct lg_condition {
    const struct lg_match *match;
    struct lg_regex *regex; /* owned; NULL: no pattern */
    int slot; /* into the values of the scans, or the step's headers; LG_NO_SLOT: needs none */
    struct lg_slice
        value; /* the expected value when it is the same for everyone; n == 0: it is not */
};

struct lg_program_check {
    const struct lg_check *check;
    struct lg_condition condition;
};

struct lg_program_capture {
    const struct lg_capture *capture;
    struct lg_regex *regex; /* owned; NULL: no pattern */
    int slot;
};

/* What a step looks for in its answer or awaited message, each thing once. */
struct lg_program_look {
    struct lg_slice pointers[LG_STEP_POINTERS];
    size_t pointer_count;
    struct lg_json_query *queries[LG_STEP_POINTERS / LG_JSON_POINTERS]; /* owned */
    struct lg_slice headers[LG_STEP_HEADERS];
    size_t header_count;
    int coding;    /* the place of content-encoding; LG_NO_SLOT: the body is not decoded */
    bool overflow; /* more than there is room for */
};

struct lg_program_stream {
    size_t index;                /* among the streams of the shape */
    struct lg_condition until;   /* of the event that ends it */
    struct lg_json_query *query; /* owned; NULL: until has no pointer */
};

/* A step's request as one server gets it in one protocol: its Host differs. */
struct lg_program_request {
    struct lg_buf wire;        /* owned: rendered once, when nothing in it changes */
    struct lg_request request; /* lends wire; complete when wire.n > 0 */
};

struct lg_program_step {
    size_t index;
    const struct lg_step *step;
    enum lg_step_kind kind;
    struct lg_condition await;
    struct lg_program_request *requests; /* owned, by lg_program_place; NULL: it sends none */
    size_t request_count;
    size_t origin; /* that it goes to; LG_USERS_OWN: the user's */
    bool retry;    /* an idempotent method: may be sent again after a keep-alive race */
    struct lg_program_check *checks;
    size_t check_count;
    struct lg_program_capture *captures;
    size_t capture_count;
    struct lg_program_look *look;     /* owned; NULL: at nothing but the status */
    struct lg_program_stream *stream; /* owned; NULL: the answer is no stream */
    bool resident;                    /* in setup: the user's connection belongs to it for good */
    bool checks_status;               /* a check of the scenario decides about the status */
    bool checks_body;
    bool cookies; /* a kind of user that does this step keeps cookies */
};

/* What a kind of user needs beyond its exchange and its connection. */
struct lg_program_users {
    bool values;     /* it has variables or captures */
    size_t branches; /* the most that it has at once; 0: none */
    bool services;   /* it goes to further servers, too */
    bool one_step; /* its iterations are one step that is done nowhere else: their times are its */
};

/* A server that connections lead to. */
struct lg_origin {
    size_t index; /* in the program's list */
    struct lg_url url;
    struct lg_address address;
};

struct lg_program {
    const struct lg_plan *plan;
    struct lg_origin *origins; /* owned */
    size_t origin_count;
    /* After the replicas come those of plan->services. */
    size_t replicas; /* the first of the origins, >= 1: users are spread over them in turn */
    uint64_t seed;   /* of this trial */
    char tag[8];     /* begins every message id of this trial */
    size_t tag_length;
    struct lg_shape shape;
    struct lg_program_step *steps;
    struct lg_program_users *users; /* owned; as plan->users */
    struct lg_json_query *query;    /* every pointer that messages are searched for; NULL: none */
    struct lg_condition heard;      /* plan->deliveries[0].match */
    int id_slot, sent_slot;
    bool has_deliveries;
};

/* `urls` are the `count` replicas of one target, then its plan->services.  Resolves their hosts
 * (blocking).  NULL: *why, allocated from `arena`, says what is wrong. */
struct lg_program *lg_program_new(const struct lg_plan *plan, const char *const *urls, size_t count,
                                  uint64_t seed, struct lg_arena *arena, const char **why);
/* May such a request be sent twice (RFC 9110 9.2.2)? */
bool lg_is_idempotent(struct lg_slice method);
void lg_program_free(struct lg_program *program); /* NULL ok */

/* Where the steps that go to that server keep its request. */
static inline uint32_t lg_program_place(const struct lg_program *program,
                                        const struct lg_origin *origin, bool http2)
{
    bool service = origin->index >= program->replicas;
    return (uint32_t)(2 * (service ? 0 : origin->index) + http2);
}

#endif
