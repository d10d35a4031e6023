#include "selftest/truth.h"

#include "selftest/truth_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct lg_truth {
    pid_t pid; /* -1: has ended */
    const char *url;
    struct lg_truth_tally *tally; /* shared with the server */
};

/* -1 and errno: no such socket. */
static int listen_somewhere(unsigned *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd >= 0 && (bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, 1024) != 0 ||
                    getsockname(fd, (struct sockaddr *)&address, &size) != 0)) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    *port = ntohs(address.sin_port);
    return fd;
}

_Noreturn static void be_server(const struct lg_truth_script *script, int listener, pid_t parent,
                                struct lg_truth_tally *tally)
{
    /* A terminal's Ctrl-C reaches both: the parent ends this process when it is done with it. */
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_DFL);
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == parent) { /* else it had ended before that call */
        lg_truth_serve(script, listener, tally);
    }
    _exit(1);
}

struct lg_truth *lg_truth_start(const struct lg_truth_script *script, struct lg_arena *arena,
                                const char **why)
{
    unsigned port = 0;
    struct lg_truth_tally *tally =
        mmap(NULL, sizeof *tally, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (tally == MAP_FAILED) {
        *why = lg_arena_printf(arena, "no memory for the server: %s", strerror(errno));
        return NULL;
    }
    int listener = listen_somewhere(&port);
    pid_t parent = getpid();
    pid_t pid = listener >= 0 ? fork() : -1;
    if (pid == 0) {
        be_server(script, listener, parent, tally);
    }
    int error = errno;
    if (listener >= 0) {
        close(listener);
    }
    if (pid < 0) {
        munmap(tally, sizeof *tally);
        *why = lg_arena_printf(arena, "the built-in server: %s", strerror(error));
        return NULL;
    }
    struct lg_truth *truth = lg_alloc(sizeof *truth);
    *truth = (struct lg_truth){.pid = pid, .tally = tally};
    truth->url = lg_arena_printf(arena, "http://127.0.0.1:%u", port);
    return truth;
}

const char *lg_truth_url(const struct lg_truth *truth)
{
    return truth->url;
}

const volatile struct lg_truth_tally *lg_truth_tally(const struct lg_truth *truth)
{
    return truth->tally;
}

const struct lg_truth_tally *lg_truth_end(struct lg_truth *truth)
{
    if (truth->pid > 0) {
        kill(truth->pid, SIGKILL);
        while (waitpid(truth->pid, NULL, 0) < 0 && errno == EINTR) {
        }
        truth->pid = -1;
    }
    return truth->tally;
}

void lg_truth_free(struct lg_truth *truth)
{
    if (truth != NULL) {
        lg_truth_end(truth);
        munmap(truth->tally, sizeof *truth->tally);
        free(truth);
    }
}
