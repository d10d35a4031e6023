/* Set-Cookie headers, one a line, from any peer: the jar stays bounded, and what it sends is one
 * header without controls. */
#include "content/cookie.h"

#include <stdlib.h>

enum { NOW = 1700000000 };

static void check_header(struct lg_slice header)
{
    for (size_t i = 0; i < header.n; i++) {
        unsigned char c = (unsigned char)header.p[i];
        LG_ASSERT((c >= 0x20 || c == '\t') && c != 0x7f);
    }
    LG_ASSERT(header.n <= LG_COOKIES * (LG_COOKIE_BYTES + 3));
}

static void ask(struct lg_cookie_jar *jar, struct lg_slice path, bool secure, int64_t now)
{
    static const char *const hosts[] = {"www.h.io", "h.io", "127.0.0.1"};
    for (size_t i = 0; i < 3; i++) {
        struct lg_buf out = {0};
        struct lg_cookie_place to = {.host = lg_str(hosts[i]), .path = path, .secure = secure};
        lg_cookie_header(jar, &to, now, &out);
        check_header(lg_buf_slice(&out));
        lg_buf_free(&out);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct lg_cookie_jar jar = {0};
    const char *p = (const char *)data, *end = p + n;
    while (p < end) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        size_t line = newline != NULL ? (size_t)(newline - p) : (size_t)(end - p);
        char *text = lg_grow(NULL, line > 0 ? line : 1, 1);
        memcpy(text, p, line);
        struct lg_cookie_place from = {
            .host = lg_str("www.h.io"), .path = lg_str("/a/b"), .secure = line % 2 == 0};
        lg_cookie_set(&jar, lg_slice(text, line), &from, NOW);
        LG_ASSERT(jar.count <= LG_COOKIES);
        free(text);
        p += line + (newline != NULL);
    }
    ask(&jar, lg_str("/a/b?c"), true, NOW);
    ask(&jar, lg_str("/"), false, NOW + 1000);
    lg_cookie_jar_fini(&jar);
    return 0;
}
