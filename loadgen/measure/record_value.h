/* The single values of run.json, as record_read.c meets them.  Private to measure/.
 * Each function reads one of the kinds of record_shape.h; false: it is not one, and reader->why
 * says where and what was expected, unless an earlier fault is told there. */
#ifndef LG_MEASURE_RECORD_VALUE_H
#define LG_MEASURE_RECORD_VALUE_H

#include "measure/record.h"

#include <jansson.h>

struct lg_record_reader {
    struct lg_record *record;
    struct lg_trial_result *trial; /* the one being read */
    struct lg_buf path;            /* of the value at hand: targets[0].trials[1].duration_s */
    struct lg_arena *errors;
    const char *why; /* the first fault; NULL so far */
    size_t histogram_bytes;
};

/* Tells the first fault; always false. */
bool lg_record_fault(struct lg_record_reader *r, const char *what);
bool lg_record_fault_type(struct lg_record_reader *r, const char *wanted, const json_t *found);

bool lg_record_value_text(struct lg_record_reader *r, const json_t *json, const char **out);
bool lg_record_value_flag(struct lg_record_reader *r, const json_t *json, bool *out);
bool lg_record_value_count(struct lg_record_reader *r, const json_t *json, uint64_t *out);
bool lg_record_value_small_count(struct lg_record_reader *r, const json_t *json, unsigned *out);
bool lg_record_value_code(struct lg_record_reader *r, const json_t *json, int *out);
bool lg_record_value_seed(struct lg_record_reader *r, const json_t *json, uint64_t *out);
/* `none` is what null means. */
bool lg_record_value_real(struct lg_record_reader *r, const json_t *json, double none, double *out);
bool lg_record_value_ns(struct lg_record_reader *r, const json_t *json, lg_ns none, lg_ns *out);
bool lg_record_value_seconds(struct lg_record_reader *r, const json_t *json, lg_ns *out);
bool lg_record_value_state(struct lg_record_reader *r, const json_t *json, int *out);
bool lg_record_value_difference(struct lg_record_reader *r, const json_t *json,
                                enum lg_difference *out);
bool lg_record_value_class(struct lg_record_reader *r, const json_t *json,
                           enum lg_outcome_class *out);

/* LG_OUTCOME_CLASSES: no class has that name. */
enum lg_outcome_class lg_record_find_class(const char *name);

#endif
