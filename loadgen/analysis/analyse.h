#ifndef LG_ANALYSIS_ANALYSE_H
#define LG_ANALYSIS_ANALYSE_H
#include "measure/record.h"
#include "scenario/plan.h"
void lg_analyse(struct lg_record *record, const struct lg_plan *plan);
#endif
