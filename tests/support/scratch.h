/* A temporary folder of a test's own.  It lies below $TMPDIR, which scripts/test sets to a folder
 * that it removes however the tests end: what a test that crashed could not remove goes with it. */
#ifndef LG_TESTS_SCRATCH_H
#define LG_TESTS_SCRATCH_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { SCRATCH_PATH = 256 }; /* bytes of its name */

static inline void scratch_make(char path[SCRATCH_PATH])
{
    const char *base = getenv("TMPDIR");
    int n = snprintf(path, SCRATCH_PATH, "%s/lg-test-XXXXXX", base != NULL ? base : "/tmp");
    if (n >= SCRATCH_PATH || mkdtemp(path) == NULL) {
        perror(path);
        abort();
    }
}

static inline int scratch_remove_one(const char *path, const struct stat *info, int kind,
                                     struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

/* With all that is in it; links are not followed. */
static inline void scratch_remove(const char *path)
{
    if (nftw(path, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0) {
        perror(path);
        abort();
    }
}

#endif
