/* The sentences of a comparison of runs, which text, Markdown and the page share; of the arena.
 * Only the between*.c and html_*.c files know it. */
#ifndef LG_REPORT_BETWEEN_TEXT_H
#define LG_REPORT_BETWEEN_TEXT_H

#include "report/between.h"

const char *lg_between_headline(struct lg_arena *arena, const struct lg_between *between);
/* "runs/x: chat, 2026-11-23T08:00:00Z, 5 trials each" */
const char *lg_between_side(struct lg_arena *arena, const struct lg_record *record,
                            const char *file);
const char *lg_between_unlike(struct lg_arena *arena, const struct lg_between *between,
                              const struct lg_unlike *unlike);
const char *lg_between_pair_title(struct lg_arena *arena, const struct lg_between *between,
                                  const struct lg_between_pair *pair);
/* Why a run may not be believed, one sentence each; NULL after the last. */
const char **lg_between_reasons(struct lg_arena *arena, const struct lg_between *between);

#endif
