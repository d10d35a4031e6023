/* What only the whole scenario shows of streams and traces. */
#include "scenario/draft.h"

static bool given(const struct lg_step_draft *step, const char *key)
{
    return lg_is_given(&step->draft, key);
}

static void complain(struct lg_load *load, const struct lg_draft *draft, const char *key,
                     const char *hint, const char *message)
{
    lg_problem_add(load->problems, lg_key_place(draft, key), hint, "%s: %s", key, message);
}

static bool ends_by_itself(const struct lg_step_draft *step)
{
    return step->stream.events > 0 || step->stream.has_until || step->stream.lasting > 0;
}

/* ---- steps ---- */

/* Keys that need an answer that ends. */
static bool of_whole_answers(struct lg_slice key)
{
    static const char *const prefixes[] = {"check", "capture.", "accept_encoding"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        size_t n = strlen(prefixes[i]);
        if (key.n >= n && memcmp(key.p, prefixes[i], n) == 0) {
            return true;
        }
    }
    return false;
}

static void check_keys(struct lg_load *load, struct lg_step_draft *step, bool sse, bool download)
{
    static const char *const of_sse[] = {"events", "until", "for", "reconnect", "expect_gap"};
    for (size_t i = 0; i < sizeof of_sse / sizeof *of_sse && !sse; i++) {
        if (given(step, of_sse[i])) {
            complain(load, &step->draft, of_sse[i], NULL, "only a step with sse has it");
        }
    }
    if (given(step, "measure") && !given(step, "request")) {
        complain(load, &step->draft, "measure", NULL, "only a step with request has it");
    }
    if (given(step, "read_rate") && !sse && !download) {
        complain(load, &step->draft, "read_rate", "or add measure = throughput",
                 "only a step with sse has it");
    }
    for (size_t i = 0; sse && step->draft.section != NULL && i < step->draft.section->count; i++) {
        const struct lg_ini_entry *entry = &step->draft.section->entries[i];
        if (of_whole_answers(entry->key)) {
            lg_problem_add(load->problems, entry->place,
                           "an event stream must have status 200 and the media type "
                           "text/event-stream",
                           "%.*s: not in a step with sse", (int)entry->key.n, entry->key.p);
        }
    }
    if (sse && given(step, "events") && step->stream.events == 0) {
        complain(load, &step->draft, "events", "leave it out for any number", "0 events are none");
    }
}

void lg_link_stream(struct lg_load *load, struct lg_step_draft *step)
{
    bool sse = given(step, "sse"), download = step->measure == 1 && given(step, "request");
    check_keys(load, step, sse, download);
    if (sse && (given(step, "request") || given(step, "websocket"))) {
        complain(load, &step->draft, "sse", NULL, "a step is one of websocket, request and sse");
    }
    if (sse || download) {
        step->stream.kind = sse ? LG_STREAM_SSE : LG_STREAM_DOWNLOAD;
        step->out.stream = lg_arena_alloc(load->arena, sizeof *step->out.stream);
        *step->out.stream = step->stream;
    }
}

/* ---- users ---- */

static void check_trace(struct lg_load *load, const struct lg_users_draft *users, size_t index,
                        bool setup)
{
    const struct lg_step_draft *step = &load->steps[index];
    bool traced = users->out.arrivals == LG_ARRIVAL_TRACE && !setup;
    const char *hint = "a step of users with arrivals = trace FILE knows it";
    for (size_t i = 0; i < step->draft.use_count && !traced; i++) {
        const struct lg_use *use = &step->draft.uses[i];
        if (use->kind == LG_PART_TRACE_PATH) {
            lg_problem_add(load->problems, lg_ini_place(use->entry, use->offset), hint,
                           "${trace.path} has no meaning for [users %s]", users->out.name);
        }
    }
    if (!traced && step->traced_method) {
        lg_problem_add(load->problems, lg_key_place(&step->draft, "request"), hint,
                       "${trace.method} has no meaning for [users %s]", users->out.name);
    }
}

/* A stream that lasts as long as the run keeps the user's connection for itself. */
static void check_resident(struct lg_load *load, const struct lg_users_draft *users)
{
    const struct lg_users *out = &users->out;
    for (size_t i = 0; i < out->setup_count; i++) {
        const struct lg_step_draft *step = &load->steps[out->setup[i]];
        if (!given(step, "sse") || ends_by_itself(step)) {
            continue;
        }
        if (out->arrivals != LG_ARRIVAL_NONE || i + 1 < out->setup_count) {
            lg_problem_add(load->problems, lg_key_place(&users->draft, "setup"),
                           "say arrivals = none, or what ends the stream: events, until or for",
                           "setup: %s listens as long as the run lasts, and nothing comes after it",
                           step->out.name);
        }
    }
}

/* With HTTP/2 a connection is read for all of its streams. */
static void check_slowness(struct lg_load *load, const struct lg_users_draft *users)
{
    const struct lg_users *out = &users->out;
    for (size_t i = 0; i < out->setup_count + out->step_count; i++) {
        size_t index = i < out->setup_count ? out->setup[i] : out->steps[i - out->setup_count];
        const struct lg_step_draft *step = &load->steps[index];
        if (step->stream.read_rate > 0 && out->http != LG_HTTP_1_1) {
            complain(load, &step->draft, "read_rate", NULL, "needs users with http = 1.1");
        }
    }
}

void lg_link_stream_users(struct lg_load *load, struct lg_users_draft *users)
{
    check_slowness(load, users);
    for (size_t i = 0; i < users->out.setup_count; i++) {
        check_trace(load, users, users->out.setup[i], true);
    }
    for (size_t i = 0; i < users->out.step_count; i++) {
        check_trace(load, users, users->out.steps[i], false);
    }
    check_resident(load, users);
    if (lg_is_given(&users->draft, "trace_speed") && users->out.arrivals != LG_ARRIVAL_TRACE) {
        complain(load, &users->draft, "trace_speed", NULL, "needs arrivals = trace FILE");
    }
}
