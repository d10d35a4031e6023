/* Who descends from whom, by /proc/PID/task/TID/children (Linux with CONFIG_PROC_CHILDREN, as all
 * distributions build it).  The kernel may leave out entries while tasks end: callers read again.
 */
#ifndef LG_TARGET_PROCTREE_H
#define LG_TARGET_PROCTREE_H

#include "base/base.h"

/* A zeroed struct is an empty list. */
struct lg_pids {
    int *p; /* owned */
    size_t n, cap;
};

void lg_pids_add(struct lg_pids *pids, int pid); /* once: a pid that is there stays alone; O(n) */
void lg_pids_free(struct lg_pids *pids);

/* The whole of a small file under /proc as text, cut at `bytes` - 1; -1: cannot be read. */
long lg_proc_read(const char *path, char *out, size_t bytes);

/* True: there is no such process, or it has ended and waits to be reaped. */
bool lg_proc_ended(int pid);

/* Adds the children of all threads of `pid`, zombies included.  False: no such process. */
bool lg_children_read(int pid, struct lg_pids *pids);

/* Adds all descendants of `pid`, parents before children, without itself. */
bool lg_descendants_read(int pid, struct lg_pids *pids);

#endif
