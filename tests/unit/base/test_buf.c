#include "base/buf.h"

#include "base/rng.h"
#include "support/leak_check.h"

#include <criterion/criterion.h>
#include <stdlib.h>

TestSuite(buf, .fini = fail_on_leak);

Test(buf, zeroed_is_empty)
{
    struct lg_buf buf = {0};
    cr_expect_eq(lg_buf_slice(&buf).n, 0);
    lg_buf_drop(&buf, 0);
    lg_buf_clear(&buf);
    lg_buf_free(&buf);
    char *text = lg_buf_take(&buf);
    cr_expect_str_eq(text, "");
    free(text);
}

Test(buf, holds_what_was_added_in_order)
{
    struct lg_buf buf = {0};
    lg_buf_adds(&buf, "GET ");
    lg_buf_add(&buf, "/a\0b", 4);
    lg_buf_add(&buf, NULL, 0);
    lg_buf_addf(&buf, " %s/%d.%d", "HTTP", 1, 1);
    lg_buf_addf(&buf, "%s", "");
    cr_expect(lg_slice_eq(lg_buf_slice(&buf), lg_slice("GET /a\0b HTTP/1.1", 17)));
    lg_buf_drop(&buf, 4);
    cr_expect(lg_slice_eq(lg_buf_slice(&buf), lg_slice("/a\0b HTTP/1.1", 13)));
    lg_buf_drop(&buf, 13);
    cr_expect_eq(buf.n, 0);
    lg_buf_free(&buf);
    cr_expect(buf.p == NULL && buf.cap == 0);
}

Test(buf, behaves_like_a_plain_array_under_random_use)
{
    enum { STEPS = 4000, MODEL = 1 << 20 };
    char *model = lg_alloc(MODEL), chunk[300];
    size_t n = 0;
    struct lg_buf buf = {0};
    struct lg_rng rng;
    lg_rng_init(&rng, 1, 0, 0);
    for (int step = 0; step < STEPS; step++) {
        size_t size = lg_rng_below(&rng, sizeof chunk);
        if (lg_rng_below(&rng, 3) > 0) {
            memset(chunk, step % 251, size);
            lg_buf_add(&buf, chunk, size);
            memcpy(model + n, chunk, size);
            n += size;
        } else {
            size = size < n ? size : n;
            lg_buf_drop(&buf, size);
            memmove(model, model + size, n - size);
            n -= size;
        }
        cr_assert(lg_slice_eq(lg_buf_slice(&buf), lg_slice(model, n)), "step %d", step);
    }
    lg_buf_free(&buf);
    free(model);
}

Test(buf, reserved_room_is_used_without_moving)
{
    struct lg_buf buf = {0};
    lg_buf_reserve(&buf, 1000);
    cr_assert_geq(buf.cap - buf.n, 1000);
    const char *before = buf.p;
    for (int i = 0; i < 1000; i++) {
        lg_buf_adds(&buf, "x");
    }
    cr_expect_eq(buf.p, before);
    lg_buf_clear(&buf);
    cr_expect_eq(buf.cap >= 1000 && buf.n == 0, true);
    lg_buf_free(&buf);
}

Test(buf, taken_text_is_terminated_and_leaves_an_empty_buffer)
{
    struct lg_buf buf = {0};
    for (int i = 0; i < 64; i++) { /* exactly full */
        lg_buf_adds(&buf, "y");
    }
    char *text = lg_buf_take(&buf);
    cr_expect_eq(strlen(text), 64);
    cr_expect(buf.p == NULL && buf.n == 0 && buf.cap == 0);
    free(text);
}
