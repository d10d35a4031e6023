/* What makes a journey of steps: their order and loops, pauses, forms, files and data. */
#include "base/units.h"
#include "content/decode.h"
#include "scenario/draft.h"

enum {
    STEPS_MOST = 10000, /* of one list, loops written out */
    NESTED_MOST = 8,
};

static struct lg_step_draft *step_of(struct lg_reading *r)
{
    return (struct lg_step_draft *)(void *)r->draft;
}

/* ---- login, browse x 5, (view, like) x 3 ---- */

struct walk {
    struct lg_reading *r;
    struct lg_slice rest;
    struct lg_name_refs *out;
    int depth;
    bool failed;
};

static void skip_blanks(struct walk *w)
{
    while (w->rest.n > 0 && (w->rest.p[0] == ' ' || w->rest.p[0] == '\t')) {
        w->rest = lg_slice(w->rest.p + 1, w->rest.n - 1);
    }
}

static bool take_mark(struct walk *w, char mark)
{
    skip_blanks(w);
    if (w->rest.n == 0 || w->rest.p[0] != mark) {
        return false;
    }
    w->rest = lg_slice(w->rest.p + 1, w->rest.n - 1);
    return true;
}

static void walk_fails(struct walk *w, struct lg_slice at, const char *hint, const char *message)
{
    if (!w->failed) {
        size_t offset = at.n > 0 ? lg_offset(w->r, at) : w->r->entry->value.n;
        lg_bad(w->r, offset, hint, "%s", message);
    }
    w->failed = true;
}

/* Up to a blank, comma or parenthesis. */
static struct lg_slice take_word(struct walk *w)
{
    size_t n = 0;
    skip_blanks(w);
    while (n < w->rest.n && strchr(" \t,()", w->rest.p[n]) == NULL) {
        n++;
    }
    struct lg_slice word = lg_slice(w->rest.p, n);
    w->rest = lg_slice(w->rest.p + n, w->rest.n - n);
    return word;
}

static void walk_list(struct walk *w);

/* A name, or a list in parentheses. */
static void walk_once(struct walk *w)
{
    if (take_mark(w, '(')) {
        if (++w->depth > NESTED_MOST) {
            walk_fails(w, w->rest, NULL, "parentheses within more than 8 others");
            return;
        }
        walk_list(w);
        w->depth--;
        if (!take_mark(w, ')')) {
            walk_fails(w, w->rest, NULL, "a ) is missing");
        }
        return;
    }
    struct lg_slice at = w->rest, name = take_word(w);
    if (!lg_ini_is_name(name)) {
        const char *message = name.n == 0
                                  ? "a name is missing"
                                  : lg_arena_printf(w->r->load->problems->arena,
                                                    "%.*s is not a name: letters, digits, - and _",
                                                    (int)name.n, name.p);
        walk_fails(w, name.n > 0 ? name : at, NULL, message);
        return;
    }
    *LG_ARENA_PUSH(w->r->load->arena, w->out->items, w->out->count) = (struct lg_name_ref){
        .name = name, .place = lg_ini_place(w->r->entry, lg_offset(w->r, name))};
}

/* "x 5" behind what stands from `first` on; 1 where there is none. */
static uint64_t take_times(struct walk *w)
{
    struct lg_slice before = w->rest, word = take_word(w);
    if (!lg_slice_eq(word, lg_str("x"))) {
        w->rest = before;
        return 1;
    }
    uint64_t times = 0;
    struct lg_slice number = take_word(w);
    if (lg_read_count(number, &times) != NULL || times == 0 || times > STEPS_MOST) {
        walk_fails(w, number.n > 0 ? number : word, "write browse x 5",
                   "how often? a number from 1 to 10000 follows x");
        return 1;
    }
    return times;
}

static void repeat(struct walk *w, size_t first, uint64_t times)
{
    size_t n = w->out->count - first;
    if (n * times > STEPS_MOST - first) {
        walk_fails(w, w->rest, NULL, "more than 10000 steps in all");
        return;
    }
    for (uint64_t i = 1; i < times; i++) {
        for (size_t j = 0; j < n; j++) {
            struct lg_name_ref ref = w->out->items[first + j];
            *LG_ARENA_PUSH(w->r->load->arena, w->out->items, w->out->count) = ref;
        }
    }
}

static void walk_list(struct walk *w)
{
    do {
        size_t first = w->out->count;
        walk_once(w);
        if (!w->failed) {
            repeat(w, first, take_times(w));
        }
    } while (!w->failed && take_mark(w, ','));
}

void lg_read_steps(struct lg_reading *r, struct lg_slice text)
{
    struct walk w = {.r = r, .rest = text, .out = LG_FIELD(struct lg_name_refs, r)};
    walk_list(&w);
    skip_blanks(&w);
    if (w.rest.n > 0) {
        walk_fails(&w, w.rest, "write login, browse x 5, (view, like) x 3",
                   "a comma is missing between two steps");
    }
}

/* ---- think ---- */

static bool read_pause(struct lg_reading *r, struct lg_slice text, lg_ns *out)
{
    const char *why = text.n == 0 ? "a time is missing" : lg_read_time(text, out);
    if (why == NULL && *out > 3600 * LG_S) {
        why = "a time up to 1h is expected";
    }
    if (why != NULL) {
        lg_bad(r, text.n > 0 ? lg_offset(r, text) : r->entry->value.n,
               "write 1s, uniform 1s..3s or exponential 2s", "%.*s%s%s", (int)text.n, text.p,
               text.n == 0 ? "" : ": ", why);
    }
    return why == NULL;
}

static void read_uniform(struct lg_reading *r, struct lg_slice text, struct lg_think *out)
{
    const char *dots = lg_slice_find(text, lg_str(".."));
    if (dots == NULL) {
        lg_bad(r, r->entry->value.n, "write uniform 1s..3s", "uniform needs a range of times");
        return;
    }
    size_t n = (size_t)(dots - text.p);
    if (read_pause(r, lg_slice(text.p, n), &out->low) &&
        read_pause(r, lg_slice(dots + 2, text.n - n - 2), &out->high) && out->low > out->high) {
        lg_bad(r, lg_offset(r, text), NULL, "%.*s ends before it begins", (int)text.n, text.p);
    }
}

void lg_read_think(struct lg_reading *r, struct lg_slice text)
{
    struct lg_think *think = LG_FIELD(struct lg_think, r);
    struct lg_slice rest = text, word = lg_take_word(&rest);
    if (lg_slice_eq(word, lg_str("uniform"))) {
        think->kind = LG_THINK_UNIFORM;
        read_uniform(r, rest, think);
    } else if (lg_slice_eq(word, lg_str("exponential"))) {
        think->kind = LG_THINK_EXPONENTIAL;
        read_pause(r, rest, &think->low);
    } else {
        think->kind = LG_THINK_CONSTANT;
        read_pause(r, text, &think->low);
    }
}

/* ---- accept_encoding ---- */

void lg_read_codings(struct lg_reading *r, struct lg_slice text)
{
    struct lg_slice rest = text, item;
    struct lg_buf value = {0};
    while (lg_take_item(&rest, &item)) {
        if (!lg_coding_is_known(item)) {
            lg_bad(r, item.n > 0 ? lg_offset(r, item) : 0, NULL,
                   "%.*s is none of gzip, deflate, br, zstd and identity", (int)item.n, item.p);
        }
        lg_buf_addf(&value, "%s%.*s", value.n > 0 ? ", " : "", (int)item.n, item.p);
    }
    lg_add_header(r, "accept-encoding", lg_buf_slice(&value));
    lg_buf_free(&value);
}

/* ---- form.NAME, file.NAME ---- */

static struct lg_field *add_field(struct lg_reading *r, const char *prefix)
{
    struct lg_step_draft *step = step_of(r);
    size_t n = strlen(prefix);
    struct lg_field *field = LG_ARENA_PUSH(r->load->arena, step->fields, step->field_count);
    field->entry = r->entry;
    field->name = lg_slice(r->entry->key.p + n, r->entry->key.n - n);
    return field;
}

void lg_read_form(struct lg_reading *r, struct lg_slice text)
{
    struct lg_field *field = add_field(r, "form.");
    lg_read_template(r, text, r->option->holes, false, &field->value);
}

void lg_read_upload(struct lg_reading *r, struct lg_slice text)
{
    struct lg_load *load = r->load;
    struct lg_field *field = add_field(r, "file.");
    const char *semicolon = memchr(text.p, ';', text.n);
    size_t n = semicolon != NULL ? (size_t)(semicolon - text.p) : text.n;
    struct lg_slice path = lg_slice_trim(lg_slice(text.p, n)),
                    type = lg_str("application/octet-stream");
    if (semicolon != NULL) {
        type = lg_slice_trim(lg_slice(semicolon + 1, text.n - n - 1));
    }
    const char *slash = path.n > 0 ? memrchr(path.p, '/', path.n) : NULL;
    field->file_name =
        slash == NULL ? path : lg_slice(slash + 1, path.n - (size_t)(slash + 1 - path.p));
    field->type = type;
    if (path.n == 0 || memchr(type.p, '/', type.n) == NULL) {
        lg_bad(r, 0, "write photo.jpg; image/jpeg", "%.*s is not FILE, or FILE; TYPE", (int)text.n,
               text.p);
        return;
    }
    const char *identity = NULL,
               *full = lg_io_beside(r->entry->value_place.file, path, load->arena);
    const char *why = load->io->read(load->io->ctx, full, load->arena, &field->content, &identity);
    if (why != NULL) {
        lg_bad(r, 0, NULL, "%s: %s", full, why);
    }
}

/* ---- [data NAME] ---- */

static void check_columns(struct lg_reading *r, const struct lg_data *data, const char *path)
{
    for (size_t i = 0; i < data->table.columns; i++) {
        struct lg_slice name = data->table.names[i];
        bool usable = name.n > 0 && memchr(name.p, '}', name.n) == NULL;
        for (size_t j = 0; j < i && usable; j++) {
            usable = !lg_slice_eq(name, data->table.names[j]);
        }
        if (!usable) {
            lg_bad(r, 0, "the first line names the columns, each in its own way",
                   "%s: column %zu cannot be called \"%.*s\"", path, i + 1, (int)name.n, name.p);
        }
    }
}

void lg_read_table(struct lg_reading *r, struct lg_slice text)
{
    struct lg_load *load = r->load;
    struct lg_data *data = &((struct lg_data_draft *)(void *)r->draft)->out;
    const char *path = lg_io_beside(r->entry->value_place.file, text, load->arena);
    const char *identity = NULL;
    struct lg_slice content = {0};
    const char *why = load->io->read(load->io->ctx, path, load->arena, &content, &identity);
    if (why != NULL) {
        lg_bad(r, 0, NULL, "%s: %s", path, why);
        return;
    }
    size_t line = 0, column = 0;
    why = lg_table_read(content, load->arena, &data->table, &line, &column);
    if (why != NULL) {
        lg_bad(r, 0, NULL, "%s:%zu:%zu: %s", path, line, column, why);
        data->table.rows = 0;
    } else if (data->table.rows == 0) {
        lg_bad(r, 0, NULL, "%s: there is no row below the names of the columns", path);
    } else {
        check_columns(r, data, path);
    }
}
