/* CPU time, memory, threads and open files of a process tree, from /proc.
 *
 * CPU: what lives is read by its process clock (ns, threads that ended included); what was reaped
 * is in the cutime + cstime of its parent (10 ms steps), and what the keeper reaped in the
 * keeper's. What a parent with SIGCHLD ignored lost is made up from the last values seen.  Never
 * decreases.
 *
 * Memory: Pss (each shared page divided by those who share it) is the figure that may be summed
 * over forked workers, but the kernel walks all pages for it: about 1.3 ms per 100 MiB here, with
 * the process's memory map locked against changes.  It is read again only once LG_PSS_REST times
 * what the last reading cost has passed, so it costs at most 1 % and may be older than the rest. */
#ifndef LG_TARGET_SAMPLER_H
#define LG_TARGET_SAMPLER_H

#include "target/target.h"

#define LG_PSS_REST 100

struct lg_known_process {
    int pid;
    uint64_t start; /* since boot, in ticks: tells a process from a later one of the same pid */
    double total_s; /* own and reaped descendants' CPU time */
    double reaped_s;
    uint64_t rss_bytes;
    unsigned threads;
};

/* A zeroed struct is ready for use. */
struct lg_sampler {
    struct lg_known_process *known; /* owned; as of the last sample, the root first */
    size_t known_count;
    double lost_s; /* of processes that nobody waited for */
    double highest_s;
    lg_ns pss_due;
    uint64_t pss_bytes;
};

/* Samples the descendants of `root`, without root itself but with what root has reaped.
 * False: root does not exist. */
bool lg_sampler_read(struct lg_sampler *sampler, int root, struct lg_target_sample *sample);
void lg_sampler_fini(struct lg_sampler *sampler);

#endif
