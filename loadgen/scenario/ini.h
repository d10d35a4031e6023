/* INI text as the language of scenarios reads it: sections, keys and values with their places.
 *
 *   - A comment is a line of its own that begins with ; or #.  Nothing ever cuts a value.
 *   - [KIND] or [KIND NAME]; KEY = VALUE, blanks around both taken off; no continued lines.
 *   - include = FILE, anywhere, relative to the file that says so; the keys after it belong to the
 *     section they stand in, and an included file begins with a section of its own.
 *   - ${NAME} of A-Z 0-9 _ is an environment variable, ${NAME:-TEXT} has a default.  $${ (a plain
 *     ${ later), ${PORT} (which a started server announces) and every other ${...} stay as they
 * are.
 *   - CRLF and a UTF-8 byte order mark are fine; NUL, other control characters and bytes that are
 *     not UTF-8 are not.
 *
 * What keys mean is not known here. */
#ifndef LG_SCENARIO_INI_H
#define LG_SCENARIO_INI_H

#include "scenario/io.h"
#include "scenario/problem.h"

enum { LG_INI_FILES = 64 }; /* most files that one scenario may include in all */

/* A stretch of a value that was copied from the line or came from the environment. */
struct lg_ini_span {
    size_t from;     /* offset in the value */
    unsigned column; /* of that offset in the file */
    bool env;        /* all of it stands for the ${...} at `column` */
};

struct lg_ini_entry {
    struct lg_slice key, value; /* value: environment filled in; both terminated by '\0' too */
    struct lg_place place, value_place;
    struct lg_ini_span *spans;
    size_t span_count;
    size_t source_from,
        source_n;  /* the value as written, within lg_ini.source; n == 0: not there */
    bool override; /* from the command line */
};

struct lg_ini_section {
    struct lg_slice kind, name; /* name.n == 0: none */
    struct lg_place place, name_place;
    struct lg_ini_entry *entries;
    size_t count;
};

struct lg_ini {
    struct lg_arena *arena; /* borrowed: owns everything here */
    struct lg_ini_section *sections;
    size_t count;
    const char *opening;    /* the comment lines before the first section, without their marks */
    struct lg_slice source; /* the text, includes put in place */
};

/* Reads a file and what it includes; every mistake is added to `problems`, and what could be read
 * is there in spite of them.  False: the file itself could not be read.  O(bytes). */
bool lg_ini_read(struct lg_ini *ini, const char *file, const struct lg_io *io,
                 struct lg_arena *arena, struct lg_problems *problems);

/* Fills entry->value and its spans from `raw`, which stands at `place`: the environment's part of
 * reading.  entry->value_place becomes `place`. */
void lg_ini_set_value(struct lg_ini_entry *entry, struct lg_slice raw, struct lg_place place,
                      const struct lg_io *io, struct lg_arena *arena, struct lg_problems *problems);

/* The place of an offset in an entry's value; offset <= value.n. O(spans + offset). */
struct lg_place lg_ini_place(const struct lg_ini_entry *entry, size_t offset);

/* Letters, digits, - and _ : what names of sections are made of. */
bool lg_ini_is_name(struct lg_slice text);

struct lg_slice lg_slice_trim(struct lg_slice text); /* blanks and tabs at both ends */

#endif
