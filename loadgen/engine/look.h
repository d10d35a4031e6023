/* Inside engine/: the part of compiling a plan that is about answers. */
#ifndef LG_ENGINE_LOOK_H
#define LG_ENGINE_LOOK_H

#include "engine/program.h"

/* Fills checks, captures and look of a step whose `step` is set; in a dry run all of the answer is
 * looked at.  NULL, or a static sentence. */
const char *lg_look_compile(struct lg_program_step *s, bool dry_run);
void lg_look_free(struct lg_program_step *s);

bool lg_match_is_json(const struct lg_match *match);
struct lg_regex *lg_look_regex(struct lg_slice pattern); /* the caller's; the plan has read it */
struct lg_slice lg_look_static(const struct lg_template *t); /* its text; n == 0: it has holes */

#endif
