#include "measure/record_value.h"

#include <limits.h>
#include <math.h>

#define COUNT_MAX   ((json_int_t)1 << 53)
#define SECONDS_MAX 1e9

bool lg_record_fault(struct lg_record_reader *r, const char *what)
{
    if (r->why == NULL) {
        r->why = lg_arena_printf(r->errors, "%.*s: %s", (int)r->path.n, r->path.p, what);
    }
    return false;
}

static const char *type_text(const json_t *json)
{
    static const char *const names[] = {"an object",  "a list", "text",  "a whole number",
                                        "a fraction", "true",   "false", "null"};
    return json == NULL ? "nothing" : names[json_typeof(json)];
}

bool lg_record_fault_type(struct lg_record_reader *r, const char *wanted, const json_t *found)
{
    if (r->why == NULL) {
        lg_record_fault(r, lg_arena_printf(r->errors, "%s is expected here, found %s", wanted,
                                           type_text(found)));
    }
    return false;
}

bool lg_record_value_text(struct lg_record_reader *r, const json_t *json, const char **out)
{
    if (!json_is_string(json)) {
        return lg_record_fault_type(r, "text", json);
    }
    *out = lg_arena_strndup(r->record->arena, json_string_value(json), json_string_length(json));
    return true;
}

bool lg_record_value_flag(struct lg_record_reader *r, const json_t *json, bool *out)
{
    if (!json_is_boolean(json)) {
        return lg_record_fault_type(r, "true or false", json);
    }
    *out = json_is_true(json);
    return true;
}

static bool read_whole(struct lg_record_reader *r, const json_t *json, json_int_t low,
                       json_int_t high, json_int_t *out)
{
    if (!json_is_integer(json)) {
        return lg_record_fault_type(r, "a whole number", json);
    }
    *out = json_integer_value(json);
    if (*out >= low && *out <= high) {
        return true;
    }
    return lg_record_fault(r, lg_arena_printf(r->errors,
                                              "a whole number from %lld to %lld is expected here, "
                                              "found %lld",
                                              (long long)low, (long long)high, (long long)*out));
}

bool lg_record_value_count(struct lg_record_reader *r, const json_t *json, uint64_t *out)
{
    json_int_t n;
    if (!read_whole(r, json, 0, COUNT_MAX, &n)) {
        return false;
    }
    *out = (uint64_t)n;
    return true;
}

bool lg_record_value_small_count(struct lg_record_reader *r, const json_t *json, unsigned *out)
{
    json_int_t n;
    if (!read_whole(r, json, 0, UINT_MAX, &n)) {
        return false;
    }
    *out = (unsigned)n;
    return true;
}

bool lg_record_value_code(struct lg_record_reader *r, const json_t *json, int *out)
{
    json_int_t n;
    if (!read_whole(r, json, INT_MIN, INT_MAX, &n)) {
        return false;
    }
    *out = (int)n;
    return true;
}

bool lg_record_value_seed(struct lg_record_reader *r, const json_t *json, uint64_t *out)
{
    const char *text = json_string_value(json); /* NULL if not text */
    size_t n = json_string_length(json);
    uint64_t seed = 0;
    bool good = text != NULL && n > 0 && n == strspn(text, "0123456789");
    for (size_t i = 0; good && i < n; i++) {
        uint64_t digit = (uint64_t)(text[i] - '0');
        good =
            !__builtin_mul_overflow(seed, 10, &seed) && !__builtin_add_overflow(seed, digit, &seed);
    }
    *out = seed;
    return good || lg_record_fault(r, "the seed is expected here, as text of up to 20 digits");
}

bool lg_record_value_real(struct lg_record_reader *r, const json_t *json, double none, double *out)
{
    if (!json_is_number(json) && !json_is_null(json)) {
        return lg_record_fault_type(r, "a number or null", json);
    }
    *out = json_is_null(json) ? none : json_number_value(json);
    return true;
}

bool lg_record_value_ns(struct lg_record_reader *r, const json_t *json, lg_ns none, lg_ns *out)
{
    json_int_t n = none;
    if (!json_is_null(json) && !read_whole(r, json, 0, COUNT_MAX, &n)) {
        return false;
    }
    *out = n;
    return true;
}

bool lg_record_value_seconds(struct lg_record_reader *r, const json_t *json, lg_ns *out)
{
    if (!json_is_number(json) || !(fabs(json_number_value(json)) <= SECONDS_MAX)) {
        return lg_record_fault_type(r, "a number of seconds within 10^9 of 0", json);
    }
    *out = llround(json_number_value(json) * (double)LG_S);
    return true;
}

bool lg_record_value_state(struct lg_record_reader *r, const json_t *json, int *out)
{
    if (!json_is_boolean(json) && !json_is_null(json)) {
        return lg_record_fault_type(r, "true, false or null", json);
    }
    *out = json_is_null(json)   ? LG_OBJECTIVE_NOT_JUDGED
           : json_is_true(json) ? LG_OBJECTIVE_MET
                                : LG_OBJECTIVE_MISSED;
    return true;
}

bool lg_record_value_difference(struct lg_record_reader *r, const json_t *json,
                                enum lg_difference *out)
{
    if (!json_is_string(json)) {
        return lg_record_fault_type(r, "the name of a difference", json);
    }
    for (int i = 0; i < LG_DIFFERENCES; i++) {
        if (strcmp(json_string_value(json), lg_difference_name((enum lg_difference)i)) == 0) {
            *out = (enum lg_difference)i;
            return true;
        }
    }
    return lg_record_fault(r, "no difference has this name");
}

enum lg_outcome_class lg_record_find_class(const char *name)
{
    int class = 0;
    while (class < LG_OUTCOME_CLASSES &&
           strcmp(name, lg_outcome_name((enum lg_outcome_class) class)) != 0) {
        class ++;
    }
    return (enum lg_outcome_class) class;
}

bool lg_record_value_class(struct lg_record_reader *r, const json_t *json,
                           enum lg_outcome_class *out)
{
    if (!json_is_string(json)) {
        return lg_record_fault_type(r, "the name of an outcome class", json);
    }
    *out = lg_record_find_class(json_string_value(json));
    return *out != LG_OUTCOME_CLASSES || lg_record_fault(r, "no outcome class has this name");
}
