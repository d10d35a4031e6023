/* A server for tests that behaves as its arguments say, one after the other:
 *
 *   say TEXT | complain TEXT   one line on stdout | stderr
 *   garbage                    control bytes and broken UTF-8
 *   flood MIB                  that much text on stdout
 *   announce PORT              only says so
 *   hold                       binds a port and announces it, but does not listen
 *   mute                       listens and announces, but never accepts
 *   listen | listen-silently   listens on 127.0.0.1:$PORT, with or without announcing it
 *   answers 503,503,200        statuses, the last one for ever; default 200
 *   serve                      answers one connection after the other, for ever
 *   ignore-term | term-exit N  what SIGTERM does
 *   orphans                    a child and its grandchild, each in a session of its own
 *   exit N | die SIGNAL | sleep
 *
 * Every path is answered with the next status; these do something besides:
 *   /burn/MS  /burn-child/MS  /burn-orphan/MS   use CPU time in this process, in a child that is
 *             waited for, in an orphan; the body is the CPU time used so far in us, orphan's
 * included /lose/MS  a child uses CPU time and stays; /lost ends it without anybody waiting for it
 *   /env /files /limit   the environment, the number of open files, their soft and hard limit
 *   /exit/N   answers, then ends      /chunked /junk /cut /big   forms of body */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct victim {
    int listener, peer;
    const char *statuses;
    pid_t child;       /* of /lose */
    int hold[2];       /* closing hold[1] ends that child */
    long long lost_us; /* CPU time of children that nobody waited for, as they said */
};

static int term_code; /* for the signal handler */

static void on_term(int number)
{
    (void)number;
    _exit(term_code);
}

static void check(int ok, const char *what)
{
    if (!ok) {
        dprintf(2, "%s: %s\n", what, strerror(errno));
        exit(98);
    }
}

static long long used_us(int who)
{
    struct rusage usage;
    getrusage(who, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000LL + usage.ru_utime.tv_usec +
           usage.ru_stime.tv_usec;
}

static void burn(int ms)
{
    long long until = used_us(RUSAGE_SELF) + ms * 1000LL;
    while (used_us(RUSAGE_SELF) < until) {
    }
}

/* A child that burns, says how much it used, and ends when hold[1] is closed; `deep`: as an orphan.
 */
static void burn_elsewhere(struct victim *v, int ms, int deep, int stay)
{
    int report[2];
    long long us = 0;
    check(pipe(report) == 0 && pipe(v->hold) == 0, "pipe");
    v->child = fork();
    if (v->child == 0) {
        char end;
        close(v->hold[1]);
        if (deep && fork() != 0) {
            _exit(0);
        }
        burn(ms);
        us = used_us(RUSAGE_SELF);
        check(write(report[1], &us, sizeof us) == sizeof us, "write");
        if (stay) {
            (void)!read(v->hold[0], &end, 1);
        }
        _exit(0);
    }
    close(report[1]);
    check(read(report[0], &us, sizeof us) == sizeof us, "read");
    close(report[0]);
    close(v->hold[0]);
    if (deep || stay) {
        v->lost_us += us;
    }
    if (!stay) {
        close(v->hold[1]);
        waitpid(v->child, NULL, 0);
    }
}

static void end_lost(struct victim *v)
{
    close(v->hold[1]);
    while (kill(v->child, 0) == 0) {
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

static void listen_on(struct victim *v, int backlog, int announce)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((unsigned short)atoi(getenv("PORT")))};
    socklen_t n = sizeof address;
    v->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(setsockopt(v->listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) == 0, "reuse");
    check(bind(v->listener, (struct sockaddr *)&address, n) == 0, "bind");
    check(backlog == 0 || listen(v->listener, backlog) == 0, "listen");
    getsockname(v->listener, (struct sockaddr *)&address, &n);
    if (announce) {
        dprintf(1, "listening on %d\n", ntohs(address.sin_port));
    }
}

static void answer(struct victim *v, int status, const char *body)
{
    dprintf(v->peer, "HTTP/1.1 %d Whatever\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
            status, strlen(body), body);
}

static int next_status(struct victim *v)
{
    int status = atoi(v->statuses);
    const char *comma = strchr(v->statuses, ',');
    if (comma != NULL) {
        v->statuses = comma + 1;
    }
    return status;
}

static void answer_cpu(struct victim *v)
{
    char body[64];
    snprintf(body, sizeof body, "%lld",
             used_us(RUSAGE_SELF) + used_us(RUSAGE_CHILDREN) + v->lost_us);
    answer(v, 200, body);
}

static void answer_environment(struct victim *v)
{
    extern char **environ;
    char body[8192] = "";
    for (char **p = environ; *p != NULL; p++) {
        strncat(body, *p, sizeof body - strlen(body) - 2);
        strcat(body, "\n");
    }
    answer(v, 200, body);
}

static void answer_number(struct victim *v, const char *path)
{
    char body[64];
    struct rlimit limit;
    int files = 0;
    getrlimit(RLIMIT_NOFILE, &limit);
    DIR *folder = opendir("/proc/self/fd");
    while (readdir(folder) != NULL) {
        files++;
    }
    closedir(folder);
    if (strcmp(path, "/files") == 0) {
        snprintf(body, sizeof body, "%d", files - 3); /* without ".", ".." and the folder */
    } else {
        snprintf(body, sizeof body, "%llu %llu", (unsigned long long)limit.rlim_cur,
                 (unsigned long long)limit.rlim_max);
    }
    answer(v, 200, body);
}

static void answer_big(struct victim *v)
{
    char block[4096];
    memset(block, 'x', sizeof block);
    dprintf(v->peer, "HTTP/1.1 200 OK\r\n\r\n");
    for (int i = 0; i < 512 && write(v->peer, block, sizeof block) > 0; i++) {
    }
}

static int number_after(const char *path, const char *prefix, int *number)
{
    size_t n = strlen(prefix);
    if (strncmp(path, prefix, n) != 0) {
        return 0;
    }
    *number = atoi(path + n);
    return 1;
}

static void serve_one(struct victim *v)
{
    char request[4096] = "", path[256] = "";
    int number;
    size_t used = 0;
    ssize_t n;
    /* A blocking accept would reserve a descriptor, which the kernel counts as open. */
    poll(&(struct pollfd){.fd = v->listener, .events = POLLIN}, 1, -1);
    v->peer = accept(v->listener, NULL, NULL);
    while (strstr(request, "\r\n\r\n") == NULL && used < sizeof request - 1 &&
           (n = read(v->peer, request + used, sizeof request - 1 - used)) > 0) {
        used += (size_t)n;
        request[used] = '\0';
    }
    sscanf(request, "GET %255s", path);
    if (number_after(path, "/burn/", &number)) {
        burn(number);
        answer_cpu(v);
    } else if (number_after(path, "/burn-child/", &number)) {
        burn_elsewhere(v, number, 0, 0);
        answer_cpu(v);
    } else if (number_after(path, "/burn-orphan/", &number)) {
        burn_elsewhere(v, number, 1, 0);
        answer_cpu(v);
    } else if (number_after(path, "/lose/", &number)) {
        signal(SIGCHLD, SIG_IGN);
        burn_elsewhere(v, number, 0, 1);
        answer_cpu(v);
    } else if (strcmp(path, "/lost") == 0) {
        end_lost(v);
        answer_cpu(v);
    } else if (strcmp(path, "/env") == 0) {
        answer_environment(v);
    } else if (strcmp(path, "/files") == 0 || strcmp(path, "/limit") == 0) {
        answer_number(v, path);
    } else if (number_after(path, "/exit/", &number)) {
        answer(v, 200, "bye");
        dprintf(2, "last words\n");
        _exit(number);
    } else if (strcmp(path, "/chunked") == 0) {
        dprintf(v->peer, "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n"
                         "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    } else if (strcmp(path, "/junk") == 0) {
        dprintf(v->peer, "SSH-2.0-OpenSSH_9.2\r\n\r\n");
    } else if (strcmp(path, "/cut") == 0) {
        dprintf(v->peer, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    } else if (strcmp(path, "/big") == 0) {
        answer_big(v);
    } else {
        answer(v, next_status(v), "ok");
    }
    close(v->peer);
}

static void make_orphans(void)
{
    int ready[2];
    char one;
    check(pipe(ready) == 0, "pipe");
    if (fork() == 0) {
        setsid();
        if (fork() == 0) {
            setsid();
            check(write(ready[1], "x", 1) == 1, "write");
        }
        for (;;) {
            pause();
        }
    }
    check(read(ready[0], &one, 1) == 1, "read");
}

static void flood(int mib)
{
    char block[4096];
    memset(block, 'f', sizeof block);
    for (size_t i = 63; i < sizeof block; i += 64) {
        block[i] = '\n';
    }
    for (int i = 0; i < mib * 256; i++) {
        check(write(1, block, sizeof block) == sizeof block, "flood");
    }
}

/* Commands without an argument; 0: not one of them. */
static int do_plain(struct victim *v, const char *command)
{
    static const char garbage[] = "\033[2J\xff\xfe\0\x9b\xc2\x9b caf\xc3\xa9\ttab";
    if (strcmp(command, "garbage") == 0) {
        (void)!write(1, garbage, sizeof garbage - 1);
    } else if (strcmp(command, "hold") == 0) {
        listen_on(v, 0, 1);
    } else if (strcmp(command, "mute") == 0 || strcmp(command, "listen") == 0) {
        listen_on(v, 16, 1);
    } else if (strcmp(command, "listen-silently") == 0) {
        listen_on(v, 16, 0);
    } else if (strcmp(command, "ignore-term") == 0) {
        signal(SIGTERM, SIG_IGN);
    } else if (strcmp(command, "orphans") == 0) {
        make_orphans();
    } else if (strcmp(command, "serve") == 0 || strcmp(command, "sleep") == 0) {
        for (;;) {
            *command == 's' && command[1] == 'e' ? serve_one(v) : (void)pause();
        }
    } else {
        return 0;
    }
    return 1;
}

static void do_with(struct victim *v, const char *command, const char *argument)
{
    if (strcmp(command, "say") == 0 || strcmp(command, "complain") == 0) {
        dprintf(command[0] == 's' ? 1 : 2, "%s\n", argument);
    } else if (strcmp(command, "announce") == 0) {
        dprintf(1, "listening on %s\n", argument);
    } else if (strcmp(command, "flood") == 0) {
        flood(atoi(argument));
    } else if (strcmp(command, "answers") == 0) {
        v->statuses = argument;
    } else if (strcmp(command, "term-exit") == 0) {
        term_code = atoi(argument);
        signal(SIGTERM, on_term);
    } else if (strcmp(command, "exit") == 0) {
        _exit(atoi(argument));
    } else if (strcmp(command, "die") == 0) {
        raise(atoi(argument));
    } else {
        dprintf(2, "victim: unknown command %s\n", command);
        _exit(97);
    }
}

int main(int argc, char **argv)
{
    struct victim v = {.statuses = "200"};
    signal(SIGPIPE, SIG_IGN);
    for (int i = 1; i < argc; i++) {
        if (!do_plain(&v, argv[i])) {
            do_with(&v, argv[i], i + 1 < argc ? argv[i + 1] : "");
            i++;
        }
    }
    return 0;
}
