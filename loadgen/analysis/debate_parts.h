/* Figures of the debate that set parts of one trial against each other; only debate_figures.c
 * knows this header. */
#ifndef LG_ANALYSIS_DEBATE_PARTS_H
#define LG_ANALYSIS_DEBATE_PARTS_H

#include "analysis/metric.h"
#include "scenario/debate.h"

/* The figure as a metric; NULL: it is not of this kind.  Static.  Steps are found by the names that
 * scenario/debate.h gives them; a trial without one, or with too few values, has no such figure. */
const struct lg_metric *lg_debate_part(enum lg_debate_figure figure);

#endif
