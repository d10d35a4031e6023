/* Texts and packed counts that claim to be histograms.  Byte 0: bit 0 chooses; bit 1 wraps the rest
 * into a proper V2 text first, so that what is inside gets its share. */
#include "measure/hist.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <zlib.h>

static void put_be32(unsigned char *p, uint32_t v)
{
    for (int i = 0; i < 4; i++) {
        p[i] = (unsigned char)(v >> (24 - 8 * i));
    }
}

static void wrap(struct lg_slice in, struct lg_buf *out)
{
    uLongf n = compressBound(in.n);
    unsigned char *p = lg_alloc(8 + n);
    LG_ASSERT(compress2(p + 8, &n, (const Bytef *)in.p, in.n, 1) == Z_OK);
    put_be32(p, 0x1c849314);
    put_be32(p + 4, (uint32_t)n);
    lg_buf_reserve(out, (8 + n) * 2 + 8);
    out->n = (size_t)EVP_EncodeBlock((unsigned char *)out->p, p, (int)(8 + n));
    free(p);
}

static void expect_whole(const struct lg_hist *h)
{
    uint64_t count = 0;
    for (size_t i = 0; i < LG_HIST_SLOTS; i++) {
        count += h->counts[i];
    }
    LG_ASSERT(count == h->count);
    if (count > 0) {
        LG_ASSERT(h->min >= 0 && h->min <= h->max && h->max <= LG_HIST_MAX);
        LG_ASSERT(h->counts[lg_hist_first_slot(h)] > 0 && h->counts[lg_hist_last_slot(h)] > 0);
        lg_ns median = lg_hist_quantile(h, 0.5, 0);
        LG_ASSERT(median >= h->min && median <= h->max);
    } else {
        LG_ASSERT(h->min == LG_NEVER && h->max == -1);
    }
}

/* What was read is written and read again: the same. */
static void expect_round_trip(const struct lg_hist *h)
{
    struct lg_buf text = {0}, packed = {0};
    struct lg_hist *again = lg_hist_new();
    lg_hist_encode(h, &text);
    LG_ASSERT(lg_hist_decode(again, lg_buf_slice(&text)));
    LG_ASSERT(memcmp(again->counts, h->counts, LG_HIST_SLOTS * sizeof *h->counts) == 0);
    LG_ASSERT(again->count == h->count && again->min == h->min && again->max == h->max);
    lg_hist_pack(h, &packed);
    LG_ASSERT(lg_hist_unpack(again, lg_buf_slice(&packed)));
    LG_ASSERT(memcmp(again->counts, h->counts, LG_HIST_SLOTS * sizeof *h->counts) == 0);
    lg_buf_free(&text);
    lg_buf_free(&packed);
    lg_hist_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct lg_hist *h;
    if (n < 1) {
        return 0;
    }
    h = h != NULL ? h : lg_hist_new();
    struct lg_slice in = lg_slice(data + 1, n - 1);
    struct lg_buf text = {0};
    if (data[0] & 2) {
        wrap(in, &text);
        in = lg_buf_slice(&text);
    }
    bool ok = (data[0] & 1) != 0 ? lg_hist_unpack(h, in) : lg_hist_decode(h, in);
    LG_ASSERT(ok || h->count == 0);
    expect_whole(h);
    if (ok) {
        expect_round_trip(h);
    }
    lg_buf_free(&text);
    return 0;
}
