#include "base/rng.h"
#include "measure/hist.h"
#include "support/leak_check.h"

#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <zlib.h>

TestSuite(hist_codec, .fini = fail_on_leak);

static void expect_round_trip(const struct lg_hist *h, const char *what)
{
    struct lg_buf text = {0}, again = {0};
    struct lg_hist *back = lg_hist_new();
    lg_hist_add(back, 5); /* must not survive */
    lg_hist_encode(h, &text);
    cr_expect(text.n > 5 && memcmp(text.p, "HISTF", 5) == 0, "%s", what);
    cr_assert(lg_hist_decode(back, lg_buf_slice(&text)), "%s", what);
    cr_expect_eq(back->count, h->count, "%s", what);
    cr_expect_eq(memcmp(back->counts, h->counts, LG_HIST_SLOTS * sizeof *h->counts), 0, "%s", what);
    if (h->count > 0) {
        cr_expect_eq(back->min, lg_hist_slot_low(lg_hist_first_slot(h)), "%s", what);
        cr_expect_eq(lg_hist_slot(back->max), lg_hist_last_slot(h), "%s", what);
        double mean = lg_hist_mean(h);
        cr_expect(lg_hist_mean(back) >= mean * 0.9995 - 1 &&
                      lg_hist_mean(back) <= mean * 1.0005 + 1,
                  "%s", what);
    }
    lg_hist_encode(back, &again);
    cr_expect(lg_slice_eq(lg_buf_slice(&text), lg_buf_slice(&again)), "%s", what);
    lg_buf_free(&text);
    lg_buf_free(&again);
    lg_hist_free(back);
}

Test(hist_codec, decoded_equals_encoded)
{
    struct lg_rng rng;
    lg_rng_init(&rng, 3, 0, 0);
    struct lg_hist *h = lg_hist_new();
    expect_round_trip(h, "empty");
    lg_hist_add(h, 0);
    expect_round_trip(h, "zero");
    lg_hist_add(h, 2);
    expect_round_trip(h, "a gap of one slot");
    lg_hist_add(h, LG_HIST_MAX);
    expect_round_trip(h, "both ends");
    for (int i = 0; i < 50000; i++) {
        lg_hist_add(h, (lg_ns)(1e5 * lg_rng_exp(&rng)));
    }
    expect_round_trip(h, "many");
    lg_hist_clear(h);
    for (uint32_t slot = 0; slot <= lg_hist_slot(LG_HIST_MAX); slot++) {
        lg_hist_add(h, lg_hist_slot_low(slot));
    }
    expect_round_trip(h, "every slot");
    lg_hist_free(h);
}

Test(hist_codec, counts_of_every_length_come_back)
{
    for (int bits = 0; bits < 63; bits++) {
        for (int less = 0; less < 2; less++) {
            struct lg_hist *h = lg_hist_new();
            lg_hist_add(h, 7);
            h->counts[7] = h->count = ((uint64_t)1 << bits) - (uint64_t)(less && bits > 0);
            h->sum = 7.0 * (double)h->count;
            expect_round_trip(h, "one large count");
            lg_hist_free(h);
        }
    }
}

/* The text of a V2 histogram made by hand. */
struct forged {
    unsigned char header[40];
    unsigned char *counts;
    size_t count_bytes;
    uint32_t outer_cookie;
    int32_t outer_error, inner_error; /* added to the true lengths */
};

static void be(unsigned char *p, int bytes, uint64_t v)
{
    while (bytes-- > 0) {
        p[bytes] = (unsigned char)v;
        v >>= 8;
    }
}

static struct forged forge(unsigned char *counts, size_t n)
{
    struct forged f = {.counts = counts, .count_bytes = n, .outer_cookie = 0x1c849314};
    be(f.header, 4, 0x1c849313);
    be(f.header + 12, 4, 3);
    be(f.header + 16, 8, 1);
    be(f.header + 24, 8, 3600000000000);
    be(f.header + 32, 8, 0x3ff0000000000000);
    return f;
}

static bool decodes(struct forged *f, uint64_t *count)
{
    size_t plain_bytes = sizeof f->header + f->count_bytes;
    uLongf packed_bytes = compressBound(plain_bytes);
    unsigned char *plain = lg_alloc(plain_bytes), *packed = lg_alloc(8 + packed_bytes);
    be(f->header + 4, 4, f->count_bytes + (uint64_t)(int64_t)f->inner_error);
    memcpy(plain, f->header, sizeof f->header);
    if (f->count_bytes > 0) {
        memcpy(plain + sizeof f->header, f->counts, f->count_bytes);
    }
    cr_assert_eq(compress(packed + 8, &packed_bytes, plain, plain_bytes), Z_OK);
    be(packed, 4, f->outer_cookie);
    be(packed + 4, 4, packed_bytes + (uint64_t)(int64_t)f->outer_error);
    unsigned char *text = lg_alloc((8 + packed_bytes) * 4 / 3 + 8);
    int n = EVP_EncodeBlock(text, packed, (int)(8 + packed_bytes));
    struct lg_hist *h = lg_hist_new();
    lg_hist_add(h, 1);
    bool ok = lg_hist_decode(h, lg_slice(text, (size_t)n));
    cr_expect(ok || (h->count == 0 && h->counts[0] == 0 && h->counts[1] == 0),
              "a refused text left something behind");
    *count = h->count;
    lg_hist_free(h);
    free(text);
    free(packed);
    free(plain);
    return ok;
}

Test(hist_codec, counts_that_cannot_be_are_refused)
{
    static const struct {
        const char *what;
        unsigned char bytes[24];
        size_t n;
        bool ok;
        uint64_t count;
    } rows[] = {
        {"no counts", "", 0, true, 0},
        {"one value in slot 0", "\x02", 1, true, 1},
        {"an explicit zero", "\x00\x02", 2, true, 1},
        {"two empty slots, then 3 values", "\x03\x06", 2, true, 3},
        {"a cut number", "\x80", 1, false, 0},
        {"a cut long number", "\xff\xff\xff\xff\xff\xff\xff\xff", 8, false, 0},
        {"the largest count", "\xfe\xff\xff\xff\xff\xff\xff\xff\xff", 9, true, INT64_MAX},
        {"a sum above the largest", "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10, false, 0},
        {"a run of 2^63 empty slots", "\xff\xff\xff\xff\xff\xff\xff\xff\xff", 9, false, 0},
        {"the last slot by a run", "\xff\x8e\x04\x02", 4, false, 0},
        {"a run to the very end", "\xff\x8f\x04", 3, true, 0},
        {"a run one past the end", "\x81\x90\x04", 3, false, 0},
        {"a count past the end", "\xff\x8f\x04\x02", 4, false, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned char bytes[24];
        memcpy(bytes, rows[i].bytes, sizeof bytes);
        struct forged f = forge(bytes, rows[i].n);
        uint64_t count;
        cr_expect_eq(decodes(&f, &count), rows[i].ok, "%s", rows[i].what);
        cr_expect_eq(count, rows[i].count, "%s: %lu", rows[i].what, count);
    }
}

Test(hist_codec, a_foreign_layout_is_refused)
{
    static const struct {
        const char *what;
        int at, bytes;
        uint64_t value;
    } rows[] = {
        {"another inner cookie", 0, 4, 0x1c849303},
        {"an offset", 8, 4, 1},
        {"2 digits", 12, 4, 2},
        {"another lowest value", 16, 8, 1000},
        {"another highest value", 24, 8, 1000000},
        {"another ratio", 32, 8, 0x4000000000000000},
    };
    unsigned char one[] = {2};
    uint64_t count;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct forged f = forge(one, sizeof one);
        be(f.header + rows[i].at, rows[i].bytes, rows[i].value);
        cr_expect_not(decodes(&f, &count), "%s", rows[i].what);
    }
    struct forged cookie = forge(one, sizeof one), lengths[4];
    cookie.outer_cookie = 0x1c849304;
    cr_expect_not(decodes(&cookie, &count));
    for (int i = 0; i < 4; i++) {
        lengths[i] = forge(one, sizeof one);
        *(i < 2 ? &lengths[i].outer_error : &lengths[i].inner_error) = i % 2 ? 1 : -1;
        cr_expect_not(decodes(&lengths[i], &count), "length %d", i);
    }
}

Test(hist_codec, a_small_text_that_unpacks_to_much_is_refused)
{
    enum { MUCH = 64 << 20 };
    unsigned char *zeroes = lg_alloc(MUCH); /* each is an explicit empty slot */
    struct forged f = forge(zeroes, MUCH);
    uint64_t count;
    cr_expect_not(decodes(&f, &count));
    free(zeroes);
}

Test(hist_codec, text_that_is_cut_or_changed_never_reads_out_of_bounds)
{
    struct lg_rng rng;
    lg_rng_init(&rng, 4, 0, 0);
    struct lg_hist *h = lg_hist_new(), *back = lg_hist_new();
    for (int i = 0; i < 1000; i++) {
        lg_hist_add(h, (lg_ns)(1e6 * lg_rng_exp(&rng)));
    }
    struct lg_buf text = {0};
    lg_hist_encode(h, &text);
    for (size_t cut = 0; cut < text.n; cut++) {
        char *exact = lg_strndup(text.p, cut); /* so that ASan sees the end */
        cr_expect_not(lg_hist_decode(back, lg_slice(exact, cut)), "cut at %zu", cut);
        free(exact);
    }
    for (int i = 0; i < 3000; i++) {
        size_t at = lg_rng_below(&rng, text.n);
        char was = text.p[at];
        text.p[at] = (char)lg_rng_below(&rng, 256);
        bool ok = lg_hist_decode(back, lg_buf_slice(&text));
        cr_expect(ok || back->count == 0);
        text.p[at] = was;
    }
    static const char *const texts[] = {
        "", "=", "====", "A===", "HISTFAAA", " HIST", "HIST\n\n\n\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        cr_expect_not(lg_hist_decode(back, lg_str(texts[i])), "%s", texts[i]);
    }
    lg_buf_free(&text);
    lg_hist_free(h);
    lg_hist_free(back);
}
