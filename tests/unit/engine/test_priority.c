#include "engine/priority.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* As a user without privileges sees it; in a process of its own. */
static int as_nobody(int (*f)(void))
{
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit none = {0, 0};
        bool dropped =
            setrlimit(RLIMIT_RTPRIO, &none) == 0 && (getuid() != 0 || setuid(65534) == 0);
        _exit(dropped ? f() : 99);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    return WEXITSTATUS(status);
}

static int refused_with_a_way_out(void)
{
    struct lg_arena *arena = lg_arena_new();
    const char *why = "";
    bool allowed = lg_priority_allowed(LG_PRIORITY_REALTIME, arena, &why);
    int fault = allowed || strstr(why, "ulimit -r 1") == NULL;
    lg_arena_free(arena);
    return fault;
}

static int normal_is_always_allowed(void)
{
    struct lg_arena *arena = lg_arena_new();
    const char *why;
    bool allowed = lg_priority_allowed(LG_PRIORITY_NORMAL, arena, &why);
    lg_arena_free(arena);
    return !(allowed && lg_priority_ask(LG_PRIORITY_NORMAL));
}

Test(priority, real_time_is_refused_to_a_user_without_the_right_and_says_how_to_get_it)
{
    cr_assert(as_nobody(refused_with_a_way_out) == 0);
}

Test(priority, normal_needs_no_privilege)
{
    cr_assert(as_nobody(normal_is_always_allowed) == 0);
}

Test(priority, asking_whether_it_is_allowed_leaves_the_caller_as_it_was)
{
    struct lg_arena *arena = lg_arena_new();
    const char *why;
    lg_priority_allowed(LG_PRIORITY_REALTIME, arena, &why);
    cr_assert(sched_getscheduler(0) == SCHED_OTHER);
    lg_arena_free(arena);
}

Test(priority, a_thread_under_another_policy_stays_there)
{
    struct sched_param p = {0};
    cr_assert(sched_setscheduler(0, SCHED_BATCH, &p) == 0);
    cr_assert(lg_priority_ask(LG_PRIORITY_NORMAL));
    cr_assert(sched_getscheduler(0) == SCHED_BATCH);
}

Test(priority, real_time_is_what_it_says_where_it_is_allowed)
{
    struct lg_arena *arena = lg_arena_new();
    const char *why;
    bool allowed = lg_priority_allowed(LG_PRIORITY_REALTIME, arena, &why);
    cr_assert(lg_priority_ask(LG_PRIORITY_REALTIME) == allowed);
    cr_assert(sched_getscheduler(0) == (allowed ? SCHED_FIFO : SCHED_OTHER));
    lg_arena_free(arena);
}
