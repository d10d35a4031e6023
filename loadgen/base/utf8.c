#include "base/utf8.h"

#define HIGH_BITS UINT64_C(0x8080808080808080)

static uint64_t load64(const unsigned char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

/* The first byte at or after p that is not ASCII; end if there is none. */
static const unsigned char *skip_ascii(const unsigned char *p, const unsigned char *end)
{
    const unsigned char *from = p;
    while (end - p >= 16 && ((load64(p) | load64(p + 8)) & HIGH_BITS) == 0) {
        p += 16;
    }
    if (end - p >= 8 && (load64(p) & HIGH_BITS) == 0) {
        p += 8;
    }
    if (end - from >= 8 && end - p < 8 && (load64(end - 8) & HIGH_BITS) == 0) {
        return end; /* the rest in one look, together with bytes that were seen already */
    }
    while (p < end && *p < 0x80) {
        p++;
    }
    return p;
}

/* RFC 3629 section 4: what may follow each first byte. */
static bool begin(struct lg_utf8 *state, unsigned char c)
{
    state->low = 0x80;
    state->high = 0xbf;
    if (c >= 0xc2 && c <= 0xdf) {
        state->left = 1;
    } else if (c >= 0xe0 && c <= 0xef) {
        state->left = 2;
        if (c == 0xe0) {
            state->low = 0xa0; /* else a shorter form exists */
        } else if (c == 0xed) {
            state->high = 0x9f; /* else a surrogate */
        }
    } else if (c >= 0xf0 && c <= 0xf4) {
        state->left = 3;
        if (c == 0xf0) {
            state->low = 0x90;
        } else if (c == 0xf4) {
            state->high = 0x8f;
        }
    } else {
        return false;
    }
    return true;
}

bool lg_utf8_feed(struct lg_utf8 *state, const char *text, size_t n)
{
    const unsigned char *p = (const unsigned char *)text;
    const unsigned char *end = p + n;
    while (p < end) {
        if (state->left == 0) {
            p = skip_ascii(p, end);
            if (p == end) {
                break;
            }
            if (!begin(state, *p++)) {
                return false;
            }
            continue;
        }
        if (*p < state->low || *p > state->high) {
            return false;
        }
        p++;
        state->left--;
        state->low = 0x80;
        state->high = 0xbf;
    }
    return true;
}

size_t lg_utf8_put(char *out, uint32_t scalar)
{
    if (scalar < 0x80) {
        out[0] = (char)scalar;
        return 1;
    }
    if (scalar < 0x800) {
        out[0] = (char)(0xc0 | scalar >> 6);
        out[1] = (char)(0x80 | (scalar & 0x3f));
        return 2;
    }
    if (scalar < 0x10000) {
        out[0] = (char)(0xe0 | scalar >> 12);
        out[1] = (char)(0x80 | (scalar >> 6 & 0x3f));
        out[2] = (char)(0x80 | (scalar & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | scalar >> 18);
    out[1] = (char)(0x80 | (scalar >> 12 & 0x3f));
    out[2] = (char)(0x80 | (scalar >> 6 & 0x3f));
    out[3] = (char)(0x80 | (scalar & 0x3f));
    return 4;
}
