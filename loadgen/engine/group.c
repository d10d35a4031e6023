/* Steps that a user does at once: each an exchange of its own, and all of them one step. */
#include "engine/worker.h"

#include <stdlib.h>

struct branch {
    struct lg_exchange ex;
    struct lg_link link; /* of its own; the first one uses the user's */
};

struct lg_group {
    struct lg_vu *vu;                   /* borrowed */
    const struct lg_program_step *step; /* under way */
    struct lg_outcome failure;          /* the first one; class OK: none */
    size_t failed_branch;               /* whose that is */
    lg_ns intended, taken;
    lg_ns slot, sent;   /* of the branch that was sent first */
    size_t count, open; /* branches of this step, and those not ended */
    size_t failed;
    bool beginning; /* more of them are to begin */
    size_t most;
    struct branch branches[];
};

struct lg_group *lg_group_new(struct lg_vu *vu, size_t most)
{
    struct lg_group *g = lg_alloc(sizeof *g + most * sizeof g->branches[0]);
    g->vu = vu;
    g->most = most;
    for (size_t i = 0; i < most; i++) {
        struct branch *b = &g->branches[i];
        lg_link_init(&b->link, vu->pool, vu->link.origin, &b->ex);
        b->link.extra = true;
        lg_exchange_init(&b->ex, vu, &b->link);
    }
    return g;
}

void lg_group_free(struct lg_group *g)
{
    for (size_t i = 0; g != NULL && i < g->most; i++) {
        lg_exchange_fini(&g->branches[i].ex);
    }
    free(g);
}

void lg_group_stop(struct lg_group *g)
{
    for (size_t i = 0; g != NULL && i < g->most; i++) {
        lg_exchange_forget(&g->branches[i].ex);
        lg_link_finish(&g->branches[i].link);
    }
}

unsigned lg_group_place(const struct lg_group *g, const struct lg_exchange *ex)
{
    size_t at = (size_t)((const char *)ex - (const char *)&g->branches[0].ex);
    return (unsigned)(at / sizeof g->branches[0]) + 1;
}

/* The first branch takes the user's own connection for as long as the group runs; where a
 * connection is shared by many exchanges, all branches do. */
static void lend_link(struct lg_group *g)
{
    struct lg_link *own = g->vu->ex.link;
    bool shared = own->sole == NULL;
    for (size_t i = 0; i < g->count; i++) {
        struct branch *b = &g->branches[i];
        b->ex.link = shared || i == 0 ? own : &b->link;
        if (b->ex.step->origin != LG_USERS_OWN) {
            b->ex.link = lg_vu_service(g->vu, b->ex.step, i);
        }
        if (b->ex.link->sole != NULL) {
            b->ex.link->sole = &b->ex;
        }
    }
}

static void return_link(struct lg_group *g)
{
    struct lg_link *own = g->vu->ex.link;
    if (own->sole == &g->branches[0].ex) {
        own->sole = &g->vu->ex;
    }
}

/* ---- the end ---- */

static void record_times(const struct lg_group *g, lg_ns now)
{
    struct lg_hist *phase = lg_step_hist(g->vu->recorder, g->step->index, 0);
    lg_hist_add(&phase[LG_PHASE_RESPONSE], now - g->intended);
    lg_hist_add(&phase[LG_PHASE_SERVICE], now - g->sent);
    if (g->vu->pool->open_model) {
        lg_hist_add(&phase[LG_PHASE_SCHEDULE_LAG], g->taken - g->intended);
        lg_hist_add(&phase[LG_PHASE_SLOT_WAIT], g->slot - g->taken);
    }
}

static void record_failure(const struct lg_group *g, lg_ns now)
{
    struct lg_recorder *recorder = g->vu->recorder;
    struct lg_buf *text = &g->vu->worker->text;
    const struct lg_exchange *ex = &g->branches[g->failed_branch].ex;
    lg_buf_clear(text);
    lg_buf_addf(text, "%s; %zu of %zu steps failed", ex->step->step->name, g->failed, g->count);
    lg_hist_add(lg_step_hist(recorder, g->step->index, LG_PHASE_FAILED), now - g->intended);
    lg_recorder_failure(recorder, g->step->index, g->failure, now, lg_buf_slice(text));
}

static void record(const struct lg_group *g, const struct lg_exchange *last, lg_ns now)
{
    struct lg_recorder *recorder = g->vu->recorder;
    uint64_t *counts = lg_step_counts(recorder, g->step->index);
    counts[g->failure.class]++;
    counts[LG_STEP_BRANCHES_FAILED] += g->failed;
    counts[LG_STEP_PARTIAL] += g->failed > 0 && g->failed < g->count;
    if (g->failure.class == LG_OK) {
        record_times(g, now);
        lg_step_counts(recorder, last->step->index)[LG_STEP_SLOWEST]++;
    } else {
        record_failure(g, now);
    }
}

/* The branch whose bytes left first says when the group was sent. */
static void note_send(struct lg_group *g)
{
    const struct lg_exchange *earliest = NULL;
    for (size_t i = 0; i < g->count; i++) {
        const struct lg_exchange *ex = &g->branches[i].ex;
        if (ex->sent != 0 && (earliest == NULL || ex->sent < earliest->sent)) {
            earliest = ex;
        }
    }
    if (earliest == NULL) {
        return;
    }
    g->sent = earliest->sent;
    g->slot = earliest->slot;
    if (g->vu->place == 0 && g->vu->pool->open_model && !g->vu->in_setup) {
        lg_exchange_count_send(earliest);
    }
}

static void finish(struct lg_group *g, const struct lg_exchange *last, lg_ns now)
{
    g->vu->place--;
    return_link(g);
    note_send(g);
    record(g, last, now);
    lg_vu_step_ended(g->vu, g->failure, now);
}

void lg_group_ended(struct lg_group *g, struct lg_exchange *ex, struct lg_outcome outcome,
                    lg_ns now)
{
    LG_ASSERT(g->open > 0);
    lg_exchange_deadline(ex, NULL, now);
    if (outcome.class != LG_OK && g->failed++ == 0) {
        g->failure = outcome;
        g->failed_branch = lg_group_place(g, ex) - 1;
    }
    if (--g->open == 0 && !g->beginning) {
        finish(g, ex, now);
    }
}

/* ---- the beginning ---- */

void lg_group_begin(struct lg_vu *vu, const struct lg_program_step *step, lg_ns intended,
                    lg_ns taken, lg_ns now)
{
    struct lg_group *g = vu->group;
    LG_ASSERT(g != NULL && step->step->branch_count <= g->most && g->open == 0);
    g->step = step;
    g->failure = lg_outcome(LG_OK, 0);
    g->intended = intended;
    g->taken = taken;
    g->failed = 0;
    g->count = g->open = step->step->branch_count;
    for (size_t i = 0; i < g->count; i++) {
        g->branches[i].ex.step = &vu->worker->program->steps[step->step->branches[i]];
    }
    lend_link(g);
    vu->place++; /* so that no branch counts its send as the iteration's */
    /* Those that fail at once must not end a group that is still beginning. */
    g->beginning = true;
    for (size_t i = 0; i < g->count; i++) {
        struct lg_exchange *ex = &g->branches[i].ex;
        lg_exchange_begin(ex, intended, taken, i == 0 ? now : lg_now());
    }
    g->beginning = false;
    if (g->open == 0) {
        finish(g, &g->branches[g->count - 1].ex, lg_now());
    }
}
