/* The pointers become a tree of names once; the pass then compares a name only with those that can
 * follow where it stands. */
#include "content/json_scan.h"
#include "base/utf8.h"

#include <endian.h>
#include <stdlib.h>

enum { MAX_DEPTH = 64 };

#define ONES  UINT64_C(0x0101010101010101)
#define HIGHS UINT64_C(0x8080808080808080)

struct node {
    struct node *child, *next; /* owned */
    char *name;                /* owned; the token with ~0 and ~1 undone */
    size_t name_n;
    size_t index;     /* the token as an array index; SIZE_MAX: it is none */
    unsigned answers; /* bit i: pointer i ends here */
    unsigned bit;     /* its place among its siblings */
};

struct lg_json_query {
    struct node root;
    size_t count;
};

/* ---- the query ---- */

static size_t index_of(const char *p, size_t n)
{
    if (n == 0 || n > 18 || (n > 1 && p[0] == '0')) {
        return SIZE_MAX;
    }
    size_t index = 0;
    for (size_t i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9') {
            return SIZE_MAX;
        }
        index = index * 10 + (size_t)(p[i] - '0');
    }
    return index;
}

/* RFC 6901 section 3: "~" stands only before 0 or 1. */
static bool unescape_token(struct lg_slice token, struct lg_buf *out)
{
    for (size_t i = 0; i < token.n; i++) {
        char c = token.p[i];
        if (c == '~') {
            if (++i == token.n || (token.p[i] != '0' && token.p[i] != '1')) {
                return false;
            }
            c = token.p[i] == '0' ? '~' : '/';
        }
        lg_buf_add(out, &c, 1);
    }
    return true;
}

static struct node *child_named(struct node *parent, const struct lg_buf *name)
{
    struct node **last = &parent->child;
    unsigned bit = 1;
    for (; *last != NULL; last = &(*last)->next, bit <<= 1) {
        if (lg_slice_eq(lg_slice((*last)->name, (*last)->name_n), lg_buf_slice(name))) {
            return *last;
        }
    }
    struct node *node = lg_alloc(sizeof *node);
    node->name = lg_alloc(name->n); /* it may hold NUL bytes */
    node->name_n = name->n;
    if (name->n > 0) {
        memcpy(node->name, name->p, name->n);
    }
    node->index = index_of(node->name, node->name_n);
    node->bit = bit;
    *last = node;
    return node;
}

static bool add_pointer(struct node *root, struct lg_slice pointer, unsigned answer)
{
    struct node *node = root;
    struct lg_buf name = {0};
    bool ok = pointer.n == 0 || pointer.p[0] == '/';
    for (size_t at = 0; ok && at < pointer.n;) {
        const char *from = pointer.p + at + 1;
        size_t rest = pointer.n - at - 1;
        const char *slash = rest > 0 ? memchr(from, '/', rest) : NULL;
        struct lg_slice token = lg_slice(from, slash != NULL ? (size_t)(slash - from) : rest);
        lg_buf_clear(&name);
        ok = unescape_token(token, &name);
        if (ok) {
            node = child_named(node, &name);
        }
        at += 1 + token.n;
    }
    lg_buf_free(&name);
    node->answers |= ok ? answer : 0;
    return ok;
}

static void free_children(struct node *node)
{
    while (node->child != NULL) {
        struct node *child = node->child;
        node->child = child->next;
        free_children(child);
        free(child->name);
        free(child);
    }
}

void lg_json_query_free(struct lg_json_query *query)
{
    if (query != NULL) {
        free_children(&query->root);
        free(query);
    }
}

struct lg_json_query *lg_json_query_new(const struct lg_slice *pointers, size_t count, size_t *bad)
{
    LG_ASSERT(count <= LG_JSON_POINTERS);
    struct lg_json_query *query = lg_alloc(sizeof *query);
    query->count = count;
    for (size_t i = 0; i < count; i++) {
        if (!add_pointer(&query->root, pointers[i], 1u << i)) {
            *bad = i;
            lg_json_query_free(query);
            return NULL;
        }
    }
    return query;
}

/* ---- strings ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hex digits; -1: they are not. */
static int32_t hex4(const char *p, const char *end)
{
    int32_t value = 0;
    for (int i = 0; i < 4; i++) {
        int digit = end - p > i ? hex_digit(p[i]) : -1;
        if (digit < 0) {
            return -1;
        }
        value = value << 4 | digit;
    }
    return value;
}

/* \uXXXX with *p behind the u; a surrogate must have its other half. */
static int32_t escaped_unit(const char **p, const char *end)
{
    int32_t unit = hex4(*p, end);
    if (unit < 0 || (unit >= 0xdc00 && unit <= 0xdfff)) {
        return -1;
    }
    *p += 4;
    if (unit < 0xd800 || unit > 0xdbff) {
        return unit;
    }
    int32_t low = end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u' ? hex4(*p + 2, end) : -1;
    if (low < 0xdc00 || low > 0xdfff) {
        return -1;
    }
    *p += 6;
    return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

/* One escape with *p behind the backslash: its scalar value, or -1; *p moves behind it. */
static int32_t escaped(const char **p, const char *end)
{
    if (*p == end) {
        return -1;
    }
    char c = *(*p)++;
    switch (c) {
    case '"':
    case '\\':
    case '/':
        return c;
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'u':
        return escaped_unit(p, end);
    default:
        return -1;
    }
}

/* Bytes that end a run of plain characters are marked with their high bit; the lowest mark is right,
 * those above it may not be (a borrow). */
static uint64_t marks(uint64_t word)
{
    uint64_t quote = word ^ ONES * '"';
    uint64_t escape = word ^ ONES * '\\';
    return ((quote - ONES) | (escape - ONES) | (word - ONES * 0x20) | word) & HIGHS;
}

/* The first byte at or after p that is a quote, a backslash, a control or not ASCII; or end. */
static const char *skip_plain(const char *p, const char *end)
{
    while (end - p >= 8) {
        uint64_t word;
        memcpy(&word, p, sizeof word);
        uint64_t stop = marks(le64toh(word));
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

/* A run of bytes that are not ASCII, which must be UTF-8 by itself. */
static bool skip_wide(const char **p, const char *end)
{
    const char *from = *p;
    while (*p < end && (**p & 0x80)) {
        (*p)++;
    }
    return lg_utf8_valid(lg_slice(from, (size_t)(*p - from)));
}

/* ---- the pass ---- */

struct scan {
    const char *p, *end;
    struct lg_slice *values;
    unsigned missing; /* bit i: pointer i has not been found */
    unsigned depth;
};

/* False: malformed, or nothing is missing any more; the caller returns at once either way. */
static bool scan_value(struct scan *s, const struct node *node);

static bool scan_string(struct scan *s, bool *plain)
{
    const char *p = s->p + 1;
    for (;;) {
        p = skip_plain(p, s->end);
        if (p == s->end || (unsigned char)*p < 0x20) {
            return false;
        }
        if (*p == '"') {
            s->p = p + 1;
            return true;
        }
        if (*p == '\\') {
            p++;
            *plain = false;
            if (escaped(&p, s->end) < 0) {
                return false;
            }
        } else if (!skip_wide(&p, s->end)) {
            return false;
        }
    }
}

static bool digits(struct scan *s)
{
    const char *from = s->p;
    while (s->p < s->end && (unsigned)(*s->p - '0') < 10) {
        s->p++;
    }
    return s->p > from;
}

static bool scan_number(struct scan *s)
{
    if (*s->p == '-') {
        s->p++;
    }
    if (s->p < s->end && *s->p == '0') {
        s->p++;
    } else if (!digits(s)) {
        return false;
    }
    if (s->p < s->end && *s->p == '.') {
        s->p++;
        if (!digits(s)) {
            return false;
        }
    }
    if (s->p < s->end && (*s->p | 0x20) == 'e') {
        s->p++;
        if (s->p < s->end && (*s->p == '+' || *s->p == '-')) {
            s->p++;
        }
        return digits(s);
    }
    return true;
}

static bool scan_word(struct scan *s, const char *word, size_t n)
{
    if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0) {
        return false;
    }
    s->p += n;
    return true;
}

/* The next byte that is not blank; 0 at the end (a NUL byte is malformed wherever this is asked). */
static char peek(struct scan *s)
{
    while (s->p < s->end) {
        char c = *s->p;
        if ((unsigned char)c > ' ' || (c != ' ' && c != '\t' && c != '\n' && c != '\r')) {
            return c;
        }
        s->p++;
    }
    return 0;
}

/* Does the name (raw, without quotes) spell this node's token? */
static bool spells(struct lg_slice name, const struct node *node)
{
    const char *p = name.p, *end = name.p + name.n;
    size_t at = 0;
    while (p < end) {
        char bytes[4] = {*p++};
        size_t n = 1;
        if (bytes[0] == '\\') {
            n = lg_utf8_put(bytes, (uint32_t)escaped(&p, end));
        }
        if (node->name_n - at < n || memcmp(node->name + at, bytes, n) != 0) {
            return false;
        }
        at += n;
    }
    return at == node->name_n;
}

/* The child that this name leads to and that no earlier name has led to. */
static const struct node *match(const struct node *node, struct lg_slice name, bool plain,
                                unsigned *seen)
{
    for (const struct node *c = node != NULL ? node->child : NULL; c != NULL; c = c->next) {
        bool same = plain ? c->name_n == name.n && memcmp(c->name, name.p, name.n) == 0
                          : spells(name, c);
        if (same) {
            bool again = (*seen & c->bit) != 0;
            *seen |= c->bit;
            return again ? NULL : c;
        }
    }
    return NULL;
}

static bool scan_member(struct scan *s, const struct node *node, unsigned *seen)
{
    if (peek(s) != '"') {
        return false;
    }
    const char *from = s->p + 1;
    bool plain = true;
    if (!scan_string(s, &plain)) {
        return false;
    }
    struct lg_slice name = lg_slice(from, (size_t)(s->p - 1 - from));
    if (peek(s) != ':') {
        return false;
    }
    s->p++;
    return scan_value(s, match(node, name, plain, seen));
}

static const struct node *element(const struct node *node, size_t index)
{
    for (const struct node *c = node != NULL ? node->child : NULL; c != NULL; c = c->next) {
        if (c->index == index) {
            return c;
        }
    }
    return NULL;
}

static bool scan_object(struct scan *s, const struct node *node)
{
    unsigned seen = 0;
    s->p++;
    if (peek(s) == '}') {
        s->p++;
        return true;
    }
    for (;;) {
        if (!scan_member(s, node, &seen)) {
            return false;
        }
        char c = peek(s);
        if (c != ',' && c != '}') {
            return false;
        }
        s->p++;
        if (c == '}') {
            return true;
        }
    }
}

static bool scan_array(struct scan *s, const struct node *node)
{
    s->p++;
    if (peek(s) == ']') {
        s->p++;
        return true;
    }
    for (size_t i = 0;; i++) {
        if (!scan_value(s, element(node, i))) {
            return false;
        }
        char c = peek(s);
        if (c != ',' && c != ']') {
            return false;
        }
        s->p++;
        if (c == ']') {
            return true;
        }
    }
}

static bool scan_container(struct scan *s, const struct node *node, char c)
{
    if (++s->depth > MAX_DEPTH) {
        return false;
    }
    bool ok = c == '{' ? scan_object(s, node) : scan_array(s, node);
    s->depth--;
    return ok;
}

static bool scan_any(struct scan *s, const struct node *node, char c)
{
    bool plain;
    switch (c) {
    case '"':
        return scan_string(s, &plain);
    case '{':
    case '[':
        return scan_container(s, node, c);
    case 't':
        return scan_word(s, "true", 4);
    case 'f':
        return scan_word(s, "false", 5);
    case 'n':
        return scan_word(s, "null", 4);
    default:
        return (c == '-' || (c >= '0' && c <= '9')) && scan_number(s);
    }
}

static bool scan_value(struct scan *s, const struct node *node)
{
    char c = peek(s);
    const char *from = s->p;
    if (!scan_any(s, node, c)) {
        return false;
    }
    if (node == NULL || node->answers == 0) {
        return true;
    }
    for (unsigned left = node->answers; left != 0; left &= left - 1) {
        s->values[__builtin_ctz(left)] = lg_slice(from, (size_t)(s->p - from));
    }
    s->missing &= ~node->answers;
    return s->missing != 0;
}

bool lg_json_scan(const struct lg_json_query *query, struct lg_slice text, struct lg_slice *values)
{
    if (text.n == 0) {
        return false;
    }
    struct scan s = {
        .p = text.p,
        .end = text.p + text.n,
        .values = values,
        .missing = (1u << query->count) - 1,
    };
    for (size_t i = 0; i < query->count; i++) {
        values[i] = (struct lg_slice){0};
    }
    if (s.missing == 0) {
        return true;
    }
    bool ok = scan_value(&s, &query->root);
    return s.missing == 0 || (ok && peek(&s) == 0 && s.p == s.end);
}

/* ---- values ---- */

static bool is_string(struct lg_slice raw)
{
    return raw.n >= 2 && raw.p[0] == '"' && raw.p[raw.n - 1] == '"';
}

/* The next scalar value or byte of a raw string's inside; -1: a broken escape. */
static int32_t next_unit(const char **p, const char *end)
{
    char c = *(*p)++;
    return c == '\\' ? escaped(p, end) : (unsigned char)c;
}

static bool decode(struct lg_slice raw, struct lg_buf *out)
{
    const char *p = raw.p + 1, *end = raw.p + raw.n - 1;
    lg_buf_clear(out);
    while (p < end) {
        bool escape = *p == '\\';
        int32_t unit = next_unit(&p, end);
        if (unit < 0) {
            return false;
        }
        char bytes[4] = {(char)unit};
        lg_buf_add(out, bytes, escape ? lg_utf8_put(bytes, (uint32_t)unit) : 1);
    }
    return true;
}

bool lg_json_string(struct lg_slice raw, struct lg_buf *scratch, struct lg_slice *out)
{
    if (!is_string(raw)) {
        return false;
    }
    if (memchr(raw.p, '\\', raw.n) == NULL) {
        *out = lg_slice(raw.p + 1, raw.n - 2);
        return true;
    }
    if (!decode(raw, scratch)) {
        return false;
    }
    *out = lg_buf_slice(scratch);
    return true;
}

bool lg_json_equal(struct lg_slice a, struct lg_slice b)
{
    if (lg_slice_eq(a, b)) {
        return true;
    }
    struct lg_buf scratch_a = {0}, scratch_b = {0};
    struct lg_slice text_a, text_b;
    bool same = is_string(a) && is_string(b) &&
                (memchr(a.p, '\\', a.n) != NULL || memchr(b.p, '\\', b.n) != NULL) &&
                lg_json_string(a, &scratch_a, &text_a) && lg_json_string(b, &scratch_b, &text_b) &&
                lg_slice_eq(text_a, text_b);
    lg_buf_free(&scratch_a);
    lg_buf_free(&scratch_b);
    return same;
}

bool lg_json_int(struct lg_slice raw, int64_t *out)
{
    bool negative = raw.n > 0 && raw.p[0] == '-';
    size_t at = negative ? 1 : 0;
    if (at == raw.n || (raw.p[at] == '0' && raw.n > at + 1)) {
        return false;
    }
    uint64_t limit = (uint64_t)INT64_MAX + (negative ? 1 : 0);
    uint64_t value = 0;
    for (; at < raw.n; at++) {
        unsigned digit = (unsigned)(raw.p[at] - '0');
        if (digit > 9 || value > (limit - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *out = (int64_t)(negative ? 0 - value : value);
    return true;
}
