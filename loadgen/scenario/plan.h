/* scenario/ turns INI text into a validated, immutable plan.  Rank 2: no engine, no network.
 * This header: the plan, the data that the engine and the reports consume. */
#ifndef LG_SCENARIO_PLAN_H
#define LG_SCENARIO_PLAN_H

#include "base/arena.h"
#include "base/base.h"
#include "target/spec.h"
#include "workload/arrival.h" /* enum lg_arrival_process, struct lg_stage */

/* A text with holes, filled in per user or per exchange. */
enum lg_part_kind {
    LG_PART_TEXT,        /* text */
    LG_PART_VARIABLE,    /* ${room}: index into plan->variables */
    LG_PART_USER_INDEX,  /* ${user.index}: 0.. within its kind of user */
    LG_PART_MESSAGE_ID,  /* ${message.id}: unique in the run, printable, no blanks, <= 64 bytes */
    LG_PART_MESSAGE_AT,  /* ${message.at}: time of the actual send, ns since the trial began, < 2^53
                          */
    LG_PART_RANDOM_TEXT, /* ${random.text N}: N letters and digits */
    LG_PART_RANDOM_INT,  /* ${random.int A..B} */
};

struct lg_part {
    enum lg_part_kind kind;
    struct lg_slice text; /* LG_PART_TEXT; owned by the plan */
    size_t variable;      /* LG_PART_VARIABLE */
    int64_t low, high;    /* LG_PART_RANDOM_INT, inclusive; LG_PART_RANDOM_TEXT: low = N */
};

struct lg_template {
    struct lg_part *parts;
    size_t part_count;
    bool is_static; /* only text: the same for every exchange */
};

/* A condition on a message or a body. */
enum lg_match_kind {
    LG_MATCH_ANY,         /* any message */
    LG_MATCH_JSON_EQUALS, /* json /pointer == value */
    LG_MATCH_JSON_EXISTS, /* json /pointer */
    LG_MATCH_CONTAINS,    /* contains TEXT */
};

struct lg_match {
    enum lg_match_kind kind;
    struct lg_slice pointer;  /* RFC 6901, as written, e.g. "/type" */
    struct lg_template value; /* JSON_EQUALS: the expected value as JSON text ("..." or a number
                                 ...); CONTAINS: the text */
};

enum lg_step_kind {
    LG_STEP_WEBSOCKET, /* open the user's WebSocket; with await: until that message came */
    LG_STEP_MESSAGE,   /* send a message and/or await one on the open WebSocket */
    LG_STEP_REQUEST,   /* one HTTP exchange */
};

struct lg_header_template {
    struct lg_slice name; /* lower case */
    struct lg_template value;
    bool secret; /* authorization, cookie ...: shown as *** everywhere */
};

struct lg_check {
    enum { LG_CHECK_STATUS, LG_CHECK_MATCH } kind;
    int status;            /* LG_CHECK_STATUS: the one status that passes */
    struct lg_match match; /* LG_CHECK_MATCH: on the body */
    const char *text;      /* as written */
};

struct lg_step {
    const char *name;
    enum lg_step_kind kind;
    lg_ns timeout; /* from the actual send; > 0 */

    struct lg_template path; /* WEBSOCKET, REQUEST */
    const char *method;      /* REQUEST */
    struct lg_header_template *headers;
    size_t header_count;
    struct lg_template
        body; /* REQUEST body, or the message sent by MESSAGE / after WEBSOCKET opens */
    bool has_body;
    bool has_await;
    struct lg_match await;
    struct lg_check *checks; /* REQUEST */
    size_t check_count;
};

enum lg_variable_kind {
    LG_VARIABLE_TEXT,    /* a template (of text and user.index) */
    LG_VARIABLE_UNIFORM, /* uniform A..B */
    LG_VARIABLE_ZIPF,    /* zipf A..B: P(A + k) proportional to 1 / (k + 1) */
};

struct lg_user_variable { /* a variable as one kind of user draws it, once per user */
    size_t variable;      /* index into plan->variables */
    enum lg_variable_kind kind;
    int64_t low, high;
    struct lg_template text;
};

enum lg_overload { LG_OVERLOAD_QUEUE, LG_OVERLOAD_SHED, LG_OVERLOAD_DROP };

enum lg_http { LG_HTTP_1_1, LG_HTTP_2, LG_HTTP_2_CLEARTEXT };

struct lg_users {
    const char *name;
    unsigned connections; /* total over all threads, > 0 */
    double connect_rate;  /* connections opened per second, > 0; INFINITY: as fast as possible */
    enum lg_http http;
    bool compression;                 /* WebSockets offer permessage-deflate */
    enum lg_arrival_process arrivals; /* NONE: these users only listen */
    struct lg_stage *stages;          /* open arrivals: rate over time since the load began */
    size_t stage_count;
    uint64_t iterations; /* the load ends after so many arrivals; 0: no limit */
    enum lg_overload overload;
    lg_ns shed_after;
    size_t *setup; /* indexes into plan->steps, done once per user after connecting */
    size_t setup_count;
    size_t *steps; /* per arrival */
    size_t step_count;
    struct lg_user_variable *variables;
    size_t variable_count;
};

struct lg_deliveries {
    const char *name;
    struct lg_match match; /* which messages count */
    struct lg_slice id;    /* RFC 6901 pointer to the message's ${message.id} */
    struct lg_slice sent;  /* pointer to its ${message.at}; n == 0: the sender's own note is used */
    struct lg_template
        group;   /* users with the same text hear each other; one empty text: everyone */
    lg_ns drain; /* after the end: how long a message may still come before it is lost */
};

enum lg_objective_stat {
    LG_STAT_PERCENTILE,
    LG_STAT_MEAN,
    LG_STAT_MIN,
    LG_STAT_MAX, /* of a time */
    LG_STAT_COUNT,
    LG_STAT_RATE, /* of errors or completions */
    LG_STAT_LOST,
    LG_STAT_DUPLICATED,
    LG_STAT_REORDERED, /* of deliveries */
};

enum lg_compare { LG_LT, LG_LE, LG_GT, LG_GE, LG_EQ, LG_NE };

struct lg_objective {
    const char *text;    /* "say.response p(99) < 100ms" */
    const char *subject; /* a step, a deliveries section, "errors" or a users section */
    const char *measure; /* response, service, first_byte, delivery, spread, or "" */
    enum lg_objective_stat stat;
    double quantile; /* PERCENTILE: 0..1 */
    enum lg_compare compare;
    double limit; /* ns, a share (rate of errors), per second (rate of completions) or a count */
    const char *file; /* where it is written; "" if on the command line */
    unsigned line;    /* 1..; 0 without a file */
};

/* One row of the echo: a key with the value in force. */
struct lg_setting {
    const char *section, *key, *value;
    bool is_default;
};

enum lg_timing { LG_TIMING_EXACT, LG_TIMING_ECONOMICAL };

struct lg_plan {
    struct lg_arena *arena; /* owns everything below */
    const char *file;       /* as given */
    const char *source;     /* the text read, includes resolved */
    const char *name;
    const char *question; /* first paragraph of the comments at the top; may be empty */
    const char *claim;    /* may be empty */
    uint64_t seed;
    lg_ns duration; /* of the measured window */
    lg_ns warmup;   /* LG_WARMUP_AUTO: detected */
    lg_ns cooldown; /* longest wait for open exchanges after the window */
    lg_ns connect_timeout;
    unsigned trials;  /* >= 1 */
    unsigned threads; /* >= 1 */
    enum lg_timing timing;
    bool verify_tls;
    const char *ca_file; /* NULL: the system's */
    bool quick;

    struct lg_target_spec *targets;
    size_t target_count;
    const char **variables; /* names of all user variables */
    size_t variable_count;
    struct lg_users *users;
    size_t user_count;
    struct lg_step *steps;
    size_t step_count;
    struct lg_deliveries *deliveries;
    size_t deliveries_count;
    struct lg_objective *objectives;
    size_t objective_count;
    struct lg_setting *settings;
    size_t setting_count;
};

#define LG_WARMUP_AUTO ((lg_ns)-1)

struct lg_io;       /* scenario/io.h */
struct lg_problems; /* scenario/problem.h */

struct lg_plan_options {
    bool quick;               /* one trial, duration <= 10 s, warm-up <= 2 s */
    const char *target;       /* only this one of the scenario's targets; NULL: all */
    const char *users;        /* only this kind of user; NULL: all */
    const char *share_folder; /* of the installed program, holds targets/targets.ini; NULL: none */
    const struct lg_io *io;   /* NULL: the real files and environment */
};

/* Reads a scenario.  `overrides` are texts SECTION.KEY=VALUE that take the place of what the file
 * says; the n-th is told of as "--set:n:COLUMN".  `options` NULL: all zero.  Every mistake is added
 * to `problems` (initialised by the caller), sorted; with any mistake the result is NULL and
 * nothing is left.  Files that the scenario needs are looked for; nothing is started. */
struct lg_plan *lg_plan_load(const char *file, const char *const *overrides, size_t count,
                             const struct lg_plan_options *options, struct lg_problems *problems);

void lg_plan_free(struct lg_plan *plan); /* NULL ok */

#endif
