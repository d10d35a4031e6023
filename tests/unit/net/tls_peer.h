/* A TLS server within the test: OpenSSL on memory, so that the test moves every byte to and from
 * the socket itself.  Certificates are made on the spot and signed by themselves. */
#ifndef LG_TESTS_NET_TLS_PEER_H
#define LG_TESTS_NET_TLS_PEER_H

#include "net/transport.h"
#include "support/scratch.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct tls_peer {
    SSL_CTX *ctx;
    int listener;
    struct lg_address address;
    char folder[SCRATCH_PATH];
    char ca_file[SCRATCH_PATH + 16]; /* its certificate, in that folder */
    int fd;                          /* the newest connection */
    SSL *ssl;
    BIO *in, *out; /* of ssl */
};

static inline void add_name(X509 *cert, const char *names)
{
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);
    X509_add_ext(cert, e, -1);
    X509_EXTENSION_free(e);
}

/* Valid from a day ago until `end_s` from now. */
static inline void make_certificate(SSL_CTX *ctx, const char *names, long end_s, const char *file)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -86400);
    X509_gmtime_adj(X509_getm_notAfter(cert), end_s);
    X509_set_pubkey(cert, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                               (const unsigned char *)"test", -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(cert));
    add_name(cert, names);
    X509_sign(cert, key, EVP_sha256());
    SSL_CTX_use_certificate(ctx, cert);
    SSL_CTX_use_PrivateKey(ctx, key);
    FILE *f = fopen(file, "w");
    PEM_write_X509(f, cert);
    fclose(f);
    X509_free(cert);
    EVP_PKEY_free(key);
}

static inline int listen_on_loopback(struct lg_address *out)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(fd, (struct sockaddr *)&a, n) != 0 || listen(fd, 512) != 0) {
        abort();
    }
    getsockname(fd, (struct sockaddr *)&a, &n);
    *out = (struct lg_address){.length = n};
    memcpy(&out->addr, &a, n);
    return fd;
}

static inline void tls_peer_begin(struct tls_peer *p, const char *names, long end_s, int version)
{
    memset(p, 0, sizeof *p);
    scratch_make(p->folder);
    snprintf(p->ca_file, sizeof p->ca_file, "%s/ca.pem", p->folder);
    p->ctx = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_min_proto_version(p->ctx, version);
    SSL_CTX_set_max_proto_version(p->ctx, version);
    SSL_CTX_set_session_id_context(p->ctx, (const unsigned char *)"lg", 2);
    make_certificate(p->ctx, names, end_s, p->ca_file);
    p->listener = listen_on_loopback(&p->address);
    p->fd = -1;
}

static inline void tls_peer_hang_up(struct tls_peer *p)
{
    SSL_free(p->ssl);
    p->ssl = NULL;
    if (p->fd >= 0) {
        close(p->fd);
    }
    p->fd = -1;
}

static inline void tls_peer_end(struct tls_peer *p)
{
    tls_peer_hang_up(p);
    close(p->listener);
    SSL_CTX_free(p->ctx);
    scratch_remove(p->folder);
}

static inline void tls_peer_accept(struct tls_peer *p)
{
    p->fd = accept4(p->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    p->ssl = SSL_new(p->ctx);
    p->in = BIO_new(BIO_s_mem());
    p->out = BIO_new(BIO_s_mem());
    SSL_set_bio(p->ssl, p->in, p->out);
    SSL_set_accept_state(p->ssl);
}

/* Socket to OpenSSL. */
static inline void tls_peer_receive(struct tls_peer *p)
{
    char bytes[65536];
    ssize_t n;
    while ((n = read(p->fd, bytes, sizeof bytes)) > 0) {
        BIO_write(p->in, bytes, (int)n);
    }
}

/* At most `most` bytes of what OpenSSL wants written to the socket; how many went. */
static inline size_t tls_peer_send(struct tls_peer *p, size_t most)
{
    size_t total = 0;
    while (total < most && BIO_ctrl_pending(p->out) > 0) {
        char *bytes;
        long have = BIO_get_mem_data(p->out, &bytes);
        size_t want = (size_t)have < most - total ? (size_t)have : most - total;
        ssize_t n = write(p->fd, bytes, want);
        if (n <= 0) {
            break;
        }
        char scratch[65536];
        for (size_t left = (size_t)n; left > 0;) { /* taken out of the BIO */
            int got =
                BIO_read(p->out, scratch, (int)(left < sizeof scratch ? left : sizeof scratch));
            left -= (size_t)got;
        }
        total += (size_t)n;
    }
    return total;
}

/* The client's socket has something to say, or a second has passed. */
static inline bool readable(const struct lg_transport *t)
{
    struct pollfd f = {.fd = t->fd, .events = POLLIN};
    return poll(&f, 1, 60000) == 1;
}

#endif
