#include "cli/url_scenario.h"

#include "scenario/io.h"
#include "scenario/problem.h"

#include <stdio.h>

static const char name_of_text[] = "(command line)", name_of_body[] = "(body)";

bool lg_url_fits_a_line(const char *text)
{
    size_t n = strlen(text);
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f) {
            return false;
        }
    }
    return n > 0 && text[0] != ' ' && text[n - 1] != ' ';
}

/* The text and, for each of its lines, the option that it comes from; NULL: from none. */
struct ini {
    struct lg_buf text;
    struct lg_arena *arena;
    const char **options;
    size_t lines, seen; /* bytes whose lines are counted */
};

/* What was added since the last call comes from `option`. */
static void from(struct ini *ini, const char *option)
{
    for (; ini->seen < ini->text.n; ini->seen++) {
        if (ini->text.p[ini->seen] == '\n') {
            *LG_ARENA_PUSH(ini->arena, ini->options, ini->lines) = option;
        }
    }
}

static void add(struct ini *ini, const char *text)
{
    lg_buf_adds(&ini->text, text);
    from(ini, NULL);
}

static void key(struct ini *ini, const char *option, const char *name, const char *value)
{
    if (value != NULL) {
        lg_buf_addf(&ini->text, "%s = %s\n", name, value);
        from(ini, option);
    }
}

static void write_headers(struct ini *ini, const struct lg_url_options *a)
{
    for (size_t i = 0; i < a->header_count; i++) {
        const char *colon = strchr(a->headers[i], ':');
        lg_buf_addf(&ini->text, "header.%.*s = %s\n", (int)(colon - a->headers[i]), a->headers[i],
                    colon + 1 + strspn(colon + 1, " "));
        from(ini, lg_arena_printf(ini->arena, "-H %.*s", (int)(colon - a->headers[i]),
                                  a->headers[i])); /* its value may be a secret */
    }
}

static void write_http_step(struct ini *ini, const struct lg_url_options *a,
                            const struct lg_url *url)
{
    bool has_body = a->body != NULL || a->body_file != NULL;
    const char *method = a->method != NULL ? a->method : has_body ? "POST" : "GET";
    add(ini, "[step request]\n");
    lg_buf_addf(&ini->text, "%s = %s %s\n", a->sse ? "sse" : "request", method, url->path);
    from(ini, "URL");
    key(ini, NULL, "reconnect", a->sse ? "yes" : NULL);
    write_headers(ini, a);
    if (a->body != NULL && lg_url_fits_a_line(a->body)) {
        key(ini, "--body", "body", a->body);
    } else if (a->body != NULL) {
        key(ini, "--body", "body_file", name_of_body);
    }
    key(ini, "--body-file", "body_file", a->body_file);
    key(ini, "--timeout", "timeout", a->timeout);
}

static void write_websocket_steps(struct ini *ini, const struct lg_url_options *a,
                                  const struct lg_url *url)
{
    add(ini, "[step connect]\n");
    key(ini, "URL", "websocket", url->path);
    write_headers(ini, a);
    add(ini, "[step message]\n");
    if (!a->listen) {
        key(ini, "--body", "send", a->body != NULL ? a->body : "${random.text 64}");
    }
    lg_buf_addf(&ini->text, "await = any within %s\n", a->timeout != NULL ? a->timeout : "10s");
    from(ini, "--timeout");
}

static void write_users(struct ini *ini, const struct lg_url_options *a, const struct lg_url *url)
{
    const char *arrivals = a->rate == NULL && a->sse ? "none"
                           : a->rate == NULL         ? "closed"
                           : a->arrivals != NULL     ? a->arrivals
                                                     : "poisson";
    bool listens = a->sse && a->rate == NULL;
    add(ini, "[users client]\n");
    key(ini, "-c", "connections", a->connections != NULL ? a->connections : "10");
    key(ini, NULL, "connect_rate", "unlimited");
    key(ini, "--http", "http", a->http);
    key(ini, "-m", "streams", a->streams);
    key(ini, "--arrivals", "arrivals", arrivals);
    key(ini, "-r", "rate", a->rate);
    key(ini, "-n", "iterations", a->total);
    add(ini, url->websocket ? "setup = connect\nsteps = message\n"
             : listens      ? "setup = request\n"
                            : "steps = request\n");
}

/* "response = ..." is of the one step that there is; errors and the kind of user have no step. */
static void write_objectives(struct ini *ini, const struct lg_url_options *a,
                             const struct lg_url *url)
{
    add(ini, a->objective_count > 0 ? "[objectives]\n" : "");
    for (size_t i = 0; i < a->objective_count; i++) {
        const char *text = a->objectives[i];
        bool whole = strncmp(text, "errors", 6) == 0 || strncmp(text, "client", 6) == 0;
        lg_buf_addf(&ini->text, "%s%s\n",
                    whole            ? ""
                    : url->websocket ? "message."
                                     : "request.",
                    text);
        from(ini, "--objective");
    }
}

static void write_scenario(struct ini *ini, const struct lg_url_options *a,
                           const struct lg_url *url)
{
    const char *secure = url->secure ? "https" : "http";
    const char *duration = a->total != NULL ? "1h" : "10s";
    add(ini, "[scenario]\nname = url\ntargets = server\ntrials = 1\n");
    key(ini, "-d", "duration", a->duration != NULL ? a->duration : duration);
    key(ini, "--warmup", "warmup", a->warmup != NULL ? a->warmup : "0s");
    key(ini, "-t", "threads", a->threads);
    key(ini, "--timing", "timing", a->timing);
    key(ini, "--seed", "seed", a->seed);
    key(ini, "--cacert", "ca_file", a->ca_file);
    key(ini, "--insecure", "verify_tls", a->insecure ? "no" : NULL);
    add(ini, "[target server]\nready_within = 1s\n");
    lg_buf_addf(&ini->text, "label = %s\nurl = %s://%s\n", url->authority, secure, url->authority);
    from(ini, "URL");
    write_users(ini, a, url);
    if (url->websocket) {
        write_websocket_steps(ini, a, url);
    } else {
        write_http_step(ini, a, url);
    }
    write_objectives(ini, a, url);
}

/* ---- read from memory instead of a file ---- */

struct texts {
    struct lg_slice scenario, body;
};

static const char *read_text(void *ctx, const char *path, struct lg_arena *arena,
                             struct lg_slice *text, const char **identity)
{
    const struct texts *texts = ctx;
    bool body = texts->body.p != NULL && strcmp(path, name_of_body) == 0;
    if (!body && strcmp(path, name_of_text) != 0) {
        return lg_io_real.read(lg_io_real.ctx, path, arena, text, identity);
    }
    *text = body ? texts->body : texts->scenario;
    *identity = path;
    return NULL;
}

/* The user wrote options, and no lines. */
static void place_in_options(const struct ini *ini, struct lg_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        struct lg_place *place = &problems->items[i].place;
        size_t line = place->line;
        if (strcmp(place->file, name_of_text) == 0 && line > 0 && line <= ini->lines &&
            ini->options[line - 1] != NULL) {
            *place = (struct lg_place){.file = ini->options[line - 1]};
        }
    }
}

static struct lg_plan *load(const struct ini *ini, const struct lg_io *io)
{
    const struct lg_plan_options how = {.io = io};
    struct lg_problems problems;
    struct lg_buf text = {0};
    lg_problems_init(&problems);
    struct lg_plan *plan = lg_plan_load(name_of_text, NULL, 0, &how, &problems);
    if (plan == NULL) {
        place_in_options(ini, &problems);
        lg_problems_write(&problems, &text);
        fwrite(text.p, 1, text.n, stderr);
    }
    lg_buf_free(&text);
    lg_problems_fini(&problems);
    return plan;
}

struct lg_plan *lg_url_plan(const struct lg_url_options *a, const struct lg_url *url)
{
    struct ini ini = {.arena = a->arena};
    write_scenario(&ini, a, url);
    /* The plan may borrow from its texts, which therefore live as long as the options. */
    const char *text = lg_arena_strndup(a->arena, ini.text.p, ini.text.n);
    struct texts texts = {.scenario = lg_slice(text, ini.text.n)};
    if (a->body != NULL) {
        texts.body = lg_str(a->body);
    }
    struct lg_io io = lg_io_real;
    io.ctx = &texts;
    io.read = read_text;
    struct lg_plan *plan = load(&ini, &io);
    lg_buf_free(&ini.text);
    return plan;
}
