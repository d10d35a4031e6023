#include "engine/priority.h"

#include "base/units.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* struct sched_attr of sched_setattr(2), for which glibc has no wrapper here. */
struct attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
};

static bool ask_for_short_slices(void)
{
    struct attributes a = {
        .size = sizeof a, .policy = SCHED_OTHER, .runtime = (uint64_t)(100 * LG_US)};
    a.nice = getpriority(PRIO_PROCESS, 0); /* as it is: a program run by nice stays so */
    return sched_getscheduler(0) != SCHED_OTHER || syscall(SYS_sched_setattr, 0, &a, 0) == 0;
}

static bool ask_for_real_time(void)
{
    struct sched_param lowest = {.sched_priority = sched_get_priority_min(SCHED_FIFO)};
    return sched_setscheduler(0, SCHED_FIFO, &lowest) == 0;
}

bool lg_priority_ask(enum lg_priority priority)
{
    return priority == LG_PRIORITY_REALTIME ? ask_for_real_time() : ask_for_short_slices();
}

/* In a thread of its own, as what was asked for cannot be given back by every process. */
static void *try_real_time(void *arg)
{
    int *error = arg;
    *error = ask_for_real_time() ? 0 : errno;
    return NULL;
}

bool lg_priority_allowed(enum lg_priority priority, struct lg_arena *arena, const char **why)
{
    if (priority != LG_PRIORITY_REALTIME) {
        return true;
    }
    pthread_t thread;
    int error = EAGAIN;
    if (pthread_create(&thread, NULL, try_real_time, &error) == 0) {
        pthread_join(thread, NULL);
    }
    if (error != 0) {
        *why = lg_arena_printf(arena,
                               "priority = realtime: %s: run loadgen as root, allow it with "
                               "'ulimit -r 1', or leave priority as normal",
                               strerror(error));
    }
    return error == 0;
}
