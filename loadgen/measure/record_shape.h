/* How the structs of record.h map to run.json: one table that the writer and the reader both walk,
 * so that they cannot disagree.  Private to measure/. */
#ifndef LG_MEASURE_RECORD_SHAPE_H
#define LG_MEASURE_RECORD_SHAPE_H

#include "measure/record.h"

#include <jansson.h>

/* name, what JSON holds, what the struct holds at `at` (and `also`) */
enum lg_field_kind {
    LG_FIELD_SCHEMA,      /* the constant LG_RECORD_SCHEMA; nothing in the struct */
    LG_FIELD_TEXT,        /* text; const char * */
    LG_FIELD_FLAG,        /* true, false; bool */
    LG_FIELD_COUNT,       /* whole number >= 0; uint64_t */
    LG_FIELD_SMALL_COUNT, /* whole number >= 0; unsigned */
    LG_FIELD_CODE,        /* whole number; int */
    LG_FIELD_SEED,        /* text of decimal digits, as JSON readers round above 2^53; uint64_t */
    LG_FIELD_REAL,        /* number, null if not finite; double */
    LG_FIELD_MAYBE,       /* number, null if unknown; double, -1 if unknown */
    LG_FIELD_LATER,       /* as MAYBE; unknown too where the key is missing: in older records */
    LG_FIELD_NS,          /* whole number >= 0, null if none; lg_ns: -1 if none, LG_NEVER if none
                           * although the uint64_t count at `also` is not 0 */
    LG_FIELD_SECONDS,     /* number; lg_ns */
    LG_FIELD_STATE,       /* true, false, null: not judged; enum of struct lg_objective_result */
    LG_FIELD_DIFFERENCE,  /* a difference's name; enum lg_difference */
    LG_FIELD_CLASS,       /* an outcome's name; enum lg_outcome_class */
    LG_FIELD_OUTCOMES,    /* {class: count} without ok and zeroes; uint64_t[LG_OUTCOME_CLASSES] */
    LG_FIELD_INTERVAL,    /* [low, high] or null; doubles at `at` and `also`, both 0 if none */
    LG_FIELD_TEXTS,       /* [text]; const char ** and its size_t count at `also` */
    LG_FIELD_PAIRS,       /* {name: value}; struct lg_name_value * and count at `also` */
    LG_FIELD_HISTOGRAM,   /* {percentiles, V2 text} or null; struct lg_hist *; `above` */
    LG_FIELD_INLINE,      /* {of}; a struct, or the same struct if `at` is 0 */
    LG_FIELD_ROWS,        /* [of]; an array and its count at `also` */
    LG_FIELD_TRIAL_ROWS,  /* [of]; an array; the count at `also` of the enclosing trial */
    LG_FIELD_DERIVED,     /* what `derive` makes of the struct; the reader skips it */
};

struct lg_field {
    const char *key;
    enum lg_field_kind kind;
    size_t at, also; /* offsets in the struct, bytes */
    const struct lg_shape *of;
    uint64_t (*above)(const void *row);
    json_t *(*derive)(const void *row); /* a new reference */
};

struct lg_shape {
    size_t bytes; /* of one struct */
    size_t count;
    const struct lg_field *fields;
};

extern const struct lg_shape lg_record_shape;
extern const struct lg_shape lg_trial_shape;

/* New references. */
json_t *lg_record_to_json(const struct lg_record *record);
json_t *lg_trial_to_json(const struct lg_trial_result *trial);
/* As lg_record_read.  The second one's result has one target with this one trial. */
struct lg_record *lg_record_from_json(const json_t *root, struct lg_arena *errors,
                                      const char **why);
struct lg_record *lg_record_of_trial(const json_t *trial, struct lg_arena *errors,
                                     const char **why);

/* The percentiles of every histogram in run.json. */
struct lg_record_percentile {
    const char *key;
    double q;
};
enum { LG_RECORD_PERCENTILES = 6 };
extern const struct lg_record_percentile lg_record_percentiles[LG_RECORD_PERCENTILES];

static inline const void *lg_field_in(const void *row, size_t offset)
{
    return (const char *)row + offset;
}

#endif
