/* Readers of what streams and traces need. */
#include "base/units.h"
#include "scenario/draft.h"

static struct lg_step_draft *step_of(struct lg_reading *r)
{
    return (struct lg_step_draft *)(void *)r->draft;
}

void lg_read_sse(struct lg_reading *r, struct lg_slice text)
{
    step_of(r)->stream.kind = LG_STREAM_SSE;
    if (text.p[0] == '/') {
        step_of(r)->out.method = "GET";
        lg_read_path(r, text);
    } else {
        lg_read_request(r, text);
    }
}

void lg_read_until(struct lg_reading *r, struct lg_slice text)
{
    struct lg_stream_spec *stream = &step_of(r)->stream;
    struct lg_slice rest = text, word = lg_take_word(&rest);
    stream->has_until = true;
    if (!lg_slice_eq(word, lg_str("event"))) {
        lg_read_condition(r, text, r->option->holes, &stream->until);
        return;
    }
    if (rest.n == 0) {
        lg_bad(r, 0, "write event end", "event needs a type");
        return;
    }
    stream->until_type = lg_slice(lg_arena_strndup(r->load->arena, rest.p, rest.n), rest.n);
}

void lg_read_byte_rate(struct lg_reading *r, struct lg_slice text)
{
    double value = 0, low = 0, high = 0;
    const char *why = lg_read_bytes_per_s(text, &value);
    lg_read_bytes_per_s(lg_str(r->option->low), &low);
    lg_read_bytes_per_s(lg_str(r->option->high), &high);
    if (why != NULL) {
        lg_bad(r, 0, NULL, "%.*s: %s", (int)text.n, text.p, why);
    } else if (value < low || value > high) {
        lg_bad(r, 0, NULL, "%.*s is not from %s to %s", (int)text.n, text.p, r->option->low,
               r->option->high);
    } else {
        *LG_FIELD(double, r) = value;
    }
}

/* ---- traces ---- */

static void read_trace(struct lg_reading *r, struct lg_slice name)
{
    struct lg_load *load = r->load;
    struct lg_users *users = &((struct lg_users_draft *)(void *)r->draft)->out;
    const char *path = lg_io_beside(r->entry->value_place.file, name, load->arena);
    const char *identity = NULL;
    struct lg_slice text = {0};
    struct lg_trace_fault fault = {0};
    const char *why = load->io->read(load->io->ctx, path, load->arena, &text, &identity);
    users->trace = lg_arena_alloc(load->arena, sizeof *users->trace);
    if (why != NULL) {
        lg_bad(r, lg_offset(r, name), NULL, "%s: %s", path, why);
    } else if (!lg_trace_read(text, load->scenario.plan.seed, load->arena, users->trace, &fault)) {
        struct lg_place place = {.file = path, .line = fault.line, .column = fault.column};
        lg_problem_add(load->problems, place, NULL, "%s", fault.what);
    }
}

void lg_read_arrivals(struct lg_reading *r, struct lg_slice text)
{
    struct lg_users *users = &((struct lg_users_draft *)(void *)r->draft)->out;
    struct lg_slice rest = text, word = lg_take_word(&rest);
    const struct lg_word *found = lg_word_find(r, word);
    if (found == NULL) {
        lg_bad_word(r, word);
        return;
    }
    users->arrivals = (enum lg_arrival_process)found->value;
    if (users->arrivals == LG_ARRIVAL_TRACE) {
        if (rest.n == 0) {
            lg_bad(r, 0, "write trace access.log", "trace needs a file");
            return;
        }
        read_trace(r, rest);
    } else if (rest.n > 0) {
        lg_bad(r, lg_offset(r, rest), NULL, "%s takes nothing after it", found->text);
    }
}
