#include "history/history.h"
#include "base/buf.h"

struct lg_history *lg_history_open(const char *path, enum lg_history_mode mode,
                                   struct lg_arena *arena, const char **why)
{
    (void)path;
    (void)mode;
    (void)arena;
    (void)why;
    LG_ASSERT(!"written next");
    return NULL;
}

void lg_history_close(struct lg_history *history)
{
    (void)history;
    LG_ASSERT(!"written next");
}

bool lg_history_append(struct lg_history *history, const struct lg_history_night *night,
                       bool *there, const char **why)
{
    (void)history;
    (void)night;
    (void)there;
    (void)why;
    LG_ASSERT(!"written next");
    return false;
}

bool lg_history_add_note(struct lg_history *history, const struct lg_history_note *note,
                         const char **why)
{
    (void)history;
    (void)note;
    (void)why;
    LG_ASSERT(!"written next");
    return false;
}

bool lg_history_read(struct lg_history *history, size_t most, struct lg_arena *arena,
                     struct lg_history_data *out, const char **why)
{
    (void)history;
    (void)most;
    (void)arena;
    (void)out;
    (void)why;
    LG_ASSERT(!"written next");
    return false;
}

bool lg_history_export(struct lg_history *history, struct lg_buf *out, const char **why)
{
    (void)history;
    (void)out;
    (void)why;
    LG_ASSERT(!"written next");
    return false;
}

bool lg_history_import(struct lg_history *history, struct lg_slice csv, const char *name,
                       size_t *added, size_t *there, const char **why)
{
    (void)history;
    (void)csv;
    (void)name;
    (void)added;
    (void)there;
    (void)why;
    LG_ASSERT(!"written next");
    return false;
}

bool lg_history_prune(struct lg_history *history, size_t nights, size_t *pruned, const char **why)
{
    (void)history;
    (void)nights;
    (void)pruned;
    (void)why;
    LG_ASSERT(!"written next");
    return false;
}
