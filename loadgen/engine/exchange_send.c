/* What an exchange sends, and the headers that come back: cookies go both ways. */
#include "engine/exchange.h"
#include "engine/look.h"
#include "engine/room.h"
#include "engine/stream.h"

/* ---- headers ---- */

static struct lg_cookie_place place_of(const struct lg_exchange *ex, struct lg_slice path)
{
    const struct lg_url *url = &ex->link->origin->url;
    return (struct lg_cookie_place){.host = lg_str(url->host), .path = path, .secure = url->secure};
}

static bool keeps_cookies(const struct lg_exchange *ex)
{
    return ex->step->cookies && ex->vu->pool->users->cookies;
}

void lg_exchange_header(struct lg_exchange *ex, struct lg_slice name, struct lg_slice value)
{
    if (ex->streaming) {
        lg_stream_header(ex, name, value);
    }
    if (ex->step == NULL) {
        return; /* a stream's, long after its step */
    }
    const struct lg_program_look *look = ex->step->look;
    if (ex->vu->worker->program->plan->dry_run) {
        lg_tell_header(ex, name, value);
    }
    for (size_t i = 0; look != NULL && i < look->header_count; i++) {
        if (lg_slice_eq(look->headers[i], name)) {
            lg_head_note(ex, (unsigned)i, value);
        }
    }
    if (keeps_cookies(ex) && lg_slice_eq(name, lg_str("set-cookie"))) {
        struct lg_cookie_place from = place_of(ex, lg_head_find(ex, LG_HEAD_PATH));
        lg_cookie_set(&ex->vu->cookies, value, &from, lg_wall_clock() / LG_S);
    }
}

/* Adds the user's cookies for the path in hand to the request; the path is
 * noted for the cookies that the answer sets. */
static void add_cookies(struct lg_exchange *ex, struct lg_slice path, struct lg_header *headers,
                        size_t *count)
{
    struct lg_cookie_place to = place_of(ex, path);
    struct lg_buf *value = &ex->vu->worker->cookie;
    lg_head_note(ex, LG_HEAD_PATH, path);
    lg_buf_clear(value);
    lg_cookie_header(&ex->vu->cookies, &to, lg_wall_clock() / LG_S, value);
    if (value->n > 0) {
        headers[(*count)++] =
            (struct lg_header){.name = lg_str("cookie"), .value = lg_buf_slice(value)};
    }
}

/* ---- requests and messages ---- */

void lg_exchange_send_rendered(struct lg_exchange *ex)
{
    struct lg_vu *vu = ex->vu;
    struct lg_worker *worker = vu->worker;
    const struct lg_step *step = ex->step->step;
    struct lg_header headers[LG_HEADERS + 3]; /* of a stream, and cookies */
    struct lg_request request = *lg_exchange_request(ex);
    vu->branch = ex == &vu->ex ? 0 : (uint8_t)lg_group_place(vu->group, ex);
    lg_buf_clear(&worker->path);
    lg_buf_clear(&worker->body);
    lg_render(&worker->path, &step->path, vu, ex->slot);
    request.path = lg_buf_slice(&worker->path);
    request.header_count = lg_render_headers(&worker->text, step, vu, headers);
    request.headers = headers;
    if (step->method == NULL) {
        request.method = lg_vu_traced(vu)->method;
    }
    if (ex->streaming) {
        request.header_count = lg_stream_send(ex, headers, request.header_count, ex->slot);
    }
    if (keeps_cookies(ex)) {
        add_cookies(ex, request.path, headers, &request.header_count);
    }
    if (step->has_body && step->body.is_static) {
        request.body = lg_look_static(&step->body);
    } else if (step->has_body) {
        lg_render(&worker->body, &step->body, vu, ex->slot);
        request.body = lg_buf_slice(&worker->body);
    }
    if (worker->program->plan->dry_run) {
        lg_tell_request(ex, &request);
    }
    lg_conn_start(ex->link->conn, ex, &request);
}

static bool names_message(const struct lg_template *t)
{
    for (size_t i = 0; i < t->part_count; i++) {
        if (t->parts[i].kind == LG_PART_MESSAGE_ID) {
            return true;
        }
    }
    return false;
}

void lg_exchange_send_message(struct lg_exchange *ex)
{
    struct lg_vu *vu = ex->vu;
    struct lg_worker *worker = vu->worker;
    const struct lg_step *step = ex->step->step;
    lg_ns at = lg_now(); /* the time that the message carries */
    ex->message = names_message(&step->body);
    if (ex->message && vu->room != NULL) {
        vu->message = lg_room_send(vu->room, vu, vu->recorder, at);
    }
    lg_buf_clear(&worker->body);
    lg_render(&worker->body, &step->body, vu, at);
    struct lg_request request = {.body = lg_buf_slice(&worker->body)};
    if (worker->program->plan->dry_run) {
        lg_tell_request(ex, &request);
    }
    if (vu->tunnel != NULL) {
        request.tunnel = lg_conn_tunnel_op(vu);
        lg_conn_start(vu->tunnel, ex, &request);
    } else {
        lg_conn_start(ex->link->conn, ex, &request);
    }
}

void lg_exchange_open_tunnel(struct lg_exchange *ex, lg_ns now)
{
    struct lg_vu *vu = ex->vu;
    struct lg_worker *worker = vu->worker;
    const struct lg_step *step = ex->step->step;
    struct lg_header headers[LG_HEADERS];
    lg_buf_clear(&worker->path);
    lg_render(&worker->path, &step->path, vu, now);
    struct lg_request request = {
        .method = lg_str("CONNECT"),
        .path = lg_buf_slice(&worker->path),
        .headers = headers,
        .header_count = lg_render_headers(&worker->text, step, vu, headers),
        .websocket = true,
    };
    lg_conn_open_tunnel(ex->link->conn, vu, &request);
}
