#include "target/get.h"

#include "base/clock.h"
#include "target/get_link.h"
#include "target/target.h"

#include <errno.h>
#include <llhttp.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BODY_LIMIT = 1 << 20, HEAD_LIMIT = 1 << 16, READ_BYTES = 16384 };
static const lg_ns slice = 50 * LG_MS;

struct place {
    bool tls;
    char host[256], port[8];
    const char *authority; /* in the url; authority_n bytes, as the Host field has it */
    size_t authority_n;
};

static bool read_scheme(const char **url, bool *tls)
{
    static const char *const schemes[] = {"http://", "ws://", "https://", "wss://"};
    for (size_t i = 0; i < 4; i++) {
        size_t n = strlen(schemes[i]);
        if (strncasecmp(*url, schemes[i], n) == 0) {
            *url += n;
            *tls = i >= 2;
            return true;
        }
    }
    return false;
}

/* host, host:port, [v6], [v6]:port (RFC 3986, 3.2); user information is not for servers under test.
 */
static bool read_place(const char *url, struct place *place)
{
    if (!read_scheme(&url, &place->tls)) {
        return false;
    }
    size_t n = strcspn(url, "/?#"), host = strcspn(url, ":/?#"), skip = 0;
    if (url[0] == '[') {
        const char *end = memchr(url, ']', n);
        skip = 1;
        host = end ? (size_t)(end + 1 - url) : 0;
    }
    if (host <= 2 * skip || host - 2 * skip >= sizeof place->host) {
        return false;
    }
    snprintf(place->host, sizeof place->host, "%.*s", (int)(host - 2 * skip), url + skip);
    place->authority = url;
    place->authority_n = n;
    if (host == n) {
        strcpy(place->port, place->tls ? "443" : "80");
        return true;
    }
    size_t digits = strspn(url + host + 1, "0123456789");
    if (url[host] != ':' || digits == 0 || digits > 5 || host + 1 + digits != n) {
        return false;
    }
    snprintf(place->port, sizeof place->port, "%.*s", (int)digits, url + host + 1);
    return true;
}

/* Waits for `events`; NULL: they came, else why not. */
static const char *wait_for(const struct lg_get *get, int fd, short events)
{
    struct pollfd one = {.fd = fd, .events = events};
    for (;;) {
        lg_ns left = get->until - lg_now();
        if (get->stop != NULL && *get->stop) {
            return "interrupted";
        }
        if (left <= 0) {
            return "no answer in time";
        }
        int n = poll(&one, 1, (int)((left < slice ? left : slice) / LG_MS) + 1);
        if (n > 0) {
            return NULL;
        }
        if (n < 0 && errno != EINTR) {
            return strerrordesc_np(errno);
        }
    }
}

static const char *finish_connect(const struct lg_get *get, int fd)
{
    int error = 0;
    socklen_t n = sizeof error;
    const char *why = wait_for(get, fd, POLLOUT);
    if (why == NULL && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0 && error != 0) {
        why = strerrordesc_np(error);
    }
    return why;
}

static int connect_one(const struct lg_get *get, const struct addrinfo *address, const char **why)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        *why = strerrordesc_np(errno);
        return -1;
    }
    *why = NULL;
    if (connect(fd, address->ai_addr, address->ai_addrlen) != 0) {
        *why = errno == EINPROGRESS ? finish_connect(get, fd) : strerrordesc_np(errno);
    }
    if (*why != NULL) {
        close(fd);
        return -1;
    }
    return fd;
}

static int connect_place(const struct lg_get *get, const struct place *place, const char **why)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *all;
    int error = getaddrinfo(place->host, place->port, &hints, &all);
    if (error != 0) {
        *why = gai_strerror(error);
        return -1;
    }
    int fd = -1;
    for (const struct addrinfo *a = all; a != NULL && fd < 0; a = a->ai_next) {
        fd = connect_one(get, a, why);
    }
    freeaddrinfo(all);
    return fd;
}

/* After a call on the link that gave -1. */
static const char *wait_for_link(const struct lg_get *get, const struct lg_get_link *link)
{
    return link->need != 0 ? wait_for(get, link->fd, link->need) : link->why;
}

static const char *shake_hands(const struct lg_get *get, struct lg_get_link *link)
{
    const char *why = NULL;
    while (why == NULL && lg_get_link_handshake(link) < 0) {
        why = wait_for_link(get, link);
    }
    return why;
}

static const char *send_request(const struct lg_get *get, const struct place *place,
                                struct lg_get_link *link)
{
    char *text = lg_printf("GET %s HTTP/1.1\r\nHost: %.*s\r\nUser-Agent: loadgen\r\n"
                           "Accept: */*\r\nConnection: close\r\n\r\n",
                           get->path, (int)place->authority_n, place->authority);
    size_t n = strlen(text), done = 0;
    const char *why = NULL;
    while (done < n && why == NULL) {
        ssize_t sent = lg_get_link_send(link, text + done, n - done);
        if (sent >= 0) {
            done += (size_t)sent;
        } else {
            why = wait_for_link(get, link);
        }
    }
    free(text);
    return why;
}

struct answer {
    struct lg_buf *body; /* borrowed; NULL: the head is enough */
    size_t body_n;
    bool done, too_big;
};

static int on_head(llhttp_t *parser)
{
    struct answer *answer = parser->data;
    if (parser->status_code >= 200 && answer->body == NULL) {
        answer->done = true;
        return HPE_PAUSED;
    }
    return 0;
}

static int on_body(llhttp_t *parser, const char *p, size_t n)
{
    struct answer *answer = parser->data;
    answer->body_n += n;
    if (answer->body_n > BODY_LIMIT) {
        answer->too_big = true;
        return -1;
    }
    if (answer->body != NULL) {
        lg_buf_add(answer->body, p, n);
    }
    return 0;
}

static int on_complete(llhttp_t *parser)
{
    struct answer *answer = parser->data;
    answer->done = parser->status_code >= 200; /* 1xx come before the answer (RFC 9110, 15.2) */
    return answer->done ? HPE_PAUSED : 0;
}

/* Feeds n bytes, 0: the end of the connection.  NULL: so far so good. */
static const char *feed(llhttp_t *parser, struct answer *answer, const char *p, size_t n)
{
    llhttp_errno_t error = n > 0 ? llhttp_execute(parser, p, n) : llhttp_finish(parser);
    if (answer->too_big) {
        return "the body is larger than 1 MiB";
    }
    if (!answer->done && error != HPE_OK) {
        return n > 0 ? "the answer is not HTTP/1.1" : "the connection closed within the answer";
    }
    return answer->done || n > 0 ? NULL : "the connection closed without an answer";
}

static const char *receive(const struct lg_get *get, struct lg_get_link *link, llhttp_t *parser)
{
    struct answer *answer = parser->data;
    const char *why = NULL;
    size_t total = 0;
    char bytes[READ_BYTES];
    while (why == NULL && !answer->done) {
        ssize_t n = lg_get_link_receive(link, bytes, sizeof bytes);
        if (n >= 0) {
            total += (size_t)n;
            why = total > BODY_LIMIT + HEAD_LIMIT ? "the answer is larger than 1 MiB"
                                                  : feed(parser, answer, bytes, (size_t)n);
        } else {
            why = wait_for_link(get, link);
        }
    }
    return why;
}

static int exchange(const struct lg_get *get, const struct place *place, struct lg_get_link *link,
                    struct lg_buf *body, const char **why)
{
    struct answer answer = {.body = body};
    llhttp_settings_t settings;
    llhttp_t parser;
    llhttp_settings_init(&settings);
    settings.on_headers_complete = on_head;
    settings.on_body = on_body;
    settings.on_message_complete = on_complete;
    llhttp_init(&parser, HTTP_RESPONSE, &settings);
    parser.data = &answer;
    *why = send_request(get, place, link);
    if (*why == NULL) {
        *why = receive(get, link, &parser);
    }
    return *why == NULL ? parser.status_code : -1;
}

static int ask(const struct lg_get *get, const struct place *place, struct lg_get_link *link,
               struct lg_buf *body, const char **why)
{
    if (place->tls) {
        lg_get_link_secure(link, place->host);
        *why = shake_hands(get, link);
    }
    if (*why != NULL) {
        return -1;
    }
    if (lg_get_link_is_http2(link) && body == NULL) {
        return 200; /* that it speaks has to do */
    }
    if (lg_get_link_is_http2(link)) {
        *why = "the server chose HTTP/2";
        return -1;
    }
    return exchange(get, place, link, body, why);
}

int lg_get(const struct lg_get *get, struct lg_buf *body, const char **why)
{
    struct place place;
    if (!read_place(get->url, &place)) {
        *why = "the url is not http://host:port or https://host:port";
        return -1;
    }
    struct lg_get_link link = {.fd = connect_place(get, &place, why)};
    if (link.fd < 0) {
        return -1;
    }
    *why = NULL;
    int status = get->path == NULL ? 200 : ask(get, &place, &link, body, why);
    lg_get_link_close(&link);
    return status;
}

int lg_target_get(const char *url, const char *path, struct lg_buf *body, lg_ns timeout,
                  const char **why)
{
    struct lg_get get = {.url = url, .path = path, .until = lg_now() + timeout};
    return lg_get(&get, body, why);
}
