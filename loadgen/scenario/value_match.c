/* Conditions on messages and answers, and what is captured from them: one grammar for await, check,
 * capture and deliveries. */
#include "base/units.h"
#include "content/regex.h"
#include "scenario/draft.h"

#include <jansson.h>

struct operator_word {
    const char *word;
    enum lg_compare compare;
};

static const struct operator_word operators[] = {{"==", LG_EQ}, {"!=", LG_NE}, {"<", LG_LT},
                                                 {"<=", LG_LE}, {">", LG_GT},  {">=", LG_GE}};

/* Takes an operator off *text; false: none stands there, and *text is as before. */
static bool take_operator(struct lg_slice *text, enum lg_compare *out)
{
    struct lg_slice rest = *text, word = lg_take_word(&rest);
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        if (lg_slice_eq(word, lg_str(operators[i].word))) {
            *out = operators[i].compare;
            *text = rest;
            return true;
        }
    }
    return false;
}

static struct lg_slice copy(struct lg_reading *r, struct lg_slice text)
{
    return lg_slice(lg_arena_strndup(r->load->arena, text.p, text.n), text.n);
}

/* Where a part stands, or the end of the value where it is missing. */
static size_t offset_or_end(const struct lg_reading *r, struct lg_slice part)
{
    return part.n > 0 ? lg_offset(r, part) : r->entry->value.n;
}

/* ---- pointers, header names, patterns ---- */

static bool is_pointer(struct lg_slice text)
{
    for (size_t i = 0; i < text.n; i++) {
        bool tilde = text.p[i] == '~';
        if (tilde && (i + 1 == text.n || (text.p[i + 1] != '0' && text.p[i + 1] != '1'))) {
            return false;
        }
    }
    return text.n > 0 && text.p[0] == '/';
}

/* "json /pointer rest": takes the pointer.  False: a problem was added. */
static bool take_pointer(struct lg_reading *r, struct lg_slice *text, struct lg_slice *pointer)
{
    *pointer = lg_take_word(text);
    if (is_pointer(*pointer)) {
        *pointer = copy(r, *pointer);
        return true;
    }
    lg_bad(r, offset_or_end(r, *pointer), "write json /name or json /list/0/name", "%.*s%s",
           (int)pointer->n, pointer->p,
           pointer->n == 0 ? "json needs a pointer" : " is not a JSON pointer (RFC 6901)");
    return false;
}

/* "header NAME rest": takes the name, in lower case. */
static bool take_header(struct lg_reading *r, struct lg_slice *text, struct lg_slice *name)
{
    struct lg_slice word = lg_take_word(text);
    if (!lg_is_token(word)) {
        lg_bad(r, offset_or_end(r, word), "write header Location", "%.*s%s", (int)word.n, word.p,
               word.n == 0 ? "header needs a name" : " is not a header's name");
        return false;
    }
    char *lower = lg_arena_strndup(r->load->arena, word.p, word.n);
    for (char *p = lower; *p != '\0'; p++) {
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
    }
    *name = lg_slice(lower, word.n);
    return true;
}

/* "/RE/GROUP": up to the last slash, so that slashes inside need no mark.  `groups` NULL: none may
 * be named. */
static bool read_pattern(struct lg_reading *r, struct lg_slice text, struct lg_slice *pattern,
                         unsigned *group)
{
    const char *last = text.n > 1 && text.p[0] == '/' ? memrchr(text.p + 1, '/', text.n - 1) : NULL;
    if (last == NULL) {
        lg_bad(r, offset_or_end(r, text), "write regex /id=([0-9]+)/", "regex needs /PATTERN/");
        return false;
    }
    *pattern = copy(r, lg_slice(text.p + 1, (size_t)(last - text.p) - 1));
    struct lg_slice rest = lg_slice(last + 1, text.n - pattern->n - 2);
    const char *why = NULL;
    size_t at = 0;
    struct lg_regex *regex = lg_regex_new(*pattern, r->load->problems->arena, &why, &at);
    if (regex == NULL) {
        lg_bad(r, lg_offset(r, text) + 1 + at, NULL, "in the pattern: %s", why);
        return false;
    }
    unsigned groups = lg_regex_groups(regex);
    lg_regex_free(regex);
    uint64_t number = groups > 0 ? 1 : 0;
    bool wrong = rest.n > 0 && (group == NULL || lg_read_count(rest, &number) != NULL);
    if (wrong || number > groups) {
        lg_bad(r, lg_offset(r, rest), NULL,
               wrong && group != NULL ? "%.*s is not the number of a group"
               : wrong                ? "%.*s: nothing follows the pattern"
                                      : "the pattern has no group %.*s",
               (int)rest.n, rest.p);
        return false;
    }
    if (group != NULL) {
        *group = (unsigned)number;
    }
    return true;
}

/* ---- json ---- */

/* One JSON scalar, with holes standing for harmless text. */
static bool is_scalar(const struct lg_template *value)
{
    struct lg_buf text = {0};
    for (size_t i = 0; i < value->part_count; i++) {
        const struct lg_part *part = &value->parts[i];
        if (part->kind == LG_PART_TEXT) {
            lg_buf_add(&text, part->text.p, part->text.n);
        } else {
            lg_buf_adds(&text, "7");
        }
    }
    json_t *json = json_loadb(text.p == NULL ? "" : text.p, text.n, JSON_DECODE_ANY, NULL);
    bool scalar = json != NULL && !json_is_object(json) && !json_is_array(json);
    json_decref(json);
    lg_buf_free(&text);
    return scalar;
}

/* What fills a hole within quotes may hold quotes. */
static void escape_within_quotes(struct lg_template *value)
{
    bool quoted = value->part_count > 0 && value->parts[0].kind == LG_PART_TEXT &&
                  value->parts[0].text.p[0] == '"';
    for (size_t i = 0; quoted && i < value->part_count; i++) {
        value->parts[i].escape = LG_ESCAPE_JSON;
    }
}

static void read_json_value(struct lg_reading *r, struct lg_slice text, enum lg_holes holes,
                            struct lg_match *out)
{
    size_t before = r->load->problems->count;
    lg_read_template(r, text, holes, true, &out->value);
    if (r->load->problems->count == before && !is_scalar(&out->value)) {
        const char *hint = lg_arena_printf(
            r->load->problems->arena, "a text stands in quotes: \"%.*s\"", (int)text.n, text.p);
        bool word = memchr(text.p, '"', text.n) == NULL && text.p[0] != '{' && text.p[0] != '[';
        lg_bad(r, lg_offset(r, text), word ? hint : NULL,
               "%.*s is not a JSON string, number, true, false or null", (int)text.n, text.p);
    }
    escape_within_quotes(&out->value);
}

static void read_json_match(struct lg_reading *r, struct lg_slice rest, enum lg_holes holes,
                            struct lg_match *out)
{
    if (!take_pointer(r, &rest, &out->pointer)) {
        return;
    }
    bool absent = lg_slice_eq(rest, lg_str("absent"));
    if (rest.n == 0 || absent || lg_slice_eq(rest, lg_str("exists"))) {
        out->kind = absent ? LG_MATCH_JSON_ABSENT : LG_MATCH_JSON_EXISTS;
        return;
    }
    struct lg_slice value = rest;
    out->kind = LG_MATCH_JSON_EQUALS;
    if (!take_operator(&value, &out->compare) || value.n == 0) {
        lg_bad(r, lg_offset(r, rest),
               "write json /pointer == VALUE (or != < <= > >=), json /pointer exists or absent",
               "%.*s is not == and a value", (int)rest.n, rest.p);
        return;
    }
    out->kind = out->compare == LG_EQ ? LG_MATCH_JSON_EQUALS : LG_MATCH_JSON_COMPARE;
    read_json_value(r, value, holes, out);
}

/* ---- header, body, size ---- */

static void read_text(struct lg_reading *r, struct lg_slice text, const char *after,
                      enum lg_holes holes, struct lg_match *out)
{
    if (text.n == 0) {
        lg_bad(r, r->entry->value.n, NULL, "%s needs a text", after);
        return;
    }
    lg_read_template(r, text, holes, true, &out->value);
}

static void read_header_match(struct lg_reading *r, struct lg_slice rest, enum lg_holes holes,
                              struct lg_match *out)
{
    if (!take_header(r, &rest, &out->pointer)) {
        return;
    }
    struct lg_slice value = rest, word = lg_take_word(&value);
    bool absent = lg_slice_eq(rest, lg_str("absent"));
    if (rest.n == 0 || absent || lg_slice_eq(rest, lg_str("exists"))) {
        out->kind = absent ? LG_MATCH_HEADER_ABSENT : LG_MATCH_HEADER_EXISTS;
    } else if (lg_slice_eq(word, lg_str("contains"))) {
        out->kind = LG_MATCH_HEADER_CONTAINS;
        read_text(r, value, "contains", holes, out);
    } else if (lg_slice_eq(word, lg_str("==")) || lg_slice_eq(word, lg_str("!="))) {
        out->kind = word.p[0] == '=' ? LG_MATCH_HEADER_EQUALS : LG_MATCH_HEADER_DIFFERS;
        read_text(r, value, word.p[0] == '=' ? "==" : "!=", holes, out);
    } else {
        lg_bad(r, lg_offset(r, rest),
               "write header NAME == TEXT, != TEXT, contains TEXT, exists or absent",
               "%.*s says nothing about a header", (int)rest.n, rest.p);
    }
}

static void read_body_match(struct lg_reading *r, struct lg_slice rest, enum lg_holes holes,
                            struct lg_match *out)
{
    struct lg_slice value = rest, word = lg_take_word(&value);
    bool equals = lg_slice_eq(word, lg_str("=="));
    if (!equals && !lg_slice_eq(word, lg_str("contains"))) {
        lg_bad(r, offset_or_end(r, rest), "write body == TEXT or body contains TEXT", "%.*s%s",
               (int)rest.n, rest.p,
               rest.n == 0 ? "body needs a condition" : " says nothing about a body");
        return;
    }
    out->kind = equals ? LG_MATCH_EQUALS : LG_MATCH_CONTAINS;
    read_text(r, value, equals ? "==" : "contains", holes, out);
}

static void read_size_match(struct lg_reading *r, struct lg_slice rest, struct lg_match *out)
{
    out->kind = LG_MATCH_SIZE;
    struct lg_slice value = rest;
    if (!take_operator(&value, &out->compare) || value.n == 0) {
        lg_bad(r, offset_or_end(r, rest), "write size <= 64KiB", "size needs a comparison");
        return;
    }
    bool zero = lg_slice_eq(value, lg_str("0"));
    const char *why = zero ? NULL : lg_read_size(value, &out->size);
    if (why != NULL) {
        lg_bad(r, lg_offset(r, value), NULL, "%.*s: %s", (int)value.n, value.p, why);
    }
}

/* ---- the grammar ---- */

static void none_of(struct lg_reading *r, struct lg_slice text, enum lg_value_type type)
{
    lg_bad(r, lg_offset(r, text), NULL, "%.*s is none of %s", (int)text.n, text.p,
           lg_value_form(type));
}

/* What a message and a body can be asked; false: it is none of this. */
static bool read_content_match(struct lg_reading *r, struct lg_slice text, enum lg_holes holes,
                               struct lg_match *out)
{
    struct lg_slice rest = text, word = lg_take_word(&rest);
    if (lg_slice_eq(word, lg_str("any")) && rest.n == 0) {
        out->kind = LG_MATCH_ANY;
    } else if (lg_slice_eq(word, lg_str("json"))) {
        read_json_match(r, rest, holes, out);
    } else if (lg_slice_eq(word, lg_str("contains"))) {
        out->kind = LG_MATCH_CONTAINS;
        read_text(r, rest, "contains", holes, out);
    } else if (lg_slice_eq(word, lg_str("regex"))) {
        out->kind = LG_MATCH_REGEX;
        read_pattern(r, rest, &out->pointer, NULL);
    } else {
        return false;
    }
    return true;
}

void lg_read_condition(struct lg_reading *r, struct lg_slice text, enum lg_holes holes,
                       struct lg_match *out)
{
    if (!read_content_match(r, text, holes, out)) {
        none_of(r, text, LG_VALUE_MATCH);
    }
}

void lg_read_match(struct lg_reading *r, struct lg_slice text)
{
    lg_read_condition(r, text, r->option->holes, LG_FIELD(struct lg_match, r));
}

void lg_read_pointer(struct lg_reading *r, struct lg_slice text)
{
    struct lg_slice rest = text, word = lg_take_word(&rest);
    if (!lg_slice_eq(word, lg_str("json"))) {
        lg_bad(r, 0, "write json /name", "%.*s is not json /pointer", (int)text.n, text.p);
        return;
    }
    if (take_pointer(r, &rest, LG_FIELD(struct lg_slice, r)) && rest.n > 0) {
        lg_bad(r, lg_offset(r, rest), NULL, "nothing follows the pointer");
    }
}

/* ---- await ---- */

/* Cuts "within TIME" off the end.  Of a text to look for, only what looks like a time is cut. */
static void take_within(struct lg_reading *r, struct lg_slice *text)
{
    static const char word[] = " within ";
    enum { N = sizeof word - 1 };
    size_t at = text->n;
    while (at >= N && memcmp(text->p + at - N, word, N) != 0) {
        at--;
    }
    if (at < N) {
        return;
    }
    struct lg_slice time = lg_slice_trim(lg_slice(text->p + at, text->n - at));
    bool text_follows = (text->n > 9 && memcmp(text->p, "contains ", 9) == 0) ||
                        (text->n > 6 && memcmp(text->p, "regex ", 6) == 0);
    bool quoted = memchr(time.p, '"', time.n) != NULL; /* the word stands in a JSON string */
    if (quoted || (text_follows && (time.p[0] < '0' || time.p[0] > '9'))) {
        return;
    }
    struct lg_step_draft *step = (struct lg_step_draft *)(void *)r->draft;
    lg_ns ns = 0;
    const char *why = lg_read_time(time, &ns);
    if (why == NULL && (ns < LG_MS || ns > 3600 * LG_S)) {
        why = "a time from 1ms to 1h is expected";
    }
    if (why != NULL) {
        lg_bad(r, lg_offset(r, time), NULL, "%.*s: %s", (int)time.n, time.p, why);
    }
    step->within = true;
    step->out.timeout = ns;
    *text = lg_slice_trim(lg_slice(text->p, at - N));
}

void lg_read_await(struct lg_reading *r, struct lg_slice text)
{
    struct lg_step_draft *step = (struct lg_step_draft *)(void *)r->draft;
    take_within(r, &text);
    step->out.has_await = true;
    if (!read_content_match(r, text, r->option->holes, &step->out.await)) {
        none_of(r, text, LG_VALUE_MATCH);
    }
}

/* ---- check ---- */

/* "201", "2xx" */
static bool read_status(struct lg_slice text, struct lg_status_range *out)
{
    uint64_t status = 0;
    bool family = text.n == 3 && text.p[1] == 'x' && text.p[2] == 'x';
    if (family && text.p[0] >= '2' && text.p[0] <= '5') {
        out->low = (text.p[0] - '0') * 100;
        out->high = out->low + 99;
        return true;
    }
    if (lg_read_count(text, &status) != NULL || status < 200 || status > 599) {
        return false;
    }
    out->low = out->high = (int)status;
    return true;
}

static void read_statuses(struct lg_reading *r, struct lg_slice text, struct lg_check *check)
{
    check->kind = LG_CHECK_STATUS;
    for (struct lg_slice rest = text; rest.p != NULL;) {
        const char *bar = memchr(rest.p, '|', rest.n);
        size_t n = bar != NULL ? (size_t)(bar - rest.p) : rest.n;
        struct lg_slice item = lg_slice_trim(lg_slice(rest.p, n));
        rest = bar != NULL ? lg_slice(bar + 1, rest.n - n - 1) : lg_slice(NULL, 0);
        struct lg_status_range range;
        if (!read_status(item, &range)) {
            lg_bad(r, item.n > 0 ? lg_offset(r, item) : 0, "write status 201, 2xx or 200|304",
                   "%.*s is not a status from 200 to 599", (int)r->entry->value.n,
                   r->entry->value.p);
            return;
        }
        *LG_ARENA_PUSH(r->load->arena, check->statuses, check->status_count) = range;
    }
}

void lg_read_check(struct lg_reading *r, struct lg_slice text)
{
    struct lg_step *step = &((struct lg_step_draft *)(void *)r->draft)->out;
    struct lg_check *check = LG_ARENA_PUSH(r->load->arena, step->checks, step->check_count);
    struct lg_slice rest = text, word = lg_take_word(&rest);
    enum lg_holes holes = r->option->holes;
    check->text = lg_arena_strndup(r->load->arena, text.p, text.n);
    check->kind = LG_CHECK_MATCH;
    if (lg_slice_eq(word, lg_str("status"))) {
        read_statuses(r, rest, check);
    } else if (lg_slice_eq(word, lg_str("header"))) {
        read_header_match(r, rest, holes, &check->match);
    } else if (lg_slice_eq(word, lg_str("body"))) {
        read_body_match(r, rest, holes, &check->match);
    } else if (lg_slice_eq(word, lg_str("size"))) {
        read_size_match(r, rest, &check->match);
    } else if (!read_content_match(r, text, holes, &check->match)) {
        none_of(r, text, LG_VALUE_CHECK);
    }
}

/* ---- capture ---- */

static void read_source(struct lg_reading *r, struct lg_slice text, struct lg_capture *out)
{
    struct lg_slice rest = text, word = lg_take_word(&rest);
    if (lg_slice_eq(word, lg_str("json"))) {
        out->from = LG_FROM_JSON;
        if (take_pointer(r, &rest, &out->name) && rest.n > 0) {
            lg_bad(r, lg_offset(r, rest), NULL, "nothing follows the pointer");
        }
    } else if (lg_slice_eq(word, lg_str("header"))) {
        out->from = LG_FROM_HEADER;
        struct lg_slice regex = {0};
        if (take_header(r, &rest, &out->name) && rest.n > 0) {
            regex = lg_take_word(&rest);
            if (!lg_slice_eq(regex, lg_str("regex"))) {
                lg_bad(r, lg_offset(r, regex), "write header NAME, or header NAME regex /RE/",
                       "%.*s says nothing about a header", (int)regex.n, regex.p);
                return;
            }
            read_pattern(r, rest, &out->pattern, &out->group);
        }
    } else if (lg_slice_eq(word, lg_str("regex"))) {
        out->from = LG_FROM_BODY;
        read_pattern(r, rest, &out->pattern, &out->group);
    } else {
        none_of(r, text, LG_VALUE_CAPTURE);
    }
}

void lg_read_capture(struct lg_reading *r, struct lg_slice text)
{
    static const char prefix[] = "capture.";
    struct lg_step *step = &((struct lg_step_draft *)(void *)r->draft)->out;
    struct lg_slice key = r->entry->key;
    struct lg_slice name = lg_slice(key.p + sizeof prefix - 1, key.n - (sizeof prefix - 1));
    if (!lg_is_variable_name(name)) {
        lg_problem_add(r->load->problems, r->entry->place, NULL,
                       "%.*s is not a variable's name: small letters, digits and _", (int)name.n,
                       name.p);
        return;
    }
    struct lg_capture *capture = LG_ARENA_PUSH(r->load->arena, step->captures, step->capture_count);
    capture->variable = lg_variable_index(r->load, name);
    capture->secret = lg_is_secret_name(name);
    capture->text =
        lg_arena_printf(r->load->arena, "%.*s = %.*s", (int)key.n, key.p, (int)text.n, text.p);
    read_source(r, text, capture);
}
