/* The figures that a claim of the debate is judged by, out of a run's trials; only
 * debate_verdict.c knows this header. */
#ifndef LG_ANALYSIS_DEBATE_FIGURES_H
#define LG_ANALYSIS_DEBATE_FIGURES_H

#include "analysis/metric.h"
#include "scenario/debate.h"

/* What a figure is in this record: for STEPS a metric for each step, else one.  Of the arena.
 * *count = 0: the record has nothing of the kind. */
struct lg_metric *lg_debate_metrics(enum lg_debate_figure figure, const struct lg_record *record,
                                    struct lg_arena *arena, size_t *count);

/* How a claim's side does on a figure, as far as the trials carry it. */
enum lg_debate_finding {
    LG_DEBATE_MISSING, /* not in every trial, or too few values for it */
    LG_DEBATE_BETTER,  /* by more than 5 % */
    LG_DEBATE_WORSE,
    LG_DEBATE_SAME,
    LG_DEBATE_NEARLY, /* not worse by more than 5 %, and neither better nor the same */
    LG_DEBATE_UNCLEAR,
};

/* One metric of a lane of Django against one of Node: fills all of `evidence`. */
enum lg_debate_finding lg_debate_hold(const struct lg_metric *metric,
                                      const struct lg_target_result *node,
                                      const struct lg_target_result *django,
                                      enum lg_debate_side side, struct lg_claim_evidence *evidence);

/* A level of one lane, trial by trial; figures of debate_parts.h.  AT_ONCE counts only if the load
 * asked for `asked` at once or more.  False: a trial does not have it, and the evidence's value is
 * NAN. */
bool lg_debate_level(enum lg_debate_figure figure, double asked,
                     const struct lg_target_result *lane, struct lg_claim_evidence *evidence);

#endif
