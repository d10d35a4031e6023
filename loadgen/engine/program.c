#include "engine/program.h"

#include "engine/look.h"

#include <stdlib.h>

/* The pointers that messages are searched for, each once. */
struct pointers {
    struct lg_slice list[LG_JSON_POINTERS];
    size_t count;
    bool overflow;
};

static int pointer_slot(struct pointers *p, struct lg_slice pointer)
{
    for (size_t i = 0; i < p->count; i++) {
        if (lg_slice_eq(p->list[i], pointer)) {
            return (int)i;
        }
    }
    if (p->count == LG_JSON_POINTERS) {
        p->overflow = true;
        return LG_NO_SLOT;
    }
    p->list[p->count] = pointer;
    return (int)p->count++;
}

static void compile_condition(struct lg_condition *c, const struct lg_match *match,
                              struct pointers *pointers)
{
    c->match = match;
    c->slot = lg_match_is_json(match) ? pointer_slot(pointers, match->pointer) : LG_NO_SLOT;
    c->value = lg_look_static(&match->value);
    c->regex = match->kind == LG_MATCH_REGEX ? lg_look_regex(match->pointer) : NULL;
}

static struct lg_slice template_text(const struct lg_template *t)
{
    return t->part_count > 0 ? t->parts[0].text : lg_slice("", 0);
}

static bool request_is_static(const struct lg_step *step)
{
    for (size_t i = 0; i < step->header_count; i++) {
        if (!step->headers[i].value.is_static) {
            return false;
        }
    }
    return step->path.is_static && step->method != NULL && step->stream == NULL &&
           (!step->has_body || step->body.is_static);
}

/* A request that is the same every time is rendered once for each server. */
static void render_requests(const struct lg_program *program, struct lg_program_step *s)
{
    const struct lg_step *step = s->step;
    if (!request_is_static(step)) {
        return;
    }
    struct lg_header *headers = lg_alloc_array(step->header_count, sizeof *headers);
    for (size_t i = 0; i < step->header_count; i++) {
        headers[i].name = step->headers[i].name;
        headers[i].value = template_text(&step->headers[i].value);
    }
    struct lg_request request = {
        .method = lg_str(step->method),
        .path = template_text(&step->path),
        .headers = headers,
        .header_count = step->header_count,
        .body = step->has_body ? template_text(&step->body) : lg_slice(NULL, 0),
    };
    for (size_t i = 0; i < s->request_count; i++) {
        const struct lg_url *url = &program->origins[s->origin + i / 2].url;
        struct lg_proto_config config = {.authority = lg_str(url->authority),
                                         .secure = url->secure};
        (i % 2 == 0 ? &lg_http1 : &lg_http2)->render(&config, &request, &s->requests[i].wire);
    }
    free(headers);
}

bool lg_is_idempotent(struct lg_slice method)
{
    static const char *const names[] = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (lg_slice_eq(method, lg_str(names[i]))) {
            return true;
        }
    }
    return false;
}

/* A kind of user that does step `i` keeps cookies: what it sends depends on who sends it. */
static bool has_cookies(const struct lg_plan *plan, size_t i)
{
    for (size_t k = 0; k < plan->user_count; k++) {
        if (plan->users[k].cookies && lg_users_does(plan, &plan->users[k], i)) {
            return true;
        }
    }
    return false;
}

/* A stream of events that no step ends. */
static bool is_endless(const struct lg_stream_spec *spec)
{
    return spec->kind == LG_STREAM_SSE && spec->events == 0 && !spec->has_until &&
           spec->lasting == 0;
}

static void compile_stream(struct lg_program *program, struct lg_program_step *s)
{
    const struct lg_stream_spec *spec = s->step->stream;
    struct lg_condition *until;
    size_t bad;
    s->kind = LG_STEP_STREAM;
    s->stream = lg_alloc(sizeof *s->stream);
    s->stream->index = program->shape.streams++;
    until = &s->stream->until;
    *until = (struct lg_condition){.match = &spec->until, .slot = LG_NO_SLOT};
    until->value = lg_look_static(&spec->until.value);
    if (spec->has_until && spec->until_type.n == 0 && lg_match_is_json(&spec->until)) {
        until->slot = 0;
        s->stream->query = lg_json_query_new(&spec->until.pointer, 1, &bad);
        LG_ASSERT(s->stream->query != NULL);
    } else if (spec->has_until && spec->until.kind == LG_MATCH_REGEX) {
        until->regex = lg_look_regex(spec->until.pointer);
    }
    for (size_t i = 0; i < s->request_count; i++) {
        struct lg_request *request = &s->requests[i].request;
        request->want_body = true;
        request->want_headers = request->want_headers || spec->kind == LG_STREAM_SSE;
    }
    s->resident = is_endless(spec);
}

static void compile_requests(struct lg_program *program, struct lg_program_step *s)
{
    const char *method = s->step->method; /* NULL: the trace's */
    s->retry = method != NULL && lg_is_idempotent(lg_str(method));
    s->cookies = has_cookies(program->plan, s->index);
    s->request_count = 2 * (s->origin == LG_USERS_OWN ? program->replicas : 1);
    s->requests = lg_alloc_array(s->request_count, sizeof *s->requests);
    if (!s->cookies && !program->plan->dry_run) {
        render_requests(program, s);
    }
    for (size_t i = 0; i < s->request_count; i++) {
        s->requests[i].request = (struct lg_request){
            .method = method != NULL ? lg_str(method) : lg_slice(NULL, 0),
            .wire = lg_buf_slice(&s->requests[i].wire),
            .want_body = s->checks_body,
            .want_headers = s->cookies || (s->look != NULL && s->look->header_count > 0),
        };
    }
}

static const char *compile_step(struct lg_program *program, size_t i, struct pointers *pointers)
{
    struct lg_program_step *s = &program->steps[i];
    s->index = i;
    s->step = &program->plan->steps[i];
    s->kind = s->step->kind;
    s->origin =
        s->step->service != LG_NO_SERVICE ? program->replicas + s->step->service - 1 : LG_USERS_OWN;
    s->await.slot = LG_NO_SLOT;
    if (s->step->has_await) {
        compile_condition(&s->await, &s->step->await, pointers);
    }
    const char *why = lg_look_compile(s, program->plan->dry_run);
    if (s->kind == LG_STEP_REQUEST) {
        compile_requests(program, s);
    }
    s->resident = s->kind == LG_STEP_WEBSOCKET;
    if (s->step->stream != NULL) {
        compile_stream(program, s);
    }
    return why;
}

static bool has_one_step(const struct lg_plan *plan, const struct lg_users *users)
{
    for (size_t i = 0; i < users->setup_count; i++) {
        if (users->setup[i] == users->steps[0]) {
            return false;
        }
    }
    for (size_t i = 0; i < plan->user_count; i++) {
        if (&plan->users[i] != users && lg_users_does(plan, &plan->users[i], users->steps[0])) {
            return false;
        }
    }
    return true;
}

static void compile_users(struct lg_program *program, size_t kind)
{
    const struct lg_plan *plan = program->plan;
    const struct lg_users *users = &plan->users[kind];
    struct lg_program_users *out = &program->users[kind];
    out->values = users->variable_count > 0;
    out->branches = lg_users_branches(plan, users);
    out->one_step = users->step_count == 1 && has_one_step(plan, users);
    for (size_t i = 0; i < plan->step_count; i++) {
        const struct lg_step *step = &plan->steps[i];
        if (lg_users_does(plan, users, i)) {
            out->values = out->values || step->capture_count > 0;
            out->services = out->services || step->service != LG_NO_SERVICE;
        }
    }
}

static const char *compile(struct lg_program *program)
{
    const struct lg_plan *plan = program->plan;
    struct pointers pointers = {.count = 0};
    size_t bad;
    program->sent_slot = program->id_slot = LG_NO_SLOT;
    program->has_deliveries = plan->deliveries_count > 0;
    if (program->has_deliveries) {
        const struct lg_deliveries *d = &plan->deliveries[0];
        compile_condition(&program->heard, &d->match, &pointers);
        program->id_slot = pointer_slot(&pointers, d->id);
        program->sent_slot = d->sent.n > 0 ? pointer_slot(&pointers, d->sent) : LG_NO_SLOT;
    }
    program->steps = lg_alloc_array(plan->step_count, sizeof *program->steps);
    for (size_t i = 0; i < plan->step_count; i++) {
        const char *why = compile_step(program, i, &pointers);
        if (why != NULL) {
            return why;
        }
    }
    program->users = lg_alloc_array(plan->user_count, sizeof *program->users);
    for (size_t i = 0; i < plan->user_count; i++) {
        compile_users(program, i);
    }
    if (pointers.overflow) {
        return "the scenario looks for more than 8 different JSON pointers in messages";
    }
    if (pointers.count > 0) {
        program->query = lg_json_query_new(pointers.list, pointers.count, &bad);
        LG_ASSERT(program->query != NULL);
    }
    return NULL;
}

static const char *locate(struct lg_program *program, const char *url)
{
    bool answers;
    struct lg_origin *origin = &program->origins[program->origin_count];
    const char *why = lg_url_read(url, &origin->url);
    if (why == NULL) {
        origin->index = program->origin_count++;
        why = lg_resolve(origin->url.host, origin->url.port, program->plan->connect_timeout,
                         &origin->address, &answers);
    }
    return why;
}

static void write_tag(struct lg_program *program)
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    struct lg_rng rng;
    lg_rng_init(&rng, program->seed, 0x746167, 0);
    for (int i = 0; i < 5; i++) {
        program->tag[i] = digits[lg_rng_below(&rng, 36)];
    }
    program->tag_length = strlen(program->tag);
}

struct lg_program *lg_program_new(const struct lg_plan *plan, const char *const *urls, size_t count,
                                  uint64_t seed, struct lg_arena *arena, const char **why)
{
    struct lg_program *program = lg_alloc(sizeof *program);
    const char *problem = NULL, *url = urls[0];
    size_t all = count + plan->service_count;
    program->origins = lg_alloc_array(all, sizeof *program->origins);
    program->replicas = count;
    program->plan = plan;
    program->seed = seed;
    program->shape = (struct lg_shape){
        .steps = plan->step_count, .users = plan->user_count, .deliveries = plan->deliveries_count};
    write_tag(program);
    for (size_t i = 0; i < all && problem == NULL; i++) {
        url = urls[i];
        problem = locate(program, url);
    }
    if (problem == NULL) {
        problem = compile(program);
    }
    if (problem != NULL) {
        *why = lg_arena_printf(arena, "%s: %s", url, problem);
        lg_program_free(program);
        return NULL;
    }
    return program;
}

void lg_program_free(struct lg_program *program)
{
    if (program == NULL) {
        return;
    }
    for (size_t i = 0; program->steps != NULL && i < program->plan->step_count; i++) {
        struct lg_program_step *s = &program->steps[i];
        lg_look_free(s);
        if (s->stream != NULL) {
            lg_json_query_free(s->stream->query);
            lg_regex_free(s->stream->until.regex);
            free(s->stream);
        }
        lg_regex_free(s->await.regex);
        for (size_t k = 0; k < s->request_count; k++) {
            lg_buf_free(&s->requests[k].wire);
        }
        free(s->requests);
    }
    lg_json_query_free(program->query);
    lg_regex_free(program->heard.regex);
    for (size_t i = 0; i < program->origin_count; i++) {
        lg_url_fini(&program->origins[i].url);
    }
    free(program->origins);
    free(program->steps);
    free(program->users);
    free(program);
}
