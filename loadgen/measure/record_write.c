#include "measure/record_shape.h"

#include <math.h>

/* Counts above this would be rounded by JSON readers that keep numbers as doubles. */
#define COUNT_MAX ((uint64_t)1 << 53)

struct writer {
    const struct lg_trial_result *trial; /* the one being written */
};

static json_t *write_struct(struct writer *w, const struct lg_shape *shape, const void *row);

/* Length of the UTF-8 sequence at p, 0 if it is not one: RFC 3629. */
static size_t utf8_length(const unsigned char *p)
{
    static const struct {
        unsigned char first, last, low, high; /* range of the first byte and of the second */
        size_t length;
    } forms[] = {
        {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    if (p[0] < 0x80) {
        return 1;
    }
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (p[0] < forms[i].first || p[0] > forms[i].last) {
            continue;
        }
        if (p[1] < forms[i].low || p[1] > forms[i].high) {
            return 0;
        }
        for (size_t k = 2; k < forms[i].length; k++) { /* stops at the terminator */
            if ((p[k] & 0xc0) != 0x80) {
                return 0;
            }
        }
        return forms[i].length;
    }
    return 0;
}

/* Samples hold what peers sent: any bytes. */
static json_t *write_repaired(const char *text)
{
    struct lg_buf good = {0};
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0';) {
        size_t n = utf8_length(p);
        if (n > 0) {
            lg_buf_add(&good, p, n);
        } else {
            lg_buf_adds(&good, "\xef\xbf\xbd");
        }
        p += n > 0 ? n : 1;
    }
    json_t *value = json_stringn(good.p, good.n);
    lg_buf_free(&good);
    return value;
}

static json_t *write_text(const char *text)
{
    json_t *value = json_string(text != NULL ? text : ""); /* NULL if not UTF-8 */
    return value != NULL ? value : write_repaired(text);
}

static json_t *write_count(uint64_t n)
{
    return json_integer((json_int_t)(n < COUNT_MAX ? n : COUNT_MAX));
}

static json_t *write_real(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static json_t *write_maybe(double x)
{
    return x == -1 ? json_null() : write_real(x);
}

static json_t *write_ns(lg_ns ns)
{
    return ns < 0 || ns == LG_NEVER ? json_null() : json_integer(ns);
}

static json_t *write_seed(uint64_t seed)
{
    return json_sprintf("%llu", (unsigned long long)seed);
}

static json_t *write_state(int state)
{
    return state == LG_OBJECTIVE_NOT_JUDGED ? json_null() : json_boolean(state == LG_OBJECTIVE_MET);
}

static json_t *write_outcomes(const uint64_t outcomes[LG_OUTCOME_CLASSES])
{
    json_t *object = json_object();
    for (int class = LG_OK + 1; class < LG_OUTCOME_CLASSES; class ++) {
        if (outcomes[class] != 0) {
            json_object_set_new(object, lg_outcome_name((enum lg_outcome_class) class),
                                write_count(outcomes[class]));
        }
    }
    return object;
}

static json_t *write_interval(double low, double high)
{
    if ((low == 0 && high == 0) || !isfinite(low) || !isfinite(high)) {
        return json_null();
    }
    return json_pack("[f,f]", low, high);
}

static json_t *write_texts(const char *const *texts, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(array, write_text(texts[i]));
    }
    return array;
}

static json_t *write_pairs(const struct lg_name_value *pairs, size_t count)
{
    json_t *object = json_object();
    for (size_t i = 0; i < count; i++) {
        json_t *name = write_text(pairs[i].name); /* repairs it */
        json_object_set_new(object, json_string_value(name), write_text(pairs[i].value));
        json_decref(name);
    }
    return object;
}

static json_t *write_histogram(const struct lg_hist *h, uint64_t above)
{
    if (h == NULL) {
        return json_null();
    }
    json_t *object = json_object();
    json_object_set_new(object, "count", write_count(h->count));
    json_object_set_new(object, "above", write_count(above));
    json_object_set_new(object, "over_range", write_count(h->over));
    json_object_set_new(object, "min", write_ns(h->min));
    for (int i = 0; i < LG_RECORD_PERCENTILES; i++) {
        const struct lg_record_percentile *p = &lg_record_percentiles[i];
        json_object_set_new(object, p->key, write_ns(lg_hist_quantile(h, p->q, above)));
    }
    json_object_set_new(object, "max", write_ns(h->max));
    json_object_set_new(object, "mean", h->count > 0 ? json_real(lg_hist_mean(h)) : json_null());
    struct lg_buf text = {0};
    lg_hist_encode(h, &text);
    json_object_set_new(object, "histogram", json_stringn_nocheck(text.p, text.n));
    lg_buf_free(&text);
    return object;
}

/* `array_at` is where the pointer to the rows is kept: a pointer of any type, hence the copy. */
static json_t *write_rows(struct writer *w, const struct lg_shape *shape, const void *array_at,
                          size_t count)
{
    const char *rows;
    memcpy(&rows, array_at, sizeof rows);
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(array, write_struct(w, shape, rows + i * shape->bytes));
    }
    return array;
}

static size_t count_at(const void *row, size_t offset)
{
    return *(const size_t *)lg_field_in(row, offset);
}

static json_t *write_histogram_field(const struct lg_field *field, const void *row)
{
    const struct lg_hist *h = *(struct lg_hist *const *)lg_field_in(row, field->at);
    uint64_t above = h == NULL ? 0 : field->above != NULL ? field->above(row) : h->over;
    return write_histogram(h, above);
}

static json_t *write_composite(struct writer *w, const struct lg_field *field, const void *row)
{
    const void *at = lg_field_in(row, field->at);
    switch (field->kind) {
    case LG_FIELD_TEXTS:
        return write_texts(*(const char *const *const *)at, count_at(row, field->also));
    case LG_FIELD_PAIRS:
        return write_pairs(*(const struct lg_name_value *const *)at, count_at(row, field->also));
    case LG_FIELD_INTERVAL:
        return write_interval(*(const double *)at, *(const double *)lg_field_in(row, field->also));
    case LG_FIELD_OUTCOMES:
        return write_outcomes(at);
    case LG_FIELD_HISTOGRAM:
        return write_histogram_field(field, row);
    case LG_FIELD_INLINE:
        return write_struct(w, field->of, at);
    case LG_FIELD_ROWS:
        return write_rows(w, field->of, at, count_at(row, field->also));
    case LG_FIELD_TRIAL_ROWS:
        return write_rows(w, field->of, at, count_at(w->trial, field->also));
    default:
        return field->derive(row);
    }
}

static json_t *write_field(struct writer *w, const struct lg_field *field, const void *row)
{
    const void *at = lg_field_in(row, field->at);
    switch (field->kind) {
    case LG_FIELD_SCHEMA:
        return json_string(LG_RECORD_SCHEMA);
    case LG_FIELD_TEXT:
        return write_text(*(const char *const *)at);
    case LG_FIELD_FLAG:
        return json_boolean(*(const bool *)at);
    case LG_FIELD_COUNT:
        return write_count(*(const uint64_t *)at);
    case LG_FIELD_SMALL_COUNT:
        return json_integer(*(const unsigned *)at);
    case LG_FIELD_CODE:
        return json_integer(*(const int *)at);
    case LG_FIELD_SEED:
        return write_seed(*(const uint64_t *)at);
    case LG_FIELD_REAL:
        return write_real(*(const double *)at);
    case LG_FIELD_MAYBE:
    case LG_FIELD_LATER:
        return write_maybe(*(const double *)at);
    case LG_FIELD_NS:
        return write_ns(*(const lg_ns *)at);
    case LG_FIELD_SECONDS:
        return json_real((double)*(const lg_ns *)at / (double)LG_S);
    case LG_FIELD_STATE:
        return write_state(*(const int *)at);
    case LG_FIELD_DIFFERENCE:
        return json_string(lg_difference_name(*(const enum lg_difference *)at));
    case LG_FIELD_CLASS:
        return json_string(lg_outcome_name(*(const enum lg_outcome_class *)at));
    default:
        return write_composite(w, field, row);
    }
}

static json_t *write_struct(struct writer *w, const struct lg_shape *shape, const void *row)
{
    if (shape == &lg_trial_shape) {
        w->trial = row;
    }
    json_t *object = json_object();
    for (size_t i = 0; i < shape->count; i++) {
        const struct lg_field *field = &shape->fields[i];
        json_t *value = write_field(w, field, row);
        LG_ASSERT(value != NULL);
        json_object_set_new(object, field->key, value);
    }
    return object;
}

static int add_bytes(const char *p, size_t n, void *out)
{
    lg_buf_add(out, p, n);
    return 0;
}

json_t *lg_record_to_json(const struct lg_record *record)
{
    struct writer w = {0};
    return write_struct(&w, &lg_record_shape, record);
}

json_t *lg_trial_to_json(const struct lg_trial_result *trial)
{
    struct writer w = {0};
    return write_struct(&w, &lg_trial_shape, trial);
}

void lg_record_write(const struct lg_record *record, struct lg_buf *out)
{
    json_t *json = lg_record_to_json(record);
    /* 15 digits are what a double always gives back unchanged: writing what was read is a no-op. */
    json_dump_callback(json, add_bytes, out, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
    lg_buf_adds(out, "\n");
    json_decref(json);
}
