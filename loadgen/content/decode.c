#include "content/decode.h"

#include <brotli/decode.h>
#include <stdlib.h>
#include <strings.h>
#include <zlib.h>
#include <zstd.h>

enum {
    STEP = 64 * 1024,
    CODINGS_MOST = 4, /* in one header */
    WINDOW_LOG = 23,  /* of zstd: 8 MiB, as RFC 8878 3.1.1.1.2 recommends */
    ZLIB_OR_GZIP = 32 + MAX_WBITS,
};

struct lg_decoder {
    z_stream zlib;
    bool has_zlib;
    ZSTD_DCtx *zstd;
    struct lg_buf out[2]; /* a stage reads one and writes the other */
};

typedef enum lg_decoded stage(struct lg_decoder *d, struct lg_slice in, size_t most,
                              struct lg_buf *out);

struct lg_decoder *lg_decoder_new(void)
{
    return lg_alloc(sizeof(struct lg_decoder));
}

void lg_decoder_free(struct lg_decoder *d)
{
    if (d == NULL) {
        return;
    }
    if (d->has_zlib) {
        inflateEnd(&d->zlib);
    }
    ZSTD_freeDCtx(d->zstd);
    lg_buf_free(&d->out[0]);
    lg_buf_free(&d->out[1]);
    free(d);
}

/* Room for the next piece of output; 0: all that is allowed is there. */
static size_t make_room(struct lg_buf *out, size_t most)
{
    size_t left = most - out->n, n = left < STEP ? left : STEP;
    lg_buf_reserve(out, n);
    return n;
}

/* ---- gzip, deflate ---- */

static void begin_zlib(struct lg_decoder *d)
{
    int result = d->has_zlib ? inflateReset(&d->zlib) : inflateInit2(&d->zlib, ZLIB_OR_GZIP);
    LG_ASSERT(result == Z_OK);
    d->has_zlib = true;
}

/* A gzip file may have several members, one behind the other (RFC 1952 2.2). */
static bool next_member(struct lg_decoder *d)
{
    return d->zlib.avail_in > 0 && *d->zlib.next_in == 0x1f && inflateReset(&d->zlib) == Z_OK;
}

static enum lg_decoded inflate_all(struct lg_decoder *d, struct lg_slice in, size_t most,
                                   struct lg_buf *out)
{
    begin_zlib(d);
    d->zlib.next_in = (Bytef *)(uintptr_t)in.p;
    d->zlib.avail_in = (uInt)in.n;
    for (;;) {
        size_t room = make_room(out, most);
        unsigned char spare[1]; /* beyond what is allowed: whether there is more */
        d->zlib.next_out = room > 0 ? (Bytef *)out->p + out->n : spare;
        d->zlib.avail_out = room > 0 ? (uInt)room : sizeof spare;
        int result = inflate(&d->zlib, Z_NO_FLUSH);
        size_t made = (room > 0 ? room : sizeof spare) - d->zlib.avail_out;
        if (room == 0 && made > 0) {
            return LG_DECODED_TOO_BIG;
        }
        out->n += made;
        if (result == Z_STREAM_END) {
            if (d->zlib.avail_in == 0) {
                return LG_DECODED;
            }
            if (!next_member(d)) {
                return LG_DECODED_BROKEN;
            }
        } else if (result == Z_BUF_ERROR ||
                   (result == Z_OK && d->zlib.avail_in == 0 && made == 0)) {
            return LG_DECODED_CUT;
        } else if (result != Z_OK) {
            return LG_DECODED_BROKEN;
        }
    }
}

/* ---- br ---- */

static enum lg_decoded pump_brotli(BrotliDecoderState *state, struct lg_slice in, size_t most,
                                   struct lg_buf *out)
{
    const uint8_t *next = (const uint8_t *)in.p;
    size_t left = in.n;
    for (;;) {
        size_t room = make_room(out, most), free_n = room;
        uint8_t *to = (uint8_t *)out->p + out->n;
        BrotliDecoderResult result =
            BrotliDecoderDecompressStream(state, &left, &next, &free_n, &to, NULL);
        out->n += room - free_n;
        switch (result) {
        case BROTLI_DECODER_RESULT_SUCCESS:
            return left == 0 ? LG_DECODED : LG_DECODED_BROKEN;
        case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT:
            return LG_DECODED_CUT;
        case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT:
            if (out->n == most) {
                return LG_DECODED_TOO_BIG;
            }
            break;
        default:
            return LG_DECODED_BROKEN;
        }
    }
}

static enum lg_decoded brotli_all(struct lg_decoder *d, struct lg_slice in, size_t most,
                                  struct lg_buf *out)
{
    (void)d;
    BrotliDecoderState *state = BrotliDecoderCreateInstance(NULL, NULL, NULL);
    LG_ASSERT(state != NULL);
    enum lg_decoded result = pump_brotli(state, in, most, out);
    BrotliDecoderDestroyInstance(state);
    return result;
}

/* ---- zstd ---- */

static void begin_zstd(struct lg_decoder *d)
{
    if (d->zstd == NULL) {
        d->zstd = ZSTD_createDCtx();
        LG_ASSERT(d->zstd != NULL);
        ZSTD_DCtx_setParameter(d->zstd, ZSTD_d_windowLogMax, WINDOW_LOG);
    }
    ZSTD_DCtx_reset(d->zstd, ZSTD_reset_session_only);
}

static enum lg_decoded zstd_all(struct lg_decoder *d, struct lg_slice in, size_t most,
                                struct lg_buf *out)
{
    ZSTD_inBuffer from = {.src = in.p, .size = in.n};
    begin_zstd(d);
    for (;;) {
        size_t room = make_room(out, most);
        char spare[1];
        ZSTD_outBuffer to = {.dst = room > 0 ? out->p + out->n : spare,
                             .size = room > 0 ? room : sizeof spare};
        size_t before = from.pos;
        size_t result = ZSTD_decompressStream(d->zstd, &to, &from);
        if (ZSTD_isError(result)) {
            return LG_DECODED_BROKEN;
        }
        if (room == 0 && to.pos > 0) {
            return LG_DECODED_TOO_BIG;
        }
        out->n += to.pos;
        bool all_in = from.pos == from.size;
        if (result == 0 && all_in) {
            return LG_DECODED;
        }
        if ((all_in && to.pos < to.size) || (to.pos == 0 && from.pos == before)) {
            return LG_DECODED_CUT;
        }
    }
}

/* ---- the header's list ---- */

static bool is_called(struct lg_slice name, const char *word)
{
    return strlen(word) == name.n && strncasecmp(word, name.p, name.n) == 0;
}

static stage *find_stage(struct lg_slice name)
{
    static const struct {
        const char *name;
        stage *run;
    } known[] = {{"gzip", inflate_all},
                 {"x-gzip", inflate_all},
                 {"deflate", inflate_all},
                 {"br", brotli_all},
                 {"zstd", zstd_all}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (is_called(name, known[i].name)) {
            return known[i].run;
        }
    }
    return NULL;
}

bool lg_coding_is_known(struct lg_slice name)
{
    return is_called(name, "identity") || find_stage(name) != NULL;
}

static struct lg_slice trim(struct lg_slice text)
{
    while (text.n > 0 && (text.p[0] == ' ' || text.p[0] == '\t')) {
        text = lg_slice(text.p + 1, text.n - 1);
    }
    while (text.n > 0 && (text.p[text.n - 1] == ' ' || text.p[text.n - 1] == '\t')) {
        text.n--;
    }
    return text;
}

/* Cuts the last item off the list; empty items do not count. */
static struct lg_slice take_last(struct lg_slice *list)
{
    const char *comma = list->n > 0 ? memrchr(list->p, ',', list->n) : NULL;
    size_t from = comma != NULL ? (size_t)(comma - list->p) + 1 : 0;
    struct lg_slice item = trim(lg_slice(list->p + from, list->n - from));
    list->n = comma != NULL ? from - 1 : 0;
    return item;
}

enum lg_decoded lg_decode(struct lg_decoder *d, struct lg_slice codings, struct lg_slice body,
                          size_t most, struct lg_slice *out)
{
    enum lg_decoded result = LG_DECODED;
    int stages = 0;
    *out = body;
    while (body.n > 0 && codings.n > 0 && result == LG_DECODED) {
        struct lg_slice name = take_last(&codings);
        if (name.n == 0 || is_called(name, "identity")) {
            continue;
        }
        stage *run = find_stage(name);
        if (run == NULL || stages == CODINGS_MOST) {
            return LG_DECODED_UNKNOWN;
        }
        struct lg_buf *to = &d->out[stages++ % 2];
        lg_buf_clear(to);
        result = out->n > UINT32_MAX ? LG_DECODED_TOO_BIG : run(d, *out, most, to);
        *out = lg_buf_slice(to);
    }
    return result;
}
