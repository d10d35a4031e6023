#include "target/launch.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char usual_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

struct failure {
    enum lg_launch_step step;
    int error;
};

/* `list` has room; a name that is there already is replaced. */
static void set_variable(char **list, const char *name, const char *value)
{
    size_t n = strlen(name);
    while (*list != NULL && (strncmp(*list, name, n) != 0 || (*list)[n] != '=')) {
        list++;
    }
    free(*list);
    *list = lg_printf("%s=%s", name, value);
}

static char **environment_new(const struct lg_target_spec *spec, const char *home)
{
    enum { OURS = 5 };
    char **list = lg_alloc_array(OURS + spec->env_count + 1, sizeof *list);
    char *temporary = lg_printf("%s/tmp", home);
    mkdir(temporary, 0700); /* where it fails, the server says so better than we could */
    set_variable(list, "PATH", usual_path);
    set_variable(list, "HOME", home);
    set_variable(list, "TMPDIR", temporary);
    set_variable(list, "LANG", "C.UTF-8");
    set_variable(list, "PORT", "0");
    for (size_t i = 0; i < spec->env_count; i++) {
        set_variable(list, spec->env[i].name, spec->env[i].value);
    }
    free(temporary);
    return list;
}

static void environment_free(char **list)
{
    for (char **p = list; *p != NULL; p++) {
        free(*p);
    }
    free(list);
}

static void reset_signals(void)
{
    sigset_t none;
    for (int number = 1; number < NSIG; number++) {
        signal(number, SIG_DFL); /* ignored ones would stay ignored after exec */
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void raise_open_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static _Noreturn void fail(int report, enum lg_launch_step step)
{
    struct failure failure = {.step = step, .error = errno};
    ssize_t ignored = write(report, &failure, sizeof failure);
    (void)ignored;
    _exit(127);
}

/* In the new process.  Every descriptor but 0, 1 and 2 is close-on-exec. */
static _Noreturn void become(const struct lg_target_spec *spec, char **environment, int keeper,
                             const int output[2], int report)
{
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* even a killed keeper leaves no server */
    if (getppid() != keeper) {
        _exit(127);
    }
    reset_signals();
    raise_open_files();
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (dup2(null, 0) < 0 || dup2(output[0], 1) < 0 || dup2(output[1], 2) < 0) {
        fail(report, LG_LAUNCH_PREPARE);
    }
    if (spec->folder != NULL && chdir(spec->folder) != 0) {
        fail(report, LG_LAUNCH_FOLDER);
    }
    environ = environment; /* execvp searches the PATH that the server gets */
    execvp(spec->command[0], spec->command);
    fail(report, LG_LAUNCH_EXEC);
}

static bool pipes_open(int out[2], int err[2], int report[2])
{
    return pipe2(out, O_CLOEXEC) == 0 && pipe2(err, O_CLOEXEC) == 0 &&
           pipe2(report, O_CLOEXEC) == 0;
}

static struct failure wait_for_exec(int report)
{
    struct failure failure = {.step = LG_LAUNCH_OK};
    ssize_t n;
    do {
        n = read(report, &failure, sizeof failure);
    } while (n < 0 && errno == EINTR);
    return failure; /* end of file: exec closed the other end */
}

struct lg_launch lg_launch(const struct lg_target_spec *spec, const char *home)
{
    struct lg_launch launch = {.failed = LG_LAUNCH_PREPARE, .output = {-1, -1}};
    int out[2], err[2], report[2];
    if (!pipes_open(out, err, report)) {
        launch.error = errno;
        return launch; /* the keeper ends soon and its descriptors with it */
    }
    char **environment = environment_new(spec, home);
    int keeper = getpid();
    launch.at = lg_now();
    launch.pid = fork();
    if (launch.pid == 0) {
        become(spec, environment, keeper, (int[]){out[1], err[1]}, report[1]);
    }
    launch.error = errno;
    environment_free(environment);
    close(out[1]);
    close(err[1]);
    close(report[1]);
    if (launch.pid > 0) {
        struct failure failure = wait_for_exec(report[0]);
        launch.failed = failure.step;
        launch.error = failure.error;
    }
    close(report[0]);
    fcntl(out[0], F_SETFL, O_NONBLOCK);
    fcntl(err[0], F_SETFL, O_NONBLOCK);
    launch.output[0] = out[0];
    launch.output[1] = err[0];
    return launch;
}
