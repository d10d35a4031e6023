/* cli/ is the command line: sub-commands, progress, exit codes.  Rank 6: the only folder that exits
 * and that writes to the terminal. */
#ifndef LG_CLI_CLI_H
#define LG_CLI_CLI_H

#include "base/arena.h"
#include "base/buf.h"
#include "scenario/plan.h"

#define LG_VERSION "0.1.0"

enum lg_exit {
    LG_EXIT_OK = 0,
    LG_EXIT_OURS = 1,      /* our own fault */
    LG_EXIT_USAGE = 2,     /* usage or scenario error: nothing was started */
    LG_EXIT_OBJECTIVE = 3, /* an objective was missed */
    LG_EXIT_INVALID = 4,   /* a check on the measurement failed */
    LG_EXIT_TARGET = 5,    /* a target did not start or died */
    LG_EXIT_SIGINT = 130,
    LG_EXIT_SIGTERM = 143,
};

struct lg_command {
    const char *name, *arguments, *help;
    int (*run)(int argc, char **argv); /* argv[0] is the command's name */
};

int lg_cmd_scenario(int argc, char **argv);
int lg_cmd_url(int argc, char **argv);
int lg_cmd_check(int argc, char **argv);
int lg_cmd_explain(int argc, char **argv);
int lg_cmd_report(int argc, char **argv);
int lg_cmd_selftest(int argc, char **argv);
int lg_cmd_compare(int argc, char **argv);
int lg_cmd_capacity(int argc, char **argv);
int lg_cmd_nightly(int argc, char **argv);

/* "loadgen: ..." on stderr; returns LG_EXIT_USAGE. */
int lg_usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

struct option; /* getopt.h */
/* The same of a value, optarg, that the option of this number cannot have; by its long name. */
int lg_value_error(const struct option *options, int option, const char *why);

/* Writes all of it; a closed or full stdout ends with a message and LG_EXIT_OURS. */
void lg_print(struct lg_slice bytes);

/* The time of day (UTC) in a format of strftime, now or so long ago; of `arena`. */
const char *lg_utc(struct lg_arena *arena, const char *format);
const char *lg_utc_before(struct lg_arena *arena, const char *format, lg_ns ago);

/* Where the program's own scenarios and targets lie. */
const char *lg_share_folder(void);

/* A scenario by path, or by name among the program's own; from `arena`. */
const char *lg_find_scenario(const char *name, struct lg_arena *arena);

/* What the user asked for: the command line as text, to repeat it. */
const char *lg_command_line(int argc, char **argv, const char *command, struct lg_arena *arena);

struct lg_plan_request {
    const char *file;
    const char **overrides;
    size_t override_count;
    struct lg_plan_options options;
};

/* NULL: the problems have been printed; the exit code is LG_EXIT_USAGE. */
struct lg_plan *lg_load_plan(const struct lg_plan_request *request);

#endif
