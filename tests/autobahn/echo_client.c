/* A WebSocket client for the Autobahn suite's fuzzing server: asks how many cases there are, opens
 * a connection for each and sends every message back, all by the protocol that the engine uses.
 *     autobahn_client PORT whole|bytes
 * ends with 0 when every case has run; the server has the verdicts.  `bytes`: the first bytes of a
 * connection come one at a time, so that what comes first is dealt with before the next is seen.
 * A case may take CASE_SECONDS. */
#include "base/clock.h"
#include "proto/proto.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_BYTES = 65536, SINGLE_BYTES = 2048, CASE_SECONDS = 480, LEAVE_SECONDS = 3 };

struct message {
    struct message *next;
    struct lg_buf body;
    bool binary;
};

struct echo {
    struct lg_proto *proto;
    int fd;
    struct lg_buf out; /* for the socket */
    struct message *first,
        **last; /* to be sent back; the first is with the protocol if `sending` */
    bool sending;
    size_t single; /* so many bytes are still read one at a time */
    bool echo;     /* else the last message is kept */
    struct lg_buf heard;
};

/* ---- what the protocol says ---- */

static void send_next(struct echo *echo)
{
    if (echo->first == NULL || echo->sending || lg_websocket.capacity(echo->proto) == 0) {
        return;
    }
    struct lg_request request = {
        .body = lg_buf_slice(&echo->first->body),
        .binary = echo->first->binary,
    };
    echo->sending = true;
    lg_websocket.start(echo->proto, 1, &request);
}

static void forget_first(struct echo *echo)
{
    struct message *gone = echo->first;
    echo->first = gone->next;
    if (echo->first == NULL) {
        echo->last = &echo->first;
    }
    lg_buf_free(&gone->body);
    free(gone);
}

static void on_ready(void *ctx)
{
    send_next(ctx);
}

static void on_data(void *ctx, lg_op op, struct lg_slice data, bool whole)
{
    struct echo *echo = ctx;
    LG_ASSERT(op == 0 && whole);
    if (!echo->echo) {
        lg_buf_clear(&echo->heard);
        lg_buf_add(&echo->heard, data.p, data.n);
        return;
    }
    struct message *message = lg_alloc(sizeof *message);
    lg_buf_add(&message->body, data.p, data.n);
    message->binary = lg_websocket_is_binary(echo->proto);
    *echo->last = message;
    echo->last = &message->next;
    send_next(echo);
}

static void on_done(void *ctx, lg_op op, struct lg_outcome outcome)
{
    struct echo *echo = ctx;
    (void)op;
    (void)outcome;
    echo->sending = false;
    forget_first(echo);
    send_next(echo);
}

static const struct lg_proto_sink sink = {
    .on_ready = on_ready, .on_data = on_data, .on_done = on_done};

/* ---- moving bytes ---- */

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static int dial(unsigned short port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
        fail("connect");
    }
    return fd;
}

/* All that the protocol wants written, as far as the kernel takes it; false: the peer has gone. */
static bool push(struct echo *echo)
{
    for (;;) {
        if (echo->out.n == 0) {
            lg_websocket.output(echo->proto, &echo->out);
        }
        if (echo->out.n == 0) {
            return true;
        }
        ssize_t n = send(echo->fd, echo->out.p, echo->out.n, MSG_NOSIGNAL);
        if (n < 0) {
            return errno == EAGAIN;
        }
        lg_buf_drop(&echo->out, (size_t)n);
    }
}

static void await(struct echo *echo, lg_ns deadline)
{
    struct pollfd poll_fd = {
        .fd = echo->fd,
        .events = (short)(POLLIN | (echo->out.n > 0 ? POLLOUT : 0)),
    };
    lg_ns left = deadline - lg_now();
    int ready = left > 0 ? poll(&poll_fd, 1, (int)(left / LG_MS) + 1) : 0;
    if (ready < 0 && errno != EINTR) {
        fail("poll");
    }
}

/* The server closes the TCP connection first (RFC 6455 7.1.1); what it still says is not heard. */
static void leave(struct echo *echo)
{
    static char ignored[READ_BYTES];
    lg_ns deadline = lg_now() + LEAVE_SECONDS * LG_S;
    while (push(echo) && lg_now() < deadline) {
        ssize_t n = read(echo->fd, ignored, sizeof ignored);
        if (n == 0 || (n < 0 && errno != EAGAIN)) {
            break;
        }
        await(echo, deadline);
    }
}

/* False: its time was up. */
static bool talk(struct echo *echo)
{
    static char bytes[READ_BYTES];
    lg_ns deadline = lg_now() + CASE_SECONDS * LG_S;
    enum lg_proto_state state = LG_PROTO_OPEN;
    while (state == LG_PROTO_OPEN) {
        if (lg_now() > deadline) {
            return false;
        }
        if (!push(echo)) {
            return true; /* as a peer may */
        }
        ssize_t n = read(echo->fd, bytes, echo->single > 0 ? 1 : sizeof bytes);
        echo->single -= n > 0 && echo->single > 0;
        if (n >= 0) {
            state = lg_websocket.input(echo->proto, lg_slice(bytes, (size_t)n));
        } else if (errno != EAGAIN) {
            return true;
        } else {
            await(echo, deadline);
        }
    }
    leave(echo);
    return true;
}

/* One connection to `path`, from its first byte to its end; what was heard if it is no echo. */
static struct lg_buf visit(unsigned short port, const char *path, bool echoing, size_t single)
{
    /* The suite grants client_no_context_takeover only to who has mentioned it. */
    struct lg_header offer = {
        lg_str("sec-websocket-extensions"),
        lg_str("permessage-deflate; client_no_context_takeover; client_max_window_bits"),
    };
    char *authority = lg_printf("127.0.0.1:%u", port);
    struct lg_proto_config config = {
        .authority = lg_str(authority),
        .path = lg_str(path),
        .random = (uint64_t)lg_now(),
        .deflater = lg_deflater_new(),
        .headers = &offer,
        .header_count = 1,
    };
    struct echo echo = {.fd = dial(port), .echo = echoing, .single = single};
    echo.last = &echo.first;
    echo.proto = lg_websocket.open(&config, &sink, &echo);
    if (!talk(&echo)) {
        fprintf(stderr, "%s: not over after %d s\n", path, CASE_SECONDS);
        exit(1);
    }
    lg_websocket.free(echo.proto);
    lg_deflater_free(config.deflater);
    while (echo.first != NULL) {
        forget_first(&echo);
    }
    close(echo.fd);
    lg_buf_free(&echo.out);
    free(authority);
    return echo.heard;
}

int main(int argc, char **argv)
{
    bool bytes = argc == 3 && strcmp(argv[2], "bytes") == 0;
    if (argc != 3 || (!bytes && strcmp(argv[2], "whole") != 0)) {
        fprintf(stderr, "usage: autobahn_client PORT whole|bytes\n");
        return 2;
    }
    unsigned short port = (unsigned short)atoi(argv[1]);
    struct lg_buf count = visit(port, "/getCaseCount", false, 0);
    lg_buf_add(&count, "", 1);
    int cases = atoi(count.p);
    lg_buf_free(&count);
    for (int i = 1; i <= cases; i++) {
        char *path = lg_printf("/runCase?case=%d&agent=loadgen", i);
        visit(port, path, true, bytes ? SINGLE_BYTES : 0);
        free(path);
    }
    visit(port, "/updateReports?agent=loadgen", false, 0);
    printf("%d cases\n", cases);
    return cases > 0 ? 0 : 1;
}
