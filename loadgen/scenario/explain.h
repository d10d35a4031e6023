/* The scenario language explained, from the option table itself. */
#ifndef LG_SCENARIO_EXPLAIN_H
#define LG_SCENARIO_EXPLAIN_H

#include "base/arena.h"
#include "base/buf.h"

/* Appends the text of `loadgen explain [TOPIC]`: NULL explains the language in one screen, a
 * section ("users", "[users]") all its keys, a key ("rate", "users.rate") itself in each section
 * that has it, a word ("poisson") the keys that take it, a hole ("message.id", "${random.text 64}")
 * what fills holes.  NULL on success; else nothing is appended and the result is a sentence from
 * `arena`, with "did you mean" where something is near. */
const char *lg_explain_write(const char *topic, struct lg_arena *arena, struct lg_buf *out);

/* Appends docs/scenario.md. */
void lg_explain_markdown(struct lg_buf *out);

#endif
