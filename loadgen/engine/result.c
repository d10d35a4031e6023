#include "engine/result_build.h"

#include "analysis/arrivals_test.h"
#include "analysis/steady.h"
#include "engine/run_limits.h"

#include <stdlib.h>

static struct lg_hist *copy_hist(const struct lg_hist *h)
{
    if (h->count == 0 && h->over == 0) {
        return NULL;
    }
    struct lg_hist *copy = lg_hist_new();
    lg_hist_merge(copy, h);
    return copy;
}

/* ---- steps ---- */

static void name_step(const struct lg_build *b, size_t step, struct lg_step_result *out)
{
    out->users = "";
    for (size_t i = 0; i < b->plan->user_count; i++) {
        const struct lg_users *u = &b->plan->users[i];
        if (lg_users_does(b->plan, u, step)) {
            struct lg_users setup = *u;
            setup.step_count = 0;
            out->users = lg_arena_strdup(b->arena, u->name);
            out->setup = lg_users_does(b->plan, &setup, step);
            return;
        }
    }
}

static int by_count(const void *a, const void *b)
{
    const struct lg_error_count *x = a, *y = b;
    return (x->count < y->count) - (x->count > y->count);
}

static void build_errors(const struct lg_build *b, size_t step, struct lg_step_result *out)
{
    for (size_t i = 0; i < b->total->failure_count; i++) {
        const struct lg_failure *f = &b->total->failures[i];
        if (f->step != step) {
            continue;
        }
        struct lg_error_count *e = LG_ARENA_PUSH(b->arena, out->errors, out->error_count);
        *e = (struct lg_error_count){
            .class = f->class,
            .code = f->code,
            .count = f->count,
            .first_at = f->first_at - b->facts->measured_from,
            .sample = lg_arena_strdup(b->arena, f->sample),
        };
    }
    if (out->error_count > 1) {
        qsort(out->errors, out->error_count, sizeof *out->errors, by_count);
    }
}

static const char *group_of(const struct lg_build *b, size_t step)
{
    for (size_t i = 0; i < b->plan->step_count; i++) {
        const struct lg_step *s = &b->plan->steps[i];
        for (size_t k = 0; k < s->branch_count; k++) {
            if (s->branches[k] == step) {
                return lg_arena_strdup(b->arena, s->name);
            }
        }
    }
    return "";
}

static void build_step(const struct lg_build *b, size_t step, struct lg_step_result *out)
{
    const uint64_t *counts = lg_step_counts(b->total, step);
    const struct lg_step *s = &b->plan->steps[step];
    out->name = lg_arena_strdup(b->arena, s->name);
    out->sends_message = s->kind == LG_STEP_MESSAGE;
    out->parallel = s->kind == LG_STEP_PARALLEL;
    out->part_of = group_of(b, step);
    out->slowest = counts[LG_STEP_SLOWEST];
    out->partial = counts[LG_STEP_PARTIAL];
    out->failed_parts = counts[LG_STEP_BRANCHES_FAILED];
    name_step(b, step, out);
    for (int i = 0; i < LG_OUTCOME_CLASSES; i++) {
        out->outcomes[i] = counts[i];
        out->count += counts[i];
    }
    out->redirects = (double)counts[LG_STEP_REDIRECTS];
    out->bytes_in = counts[LG_STEP_BYTES_IN];
    out->bytes_out = counts[LG_STEP_BYTES_OUT];
    for (int p = 0; p < LG_PHASES; p++) {
        out->phase[p] = copy_hist(lg_step_hist(b->total, step, (enum lg_phase)p));
    }
    build_errors(b, step, out);
}

/* ---- users ---- */

static const char *arrivals_name(enum lg_arrival_process process)
{
    static const char *const names[] = {"none", "closed", "constant", "poisson", "trace"};
    return names[process];
}

static void certify(const struct lg_build *b, size_t kind, struct lg_users_result *out)
{
    const struct lg_gaps *gaps = &b->c->gaps[kind];
    out->gap_cv = out->fit_p = -1;
    if (gaps->count < 3) {
        return;
    }
    struct lg_arrivals_certificate cert = lg_arrivals_certify(gaps->list, gaps->count, 1, 0);
    out->gap_cv = cert.cv;
    if (b->plan->users[kind].arrivals == LG_ARRIVAL_POISSON && cert.look != LG_ARRIVALS_TOO_FEW) {
        out->fit_p = cert.p_known < cert.p_estimated ? cert.p_known : cert.p_estimated;
    }
}

static void build_accounting(const uint64_t *counts, struct lg_accounting *out)
{
    *out = (struct lg_accounting){
        .scheduled = counts[LG_USERS_SCHEDULED],
        .completed = counts[LG_USERS_COMPLETED],
        .failed = counts[LG_USERS_FAILED],
        .timed_out = counts[LG_USERS_TIMED_OUT],
        .shed = counts[LG_USERS_SHED],
        .dropped = counts[LG_USERS_DROPPED],
        .in_flight_at_end = counts[LG_USERS_IN_FLIGHT_END],
    };
    LG_ASSERT(out->scheduled == out->completed + out->failed + out->timed_out + out->shed +
                                    out->dropped + out->in_flight_at_end);
}

static void add_tls(const struct lg_build *b, struct lg_users_result *out)
{
    for (unsigned i = 0; i < b->c->worker_count; i++) {
        for (size_t k = 0; k < 2 * b->c->program->origin_count; k++) {
            const struct lg_tls *tls = b->c->workers[i]->tls[k];
            out->tls_handshakes += tls != NULL ? lg_tls_handshakes(tls) : 0;
            out->tls_resumed += tls != NULL ? lg_tls_resumed(tls) : 0;
        }
    }
}

/* Of those in flight at the end of that second, what they had still to go; of all workers. */
static double to_go_s(const struct lg_build *b, size_t kind, int64_t row)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < b->c->worker_count; i++) {
        sum += lg_pool_to_go(&b->c->workers[i]->pools[kind], row);
    }
    return (double)sum * 1e-9;
}

static void build_flow(const struct lg_build *b, size_t kind, struct lg_users_result *out)
{
    const struct lg_window *w = b->c->window;
    const uint64_t *counts = lg_users_counts(b->total, kind);
    lg_ns to = b->facts->counted_to < w->w1 ? b->facts->counted_to : w->w1;
    out->in_flight_s = (double)counts[LG_USERS_IN_FLIGHT_NS] * 1e-9;
    out->unfinished_s = (double)counts[LG_USERS_UNFINISHED_NS] * 1e-9;
    out->to_go_first_s = to_go_s(b, kind, lg_window_row(w, b->facts->measured_from) - 1);
    out->to_go_last_s = to_go_s(b, kind, lg_window_row(w, to - 1));
    out->flow_measured = b->plan->users[kind].arrivals != LG_ARRIVAL_NONE && b->out->timeline_count;
}

static void build_users(const struct lg_build *b, size_t kind, struct lg_users_result *out)
{
    const struct lg_users *users = &b->plan->users[kind];
    const uint64_t *counts = lg_users_counts(b->total, kind);
    out->name = lg_arena_strdup(b->arena, users->name);
    out->arrivals = arrivals_name(users->arrivals);
    out->connections = users->connections;
    out->streams = users->streams;
    out->connected = counts[LG_USERS_CONNECTED];
    out->reconnects = counts[LG_USERS_RECONNECTS];
    out->compressed = counts[LG_USERS_COMPRESSED];
    build_accounting(counts, &out->accounting);
    if (b->seconds > 0) {
        out->offered_per_s = (double)counts[LG_USERS_TAKEN_UP] / b->seconds;
        out->intended_per_s = (double)counts[LG_USERS_SCHEDULED] / b->seconds;
        out->achieved_per_s = (double)counts[LG_USERS_FINISHED] / b->seconds;
    }
    out->late_generator = counts[LG_USERS_LATE_GENERATOR];
    out->late_no_connection = counts[LG_USERS_LATE_NO_CONNECTION];
    out->late_connecting = counts[LG_USERS_LATE_CONNECTING];
    /* An iteration of a step of its own is that step: not counted twice. */
    out->iteration = copy_hist(b->c->program->users[kind].one_step
                                   ? lg_step_hist(b->total, users->steps[0], LG_PHASE_RESPONSE)
                                   : lg_users_hist(b->total, kind, LG_USERS_ITERATION));
    out->connect = copy_hist(lg_users_hist(b->total, kind, LG_USERS_CONNECT));
    out->lateness = copy_hist(lg_users_hist(b->total, kind, LG_USERS_LATENESS));
    build_flow(b, kind, out);
    if (kind == 0) {
        add_tls(b, out); /* counted per worker, not per kind of user */
    }
    certify(b, kind, out);
}

/* ---- deliveries ---- */

static void build_deliveries(const struct lg_build *b, size_t d, struct lg_deliveries_result *out)
{
    const uint64_t *counts = lg_deliveries_counts(b->total, d);
    *out = (struct lg_deliveries_result){
        .name = lg_arena_strdup(b->arena, b->plan->deliveries[d].name),
        .messages = counts[LG_DELIVERIES_MESSAGES],
        .expected = counts[LG_DELIVERIES_EXPECTED],
        .received = counts[LG_DELIVERIES_RECEIVED],
        .lost = counts[LG_DELIVERIES_LOST],
        .duplicated = counts[LG_DELIVERIES_DUPLICATED],
        .reordered = counts[LG_DELIVERIES_REORDERED],
        .unexpected = counts[LG_DELIVERIES_UNEXPECTED],
        .delivery = copy_hist(lg_deliveries_hist(b->total, d, LG_DELIVERIES_DELIVERY)),
        .spread = copy_hist(lg_deliveries_hist(b->total, d, LG_DELIVERIES_SPREAD)),
    };
}

/* ---- streams ---- */

static double per_jitter(const uint64_t *counts)
{
    uint64_t n = counts[LG_STREAM_JITTERS];
    return n > 0 ? (double)counts[LG_STREAM_JITTER_NS] / (double)n : -1;
}

static void build_stream(const struct lg_build *b, const struct lg_program_step *step,
                         struct lg_stream_result *out)
{
    const struct lg_stream_spec *spec = step->step->stream;
    size_t stream = step->stream->index;
    const uint64_t *counts = lg_stream_counts(b->total, stream);
    const struct lg_hist *gap = lg_stream_hist(b->total, stream, LG_STREAM_GAP);
    uint64_t skipped = counts[LG_STREAM_SKIPPED], late = counts[LG_STREAM_REORDERED];
    *out = (struct lg_stream_result){
        .name = lg_arena_strdup(b->arena, step->step->name),
        .kind = spec->kind == LG_STREAM_SSE ? "events" : "download",
        .opened = counts[LG_STREAM_OPENED],
        .failed = counts[LG_STREAM_FAILED],
        .reconnects = counts[LG_STREAM_RECONNECTS],
        .bytes = counts[LG_STREAM_BYTES],
        .events = counts[LG_STREAM_EVENTS],
        .coalesced = counts[LG_STREAM_COALESCED],
        .stalls = counts[LG_STREAM_STALLS],
        .missing = skipped > late ? skipped - late : 0,
        .reordered = late,
        .duplicated = counts[LG_STREAM_DUPLICATED],
        .events_per_s = b->seconds > 0 ? (double)counts[LG_STREAM_EVENTS] / b->seconds : 0,
        .expected_gap_ns = spec->expect_gap > 0 ? (double)spec->expect_gap : -1,
        .gap_sd_ns = lg_hist_sd(gap),
        .jitter_ns = per_jitter(counts),
        .first_event = copy_hist(lg_stream_hist(b->total, stream, LG_STREAM_FIRST_EVENT)),
        .gap = copy_hist(gap),
        .reconnect = copy_hist(lg_stream_hist(b->total, stream, LG_STREAM_RECONNECT)),
        .throughput = copy_hist(lg_stream_hist(b->total, stream, LG_STREAM_THROUGHPUT)),
        .pause = copy_hist(lg_stream_hist(b->total, stream, LG_STREAM_PAUSE)),
    };
}

static void build_streams(const struct lg_build *b)
{
    struct lg_trial_result *out = b->out;
    out->streams = lg_arena_alloc(b->arena, out->stream_count * sizeof *out->streams);
    for (size_t i = 0; i < b->plan->step_count; i++) {
        const struct lg_program_step *step = &b->c->program->steps[i];
        if (step->stream != NULL) {
            build_stream(b, step, &out->streams[step->stream->index]);
        }
    }
}

/* ---- all of it ---- */

/* One pass over the seconds: the timeline, and the sum of those in the window. */
static void take_second(void *ctx, const struct lg_recorder *r)
{
    struct lg_build *b = ctx;
    if (lg_window_holds(b->c->window, r->row) && r->begin >= b->facts->measured_from &&
        r->begin < b->facts->counted_to) {
        lg_recorder_merge(b->total, r);
        b->total->busiest_cpu += r->busiest_cpu;
    }
    lg_build_row(b, r);
}

static void add_up(struct lg_build *b)
{
    b->total = lg_recorder_new(b->c->program->shape);
    for (size_t i = 0; i < b->out->users_count; i++) {
        b->out->users[i].worst_second = 1;
    }
    lg_collector_each(b->c, take_second, b);
    for (unsigned i = 0; i < b->c->worker_count; i++) {
        lg_recorder_merge(b->total, b->c->workers[i]->setup);
    }
}

static void build(struct lg_collector *c, const struct lg_trial_facts *facts,
                  struct lg_arena *arena, struct lg_trial_result *out)
{
    struct lg_build b = {
        .c = c, .facts = facts, .plan = c->program->plan, .arena = arena, .out = out};
    unsigned number = out->number;
    *out = (struct lg_trial_result){.number = number};
    b.seconds = (double)(facts->measured_to - facts->measured_from) * 1e-9;
    out->duration_s = b.seconds;
    out->warmup_s = (double)(facts->measured_from - c->window->t0) * 1e-9;
    out->interrupted = facts->interrupted;
    out->users_count = b.plan->user_count;
    out->users = lg_arena_alloc(arena, out->users_count * sizeof *out->users);
    out->step_count = b.plan->step_count;
    out->steps = lg_arena_alloc(arena, out->step_count * sizeof *out->steps);
    out->stream_count = c->program->shape.streams;
    out->deliveries_count = b.plan->deliveries_count;
    out->deliveries = lg_arena_alloc(arena, out->deliveries_count * sizeof *out->deliveries);
    add_up(&b);
    for (size_t i = 0; i < out->step_count; i++) {
        build_step(&b, i, &out->steps[i]);
    }
    for (size_t i = 0; i < out->users_count; i++) {
        build_users(&b, i, &out->users[i]);
    }
    for (size_t i = 0; i < out->deliveries_count; i++) {
        build_deliveries(&b, i, &out->deliveries[i]);
    }
    build_streams(&b);
    lg_build_server(&b);
    lg_build_generator(&b);
    lg_recorder_free(b.total);
}

void lg_result_second(struct lg_collector *c, const struct lg_trial_facts *facts, size_t row,
                      struct lg_arena *arena, struct lg_trial_result *out)
{
    struct lg_collector one = *c;
    struct lg_trial_facts until = *facts;
    lg_ns begin, end;
    lg_window_bounds(c->window, lg_packed_row(c->rows[row]), &begin, &end);
    one.rows = &c->rows[row];
    one.row_count = 1;
    one.worker_count = 0; /* they are at work */
    one.gaps = lg_arena_alloc(arena, (c->program->shape.users + 1) * sizeof *one.gaps);
    until.measured_from = c->window->w0;
    until.measured_to = until.counted_to = end;
    build(&one, &until, arena, out);
}

/* warmup = auto: the load ran through the time allowed for warming up and through the duration;
 * where it became steady is looked for in all of it, and what came before is cut off.  Where that
 * cannot be told (too short, never steady) the time allowed is cut off, and the class says so. */
static lg_ns steady_from(const struct lg_collector *c, const struct lg_trial_result *all)
{
    struct lg_steady steady = lg_steady_trial(all);
    lg_ns allowed = lg_run_warmup_allowance(c->program->plan);
    lg_ns length = (lg_ns)(all->duration_s * 1e9);
    if (steady.class == LG_STEADY_FLAT || steady.class == LG_STEADY_WARMED_UP) {
        return (lg_ns)steady.cut * LG_S;
    }
    return allowed < length / 2 ? allowed : length / 2 / LG_S * LG_S;
}

void lg_result_build(struct lg_collector *c, const struct lg_trial_facts *facts,
                     struct lg_arena *arena, struct lg_trial_result *out)
{
    build(c, facts, arena, out);
    if (c->program->plan->warmup != LG_WARMUP_AUTO) {
        return;
    }
    struct lg_trial_facts cut = *facts;
    const char *class = lg_steady_name(lg_steady_trial(out).class);
    cut.measured_from += steady_from(c, out);
    lg_trial_result_fini(out);
    build(c, &cut, arena, out);
    out->steady = class;
}
