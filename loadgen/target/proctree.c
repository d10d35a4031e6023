#include "target/proctree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PATH_BYTES = 96, READ_BYTES = 4096 };

void lg_pids_add(struct lg_pids *pids, int pid)
{
    for (size_t i = 0; i < pids->n; i++) {
        if (pids->p[i] == pid) {
            return;
        }
    }
    if (pids->n == pids->cap) {
        pids->cap = pids->cap ? 2 * pids->cap : 16;
        pids->p = lg_grow(pids->p, pids->cap, sizeof *pids->p);
    }
    pids->p[pids->n++] = pid;
}

void lg_pids_free(struct lg_pids *pids)
{
    free(pids->p);
    *pids = (struct lg_pids){0};
}

long lg_proc_read(const char *path, char *out, size_t bytes)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    size_t used = 0;
    ssize_t n = 0;
    while (used < bytes - 1 && (n = read(fd, out + used, bytes - 1 - used)) > 0) {
        used += (size_t)n;
    }
    close(fd);
    out[used] = '\0';
    return n < 0 ? -1 : (long)used;
}

bool lg_proc_ended(int pid)
{
    char path[PATH_BYTES], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    const char *state = lg_proc_read(path, text, sizeof text) > 0 ? strrchr(text, ')') : NULL;
    return state == NULL || strchr("ZX", state[1] ? state[2] : 'X') != NULL;
}

/* The file is "PID PID ... " of any length, so a number may be cut by the end of a read. */
static bool add_from(const char *path, struct lg_pids *pids)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    char text[READ_BYTES];
    ssize_t n;
    int pid = 0;
    while ((n = read(fd, text, sizeof text)) > 0) {
        for (ssize_t i = 0; i < n; i++) {
            if (text[i] >= '0' && text[i] <= '9') {
                pid = pid * 10 + (text[i] - '0');
            } else if (pid > 0) {
                lg_pids_add(pids, pid);
                pid = 0;
            }
        }
    }
    close(fd);
    if (pid > 0) {
        lg_pids_add(pids, pid);
    }
    return n == 0;
}

bool lg_children_read(int pid, struct lg_pids *pids)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *threads = opendir(path);
    if (threads == NULL) {
        return false;
    }
    struct dirent *entry;
    bool any = false;
    while ((entry = readdir(threads)) != NULL) {
        if (entry->d_name[0] != '.') {
            snprintf(path, sizeof path, "/proc/%d/task/%.20s/children", pid, entry->d_name);
            any = add_from(path, pids) || any;
        }
    }
    closedir(threads);
    return any;
}

bool lg_descendants_read(int pid, struct lg_pids *pids)
{
    size_t next = pids->n;
    if (!lg_children_read(pid, pids)) {
        return false;
    }
    for (; next < pids->n; next++) {
        lg_children_read(pids->p[next], pids); /* one that has just ended has no children */
    }
    return true;
}
