#include "proto/http1_write.h"

#include <strings.h>

static bool has_header(const struct lg_request *request, struct lg_slice name)
{
    for (size_t i = 0; i < request->header_count; i++) {
        struct lg_slice have = request->headers[i].name;
        if (have.n == name.n && strncasecmp(have.p, name.p, name.n) == 0) {
            return true;
        }
    }
    return false;
}

/* RFC 9110 8.6: a method that gives content a meaning announces its absence too. */
static bool expects_body(struct lg_slice method)
{
    return lg_slice_eq(method, lg_str("POST")) || lg_slice_eq(method, lg_str("PUT")) ||
           lg_slice_eq(method, lg_str("PATCH"));
}

bool lg_http1_needs_length(const struct lg_request *request)
{
    return (request->body.n > 0 || expects_body(request->method)) &&
           !has_header(request, lg_str("content-length"));
}

/* RFC 9110 5.5: CR, LF and NUL in a field are dangerous; each becomes a blank. */
static void add_field_text(struct lg_buf *out, struct lg_slice text)
{
    size_t at = out->n;
    lg_buf_add(out, text.p, text.n);
    for (; at < out->n; at++) {
        char c = out->p[at];
        if (c == '\r' || c == '\n' || c == '\0') {
            out->p[at] = ' ';
        }
    }
}

void lg_http1_write_header(struct lg_buf *out, struct lg_slice name, struct lg_slice value)
{
    add_field_text(out, name);
    lg_buf_add(out, ": ", 2);
    add_field_text(out, value);
    lg_buf_add(out, "\r\n", 2);
}

void lg_http1_write_target(struct lg_buf *out, struct lg_slice path)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t from = 0;
    for (size_t i = 0; i < path.n; i++) {
        unsigned char c = (unsigned char)path.p[i];
        if (c > ' ' && c != 0x7f) {
            continue;
        }
        lg_buf_add(out, path.p + from, i - from);
        lg_buf_add(out, (char[]){'%', hex[c >> 4], hex[c & 15]}, 3);
        from = i + 1;
    }
    if (from < path.n) {
        lg_buf_add(out, path.p + from, path.n - from);
    }
}

void lg_http1_write(struct lg_buf *out, struct lg_slice authority, const struct lg_request *request)
{
    add_field_text(out, request->method);
    lg_buf_add(out, " ", 1);
    lg_http1_write_target(out, request->path);
    lg_buf_adds(out, " HTTP/1.1\r\n");
    if (!has_header(request, lg_str("host"))) {
        lg_http1_write_header(out, lg_str("Host"), authority);
    }
    for (size_t i = 0; i < request->header_count; i++) {
        lg_http1_write_header(out, request->headers[i].name, request->headers[i].value);
    }
    if (lg_http1_needs_length(request)) {
        lg_buf_addf(out, "Content-Length: %zu\r\n", request->body.n);
    }
    lg_buf_add(out, "\r\n", 2);
    lg_buf_add(out, request->body.p, request->body.n);
}
