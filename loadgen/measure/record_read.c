#include "measure/record_shape.h"
#include "measure/record_value.h"

#include <math.h>

/* Short texts can stand for full histograms: the memory for counts has a limit of its own, and an
 * empty one is charged, too, as each takes address space. */
#define HISTOGRAM_BYTES_MAX ((size_t)1 << 30)
#define HISTOGRAM_CHARGE    ((size_t)1 << 15)
#define TEXT_MAX            ((size_t)512 << 20) /* bytes of JSON */

static bool read_struct(struct lg_record_reader *r, const struct lg_shape *shape,
                        const json_t *json, void *row);

/* Jansson's iterators take a writable object although they write nothing. */
static json_t *writable(const json_t *json)
{
    return (json_t *)(uintptr_t)json;
}

static bool read_outcomes(struct lg_record_reader *r, const json_t *json,
                          uint64_t outcomes[LG_OUTCOME_CLASSES])
{
    if (!json_is_object(json)) {
        return lg_record_fault_type(r, "an object of counts by outcome class", json);
    }
    const char *key;
    json_t *value;
    json_object_foreach(writable(json), key, value)
    {
        enum lg_outcome_class class = lg_record_find_class(key);
        if (class == LG_OK || class == LG_OUTCOME_CLASSES) {
            return lg_record_fault(r, "a key is not the name of an error class");
        }
        if (!lg_record_value_count(r, value, &outcomes[class])) {
            return false;
        }
    }
    return true;
}

static bool read_interval(struct lg_record_reader *r, const json_t *json, double *low, double *high)
{
    if (json_is_null(json)) {
        *low = *high = 0;
        return true;
    }
    const json_t *first = json_array_get(json, 0), *second = json_array_get(json, 1);
    if (json_array_size(json) != 2 || !json_is_number(first) || !json_is_number(second)) {
        return lg_record_fault_type(r, "null or a list of two numbers", json);
    }
    *low = json_number_value(first);
    *high = json_number_value(second);
    return true;
}

static bool read_texts(struct lg_record_reader *r, const json_t *json, const char ***out,
                       size_t *count)
{
    if (!json_is_array(json)) {
        return lg_record_fault_type(r, "a list of texts", json);
    }
    size_t n = json_array_size(json);
    *out = lg_arena_alloc(r->record->arena, n * sizeof **out);
    for (*count = 0; *count < n; (*count)++) {
        if (!lg_record_value_text(r, json_array_get(json, *count), &(*out)[*count])) {
            return false;
        }
    }
    return true;
}

static bool read_pairs(struct lg_record_reader *r, const json_t *json, struct lg_name_value **out,
                       size_t *count)
{
    if (!json_is_object(json)) {
        return lg_record_fault_type(r, "an object of texts", json);
    }
    *out = lg_arena_alloc(r->record->arena, json_object_size(json) * sizeof **out);
    const char *key;
    json_t *value;
    json_object_foreach(writable(json), key, value)
    {
        struct lg_name_value *pair = &(*out)[(*count)++];
        pair->name = lg_arena_strdup(r->record->arena, key);
        if (!lg_record_value_text(r, value, &pair->value)) {
            return false;
        }
    }
    return true;
}

/* `array` is where the pointer to the rows is kept: a pointer of any type, hence the copy. */
static bool read_rows(struct lg_record_reader *r, const struct lg_shape *shape, const json_t *json,
                      void *array, size_t *count)
{
    if (!json_is_array(json)) {
        return lg_record_fault_type(r, "a list", json);
    }
    size_t n = json_array_size(json), path = r->path.n;
    char *rows = lg_arena_alloc(r->record->arena, n * shape->bytes);
    memcpy(array, &rows, sizeof rows);
    for (*count = 0; *count < n;) {
        size_t i = (*count)++; /* counted first, so that a half-read row is freed, too */
        lg_buf_addf(&r->path, "[%zu]", i);
        if (!read_struct(r, shape, json_array_get(json, i), rows + i * shape->bytes)) {
            return false;
        }
        r->path.n = path;
    }
    return true;
}

static bool read_trial_rows(struct lg_record_reader *r, const struct lg_field *field,
                            const json_t *json, void *array)
{
    size_t wanted = *(const size_t *)lg_field_in(r->trial, field->also), count;
    if (json_is_array(json) && json_array_size(json) != wanted) {
        return lg_record_fault(r, lg_arena_printf(r->errors,
                                                  "as many rows as the trial's are expected here "
                                                  "(%zu), found %zu",
                                                  wanted, json_array_size(json)));
    }
    return read_rows(r, field->of, json, array, &count);
}

/* The text has neither the exact extremes nor the mean.  They are taken over if they fit. */
static bool refine_histogram(struct lg_record_reader *r, const json_t *json, struct lg_hist *h)
{
    uint64_t count;
    if (!lg_record_value_count(r, json_object_get(json, "count"), &count) ||
        !lg_record_value_count(r, json_object_get(json, "over_range"), &h->over)) {
        return false;
    }
    if (count != h->count) {
        return lg_record_fault(r, "count differs from the number of values in the histogram");
    }
    if (count == 0) {
        return true;
    }
    lg_ns min, max;
    double mean;
    if (!lg_record_value_ns(r, json_object_get(json, "min"), -1, &min) ||
        !lg_record_value_ns(r, json_object_get(json, "max"), -1, &max) ||
        !lg_record_value_real(r, json_object_get(json, "mean"), NAN, &mean)) {
        return false;
    }
    if (min < 0 || max > LG_HIST_MAX || min > max || lg_hist_slot(min) != lg_hist_first_slot(h) ||
        lg_hist_slot(max) != lg_hist_last_slot(h)) {
        return lg_record_fault(r, "min and max do not fit the histogram");
    }
    double slack = 1e-12 * (double)max;
    if (!(mean >= (double)min - slack && mean <= (double)max + slack)) {
        return lg_record_fault(r, "mean is not between min and max");
    }
    h->min = min;
    h->max = max;
    h->sum = mean * (double)count;
    return true;
}

static bool read_histogram(struct lg_record_reader *r, const json_t *json, struct lg_hist **out)
{
    if (json_is_null(json)) {
        return true;
    }
    const json_t *text = json_object_get(json, "histogram");
    if (!json_is_string(text)) {
        return lg_record_fault_type(r, "null or an object with a histogram", json);
    }
    *out = lg_hist_new();
    if (!lg_hist_decode(*out, lg_slice(json_string_value(text), json_string_length(text)))) {
        return lg_record_fault(
            r, "the histogram is not an HdrHistogram V2 text of 3 digits and 1 ns to 1 h");
    }
    uint32_t used = (*out)->count > 0 ? lg_hist_last_slot(*out) - lg_hist_first_slot(*out) + 1 : 0;
    r->histogram_bytes += HISTOGRAM_CHARGE + used * sizeof(uint64_t);
    if (r->histogram_bytes > HISTOGRAM_BYTES_MAX) {
        return lg_record_fault(r, "the histograms up to here need more memory than 1 GiB");
    }
    return refine_histogram(r, json, *out);
}

static void *field_at(void *row, size_t offset)
{
    return (char *)row + offset;
}

static bool read_composite(struct lg_record_reader *r, const struct lg_field *field,
                           const json_t *json, void *row)
{
    void *at = field_at(row, field->at), *also = field_at(row, field->also);
    switch (field->kind) {
    case LG_FIELD_TEXTS:
        return read_texts(r, json, at, also);
    case LG_FIELD_PAIRS:
        return read_pairs(r, json, at, also);
    case LG_FIELD_INTERVAL:
        return read_interval(r, json, at, also);
    case LG_FIELD_OUTCOMES:
        return read_outcomes(r, json, at);
    case LG_FIELD_HISTOGRAM:
        return read_histogram(r, json, at);
    case LG_FIELD_INLINE:
        return read_struct(r, field->of, json, at);
    case LG_FIELD_ROWS:
        return read_rows(r, field->of, json, at, also);
    case LG_FIELD_TRIAL_ROWS:
        return read_trial_rows(r, field, json, at);
    default: /* the schema was looked at first; what is derived is not read */
        return true;
    }
}

static bool read_value(struct lg_record_reader *r, const struct lg_field *field, const json_t *json,
                       void *row)
{
    void *at = field_at(row, field->at), *also = field_at(row, field->also);
    switch (field->kind) {
    case LG_FIELD_TEXT:
        return lg_record_value_text(r, json, at);
    case LG_FIELD_FLAG:
        return lg_record_value_flag(r, json, at);
    case LG_FIELD_COUNT:
        return lg_record_value_count(r, json, at);
    case LG_FIELD_SMALL_COUNT:
        return lg_record_value_small_count(r, json, at);
    case LG_FIELD_CODE:
        return lg_record_value_code(r, json, at);
    case LG_FIELD_SEED:
        return lg_record_value_seed(r, json, at);
    case LG_FIELD_REAL:
        return lg_record_value_real(r, json, NAN, at);
    case LG_FIELD_MAYBE:
    case LG_FIELD_LATER:
        return lg_record_value_real(r, json, -1, at);
    case LG_FIELD_NS:
        return lg_record_value_ns(r, json, *(uint64_t *)also > 0 ? LG_NEVER : -1, at);
    case LG_FIELD_SECONDS:
        return lg_record_value_seconds(r, json, at);
    case LG_FIELD_STATE:
        return lg_record_value_state(r, json, at);
    case LG_FIELD_DIFFERENCE:
        return lg_record_value_difference(r, json, at);
    case LG_FIELD_CLASS:
        return lg_record_value_class(r, json, at);
    default:
        return read_composite(r, field, json, row);
    }
}

static bool read_field(struct lg_record_reader *r, const struct lg_field *field, const json_t *json,
                       void *row)
{
    size_t path = r->path.n;
    lg_buf_addf(&r->path, "%s%s", path > 0 ? "." : "", field->key);
    const json_t *value = json_object_get(json, field->key);
    if (value == NULL && field->kind == LG_FIELD_LATER) {
        *(double *)((char *)row + field->at) = -1;
        r->path.n = path;
        return true;
    }
    if (value == NULL && field->kind != LG_FIELD_DERIVED) {
        return lg_record_fault(r, "this key is missing");
    }
    if (!read_value(r, field, value, row)) {
        return false;
    }
    r->path.n = path;
    return true;
}

static bool read_struct(struct lg_record_reader *r, const struct lg_shape *shape,
                        const json_t *json, void *row)
{
    if (!json_is_object(json)) {
        return lg_record_fault_type(r, "an object", json);
    }
    if (shape == &lg_trial_shape) {
        r->trial = row;
    }
    for (size_t i = 0; i < shape->count; i++) {
        if (!read_field(r, &shape->fields[i], json, row)) {
            return false;
        }
    }
    return true;
}

/* Jansson quotes the text around a fault; what would steer a terminal is replaced. */
static const char *syntax_fault(struct lg_arena *errors, const json_error_t *error)
{
    char *why =
        lg_arena_printf(errors, "line %d, column %d: %s", error->line, error->column, error->text);
    for (char *p = why; *p != '\0'; p++) {
        *p = (unsigned char)*p < ' ' || *p == 0x7f ? '?' : *p;
    }
    return why;
}

/* Frees what was read where something is wrong with it. */
static struct lg_record *end_reading(struct lg_record_reader *r, bool ok, const char **why)
{
    if (!ok) {
        lg_record_free(r->record);
        r->record = NULL;
    }
    lg_buf_free(&r->path);
    *why = r->why;
    return r->record;
}

struct lg_record *lg_record_of_trial(const json_t *trial, struct lg_arena *errors, const char **why)
{
    struct lg_record_reader r = {.record = lg_record_new(), .errors = errors};
    struct lg_arena *arena = r.record->arena;
    struct lg_target_result *target =
        LG_ARENA_PUSH(arena, r.record->targets, r.record->target_count);
    struct lg_trial_result *row = LG_ARENA_PUSH(arena, target->trials, target->trial_count);
    return end_reading(&r, read_struct(&r, &lg_trial_shape, trial, row), why);
}

struct lg_record *lg_record_from_json(const json_t *root, struct lg_arena *errors, const char **why)
{
    const char *schema = json_string_value(json_object_get(root, "schema"));
    if (schema == NULL || strcmp(schema, LG_RECORD_SCHEMA) != 0) {
        *why = schema == NULL ? "schema: this key is missing: not a run record of loadgen"
                              : "schema: this program reads \"" LG_RECORD_SCHEMA "\" only";
        return NULL;
    }
    struct lg_record_reader r = {.record = lg_record_new(), .errors = errors};
    return end_reading(&r, read_struct(&r, &lg_record_shape, root, r.record), why);
}

struct lg_record *lg_record_read(struct lg_slice json, struct lg_arena *errors, const char **why)
{
    if (json.n > TEXT_MAX) {
        *why = "a run record of more than 512 MiB is not read";
        return NULL;
    }
    json_error_t error;
    json_t *root = json_loadb(json.p, json.n, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        *why = syntax_fault(errors, &error);
        return NULL;
    }
    struct lg_record *record = lg_record_from_json(root, errors, why);
    json_decref(root);
    return record;
}
