/* What a page carries packed (report/pack.h), for tests that look into it. */
#ifndef LG_TESTS_UNPACKED_H
#define LG_TESTS_UNPACKED_H

#include "base/base.h"

#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* The text of the first element that begins so, at most 1 MiB; the caller's. */
static inline char *unpacked(const char *page, const char *element)
{
    enum { ROOM = 1 << 20 };
    const char *from = strstr(page, element);
    cr_assert_not_null(from);
    from += strlen(element);
    int n = (int)strcspn(from, "<");
    unsigned char *bytes = lg_alloc((size_t)n + 1);
    cr_assert_eq(EVP_DecodeBlock(bytes, (const unsigned char *)from, n), n / 4 * 3);
    uLongf room = ROOM - 1;
    char *text = lg_alloc(ROOM);
    cr_assert_eq(uncompress((Bytef *)text, &room, bytes, (uLong)n / 4 * 3), Z_OK);
    text[room] = '\0';
    free(bytes);
    return text;
}

#endif
