#include "proto/ws_handshake.h"
#include "proto/http1_write.h"

#include <llhttp.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <strings.h>

enum { HEAD_LIMIT = 65536, KEY_BYTES = 16, SHA1_BYTES = 20 };

struct lg_ws_handshake {
    llhttp_t parser;
    char accept[LG_WS_ACCEPT_BYTES];
    struct lg_buf name, value;    /* of the field being read */
    struct lg_buf offered;        /* our Sec-WebSocket-Protocol, if any */
    struct lg_ws_terms terms;     /* of compression, as answered */
    struct lg_deflater *deflater; /* borrowed; NULL: compression is not offered */
    uint32_t bytes;               /* of the answer's heads so far */
    bool parsing;
    bool in_value;
    bool upgrade, connection,
        extra;                   /* extra: an extension or a subprotocol that we did not ask for */
    unsigned accepts, protocols; /* how many of these fields came */
    bool accept_right;
};

void lg_ws_accept(char out[LG_WS_ACCEPT_BYTES], struct lg_slice key)
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; /* RFC 6455 1.3 */
    struct lg_buf text = {0};
    lg_buf_add(&text, key.p, key.n);
    lg_buf_adds(&text, guid);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    int ok = EVP_Digest(text.p, text.n, digest, &n, EVP_sha1(), NULL);
    LG_ASSERT(ok == 1 && n == SHA1_BYTES);
    EVP_EncodeBlock((unsigned char *)out, digest, SHA1_BYTES);
    lg_buf_free(&text);
}

/* ---- the request ---- */

static void draw_key(struct lg_rng *rng, char out[25])
{
    uint64_t random[KEY_BYTES / sizeof(uint64_t)];
    for (size_t i = 0; i < KEY_BYTES / sizeof *random; i++) {
        random[i] = lg_rng_u64(rng);
    }
    EVP_EncodeBlock((unsigned char *)out, (const unsigned char *)random, KEY_BYTES);
}

static bool named(struct lg_slice name, const char *text)
{
    return name.n == strlen(text) && strncasecmp(name.p, text, name.n) == 0;
}

static void write_request(struct lg_buf *out, const struct lg_proto_config *config, const char *key)
{
    const struct lg_header own[] = {
        {lg_str("Upgrade"), lg_str("websocket")},
        {lg_str("Connection"), lg_str("Upgrade")},
        {lg_str("Sec-WebSocket-Key"), lg_str(key)},
        {lg_str("Sec-WebSocket-Version"), lg_str("13")},
        {lg_str("Sec-WebSocket-Extensions"), lg_str(LG_WS_DEFLATE_OFFER)}, /* if at all */
    };
    bool offer =
        config->deflater != NULL && !lg_ws_has_offer(config->headers, config->header_count);
    size_t count = sizeof own / sizeof *own - !offer;
    struct lg_header *all = lg_alloc_array(count + config->header_count, sizeof *all);
    memcpy(all, own, count * sizeof *own);
    for (size_t i = 0; i < config->header_count; i++) {
        all[count + i] = config->headers[i];
    }
    struct lg_request request = {
        .method = lg_str("GET"),
        .path = config->path.n > 0 ? config->path : lg_str("/"),
        .headers = all,
        .header_count = count + config->header_count,
    };
    lg_http1_write(out, config->authority, &request);
    free(all);
}

/* ---- the answer ---- */

bool lg_ws_list_has(struct lg_slice list, struct lg_slice token, bool any_case)
{
    if (list.n == 0) {
        return false; /* it may be NULL */
    }
    const char *p = list.p, *end = list.p + list.n;
    while (p < end) {
        const char *comma = memchr(p, ',', (size_t)(end - p));
        const char *stop = comma != NULL ? comma : end;
        const char *next = comma != NULL ? comma + 1 : end;
        while (p < stop && (*p == ' ' || *p == '\t')) {
            p++;
        }
        while (stop > p && (stop[-1] == ' ' || stop[-1] == '\t')) {
            stop--;
        }
        size_t n = (size_t)(stop - p);
        if (n == token.n && n > 0 &&
            (any_case ? strncasecmp(p, token.p, n) : memcmp(p, token.p, n)) == 0) {
            return true;
        }
        p = next;
    }
    return false;
}

static void judge_field(struct lg_ws_handshake *h, struct lg_slice name, struct lg_slice value)
{
    if (named(name, "upgrade")) {
        h->upgrade |= named(value, "websocket");
        h->extra |= !named(value, "websocket");
    } else if (named(name, "connection")) {
        h->connection |= lg_ws_list_has(value, lg_str("upgrade"), true);
    } else if (named(name, "sec-websocket-accept")) {
        h->accepts++;
        h->accept_right = lg_slice_eq(value, lg_str(h->accept));
    } else if (named(name, "sec-websocket-extensions")) {
        h->extra |= h->deflater == NULL || !lg_ws_terms_read(value, &h->terms);
    } else if (named(name, "sec-websocket-protocol")) {
        h->protocols++;
        h->extra |= h->protocols > 1 || !lg_ws_list_has(lg_buf_slice(&h->offered), value, false);
    }
}

static int field_name(llhttp_t *parser, const char *at, size_t n)
{
    struct lg_ws_handshake *h = parser->data;
    if (h->in_value) {
        h->in_value = false;
        lg_buf_clear(&h->name);
    }
    lg_buf_add(&h->name, at, n);
    return 0;
}

static int field_value(llhttp_t *parser, const char *at, size_t n)
{
    struct lg_ws_handshake *h = parser->data;
    lg_buf_add(&h->value, at, n);
    return 0;
}

static int field_end(llhttp_t *parser)
{
    struct lg_ws_handshake *h = parser->data;
    while (h->value.n > 0 &&
           (h->value.p[h->value.n - 1] == ' ' || h->value.p[h->value.n - 1] == '\t')) {
        h->value.n--;
    }
    judge_field(h, lg_buf_slice(&h->name), lg_buf_slice(&h->value));
    lg_buf_clear(&h->value);
    h->in_value = true;
    return 0;
}

static int head_end(llhttp_t *parser)
{
    (void)parser;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_header_field = field_name,
    .on_header_value = field_value,
    .on_header_value_complete = field_end,
    .on_headers_complete = head_end,
};

static void begin_head(struct lg_ws_handshake *h)
{
    llhttp_init(&h->parser, HTTP_RESPONSE, &settings);
    h->parser.data = h;
    h->parsing = true;
    h->in_value = false;
    lg_buf_clear(&h->name);
    lg_buf_clear(&h->value);
    h->upgrade = h->connection = h->extra = h->accept_right = false;
    h->accepts = h->protocols = 0;
    h->terms = (struct lg_ws_terms){0};
}

static enum lg_ws_handshake_result refuse(struct lg_outcome *why, enum lg_protocol_fault fault)
{
    *why = lg_outcome(LG_PROTOCOL, fault);
    return LG_WS_REFUSED;
}

static enum lg_ws_handshake_result judge_head(struct lg_ws_handshake *h, struct lg_outcome *why)
{
    const llhttp_t *parser = &h->parser;
    int status = parser->status_code;
    if (parser->http_major != 1 || status < 100) {
        return refuse(why, LG_FAULT_SYNTAX);
    }
    if (status < 200 && status != 101) {
        h->parsing = false;
        return LG_WS_MORE;
    }
    if (status >= 300) {
        *why = lg_outcome(LG_STATUS, status);
        return LG_WS_REFUSED;
    }
    if (status != 101 || parser->http_minor == 0 || !h->upgrade || !h->connection || h->extra) {
        return refuse(why, LG_FAULT_UPGRADE);
    }
    if (h->accepts != 1 || !h->accept_right) {
        return refuse(why, LG_FAULT_ACCEPT_KEY);
    }
    return LG_WS_READY;
}

static enum lg_protocol_fault fault_of(llhttp_errno_t error)
{
    bool length = error == HPE_UNEXPECTED_CONTENT_LENGTH || error == HPE_INVALID_CONTENT_LENGTH ||
                  error == HPE_INVALID_TRANSFER_ENCODING;
    return length ? LG_FAULT_LENGTH : LG_FAULT_SYNTAX;
}

enum lg_ws_handshake_result lg_ws_handshake_input(struct lg_ws_handshake *h, struct lg_slice in,
                                                  size_t *used, struct lg_outcome *why)
{
    *used = 0;
    while (in.n > *used) {
        const char *p = in.p + *used;
        if (!h->parsing) {
            if (*p != 'H') {
                return refuse(why, LG_FAULT_SYNTAX);
            }
            begin_head(h);
        }
        size_t room = HEAD_LIMIT - h->bytes;
        size_t n = in.n - *used < room ? in.n - *used : room;
        llhttp_errno_t error = n > 0 ? llhttp_execute(&h->parser, p, n) : HPE_OK;
        if (error == HPE_PAUSED) {
            size_t head = (size_t)(llhttp_get_error_pos(&h->parser) - p);
            *used += head;
            h->bytes += (uint32_t)head;
            enum lg_ws_handshake_result result = judge_head(h, why);
            if (result != LG_WS_MORE) {
                return result;
            }
            continue;
        }
        *used += n;
        h->bytes += (uint32_t)n;
        if (error != HPE_OK) {
            return refuse(why, fault_of(error));
        }
        if (h->bytes == HEAD_LIMIT) {
            return refuse(why, LG_FAULT_HEADER_LIMIT);
        }
    }
    return LG_WS_MORE;
}

struct lg_ws_handshake *lg_ws_handshake_new(const struct lg_proto_config *config,
                                            struct lg_rng *rng, struct lg_buf *out)
{
    struct lg_ws_handshake *h = lg_alloc(sizeof *h);
    char key[25];
    draw_key(rng, key);
    lg_ws_accept(h->accept, lg_str(key));
    h->deflater = config->deflater;
    write_request(out, config, key);
    for (size_t i = 0; i < config->header_count; i++) {
        if (named(config->headers[i].name, "sec-websocket-protocol")) {
            lg_buf_add(&h->offered, config->headers[i].value.p, config->headers[i].value.n);
            lg_buf_add(&h->offered, ",", 1);
        }
    }
    return h;
}

struct lg_ws_deflate *lg_ws_handshake_deflate(const struct lg_ws_handshake *h)
{
    return h->terms.client_bits != 0 ? lg_ws_deflate_new(&h->terms, h->deflater) : NULL;
}

void lg_ws_handshake_free(struct lg_ws_handshake *h)
{
    if (h != NULL) {
        lg_buf_free(&h->name);
        lg_buf_free(&h->value);
        lg_buf_free(&h->offered);
        free(h);
    }
}
