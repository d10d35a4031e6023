#include "content/table.h"

struct reader {
    const char *p, *end, *line_start;
    size_t line;
    struct lg_arena *arena;
};

static bool at_line_end(const struct reader *r)
{
    return r->p == r->end || *r->p == '\n' ||
           (*r->p == '\r' && (r->p + 1 == r->end || r->p[1] == '\n'));
}

static void end_line(struct reader *r)
{
    if (r->p < r->end && *r->p == '\r') {
        r->p++;
    }
    if (r->p < r->end) {
        r->p++;
    }
    r->line++;
    r->line_start = r->p;
}

/* Each pair of quotes becomes one. */
static struct lg_slice without_pairs(struct reader *r, struct lg_slice raw)
{
    char *copy = lg_arena_strndup(r->arena, raw.p, raw.n);
    size_t n = 0;
    for (size_t i = 0; i < raw.n; i++) {
        copy[n++] = raw.p[i];
        i += raw.p[i] == '"';
    }
    return lg_slice(copy, n);
}

/* From behind the opening quote; lines inside count. */
static const char *read_quoted(struct reader *r, struct lg_slice *out)
{
    const char *from = r->p, *open_line = r->line_start;
    size_t line = r->line;
    bool pairs = false;
    for (;; r->p++) {
        if (r->p == r->end) {
            r->p = from - 1;
            r->line = line;
            r->line_start = open_line;
            return "a quote that is never closed";
        }
        if (*r->p == '\n') {
            r->line++;
            r->line_start = r->p + 1;
        } else if (*r->p == '"') {
            if (r->p + 1 == r->end || r->p[1] != '"') {
                break;
            }
            pairs = true;
            r->p++;
        }
    }
    *out = lg_slice(from, (size_t)(r->p - from));
    if (pairs) {
        *out = without_pairs(r, *out);
    }
    r->p++;
    return at_line_end(r) || *r->p == ',' ? NULL : "text behind a closing quote";
}

static const char *read_field(struct reader *r, struct lg_slice *out)
{
    if (r->p < r->end && *r->p == '"') {
        r->p++;
        return read_quoted(r, out);
    }
    const char *from = r->p;
    while (!at_line_end(r) && *r->p != ',') {
        if (*r->p == '"') {
            return "a quote within a field that does not begin with one";
        }
        r->p++;
    }
    *out = lg_slice(from, (size_t)(r->p - from));
    return NULL;
}

/* Reads the fields of one row; at most `most` of them are kept, *count says how many there are. */
static const char *read_row(struct reader *r, struct lg_slice *fields, size_t most, size_t *count)
{
    for (*count = 0;;) {
        struct lg_slice field = {0};
        const char *why = read_field(r, &field);
        if (why != NULL) {
            return why;
        }
        if (*count < most) {
            fields[*count] = field;
        }
        ++*count;
        if (at_line_end(r)) {
            return NULL;
        }
        r->p++; /* the comma */
    }
}

static void skip_empty_lines(struct reader *r)
{
    while (r->p < r->end && at_line_end(r)) {
        end_line(r);
    }
}

static const char *read_names(struct reader *r, struct lg_table *out)
{
    struct lg_slice names[LG_TABLE_COLUMNS];
    size_t count;
    const char *why = read_row(r, names, LG_TABLE_COLUMNS, &count);
    if (why == NULL && count > LG_TABLE_COLUMNS) {
        why = "more than 1000 columns";
    }
    if (why != NULL) {
        return why;
    }
    out->columns = count; /* of a line that is no header there are none */
    out->names = lg_arena_alloc(r->arena, out->columns * sizeof *out->names);
    memcpy(out->names, names, out->columns * sizeof *out->names);
    end_line(r);
    return NULL;
}

static const char *read_rows(struct reader *r, struct lg_table *out, size_t room)
{
    for (skip_empty_lines(r); r->p < r->end; skip_empty_lines(r)) {
        LG_ASSERT(out->rows < room);
        size_t count = 0;
        struct lg_slice *row = out->cells + out->rows * out->columns;
        const char *why = read_row(r, row, out->columns, &count);
        if (why == NULL && count != out->columns) {
            why = count < out->columns ? "fewer fields than the header line has"
                                       : "more fields than the header line has";
        }
        if (why != NULL) {
            return why;
        }
        out->rows++;
        if (r->p < r->end) {
            end_line(r);
        }
    }
    return NULL;
}

/* No more rows than lines, and a row takes a byte for each of its fields. */
static size_t rows_at_most(const char *p, const char *end, size_t columns)
{
    size_t lines = 1, by_size = (size_t)(end - p) / columns + 1;
    while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
        lines++;
        p++;
    }
    return lines < by_size ? lines : by_size;
}

const char *lg_table_read(struct lg_slice text, struct lg_arena *arena, struct lg_table *out,
                          size_t *line, size_t *column)
{
    *out = (struct lg_table){0};
    if (text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0) {
        text = lg_slice(text.p + 3, text.n - 3);
    }
    const char *p = text.n > 0 ? text.p : "";
    struct reader r = {.p = p, .end = p + text.n, .line_start = p, .line = 1, .arena = arena};
    skip_empty_lines(&r);
    const char *why =
        r.p == r.end ? "the line with the names of the columns is missing" : read_names(&r, out);
    if (why == NULL) {
        size_t room = rows_at_most(r.p, r.end, out->columns);
        out->cells = lg_arena_alloc(arena, room * out->columns * sizeof *out->cells);
        why = read_rows(&r, out, room);
    }
    *line = r.line;
    *column = (size_t)(r.p - r.line_start) + 1;
    return why;
}
