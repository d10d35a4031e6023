/* Does an answer pass the step's checks, is a message the one that is awaited? */
#include "engine/room.h"
#include "engine/worker.h"

/* ---- messages ---- */

static void hear(struct lg_vu *vu, const struct lg_slice *values, lg_ns now)
{
    const struct lg_program *program = vu->worker->program;
    int64_t sent = -1;
    lg_ns epoch = vu->worker->shared->epoch;
    if (program->sent_slot != LG_NO_SLOT && lg_json_int(values[program->sent_slot], &sent)) {
        sent = sent < INT64_MAX - epoch ? sent + epoch : -1;
    }
    lg_room_hear(vu->room, vu, values[program->id_slot], sent, now);
}

/* The values of the step's pointers in the text; NULL: it has none, or the text is not JSON. */
static const struct lg_slice *scan(const struct lg_program_look *look, struct lg_slice text,
                                   struct lg_slice *values)
{
    for (size_t i = 0; i * LG_JSON_POINTERS < look->pointer_count; i++) {
        if (!lg_json_scan(look->queries[i], text, values + i * LG_JSON_POINTERS)) {
            return NULL;
        }
    }
    return look->pointer_count > 0 ? values : NULL;
}

static struct lg_outcome capture_message(struct lg_exchange *ex, struct lg_slice data)
{
    struct lg_slice values[LG_STEP_POINTERS];
    struct lg_answer answer = {.vu = ex->vu, .text = data};
    if (ex->vu->worker->program->plan->dry_run) {
        lg_tell_message(ex, data);
    }
    answer.values = scan(ex->step->look, data, values);
    size_t missing = lg_capture(ex->step, &answer);
    return missing > 0 ? lg_outcome(LG_CHECK, (int)missing) : lg_outcome(LG_OK, 0);
}

void lg_judge_message(struct lg_vu *vu, struct lg_slice data, lg_ns now)
{
    const struct lg_program *program = vu->worker->program;
    struct lg_exchange *ex = &vu->ex;
    struct lg_slice storage[LG_JSON_POINTERS];
    struct lg_answer answer = {.vu = vu, .text = data};
    if (program->query != NULL && lg_json_scan(program->query, data, storage)) {
        answer.values = storage;
    }
    if (vu->room != NULL && answer.values != NULL && lg_holds(&program->heard, &answer)) {
        hear(vu, answer.values, now);
    }
    /* What came before the exchange's own message has left is no answer to it. */
    if (ex->open && ex->awaiting && !ex->unsent && lg_holds(&ex->step->await, &answer)) {
        struct lg_outcome outcome = lg_outcome(LG_OK, 0);
        lg_exchange_end(ex, ex->step->look != NULL ? capture_message(ex, data) : outcome, now);
    }
}

bool lg_judge_event(struct lg_exchange *ex, struct lg_slice data)
{
    const struct lg_program_stream *stream = ex->step->stream;
    struct lg_slice value;
    struct lg_answer answer = {.vu = ex->vu, .ex = ex, .text = data};
    if (stream->query != NULL && lg_json_scan(stream->query, data, &value)) {
        answer.values = &value;
    }
    return lg_holds(&stream->until, &answer);
}

/* ---- answers ---- */

enum { DECODED_MOST = 8 << 20 }; /* bytes; beyond, a body is a bomb */

/* The body as it was meant; what cannot be undone is the peer's fault. */
static struct lg_outcome decode(struct lg_exchange *ex, struct lg_slice *body)
{
    struct lg_worker *worker = ex->vu->worker;
    const struct lg_program_look *look = ex->step->look;
    *body = lg_buf_slice(&ex->body);
    struct lg_slice codings =
        look->coding != LG_NO_SLOT ? lg_head_find(ex, (unsigned)look->coding) : lg_slice(NULL, 0);
    if (codings.n == 0) {
        return lg_outcome(LG_OK, 0);
    }
    if (worker->decoder == NULL) {
        worker->decoder = lg_decoder_new();
    }
    switch (lg_decode(worker->decoder, codings, *body, DECODED_MOST, body)) {
    case LG_DECODED:
        return lg_outcome(LG_OK, 0);
    case LG_DECODED_CUT:
        if (lg_body_bytes(ex) > ex->body.n) { /* we cut it ourselves */
            return lg_outcome(LG_OK, 0);
        }
        break;
    case LG_DECODED_TOO_BIG:
        return lg_outcome(LG_PROTOCOL, LG_FAULT_TOO_BIG);
    default:
        break;
    }
    return lg_outcome(LG_PROTOCOL, LG_FAULT_ENCODING);
}

bool lg_status_passes(const struct lg_check *check, int status)
{
    for (size_t i = 0; i < check->status_count; i++) {
        if (status >= check->statuses[i].low && status <= check->statuses[i].high) {
            return true;
        }
    }
    return false;
}

struct lg_outcome lg_answer_of(struct lg_exchange *ex, struct lg_slice *values,
                               struct lg_answer *out)
{
    *out = (struct lg_answer){.vu = ex->vu, .ex = ex};
    struct lg_outcome outcome = decode(ex, &out->text);
    if (outcome.class == LG_OK) {
        out->values = scan(ex->step->look, out->text, values);
    }
    return outcome;
}

static struct lg_outcome look_at(struct lg_exchange *ex)
{
    const struct lg_program_step *s = ex->step;
    struct lg_slice values[LG_STEP_POINTERS];
    struct lg_answer answer;
    struct lg_outcome outcome = lg_answer_of(ex, values, &answer);
    if (outcome.class != LG_OK) {
        return outcome;
    }
    for (size_t i = 0; i < s->check_count; i++) {
        const struct lg_program_check *c = &s->checks[i];
        bool passes = c->check->kind == LG_CHECK_STATUS ? lg_status_passes(c->check, ex->status)
                                                        : lg_holds(&c->condition, &answer);
        if (!passes) {
            return lg_outcome(LG_CHECK, (int)i + 1);
        }
    }
    size_t missing = lg_capture(s, &answer);
    return missing > 0 ? lg_outcome(LG_CHECK, (int)(s->check_count + missing))
                       : lg_outcome(LG_OK, 0);
}

/* Those of RFC 9110 15.4 that say where else to ask, which nobody does here. */
static bool is_redirect(int status)
{
    return (status >= 300 && status <= 303) || status == 307 || status == 308;
}

static __attribute__((cold, noinline)) void count_redirect(const struct lg_exchange *ex)
{
    if (is_redirect(ex->status)) {
        lg_step_counts(ex->vu->recorder, ex->step->index)[LG_STEP_REDIRECTS]++;
    }
}

struct lg_outcome lg_judge(struct lg_exchange *ex)
{
    const struct lg_program_step *s = ex->step;
    if (!s->checks_status && ex->status >= 300) {
        if (ex->status >= 400) {
            return lg_outcome(LG_STATUS, ex->status);
        }
        count_redirect(ex);
    }
    return s->look != NULL ? look_at(ex) : lg_outcome(LG_OK, 0);
}

const char *lg_judged_by(const struct lg_program_step *s, int code)
{
    size_t i = (size_t)code - 1;
    return i < s->check_count ? s->checks[i].check->text
                              : s->captures[i - s->check_count].capture->text;
}
