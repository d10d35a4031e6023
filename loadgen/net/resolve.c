#include "net/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

static void write_text(struct lg_address *a)
{
    char host[INET6_ADDRSTRLEN] = "?", port[8] = "?";
    getnameinfo((struct sockaddr *)&a->addr, a->length, host, sizeof host, port, sizeof port,
                NI_NUMERICHOST | NI_NUMERICSERV);
    bool v6 = a->addr.ss_family == AF_INET6;
    snprintf(a->text, sizeof a->text, "%s%s%s:%s", v6 ? "[" : "", host, v6 ? "]" : "", port);
}

static bool accepts(const struct addrinfo *info, lg_ns timeout)
{
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return false;
    }
    bool ok = connect(fd, info->ai_addr, info->ai_addrlen) == 0;
    if (!ok && errno == EINPROGRESS) {
        struct pollfd ready = {.fd = fd, .events = POLLOUT};
        int error = 0;
        socklen_t size = sizeof error;
        ok = poll(&ready, 1, (int)(timeout / LG_MS)) == 1 &&
             getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
    }
    close(fd);
    return ok;
}

const char *lg_resolve(const char *host, uint16_t port, lg_ns timeout, struct lg_address *out,
                       bool *answers)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *list = NULL;
    char service[8];
    snprintf(service, sizeof service, "%u", (unsigned)port);
    int code = getaddrinfo(host, service, &hints, &list);
    if (code != 0) {
        return gai_strerror(code);
    }
    const struct addrinfo *chosen = list;
    *answers = false;
    for (const struct addrinfo *i = list; i != NULL && !*answers; i = i->ai_next) {
        *answers = accepts(i, timeout);
        chosen = *answers ? i : chosen;
    }
    *out = (struct lg_address){.length = chosen->ai_addrlen};
    memcpy(&out->addr, chosen->ai_addr, chosen->ai_addrlen);
    write_text(out);
    freeaddrinfo(list);
    return NULL;
}
