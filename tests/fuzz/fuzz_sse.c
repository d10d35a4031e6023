/* Any bytes are an event stream: cut in any way, it is read as by the plain reader of
 * tests/support.  The first byte seeds the cutting. */
#include "base/rng.h"
#include "content/sse.h"
#include "support/sse_oracle.h"

#include <stdlib.h>

static void check(struct lg_slice text, uint64_t seed, const struct sse_oracle *expected)
{
    struct lg_sse sse = {0};
    struct lg_buf log = {0};
    struct lg_rng rng;
    lg_rng_init(&rng, seed, 0, 0);
    while (text.n > 0) {
        size_t most = seed == 0 ? text.n : 1 + lg_rng_below(&rng, 2 * seed);
        size_t n = most < text.n ? most : text.n;
        char *copy = lg_alloc(n); /* of its own, so that a text kept too long is seen */
        memcpy(copy, text.p, n);
        LG_ASSERT(sse_ours(&sse, lg_slice(copy, n), &log));
        free(copy);
        text = lg_slice(text.p + n, text.n - n);
    }
    LG_ASSERT(lg_slice_eq(lg_buf_slice(&log), lg_buf_slice(&expected->log)));
    LG_ASSERT(lg_slice_eq(lg_sse_last_id(&sse), lg_buf_slice(&expected->last_id)));
    LG_ASSERT(expected->retry_ms == -2 || sse.has_retry == (expected->retry_ms >= 0));
    LG_ASSERT(expected->retry_ms < 0 || sse.retry_ms == expected->retry_ms);
    lg_buf_free(&log);
    lg_sse_fini(&sse);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n == 0 || n > LG_SSE_MOST / 2) {
        return 0;
    }
    struct lg_slice text = lg_slice(data + 1, n - 1);
    struct sse_oracle expected = sse_oracle(text);
    check(text, 0, &expected);
    check(text, data[0], &expected);
    lg_buf_free(&expected.log);
    lg_buf_free(&expected.last_id);
    return 0;
}
