/* A user's cookies (RFC 6265, with the name prefixes of its revision): what Set-Cookie headers ask
 * to keep, and which of it a request sends.  Small and bounded: a simulated user talks to the few
 * hosts of one target.  No list of public suffixes: a Domain must hold a dot and the host itself
 * must lie in it. */
#ifndef LG_CONTENT_COOKIE_H
#define LG_CONTENT_COOKIE_H

#include "base/base.h"
#include "base/buf.h"

enum {
    LG_COOKIES = 50,        /* of one jar; then the oldest goes (RFC 6265 6.1) */
    LG_COOKIE_BYTES = 4096, /* name and value of one; larger ones are not kept */
    LG_COOKIE_PLACE = 1024, /* longest Path or Domain that is kept */
};

struct lg_cookie;

struct lg_cookie_jar {      /* a zeroed one is empty and owns nothing */
    struct lg_cookie *list; /* owned; in the order of their making */
    size_t count;
};

void lg_cookie_jar_fini(struct lg_cookie_jar *jar); /* leaves it empty */

/* Where a request goes, or a response comes from. */
struct lg_cookie_place {
    struct lg_slice host; /* lower case, without port; a literal address without brackets */
    struct lg_slice path; /* begins with '/'; a query may follow */
    bool secure;          /* over TLS */
};

/* One Set-Cookie header's value, of any bytes; what is malformed or not allowed is passed over.
 * Copies.  `now` is in seconds since 1970. */
void lg_cookie_set(struct lg_cookie_jar *jar, struct lg_slice set_cookie,
                   const struct lg_cookie_place *from, int64_t now);

/* Appends the Cookie header's value ("a=1; b=2"), longer paths first, then older ones; nothing if
 * no cookie goes there.  Drops what has expired. */
void lg_cookie_header(struct lg_cookie_jar *jar, const struct lg_cookie_place *to, int64_t now,
                      struct lg_buf *out);

/* A date as RFC 6265 5.1.1 reads it, seconds since 1970; false: it is none. */
bool lg_cookie_date(struct lg_slice text, int64_t *out);

#endif
