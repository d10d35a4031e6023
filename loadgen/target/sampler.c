#include "target/sampler.h"

#include "base/clock.h"
#include "target/proctree.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 64, TEXT_BYTES = 2048 };

static double ticks_s(uint64_t ticks)
{
    return (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

/* Own CPU time to the nanosecond; `coarse_s` where the clock is not to be had. */
static double own_cpu_s(int pid, double coarse_s)
{
    clockid_t clock;
    struct timespec t;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0) {
        return coarse_s;
    }
    return (double)t.tv_sec + (double)t.tv_nsec / (double)LG_S;
}

/* /proc/PID/stat, proc(5): the name in brackets may hold anything, so it counts from the last one.
 * False: there is no such process. */
static bool read_process(int pid, struct lg_known_process *process, bool *zombie)
{
    char path[PATH_BYTES], text[TEXT_BYTES], state;
    uint64_t user, system, reaped_user, reaped_system, threads, start, rss;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    const char *fields = lg_proc_read(path, text, sizeof text) > 0 ? strrchr(text, ')') : NULL;
    if (fields == NULL ||
        sscanf(fields,
               ") %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64 " %" SCNu64
               " %" SCNu64 " %*d %*d %" SCNu64 " %*d %" SCNu64 " %*u %" SCNu64,
               &state, &user, &system, &reaped_user, &reaped_system, &threads, &start, &rss) != 8) {
        return false;
    }
    *zombie = state == 'Z' || state == 'X';
    *process = (struct lg_known_process){
        .pid = pid,
        .start = start,
        .reaped_s = ticks_s(reaped_user) + ticks_s(reaped_system),
        .rss_bytes = rss * (uint64_t)sysconf(_SC_PAGESIZE),
        .threads = (unsigned)threads,
    };
    process->total_s = own_cpu_s(pid, ticks_s(user) + ticks_s(system)) + process->reaped_s;
    return true;
}

static const struct lg_known_process *find(const struct lg_known_process *list, size_t count,
                                           const struct lg_known_process *like)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].pid == like->pid && list[i].start == like->start) {
            return &list[i];
        }
    }
    return NULL;
}

/* Since Linux 6.2 the folder's size is the number of open files (with those that a blocking accept
 * has reserved); before, it is 0. */
static unsigned file_count(int pid)
{
    char path[PATH_BYTES];
    struct stat info;
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    return stat(path, &info) == 0 ? (unsigned)info.st_size : 0;
}

static unsigned list_files(int pid)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    DIR *folder = opendir(path);
    unsigned n = 0;
    if (folder == NULL) {
        return 0;
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        n += entry->d_name[0] != '.';
    }
    closedir(folder);
    return n;
}

static uint64_t read_pss(const struct lg_known_process *process)
{
    char path[PATH_BYTES], text[TEXT_BYTES];
    uint64_t kib;
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", process->pid);
    const char *line = lg_proc_read(path, text, sizeof text) > 0 ? strstr(text, "\nPss:") : NULL;
    bool ok = line != NULL && sscanf(line, "\nPss: %" SCNu64, &kib) == 1;
    return ok ? kib * 1024 : process->rss_bytes;
}

/* The costly readings, kept until LG_SAMPLER_REST times their cost has passed. */
static void refresh(struct lg_sampler *sampler, const struct lg_known_process *now, size_t count,
                    bool files)
{
    lg_ns begin = lg_now();
    if (begin < sampler->due) {
        return;
    }
    sampler->pss_bytes = 0;
    sampler->open_files = 0;
    for (size_t i = 1; i < count; i++) {
        sampler->pss_bytes += read_pss(&now[i]);
        sampler->open_files += files ? list_files(now[i].pid) : 0;
    }
    lg_ns end = lg_now();
    sampler->due = end + LG_SAMPLER_REST * (end - begin);
}

/* What was known and is gone must have come back as growth of its ancestors' reaped time.  Where it
 * has not, by more than the steps of those counters explain, nobody waited for it. */
static void find_lost(struct lg_sampler *sampler, const struct lg_known_process *now, size_t count)
{
    const double step_s = ticks_s(2);
    double gone_s = 0, grown_s = 0, doubt_s = 0;
    for (size_t i = 0; i < sampler->known_count; i++) {
        const struct lg_known_process *before = &sampler->known[i];
        const struct lg_known_process *after = find(now, count, before);
        if (after == NULL) {
            gone_s += before->total_s;
        } else {
            grown_s += after->reaped_s - before->reaped_s;
            doubt_s += step_s;
        }
    }
    if (gone_s > grown_s + doubt_s) {
        sampler->lost_s += gone_s - grown_s;
    }
}

/* The root, all its descendants, and what was known and still lives though the tree, read while it
 * changed, did not show it. */
static void list_processes(const struct lg_sampler *sampler, int root, struct lg_pids *pids)
{
    lg_pids_add(pids, root);
    lg_descendants_read(root, pids);
    for (size_t i = 0; i < sampler->known_count; i++) {
        struct lg_known_process still;
        bool zombie;
        if (read_process(sampler->known[i].pid, &still, &zombie) &&
            find(&sampler->known[i], 1, &still) != NULL) {
            lg_pids_add(pids, still.pid);
        }
    }
}

static double add_up(const struct lg_known_process *now, size_t count)
{
    double total_s = now[0].reaped_s; /* the root's own time is not the server's */
    for (size_t i = 1; i < count; i++) {
        total_s += now[i].total_s;
    }
    return total_s;
}

/* Adds a process to the sample.  A zombie has only its CPU time left. */
static void take(struct lg_target_sample *sample, const struct lg_known_process *process)
{
    sample->processes++;
    sample->threads += process->threads;
    sample->rss_bytes += process->rss_bytes;
    sample->open_files += file_count(process->pid);
}

struct snapshot {
    struct lg_known_process *list; /* owned; the root first */
    size_t count;
    struct lg_target_sample sample;
};

/* Reads parents before their children: one that is reaped in between is then in neither, never in
 * both.  False: that happened, so the CPU time is incomplete. */
static bool read_all(const struct lg_pids *pids, struct snapshot *out)
{
    bool complete = true;
    *out = (struct snapshot){.list = lg_alloc_array(pids->n, sizeof *out->list),
                             .sample = {.at = lg_now()}};
    for (size_t i = 0; i < pids->n; i++) {
        struct lg_known_process *process = &out->list[out->count];
        bool zombie;
        if (!read_process(pids->p[i], process, &zombie)) {
            complete = false;
            continue;
        }
        if (i > 0 && !zombie) {
            take(&out->sample, process);
        }
        out->count++;
    }
    return complete;
}

/* Reads again while processes end meanwhile; a tree that never rests gets the last reading. */
static bool read_tree(const struct lg_sampler *sampler, int root, struct snapshot *out)
{
    enum { ATTEMPTS = 4 };
    bool complete = false;
    *out = (struct snapshot){0};
    for (int i = 0; i < ATTEMPTS && !complete; i++) {
        struct lg_pids pids = {0};
        free(out->list);
        list_processes(sampler, root, &pids);
        complete = read_all(&pids, out);
        lg_pids_free(&pids);
    }
    return complete;
}

bool lg_sampler_read(struct lg_sampler *sampler, int root, struct lg_target_sample *sample)
{
    struct snapshot now;
    bool complete = read_tree(sampler, root, &now);
    if (now.count == 0 || now.list[0].pid != root) {
        free(now.list);
        return false;
    }
    if (complete) {
        find_lost(sampler, now.list, now.count);
    }
    double total_s = add_up(now.list, now.count) + sampler->lost_s;
    sampler->highest_s = total_s > sampler->highest_s ? total_s : sampler->highest_s;
    bool list = now.sample.open_files == 0;
    refresh(sampler, now.list, now.count, list);
    free(sampler->known);
    sampler->known = now.list;
    sampler->known_count = now.count;
    *sample = now.sample;
    sample->cpu_s = sampler->highest_s;
    sample->pss_bytes = sampler->pss_bytes;
    sample->open_files = list ? sampler->open_files : sample->open_files;
    return true;
}

void lg_sampler_fini(struct lg_sampler *sampler)
{
    free(sampler->known);
    *sampler = (struct lg_sampler){0};
}
