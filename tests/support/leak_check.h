/* Criterion passes a test that leaks.  As a suite's .fini this one ends it badly under ASan. */
#ifndef LG_TESTS_LEAK_CHECK_H
#define LG_TESTS_LEAK_CHECK_H

#include <stdlib.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

static inline void fail_on_leak(void)
{
#ifdef __SANITIZE_ADDRESS__
    if (__lsan_do_recoverable_leak_check() != 0) {
        abort();
    }
#endif
}

#endif
