#include "net/url.h"

#include "support/leak_check.h"

#include <criterion/criterion.h>
#include <stdlib.h>

TestSuite(url, .fini = fail_on_leak);

Test(url, parts_of_good_addresses)
{
    static const struct {
        const char *text, *host, *authority, *path;
        unsigned port;
    } cases[] = {
        {"http://example.org", "example.org", "example.org", "/", 80},
        {"http://example.org/", "example.org", "example.org", "/", 80},
        {"https://example.org/a/b?c=d&e", "example.org", "example.org", "/a/b?c=d&e", 443},
        {"ws://h/x", "h", "h", "/x", 80},
        {"wss://h", "h", "h", "/", 443},
        {"http://h:8080/", "h", "h:8080", "/", 8080},
        {"http://h:80/", "h", "h", "/", 80},
        {"https://h:443", "h", "h", "/", 443},
        {"https://h:80", "h", "h:80", "/", 80},
        {"http://h:65535", "h", "h:65535", "/", 65535},
        {"http://h:00080", "h", "h", "/", 80},
        {"http://h?q", "h", "h", "/?q", 80},
        {"http://h?q=/a@b:c", "h", "h", "/?q=/a@b:c", 80},
        {"http://h#top", "h", "h", "/", 80},
        {"http://h/a#top?x", "h", "h", "/a", 80},
        {"http://h/a?b#c#d", "h", "h", "/a?b", 80},
        {"http://h//a", "h", "h", "//a", 80},
        {"http://h/a@b", "h", "h", "/a@b", 80},
        {"http://127.0.0.1:5000/x", "127.0.0.1", "127.0.0.1:5000", "/x", 5000},
        {"http://[::1]", "::1", "[::1]", "/", 80},
        {"http://[::1]:8080/x", "::1", "[::1]:8080", "/x", 8080},
        {"wss://[2001:db8::1]:443/x", "2001:db8::1", "[2001:db8::1]", "/x", 443},
        {"http://[::ffff:1.2.3.4]", "::ffff:1.2.3.4", "[::ffff:1.2.3.4]", "/", 80},
        {"http://[fe80::1%eth0]:1", "fe80::1%eth0", "[fe80::1]:1", "/", 1},
        {"http://my_host-1.local", "my_host-1.local", "my_host-1.local", "/", 80},
        {"HTTP://h", "h", "h", "/", 80},
        {"wSs://h", "h", "h", "/", 443},
        {"http://h/\xc3\xa9", "h", "h", "/\xc3\xa9", 80},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct lg_url url;
        const char *why = lg_url_read(cases[i].text, &url);
        cr_assert_null(why, "%s: %s", cases[i].text, why);
        cr_expect_str_eq(url.host, cases[i].host, "%s: host %s", cases[i].text, url.host);
        cr_expect_str_eq(url.authority, cases[i].authority, "%s: %s", cases[i].text, url.authority);
        cr_expect_str_eq(url.path, cases[i].path, "%s: path %s", cases[i].text, url.path);
        cr_expect_eq(url.port, cases[i].port, "%s: port %u", cases[i].text, url.port);
        lg_url_fini(&url);
        lg_url_fini(&url);
    }
}

Test(url, the_scheme_says_how_to_connect)
{
    static const struct {
        const char *text, *scheme;
        bool secure, websocket;
    } cases[] = {
        {"http://h", "http", false, false},
        {"https://h", "https", true, false},
        {"ws://h", "ws", false, true},
        {"wss://h", "wss", true, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct lg_url url;
        cr_assert_null(lg_url_read(cases[i].text, &url));
        cr_expect_str_eq(url.scheme, cases[i].scheme);
        cr_expect_eq(url.secure, cases[i].secure);
        cr_expect_eq(url.websocket, cases[i].websocket);
        lg_url_fini(&url);
    }
}

Test(url, bad_addresses_are_refused_with_a_reason)
{
    static const char scheme[] = "a URL begins with http://, https://, ws:// or wss://";
    static const char port[] = "a port is a number from 1 to 65535";
    static const char host[] =
        "the host name is missing or holds a character that no host name has";
    static const char user[] = "a user name in a URL is not sent: use -H 'Authorization: ...'";
    static const char blank[] = "a blank or control character in a URL is written %20 and the like";
    static const char v6[] = "only an IPv6 address stands in '[' and ']'";
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", scheme},
        {"h", scheme},
        {"h:80/x", scheme},
        {"/x", scheme},
        {"ftp://h", scheme},
        {"httpx://h", scheme},
        {"http:/h", scheme},
        {" http://h", scheme},
        {"http://", host},
        {"http:///x", host},
        {"http://?x", host},
        {"http://:80", host},
        {"http://[]", host},
        {"http://a b/", host},
        {"http://a\\b/", host},
        {"http://h\xc3\xa9/", host},
        {"http://<h>", host},
        {"http://[::1", "an IPv6 address ends with ']'"},
        {"http://[", "an IPv6 address ends with ']'"},
        {"http://[::1]x", "after ']' only ':' and a port may follow"},
        {"http://[name]", v6},
        {"http://[1.2.3.4]", v6},
        {"http://h:", port},
        {"http://h:0", port},
        {"http://h:65536", port},
        {"http://h:99999", port},
        {"http://h:123456", port},
        {"http://h:-1", port},
        {"http://h:8a", port},
        {"http://h:+8", port},
        {"http://::1/", host},
        {"http://a:b@h/", user},
        {"http://a@h/", user},
        {"http://h/a b", blank},
        {"http://h/\t", blank},
        {"http://h/x\r\nX: y", blank},
        {"http://h/\x7f", blank},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct lg_url url;
        const char *why = lg_url_read(cases[i].text, &url);
        cr_assert_not_null(why, "%s", cases[i].text);
        cr_expect_str_eq(why, cases[i].why, "%s: %s", cases[i].text, why);
        cr_expect_null(url.path, "%s", cases[i].text);
    }
}

static char *with_host(size_t letters, const char *rest)
{
    char *text = lg_alloc(letters + 64);
    strcpy(text, "http://");
    memset(text + 7, 'a', letters);
    strcpy(text + 7 + letters, rest);
    return text;
}

Test(url, a_host_has_its_limit_and_a_path_has_none)
{
    struct lg_url url;
    char *text = with_host(255, ":65535");
    cr_expect_null(lg_url_read(text, &url));
    cr_expect_eq(strlen(url.authority), 261);
    lg_url_fini(&url);
    free(text);
    text = with_host(256, "");
    cr_expect_str_eq(lg_url_read(text, &url), "the host name is too long");
    free(text);
    text = with_host(100000, "/");
    text[7] = 'h';
    text[8] = '/';
    cr_expect_null(lg_url_read(text, &url));
    cr_expect_eq(strlen(url.path), 100000);
    lg_url_fini(&url);
    free(text);
}
