/* The option table of the scenario language: one row for each key, in the schema_*.c of its
 * section.  Parser, defaults, messages, `loadgen explain`, docs/scenario.md and the echo of a plan
 * all read it; a new key is a new row. */
#ifndef LG_SCENARIO_SCHEMA_H
#define LG_SCENARIO_SCHEMA_H

#include "base/base.h"

enum lg_section_kind {
    LG_SECTION_SCENARIO,
    LG_SECTION_USERS,
    LG_SECTION_STEP,
    LG_SECTION_DATA,
    LG_SECTION_DELIVERIES,
    LG_SECTION_OBJECTIVES,
    LG_SECTION_TARGET,
    LG_SECTION_KINDS
};

/* What a value looks like; value.c reads each into one kind of field. */
#define LG_VALUE_MAP(X)                                                                            \
    X(TEXT, "text")                                                                                \
    X(CLAIM, "ids of claims, separated by commas")                                                 \
    X(NAMES, "names, separated by commas")                                                         \
    X(TIME, "time: 250ms, 1.5s, 2m, 1h")                                                           \
    X(RATE, "rate: 0.5/s, 1k/s, 30/m")                                                             \
    X(COUNT, "count: 200, 10k")                                                                    \
    X(WHOLE, "whole number")                                                                       \
    X(WORD, "one of the words")                                                                    \
    X(SWITCH, "yes or no")                                                                         \
    X(STAGES, "stages: TIME RATE, TIME RATE, ...")                                                 \
    X(OVERLOAD, "queue, drop, or shed TIME")                                                       \
    X(VARIABLE, "zipf A..B, uniform A..B, or text")                                                \
    X(PATH, "path, may hold ${...}")                                                               \
    X(TEMPLATE, "text, may hold ${...}")                                                           \
    X(REQUEST, "METHOD /path, may hold ${...}")                                                    \
    X(BODY_FILE, "file, relative to this one")                                                     \
    X(HEADER, "text, may hold ${...}")                                                             \
    X(SSE, "path or METHOD /path, may hold ${...}")                                                \
    X(UNTIL, "event TYPE, or MATCH on its data")                                                   \
    X(BYTE_RATE, "bytes per second: 10kB/s, 1MiB/s")                                               \
    X(ARRIVALS, "one of the words, or trace FILE")                                                 \
    X(NUMBER, "number: 2, 0.5")                                                                    \
    X(STEPS, "steps: a, b x 5, (c, d) x 3")                                                        \
    X(THINK, "TIME, uniform TIME..TIME, or exponential TIME")                                      \
    X(CODINGS, "gzip, deflate, br, zstd, separated by commas")                                     \
    X(FORM, "text, may hold ${...}")                                                               \
    X(UPLOAD, "FILE, or FILE; TYPE; relative to this one")                                         \
    X(TABLE, "CSV file, relative to this one")                                                     \
    X(AWAIT, "MATCH within TIME")                                                                  \
    X(CHECK, "status N, header NAME ..., size <= N, body == TEXT, or MATCH")                       \
    X(CAPTURE, "json /pointer, header NAME, or regex /PATTERN/GROUP")                              \
    X(MATCH, "any, json /pointer == VALUE, exists or absent, contains TEXT, or regex /PATTERN/")   \
    X(POINTER, "json /pointer (RFC 6901)")                                                         \
    X(OBJECTIVE, "STATISTIC COMPARISON LIMIT, ...")                                                \
    X(FILE, "file, relative to this one")                                                          \
    X(FOLDER, "folder, relative to this file")                                                     \
    X(COMMAND, "command, words split at blanks")                                                   \
    X(ENV, "text")                                                                                 \
    X(ENV_FILE, "file of KEY=VALUE lines, relative to the folder")                                 \
    X(READY, "GET /path")                                                                          \
    X(SERVICE, "http or https URL without a path")                                                 \
    X(URL, "http, https, ws or wss URL without a path")

enum lg_value_type {
#define X(name, form) LG_VALUE_##name,
    LG_VALUE_MAP(X)
#undef X
        LG_VALUE_TYPES
};

struct lg_word {
    const char *text; /* NULL ends the list */
    int64_t value;
    const char *help;
};

/* Which ${...} a text may hold. */
enum lg_holes {
    LG_HOLES_NONE,
    LG_HOLES_INDEX,   /* ${user.index} */
    LG_HOLES_USER,    /* and variables */
    LG_HOLES_MATCH,   /* and ${message.id} */
    LG_HOLES_MESSAGE, /* and ${message.at}, ${random.text N}, ${random.int A..B}, ${trace.path} */
    LG_HOLES_PORT,    /* ${PORT} only, left as it is */
};

struct lg_option {
    enum lg_section_kind section;
    const char *key; /* "NAME.*": a family; "*": any other key */
    enum lg_value_type type;
    size_t offset;      /* of the field in the section's draft (draft.h); 0 where the type knows */
    const char *preset; /* the default as it would be written; NULL: none */
    bool required;
    bool may_be_empty;
    const char *low, *high;      /* bounds, as they would be written; NULL: none */
    const struct lg_word *words; /* that are allowed (WORD) or also allowed; NULL: none */
    enum lg_holes holes;
    const char *rival; /* the key that says the same in another way; "" or NULL: none */
    const char *help;  /* one sentence */
    const char *example;
};

struct lg_section_info {
    const char *word; /* "users" */
    bool named;       /* [users NAME]; else there is one */
    const char *help, *example;
    const struct lg_option *rows; /* of its keys, in the order in which they are explained */
    size_t row_count;
};

const struct lg_section_info *lg_section_info(enum lg_section_kind kind);
bool lg_section_find(struct lg_slice word, enum lg_section_kind *out);

/* The row for a key as written: itself, its family, or the section's "*".  NULL: unknown.
 * O(rows of the section). */
const struct lg_option *lg_option_find(enum lg_section_kind section, struct lg_slice key);
bool lg_option_is_family(const struct lg_option *option); /* "NAME.*" or "*" */
bool lg_option_is_any(const struct lg_option *option);    /* "*" */

const char *lg_value_form(enum lg_value_type type);

#endif
