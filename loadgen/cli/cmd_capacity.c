#include "analysis/objectives.h"
#include "analysis/sizing.h"
#include "base/units.h"
#include "cli/capacity_claims.h"
#include "cli/capacity_estimate.h"
#include "cli/capacity_file.h"
#include "cli/capacity_overload.h"
#include "cli/capacity_run.h"
#include "cli/cli.h"
#include "measure/environment.h"
#include "report/capacity.h"
#include "report/write.h"

#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

static void print_help(void)
{
    fputs(
        "usage: loadgen capacity FILE.ini [OPTIONS]\n\n"
        "Finds the greatest arrival rate at which each target meets the scenario's\n"
        "[objectives]: doubles the rate until they are missed, bisects, and confirms both ends\n"
        "with longer trials.  Each trial starts the target anew.  The scenario's own rate is\n"
        "where the search begins; kinds of users keep their proportions.\n\n"
        "  --target NAME        only this target\n"
        "  --set SECTION.KEY=VALUE   instead of what the file says; may be repeated\n"
        "  --trial TIME         measured time of a short trial (default 10s); long ones take 4x\n"
        "  --precision SHARE    how close the two ends shall come (default 3%)\n"
        "  --from RATE          where to begin (default: the scenario's rate)\n"
        "  --most RATE          the highest rate to try (default 1M/s)\n"
        "  --trials N           at most so many trials for each target (default 40)\n"
        "  --confirm N          long trials at the low end, most of which must hold (default 3)\n"
        "  --overload FACTOR    afterwards 3 trials at so many times the rate that holds, then "
        "below\n"
        "                       it: what is still carried, and how soon objectives are met again\n"
        "  --curve              closed trials too: throughput by concurrency, scalability law\n"
        "\nHow many instances, with any of these:\n"
        "  --load RATE          the load to be carried\n"
        "  --growth SHARE       that it grows by (default 0%)\n"
        "  --utilisation SHARE  planned at most (default 70%)\n"
        "  --spares N           instances that may be down (default 1)\n"
        "  --efficiency SHARE   of an instance among many (default 100%)\n"
        "  --price N            of an instance per hour: adds the cost per million arrivals\n\n"
        "  --out DIR            for capacity.html, .json and .md (default:\n"
        "                       reports/runs/<UTC time>-<name>-capacity)\n"
        "  --json FILE          the result as JSON; - is stdout, in place of the text\n"
        "  --quiet              no progress\n\n"
        "Exit code 0: every target has an answer; 2: usage; 3: a target misses its objectives\n"
        "at the lowest rate tried; 4: the generator's limit came first, or there is no single\n"
        "answer; 5: a target failed; 130, 143: interrupted, and what was found is reported.\n",
        stdout);
}

enum {
    OPT_TARGET = 256,
    OPT_SET,
    OPT_TRIAL,
    OPT_PRECISION,
    OPT_FROM,
    OPT_MOST,
    OPT_TRIALS,
    OPT_CONFIRM,
    OPT_OVERLOAD,
    OPT_CURVE,
    OPT_LOAD,
    OPT_GROWTH,
    OPT_UTILISATION,
    OPT_SPARES,
    OPT_EFFICIENCY,
    OPT_PRICE,
    OPT_OUT,
    OPT_JSON,
    OPT_QUIET,
    OPT_HELP
};

static const struct option options[] = {{"target", required_argument, NULL, OPT_TARGET},
                                        {"set", required_argument, NULL, OPT_SET},
                                        {"trial", required_argument, NULL, OPT_TRIAL},
                                        {"precision", required_argument, NULL, OPT_PRECISION},
                                        {"from", required_argument, NULL, OPT_FROM},
                                        {"most", required_argument, NULL, OPT_MOST},
                                        {"trials", required_argument, NULL, OPT_TRIALS},
                                        {"confirm", required_argument, NULL, OPT_CONFIRM},
                                        {"overload", required_argument, NULL, OPT_OVERLOAD},
                                        {"curve", no_argument, NULL, OPT_CURVE},
                                        {"load", required_argument, NULL, OPT_LOAD},
                                        {"growth", required_argument, NULL, OPT_GROWTH},
                                        {"utilisation", required_argument, NULL, OPT_UTILISATION},
                                        {"spares", required_argument, NULL, OPT_SPARES},
                                        {"efficiency", required_argument, NULL, OPT_EFFICIENCY},
                                        {"price", required_argument, NULL, OPT_PRICE},
                                        {"out", required_argument, NULL, OPT_OUT},
                                        {"json", required_argument, NULL, OPT_JSON},
                                        {"quiet", no_argument, NULL, OPT_QUIET},
                                        {"help", no_argument, NULL, OPT_HELP},
                                        {0}};

struct arguments {
    struct lg_arena *arena;
    struct lg_plan_request request;
    struct lg_capacity_options capacity;
    struct lg_sizing sizing;
    double from; /* 0: the scenario's */
    const char *out, *json;
};

/* What is wrong with the value, or NULL. */
static const char *read_whole(const char *text, unsigned low, unsigned *out)
{
    uint64_t n;
    const char *why = lg_read_count(lg_str(text), &n);
    if (why == NULL && (n < low || n > 1000000)) {
        why = low > 0 ? "a number from 1 to 1M is needed" : "a number up to 1M is needed";
    }
    *out = why == NULL ? (unsigned)n : *out;
    return why;
}

static const char *read_positive_share(const char *text, double *out)
{
    double share;
    const char *why = lg_read_share(lg_str(text), &share);
    if (why == NULL && !(share > 0 && share <= 1)) {
        why = "a share above 0 and up to 100% is needed";
    }
    *out = why == NULL ? share : *out;
    return why;
}

static const char *read_factor(const char *text, double *out)
{
    double factor;
    const char *why = lg_read_number(lg_str(text), &factor);
    if (why == NULL && !(factor > 1 && factor <= 100)) {
        why = "a number above 1 and up to 100 is needed: so many times the capacity";
    }
    *out = why == NULL ? factor : *out;
    return why;
}

static const char *read_value(struct arguments *a, int option, const char *text)
{
    struct lg_search_options *s = &a->capacity.search;
    double share;
    const char *why;
    switch (option) {
    case OPT_TRIAL:
        why = lg_read_time(lg_str(text), &a->capacity.trial);
        return why == NULL && a->capacity.trial < LG_S ? "at least 1s is needed" : why;
    case OPT_PRECISION:
        why = read_positive_share(text, &share);
        s->precision = why == NULL ? 1 + share : s->precision;
        return why;
    case OPT_FROM:
        return lg_read_rate(lg_str(text), &a->from);
    case OPT_MOST:
        return lg_read_rate(lg_str(text), &s->most);
    case OPT_TRIALS:
        return read_whole(text, 1, &s->trials);
    case OPT_CONFIRM:
        return read_whole(text, 1, &s->confirm);
    case OPT_OVERLOAD:
        return read_factor(text, &a->capacity.overload);
    case OPT_LOAD:
        return lg_read_rate(lg_str(text), &a->sizing.load);
    case OPT_GROWTH:
        return lg_read_share(lg_str(text), &a->sizing.growth);
    case OPT_UTILISATION:
        return read_positive_share(text, &a->sizing.utilisation);
    case OPT_SPARES:
        return read_whole(text, 0, &a->sizing.spares);
    case OPT_EFFICIENCY:
        return read_positive_share(text, &a->sizing.efficiency);
    case OPT_PRICE:
        return lg_read_number(lg_str(text), &a->sizing.price_per_hour);
    default:
        return NULL;
    }
}

/* -1: go on; else how to end. */
static int read_option(struct arguments *a, int c)
{
    const char *why;
    switch (c) {
    case OPT_TARGET:
        a->request.options.target = optarg;
        return -1;
    case OPT_SET:
        *LG_ARENA_PUSH(a->arena, a->request.overrides, a->request.override_count) = optarg;
        return -1;
    case OPT_CURVE:
        a->capacity.curve = true;
        return -1;
    case OPT_OUT:
        a->out = optarg;
        return -1;
    case OPT_JSON:
        a->json = optarg;
        return -1;
    case OPT_QUIET:
        a->capacity.quiet = true;
        return -1;
    case OPT_HELP:
        print_help();
        return LG_EXIT_OK;
    case '?':
        return lg_usage_error("'loadgen capacity --help' lists the options");
    default:
        why = read_value(a, c, optarg);
        return why == NULL ? -1 : lg_value_error(options, c, why);
    }
}

static bool measured_anything(const struct lg_capacity_page *page)
{
    bool any = false;
    for (size_t i = 0; i < page->target_count; i++) {
        any = any || page->targets[i].trial_count > 0;
    }
    return any;
}

static int write_page(const struct arguments *a, const struct lg_capacity_page *page)
{
    struct lg_buf text = {0};
    bool on_stdout = a->json != NULL && strcmp(a->json, "-") == 0;
    bool any = measured_anything(page);
    const char *why = any ? lg_capacity_write(page, a->out, a->arena) : NULL;
    if (!any) {
        rmdir(a->out); /* empty, unless it was somebody else's */
    }
    if (a->json != NULL) {
        lg_report_capacity_json(page, &text);
    }
    if (why == NULL && a->json != NULL && !on_stdout) {
        why = lg_report_write_file(a->json, lg_buf_slice(&text), a->arena);
    }
    if (!on_stdout) {
        lg_buf_clear(&text);
        lg_report_capacity_text(page, &text);
    }
    lg_print(lg_buf_slice(&text));
    lg_buf_free(&text);
    if (why != NULL) {
        fprintf(stderr, "loadgen: %s\n", why);
    } else if (any && !on_stdout) {
        printf("\nreport: %s/%s\n", a->out, "capacity.html");
    }
    return why == NULL ? LG_EXIT_OK : LG_EXIT_OURS;
}

static int code_of(const struct lg_capacity_result *r)
{
    switch (r->search.end) {
    case LG_SEARCH_FOUND:
    case LG_SEARCH_NO_BOUND:
        return LG_EXIT_OK;
    case LG_SEARCH_BELOW_START:
        return LG_EXIT_OBJECTIVE;
    default:
        return r->ended[0] != '\0' ? LG_EXIT_TARGET : LG_EXIT_INVALID;
    }
}

static void begin_page(const struct arguments *a, const struct lg_plan *plan,
                       struct lg_capacity_page *page)
{
    struct lg_environment environment = lg_environment_read(a->arena, LG_VERSION);
    *page = (struct lg_capacity_page){
        .scenario = plan->name,
        .file = plan->file,
        .command = a->capacity.command,
        .started_at = lg_utc(a->arena, "%Y-%m-%dT%H:%M:%SZ"),
        .objective_count = plan->objective_count,
        .precision = a->capacity.search.precision,
        .overload_factor = a->capacity.overload,
        .overload_how =
            a->capacity.overload > 0 ? lg_capacity_overload_how(plan, &a->capacity, a->arena) : "",
        .sizing = a->sizing.load > 0 ? &a->sizing : NULL,
        .cpu = environment.cpu,
        .cores = environment.cores,
        .seed = plan->seed,
    };
    struct lg_capacity_objective *objectives =
        lg_arena_alloc(a->arena, plan->objective_count * sizeof *objectives);
    for (size_t i = 0; i < plan->objective_count; i++) {
        const struct lg_objective *o = &plan->objectives[i];
        objectives[i] = (struct lg_capacity_objective){o->text, lg_objective_unit(o), o->limit};
    }
    page->objectives = objectives;
}

static int search_all(struct arguments *a, const struct lg_plan *plan)
{
    struct lg_capacity_page page;
    int worst = LG_EXIT_OK;
    begin_page(a, plan, &page);
    struct lg_capacity_result *results =
        lg_arena_alloc(a->arena, plan->target_count * sizeof *results);
    page.targets = results;
    if (!a->capacity.quiet) {
        lg_capacity_claims_warn(plan, &page, a->arena);
        fprintf(stderr, "loadgen: %s\n", lg_capacity_estimate(plan, &a->capacity, a->arena));
    }
    while (page.target_count < plan->target_count) {
        struct lg_capacity_result *r = &results[page.target_count];
        int code = lg_capacity_run(plan, page.target_count++, &a->capacity, a->arena, r);
        code = r->interrupted ? code : code_of(r);
        worst = code > worst ? code : worst;
        if (r->interrupted) {
            break;
        }
    }
    page.claims = lg_capacity_claims(plan, &page, a->arena, &page.claim_count);
    int written = write_page(a, &page);
    return written != LG_EXIT_OK ? written : worst;
}

static int search_plan(struct arguments *a, const struct lg_plan *plan)
{
    struct lg_search_options *s = &a->capacity.search;
    const char *why = lg_capacity_obstacle(plan, a->arena);
    s->start = a->from > 0 ? a->from : why == NULL ? lg_capacity_rate(plan) : 1;
    s->least = s->start / 1024;
    if (why == NULL && s->most < s->start) {
        why = "--most is below the rate at which the search begins";
    }
    if (why != NULL) {
        return lg_usage_error("%s: %s", plan->file, why);
    }
    why =
        a->out != NULL
            ? lg_report_make_folder(a->out, a->arena)
            : lg_report_new_folder(lg_arena_printf(a->arena, "reports/runs/%s-%s-capacity",
                                                   lg_utc(a->arena, "%Y%m%dT%H%M%SZ"), plan->name),
                                   a->arena, &a->out);
    return why != NULL ? lg_usage_error("%s", why) : search_all(a, plan);
}

int lg_cmd_capacity(int argc, char **argv)
{
    struct arguments a = {
        .arena = lg_arena_new(),
        .capacity = {.search = {.precision = 1.03, .confirm = 3, .trials = 40, .most = 1e6},
                     .trial = 10 * LG_S},
        .sizing = {.utilisation = 0.7, .efficiency = 1, .spares = 1},
    };
    int c, code = -1;
    a.request.options.share_folder = lg_share_folder();
    a.capacity.command = lg_command_line(argc, argv, "capacity", a.arena);
    while (code < 0 && (c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        code = read_option(&a, c);
    }
    if (code < 0 && argc - optind != 1) {
        code = lg_usage_error("one scenario is needed, for example: loadgen capacity chat.ini");
    }
    if (code < 0) {
        a.request.file = lg_find_scenario(argv[optind], a.arena);
        struct lg_plan *plan = lg_load_plan(&a.request);
        code = plan == NULL ? LG_EXIT_USAGE : search_plan(&a, plan);
        lg_plan_free(plan);
    }
    lg_arena_free(a.arena);
    return code;
}
