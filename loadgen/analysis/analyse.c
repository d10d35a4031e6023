#include "analysis/analyse.h"
#include "analysis/compare.h"
#include "analysis/debate_verdict.h"
#include "analysis/objectives.h"
#include "analysis/steady.h"
#include "analysis/validity.h"
#include "analysis/verdict.h"

static void judge_trial(struct lg_trial_result *trial, struct lg_arena *arena)
{
    /* Else it was judged when the warm-up was cut off, on more seconds than are left. */
    if (trial->steady == NULL || trial->steady[0] == '\0') {
        struct lg_steady steady = lg_steady_trial(trial);
        trial->steady = lg_steady_name(steady.class);
        trial->steady_from_s = (double)steady.cut;
    }
    lg_validity_judge(trial, arena);
}

void lg_analyse(struct lg_record *record, const struct lg_plan *plan)
{
    for (size_t t = 0; t < record->target_count; t++) {
        for (size_t i = 0; i < record->targets[t].trial_count; i++) {
            judge_trial(&record->targets[t].trials[i], record->arena);
        }
    }
    if (plan != NULL) {
        lg_objectives_judge(record, plan);
    }
    lg_compare(record);
    lg_verdict(record);
    lg_debate_judge(record);
}
