/* The XML of JUnit test cases; only the files that write some know it. */
#ifndef LG_REPORT_JUNIT_SUITE_H
#define LG_REPORT_JUNIT_SUITE_H

#include "base/buf.h"

enum lg_junit_verdict { LG_JUNIT_PASSED, LG_JUNIT_FAILED, LG_JUNIT_SKIPPED, LG_JUNIT_BROKEN };

/* Zeroed: no case yet. */
struct lg_junit_suite {
    struct lg_buf cases;
    size_t counts[LG_JUNIT_BROKEN + 1];
};

void lg_junit_begin(const char *name, struct lg_buf *out);

/* Texts are from outside and may be NULL; `message` is not shown of what has passed. */
void lg_junit_case(struct lg_junit_suite *s, const char *class, const char *name,
                   enum lg_junit_verdict verdict, const char *message);

/* Appends the suite and frees it; `name` is ours, `at` is ISO 8601. */
void lg_junit_suite_end(struct lg_junit_suite *s, const char *name, const char *at,
                        struct lg_buf *out);

void lg_junit_end(struct lg_buf *out);

#endif
