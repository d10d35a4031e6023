/* Rows of the tables in record_shape*.c; only these include it. */
#ifndef LG_MEASURE_RECORD_FIELDS_H
#define LG_MEASURE_RECORD_FIELDS_H

#include "measure/record_shape.h"

#define FIELD(kind_, key_, type, member)                                                           \
    {                                                                                              \
        .key = key_, .kind = LG_FIELD_##kind_, .at = offsetof(struct type, member)                 \
    }
#define COUNTED(kind_, key_, type, member, counter)                                                \
    {                                                                                              \
        .key = key_, .kind = LG_FIELD_##kind_, .at = offsetof(struct type, member),                \
        .also = offsetof(struct type, counter)                                                     \
    }
#define ROWS(key_, type, member, counter, shape)                                                   \
    {                                                                                              \
        .key = key_, .kind = LG_FIELD_ROWS, .at = offsetof(struct type, member),                   \
        .also = offsetof(struct type, counter), .of = &(shape)                                     \
    }
#define INLINE(key_, type, member, shape)                                                          \
    {                                                                                              \
        .key = key_, .kind = LG_FIELD_INLINE, .at = offsetof(struct type, member), .of = &(shape)  \
    }
#define GROUP(key_, shape)                                                                         \
    {                                                                                              \
        .key = key_, .kind = LG_FIELD_INLINE, .of = &(shape)                                       \
    }
#define HISTOGRAM(key_, type, member, above_)                                                      \
    {                                                                                              \
        .key = key_, .kind = LG_FIELD_HISTOGRAM, .at = offsetof(struct type, member),              \
        .above = above_                                                                            \
    }
#define DERIVED(key_, derive_)                                                                     \
    {                                                                                              \
        .key = key_, .kind = LG_FIELD_DERIVED, .derive = derive_                                   \
    }
#define SHAPE(type, list)                                                                          \
    {                                                                                              \
        .bytes = sizeof(struct type), .count = sizeof(list) / sizeof *(list), .fields = list       \
    }

#endif
