/* Regular expressions over bodies, messages and headers: PCRE2 with its just-in-time compiler.
 * Patterns are UTF-8; a text may hold anything, what is not UTF-8 in it matches nothing. */
#ifndef LG_CONTENT_REGEX_H
#define LG_CONTENT_REGEX_H

#include "base/arena.h"
#include "base/base.h"

enum { LG_REGEX_GROUPS = 31 }; /* a pattern has at most so many */

struct lg_regex; /* immutable once made; may be shared by threads */

/* NULL: *why (of `errors`) says what is wrong with the pattern, *at where, in bytes. */
struct lg_regex *lg_regex_new(struct lg_slice pattern, struct lg_arena *errors, const char **why,
                              size_t *at);
void lg_regex_free(struct lg_regex *regex); /* NULL ok */
unsigned lg_regex_groups(const struct lg_regex *regex);

/* Memory that a search needs; for one thread at a time. */
struct lg_regex_room;
struct lg_regex_room *lg_regex_room_new(void);
void lg_regex_room_free(struct lg_regex_room *room); /* NULL ok */

/* The first match in `text`: *found becomes what `group` (0: the whole match; <=
 * lg_regex_groups()) holds, a slice of `text`, empty where that group took no part.  False: no
 * match, or the search was given up because it took more steps than a body is worth (a pattern can
 * take time that is exponential in the text, and a peer chooses the text). */
bool lg_regex_find(const struct lg_regex *regex, struct lg_slice text, unsigned group,
                   struct lg_regex_room *room, struct lg_slice *found);

#endif
