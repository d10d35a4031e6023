#include "net/transport.h"

#include "base/rng.h"
#include "support/leak_check.h"
#include "unit/net/tls_peer.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <signal.h>

TestSuite(tls, .fini = fail_on_leak);

enum { DAY = 86400, BIG = 3 << 20 };

static struct tls_peer peer;
static char buffer[LG_READ_BYTES];

static struct lg_tls *settings(const char *host, bool verify, const char *ca_file)
{
    const char *why = NULL;
    struct lg_tls *tls = lg_tls_new(host, "http/1.1", verify, ca_file, &why);
    cr_assert_not_null(tls, "%s", why);
    return tls;
}

static void begin(int version)
{
    signal(SIGPIPE, SIG_IGN);
    tls_peer_begin(&peer, "DNS:localhost,IP:127.0.0.1", DAY, version);
}

/* One step of each side; the state of the client's. */
static struct lg_transfer shake_once(struct lg_transport *t)
{
    struct pollfd f = {.fd = t->fd, .events = (short)(t->connected ? POLLIN : POLLIN | POLLOUT)};
    struct lg_transfer io = {.state = LG_TRANSFER_AGAIN};
    if (poll(&f, 1, 20) == 1) {
        io = lg_transport_continue(t);
    }
    tls_peer_receive(&peer);
    ERR_clear_error();
    SSL_do_handshake(peer.ssl);
    return io;
}

/* Connects; ends when the client is ready or has failed. */
static struct lg_transfer shake(struct lg_transport *t, struct lg_tls *tls)
{
    struct lg_transfer io = lg_transport_open(t, &peer.address, tls);
    cr_assert_eq(io.state, LG_TRANSFER_OK);
    tls_peer_accept(&peer);
    do {
        io = shake_once(t);
        tls_peer_send(&peer, SIZE_MAX);
    } while (io.state == LG_TRANSFER_AGAIN);
    for (int i = 0; i < 3 && io.state == LG_TRANSFER_OK && !SSL_is_init_finished(peer.ssl); i++) {
        shake_once(&(struct lg_transport){.fd = -1});
    }
    tls_peer_send(&peer, SIZE_MAX);
    return io;
}

static void open_client(struct lg_transport *t, struct lg_tls *tls)
{
    struct lg_transfer io = shake(t, tls);
    cr_assert_eq(io.state, LG_TRANSFER_OK, "%s %d", lg_outcome_name(io.why.class), io.why.code);
    cr_assert(t->ready);
    cr_assert(SSL_is_init_finished(peer.ssl));
}

static void expect_failure(struct lg_transfer io, enum lg_outcome_class class, int code)
{
    cr_assert_eq(io.state, LG_TRANSFER_FAILED);
    cr_expect_eq(io.why.class, class, "%s", lg_outcome_name(io.why.class));
    if (code >= 0) {
        cr_expect_eq(io.why.code, code, "code %d, not %d", io.why.code, code);
    }
}

/* Reads until something other than AGAIN, or nothing comes any more. */
static struct lg_transfer read_next(struct lg_transport *t)
{
    struct lg_transfer io;
    do {
        io = lg_transport_read(t, buffer, sizeof buffer);
    } while (io.state == LG_TRANSFER_AGAIN && readable(t));
    return io;
}

static void expect_text(struct lg_transport *t, const char *want)
{
    struct lg_transfer io = read_next(t);
    cr_assert_eq(io.state, LG_TRANSFER_OK);
    cr_expect(lg_slice_eq(lg_slice(buffer, io.n), lg_str(want)), "%.*s", (int)io.n, buffer);
}

/* ---- the handshake ---- */

static void talk(int version)
{
    struct lg_transport t;
    begin(version);
    struct lg_tls *tls = settings("localhost", true, peer.ca_file);
    open_client(&t, tls);
    cr_expect_eq(lg_transport_write(&t, "ping", 4).n, 4);
    cr_expect_not(lg_transport_blocked(&t));
    tls_peer_receive(&peer);
    cr_expect_eq(SSL_read(peer.ssl, buffer, 100), 4);
    SSL_write(peer.ssl, "pong", 4);
    tls_peer_send(&peer, SIZE_MAX);
    expect_text(&t, "pong");
    cr_expect_eq(lg_tls_handshakes(tls), 1);
    cr_expect_eq(lg_tls_resumed(tls), 0);
    lg_transport_close(&t);
    lg_transport_close(&t);
    tls_peer_receive(&peer);
    cr_expect_eq(SSL_read(peer.ssl, buffer, 100), 0);
    cr_expect_eq(SSL_get_shutdown(peer.ssl) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN,
                 "the peer is told that the connection ends");
    lg_tls_free(tls);
    tls_peer_end(&peer);
}

Test(tls, two_versions_are_spoken)
{
    talk(TLS1_2_VERSION);
    talk(TLS1_3_VERSION);
}

static void expect_verdict(const char *host, const char *names, long end_s, bool trusted, int code)
{
    struct lg_transport t;
    tls_peer_begin(&peer, names, end_s, TLS1_3_VERSION);
    struct lg_tls *tls = settings(host, true, trusted ? peer.ca_file : NULL);
    struct lg_transfer io = shake(&t, tls);
    if (code == 0) {
        cr_expect_eq(io.state, LG_TRANSFER_OK, "%s as %s: %d", names, host, io.why.code);
    } else {
        expect_failure(io, LG_TLS, 1000 + code);
    }
    lg_transport_close(&t);
    lg_tls_free(tls);
    tls_peer_hang_up(&peer);
    tls = settings(host, false, NULL);
    cr_expect_eq(shake(&t, tls).state, LG_TRANSFER_OK, "unverified, anything goes");
    lg_transport_close(&t);
    lg_tls_free(tls);
    tls_peer_end(&peer);
}

Test(tls, a_certificate_is_judged_by_trust_name_and_date)
{
    signal(SIGPIPE, SIG_IGN);
    expect_verdict("localhost", "DNS:localhost", DAY, true, 0);
    expect_verdict("127.0.0.1", "IP:127.0.0.1", DAY, true, 0);
    expect_verdict("::1", "IP:::1", DAY, true, 0);
    expect_verdict("a.example", "DNS:*.example", DAY, true, X509_V_ERR_HOSTNAME_MISMATCH);
    expect_verdict("a.b.example", "DNS:*.b.example", DAY, true, 0);
    expect_verdict("localhost", "DNS:localhost", DAY, false,
                   X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
    expect_verdict("localhost", "DNS:elsewhere", DAY, true, X509_V_ERR_HOSTNAME_MISMATCH);
    expect_verdict("127.0.0.1", "DNS:127.0.0.1", DAY, true, X509_V_ERR_IP_ADDRESS_MISMATCH);
    expect_verdict("localhost", "DNS:localhost", -60, true, X509_V_ERR_CERT_HAS_EXPIRED);
}

Test(tls, a_missing_file_of_authorities_is_told)
{
    const char *why = NULL;
    cr_expect_null(lg_tls_new("h", NULL, true, "/nowhere/ca.pem", &why));
    cr_expect_str_eq(why, "the file of certificate authorities cannot be read");
}

static void resume(int version)
{
    struct lg_transport t;
    begin(version);
    struct lg_tls *tls = settings("localhost", true, peer.ca_file);
    for (int i = 0; i < 3; i++) {
        open_client(&t, tls);
        SSL_write(peer.ssl, "x", 1); /* tickets come before it */
        tls_peer_send(&peer, SIZE_MAX);
        expect_text(&t, "x");
        lg_transport_close(&t);
        tls_peer_hang_up(&peer);
    }
    cr_expect_eq(lg_tls_handshakes(tls), 3);
    cr_expect_eq(lg_tls_resumed(tls), 2);
    lg_tls_free(tls);
    tls_peer_end(&peer);
}

Test(tls, the_next_connection_resumes_the_session)
{
    resume(TLS1_2_VERSION);
    resume(TLS1_3_VERSION);
}

Test(tls, bytes_that_come_with_the_end_of_the_handshake_are_pending)
{
    struct lg_transport t;
    begin(TLS1_2_VERSION); /* there the server has the last word */
    struct lg_tls *tls = settings("localhost", true, peer.ca_file);
    cr_assert_eq(lg_transport_open(&t, &peer.address, tls).state, LG_TRANSFER_OK);
    tls_peer_accept(&peer);
    struct lg_transfer io;
    do {
        io = shake_once(&t);
        if (SSL_is_init_finished(peer.ssl)) {
            SSL_write(peer.ssl, "early", 5);
            SSL_write(peer.ssl, "bird", 4);
            tls_peer_send(&peer, BIO_ctrl_pending(peer.out) - 3); /* the last record is cut */
            readable(&t);
            io = lg_transport_continue(&t);
        } else {
            tls_peer_send(&peer, SIZE_MAX);
        }
    } while (io.state == LG_TRANSFER_AGAIN);
    cr_assert_eq(io.state, LG_TRANSFER_OK);
    cr_expect(lg_transport_pending(&t));

    /* Another connection uses what they share meanwhile. */
    struct tls_peer first = peer;
    struct lg_transport other;
    open_client(&other, tls);
    lg_transport_close(&other);
    tls_peer_hang_up(&peer);
    peer = first;

    io = lg_transport_read(&t, buffer, sizeof buffer);
    cr_assert_eq(io.state, LG_TRANSFER_OK);
    cr_expect(lg_slice_eq(lg_slice(buffer, io.n), lg_str("early")), "%.*s", (int)io.n, buffer);
    cr_expect_not(lg_transport_pending(&t));
    tls_peer_send(&peer, SIZE_MAX);
    expect_text(&t, "bird");
    lg_transport_close(&t);
    lg_tls_free(tls);
    tls_peer_end(&peer);
}

/* ---- the stream ---- */

Test(tls, bytes_may_come_one_by_one)
{
    struct lg_transport t;
    begin(TLS1_3_VERSION);
    struct lg_tls *tls = settings("localhost", true, peer.ca_file);
    struct lg_transfer io = lg_transport_open(&t, &peer.address, tls);
    tls_peer_accept(&peer);
    do {
        io = shake_once(&t);
        tls_peer_send(&peer, 1);
    } while (io.state == LG_TRANSFER_AGAIN);
    cr_assert_eq(io.state, LG_TRANSFER_OK);
    while (!SSL_is_init_finished(peer.ssl)) {
        tls_peer_receive(&peer);
        SSL_do_handshake(peer.ssl);
    }
    SSL_write(peer.ssl, "slow", 4);
    io.state = LG_TRANSFER_AGAIN;
    while (tls_peer_send(&peer, 1) == 1) {
        cr_assert_eq(io.state, LG_TRANSFER_AGAIN, "nothing but whole records");
        cr_assert(readable(&t));
        io = lg_transport_read(&t, buffer, sizeof buffer);
    }
    cr_assert_eq(io.state, LG_TRANSFER_OK);
    cr_expect(lg_slice_eq(lg_slice(buffer, io.n), lg_str("slow")));
    lg_transport_close(&t);
    lg_tls_free(tls);
    tls_peer_end(&peer);
}

static char pattern(size_t i)
{
    return (char)(i * 2654435761u >> 13);
}

Test(tls, a_peer_that_does_not_read_blocks_the_stream_and_no_byte_is_lost)
{
    struct lg_transport t;
    static char bytes[BIG], got[BIG];
    begin(TLS1_3_VERSION);
    struct lg_tls *tls = settings("localhost", true, peer.ca_file);
    open_client(&t, tls);
    setsockopt(t.fd, SOL_SOCKET, SO_SNDBUF, &(int){4096}, sizeof(int));
    for (size_t i = 0; i < BIG; i++) {
        bytes[i] = pattern(i);
    }
    size_t sent = 0, received = 0;
    int times_blocked = 0;
    while (received < BIG) {
        size_t piece = BIG - sent < 300000 ? BIG - sent : 300000;
        struct lg_transfer io = lg_transport_write(&t, bytes + sent, piece);
        cr_assert_eq(io.state, LG_TRANSFER_OK);
        sent += io.n;
        times_blocked += lg_transport_blocked(&t);
        if (lg_transport_blocked(&t)) {
            cr_assert_eq(lg_transport_write(&t, bytes + sent, piece).n, 0,
                         "what is blocked takes nothing more");
        }
        tls_peer_receive(&peer);
        int n;
        while (received < BIG && (n = SSL_read(peer.ssl, got + received, BIG)) > 0) {
            received += (size_t)n;
        }
        /* Acknowledgements free the send buffer. */
        poll(&(struct pollfd){.fd = t.fd, .events = POLLOUT}, 1, 10);
    }
    cr_expect_gt(times_blocked, 3);
    cr_assert_arr_eq(got, bytes, BIG);
    cr_expect_not(lg_transport_blocked(&t));
    lg_transport_close(&t);
    lg_tls_free(tls);
    tls_peer_end(&peer);
}

/* What is read for one connection lies in a buffer that all share. */
Test(tls, streams_read_in_turns_do_not_mix)
{
    enum { STREAMS = 3, EACH = 1 << 20 };
    struct lg_transport t[STREAMS];
    struct tls_peer peers[STREAMS];
    size_t written[STREAMS] = {0}, got[STREAMS] = {0}, total = 0;
    static char bytes[EACH];
    struct lg_rng rng;
    lg_rng_init(&rng, 1, 0, 0);
    begin(TLS1_3_VERSION);
    struct lg_tls *tls = settings("localhost", true, peer.ca_file);
    for (int i = 0; i < STREAMS; i++) {
        open_client(&t[i], tls);
        peers[i] = peer;
    }
    while (total < (size_t)STREAMS * EACH) {
        size_t s = lg_rng_below(&rng, STREAMS);
        size_t n = lg_rng_below(&rng, 60000);
        n = n < EACH - written[s] ? n : EACH - written[s];
        for (size_t i = 0; i < n; i++) {
            bytes[i] = (char)(pattern(written[s] + i) + (char)s);
        }
        if (n > 0) {
            SSL_write(peers[s].ssl, bytes, (int)n);
            written[s] += n;
        }
        tls_peer_send(&peers[s], 1 + lg_rng_below(&rng, 200000));
        size_t r = lg_rng_below(&rng, STREAMS);
        struct lg_transfer io = lg_transport_read(&t[r], buffer, sizeof buffer);
        cr_assert(io.state == LG_TRANSFER_OK || io.state == LG_TRANSFER_AGAIN);
        for (size_t i = 0; i < io.n; i++) {
            cr_assert_eq(buffer[i], (char)(pattern(got[r] + i) + (char)r), "stream %zu", r);
        }
        got[r] += io.n;
        total += io.n;
    }
    for (int i = 0; i < STREAMS; i++) {
        lg_transport_close(&t[i]);
        tls_peer_hang_up(&peers[i]);
    }
    peer.fd = -1;
    peer.ssl = NULL;
    lg_tls_free(tls);
    tls_peer_end(&peer);
}

/* ---- ends ---- */

static void expect_end(void (*finish)(void), enum lg_transfer_state state,
                       enum lg_outcome_class class)
{
    struct lg_transport t;
    begin(TLS1_3_VERSION);
    struct lg_tls *tls = settings("localhost", true, peer.ca_file);
    open_client(&t, tls);
    SSL_write(peer.ssl, "last", 4);
    tls_peer_send(&peer, SIZE_MAX);
    expect_text(&t, "last");
    finish();
    struct lg_transfer io = read_next(&t);
    cr_assert_eq(io.state, state);
    if (state == LG_TRANSFER_FAILED) {
        cr_expect_eq(io.why.class, class, "%s", lg_outcome_name(io.why.class));
    }
    lg_transport_close(&t);
    lg_tls_free(tls);
    tls_peer_end(&peer);
}

static void end_in_order(void)
{
    SSL_shutdown(peer.ssl);
    tls_peer_send(&peer, SIZE_MAX);
    close(peer.fd);
    peer.fd = -1;
}

static void end_without_a_word(void)
{
    close(peer.fd);
    peer.fd = -1;
}

static void end_within_a_record(void)
{
    SSL_write(peer.ssl, "never", 5);
    tls_peer_send(&peer, 10);
    close(peer.fd);
    peer.fd = -1;
}

static void end_by_reset(void)
{
    struct linger now = {.l_onoff = 1};
    setsockopt(peer.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(peer.fd);
    peer.fd = -1;
}

static void end_with_plain_text(void)
{
    (void)!write(peer.fd, "HTTP/1.1 500 Oops\r\n\r\n", 21);
}

static void end_with_an_alert(void)
{
    /* A record that does not decrypt. */
    SSL_write(peer.ssl, "x", 1);
    char *bytes;
    long n = BIO_get_mem_data(peer.out, &bytes);
    bytes[n - 1] ^= 1;
    tls_peer_send(&peer, SIZE_MAX);
}

Test(tls, every_end_has_its_class)
{
    expect_end(end_in_order, LG_TRANSFER_EOF, LG_OK);
    expect_end(end_without_a_word, LG_TRANSFER_FAILED, LG_CLOSED);
    expect_end(end_within_a_record, LG_TRANSFER_FAILED, LG_CLOSED);
    expect_end(end_by_reset, LG_TRANSFER_FAILED, LG_RESET);
    expect_end(end_with_plain_text, LG_TRANSFER_FAILED, LG_TLS);
    expect_end(end_with_an_alert, LG_TRANSFER_FAILED, LG_TLS);
}

/* A server that answers the first bytes with `text`, then ends. */
static struct lg_transfer shake_with(const char *text, bool reset)
{
    struct lg_transport t;
    begin(TLS1_3_VERSION);
    struct lg_tls *tls = settings("localhost", true, peer.ca_file);
    struct lg_transfer io = lg_transport_open(&t, &peer.address, tls);
    tls_peer_accept(&peer);
    do { /* the hello leaves */
        io = lg_transport_continue(&t);
    } while (io.state == LG_TRANSFER_AGAIN && !t.connected);
    struct pollfd f = {.fd = peer.fd, .events = POLLIN};
    poll(&f, 1, 60000);
    tls_peer_receive(&peer);
    (void)!write(peer.fd, text, strlen(text));
    if (reset) {
        end_by_reset();
    } else {
        shutdown(peer.fd, SHUT_WR);
    }
    while (io.state == LG_TRANSFER_AGAIN && readable(&t)) {
        io = lg_transport_continue(&t);
    }
    cr_expect_not(t.ready);
    lg_transport_close(&t);
    lg_tls_free(tls);
    tls_peer_end(&peer);
    return io;
}

Test(tls, a_server_that_does_not_speak_tls_fails_the_handshake)
{
    expect_failure(shake_with("HTTP/1.1 400 Bad Request\r\n\r\n", false), LG_TLS, -1);
    expect_failure(shake_with("SSH", false), LG_TLS, -1);
    expect_failure(shake_with("", false), LG_TLS, 0);
    expect_failure(shake_with("", true), LG_RESET, 0);
}

Test(tls, an_alert_of_the_peer_is_told_by_its_number)
{
    struct lg_transport t;
    begin(TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(peer.ctx, "ECDHE-RSA-AES128-GCM-SHA256"); /* its key is not RSA */
    struct lg_tls *tls = settings("localhost", true, peer.ca_file);
    expect_failure(shake(&t, tls), LG_TLS, SSL_AD_HANDSHAKE_FAILURE);
    lg_transport_close(&t);
    lg_tls_free(tls);
    tls_peer_end(&peer);
}

/* ---- ALPN ---- */

static int select_h2(SSL *ssl, const unsigned char **out, unsigned char *n, const unsigned char *in,
                     unsigned in_n, void *arg)
{
    (void)ssl, (void)in, (void)in_n, (void)arg;
    *out = (const unsigned char *)"h2";
    *n = 2;
    return SSL_TLSEXT_ERR_OK;
}

static int select_nothing(SSL *ssl, const unsigned char **out, unsigned char *n,
                          const unsigned char *in, unsigned in_n, void *arg)
{
    (void)ssl, (void)out, (void)n, (void)in, (void)in_n, (void)arg;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static struct lg_transfer shake_for_h2(SSL_CTX_alpn_select_cb_func select)
{
    const char *why = NULL;
    struct lg_transport t;
    begin(TLS1_3_VERSION);
    if (select != NULL) {
        SSL_CTX_set_alpn_select_cb(peer.ctx, select, NULL);
    }
    struct lg_tls *tls = lg_tls_new("localhost", "h2", true, peer.ca_file, &why);
    struct lg_transfer io = shake(&t, tls);
    lg_transport_close(&t);
    lg_tls_free(tls);
    tls_peer_end(&peer);
    return io;
}

Test(tls, http_2_must_be_chosen_by_the_peer)
{
    cr_expect_eq(shake_for_h2(select_h2).state, LG_TRANSFER_OK);
    expect_failure(shake_for_h2(NULL), LG_TLS, 120);
    expect_failure(shake_for_h2(select_nothing), LG_TLS, 120);
}

Test(tls, reasons_are_told_in_words)
{
    cr_expect_str_eq(lg_tls_reason(0), "");
    cr_expect_str_eq(lg_tls_reason(48), "unknown CA");
    cr_expect_str_eq(lg_tls_reason(1000 + X509_V_ERR_CERT_HAS_EXPIRED), "certificate has expired");
    cr_expect_not_null(strstr(lg_tls_reason(120), "HTTP version"));
}
