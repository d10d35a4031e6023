#include "report/plain.h"

#include <stdint.h>

/* Length of the UTF-8 sequence at p, 0 if it is broken (RFC 3629 section 4); *code gets the point.
 */
static size_t decode(const unsigned char *p, size_t n, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = p[0] < 0x80       ? 1
                    : p[0] >> 5 == 6  ? 2
                    : p[0] >> 4 == 14 ? 3
                    : p[0] >> 3 == 30 ? 4
                                      : 0;
    if (length == 0 || length > n) {
        return 0;
    }
    *code = length == 1 ? p[0] : p[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
        *code = *code << 6 | (p[i] & 0x3fu);
    }
    bool surrogate = *code >= 0xd800 && *code <= 0xdfff;
    return *code < least[length] || *code > 0x10ffff || surrogate ? 0 : length;
}

/* C0, DEL, C1, and the marks that reorder or hide text. */
static bool harmful(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200b && code <= 0x200f) ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ||
           code == 0xfeff;
}

/* One code point of text into out (NULL: only counted); returns the bytes taken. */
static size_t add_one(struct lg_buf *out, const char *text, size_t n)
{
    uint32_t code = 0;
    size_t length = decode((const unsigned char *)text, n, &code);
    bool blank = length == 1 && (code == '\n' || code == '\t' || code == '\r');
    if (out == NULL) {
        return length ? length : 1;
    }
    if (blank || length == 0 || harmful(code)) {
        lg_buf_adds(out, blank ? " " : "?");
    } else {
        lg_buf_add(out, text, length);
    }
    return length ? length : 1;
}

static size_t measure(const char *text, size_t n)
{
    size_t columns = 0;
    for (size_t i = 0; i < n; columns++) {
        i += add_one(NULL, text + i, n - i);
    }
    return columns;
}

size_t lg_plain_width(const char *text)
{
    return measure(text, strlen(text));
}

size_t lg_plain_add(struct lg_buf *out, const char *text, size_t columns)
{
    static const char ellipsis[] = "...";
    size_t n = strlen(text), width = measure(text, n), used = 0;
    bool cut = width > columns && columns > sizeof ellipsis - 1;
    size_t room = cut ? columns - (sizeof ellipsis - 1) : columns;
    for (size_t i = 0; i < n && used < room; used++) {
        i += add_one(out, text + i, n - i);
    }
    lg_buf_adds(out, cut ? ellipsis : "");
    return cut ? columns : used;
}

static void pad(struct lg_buf *out, size_t columns)
{
    lg_buf_addf(out, "%*s", (int)columns, "");
}

void lg_plain_left(struct lg_buf *out, const char *text, size_t columns)
{
    pad(out, columns - lg_plain_add(out, text, columns));
}

void lg_plain_right(struct lg_buf *out, const char *text, size_t columns)
{
    size_t width = lg_plain_width(text);
    pad(out, width < columns ? columns - width : 0);
    lg_plain_add(out, text, columns);
}

void lg_plain_wrap(struct lg_buf *out, const char *text, size_t indent, size_t width)
{
    size_t at = indent;
    while (*text) {
        size_t n = strcspn(text, " \n\t\r");
        size_t columns = measure(text, n);
        if (at > indent && at + 1 + columns > width) {
            lg_buf_adds(out, "\n");
            pad(out, indent);
            at = indent;
        }
        if (n > 0 && at > indent) {
            lg_buf_adds(out, " ");
            at++;
        }
        for (size_t i = 0; i < n;) {
            i += add_one(out, text + i, n - i);
        }
        at += columns;
        text += n;
        text += strspn(text, " \n\t\r");
    }
    lg_buf_adds(out, "\n");
}
