#include "base/base.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void lg_assert_failed(const char *what, const char *file, int line)
{
    fprintf(stderr, "loadgen: broken promise at %s:%d: %s\n", file, line, what);
    abort();
}

static void *or_die(void *p)
{
    if (p == NULL) {
        fputs("loadgen: out of memory\n", stderr);
        exit(1);
    }
    return p;
}

void *lg_alloc(size_t bytes)
{
    return or_die(calloc(1, bytes ? bytes : 1));
}

void *lg_alloc_array(size_t count, size_t bytes)
{
    return or_die(calloc(count ? count : 1, bytes ? bytes : 1));
}

void *lg_grow(void *take_p, size_t count, size_t bytes)
{
    return or_die(reallocarray(take_p, count ? count : 1, bytes ? bytes : 1));
}

char *lg_strdup(const char *text)
{
    return or_die(strdup(text));
}

char *lg_strndup(const char *text, size_t n)
{
    /* Not strndup(): `text` need not end with a NUL, which its checkers in sanitizers want. */
    char *copy = lg_alloc(n + 1);
    if (n > 0) {
        memcpy(copy, text, n);
    }
    return copy;
}

char *lg_printf(const char *format, ...)
{
    va_list args;
    char *text = NULL;
    va_start(args, format);
    int n = vasprintf(&text, format, args);
    va_end(args);
    return or_die(n < 0 ? NULL : text);
}
