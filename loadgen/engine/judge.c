/* Conditions: does an answer pass the step's checks, is a message the one that is awaited? */
#include "engine/room.h"
#include "engine/worker.h"

static bool value_matches(struct lg_vu *vu, const struct lg_condition *c, struct lg_slice value)
{
    if (value.n == 0) {
        return false;
    }
    if (c->match->kind == LG_MATCH_JSON_EXISTS) {
        return true;
    }
    struct lg_slice expected = c->value;
    if (expected.n == 0) {
        struct lg_buf *text = &vu->worker->text;
        lg_buf_clear(text);
        lg_render(text, &c->match->value, vu, 0);
        expected = lg_buf_slice(text);
    }
    return lg_json_equal(value, expected);
}

static bool contains(struct lg_vu *vu, const struct lg_match *match, struct lg_slice data)
{
    struct lg_buf *text = &vu->worker->text;
    lg_buf_clear(text);
    lg_render(text, &match->value, vu, 0);
    return memmem(data.p, data.n, text->p, text->n) != NULL;
}

static bool holds(struct lg_vu *vu, const struct lg_condition *c, struct lg_slice data,
                  const struct lg_slice *values)
{
    switch (c->match->kind) {
    case LG_MATCH_ANY:
        return true;
    case LG_MATCH_CONTAINS:
        return contains(vu, c->match, data);
    default:
        return values != NULL && value_matches(vu, c, values[c->slot]);
    }
}

/* ---- messages ---- */

static void hear(struct lg_vu *vu, const struct lg_slice *values, lg_ns now)
{
    const struct lg_program *program = vu->worker->program;
    int64_t sent = -1;
    if (program->sent_slot != LG_NO_SLOT && lg_json_int(values[program->sent_slot], &sent)) {
        sent += vu->worker->shared->epoch;
    }
    lg_room_hear(vu->room, vu, values[program->id_slot], sent, now);
}

void lg_judge_message(struct lg_vu *vu, struct lg_slice data, lg_ns now)
{
    const struct lg_program *program = vu->worker->program;
    struct lg_exchange *ex = &vu->ex;
    struct lg_slice storage[LG_JSON_POINTERS];
    const struct lg_slice *values = NULL;
    if (program->query != NULL && lg_json_scan(program->query, data, storage)) {
        values = storage;
    }
    if (vu->room != NULL && values != NULL && holds(vu, &program->heard, data, values)) {
        hear(vu, values, now);
    }
    if (ex->open && ex->awaiting && holds(vu, &ex->step->await, data, values)) {
        lg_exchange_end(ex, lg_outcome(LG_OK, 0), now);
    }
}

/* ---- answers ---- */

static bool check_holds(struct lg_exchange *ex, const struct lg_program_check *c)
{
    struct lg_slice body = lg_buf_slice(&ex->body), value = {0};
    if (c->check->kind == LG_CHECK_STATUS) {
        return ex->status == c->check->status;
    }
    if (c->query != NULL && !lg_json_scan(c->query, body, &value)) {
        return false;
    }
    struct lg_condition condition = {.match = &c->check->match, .slot = 0};
    return holds(ex->vu, &condition, body, &value);
}

struct lg_outcome lg_judge(struct lg_exchange *ex)
{
    const struct lg_program_step *s = ex->step;
    if (!s->checks_status && ex->status >= 400) {
        return lg_outcome(LG_STATUS, ex->status);
    }
    for (size_t i = 0; i < s->check_count; i++) {
        if (!check_holds(ex, &s->checks[i])) {
            return lg_outcome(LG_CHECK, (int)i + 1);
        }
    }
    return lg_outcome(LG_OK, 0);
}
