/* tserver -- a light server of known behaviour, to measure load generators with.
 *
 * One thread, epoll, HTTP/1.1 with keep-alive and pipelining; every reply is 212 bytes, 64 of them
 * body. Nothing is checked that a generator does not depend on: it is a measuring device, not a web
 * server.
 *
 *   --port N        on 127.0.0.1; 0 (default) takes a free one; "listening on PORT" goes to stdout
 *   --delay US      each reply leaves that many microseconds after its request was read
 *   --stall MS:MS   MS after the first request the whole server stands still for MS, once
 *   --tally FILE    at the end, one line for each request: the kernel's receive stamp of its last
 *                   bytes, ns of CLOCK_REALTIME; a line "stall BEGIN END" too
 *   --ws echo|chat  an upgrade is accepted on every path; a message goes back to its sender, or to
 *                   everyone on the same path; chat greets with {"type":"welcome"}
 *
 * Ends at SIGTERM or SIGINT and prints "requests N messages N deliveries N connections N" then. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { READ_SIZE = 65536, EVENTS = 256, FRAME_HEAD = 14, WS_MAX = 60000 };

static const char REPLY[] =
    "HTTP/1.1 200 OK\r\n"
    "Server: tserver/1.00\r\n"
    "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
    "Content-Type: text/plain\r\n"
    "Content-Length: 64\r\n"
    "Connection: keep-alive\r\n"
    "\r\n"
    "{\"id\":\"0123456789abcdef0123456789abcdef\",\"n\":[1,2,3],\"ok\":true}\n";
_Static_assert(sizeof REPLY - 1 == 212, "the reply is 212 bytes");

struct room {
    char *path;
    struct conn *members;
    struct room *next;
};

struct conn {
    int fd;
    bool open;
    uint32_t pending;  /* delayed replies that still point here */
    struct room *room; /* NULL: HTTP */
    struct conn *next, **link;
    char *rest; /* an incomplete request or frame, or NULL */
    size_t rest_n;
    char *out; /* what the socket did not take, or NULL */
    size_t out_n;
};

struct delayed {
    int64_t due;
    struct conn *conn;
};

struct server {
    int epoll, listener, timer, signals;
    int64_t delay_ns, stall_after_ns, stall_ns; /* stall_ns 0: none, or it is over */
    int64_t first_request, stall_begin, stall_end;
    bool websocket, chat;
    const char *tally_path;
    int64_t *tally;
    size_t tally_n, tally_cap;
    struct delayed *queue; /* a ring: delays are equal, so it is in order */
    size_t queue_head, queue_n, queue_cap;
    struct room *rooms;
    uint64_t requests, messages, deliveries, connections;
    char buffer[READ_SIZE + 1];
};

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void *grown(void *memory, size_t bytes)
{
    void *bigger = realloc(memory, bytes);
    if (!bigger)
        die("realloc");
    return bigger;
}

static int64_t now_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void watch(struct server *server, int fd, void *who, uint32_t events, int operation)
{
    struct epoll_event event = {.events = events, .data.ptr = who};
    if (epoll_ctl(server->epoll, operation, fd, &event) != 0)
        die("epoll_ctl");
}

static void keep(char **store, size_t *n, const char *bytes, size_t count)
{
    char *copy = NULL;
    if (count > 0) {
        copy = grown(NULL, count);
        memcpy(copy, bytes, count);
    }
    free(*store);
    *store = copy;
    *n = count;
}

/* Closes the socket; the memory stays until no delayed reply points to it. */
static void hang_up(struct conn *conn)
{
    if (!conn->open)
        return;
    conn->open = false;
    close(conn->fd);
    if (conn->room) {
        *conn->link = conn->next;
        if (conn->next)
            conn->next->link = conn->link;
    }
    keep(&conn->rest, &conn->rest_n, NULL, 0);
    keep(&conn->out, &conn->out_n, NULL, 0);
}

static void release(struct conn *conn)
{
    if (!conn->open && conn->pending == 0)
        free(conn);
}

static void put(struct server *server, struct conn *conn, const char *bytes, size_t n)
{
    if (!conn->open)
        return;
    ssize_t sent = 0;
    if (!conn->out) {
        sent = send(conn->fd, bytes, n, MSG_NOSIGNAL);
        if (sent == (ssize_t)n)
            return;
        if (sent < 0 && errno != EAGAIN) {
            /* epoll reports the broken connection, and it is closed there. */
            shutdown(conn->fd, SHUT_RDWR);
            return;
        }
        sent = sent < 0 ? 0 : sent;
        watch(server, conn->fd, conn, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
    }
    size_t more = n - (size_t)sent;
    conn->out = grown(conn->out, conn->out_n + more);
    memcpy(conn->out + conn->out_n, bytes + sent, more);
    conn->out_n += more;
}

static void flush(struct server *server, struct conn *conn)
{
    ssize_t sent = send(conn->fd, conn->out, conn->out_n, MSG_NOSIGNAL);
    if (sent <= 0)
        return;
    conn->out_n -= (size_t)sent;
    memmove(conn->out, conn->out + sent, conn->out_n);
    if (conn->out_n == 0) {
        keep(&conn->out, &conn->out_n, NULL, 0);
        watch(server, conn->fd, conn, EPOLLIN, EPOLL_CTL_MOD);
    }
}

static void arm_timer(struct server *server)
{
    int64_t due = server->queue[server->queue_head].due;
    struct itimerspec when = {
        .it_value = {.tv_sec = due / 1000000000, .tv_nsec = due % 1000000000}};
    timerfd_settime(server->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static void delay(struct server *server, struct conn *conn)
{
    if (server->queue_n == server->queue_cap) {
        size_t cap = server->queue_cap ? server->queue_cap * 2 : 1024;
        struct delayed *queue = grown(NULL, cap * sizeof *queue);
        for (size_t i = 0; i < server->queue_n; i++)
            queue[i] = server->queue[(server->queue_head + i) % server->queue_cap];
        free(server->queue);
        server->queue = queue;
        server->queue_cap = cap;
        server->queue_head = 0;
    }
    struct delayed *slot =
        &server->queue[(server->queue_head + server->queue_n++) % server->queue_cap];
    slot->due = now_ns(CLOCK_MONOTONIC) + server->delay_ns;
    slot->conn = conn;
    conn->pending++;
    if (server->queue_n == 1)
        arm_timer(server);
}

static void send_due(struct server *server)
{
    uint64_t expirations;
    while (read(server->timer, &expirations, sizeof expirations) > 0)
        continue;
    int64_t now = now_ns(CLOCK_MONOTONIC);
    while (server->queue_n > 0 && server->queue[server->queue_head].due <= now) {
        struct conn *conn = server->queue[server->queue_head].conn;
        server->queue_head = (server->queue_head + 1) % server->queue_cap;
        server->queue_n--;
        conn->pending--;
        put(server, conn, REPLY, sizeof REPLY - 1);
        release(conn);
    }
    if (server->queue_n > 0)
        arm_timer(server);
}

static void stall_if_due(struct server *server)
{
    if (server->first_request == 0)
        server->first_request = now_ns(CLOCK_MONOTONIC);
    if (server->stall_ns == 0 ||
        now_ns(CLOCK_MONOTONIC) - server->first_request < server->stall_after_ns)
        return;
    struct timespec still = {server->stall_ns / 1000000000, server->stall_ns % 1000000000};
    server->stall_begin = now_ns(CLOCK_REALTIME);
    nanosleep(&still, NULL);
    server->stall_end = now_ns(CLOCK_REALTIME);
    server->stall_ns = 0;
}

static void note_arrival(struct server *server, int64_t at)
{
    if (server->tally_n == server->tally_cap) {
        server->tally_cap = server->tally_cap ? server->tally_cap * 2 : 65536;
        server->tally = grown(server->tally, server->tally_cap * sizeof *server->tally);
    }
    server->tally[server->tally_n++] = at;
}

/* The value of a header in a head, or NULL; `name` with its colon. */
static const char *header(const char *head, const char *end, const char *name, size_t *n)
{
    size_t length = strlen(name);
    for (const char *line = head; (line = memchr(line, '\n', (size_t)(end - line))) != NULL;) {
        line++;
        if ((size_t)(end - line) < length || strncasecmp(line, name, length) != 0)
            continue;
        const char *value = line + length;
        while (value < end && *value == ' ')
            value++;
        const char *stop = memchr(value, '\r', (size_t)(end - value));
        *n = (size_t)((stop ? stop : end) - value);
        return value;
    }
    return NULL;
}

static void enter_room(struct server *server, struct conn *conn, const char *path, size_t n)
{
    struct room *room = server->rooms;
    while (room && (strlen(room->path) != n || memcmp(room->path, path, n) != 0))
        room = room->next;
    if (!room) {
        room = grown(NULL, sizeof *room);
        *room = (struct room){.path = strndup(path, n), .next = server->rooms};
        server->rooms = room;
    }
    conn->room = room;
    conn->next = room->members;
    conn->link = &room->members;
    if (conn->next)
        conn->next->link = &conn->next;
    room->members = conn;
}

static size_t frame_head(char *out, unsigned opcode, size_t n)
{
    out[0] = (char)(0x80 | opcode);
    if (n < 126) {
        out[1] = (char)n;
        return 2;
    }
    out[1] = 126;
    out[2] = (char)(n >> 8);
    out[3] = (char)n;
    return 4;
}

static void upgrade(struct server *server, struct conn *conn, const char *head, const char *end)
{
    size_t key_n;
    const char *key = header(head, end, "Sec-WebSocket-Key:", &key_n);
    const char *path = memchr(head, ' ', (size_t)(end - head));
    if (!key || key_n > 64 || !path) {
        hang_up(conn);
        return;
    }
    char joined[128];
    unsigned char digest[SHA_DIGEST_LENGTH], accept[32];
    int joined_n = snprintf(joined, sizeof joined, "%.*s258EAFA5-E914-47DA-95CA-C5AB0DC85B11",
                            (int)key_n, key);
    SHA1((unsigned char *)joined, (size_t)joined_n, digest);
    EVP_EncodeBlock(accept, digest, sizeof digest);
    char reply[256];
    int n = snprintf(reply, sizeof reply,
                     "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                     "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                     accept);
    put(server, conn, reply, (size_t)n);
    if (server->chat) {
        static const char welcome[] = "{\"type\":\"welcome\"}";
        n = (int)frame_head(reply, 1, sizeof welcome - 1);
        memcpy(reply + n, welcome, sizeof welcome - 1);
        put(server, conn, reply, (size_t)n + sizeof welcome - 1);
    }
    path++;
    enter_room(server, conn, path, strcspn(path, " ?"));
}

/* One request from the front; 0: not all there yet. */
static size_t take_request(struct server *server, struct conn *conn, const char *bytes, size_t n,
                           int64_t at)
{
    const char *blank = memmem(bytes, n, "\r\n\r\n", 4);
    if (!blank)
        return 0;
    size_t taken = (size_t)(blank - bytes) + 4, value_n;
    const char *length = bytes[0] == 'P' ? header(bytes, blank, "Content-Length:", &value_n) : NULL;
    if (length)
        taken += strtoul(length, NULL, 10);
    if (taken > n)
        return 0;
    server->requests++;
    if (server->tally_path)
        note_arrival(server, at);
    stall_if_due(server);
    if (server->websocket && header(bytes, blank, "Upgrade:", &value_n))
        upgrade(server, conn, bytes, blank + 2);
    else if (server->delay_ns > 0)
        delay(server, conn);
    else
        put(server, conn, REPLY, sizeof REPLY - 1);
    return taken;
}

static void deliver(struct server *server, struct conn *from, unsigned opcode, char *frame,
                    size_t head, const char *payload, size_t n)
{
    memmove(frame + head, payload, n);
    frame_head(frame, opcode, n);
    server->messages++;
    struct conn *to = server->chat ? from->room->members : from;
    while (to) {
        struct conn *next = server->chat ? to->next : NULL;
        put(server, to, frame, head + n);
        server->deliveries++;
        to = next;
    }
}

/* One frame from the front (masked, in one piece); 0: not all there yet. */
static size_t take_frame(struct server *server, struct conn *conn, char *bytes, size_t n)
{
    if (n < 6)
        return 0;
    unsigned char *b = (unsigned char *)bytes;
    unsigned opcode = b[0] & 15u;
    size_t length = b[1] & 127u, head = 2;
    if (length == 126) {
        length = (size_t)b[2] << 8 | b[3];
        head = 4;
    }
    if ((b[1] & 128) == 0 || length > WS_MAX) {
        hang_up(conn);
        return n;
    }
    if (n < head + 4 + length)
        return 0;
    unsigned char *mask = b + head, *payload = mask + 4;
    for (size_t i = 0; i < length; i++)
        payload[i] ^= mask[i & 3];
    static char frame[WS_MAX + FRAME_HEAD];
    size_t out_head = length < 126 ? 2 : 4;
    if (opcode == 1 || opcode == 2) {
        deliver(server, conn, opcode, frame, out_head, (char *)payload, length);
    } else if (opcode == 8 || opcode == 9) {
        memcpy(frame + out_head, payload, length);
        frame_head(frame, opcode == 9 ? 10 : 8, length);
        put(server, conn, frame, out_head + length);
        if (opcode == 8)
            hang_up(conn);
    }
    return head + 4 + length;
}

static int64_t receive_stamp(struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
            struct timespec t;
            memcpy(&t, CMSG_DATA(c), sizeof t);
            return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
        }
    return now_ns(CLOCK_REALTIME);
}

static ssize_t receive(struct server *server, struct conn *conn, char *into, size_t room,
                       int64_t *at)
{
    if (!server->tally_path) {
        *at = 0;
        return recv(conn->fd, into, room, 0);
    }
    char control[128];
    struct iovec piece = {into, room};
    struct msghdr message = {.msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    ssize_t n = recvmsg(conn->fd, &message, 0);
    *at = n > 0 ? receive_stamp(&message) : 0;
    return n;
}

static void read_from(struct server *server, struct conn *conn)
{
    size_t n = conn->rest_n, used = 0;
    int64_t at;
    if (n > 0)
        memcpy(server->buffer, conn->rest, n);
    ssize_t got = receive(server, conn, server->buffer + n, READ_SIZE - n, &at);
    if (got <= 0) {
        if (got == 0 || errno != EAGAIN)
            hang_up(conn);
        return;
    }
    n += (size_t)got;
    server->buffer[n] = '\0';
    while (conn->open && used < n) {
        size_t taken = conn->room ? take_frame(server, conn, server->buffer + used, n - used)
                                  : take_request(server, conn, server->buffer + used, n - used, at);
        if (taken == 0)
            break;
        used += taken;
    }
    if (conn->open && (conn->rest || used < n))
        keep(&conn->rest, &conn->rest_n, server->buffer + used, n - used);
}

static void accept_all(struct server *server)
{
    int fd, on = 1;
    while ((fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (server->tally_path)
            setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
        struct conn *conn = grown(NULL, sizeof *conn);
        *conn = (struct conn){.fd = fd, .open = true};
        watch(server, fd, conn, EPOLLIN, EPOLL_CTL_ADD);
        server->connections++;
    }
}

static void serve(struct server *server)
{
    struct epoll_event events[EVENTS];
    for (;;) {
        int n = epoll_wait(server->epoll, events, EVENTS, -1);
        for (int i = 0; i < n; i++) {
            void *who = events[i].data.ptr;
            if (who == &server->signals)
                return;
            if (who == &server->listener) {
                accept_all(server);
            } else if (who == &server->timer) {
                send_due(server);
            } else {
                struct conn *conn = who;
                if (conn->out && (events[i].events & EPOLLOUT))
                    flush(server, conn);
                if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
                    read_from(server, conn);
                release(conn);
            }
        }
    }
}

static void open_all(struct server *server, uint16_t port)
{
    int on = 1;
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t at_n = sizeof at;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    server->epoll = epoll_create1(0);
    server->signals = signalfd(-1, &set, 0);
    server->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(server->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(server->listener, (struct sockaddr *)&at, at_n) != 0 ||
        listen(server->listener, 4096) != 0)
        die("listen");
    getsockname(server->listener, (struct sockaddr *)&at, &at_n);
    watch(server, server->listener, &server->listener, EPOLLIN, EPOLL_CTL_ADD);
    watch(server, server->timer, &server->timer, EPOLLIN, EPOLL_CTL_ADD);
    watch(server, server->signals, &server->signals, EPOLLIN, EPOLL_CTL_ADD);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    printf("listening on %u\n", ntohs(at.sin_port));
    fflush(stdout);
}

static void write_tally(const struct server *server)
{
    FILE *file = fopen(server->tally_path, "w");
    if (!file)
        die(server->tally_path);
    for (size_t i = 0; i < server->tally_n; i++)
        fprintf(file, "%lld\n", (long long)server->tally[i]);
    if (server->stall_begin)
        fprintf(file, "stall %lld %lld\n", (long long)server->stall_begin,
                (long long)server->stall_end);
    if (fclose(file) != 0)
        die(server->tally_path);
}

static void read_option(struct server *server, const char *name, const char *value, uint16_t *port)
{
    long long after, length;
    if (strcmp(name, "--port") == 0)
        *port = (uint16_t)atoi(value);
    else if (strcmp(name, "--delay") == 0)
        server->delay_ns = atoll(value) * 1000;
    else if (strcmp(name, "--stall") == 0 && sscanf(value, "%lld:%lld", &after, &length) == 2) {
        server->stall_after_ns = after * 1000000;
        server->stall_ns = length * 1000000;
    } else if (strcmp(name, "--tally") == 0)
        server->tally_path = value;
    else if (strcmp(name, "--ws") == 0) {
        server->websocket = true;
        server->chat = strcmp(value, "chat") == 0;
    } else {
        fprintf(stderr, "tserver: %s %s is not understood; see the head of tserver.c\n", name,
                value);
        exit(2);
    }
}

int main(int argc, char **argv)
{
    static struct server server;
    uint16_t port = 0;
    for (int i = 1; i < argc; i += 2)
        read_option(&server, argv[i], i + 1 < argc ? argv[i + 1] : "", &port);
    open_all(&server, port);
    serve(&server);
    if (server.tally_path)
        write_tally(&server);
    printf("requests %llu messages %llu deliveries %llu connections %llu\n",
           (unsigned long long)server.requests, (unsigned long long)server.messages,
           (unsigned long long)server.deliveries, (unsigned long long)server.connections);
    return 0;
}
