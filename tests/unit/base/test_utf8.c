#include <criterion/criterion.h>

#include "base/rng.h"
#include "base/utf8.h"

struct row {
    const char *sentence;
    const char *text;
    bool valid;
};

static const struct row rows[] = {
    {"nothing", "", true},
    {"ASCII with its ends", "\x01\x7f~", true},
    {"two, three and four bytes", "\xc2\x80 \xdf\xbf \xe0\xa0\x80 \xef\xbf\xbf \xf0\x90\x80\x80", true},
    {"the last scalar value", "\xf4\x8f\xbf\xbf", true},
    {"one above it", "\xf4\x90\x80\x80", false},
    {"the last before the surrogates", "\xed\x9f\xbf", true},
    {"the first surrogate", "\xed\xa0\x80", false},
    {"the first after the surrogates", "\xee\x80\x80", true},
    {"a slash in two bytes", "\xc0\xaf", false},
    {"a slash in three bytes", "\xe0\x80\xaf", false},
    {"a slash in four bytes", "\xf0\x80\x80\xaf", false},
    {"the longest short form of two bytes", "\xc1\xbf", false},
    {"a continuation alone", "abcdefghijklmnopqrst\x80", false},
    {"a beginning alone", "abcdefghijklmnopqrst\xc3", false},
    {"a beginning before ASCII", "\xc3(", false},
    {"three bytes cut", "\xe2\x82", false},
    {"a byte that never occurs", "\xff", false},
    {"five bytes", "\xf8\x88\x80\x80\x80", false},
};

static bool valid_by_bytes(const char *text, size_t n)
{
    struct lg_utf8 state = {0};
    for (size_t i = 0; i < n; i++) {
        if (!lg_utf8_feed(&state, text + i, 1)) {
            return false;
        }
    }
    return lg_utf8_complete(&state);
}

Test(utf8, judges_every_row_whole_and_byte_by_byte)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t n = strlen(rows[i].text);
        cr_assert_eq(lg_utf8_valid(lg_slice(rows[i].text, n)), rows[i].valid, "%s", rows[i].sentence);
        cr_assert_eq(valid_by_bytes(rows[i].text, n), rows[i].valid, "%s", rows[i].sentence);
    }
}

/* The definition itself: decode, then judge the scalar value and its shortest length. */
static bool valid_by_definition(const unsigned char *p, size_t n)
{
    while (n > 0) {
        size_t len = *p < 0x80 ? 1 : *p >> 5 == 6 ? 2 : *p >> 4 == 14 ? 3 : *p >> 3 == 30 ? 4 : 0;
        if (len == 0 || len > n) {
            return false;
        }
        static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
        uint32_t scalar = len == 1 ? *p : *p & (0x7fu >> len);
        for (size_t i = 1; i < len; i++) {
            if (p[i] >> 6 != 2) {
                return false;
            }
            scalar = scalar << 6 | (p[i] & 0x3f);
        }
        if (scalar < least[len] || scalar > 0x10ffff || (scalar >= 0xd800 && scalar <= 0xdfff)) {
            return false;
        }
        p += len;
        n -= len;
    }
    return true;
}

Test(utf8, agrees_with_the_definition_for_every_three_bytes_behind_ascii)
{
    static const char ascii[] = "0123456789abcdef";
    for (uint32_t code = 0; code < 1u << 24; code += 1 + code % 7) {
        unsigned char text[32];
        size_t before = code % 16;
        memcpy(text, ascii, before);
        text[before] = (unsigned char)(code >> 16);
        text[before + 1] = (unsigned char)(code >> 8);
        text[before + 2] = (unsigned char)code;
        cr_assert_eq(lg_utf8_valid(lg_slice(text, before + 3)),
                     valid_by_definition(text, before + 3), "%06x", code);
    }
}

Test(utf8, writes_what_it_reads)
{
    for (uint32_t scalar = 1; scalar <= 0x10ffff; scalar += 1 + scalar / 50) {
        if (scalar >= 0xd800 && scalar <= 0xdfff) {
            continue;
        }
        char text[4];
        size_t n = lg_utf8_put(text, scalar);
        cr_assert(lg_utf8_valid(lg_slice(text, n)), "U+%X", scalar);
        cr_assert(valid_by_definition((unsigned char *)text, n), "U+%X", scalar);
    }
}
