/* A body of any bytes: the first line names the codings.  Output is bounded, whatever comes, and a
 * decoder that has seen a broken body decodes the next one. */
#include "content/decode.h"

#include <stdlib.h>

enum { MOST = 100000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char good[] =
        "\x1f\x8b\x08\0\0\0\0\0\x02\x03\xcb\xc8\x04\0\xac\x2a\x93\xd8\x02\0\0";
    const uint8_t *newline = n > 0 ? memchr(data, '\n', n) : NULL;
    if (newline == NULL) {
        return 0;
    }
    struct lg_decoder *d = lg_decoder_new();
    size_t name_n = (size_t)(newline - data), body_n = n - name_n - 1;
    char *body = lg_grow(NULL, body_n > 0 ? body_n : 1, 1);
    memcpy(body, newline + 1, body_n);
    struct lg_slice out = {0};
    enum lg_decoded result =
        lg_decode(d, lg_slice(data, name_n), lg_slice(body, body_n), MOST, &out);
    LG_ASSERT(out.p == body || out.n <= MOST);
    LG_ASSERT(result != LG_DECODED_TOO_BIG || out.n == MOST || out.p == body);
    LG_ASSERT(lg_decode(d, lg_str("gzip"), lg_slice(good, sizeof good), MOST, &out) == LG_DECODED);
    LG_ASSERT(lg_slice_eq(out, lg_str("hi")));
    lg_decoder_free(d);
    free(body);
    return 0;
}
