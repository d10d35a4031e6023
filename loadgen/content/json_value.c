/* Readers of the raw values that a scan has found. */
#include "base/utf8.h"
#include "content/json_scan.h"
#include "content/json_text.h"

#include <endian.h>
#include <stdlib.h>

static bool is_string(struct lg_slice raw)
{
    return raw.n >= 2 && raw.p[0] == '"' && raw.p[raw.n - 1] == '"';
}

/* The next scalar value or byte of a raw string's inside; -1: a broken escape. */
static int32_t next_unit(const char **p, const char *end)
{
    char c = *(*p)++;
    return c == '\\' ? lg_json_escape(p, end) : (unsigned char)c;
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

/* Eight ASCII digits at once, by three multiplications of neighbours; false: not all are digits. */
static bool eight_digits(const char *p, uint64_t *value)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    word = le64toh(word);
    uint64_t high = word & UINT64_C(0xf0f0f0f0f0f0f0f0);
    uint64_t over = (word + UINT64_C(0x0606060606060606)) & UINT64_C(0xf0f0f0f0f0f0f0f0);
    if (high != UINT64_C(0x3030303030303030) || over != high) {
        return false;
    }
    word = (word & UINT64_C(0x0f0f0f0f0f0f0f0f)) * 2561 >> 8;
    word = (word & UINT64_C(0x00ff00ff00ff00ff)) * 6553601 >> 16;
    *value = (word & UINT64_C(0x0000ffff0000ffff)) * UINT64_C(42949672960001) >> 32;
    return true;
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
    size_t safe = raw.n < 18 ? raw.n : 18; /* so many digits cannot overflow */
    uint64_t eight;
    while (at + 8 <= safe && eight_digits(raw.p + at, &eight)) {
        value = value * 100000000 + eight;
        at += 8;
    }
    for (; at < safe; at++) {
        unsigned digit = (unsigned)(raw.p[at] - '0');
        if (digit > 9) {
            return false;
        }
        value = value * 10 + digit;
    }
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

/* ---- order ---- */

static bool is_number(struct lg_slice raw)
{
    return raw.n > 0 && (raw.p[0] == '-' || (raw.p[0] >= '0' && raw.p[0] <= '9'));
}

/* A raw number is well-formed, and no longer than what is worth comparing. */
static bool read_real(struct lg_slice raw, double *out)
{
    char text[64];
    if (raw.n >= sizeof text) {
        return false;
    }
    memcpy(text, raw.p, raw.n);
    text[raw.n] = '\0';
    *out = strtod(text, NULL);
    return true;
}

static bool order_numbers(struct lg_slice a, struct lg_slice b, int *order)
{
    int64_t whole_a, whole_b;
    double real_a, real_b;
    if (lg_json_int(a, &whole_a) && lg_json_int(b, &whole_b)) {
        *order = (whole_a > whole_b) - (whole_a < whole_b);
        return true;
    }
    if (!read_real(a, &real_a) || !read_real(b, &real_b)) {
        return false;
    }
    *order = (real_a > real_b) - (real_a < real_b);
    return true;
}

static int order_texts(struct lg_slice a, struct lg_slice b)
{
    int order = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);
    return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

bool lg_json_order(struct lg_slice a, struct lg_slice b, int *order)
{
    if (is_number(a) && is_number(b)) {
        return order_numbers(a, b, order);
    }
    struct lg_buf scratch_a = {0}, scratch_b = {0};
    struct lg_slice text_a, text_b;
    bool texts = lg_json_string(a, &scratch_a, &text_a) && lg_json_string(b, &scratch_b, &text_b);
    if (texts) {
        *order = order_texts(text_a, text_b);
    }
    lg_buf_free(&scratch_a);
    lg_buf_free(&scratch_b);
    return texts;
}
