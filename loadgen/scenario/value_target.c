#include "scenario/draft.h"

static struct lg_target_draft *target_of(struct lg_reading *r)
{
    return (struct lg_target_draft *)(void *)r->draft;
}

static const char *beside(struct lg_reading *r, struct lg_slice text)
{
    return lg_io_beside(r->entry->value_place.file, text, r->load->arena);
}

void lg_read_file_name(struct lg_reading *r, struct lg_slice text)
{
    const char *path = beside(r, text);
    enum lg_io_kind kind = r->load->io->kind(r->load->io->ctx, path);
    if (kind != LG_IO_FILE && kind != LG_IO_PROGRAM) {
        lg_bad(r, 0, NULL, "%s %s", path, kind == LG_IO_FOLDER ? "is a folder" : "does not exist");
    }
    *LG_FIELD(const char *, r) = path;
}

void lg_read_folder(struct lg_reading *r, struct lg_slice text)
{
    bool here = lg_slice_eq(text, lg_str("."));
    *LG_FIELD(const char *, r) = beside(r, here ? lg_str("./") : text);
}

void lg_read_command(struct lg_reading *r, struct lg_slice text)
{
    char **words = NULL;
    size_t count = 0;
    bool told = false;
    while (text.n > 0) {
        struct lg_slice word = lg_take_word(&text);
        if (!told && (word.p[0] == '"' || word.p[0] == '\'')) {
            told = true;
            lg_bad(r, lg_offset(r, word), "put what a shell should read into a script",
                   "%.*s: words are split at blanks, and a quote is part of its word", (int)word.n,
                   word.p);
        }
        *LG_ARENA_PUSH(r->load->arena, words, count) =
            lg_arena_strndup(r->load->arena, word.p, word.n);
    }
    *LG_ARENA_PUSH(r->load->arena, words, count) = NULL;
    *LG_FIELD(char **, r) = words;
}

static bool is_env_name(struct lg_slice text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !(i > 0 && c >= '0' && c <= '9')) {
            return false;
        }
    }
    return text.n > 0;
}

void lg_read_env(struct lg_reading *r, struct lg_slice text)
{
    struct lg_target_spec *out = &target_of(r)->out;
    struct lg_slice name = r->entry->key;
    name = lg_slice(name.p + strlen("env."), name.n - strlen("env."));
    if (!is_env_name(name)) {
        lg_problem_add(r->load->problems, r->entry->place, NULL,
                       "%.*s is not the name of an environment variable", (int)name.n, name.p);
    }
    struct lg_target_variable *v = LG_ARENA_PUSH(r->load->arena, out->env, out->env_count);
    v->name = lg_arena_strndup(r->load->arena, name.p, name.n);
    v->value = lg_arena_strndup(r->load->arena, text.p, text.n);
}

static void env_line(struct lg_load *load, struct lg_target_draft *target, const char *path,
                     struct lg_slice line, unsigned number)
{
    line = lg_slice_trim(line);
    if (line.n == 0 || line.p[0] == '#') {
        return;
    }
    const char *equals = memchr(line.p, '=', line.n);
    struct lg_slice name = lg_slice(line.p, equals == NULL ? 0 : (size_t)(equals - line.p));
    if (!is_env_name(name) || memchr(line.p, '\0', line.n) != NULL) {
        lg_problem_add(load->problems, (struct lg_place){path, number, 1}, NULL,
                       "not a line KEY=VALUE");
        return;
    }
    struct lg_target_variable *v =
        LG_ARENA_PUSH(load->arena, target->file_env, target->file_env_count);
    v->name = lg_arena_strndup(load->arena, name.p, name.n);
    v->value = lg_arena_strndup(load->arena, equals + 1, line.n - name.n - 1);
}

void lg_read_env_file(struct lg_reading *r, struct lg_slice text)
{
    (void)text;
    target_of(r)->env_file = r->entry;
}

void lg_target_read_env_file(struct lg_load *load, struct lg_target_draft *target)
{
    const struct lg_ini_entry *entry = target->env_file;
    const char *folder = target->out.folder;
    bool slash = folder[strlen(folder) - 1] == '/';
    folder = lg_arena_printf(load->arena, "%s%s", folder, slash ? "" : "/");
    const char *path = lg_io_beside(folder, entry->value, load->arena), *identity = NULL;
    struct lg_slice rest = {0};
    const char *why = load->io->read(load->io->ctx, path, load->arena, &rest, &identity);
    if (why != NULL) {
        lg_problem_add(load->problems, entry->value_place, NULL, "env: %s: %s", path, why);
        return;
    }
    for (unsigned number = 1; rest.n > 0; number++) {
        const char *newline = memchr(rest.p, '\n', rest.n);
        size_t n = newline == NULL ? rest.n : (size_t)(newline - rest.p);
        size_t line = n > 0 && rest.p[n - 1] == '\r' ? n - 1 : n;
        env_line(load, target, path, lg_slice(rest.p, line), number);
        n += newline != NULL;
        rest = lg_slice(rest.p + n, rest.n - n);
    }
}

void lg_read_ready(struct lg_reading *r, struct lg_slice text)
{
    struct lg_slice rest = text, method = lg_take_word(&rest);
    bool blank = memchr(rest.p, ' ', rest.n) != NULL || memchr(rest.p, '\t', rest.n) != NULL;
    if (!lg_slice_eq(method, lg_str("GET")) || rest.n == 0 || rest.p[0] != '/' || blank) {
        lg_bad(r, 0, "write GET /healthz", "%.*s is not GET /path", (int)text.n, text.p);
        return;
    }
    *LG_FIELD(const char *, r) = lg_arena_strndup(r->load->arena, rest.p, rest.n);
}

static bool take_prefix(struct lg_slice *text, const char *prefix)
{
    size_t n = strlen(prefix);
    if (text->n < n || memcmp(text->p, prefix, n) != 0) {
        return false;
    }
    *text = lg_slice(text->p + n, text->n - n);
    return true;
}

static bool is_port(struct lg_slice text)
{
    unsigned value = 0;
    for (size_t i = 0; i < text.n && value < 65536; i++) {
        if (text.p[i] < '0' || text.p[i] > '9') {
            return lg_slice_eq(text, lg_str("${PORT}"));
        }
        value = value * 10 + (unsigned)(text.p[i] - '0');
    }
    return value > 0 && value < 65536;
}

/* HOST, HOST:PORT, [IPv6] or [IPv6]:PORT */
static bool is_authority(struct lg_slice text)
{
    const char *bracket = text.n > 0 && text.p[0] == '[' ? memchr(text.p, ']', text.n) : NULL;
    size_t host = bracket != NULL ? (size_t)(bracket + 1 - text.p) : 0;
    for (size_t i = bracket != NULL ? 1 : 0; i < (bracket != NULL ? host - 1 : text.n); i++) {
        char c = text.p[i];
        bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        bool name =
            digit || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
        if (bracket != NULL ? !digit && c != ':' && c != '.' : !name && c != '.') {
            break;
        }
        host += bracket == NULL;
    }
    if (host == 0 || (bracket != NULL && host < 4)) {
        return false;
    }
    struct lg_slice port = lg_slice(text.p + host, text.n - host);
    return port.n == 0 || (port.p[0] == ':' && is_port(lg_slice(port.p + 1, port.n - 1)));
}

/* Without a slash at the end. */
static const char *read_url(struct lg_reading *r, struct lg_slice text)
{
    struct lg_slice rest = text;
    static const char *const schemes[] = {"http://", "https://", "ws://", "wss://"};
    bool known = false;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes && !known; i++) {
        known = take_prefix(&rest, schemes[i]);
    }
    if (!known) {
        lg_bad(r, 0, NULL, "%.*s does not begin with http://, https://, ws:// or wss://",
               (int)text.n, text.p);
        return lg_arena_strndup(r->load->arena, text.p, text.n);
    }
    if (rest.n > 0 && rest.p[rest.n - 1] == '/') {
        rest.n--;
        text.n--;
    }
    if (memchr(rest.p, '/', rest.n) != NULL) {
        lg_bad(r, lg_offset(r, rest), "paths belong in steps", "the url of a target has no path");
    } else if (memchr(rest.p, '@', rest.n) != NULL) {
        lg_bad(r, lg_offset(r, rest), "send header.Authorization in the steps instead",
               "the url of a target holds no password");
    } else if (!is_authority(rest)) {
        lg_bad(r, lg_offset(r, rest), NULL, "%.*s is not HOST or HOST:PORT", (int)text.n, text.p);
    }
    return lg_arena_strndup(r->load->arena, text.p, text.n);
}

void lg_read_url(struct lg_reading *r, struct lg_slice text)
{
    *LG_FIELD(const char *, r) = read_url(r, text);
}

void lg_read_service(struct lg_reading *r, struct lg_slice text)
{
    struct lg_target_spec *out = &target_of(r)->out;
    struct lg_slice key = r->entry->key;
    size_t n = strlen("service.");
    struct lg_target_service *service =
        LG_ARENA_PUSH(r->load->arena, out->services, out->service_count);
    service->name = lg_arena_strndup(r->load->arena, key.p + n, key.n - n);
    service->url = read_url(r, text);
    if (strstr(service->url, "${PORT}") != NULL) {
        lg_bad(r, 0, "write its port", "${PORT} is the port of the target's url");
    }
}
