/* Compiles what a step looks for in its answer: its checks and captures, each pointer, header and
 * pattern once. */
#include "engine/look.h"

#include <stdlib.h>

static int slot_of(struct lg_slice *list, size_t *count, size_t most, struct lg_slice name,
                   bool *overflow)
{
    for (size_t i = 0; i < *count; i++) {
        if (lg_slice_eq(list[i], name)) {
            return (int)i;
        }
    }
    if (*count == most) {
        *overflow = true;
        return 0;
    }
    list[*count] = name;
    return (int)(*count)++;
}

static int pointer_slot(struct lg_program_look *look, struct lg_slice pointer)
{
    return slot_of(look->pointers, &look->pointer_count, LG_STEP_POINTERS, pointer,
                   &look->overflow);
}

static int header_slot(struct lg_program_look *look, struct lg_slice name)
{
    return slot_of(look->headers, &look->header_count, LG_STEP_HEADERS, name, &look->overflow);
}

bool lg_match_is_json(const struct lg_match *match)
{
    return match->kind == LG_MATCH_JSON_EQUALS || match->kind == LG_MATCH_JSON_COMPARE ||
           match->kind == LG_MATCH_JSON_EXISTS || match->kind == LG_MATCH_JSON_ABSENT;
}

static bool is_header(const struct lg_match *match)
{
    return match->kind >= LG_MATCH_HEADER_EXISTS && match->kind <= LG_MATCH_HEADER_CONTAINS;
}

struct lg_regex *lg_look_regex(struct lg_slice pattern)
{
    struct lg_arena *arena = lg_arena_new();
    const char *why = NULL;
    size_t at = 0;
    struct lg_regex *regex = lg_regex_new(pattern, arena, &why, &at);
    LG_ASSERT(regex != NULL); /* the plan has compiled it before */
    lg_arena_free(arena);
    return regex;
}

struct lg_slice lg_look_static(const struct lg_template *t)
{
    return t->is_static && t->part_count == 1 ? t->parts[0].text : lg_slice(NULL, 0);
}

static void compile_check(struct lg_program_step *s, const struct lg_check *check,
                          struct lg_program_check *out)
{
    const struct lg_match *match = &check->match;
    out->check = check;
    out->condition = (struct lg_condition){.match = match, .slot = LG_NO_SLOT};
    if (check->kind == LG_CHECK_STATUS) {
        s->checks_status = true;
        return;
    }
    out->condition.value = lg_look_static(&match->value);
    if (is_header(match)) {
        out->condition.slot = header_slot(s->look, match->pointer);
        return;
    }
    s->checks_body = true;
    if (lg_match_is_json(match)) {
        out->condition.slot = pointer_slot(s->look, match->pointer);
    } else if (match->kind == LG_MATCH_REGEX) {
        out->condition.regex = lg_look_regex(match->pointer);
    }
}

static void compile_capture(struct lg_program_step *s, const struct lg_capture *capture,
                            struct lg_program_capture *out)
{
    *out = (struct lg_program_capture){.capture = capture, .slot = LG_NO_SLOT};
    if (capture->from == LG_FROM_HEADER) {
        out->slot = header_slot(s->look, capture->name);
    } else {
        s->checks_body = true;
    }
    if (capture->from == LG_FROM_JSON) {
        out->slot = pointer_slot(s->look, capture->name);
    }
    if (capture->pattern.n > 0) {
        out->regex = lg_look_regex(capture->pattern);
    }
}

static void compile_queries(struct lg_program_look *look)
{
    size_t bad;
    for (size_t i = 0; i * LG_JSON_POINTERS < look->pointer_count; i++) {
        size_t from = i * LG_JSON_POINTERS, left = look->pointer_count - from;
        look->queries[i] = lg_json_query_new(
            look->pointers + from, left < LG_JSON_POINTERS ? left : LG_JSON_POINTERS, &bad);
        LG_ASSERT(look->queries[i] != NULL); /* the plan has read the pointers */
    }
}

const char *lg_look_compile(struct lg_program_step *s, bool dry_run)
{
    const struct lg_step *step = s->step;
    s->check_count = step->check_count;
    s->capture_count = step->capture_count;
    if (step->check_count + step->capture_count == 0 && !dry_run) {
        return NULL;
    }
    s->look = lg_alloc(sizeof *s->look);
    s->look->coding = LG_NO_SLOT;
    s->checks = lg_alloc_array(step->check_count, sizeof *s->checks);
    s->captures = lg_alloc_array(step->capture_count, sizeof *s->captures);
    for (size_t i = 0; i < step->check_count; i++) {
        compile_check(s, &step->checks[i], &s->checks[i]);
    }
    for (size_t i = 0; i < step->capture_count; i++) {
        compile_capture(s, &step->captures[i], &s->captures[i]);
    }
    s->checks_body = s->checks_body || dry_run;
    if (s->checks_body && step->kind == LG_STEP_REQUEST) {
        s->look->coding = header_slot(s->look, lg_str("content-encoding"));
    }
    compile_queries(s->look);
    return s->look->overflow ? "it looks for more than 32 JSON values or 15 headers" : NULL;
}

void lg_look_free(struct lg_program_step *s)
{
    for (size_t i = 0; s->checks != NULL && i < s->check_count; i++) {
        lg_regex_free(s->checks[i].condition.regex);
    }
    for (size_t i = 0; s->captures != NULL && i < s->capture_count; i++) {
        lg_regex_free(s->captures[i].regex);
    }
    for (size_t i = 0; s->look != NULL && i < LG_STEP_POINTERS / LG_JSON_POINTERS; i++) {
        lg_json_query_free(s->look->queries[i]);
    }
    free(s->checks);
    free(s->captures);
    free(s->look);
}
