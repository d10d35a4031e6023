/* base/ is what every other folder stands on: plain types, errors, clock, buffers, units, random
 * numbers.  Rank 0: it includes nothing of the project.
 * This header: the types that cross every interface. */
#ifndef LG_BASE_BASE_H
#define LG_BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A time or a length of time in nanoseconds; instants are CLOCK_MONOTONIC. */
typedef int64_t lg_ns;

#define LG_NEVER INT64_MAX
#define LG_US    ((lg_ns)1000)
#define LG_MS    ((lg_ns)1000000)
#define LG_S     ((lg_ns)1000000000)

/* Borrowed bytes, not terminated.  A function that keeps them says so ("copies"). */
struct lg_slice {
    const char *p;
    size_t n;
};

static inline struct lg_slice lg_slice(const void *p, size_t n)
{
    return (struct lg_slice){.p = p, .n = n};
}

static inline struct lg_slice lg_str(const char *text)
{
    return lg_slice(text, strlen(text));
}

static inline bool lg_slice_eq(struct lg_slice a, struct lg_slice b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Where `what` first stands in `in`; NULL: nowhere.  Either may be empty. */
static inline const char *lg_slice_find(struct lg_slice in, struct lg_slice what)
{
    if (in.n < what.n || what.n == 0) {
        return what.n == 0 ? (in.n > 0 ? in.p : "") : NULL;
    }
    return memmem(in.p, in.n, what.p, what.n);
}

/* A broken promise of our own code: stays on in release builds, prints where and what, aborts. */
#define LG_ASSERT(cond) ((cond) ? (void)0 : lg_assert_failed(#cond, __FILE__, __LINE__))
_Noreturn void lg_assert_failed(const char *what, const char *file, int line);

/* Allocation that cannot fail: an instrument that is out of memory has nothing true to say, so it
 * ends with one line on stderr and exit code 1.  Sizes are checked for overflow. */
void *lg_alloc(size_t bytes);                            /* zeroed */
void *lg_alloc_array(size_t count, size_t bytes);        /* zeroed */
void *lg_grow(void *take_p, size_t count, size_t bytes); /* realloc; new part not zeroed */
char *lg_strdup(const char *text);
char *lg_strndup(const char *text, size_t n);
char *lg_printf(const char *format, ...) __attribute__((format(printf, 1, 2))); /* caller frees */

#endif
