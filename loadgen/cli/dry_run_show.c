#include "base/units.h"
#include "cli/dry_run.h"

enum {
    BODY_SHOWN = 600,
    HEADER_SHOWN = 200,
};

/* Controls and what is not UTF-8 must not reach a terminal. */
static void add_printable(struct lg_buf *out, struct lg_slice text)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if ((c >= 0x20 && c < 0x7f) || c == '\t') {
            lg_buf_add(out, &text.p[i], 1);
        } else {
            lg_buf_addf(out, "\\x%02x", c);
        }
    }
}

/* The secret that stands first in the text; n == 0: none does. */
static struct lg_slice first_secret(const struct lg_told *t, struct lg_slice text)
{
    struct lg_slice first = {0};
    for (size_t i = 0; i < t->secret_count; i++) {
        struct lg_slice secret = t->secrets[i];
        const char *at = lg_slice_find(text, secret);
        bool sooner = at != NULL && (first.n == 0 || at < first.p);
        bool longer = at != NULL && at == first.p && secret.n > first.n;
        if (sooner || longer) {
            first = lg_slice(at, secret.n);
        }
    }
    return first;
}

static void add_blotted(struct lg_buf *out, const struct lg_told *t, struct lg_slice text)
{
    while (text.n > 0) {
        struct lg_slice secret = first_secret(t, text);
        size_t before = secret.n > 0 ? (size_t)(secret.p - text.p) : text.n;
        add_printable(out, lg_slice(text.p, before));
        lg_buf_adds(out, secret.n > 0 ? "***" : "");
        text = lg_slice(text.p + before + secret.n, text.n - before - secret.n);
    }
}

/* Lines with a mark in front, each cut to what fits a screen. */
static void add_lines(struct lg_buf *out, const struct lg_told *t, struct lg_slice text,
                      const char *mark)
{
    while (text.n > 0) {
        const char *end = memchr(text.p, '\n', text.n);
        size_t n = end != NULL ? (size_t)(end - text.p) : text.n;
        lg_buf_addf(out, "    %s ", mark);
        add_blotted(out, t, lg_slice(text.p, n < HEADER_SHOWN ? n : HEADER_SHOWN));
        lg_buf_adds(out, n > HEADER_SHOWN ? " ...\n" : "\n");
        n += end != NULL;
        text = lg_slice(text.p + n, text.n - n);
    }
}

static void add_body(struct lg_buf *out, const struct lg_told *t, struct lg_slice body,
                     const char *mark)
{
    char size[LG_UNIT_TEXT], came[LG_UNIT_TEXT];
    if (body.n == 0) {
        return;
    }
    lg_buf_addf(out, "    %s ", mark);
    add_blotted(out, t, lg_slice(body.p, body.n < BODY_SHOWN ? body.n : BODY_SHOWN));
    lg_buf_addf(out, "%s\n    %s (%s", body.n > BODY_SHOWN ? " ..." : "", mark,
                lg_show_bytes(size, (double)body.n));
    if (mark[0] == '<' && t->decoded) {
        lg_buf_addf(out, ", which came as %s", lg_show_bytes(came, (double)t->came));
    }
    lg_buf_adds(out, ")\n");
}

static void add_times(struct lg_buf *out, const struct lg_told *t)
{
    char text[LG_UNIT_TEXT];
    if (t->status != 0) {
        lg_buf_addf(out, "  %d", t->status);
    }
    if (t->done >= 0) {
        lg_buf_addf(out, "  %s", lg_show_time(text, (double)t->done));
    }
    if (t->first >= 0 && t->first != t->done) {
        lg_buf_addf(out, ", first byte after %s", lg_show_time(text, (double)t->first));
    }
    if (t->connecting > 0) {
        lg_buf_addf(out, ", before it %s to connect", lg_show_time(text, (double)t->connecting));
    }
    lg_buf_adds(out, "\n");
}

static void add_checks(struct lg_buf *out, const struct lg_told *t)
{
    for (size_t i = 0; i < t->check_count; i++) {
        lg_buf_addf(out, "    %s  %s\n", t->checks[i].passed ? "passed" : "FAILED",
                    t->checks[i].text);
    }
    for (size_t i = 0; i < t->capture_count; i++) {
        const struct lg_told_capture *c = &t->captures[i];
        lg_buf_addf(out, "    %s  %s", c->value.p != NULL ? "found " : "NOTHING", c->capture->text);
        if (c->value.p != NULL) {
            lg_buf_adds(out, ": ");
            if (c->capture->secret) {
                lg_buf_adds(out, "***");
            } else {
                add_printable(out, lg_slice(c->value.p,
                                            c->value.n < HEADER_SHOWN ? c->value.n : HEADER_SHOWN));
            }
        }
        lg_buf_adds(out, "\n");
    }
}

/* What a person does about it. */
static const char *advice(const struct lg_told *t)
{
    switch (t->outcome.class) {
    case LG_STATUS:
        return "the answer says more; if this status is meant to come, say check = status N";
    case LG_CHECK:
        return "hold the check or capture marked above against the answer";
    case LG_CONNECT_REFUSED:
        return "nobody listens at the target's url";
    case LG_CONNECT_TIMEOUT:
        return "no answer from the target's url; is it the right host and port?";
    case LG_TLS:
        return "for a certificate of your own: ca_file in [scenario], or verify_tls = no";
    case LG_TIMEOUT:
        return t->step->has_await ? "the awaited message did not come: hold await against what the "
                                    "server sends"
                                  : "slower than the step's timeout";
    case LG_PROTOCOL:
        return "the server's bytes break the protocol";
    case LG_CLOSED:
    case LG_RESET:
    case LG_WS_CLOSE:
        return "the server ended the connection; its own log may say why";
    default:
        return lg_outcome_help(t->outcome.class);
    }
}

static void add_failure(struct lg_buf *out, const struct lg_told *t)
{
    lg_buf_addf(out, "    FAILED  %s", lg_outcome_name(t->outcome.class));
    if (t->outcome.class == LG_PROTOCOL) {
        lg_buf_addf(out, " (%s)", lg_protocol_fault_name((enum lg_protocol_fault)t->outcome.code));
    } else if (t->outcome.class == LG_WS_CLOSE) {
        lg_buf_addf(out, " (%d)", t->outcome.code);
    }
    lg_buf_addf(out, ": %s\n", advice(t));
}

void lg_dry_run_show(const struct lg_told *t, unsigned number, struct lg_buf *out)
{
    struct lg_slice request = t->request;
    const char *end = request.n > 0 ? memchr(request.p, '\n', request.n) : NULL;
    size_t line = end != NULL ? (size_t)(end - request.p) : request.n;
    lg_buf_addf(out, "\n%u  %s%s%s  ", number, t->step->name, t->setup ? " (setup)" : "",
                t->parallel ? " (with others at once)" : "");
    add_blotted(out, t, lg_slice(request.p, line));
    add_times(out, t);
    if (end != NULL) {
        add_lines(out, t, lg_slice(end + 1, request.n - line - 1), ">");
    }
    add_body(out, t, t->sent, ">");
    add_lines(out, t, t->headers, "<");
    add_body(out, t, t->answer, "<");
    add_checks(out, t);
    if (t->outcome.class != LG_OK) {
        add_failure(out, t);
    }
}
