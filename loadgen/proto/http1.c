/* HTTP/1.1, client side (RFC 9112), one exchange at a time.  llhttp judges every head and every
 * chunk; bodies framed by their length or by the end of the connection are only counted here, so
 * that a head that the memo recognises and one that llhttp has parsed take the same path. */
#include "proto/http1_session.h"
#include "proto/http1_write.h"

#include <stdlib.h>

enum { KEEP_SCRATCH = 1024 }; /* a larger buffer is given back after use */

static struct lg_http1_session *of(struct lg_proto *proto)
{
    return (struct lg_http1_session *)proto;
}

/* ---- ends of exchange and connection ---- */

static void end_exchange(struct lg_http1_session *h, struct lg_outcome outcome)
{
    lg_op op = h->op;
    h->op = 0;
    h->phase = LG_HTTP1_IDLE;
    h->parsing = false;
    h->wire = (struct lg_slice){0};
    if (h->scratch.cap > KEEP_SCRATCH) {
        lg_buf_free(&h->scratch);
    }
    lg_buf_clear(&h->scratch);
    if (op != 0) {
        h->sink->on_done(h->ctx, op, outcome);
    }
}

static void break_with(struct lg_http1_session *h, struct lg_outcome why)
{
    if (h->state == LG_PROTO_OPEN) {
        h->state = LG_PROTO_BROKEN;
        h->why = why;
    }
    end_exchange(h, why);
}

static void fault(struct lg_http1_session *h, enum lg_protocol_fault code)
{
    break_with(h, lg_outcome(LG_PROTOCOL, code));
}

/* The state is settled before on_done, so that a sink that asks capacity() there hears the truth.
 */
static void complete(struct lg_http1_session *h, bool more)
{
    bool cancelled = h->op == 0;
    if (!h->keep_alive || h->finishing) {
        h->state = LG_PROTO_FINISHED;
    } else if (more) {
        h->state = LG_PROTO_BROKEN;
        h->why = lg_outcome(LG_PROTOCOL, LG_FAULT_EXTRA_BYTES);
    }
    end_exchange(h, lg_outcome(LG_OK, 0));
    if (cancelled && h->state == LG_PROTO_OPEN) {
        h->sink->on_ready(h->ctx);
    }
}

/* ---- the head ---- */

static bool never_has_body(int status)
{
    return status == 204 || status == 304;
}

static bool without_body(const struct lg_http1_session *h, int status)
{
    return h->head_only || never_has_body(status); /* RFC 9112 6.3, rule 1 */
}

/* What llhttp has found; the fault if the head is well-formed and still not acceptable here. */
static enum lg_protocol_fault facts_of(struct lg_http1_session *h, struct lg_http1_head *head)
{
    llhttp_t *parser = &h->parser;
    bool coded = (parser->flags & F_TRANSFER_ENCODING) != 0;
    if (parser->http_major != 1 || parser->status_code < 100) {
        return LG_FAULT_SYNTAX;
    }
    if (parser->status_code == 101) {
        return LG_FAULT_UPGRADE;
    }
    if (coded && parser->http_minor == 0) {
        return LG_FAULT_LENGTH; /* RFC 9112 6.1: faulty framing */
    }
    if (without_body(h, parser->status_code)) {
        parser->flags |= F_SKIPBODY; /* else llhttp would wait for the end of the connection */
    }
    head->status = parser->status_code;
    head->keep_alive = llhttp_should_keep_alive(parser);
    head->length = 0;
    if (parser->flags & F_CHUNKED) {
        head->framing = LG_HTTP1_CHUNKED;
    } else if (!coded && (parser->flags & F_CONTENT_LENGTH)) {
        head->framing = LG_HTTP1_LENGTH;
        head->length = parser->content_length;
    } else {
        head->framing = LG_HTTP1_UNTIL_EOF;
    }
    head->plain =
        head->keep_alive && head->framing == LG_HTTP1_LENGTH && !never_has_body(head->status);
    return LG_FAULT_NONE;
}

static void head_done(struct lg_http1_session *h, const struct lg_http1_head *head)
{
    static const uint8_t phases[] = {
        [LG_HTTP1_LENGTH] = LG_HTTP1_BODY_LENGTH,
        [LG_HTTP1_CHUNKED] = LG_HTTP1_BODY_CHUNKED,
        [LG_HTTP1_UNTIL_EOF] = LG_HTTP1_BODY_UNTIL_EOF,
    };
    h->parsing = false;
    h->keep_alive = head->keep_alive;
    h->left = head->length;
    h->body_begun = false;
    h->phase = phases[head->framing];
    if (without_body(h, head->status) || (h->phase == LG_HTTP1_BODY_LENGTH && h->left == 0)) {
        h->phase = LG_HTTP1_COMPLETE;
    }
    if (h->op != 0) {
        h->sink->on_head(h->ctx, h->op, head->status); /* `head` may be gone after it */
        if (h->want_headers) {
            lg_http1_emit_fields(h);
        }
    }
}

/* llhttp has stopped behind the empty line of a head that is `used` bytes of the input. */
static void head_parsed(struct lg_http1_session *h, const char *p, size_t used)
{
    struct lg_http1_head head;
    enum lg_protocol_fault wrong = facts_of(h, &head);
    if (wrong != LG_FAULT_NONE) {
        fault(h, wrong);
        return;
    }
    if (head.status < 200) { /* the final answer follows: RFC 9110 15.2 */
        h->parsing = false;
        h->head_bytes += (uint32_t)used;
        lg_buf_clear(&h->scratch);
        return;
    }
    if (h->head_bytes == 0) {
        head.n = used;
        lg_http1_memo_put(h->memo, p, &head);
    }
    head_done(h, &head);
}

static size_t parse_head(struct lg_http1_session *h, struct lg_slice in)
{
    if (h->phase == LG_HTTP1_AWAITED) {
        h->phase = LG_HTTP1_IN_HEAD;
        h->head_bytes = 0;
    }
    if (!h->parsing) {
        if (in.p[0] != 'H') {
            fault(h, LG_FAULT_SYNTAX); /* llhttp would forgive empty lines before a response */
            return in.n;
        }
        lg_http1_parser_begin(h);
        h->parsing = true;
    }
    size_t room = LG_HTTP1_HEAD_LIMIT - h->head_bytes;
    size_t n = in.n < room ? in.n : room;
    llhttp_errno_t error = n > 0 ? llhttp_execute(&h->parser, in.p, n) : HPE_OK;
    if (error == HPE_PAUSED) {
        size_t used = (size_t)(llhttp_get_error_pos(&h->parser) - in.p);
        head_parsed(h, in.p, used);
        return used;
    }
    h->head_bytes += (uint32_t)n;
    if (error != HPE_OK) {
        fault(h, lg_http1_fault(error));
    } else if (h->head_bytes == LG_HTTP1_HEAD_LIMIT) {
        fault(h, LG_FAULT_HEADER_LIMIT);
    }
    return n;
}

static size_t take_head(struct lg_http1_session *h, struct lg_slice in)
{
    if (h->phase == LG_HTTP1_AWAITED && !h->want_headers) {
        const struct lg_http1_head *known = lg_http1_memo_find(h->memo, in);
        if (known != NULL) {
            size_t used = known->n; /* a sink may make the memo forget the head */
            head_done(h, known);
            return used;
        }
    }
    return parse_head(h, in);
}

/* ---- the body ---- */

static size_t take_length(struct lg_http1_session *h, struct lg_slice in)
{
    size_t n = in.n < h->left ? in.n : (size_t)h->left;
    bool whole = !h->body_begun && n == h->left;
    h->body_begun = true;
    h->left -= n;
    if (h->left == 0) {
        h->phase = LG_HTTP1_COMPLETE;
    }
    if (h->want_body && h->op != 0) {
        h->sink->on_data(h->ctx, h->op, lg_slice(in.p, n), whole);
    }
    return n;
}

static size_t take_until_eof(struct lg_http1_session *h, struct lg_slice in)
{
    if (h->want_body && h->op != 0) {
        h->sink->on_data(h->ctx, h->op, in, false);
    }
    return in.n;
}

static size_t take_chunked(struct lg_http1_session *h, struct lg_slice in)
{
    llhttp_resume(&h->parser); /* from the pause behind the head; else without effect */
    llhttp_errno_t error = llhttp_execute(&h->parser, in.p, in.n);
    if (h->state != LG_PROTO_OPEN || error == HPE_OK) {
        return in.n;
    }
    if (error != HPE_PAUSED) {
        fault(h,
              h->head_bytes > LG_HTTP1_HEAD_LIMIT ? LG_FAULT_HEADER_LIMIT : lg_http1_fault(error));
        return in.n;
    }
    h->phase = LG_HTTP1_COMPLETE;
    return (size_t)(llhttp_get_error_pos(&h->parser) - in.p);
}

static size_t step(struct lg_http1_session *h, struct lg_slice in)
{
    switch ((enum lg_http1_phase)h->phase) {
    case LG_HTTP1_AWAITED:
    case LG_HTTP1_IN_HEAD:
        return take_head(h, in);
    case LG_HTTP1_BODY_LENGTH:
        return take_length(h, in);
    case LG_HTTP1_BODY_CHUNKED:
        return take_chunked(h, in);
    case LG_HTTP1_BODY_UNTIL_EOF:
        return take_until_eof(h, in);
    case LG_HTTP1_IDLE:
    case LG_HTTP1_UNSENT:
    case LG_HTTP1_COMPLETE:
        break;
    }
    fault(h, LG_FAULT_UNASKED);
    return in.n;
}

static void peer_closed(struct lg_http1_session *h)
{
    if (h->phase == LG_HTTP1_IDLE) {
        h->state = LG_PROTO_FINISHED;
    } else if (h->phase == LG_HTTP1_BODY_UNTIL_EOF) {
        h->keep_alive = false;
        complete(h, false);
    } else {
        break_with(h, lg_outcome(LG_CLOSED, 0));
    }
}

/* ---- the seam ---- */

static struct lg_proto *http1_open(const struct lg_proto_config *config,
                                   const struct lg_proto_sink *sink, void *ctx)
{
    LG_ASSERT(config->authority.n < UINT32_MAX);
    struct lg_http1_session *h = lg_alloc(sizeof *h + config->authority.n);
    h->base.ops = &lg_http1;
    h->sink = sink;
    h->ctx = ctx;
    h->memo = config->memo;
    h->authority_n = (uint32_t)config->authority.n;
    memcpy(h->authority, config->authority.p, config->authority.n);
    return &h->base;
}

static unsigned http1_capacity(const struct lg_proto *proto)
{
    const struct lg_http1_session *h = (const struct lg_http1_session *)proto;
    return h->phase == LG_HTTP1_IDLE && h->state == LG_PROTO_OPEN && !h->finishing;
}

static void http1_start(struct lg_proto *proto, lg_op op, const struct lg_request *request)
{
    struct lg_http1_session *h = of(proto);
    LG_ASSERT(op != 0 && http1_capacity(proto) > 0);
    h->op = op;
    h->phase = LG_HTTP1_UNSENT;
    h->want_headers = request->want_headers;
    h->want_body = request->want_body;
    h->head_only = lg_slice_eq(request->method, lg_slice("HEAD", 4));
    h->special = h->head_only || h->want_headers || h->want_body;
    h->wire = request->wire;
    if (request->wire.n == 0) {
        lg_http1_write(&h->scratch, lg_slice(h->authority, h->authority_n), request);
    }
}

static void http1_cancel(struct lg_proto *proto, lg_op op)
{
    struct lg_http1_session *h = of(proto);
    if (h->op != op) {
        return;
    }
    h->op = 0;
    if (h->phase == LG_HTTP1_UNSENT) {
        end_exchange(h, lg_outcome(LG_OK, 0));
    }
}

/* The steady state in one step: all of an answer is here, its head is known, nobody looks inside.
 */
static bool take_known(struct lg_http1_session *h, struct lg_slice in)
{
    if (h->phase != LG_HTTP1_AWAITED || h->special || h->finishing || h->op == 0) {
        return false;
    }
    const struct lg_http1_head *known = lg_http1_memo_find(h->memo, in);
    if (known == NULL || !known->plain || in.n - known->n != known->length) {
        return false;
    }
    h->sink->on_head(h->ctx, h->op, known->status);
    lg_op op = h->op;
    h->op = 0;
    h->phase = LG_HTTP1_IDLE;
    if (op != 0) {
        h->sink->on_done(h->ctx, op, lg_outcome(LG_OK, 0));
    } else {
        h->sink->on_ready(h->ctx); /* cancelled in on_head */
    }
    return true;
}

/* Not inline: the steady state would pay for its registers. */
static __attribute__((noinline)) void take_any(struct lg_http1_session *h, struct lg_slice in)
{
    if (in.n == 0) {
        peer_closed(h);
    }
    while (in.n > 0 && h->state == LG_PROTO_OPEN) {
        size_t used = step(h, in);
        in.p += used;
        in.n -= used;
        if (h->phase == LG_HTTP1_COMPLETE) {
            complete(h, in.n > 0);
        }
    }
}

static enum lg_proto_state http1_input(struct lg_proto *proto, struct lg_slice in)
{
    struct lg_http1_session *h = of(proto);
    LG_ASSERT(h->state == LG_PROTO_OPEN);
    if (!take_known(h, in)) {
        take_any(h, in);
    }
    return h->state;
}

static void http1_output(struct lg_proto *proto, struct lg_buf *out)
{
    struct lg_http1_session *h = of(proto);
    if (h->phase != LG_HTTP1_UNSENT) {
        return;
    }
    h->phase = LG_HTTP1_AWAITED;
    if (h->wire.n > 0) {
        lg_buf_add(out, h->wire.p, h->wire.n);
        return;
    }
    lg_buf_add(out, h->scratch.p, h->scratch.n);
    lg_buf_clear(&h->scratch);
}

static void http1_abort(struct lg_proto *proto, struct lg_outcome outcome)
{
    break_with(of(proto), outcome);
}

static void http1_finish(struct lg_proto *proto)
{
    of(proto)->finishing = true;
}

static struct lg_outcome http1_why(const struct lg_proto *proto)
{
    return ((const struct lg_http1_session *)proto)->why;
}

static void http1_render(const struct lg_proto_config *config, const struct lg_request *request,
                         struct lg_buf *out)
{
    lg_http1_write(out, config->authority, request);
}

static void http1_free(struct lg_proto *proto)
{
    if (proto != NULL) {
        lg_buf_free(&of(proto)->scratch);
        free(proto);
    }
}

const struct lg_proto_ops lg_http1 = {
    .name = "http1",
    .alpn = "http/1.1",
    .open = http1_open,
    .capacity = http1_capacity,
    .start = http1_start,
    .cancel = http1_cancel,
    .input = http1_input,
    .output = http1_output,
    .abort = http1_abort,
    .finish = http1_finish,
    .why = http1_why,
    .render = http1_render,
    .free = http1_free,
};
