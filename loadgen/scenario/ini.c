#include "scenario/ini.h"

#include "base/buf.h"

#include <stdlib.h>

/* The files being read, innermost last: an include of one of them is a cycle. */
struct open_file {
    const char *identity;
    const struct open_file *outer;
};

struct reader {
    struct lg_ini *ini;
    const struct lg_io *io;
    struct lg_problems *problems;
    struct lg_buf source, opening;
    unsigned files;

    /* of the file being read */
    const char *file;
    const struct open_file *open;
    struct lg_slice line;
    unsigned number;
    size_t section; /* index + 1; 0: none yet */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_upper(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

struct lg_slice lg_slice_trim(struct lg_slice text)
{
    while (text.n > 0 && is_blank(text.p[0])) {
        text = lg_slice(text.p + 1, text.n - 1);
    }
    while (text.n > 0 && is_blank(text.p[text.n - 1])) {
        text.n--;
    }
    return text;
}

bool lg_ini_is_name(struct lg_slice text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (!is_upper(c) && !(c >= 'a' && c <= 'z') && c != '-') {
            return false;
        }
    }
    return text.n > 0;
}

static unsigned characters(const char *p, size_t n)
{
    unsigned count = 0;
    for (size_t i = 0; i < n; i++) {
        count += ((unsigned char)p[i] & 0xc0) != 0x80;
    }
    return count;
}

static struct lg_place place_at(const struct reader *r, const char *p)
{
    unsigned before = characters(r->line.p, (size_t)(p - r->line.p));
    return (struct lg_place){.file = r->file, .line = r->number, .column = before + 1};
}

static struct lg_slice keep(struct lg_arena *arena, struct lg_slice text)
{
    return lg_slice(lg_arena_strndup(arena, text.p, text.n), text.n);
}

struct lg_place lg_ini_place(const struct lg_ini_entry *entry, size_t offset)
{
    struct lg_place place = entry->value_place;
    for (size_t i = entry->span_count; i-- > 0;) {
        const struct lg_ini_span *span = &entry->spans[i];
        if (span->from <= offset) {
            unsigned more = characters(entry->value.p + span->from, offset - span->from);
            place.column = span->column + (span->env ? 0 : more);
            break;
        }
    }
    return place;
}

/* ---- values ---- */

struct value {
    struct lg_ini_entry *entry;
    struct lg_slice raw;
    struct lg_place place;
    struct lg_buf out;
    const struct lg_io *io;
    struct lg_arena *arena;
    struct lg_problems *problems;
};

static struct lg_place value_place(const struct value *v, size_t at)
{
    struct lg_place place = v->place;
    place.column += characters(v->raw.p, at);
    return place;
}

static void add_span(struct value *v, size_t at, bool env)
{
    struct lg_ini_span *span = LG_ARENA_PUSH(v->arena, v->entry->spans, v->entry->span_count);
    *span = (struct lg_ini_span){.from = v->out.n, .column = value_place(v, at).column, .env = env};
}

static size_t find_brace(struct lg_slice text, size_t at)
{
    const char *end = memchr(text.p + at, '}', text.n - at);
    return end == NULL ? text.n : (size_t)(end - text.p);
}

/* The environment's name at raw[at], just after "${"; 0: this hole is not the environment's. */
static size_t env_name(struct lg_slice raw, size_t at)
{
    size_t n = 0;
    while (at + n < raw.n && is_upper(raw.p[at + n])) {
        n++;
    }
    bool ends = at + n < raw.n && (raw.p[at + n] == '}' || raw.p[at + n] == ':');
    bool port = n == 4 && memcmp(raw.p + at, "PORT", 4) == 0;
    return ends && !port ? n : 0;
}

/* A line break out of the environment could add a header, or a line to a report. */
static bool has_control(const char *text)
{
    for (; *text != '\0'; text++) {
        if (((unsigned char)*text < 0x20 && *text != '\t') || *text == 0x7f) {
            return true;
        }
    }
    return false;
}

static void fill_env(struct value *v, size_t at, size_t name_n, size_t end)
{
    struct lg_slice raw = v->raw;
    const char *name = lg_arena_strndup(v->arena, raw.p + at + 2, name_n);
    struct lg_slice rest = lg_slice(raw.p + at + 2 + name_n, end - at - 2 - name_n);
    bool has_default = rest.n >= 2 && rest.p[0] == ':' && rest.p[1] == '-';
    const char *found = v->io->env(v->io->ctx, name);
    add_span(v, at, true);
    if (rest.n > 0 && !has_default) {
        lg_problem_add(v->problems, value_place(v, at), NULL,
                       "${%s...}: a default is written ${%s:-TEXT}", name, name);
    } else if (found != NULL && has_control(found)) {
        lg_problem_add(v->problems, value_place(v, at), NULL,
                       "the environment variable %s holds a control character", name);
    } else if (found != NULL && (found[0] != '\0' || !has_default)) {
        lg_buf_adds(&v->out, found);
    } else if (has_default) {
        lg_buf_add(&v->out, rest.p + 2, rest.n - 2);
    } else {
        const char *hint =
            lg_arena_printf(v->arena, "set it, or give a default: ${%s:-TEXT}", name);
        lg_problem_add(v->problems, value_place(v, at), hint,
                       "the environment variable %s is not set", name);
    }
}

/* Handles "${" at `at` and returns the offset after what it took. */
static size_t take_hole(struct value *v, size_t at)
{
    size_t name_n = env_name(v->raw, at + 2);
    if (name_n == 0) {
        lg_buf_add(&v->out, v->raw.p + at, 2);
        return at + 2;
    }
    size_t end = find_brace(v->raw, at);
    if (end == v->raw.n) {
        lg_problem_add(v->problems, value_place(v, at), NULL, "${ has no closing }");
        return end;
    }
    fill_env(v, at, name_n, end);
    add_span(v, end + 1, false);
    return end + 1;
}

static bool has(struct lg_slice text, size_t at, const char *what)
{
    size_t n = strlen(what);
    return text.n - at >= n && memcmp(text.p + at, what, n) == 0;
}

void lg_ini_set_value(struct lg_ini_entry *entry, struct lg_slice raw, struct lg_place place,
                      const struct lg_io *io, struct lg_arena *arena, struct lg_problems *problems)
{
    struct value v = {
        .entry = entry, .raw = raw, .place = place, .io = io, .arena = arena, .problems = problems};
    entry->value_place = place;
    entry->spans = NULL;
    entry->span_count = 0;
    add_span(&v, 0, false);
    for (size_t at = 0; at < raw.n;) {
        if (has(raw, at, "$${")) {
            lg_buf_adds(&v.out, "$${");
            at += 3;
        } else if (has(raw, at, "${")) {
            at = take_hole(&v, at);
        } else {
            lg_buf_add(&v.out, raw.p + at, 1);
            at++;
        }
    }
    entry->value = v.out.n > 0 ? keep(arena, lg_buf_slice(&v.out)) : lg_str("");
    lg_buf_free(&v.out);
}

/* ---- lines ---- */

static void read_file(struct reader *r, struct lg_slice text);

static void take_section(struct reader *r, struct lg_slice line)
{
    const char *close = memchr(line.p, ']', line.n);
    if (close == NULL) {
        lg_problem_add(r->problems, place_at(r, line.p), NULL, "[ has no closing ]");
        return;
    }
    struct lg_slice after =
        lg_slice_trim(lg_slice(close + 1, (size_t)(line.p + line.n - close - 1)));
    if (after.n > 0) {
        lg_problem_add(r->problems, place_at(r, after.p),
                       "a comment is a line of its own, beginning with ; or #",
                       "text after a section's ]");
    }
    struct lg_slice inner = lg_slice_trim(lg_slice(line.p + 1, (size_t)(close - line.p - 1)));
    size_t kind_n = 0;
    while (kind_n < inner.n && !is_blank(inner.p[kind_n])) {
        kind_n++;
    }
    struct lg_slice kind = lg_slice(inner.p, kind_n);
    struct lg_slice name = lg_slice_trim(lg_slice(inner.p + kind_n, inner.n - kind_n));
    if (kind.n == 0) {
        lg_problem_add(r->problems, place_at(r, line.p), NULL, "a section needs a name in its [ ]");
    }
    struct lg_ini_section *section = LG_ARENA_PUSH(r->ini->arena, r->ini->sections, r->ini->count);
    *section = (struct lg_ini_section){
        .kind = keep(r->ini->arena, kind),
        .name = keep(r->ini->arena, name),
        .place = place_at(r, line.p),
        .name_place = place_at(r, name.n > 0 ? name.p : inner.p),
    };
    r->section = r->ini->count;
}

static bool is_open(const struct open_file *open, const char *identity)
{
    for (; open != NULL; open = open->outer) {
        if (strcmp(open->identity, identity) == 0) {
            return true;
        }
    }
    return false;
}

static void take_include(struct reader *r, struct lg_slice key, struct lg_slice raw)
{
    struct lg_arena *arena = r->ini->arena;
    struct lg_ini_entry entry = {0};
    struct lg_place place = place_at(r, raw.p);
    lg_ini_set_value(&entry, raw, place, r->io, arena, r->problems);
    if (entry.value.n == 0) {
        lg_problem_add(r->problems, place_at(r, key.p), NULL, "include: a file is expected");
        return;
    }
    if (++r->files > LG_INI_FILES) {
        if (r->files == LG_INI_FILES + 1) {
            lg_problem_add(r->problems, place, NULL, "include: more than %d files", LG_INI_FILES);
        }
        return;
    }
    const char *path = lg_io_beside(r->file, entry.value, arena);
    struct lg_slice text = {0};
    const char *identity = NULL;
    const char *why = r->io->read(r->io->ctx, path, arena, &text, &identity);
    if (why != NULL) {
        lg_problem_add(r->problems, place, NULL, "include: %s: %s", path, why);
    } else if (is_open(r->open, identity)) {
        lg_problem_add(r->problems, place, NULL, "include: %s includes itself", path);
    } else {
        struct reader inner = *r;
        struct open_file open = {.identity = identity, .outer = r->open};
        inner.file = path;
        inner.open = &open;
        inner.section = 0;
        lg_buf_addf(&inner.source, "; included from here: %.*s\n", (int)raw.n, raw.p);
        read_file(&inner, text);
        lg_buf_addf(&inner.source, "; end of %.*s\n", (int)raw.n, raw.p);
        r->source = inner.source;
        r->opening = inner.opening;
        r->files = inner.files;
    }
}

static void take_entry(struct reader *r, struct lg_slice line)
{
    const char *equals = memchr(line.p, '=', line.n);
    if (equals == NULL) {
        lg_problem_add(r->problems, place_at(r, line.p), NULL,
                       "neither [SECTION] nor KEY = VALUE nor a comment (; or #)");
        return;
    }
    struct lg_slice key = lg_slice_trim(lg_slice(line.p, (size_t)(equals - line.p)));
    const char *end = line.p + line.n;
    struct lg_slice raw = lg_slice_trim(lg_slice(equals + 1, (size_t)(end - equals - 1)));
    if (key.n == 0) {
        lg_problem_add(r->problems, place_at(r, line.p), NULL, "a key is missing before =");
        return;
    }
    if (lg_slice_eq(key, lg_str("include"))) {
        take_include(r, key, raw);
        return;
    }
    if (r->section == 0) {
        lg_problem_add(r->problems, place_at(r, key.p), "begin with [scenario]",
                       "%.*s stands before the first section", (int)key.n, key.p);
        return;
    }
    struct lg_ini_section *section = &r->ini->sections[r->section - 1];
    struct lg_ini_entry *entry = LG_ARENA_PUSH(r->ini->arena, section->entries, section->count);
    entry->key = keep(r->ini->arena, key);
    entry->place = place_at(r, key.p);
    entry->source_from = r->source.n - 1 - (size_t)(r->line.p + r->line.n - raw.p);
    entry->source_n = raw.n;
    lg_ini_set_value(entry, raw, place_at(r, raw.p), r->io, r->ini->arena, r->problems);
}

/* Length of the UTF-8 character at the front (RFC 3629), 0: broken. */
static size_t utf8_length(const unsigned char *p, size_t n)
{
    size_t need = p[0] < 0x80   ? 1
                  : p[0] < 0xc2 ? 0
                  : p[0] < 0xe0 ? 2
                  : p[0] < 0xf0 ? 3
                  : p[0] < 0xf5 ? 4
                                : 0;
    if (need == 0 || need > n) {
        return 0;
    }
    for (size_t i = 1; i < need; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    bool surrogate = p[0] == 0xed && p[1] >= 0xa0;
    bool beyond = p[0] == 0xf4 && p[1] >= 0x90;
    return overlong || surrogate || beyond ? 0 : need;
}

/* One problem a line is enough. */
static bool has_good_bytes(struct reader *r)
{
    const unsigned char *p = (const unsigned char *)r->line.p;
    for (size_t i = 0; i < r->line.n;) {
        size_t n = utf8_length(p + i, r->line.n - i);
        if (n == 0) {
            lg_problem_add(r->problems, place_at(r, r->line.p + i), NULL,
                           "byte 0x%02x is not UTF-8", p[i]);
            return false;
        }
        if ((p[i] < 0x20 && p[i] != '\t') || p[i] == 0x7f) {
            lg_problem_add(
                r->problems, place_at(r, r->line.p + i), NULL,
                p[i] == 0 ? "a NUL byte: is this a text file?" : "control character 0x%02x", p[i]);
            return false;
        }
        i += n;
    }
    return true;
}

static void take_comment(struct reader *r, struct lg_slice line)
{
    if (r->ini->count > 0 || r->open->outer != NULL) {
        return;
    }
    struct lg_slice text = lg_slice_trim(lg_slice(line.p + 1, line.n - 1));
    lg_buf_add(&r->opening, text.p, text.n);
    lg_buf_adds(&r->opening, "\n");
}

static void take_line(struct reader *r)
{
    lg_buf_add(&r->source, r->line.p, r->line.n);
    lg_buf_adds(&r->source, "\n");
    struct lg_slice line = lg_slice_trim(r->line);
    if (!has_good_bytes(r) || line.n == 0) {
        return;
    }
    if (line.p[0] == ';' || line.p[0] == '#') {
        take_comment(r, line);
    } else if (line.p[0] == '[') {
        take_section(r, line);
    } else {
        take_entry(r, line);
    }
}

static void read_file(struct reader *r, struct lg_slice text)
{
    if (has(text, 0, "\xef\xbb\xbf")) {
        text = lg_slice(text.p + 3, text.n - 3);
    }
    r->number = 0;
    while (text.n > 0) {
        const char *newline = memchr(text.p, '\n', text.n);
        size_t n = newline == NULL ? text.n : (size_t)(newline - text.p);
        size_t taken = n + (newline != NULL);
        r->line = lg_slice(text.p, n > 0 && text.p[n - 1] == '\r' ? n - 1 : n);
        r->number++;
        take_line(r);
        text = lg_slice(text.p + taken, text.n - taken);
    }
}

bool lg_ini_read(struct lg_ini *ini, const char *file, const struct lg_io *io,
                 struct lg_arena *arena, struct lg_problems *problems)
{
    *ini = (struct lg_ini){.arena = arena, .opening = "", .source = lg_str("")};
    struct lg_slice text = {0};
    struct open_file open = {0};
    const char *why = io->read(io->ctx, file, arena, &text, &open.identity);
    if (why != NULL) {
        lg_problem_add(problems, (struct lg_place){.file = file}, NULL, "%s", why);
        return false;
    }
    struct reader r = {.ini = ini, .io = io, .problems = problems, .file = file, .open = &open};
    read_file(&r, text);
    if (r.opening.n > 0) {
        ini->opening = lg_arena_strndup(arena, r.opening.p, r.opening.n - 1);
    }
    if (r.source.n > 0) {
        ini->source = keep(arena, lg_buf_slice(&r.source));
    }
    lg_buf_free(&r.source);
    lg_buf_free(&r.opening);
    return true;
}
