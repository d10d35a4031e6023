#include "proto/h2_memory.h"

#include <stdlib.h>

enum { HEAD = LG_H2_MEMORY_STEP, LARGE = 0 };

/* Before each block; as large as the strictest alignment. */
struct head {
    size_t size_class; /* LARGE: malloc's */
    size_t bytes;
};

static struct head *head_of(void *block)
{
    return (struct head *)((char *)block - HEAD);
}

static void *fresh(size_t size_class, size_t bytes)
{
    size_t room = size_class != LARGE ? size_class * LG_H2_MEMORY_STEP : bytes;
    struct head *head = malloc(HEAD + room); /* not zeroed: nghttp2 does not expect it */
    if (head == NULL || room > SIZE_MAX - HEAD) {
        free(head);
        return NULL;
    }
    head->size_class = size_class;
    head->bytes = room;
    return (char *)head + HEAD;
}

static void *take(size_t bytes, void *user)
{
    struct lg_h2_memory *memory = user;
    size_t size_class = (bytes + LG_H2_MEMORY_STEP - 1) / LG_H2_MEMORY_STEP;
    if (size_class == 0 || size_class >= LG_H2_MEMORY_CLASSES) {
        return fresh(bytes == 0 ? 1 : LARGE, bytes);
    }
    void *block = memory->free[size_class];
    if (block == NULL) {
        return fresh(size_class, bytes);
    }
    memcpy(&memory->free[size_class], block, sizeof(void *));
    return block;
}

static void give(void *block, void *user)
{
    struct lg_h2_memory *memory = user;
    if (block == NULL) {
        return;
    }
    size_t size_class = head_of(block)->size_class;
    if (size_class == LARGE) {
        free(head_of(block));
        return;
    }
    memcpy(block, &memory->free[size_class], sizeof(void *));
    memory->free[size_class] = block;
}

static void *take_zeroed(size_t count, size_t bytes, void *user)
{
    if (bytes != 0 && count > SIZE_MAX / bytes) {
        return NULL;
    }
    void *block = take(count * bytes, user);
    return block != NULL ? memset(block, 0, count * bytes) : NULL;
}

static void *resize(void *block, size_t bytes, void *user)
{
    if (block != NULL && head_of(block)->bytes >= bytes) {
        return block;
    }
    void *larger = take(bytes, user);
    if (larger != NULL && block != NULL) {
        memcpy(larger, block, head_of(block)->bytes);
        give(block, user);
    }
    return larger;
}

nghttp2_mem lg_h2_memory_mem(struct lg_h2_memory *memory)
{
    return (nghttp2_mem){
        .mem_user_data = memory,
        .malloc = take,
        .free = give,
        .calloc = take_zeroed,
        .realloc = resize,
    };
}

void lg_h2_memory_fini(struct lg_h2_memory *memory)
{
    for (size_t i = 0; i < LG_H2_MEMORY_CLASSES; i++) {
        while (memory->free[i] != NULL) {
            void *block = memory->free[i];
            memcpy(&memory->free[i], block, sizeof(void *));
            free(head_of(block));
        }
    }
}
