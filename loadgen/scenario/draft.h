/* Inside scenario/: the half-way house between sections and the plan.  A draft holds what a section
 * says in the plan's form, and beside it the names that can only be looked up once all is read. */
#ifndef LG_SCENARIO_DRAFT_H
#define LG_SCENARIO_DRAFT_H

#include "scenario/ini.h"
#include "scenario/plan.h"
#include "scenario/schema.h"

struct lg_name_ref {
    struct lg_slice name;
    struct lg_place place;
};

struct lg_name_refs {
    struct lg_name_ref *items;
    size_t count;
};

/* A hole of a template, remembered for the checks that need the whole scenario. */
struct lg_use {
    enum lg_part_kind kind;
    size_t variable; /* or which data */
    const struct lg_ini_entry *entry;
    size_t offset; /* in the entry's value */
    bool in_match; /* compared with what comes, not sent */
};

struct lg_draft {
    struct lg_ini_section *section; /* NULL: the section was not written */
    struct lg_place place;          /* of its head, or of the file */
    struct lg_use *uses;
    size_t use_count;
};

struct lg_scenario_draft {
    struct lg_draft draft;
    struct lg_plan plan;
    struct lg_name_refs targets, with;
    const char *targets_file; /* as seen from here; NULL: looked for */
    double rate;              /* that kinds of user share; 0: none */
    struct lg_stage *stages;
    size_t stage_count;
    const char *features; /* of the started targets; NULL: as these have it */
};

struct lg_users_draft {
    struct lg_draft draft;
    struct lg_users out;
    struct lg_name_refs setup, steps;
    double rate;
    struct lg_place *variable_places; /* as out.variables */
    size_t variable_place_count;
};

/* A part of a body that is made of fields. */
struct lg_field {
    const struct lg_ini_entry *entry;
    struct lg_slice name;
    struct lg_template value;      /* form.NAME */
    struct lg_slice file_name;     /* file.NAME; n == 0: it is none */
    struct lg_slice type, content; /* of the file */
};

struct lg_step_draft {
    struct lg_draft draft;
    struct lg_step out;
    bool traced_method;           /* the request's method is ${trace.method} */
    struct lg_stream_spec stream; /* of the plan if it is an sse step or measures throughput */
    int measure;                  /* 1: throughput */
    struct lg_name_refs branches;
    struct lg_field *fields;
    size_t field_count;
    const char *service; /* NULL: the target's url */
    bool within;         /* the await says how long */
};

struct lg_data_draft {
    struct lg_draft draft;
    struct lg_data out;
    const char *users; /* the last kind of user found to take rows; NULL: none */
};

struct lg_deliveries_draft {
    struct lg_draft draft;
    struct lg_deliveries out;
};

struct lg_objectives_draft {
    struct lg_draft draft;
    struct lg_objective *items;
    size_t count;
};

struct lg_target_draft {
    struct lg_draft draft;
    struct lg_target_spec out;
    bool beside;                         /* of with: started beside each target */
    struct lg_target_variable *file_env; /* of env = FILE: env.NAME beats it */
    size_t file_env_count;
    const struct lg_ini_entry *env_file; /* NULL: none; relative to the folder, so read after it */
};

/* Everything that loading a plan passes around. */
struct lg_load {
    struct lg_arena *arena; /* of the plan */
    struct lg_problems *problems;
    const struct lg_io *io;
    const char *share_folder; /* or NULL */
    const char *only_target;  /* or NULL: programs of the others need not be there */
    unsigned template_count;
    struct lg_ini ini, targets_ini;
    struct lg_scenario_draft scenario;
    struct lg_users_draft *users;
    size_t user_count;
    struct lg_step_draft *steps;
    size_t step_count;
    struct lg_data_draft *data;
    size_t data_count;
    struct lg_deliveries_draft *deliveries;
    size_t deliveries_count;
    struct lg_objectives_draft objectives;
    struct lg_target_draft *targets, *beside;
    size_t target_count, beside_count;
    const char *file; /* as given */
};

/* Reading one value. */
struct lg_reading {
    struct lg_load *load;
    struct lg_draft *draft; /* the first member of the section's draft struct */
    const struct lg_option *option;
    const struct lg_ini_entry *entry; /* for a default: one made up from the row */
};

#define LG_FIELD(type, reading)                                                                    \
    ((type *)(void *)((char *)(reading)->draft + (reading)->option->offset))

/* "KEY: message" at an offset of the entry's value.  Without a hint, a value that looks as if it
 * had a comment at its end gets one about that. */
void lg_bad(const struct lg_reading *r, size_t offset, const char *hint, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Offset of a part within the entry's value. */
static inline size_t lg_offset(const struct lg_reading *r, struct lg_slice part)
{
    return (size_t)(part.p - r->entry->value.p);
}

/* The entry with this key, or NULL; in a section that was not written: NULL. */
struct lg_ini_entry *lg_entry_find(const struct lg_ini_section *section, const char *key);

/* Where a key, or else the section's head, stands. */
struct lg_place lg_key_place(const struct lg_draft *draft, const char *key);
bool lg_is_given(const struct lg_draft *draft, const char *key);

/* Looks through the sections of one file: kinds, names, sections and keys that occur twice. Returns
 * by index whether a section can be used (array of the load's arena). */
bool *lg_sections_check(struct lg_load *load, const struct lg_ini *ini);

/* ---- value.c, value_http.c, value_target.c: the readers ---- */
typedef void lg_value_reader(struct lg_reading *r, struct lg_slice text);
lg_value_reader lg_read_request, lg_read_header, lg_read_body_file, lg_read_path,
    lg_read_text_template, lg_read_variable;
lg_value_reader lg_read_await, lg_read_check, lg_read_match, lg_read_pointer, lg_read_capture;
lg_value_reader lg_read_steps, lg_read_think, lg_read_codings, lg_read_form, lg_read_upload,
    lg_read_table, lg_read_service;
lg_value_reader lg_read_sse, lg_read_until, lg_read_arrivals, lg_read_byte_rate;
lg_value_reader lg_read_folder, lg_read_command, lg_read_env, lg_read_env_file, lg_read_ready,
    lg_read_url, lg_read_file_name, lg_read_objective;

/* A MATCH on a text, into *out. */
void lg_read_condition(struct lg_reading *r, struct lg_slice text, enum lg_holes holes,
                       struct lg_match *out);

/* The word of the row that the text is, or NULL; and the problem that it is none. */
const struct lg_word *lg_word_find(const struct lg_reading *r, struct lg_slice text);
void lg_bad_word(struct lg_reading *r, struct lg_slice text);

/* Reads the file that target->env_file names, relative to the target's folder. */
void lg_target_read_env_file(struct lg_load *load, struct lg_target_draft *target);

/* The reader that fits the row's type. */
void lg_read_value(struct lg_reading *r);

/* The index of a variable's name in the plan, which is made if it is new. */
size_t lg_variable_index(struct lg_load *load, struct lg_slice name);
bool lg_is_variable_name(struct lg_slice text);

bool lg_is_token(struct lg_slice text); /* RFC 9110 5.6.2 */
/* A header with a value that is always the same; a second one of that name is a problem. Copies. */
void lg_add_header(struct lg_reading *r, const char *name, struct lg_slice value);

/* body.c: the step's fields become its body, and its Content-Type. */
void lg_body_of_fields(struct lg_load *load, struct lg_step_draft *step);

/* Text with holes -> template; `text` is a part of the entry's value.  Copies. */
void lg_read_template(struct lg_reading *r, struct lg_slice text, enum lg_holes holes,
                      bool in_match, struct lg_template *out);

/* "A..B" -> two integers, A <= B.  False: a problem was added. */
bool lg_read_span(struct lg_reading *r, struct lg_slice text, int64_t *low, int64_t *high);

/* The first word of *text, which is cut off together with the blanks after it. */
struct lg_slice lg_take_word(struct lg_slice *text);
/* The part of *text up to the next comma, trimmed; false: nothing is left. */
bool lg_take_item(struct lg_slice *text, struct lg_slice *item);

/* ---- sections.c ---- */
/* Unknown sections and keys, names, duplicates; gives every known section its draft and reads it.
 */
void lg_sections_read(struct lg_load *load);
/* Reads one section's values and defaults into its draft. */
void lg_section_read(struct lg_load *load, enum lg_section_kind kind, struct lg_draft *draft);

/* ---- override.c ---- */
/* SECTION.KEY=VALUE; `option`: what the user wrote it as, NULL: as the number-th --set. */
void lg_override(struct lg_load *load, const char *text, unsigned number, const char *option);

/* ---- targets.c ---- */
void lg_targets_read(struct lg_load *load);

/* ---- link.c, link_flow.c: what only the whole scenario shows ---- */
void lg_link(struct lg_load *load);
/* The server that a step goes to, which every target must have. */
void lg_link_service(struct lg_load *load, struct lg_step_draft *step);
/* Rates that kinds of user share; before a kind's own load is looked at. */
void lg_link_weights(struct lg_load *load);
/* What a kind of user's order of steps must keep: variables and data that are there. */
void lg_link_flow(struct lg_load *load, struct lg_users_draft *users);
void lg_link_data_used(struct lg_load *load); /* after all kinds of user */

/* ---- link_stream.c: the same of streams and traces ---- */
void lg_link_stream(struct lg_load *load, struct lg_step_draft *step);
void lg_link_stream_users(struct lg_load *load, struct lg_users_draft *users);

/* ---- settings.c ---- */
/* Into plan->settings and plan->source; values of secret headers and variables become "***". */
void lg_settings_write(struct lg_load *load, struct lg_plan *plan);
/* Whether a key's value must not be shown. */
bool lg_is_secret(enum lg_section_kind kind, struct lg_slice key);
bool lg_is_secret_name(struct lg_slice name); /* of a variable: token, password ... */

#endif
