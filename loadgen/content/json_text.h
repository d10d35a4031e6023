/* What the JSON scanner and the readers of raw values share. */
#ifndef LG_CONTENT_JSON_TEXT_H
#define LG_CONTENT_JSON_TEXT_H

#include "base/base.h"

/* One escape of a string with *p behind its backslash: its scalar value, or -1 if it is broken
 * (half a surrogate pair is).  *p moves behind it; nothing at or after `end` is read. */
int32_t lg_json_escape(const char **p, const char *end);

#endif
