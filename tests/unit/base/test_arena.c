#include "base/arena.h"

#include "support/leak_check.h"

#include <criterion/criterion.h>
#include <stdalign.h>

TestSuite(arena, .fini = fail_on_leak);

Test(arena, gives_zeroed_aligned_memory_that_does_not_overlap)
{
    static const size_t sizes[] = {0, 1, 7, 8, 16, 17, 4096, 16383, 16384, 16385, 100000, 3};
    enum { SIZES = sizeof sizes / sizeof *sizes, ROUNDS = 20 };
    struct lg_arena *arena = lg_arena_new();
    unsigned char *blocks[SIZES * ROUNDS];
    for (size_t i = 0; i < SIZES * ROUNDS; i++) {
        size_t n = sizes[i % SIZES];
        blocks[i] = lg_arena_alloc(arena, n);
        cr_assert_eq((uintptr_t)blocks[i] % alignof(max_align_t), 0);
        for (size_t k = 0; k < n; k++) {
            cr_assert_eq(blocks[i][k], 0, "block %zu byte %zu is in use or dirty", i, k);
        }
        memset(blocks[i], (int)(i % 255) + 1, n);
    }
    for (size_t i = 0; i < SIZES * ROUNDS; i++) {
        for (size_t k = 0; k < sizes[i % SIZES]; k++) {
            cr_assert_eq(blocks[i][k], i % 255 + 1, "block %zu was written over", i);
        }
    }
    lg_arena_free(arena);
}

Test(arena, copies_text)
{
    struct lg_arena *arena = lg_arena_new();
    char text[] = "hello";
    char *all = lg_arena_strdup(arena, text), *part = lg_arena_strndup(arena, text, 2);
    text[0] = 'J';
    cr_expect_str_eq(all, "hello");
    cr_expect_str_eq(part, "he");
    cr_expect_str_eq(lg_arena_strndup(arena, "x", 0), "");
    cr_expect_str_eq(lg_arena_printf(arena, "%s-%d", all, 42), "hello-42");
    size_t n = strlen(lg_arena_printf(arena, "%*d", 50000, 1));
    cr_expect_eq(n, 50000, "longer than a block");
    lg_arena_free(arena);
}

Test(arena, pushed_elements_keep_their_place_and_new_ones_are_zero)
{
    struct pair {
        uint64_t a, b;
    } *pairs = NULL;
    size_t count = 0;
    struct lg_arena *arena = lg_arena_new();
    for (uint64_t i = 0; i < 5000; i++) {
        struct pair *pair = LG_ARENA_PUSH(arena, pairs, count);
        cr_assert_eq(pair, &pairs[i]);
        cr_assert(pair->a == 0 && pair->b == 0);
        *pair = (struct pair){i, ~i};
        if (i % 7 == 0) {
            memset(lg_arena_alloc(arena, 40), 0xff, 40); /* a neighbour must not be overwritten */
        }
    }
    cr_expect_eq(count, 5000);
    for (uint64_t i = 0; i < count; i++) {
        cr_assert(pairs[i].a == i && pairs[i].b == ~i, "element %lu", i);
    }
    lg_arena_free(arena);
    lg_arena_free(NULL);
}
