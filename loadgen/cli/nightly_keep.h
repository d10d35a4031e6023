/* What is done to a history besides appending a night. */
#ifndef LG_CLI_NIGHTLY_KEEP_H
#define LG_CLI_NIGHTLY_KEEP_H

#include "history/history.h"
#include "report/trend.h"

struct lg_nightly_upkeep {
    const char *history; /* the file */
    const char *import;  /* CSV file; NULL: none */
    const char *export;  /* CSV file, "-" for stdout; NULL: none */
    size_t keep;         /* nights; 0: see keep_for */
    lg_ns keep_for;      /* how old a night may be; 0: any */
    bool accept;         /* the regressions that are open are meant to be so */
};

/* Each: false, and the user knows why.  What was done is told on stderr. */
bool lg_nightly_import(struct lg_history *history, const char *path, struct lg_arena *arena);
bool lg_nightly_export(struct lg_history *history, const char *path, struct lg_arena *arena);
/* How many of the last nights are to be kept whole; 0: all.  The last one always is. */
size_t lg_nightly_kept(const struct lg_nightly_upkeep *upkeep, const struct lg_history_data *data,
                       struct lg_arena *arena);
bool lg_nightly_prune(struct lg_history *history, size_t nights);

/* Deletes the reports of all but the last `nights`, below `out`: only files that a run folder has,
 * and the folder if nothing else is in it. */
void lg_nightly_delete_runs(const struct lg_history_data *data, const char *out, size_t nights,
                            struct lg_arena *arena);

/* `page` was made from `data`. */
bool lg_nightly_accept(struct lg_history *history, const struct lg_history_data *data,
                       const struct lg_trend_page *page, const char *at);

#endif
