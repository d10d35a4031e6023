/* The one owner of "now".  Tests of code above take the time as a parameter instead. */
#ifndef LG_BASE_CLOCK_H
#define LG_BASE_CLOCK_H

#include "base/base.h"

#include <time.h>

/* CLOCK_MONOTONIC, about 20 ns through the vDSO. */
static inline lg_ns lg_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (lg_ns)t.tv_sec * LG_S + t.tv_nsec;
}

/* CPU time of the calling thread. */
static inline lg_ns lg_thread_cpu(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (lg_ns)t.tv_sec * LG_S + t.tv_nsec;
}

/* Nanoseconds since 1970, for labels only: intervals never use it. */
static inline lg_ns lg_wall_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (lg_ns)t.tv_sec * LG_S + t.tv_nsec;
}

#endif
