/* What differs between two runs besides their results; only between.c asks. */
#ifndef LG_ANALYSIS_UNLIKE_H
#define LG_ANALYSIS_UNLIKE_H

#include "analysis/between.h"

/* Each appends to out->unlike; out->a and out->b must be set. */
void lg_unlike_environments(struct lg_between *out, struct lg_arena *arena);
void lg_unlike_scenarios(struct lg_between *out, struct lg_arena *arena);
/* Other programs took another share of the machine while the one target was measured than while
 * the other was. */
void lg_unlike_company(struct lg_between *out, const struct lg_target_result *a,
                       const struct lg_target_result *b, struct lg_arena *arena);
/* Settings and versions of one target of the same name. */
void lg_unlike_targets(struct lg_between *out, const struct lg_target_result *a,
                       const struct lg_target_result *b, struct lg_arena *arena);

#endif
