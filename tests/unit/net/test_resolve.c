#include "net/resolve.h"

#include "net/transport.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#define PATIENCE (60 * LG_S)

/* Waits for what the kernel may hand over a moment later. */
static void await(int fd, short events)
{
    cr_assert_eq(poll(&(struct pollfd){.fd = fd, .events = events}, 1, 60000), 1);
}

/* Has a port of 127.0.0.1, so that nobody else gets it, and does not listen there. */
static int deaf_on(uint16_t *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&a, n), 0);
    getsockname(fd, (struct sockaddr *)&a, &n);
    *port = ntohs(a.sin_port);
    return fd;
}

/* Listens on loopback of one family; its port.  -1 where the machine has no such family. */
static int listen_on(int family, uint16_t *port)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr *a = family == AF_INET ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6;
    socklen_t n = family == AF_INET ? sizeof v4 : sizeof v6;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && family == AF_INET6) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){1}, sizeof(int));
    }
    if (fd < 0 || bind(fd, a, n) != 0 || listen(fd, 5) != 0) {
        close(fd);
        return -1;
    }
    getsockname(fd, a, &n);
    *port = ntohs(family == AF_INET ? v4.sin_port : v6.sin6_port);
    return fd;
}

static void expect_found(const char *host, int family)
{
    struct lg_address address;
    bool answers = false;
    char text[64];
    uint16_t port;
    int fd = listen_on(family, &port);
    if (fd < 0) {
        cr_assert_eq(family, AF_INET6, "no IPv4 on this machine");
        return;
    }
    const char *why = lg_resolve(host, port, PATIENCE, &address, &answers);
    close(fd);
    if (why != NULL || !answers) {
        /* A hosts file may know localhost for one family only. */
        cr_assert(family == AF_INET6 && strcmp(host, "localhost") == 0, "%s: %s", host, why);
        return;
    }
    cr_expect_eq(address.addr.ss_family, family);
    snprintf(text, sizeof text, family == AF_INET ? "127.0.0.1:%u" : "[::1]:%u", (unsigned)port);
    cr_expect_str_eq(address.text, text);
}

Test(resolve, the_address_that_answers_is_taken)
{
    expect_found("localhost", AF_INET);
    expect_found("localhost", AF_INET6);
    expect_found("127.0.0.1", AF_INET);
    expect_found("::1", AF_INET6);
}

Test(resolve, where_nobody_answers_the_first_is_taken_and_told)
{
    struct lg_address address;
    bool answers = true;
    uint16_t port;
    int fd = deaf_on(&port);
    cr_assert_null(lg_resolve("127.0.0.1", port, PATIENCE, &address, &answers));
    cr_expect_not(answers);
    cr_expect_eq(address.addr.ss_family, AF_INET);
    close(fd);
}

Test(resolve, a_name_that_is_no_name_has_a_reason)
{
    struct lg_address address;
    bool answers;
    cr_expect_not_null(lg_resolve("256.1.1.1.", 80, PATIENCE, &address, &answers));
}

/* ---- the plain transport ---- */

struct pair {
    struct lg_transport client;
    int server;
};

static void open_pair(struct pair *p)
{
    struct lg_address to;
    bool answers;
    uint16_t port;
    int fd = listen_on(AF_INET, &port);
    /* resolve has tried a connection, which is the first to be accepted */
    cr_assert_null(lg_resolve("127.0.0.1", port, PATIENCE, &to, &answers));
    close(accept(fd, NULL, NULL));
    cr_assert_eq(lg_transport_open(&p->client, &to, NULL).state, LG_TRANSFER_OK);
    p->server = accept(fd, NULL, NULL);
    if (!p->client.ready) {
        cr_assert_eq(lg_transport_continue(&p->client).state, LG_TRANSFER_OK);
    }
    cr_assert(p->client.ready && p->client.connected);
    close(fd);
}

Test(transport, plain_bytes_pass_and_the_end_is_told)
{
    static char bytes[LG_READ_BYTES];
    struct pair p;
    open_pair(&p);
    cr_expect_eq(lg_transport_read(&p.client, bytes, sizeof bytes).state, LG_TRANSFER_AGAIN);
    cr_expect_eq(lg_transport_write(&p.client, "ping", 4).n, 4);
    cr_expect_eq(lg_transport_write(&p.client, "", 0).state, LG_TRANSFER_OK);
    cr_expect_eq(read(p.server, bytes, 10), 4);
    cr_assert_eq(write(p.server, "pong", 4), 4);
    await(p.client.fd, POLLIN);
    cr_expect_eq(lg_transport_read(&p.client, bytes, sizeof bytes).n, 4);
    cr_expect_not(lg_transport_blocked(&p.client));
    cr_expect_not(lg_transport_pending(&p.client));
    close(p.server);
    await(p.client.fd, POLLIN);
    cr_expect_eq(lg_transport_read(&p.client, bytes, sizeof bytes).state, LG_TRANSFER_EOF);
    lg_transport_close(&p.client);
    cr_expect_eq(p.client.fd, -1);
    lg_transport_close(&p.client);
}

Test(transport, a_full_kernel_takes_part_then_nothing)
{
    static char bytes[8 << 20];
    struct pair p;
    open_pair(&p);
    struct lg_transfer io = lg_transport_write(&p.client, bytes, sizeof bytes);
    cr_expect_eq(io.state, LG_TRANSFER_OK);
    cr_expect(io.n > 0 && io.n < sizeof bytes);
    while (io.state == LG_TRANSFER_OK) {
        io = lg_transport_write(&p.client, bytes, sizeof bytes);
    }
    cr_expect_eq(io.state, LG_TRANSFER_AGAIN);
    close(p.server);
    lg_transport_close(&p.client);
}

Test(transport, a_reset_is_told)
{
    static char bytes[LG_READ_BYTES];
    struct pair p;
    open_pair(&p);
    struct linger now = {.l_onoff = 1};
    setsockopt(p.server, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(p.server);
    await(p.client.fd, POLLIN);
    struct lg_transfer io = lg_transport_read(&p.client, bytes, sizeof bytes);
    cr_expect_eq(io.state, LG_TRANSFER_FAILED);
    cr_expect_eq(io.why.class, LG_RESET);
    cr_expect_eq(io.why.code, 0);
    lg_transport_close(&p.client);
}

Test(transport, errors_have_their_classes)
{
    static const struct {
        int error;
        enum lg_outcome_class connecting, streaming;
    } cases[] = {
        {ECONNREFUSED, LG_CONNECT_REFUSED, LG_RESET},
        {ETIMEDOUT, LG_CONNECT_TIMEOUT, LG_RESET},
        {ENETUNREACH, LG_CONNECT_RESET, LG_RESET},
        {ECONNRESET, LG_CONNECT_RESET, LG_RESET},
        {EADDRNOTAVAIL, LG_LOCAL, LG_RESET},
        {EMFILE, LG_LOCAL, LG_RESET},
        {ENOMEM, LG_LOCAL, LG_LOCAL},
        {ENOBUFS, LG_LOCAL, LG_LOCAL},
        {EPIPE, LG_CONNECT_RESET, LG_RESET},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int error = cases[i].error;
        cr_expect_eq(lg_connect_outcome(error).class, cases[i].connecting, "%d", error);
        cr_expect_eq(lg_stream_outcome(error).class, cases[i].streaming, "%d", error);
    }
    cr_expect_eq(lg_connect_outcome(ENETUNREACH).code, ENETUNREACH);
    cr_expect_eq(lg_stream_outcome(EPIPE).code, 0);
    cr_expect_eq(lg_stream_outcome(EHOSTUNREACH).code, EHOSTUNREACH);
}

Test(transport, a_port_where_nobody_listens_refuses)
{
    struct lg_address to;
    bool answers;
    uint16_t port;
    struct lg_transport t;
    int fd = deaf_on(&port);
    cr_assert_null(lg_resolve("127.0.0.1", port, PATIENCE, &to, &answers));
    struct lg_transfer io = lg_transport_open(&t, &to, NULL);
    if (io.state == LG_TRANSFER_OK) {
        await(t.fd, POLLOUT);
        io = lg_transport_continue(&t);
    }
    cr_expect_eq(io.state, LG_TRANSFER_FAILED);
    cr_expect_eq(io.why.class, LG_CONNECT_REFUSED);
    lg_transport_close(&t);
    close(fd);
}
