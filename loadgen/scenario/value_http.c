#include "base/units.h"
#include "scenario/draft.h"

#include <jansson.h>
#include <stdlib.h>

static struct lg_step_draft *step_of(struct lg_reading *r)
{
    return (struct lg_step_draft *)(void *)r->draft;
}

/* RFC 9110 5.6.2 */
static bool is_token(struct lg_slice text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL)) {
            return false;
        }
    }
    return text.n > 0;
}

/* Blanks in the fixed parts would end the request line early; those in ${...} are not in the text.
 */
static bool has_blank(const struct lg_template *path)
{
    for (size_t i = 0; i < path->part_count; i++) {
        struct lg_slice text = path->parts[i].text;
        for (size_t j = 0; j < text.n; j++) {
            if ((unsigned char)text.p[j] <= ' ' || text.p[j] == 0x7f) {
                return true;
            }
        }
    }
    return false;
}

static void read_path(struct lg_reading *r, struct lg_slice text)
{
    struct lg_template *path = &step_of(r)->out.path;
    static const char of_trace[] = "${trace.path}";
    enum { N = sizeof of_trace - 1 };
    bool traced = text.n >= N && memcmp(text.p, of_trace, N) == 0;
    if (!traced && (text.n == 0 || text.p[0] != '/')) {
        lg_bad(r, lg_offset(r, text), "the target's url says which server it is",
               "a path begins with /");
        return;
    }
    lg_read_template(r, text, r->option->holes, false, path);
    if (has_blank(path)) {
        lg_bad(r, lg_offset(r, text), "write %20", "a path holds no blanks");
    }
    const char *hash = memchr(text.p, '#', text.n);
    if (hash != NULL) {
        lg_bad(r, (size_t)(hash - r->entry->value.p), "write %23", "a path holds no #");
    }
}

void lg_read_path(struct lg_reading *r, struct lg_slice text)
{
    read_path(r, text);
}

void lg_read_request(struct lg_reading *r, struct lg_slice text)
{
    struct lg_slice rest = text, method = lg_take_word(&rest);
    if (rest.n == 0) {
        lg_bad(r, 0, "write GET /path", "%.*s is not METHOD /path", (int)text.n, text.p);
        return;
    }
    if (lg_slice_eq(method, lg_str("${trace.method}"))) {
        step_of(r)->traced_method = true;
        read_path(r, rest);
        return;
    }
    bool upper = is_token(method);
    for (size_t i = 0; i < method.n; i++) {
        upper = upper && (method.p[i] < 'a' || method.p[i] > 'z');
    }
    if (!upper || lg_slice_eq(method, lg_str("CONNECT"))) {
        lg_bad(r, lg_offset(r, method), NULL, "%.*s is not a method such as GET or POST",
               (int)method.n, method.p);
    }
    step_of(r)->out.method = lg_arena_strndup(r->load->arena, method.p, method.n);
    read_path(r, rest);
}

void lg_read_body_file(struct lg_reading *r, struct lg_slice text)
{
    struct lg_load *load = r->load;
    const char *path = lg_io_beside(r->entry->value_place.file, text, load->arena);
    struct lg_part *part = lg_arena_alloc(load->arena, sizeof *part);
    const char *identity = NULL;
    const char *why = load->io->read(load->io->ctx, path, load->arena, &part->text, &identity);
    if (why != NULL) {
        lg_bad(r, 0, NULL, "%s: %s", path, why);
    }
    *LG_FIELD(struct lg_template, r) =
        (struct lg_template){.parts = part, .part_count = 1, .is_static = true};
}

/* The protocol writes these itself, and twice would be wrong. */
static bool is_reserved_header(const char *name)
{
    static const char *const names[] = {"host",       "content-length", "transfer-encoding",
                                        "connection", "upgrade",        "keep-alive",
                                        "te",         "trailer",        "expect"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return strncmp(name, "sec-websocket-", 14) == 0 && strcmp(name, "sec-websocket-protocol") != 0;
}

void lg_read_header(struct lg_reading *r, struct lg_slice text)
{
    struct lg_step *step = &step_of(r)->out;
    struct lg_slice key = r->entry->key;
    struct lg_slice name = lg_slice(key.p + strlen("header."), key.n - strlen("header."));
    char *lower = lg_arena_strndup(r->load->arena, name.p, name.n);
    for (char *p = lower; *p != '\0'; p++) {
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
    }
    if (!is_token(name)) {
        lg_problem_add(r->load->problems, r->entry->place, NULL, "%.*s is not a header's name",
                       (int)name.n, name.p);
    } else if (is_reserved_header(lower)) {
        lg_problem_add(r->load->problems, r->entry->place, NULL,
                       "%.*s: loadgen writes this header itself", (int)key.n, key.p);
    }
    for (size_t i = 0; i < step->header_count; i++) {
        if (lg_slice_eq(step->headers[i].name, lg_str(lower))) {
            lg_problem_add(r->load->problems, r->entry->place, NULL,
                           "%.*s: this header is set already", (int)key.n, key.p);
        }
    }
    struct lg_header_template *header =
        LG_ARENA_PUSH(r->load->arena, step->headers, step->header_count);
    header->name = lg_slice(lower, name.n);
    header->secret = lg_is_secret(LG_SECTION_STEP, key);
    lg_read_template(r, text, r->option->holes, false, &header->value);
}

/* ---- conditions ---- */

static struct lg_slice copy(struct lg_reading *r, struct lg_slice text)
{
    return lg_slice(lg_arena_strndup(r->load->arena, text.p, text.n), text.n);
}

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

/* "json /pointer rest": takes the first two.  False: a problem was added. */
static bool take_pointer(struct lg_reading *r, struct lg_slice *text, struct lg_slice *pointer)
{
    *pointer = lg_take_word(text);
    if (is_pointer(*pointer)) {
        *pointer = copy(r, *pointer);
        return true;
    }
    lg_bad(r, pointer->n > 0 ? lg_offset(r, *pointer) : r->entry->value.n,
           "write json /name or json /list/0/name", "%.*s%s", (int)pointer->n, pointer->p,
           pointer->n == 0 ? "json needs a pointer" : " is not a JSON pointer (RFC 6901)");
    return false;
}

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

static void read_json_match(struct lg_reading *r, struct lg_slice rest, enum lg_holes holes,
                            struct lg_match *out)
{
    if (!take_pointer(r, &rest, &out->pointer)) {
        return;
    }
    struct lg_slice after = rest, operator= lg_take_word(&after);
    if (rest.n == 0 || lg_slice_eq(rest, lg_str("exists"))) {
        out->kind = LG_MATCH_JSON_EXISTS;
        return;
    }
    out->kind = LG_MATCH_JSON_EQUALS;
    if (!lg_slice_eq(operator, lg_str("==")) || after.n == 0) {
        lg_bad(r, lg_offset(r, operator), "write json /pointer == VALUE, or json /pointer exists",
               "%.*s is not == and a value", (int)rest.n, rest.p);
        return;
    }
    size_t before = r->load->problems->count;
    lg_read_template(r, after, holes, true, &out->value);
    if (r->load->problems->count == before && !is_scalar(&out->value)) {
        const char *hint = lg_arena_printf(
            r->load->problems->arena, "a text stands in quotes: \"%.*s\"", (int)after.n, after.p);
        bool word = memchr(after.p, '"', after.n) == NULL && after.p[0] != '{' && after.p[0] != '[';
        lg_bad(r, lg_offset(r, after), word ? hint : NULL,
               "%.*s is not a JSON string, number, true, false or null", (int)after.n, after.p);
    }
}

void lg_read_condition(struct lg_reading *r, struct lg_slice text, enum lg_holes holes,
                       struct lg_match *out)
{
    struct lg_slice rest = text, word = lg_take_word(&rest);
    if (lg_slice_eq(word, lg_str("any")) && rest.n == 0) {
        out->kind = LG_MATCH_ANY;
    } else if (lg_slice_eq(word, lg_str("json"))) {
        read_json_match(r, rest, holes, out);
    } else if (lg_slice_eq(word, lg_str("contains"))) {
        out->kind = LG_MATCH_CONTAINS;
        if (rest.n == 0) {
            lg_bad(r, 0, NULL, "contains needs a text");
            return;
        }
        lg_read_template(r, rest, holes, true, &out->value);
    } else {
        lg_bad(r, lg_offset(r, text), NULL, "%.*s is none of %s", (int)text.n, text.p,
               lg_value_form(LG_VALUE_MATCH));
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
    bool text_follows = text->n > 9 && memcmp(text->p, "contains ", 9) == 0;
    bool quoted = memchr(time.p, '"', time.n) != NULL; /* the word stands in a JSON string */
    if (quoted || (text_follows && (time.p[0] < '0' || time.p[0] > '9'))) {
        return;
    }
    struct lg_step_draft *step = step_of(r);
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
    struct lg_step_draft *step = step_of(r);
    take_within(r, &text);
    step->out.has_await = true;
    lg_read_condition(r, text, r->option->holes, &step->out.await);
}

void lg_read_check(struct lg_reading *r, struct lg_slice text)
{
    struct lg_step *step = &step_of(r)->out;
    struct lg_check *check = LG_ARENA_PUSH(r->load->arena, step->checks, step->check_count);
    check->text = lg_arena_strndup(r->load->arena, text.p, text.n);
    struct lg_slice rest = text, word = lg_take_word(&rest);
    if (!lg_slice_eq(word, lg_str("status"))) {
        check->kind = LG_CHECK_MATCH;
        lg_read_condition(r, text, r->option->holes, &check->match);
        return;
    }
    uint64_t status = 0;
    check->kind = LG_CHECK_STATUS;
    if (lg_read_count(rest, &status) != NULL || status < 200 || status > 599) {
        lg_bad(r, rest.n > 0 ? lg_offset(r, rest) : 0, NULL, "%.*s is not a status from 200 to 599",
               (int)text.n, text.p);
        return;
    }
    check->status = (int)status;
}
