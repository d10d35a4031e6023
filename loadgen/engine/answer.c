/* What an answer holds: headers that were noted, values that are captured, conditions that hold. */
#include "engine/look.h"
#include "engine/worker.h"

/* ---- headers ---- */

/* Entries follow each other in ex->heads: this, then the value. */
struct entry {
    uint32_t number, n;
};

void lg_head_note(struct lg_exchange *ex, unsigned number, struct lg_slice value)
{
    struct entry entry = {.number = number, .n = (uint32_t)value.n};
    if (!ex->noted) {
        ex->noted = true;
        lg_buf_clear(&ex->heads);
    }
    lg_buf_add(&ex->heads, &entry, sizeof entry);
    lg_buf_add(&ex->heads, value.p, value.n);
}

struct lg_slice lg_head_find(const struct lg_exchange *ex, unsigned number)
{
    for (size_t at = 0; ex->noted && at < ex->heads.n;) {
        struct entry entry;
        memcpy(&entry, ex->heads.p + at, sizeof entry);
        at += sizeof entry;
        if (entry.number == number) {
            return lg_slice(ex->heads.p + at, entry.n);
        }
        at += entry.n;
    }
    return lg_slice(NULL, 0);
}

/* ---- conditions ---- */

/* The text that a condition compares with; a slice of the plan, or of the worker's text. */
static struct lg_slice expected(struct lg_vu *vu, const struct lg_condition *c)
{
    struct lg_buf *text = &vu->worker->text;
    if (c->value.n > 0) {
        return c->value;
    }
    lg_buf_clear(text);
    lg_render(text, &c->match->value, vu, 0);
    return lg_buf_slice(text);
}

static bool compare(int order, enum lg_compare wanted)
{
    switch (wanted) {
    case LG_LT:
        return order < 0;
    case LG_LE:
        return order <= 0;
    case LG_GT:
        return order > 0;
    case LG_GE:
        return order >= 0;
    case LG_EQ:
        return order == 0;
    case LG_NE:
        return order != 0;
    }
    return false;
}

/* Values of two kinds have no order, and are different. */
static bool json_compares(struct lg_slice value, struct lg_slice with, enum lg_compare wanted)
{
    int order;
    return lg_json_order(value, with, &order) ? compare(order, wanted)
                                              : wanted == LG_NE && !lg_json_equal(value, with);
}

/* 1.0 is 1; most values that differ are told apart by their first bytes. */
static bool json_equals(struct lg_slice value, struct lg_slice with)
{
    int order;
    bool number = with.n > 0 && with.p[0] != '"';
    return lg_json_equal(value, with) ||
           (number && lg_json_order(value, with, &order) && order == 0);
}

static bool json_holds(const struct lg_condition *c, const struct lg_answer *answer)
{
    if (answer->values == NULL) {
        return false;
    }
    struct lg_slice value = answer->values[c->slot];
    switch (c->match->kind) {
    case LG_MATCH_JSON_EXISTS:
        return value.n > 0;
    case LG_MATCH_JSON_ABSENT:
        return value.n == 0;
    case LG_MATCH_JSON_COMPARE:
        return value.n > 0 && json_compares(value, expected(answer->vu, c), c->match->compare);
    default:
        return value.n > 0 && json_equals(value, expected(answer->vu, c));
    }
}

static bool header_holds(const struct lg_condition *c, const struct lg_answer *answer)
{
    struct lg_slice value = lg_head_find(answer->ex, (unsigned)c->slot);
    if (value.p == NULL || c->match->kind == LG_MATCH_HEADER_ABSENT) {
        return value.p == NULL && c->match->kind == LG_MATCH_HEADER_ABSENT;
    }
    if (c->match->kind == LG_MATCH_HEADER_EXISTS) {
        return true;
    }
    struct lg_slice with = expected(answer->vu, c);
    switch (c->match->kind) {
    case LG_MATCH_HEADER_EQUALS:
        return lg_slice_eq(value, with);
    case LG_MATCH_HEADER_DIFFERS:
        return !lg_slice_eq(value, with);
    default:
        return lg_slice_find(value, with) != NULL;
    }
}

struct lg_regex_room *lg_worker_regex_room(struct lg_worker *worker)
{
    if (worker->regex_room == NULL) {
        worker->regex_room = lg_regex_room_new();
    }
    return worker->regex_room;
}

static bool size_holds(const struct lg_match *match, const struct lg_exchange *ex)
{
    uint64_t size = lg_body_bytes(ex);
    return compare((size > match->size) - (size < match->size), match->compare);
}

/* Byte for byte what is expected of everyone: how most messages are known. */
static bool is_that_value(const struct lg_condition *c, const struct lg_answer *answer)
{
    return c->value.n > 0 && answer->values != NULL &&
           lg_slice_eq(answer->values[c->slot], c->value);
}

bool lg_holds(const struct lg_condition *c, const struct lg_answer *answer)
{
    struct lg_slice with;
    if (c->match->kind == LG_MATCH_JSON_EQUALS && is_that_value(c, answer)) {
        return true;
    }
    switch (c->match->kind) {
    case LG_MATCH_ANY:
        return true;
    case LG_MATCH_CONTAINS:
        with = expected(answer->vu, c);
        return lg_slice_find(answer->text, with) != NULL;
    case LG_MATCH_EQUALS:
        return lg_slice_eq(answer->text, expected(answer->vu, c));
    case LG_MATCH_REGEX:
        return lg_regex_find(c->regex, answer->text, 0, lg_worker_regex_room(answer->vu->worker),
                             &with);
    case LG_MATCH_SIZE:
        return size_holds(c->match, answer->ex);
    default:
        return lg_match_is_json(c->match) ? json_holds(c, answer) : header_holds(c, answer);
    }
}

/* ---- captures ---- */

/* The text of a JSON value; false: there is none, which null says, too. */
static bool json_text(struct lg_worker *worker, struct lg_slice value, struct lg_slice *out)
{
    if (value.n == 0 || lg_slice_eq(value, lg_str("null"))) {
        return false;
    }
    *out = value;
    return value.p[0] != '"' || lg_json_string(value, &worker->text, out);
}

static bool find(const struct lg_program_capture *c, const struct lg_answer *answer,
                 struct lg_slice *out)
{
    struct lg_worker *worker = answer->vu->worker;
    switch (c->capture->from) {
    case LG_FROM_JSON:
        return answer->values != NULL && json_text(worker, answer->values[c->slot], out);
    case LG_FROM_HEADER:
        *out = lg_head_find(answer->ex, (unsigned)c->slot);
        return out->p != NULL &&
               (c->regex == NULL || lg_regex_find(c->regex, *out, c->capture->group,
                                                  lg_worker_regex_room(worker), out));
    case LG_FROM_BODY:
        break;
    }
    return lg_regex_find(c->regex, answer->text, c->capture->group, lg_worker_regex_room(worker),
                         out);
}

size_t lg_capture(const struct lg_program_step *s, const struct lg_answer *answer)
{
    for (size_t i = 0; i < s->capture_count; i++) {
        struct lg_slice found;
        if (!find(&s->captures[i], answer, &found)) {
            return i + 1;
        }
        struct lg_buf *value = &answer->vu->values[s->captures[i].capture->variable];
        lg_buf_clear(value);
        lg_buf_add(value, found.p, found.n);
    }
    return 0;
}
