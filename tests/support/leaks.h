/* Criterion lets a test with a leak pass.  TestSuite(x, .fini = no_leaks) makes it fail under ASan. */
#ifndef LG_TESTS_LEAKS_H
#define LG_TESTS_LEAKS_H

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#include <stdlib.h>
static void no_leaks(void)
{
    if (__lsan_do_recoverable_leak_check() != 0) {
        abort();
    }
}
#else
static void no_leaks(void)
{
}
#endif

#endif
