#include "content/cookie.h"

#include <stdlib.h>
#include <strings.h>

/* The texts of a cookie lie behind each other in one block: name, value, domain, path. */
struct lg_cookie {
    char *text; /* owned */
    uint32_t cap;
    uint32_t name_n, value_n, domain_n, path_n;
    int64_t expires; /* seconds since 1970; INT64_MAX: with the user */
    bool host_only, secure;
};

/* A Set-Cookie header, taken apart. */
struct parsed {
    struct lg_slice name, value, domain, path;
    int64_t expires;
    bool has_max_age, host_only, secure;
};

static struct lg_slice name_of(const struct lg_cookie *c)
{
    return lg_slice(c->text, c->name_n);
}

static struct lg_slice value_of(const struct lg_cookie *c)
{
    return lg_slice(c->text + c->name_n, c->value_n);
}

static struct lg_slice domain_of(const struct lg_cookie *c)
{
    return lg_slice(c->text + c->name_n + c->value_n, c->domain_n);
}

static struct lg_slice path_of(const struct lg_cookie *c)
{
    return lg_slice(c->text + c->name_n + c->value_n + c->domain_n, c->path_n);
}

void lg_cookie_jar_fini(struct lg_cookie_jar *jar)
{
    for (size_t i = 0; i < jar->count; i++) {
        free(jar->list[i].text);
    }
    free(jar->list);
    *jar = (struct lg_cookie_jar){0};
}

static void drop(struct lg_cookie_jar *jar, size_t i)
{
    free(jar->list[i].text);
    jar->count--;
    memmove(&jar->list[i], &jar->list[i + 1], (jar->count - i) * sizeof *jar->list);
}

/* ---- matching ---- */

static bool equal_fold(struct lg_slice a, struct lg_slice b)
{
    return a.n == b.n && (a.n == 0 || strncasecmp(a.p, b.p, a.n) == 0);
}

static bool is_address(struct lg_slice host)
{
    bool digits_and_dots = true;
    for (size_t i = 0; i < host.n; i++) {
        char c = host.p[i];
        if (c == ':') {
            return true;
        }
        digits_and_dots = digits_and_dots && (c == '.' || (c >= '0' && c <= '9'));
    }
    return digits_and_dots;
}

/* RFC 6265 5.1.3 */
static bool domain_matches(struct lg_slice host, struct lg_slice domain)
{
    if (equal_fold(host, domain)) {
        return true;
    }
    if (host.n <= domain.n || is_address(host)) {
        return false;
    }
    size_t at = host.n - domain.n;
    return host.p[at - 1] == '.' && equal_fold(lg_slice(host.p + at, domain.n), domain);
}

static struct lg_slice without_query(struct lg_slice path)
{
    const char *mark = path.n > 0 ? memchr(path.p, '?', path.n) : NULL;
    return mark != NULL ? lg_slice(path.p, (size_t)(mark - path.p)) : path;
}

/* RFC 6265 5.1.4 */
static bool path_matches(struct lg_slice path, struct lg_slice cookie)
{
    return path.n >= cookie.n && memcmp(path.p, cookie.p, cookie.n) == 0 &&
           (path.n == cookie.n || cookie.p[cookie.n - 1] == '/' || path.p[cookie.n] == '/');
}

static struct lg_slice default_path(struct lg_slice path)
{
    path = without_query(path);
    const char *slash = path.n > 0 ? memrchr(path.p, '/', path.n) : NULL;
    bool deep = slash != NULL && path.p[0] == '/' && slash > path.p;
    return deep ? lg_slice(path.p, (size_t)(slash - path.p)) : lg_str("/");
}

/* ---- Set-Cookie ---- */

static struct lg_slice trim(struct lg_slice text)
{
    while (text.n > 0 && (text.p[0] == ' ' || text.p[0] == '\t')) {
        text = lg_slice(text.p + 1, text.n - 1);
    }
    while (text.n > 0 && (text.p[text.n - 1] == ' ' || text.p[text.n - 1] == '\t')) {
        text.n--;
    }
    return text;
}

/* The part before `mark`, which is cut off *text together with it. */
static struct lg_slice take(struct lg_slice *text, char mark)
{
    const char *at = text->n > 0 ? memchr(text->p, mark, text->n) : NULL;
    struct lg_slice part = at != NULL ? lg_slice(text->p, (size_t)(at - text->p)) : *text;
    *text = at != NULL ? lg_slice(at + 1, text->n - part.n - 1) : lg_slice(NULL, 0);
    return trim(part);
}

/* RFC 6265 5.2.2; what is no number is no attribute. */
static void read_max_age(struct parsed *c, struct lg_slice value, int64_t now)
{
    bool negative = value.n > 0 && value.p[0] == '-';
    int64_t seconds = 0;
    for (size_t i = negative; i < value.n; i++) {
        if (value.p[i] < '0' || value.p[i] > '9') {
            return;
        }
        seconds = seconds < INT32_MAX ? seconds * 10 + (value.p[i] - '0') : seconds;
    }
    if (value.n > (size_t)negative) {
        c->has_max_age = true;
        c->expires = negative || seconds == 0 ? INT64_MIN : now + seconds;
    }
}

static void read_attribute(struct parsed *c, struct lg_slice attribute, int64_t now)
{
    struct lg_slice value = attribute, name = take(&value, '=');
    value = trim(value);
    if (equal_fold(name, lg_str("secure"))) {
        c->secure = true;
    } else if (equal_fold(name, lg_str("path"))) {
        c->path = value.n > 0 && value.p[0] == '/' ? value : lg_slice(NULL, 0);
    } else if (equal_fold(name, lg_str("domain")) && value.n > 0) {
        c->domain = value.p[0] == '.' ? lg_slice(value.p + 1, value.n - 1) : value;
    } else if (equal_fold(name, lg_str("max-age"))) {
        read_max_age(c, value, now);
    } else if (equal_fold(name, lg_str("expires")) && !c->has_max_age) {
        lg_cookie_date(value, &c->expires);
    }
}

/* Bytes that would end the header they are sent in, or are no part of one. */
static bool is_clean(struct lg_slice text)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            return false;
        }
    }
    return true;
}

static bool begins(struct lg_slice text, const char *word)
{
    size_t n = strlen(word);
    return text.n >= n && strncasecmp(text.p, word, n) == 0;
}

/* The promises of __Secure- and __Host- names (RFC 6265bis 4.1.3). */
static bool keeps_prefix(const struct parsed *c)
{
    if (begins(c->name, "__Secure-")) {
        return c->secure;
    }
    return !begins(c->name, "__Host-") ||
           (c->secure && c->host_only && lg_slice_eq(c->path, lg_str("/")));
}

/* Where it belongs; false: it is not for this host. */
static bool settle(struct parsed *c, const struct lg_cookie_place *from)
{
    c->host_only = c->domain.n == 0;
    if (c->host_only) {
        c->domain = from->host;
    } else if (!domain_matches(from->host, c->domain) ||
               (memchr(c->domain.p, '.', c->domain.n) == NULL &&
                !equal_fold(c->domain, from->host))) {
        return false;
    }
    c->path = c->path.n > 0 ? c->path : default_path(from->path);
    return true;
}

static bool parse(struct lg_slice text, const struct lg_cookie_place *from, int64_t now,
                  struct parsed *c)
{
    struct lg_slice rest = text, pair = take(&rest, ';');
    *c = (struct parsed){.expires = INT64_MAX};
    c->value = pair;
    if (pair.n == 0 || memchr(pair.p, '=', pair.n) == NULL || !is_clean(text)) {
        return false;
    }
    c->name = take(&c->value, '=');
    c->value = trim(c->value);
    while (rest.n > 0) {
        read_attribute(c, take(&rest, ';'), now);
    }
    return c->name.n > 0 && c->name.n + c->value.n <= LG_COOKIE_BYTES && settle(c, from) &&
           c->path.n <= LG_COOKIE_PLACE && c->domain.n <= LG_COOKIE_PLACE &&
           (!c->secure || from->secure) && keeps_prefix(c);
}

/* ---- the jar ---- */

static size_t find(const struct lg_cookie_jar *jar, const struct parsed *c)
{
    size_t i = 0;
    while (i < jar->count && !(lg_slice_eq(name_of(&jar->list[i]), c->name) &&
                               equal_fold(domain_of(&jar->list[i]), c->domain) &&
                               lg_slice_eq(path_of(&jar->list[i]), c->path))) {
        i++;
    }
    return i;
}

static struct lg_cookie *add(struct lg_cookie_jar *jar)
{
    if (jar->count == LG_COOKIES) {
        drop(jar, 0);
    }
    if (jar->list == NULL || (jar->count & (jar->count - 1)) == 0) { /* full at powers of two */
        size_t cap = jar->count > 0 ? 2 * jar->count : 1;
        jar->list = lg_grow(jar->list, cap, sizeof *jar->list);
    }
    jar->list[jar->count] = (struct lg_cookie){0};
    return &jar->list[jar->count++];
}

static void write(struct lg_cookie *to, const struct parsed *c)
{
    const struct lg_slice parts[] = {c->name, c->value, c->domain, c->path};
    size_t n = c->name.n + c->value.n + c->domain.n + c->path.n;
    if (n > to->cap) {
        to->text = lg_grow(to->text, n, 1);
        to->cap = (uint32_t)n;
    }
    char *p = to->text;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        memcpy(p, parts[i].n > 0 ? parts[i].p : "", parts[i].n);
        p += parts[i].n;
    }
    to->name_n = (uint32_t)c->name.n;
    to->value_n = (uint32_t)c->value.n;
    to->domain_n = (uint32_t)c->domain.n;
    to->path_n = (uint32_t)c->path.n;
    to->expires = c->expires;
    to->host_only = c->host_only;
    to->secure = c->secure;
}

void lg_cookie_set(struct lg_cookie_jar *jar, struct lg_slice set_cookie,
                   const struct lg_cookie_place *from, int64_t now)
{
    struct parsed c;
    if (!parse(set_cookie, from, now, &c)) {
        return;
    }
    size_t i = find(jar, &c);
    if (i == jar->count) {
        if (c.expires > now) {
            write(add(jar), &c);
        }
    } else if (c.expires > now) {
        write(&jar->list[i], &c);
    } else {
        drop(jar, i);
    }
}

static bool goes_to(const struct lg_cookie *c, const struct lg_cookie_place *to)
{
    bool host =
        c->host_only ? equal_fold(to->host, domain_of(c)) : domain_matches(to->host, domain_of(c));
    return host && (!c->secure || to->secure) && path_matches(without_query(to->path), path_of(c));
}

static void drop_expired(struct lg_cookie_jar *jar, int64_t now)
{
    for (size_t i = jar->count; i-- > 0;) {
        if (jar->list[i].expires <= now) {
            drop(jar, i);
        }
    }
}

void lg_cookie_header(struct lg_cookie_jar *jar, const struct lg_cookie_place *to, int64_t now,
                      struct lg_buf *out)
{
    const struct lg_cookie *chosen[LG_COOKIES];
    size_t count = 0;
    drop_expired(jar, now);
    for (size_t i = 0; i < jar->count; i++) {
        const struct lg_cookie *c = &jar->list[i];
        if (!goes_to(c, to)) {
            continue;
        }
        size_t at = count++;
        for (; at > 0 && chosen[at - 1]->path_n < c->path_n; at--) {
            chosen[at] = chosen[at - 1];
        }
        chosen[at] = c;
    }
    for (size_t i = 0; i < count; i++) {
        lg_buf_adds(out, i > 0 ? "; " : "");
        lg_buf_add(out, name_of(chosen[i]).p, name_of(chosen[i]).n);
        lg_buf_adds(out, "=");
        lg_buf_add(out, value_of(chosen[i]).p, value_of(chosen[i]).n);
    }
}
