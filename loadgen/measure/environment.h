/* What a run was measured on: the machine, its limits, the libraries; and how much of the machine a
 * hypervisor took away meanwhile. */
#ifndef LG_MEASURE_ENVIRONMENT_H
#define LG_MEASURE_ENVIRONMENT_H

#include "base/arena.h"
#include "measure/record.h"

/* Reads /proc, /etc/os-release and the libraries' own version functions; all text is allocated from
 * `arena`.  What cannot be read is "unknown" or 0.  `loadgen` is this program's own version,
 * copied. cores: those that the calling thread may run on; limits: the soft ones. */
struct lg_environment lg_environment_read(struct lg_arena *arena, const char *loadgen);

/* The commit that this program was built from, as `git describe --always --dirty` has it; "" if
 * it was not built in a checkout.  Written by the build. */
extern const char lg_build_commit[];

/* The whole machine's CPU time since boot, in ticks, by /proc/stat (proc(5)).  Guests' time is in
 * user and nice already. */
struct lg_cpu_times {
    uint64_t user, nice, system, idle, iowait, irq, softirq, steal;
};

/* False: cannot be read; *times is untouched.  About 50 us. */
bool lg_cpu_times_read(struct lg_cpu_times *times);

/* Reads the first line of /proc/stat from text: what lg_cpu_times_read does with the file. */
bool lg_cpu_times_parse(const char *text, struct lg_cpu_times *times);

/* The share of all cores' time between two readings that a hypervisor gave to others, 0..1; -1: no
 * time has passed or the counters went backwards. */
double lg_cpu_steal_share(const struct lg_cpu_times *before, const struct lg_cpu_times *after);

/* The share of all cores' time between two readings that programs took beyond `ours`, seconds of
 * CPU time, 0..1; time in interrupts counts as nobody's.  -1: as above. */
double lg_cpu_others_share(const struct lg_cpu_times *before, const struct lg_cpu_times *after,
                           double ours);

#endif
