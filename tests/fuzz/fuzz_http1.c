/* One HTTP/1.1 answer: whole, cut, with and without the memo, always the same events.  Byte 0
 * chooses method, fields and end; byte 1 the cut. */
#include "fuzz/fuzz_peer.h"

static void play(struct fuzz_peer *peer, const uint8_t *data, struct lg_slice in, uint64_t split,
                 struct lg_http1_memo *memo)
{
    struct lg_proto_config config = {.authority = lg_str("h"), .memo = memo};
    *peer = (struct fuzz_peer){.starts = 1};
    peer->request = (struct lg_request){
        .method = lg_str(data[0] & 1 ? "HEAD" : "GET"),
        .path = lg_str("/"),
        .want_headers = (data[0] & 2) != 0,
        .want_body = (data[0] & 4) == 0,
    };
    peer->proto = lg_http1.open(&config, &fuzz_sink, peer);
    fuzz_start(peer);
    fuzz_drain(peer);
    fuzz_feed(peer, in, split);
    fuzz_end(peer, (data[0] & 8) != 0);
}

/* Bytes behind the answer are "extra" in its own piece and "unasked" in a later one. */
static void level(struct lg_buf *log)
{
    static const char extra[] = "S2,11.4", unasked[] = "S2,11.5";
    size_t n = sizeof extra - 1;
    if (log->n >= n && memcmp(log->p + log->n - n, extra, n) == 0) {
        memcpy(log->p + log->n - n, unasked, n);
    }
}

static void compare(struct lg_buf *want, const uint8_t *data, struct lg_slice in, uint64_t split,
                    struct lg_http1_memo *memo)
{
    struct fuzz_peer peer;
    play(&peer, data, in, split, memo);
    level(&peer.log);
    LG_ASSERT(lg_slice_eq(lg_buf_slice(&peer.log), lg_buf_slice(want)));
    lg_buf_free(&peer.log);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    _Static_assert(LG_PROTOCOL == 11 && LG_FAULT_EXTRA_BYTES == 4 && LG_FAULT_UNASKED == 5,
                   "level()");
    if (n < 2) {
        return 0;
    }
    struct lg_slice in = lg_slice(data + 2, n - 2);
    struct fuzz_peer whole;
    play(&whole, data, in, 0, NULL);
    level(&whole.log);
    struct lg_http1_memo *memo = lg_http1_memo_new();
    compare(&whole.log, data, in, 1, NULL);
    compare(&whole.log, data, in, 2u + data[1], NULL);
    compare(&whole.log, data, in, 0, memo);
    compare(&whole.log, data, in, 0, memo); /* the head may now be known */
    compare(&whole.log, data, in, 2u + data[1], memo);
    lg_http1_memo_free(memo);
    lg_buf_free(&whole.log);
    return 0;
}
