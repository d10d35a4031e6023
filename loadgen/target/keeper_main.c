/* The keeper process: one loop over the link, SIGCHLD and the server's output. */
#include "target/keeper.h"

#include "base/clock.h"
#include "target/output.h"
#include "target/proctree.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READ_BYTES = 65536, DRAIN_READS = 64 };
/* Once loadgen is gone nobody may wait for long; SIGKILL works at once but for stuck I/O. */
static const lg_ns orphan_grace = 5 * LG_S, kill_grace = 5 * LG_S, kill_again = 20 * LG_MS;
static const lg_ns longest_grace = 3600 * LG_S;

struct keep {
    const struct lg_target_spec *spec; /* in our copy of loadgen's memory */
    int link;                          /* -1: loadgen has gone */
    int signals;                       /* signalfd for SIGCHLD */
    int pipe[2];
    struct lg_output output;
    char home[256];
    int server; /* 0: not started, or reaped at last */
    bool ended; /* the server is a zombie */
    int status;
    int port_told;
    bool stopping, killing;
    lg_ns deadline; /* of the present stage of stopping */
    struct lg_keeper_message result;
};

static void tell(struct keep *k, struct lg_keeper_message message)
{
    struct lg_buf tail = {0};
    if (message.kind >= LG_KEEPER_ENDED) {
        lg_output_tail(&k->output, &tail);
    }
    struct iovec parts[] = {{&message, sizeof message}, {tail.p, tail.n}};
    struct msghdr packet = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t n = k->link < 0 ? 0 : sendmsg(k->link, &packet, MSG_NOSIGNAL);
    (void)n; /* a loadgen that has gone shows as the end of the link */
    lg_buf_free(&tail);
}

/* Nothing of loadgen's but the link stays open: another target's link would never see its end, and
 * a reader of loadgen's output would wait for us. */
static void cut_loose(struct keep *k)
{
    setsid();
    k->link = fcntl(k->link, F_DUPFD_CLOEXEC, 3);
    if (k->link > 3) {
        close_range(3, (unsigned)k->link - 1, 0);
    }
    close_range((unsigned)k->link + 1, ~0u, 0);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd < 3; fd++) {
        dup2(null, fd);
    }
    close(null);
    if (chdir("/") != 0) {
        return; /* only keeps a file system busy */
    }
}

static void set_signals(struct keep *k)
{
    static const int ignored[] = {SIGINT,  SIGTERM, SIGHUP,  SIGQUIT, SIGPIPE, SIGALRM,
                                  SIGUSR1, SIGUSR2, SIGTSTP, SIGTTIN, SIGTTOU};
    sigset_t child;
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) {
        signal(ignored[i], SIG_IGN);
    }
    signal(SIGCHLD, SIG_DFL); /* an inherited SIG_IGN would reap the server behind our back */
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_SETMASK, &child, NULL);
    k->signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_NAME, "loadgen-keeper");
}

static bool home_make(struct keep *k)
{
    const char *base = getenv("TMPDIR");
    int n = snprintf(k->home, sizeof k->home, "%s/loadgen-XXXXXX",
                     base != NULL && base[0] == '/' ? base : "/tmp");
    bool made = n < (int)sizeof k->home && mkdtemp(k->home) != NULL;
    if (!made) {
        k->home[0] = '\0';
    }
    return made;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    remove(path);
    return 0;
}

/* Links are removed, not followed, and other file systems are left alone. */
static void home_remove(struct keep *k)
{
    if (k->home[0] != '\0') {
        nftw(k->home, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    }
}

static void start(struct keep *k)
{
    struct lg_launch launch = {.failed = LG_LAUNCH_PREPARE, .output = {-1, -1}};
    if (home_make(k)) {
        launch = lg_launch(k->spec, k->home);
    } else {
        launch.error = errno;
    }
    k->pipe[0] = launch.output[0];
    k->pipe[1] = launch.output[1];
    if (launch.pid > 0) {
        k->server = launch.pid;
    }
    if (launch.failed != LG_LAUNCH_OK) {
        tell(k, (struct lg_keeper_message){
                    .kind = LG_KEEPER_FAILED, .step = launch.failed, .error = launch.error});
        return;
    }
    tell(k,
         (struct lg_keeper_message){.kind = LG_KEEPER_STARTED, .pid = launch.pid, .at = launch.at});
}

/* False: nothing to read now. */
static bool read_output(struct keep *k, int stream)
{
    char bytes[READ_BYTES];
    ssize_t n = k->pipe[stream] < 0 ? -1 : read(k->pipe[stream], bytes, sizeof bytes);
    if (n > 0) {
        lg_output_add(&k->output, stream, lg_slice(bytes, (size_t)n));
    } else if (n == 0) {
        close(k->pipe[stream]);
        k->pipe[stream] = -1;
    }
    if (k->output.port != k->port_told) {
        k->port_told = k->output.port;
        tell(k, (struct lg_keeper_message){.kind = LG_KEEPER_LISTENING, .port = k->port_told});
    }
    return n > 0;
}

/* The last words: what the server wrote before it ended is in the pipes.  Bounded, as something
 * that it started may be writing still. */
static void drain_output(struct keep *k)
{
    for (int stream = 0; stream < 2; stream++) {
        for (int i = 0; i < DRAIN_READS && read_output(k, stream); i++) {
        }
    }
}

static int status_of(const siginfo_t *info)
{
    return info->si_code == CLD_EXITED ? (info->si_status & 0xff) << 8 : info->si_status & 0x7f;
}

/* Looks at the server without reaping it: its id must not be given away while we may signal it. */
static void look_at_server(struct keep *k)
{
    siginfo_t info = {0};
    if (k->server == 0 || k->ended ||
        waitid(P_PID, (id_t)k->server, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
        info.si_pid == 0) {
        return;
    }
    k->ended = true;
    k->status = status_of(&info);
    lg_ns at = lg_now();
    drain_output(k);
    tell(k, (struct lg_keeper_message){.kind = LG_KEEPER_ENDED, .status = k->status, .at = at});
}

/* Reaps ended children other than the server and returns how many children are alive. */
static size_t reap_others(struct keep *k, struct lg_pids *children)
{
    size_t alive = 0;
    children->n = 0;
    lg_children_read(getpid(), children);
    for (size_t i = 0; i < children->n; i++) {
        bool server = children->p[i] == k->server;
        alive += server ? !k->ended : waitpid(children->p[i], NULL, WNOHANG) == 0;
    }
    return alive;
}

static void reap(struct keep *k)
{
    struct signalfd_siginfo ignored[8];
    while (read(k->signals, ignored, sizeof ignored) > 0) {
    }
    look_at_server(k);
    struct lg_pids children = {0};
    reap_others(k, &children);
    lg_pids_free(&children);
}

/* To the server's group, and to our other children: orphans that have left the group.  None gets
 * it twice, as many servers take a second SIGTERM for impatience.  Nothing is reaped in between, so
 * every id in the list is still our child's. */
static void signal_all(const struct keep *k, int number)
{
    struct lg_pids children = {0};
    lg_children_read(getpid(), &children);
    if (k->server > 0) {
        kill(-k->server, number);
    }
    for (size_t i = 0; i < children.n; i++) {
        if (getpgid(children.p[i]) != k->server) {
            kill(children.p[i], number);
        }
    }
    lg_pids_free(&children);
}

static void begin_stop(struct keep *k, lg_ns within)
{
    lg_ns deadline = lg_now() + (within < longest_grace ? within : longest_grace);
    if (!k->stopping) {
        k->stopping = true;
        k->deadline = deadline;
        signal_all(k, SIGTERM);
    } else if (!k->killing && deadline < k->deadline) {
        k->deadline = deadline;
    }
}

/* Descendants that still run, besides the server. */
static unsigned count_others(const struct keep *k)
{
    struct lg_pids all = {0};
    unsigned n = 0;
    lg_descendants_read(getpid(), &all);
    for (size_t i = 0; i < all.n; i++) {
        n += all.p[i] != k->server && !lg_proc_ended(all.p[i]);
    }
    lg_pids_free(&all);
    return n;
}

/* After its time is up: kills what is left, level by level, as orphans become our children. */
static void kill_on(struct keep *k)
{
    if (!k->killing) {
        k->killing = true;
        k->deadline = lg_now() + kill_grace;
        k->result.killed = !k->ended && k->server > 0;
        k->result.left = count_others(k);
    }
    signal_all(k, SIGKILL);
}

/* True when no descendant is left: /proc may miss children for a moment, waitpid does not. */
static bool nothing_left(struct keep *k)
{
    struct lg_pids children = {0};
    size_t alive = reap_others(k, &children);
    lg_pids_free(&children);
    if (alive > 0 || (k->server > 0 && !k->ended)) {
        return false;
    }
    if (k->server > 0) {
        waitpid(k->server, NULL, 0);
        k->server = 0;
    }
    pid_t pid;
    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
    }
    return pid < 0 && errno == ECHILD;
}

/* True: all is done. */
static bool stop_on(struct keep *k)
{
    if (nothing_left(k)) {
        return true;
    }
    lg_ns now = lg_now();
    if (k->killing && now >= k->deadline) {
        k->result.immortal = count_others(k) + (k->server > 0 && !k->ended);
        return true;
    }
    if (k->killing || now >= k->deadline) {
        kill_on(k);
    }
    return false;
}

static void hear(struct keep *k)
{
    char what;
    ssize_t n = recv(k->link, &what, 1, MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        close(k->link);
        k->link = -1;
        begin_stop(k, k->spec->stop_within < orphan_grace ? k->spec->stop_within : orphan_grace);
    } else if (n == 1 && what == LG_KEEPER_TELL_OUTPUT) {
        drain_output(k);
        tell(k, (struct lg_keeper_message){.kind = LG_KEEPER_OUTPUT});
    } else if (n == 1 && what == LG_KEEPER_STOP) {
        begin_stop(k, k->spec->stop_within);
    }
}

static int patience_ms(const struct keep *k)
{
    if (!k->stopping) {
        return -1;
    }
    lg_ns left = k->killing ? kill_again : k->deadline - lg_now();
    return left <= 0 ? 0 : (int)(left / LG_MS) + 1;
}

static void turn(struct keep *k)
{
    struct pollfd fds[] = {{.fd = k->link, .events = POLLIN},
                           {.fd = k->signals, .events = POLLIN},
                           {.fd = k->pipe[0], .events = POLLIN},
                           {.fd = k->pipe[1], .events = POLLIN}};
    if (poll(fds, 4, patience_ms(k)) <= 0) {
        return;
    }
    for (int stream = 0; stream < 2; stream++) {
        if (fds[2 + stream].revents != 0) {
            read_output(k, stream);
        }
    }
    if (fds[1].revents != 0) {
        reap(k);
    }
    if (fds[0].revents != 0) {
        hear(k);
    }
}

_Noreturn void lg_keeper_main(const struct lg_target_spec *spec, int link)
{
    struct keep k = {.spec = spec, .link = link, .pipe = {-1, -1}};
    cut_loose(&k);
    set_signals(&k);
    start(&k);
    do {
        turn(&k);
    } while (!k.stopping || !stop_on(&k));
    drain_output(&k);
    home_remove(&k);
    k.result.kind = LG_KEEPER_STOPPED;
    tell(&k, k.result);
    _exit(0);
}
