#include "scenario/draft.h"

enum { BRANCHES_MOST = 64 };

/* ---- what a step is ---- */

static bool given(const struct lg_step_draft *step, const char *key)
{
    return lg_is_given(&step->draft, key);
}

static void complain(struct lg_load *load, const struct lg_draft *draft, const char *key,
                     const char *hint, const char *message)
{
    lg_problem_add(load->problems, lg_key_place(draft, key), hint, "%s: %s", key, message);
}

static const struct lg_ini_entry *find_family(const struct lg_draft *draft, const char *prefix)
{
    size_t n = strlen(prefix);
    for (size_t i = 0; draft->section != NULL && i < draft->section->count; i++) {
        struct lg_slice key = draft->section->entries[i].key;
        if (key.n > n && memcmp(key.p, prefix, n) == 0) {
            return &draft->section->entries[i];
        }
    }
    return NULL;
}

/* ---- keys that have a meaning for some kinds of step only ---- */

enum {
    WEBSOCKET = 1 << LG_STEP_WEBSOCKET,
    MESSAGE = 1 << LG_STEP_MESSAGE,
    REQUEST = 1 << LG_STEP_REQUEST,
    PARALLEL = 1 << LG_STEP_PARALLEL,
};

struct belonging {
    const char *key; /* "NAME.": a family */
    unsigned kinds;
    const char *message, *hint;
};

static const struct belonging belongings[] = {
    {"send", WEBSOCKET | MESSAGE, "not in a step with request",
     "a request is done when its response is here"},
    {"await", WEBSOCKET | MESSAGE, "not in a step with request",
     "a request is done when its response is here"},
    {"body", REQUEST, NULL, NULL},
    {"body_file", REQUEST, NULL, NULL},
    {"form.", REQUEST, NULL, NULL},
    {"file.", REQUEST, NULL, NULL},
    {"accept_encoding", REQUEST, NULL, NULL},
    {"service", REQUEST, NULL, NULL},
    {"check", REQUEST, NULL, NULL},
    {"check.", REQUEST, NULL, NULL},
    {"header.", REQUEST | WEBSOCKET, "only a step with request or websocket has it", NULL},
    {"capture.", REQUEST | WEBSOCKET | MESSAGE, "the steps that run at once have it", NULL},
    {"timeout", REQUEST | WEBSOCKET | MESSAGE, "the steps that run at once have it", NULL},
};

static void check_step_keys(struct lg_load *load, struct lg_step_draft *step)
{
    bool parallel = step->out.kind == LG_STEP_PARALLEL;
    for (size_t i = 0; i < sizeof belongings / sizeof *belongings; i++) {
        const struct belonging *b = &belongings[i];
        bool family = b->key[strlen(b->key) - 1] == '.';
        const struct lg_ini_entry *entry =
            family ? find_family(&step->draft, b->key) : lg_entry_find(step->draft.section, b->key);
        if (entry == NULL || (b->kinds & (1u << step->out.kind)) != 0) {
            continue;
        }
        const char *message = parallel             ? "the steps that run at once have it"
                              : b->message != NULL ? b->message
                                                   : "only a step with request has it";
        lg_problem_add(load->problems, entry->place, parallel ? NULL : b->hint, "%.*s: %s",
                       (int)entry->key.n, entry->key.p, message);
    }
    if (step->within && given(step, "timeout")) {
        complain(load, &step->draft, "timeout", "say it once", "await has within already");
    }
}

/* A body comes from one place. */
static void check_body(struct lg_load *load, struct lg_step_draft *step)
{
    const char *key = given(step, "body") ? "body" : given(step, "body_file") ? "body_file" : NULL;
    if (step->field_count == 0) {
        return;
    }
    if (key != NULL) {
        const struct lg_ini_entry *entry = step->fields[0].entry;
        lg_problem_add(load->problems, entry->place, NULL, "%s and %.*s exclude each other", key,
                       (int)entry->key.n, entry->key.p);
        return;
    }
    lg_body_of_fields(load, step);
}

/* What there is to capture from a message is its text. */
static void check_captures(struct lg_load *load, struct lg_step_draft *step)
{
    bool message = step->out.kind == LG_STEP_MESSAGE || step->out.kind == LG_STEP_WEBSOCKET;
    const struct lg_ini_entry *entry = find_family(&step->draft, "capture.");
    if (!message || entry == NULL) {
        return;
    }
    if (!step->out.has_await) {
        lg_problem_add(load->problems, entry->place, "add await = any",
                       "%.*s: no message is awaited", (int)entry->key.n, entry->key.p);
    }
    for (size_t i = 0; i < step->out.capture_count; i++) {
        if (step->out.captures[i].from == LG_FROM_HEADER) {
            lg_problem_add(load->problems, entry->place, NULL, "%s: a message has no headers",
                           step->out.captures[i].text);
        }
    }
}

static bool sends_id(const struct lg_step_draft *step)
{
    for (size_t i = 0; i < step->draft.use_count; i++) {
        const struct lg_use *use = &step->draft.uses[i];
        if (use->kind == LG_PART_MESSAGE_ID && !use->in_match) {
            return true;
        }
    }
    return false;
}

static void check_step(struct lg_load *load, struct lg_step_draft *step)
{
    bool websocket = given(step, "websocket");
    bool request = given(step, "request") || given(step, "sse");
    bool message = given(step, "send") || given(step, "await"), parallel = given(step, "parallel");
    step->out.has_body = given(step, "send") || given(step, "body") || given(step, "body_file");
    step->out.kind = websocket  ? LG_STEP_WEBSOCKET
                     : request  ? LG_STEP_REQUEST
                     : parallel ? LG_STEP_PARALLEL
                                : LG_STEP_MESSAGE;
    if (!websocket && !request && !message && !parallel) {
        lg_problem_add(load->problems, step->draft.place,
                       "it needs one of request, websocket, send, await, sse or parallel",
                       "[step %s] does nothing", step->out.name);
        return;
    }
    if (parallel && (request || websocket || message)) {
        complain(load, &step->draft, "parallel", NULL,
                 "a step that does others at once does nothing by itself");
    }
    check_step_keys(load, step);
    check_body(load, step);
    if (step->out.header_count > LG_STEP_HEADERS_MOST) {
        lg_problem_add(load->problems, step->draft.place, NULL,
                       "[step %s] has more than %d headers", step->out.name, LG_STEP_HEADERS_MOST);
    }
    check_captures(load, step);
    lg_link_stream(load, step);
    for (size_t i = 0; i < step->draft.use_count; i++) {
        const struct lg_use *use = &step->draft.uses[i];
        if (use->kind == LG_PART_MESSAGE_ID && use->in_match && !sends_id(step)) {
            lg_problem_add(load->problems, lg_ini_place(use->entry, use->offset), NULL,
                           "${message.id} is awaited, but this step does not send it");
        }
    }
}

/* ---- names of steps ---- */

static bool find_step(const struct lg_load *load, struct lg_slice name, size_t *index)
{
    for (size_t i = 0; i < load->step_count; i++) {
        if (lg_slice_eq(lg_str(load->steps[i].out.name), name)) {
            *index = i;
            return true;
        }
    }
    return false;
}

static void link_names(struct lg_load *load, const char *key, const struct lg_name_refs *refs,
                       size_t **indexes, size_t *count)
{
    for (size_t i = 0; i < refs->count; i++) {
        struct lg_slice name = refs->items[i].name;
        size_t index = 0;
        if (find_step(load, name, &index)) {
            *LG_ARENA_PUSH(load->arena, *indexes, *count) = index;
            continue;
        }
        struct lg_guess guess = {.text = name};
        for (size_t j = 0; j < load->step_count; j++) {
            lg_guess_offer(&guess, lg_str(load->steps[j].out.name));
        }
        lg_problem_add(load->problems, refs->items[i].place,
                       lg_guess_hint(&guess, load->problems->arena), "%s: there is no [step %.*s]",
                       key, (int)name.n, name.p);
        /* Taken for what was probably meant, so that one slip is one message. */
        if (guess.best.n > 0 && find_step(load, guess.best, &index)) {
            *LG_ARENA_PUSH(load->arena, *indexes, *count) = index;
        }
    }
}

/* Steps that run at once are requests: a WebSocket is the user's own, and a pause among them would
 * be nobody's. */
static void link_branches(struct lg_load *load, struct lg_step_draft *step)
{
    struct lg_step *out = &step->out;
    if (out->kind != LG_STEP_PARALLEL) {
        return;
    }
    if (step->branches.count > BRANCHES_MOST) {
        complain(load, &step->draft, "parallel", NULL, "more than 64 steps at once");
        return;
    }
    link_names(load, "parallel", &step->branches, &out->branches, &out->branch_count);
    for (size_t i = 0; i < out->branch_count; i++) {
        const struct lg_step_draft *branch = &load->steps[out->branches[i]];
        const char *why = branch->out.kind != LG_STEP_REQUEST ? "is not a request"
                          : branch->out.think.kind != LG_THINK_NONE
                              ? "thinks; write think in the step that runs them at once"
                              : NULL;
        if (why != NULL) {
            lg_problem_add(load->problems, lg_key_place(&step->draft, "parallel"), NULL,
                           "parallel: %s %s", branch->out.name, why);
        }
    }
}

static void mark(const struct lg_load *load, bool *marks, const size_t *indexes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct lg_step *step = &load->steps[indexes[i]].out;
        marks[indexes[i]] = true;
        for (size_t b = 0; b < step->branch_count; b++) {
            marks[step->branches[b]] = true;
        }
    }
}

static void check_all_steps_used(struct lg_load *load)
{
    bool *used = lg_arena_alloc(load->arena, load->step_count + 1);
    for (size_t i = 0; i < load->user_count; i++) {
        const struct lg_users *users = &load->users[i].out;
        mark(load, used, users->setup, users->setup_count);
        mark(load, used, users->steps, users->step_count);
    }
    for (size_t i = 0; i < load->step_count; i++) {
        if (!used[i]) {
            lg_problem_add(load->problems, load->steps[i].draft.place,
                           "name it in setup or steps of a [users NAME]", "[step %s] is not used",
                           load->steps[i].out.name);
        }
    }
}

static bool opens_websocket(const struct lg_load *load, const struct lg_users *users)
{
    for (size_t i = 0; i < users->setup_count; i++) {
        if (load->steps[users->setup[i]].out.kind == LG_STEP_WEBSOCKET) {
            return true;
        }
    }
    return false;
}

/* ---- kinds of user ---- */

/* A user has one connection: it speaks HTTP, or it becomes a WebSocket and stays one. */
static void check_order(struct lg_load *load, struct lg_users_draft *draft)
{
    struct lg_users *users = &draft->out;
    size_t total = users->setup_count + users->step_count;
    const struct lg_step_draft *websocket = NULL, *request = NULL;
    for (size_t i = 0; i < total; i++) {
        bool setup = i < users->setup_count;
        const struct lg_step_draft *step =
            &load->steps[setup ? users->setup[i] : users->steps[i - users->setup_count]];
        const char *key = setup ? "setup" : "steps", *why = NULL;
        if (step->out.kind == LG_STEP_WEBSOCKET) {
            why = websocket != NULL ? "opens a second WebSocket; a user has one connection"
                  : request != NULL ? "opens a WebSocket after a request; a user has one connection"
                  : !setup          ? "opens a WebSocket; that is done once, in setup"
                                    : NULL;
            websocket = step;
        } else if (step->out.kind == LG_STEP_REQUEST || step->out.kind == LG_STEP_PARALLEL) {
            why = websocket != NULL ? "is a request after a WebSocket; a user has one connection"
                                    : NULL;
            request = step;
        } else if (websocket == NULL) {
            why = "sends or awaits a message, but no websocket step comes before it";
        }
        if (why != NULL) {
            lg_problem_add(load->problems, lg_key_place(&draft->draft, key), NULL, "%s: %s %s", key,
                           step->out.name, why);
        }
    }
}

static void check_load(struct lg_load *load, struct lg_users_draft *draft)
{
    struct lg_users *users = &draft->out;
    bool rate = lg_is_given(&draft->draft, "rate"), stages = lg_is_given(&draft->draft, "stages");
    bool open = users->arrivals == LG_ARRIVAL_POISSON || users->arrivals == LG_ARRIVAL_CONSTANT;
    bool traced = users->arrivals == LG_ARRIVAL_TRACE;
    const char *key = rate ? "rate" : "stages";
    if (open && !rate && !stages && users->weight == 0) {
        lg_problem_add(load->problems, draft->draft.place, "for example rate = 100/s",
                       "[users %s] needs rate or stages, or arrivals = closed or none",
                       users->name);
    } else if (!open && (rate || stages)) {
        complain(load, &draft->draft, key, NULL,
                 traced ? "arrivals = trace has times of its own; trace_speed changes them"
                 : users->arrivals == LG_ARRIVAL_CLOSED
                     ? "arrivals = closed has no rate: its users go on when they are done"
                     : "arrivals = none has no rate");
    }
    if (!open && !traced && lg_is_given(&draft->draft, "overload")) {
        complain(load, &draft->draft, "overload", NULL,
                 "needs arrivals = poisson, constant or trace");
    }
    if (rate && !stages) {
        *LG_ARENA_PUSH(load->arena, users->stages, users->stage_count) =
            (struct lg_stage){.at = 0, .rate_per_s = draft->rate};
    }
    if (users->arrivals != LG_ARRIVAL_NONE && draft->steps.count == 0 &&
        !lg_is_given(&draft->draft, "steps")) {
        lg_problem_add(load->problems, draft->draft.place, "or write arrivals = none",
                       "[users %s] has no steps", users->name);
    } else if (users->arrivals == LG_ARRIVAL_NONE && draft->steps.count > 0) {
        complain(load, &draft->draft, "steps", NULL, "arrivals = none never does them");
    } else if (users->arrivals == LG_ARRIVAL_NONE && draft->setup.count == 0) {
        lg_problem_add(load->problems, draft->draft.place, "give it a setup step",
                       "[users %s] does nothing", users->name);
    }
}

static bool has_scheme(const struct lg_target_spec *target, bool secure)
{
    return target->url != NULL && secure == (strncmp(target->url, "https:", 6) == 0 ||
                                             strncmp(target->url, "wss:", 4) == 0);
}

enum { MAX_USERS = 1000000 }; /* of one kind */

static bool has_host(const struct lg_step *step)
{
    for (size_t i = 0; i < step->header_count; i++) {
        if (lg_slice_eq(step->headers[i].name, lg_str("host"))) {
            return true;
        }
    }
    return false;
}

/* HTTP/2 names the host in :authority, once for the connection. */
static void check_host(struct lg_load *load, struct lg_users_draft *draft)
{
    bool *done = lg_arena_alloc(load->arena, load->step_count + 1);
    mark(load, done, draft->out.setup, draft->out.setup_count);
    mark(load, done, draft->out.steps, draft->out.step_count);
    for (size_t i = 0; i < load->step_count && draft->out.http != LG_HTTP_1_1; i++) {
        if (done[i] && has_host(&load->steps[i].out)) {
            lg_problem_add(load->problems, lg_key_place(&draft->draft, "http"),
                           "leave it out: with HTTP/2 the url says it",
                           "http: [step %s] has header.Host", load->steps[i].out.name);
        }
    }
}

static void check_http(struct lg_load *load, struct lg_users_draft *draft)
{
    struct lg_users *users = &draft->out;
    check_host(load, draft);
    if (users->streams > 1 && users->http == LG_HTTP_1_1) {
        complain(load, &draft->draft, "streams", "write http = h2 or http = h2c",
                 "HTTP/1.1 carries one user on a connection");
        users->streams = 1;
    }
    if ((uint64_t)users->connections * users->streams > MAX_USERS) {
        complain(load, &draft->draft, "streams", NULL,
                 "connections x streams is more than a million users");
        users->streams = 1;
    }
    for (size_t i = 0; i < load->target_count; i++) {
        const struct lg_target_spec *target = &load->targets[i].out;
        bool h2 = draft->out.http == LG_HTTP_2, h2c = draft->out.http == LG_HTTP_2_CLEARTEXT;
        if ((h2 && has_scheme(target, false)) || (h2c && has_scheme(target, true))) {
            lg_problem_add(load->problems, lg_key_place(&draft->draft, "http"),
                           h2 ? "h2c is HTTP/2 without TLS" : "h2 is HTTP/2 over TLS",
                           "http: target %s is at %s", target->name, target->url);
        }
    }
}

static bool has_service(const struct lg_load *load, const struct lg_step *step)
{
    for (size_t i = 0; i < step->branch_count; i++) {
        if (load->steps[step->branches[i]].out.service != LG_NO_SERVICE) {
            return true;
        }
    }
    return step->service != LG_NO_SERVICE;
}

static void check_services(struct lg_load *load, struct lg_users_draft *draft)
{
    const struct lg_users *users = &draft->out;
    for (size_t i = 0; i < users->setup_count + users->step_count; i++) {
        bool setup = i < users->setup_count;
        const struct lg_step *step =
            &load->steps[setup ? users->setup[i] : users->steps[i - users->setup_count]].out;
        if (users->http != LG_HTTP_1_1 && has_service(load, step)) {
            complain(load, &draft->draft, "http", NULL,
                     "a step with a service, or one that does such a step, needs http = 1.1");
            return;
        }
    }
}

static void check_users(struct lg_load *load, struct lg_users_draft *draft)
{
    link_names(load, "setup", &draft->setup, &draft->out.setup, &draft->out.setup_count);
    link_names(load, "steps", &draft->steps, &draft->out.steps, &draft->out.step_count);
    check_load(load, draft);
    check_order(load, draft);
    check_services(load, draft);
    lg_link_flow(load, draft);
    check_http(load, draft);
    lg_link_stream_users(load, draft);
}

/* ---- deliveries ---- */

static bool has_kind(const struct lg_load *load, enum lg_part_kind kind)
{
    for (size_t i = 0; i < load->step_count; i++) {
        for (size_t j = 0; j < load->steps[i].draft.use_count; j++) {
            const struct lg_use *use = &load->steps[i].draft.uses[j];
            if (use->kind == kind && !use->in_match) {
                return true;
            }
        }
    }
    return false;
}

static void check_deliveries(struct lg_load *load, const struct lg_deliveries_draft *deliveries)
{
    bool listened = false;
    for (size_t i = 0; i < load->user_count; i++) {
        listened = listened || opens_websocket(load, &load->users[i].out);
    }
    if (!listened) {
        lg_problem_add(load->problems, deliveries->draft.place,
                       "deliveries come by WebSocket: some kind of user needs a websocket step",
                       "[deliveries %s] has no receivers", deliveries->out.name);
    }
    if (!has_kind(load, LG_PART_MESSAGE_ID)) {
        lg_problem_add(load->problems, deliveries->draft.place, "messages are known by their id",
                       "[deliveries %s]: no step sends ${message.id}", deliveries->out.name);
    }
    if (deliveries->out.sent.n > 0 && !has_kind(load, LG_PART_MESSAGE_AT)) {
        complain(load, &deliveries->draft, "sent", NULL, "no step sends ${message.at}");
    }
}

void lg_link(struct lg_load *load)
{
    bool users = false;
    for (size_t i = 0; i < load->ini.count; i++) {
        users = users || lg_slice_eq(load->ini.sections[i].kind, lg_str("users"));
    }
    if (!users) {
        lg_problem_add(load->problems, (struct lg_place){.file = load->file}, NULL,
                       "there is no [users NAME] section: nobody would do anything");
    }
    for (size_t i = 0; i < load->step_count; i++) {
        check_step(load, &load->steps[i]);
    }
    for (size_t i = 0; i < load->step_count; i++) {
        link_branches(load, &load->steps[i]);
        lg_link_service(load, &load->steps[i]);
    }
    lg_link_weights(load);
    for (size_t i = 0; i < load->user_count; i++) {
        check_users(load, &load->users[i]);
    }
    check_all_steps_used(load);
    lg_link_data_used(load);
    for (size_t i = 0; i < load->deliveries_count; i++) {
        check_deliveries(load, &load->deliveries[i]);
    }
}
