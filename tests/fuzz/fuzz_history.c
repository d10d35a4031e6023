/* Any bytes as a history in CSV: refused with a place, or imported; and what was imported comes out
 * as a CSV that makes an equal history. */
#include "base/buf.h"
#include "history/history.h"

#include <stdlib.h>

struct imported {
    struct lg_history *history;
    bool ok;
    size_t added, there;
};

static struct imported import(struct lg_slice csv, struct lg_arena *arena)
{
    struct imported i = {0};
    const char *why = NULL;
    i.history = lg_history_open(":memory:", LG_HISTORY_WRITE, arena, &why);
    LG_ASSERT(i.history != NULL);
    i.ok = lg_history_import(i.history, csv, "x.csv", &i.added, &i.there, &why);
    LG_ASSERT(i.ok || (why != NULL && *why != '\0'));
    LG_ASSERT(i.there == 0);
    return i;
}

static struct lg_buf export(struct lg_history *history)
{
    struct lg_buf out = {0};
    const char *why = NULL;
    bool ok = lg_history_export(history, &out, &why);
    LG_ASSERT(ok);
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct lg_arena *arena = lg_arena_new();
    char *text =
        lg_grow(NULL, n > 0 ? n : 1, 1); /* a block of its own: ASan sees reads beyond it */
    memcpy(text, data, n);
    struct imported first = import(lg_slice(text, n), arena);
    if (first.ok) {
        struct lg_buf csv = export(first.history);
        struct imported second = import(lg_buf_slice(&csv), arena);
        LG_ASSERT(second.ok && second.added == first.added);
        struct lg_buf again = export(second.history);
        LG_ASSERT(lg_slice_eq(lg_buf_slice(&csv), lg_buf_slice(&again)));
        lg_buf_free(&csv);
        lg_buf_free(&again);
        lg_history_close(second.history);
    }
    lg_history_close(first.history);
    free(text);
    lg_arena_free(arena);
    return 0;
}
