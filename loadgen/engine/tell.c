#include "engine/tell.h"

#include "engine/worker.h"

#include <stdlib.h>

enum { SECRET_LEAST = 4 }; /* shorter ones would blot out what is there by chance */

/* What is noted while an exchange is under way. */
struct lg_note {
    struct lg_buf request, sent, headers, message;
};

static struct lg_note *note_of(struct lg_exchange *ex)
{
    if (ex->note == NULL) {
        ex->note = lg_alloc(sizeof *ex->note);
    }
    return ex->note;
}

void lg_note_free(struct lg_note *note)
{
    if (note != NULL) {
        lg_buf_free(&note->request);
        lg_buf_free(&note->sent);
        lg_buf_free(&note->headers);
        lg_buf_free(&note->message);
        free(note);
    }
}

static void add_header(struct lg_buf *out, struct lg_slice name, struct lg_slice value, bool secret)
{
    lg_buf_addf(out, "%.*s: ", (int)name.n, name.p);
    if (secret) {
        lg_buf_adds(out, "***");
    } else {
        lg_buf_add(out, value.p, value.n);
    }
    lg_buf_adds(out, "\n");
}

static bool is_secret(const struct lg_step *step, size_t i, struct lg_slice name)
{
    return i < step->header_count ? step->headers[i].secret : lg_slice_eq(name, lg_str("cookie"));
}

void lg_tell_request(struct lg_exchange *ex, const struct lg_request *request)
{
    struct lg_note *note = note_of(ex);
    lg_buf_clear(&note->request);
    lg_buf_clear(&note->headers);
    lg_buf_clear(&note->message);
    lg_buf_clear(&note->sent);
    lg_buf_add(&note->sent, request->body.p, request->body.n);
    if (request->path.n == 0) {
        return; /* a message */
    }
    lg_buf_addf(&note->request, "%.*s %.*s\n", (int)request->method.n, request->method.p,
                (int)request->path.n, request->path.p);
    for (size_t i = 0; i < request->header_count; i++) {
        const struct lg_header *h = &request->headers[i];
        add_header(&note->request, h->name, h->value, is_secret(ex->step->step, i, h->name));
    }
}

void lg_tell_header(struct lg_exchange *ex, struct lg_slice name, struct lg_slice value)
{
    add_header(&note_of(ex)->headers, name, value, lg_slice_eq(name, lg_str("set-cookie")));
}

void lg_tell_message(struct lg_exchange *ex, struct lg_slice data)
{
    struct lg_note *note = note_of(ex);
    lg_buf_clear(&note->message);
    lg_buf_add(&note->message, data.p, data.n);
}

/* ---- the end ---- */

static void judge_checks(const struct lg_exchange *ex, const struct lg_answer *answer,
                         struct lg_told_check *out)
{
    for (size_t i = 0; i < ex->step->check_count; i++) {
        const struct lg_program_check *c = &ex->step->checks[i];
        out[i].text = c->check->text;
        out[i].passed = c->check->kind == LG_CHECK_STATUS ? lg_status_passes(c->check, ex->status)
                                                          : lg_holds(&c->condition, answer);
    }
}

/* Captures are set in their order, up to the one that found nothing. */
static void show_captures(const struct lg_exchange *ex, struct lg_outcome outcome,
                          struct lg_told_capture *out)
{
    const struct lg_program_step *s = ex->step;
    size_t set = outcome.class == LG_OK ? s->capture_count : 0;
    if (outcome.class == LG_CHECK && (size_t)outcome.code > s->check_count) {
        set = (size_t)outcome.code - s->check_count - 1;
    }
    for (size_t i = 0; i < s->capture_count; i++) {
        out[i].capture = s->captures[i].capture;
        if (i < set) {
            const struct lg_buf *value = &ex->vu->values[out[i].capture->variable];
            out[i].value = lg_slice(value->n > 0 ? value->p : "", value->n);
        }
    }
}

/* Secrets of the user as they may stand in a text: plain, in a URL, in JSON. */
static size_t list_secrets(const struct lg_vu *vu, struct lg_arena *arena, struct lg_slice **list)
{
    static const enum lg_escape spellings[] = {LG_ESCAPE_NONE, LG_ESCAPE_URL, LG_ESCAPE_PATH,
                                               LG_ESCAPE_JSON};
    const struct lg_plan *plan = vu->worker->program->plan;
    size_t count = 0;
    for (size_t i = 0; i < plan->step_count && vu->values != NULL; i++) {
        for (size_t c = 0; c < plan->steps[i].capture_count; c++) {
            const struct lg_capture *capture = &plan->steps[i].captures[c];
            struct lg_slice value = lg_buf_slice(&vu->values[capture->variable]);
            for (size_t k = 0; k < 4 && capture->secret && value.n >= SECRET_LEAST; k++) {
                struct lg_buf text = {0};
                lg_escape_add(&text, value, spellings[k]);
                *LG_ARENA_PUSH(arena, *list, count) =
                    lg_slice(lg_arena_strndup(arena, text.p, text.n), text.n);
                lg_buf_free(&text);
            }
        }
    }
    return count;
}

static void name_websocket(struct lg_exchange *ex)
{
    struct lg_buf *request = &ex->note->request;
    lg_buf_clear(request);
    lg_buf_adds(request, "WebSocket ");
    lg_render(request, &ex->step->step->path, ex->vu, 0);
    lg_buf_adds(request, "\n");
}

void lg_tell_ended(struct lg_exchange *ex, struct lg_outcome outcome, lg_ns now)
{
    const struct lg_teller *teller = ex->vu->worker->shared->teller;
    const struct lg_program_step *s = ex->step;
    struct lg_note *note = note_of(ex);
    struct lg_slice values[LG_STEP_POINTERS];
    struct lg_answer answer = {0};
    bool request = s->kind == LG_STEP_REQUEST || s->kind == LG_STEP_STREAM;
    if (request) {
        lg_answer_of(ex, values, &answer);
    } else {
        answer.text = lg_buf_slice(&note->message);
    }
    if (s->kind == LG_STEP_WEBSOCKET) {
        name_websocket(ex);
    }
    struct lg_told t = {
        .users = ex->vu->pool->users,
        .step = s->step,
        .user = ex->vu->index,
        .setup = ex->vu->in_setup,
        .parallel = ex != &ex->vu->ex,
        .request = lg_buf_slice(&note->request),
        .sent = lg_buf_slice(&note->sent),
        .status = ex->status,
        .headers = lg_buf_slice(&note->headers),
        .answer = answer.text,
        .came = lg_body_bytes(ex),
        .decoded = request && answer.text.p != ex->body.p,
        .connecting =
            ex->connecting != 0 && ex->slot >= ex->connecting ? ex->slot - ex->connecting : 0,
        .first = ex->sent != 0 && ex->first != 0 ? ex->first - ex->sent : -1,
        .done = ex->sent != 0 ? now - ex->sent : -1,
        .outcome = outcome,
        .check_count = s->check_count,
        .capture_count = s->capture_count,
    };
    struct lg_told_check *checks = lg_alloc_array(s->check_count, sizeof *checks);
    struct lg_told_capture *captures = lg_alloc_array(s->capture_count, sizeof *captures);
    if (request && ex->status != 0) {
        judge_checks(ex, &answer, checks);
    } else {
        t.check_count = 0;
    }
    show_captures(ex, outcome, captures);
    struct lg_arena *arena = lg_arena_new();
    struct lg_slice *secrets = NULL;
    t.secret_count = list_secrets(ex->vu, arena, &secrets);
    t.secrets = secrets;
    t.checks = checks;
    t.captures = captures;
    teller->ended(teller->ctx, &t);
    lg_arena_free(arena);
    free(checks);
    free(captures);
    lg_buf_clear(&note->request);
    lg_buf_clear(&note->sent);
    lg_buf_clear(&note->headers);
    lg_buf_clear(&note->message);
}
