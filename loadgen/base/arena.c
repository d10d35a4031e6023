#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdalign.h>
#include <stdlib.h>

enum { BLOCK_BYTES = 16384 };

struct block {
    struct block *next;
    size_t used, cap;
    max_align_t data[];
};

struct lg_arena {
    struct block *head;
};

struct lg_arena *lg_arena_new(void)
{
    return lg_alloc(sizeof(struct lg_arena));
}

void lg_arena_free(struct lg_arena *arena)
{
    if (arena == NULL) {
        return;
    }
    while (arena->head != NULL) {
        struct block *next = arena->head->next;
        free(arena->head);
        arena->head = next;
    }
    free(arena);
}

static struct block *block_add(struct lg_arena *arena, size_t bytes)
{
    size_t cap = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
    struct block *block = lg_alloc(sizeof *block + cap);
    block->cap = cap;
    block->next = arena->head;
    arena->head = block;
    return block;
}

void *lg_arena_alloc(struct lg_arena *arena, size_t bytes)
{
    LG_ASSERT(bytes < SIZE_MAX / 2);
    size_t need = (bytes + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
    struct block *block = arena->head;
    if (block == NULL || block->cap - block->used < need) {
        block = block_add(arena, need);
    }
    void *p = (char *)block->data + block->used;
    block->used += need;
    return p; /* blocks come zeroed and are used once */
}

char *lg_arena_strndup(struct lg_arena *arena, const char *text, size_t n)
{
    char *copy = lg_arena_alloc(arena, n + 1);
    memcpy(copy, text, n);
    return copy;
}

char *lg_arena_strdup(struct lg_arena *arena, const char *text)
{
    return lg_arena_strndup(arena, text, strlen(text));
}

char *lg_arena_printf(struct lg_arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    LG_ASSERT(n >= 0);
    char *text = lg_arena_alloc(arena, (size_t)n + 1);
    vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    return text;
}

void *lg_arena_push(struct lg_arena *arena, void *array, size_t count, size_t bytes)
{
    /* Grown at powers of two, so the capacity follows from the count and needs no field. */
    if (count != 0 && (count & (count - 1)) != 0) {
        return array;
    }
    void *grown = lg_arena_alloc(arena, (count ? 2 * count : 1) * bytes);
    if (count != 0) {
        memcpy(grown, array, count * bytes);
    }
    return grown;
}
