/* The server of known behaviour over real sockets, on a port of the kernel's choice.  No test waits
 * for a time to pass: each waits for the server's answer. */
#include "selftest/truth.h"

#include "base/buf.h"
#include "support/leak_check.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

TestSuite(selftest_truth, .fini = fail_on_leak, .timeout = 240);

struct fixture {
    struct lg_arena *arena;
    struct lg_truth *truth;
};

static struct fixture begin(struct lg_truth_script script)
{
    struct fixture f = {.arena = lg_arena_new()};
    const char *why = "";
    f.truth = lg_truth_start(&script, f.arena, &why);
    cr_assert_not_null(f.truth, "%s", why);
    return f;
}

static void end(struct fixture *f)
{
    lg_truth_free(f->truth);
    lg_arena_free(f->arena);
}

/* -1: refused. */
static int dial(const struct fixture *f)
{
    unsigned port = 0;
    cr_assert_eq(sscanf(lg_truth_url(f->truth), "http://127.0.0.1:%u", &port), 1);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static void say(int fd, const char *text)
{
    cr_assert_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* The status of the next answer; 0: the server has closed.  Answers are short and come whole. */
static int hear(int fd)
{
    char text[512];
    ssize_t n = recv(fd, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    return n > 0 ? atoi(text + strlen("HTTP/1.1 ")) : 0;
}

Test(selftest_truth, an_answered_request_is_in_the_account)
{
    struct fixture f = begin((struct lg_truth_script){0});
    int fd = dial(&f);
    say(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    cr_expect_eq(hear(fd), 200);
    const struct lg_truth_tally *tally = lg_truth_end(f.truth);
    cr_expect_eq(tally->connections, 1u);
    cr_expect_eq(tally->requests, 1u);
    cr_expect_eq(tally->answers[LG_TRUTH_200], 1u);
    cr_expect_eq(tally->faults, 0u);
    cr_expect_eq(tally->note_count, 1u);
    cr_expect_geq(tally->notes[0].hold, 0);
    close(fd);
    end(&f);
}

Test(selftest_truth, the_kernel_stamps_what_it_receives)
{
    enum { MANY = 500 }; /* the kernel begins to stamp a little after it was first asked to */
    struct fixture f = begin((struct lg_truth_script){0});
    int fd = dial(&f);
    for (int i = 0; i < MANY; i++) {
        say(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        cr_assert_eq(hear(fd), 200);
    }
    const struct lg_truth_tally *tally = lg_truth_end(f.truth);
    cr_assert_eq(tally->note_count, (size_t)MANY);
    cr_expect_gt(tally->notes[MANY - 1].stamp, 0);
    close(fd);
    end(&f);
}

Test(selftest_truth, an_ended_server_refuses_and_can_be_ended_again)
{
    struct fixture f = begin((struct lg_truth_script){0});
    lg_truth_end(f.truth);
    lg_truth_end(f.truth);
    cr_expect_eq(dial(&f), -1);
    end(&f);
}

Test(selftest_truth, a_mixed_script_takes_statuses_in_turn)
{
    struct fixture f = begin((struct lg_truth_script){.mixed = true});
    static const int codes[] = {200, 404, 503};
    uint64_t counts[LG_TRUTH_STATUSES] = {0};
    int fd = dial(&f);
    for (unsigned i = 0; i < 47; i++) {
        say(fd, "GET / HTTP/1.1\r\n\r\n");
        cr_expect_eq(hear(fd), codes[lg_truth_mixed(i)], "request %u", i);
        counts[lg_truth_mixed(i)]++;
    }
    const struct lg_truth_tally *tally = lg_truth_end(f.truth);
    cr_expect_eq(counts[LG_TRUTH_404], 4u);
    cr_expect_eq(counts[LG_TRUTH_503], 3u);
    for (int i = 0; i < LG_TRUTH_STATUSES; i++) {
        cr_expect_eq(tally->answers[i], counts[i]);
    }
    close(fd);
    end(&f);
}

Test(selftest_truth, a_request_may_come_in_pieces)
{
    struct fixture f = begin((struct lg_truth_script){0});
    int fd = dial(&f);
    const char *request = "GET /7 HTTP/1.1\r\nHost: x\r\n\r\n";
    for (size_t i = 0; request[i] != '\0'; i++) {
        say(fd, (char[]){request[i], '\0'});
    }
    cr_expect_eq(hear(fd), 200);
    const struct lg_truth_tally *tally = lg_truth_end(f.truth);
    cr_expect_eq(tally->requests, 1u);
    cr_expect_eq(tally->notes[0].queue, 7u);
    close(fd);
    end(&f);
}

Test(selftest_truth, the_path_chooses_the_queue)
{
    static const struct {
        const char *request;
        uint32_t queue;
    } rows[] = {
        {"GET /0 HTTP/1.1\r\n\r\n", 0},
        {"GET /19 HTTP/1.1\r\n\r\n", 19},
        {"GET / HTTP/1.1\r\n\r\n", 0},
        {"GET /x HTTP/1.1\r\n\r\n", 0},
        {"\r\n\r\n", 0},
        {"GET /99999999999999999999 HTTP/1.1\r\n\r\n", 99 % 32},
    };
    struct fixture f = begin((struct lg_truth_script){0});
    int fd = dial(&f);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        say(fd, rows[i].request);
        cr_expect_eq(hear(fd), 200, "row %zu", i);
    }
    const struct lg_truth_tally *tally = lg_truth_end(f.truth);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_eq(tally->notes[i].queue, rows[i].queue, "row %zu", i);
    }
    close(fd);
    end(&f);
}

Test(selftest_truth, a_request_without_end_is_a_fault)
{
    struct fixture f = begin((struct lg_truth_script){0});
    char *text = lg_alloc(2049);
    memset(text, 'x', 2048);
    int fd = dial(&f);
    say(fd, text);
    cr_expect_eq(hear(fd), 0);
    cr_expect_eq(lg_truth_end(f.truth)->faults, 1u);
    free(text);
    close(fd);
    end(&f);
}

Test(selftest_truth, an_answer_leaves_no_sooner_than_its_delay)
{
    struct fixture f = begin((struct lg_truth_script){.delay = 20 * LG_MS});
    int a = dial(&f), b = dial(&f);
    say(a, "GET / HTTP/1.1\r\n\r\n");
    say(b, "GET / HTTP/1.1\r\n\r\n");
    cr_expect_eq(hear(b), 200);
    cr_expect_eq(hear(a), 200);
    const struct lg_truth_tally *tally = lg_truth_end(f.truth);
    cr_expect_geq(tally->notes[0].hold, 20 * LG_MS);
    cr_expect_geq(tally->notes[1].hold, 20 * LG_MS);
    close(a);
    close(b);
    end(&f);
}

Test(selftest_truth, an_answer_to_a_lost_connection_is_not_counted)
{
    struct fixture f = begin((struct lg_truth_script){.delay = 30 * LG_MS});
    int a = dial(&f), b;
    say(a, "GET / HTTP/1.1\r\n\r\n");
    close(a);
    b = dial(&f); /* may get the same file number at the server */
    say(b, "GET /1 HTTP/1.1\r\n\r\n");
    cr_expect_eq(hear(b), 200);
    const struct lg_truth_tally *tally = lg_truth_end(f.truth);
    cr_expect_eq(tally->requests, 2u);
    cr_expect_eq(tally->answers[LG_TRUTH_200], 1u);
    cr_expect_eq(tally->notes[0].hold, -1);
    close(b);
    end(&f);
}

Test(selftest_truth, a_queue_serves_in_order_and_leaves_other_queues_alone)
{
    struct fixture f = begin((struct lg_truth_script){.service_mean = 5 * LG_MS, .seed = 3});
    enum { N = 8 };
    int fds[N];
    for (int i = 0; i < N; i++) {
        fds[i] = dial(&f);
        say(fds[i], i < N - 1 ? "GET /0 HTTP/1.1\r\n\r\n" : "GET /1 HTTP/1.1\r\n\r\n");
    }
    for (int i = 0; i < N; i++) {
        cr_expect_eq(hear(fds[i]), 200);
        close(fds[i]);
    }
    const struct lg_truth_tally *tally = lg_truth_end(f.truth);
    lg_ns last = 0;
    for (size_t i = 0; i < tally->note_count; i++) {
        const struct lg_truth_note *note = &tally->notes[i];
        if (note->queue == 0) {
            cr_expect_geq(note->read_at + note->hold, last, "note %zu", i);
            last = note->read_at + note->hold;
        }
    }
    cr_expect_eq(tally->note_count, (size_t)N);
    end(&f);
}

Test(selftest_truth, a_stall_holds_what_comes_within_it)
{
    struct fixture f = begin((struct lg_truth_script){.stall_after = LG_MS, .stall = 50 * LG_MS});
    int fd = dial(&f);
    do { /* the stall begins once, a millisecond after the first request */
        say(fd, "GET / HTTP/1.1\r\n\r\n");
        cr_assert_eq(hear(fd), 200);
    } while (lg_truth_tally(f.truth)->stall_end == 0);
    const struct lg_truth_tally *tally = lg_truth_end(f.truth);
    /* However late it was begun, it ends when it was to end. */
    cr_expect_gt(tally->stall_begin, 0);
    cr_expect_geq(tally->stall_end - tally->notes[0].read_at, 51 * LG_MS);
    close(fd);
    end(&f);
}
