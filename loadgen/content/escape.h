/* What a value must not hold depends on where it goes: a name with a quote would break JSON, a
 * captured text with a line end would become a second header. */
#ifndef LG_CONTENT_ESCAPE_H
#define LG_CONTENT_ESCAPE_H

#include "base/base.h"
#include "base/buf.h"

enum lg_escape {
    LG_ESCAPE_NONE,
    LG_ESCAPE_PATH,   /* within a request line: controls, blanks, quotes, angles, braces and what is
                         not ASCII become %XX; what is %XX already stays */
    LG_ESCAPE_HEADER, /* within a header: controls become blanks (RFC 9110 5.5) */
    LG_ESCAPE_URL,    /* as a part of a URL or form: all but the unreserved characters become %XX */
    LG_ESCAPE_JSON,   /* as the inside of a JSON string (RFC 8259 7) */
};

/* Appends; any bytes are safe. */
void lg_escape_add(struct lg_buf *out, struct lg_slice text, enum lg_escape escape);

#endif
