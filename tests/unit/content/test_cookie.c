#include "content/cookie.h"
#include "support/leaks.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

TestSuite(cookie, .fini = no_leaks);

enum { NOW = 1700000000 };

static struct lg_cookie_place place(const char *url)
{
    bool secure = strncmp(url, "https://", 8) == 0;
    const char *host = strstr(url, "://") + 3, *slash = strchr(host, '/');
    return (struct lg_cookie_place){
        .host = lg_slice(host, (size_t)(slash - host)), .path = lg_str(slash), .secure = secure};
}

static void set(struct lg_cookie_jar *jar, const char *url, const char *text)
{
    struct lg_cookie_place from = place(url);
    lg_cookie_set(jar, lg_str(text), &from, NOW);
}

/* Static: until the next call. */
static const char *sent_at(struct lg_cookie_jar *jar, const char *url, int64_t now)
{
    static char text[9000];
    struct lg_buf out = {0};
    struct lg_cookie_place to = place(url);
    lg_cookie_header(jar, &to, now, &out);
    snprintf(text, sizeof text, "%.*s", (int)out.n, out.n > 0 ? out.p : "");
    lg_buf_free(&out);
    return text;
}

static const char *sent(struct lg_cookie_jar *jar, const char *url)
{
    return sent_at(jar, url, NOW);
}

/* What one Set-Cookie at a place makes of a request to another place. */
Test(cookie, goes_where_rfc_6265_says)
{
    static const char *const rows[][4] = {
        {"a=1", "http://h.io/", "http://h.io/x", "a=1"},
        {"a=1", "http://h.io/", "http://g.io/", ""},
        {"a=1", "http://h.io/", "http://www.h.io/", ""},
        {" a = 1 ; x", "http://h.io/", "http://h.io/", "a=1"},
        {"a=\"q\"", "http://h.io/", "http://h.io/", "a=\"q\""},
        {"a=b=c", "http://h.io/", "http://h.io/", "a=b=c"},
        {"a=", "http://h.io/", "http://h.io/", "a="},
        {"=1", "http://h.io/", "http://h.io/", ""},
        {"a", "http://h.io/", "http://h.io/", ""},
        {"", "http://h.io/", "http://h.io/", ""},
        {"a=1\r\nX: y", "http://h.io/", "http://h.io/", ""},
        {"a=1; Domain=h.io", "http://www.h.io/", "http://h.io/", "a=1"},
        {"a=1; Domain=.H.IO", "http://www.h.io/", "http://x.h.io/", "a=1"},
        {"a=1; Domain=h.io", "http://www.h.io/", "http://xh.io/", ""},
        {"a=1; Domain=g.io", "http://h.io/", "http://g.io/", ""},
        {"a=1; Domain=www.h.io", "http://h.io/", "http://www.h.io/", ""},
        {"a=1; Domain=io", "http://h.io/", "http://h.io/", ""},
        {"a=1; Domain=localhost", "http://localhost/", "http://localhost/", "a=1"},
        {"a=1; Domain=0.0.1", "http://127.0.0.1/", "http://127.0.0.1/", ""},
        {"a=1; Domain=127.0.0.1", "http://127.0.0.1/", "http://127.0.0.1/", "a=1"},
        {"a=1", "http://h.io/api/login", "http://h.io/api", "a=1"},
        {"a=1", "http://h.io/api/login", "http://h.io/api/x?q", "a=1"},
        {"a=1", "http://h.io/api/login?x=/y/", "http://h.io/apix", ""},
        {"a=1", "http://h.io/api/login", "http://h.io/", ""},
        {"a=1; Path=/", "http://h.io/api/login", "http://h.io/", "a=1"},
        {"a=1; Path=/a", "http://h.io/", "http://h.io/a/b", "a=1"},
        {"a=1; Path=/a", "http://h.io/", "http://h.io/ab", ""},
        {"a=1; Path=/a/", "http://h.io/", "http://h.io/a", ""},
        {"a=1; Path=/a", "http://h.io/", "http://h.io/a?b", "a=1"},
        {"a=1; Path=x", "http://h.io/", "http://h.io/b", "a=1"},
        {"a=1; Secure", "https://h.io/", "https://h.io/", "a=1"},
        {"a=1; Secure", "https://h.io/", "http://h.io/", ""},
        {"a=1; Secure", "http://h.io/", "https://h.io/", ""},
        {"a=1; Max-Age=1", "http://h.io/", "http://h.io/", "a=1"},
        {"a=1; Max-Age=0", "http://h.io/", "http://h.io/", ""},
        {"a=1; Max-Age=-5", "http://h.io/", "http://h.io/", ""},
        {"a=1; Max-Age=x", "http://h.io/", "http://h.io/", "a=1"},
        {"a=1; Max-Age=99999999999999999999", "http://h.io/", "http://h.io/", "a=1"},
        {"a=1; Expires=Wed, 21 Oct 2015 07:28:00 GMT", "http://h.io/", "http://h.io/", ""},
        {"a=1; Expires=Wed, 21 Oct 2099 07:28:00 GMT", "http://h.io/", "http://h.io/", "a=1"},
        {"a=1; Max-Age=9; Expires=Wed, 21 Oct 2015 07:28:00 GMT", "http://h.io/", "http://h.io/",
         "a=1"},
        {"a=1; Expires=Wed, 21 Oct 2015 07:28:00 GMT; Max-Age=9", "http://h.io/", "http://h.io/",
         "a=1"},
        {"__Secure-a=1", "https://h.io/", "https://h.io/", ""},
        {"__Secure-a=1; Secure", "https://h.io/", "https://h.io/", "__Secure-a=1"},
        {"__Host-a=1; Secure; Path=/", "https://h.io/", "https://h.io/", "__Host-a=1"},
        {"__Host-a=1; Secure; Path=/; Domain=h.io", "https://h.io/", "https://h.io/", ""},
        {"__Host-a=1; Secure; Path=/x", "https://h.io/", "https://h.io/x", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lg_cookie_jar jar = {0};
        set(&jar, rows[i][1], rows[i][0]);
        cr_expect_str_eq(sent(&jar, rows[i][2]), rows[i][3], "%s from %s to %s", rows[i][0],
                         rows[i][1], rows[i][2]);
        lg_cookie_jar_fini(&jar);
    }
}

Test(cookie, the_same_name_domain_and_path_is_the_same_cookie)
{
    struct lg_cookie_jar jar = {0};
    set(&jar, "http://h.io/", "a=1");
    set(&jar, "http://h.io/", "b=2");
    set(&jar, "http://h.io/", "a=a longer value than before");
    cr_expect_str_eq(sent(&jar, "http://h.io/"), "a=a longer value than before; b=2");
    set(&jar, "http://h.io/", "a=3; Path=/x");
    cr_expect_str_eq(sent(&jar, "http://h.io/x"), "a=3; a=a longer value than before; b=2");
    set(&jar, "http://h.io/", "a=; Max-Age=0");
    cr_expect_str_eq(sent(&jar, "http://h.io/x"), "a=3; b=2");
    lg_cookie_jar_fini(&jar);
}

Test(cookie, expires_while_it_is_kept)
{
    struct lg_cookie_jar jar = {0};
    set(&jar, "http://h.io/", "a=1; Max-Age=10");
    set(&jar, "http://h.io/", "b=2; Max-Age=20");
    cr_expect_str_eq(sent_at(&jar, "http://h.io/", NOW + 9), "a=1; b=2");
    cr_expect_str_eq(sent_at(&jar, "http://h.io/", NOW + 10), "b=2");
    cr_expect_eq(jar.count, 1);
    lg_cookie_jar_fini(&jar);
}

Test(cookie, of_too_many_the_oldest_goes)
{
    struct lg_cookie_jar jar = {0};
    for (int i = 0; i < LG_COOKIES + 2; i++) {
        char text[32];
        snprintf(text, sizeof text, "c%d=%d", i, i);
        set(&jar, "http://h.io/", text);
    }
    cr_expect_eq(jar.count, LG_COOKIES);
    cr_expect_eq(strncmp(sent(&jar, "http://h.io/"), "c2=2; c3=3; ", 12), 0);
    lg_cookie_jar_fini(&jar);
}

Test(cookie, what_is_too_large_is_not_kept)
{
    struct lg_cookie_jar jar = {0};
    char text[LG_COOKIE_BYTES + 3] = "a=";
    memset(text + 2, 'x', LG_COOKIE_BYTES - 1);
    set(&jar, "http://h.io/", text);
    cr_expect_eq(jar.count, 1);
    text[LG_COOKIE_BYTES + 1] = 'x';
    text[0] = 'b';
    set(&jar, "http://h.io/", text);
    cr_expect_eq(jar.count, 1);
    lg_cookie_jar_fini(&jar);
}

Test(cookie, dates_are_read_in_the_ways_they_are_written)
{
    static const struct {
        const char *text;
        int64_t at; /* -1: no date */
    } rows[] = {
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
        {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
        {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
        {"Sun Nov  6 08:49:37 1994", 784111777},
        {"Thu, 29 Feb 2024 00:00:01 GMT", 1709164801},
        {"Wed, 29-Feb-2023 00:00:01 GMT", -1},
        {"01 Mar 00 00:00:00", 951868800},
        {"1 jan 69 0:0:0", 3124224000},
        {"Thu, 01 Jan 1600 00:00:00 GMT", -1},
        {"Thu, 32 Jan 2000 00:00:00 GMT", -1},
        {"Thu, 01 Jan 2000 24:00:00 GMT", -1},
        {"Thu, 01 Jan 2000", -1},
        {"", -1},
        {"99999999999999999999", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t at = -1;
        bool ok = lg_cookie_date(lg_str(rows[i].text), &at);
        cr_expect(ok == (rows[i].at >= 0) && at == rows[i].at, "%s: %lld", rows[i].text,
                  (long long)at);
    }
}
