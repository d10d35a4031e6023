#include "proto/h2_request.h"
#include "proto/http1_write.h"
#include "proto/ws_deflate.h"

#include <ctype.h>
#include <strings.h>

enum { OWN_FIELDS = 7, DIGITS = 20, ESCAPED = 3 }; /* ESCAPED: bytes of %20 */

static bool named(struct lg_slice name, const char *text)
{
    return name.n == strlen(text) && strncasecmp(name.p, text, name.n) == 0;
}

/* RFC 9113 8.2.2; Host is told by :authority, and a tunnel has no length. */
static bool left_out(const struct lg_header *h, const struct lg_request *request)
{
    static const char *const names[] = {"connection",        "keep-alive", "proxy-connection",
                                        "transfer-encoding", "upgrade",    "host"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (named(h->name, names[i])) {
            return true;
        }
    }
    return (named(h->name, "te") && !named(h->value, "trailers")) ||
           (request->websocket && named(h->name, "content-length"));
}

static struct lg_slice trimmed(struct lg_slice text)
{
    while (text.n > 0 && (text.p[0] == ' ' || text.p[0] == '\t')) {
        text = lg_slice(text.p + 1, text.n - 1);
    }
    while (text.n > 0 && (text.p[text.n - 1] == ' ' || text.p[text.n - 1] == '\t')) {
        text.n--;
    }
    return text;
}

static void add(struct lg_h2_request *made, struct lg_slice name, struct lg_slice value)
{
    /* nghttp2's type is not const, because it can own the bytes, too. */
    union {
        const char *in;
        uint8_t *out;
    } n = {name.p}, v = {value.p};
    made->fields[made->count++] = (nghttp2_nv){
        .name = n.out,
        .value = v.out,
        .namelen = name.n,
        .valuelen = value.n,
        .flags = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE,
    };
}

static void add_pseudo(struct lg_h2_request *made, const char *name, struct lg_slice value)
{
    add(made, lg_str(name), value);
}

/* The room was reserved, so that what is added does not move. */
static struct lg_slice put_name(struct lg_buf *out, struct lg_slice name)
{
    size_t from = out->n;
    for (size_t i = 0; i < name.n; i++) {
        char c = (char)tolower((unsigned char)name.p[i]);
        lg_buf_add(out, &c, 1);
    }
    return lg_slice(out->p + from, name.n);
}

static struct lg_slice put_value(struct lg_buf *out, struct lg_slice value)
{
    struct lg_slice text = trimmed(value);
    char *p = out->p + out->n;
    lg_buf_add(out, text.p, text.n);
    for (size_t i = 0; i < text.n; i++) {
        if (p[i] == '\r' || p[i] == '\n' || p[i] == '\0') {
            p[i] = ' ';
        }
    }
    return trimmed(lg_slice(p, text.n));
}

static struct lg_slice put_target(struct lg_buf *out, struct lg_slice path)
{
    size_t from = out->n;
    lg_http1_write_target(out, path);
    return lg_slice(out->p + from, out->n - from);
}

static size_t room_for(struct lg_slice authority, const struct lg_request *request)
{
    size_t bytes = sizeof(struct lg_h2_request) + DIGITS + authority.n + request->method.n +
                   ESCAPED * request->path.n + request->body.n +
                   (OWN_FIELDS + request->header_count) * sizeof(nghttp2_nv);
    for (size_t i = 0; i < request->header_count; i++) {
        bytes += request->headers[i].name.n + request->headers[i].value.n;
    }
    return bytes;
}

static void add_pseudos(struct lg_h2_request *made, struct lg_buf *out, struct lg_slice authority,
                        bool secure, const struct lg_request *request)
{
    for (size_t i = 0; i < request->header_count; i++) {
        if (named(request->headers[i].name, "host")) {
            authority = request->headers[i].value;
        }
    }
    if (request->websocket) {
        add_pseudo(made, ":method", lg_str("CONNECT"));
        add_pseudo(made, ":protocol", lg_str("websocket"));
    } else {
        add_pseudo(made, ":method", put_value(out, request->method));
    }
    add_pseudo(made, ":scheme", lg_str(secure ? "https" : "http"));
    add_pseudo(made, ":authority", put_value(out, authority));
    add_pseudo(made, ":path", put_target(out, request->path));
}

static void add_length(struct lg_h2_request *made, struct lg_buf *out,
                       const struct lg_request *request)
{
    if (request->websocket || !lg_http1_needs_length(request)) {
        return;
    }
    size_t from = out->n;
    lg_buf_addf(out, "%zu", request->body.n);
    add(made, lg_str("content-length"), lg_slice(out->p + from, out->n - from));
}

const struct lg_h2_request *lg_h2_request_write(struct lg_buf *out, struct lg_slice authority,
                                                bool secure, bool deflate,
                                                const struct lg_request *request)
{
    LG_ASSERT(out->n == 0);
    lg_buf_reserve(out, room_for(authority, request) + 1); /* 1: lg_buf_addf's NUL */
    struct lg_h2_request *made = (struct lg_h2_request *)(void *)out->p;
    made->count = 0;
    out->n = sizeof *made + (OWN_FIELDS + request->header_count) * sizeof *made->fields;
    add_pseudos(made, out, authority, secure, request);
    if (request->websocket) {
        add(made, lg_str("sec-websocket-version"), lg_str("13"));
    }
    if (request->websocket && deflate &&
        !lg_ws_has_offer(request->headers, request->header_count)) {
        add(made, lg_str("sec-websocket-extensions"), lg_str(LG_WS_DEFLATE_OFFER));
    }
    for (size_t i = 0; i < request->header_count; i++) {
        const struct lg_header *h = &request->headers[i];
        if (!left_out(h, request)) {
            struct lg_slice name = put_name(out, h->name);
            add(made, name, put_value(out, h->value));
        }
    }
    add_length(made, out, request);
    made->body = lg_slice(out->p + out->n, request->body.n);
    lg_buf_add(out, request->body.p, request->body.n);
    LG_ASSERT((char *)made == out->p); /* nothing moved */
    return made;
}
