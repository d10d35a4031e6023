/* engine/ turns a plan into load: workers, connections, virtual users, the trial.  Rank 4: includes
 * ranks 0 to 3, not report/.
 * This header: the plan compiled against one target's address; immutable, shared by all workers. */
#ifndef LG_ENGINE_PROGRAM_H
#define LG_ENGINE_PROGRAM_H

#include "content/json_scan.h"
#include "measure/recorder.h"
#include "net/resolve.h"
#include "net/url.h"
#include "proto/proto.h"
#include "scenario/plan.h"

enum { LG_NO_SLOT = -1 };

/* A condition with its pointer's place in the shared query. */
struct lg_condition {
    const struct lg_match *match;
    int slot; /* into the values of one scan; LG_NO_SLOT: needs none */
    struct lg_slice
        value; /* the expected value when it is the same for everyone; n == 0: it is not */
};

struct lg_program_check {
    const struct lg_check *check;
    struct lg_json_query *query; /* owned; NULL: no pointer */
};

struct lg_program_step {
    size_t index;
    const struct lg_step *step;
    enum lg_step_kind kind;
    struct lg_condition await;
    struct lg_buf wire;        /* owned: the request rendered once, when nothing in it changes */
    struct lg_request request; /* lends wire; complete when wire.n > 0 */
    bool retry;                /* an idempotent method: may be sent again after a keep-alive race */
    struct lg_program_check *checks;
    size_t check_count;
    bool checks_status; /* a check of the scenario decides about the status */
    bool checks_body;
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
    size_t replicas; /* the first of the origins, >= 1: users are spread over them in turn */
    uint64_t seed;   /* of this trial */
    char tag[8];     /* begins every message id of this trial */
    size_t tag_length;
    struct lg_shape shape;
    struct lg_program_step *steps;
    struct lg_json_query *query; /* every pointer that messages are searched for; NULL: none */
    struct lg_condition heard;   /* plan->deliveries[0].match */
    int id_slot, sent_slot;
    bool has_deliveries;
};

/* `urls` are the replicas of one target.  Resolves their hosts (blocking).  NULL: *why, allocated
 * from `arena`, says what is wrong. */
struct lg_program *lg_program_new(const struct lg_plan *plan, const char *const *urls, size_t count,
                                  uint64_t seed, struct lg_arena *arena, const char **why);
void lg_program_free(struct lg_program *program); /* NULL ok */

#endif
