#include "base/units.h"
#include "scenario/draft.h"

enum { RANDOM_TEXT_MOST = 1 << 20 };

struct filling {
    struct lg_reading *r;
    enum lg_holes holes;
    bool in_match;
    struct lg_template *out;
    struct lg_buf text; /* of the text part that is growing */
};

static struct lg_part *add_part(struct filling *f, enum lg_part_kind kind)
{
    struct lg_part *part = LG_ARENA_PUSH(f->r->load->arena, f->out->parts, f->out->part_count);
    part->kind = kind;
    return part;
}

static void end_text(struct filling *f)
{
    if (f->text.n > 0) {
        char *copy = lg_arena_strndup(f->r->load->arena, f->text.p, f->text.n);
        add_part(f, LG_PART_TEXT)->text = lg_slice(copy, f->text.n);
        lg_buf_clear(&f->text);
    }
}

struct hole {
    const char *word;
    enum lg_part_kind kind;
    enum lg_holes least; /* the narrowest set that has it */
    bool takes;          /* something after it */
};

static const struct hole hole_words[] = {
    {"user.index", LG_PART_USER_INDEX, LG_HOLES_INDEX, false},
    {"iteration", LG_PART_ITERATION, LG_HOLES_USER, false},
    {"message.id", LG_PART_MESSAGE_ID, LG_HOLES_MATCH, false},
    {"message.at", LG_PART_MESSAGE_AT, LG_HOLES_MESSAGE, false},
    {"random.text", LG_PART_RANDOM_TEXT, LG_HOLES_MESSAGE, true},
    {"random.hex", LG_PART_RANDOM_HEX, LG_HOLES_MESSAGE, true},
    {"random.int", LG_PART_RANDOM_INT, LG_HOLES_MESSAGE, true},
    {"random.uuid", LG_PART_RANDOM_UUID, LG_HOLES_MESSAGE, false},
    {"random.choice", LG_PART_RANDOM_CHOICE, LG_HOLES_MESSAGE, true},
    {"time.ms", LG_PART_TIME_MS, LG_HOLES_MESSAGE, false},
    {"time.iso", LG_PART_TIME_ISO, LG_HOLES_MESSAGE, false},
    {"trace.path", LG_PART_TRACE_PATH, LG_HOLES_MESSAGE, false},
};

static const char *unknown_hint(const struct filling *f, struct lg_slice word)
{
    struct lg_arena *arena = f->r->load->problems->arena;
    if (lg_slice_eq(word, lg_str("PORT"))) {
        return "${PORT} is known in a target's url only";
    }
    struct lg_guess guess = {.text = word};
    for (size_t i = 0; i < sizeof hole_words / sizeof *hole_words; i++) {
        lg_guess_offer(&guess, lg_str(hole_words[i].word));
    }
    for (size_t i = 0; i < f->r->load->data_count; i++) {
        lg_guess_offer(&guess, lg_str(f->r->load->data[i].out.name));
    }
    const char *hint = lg_guess_hint(&guess, arena);
    return hint != NULL ? hint : "loadgen explain lists what there is; a plain ${ is written $${";
}

static void read_choices(struct filling *f, struct lg_part *part, struct lg_slice text)
{
    struct lg_arena *arena = f->r->load->arena;
    size_t count = 0;
    if (text.n == 0) {
        lg_bad(f->r, lg_offset(f->r, text), "write ${random.choice red|green|blue}",
               "random.choice: there is nothing to choose from");
        return;
    }
    while (text.p != NULL) {
        const char *bar = text.n > 0 ? memchr(text.p, '|', text.n) : NULL;
        size_t n = bar != NULL ? (size_t)(bar - text.p) : text.n;
        char *choice = lg_arena_strndup(arena, text.p, n);
        *LG_ARENA_PUSH(arena, part->choices, count) = lg_slice(choice, n);
        text = bar != NULL ? lg_slice(bar + 1, text.n - n - 1) : lg_slice(NULL, 0);
    }
    part->low = (int64_t)count;
}

static void read_random(struct filling *f, const struct hole *hole, struct lg_part *part,
                        struct lg_slice argument)
{
    if (part->kind == LG_PART_RANDOM_INT) {
        lg_read_span(f->r, argument, &part->low, &part->high);
        return;
    }
    if (part->kind == LG_PART_RANDOM_CHOICE) {
        read_choices(f, part, argument);
        return;
    }
    uint64_t n = 0;
    const char *why = lg_read_count(argument, &n);
    if (why != NULL || n == 0 || n > RANDOM_TEXT_MOST) {
        const char *hint =
            lg_arena_printf(f->r->load->problems->arena, "write ${%s 64}", hole->word);
        lg_bad(f->r, lg_offset(f->r, argument), hint, "%s: a length from 1 to 1Mi is expected",
               hole->word);
        return;
    }
    part->low = (int64_t)n;
}

static void add_use(struct filling *f, const struct lg_part *part, size_t offset)
{
    struct lg_draft *draft = f->r->draft;
    struct lg_use *use = LG_ARENA_PUSH(f->r->load->arena, draft->uses, draft->use_count);
    *use = (struct lg_use){.kind = part->kind,
                           .variable = part->variable,
                           .entry = f->r->entry,
                           .offset = offset,
                           .in_match = f->in_match};
}

static void take_known(struct filling *f, const struct hole *hole, struct lg_slice argument,
                       size_t at)
{
    if (f->holes < hole->least) {
        lg_bad(f->r, at, NULL, "${%s} has no meaning here", hole->word);
    } else if (!hole->takes && argument.n > 0) {
        lg_bad(f->r, at, NULL, "${%s} takes nothing after it", hole->word);
    } else {
        struct lg_part *part = add_part(f, hole->kind);
        if (hole->takes) {
            read_random(f, hole, part, argument);
        }
        add_use(f, part, at);
    }
}

/* ---- ${people.name} ---- */

static const struct lg_data *find_data(const struct filling *f, struct lg_slice name, size_t *index)
{
    const struct lg_load *load = f->r->load;
    for (size_t i = 0; i < load->data_count; i++) {
        if (lg_slice_eq(lg_str(load->data[i].out.name), name)) {
            *index = i;
            return &load->data[i].out;
        }
    }
    return NULL;
}

static void no_column(struct filling *f, const struct lg_data *data, struct lg_slice column,
                      size_t at)
{
    struct lg_guess guess = {.text = column};
    for (size_t i = 0; i < data->table.columns; i++) {
        lg_guess_offer(&guess, data->table.names[i]);
    }
    if (data->table.columns > 0) { /* else its file is the problem, which has been told */
        lg_bad(f->r, at, lg_guess_hint(&guess, f->r->load->problems->arena),
               "the file of [data %s] has no column %.*s", data->name, (int)column.n, column.p);
    }
}

/* False: there is no [data] of this name. */
static bool take_data(struct filling *f, struct lg_slice inner, enum lg_escape escape, size_t at)
{
    const char *dot = memchr(inner.p, '.', inner.n);
    size_t name_n = dot != NULL ? (size_t)(dot - inner.p) : 0, index = 0, column = 0;
    const struct lg_data *data =
        dot != NULL ? find_data(f, lg_slice(inner.p, name_n), &index) : NULL;
    if (data == NULL) {
        return false;
    }
    struct lg_slice name = lg_slice(dot + 1, inner.n - name_n - 1);
    while (column < data->table.columns && !lg_slice_eq(data->table.names[column], name)) {
        column++;
    }
    if (column == data->table.columns) {
        no_column(f, data, name, at);
    } else if (f->holes < LG_HOLES_USER) {
        lg_bad(f->r, at, NULL, "${%.*s} has no meaning here", (int)inner.n, inner.p);
    } else {
        struct lg_part *part = add_part(f, LG_PART_DATA);
        part->variable = index;
        part->column = column;
        part->escape = escape;
        add_use(f, part, at);
    }
    return true;
}

/* ---- a hole ---- */

static void take_variable(struct filling *f, struct lg_slice name, enum lg_escape escape, size_t at)
{
    if (f->holes < LG_HOLES_USER) {
        lg_bad(f->r, at, NULL, "the variable ${%.*s} has no meaning here", (int)name.n, name.p);
        return;
    }
    struct lg_part *part = add_part(f, LG_PART_VARIABLE);
    part->variable = lg_variable_index(f->r->load, name);
    part->escape = escape;
    add_use(f, part, at);
}

/* Where the text goes decides what must not be in what fills its holes. */
static enum lg_escape escape_for(const struct filling *f)
{
    switch (f->in_match ? LG_VALUE_TEXT : f->r->option->type) {
    case LG_VALUE_PATH:
    case LG_VALUE_REQUEST:
        return LG_ESCAPE_PATH;
    case LG_VALUE_HEADER:
        return LG_ESCAPE_HEADER;
    default:
        return LG_ESCAPE_NONE;
    }
}

/* `inner` is what stands between ${ and }. */
static void take_hole(struct filling *f, struct lg_slice inner, size_t at)
{
    struct lg_slice rest = inner, word = lg_take_word(&rest), first = word;
    enum lg_escape escape = escape_for(f);
    for (size_t i = 0; i < sizeof hole_words / sizeof *hole_words; i++) {
        if (lg_slice_eq(word, lg_str(hole_words[i].word))) {
            take_known(f, &hole_words[i], rest, at);
            return;
        }
    }
    bool json = lg_slice_eq(word, lg_str("json")), url = lg_slice_eq(word, lg_str("url"));
    if (rest.n > 0 && (json || url)) {
        escape = json ? LG_ESCAPE_JSON : LG_ESCAPE_URL;
        inner = word = rest;
    } else if (rest.n > 0) {
        word = inner;
    }
    if (take_data(f, inner, escape, at)) {
        return;
    }
    if (lg_is_variable_name(word)) {
        take_variable(f, word, escape, at);
    } else {
        lg_bad(f->r, at, unknown_hint(f, first), "${%.*s} is not known", (int)inner.n, inner.p);
    }
}

void lg_read_template(struct lg_reading *r, struct lg_slice text, enum lg_holes holes,
                      bool in_match, struct lg_template *out)
{
    struct filling f = {.r = r, .holes = holes, .in_match = in_match, .out = out};
    *out = (struct lg_template){.number = ++r->load->template_count};
    size_t base = text.n > 0 ? lg_offset(r, text) : 0;
    for (size_t i = 0; i < text.n;) {
        if (text.n - i >= 3 && memcmp(text.p + i, "$${", 3) == 0) {
            lg_buf_adds(&f.text, "${");
            i += 3;
        } else if (text.n - i >= 2 && memcmp(text.p + i, "${", 2) == 0) {
            const char *end = memchr(text.p + i, '}', text.n - i);
            if (end == NULL) {
                lg_bad(r, base + i, "a plain ${ is written $${", "${ has no closing }");
                break;
            }
            end_text(&f);
            size_t from = i + 2, to = (size_t)(end - text.p);
            take_hole(&f, lg_slice(text.p + from, to - from), base + i);
            i = to + 1;
        } else {
            lg_buf_add(&f.text, text.p + i, 1);
            i++;
        }
    }
    end_text(&f);
    lg_buf_free(&f.text);
    out->is_static =
        out->part_count == 0 || (out->part_count == 1 && out->parts[0].kind == LG_PART_TEXT);
}
