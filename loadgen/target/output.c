#include "target/output.h"

#include <stdlib.h>

static const char announcement[] = "listening on ";
enum { SHOWN_COLUMNS = 300 };

/* The port that a whole line announces, else 0: "listening on 8000" and then nothing or a blank. */
static int announced_port(struct lg_slice line)
{
    size_t i = sizeof announcement - 1;
    if (line.n <= i || memcmp(line.p, announcement, i) != 0) {
        return 0;
    }
    size_t first = i;
    int port = 0;
    while (i < line.n && line.p[i] >= '0' && line.p[i] <= '9' && i - first < 5) {
        port = port * 10 + (line.p[i++] - '0');
    }
    bool ends = i == line.n || strchr(" \t\r", line.p[i]) != NULL;
    return ends && port <= 65535 ? port : 0;
}

static void keep_line(struct lg_output *output, struct lg_slice line)
{
    struct lg_buf *kept = &output->kept;
    lg_buf_add(kept, line.p, line.n);
    lg_buf_add(kept, "\n", 1);
    if (kept->n > 4 * LG_OUTPUT_TAIL) { /* rarely, so that a flood costs one copy per byte */
        lg_buf_drop(kept, kept->n - LG_OUTPUT_TAIL);
    }
}

static void end_line(struct lg_output *output, int stream, bool complete)
{
    struct lg_output_line *line = &output->line[stream];
    if (complete && stream == 0 && output->port == 0 && !line->cut) {
        output->port = announced_port(lg_slice(line->p, line->n));
    }
    keep_line(output, lg_slice(line->p, line->n));
    line->n = 0;
    line->cut = !complete;
}

void lg_output_add(struct lg_output *output, int stream, struct lg_slice bytes)
{
    struct lg_output_line *line = &output->line[stream];
    while (bytes.n > 0) {
        const char *end = memchr(bytes.p, '\n', bytes.n);
        size_t n = end ? (size_t)(end - bytes.p) : bytes.n;
        size_t room = sizeof line->p - line->n;
        size_t take = n < room ? n : room;
        memcpy(line->p + line->n, bytes.p, take);
        line->n += take;
        bool complete = end != NULL && take == n;
        size_t used = take + complete;
        bytes = lg_slice(bytes.p + used, bytes.n - used);
        if (complete || line->n == sizeof line->p) {
            end_line(output, stream, complete);
        }
    }
}

void lg_output_tail(const struct lg_output *output, struct lg_buf *tail)
{
    struct lg_buf all = {0};
    lg_buf_add(&all, output->kept.p, output->kept.n);
    for (int stream = 0; stream < 2; stream++) {
        const struct lg_output_line *line = &output->line[stream];
        if (line->n > 0) {
            lg_buf_add(&all, line->p, line->n);
            lg_buf_add(&all, "\n", 1);
        }
    }
    size_t from = all.n > LG_OUTPUT_TAIL ? all.n - LG_OUTPUT_TAIL : 0;
    if (from > 0) {
        const char *start = memchr(all.p + from - 1, '\n', all.n - from);
        from = start ? (size_t)(start + 1 - all.p) : from;
    }
    lg_buf_add(tail, all.p + from, all.n - from);
    lg_buf_free(&all);
}

void lg_output_free(struct lg_output *output)
{
    lg_buf_free(&output->kept);
}

/* Bytes of the UTF-8 character at p that may be printed as it is; 0: escape the byte.  Controls,
 * also the C1 ones (U+0080-U+009F), overlong forms and surrogates are not (RFC 3629, 4). */
static size_t printable(const unsigned char *p, size_t n)
{
    if (p[0] >= 0x20 && p[0] < 0x7f) {
        return 1;
    }
    size_t length = p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : p[0] >= 0xe0 && p[0] < 0xf0 ? 3 : 4;
    if (p[0] < 0xc2 || p[0] > 0xf4 || n < length) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool bad = (p[0] == 0xc2 && p[1] < 0xa0) || (p[0] == 0xe0 && p[1] < 0xa0) ||
               (p[0] == 0xed && p[1] >= 0xa0) || (p[0] == 0xf0 && p[1] < 0x90) ||
               (p[0] == 0xf4 && p[1] >= 0x90);
    return bad ? 0 : length;
}

static void show_line(struct lg_slice line, struct lg_buf *out)
{
    lg_buf_adds(out, "\n    ");
    if (line.n > 0 && line.p[line.n - 1] == '\r') {
        line.n--;
    }
    for (size_t i = 0, columns = 0; i < line.n; columns++) {
        if (columns == SHOWN_COLUMNS) {
            lg_buf_addf(out, " ... (%zu bytes more)", line.n - i);
            return;
        }
        size_t n = printable((const unsigned char *)line.p + i, line.n - i);
        if (n > 0) {
            lg_buf_add(out, line.p + i, n);
        } else if (line.p[i] == '\t') {
            lg_buf_adds(out, "    ");
        } else {
            lg_buf_addf(out, "\\x%02x", (unsigned char)line.p[i]);
        }
        i += n ? n : 1;
    }
}

char *lg_output_show(struct lg_slice tail, struct lg_arena *arena)
{
    if (tail.n > 0 && tail.p[tail.n - 1] == '\n') {
        tail.n--;
    }
    if (tail.n == 0) {
        return lg_arena_strdup(arena, "\n    (it printed nothing)");
    }
    size_t from = tail.n;
    for (int lines = 0; from > 0; from--) {
        if (tail.p[from - 1] == '\n' && ++lines == LG_OUTPUT_LINES) {
            break;
        }
    }
    struct lg_buf out = {0};
    while (from <= tail.n) {
        const char *end = from < tail.n ? memchr(tail.p + from, '\n', tail.n - from) : NULL;
        size_t to = end ? (size_t)(end - tail.p) : tail.n;
        show_line(lg_slice(tail.p + from, to - from), &out);
        from = to + 1;
    }
    char *text = lg_arena_strndup(arena, out.p, out.n);
    lg_buf_free(&out);
    return text;
}
