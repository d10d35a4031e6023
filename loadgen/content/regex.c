#define PCRE2_CODE_UNIT_WIDTH 8
#include "content/regex.h"

#include <pcre2.h>
#include <stdlib.h>

enum {
    STEPS_MOST = 1000000, /* some ten milliseconds */
    STACK_FIRST = 32 * 1024,
    STACK_MOST = 512 * 1024,
    MESSAGE_BYTES = 200,
};

struct lg_regex {
    pcre2_code *code;
    unsigned groups;
};

struct lg_regex_room {
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
    pcre2_match_data *data;
};

static unsigned count_groups(const pcre2_code *code)
{
    uint32_t groups = 0;
    pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &groups);
    return groups;
}

struct lg_regex *lg_regex_new(struct lg_slice pattern, struct lg_arena *errors, const char **why,
                              size_t *at)
{
    int error = 0;
    PCRE2_SIZE offset = 0;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)(pattern.n > 0 ? pattern.p : ""), pattern.n,
                                     PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &error, &offset, NULL);
    if (code == NULL) {
        PCRE2_UCHAR message[MESSAGE_BYTES];
        pcre2_get_error_message(error, message, sizeof message);
        *why = lg_arena_strdup(errors, (const char *)message);
        *at = offset;
        return NULL;
    }
    if (count_groups(code) > LG_REGEX_GROUPS) {
        pcre2_code_free(code);
        *why = "more than 31 groups; (?:...) groups without counting";
        *at = 0;
        return NULL;
    }
    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE); /* where it cannot, the interpreter does it */
    struct lg_regex *regex = lg_alloc(sizeof *regex);
    *regex = (struct lg_regex){.code = code, .groups = count_groups(code)};
    return regex;
}

void lg_regex_free(struct lg_regex *regex)
{
    if (regex != NULL) {
        pcre2_code_free(regex->code);
        free(regex);
    }
}

unsigned lg_regex_groups(const struct lg_regex *regex)
{
    return regex->groups;
}

struct lg_regex_room *lg_regex_room_new(void)
{
    struct lg_regex_room *room = lg_alloc(sizeof *room);
    room->context = pcre2_match_context_create(NULL);
    room->stack = pcre2_jit_stack_create(STACK_FIRST, STACK_MOST, NULL);
    room->data = pcre2_match_data_create(LG_REGEX_GROUPS + 1, NULL);
    LG_ASSERT(room->context != NULL && room->stack != NULL && room->data != NULL);
    pcre2_set_match_limit(room->context, STEPS_MOST);
    pcre2_jit_stack_assign(room->context, NULL, room->stack);
    return room;
}

void lg_regex_room_free(struct lg_regex_room *room)
{
    if (room != NULL) {
        pcre2_match_data_free(room->data);
        pcre2_jit_stack_free(room->stack);
        pcre2_match_context_free(room->context);
        free(room);
    }
}

bool lg_regex_find(const struct lg_regex *regex, struct lg_slice text, unsigned group,
                   struct lg_regex_room *room, struct lg_slice *found)
{
    LG_ASSERT(group <= regex->groups);
    const char *p = text.n > 0 ? text.p : "";
    int n = pcre2_match(regex->code, (PCRE2_SPTR)p, text.n, 0, 0, room->data, room->context);
    if (n < 0) {
        return false;
    }
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(room->data);
    bool part = (int)group < n && ends[2 * group] != PCRE2_UNSET;
    /* \K in a lookahead can put the end before the beginning. */
    bool forward = part && ends[2 * group + 1] >= ends[2 * group];
    *found = forward ? lg_slice(p + ends[2 * group], ends[2 * group + 1] - ends[2 * group])
                     : lg_slice(p, 0);
    return true;
}
