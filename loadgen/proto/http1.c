/* HTTP/1.1, client side (RFC 9112), one exchange at a time.  llhttp judges every head and every
 * chunk; bodies framed by their length or by the end of the connection are only counted here, so
 * that a head that the memo recognises and one that llhttp has parsed take the same path. */
#include "proto/http1_memo.h"
#include "proto/http1_write.h"

#include <llhttp.h>
#include <stdlib.h>

enum {
    HEAD_LIMIT = 65536, /* all heads of one exchange, interim ones included */
    FIELD_COST = 32,    /* of a trailer field, beside its bytes: as RFC 9113 6.5.2 counts */
    KEEP_SCRATCH = 1024 /* a larger buffer is given back after use */
};

enum phase {
    IDLE,
    UNSENT,  /* the request has not been handed over */
    AWAITED, /* nothing of the answer has come */
    HEAD,    /* some of it has; llhttp stands within a head, or behind an interim one */
    BODY_LENGTH,
    BODY_CHUNKED,
    BODY_UNTIL_EOF,
    COMPLETE
};

struct http1 {
    struct lg_proto base;
    const struct lg_proto_sink *sink; /* borrowed */
    void *ctx;
    struct lg_http1_memo *memo; /* borrowed; NULL: none */
    lg_op op;              /* 0: no exchange, or one that was cancelled and is read to its end */
    struct lg_slice wire;  /* borrowed from the request until handed over */
    struct lg_buf scratch; /* a rendered request until handed over, then the fields asked for */
    uint64_t left;         /* BODY_LENGTH: bytes to come */
    struct lg_outcome why;
    uint32_t head_bytes; /* of unfinished or interim heads of this exchange */
    uint32_t field_at;   /* start of the field being collected in scratch */
    uint8_t phase;
    uint8_t state;
    bool parsing;   /* llhttp stands within a head */
    bool in_field;  /* the name of a field is being read and is not empty */
    bool head_only; /* HEAD was asked */
    bool want_headers, want_body;
    bool special; /* head_only, or somebody looks into the answer */
    bool body_begun;
    bool keep_alive;
    bool finishing;
    uint32_t authority_n;
    llhttp_t parser;
    char authority[];
};

/* A collected field: this, then the bytes of name and value. */
struct field {
    uint32_t name_n, value_n;
};

static struct http1 *of(struct lg_proto *proto)
{
    return (struct http1 *)proto;
}

/* ---- ends of exchange and connection ---- */

static void end_exchange(struct http1 *h, struct lg_outcome outcome)
{
    lg_op op = h->op;
    h->op = 0;
    h->phase = IDLE;
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

static void break_with(struct http1 *h, struct lg_outcome why)
{
    if (h->state == LG_PROTO_OPEN) {
        h->state = LG_PROTO_BROKEN;
        h->why = why;
    }
    end_exchange(h, why);
}

static void fault(struct http1 *h, enum lg_protocol_fault code)
{
    break_with(h, lg_outcome(LG_PROTOCOL, code));
}

/* The state is settled before on_done, so that a sink that asks capacity() there hears the truth.
 */
static void complete(struct http1 *h, bool more)
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

/* ---- what llhttp reports ---- */

static int pause_parser(llhttp_t *parser)
{
    (void)parser;
    return HPE_PAUSED;
}

static int chunk_begins(llhttp_t *parser)
{
    ((struct http1 *)parser->data)->head_bytes = 0;
    return 0;
}

static int chunk_data(llhttp_t *parser, const char *at, size_t n)
{
    struct http1 *h = parser->data;
    if (h->want_body && h->op != 0) {
        h->sink->on_data(h->ctx, h->op, lg_slice(at, n), false);
    }
    return 0;
}

/* Trailers, and the extensions of a chunk, are as limited as a head, which is counted elsewhere. */
static int value_seen(llhttp_t *parser, const char *at, size_t n)
{
    struct http1 *h = parser->data;
    (void)at;
    if (h->phase == BODY_CHUNKED) {
        h->head_bytes += (uint32_t)n;
    }
    return h->head_bytes <= HEAD_LIMIT ? 0 : -1;
}

/* llhttp lets a field pass that has no name; RFC 9112 5 does not.  (A call with n == 0 says
 * nothing: it comes where the input was cut, too.) */
static int name_seen(llhttp_t *parser, const char *at, size_t n)
{
    struct http1 *h = parser->data;
    h->in_field |= n > 0;
    return value_seen(parser, at, n);
}

static int name_end(llhttp_t *parser)
{
    struct http1 *h = parser->data;
    bool named = h->in_field;
    h->in_field = false;
    if (h->phase == BODY_CHUNKED) {
        h->head_bytes += FIELD_COST;
    }
    return named ? 0 : -1;
}

static int field_name(llhttp_t *parser, const char *at, size_t n)
{
    struct http1 *h = parser->data;
    if (h->phase != HEAD) { /* a trailer field */
        return name_seen(parser, at, n);
    }
    if (n == 0) {
        return 0;
    }
    if (!h->in_field) {
        h->in_field = true;
        h->field_at = (uint32_t)h->scratch.n;
        lg_buf_add(&h->scratch, &(struct field){0}, sizeof(struct field));
    }
    size_t from = h->scratch.n;
    lg_buf_add(&h->scratch, at, n);
    for (size_t i = from; i < h->scratch.n; i++) {
        char c = h->scratch.p[i];
        h->scratch.p[i] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
    }
    return 0;
}

static int field_name_end(llhttp_t *parser)
{
    struct http1 *h = parser->data;
    if (name_end(parser) != 0) {
        return -1;
    }
    if (h->phase == HEAD) {
        struct field field = {0};
        field.name_n = (uint32_t)(h->scratch.n - h->field_at - sizeof field);
        memcpy(h->scratch.p + h->field_at, &field, sizeof field);
    }
    return 0;
}

static int field_value(llhttp_t *parser, const char *at, size_t n)
{
    struct http1 *h = parser->data;
    if (h->phase != HEAD) {
        return value_seen(parser, at, n);
    }
    lg_buf_add(&h->scratch, at, n);
    return 0;
}

static int field_value_end(llhttp_t *parser)
{
    struct http1 *h = parser->data;
    if (h->phase != HEAD) {
        return 0;
    }
    struct field field;
    memcpy(&field, h->scratch.p + h->field_at, sizeof field);
    size_t value_at = h->field_at + sizeof field + field.name_n;
    while (h->scratch.n > value_at &&
           (h->scratch.p[h->scratch.n - 1] == ' ' || h->scratch.p[h->scratch.n - 1] == '\t')) {
        h->scratch.n--;
    }
    field.value_n = (uint32_t)(h->scratch.n - value_at);
    memcpy(h->scratch.p + h->field_at, &field, sizeof field);
    return 0;
}

static const llhttp_settings_t plain = {
    .on_header_field = name_seen,
    .on_header_field_complete = name_end,
    .on_header_value = value_seen,
    .on_chunk_extension_name = value_seen,
    .on_chunk_extension_value = value_seen,
    .on_chunk_header = chunk_begins,
    .on_headers_complete = pause_parser,
    .on_body = chunk_data,
    .on_message_complete = pause_parser,
};

static const llhttp_settings_t with_fields = {
    .on_chunk_extension_name = value_seen,
    .on_chunk_extension_value = value_seen,
    .on_chunk_header = chunk_begins,
    .on_header_field = field_name,
    .on_header_field_complete = field_name_end,
    .on_header_value = field_value,
    .on_header_value_complete = field_value_end,
    .on_headers_complete = pause_parser,
    .on_body = chunk_data,
    .on_message_complete = pause_parser,
};

static enum lg_protocol_fault fault_of(llhttp_errno_t error)
{
    switch (error) {
    case HPE_UNEXPECTED_CONTENT_LENGTH:
    case HPE_INVALID_CONTENT_LENGTH:
    case HPE_INVALID_TRANSFER_ENCODING:
    case HPE_INVALID_CHUNK_SIZE:
        return LG_FAULT_LENGTH;
    default:
        return LG_FAULT_SYNTAX;
    }
}

/* ---- the head ---- */

static bool never_has_body(int status)
{
    return status == 204 || status == 304;
}

static bool without_body(const struct http1 *h, int status)
{
    return h->head_only || never_has_body(status); /* RFC 9112 6.3, rule 1 */
}

/* What llhttp has found; the fault if the head is well-formed and still not acceptable here. */
static enum lg_protocol_fault facts_of(struct http1 *h, struct lg_http1_head *head)
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

static void emit_fields(struct http1 *h)
{
    for (size_t at = 0; at < h->scratch.n && h->op != 0;) {
        struct field field;
        memcpy(&field, h->scratch.p + at, sizeof field);
        const char *name = h->scratch.p + at + sizeof field;
        h->sink->on_header(h->ctx, h->op, lg_slice(name, field.name_n),
                           lg_slice(name + field.name_n, field.value_n));
        at += sizeof field + field.name_n + field.value_n;
    }
    lg_buf_clear(&h->scratch);
}

static void head_done(struct http1 *h, const struct lg_http1_head *head)
{
    static const uint8_t phases[] = {
        [LG_HTTP1_LENGTH] = BODY_LENGTH,
        [LG_HTTP1_CHUNKED] = BODY_CHUNKED,
        [LG_HTTP1_UNTIL_EOF] = BODY_UNTIL_EOF,
    };
    h->parsing = false;
    h->keep_alive = head->keep_alive;
    h->left = head->length;
    h->body_begun = false;
    h->phase = phases[head->framing];
    if (without_body(h, head->status) || (h->phase == BODY_LENGTH && h->left == 0)) {
        h->phase = COMPLETE;
    }
    if (h->op != 0) {
        h->sink->on_head(h->ctx, h->op, head->status); /* `head` may be gone after it */
        if (h->want_headers) {
            emit_fields(h);
        }
    }
}

/* llhttp has stopped behind the empty line of a head that is `used` bytes of the input. */
static void head_parsed(struct http1 *h, const char *p, size_t used)
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

static size_t parse_head(struct http1 *h, struct lg_slice in)
{
    if (h->phase == AWAITED) {
        h->phase = HEAD;
        h->head_bytes = 0;
    }
    if (!h->parsing) {
        if (in.p[0] != 'H') {
            fault(h, LG_FAULT_SYNTAX); /* llhttp would forgive empty lines before a response */
            return in.n;
        }
        llhttp_init(&h->parser, HTTP_RESPONSE, h->want_headers ? &with_fields : &plain);
        h->parser.data = h;
        h->parsing = true;
        h->in_field = false;
    }
    size_t room = HEAD_LIMIT - h->head_bytes;
    size_t n = in.n < room ? in.n : room;
    llhttp_errno_t error = n > 0 ? llhttp_execute(&h->parser, in.p, n) : HPE_OK;
    if (error == HPE_PAUSED) {
        size_t used = (size_t)(llhttp_get_error_pos(&h->parser) - in.p);
        head_parsed(h, in.p, used);
        return used;
    }
    h->head_bytes += (uint32_t)n;
    if (error != HPE_OK) {
        fault(h, fault_of(error));
    } else if (h->head_bytes == HEAD_LIMIT) {
        fault(h, LG_FAULT_HEADER_LIMIT);
    }
    return n;
}

static size_t take_head(struct http1 *h, struct lg_slice in)
{
    if (h->phase == AWAITED && !h->want_headers) {
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

static size_t take_length(struct http1 *h, struct lg_slice in)
{
    size_t n = in.n < h->left ? in.n : (size_t)h->left;
    bool whole = !h->body_begun && n == h->left;
    h->body_begun = true;
    h->left -= n;
    if (h->left == 0) {
        h->phase = COMPLETE;
    }
    if (h->want_body && h->op != 0) {
        h->sink->on_data(h->ctx, h->op, lg_slice(in.p, n), whole);
    }
    return n;
}

static size_t take_until_eof(struct http1 *h, struct lg_slice in)
{
    if (h->want_body && h->op != 0) {
        h->sink->on_data(h->ctx, h->op, in, false);
    }
    return in.n;
}

static size_t take_chunked(struct http1 *h, struct lg_slice in)
{
    llhttp_resume(&h->parser); /* from the pause behind the head; else without effect */
    llhttp_errno_t error = llhttp_execute(&h->parser, in.p, in.n);
    if (h->state != LG_PROTO_OPEN || error == HPE_OK) {
        return in.n;
    }
    if (error != HPE_PAUSED) {
        fault(h, h->head_bytes > HEAD_LIMIT ? LG_FAULT_HEADER_LIMIT : fault_of(error));
        return in.n;
    }
    h->phase = COMPLETE;
    return (size_t)(llhttp_get_error_pos(&h->parser) - in.p);
}

static size_t step(struct http1 *h, struct lg_slice in)
{
    switch ((enum phase)h->phase) {
    case AWAITED:
    case HEAD:
        return take_head(h, in);
    case BODY_LENGTH:
        return take_length(h, in);
    case BODY_CHUNKED:
        return take_chunked(h, in);
    case BODY_UNTIL_EOF:
        return take_until_eof(h, in);
    case IDLE:
    case UNSENT:
    case COMPLETE:
        break;
    }
    fault(h, LG_FAULT_UNASKED);
    return in.n;
}

static void peer_closed(struct http1 *h)
{
    if (h->phase == IDLE) {
        h->state = LG_PROTO_FINISHED;
    } else if (h->phase == BODY_UNTIL_EOF) {
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
    struct http1 *h = lg_alloc(sizeof *h + config->authority.n);
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
    const struct http1 *h = (const struct http1 *)proto;
    return h->phase == IDLE && h->state == LG_PROTO_OPEN && !h->finishing;
}

static void http1_start(struct lg_proto *proto, lg_op op, const struct lg_request *request)
{
    struct http1 *h = of(proto);
    LG_ASSERT(op != 0 && http1_capacity(proto) > 0);
    h->op = op;
    h->phase = UNSENT;
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
    struct http1 *h = of(proto);
    if (h->op != op) {
        return;
    }
    h->op = 0;
    if (h->phase == UNSENT) {
        end_exchange(h, lg_outcome(LG_OK, 0));
    }
}

/* The steady state in one step: all of an answer is here, its head is known, nobody looks inside.
 */
static bool take_known(struct http1 *h, struct lg_slice in)
{
    if (h->phase != AWAITED || h->special || h->finishing || h->op == 0) {
        return false;
    }
    const struct lg_http1_head *known = lg_http1_memo_find(h->memo, in);
    if (known == NULL || !known->plain || in.n - known->n != known->length) {
        return false;
    }
    h->sink->on_head(h->ctx, h->op, known->status);
    lg_op op = h->op;
    h->op = 0;
    h->phase = IDLE;
    if (op != 0) {
        h->sink->on_done(h->ctx, op, lg_outcome(LG_OK, 0));
    } else {
        h->sink->on_ready(h->ctx); /* cancelled in on_head */
    }
    return true;
}

/* Not inline: the steady state would pay for its registers. */
static __attribute__((noinline)) void take_any(struct http1 *h, struct lg_slice in)
{
    if (in.n == 0) {
        peer_closed(h);
    }
    while (in.n > 0 && h->state == LG_PROTO_OPEN) {
        size_t used = step(h, in);
        in.p += used;
        in.n -= used;
        if (h->phase == COMPLETE) {
            complete(h, in.n > 0);
        }
    }
}

static enum lg_proto_state http1_input(struct lg_proto *proto, struct lg_slice in)
{
    struct http1 *h = of(proto);
    LG_ASSERT(h->state == LG_PROTO_OPEN);
    if (!take_known(h, in)) {
        take_any(h, in);
    }
    return h->state;
}

static void http1_output(struct lg_proto *proto, struct lg_buf *out)
{
    struct http1 *h = of(proto);
    if (h->phase != UNSENT) {
        return;
    }
    h->phase = AWAITED;
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
    return ((const struct http1 *)proto)->why;
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
