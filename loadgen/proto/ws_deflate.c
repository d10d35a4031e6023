#include "proto/ws_deflate.h"

#include <stdlib.h>
#include <strings.h>
#include <zlib.h>

enum {
    MIN_BITS = 8,
    MAX_BITS = 15,
    ZLIB_MIN_BITS = 9, /* zlib cannot write for a smaller window */
    MEMORY_LEVEL = 5,  /* a reset clears 2^(level+8) bytes: chat messages are short */
    FLUSH_BYTES = 16,  /* of Z_SYNC_FLUSH, beyond deflateBound() */
    FIRST_ROOM = 1024  /* for what a message inflates to */
};

static const uint8_t tail[] = {0, 0, 0xff, 0xff}; /* 7.2.1: taken off by who sends */

/* ---- terms ---- */

static struct lg_slice trimmed(struct lg_slice text)
{
    while (text.n > 0 && (*text.p == ' ' || *text.p == '\t')) {
        text = lg_slice(text.p + 1, text.n - 1);
    }
    while (text.n > 0 && (text.p[text.n - 1] == ' ' || text.p[text.n - 1] == '\t')) {
        text.n--;
    }
    return text;
}

/* Cuts the part before the next `separator` off the front. */
static struct lg_slice cut(struct lg_slice *rest, char separator)
{
    const char *at = rest->n > 0 ? memchr(rest->p, separator, rest->n) : NULL;
    size_t n = at != NULL ? (size_t)(at - rest->p) : rest->n;
    struct lg_slice part = lg_slice(rest->p, n);
    size_t used = at != NULL ? n + 1 : n;
    *rest = used > 0 ? lg_slice(rest->p + used, rest->n - used) : *rest;
    return trimmed(part);
}

static bool named(struct lg_slice name, const char *text)
{
    return name.n == strlen(text) && strncasecmp(name.p, text, name.n) == 0;
}

/* "8" to "15", also as a quoted string (RFC 6455 9.1); 0: it is none of them. */
static uint8_t window_bits(struct lg_slice value)
{
    if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"') {
        value = lg_slice(value.p + 1, value.n - 2);
    }
    for (uint8_t bits = MIN_BITS; bits <= MAX_BITS; bits++) {
        char text[3] = {(char)('0' + bits % 10), 0};
        if (bits >= 10) {
            text[0] = '1';
            text[1] = (char)('0' + bits % 10);
        }
        if (lg_slice_eq(value, lg_str(text))) {
            return bits;
        }
    }
    return 0;
}

bool lg_ws_has_offer(const struct lg_header *headers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (named(headers[i].name, "sec-websocket-extensions")) {
            return true;
        }
    }
    return false;
}

struct seen {
    bool server_resets, client_resets, server_bits, client_bits;
};

static bool read_flag(bool *seen, bool has_value)
{
    bool ok = !*seen && !has_value;
    *seen = true;
    return ok;
}

static bool read_bits(bool *seen, struct lg_slice value, uint8_t *bits)
{
    *bits = window_bits(value);
    bool ok = !*seen && *bits != 0;
    *seen = true;
    return ok;
}

static bool read_parameter(struct lg_slice text, struct seen *seen, struct lg_ws_terms *terms)
{
    bool has_value = memchr(text.p, '=', text.n) != NULL;
    struct lg_slice name = cut(&text, '='), value = trimmed(text);
    if (named(name, "server_no_context_takeover")) {
        terms->server_resets = true;
        return read_flag(&seen->server_resets, has_value);
    }
    if (named(name, "client_no_context_takeover")) {
        return read_flag(&seen->client_resets, has_value);
    }
    if (named(name, "server_max_window_bits")) {
        return read_bits(&seen->server_bits, value, &terms->server_bits);
    }
    return named(name, "client_max_window_bits") &&
           read_bits(&seen->client_bits, value, &terms->client_bits);
}

bool lg_ws_terms_read(struct lg_slice field, struct lg_ws_terms *terms)
{
    struct seen seen = {0};
    if (terms->client_bits != 0 || !named(cut(&field, ';'), "permessage-deflate")) {
        return false;
    }
    *terms = (struct lg_ws_terms){.client_bits = MAX_BITS, .server_bits = MAX_BITS};
    while (field.n > 0) {
        struct lg_slice parameter = cut(&field, ';');
        if (parameter.n == 0 || !read_parameter(parameter, &seen, terms)) {
            return false;
        }
    }
    return true;
}

/* ---- out ---- */

struct lg_deflater {
    z_stream *streams[MAX_BITS + 1]; /* owned: by window; NULL: not needed yet */
    struct lg_buf out;
};

struct lg_deflater *lg_deflater_new(void)
{
    return lg_alloc(sizeof(struct lg_deflater));
}

void lg_deflater_free(struct lg_deflater *deflater)
{
    if (deflater == NULL) {
        return;
    }
    for (unsigned bits = 0; bits <= MAX_BITS; bits++) {
        if (deflater->streams[bits] != NULL) {
            deflateEnd(deflater->streams[bits]);
            free(deflater->streams[bits]);
        }
    }
    lg_buf_free(&deflater->out);
    free(deflater);
}

static z_stream *stream_for(struct lg_deflater *deflater, unsigned bits)
{
    z_stream *stream = deflater->streams[bits];
    if (stream == NULL) {
        stream = deflater->streams[bits] = lg_alloc(sizeof *stream);
        int done = deflateInit2(stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -(int)bits, MEMORY_LEVEL,
                                Z_DEFAULT_STRATEGY);
        LG_ASSERT(done == Z_OK);
    } else {
        LG_ASSERT(deflateReset(stream) == Z_OK);
    }
    return stream;
}

/* As lg_ws_deflate_out. */
static struct lg_slice compress_alone(struct lg_deflater *deflater, unsigned bits,
                                      struct lg_slice message)
{
    if (bits < ZLIB_MIN_BITS || message.n == 0 || message.n > UINT32_MAX / 2) {
        return lg_slice(NULL, 0);
    }
    z_stream *stream = stream_for(deflater, bits);
    size_t room = deflateBound(stream, message.n) + FLUSH_BYTES;
    lg_buf_clear(&deflater->out);
    lg_buf_reserve(&deflater->out, room);
    stream->next_in = (Bytef *)message.p;
    stream->avail_in = (uInt)message.n;
    stream->next_out = (Bytef *)deflater->out.p;
    stream->avail_out = (uInt)room;
    int done = deflate(stream, Z_SYNC_FLUSH);
    LG_ASSERT(done == Z_OK && stream->avail_out > 0);
    size_t n = room - stream->avail_out;
    LG_ASSERT(n > sizeof tail && memcmp(deflater->out.p + n - sizeof tail, tail, sizeof tail) == 0);
    return lg_slice(deflater->out.p, n - sizeof tail);
}

/* ---- in ---- */

struct lg_ws_deflate {
    z_stream stream;              /* of what the server sends */
    struct lg_deflater *deflater; /* borrowed */
    uint8_t client_bits;
    bool server_resets;
};

struct lg_ws_deflate *lg_ws_deflate_new(const struct lg_ws_terms *terms,
                                        struct lg_deflater *deflater)
{
    struct lg_ws_deflate *deflate = lg_alloc(sizeof *deflate);
    deflate->deflater = deflater;
    deflate->client_bits = terms->client_bits;
    deflate->server_resets = terms->server_resets;
    int done = inflateInit2(&deflate->stream, -(int)terms->server_bits);
    LG_ASSERT(done == Z_OK);
    return deflate;
}

void lg_ws_deflate_free(struct lg_ws_deflate *deflate)
{
    if (deflate != NULL) {
        inflateEnd(&deflate->stream);
        free(deflate);
    }
}

struct lg_slice lg_ws_deflate_out(struct lg_ws_deflate *deflate, struct lg_slice message)
{
    return compress_alone(deflate->deflater, deflate->client_bits, message);
}

/* Room for more, but never for more than a byte above `max`: that one tells that it is too much. */
static void make_room(struct lg_buf *out, size_t max)
{
    if (out->n == out->cap) {
        size_t more = out->n < FIRST_ROOM ? FIRST_ROOM : out->n;
        size_t limit = max + 1 - out->n;
        lg_buf_reserve(out, more < limit ? more : limit);
    }
}

static enum lg_protocol_fault inflate_all(z_stream *stream, struct lg_slice in, size_t max,
                                          struct lg_buf *out)
{
    stream->next_in = (Bytef *)in.p;
    stream->avail_in = (uInt)in.n;
    do {
        make_room(out, max);
        size_t room = out->cap - out->n;
        stream->next_out = (Bytef *)out->p + out->n;
        stream->avail_out = (uInt)(room < UINT32_MAX ? room : UINT32_MAX);
        uInt had = stream->avail_out;
        int done = inflate(stream, Z_SYNC_FLUSH);
        out->n += had - stream->avail_out;
        if (out->n > max) {
            return LG_FAULT_TOO_BIG;
        }
        if (done == Z_STREAM_END) { /* a block with BFINAL; the next one starts afresh (7.2.3.4) */
            LG_ASSERT(inflateReset(stream) == Z_OK);
        } else if (done != Z_OK && done != Z_BUF_ERROR) {
            return LG_FAULT_DEFLATE;
        }
    } while (stream->avail_in > 0 || stream->avail_out == 0);
    return LG_FAULT_NONE;
}

/* Does the stream stand at the beginning of a block?  zlib tells it by bit 7 of data_type, but not
 * of a stream that was just reset. */
static bool between_blocks(const z_stream *stream)
{
    return stream->total_in == 0 || (stream->data_type & 0x80) != 0;
}

enum lg_protocol_fault lg_ws_deflate_in(struct lg_ws_deflate *deflate, struct lg_slice piece,
                                        bool last, size_t max, struct lg_buf *out)
{
    z_stream *stream = &deflate->stream;
    enum lg_protocol_fault wrong = inflate_all(stream, piece, max, out);
    if (wrong != LG_FAULT_NONE || !last) {
        return wrong;
    }
    wrong = inflate_all(stream, lg_slice(tail, sizeof tail), max, out);
    if (wrong == LG_FAULT_NONE && !between_blocks(stream)) {
        wrong = LG_FAULT_DEFLATE;
    }
    if (deflate->server_resets) {
        LG_ASSERT(inflateReset(stream) == Z_OK);
    }
    return wrong;
}
