/* Text of fixed-width columns.  All text that came from outside is made harmless first: a server's
 * output must not move the reader's cursor or paint the reader's terminal. */
#ifndef LG_REPORT_PLAIN_H
#define LG_REPORT_PLAIN_H

#include "base/buf.h"

/* A record's text may be missing. */
static inline const char *lg_plain_text(const char *text)
{
    return text ? text : "";
}

/* Appends at most `columns` columns of `text` (a code point counts as one; the last is "..." when
 * text is cut) and returns the columns used.  Control characters, broken UTF-8 and direction marks
 * become "?"; line ends and tabs become blanks. */
size_t lg_plain_add(struct lg_buf *out, const char *text, size_t columns);
size_t lg_plain_width(const char *text); /* columns that lg_plain_add would use, unlimited */

void lg_plain_left(struct lg_buf *out, const char *text, size_t columns);  /* padded to columns */
void lg_plain_right(struct lg_buf *out, const char *text, size_t columns); /* padded to columns */

/* Appends text broken at blanks into lines of at most `width` columns.  The first line begins where
 * the caller already is, `indent` columns in; the others are indented by as much.  Ends with a line
 * end.  A word that is longer than a line has one to itself, whole. */
void lg_plain_wrap(struct lg_buf *out, const char *text, size_t indent, size_t width);

#endif
