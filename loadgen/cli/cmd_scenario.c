#include "cli/session.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static void print_help(void)
{
    fputs("usage: loadgen scenario FILE.ini... [OPTIONS]\n\n"
          "Starts each target, drives it, stops it; compares and reports.  A bare name (chat, "
          "chat.ini)\n"
          "is looked up as a path first, then among the program's own scenarios.\n\n"
          "  --quick              one short trial each; the report says what that cannot show\n"
          "  --target NAME        only this target\n"
          "  --users NAME         only this kind of user\n"
          "  --set SECTION.KEY=VALUE   instead of what the file says; may be repeated\n"
          "  --trials N           how often each target is measured\n"
          "  --seed N             fixes arrivals, data and choices\n"
          "  --out DIR            the run folder (default: reports/runs/<UTC time>-<name>)\n"
          "  --json FILE          run.json also here; - is stdout\n"
          "  --annotations github|none   missed objectives as GitHub Actions shows them (default:\n"
          "                       github where GITHUB_ACTIONS=true)\n"
          "  --metrics PORT       for Prometheus while it runs: http://127.0.0.1:PORT/metrics\n"
          "  --quiet              no progress\n",
          stdout);
}

enum {
    OPT_QUICK = 256,
    OPT_TARGET,
    OPT_USERS,
    OPT_SET,
    OPT_TRIALS,
    OPT_SEED,
    OPT_OUT,
    OPT_JSON,
    OPT_ANNOTATIONS,
    OPT_METRICS,
    OPT_QUIET,
    OPT_HELP
};

static const struct option options[] = {
    {"quick", no_argument, NULL, OPT_QUICK},
    {"target", required_argument, NULL, OPT_TARGET},
    {"users", required_argument, NULL, OPT_USERS},
    {"set", required_argument, NULL, OPT_SET},
    {"trials", required_argument, NULL, OPT_TRIALS},
    {"seed", required_argument, NULL, OPT_SEED},
    {"out", required_argument, NULL, OPT_OUT},
    {"json", required_argument, NULL, OPT_JSON},
    {"annotations", required_argument, NULL, OPT_ANNOTATIONS},
    {"metrics", required_argument, NULL, OPT_METRICS},
    {"quiet", no_argument, NULL, OPT_QUIET},
    {"help", no_argument, NULL, OPT_HELP},
    {0},
};

struct arguments {
    struct lg_arena *arena;
    struct lg_plan_request request;
    const char **names; /* of the options that became overrides */
    size_t name_count;
    struct lg_session_options session;
};

/* `option` NULL: value is the whole text of a --set. */
static void override(struct arguments *a, const char *option, const char *key, const char *value)
{
    const char **slot = LG_ARENA_PUSH(a->arena, a->request.overrides, a->request.override_count);
    *slot = lg_arena_printf(a->arena, "%s%s", key, value);
    *LG_ARENA_PUSH(a->arena, a->names, a->name_count) = option;
    a->request.options.override_names = a->names;
}

/* False: help was asked for or an option is unknown; *code says how to end. */
static bool read_options(int argc, char **argv, struct arguments *a, int *code)
{
    int c;
    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (c) {
        case OPT_QUICK:
            a->request.options.quick = true;
            break;
        case OPT_TARGET:
            a->request.options.target = optarg;
            break;
        case OPT_USERS:
            a->request.options.users = optarg;
            break;
        case OPT_SET:
            override(a, NULL, "", optarg);
            break;
        case OPT_TRIALS:
            override(a, "--trials", "scenario.trials=", optarg);
            break;
        case OPT_SEED:
            override(a, "--seed", "scenario.seed=", optarg);
            break;
        case OPT_OUT:
            a->session.out = optarg;
            break;
        case OPT_JSON:
            a->session.json = optarg;
            break;
        case OPT_ANNOTATIONS:
            a->session.annotations = optarg;
            break;
        case OPT_METRICS:
            a->session.metrics = optarg;
            break;
        case OPT_QUIET:
            a->session.quiet = true;
            break;
        case OPT_HELP:
        case 'h':
            print_help();
            *code = LG_EXIT_OK;
            return false;
        default:
            *code = lg_usage_error("'loadgen scenario --help' lists the options");
            return false;
        }
    }
    return true;
}

static int run_file(struct arguments *a, const char *name)
{
    a->request.file = lg_find_scenario(name, a->arena);
    struct lg_plan *plan = lg_load_plan(&a->request);
    if (plan == NULL) {
        return LG_EXIT_USAGE;
    }
    /* At most twice the time.  A quick look is not to take longer, and shows little anyway. */
    a->session.repeats = plan->quick ? 0 : plan->trials * (unsigned)plan->target_count;
    int code = lg_session(plan, &a->session);
    lg_plan_free(plan);
    return code;
}

/* Every scenario is read before the first one runs: a mistake in the last costs no time. */
static bool all_readable(struct arguments *a, char **names, int count)
{
    bool ok = true;
    for (int i = 0; i < count; i++) {
        a->request.file = lg_find_scenario(names[i], a->arena);
        struct lg_plan *plan = lg_load_plan(&a->request);
        ok = ok && plan != NULL;
        lg_plan_free(plan);
    }
    return ok;
}

int lg_cmd_scenario(int argc, char **argv)
{
    struct arguments a = {.arena = lg_arena_new()};
    int code = LG_EXIT_OK;
    a.request.options.share_folder = lg_share_folder();
    a.session.command = lg_command_line(argc, argv, "scenario", a.arena);
    if (read_options(argc, argv, &a, &code)) {
        int count = argc - optind;
        if (count == 0) {
            code = lg_usage_error("which scenario? for example: loadgen scenario chat.ini");
        } else if (count > 1 && (a.session.out != NULL || a.session.json != NULL)) {
            code = lg_usage_error("--out and --json go with one scenario, not %d", count);
        } else if (!lg_session_options_fit(&a.session)) {
            code = LG_EXIT_USAGE;
        } else if (count > 1 && !all_readable(&a, argv + optind, count)) {
            code = LG_EXIT_USAGE;
        } else {
            for (int i = 0; i < count && code < 128; i++) {
                int one = run_file(&a, argv[optind + i]);
                code = one > code ? one : code;
            }
        }
    }
    lg_arena_free(a.arena);
    return code;
}
