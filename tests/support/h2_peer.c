#include "support/h2_peer.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

static const struct lg_proto_config config = {
    .authority = {"h2.test", 7}, .random = 7, .max_message = 1000};

/* ---- what the server says ---- */

struct source { /* a body on its way; freed at its end */
    struct lg_buf bytes;
    bool end;
};

static ssize_t read_source(nghttp2_session *session, int32_t id, uint8_t *p, size_t room,
                           uint32_t *flags, nghttp2_data_source *data, void *user)
{
    struct source *source = data->ptr;
    (void)session, (void)id, (void)user;
    size_t n = source->bytes.n < room ? source->bytes.n : room;
    memcpy(p, source->bytes.p, n);
    lg_buf_drop(&source->bytes, n);
    if (source->bytes.n == 0) {
        *flags |= NGHTTP2_DATA_FLAG_EOF | (source->end ? 0 : NGHTTP2_DATA_FLAG_NO_END_STREAM);
        lg_buf_free(&source->bytes);
        free(source);
    }
    return (ssize_t)n;
}

static nghttp2_data_provider source_of(struct lg_slice bytes, bool end)
{
    struct source *source = lg_alloc(sizeof *source);
    lg_buf_add(&source->bytes, bytes.p, bytes.n);
    lg_buf_reserve(&source->bytes, 1);
    source->end = end;
    return (nghttp2_data_provider){.source.ptr = source, .read_callback = read_source};
}

nghttp2_data_provider h2_body(const char *text)
{
    return source_of(lg_str(text), true);
}

static nghttp2_nv field(const char *name, const char *value)
{
    return (nghttp2_nv){(uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value, strlen(name),
                        strlen(value), NGHTTP2_NV_FLAG_NONE};
}

void h2_answer(struct h2_peer *peer, int32_t id, const char *status, const char *body)
{
    nghttp2_nv fields[] = {field(":status", status), field("x-test", "yes")};
    nghttp2_data_provider data;
    if (body != NULL) {
        data = source_of(lg_str(body), true);
    }
    int result = nghttp2_submit_response(peer->server, id, fields, 2, body != NULL ? &data : NULL);
    LG_ASSERT(result == 0);
}

void h2_say(struct h2_peer *peer, int32_t id, struct lg_slice bytes, bool end)
{
    nghttp2_data_provider data = source_of(bytes, end);
    int result = nghttp2_submit_data(peer->server, end ? NGHTTP2_FLAG_END_STREAM : 0, id, &data);
    LG_ASSERT(result == 0);
}

/* ---- what it hears ---- */

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_n, const uint8_t *value, size_t value_n, uint8_t flags, void *user)
{
    struct h2_peer *peer = user;
    (void)session, (void)frame, (void)flags;
    lg_buf_addf(&peer->request, " %.*s=%.*s", (int)name_n, (const char *)name, (int)value_n,
                (const char *)value);
    return 0;
}

static void answer(struct h2_peer *peer, int32_t id)
{
    peer->requests++;
    peer->last_id = id;
    if (peer->answer != NULL) {
        peer->answer(peer, id);
    } else {
        h2_answer(peer, id, "200", "hello");
    }
}

static bool is_connect(const struct lg_buf *request)
{
    return memmem(request->p, request->n, ":method=CONNECT", 15) != NULL;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct h2_peer *peer = user;
    bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    bool connects = false;
    (void)session;
    if (frame->hd.type == NGHTTP2_HEADERS) {
        connects = is_connect(&peer->request);
        lg_buf_addf(&peer->log, "%d%.*s\n", frame->hd.stream_id, (int)peer->request.n,
                    peer->request.p);
        lg_buf_clear(&peer->request);
    } else if (frame->hd.type == NGHTTP2_RST_STREAM) {
        lg_buf_addf(&peer->log, "%d reset %u\n", frame->hd.stream_id, frame->rst_stream.error_code);
    } else if (frame->hd.type == NGHTTP2_GOAWAY) {
        lg_buf_addf(&peer->log, "goaway %u\n", frame->goaway.error_code);
    } else if (frame->hd.type == NGHTTP2_PING) {
        lg_buf_addf(&peer->log, "ping %.8s%s\n", (const char *)frame->ping.opaque_data,
                    frame->hd.flags & NGHTTP2_FLAG_ACK ? " answered" : "");
    }
    if (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) {
        if (ends) {
            lg_buf_addf(&peer->log, "%d ends\n", frame->hd.stream_id);
        }
        if (ends || connects) {
            answer(peer, frame->hd.stream_id);
        }
    }
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *p, size_t n,
                   void *user)
{
    struct h2_peer *peer = user;
    (void)session, (void)flags;
    if (peer->tunnelled != NULL) {
        peer->tunnelled(peer, id, lg_slice(p, n));
    } else {
        lg_buf_addf(&peer->log, "%d body %zu\n", id, n);
    }
    return 0;
}

/* ---- moving bytes ---- */

static bool client_to_server(struct h2_peer *peer)
{
    struct lg_buf *out = &peer->client.out;
    size_t n = out->n - peer->taken;
    if (n == 0) {
        return false;
    }
    ssize_t used = nghttp2_session_mem_recv(peer->server, (uint8_t *)out->p + peer->taken, n);
    LG_ASSERT(used == (ssize_t)n);
    peer->taken = out->n;
    return true;
}

static bool server_to_client(struct h2_peer *peer)
{
    struct lg_buf in = {0};
    const uint8_t *p;
    ssize_t n;
    while ((n = nghttp2_session_mem_send(peer->server, &p)) > 0) {
        lg_buf_add(&in, p, (size_t)n);
    }
    bool some = in.n > 0;
    script_feed(&peer->client, lg_buf_slice(&in), peer->split, peer->seed++);
    lg_buf_free(&in);
    return some;
}

void h2_peer_pump(struct h2_peer *peer)
{
    bool more = true;
    while (more && peer->client.state == LG_PROTO_OPEN) {
        script_drain(&peer->client);
        more = client_to_server(peer);
        more |= server_to_client(peer);
    }
    client_to_server(peer);
}

void h2_peer_open(struct h2_peer *peer, const nghttp2_settings_entry *settings, size_t count)
{
    nghttp2_session_callbacks *callbacks;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_server_new(&peer->server, callbacks, peer);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(peer->server, NGHTTP2_FLAG_NONE, settings, count);
    peer->client.fault_names = true;
    struct lg_proto_config with = config;
    with.deflater = peer->deflater;
    script_open(&peer->client, &lg_http2, &with);
    h2_peer_pump(peer);
}

const char *h2_peer_log(struct h2_peer *peer)
{
    return script_log(&peer->client);
}

void h2_peer_close(struct h2_peer *peer)
{
    script_close(&peer->client);
    nghttp2_session_del(peer->server);
    lg_buf_free(&peer->log);
    lg_buf_free(&peer->request);
}

/* ---- raw frames ---- */

static void add_payload(struct lg_buf *out, const char *text)
{
    if (*text == '\'') {
        lg_buf_adds(out, text + 1);
    } else if (*text == '*') {
        for (long n = strtol(text + 1, NULL, 10); n > 0; n--) {
            lg_buf_add(out, "", 1);
        }
    } else if (*text != '-') {
        for (unsigned byte; sscanf(text, "%2x", &byte) == 1; text += 2) {
            lg_buf_add(out, (char[]){(char)byte}, 1);
        }
    }
}

static void add_frame(struct lg_buf *out, const char *line)
{
    unsigned type, flags, id;
    int at = 0;
    int read = sscanf(line, "%x %x %u %n", &type, &flags, &id, &at);
    LG_ASSERT(read == 3);
    struct lg_buf payload = {0};
    add_payload(&payload, line + at);
    unsigned n = (unsigned)payload.n;
    lg_buf_add(out,
               (uint8_t[]){(uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n, (uint8_t)type,
                           (uint8_t)flags, (uint8_t)(id >> 24), (uint8_t)(id >> 16),
                           (uint8_t)(id >> 8), (uint8_t)id},
               9);
    lg_buf_add(out, payload.p, payload.n);
    lg_buf_free(&payload);
}

void h2_frames(struct lg_buf *out, const char *lines)
{
    struct lg_slice left = lg_str(lines);
    while (left.n > 0) {
        const char *end =
            memchr(left.p, '\n', left.n); /* strchr() would go through all under ASan */
        size_t n = end != NULL ? (size_t)(end - left.p) : left.n;
        char *line = lg_strndup(left.p, n);
        add_frame(out, line);
        free(line);
        n += end != NULL;
        left = lg_slice(left.p + n, left.n - n);
    }
}

const char *h2_raw(struct script_peer *client, const char *lines, enum script_split split,
                   uint64_t seed)
{
    struct lg_buf in = {0};
    client->fault_names = true;
    script_open(client, &lg_http2, &config);
    h2_frames(&in, "4 0 0 -");
    script_feed(client, lg_buf_slice(&in), SPLIT_WHOLE, 0);
    lg_buf_clear(&in);
    h2_frames(&in, lines);
    script_feed(client, lg_buf_slice(&in), split, seed);
    lg_buf_free(&in);
    return script_log(client);
}
