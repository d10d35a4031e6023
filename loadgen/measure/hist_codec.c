/* HdrHistogram's V2 format.  Outside: cookie, length, zlib stream.  Inside: cookie, length of the
 * counts, then what follows below, then the counts of all slots up to the highest in use as ZigZag
 * LEB128 numbers of at most 9 bytes, where -k stands for k empty slots. */
#include "measure/hist.h"

#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <zlib.h>

enum {
    COOKIE_COMPRESSED = 0x1c849314,
    COOKIE_PLAIN = 0x1c849313,
    OUTER_BYTES = 8,
    HEADER_BYTES = 40,
    WORD_BYTES = 9,
    PLAIN_MAX = HEADER_BYTES + LG_HIST_SLOTS * WORD_BYTES,
    TEXT_MAX = 512 * 1024, /* PLAIN_MAX, compressed badly, in base64, fits */
    LOWEST = 1,
};

static const double RATIO = 1.0; /* between stored and real values */

static void put_be(unsigned char *p, int bytes, uint64_t v)
{
    for (int i = bytes - 1; i >= 0; i--) {
        p[i] = (unsigned char)v;
        v >>= 8;
    }
}

static uint64_t get_be(const unsigned char *p, int bytes)
{
    uint64_t v = 0;
    for (int i = 0; i < bytes; i++) {
        v = v << 8 | p[i];
    }
    return v;
}

static uint64_t ratio_bits(void)
{
    uint64_t bits;
    memcpy(&bits, &RATIO, sizeof bits);
    return bits;
}

static void put_word(struct lg_buf *out, int64_t v)
{
    uint64_t u = (uint64_t)v << 1 ^ (uint64_t)(v >> 63);
    unsigned char bytes[WORD_BYTES];
    size_t n = 0;
    while (u >= 0x80 && n < WORD_BYTES - 1) {
        bytes[n++] = (unsigned char)(u | 0x80);
        u >>= 7;
    }
    bytes[n++] = (unsigned char)u; /* a ninth byte holds 8 bits */
    lg_buf_add(out, bytes, n);
}

static void put_counts(struct lg_buf *out, const struct lg_hist *h)
{
    uint32_t slots = h->count > 0 ? lg_hist_last_slot(h) + 1 : 1;
    uint32_t first = h->count > 0 ? lg_hist_first_slot(h) : slots;
    for (uint32_t slot = 0; slot < slots;) {
        uint32_t next = slot < first && first < slots ? first : slot;
        while (next < slots && h->counts[next] == 0) {
            next++;
        }
        uint32_t empty = next - slot;
        if (empty > 1) {
            put_word(out, -(int64_t)empty);
        } else {
            next = slot + 1; /* the format spells a single empty slot as the count 0 */
            put_word(out, (int64_t)h->counts[slot]);
        }
        slot = next;
    }
}

static void put_plain(struct lg_buf *out, const struct lg_hist *h)
{
    unsigned char header[HEADER_BYTES] = {0};
    lg_buf_add(out, header, sizeof header);
    put_counts(out, h);
    unsigned char *p = (unsigned char *)out->p;
    put_be(p, 4, COOKIE_PLAIN);
    put_be(p + 4, 4, out->n - HEADER_BYTES);
    put_be(p + 12, 4, LG_HIST_DIGITS); /* p + 8: normalizing offset, 0 */
    put_be(p + 16, 8, LOWEST);
    put_be(p + 24, 8, (uint64_t)LG_HIST_MAX);
    put_be(p + 32, 8, ratio_bits());
}

static void put_base64(struct lg_buf *out, const unsigned char *p, size_t n)
{
    LG_ASSERT(n < INT_MAX / 2);
    lg_buf_reserve(out, (n + 2) / 3 * 4 + 1);
    int written = EVP_EncodeBlock((unsigned char *)out->p + out->n, p, (int)n);
    out->n += (size_t)written;
}

void lg_hist_encode(const struct lg_hist *h, struct lg_buf *out)
{
    struct lg_buf plain = {0};
    put_plain(&plain, h);
    uLongf packed = compressBound(plain.n);
    unsigned char *p = lg_alloc(OUTER_BYTES + packed);
    int rc =
        compress2(p + OUTER_BYTES, &packed, (const Bytef *)plain.p, plain.n, Z_DEFAULT_COMPRESSION);
    LG_ASSERT(rc == Z_OK);
    put_be(p, 4, COOKIE_COMPRESSED);
    put_be(p + 4, 4, packed);
    put_base64(out, p, OUTER_BYTES + packed);
    free(p);
    lg_buf_free(&plain);
}

struct bytes {
    const unsigned char *p, *end;
};

static bool get_word(struct bytes *in, int64_t *v)
{
    uint64_t u = 0;
    for (int i = 0; i < WORD_BYTES; i++) {
        if (in->p == in->end) {
            return false;
        }
        uint64_t byte = *in->p++;
        bool last = i == WORD_BYTES - 1 || byte < 0x80;
        u |= (i == WORD_BYTES - 1 ? byte : byte & 0x7f) << 7 * i;
        if (last) {
            break;
        }
    }
    *v = (int64_t)(u >> 1) ^ -(int64_t)(u & 1);
    return true;
}

static bool add_slot(struct lg_hist *h, uint32_t slot, uint64_t count)
{
    lg_ns low = lg_hist_slot_low(slot), high = lg_hist_slot_high(slot);
    if (low > LG_HIST_MAX || count > INT64_MAX - h->count) {
        return false;
    }
    h->counts[slot] = count;
    h->count += count;
    h->sum += (double)count * ((double)low + (double)high) / 2;
    h->min = low < h->min ? low : h->min;
    h->max = high < LG_HIST_MAX ? high : LG_HIST_MAX; /* slots come in rising order */
    return true;
}

static bool get_counts(struct lg_hist *h, struct bytes in)
{
    uint64_t slot = 0;
    while (in.p < in.end) {
        int64_t v;
        if (!get_word(&in, &v)) {
            return false;
        }
        uint64_t step = v < 0 ? -(uint64_t)v : 1;
        if (step > LG_HIST_SLOTS - slot || (v > 0 && !add_slot(h, (uint32_t)slot, (uint64_t)v))) {
            return false;
        }
        slot += step;
    }
    return true;
}

void lg_hist_pack(const struct lg_hist *h, struct lg_buf *out)
{
    put_counts(out, h);
}

bool lg_hist_unpack(struct lg_hist *h, struct lg_slice packed)
{
    const unsigned char *p = (const unsigned char *)packed.p;
    lg_hist_clear(h);
    if (!get_counts(h, (struct bytes){p, p + packed.n})) {
        lg_hist_clear(h);
        return false;
    }
    return true;
}

static bool get_plain(struct lg_hist *h, const unsigned char *p, size_t n)
{
    bool ours = n >= HEADER_BYTES && get_be(p, 4) == COOKIE_PLAIN &&
                get_be(p + 4, 4) == n - HEADER_BYTES && get_be(p + 8, 4) == 0 &&
                get_be(p + 12, 4) == LG_HIST_DIGITS && get_be(p + 16, 8) == LOWEST &&
                get_be(p + 24, 8) == (uint64_t)LG_HIST_MAX && get_be(p + 32, 8) == ratio_bits();
    return ours && get_counts(h, (struct bytes){p + HEADER_BYTES, p + n});
}

static bool get_packed(struct lg_hist *h, const unsigned char *p, size_t n)
{
    if (n < OUTER_BYTES || get_be(p, 4) != COOKIE_COMPRESSED ||
        get_be(p + 4, 4) != n - OUTER_BYTES) {
        return false;
    }
    /* The buffer holds the largest histogram there is: a stream that wants more is refused. */
    uLongf plain_bytes = PLAIN_MAX;
    unsigned char *plain = lg_alloc(PLAIN_MAX);
    uLong packed_bytes = n - OUTER_BYTES;
    bool ok = uncompress2(plain, &plain_bytes, p + OUTER_BYTES, &packed_bytes) == Z_OK &&
              packed_bytes == n - OUTER_BYTES && /* nothing behind the stream */
              get_plain(h, plain, plain_bytes);
    free(plain);
    return ok;
}

/* OpenSSL's reader skips blanks at the ends and counts padding as data; ours is exact. */
static size_t padding(struct lg_slice text)
{
    size_t n = 0;
    while (n < 2 && text.p[text.n - 1 - n] == '=') {
        n++;
    }
    return n;
}

static bool is_base64(struct lg_slice text)
{
    if (text.n == 0 || text.n > TEXT_MAX || text.n % 4 != 0) {
        return false;
    }
    size_t letters = text.n - padding(text);
    for (size_t i = 0; i < letters; i++) {
        char c = text.p[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
              c == '+' || c == '/')) {
            return false;
        }
    }
    return true;
}

bool lg_hist_decode(struct lg_hist *h, struct lg_slice text)
{
    lg_hist_clear(h);
    if (!is_base64(text)) {
        return false;
    }
    unsigned char *packed = lg_alloc(text.n / 4 * 3);
    int n = EVP_DecodeBlock(packed, (const unsigned char *)text.p, (int)text.n);
    bool ok = n > 0 && get_packed(h, packed, (size_t)n - padding(text));
    free(packed);
    if (!ok) {
        lg_hist_clear(h);
    }
    return ok;
}
