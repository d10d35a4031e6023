/* A server's life: how starts fail, how ends are told, and that nothing is ever left behind. */
#include "support/victim.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>

static struct victim_world w;

static void row_begin(char **command)
{
    victim_begin(&w, command);
}

/* Below the ports that the kernel gives to whoever asks for any: nobody gets it in the meantime. */
static int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int port = 12000 + getpid() % 20000, taken;
    do {
        port = port < 32000 ? port + 1 : 12000;
        address.sin_port = htons((uint16_t)port);
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        taken = bind(fd, (struct sockaddr *)&address, sizeof address);
        close(fd);
    } while (taken != 0);
    return port;
}

static int parent_of(int pid)
{
    char path[64];
    int parent = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "re");
    cr_assert_not_null(file);
    cr_assert_eq(fscanf(file, "%*d (%*[^)]) %*c %d", &parent), 1);
    fclose(file);
    return parent;
}

Test(target, gets_ready_answers_and_stops)
{
    row_begin(VICTIM("listen", "serve"));
    struct lg_target *target = victim_start(&w);
    victim_expect(lg_target_url(target), "http://127.0.0.1:");
    cr_assert_null(strstr(lg_target_url(target), "${PORT}"));
    cr_assert_gt(lg_target_ready_time(target), 0);
    cr_assert_eq(kill(lg_target_pid(target), 0), 0);
    cr_assert_str_eq(victim_ask(&w, target, "/"), "ok");
    cr_assert_null(lg_target_ended(target, w.arena));
    const char *said = lg_target_stop(target, w.arena);
    cr_assert_null(said, "%s", said);
    victim_end(&w);
}

Test(target, is_ready_only_when_the_path_answers_200)
{
    row_begin(VICTIM("answers", "503,404,503,200", "listen", "serve"));
    struct lg_target *target = victim_start(&w);
    cr_assert_null(lg_target_stop(target, w.arena));
    victim_end(&w);
}

Test(target, that_says_where_it_listens_amid_other_lines_gets_ready)
{
    row_begin(VICTIM("say", "starting", "garbage", "say", "", "say", "now listening on 1", "say",
                     "listening on 70000", "complain", "listening on 2", "listen", "serve"));
    struct lg_target *target = victim_start(&w);
    cr_assert_null(lg_target_stop(target, w.arena));
    victim_end(&w);
}

/* The rows end as soon as the server does, or after 2 s where the message is about time. */
Test(target, that_does_not_get_ready_is_explained)
{
    static const struct {
        const char *what;
        char *command[6];
        const char *parts[3];
    } rows[] = {
        {"silent",
         {"sleep"},
         {"victim did not get ready within 2s: it printed no 'listening on PORT' line",
          "\n    (it printed nothing)"}},
        {"garbage",
         {"garbage", "sleep"},
         {"it printed no 'listening on PORT' line",
          "\n    \\x1b[2J\\xff\\xfe\\x00\\x9b\\xc2\\x9b caf\xc3\xa9    tab"}},
        {"nobody listens", {"hold", "sleep"}, {"GET /healthz at http://127.0.0.1:", "refused"}},
        {"mute", {"mute", "sleep"}, {"GET /healthz at http://127.0.0.1:", "no answer in time"}},
        {"never ok", {"answers", "503", "listen", "serve"}, {"GET /healthz answered 503"}},
        {"exits",
         {"complain", "no module named foo", "exit", "3"},
         {"victim ended with exit code 3 after ", "\n    no module named foo"}},
        {"exits with 0", {"exit", "0"}, {"victim ended with exit code 0 after "}},
        {"aborts", {"die", "6"}, {"victim ended with signal 6 (Aborted) after "}},
        {"ends after announcing", {"listen", "exit", "4"}, {"victim ended with exit code 4"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *command[8] = {LG_VICTIM};
        memcpy(command + 1, rows[i].command, sizeof rows[i].command);
        row_begin(command);
        bool ends = strncmp(rows[i].parts[0], "victim ended", strlen("victim ended")) == 0;
        w.spec.ready_within = ends ? 60 * LG_S : 2 * LG_S;
        const char *why = victim_fail(&w);
        for (size_t p = 0; p < 3 && rows[i].parts[p] != NULL; p++) {
            cr_assert_not_null(strstr(why, rows[i].parts[p]), "%s: expected: %s\nin: %s",
                               rows[i].what, rows[i].parts[p], why);
        }
        victim_end(&w);
    }
}

Test(target, whose_command_does_not_exist_is_named)
{
    row_begin((char *[]){"no-such-program-anywhere", NULL});
    cr_assert_str_eq(victim_fail(&w), "victim cannot start: its command no-such-program-anywhere: "
                                      "No such file or directory");
    victim_end(&w);
}

Test(target, whose_folder_does_not_exist_is_named)
{
    row_begin(VICTIM("sleep"));
    w.spec.folder = "/no/such/folder";
    cr_assert_str_eq(victim_fail(&w), "victim cannot start: its folder /no/such/folder: "
                                      "No such file or directory");
    victim_end(&w);
}

Test(target, that_finds_no_place_for_temporary_files_is_explained)
{
    row_begin(VICTIM("sleep"));
    setenv("TMPDIR", "/no/such/place", 1);
    victim_expect(victim_fail(&w), "victim cannot start: the temporary folder");
    victim_end(&w);
}

Test(target, on_a_port_in_use_shows_what_the_server_says)
{
    row_begin(VICTIM("listen", "serve"));
    struct lg_target *first = victim_start(&w);
    struct lg_target_variable env[] = {{"PORT", strrchr(lg_target_url(first), ':') + 1}, w.mark};
    struct lg_target_spec spec = w.spec;
    spec.env = env;
    spec.env_count = 2;
    const char *why;
    cr_assert_null(lg_target_start(&spec, NULL, w.arena, &why));
    victim_expect(why, "victim ended with exit code 98");
    victim_expect(why, "\n    bind: Address already in use");
    cr_assert_null(lg_target_stop(first, w.arena));
    victim_end(&w);
}

Test(target, with_a_port_of_its_own_need_not_announce_it)
{
    row_begin(VICTIM("listen-silently", "serve"));
    char *port = lg_arena_printf(w.arena, "%d", free_port());
    struct lg_target_variable env[] = {{"PORT", port}, w.mark};
    w.spec.url = lg_arena_printf(w.arena, "http://localhost:%s/base", port);
    w.spec.env = env;
    w.spec.env_count = 2;
    struct lg_target *target = victim_start(&w);
    cr_assert_str_eq(lg_target_url(target), w.spec.url);
    cr_assert_null(lg_target_stop(target, w.arena));
    victim_end(&w);
}

Test(target, is_not_mistaken_for_another_server_on_its_port)
{
    row_begin(VICTIM("listen", "serve"));
    struct lg_target *first = victim_start(&w);
    struct lg_target_spec spec = w.spec;
    spec.url = lg_target_url(first);
    const char *why;
    cr_assert_null(lg_target_start(&spec, NULL, w.arena, &why));
    victim_expect(why, "victim cannot start: something answers at http://127.0.0.1:");
    cr_assert_null(lg_target_stop(first, w.arena));
    victim_end(&w);
}

Test(target, that_runs_already_is_only_waited_for)
{
    row_begin(VICTIM("listen", "serve"));
    struct lg_target *server = victim_start(&w);
    struct lg_target_spec spec = {.name = "other",
                                  .url = lg_target_url(server),
                                  .ready_path = "/healthz",
                                  .ready_within = 30 * LG_S};
    const char *why;
    struct lg_target_sample sample;
    struct lg_target *guest = lg_target_start(&spec, NULL, w.arena, &why);
    cr_assert_not_null(guest, "%s", why);
    cr_assert_eq(lg_target_pid(guest), -1);
    cr_assert_not(lg_target_sample(guest, &sample));
    cr_assert_null(lg_target_ended(guest, w.arena));
    cr_assert_null(lg_target_stop(guest, w.arena));
    cr_assert_str_eq(victim_ask(&w, server, "/"), "ok");
    cr_assert_null(lg_target_stop(server, w.arena));
    spec.ready_within = 20 * LG_MS;
    spec.url = "http://127.0.0.1:1";
    cr_assert_null(lg_target_start(&spec, NULL, w.arena, &why));
    victim_expect(why, "other did not get ready within 20ms: GET /healthz at http://127.0.0.1:1");
    victim_end(&w);
}

static volatile int interrupted;

static void interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

Test(target, stops_waiting_when_interrupted)
{
    static char *const commands[][3] = {{LG_VICTIM, "sleep"}, {LG_VICTIM, "mute", "sleep"}};
    signal(SIGALRM, interrupt);
    for (size_t i = 0; i < 2; i++) {
        char *command[] = {commands[i][0], commands[i][1], commands[i][2], NULL};
        const char *why;
        row_begin(command);
        interrupted = 0;
        setitimer(ITIMER_REAL, &(struct itimerval){.it_value = {.tv_usec = 300000}}, NULL);
        cr_assert_null(lg_target_start(&w.spec, &interrupted, w.arena, &why));
        cr_assert_str_eq(why, "interrupted before victim was ready");
        victim_end(&w);
    }
}

Test(target, that_ignores_sigterm_is_killed)
{
    row_begin(VICTIM("ignore-term", "say", "stubborn", "listen", "serve"));
    w.spec.stop_within = 100 * LG_MS;
    struct lg_target *target = victim_start(&w);
    const char *said = lg_target_stop(target, w.arena);
    victim_expect(said, "victim did not end within 0.1 s of SIGTERM and was killed");
    victim_expect(said, "\n    stubborn");
    victim_end(&w);
}

Test(target, that_leaves_processes_behind_is_told_so)
{
    row_begin(VICTIM("orphans", "listen", "serve"));
    w.spec.stop_within = LG_S; /* for the server, which ends; its children do not */
    struct lg_target *target = victim_start(&w);
    cr_assert_eq(victim_count(&w), 3u);
    cr_assert_str_eq(lg_target_stop(target, w.arena),
                     "victim left 2 processes behind that had to be killed");
    victim_end(&w);
}

Test(target, that_fails_with_children_in_other_sessions_leaves_none)
{
    row_begin(VICTIM("orphans", "exit", "3"));
    w.spec.stop_within = 50 * LG_MS;
    victim_expect(victim_fail(&w), "victim ended with exit code 3");
    victim_end(&w);
}

Test(target, that_ends_on_sigterm_with_a_failure_is_told_so)
{
    static const struct {
        char *code;
        bool fine;
    } rows[] = {{"0", true}, {"143", true}, {"5", false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        row_begin(VICTIM("term-exit", rows[i].code, "listen", "serve"));
        const char *said = lg_target_stop(victim_start(&w), w.arena);
        if (rows[i].fine) {
            cr_assert_null(said, "%s", said);
        } else {
            victim_expect(said, "victim ended with exit code 5 after ");
        }
        victim_end(&w);
    }
}

Test(target, that_dies_midway_is_noticed_with_its_last_words)
{
    row_begin(VICTIM("listen", "serve"));
    struct lg_target *target = victim_start(&w);
    struct lg_target_sample sample = {.processes = 77};
    const char *ended = NULL;
    cr_assert_str_eq(victim_ask(&w, target, "/exit/7"), "bye");
    VICTIM_UNTIL((ended = lg_target_ended(target, w.arena)) != NULL);
    victim_expect(ended, "victim ended with exit code 7 after ");
    victim_expect(ended, "\n    last words");
    cr_assert_not(lg_target_sample(target, &sample));
    cr_assert_eq(sample.processes, 77u);
    victim_expect(lg_target_stop(target, w.arena), "victim ended with exit code 7");
    victim_end(&w);
}

Test(target, that_floods_its_output_fills_neither_disk_nor_memory)
{
    row_begin(VICTIM("flood", "64", "say", "", "listen", "flood", "64", "term-exit", "5", "serve"));
    struct lg_target *target = victim_start(&w);
    char path[64], line[256];
    long peak_kib = -1;
    snprintf(path, sizeof path, "/proc/%d/status", parent_of(lg_target_pid(target)));
    FILE *status = fopen(path, "re");
    while (peak_kib < 0 && fgets(line, sizeof line, status) != NULL) {
        sscanf(line, "RssAnon: %ld", &peak_kib);
    }
    fclose(status);
    cr_assert_lt(peak_kib, 60 * 1024);
    const char *said = lg_target_stop(target, w.arena);
    victim_expect(said, "\n    ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff");
    cr_assert_lt(strlen(said), 2000u);
    victim_end(&w);
}

Test(target, gets_an_environment_from_scratch)
{
    setenv("LG_TEST_SECRET", "hunter2", 1);
    row_begin(VICTIM("listen", "serve"));
    struct lg_target *target = victim_start(&w);
    const char *env = victim_ask(&w, target, "/env");
    char *home = lg_arena_printf(w.arena, "HOME=%s/loadgen-", w.folder);
    victim_expect(env, home);
    victim_expect(env, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n");
    victim_expect(env, "LANG=C.UTF-8\n");
    victim_expect(env, "PORT=0\n");
    victim_expect(env, "/tmp\n");
    victim_expect(env, "LG_TEST_MARK=");
    unsigned lines = 0;
    for (const char *p = env; (p = strchr(p, '\n')) != NULL; p++) {
        lines++;
    }
    cr_assert_eq(lines, 6u, "%s", env);
    cr_assert_null(lg_target_stop(target, w.arena));
    victim_end(&w);
}

Test(target, inherits_no_files_and_the_highest_limit_of_them)
{
    row_begin(VICTIM("listen", "serve"));
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = 512; /* so that there is something to raise */
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &files), 0);
    cr_assert_geq(dup(0), 3); /* without close-on-exec, below and above the keeper's own */
    cr_assert_geq(fcntl(0, F_DUPFD, 200), 200);
    struct lg_target *target = victim_start(&w);
    /* 0, 1, 2, the listener and the connection that asks */
    cr_assert_str_eq(victim_ask(&w, target, "/files"), "5");
    unsigned long long soft, hard;
    cr_assert_eq(sscanf(victim_ask(&w, target, "/limit"), "%llu %llu", &soft, &hard), 2);
    cr_assert_gt(hard, 512u);
    cr_assert_eq(soft, hard);
    cr_assert_null(lg_target_stop(target, w.arena));
    victim_end(&w);
}

Test(target, is_out_of_reach_of_the_terminal)
{
    row_begin(VICTIM("listen", "serve"));
    struct lg_target *target = victim_start(&w);
    int server = lg_target_pid(target), keeper = parent_of(server);
    cr_assert_neq(getsid(server), getsid(0));
    cr_assert_neq(getsid(keeper), getsid(0));
    cr_assert_eq(getpgid(server), server);
    kill(keeper, SIGINT);
    kill(keeper, SIGTERM);
    kill(keeper, SIGHUP);
    cr_assert_str_eq(victim_ask(&w, target, "/"), "ok");
    cr_assert_null(lg_target_ended(target, w.arena));
    cr_assert_null(lg_target_stop(target, w.arena));
    victim_end(&w);
}

static bool folder_is_empty(const char *path)
{
    DIR *folder = opendir(path);
    unsigned n = 0;
    while (readdir(folder) != NULL) {
        n++;
    }
    closedir(folder);
    return n == 2;
}

/* In a process of its own: starts the victim, says so, and is killed. */
static void start_and_wait_to_be_killed(int tell)
{
    const char *why;
    struct lg_target *target = lg_target_start(&w.spec, NULL, w.arena, &why);
    if (target != NULL && write(tell, "x", 1) == 1) {
        pause();
    }
    _exit(1);
}

static void kill_the_starter(int number)
{
    int tell[2];
    char one;
    cr_assert_eq(pipe(tell), 0);
    int starter = fork();
    if (starter == 0) {
        start_and_wait_to_be_killed(tell[1]);
    }
    close(tell[1]);
    cr_assert_eq(read(tell[0], &one, 1), 1, "the victim did not start");
    cr_assert_gt(victim_count(&w), 0u);
    kill(starter, number);
    waitpid(starter, NULL, 0);
    VICTIM_UNTIL(victim_count(&w) == 0 && folder_is_empty(w.folder));
    close(tell[0]);
}

Test(target, is_gone_soon_after_loadgen_was_killed)
{
    row_begin(VICTIM("listen", "serve"));
    kill_the_starter(SIGKILL);
    victim_end(&w);
}

Test(target, that_ignores_sigterm_is_gone_soon_after_loadgen_was_killed)
{
    row_begin(VICTIM("ignore-term", "orphans", "listen", "serve"));
    w.spec.stop_within = 100 * LG_MS;
    kill_the_starter(SIGKILL);
    victim_end(&w);
}

Test(target, stops_without_touching_another)
{
    row_begin(VICTIM("listen", "serve"));
    struct lg_target *first = victim_start(&w), *second = victim_start(&w);
    cr_assert_null(lg_target_stop(first, w.arena));
    cr_assert_eq(victim_count(&w), 1u);
    cr_assert_str_eq(victim_ask(&w, second, "/"), "ok");
    cr_assert_null(lg_target_stop(second, w.arena));
    victim_end(&w);
}

Test(target, dies_with_a_keeper_that_is_killed)
{
    row_begin(VICTIM("listen", "serve"));
    struct lg_target *target = victim_start(&w);
    const char *ended = NULL;
    kill(parent_of(lg_target_pid(target)), SIGKILL);
    VICTIM_UNTIL((ended = lg_target_ended(target, w.arena)) != NULL && victim_count(&w) == 0);
    cr_assert_str_eq(ended, "victim was lost: the process that keeps it was killed");
    cr_assert_str_eq(lg_target_stop(target, w.arena), ended);
    char *clean = lg_arena_printf(w.arena, "rm -r %s/loadgen-*", w.folder);
    cr_assert_eq(system(clean), 0); /* nobody was left to do it */
    victim_end(&w);
}

Test(target, of_three_replicas_has_three_servers_that_know_their_number)
{
    size_t count = 0;
    row_begin(VICTIM("listen", "serve"));
    w.spec.replicas = 3;
    struct lg_target *target = victim_start(&w);
    const char *const *urls = lg_target_urls(target, &count);
    cr_assert_eq(count, 3);
    cr_assert_str_eq(urls[0], lg_target_url(target));
    for (size_t i = 0; i < count; i++) {
        struct lg_buf body = {0};
        const char *why = NULL, *number = lg_arena_printf(w.arena, "REPLICA=%zu\n", i);
        cr_assert_eq(lg_target_get(urls[i], "/env", &body, 60 * LG_S, &why), 200);
        lg_buf_add(&body, "", 1);
        cr_assert_not_null(strstr(body.p, number), "%s is not in %s", number, body.p);
        cr_assert_str_neq(urls[i], urls[(i + 1) % count]);
        lg_buf_free(&body);
    }
    struct lg_target_sample sample;
    cr_assert(lg_target_sample(target, &sample));
    cr_assert_eq(sample.processes, 3);
    const char *said = lg_target_stop(target, w.arena);
    cr_assert_null(said, "%s", said);
    victim_end(&w);
}

Test(target, has_ended_when_one_of_its_replicas_has)
{
    size_t count = 0;
    row_begin(VICTIM("listen", "serve"));
    w.spec.replicas = 3;
    struct lg_target *target = victim_start(&w);
    struct lg_buf body = {0};
    const char *why = NULL, *said = NULL;
    cr_assert_eq(
        lg_target_get(lg_target_urls(target, &count)[2], "/exit/3", &body, 60 * LG_S, &why), 200);
    while ((said = lg_target_ended(target, w.arena)) == NULL) {
        usleep(1000);
    }
    victim_expect(said, "victim (replica 2) ended with exit code 3");
    said = lg_target_stop(target, w.arena);
    victim_expect(said, "victim (replica 2) ended with exit code 3");
    lg_buf_free(&body);
    victim_end(&w);
}

Test(target, of_which_one_replica_does_not_start_leaves_none)
{
    row_begin(VICTIM("listen-silently", "serve"));
    const char *port = lg_arena_printf(w.arena, "%d", free_port());
    struct lg_target_variable env[] = {w.mark, {"PORT", port}};
    w.spec.env = env;
    w.spec.env_count = 2;
    w.spec.replicas = 2;
    w.spec.url = lg_arena_printf(w.arena, "http://127.0.0.1:%s", port);
    victim_expect(victim_fail(&w), "victim (replica 1) cannot start: something answers");
    victim_end(&w);
}
