#include "net/transport.h"

#include "net/tls.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct lg_transfer failed(struct lg_outcome why)
{
    return (struct lg_transfer){.state = LG_TRANSFER_FAILED, .why = why};
}

static bool is_local(int error)
{
    return error == EADDRNOTAVAIL || error == EMFILE || error == ENFILE || error == ENOMEM ||
           error == ENOBUFS || error == EACCES || error == EPERM;
}

struct lg_outcome lg_connect_outcome(int error)
{
    if (is_local(error)) {
        return lg_outcome(LG_LOCAL, error);
    }
    if (error == ECONNREFUSED) {
        return lg_outcome(LG_CONNECT_REFUSED, 0);
    }
    return lg_outcome(error == ETIMEDOUT ? LG_CONNECT_TIMEOUT : LG_CONNECT_RESET, error);
}

struct lg_outcome lg_stream_outcome(int error)
{
    if (error == ENOMEM || error == ENOBUFS) {
        return lg_outcome(LG_LOCAL, error);
    }
    return lg_outcome(LG_RESET, error == ECONNRESET || error == EPIPE ? 0 : error);
}

struct lg_transfer lg_transport_open(struct lg_transport *t, const struct lg_address *to,
                                     struct lg_tls *tls)
{
    *t = (struct lg_transport){.fd = -1};
    int fd = socket(to->addr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return failed(lg_outcome(LG_LOCAL, errno));
    }
    /* A request is one write: waiting for more to fill a segment would only delay it. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    t->connected = connect(fd, (const struct sockaddr *)&to->addr, to->length) == 0;
    if (!t->connected && errno != EINPROGRESS) {
        int error = errno;
        close(fd);
        return failed(lg_connect_outcome(error));
    }
    t->fd = fd;
    t->tls = tls != NULL ? lg_tls_open(tls, fd) : NULL;
    t->ready = t->connected && t->tls == NULL;
    return (struct lg_transfer){.state = LG_TRANSFER_OK};
}

static struct lg_transfer finish_connect(struct lg_transport *t)
{
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
        error = errno;
    }
    if (error != 0) {
        return failed(lg_connect_outcome(error));
    }
    t->connected = true;
    return (struct lg_transfer){.state = LG_TRANSFER_OK};
}

struct lg_transfer lg_transport_continue(struct lg_transport *t)
{
    struct lg_transfer io = {.state = LG_TRANSFER_OK};
    if (!t->connected) {
        io = finish_connect(t);
    }
    if (io.state == LG_TRANSFER_OK && t->tls != NULL) {
        io = lg_tls_handshake(t->tls);
    }
    t->ready = io.state == LG_TRANSFER_OK;
    return io;
}

struct lg_transfer lg_transport_trouble(ssize_t result)
{
    if (result == 0) {
        return (struct lg_transfer){.state = LG_TRANSFER_EOF};
    }
    if (errno == EAGAIN || errno == EINTR) {
        return (struct lg_transfer){.state = LG_TRANSFER_AGAIN};
    }
    return failed(lg_stream_outcome(errno));
}

struct lg_transfer lg_transport_read_tls(struct lg_transport *t, void *p, size_t cap)
{
    return lg_tls_read(t->tls, p, cap);
}

struct lg_transfer lg_transport_write_tls(struct lg_transport *t, const void *p, size_t n)
{
    return lg_tls_write(t->tls, p, n);
}

bool lg_transport_blocked(const struct lg_transport *t)
{
    return t->tls != NULL && lg_tls_blocked(t->tls);
}

bool lg_transport_pending(const struct lg_transport *t)
{
    return t->tls != NULL && lg_tls_pending(t->tls);
}

void lg_transport_close(struct lg_transport *t)
{
    if (t->tls != NULL) {
        lg_tls_close(t->tls);
    }
    if (t->fd >= 0) {
        close(t->fd);
    }
    *t = (struct lg_transport){.fd = -1};
}
