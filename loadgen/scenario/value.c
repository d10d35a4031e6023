#include "base/units.h"
#include "scenario/debate.h"
#include "scenario/draft.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { NAMES_MOST = 1000 };

_Static_assert(sizeof(enum lg_http) == sizeof(int), "words are written as int");

static const char *comment_hint(struct lg_slice value)
{
    for (size_t i = 1; i < value.n; i++) {
        bool mark = value.p[i] == ';' || value.p[i] == '#';
        if (mark && (value.p[i - 1] == ' ' || value.p[i - 1] == '\t')) {
            return "a comment is a line of its own, beginning with ; or #";
        }
    }
    return NULL;
}

void lg_bad(const struct lg_reading *r, size_t offset, const char *hint, const char *format, ...)
{
    if (r->load->problems->count == LG_PROBLEMS_MOST) {
        r->load->problems->more++; /* finding the place takes time */
        return;
    }
    va_list args;
    va_start(args, format);
    char *message = NULL;
    int n = vasprintf(&message, format, args);
    va_end(args);
    LG_ASSERT(n >= 0);
    const char *comment = comment_hint(r->entry->value);
    lg_problem_add(r->load->problems, lg_ini_place(r->entry, offset), hint != NULL ? hint : comment,
                   "%.*s: %s", (int)r->entry->key.n, r->entry->key.p, message);
    free(message);
}

struct lg_slice lg_take_word(struct lg_slice *text)
{
    *text = lg_slice_trim(*text);
    size_t n = 0;
    while (n < text->n && text->p[n] != ' ' && text->p[n] != '\t') {
        n++;
    }
    struct lg_slice word = lg_slice(text->p, n);
    *text = lg_slice_trim(lg_slice(text->p + n, text->n - n));
    return word;
}

bool lg_take_item(struct lg_slice *text, struct lg_slice *item)
{
    if (text->p == NULL) {
        return false;
    }
    const char *comma = memchr(text->p, ',', text->n);
    size_t n = comma == NULL ? text->n : (size_t)(comma - text->p);
    *item = lg_slice_trim(lg_slice(text->p, n));
    *text = comma == NULL ? lg_slice(NULL, 0) : lg_slice(comma + 1, text->n - n - 1);
    return true;
}

const struct lg_word *lg_word_find(const struct lg_reading *r, struct lg_slice text)
{
    for (const struct lg_word *w = r->option->words; w != NULL && w->text != NULL; w++) {
        if (lg_slice_eq(lg_str(w->text), text)) {
            return w;
        }
    }
    return NULL;
}

static const char *word_list(const struct lg_reading *r)
{
    const char *list = "";
    for (const struct lg_word *w = r->option->words; w->text != NULL; w++) {
        const char *glue = list[0] == '\0' ? "" : w[1].text == NULL ? " or " : ", ";
        list = lg_arena_printf(r->load->problems->arena, "%s%s%s", list, glue, w->text);
    }
    return list;
}

/* Why a number was refused, and which words would have done. */
static void bad_number(const struct lg_reading *r, struct lg_slice text, const char *why)
{
    const char *hint =
        r->option->words != NULL && comment_hint(r->entry->value) == NULL
            ? lg_arena_printf(r->load->problems->arena, "%s is allowed too", word_list(r))
            : NULL;
    lg_bad(r, lg_offset(r, text), hint, "%.*s: %s", (int)text.n, text.p, why);
}

/* Whether `value` lies within the row's bounds; low and high are what their texts mean. */
static bool in_range(const struct lg_reading *r, struct lg_slice text, double value, double low,
                     double high)
{
    bool below = r->option->low != NULL && value < low;
    bool above = r->option->high != NULL && value > high;
    if (below || above) {
        lg_bad(r, lg_offset(r, text), NULL, "%.*s is %s %s", (int)text.n, text.p,
               below ? "below" : "above", below ? r->option->low : r->option->high);
    }
    return !below && !above;
}

static bool read_time(const struct lg_reading *r, struct lg_slice text, lg_ns *out)
{
    lg_ns value = 0, low = 0, high = 0;
    const char *why = lg_read_time(text, &value);
    if (why != NULL) {
        bad_number(r, text, why);
        return false;
    }
    if (r->option->low != NULL) {
        lg_read_time(lg_str(r->option->low), &low);
        lg_read_time(lg_str(r->option->high), &high);
    }
    if (!in_range(r, text, (double)value, (double)low, (double)high)) {
        return false;
    }
    *out = value;
    return true;
}

static bool read_rate(const struct lg_reading *r, struct lg_slice text, double *out)
{
    double value = 0, low = 0, high = 0;
    const char *why = lg_read_rate(text, &value);
    if (why != NULL) {
        bad_number(r, text, why);
        return false;
    }
    lg_read_rate(lg_str(r->option->low), &low);
    lg_read_rate(lg_str(r->option->high), &high);
    if (!in_range(r, text, value, low, high)) {
        return false;
    }
    *out = value;
    return true;
}

static void value_time(struct lg_reading *r, struct lg_slice text)
{
    const struct lg_word *word = lg_word_find(r, text);
    if (word != NULL) {
        *LG_FIELD(lg_ns, r) = word->value;
        return;
    }
    read_time(r, text, LG_FIELD(lg_ns, r));
}

static void value_rate(struct lg_reading *r, struct lg_slice text)
{
    if (lg_word_find(r, text) != NULL) {
        *LG_FIELD(double, r) = INFINITY;
        return;
    }
    read_rate(r, text, LG_FIELD(double, r));
}

static void value_count(struct lg_reading *r, struct lg_slice text)
{
    const struct lg_word *word = lg_word_find(r, text);
    if (word != NULL) {
        *LG_FIELD(unsigned, r) = (unsigned)word->value;
        return;
    }
    uint64_t value = 0, low = 0, high = 0;
    const char *why = lg_read_count(text, &value);
    if (why != NULL) {
        bad_number(r, text, why);
        return;
    }
    lg_read_count(lg_str(r->option->low), &low);
    lg_read_count(lg_str(r->option->high), &high);
    if (in_range(r, text, (double)value, (double)low, (double)high)) {
        *LG_FIELD(unsigned, r) = (unsigned)value;
    }
}

static void value_number(struct lg_reading *r, struct lg_slice text)
{
    double value = 0, low = 0, high = 0;
    const char *why = lg_read_number(text, &value);
    if (why != NULL) {
        bad_number(r, text, why);
        return;
    }
    lg_read_number(lg_str(r->option->low), &low);
    lg_read_number(lg_str(r->option->high), &high);
    if (in_range(r, text, value, low, high)) {
        *LG_FIELD(double, r) = value;
    }
}

static void value_whole(struct lg_reading *r, struct lg_slice text)
{
    const char *why = lg_read_count(text, LG_FIELD(uint64_t, r));
    if (why != NULL) {
        bad_number(r, text, why);
    }
}

void lg_bad_word(struct lg_reading *r, struct lg_slice text)
{
    struct lg_guess guess = {.text = text};
    for (const struct lg_word *w = r->option->words; w->text != NULL; w++) {
        lg_guess_offer(&guess, lg_str(w->text));
    }
    lg_bad(r, lg_offset(r, text), lg_guess_hint(&guess, r->load->problems->arena),
           "%.*s is none of %s", (int)text.n, text.p, word_list(r));
}

static void value_word(struct lg_reading *r, struct lg_slice text)
{
    const struct lg_word *word = lg_word_find(r, text);
    if (word == NULL) {
        lg_bad_word(r, text);
        return;
    }
    *LG_FIELD(int, r) = (int)word->value;
}

static void value_switch(struct lg_reading *r, struct lg_slice text)
{
    bool yes = lg_slice_eq(text, lg_str("yes")) || lg_slice_eq(text, lg_str("true"));
    bool no = lg_slice_eq(text, lg_str("no")) || lg_slice_eq(text, lg_str("false"));
    if (!yes && !no) {
        lg_bad(r, 0, NULL, "%.*s is neither yes nor no", (int)text.n, text.p);
    }
    *LG_FIELD(bool, r) = yes;
}

static void value_text(struct lg_reading *r, struct lg_slice text)
{
    *LG_FIELD(const char *, r) = lg_arena_strndup(r->load->arena, text.p, text.n);
}

static void no_claim(struct lg_reading *r, struct lg_slice id)
{
    struct lg_guess guess = {.text = id};
    size_t count = 0;
    const struct lg_debate_claim *claims = lg_debate_claims(&count);
    for (size_t i = 0; i < count; i++) {
        lg_guess_offer(&guess, lg_str(claims[i].id));
    }
    const char *hint = lg_guess_hint(&guess, r->load->arena);
    lg_bad(r, lg_offset(r, id), hint != NULL ? hint : "loadgen explain claims lists them",
           "%.*s is not a claim", (int)id.n, id.p);
}

static void value_claim(struct lg_reading *r, struct lg_slice text)
{
    struct lg_slice item;
    value_text(r, text);
    while (text.n > 0 && lg_take_item(&text, &item)) {
        if (!lg_debate_has(item)) {
            no_claim(r, item);
        }
    }
}

static void value_names(struct lg_reading *r, struct lg_slice text)
{
    struct lg_name_refs *refs = LG_FIELD(struct lg_name_refs, r);
    struct lg_slice item;
    while (lg_take_item(&text, &item)) {
        if (refs->count == NAMES_MOST) {
            lg_bad(r, lg_offset(r, item), NULL, "more than %d names", NAMES_MOST);
            return;
        }
        if (!lg_ini_is_name(item)) {
            lg_bad(r, lg_offset(r, item), NULL, "%.*s%s", (int)item.n, item.p,
                   item.n == 0 ? "a name is missing" : " is not a name: letters, digits, - and _");
            continue;
        }
        struct lg_name_ref *ref = LG_ARENA_PUSH(r->load->arena, refs->items, refs->count);
        *ref =
            (struct lg_name_ref){.name = item, .place = lg_ini_place(r->entry, lg_offset(r, item))};
    }
}

/* ---- [users]: stages, overload, variables ---- */

/* Those of a kind of user, or those that kinds of user share. */
struct stages {
    struct lg_stage **items;
    size_t *count;
};

static struct stages stages_of(struct lg_reading *r)
{
    void *draft = r->draft;
    struct lg_scenario_draft *scenario = draft;
    struct lg_users_draft *users = draft;
    return r->option->section == LG_SECTION_SCENARIO
               ? (struct stages){&scenario->stages, &scenario->stage_count}
               : (struct stages){&users->out.stages, &users->out.stage_count};
}

static void add_stage(struct lg_reading *r, struct lg_slice item)
{
    struct stages stages = stages_of(r);
    struct lg_slice rest = item, time = lg_take_word(&rest);
    struct lg_stage stage = {0};
    if (time.n == 0 || rest.n == 0) {
        lg_bad(r, lg_offset(r, item), "write 0s 100/s, 30s 1k/s", "%.*s%s", (int)item.n, item.p,
               item.n == 0 ? "a stage is missing" : " is not a TIME and a RATE");
        return;
    }
    const char *why = lg_read_time(time, &stage.at);
    if (why != NULL) {
        lg_bad(r, lg_offset(r, time), NULL, "%.*s: %s", (int)time.n, time.p, why);
        return;
    }
    if (!read_rate(r, rest, &stage.rate_per_s)) {
        return;
    }
    lg_ns last = *stages.count > 0 ? (*stages.items)[*stages.count - 1].at : 0;
    if (*stages.count == 0 && stage.at != 0) {
        lg_bad(r, lg_offset(r, time), NULL, "the first stage is at 0s, not at %.*s", (int)time.n,
               time.p);
    } else if (stage.at < last) {
        lg_bad(r, lg_offset(r, time), NULL, "%.*s comes before the stage in front of it",
               (int)time.n, time.p);
    }
    *LG_ARENA_PUSH(r->load->arena, *stages.items, *stages.count) = stage;
}

static void value_stages(struct lg_reading *r, struct lg_slice text)
{
    struct stages stages = stages_of(r);
    size_t before = r->load->problems->count;
    struct lg_slice item;
    double highest = 0;
    while (lg_take_item(&text, &item)) {
        add_stage(r, item);
    }
    for (size_t i = 0; i < *stages.count; i++) {
        highest = fmax(highest, (*stages.items)[i].rate_per_s);
    }
    if (highest <= 0 && r->load->problems->count == before) {
        lg_bad(r, 0, NULL, "the rate is 0 all the time");
    }
}

static void value_overload(struct lg_reading *r, struct lg_slice text)
{
    struct lg_users *users = &((struct lg_users_draft *)(void *)r->draft)->out;
    struct lg_slice rest = text, word = lg_take_word(&rest);
    const struct lg_word *found = lg_word_find(r, word);
    if (found == NULL) {
        lg_bad_word(r, word);
        return;
    }
    users->overload = (enum lg_overload)found->value;
    if (users->overload == LG_OVERLOAD_SHED) {
        if (rest.n == 0) {
            lg_bad(r, 0, "write shed 2s", "shed needs a time");
            return;
        }
        read_time(r, rest, &users->shed_after);
    } else if (rest.n > 0) {
        lg_bad(r, lg_offset(r, rest), NULL, "%s takes nothing after it", found->text);
    }
}

static bool read_integer(struct lg_slice text, int64_t *out)
{
    bool negative = text.n > 0 && text.p[0] == '-';
    uint64_t value = 0;
    struct lg_slice digits = negative ? lg_slice(text.p + 1, text.n - 1) : text;
    if (lg_read_count(digits, &value) != NULL || value > (uint64_t)1 << 53) {
        return false;
    }
    *out = negative ? -(int64_t)value : (int64_t)value;
    return true;
}

bool lg_read_span(struct lg_reading *r, struct lg_slice text, int64_t *low, int64_t *high)
{
    const char *dots = memmem(text.p, text.n, "..", 2);
    size_t n = dots == NULL ? 0 : (size_t)(dots - text.p);
    if (dots == NULL || !read_integer(lg_slice(text.p, n), low) ||
        !read_integer(lg_slice(dots + 2, text.n - n - 2), high)) {
        lg_bad(r, lg_offset(r, text), "write two whole numbers, as in 1..20",
               "%.*s is not a range A..B", (int)text.n, text.p);
        return false;
    }
    if (*low > *high) {
        lg_bad(r, lg_offset(r, text), NULL, "%.*s ends before it begins", (int)text.n, text.p);
        return false;
    }
    return true;
}

static bool read_draw(struct lg_reading *r, struct lg_slice text, struct lg_user_variable *variable)
{
    struct lg_slice rest = text, word = lg_take_word(&rest);
    bool zipf = lg_slice_eq(word, lg_str("zipf"));
    if (!zipf && !lg_slice_eq(word, lg_str("uniform"))) {
        return false;
    }
    variable->kind = zipf ? LG_VARIABLE_ZIPF : LG_VARIABLE_UNIFORM;
    if (rest.n == 0) {
        lg_bad(r, 0, NULL, "%.*s needs a range A..B", (int)word.n, word.p);
    } else if (lg_read_span(r, rest, &variable->low, &variable->high) && zipf &&
               variable->high - variable->low >= 1000000) {
        lg_bad(r, lg_offset(r, rest), NULL, "zipf draws from at most a million values");
    }
    return true;
}

bool lg_is_variable_name(struct lg_slice text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool later = i > 0 && ((c >= '0' && c <= '9') || c == '_');
        if (!(c >= 'a' && c <= 'z') && !later) {
            return false;
        }
    }
    return text.n > 0;
}

size_t lg_variable_index(struct lg_load *load, struct lg_slice name)
{
    struct lg_plan *plan = &load->scenario.plan;
    for (size_t i = 0; i < plan->variable_count; i++) {
        if (lg_slice_eq(lg_str(plan->variables[i]), name)) {
            return i;
        }
    }
    *LG_ARENA_PUSH(load->arena, plan->variables, plan->variable_count) =
        lg_arena_strndup(load->arena, name.p, name.n);
    return plan->variable_count - 1;
}

void lg_read_variable(struct lg_reading *r, struct lg_slice text)
{
    struct lg_users_draft *users = (struct lg_users_draft *)(void *)r->draft;
    struct lg_user_variable *variable =
        LG_ARENA_PUSH(r->load->arena, users->out.variables, users->out.variable_count);
    variable->variable = lg_variable_index(r->load, r->entry->key);
    *LG_ARENA_PUSH(r->load->arena, users->variable_places, users->variable_place_count) =
        r->entry->place;
    if (!read_draw(r, text, variable)) {
        variable->kind = LG_VARIABLE_TEXT;
        lg_read_template(r, text, r->option->holes, false, &variable->text);
    }
}

void lg_read_text_template(struct lg_reading *r, struct lg_slice text)
{
    lg_read_template(r, text, r->option->holes, false, LG_FIELD(struct lg_template, r));
}

void lg_read_value(struct lg_reading *r)
{
    static lg_value_reader *const readers[LG_VALUE_TYPES] = {
        [LG_VALUE_TEXT] = value_text,           [LG_VALUE_CLAIM] = value_claim,
        [LG_VALUE_NAMES] = value_names,         [LG_VALUE_TIME] = value_time,
        [LG_VALUE_RATE] = value_rate,           [LG_VALUE_COUNT] = value_count,
        [LG_VALUE_WHOLE] = value_whole,         [LG_VALUE_WORD] = value_word,
        [LG_VALUE_SWITCH] = value_switch,       [LG_VALUE_STAGES] = value_stages,
        [LG_VALUE_OVERLOAD] = value_overload,   [LG_VALUE_VARIABLE] = lg_read_variable,
        [LG_VALUE_PATH] = lg_read_path,         [LG_VALUE_TEMPLATE] = lg_read_text_template,
        [LG_VALUE_REQUEST] = lg_read_request,   [LG_VALUE_BODY_FILE] = lg_read_body_file,
        [LG_VALUE_HEADER] = lg_read_header,     [LG_VALUE_STEPS] = lg_read_steps,
        [LG_VALUE_THINK] = lg_read_think,       [LG_VALUE_CODINGS] = lg_read_codings,
        [LG_VALUE_FORM] = lg_read_form,         [LG_VALUE_UPLOAD] = lg_read_upload,
        [LG_VALUE_TABLE] = lg_read_table,       [LG_VALUE_CAPTURE] = lg_read_capture,
        [LG_VALUE_AWAIT] = lg_read_await,       [LG_VALUE_SSE] = lg_read_sse,
        [LG_VALUE_UNTIL] = lg_read_until,       [LG_VALUE_BYTE_RATE] = lg_read_byte_rate,
        [LG_VALUE_ARRIVALS] = lg_read_arrivals, [LG_VALUE_NUMBER] = value_number,
        [LG_VALUE_CHECK] = lg_read_check,       [LG_VALUE_MATCH] = lg_read_match,
        [LG_VALUE_POINTER] = lg_read_pointer,   [LG_VALUE_OBJECTIVE] = lg_read_objective,
        [LG_VALUE_FILE] = lg_read_file_name,    [LG_VALUE_FOLDER] = lg_read_folder,
        [LG_VALUE_COMMAND] = lg_read_command,   [LG_VALUE_ENV] = lg_read_env,
        [LG_VALUE_ENV_FILE] = lg_read_env_file, [LG_VALUE_READY] = lg_read_ready,
        [LG_VALUE_URL] = lg_read_url,
    };
    LG_ASSERT(readers[r->option->type] != NULL);
    if (r->entry->value.n == 0 && !r->option->may_be_empty) {
        lg_bad(r, 0,
               lg_arena_printf(r->load->problems->arena, "for example %s", r->option->example),
               "a value is missing");
        return;
    }
    readers[r->option->type](r, r->entry->value);
}
