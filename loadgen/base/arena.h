/* Memory that is freed together: a plan or a record is many small strings with one life. */
#ifndef LG_BASE_ARENA_H
#define LG_BASE_ARENA_H

#include "base/base.h"

struct lg_arena;

struct lg_arena *lg_arena_new(void);
void lg_arena_free(struct lg_arena *arena); /* NULL ok; everything allocated from it dies */
void *lg_arena_alloc(struct lg_arena *arena, size_t bytes); /* zeroed, aligned for any type */
char *lg_arena_strndup(struct lg_arena *arena, const char *text, size_t n);
char *lg_arena_strdup(struct lg_arena *arena, const char *text);
char *lg_arena_printf(struct lg_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Appends one zeroed element to an array of the arena and returns it.  The array may move; use
 * ARRAY and COUNT as lvalues: struct step *s = LG_ARENA_PUSH(arena, plan->steps, plan->step_count);
 */
#define LG_ARENA_PUSH(arena, array, count)                                                         \
    ((array) = lg_arena_push((arena), (array), (count), sizeof *(array)), &(array)[(count)++])
void *lg_arena_push(struct lg_arena *arena, void *array, size_t count, size_t bytes);

#endif
