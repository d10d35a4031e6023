/* A JSON text against Jansson: both refuse, or both find the same values.  The first line holds the
 * pointers, separated by blanks; the rest is the text. */
#include "base/utf8.h"
#include "content/json_scan.h"

#include <jansson.h>
#include <stdlib.h>

/* RFC 6901 over a document; the pointer is known to be well-formed. */
static const json_t *resolve(const json_t *at, struct lg_slice pointer)
{
    const char *p = pointer.p, *end = pointer.p + pointer.n;
    while (at != NULL && p < end) {
        struct lg_buf token = {0};
        for (p++; p < end && *p != '/'; p++) {
            char c = *p == '~' ? (*++p == '0' ? '~' : '/') : *p;
            lg_buf_add(&token, &c, 1);
        }
        if (json_is_array(at)) {
            bool index = token.n > 0 && token.n < 19 && (token.n == 1 || token.p[0] != '0');
            unsigned long long i = 0;
            for (size_t k = 0; index && k < token.n; k++) {
                index = token.p[k] >= '0' && token.p[k] <= '9';
                i = i * 10 + (unsigned)(token.p[k] - '0');
            }
            at = index ? json_array_get(at, i) : NULL;
        } else {
            at = json_object_getn(at, token.n > 0 ? token.p : "", token.n);
        }
        lg_buf_free(&token);
    }
    return at;
}

static size_t read_pointers(struct lg_slice line, struct lg_slice *out)
{
    size_t count = 0;
    const char *p = line.p, *end = line.p + line.n;
    while (p < end && count < LG_JSON_POINTERS - 1) {
        const char *blank = memchr(p, ' ', (size_t)(end - p));
        const char *stop = blank != NULL ? blank : end;
        out[count++] = lg_slice(p, (size_t)(stop - p));
        p = stop < end ? stop + 1 : end;
    }
    return count;
}

static unsigned depth_of(const json_t *value)
{
    unsigned deepest = 0;
    size_t i;
    const char *key;
    json_t *child;
    void *next;
    if (json_is_array(value)) {
        json_array_foreach(value, i, child)
        {
            unsigned d = depth_of(child);
            deepest = d > deepest ? d : deepest;
        }
    } else if (json_is_object(value)) {
        json_object_foreach_safe((json_t *)value, next, key, child)
        {
            unsigned d = depth_of(child);
            deepest = d > deepest ? d : deepest;
        }
    } else {
        return 0;
    }
    return deepest + 1;
}

static void same(const json_t *want, struct lg_slice have)
{
    LG_ASSERT((want != NULL) == (have.n > 0));
    if (want == NULL) {
        return;
    }
    json_t *value = json_loadb(have.p, have.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    LG_ASSERT(value != NULL && json_equal(value, want));
    struct lg_buf scratch = {0};
    struct lg_slice text;
    int64_t number;
    LG_ASSERT(lg_json_string(have, &scratch, &text) == json_is_string(want));
    if (json_is_string(want)) {
        LG_ASSERT(lg_slice_eq(text, lg_slice(json_string_value(want), json_string_length(want))));
    }
    LG_ASSERT(lg_json_int(have, &number) == json_is_integer(want));
    LG_ASSERT(!json_is_integer(want) || number == json_integer_value(want));
    LG_ASSERT(lg_json_equal(have, have));
    lg_buf_free(&scratch);
    json_decref(value);
}

static void check(struct lg_slice *pointers, size_t count, struct lg_slice text)
{
    json_error_t error;
    size_t bad;
    struct lg_slice values[LG_JSON_POINTERS], first[LG_JSON_POINTERS];
    struct lg_json_query *query = lg_json_query_new(pointers, count, &bad);
    if (query == NULL) {
        return;
    }
    bool early = lg_json_scan(query, text, first);
    lg_json_query_free(query);
    pointers[count] = lg_str("/\x01never found"); /* with it the text is read to its end */
    query = lg_json_query_new(pointers, count + 1, &bad);
    bool ok = lg_json_scan(query, text, values);
    lg_json_query_free(query);
    LG_ASSERT(early || !ok);
    for (size_t i = 0; ok && i < count; i++) {
        LG_ASSERT(lg_slice_eq(first[i], values[i]));
    }
    json_t *root = json_loadb(text.p, text.n,
                              JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);
    enum json_error_code code = root == NULL ? json_error_code(&error) : json_error_unknown;
    if (root == NULL) {
        /* What JSON allows and Jansson cannot hold. */
        LG_ASSERT(!ok || code == json_error_duplicate_key || code == json_error_numeric_overflow ||
                  code == json_error_null_byte_in_key);
    } else if (depth_of(root) > 64) {
        LG_ASSERT(!ok);
    } else {
        LG_ASSERT(ok);
        for (size_t i = 0; i < count; i++) {
            same(resolve(root, pointers[i]), values[i]);
        }
    }
    json_decref(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const uint8_t *newline = n > 0 ? memchr(data, '\n', n) : NULL;
    /* Jansson takes a NUL byte behind a number for its end. */
    if (newline == NULL || memchr(newline, 0, n - (size_t)(newline - data)) != NULL) {
        return 0;
    }
    struct lg_slice pointers[LG_JSON_POINTERS];
    size_t count = read_pointers(lg_slice(data, (size_t)(newline - data)), pointers);
    size_t text_n = n - (size_t)(newline - data) - 1;
    char *text = lg_grow(NULL, text_n, 1); /* a block of its own: ASan sees any read beyond it */
    memcpy(text, newline + 1, text_n);
    check(pointers, count, lg_slice(text, text_n));
    free(text);
    return 0;
}
