/* The first line of a report: what was found, in words for people. */
#ifndef LG_ANALYSIS_HEADLINE_H
#define LG_ANALYSIS_HEADLINE_H

#include "measure/record.h"

/* From a record whose validity, comparisons and objectives are judged; text of the record's arena.
 * Says nothing that claims.h does not allow: figures of valid targets only, the highest percentile
 * that has ten values beyond it, "response" under an open model only, and how sure it is. */
const char *lg_headline(const struct lg_record *record);

/* Parts that verdict.c shares. */
const char *lg_target_words(const struct lg_target_result *target); /* label, else name */
const char *
lg_target_death(const struct lg_target_result *target); /* what cut a trial short; NULL: none */

#endif
