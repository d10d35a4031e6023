#include "proto/http1_session.h"

enum { FIELD_COST = 32 }; /* of a trailer field, beside its bytes: as RFC 9113 6.5.2 counts */

/* A collected field: this, then the bytes of name and value. */
struct field {
    uint32_t name_n, value_n;
};

static int pause_parser(llhttp_t *parser)
{
    (void)parser;
    return HPE_PAUSED;
}

static int chunk_begins(llhttp_t *parser)
{
    ((struct lg_http1_session *)parser->data)->head_bytes = 0;
    return 0;
}

static int chunk_data(llhttp_t *parser, const char *at, size_t n)
{
    struct lg_http1_session *h = parser->data;
    if (h->want_body && h->op != 0) {
        h->sink->on_data(h->ctx, h->op, lg_slice(at, n), false);
    }
    return 0;
}

/* Trailers, and the extensions of a chunk, are as limited as a head, which is counted elsewhere. */
static int value_seen(llhttp_t *parser, const char *at, size_t n)
{
    struct lg_http1_session *h = parser->data;
    (void)at;
    if (h->phase == LG_HTTP1_BODY_CHUNKED) {
        h->head_bytes += (uint32_t)n;
    }
    return h->head_bytes <= LG_HTTP1_HEAD_LIMIT ? 0 : -1;
}

/* llhttp lets a field pass that has no name; RFC 9112 5 does not.  (A call with n == 0 says
 * nothing: it comes where the input was cut, too.) */
static int name_seen(llhttp_t *parser, const char *at, size_t n)
{
    struct lg_http1_session *h = parser->data;
    h->in_field |= n > 0;
    return value_seen(parser, at, n);
}

static int name_end(llhttp_t *parser)
{
    struct lg_http1_session *h = parser->data;
    bool named = h->in_field;
    h->in_field = false;
    if (h->phase == LG_HTTP1_BODY_CHUNKED) {
        h->head_bytes += FIELD_COST;
    }
    return named ? 0 : -1;
}

static int field_name(llhttp_t *parser, const char *at, size_t n)
{
    struct lg_http1_session *h = parser->data;
    if (h->phase != LG_HTTP1_IN_HEAD) { /* a trailer field */
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
    struct lg_http1_session *h = parser->data;
    if (name_end(parser) != 0) {
        return -1;
    }
    if (h->phase == LG_HTTP1_IN_HEAD) {
        struct field field = {0};
        field.name_n = (uint32_t)(h->scratch.n - h->field_at - sizeof field);
        memcpy(h->scratch.p + h->field_at, &field, sizeof field);
    }
    return 0;
}

static int field_value(llhttp_t *parser, const char *at, size_t n)
{
    struct lg_http1_session *h = parser->data;
    if (h->phase != LG_HTTP1_IN_HEAD) {
        return value_seen(parser, at, n);
    }
    lg_buf_add(&h->scratch, at, n);
    return 0;
}

static int field_value_end(llhttp_t *parser)
{
    struct lg_http1_session *h = parser->data;
    if (h->phase != LG_HTTP1_IN_HEAD) {
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

enum lg_protocol_fault lg_http1_fault(llhttp_errno_t error)
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

void lg_http1_parser_begin(struct lg_http1_session *h)
{
    llhttp_init(&h->parser, HTTP_RESPONSE, h->want_headers ? &with_fields : &plain);
    h->parser.data = h;
    h->in_field = false;
}

void lg_http1_emit_fields(struct lg_http1_session *h)
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
