/* Whole trials of four workers against a small server in this process, to be built with
 * ThreadSanitizer, which ends the program with a code of its own when it has something to report.
 */
#include "base/base.h"
#include "base/buf.h"
#include "engine/run.h"
#include "scenario/io.h"
#include "scenario/problem.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- the server: HTTP/1.1 without bodies, and a WebSocket echo of short messages ---- */

enum { EVENTS = 64, SHORT = 125 };

struct server {
    int epoll_fd, listen_fd, stop_fd;
    uint16_t port;
    pthread_t thread;
};

struct client {
    int fd;
    bool websocket;
    struct lg_buf in;
    struct client *next;
};

static void must(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "tsan_trial: %s\n", what);
        exit(1);
    }
}

static void answer(int fd, const char *p, size_t n)
{
    (void)!write(fd, p, n); /* short, and the peer reads */
}

static void upgrade(struct client *c)
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    char text[128], out[256];
    unsigned char digest[SHA_DIGEST_LENGTH], accept[64];
    char *key = strcasestr(c->in.p, "\r\nsec-websocket-key:");
    must(key != NULL, "an upgrade without a key");
    key += strlen("\r\nsec-websocket-key:");
    key += strspn(key, " ");
    snprintf(text, sizeof text, "%.24s%s", key, guid);
    SHA1((unsigned char *)text, strlen(text), digest);
    EVP_EncodeBlock(accept, digest, sizeof digest);
    int n = snprintf(out, sizeof out,
                     "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                     "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                     accept);
    answer(c->fd, out, (size_t)n);
    c->websocket = true;
}

/* One head from the front of the input; false: it is not whole yet. */
static bool take_request(struct client *c)
{
    static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    lg_buf_add(&c->in, "", 1);
    c->in.n--;
    char *end = c->in.n > 0 ? strstr(c->in.p, "\r\n\r\n") : NULL;
    if (end == NULL) {
        return false;
    }
    size_t n = (size_t)(end - c->in.p) + 4;
    if (strcasestr(c->in.p, "\r\nupgrade:") != NULL) {
        upgrade(c);
    } else {
        answer(c->fd, ok, sizeof ok - 1);
    }
    lg_buf_drop(&c->in, n);
    return true;
}

static bool take_frame(struct client *c)
{
    const unsigned char *p = (const unsigned char *)c->in.p;
    char out[2 + SHORT];
    if (c->in.n < 6 || c->in.n < 6u + (p[1] & 0x7f)) {
        return false;
    }
    size_t n = p[1] & 0x7f;
    must(n <= SHORT, "a longer message than this server knows");
    out[0] = (char)p[0];
    out[1] = (char)n;
    for (size_t i = 0; i < n; i++) {
        out[2 + i] = (char)(p[6 + i] ^ p[2 + i % 4]);
    }
    answer(c->fd, out, 2 + n);
    lg_buf_drop(&c->in, 6 + n);
    return true;
}

/* False: it has gone. */
static bool serve_client(struct client *c)
{
    char bytes[16384];
    ssize_t n = read(c->fd, bytes, sizeof bytes);
    if (n <= 0) {
        return false;
    }
    lg_buf_add(&c->in, bytes, (size_t)n);
    while (c->websocket ? take_frame(c) : take_request(c)) {
    }
    return true;
}

static void watch(struct server *s, int fd, void *what)
{
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = what};
    epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &e);
}

static void *serve(void *arg)
{
    struct server *s = arg;
    struct epoll_event events[EVENTS];
    struct client *all = NULL;
    for (;;) {
        int n = epoll_wait(s->epoll_fd, events, EVENTS, -1);
        for (int i = 0; i < n; i++) {
            struct client *c = events[i].data.ptr;
            if (events[i].data.ptr == &s->stop_fd) {
                while (all != NULL) {
                    struct client *next = all->next;
                    close(all->fd);
                    lg_buf_free(&all->in);
                    free(all);
                    all = next;
                }
                return NULL;
            }
            if (events[i].data.ptr == &s->listen_fd) {
                c = lg_alloc(sizeof *c);
                c->fd = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC);
                setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
                c->next = all;
                all = c;
                watch(s, c->fd, c);
            } else if (!serve_client(c)) {
                epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, c->fd, NULL);
            }
        }
    }
}

static void start_server(struct server *s)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    s->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(bind(s->listen_fd, (struct sockaddr *)&a, n) == 0 && listen(s->listen_fd, 512) == 0,
         "no port to listen on");
    getsockname(s->listen_fd, (struct sockaddr *)&a, &n);
    s->port = ntohs(a.sin_port);
    s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    s->stop_fd = eventfd(0, EFD_CLOEXEC);
    watch(s, s->listen_fd, &s->listen_fd);
    watch(s, s->stop_fd, &s->stop_fd);
    must(pthread_create(&s->thread, NULL, serve, s) == 0, "no thread");
}

static void stop_server(struct server *s)
{
    uint64_t one = 1;
    (void)!write(s->stop_fd, &one, sizeof one);
    pthread_join(s->thread, NULL);
    close(s->listen_fd);
    close(s->epoll_fd);
    close(s->stop_fd);
}

/* ---- the trials ---- */

static const char *const common =
    "[scenario]\nname = t\ntargets = server\ntrials = 1\nthreads = 4\n"
    "duration = 1500ms\n"
    "[target server]\nready_within = 1s\nurl = http://127.0.0.1:1\n";

static const char *const http_steps = "[step get]\nrequest = GET /x\ncheck = status 200\n";

static const char *const open_users = "[users u]\nconnections = 40\narrivals = poisson\n"
                                      "rate = 2k/s\noverload = shed 1s\nsteps = get\n";

static const char *const closed_users =
    "[users u]\nconnections = 20\narrivals = closed\nsteps = get\n";

static const char *const limited_users = "[users u]\nconnections = 20\narrivals = closed\n"
                                         "iterations = 1001\nsteps = get\n";

/* Everybody is alone in a room, so an echo is all that there is to hear. */
static const char *const chat =
    "[users u]\nconnections = 40\narrivals = constant\nrate = 1k/s\nsetup = join\nsteps = say\n"
    "seat = ${user.index}\n"
    "[step join]\nwebsocket = /chat\n"
    "[step say]\nsend = {\"id\":\"${message.id}\",\"at\":${message.at}}\n"
    "await = json /id == \"${message.id}\" within 5s\n"
    "[deliveries heard]\nmatch = json /id\nid = json /id\nsent = json /at\ngroup = ${seat}\n";

static const char *read_text(void *ctx, const char *path, struct lg_arena *arena,
                             struct lg_slice *text, const char **identity)
{
    (void)arena;
    *text = *(const struct lg_slice *)ctx;
    *identity = path;
    return NULL;
}

static struct lg_plan *load(const char *warmup, const char *users, const char *steps)
{
    struct lg_problems problems;
    struct lg_buf ini = {0}, wrong = {0};
    lg_buf_addf(&ini, "%s%s%s", common, users, steps);
    struct lg_slice text = lg_buf_slice(&ini);
    struct lg_io io = lg_io_real;
    io.ctx = &text;
    io.read = read_text;
    lg_problems_init(&problems);
    struct lg_plan *plan =
        lg_plan_load("t.ini", &warmup, 1, &(struct lg_plan_options){.io = &io}, &problems);
    lg_problems_write(&problems, &wrong);
    lg_buf_add(&wrong, "", 1);
    must(plan != NULL, wrong.p);
    lg_problems_fini(&problems);
    lg_buf_free(&ini);
    lg_buf_free(&wrong);
    return plan;
}

static void on_state(void *ctx, const struct lg_run_state *state)
{
    *(uint64_t *)ctx += state->connected;
}

/* The books balance whatever the sanitizer says. */
static void expect_books(const struct lg_trial_result *r, const char *what)
{
    const struct lg_accounting *a = &r->users[0].accounting;
    fprintf(stderr, "%s: %llu scheduled, %llu completed\n", what, (unsigned long long)a->scheduled,
            (unsigned long long)a->completed);
    must(a->completed > 100, "hardly anything was completed");
    must(a->scheduled ==
             a->completed + a->failed + a->timed_out + a->shed + a->dropped + a->in_flight_at_end,
         "the books do not balance");
    must(a->failed == 0, "something failed");
    if (r->deliveries_count > 0) {
        const struct lg_deliveries_result *d = &r->deliveries[0];
        must(d->received == d->expected && d->lost == 0 && d->duplicated == 0 && d->unexpected == 0,
             "deliveries are missing");
    }
}

static void run(const char *what, uint16_t port, const char *warmup, const char *users,
                const char *steps)
{
    char url[64];
    uint64_t seen = 0;
    const char *why = "", *urls[] = {url};
    struct lg_record *record = lg_record_new(); /* frees what a trial's result owns */
    struct lg_plan *plan = load(warmup, users, steps);
    snprintf(url, sizeof url, "http://127.0.0.1:%u", (unsigned)port);
    struct lg_target_result *target =
        LG_ARENA_PUSH(record->arena, record->targets, record->target_count);
    struct lg_trial_result *trial =
        LG_ARENA_PUSH(record->arena, target->trials, target->trial_count);
    struct lg_run_options options = {
        .plan = plan, .urls = urls, .url_count = 1, .trial = 1, .on_state = on_state, .ctx = &seen};
    must(lg_run_trial(&options, record->arena, trial, &why), why);
    expect_books(trial, what);
    must(seen > 0, "the state was never told");
    lg_record_free(record);
    lg_plan_free(plan);
}

int main(void)
{
    struct server server;
    signal(SIGPIPE, SIG_IGN);
    start_server(&server);
    run("open", server.port, "scenario.warmup=500ms", open_users, http_steps);
    run("closed", server.port, "scenario.warmup=500ms", closed_users, http_steps);
    run("limited", server.port, "scenario.warmup=0s", limited_users, http_steps);
    run("chat", server.port, "scenario.warmup=500ms", chat, "");
    stop_server(&server);
    return 0;
}
