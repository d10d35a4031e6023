/* What a WebSocket server says: whole and cut, always the same events.  Byte 0: bit 0 the input
 * begins with the handshake's answer (else the right one is put before it), bit 1 finish() first,
 * bit 2 the connection ends, bit 3 messages are sent meanwhile, bit 4 compression is offered and
 * agreed; byte 1 the cut. */
#include "fuzz/fuzz_peer.h"
#include "proto/ws_handshake.h"

static void put_accept(const struct lg_buf *out, const char *extensions, struct lg_buf *in)
{
    const char *key = memmem(out->p, out->n, "Sec-WebSocket-Key: ", 19);
    char accept[LG_WS_ACCEPT_BYTES];
    LG_ASSERT(key != NULL);
    lg_ws_accept(accept, lg_slice(key + 19, 24));
    lg_buf_addf(in,
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Accept: %s\r\n%s\r\n",
                accept, extensions);
}

static const char agreed[] = "Sec-WebSocket-Extensions: permessage-deflate\r\n";

static void play(struct fuzz_peer *peer, const uint8_t *data, size_t n, uint64_t split)
{
    struct lg_deflater *deflater = data[0] & 16 ? lg_deflater_new() : NULL;
    struct lg_proto_config config = {
        .authority = lg_str("h"), .path = lg_str("/"), .max_message = 300, .deflater = deflater};
    *peer = (struct fuzz_peer){.request = {.body = lg_str("message")}};
    peer->proto = lg_websocket.open(&config, &fuzz_sink, peer);
    fuzz_drain(peer);
    struct lg_buf in = {0};
    if ((data[0] & 1) == 0) {
        put_accept(&peer->out, deflater != NULL ? agreed : "", &in);
        fuzz_feed(peer, lg_buf_slice(&in), 0);
    }
    if (data[0] & 2) {
        peer->proto->ops->finish(peer->proto);
    }
    peer->starts = data[0] & 8 ? 1 : 0;
    fuzz_feed(peer, lg_slice(data + 2, n - 2), split);
    fuzz_end(peer, (data[0] & 4) != 0);
    lg_deflater_free(deflater);
    lg_buf_free(&in);
}

/* When a message is started and when handed over depends on the cut; what is heard does not. */
static void without_sends(struct lg_buf *log)
{
    static const char done[] = "D0.0;";
    size_t n = sizeof done - 1;
    for (char *p; (p = memmem(log->p, log->n, done, n)) != NULL;) {
        memmove(p, p + n, log->n - (size_t)(p - log->p) - n);
        log->n -= n;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n < 2) {
        return 0;
    }
    struct fuzz_peer whole, cut;
    play(&whole, data, n, 0);
    without_sends(&whole.log);
    for (int i = 0; i < 2; i++) {
        play(&cut, data, n, i == 0 ? 1 : 2u + data[1]);
        without_sends(&cut.log);
        if ((data[0] & 8) == 0) {
            LG_ASSERT(lg_slice_eq(lg_buf_slice(&whole.log), lg_buf_slice(&cut.log)));
        }
        lg_buf_free(&cut.log);
    }
    lg_buf_free(&whole.log);
    return 0;
}
