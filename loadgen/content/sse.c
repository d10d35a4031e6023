#include "content/sse.h"

#include <endian.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* ---- texts ---- */

static void keep(struct lg_sse_text *text)
{
    if (text->lent) {
        text->lent = false;
        text->kept.n = 0;
        lg_buf_add(&text->kept, text->now.p, text->now.n);
        text->now.p = text->kept.p;
    }
}

static void lend(struct lg_sse_text *text, struct lg_slice value)
{
    text->now = value;
    text->lent = true;
}

static void clear(struct lg_sse_text *text)
{
    text->now.n = 0;
    text->lent = false;
}

/* The bytes in hand go away. */
static void keep_all(struct lg_sse *sse)
{
    keep(&sse->last_id); /* first: it may be lent from id */
    keep(&sse->id);
    keep(&sse->data);
    keep(&sse->type);
}

/* ---- looking for control characters: line ends and NUL are such, and little else is ---- */

/* Bit 7 of every byte below 0x20; right up to the lowest one set. */
static uint64_t controls(uint64_t word)
{
    return (word - UINT64_C(0x2020202020202020)) & ~word & UINT64_C(0x8080808080808080);
}

/* As next_control, for what is too short for it. */
static __attribute__((noinline)) const char *control_in_rest(const char *p, const char *end)
{
    for (; end - p >= 8; p += 8) {
        uint64_t word;
        memcpy(&word, p, sizeof word);
        word = controls(le64toh(word));
        if (word != 0) {
            return p + (__builtin_ctzll(word) >> 3);
        }
    }
    for (; p < end; p++) {
        if ((unsigned char)*p < ' ') {
            return p;
        }
    }
    return NULL;
}

/* The first one at or after p; NULL: none before end. */
static inline const char *next_control(const char *p, const char *end)
{
#ifdef __SSE2__
    for (; end - p >= 16; p += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
        int found = _mm_movemask_epi8(low);
        if (found != 0) {
            return p + __builtin_ctz((unsigned)found);
        }
    }
#endif
    return control_in_rest(p, end);
}

/* ---- fields ---- */

/* Lines after the first are joined in the event's own buffer.  False: the event is too big. */
static __attribute__((noinline)) bool join_data(struct lg_sse *sse, struct lg_slice value)
{
    keep(&sse->data);
    if (sse->data.kept.n + value.n >= LG_SSE_MOST) {
        return false;
    }
    lg_buf_add(&sse->data.kept, "\n", 1);
    lg_buf_add(&sse->data.kept, value.p, value.n);
    sse->data.now = lg_buf_slice(&sse->data.kept);
    return true;
}

static bool add_data(struct lg_sse *sse, struct lg_slice value)
{
    if (sse->has_data) {
        return join_data(sse, value);
    }
    sse->has_data = true;
    lend(&sse->data, value);
    return true;
}

/* What the last event ID was stays until the event ends that the new one belongs to. */
static void set_id(struct lg_sse *sse, struct lg_slice value)
{
    if (sse->nul) {
        return;
    }
    if (sse->last_is_id) {
        sse->last_is_id = false;
        lend(&sse->last_id, sse->id.now);
    }
    lend(&sse->id, value);
    sse->own_id = true;
}

static __attribute__((noinline)) void set_retry(struct lg_sse *sse, struct lg_slice value)
{
    int64_t ms = 0;
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] < '0' || value.p[i] > '9') {
            return;
        }
        ms = ms < INT64_MAX / 100 ? ms * 10 + (value.p[i] - '0') : ms;
    }
    if (value.n > 0) {
        sse->has_retry = true;
        sse->retry_ms = ms;
    }
}

/* "name", "name:value" or "name: value" -> value.  The byte behind a line is its end: it may be
 * looked at, and is neither a colon nor a blank. */
static inline __attribute__((always_inline)) bool is_field(struct lg_slice line, const char *name,
                                                           size_t n, struct lg_slice *value)
{
    if (line.n < n || memcmp(line.p, name, n) != 0) {
        return false;
    }
    const char *from = line.p + n, *end = line.p + line.n;
    if (__builtin_expect(*from == ':' && from[1] == ' ', 1)) {
        *value = lg_slice(from + 2, line.n - n - 2);
        return true;
    }
    bool colon = *from == ':';
    from += colon;
    *value = lg_slice(from, (size_t)(end - from));
    return colon || from == end;
}

/* A line that is not empty.  False: the event is too big. */
static inline bool take_field(struct lg_sse *sse, struct lg_slice line)
{
    struct lg_slice value;
    char first = line.p[0];
    if (first == 'd') {
        return !is_field(line, "data", 4, &value) || add_data(sse, value);
    }
    if (first == 'i' && is_field(line, "id", 2, &value)) {
        set_id(sse, value);
    } else if (first == 'e' && is_field(line, "event", 5, &value)) {
        lend(&sse->type, value);
    } else if (first == 'r' && is_field(line, "retry", 5, &value)) {
        set_retry(sse, value);
    } /* else a comment, or a field that the standard ignores */
    return true;
}

/* An empty line.  False: there is nothing to dispatch. */
static bool dispatch(struct lg_sse *sse, struct lg_sse_event *event)
{
    bool dispatched = sse->has_data;
    sse->last_is_id = true;
    sse->last_id.lent = false;
    if (dispatched) {
        event->type = sse->type.now.n > 0 ? sse->type.now : lg_slice("message", 7);
        event->data = sse->data.now;
        event->id = sse->id.now;
        event->own_id = sse->own_id;
    }
    sse->has_data = sse->own_id = false;
    clear(&sse->data);
    clear(&sse->type);
    return dispatched;
}

/* ---- lines ---- */

/* Skips a byte order mark at the start of the stream, which may come in pieces. */
static void skip_mark(struct lg_sse *sse, struct lg_slice *bytes)
{
    static const char mark[] = "\xef\xbb\xbf";
    while (bytes->n > 0 && sse->mark < 3) {
        if (bytes->p[0] != mark[sse->mark]) {
            lg_buf_add(&sse->line, mark, sse->mark); /* text after all */
            sse->mark = 3;
            return;
        }
        sse->mark++;
        *bytes = lg_slice(bytes->p + 1, bytes->n - 1);
    }
}

static inline bool is_end(char c)
{
    return (unsigned char)c <= '\r' && (c == '\n' || c == '\r');
}

/* From a control character that is no LF: where the line ends.  Notes a NUL on the way. */
static __attribute__((noinline)) const char *odd_end(struct lg_sse *sse, const char *p,
                                                     const char *end)
{
    while (p != NULL && !is_end(*p)) {
        sse->nul = sse->nul || *p == '\0';
        p = next_control(p + 1, end);
    }
    return p;
}

/* Where the line that p lies in ends; NULL: not in these bytes. */
static inline const char *line_end(struct lg_sse *sse, const char *p, const char *end)
{
    p = next_control(p, end);
    return p == NULL || __builtin_expect(*p == '\n', 1) ? p : odd_end(sse, p, end);
}

/* Where the next line begins. */
static inline const char *after_end(struct lg_sse *sse, const char *stop, const char *end)
{
    const char *p = stop + 1;
    if (*stop == '\r') {
        sse->after_cr = p == end;
        p += p < end && *p == '\n';
    }
    return p;
}

/* The beginning of a line.  False: it is too long. */
static bool set_aside(struct lg_sse *sse, struct lg_slice rest)
{
    if (sse->line.n + rest.n > LG_SSE_MOST) {
        return false;
    }
    lg_buf_add(&sse->line, rest.p, rest.n);
    return true;
}

/* The end of a line that began in a read before: its bytes lie in a buffer that is used again.
 * False: it is too long. */
static bool take_pieces(struct lg_sse *sse, struct lg_slice last)
{
    if (sse->line.n + last.n > LG_SSE_MOST) {
        return false;
    }
    lg_buf_add(&sse->line, last.p, last.n + 1); /* its end, too */
    bool fits = take_field(sse, lg_slice(sse->line.p, sse->line.n - 1));
    keep_all(sse);
    lg_buf_clear(&sse->line);
    sse->nul = false;
    return fits;
}

/* What the read before left over.  False: too big. */
static __attribute__((noinline)) bool resume(struct lg_sse *sse, struct lg_slice *bytes)
{
    if (sse->mark < 3) {
        skip_mark(sse, bytes);
    }
    const char *p = bytes->p, *end = bytes->p + bytes->n;
    if (sse->after_cr && p < end) {
        sse->after_cr = false;
        p += *p == '\n';
    }
    if (sse->line.n > 0) {
        const char *stop = line_end(sse, p, end);
        if (stop != NULL) {
            if (!take_pieces(sse, lg_slice(p, (size_t)(stop - p)))) {
                return false;
            }
            p = after_end(sse, stop, end);
        }
    }
    *bytes = lg_slice(p, (size_t)(end - p));
    return true;
}

/* The lines of *bytes up to an event, or as many as there are. */
static inline enum lg_sse_found take_lines(struct lg_sse *sse, struct lg_slice *bytes,
                                           struct lg_sse_event *event)
{
    const char *p = bytes->p, *end = bytes->p + bytes->n;
    while (p < end) {
        if (is_end(*p)) {
            p = after_end(sse, p, end);
            if (dispatch(sse, event)) {
                *bytes = lg_slice(p, (size_t)(end - p));
                return LG_SSE_EVENT;
            }
            continue;
        }
        const char *from = p, *stop = line_end(sse, p, end);
        if (stop == NULL) {
            break;
        }
        p = after_end(sse, stop, end);
        struct lg_slice line = lg_slice(from, (size_t)(stop - from));
        if (line.n > LG_SSE_MOST || !take_field(sse, line)) {
            return LG_SSE_TOO_BIG;
        }
        sse->nul = false;
    }
    *bytes = lg_slice(p, (size_t)(end - p));
    return LG_SSE_MORE;
}

enum lg_sse_found lg_sse_next(struct lg_sse *sse, struct lg_slice *bytes,
                              struct lg_sse_event *event)
{
    bool left = sse->mark < 3 || sse->after_cr || sse->line.n > 0;
    if (left && !resume(sse, bytes)) {
        return LG_SSE_TOO_BIG;
    }
    bool whole = sse->line.n == 0; /* else *bytes is the middle of a line */
    enum lg_sse_found found = whole ? take_lines(sse, bytes, event) : LG_SSE_MORE;
    if (found != LG_SSE_MORE) {
        return found;
    }
    keep_all(sse);
    if (bytes->n > 0 && !set_aside(sse, *bytes)) {
        return LG_SSE_TOO_BIG;
    }
    *bytes = lg_slice(bytes->p + bytes->n, 0);
    return LG_SSE_MORE;
}

/* ---- the stream ---- */

struct lg_slice lg_sse_last_id(const struct lg_sse *sse)
{
    return sse->last_is_id ? sse->id.now : sse->last_id.now;
}

void lg_sse_restart(struct lg_sse *sse)
{
    /* An id without its empty line was not received.  The standard's text would begin with none at
     * all; browsers go on with the last one, and so do we. */
    keep_all(sse);
    if (!sse->last_is_id) {
        lend(&sse->id, sse->last_id.now);
        keep(&sse->id);
        sse->last_is_id = true;
    }
    lg_buf_clear(&sse->line);
    clear(&sse->data);
    clear(&sse->type);
    sse->has_data = sse->own_id = sse->after_cr = sse->nul = false;
    sse->mark = 0;
}

void lg_sse_fini(struct lg_sse *sse)
{
    lg_buf_free(&sse->line);
    lg_buf_free(&sse->data.kept);
    lg_buf_free(&sse->type.kept);
    lg_buf_free(&sse->id.kept);
    lg_buf_free(&sse->last_id.kept);
    *sse = (struct lg_sse){0};
}
