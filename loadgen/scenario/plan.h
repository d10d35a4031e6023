/* scenario/ turns INI text into a validated, immutable plan.  Rank 2: no engine, no network.
 * This header: the plan, the data that the engine and the reports consume. */
#ifndef LG_SCENARIO_PLAN_H
#define LG_SCENARIO_PLAN_H

#include "base/arena.h"
#include "base/base.h"
#include "content/escape.h"
#include "content/table.h"
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
    LG_PART_TRACE_PATH,  /* ${trace.path}: of the arrival's request in the trace */
    LG_PART_RANDOM_HEX,  /* ${random.hex N}: N hexadecimal digits */
    LG_PART_RANDOM_UUID, /* ${random.uuid}: version 4 (RFC 9562 5.4) */
    LG_PART_RANDOM_CHOICE, /* ${random.choice A|B|C}: one of `choices` */
    LG_PART_DATA,          /* ${people.name}: index into plan->data, and a column of its table */
    LG_PART_ITERATION,     /* ${iteration}: the arrival's number, from 0 within its kind of user */
    LG_PART_TIME_MS,       /* ${time.ms}: the wall clock, ms since 1970; not the same in two runs */
    LG_PART_TIME_ISO,      /* ${time.iso}: the same as RFC 3339 text in UTC */
};

struct lg_part {
    enum lg_part_kind kind;
    enum lg_escape escape;    /* of what fills the hole */
    struct lg_slice text;     /* LG_PART_TEXT; owned by the plan */
    size_t variable;          /* LG_PART_VARIABLE; LG_PART_DATA: which data */
    size_t column;            /* LG_PART_DATA */
    int64_t low, high;        /* RANDOM_INT, inclusive; RANDOM_TEXT, _HEX: low = N */
    struct lg_slice *choices; /* RANDOM_CHOICE: `low` of them */
};

struct lg_template {
    struct lg_part *parts;
    size_t part_count;
    unsigned number; /* of this template in the plan: names its random stream */
    bool is_static;  /* only text: the same for every exchange */
};

enum lg_compare { LG_LT, LG_LE, LG_GT, LG_GE, LG_EQ, LG_NE };

/* A condition on a message or an answer. */
enum lg_match_kind {
    LG_MATCH_ANY,           /* any message */
    LG_MATCH_JSON_EQUALS,   /* json /pointer == value */
    LG_MATCH_JSON_COMPARE,  /* json /pointer != < <= > >= value: of two numbers or two strings */
    LG_MATCH_JSON_EXISTS,   /* json /pointer */
    LG_MATCH_JSON_ABSENT,   /* the text is JSON and has nothing there */
    LG_MATCH_CONTAINS,      /* contains TEXT */
    LG_MATCH_EQUALS,        /* body == TEXT */
    LG_MATCH_REGEX,         /* regex /PATTERN/ */
    LG_MATCH_HEADER_EXISTS, /* these and size: of answers only; of several headers of one name the
                               first counts */
    LG_MATCH_HEADER_ABSENT,
    LG_MATCH_HEADER_EQUALS,
    LG_MATCH_HEADER_DIFFERS, /* it is there and is something else */
    LG_MATCH_HEADER_CONTAINS,
    LG_MATCH_SIZE, /* bytes of the body, as they came */
};

struct lg_match {
    enum lg_match_kind kind;
    enum lg_compare compare;  /* JSON_COMPARE, SIZE */
    struct lg_slice pointer;  /* JSON: RFC 6901, as written; HEADER: the name in lower case; REGEX:
                                 the pattern */
    struct lg_template value; /* JSON: the expected value as JSON text ("..." or a number ...);
                                 else the text */
    uint64_t size;            /* SIZE */
};

enum lg_step_kind {
    LG_STEP_WEBSOCKET, /* open the user's WebSocket; with await: until that message came */
    LG_STEP_MESSAGE,   /* send a message and/or await one on the open WebSocket */
    LG_STEP_REQUEST,   /* one HTTP exchange */
    LG_STEP_STREAM,    /* in the engine: a request with a stream */
    LG_STEP_PARALLEL,  /* several requests at once */
};

enum { LG_STEP_HEADERS_MOST = 32 }; /* that a step sends */

struct lg_header_template {
    struct lg_slice name; /* lower case */
    struct lg_template value;
    bool secret; /* authorization, cookie ...: shown as *** everywhere */
};

struct lg_status_range {
    int low, high; /* inclusive */
};

struct lg_check {
    enum { LG_CHECK_STATUS, LG_CHECK_MATCH } kind;
    struct lg_status_range *statuses; /* LG_CHECK_STATUS: those that pass */
    size_t status_count;
    struct lg_match match; /* LG_CHECK_MATCH: on the answer */
    const char *text;      /* as written */
};

enum lg_stream_kind {
    LG_STREAM_SSE,      /* server-sent events */
    LG_STREAM_DOWNLOAD, /* the answer's throughput is measured */
};

/* What is special about a request whose answer is a stream.  A stream of events is done after
 * `events`, or at the event that `until` tells, or after `lasting`, whichever comes first; without
 * any of them when the server ends it, or, in setup, not before the run ends. */
struct lg_stream_spec {
    enum lg_stream_kind kind;
    uint64_t events; /* 0: no number */
    bool has_until;
    struct lg_slice until_type; /* an event of this type; n == 0: what `until` says of its data */
    struct lg_match until;
    lg_ns lasting;    /* since the send; 0: no limit */
    bool reconnect;   /* goes on with Last-Event-ID where the connection is lost */
    lg_ns expect_gap; /* between two events; 0: not known */
    double read_rate; /* bytes per second that are read at most; 0: as they come */
};

/* What a step takes from its answer, for the steps that follow. */
enum lg_capture_from { LG_FROM_JSON, LG_FROM_HEADER, LG_FROM_BODY };

struct lg_capture {
    size_t variable; /* index into plan->variables: what it sets */
    enum lg_capture_from from;
    struct lg_slice name;    /* JSON: the pointer; HEADER: the name in lower case */
    struct lg_slice pattern; /* a regular expression on what was found; n == 0: all of it */
    unsigned group;          /* of the pattern */
    bool secret;             /* token, password ...: its value is not shown */
    const char *text;        /* as written: "capture.order = json /id" */
};

/* A pause after a step. */
enum lg_think_kind { LG_THINK_NONE, LG_THINK_CONSTANT, LG_THINK_UNIFORM, LG_THINK_EXPONENTIAL };

struct lg_think {
    enum lg_think_kind kind;
    lg_ns low, high; /* UNIFORM; else low is the time, or its mean */
};

struct lg_step {
    const char *name;
    enum lg_step_kind kind;
    lg_ns timeout; /* from the actual send; > 0 */

    struct lg_template path;       /* WEBSOCKET, REQUEST */
    const char *method;            /* REQUEST; NULL: the trace's, as ${trace.method} says */
    struct lg_stream_spec *stream; /* REQUEST; NULL: its answer is no stream */
    struct lg_header_template *headers;
    size_t header_count;
    struct lg_template
        body; /* REQUEST body, or the message sent by MESSAGE / after WEBSOCKET opens */
    bool has_body;
    bool has_await;
    struct lg_match await;
    struct lg_check *checks; /* REQUEST */
    size_t check_count;
    struct lg_capture *captures; /* of the answer, or of the awaited message: json, and regex */
    size_t capture_count;
    struct lg_think think;
    size_t service; /* REQUEST: number from 1 in plan->services; LG_NO_SERVICE: the target's url */
    size_t *branches; /* PARALLEL: indexes into plan->steps, each a REQUEST */
    size_t branch_count;
};

enum { LG_NO_SERVICE = 0 };

/* A table of values, of which each iteration or each user gets a row. */
enum lg_data_order { LG_DATA_CYCLE, LG_DATA_SHUFFLE, LG_DATA_ONCE };
enum lg_data_per { LG_DATA_PER_ITERATION, LG_DATA_PER_USER };

struct lg_data {
    const char *name;
    enum lg_data_order order;
    enum lg_data_per per;
    struct lg_table table; /* rows > 0 */
};

/* The row for the index-th iteration or user; SIZE_MAX: they are used up (ONCE).  Depends on the
 * arguments alone. */
size_t lg_data_row(const struct lg_data *data, uint64_t seed, uint64_t index);

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
    unsigned streams;     /* users on each connection, > 0; 1 with HTTP/1.1 */
    double connect_rate;  /* connections opened per second, > 0; INFINITY: as fast as possible */
    enum lg_http http;
    bool compression;                 /* WebSockets offer permessage-deflate */
    enum lg_arrival_process arrivals; /* NONE: these users only listen */
    struct lg_stage *stages;          /* open arrivals: rate over time since the load began */
    size_t stage_count;
    uint64_t iterations; /* the load ends after so many arrivals; 0: no limit */
    const char *used_up; /* the [data] that sets this limit by its rows; NULL: none does */
    unsigned weight;     /* its part of the scenario's rate; 0: it has a rate of its own */
    bool cookies;        /* each user keeps and sends them */
    enum lg_overload overload;
    lg_ns shed_after;
    struct lg_trace *trace; /* LG_ARRIVAL_TRACE */
    double trace_speed;     /* its times are divided by this, > 0 */
    size_t *setup;          /* indexes into plan->steps, done once per user after connecting */
    size_t setup_count;
    size_t *steps; /* per arrival */
    size_t step_count;
    struct lg_user_variable *variables;
    size_t variable_count;
};

struct lg_plan;
/* Connections that this kind of user may hold at once: with HTTP/1.1 each of the steps done at once
 * has one. */
uint64_t lg_users_sockets(const struct lg_plan *plan, const struct lg_users *users);
/* The most steps that this kind of user does at once; 0: they come one after the other. */
size_t lg_users_branches(const struct lg_plan *plan, const struct lg_users *users);
/* Is the step one of those that this kind of user does, alone or among others at once? */
bool lg_users_does(const struct lg_plan *plan, const struct lg_users *users, size_t step);

/* Virtual users of this kind, in all. */
static inline uint32_t lg_users_total(const struct lg_users *users)
{
    return users->connections * users->streams;
}

struct lg_deliveries {
    const char *name;
    struct lg_match match; /* which messages count */
    struct lg_slice id;    /* RFC 6901 pointer to the message's ${message.id} */
    struct lg_slice sent;  /* pointer to its ${message.at}; n == 0: the sender's own note is used */
    struct lg_template
        group;   /* users with the same text hear each other; one empty text: everyone */
    lg_ns drain; /* after its send: what comes later, or never, is lost; > 0 */
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
    LG_STAT_REORDERED, /* of deliveries, of a stream's events */
    LG_STAT_STALLS,
    LG_STAT_MISSING, /* of a stream's events */
};

struct lg_objective {
    const char *text;    /* "say.response p(99) < 100ms" */
    const char *subject; /* a step, a deliveries section, "errors" or a users section */
    const char *measure; /* response, service, first_byte, errors, first_event, gap, reconnect,
                            pause, throughput, events, delivery, spread, or "" */
    enum lg_objective_stat stat;
    double quantile; /* PERCENTILE: 0..1 */
    enum lg_compare compare;
    double limit; /* ns, bytes per second (throughput), a share (rate of errors), per second (rate
                     of completions, events) or a count */
    const char *file; /* where it is written; "" if on the command line */
    unsigned line;    /* 1..; 0 without a file */
};

/* One row of the echo: a key with the value in force. */
struct lg_setting {
    const char *section, *key, *value;
    bool is_default;
};

enum lg_timing { LG_TIMING_EXACT, LG_TIMING_ECONOMICAL };
#define LG_ECONOMICAL_SLACK LG_MS /* that what is due waits for what is due soon */

/* Of the generator's threads, for the kernel's scheduler. */
enum lg_priority { LG_PRIORITY_NORMAL, LG_PRIORITY_REALTIME };

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
    lg_ns cooldown; /* longest wait for open exchanges after the window; the load goes on */
    lg_ns connect_timeout;
    unsigned trials;  /* >= 1 */
    unsigned threads; /* >= 1 */
    enum lg_timing timing;
    enum lg_priority priority;
    bool verify_tls;
    const char *ca_file; /* NULL: the system's */
    bool quick;
    bool dry_run; /* every exchange is told of, none is measured; set by who runs the plan */

    struct lg_target_spec *targets;
    size_t target_count;
    struct lg_target_spec *beside; /* started before each target, and not tested */
    size_t beside_count;
    const char **variables; /* names of all user variables */
    size_t variable_count;
    struct lg_data *data;
    size_t data_count;
    const char **services; /* names of servers beside the target's url that steps go to */
    size_t service_count;
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
    const char **secrets; /* values that settings and source show as ***; none is empty */
    size_t secret_count;
};

#define LG_WARMUP_AUTO ((lg_ns)-1)

struct lg_io;       /* scenario/io.h */
struct lg_problems; /* scenario/problem.h */

/* The target's urls of plan->services, in their order; from `arena`. */
const char *const *lg_plan_services(const struct lg_plan *plan, const struct lg_target_spec *target,
                                    struct lg_arena *arena);

struct lg_plan_options {
    /* One trial, warm-up and cooldown of 1 s at most, and a duration of 1 s at least with which all
     * targets together take 14 s, 2 s each to start and stop included. */
    bool quick;
    const char *target;       /* only this one of the scenario's targets; NULL: all */
    const char *users;        /* only this kind of user; NULL: all */
    const char *share_folder; /* of the installed program, holds targets/targets.ini; NULL: none */
    const struct lg_io *io;   /* NULL: the real files and environment */
    /* What the user wrote for each override, "--seed", to say where a mistake stands; NULL, or a
     * NULL in it: "--set". */
    const char *const *override_names;
};

/* Reads a scenario.  `overrides` are texts SECTION.KEY=VALUE that take the place of what the file
 * says; the n-th is told of as "--set:n:COLUMN".  `options` NULL: all zero.  Every mistake is added
 * to `problems` (initialised by the caller), sorted; with any mistake the result is NULL and
 * nothing is left.  Files that the scenario needs are looked for; nothing is started. */
struct lg_plan *lg_plan_load(const char *file, const char *const *overrides, size_t count,
                             const struct lg_plan_options *options, struct lg_problems *problems);

void lg_plan_free(struct lg_plan *plan); /* NULL ok */

#endif
