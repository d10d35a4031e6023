/* Bodies are made with the encoders of the same libraries. */
#include "content/decode.h"
#include "support/leaks.h"

#include <brotli/encode.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

TestSuite(decode, .fini = no_leaks);

enum { MOST = 1 << 20 };

static void add_zlib(struct lg_buf *out, struct lg_slice text, int window)
{
    z_stream z = {0};
    cr_assert_eq(deflateInit2(&z, 6, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t most = deflateBound(&z, text.n);
    lg_buf_reserve(out, most);
    z.next_in = (Bytef *)(uintptr_t)text.p;
    z.avail_in = (uInt)text.n;
    z.next_out = (Bytef *)out->p + out->n;
    z.avail_out = (uInt)most;
    cr_assert_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    out->n += z.total_out;
    deflateEnd(&z);
}

static void add_brotli(struct lg_buf *out, struct lg_slice text)
{
    size_t n = BrotliEncoderMaxCompressedSize(text.n) + 16;
    lg_buf_reserve(out, n);
    cr_assert(BrotliEncoderCompress(5, 22, BROTLI_MODE_GENERIC, text.n, (const uint8_t *)text.p, &n,
                                    (uint8_t *)out->p + out->n));
    out->n += n;
}

static void add_zstd(struct lg_buf *out, struct lg_slice text)
{
    size_t n = ZSTD_compressBound(text.n);
    lg_buf_reserve(out, n);
    n = ZSTD_compress(out->p + out->n, n, text.p, text.n, 3);
    cr_assert(!ZSTD_isError(n));
    out->n += n;
}

static void add_coded(struct lg_buf *out, const char *coding, struct lg_slice text)
{
    if (strcmp(coding, "br") == 0) {
        add_brotli(out, text);
    } else if (strcmp(coding, "zstd") == 0) {
        add_zstd(out, text);
    } else {
        add_zlib(out, text, strcmp(coding, "gzip") == 0 ? 15 + 16 : 15);
    }
}

static const char *const codings[] = {"gzip", "deflate", "br", "zstd"};
enum { CODINGS = sizeof codings / sizeof *codings };

/* Text that packs well but not to nothing. */
static struct lg_buf made_text(size_t n)
{
    struct lg_buf text = {0};
    for (size_t i = 0; text.n < n; i++) {
        lg_buf_addf(&text, "line %zu of many\n", i * 7919 % 1000);
    }
    text.n = n;
    return text;
}

Test(decode, every_coding_gives_back_what_went_in)
{
    struct lg_decoder *d = lg_decoder_new();
    static const size_t sizes[] = {1, 1000, 64 * 1024, 300000, MOST};
    for (size_t i = 0; i < CODINGS; i++) {
        for (size_t j = 0; j < sizeof sizes / sizeof *sizes; j++) {
            struct lg_buf text = made_text(sizes[j]), body = {0};
            struct lg_slice out;
            add_coded(&body, codings[i], lg_buf_slice(&text));
            cr_expect_eq(lg_decode(d, lg_str(codings[i]), lg_buf_slice(&body), MOST, &out),
                         LG_DECODED, "%s %zu", codings[i], sizes[j]);
            cr_expect(lg_slice_eq(out, lg_buf_slice(&text)), "%s %zu", codings[i], sizes[j]);
            lg_buf_free(&text);
            lg_buf_free(&body);
        }
    }
    lg_decoder_free(d);
}

Test(decode, a_bomb_stops_at_what_is_allowed)
{
    struct lg_decoder *d = lg_decoder_new();
    struct lg_buf zeros = {0};
    lg_buf_reserve(&zeros, 8 * MOST);
    memset(zeros.p, 0, 8 * MOST);
    zeros.n = 8 * MOST;
    for (size_t i = 0; i < CODINGS; i++) {
        struct lg_buf body = {0};
        struct lg_slice out;
        add_coded(&body, codings[i], lg_buf_slice(&zeros));
        cr_expect_eq(lg_decode(d, lg_str(codings[i]), lg_buf_slice(&body), MOST, &out),
                     LG_DECODED_TOO_BIG, "%s", codings[i]);
        cr_expect_eq(out.n, MOST, "%s: %zu", codings[i], out.n);
        lg_buf_free(&body);
    }
    lg_buf_free(&zeros);
    lg_decoder_free(d);
}

Test(decode, a_body_that_ends_early_is_told_from_a_broken_one)
{
    struct lg_decoder *d = lg_decoder_new();
    struct lg_buf text = made_text(300000);
    for (size_t i = 0; i < CODINGS; i++) {
        struct lg_buf body = {0};
        struct lg_slice out;
        add_coded(&body, codings[i], lg_buf_slice(&text));
        cr_expect_eq(lg_decode(d, lg_str(codings[i]), lg_slice(body.p, body.n / 2), MOST, &out),
                     LG_DECODED_CUT, "%s", codings[i]);
        cr_expect(out.n < text.n && lg_slice_eq(out, lg_slice(text.p, out.n)), "%s", codings[i]);
        cr_expect_eq(lg_decode(d, lg_str(codings[i]), lg_str("this is plain text"), MOST, &out),
                     LG_DECODED_BROKEN, "%s", codings[i]);
        lg_buf_add(&body, "rest", 4);
        cr_expect_eq(lg_decode(d, lg_str(codings[i]), lg_buf_slice(&body), MOST, &out),
                     LG_DECODED_BROKEN, "%s", codings[i]);
        lg_buf_free(&body);
    }
    lg_buf_free(&text);
    lg_decoder_free(d);
}

Test(decode, codings_are_undone_in_the_opposite_order)
{
    struct lg_decoder *d = lg_decoder_new();
    struct lg_buf once = {0}, twice = {0};
    struct lg_slice out;
    add_coded(&once, "gzip", lg_str("hello"));
    add_coded(&twice, "br", lg_buf_slice(&once));
    cr_expect_eq(lg_decode(d, lg_str("GZIP , br"), lg_buf_slice(&twice), MOST, &out), LG_DECODED);
    cr_expect(lg_slice_eq(out, lg_str("hello")));
    cr_expect_eq(lg_decode(d, lg_str(",identity, gzip"), lg_buf_slice(&once), MOST, &out),
                 LG_DECODED);
    cr_expect(lg_slice_eq(out, lg_str("hello")));
    lg_buf_free(&once);
    lg_buf_free(&twice);
    lg_decoder_free(d);
}

Test(decode, members_of_a_gzip_body_follow_each_other)
{
    struct lg_decoder *d = lg_decoder_new();
    struct lg_buf body = {0};
    struct lg_slice out;
    add_coded(&body, "gzip", lg_str("one "));
    add_coded(&body, "gzip", lg_str("two"));
    cr_expect_eq(lg_decode(d, lg_str("gzip"), lg_buf_slice(&body), MOST, &out), LG_DECODED);
    cr_expect(lg_slice_eq(out, lg_str("one two")));
    lg_buf_free(&body);
    lg_decoder_free(d);
}

Test(decode, what_is_not_coded_is_not_copied)
{
    struct lg_decoder *d = lg_decoder_new();
    struct lg_slice body = lg_str("plain"), out;
    cr_expect_eq(lg_decode(d, lg_str(""), body, MOST, &out), LG_DECODED);
    cr_expect_eq(out.p, body.p);
    cr_expect_eq(lg_decode(d, lg_str("identity"), body, MOST, &out), LG_DECODED);
    cr_expect_eq(out.p, body.p);
    cr_expect_eq(lg_decode(d, lg_str("gzip"), lg_slice(NULL, 0), MOST, &out), LG_DECODED);
    cr_expect_eq(out.n, 0);
    lg_decoder_free(d);
}

Test(decode, other_codings_are_named_as_unknown)
{
    struct lg_decoder *d = lg_decoder_new();
    struct lg_slice out;
    cr_expect_eq(lg_decode(d, lg_str("compress"), lg_str("x"), MOST, &out), LG_DECODED_UNKNOWN);
    cr_expect_eq(lg_decode(d, lg_str("gzi p"), lg_str("x"), MOST, &out), LG_DECODED_UNKNOWN);
    cr_expect(lg_coding_is_known(lg_str("ZSTD")) && lg_coding_is_known(lg_str("identity")));
    cr_expect(!lg_coding_is_known(lg_str("compress")) && !lg_coding_is_known(lg_str("")));
    lg_decoder_free(d);
}

Test(decode, a_list_of_many_codings_is_refused)
{
    struct lg_decoder *d = lg_decoder_new();
    struct lg_buf a = {0}, b = {0};
    struct lg_slice out;
    lg_buf_adds(&a, "x");
    for (int i = 0; i < 5; i++) {
        lg_buf_clear(&b);
        add_coded(&b, "gzip", lg_buf_slice(&a));
        struct lg_buf swap = a;
        a = b;
        b = swap;
    }
    cr_expect_eq(lg_decode(d, lg_str("gzip,gzip,gzip,gzip,gzip"), lg_buf_slice(&a), MOST, &out),
                 LG_DECODED_UNKNOWN);
    lg_buf_free(&a);
    lg_buf_free(&b);
    lg_decoder_free(d);
}
