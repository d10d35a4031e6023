/* `loadgen url` is a scenario without a file. */
#include "cli/url_scenario.h"

#include "base/units.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static void print_help(void)
{
    fputs(
        "usage: loadgen url URL [OPTIONS]\n\n"
        "Drives http://, https://, ws:// or wss://.  All numbers are totals.\n\n"
        "  -c N                 connections (default 10)\n"
        "  --http 1.1|h2|h2c    HTTP version (default 1.1)\n"
        "  -m N                 users on each connection, with h2 and h2c (default 1)\n"
        "  -r RATE              arrivals per second, e.g. 1k/s: open workload model; without it "
        "closed\n"
        "  --arrivals KIND      poisson (default with -r) or constant\n"
        "  -d TIME              length of the measured window (default 10s)\n"
        "  -n N                 total requests: ends when they are done\n"
        "  --warmup TIME        before the window (default 0s)\n"
        "  --timeout TIME       of one exchange (default 10s)\n"
        "  -t N                 threads (default 1)\n"
        "  --timing KIND        exact (default) or economical\n"
        "  -X METHOD  -H 'Name: value'  --body TEXT  --body-file FILE\n"
        "                       on ws:// the body is the message (default: 64 bytes of text), "
        "and one\n"
        "                       message is awaited for each\n"
        "  --listen             ws://: send nothing, only receive\n"
        "  --sse                server-sent events: every connection listens; with -r, streams\n"
        "                       are opened at that rate and read to their end\n"
        "  --objective TEXT     exit code 3 where it is missed: 'response = p(99) < 200ms',\n"
        "                       'errors = rate < 0.1%', 'client = rate > 900/s'; may be repeated\n"
        "  --seed N             fixes arrivals and data\n"
        "  --cacert FILE  --insecure\n"
        "  --out DIR            write a run folder;  --json FILE: run.json, - is stdout\n"
        "  --annotations github|none, --metrics PORT   as of loadgen scenario\n"
        "  --quiet              no progress\n",
        stdout);
}

enum {
    OPT_ARRIVALS = 256,
    OPT_WARMUP,
    OPT_TIMEOUT,
    OPT_HTTP,
    OPT_TIMING,
    OPT_BODY,
    OPT_BODY_FILE,
    OPT_LISTEN,
    OPT_SSE,
    OPT_OBJECTIVE,
    OPT_SEED,
    OPT_CACERT,
    OPT_INSECURE,
    OPT_OUT,
    OPT_JSON,
    OPT_ANNOTATIONS,
    OPT_METRICS,
    OPT_QUIET,
    OPT_HELP
};

static const struct option options[] = {
    {"arrivals", required_argument, NULL, OPT_ARRIVALS},
    {"warmup", required_argument, NULL, OPT_WARMUP},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"http", required_argument, NULL, OPT_HTTP},
    {"timing", required_argument, NULL, OPT_TIMING},
    {"body", required_argument, NULL, OPT_BODY},
    {"body-file", required_argument, NULL, OPT_BODY_FILE},
    {"listen", no_argument, NULL, OPT_LISTEN},
    {"sse", no_argument, NULL, OPT_SSE},
    {"objective", required_argument, NULL, OPT_OBJECTIVE},
    {"seed", required_argument, NULL, OPT_SEED},
    {"cacert", required_argument, NULL, OPT_CACERT},
    {"insecure", no_argument, NULL, OPT_INSECURE},
    {"out", required_argument, NULL, OPT_OUT},
    {"json", required_argument, NULL, OPT_JSON},
    {"annotations", required_argument, NULL, OPT_ANNOTATIONS},
    {"metrics", required_argument, NULL, OPT_METRICS},
    {"quiet", no_argument, NULL, OPT_QUIET},
    {"help", no_argument, NULL, OPT_HELP},
    {0},
};

static const char **text_option(struct lg_url_options *a, int c)
{
    switch (c) {
    case 'c':
        return &a->connections;
    case 'r':
        return &a->rate;
    case 'd':
        return &a->duration;
    case 'n':
        return &a->total;
    case 't':
        return &a->threads;
    case 'X':
        return &a->method;
    case 'm':
        return &a->streams;
    case OPT_HTTP:
        return &a->http;
    case OPT_ARRIVALS:
        return &a->arrivals;
    case OPT_WARMUP:
        return &a->warmup;
    case OPT_TIMEOUT:
        return &a->timeout;
    case OPT_TIMING:
        return &a->timing;
    case OPT_BODY:
        return &a->body;
    case OPT_BODY_FILE:
        return &a->body_file;
    case OPT_SEED:
        return &a->seed;
    case OPT_CACERT:
        return &a->ca_file;
    case OPT_OUT:
        return &a->session.out;
    case OPT_JSON:
        return &a->session.json;
    case OPT_METRICS:
        return &a->session.metrics;
    case OPT_ANNOTATIONS:
        return &a->session.annotations;
    case OPT_OBJECTIVE:
        return LG_ARENA_PUSH(a->arena, a->objectives, a->objective_count);
    case 'H':
        return LG_ARENA_PUSH(a->arena, a->headers, a->header_count);
    default:
        return NULL;
    }
}

static bool read_options(int argc, char **argv, struct lg_url_options *a, int *code)
{
    int c;
    while ((c = getopt_long(argc, argv, "c:m:r:d:n:t:X:H:h", options, NULL)) != -1) {
        const char **text = c == '?' ? NULL : text_option(a, c);
        if (text != NULL) {
            *text = optarg;
        } else if (c == OPT_LISTEN) {
            a->listen = true;
        } else if (c == OPT_SSE) {
            a->sse = true;
        } else if (c == OPT_INSECURE) {
            a->insecure = true;
        } else if (c == OPT_QUIET) {
            a->session.quiet = true;
        } else if (c == OPT_HELP || c == 'h') {
            print_help();
            *code = LG_EXIT_OK;
            return false;
        } else {
            *code = lg_usage_error("'loadgen url --help' lists the options");
            return false;
        }
    }
    return true;
}

/* ---- mistakes that the scenario's reader would put in the words of a file ---- */

static bool is_zero(const char *count)
{
    uint64_t n = 1;
    return lg_read_count(lg_str(count), &n) == NULL && n == 0;
}

static int header_mistake(const struct lg_url_options *a)
{
    for (size_t i = 0; i < a->header_count; i++) {
        const char *header = a->headers[i], *colon = strchr(header, ':');
        if (!lg_url_fits_a_line(header)) {
            return lg_usage_error("-H '%s': a header is one line", header);
        }
        if (colon == NULL || colon == header) {
            return lg_usage_error("-H '%s': a header is written 'Name: value'", header);
        }
        size_t n = (size_t)(colon - header) + 1;
        for (size_t k = 0; k < i; k++) {
            if (strncasecmp(a->headers[k], header, n) == 0) {
                return lg_usage_error("-H %.*s this header is given already", (int)n, header);
            }
        }
    }
    return LG_EXIT_OK;
}

/* A word, and the equals sign that is not part of a comparison. */
static int objective_mistake(const struct lg_url_options *a)
{
    for (size_t i = 0; i < a->objective_count; i++) {
        const char *text = a->objectives[i];
        size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz_");
        n += strspn(text + n, " ");
        if (!lg_url_fits_a_line(text) || n == 0 || text[n] != '=') {
            return lg_usage_error("--objective '%s': write 'response = p(99) < 200ms' or "
                                  "'errors = rate < 0.1%%'",
                                  text);
        }
    }
    return LG_EXIT_OK;
}

static int usage_mistake(const struct lg_url_options *a, const struct lg_url *url)
{
    const char *const values[] = {a->connections, a->rate,    a->arrivals, a->duration,
                                  a->total,       a->warmup,  a->timeout,  a->threads,
                                  a->timing,      a->method,  a->seed,     a->ca_file,
                                  a->http,        a->streams, a->body_file};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        if (values[i] != NULL && !lg_url_fits_a_line(values[i])) {
            return lg_usage_error("'%s': an option's value is one line", values[i]);
        }
    }
    if (a->body_file != NULL && (a->body != NULL || url->websocket)) {
        return lg_usage_error("%s", a->body != NULL ? "--body and --body-file exclude each other"
                                                    : "--body-file goes with http:// and https://");
    }
    if (url->websocket && a->body != NULL && !lg_url_fits_a_line(a->body)) {
        return lg_usage_error("--body: a message is one line, without blanks around it");
    }
    if (a->method != NULL && strpbrk(a->method, " \t") != NULL) {
        return lg_usage_error("-X '%s': a method is one word", a->method);
    }
    if (a->total != NULL && is_zero(a->total)) {
        return lg_usage_error("-n %s: there would be nothing to do", a->total);
    }
    if (header_mistake(a) != LG_EXIT_OK || objective_mistake(a) != LG_EXIT_OK ||
        !lg_session_options_fit(&a->session)) {
        return LG_EXIT_USAGE;
    }
    if (a->arrivals != NULL && a->rate == NULL) {
        return lg_usage_error("--arrivals needs a rate: -r 100/s");
    }
    if (a->sse && url->websocket) {
        return lg_usage_error("--sse goes with http:// and https://");
    }
    if (a->sse && a->total != NULL && a->rate == NULL) {
        return lg_usage_error("-n counts streams that are opened at a rate: -r 10/s");
    }
    if (a->listen && !url->websocket) {
        return lg_usage_error("--listen goes with ws:// and wss://");
    }
    if (a->listen && a->body != NULL) {
        return lg_usage_error("--listen sends nothing, so there is no --body");
    }
    if (a->method != NULL && url->websocket) {
        return lg_usage_error("-X goes with http:// and https://");
    }
    return LG_EXIT_OK;
}

static int run(const struct lg_url_options *a, const struct lg_url *url)
{
    struct lg_plan *plan = lg_url_plan(a, url);
    int code = plan != NULL ? lg_session(plan, &a->session) : LG_EXIT_USAGE;
    lg_plan_free(plan);
    return code;
}

/* Credentials are refused, and not shown either. */
static const char *without_user(const char *url, struct lg_arena *arena)
{
    const char *scheme = strstr(url, "://"), *host = scheme != NULL ? scheme + 3 : url;
    const char *at = memrchr(host, '@', strcspn(host, "/?#"));
    return at == NULL ? url : lg_arena_printf(arena, "%.*s***%s", (int)(host - url), url, at);
}

int lg_cmd_url(int argc, char **argv)
{
    struct lg_url_options a = {.arena = lg_arena_new()};
    struct lg_url url = {.path = NULL};
    int code = LG_EXIT_OK;
    a.session.command = lg_command_line(argc, argv, "url", a.arena);
    a.session.no_folder = true;
    if (read_options(argc, argv, &a, &code)) {
        const char *why = argc - optind == 1 ? lg_url_read(argv[optind], &url) : NULL;
        if (argc - optind != 1) {
            code = lg_usage_error("one URL, please: loadgen url http://127.0.0.1:8080/ -c 64");
        } else if (why != NULL) {
            code = lg_usage_error("%s: %s", without_user(argv[optind], a.arena), why);
        } else {
            code = usage_mistake(&a, &url);
            code = code == LG_EXIT_OK ? run(&a, &url) : code;
        }
    }
    lg_url_fini(&url);
    lg_arena_free(a.arena);
    return code;
}
