/* Output against a kept file.  LG_UPDATE_GOLDEN=1 rewrites the files: read the diff before
 * committing. */
#ifndef LG_TESTS_REPORT_GOLDEN_H
#define LG_TESTS_REPORT_GOLDEN_H

#include "base/buf.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static inline void read_file(const char *path, struct lg_buf *out)
{
    char piece[4096];
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "cannot open %s", path);
    for (size_t n; (n = fread(piece, 1, sizeof piece, file)) > 0;) {
        lg_buf_add(out, piece, n);
    }
    fclose(file);
}

static inline void expect_golden(const char *name, const struct lg_buf *got)
{
    char path[512];
    struct lg_buf want = {0};
    snprintf(path, sizeof path, LG_SOURCE_DIR "/tests/golden/report/%s", name);
    if (getenv("LG_UPDATE_GOLDEN") != NULL) {
        FILE *file = fopen(path, "wb");
        cr_assert_not_null(file);
        cr_assert_eq(fwrite(got->p, 1, got->n, file), got->n);
        fclose(file);
        return;
    }
    read_file(path, &want);
    size_t at = 0, line = 1;
    while (at < want.n && at < got->n && want.p[at] == got->p[at]) {
        line += want.p[at++] == '\n';
    }
    cr_expect(want.n == got->n && at == want.n, "%s differs from line %zu on: ...%.60s", name, line,
              at < got->n ? got->p + at : "(end)");
    lg_buf_free(&want);
}

#endif
