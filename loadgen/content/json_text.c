#include "content/json_text.h"

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

int32_t lg_json_escape(const char **p, const char *end)
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
