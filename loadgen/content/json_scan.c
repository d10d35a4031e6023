/* One pass.  A name is compared only with those that can follow where it stands. */
#include "base/utf8.h"
#include "content/json_query.h"
#include "content/json_text.h"

enum { MAX_DEPTH = 64 };

#define ALWAYS_INLINE inline __attribute__((always_inline))

#define ONES  UINT64_C(0x0101010101010101)
#define HIGHS UINT64_C(0x8080808080808080)

/* Bytes that end a run of plain characters are marked with their high bit; the lowest mark is
 * right, those above it may not be (a borrow). */
static inline uint64_t marks(uint64_t word)
{
    uint64_t quote = word ^ ONES * '"';
    uint64_t escape = word ^ ONES * '\\';
    return ((quote - ONES) | (escape - ONES) | (word - ONES * 0x20) | word) & HIGHS;
}

/* The first byte at or after p that is a quote, a backslash, a control or not ASCII; or end. */
static inline const char *skip_plain(const char *p, const char *end)
{
    while (end - p >= 8) {
        uint64_t stop = marks(lg_json_word(p));
        if (stop != 0) {
            return p + (__builtin_ctzll(stop) >> 3);
        }
        p += 8;
    }
    while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20 && !(*p & 0x80)) {
        p++;
    }
    return p;
}

/* A run of bytes that are not ASCII, which must be UTF-8 by itself; NULL if it is not. */
static const char *skip_wide(const char *p, const char *end)
{
    const char *from = p;
    while (p < end && (*p & 0x80)) {
        p++;
    }
    return lg_utf8_valid(lg_slice(from, (size_t)(p - from))) ? p : NULL;
}

/* ---- the pass ----
 * Each function takes the position where its construct begins and returns the one behind it, or
 * NULL: malformed, or nothing is missing any more; its callers return at once either way.  The
 * position travels in a register, not in the struct. */

struct scan {
    const char *end;
    struct lg_slice *values;
    unsigned missing; /* bit i: pointer i has not been found */
    unsigned depth;
};

/* From a stop of skip_plain() that is not the closing quote. */
static const char *rest_of_string(const char *p, const char *end, bool *plain)
{
    for (;;) {
        if (p == end || (unsigned char)*p < 0x20) {
            return NULL;
        }
        if (*p == '"') {
            return p + 1;
        }
        if (*p == '\\') {
            p++;
            *plain = false;
            if (lg_json_escape(&p, end) < 0) {
                return NULL;
            }
        } else {
            p = skip_wide(p, end);
            if (p == NULL) {
                return NULL;
            }
        }
        p = skip_plain(p, end);
    }
}

/* p: behind the opening quote. */
static inline const char *scan_string(const char *p, const char *end, bool *plain)
{
    p = skip_plain(p, end);
    if (p < end && *p == '"') {
        return p + 1;
    }
    return rest_of_string(p, end, plain);
}

/* Zero where a byte is a digit; right up to and at the first that is none (then a carry may come).
 */
static inline uint64_t not_digits(uint64_t word)
{
    return (word & (word + ONES * 6) & ONES * 0xf0) ^ (ONES * 0x30);
}

static inline const char *digits(const char *p, const char *end)
{
    const char *from = p;
    while (end - p >= 8) {
        uint64_t stop = not_digits(lg_json_word(p));
        if (stop != 0) {
            p += __builtin_ctzll(stop) >> 3;
            return p > from ? p : NULL;
        }
        p += 8;
    }
    while (p < end && (unsigned)(*p - '0') < 10) {
        p++;
    }
    return p > from ? p : NULL;
}

static const char *scan_fraction(const char *p, const char *end)
{
    if (p < end && *p == '.') {
        p = digits(p + 1, end);
    }
    if (p == NULL || p == end || (*p | 0x20) != 'e') {
        return p;
    }
    p++;
    if (p < end && (*p == '+' || *p == '-')) {
        p++;
    }
    return digits(p, end);
}

static const char *scan_number(const char *p, const char *end)
{
    if (*p == '-') {
        p++;
    }
    p = p < end && *p == '0' ? p + 1 : digits(p, end);
    return p != NULL ? scan_fraction(p, end) : NULL;
}

static const char *scan_word(const char *p, const char *end, const char *word, size_t n)
{
    return (size_t)(end - p) >= n && memcmp(p, word, n) == 0 ? p + n : NULL;
}

static const char *skip_blanks(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')) {
        p++;
    }
    return p;
}

static const char *expect_behind_blanks(const char *p, const char *end, char mark)
{
    p = skip_blanks(p, end);
    return p < end && *p == mark ? p + 1 : NULL;
}

/* Behind the given mark, or NULL.  Most texts have no blanks. */
static inline const char *expect(const char *p, const char *end, char mark)
{
    if (p == end || *p == mark) {
        return p < end ? p + 1 : NULL;
    }
    return (unsigned char)*p > ' ' ? NULL : expect_behind_blanks(p, end, mark);
}

/* Does the name (raw, without quotes) spell this node's token? */
static bool spells(struct lg_slice name, const struct lg_json_node *node)
{
    const char *p = name.p, *end = name.p + name.n;
    size_t at = 0;
    while (p < end) {
        char bytes[4] = {*p++};
        size_t n = 1;
        if (bytes[0] == '\\') {
            n = lg_utf8_put(bytes, (uint32_t)lg_json_escape(&p, end));
        }
        if (node->name_n - at < n || memcmp(node->name + at, bytes, n) != 0) {
            return false;
        }
        at += n;
    }
    return at == node->name_n;
}

/* A name where it stands in the text. */
struct name {
    const char *p;
    size_t n;
    uint64_t word;    /* like node.word, if short_plain */
    bool short_plain; /* less than eight bytes and plain */
    bool plain;       /* without escapes */
};

/* Reads the name that begins at p (behind its quote); the position behind its closing quote. */
static inline const char *scan_name(const char *p, const char *end, struct name *name)
{
    name->p = p;
    name->plain = true;
    name->short_plain = false;
    if (end - p >= 8) {
        uint64_t word = lg_json_word(p);
        uint64_t stop = marks(word);
        unsigned bit = stop != 0 ? (unsigned)__builtin_ctzll(stop) & ~7u : 0;
        if (stop != 0 && p[bit / 8] == '"') {
            name->n = bit / 8;
            name->word = word & ((UINT64_C(1) << bit) - 1);
            name->short_plain = true;
            return p + name->n + 1;
        }
    }
    p = scan_string(p, end, &name->plain);
    name->n = p != NULL ? (size_t)(p - 1 - name->p) : 0;
    return p;
}

static const struct lg_json_node *child_called(const struct lg_json_node *node,
                                               const struct name *name)
{
    struct lg_slice text = lg_slice(name->p, name->n);
    const struct lg_json_node *c = node->child;
    while (c != NULL &&
           !(name->plain ? lg_slice_eq(text, lg_slice(c->name, c->name_n)) : spells(text, c))) {
        c = c->next;
    }
    return c;
}

/* The child that this name leads to and that no earlier name has led to. */
static inline const struct lg_json_node *match(const struct lg_json_node *node,
                                               const struct name *name, unsigned *seen)
{
    const struct lg_json_node *c;
    if (name->short_plain) {
        if ((node->firsts >> (name->word & 63) & 1) == 0) {
            return NULL;
        }
        for (c = node->child; c != NULL && (c->word != name->word || c->name_n != name->n);) {
            c = c->next;
        }
    } else {
        c = child_called(node, name);
    }
    if (c == NULL || (*seen & c->bit)) {
        return NULL;
    }
    *seen |= c->bit;
    return c;
}

static const struct lg_json_node *element(const struct lg_json_node *node, size_t index)
{
    for (const struct lg_json_node *c = node != NULL ? node->child : NULL; c != NULL; c = c->next) {
        if (c->index == index) {
            return c;
        }
    }
    return NULL;
}

/* Not inlined, so that scalars are scanned where they stand, without a call. */
static __attribute__((noinline)) const char *scan_container(struct scan *s, const char *p,
                                                            const struct lg_json_node *node);

static ALWAYS_INLINE const char *scan_any(struct scan *s, const char *p,
                                          const struct lg_json_node *node)
{
    bool plain;
    switch (*p) {
    case '"':
        return scan_string(p + 1, s->end, &plain);
    case '{':
    case '[':
        return scan_container(s, p, node);
    case 't':
        return scan_word(p, s->end, "true", 4);
    case 'f':
        return scan_word(p, s->end, "false", 5);
    case 'n':
        return scan_word(p, s->end, "null", 4);
    default:
        return *p == '-' || (*p >= '0' && *p <= '9') ? scan_number(p, s->end) : NULL;
    }
}

static const char *found(struct scan *s, const char *from, const char *p, unsigned answers)
{
    s->missing &= ~answers;
    for (; answers != 0; answers &= answers - 1) {
        s->values[__builtin_ctz(answers)] = lg_slice(from, (size_t)(p - from));
    }
    return s->missing != 0 ? p : NULL;
}

static ALWAYS_INLINE const char *scan_value(struct scan *s, const char *p,
                                            const struct lg_json_node *node)
{
    if (p == s->end || (unsigned char)*p <= ' ') {
        p = skip_blanks(p, s->end);
        if (p == s->end) {
            return NULL;
        }
    }
    const char *from = p;
    p = scan_any(s, from, node);
    if (p == NULL || node == NULL || node->answers == 0) {
        return p;
    }
    return found(s, from, p, node->answers);
}

static ALWAYS_INLINE const char *scan_member(struct scan *s, const char *p,
                                             const struct lg_json_node *node, unsigned *seen)
{
    struct name name;
    p = expect(p, s->end, '"');
    p = p != NULL ? scan_name(p, s->end, &name) : NULL;
    p = p != NULL ? expect(p, s->end, ':') : NULL;
    if (p == NULL) {
        return NULL;
    }
    return scan_value(s, p, node != NULL ? match(node, &name, seen) : NULL);
}

/* The functions below get the position behind the opening bracket. */

static const char *scan_object(struct scan *s, const char *p, const struct lg_json_node *node)
{
    unsigned seen = 0;
    for (;;) {
        p = scan_member(s, p, node, &seen);
        if (p == NULL) {
            return NULL;
        }
        const char *more = expect(p, s->end, ',');
        if (more == NULL) {
            return expect(p, s->end, '}');
        }
        p = more;
    }
}

static const char *scan_array(struct scan *s, const char *p, const struct lg_json_node *node)
{
    for (size_t i = 0;; i++) {
        p = scan_value(s, p, element(node, i));
        if (p == NULL) {
            return NULL;
        }
        const char *more = expect(p, s->end, ',');
        if (more == NULL) {
            return expect(p, s->end, ']');
        }
        p = more;
    }
}

static const char *scan_container(struct scan *s, const char *p, const struct lg_json_node *node)
{
    bool object = *p == '{';
    const char *empty = expect(p + 1, s->end, object ? '}' : ']');
    if (++s->depth > MAX_DEPTH) {
        return NULL;
    }
    if (empty != NULL) {
        p = empty;
    } else {
        p = object ? scan_object(s, p + 1, node) : scan_array(s, p + 1, node);
    }
    s->depth--;
    return p;
}

bool lg_json_scan(const struct lg_json_query *query, struct lg_slice text, struct lg_slice *values)
{
    struct scan s = {
        .end = text.p + text.n,
        .values = values,
        .missing = (1u << query->count) - 1,
    };
    for (size_t i = 0; i < query->count; i++) {
        values[i] = (struct lg_slice){0};
    }
    if (s.missing == 0 || text.n == 0) {
        return s.missing == 0;
    }
    const char *p = scan_value(&s, text.p, &query->root);
    return s.missing == 0 || (p != NULL && skip_blanks(p, s.end) == s.end);
}
