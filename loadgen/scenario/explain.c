#include "scenario/explain.h"

#include "scenario/debate.h"
#include "scenario/problem.h"
#include "scenario/schema.h"

static const char rules[] =
    "A scenario is a text of sections, [KIND] or [KIND NAME], that hold lines KEY = VALUE.\n"
    "\n"
    "- A comment is a line of its own that begins with ; or #. Nothing cuts a value, so JSON "
    "needs\n"
    "  no quoting. The first lines of comment are the scenario's question.\n"
    "- A time has a unit (250ms), a rate a period (1k/s, 30/m); k, M, G are powers of 1000 and Ki, "
    "Mi,\n"
    "  Gi powers of 1024. Totals are totals, never per thread or per connection.\n"
    "- Sections may stand in any order. What is unknown, wrong or missing is an error with its "
    "place,\n"
    "  all of them are told at once, and nothing runs.\n"
    "- include = FILE reads another file in this place, relative to this one.\n"
    "- ${NAME} in capitals is an environment variable, ${NAME:-TEXT} one with a default.\n"
    "- SECTION.KEY=VALUE after --set takes the place of what the file says; SECTION is the "
    "section's\n"
    "  kind, its name, or both.\n";

static const char holes[] =
    "In steps, ${...} is filled in for each exchange. In a path, blanks and controls of what fills "
    "it\n"
    "become %XX; in a header, controls become blanks; in a form all is encoded; in a body nothing "
    "is:\n"
    "there, ${json X} writes a variable or column as the inside of a JSON string, ${url X} "
    "anywhere\n"
    "as a part of a URL. A plain ${ is written $${. The same seed gives the same values, but for "
    "those of\n"
    "the clock.\n"
    "\n"
    "- ${VARIABLE}: from [users NAME] or captured by a step before; ${DATA.COLUMN}: from [data "
    "DATA].\n"
    "- ${user.index}: the user's number from 0; ${iteration}: the arrival's, within its kind of "
    "user.\n"
    "- ${random.text N}: N letters and digits; ${random.hex N}; ${random.int A..B}; "
    "${random.uuid};\n"
    "  ${random.choice A|B|C}.\n"
    "- ${message.id}: unique in the run; ${message.at}: time of the send, ns.\n"
    "- ${time.ms}: milliseconds since 1970; ${time.iso}: that time as 2026-01-31T12:00:00.000Z.\n"
    "- ${trace.path}: of the request in the trace, where arrivals = trace.\n";

enum { COLUMNS = 96 };

/* The text in lines of its own, `indent` blanks before each; broken at blanks. */
static void add_lines(size_t indent, struct lg_slice text, struct lg_buf *out)
{
    size_t column = 0;
    while (text.n > 0) {
        const char *blank = memchr(text.p, ' ', text.n);
        size_t n = blank != NULL ? (size_t)(blank - text.p) : text.n;
        bool breaks = column > 0 && column + 1 + n > COLUMNS;
        if (column == 0 || breaks) {
            lg_buf_addf(out, "%s%*s", breaks ? "\n" : "", (int)indent, "");
            column = indent;
        } else {
            lg_buf_adds(out, " ");
            column++;
        }
        lg_buf_add(out, text.p, n);
        column += n;
        size_t used = blank != NULL ? n + 1 : n;
        text = lg_slice(text.p + used, text.n - used);
    }
    lg_buf_adds(out, "\n");
}

static void add_facts(const struct lg_option *o, struct lg_buf *out)
{
    if (o->required) {
        lg_buf_adds(out, "; required");
    }
    if (o->preset != NULL && o->preset[0] != '\0') {
        lg_buf_addf(out, "; default %s", o->preset);
    }
    if (o->low != NULL) {
        lg_buf_addf(out, "; from %s to %s", o->low, o->high);
    }
    if (o->rival != NULL) {
        lg_buf_addf(out, "; not together with %s", o->rival);
    }
}

static const char *shown_key(const struct lg_option *o)
{
    return lg_option_is_any(o)
               ? (o->type == LG_VALUE_OBJECTIVE ? "SUBJECT.MEASURE" : "any other key")
               : o->key;
}

/* Examples of families are whole lines, those of plain keys the value alone. */
static void add_example(const struct lg_option *o, struct lg_buf *out)
{
    bool line = lg_option_is_family(o);
    lg_buf_addf(out, "%s%s%s", line ? "" : o->key, line ? "" : " = ", o->example);
}

static void add_key(const struct lg_option *o, struct lg_buf *out)
{
    struct lg_buf form = {0};
    lg_buf_addf(out, "  %s\n", shown_key(o));
    add_lines(6, lg_str(o->help), out);
    lg_buf_adds(&form, lg_value_form(o->type));
    add_facts(o, &form);
    add_lines(6, lg_buf_slice(&form), out);
    lg_buf_free(&form);
    for (const struct lg_word *w = o->words; w != NULL && w->text != NULL; w++) {
        struct lg_buf word = {0};
        lg_buf_addf(&word, "%s: %s", w->text, w->help);
        add_lines(8, lg_buf_slice(&word), out);
        lg_buf_free(&word);
    }
    lg_buf_adds(out, "      e.g. ");
    add_example(o, out);
    lg_buf_adds(out, "\n");
}

static void add_head(enum lg_section_kind kind, struct lg_buf *out)
{
    const struct lg_section_info *info = lg_section_info(kind);
    lg_buf_addf(out, "[%s%s]\n", info->word, info->named ? " NAME" : "");
    add_lines(2, lg_str(info->help), out);
}

static void add_section(enum lg_section_kind kind, struct lg_buf *out)
{
    const struct lg_section_info *info = lg_section_info(kind);
    add_head(kind, out);
    for (size_t i = 0; i < info->row_count; i++) {
        lg_buf_adds(out, "\n");
        add_key(&info->rows[i], out);
    }
}

static void add_overview(struct lg_buf *out)
{
    lg_buf_addf(out, "%s\n%s\n", rules, holes);
    for (int kind = 0; kind < LG_SECTION_KINDS; kind++) {
        const struct lg_section_info *info = lg_section_info((enum lg_section_kind)kind);
        add_head((enum lg_section_kind)kind, out);
        struct lg_buf keys = {0};
        for (size_t i = 0; i < info->row_count; i++) {
            lg_buf_addf(&keys, "%s%s", i == 0 ? "keys: " : ", ", shown_key(&info->rows[i]));
        }
        add_lines(2, lg_buf_slice(&keys), out);
        lg_buf_free(&keys);
        lg_buf_adds(out, "\n");
    }
    lg_buf_adds(out, "loadgen explain SECTION or KEY says more, loadgen explain claims what is put "
                     "to the test.\n");
}

static struct lg_slice without_brackets(const char *topic)
{
    size_t n = strlen(topic);
    if (n > 2 && topic[0] == '[' && topic[n - 1] == ']') {
        return lg_slice(topic + 1, n - 2);
    }
    return lg_slice(topic, n);
}

/* The kind before the dot of "users.rate", cut off *key; LG_SECTION_KINDS: any. */
static enum lg_section_kind take_kind(struct lg_slice *key)
{
    enum lg_section_kind kind = LG_SECTION_KINDS;
    const char *dot = memchr(key->p, '.', key->n);
    if (dot != NULL && lg_section_find(lg_slice(key->p, (size_t)(dot - key->p)), &kind)) {
        *key = lg_slice(dot + 1, (size_t)(key->p + key->n - dot - 1));
    }
    return kind;
}

/* "header" of "header.*". */
static struct lg_slice stem_of(const struct lg_option *o)
{
    size_t n = strlen(o->key);
    return lg_slice(o->key, lg_option_is_family(o) ? n - 2 : n);
}

static void add_found(const struct lg_option *o, size_t found, struct lg_buf *out)
{
    const struct lg_section_info *info = lg_section_info(o->section);
    lg_buf_addf(out, "%s[%s%s]\n", found > 0 ? "\n" : "", info->word, info->named ? " NAME" : "");
    add_key(o, out);
}

static bool is_called(const struct lg_option *o, struct lg_slice key)
{
    bool family = lg_option_is_family(o) && lg_slice_eq(key, stem_of(o));
    return !lg_option_is_any(o) && (family || lg_option_find(o->section, key) == o);
}

static bool takes_word(const struct lg_option *o, struct lg_slice text)
{
    const struct lg_word *w = o->words;
    while (w != NULL && w->text != NULL && !lg_slice_eq(lg_str(w->text), text)) {
        w++;
    }
    return w != NULL && w->text != NULL;
}

/* The keys of one kind of section, or of all, that `fits` finds fitting; returns how many. */
static size_t add_keys(enum lg_section_kind wanted, struct lg_slice text,
                       bool (*fits)(const struct lg_option *, struct lg_slice), struct lg_buf *out)
{
    size_t found = 0;
    for (int kind = 0; kind < LG_SECTION_KINDS; kind++) {
        const struct lg_section_info *info = lg_section_info((enum lg_section_kind)kind);
        bool right_section = wanted == LG_SECTION_KINDS || wanted == (enum lg_section_kind)kind;
        for (size_t i = 0; right_section && i < info->row_count; i++) {
            if (fits(&info->rows[i], text)) {
                add_found(&info->rows[i], found++, out);
            }
        }
    }
    return found;
}

/* Keys of that name, families by their first part. */
static bool add_keys_called(struct lg_slice topic, struct lg_buf *out)
{
    enum lg_section_kind wanted = take_kind(&topic);
    return add_keys(wanted, topic, is_called, out) > 0;
}

/* Keys that take this word: "poisson". */
static bool add_keys_with_word(struct lg_slice topic, struct lg_buf *out)
{
    return add_keys(LG_SECTION_KINDS, topic, takes_word, out) > 0;
}

/* "message.id" and "${random.text 64}" stand among what fills holes. */
static bool add_hole(struct lg_slice topic, struct lg_buf *out)
{
    bool whole = topic.n > 2 && topic.p[0] == '$' && topic.p[1] == '{';
    struct lg_slice name = whole ? lg_slice(topic.p + 2, topic.n - 2) : topic;
    size_t n = 0;
    while (n < name.n && name.p[n] != ' ' && name.p[n] != '}') {
        n++;
    }
    struct lg_buf hole = {0};
    lg_buf_addf(&hole, "${%.*s", (int)n, name.p);
    const char *at = n > 0 ? memmem(holes, sizeof holes - 1, hole.p, hole.n) : NULL;
    bool known = at != NULL && (at[hole.n] == ' ' || at[hole.n] == '}');
    lg_buf_adds(out, known ? holes : "");
    lg_buf_free(&hole);
    return known;
}

static const char *nothing_like_it(struct lg_slice topic, struct lg_arena *arena)
{
    struct lg_guess guess = {.text = topic};
    take_kind(&guess.text);
    for (int kind = 0; kind < LG_SECTION_KINDS; kind++) {
        lg_guess_offer(&guess, lg_str(lg_section_info((enum lg_section_kind)kind)->word));
    }
    for (int kind = 0; kind < LG_SECTION_KINDS; kind++) {
        const struct lg_section_info *info = lg_section_info((enum lg_section_kind)kind);
        for (size_t i = 0; i < info->row_count; i++) {
            if (!lg_option_is_any(&info->rows[i])) {
                lg_guess_offer(&guess, stem_of(&info->rows[i]));
            }
        }
    }
    const char *hint = lg_guess_hint(&guess, arena);
    return lg_arena_printf(arena, "%.*s is neither a section nor a key; %s", (int)topic.n, topic.p,
                           hint != NULL ? hint : "loadgen explain lists them");
}

const char *lg_explain_write(const char *topic, struct lg_arena *arena, struct lg_buf *out)
{
    if (topic == NULL) {
        add_overview(out);
        return NULL;
    }
    struct lg_slice text = without_brackets(topic);
    if (lg_slice_eq(text, lg_str("claims"))) {
        lg_debate_explain(out);
        return NULL;
    }
    const char *blank = memchr(text.p, ' ', text.n);
    struct lg_slice word = lg_slice(text.p, blank == NULL ? text.n : (size_t)(blank - text.p));
    enum lg_section_kind kind;
    if (lg_section_find(word, &kind)) {
        add_section(kind, out);
        return NULL;
    }
    bool found = add_keys_called(text, out) || add_keys_with_word(text, out) || add_hole(text, out);
    return found ? NULL : nothing_like_it(text, arena);
}

/* ---- docs/scenario.md ---- */

/* A bar would end the cell of a table. */
static void add_cell(struct lg_buf *cell, struct lg_buf *out)
{
    for (size_t i = 0; i < cell->n; i++) {
        lg_buf_adds(out, cell->p[i] == '|' ? "\\" : "");
        lg_buf_add(out, cell->p + i, 1);
    }
    lg_buf_free(cell);
}

static void add_row(const struct lg_option *o, struct lg_buf *out)
{
    const char *tick = lg_option_is_any(o) && o->type != LG_VALUE_OBJECTIVE ? "" : "`";
    struct lg_buf value = {0}, help = {0}, example = {0};
    lg_buf_addf(out, "| %s%s%s | ", tick, shown_key(o), tick);
    lg_buf_adds(&value, lg_value_form(o->type));
    add_facts(o, &value);
    add_cell(&value, out);
    lg_buf_adds(out, " | ");
    lg_buf_adds(&help, o->help);
    for (const struct lg_word *w = o->words; w != NULL && w->text != NULL; w++) {
        lg_buf_addf(&help, "<br>%s: %s", w->text, w->help);
    }
    add_cell(&help, out);
    lg_buf_adds(out, " | `");
    add_example(o, &example);
    add_cell(&example, out);
    lg_buf_adds(out, "` |\n");
}

void lg_explain_markdown(struct lg_buf *out)
{
    lg_buf_addf(
        out,
        "# The scenario language\n\n"
        "The program writes this page from its option table, which `loadgen explain` shows too.\n"
        "After a change of the table: `LG_UPDATE=1 build/debug/tests/test_explain`.\n\n%s\n%s",
        rules, holes);
    for (int kind = 0; kind < LG_SECTION_KINDS; kind++) {
        const struct lg_section_info *info = lg_section_info((enum lg_section_kind)kind);
        lg_buf_addf(out, "\n## [%s%s]\n\n%s\n\n```ini\n%s\n```\n\n", info->word,
                    info->named ? " NAME" : "", info->help, info->example);
        lg_buf_adds(out, "| key | value | meaning | example |\n|---|---|---|---|\n");
        for (size_t i = 0; i < info->row_count; i++) {
            add_row(&info->rows[i], out);
        }
    }
}
