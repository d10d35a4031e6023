#include "net/url.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static const struct scheme {
    const char *prefix;
    uint16_t port;
    bool secure, websocket;
} schemes[] = {
    {"http", 80, false, false},
    {"https", 443, true, false},
    {"ws", 80, false, true},
    {"wss", 443, true, true},
};

static const struct scheme *find_scheme(const char *text, size_t n)
{
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        if (strlen(schemes[i].prefix) == n && strncasecmp(schemes[i].prefix, text, n) == 0) {
            return &schemes[i];
        }
    }
    return NULL;
}

static const char *read_port(const char *text, size_t n, uint16_t *out)
{
    unsigned long port = 0;
    if (n == 0 || n > 5) {
        return "a port is a number from 1 to 65535";
    }
    for (size_t i = 0; i < n; i++) {
        if (!isdigit((unsigned char)text[i])) {
            return "a port is a number from 1 to 65535";
        }
        port = port * 10 + (unsigned long)(text[i] - '0');
    }
    if (port == 0 || port > 65535) {
        return "a port is a number from 1 to 65535";
    }
    *out = (uint16_t)port;
    return NULL;
}

static bool host_ok(const char *host)
{
    for (const char *c = host; *c != '\0'; c++) {
        if (!isalnum((unsigned char)*c) && strchr("-._:%", *c) == NULL) {
            return false;
        }
    }
    return host[0] != '\0';
}

/* host[:port] or [v6][:port] */
static const char *read_authority(const char *text, size_t n, struct lg_url *out)
{
    const char *end = text + n, *host = text, *host_end, *colon = NULL;
    bool bracketed = n > 0 && text[0] == '[';
    if (memchr(text, '@', n) != NULL) {
        return "a user name in a URL is not sent: use -H 'Authorization: ...'";
    }
    if (bracketed) {
        host = text + 1;
        host_end = memchr(host, ']', n - 1);
        if (host_end == NULL) {
            return "an IPv6 address ends with ']'";
        }
        colon = host_end + 1 < end ? host_end + 1 : NULL;
        if (colon != NULL && *colon != ':') {
            return "after ']' only ':' and a port may follow";
        }
    } else {
        colon = memchr(text, ':', n);
        host_end = colon != NULL ? colon : end;
    }
    if ((size_t)(host_end - host) >= sizeof out->host) {
        return "the host name is too long";
    }
    snprintf(out->host, sizeof out->host, "%.*s", (int)(host_end - host), host);
    if (!host_ok(out->host)) {
        return "the host name is missing or holds a character that no host name has";
    }
    if (bracketed && strchr(out->host, ':') == NULL) {
        return "only an IPv6 address stands in '[' and ']'";
    }
    return colon != NULL ? read_port(colon + 1, (size_t)(end - colon - 1), &out->port) : NULL;
}

/* An IPv6 zone ("%eth0") means something on this machine only and is not sent (RFC 6874 1). */
static void write_authority(struct lg_url *url, uint16_t usual_port)
{
    bool v6 = strchr(url->host, ':') != NULL;
    int n = (int)(v6 ? strcspn(url->host, "%") : strlen(url->host));
    char port[8] = "";
    if (url->port != usual_port) {
        snprintf(port, sizeof port, ":%u", (unsigned)url->port);
    }
    snprintf(url->authority, sizeof url->authority, "%s%.*s%s%s", v6 ? "[" : "", n, url->host,
             v6 ? "]" : "", port);
}

static const char *read_path(const char *text, struct lg_url *out)
{
    size_t n = strcspn(text, "#");
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f) {
            return "a blank or control character in a URL is written %20 and the like";
        }
    }
    const char *slash = n > 0 && text[0] == '/' ? "" : "/";
    out->path = lg_printf("%s%.*s", slash, (int)n, text);
    return NULL;
}

const char *lg_url_read(const char *text, struct lg_url *out)
{
    *out = (struct lg_url){0};
    const char *colon = strstr(text, "://");
    const struct scheme *scheme = colon ? find_scheme(text, (size_t)(colon - text)) : NULL;
    if (scheme == NULL) {
        return "a URL begins with http://, https://, ws:// or wss://";
    }
    snprintf(out->scheme, sizeof out->scheme, "%s", scheme->prefix);
    out->port = scheme->port;
    out->secure = scheme->secure;
    out->websocket = scheme->websocket;
    const char *authority = colon + 3;
    size_t n = strcspn(authority, "/?#");
    const char *why = read_authority(authority, n, out);
    if (why == NULL) {
        why = read_path(authority + n, out);
    }
    if (why == NULL) {
        write_authority(out, scheme->port);
    }
    return why;
}

void lg_url_fini(struct lg_url *url)
{
    free(url->path);
    url->path = NULL;
}
