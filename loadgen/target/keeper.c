/* loadgen's side of the keeper; the keeper process itself is in keeper_main.c. */
#include "target/keeper.h"

#include "base/clock.h"
#include "target/output.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

bool lg_keeper_start(struct lg_keeper *keeper, const struct lg_target_spec *spec)
{
    int link[2];
    *keeper = (struct lg_keeper){.link = -1};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, link) != 0) {
        return false;
    }
    int pid = fork();
    if (pid == 0) {
        lg_keeper_main(spec, link[1]);
    }
    int error = errno;
    close(link[1]);
    if (pid < 0) {
        close(link[0]);
        errno = error;
        return false;
    }
    keeper->pid = pid;
    keeper->link = link[0];
    return true;
}

static void reap(struct lg_keeper *keeper)
{
    int ignored;
    close(keeper->link);
    keeper->link = -1;
    while (waitpid(keeper->pid, &ignored, 0) < 0 && errno == EINTR) {
    }
}

static void take(struct lg_keeper *keeper, const struct lg_keeper_message *message,
                 struct lg_slice text)
{
    switch (message->kind) {
    case LG_KEEPER_STARTED:
        keeper->server = message->pid;
        keeper->started_at = message->at;
        break;
    case LG_KEEPER_FAILED:
        keeper->failed = message->step;
        keeper->error = message->error;
        break;
    case LG_KEEPER_LISTENING:
        keeper->port = message->port;
        break;
    case LG_KEEPER_ENDED:
        keeper->ended = true;
        keeper->status = message->status;
        keeper->ended_at = message->at;
        break;
    case LG_KEEPER_OUTPUT:
        break;
    case LG_KEEPER_STOPPED:
        keeper->stopped = true;
        keeper->killed = message->killed;
        keeper->left = message->left;
        keeper->immortal = message->immortal;
        break;
    }
    if (message->kind >= LG_KEEPER_ENDED) {
        lg_buf_clear(&keeper->output);
        lg_buf_add(&keeper->output, text.p, text.n);
        keeper->output_count++;
    }
}

static int wait_ms(lg_ns until)
{
    lg_ns left = until == 0 ? 0 : until - lg_now();
    lg_ns ms = (left + LG_MS - 1) / LG_MS;
    return left <= 0 ? 0 : ms > INT_MAX ? INT_MAX : (int)ms;
}

bool lg_keeper_listen(struct lg_keeper *keeper, lg_ns until)
{
    struct pollfd link = {.fd = keeper->link, .events = POLLIN};
    if (keeper->link < 0) {
        return false;
    }
    if (poll(&link, 1, wait_ms(until)) <= 0) {
        return false;
    }
    struct lg_keeper_message message;
    char text[LG_OUTPUT_TAIL];
    struct iovec parts[] = {{&message, sizeof message}, {text, sizeof text}};
    struct msghdr packet = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t n = recvmsg(keeper->link, &packet, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return false;
    }
    if (n < (ssize_t)sizeof message) {
        reap(keeper);
        return true;
    }
    take(keeper, &message, lg_slice(text, (size_t)n - sizeof message));
    return true;
}

static void tell(struct lg_keeper *keeper, char what)
{
    ssize_t n = keeper->link < 0 ? 0 : send(keeper->link, &what, 1, MSG_NOSIGNAL);
    (void)n; /* a keeper that has gone shows as the end of the link */
}

void lg_keeper_ask_output(struct lg_keeper *keeper)
{
    unsigned seen = keeper->output_count;
    tell(keeper, LG_KEEPER_TELL_OUTPUT);
    while (keeper->link >= 0 && keeper->output_count == seen) {
        lg_keeper_listen(keeper, LG_NEVER);
    }
}

void lg_keeper_ask_stop(struct lg_keeper *keeper)
{
    if (!keeper->asked_to_stop) {
        keeper->asked_to_stop = true;
        tell(keeper, LG_KEEPER_STOP);
    }
}

void lg_keeper_stop(struct lg_keeper *keeper)
{
    lg_keeper_ask_stop(keeper);
    while (keeper->link >= 0) {
        lg_keeper_listen(keeper, LG_NEVER);
    }
}

void lg_keeper_fini(struct lg_keeper *keeper)
{
    LG_ASSERT(keeper->link < 0);
    lg_buf_free(&keeper->output);
}
