#include "scenario/draft.h"

static struct lg_step_draft *step_of(struct lg_reading *r)
{
    return (struct lg_step_draft *)(void *)r->draft;
}

bool lg_is_token(struct lg_slice text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL)) {
            return false;
        }
    }
    return text.n > 0;
}

/* Blanks in the fixed parts would end the request line early; those in ${...} are not in the text.
 */
static bool has_blank(const struct lg_template *path)
{
    for (size_t i = 0; i < path->part_count; i++) {
        struct lg_slice text = path->parts[i].text;
        for (size_t j = 0; j < text.n; j++) {
            if ((unsigned char)text.p[j] <= ' ' || text.p[j] == 0x7f) {
                return true;
            }
        }
    }
    return false;
}

static void read_path(struct lg_reading *r, struct lg_slice text)
{
    struct lg_template *path = &step_of(r)->out.path;
    static const char of_trace[] = "${trace.path}";
    enum { N = sizeof of_trace - 1 };
    bool traced = text.n >= N && memcmp(text.p, of_trace, N) == 0;
    if (!traced && (text.n == 0 || text.p[0] != '/')) {
        lg_bad(r, lg_offset(r, text), "the target's url says which server it is",
               "a path begins with /");
        return;
    }
    lg_read_template(r, text, r->option->holes, false, path);
    if (has_blank(path)) {
        lg_bad(r, lg_offset(r, text), "write %20", "a path holds no blanks");
    }
    const char *hash = memchr(text.p, '#', text.n);
    if (hash != NULL) {
        lg_bad(r, (size_t)(hash - r->entry->value.p), "write %23", "a path holds no #");
    }
}

void lg_read_path(struct lg_reading *r, struct lg_slice text)
{
    read_path(r, text);
}

void lg_read_request(struct lg_reading *r, struct lg_slice text)
{
    struct lg_slice rest = text, method = lg_take_word(&rest);
    if (rest.n == 0) {
        lg_bad(r, 0, "write GET /path", "%.*s is not METHOD /path", (int)text.n, text.p);
        return;
    }
    if (lg_slice_eq(method, lg_str("${trace.method}"))) {
        step_of(r)->traced_method = true;
        read_path(r, rest);
        return;
    }
    bool upper = lg_is_token(method);
    for (size_t i = 0; i < method.n; i++) {
        upper = upper && (method.p[i] < 'a' || method.p[i] > 'z');
    }
    if (!upper || lg_slice_eq(method, lg_str("CONNECT"))) {
        lg_bad(r, lg_offset(r, method), NULL, "%.*s is not a method such as GET or POST",
               (int)method.n, method.p);
    }
    step_of(r)->out.method = lg_arena_strndup(r->load->arena, method.p, method.n);
    read_path(r, rest);
}

void lg_read_body_file(struct lg_reading *r, struct lg_slice text)
{
    struct lg_load *load = r->load;
    const char *path = lg_io_beside(r->entry->value_place.file, text, load->arena);
    struct lg_part *part = lg_arena_alloc(load->arena, sizeof *part);
    const char *identity = NULL;
    const char *why = load->io->read(load->io->ctx, path, load->arena, &part->text, &identity);
    if (why != NULL) {
        bool ours = strstr(path, "targets/data/inputs/") != NULL;
        lg_bad(r, 0, ours ? "scripts/setup-targets --heavy makes it" : NULL, "%s: %s", path, why);
    }
    *LG_FIELD(struct lg_template, r) =
        (struct lg_template){.parts = part, .part_count = 1, .is_static = true};
}

/* The protocol writes these itself, and twice would be wrong. */
static bool is_reserved_header(const char *name)
{
    static const char *const names[] = {"content-length", "transfer-encoding",
                                        "connection",     "upgrade",
                                        "keep-alive",     "te",
                                        "trailer",        "expect"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return strncmp(name, "sec-websocket-", 14) == 0 && strcmp(name, "sec-websocket-protocol") != 0;
}

/* Written alike, it is a key that is set twice, and told as such. */
static void check_header_twice(struct lg_reading *r, const char *lower)
{
    const struct lg_step *step = &step_of(r)->out;
    const char *key = lg_arena_strndup(r->load->arena, r->entry->key.p, r->entry->key.n);
    if (lg_entry_find(step_of(r)->draft.section, key) != r->entry) {
        return;
    }
    for (size_t i = 0; i < step->header_count; i++) {
        if (lg_slice_eq(step->headers[i].name, lg_str(lower))) {
            lg_problem_add(r->load->problems, r->entry->place, NULL,
                           "%.*s: this header is set already", (int)r->entry->key.n,
                           r->entry->key.p);
        }
    }
}

void lg_read_header(struct lg_reading *r, struct lg_slice text)
{
    struct lg_step *step = &step_of(r)->out;
    struct lg_slice key = r->entry->key;
    struct lg_slice name = lg_slice(key.p + strlen("header."), key.n - strlen("header."));
    char *lower = lg_arena_strndup(r->load->arena, name.p, name.n);
    for (char *p = lower; *p != '\0'; p++) {
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
    }
    if (!lg_is_token(name)) {
        lg_problem_add(r->load->problems, r->entry->place, NULL, "%.*s is not a header's name",
                       (int)name.n, name.p);
    } else if (is_reserved_header(lower)) {
        lg_problem_add(r->load->problems, r->entry->place, NULL,
                       "%.*s: loadgen writes this header itself", (int)key.n, key.p);
    }
    check_header_twice(r, lower);
    struct lg_header_template *header =
        LG_ARENA_PUSH(r->load->arena, step->headers, step->header_count);
    header->name = lg_slice(lower, name.n);
    header->secret = lg_is_secret(LG_SECTION_STEP, key);
    lg_read_template(r, text, r->option->holes, false, &header->value);
}

void lg_add_header(struct lg_reading *r, const char *name, struct lg_slice value)
{
    struct lg_step *step = &step_of(r)->out;
    struct lg_part *part = lg_arena_alloc(r->load->arena, sizeof *part);
    check_header_twice(r, name);
    part->text = lg_slice(lg_arena_strndup(r->load->arena, value.p, value.n), value.n);
    *LG_ARENA_PUSH(r->load->arena, step->headers, step->header_count) = (struct lg_header_template){
        .name = lg_str(name), .value = {.parts = part, .part_count = 1, .is_static = true}};
}
