#include "selftest/truth_server.h"

#include "base/clock.h"
#include "base/rng.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { FILES = 4096, EVENTS = 128, REQUEST_BYTES = 2048, DUE_MOST = 4 * FILES };

struct conn {
    uint32_t life; /* of the file number: answers for an earlier connection are not sent */
    bool open;
    size_t n;
    char in[REQUEST_BYTES];
};

struct answer {
    lg_ns due;
    int fd;
    uint32_t life;
    enum lg_truth_status status;
    size_t note; /* LG_TRUTH_NOTES: none */
};

struct server {
    const struct lg_truth_script *script;
    struct lg_truth_tally *tally;
    int epoll, listener, timer;
    struct conn *conns;  /* by file number */
    struct answer *heap; /* the earliest first */
    size_t heap_n;
    lg_ns queue_free[LG_TRUTH_QUEUES]; /* when each queue will have served what it has */
    struct lg_rng rng[LG_TRUTH_QUEUES];
    lg_ns stall_at; /* LG_NEVER: none, not yet known, or over */
    lg_ns armed;    /* what the timer is set to */
};

static const char *const replies[LG_TRUTH_STATUSES] = {
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes",
    "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno",
    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 5\r\n\r\nlater",
};

/* ---- answers to come, in a binary heap ---- */

static void swap(struct answer *a, struct answer *b)
{
    struct answer c = *a;
    *a = *b;
    *b = c;
}

static bool push(struct server *s, struct answer a)
{
    if (s->heap_n == DUE_MOST) {
        return false;
    }
    size_t i = s->heap_n++;
    s->heap[i] = a;
    for (; i > 0 && s->heap[i].due < s->heap[(i - 1) / 2].due; i = (i - 1) / 2) {
        swap(&s->heap[i], &s->heap[(i - 1) / 2]);
    }
    return true;
}

static struct answer pop(struct server *s)
{
    struct answer first = s->heap[0];
    s->heap[0] = s->heap[--s->heap_n];
    for (size_t i = 0;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < s->heap_n; child++) {
            least = s->heap[child].due < s->heap[least].due ? child : least;
        }
        if (least == i) {
            return first;
        }
        swap(&s->heap[i], &s->heap[least]);
        i = least;
    }
}

/* ---- connections ---- */

static void end_conn(struct server *s, int fd, bool fault)
{
    s->tally->faults += fault;
    s->conns[fd].open = false;
    s->conns[fd].life++;
    close(fd);
}

static void accept_all(struct server *s)
{
    int fd;
    const int one = 1;
    while ((fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        if (fd >= FILES || epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
            s->tally->faults++;
            close(fd);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one);
        s->conns[fd].open = true;
        s->conns[fd].n = 0;
        s->tally->connections++;
    }
}

/* Counted before it is sent: whoever has the answer finds it in the account. */
static void send_answer(struct server *s, const struct answer *a)
{
    const char *reply = replies[a->status];
    size_t n = strlen(reply);
    if (s->conns[a->fd].life != a->life) {
        return;
    }
    s->tally->answers[a->status]++;
    if (a->note < LG_TRUTH_NOTES) {
        struct lg_truth_note *note = &s->tally->notes[a->note];
        note->hold = lg_now() - note->read_at;
    }
    if (write(a->fd, reply, n) != (ssize_t)n) {
        s->tally->answers[a->status]--;
        end_conn(s, a->fd, true);
    }
}

/* ---- requests ---- */

static size_t queue_of(const char *head, size_t n)
{
    static const char get[] = "GET /";
    size_t queue = 0, at = sizeof get - 1;
    if (n < at || memcmp(head, get, at) != 0) {
        return 0;
    }
    for (; at < n && head[at] >= '0' && head[at] <= '9' && queue < LG_TRUTH_QUEUES; at++) {
        queue = 10 * queue + (size_t)(head[at] - '0');
    }
    return queue % LG_TRUTH_QUEUES;
}

static lg_ns due_at(struct server *s, size_t queue, lg_ns now)
{
    if (s->script->service_mean <= 0) {
        return now + s->script->delay;
    }
    lg_ns begin = now > s->queue_free[queue] ? now : s->queue_free[queue];
    double service = lg_rng_exp(&s->rng[queue]) * (double)s->script->service_mean;
    s->queue_free[queue] = begin + (lg_ns)service;
    return s->queue_free[queue];
}

static size_t note_request(struct server *s, size_t queue, int64_t stamp, lg_ns now)
{
    struct lg_truth_tally *tally = s->tally;
    if (tally->note_count == LG_TRUTH_NOTES) {
        return LG_TRUTH_NOTES;
    }
    tally->notes[tally->note_count] = (struct lg_truth_note){
        .stamp = stamp, .read_at = now, .hold = -1, .queue = (uint32_t)queue};
    return tally->note_count++;
}

static void take_request(struct server *s, int fd, const char *head, size_t n, int64_t stamp,
                         lg_ns now)
{
    uint64_t number = s->tally->requests++;
    size_t queue = queue_of(head, n);
    if (number == 0 && s->script->stall > 0) {
        s->stall_at = now + s->script->stall_after;
    }
    struct answer a = {
        .due = due_at(s, queue, now),
        .fd = fd,
        .life = s->conns[fd].life,
        .status = s->script->mixed ? lg_truth_mixed(number) : LG_TRUTH_200,
        .note = note_request(s, queue, stamp, now),
    };
    if (a.due <= now) {
        send_answer(s, &a);
    } else if (!push(s, a)) {
        end_conn(s, fd, true);
    }
}

static void take_requests(struct server *s, int fd, int64_t stamp, lg_ns now)
{
    struct conn *conn = &s->conns[fd];
    const char *end;
    size_t used = 0;
    while (conn->open && (end = memmem(conn->in + used, conn->n - used, "\r\n\r\n", 4)) != NULL) {
        size_t next = (size_t)(end + 4 - conn->in);
        take_request(s, fd, conn->in + used, next - used, stamp, now);
        used = next;
    }
    if (conn->open) {
        conn->n -= used;
        memmove(conn->in, conn->in + used, conn->n);
        if (conn->n == sizeof conn->in) {
            end_conn(s, fd, true);
        }
    }
}

static int64_t stamp_of(struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec t;
            memcpy(&t, CMSG_DATA(c), sizeof t);
            return (int64_t)t.tv_sec * LG_S + t.tv_nsec;
        }
    }
    return 0;
}

static void read_conn(struct server *s, int fd)
{
    struct conn *conn = &s->conns[fd];
    if (!conn->open) {
        return;
    }
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(struct timespec))];
    } control;
    struct iovec into = {.iov_base = conn->in + conn->n, .iov_len = sizeof conn->in - conn->n};
    struct msghdr message = {.msg_iov = &into,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    ssize_t n = recvmsg(fd, &message, 0);
    lg_ns now = lg_now();
    if (n > 0) {
        conn->n += (size_t)n;
        take_requests(s, fd, stamp_of(&message), now);
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        end_conn(s, fd, false);
    }
}

/* ---- time ---- */

static void stand_still(struct server *s)
{
    lg_ns end = s->stall_at + s->script->stall;
    struct timespec until = {.tv_sec = end / LG_S, .tv_nsec = end % LG_S};
    s->stall_at = LG_NEVER;
    s->tally->stall_begin = lg_now();
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {
    }
    s->tally->stall_end = lg_now();
}

static void send_due(struct server *s)
{
    while (s->heap_n > 0 && s->heap[0].due <= lg_now()) {
        struct answer a = pop(s);
        send_answer(s, &a);
    }
}

static void arm(struct server *s)
{
    lg_ns at = s->heap_n > 0 && s->heap[0].due < s->stall_at ? s->heap[0].due : s->stall_at;
    struct itimerspec spec = {.it_value = {.tv_sec = at / LG_S, .tv_nsec = at % LG_S}};
    if (at == s->armed) {
        return;
    }
    if (at == LG_NEVER) {
        spec = (struct itimerspec){0};
    }
    s->armed = at;
    timerfd_settime(s->timer, TFD_TIMER_ABSTIME, &spec, NULL);
}

static void serve_turn(struct server *s, const struct epoll_event *events, int n)
{
    if (lg_now() >= s->stall_at) {
        stand_still(s);
    }
    send_due(s);
    for (int i = 0; i < n; i++) {
        int fd = events[i].data.fd;
        if (fd == s->listener) {
            accept_all(s);
        } else if (fd == s->timer) {
            uint64_t times;
            ssize_t got = read(fd, &times, sizeof times);
            (void)got; /* the time itself decides what is due */
        } else {
            read_conn(s, fd);
        }
    }
}

static bool watch(struct server *s, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return fd >= 0 && epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

void lg_truth_serve(const struct lg_truth_script *script, int listener,
                    struct lg_truth_tally *tally)
{
    struct epoll_event events[EVENTS];
    struct server s = {
        .script = script,
        .tally = tally,
        .listener = listener,
        .epoll = epoll_create1(EPOLL_CLOEXEC),
        .timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC),
        .conns = lg_alloc_array(FILES, sizeof *s.conns),
        .heap = lg_alloc_array(DUE_MOST, sizeof *s.heap),
        .stall_at = LG_NEVER,
        .armed = LG_NEVER,
    };
    for (size_t i = 0; i < LG_TRUTH_QUEUES; i++) {
        lg_rng_init(&s.rng[i], script->seed, 0x7472757468, i);
    }
    bool ok = s.epoll >= 0 && watch(&s, listener) && watch(&s, s.timer);
    while (ok) {
        arm(&s);
        int n = epoll_wait(s.epoll, events, EVENTS, -1);
        ok = n >= 0 || errno == EINTR;
        serve_turn(&s, events, n);
    }
    free(s.conns);
    free(s.heap);
}
