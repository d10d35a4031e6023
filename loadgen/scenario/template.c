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
};

static const struct hole hole_words[] = {
    {"user.index", LG_PART_USER_INDEX, LG_HOLES_INDEX},
    {"message.id", LG_PART_MESSAGE_ID, LG_HOLES_MATCH},
    {"message.at", LG_PART_MESSAGE_AT, LG_HOLES_MESSAGE},
    {"random.text", LG_PART_RANDOM_TEXT, LG_HOLES_MESSAGE},
    {"random.int", LG_PART_RANDOM_INT, LG_HOLES_MESSAGE},
    {"trace.path", LG_PART_TRACE_PATH, LG_HOLES_MESSAGE},
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
    const char *hint = lg_guess_hint(&guess, arena);
    return hint != NULL ? hint
                        : "there are ${VARIABLE}, ${user.index}, ${message.id}, ${message.at}, "
                          "${random.text N}, ${random.int A..B} and ${trace.path}; a plain ${ is "
                          "written $${";
}

static void read_random(struct filling *f, struct lg_part *part, struct lg_slice argument)
{
    if (part->kind == LG_PART_RANDOM_INT) {
        lg_read_span(f->r, argument, &part->low, &part->high);
        return;
    }
    uint64_t n = 0;
    const char *why = lg_read_count(argument, &n);
    if (why != NULL || n == 0 || n > RANDOM_TEXT_MOST) {
        lg_bad(f->r, lg_offset(f->r, argument), "write ${random.text 64}",
               "random.text: a length from 1 to 1Mi is expected");
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
    bool takes = hole->kind == LG_PART_RANDOM_TEXT || hole->kind == LG_PART_RANDOM_INT;
    if (f->holes < hole->least) {
        lg_bad(f->r, at, NULL, "${%s} has no meaning here", hole->word);
    } else if (!takes && argument.n > 0) {
        lg_bad(f->r, at, NULL, "${%s} takes nothing after it", hole->word);
    } else {
        struct lg_part *part = add_part(f, hole->kind);
        if (takes) {
            read_random(f, part, argument);
        }
        add_use(f, part, at);
    }
}

/* `inner` is what stands between ${ and }. */
static void take_hole(struct filling *f, struct lg_slice inner, size_t at)
{
    struct lg_slice rest = inner, word = lg_take_word(&rest);
    for (size_t i = 0; i < sizeof hole_words / sizeof *hole_words; i++) {
        if (lg_slice_eq(word, lg_str(hole_words[i].word))) {
            take_known(f, &hole_words[i], rest, at);
            return;
        }
    }
    if (!lg_is_variable_name(word) || rest.n > 0) {
        lg_bad(f->r, at, unknown_hint(f, word), "${%.*s} is not known", (int)inner.n, inner.p);
    } else if (f->holes < LG_HOLES_USER) {
        lg_bad(f->r, at, NULL, "the variable ${%.*s} has no meaning here", (int)word.n, word.p);
    } else {
        struct lg_part *part = add_part(f, LG_PART_VARIABLE);
        part->variable = lg_variable_index(f->r->load, word);
        add_use(f, part, at);
    }
}

void lg_read_template(struct lg_reading *r, struct lg_slice text, enum lg_holes holes,
                      bool in_match, struct lg_template *out)
{
    struct filling f = {.r = r, .holes = holes, .in_match = in_match, .out = out};
    *out = (struct lg_template){0};
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
