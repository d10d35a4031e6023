#include "base/units.h"
#include "cli/cli.h"
#include "cli/nightly_keep.h"
#include "cli/nightly_night.h"

#include <getopt.h>
#include <stdio.h>
#include <sys/stat.h>

static void print_help(void)
{
    fputs("usage: loadgen nightly FILE.ini... [OPTIONS]\n"
          "       loadgen nightly --import FILE | --export FILE | --keep N | --accept [OPTIONS]\n\n"
          "Runs the scenarios, at least 5 trials of each target, appends what they found to a\n"
          "history, and looks for what got worse or better in the nights on record.  With --good\n"
          "a suspect is measured again at once, beside the last good version.\n\n"
          "  --out DIR            pages and runs (default: reports/nightly)\n"
          "  --history FILE       the history (default: DIR/history.sqlite)\n"
          "  --budget TIME        for the whole night; what does not fit is left out and comes\n"
          "                       first another night; no trial is ever cut\n"
          "  --trials N           of each target (default: the scenario's, at least 5)\n"
          "  --good DIR           a checkout of the last good version, with the same files\n"
          "  --commit ID          what is measured (default: $LG_COMMIT, else the commit of the\n"
          "                       first target's folder)\n"
          "  --set SECTION.KEY=VALUE   instead of what the files say; may be repeated\n"
          "  --json FILE          trend.json also here; - is stdout, in place of the summary\n"
          "  --junit FILE         a test case for each series also here\n"
          "  --annotations github|none   what GitHub Actions shows (default: github where\n"
          "                       GITHUB_ACTIONS=true)\n"
          "  --quiet              no progress\n\n"
          "The history; without FILE.ini nothing is measured or judged, and the pages are written "
          "again:\n"
          "  --import FILE        appends the nights of a CSV file that are not there yet\n"
          "  --export FILE        writes all nights as CSV; - is stdout\n"
          "  --keep N | DAYSd     of nights before the last N, or older than that (90d), only the\n"
          "                       medians stay, no report\n"
          "  --accept             the regressions that are open now are meant to be so\n\n"
          "DIR gets trend.html, summary.md, trend.json, junit.xml, and runs/ with a report for\n"
          "each run.\n\n"
          "Exit code 0: nothing is confirmed to have got worse; 3: a regression is confirmed, by\n"
          "nights or by a re-run, neither undone nor accepted; 4: no target has valid figures\n"
          "tonight; 5: a target did not start or died; 2: usage, or a history that cannot be\n"
          "read, nothing was started; 1: the night could not be kept; 130, 143: interrupted, and\n"
          "what was measured until then is kept.  The first of 130, 1, 3, 5, 4 that holds.\n",
          stdout);
}

enum {
    OPT_OUT = 256,
    OPT_HISTORY,
    OPT_BUDGET,
    OPT_TRIALS,
    OPT_GOOD,
    OPT_COMMIT,
    OPT_SET,
    OPT_JSON,
    OPT_JUNIT,
    OPT_ANNOTATIONS,
    OPT_QUIET,
    OPT_IMPORT,
    OPT_EXPORT,
    OPT_KEEP,
    OPT_ACCEPT,
    OPT_HELP
};

static const struct option options[] = {{"out", required_argument, NULL, OPT_OUT},
                                        {"history", required_argument, NULL, OPT_HISTORY},
                                        {"budget", required_argument, NULL, OPT_BUDGET},
                                        {"trials", required_argument, NULL, OPT_TRIALS},
                                        {"good", required_argument, NULL, OPT_GOOD},
                                        {"commit", required_argument, NULL, OPT_COMMIT},
                                        {"set", required_argument, NULL, OPT_SET},
                                        {"json", required_argument, NULL, OPT_JSON},
                                        {"junit", required_argument, NULL, OPT_JUNIT},
                                        {"annotations", required_argument, NULL, OPT_ANNOTATIONS},
                                        {"quiet", no_argument, NULL, OPT_QUIET},
                                        {"import", required_argument, NULL, OPT_IMPORT},
                                        {"export", required_argument, NULL, OPT_EXPORT},
                                        {"keep", required_argument, NULL, OPT_KEEP},
                                        {"accept", no_argument, NULL, OPT_ACCEPT},
                                        {"help", no_argument, NULL, OPT_HELP},
                                        {0}};

struct arguments {
    struct lg_arena *arena;
    struct lg_plan_request request;
    struct lg_nightly_options nightly;
    struct lg_nightly_upkeep upkeep;
    struct lg_nightly_outputs outputs;
};

static const char *read_whole(const char *text, uint64_t *out)
{
    uint64_t n;
    const char *why = lg_read_count(lg_str(text), &n);
    if (why == NULL && (n < 1 || n > 1000000)) {
        why = "a number from 1 to 1M is needed";
    }
    *out = why == NULL ? n : *out;
    return why;
}

/* Nights, or days: "90d". */
static const char *read_keep(const char *text, struct lg_nightly_upkeep *out)
{
    uint64_t n = 0;
    size_t length = strlen(text);
    bool days = length > 1 && text[length - 1] == 'd';
    const char *why = lg_read_count(lg_slice(text, length - days), &n);
    if (why != NULL || n < 1 || n > (days ? 36500 : 1000000)) {
        return "a number of nights from 1 to 1M, or of days as in 90d, is needed";
    }
    out->keep = days ? 0 : (size_t)n;
    out->keep_for = days ? (lg_ns)n * 24 * 3600 * LG_S : 0;
    return NULL;
}

static const char *read_value(struct arguments *a, int option, const char *text)
{
    uint64_t n = 0;
    const char *why;
    switch (option) {
    case OPT_BUDGET:
        why = lg_read_time(lg_str(text), &a->nightly.budget);
        return why == NULL && a->nightly.budget < LG_S ? "at least 1s is needed" : why;
    case OPT_TRIALS:
        why = read_whole(text, &n);
        why = why == NULL && n > 1000 ? "at most 1000 trials are possible" : why;
        a->nightly.trials = why == NULL ? (unsigned)n : 0;
        return why;
    case OPT_KEEP:
        return read_keep(text, &a->upkeep);
    case OPT_ANNOTATIONS:
        a->outputs.annotations = text;
        return strcmp(text, "github") == 0 || strcmp(text, "none") == 0
                   ? NULL
                   : "there are github and none";
    default:
        return NULL;
    }
}

/* Where an option's text goes as it is; NULL: it is no such option. */
static const char **text_slot(struct arguments *a, int option)
{
    switch (option) {
    case OPT_OUT:
        return &a->nightly.out;
    case OPT_HISTORY:
        return &a->upkeep.history;
    case OPT_GOOD:
        return &a->nightly.good;
    case OPT_COMMIT:
        return &a->nightly.commit;
    case OPT_SET:
        return LG_ARENA_PUSH(a->arena, a->request.overrides, a->request.override_count);
    case OPT_JSON:
        return &a->outputs.json;
    case OPT_JUNIT:
        return &a->outputs.junit;
    case OPT_IMPORT:
        return &a->upkeep.import;
    case OPT_EXPORT:
        return &a->upkeep.export;
    default:
        return NULL;
    }
}

/* -1: go on; else how to end. */
static int read_option(struct arguments *a, int c)
{
    const char **slot = text_slot(a, c);
    if (slot != NULL) {
        *slot = optarg;
        return -1;
    }
    switch (c) {
    case OPT_ACCEPT:
        a->upkeep.accept = true;
        return -1;
    case OPT_QUIET:
        a->nightly.quiet = true;
        return -1;
    case OPT_HELP:
        print_help();
        return LG_EXIT_OK;
    case '?':
        return lg_usage_error("'loadgen nightly --help' lists the options");
    default:
        break;
    }
    const char *why = read_value(a, c, optarg);
    return why == NULL ? -1 : lg_value_error(options, c, why);
}

static bool has_upkeep(const struct lg_nightly_upkeep *u)
{
    return u->import != NULL || u->export != NULL || u->keep > 0 || u->keep_for > 0 || u->accept;
}

static bool is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static int run(struct arguments *a, char **files, size_t count)
{
    struct lg_nightly_suite suite = {.arena = a->arena, .options = &a->nightly};
    int code = LG_EXIT_USAGE;
    if (count == 0 && !has_upkeep(&a->upkeep)) {
        return lg_usage_error("which scenarios? for example: loadgen nightly chat.ini http.ini");
    }
    if (count == 0 && (a->nightly.good != NULL || a->nightly.budget != LG_NEVER)) {
        return lg_usage_error("--good and --budget go with scenarios to run");
    }
    if (a->nightly.good != NULL && !is_folder(a->nightly.good)) {
        return lg_usage_error("--good %s: there is no such folder", a->nightly.good);
    }
    if (lg_nightly_load(&suite, &a->request, files, count)) {
        code = lg_nightly_night(&suite, &a->upkeep, &a->outputs);
    }
    lg_nightly_unload(&suite);
    return code;
}

int lg_cmd_nightly(int argc, char **argv)
{
    struct arguments a = {.arena = lg_arena_new(),
                          .nightly = {.out = "reports/nightly", .budget = LG_NEVER}};
    int c, code = -1;
    a.request.options.share_folder = lg_share_folder();
    a.nightly.command = lg_command_line(argc, argv, "nightly", a.arena);
    while (code < 0 && (c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        code = read_option(&a, c);
    }
    if (code < 0) {
        if (a.upkeep.history == NULL) {
            a.upkeep.history = lg_arena_printf(a.arena, "%s/history.sqlite", a.nightly.out);
        }
        code = run(&a, argv + optind, (size_t)(argc - optind));
    }
    lg_arena_free(a.arena);
    return code;
}
