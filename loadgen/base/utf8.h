/* UTF-8 as RFC 3629 defines it: shortest form only, no surrogates, nothing above U+10FFFF.  Text may
 * come in pieces; a fault is seen at its first wrong byte. */
#ifndef LG_BASE_UTF8_H
#define LG_BASE_UTF8_H

#include "base/base.h"

/* A zeroed struct stands at the start of a text. */
struct lg_utf8 {
    uint8_t left;      /* continuation bytes still to come */
    uint8_t low, high; /* range of the next one; only set while left > 0 */
};

/* False: these bytes cannot continue the text; the state is then undefined.  O(n), about two
 * instructions for three ASCII bytes. */
bool lg_utf8_feed(struct lg_utf8 *state, const char *p, size_t n);

/* May the text end here? */
static inline bool lg_utf8_complete(const struct lg_utf8 *state)
{
    return state->left == 0;
}

static inline bool lg_utf8_valid(struct lg_slice text)
{
    struct lg_utf8 state = {0};
    return lg_utf8_feed(&state, text.p, text.n) && lg_utf8_complete(&state);
}

/* Writes one scalar value (not a surrogate, <= 0x10ffff) to out[0..3]; its length, 1 to 4. */
size_t lg_utf8_put(char *out, uint32_t scalar);

#endif
