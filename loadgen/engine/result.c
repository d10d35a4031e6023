#include "engine/result.h"

#include "analysis/arrivals_test.h"
#include "analysis/steady.h"

#include <stdlib.h>
#include <sys/resource.h>

/* What the building of one trial's result needs in hand. */
struct build {
    struct lg_collector *c;
    const struct lg_trial_facts *facts;
    const struct lg_plan *plan;
    struct lg_arena *arena;
    struct lg_recorder *total; /* the window and the setup */
    struct lg_trial_result *out;
    double seconds;  /* of the window */
    double *busiest; /* of the arena: share of its time that the busiest thread was busy, per row */
    size_t busiest_count;
};

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

static void name_step(const struct build *b, size_t step, struct lg_step_result *out)
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

static void build_errors(const struct build *b, size_t step, struct lg_step_result *out)
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

static const char *group_of(const struct build *b, size_t step)
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

static void build_step(const struct build *b, size_t step, struct lg_step_result *out)
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

static void certify(const struct build *b, size_t kind, struct lg_users_result *out)
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

static void add_tls(const struct build *b, struct lg_users_result *out)
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
static double to_go_s(const struct build *b, size_t kind, int64_t row)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < b->c->worker_count; i++) {
        sum += lg_pool_to_go(&b->c->workers[i]->pools[kind], row);
    }
    return (double)sum * 1e-9;
}

static void build_flow(const struct build *b, size_t kind, struct lg_users_result *out)
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

static void build_users(const struct build *b, size_t kind, struct lg_users_result *out)
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
    out->disconnects = counts[LG_USERS_DISCONNECTED];
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

static void build_deliveries(const struct build *b, size_t d, struct lg_deliveries_result *out)
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

static void build_stream(const struct build *b, const struct lg_program_step *step,
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

static void build_streams(const struct build *b)
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

/* ---- the server ---- */

/* The newest sample taken by `at`, or the first there is; NULL: none. */
static const struct lg_server_second *sample_at(const struct lg_trial_facts *f, lg_ns at)
{
    const lg_ns slack = 250 * LG_MS; /* a sample for an edge is taken right after it */
    const struct lg_server_second *found = NULL;
    for (size_t i = 0; i < f->server_count; i++) {
        if (found == NULL || f->server[i].at <= at + slack) {
            found = &f->server[i];
        }
    }
    return found;
}

static uint64_t all_received(const struct lg_trial_result *t)
{
    uint64_t n = 0;
    for (size_t i = 0; i < t->deliveries_count; i++) {
        n += t->deliveries[i].received;
    }
    return n;
}

static uint64_t all_completed(const struct lg_trial_result *t, uint64_t *connected)
{
    uint64_t n = 0;
    *connected = 0;
    for (size_t i = 0; i < t->users_count; i++) {
        n += t->users[i].accounting.completed;
        *connected += t->users[i].connected;
    }
    return n;
}

static void build_server(const struct build *b)
{
    const struct lg_trial_facts *f = b->facts;
    struct lg_server_result *s = &b->out->server;
    const struct lg_server_second *from = sample_at(f, f->measured_from);
    const struct lg_server_second *to = sample_at(f, f->measured_to);
    uint64_t connected, completed = all_completed(b->out, &connected);
    uint64_t received = all_received(b->out);
    s->ended = f->server_ended;
    s->cpu_us_per_completed = s->cpu_us_per_delivery = s->rss_bytes_per_connection = -1;
    s->threads = s->idle_threads = -1;
    s->sampled = from != NULL && to > from;
    if (!s->sampled) {
        return;
    }
    /* CPU between two samples, scaled to the window where a sample for an edge is missing. */
    double span = (double)(to->at - from->at) * 1e-9;
    s->cpu_s = (to->sample.cpu_s - from->sample.cpu_s) * (span > 0 ? b->seconds / span : 1);
    s->cpu_us_per_completed = completed > 0 ? s->cpu_s * 1e6 / (double)completed : -1;
    s->cpu_us_per_delivery = received > 0 ? s->cpu_s * 1e6 / (double)received : -1;
    s->idle_rss_bytes = f->has_idle ? f->idle.rss_bytes : 0;
    s->idle_threads = f->has_idle ? (double)f->idle.threads : -1;
    for (size_t i = 0; i < f->server_count; i++) {
        const struct lg_target_sample *x = &f->server[i].sample;
        s->max_rss_bytes = x->rss_bytes > s->max_rss_bytes ? x->rss_bytes : s->max_rss_bytes;
        s->processes = x->processes > s->processes ? x->processes : s->processes;
        s->threads = x->threads > s->threads ? x->threads : s->threads;
    }
    if (f->has_idle && f->has_connected && connected > 0) {
        s->rss_bytes_per_connection =
            ((double)f->connected.rss_bytes - (double)f->idle.rss_bytes) / (double)connected;
    }
}

/* ---- the timeline ---- */

static const char *hist_text(const struct build *b, const struct lg_hist *h)
{
    struct lg_buf text = {0};
    if (h->count == 0) {
        return "";
    }
    lg_hist_encode(h, &text);
    const char *copy = lg_arena_strndup(b->arena, text.p, text.n);
    lg_buf_free(&text);
    return copy;
}

static void row_steps(const struct build *b, const struct lg_recorder *r,
                      struct lg_timeline_row *row)
{
    row->steps = lg_arena_alloc(b->arena, b->plan->step_count * sizeof *row->steps);
    for (size_t i = 0; i < b->plan->step_count; i++) {
        const struct lg_hist *h = lg_step_hist(r, i, LG_PHASE_RESPONSE);
        const uint64_t *counts = lg_step_counts(r, i);
        struct lg_timeline_step *s = &row->steps[i];
        for (int class = LG_OK + 1; class < LG_OUTCOME_CLASSES; class ++) {
            s->failed += counts[class];
        }
        s->completed = counts[LG_OK];
        s->p50 = lg_hist_quantile(h, 0.5, s->failed);
        s->p99 = lg_hist_quantile(h, 0.99, s->failed);
        s->max = h->max;
        s->histogram = hist_text(b, h);
    }
}

static void row_deliveries(const struct build *b, const struct lg_recorder *r,
                           struct lg_timeline_row *row)
{
    size_t count = b->plan->deliveries_count;
    row->deliveries = lg_arena_alloc(b->arena, count * sizeof *row->deliveries);
    for (size_t d = 0; d < count; d++) {
        const struct lg_hist *h = lg_deliveries_hist(r, d, LG_DELIVERIES_DELIVERY);
        const uint64_t *counts = lg_deliveries_counts(r, d);
        row->deliveries[d] = (struct lg_timeline_deliveries){
            .received = counts[LG_DELIVERIES_RECEIVED],
            .p50 = lg_hist_quantile(h, 0.5, counts[LG_DELIVERIES_LOST]),
            .p99 = lg_hist_quantile(h, 0.99, counts[LG_DELIVERIES_LOST]),
            .max = h->max,
            .histogram = hist_text(b, h),
        };
    }
}

static void row_streams(const struct build *b, const struct lg_recorder *r,
                        struct lg_timeline_row *row)
{
    size_t count = b->c->program->shape.streams;
    row->streams = lg_arena_alloc(b->arena, count * sizeof *row->streams);
    for (size_t i = 0; i < count; i++) {
        const struct lg_hist *h = lg_stream_hist(r, i, LG_STREAM_GAP);
        const uint64_t *counts = lg_stream_counts(r, i);
        row->streams[i] = (struct lg_timeline_stream){
            .events = counts[LG_STREAM_EVENTS],
            .gaps = h->count,
            .bytes = counts[LG_STREAM_BYTES],
            .p50 = lg_hist_quantile(h, 0.5, 0),
            .p99 = lg_hist_quantile(h, 0.99, 0),
            .max = h->max,
            .histogram = hist_text(b, h),
        };
    }
}

static void row_server(const struct build *b, lg_ns from, lg_ns to, struct lg_timeline_row *row)
{
    const struct lg_server_second *s0 = sample_at(b->facts, from);
    const struct lg_server_second *s1 = sample_at(b->facts, to);
    row->server_cpu = row->server_rss_bytes = row->server_pss_bytes = -1;
    if (s0 == NULL || s1 <= s0) {
        return;
    }
    row->server_cpu = (s1->sample.cpu_s - s0->sample.cpu_s) / ((double)(s1->at - s0->at) * 1e-9);
    row->server_rss_bytes = (double)s1->sample.rss_bytes;
    row->server_pss_bytes = (double)s1->sample.pss_bytes;
}

static void build_row(struct build *b, const struct lg_recorder *r)
{
    lg_ns from = r->begin, to = r->end;
    struct lg_trial_result *out = b->out;
    if (from >= b->facts->measured_to || from < b->c->window->t0) {
        return; /* the cool-down is not shown, nor a part of a second before the load */
    }
    to = to < b->facts->measured_to ? to : b->facts->measured_to;
    struct lg_timeline_row *row = LG_ARENA_PUSH(b->arena, out->timeline, out->timeline_count);
    row->at_s = (double)(from - b->facts->measured_from) * 1e-9;
    row->length_s = (double)(to - from) * 1e-9;
    *LG_ARENA_PUSH(b->arena, b->busiest, b->busiest_count) =
        row->length_s > 0 ? (double)r->busiest * 1e-9 / row->length_s : 0;
    row->generator_cpu = row->length_s > 0 ? (double)r->cpu * 1e-9 / row->length_s : 0;
    for (size_t i = 0; i < b->plan->user_count; i++) {
        const uint64_t *counts = lg_users_counts(r, i);
        row->scheduled += counts[LG_USERS_SCHEDULED];
        row->completed += counts[LG_USERS_FINISHED];
        row->failed += counts[LG_USERS_FAILED] + counts[LG_USERS_TIMED_OUT] +
                       counts[LG_USERS_SHED] + counts[LG_USERS_DROPPED];
        row->in_flight += counts[LG_USERS_IN_FLIGHT_LAST];
        struct lg_users_result *u = &out->users[i];
        if (row->at_s < 0) {
            u->in_flight_first = counts[LG_USERS_IN_FLIGHT_LAST];
        } else {
            u->in_flight_last = counts[LG_USERS_IN_FLIGHT_LAST];
            double due = (double)counts[LG_USERS_SCHEDULED];
            double share = due > 0 ? (double)counts[LG_USERS_TAKEN_UP] / due : 1;
            u->worst_second =
                row->length_s > 0.99 && share < u->worst_second ? share : u->worst_second;
        }
    }
    row_steps(b, r, row);
    row_deliveries(b, r, row);
    row_streams(b, r, row);
    row_server(b, from, to, row);
}

/* One pass over the seconds: the timeline, and the sum of those in the window. */
static void take_second(void *ctx, const struct lg_recorder *r)
{
    struct build *b = ctx;
    if (lg_window_holds(b->c->window, r->row) && r->begin >= b->facts->measured_from &&
        r->begin < b->facts->counted_to) {
        lg_recorder_merge(b->total, r);
    }
    build_row(b, r);
}

static void add_up(struct build *b)
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

/* ---- the generator ---- */

static void build_generator(const struct build *b)
{
    struct lg_generator_result *g = &b->out->generator;
    const struct lg_trial_facts *f = b->facts;
    struct rusage usage;
    double busiest = 0;
    getrusage(RUSAGE_SELF, &usage);
    g->threads = b->c->worker_count;
    g->max_rss_bytes = (uint64_t)usage.ru_maxrss * 1024;
    g->cpu_s = (double)b->total->cpu * 1e-9;
    g->cpu_utilisation = b->seconds > 0 ? g->cpu_s / b->seconds / g->threads : 0;
    g->steal_share =
        f->has_machine ? lg_cpu_steal_share(&f->machine_before, &f->machine_after) : -1;
    bool known = f->has_machine && b->out->server.sampled;
    g->others_share = known ? lg_cpu_others_share(&f->machine_before, &f->machine_after,
                                                  g->cpu_s + b->out->server.cpu_s)
                            : -1;
    size_t first = 0, count = b->out->timeline_count;
    while (first < count && b->out->timeline[first].at_s < 0) {
        first++;
    }
    size_t span = count - first < 5 ? count - first : 5; /* a shorter window as a whole */
    for (size_t i = first; span > 0 && i + span <= count; i++) {
        double sum = 0;
        for (size_t k = i; k < i + span; k++) {
            sum += b->busiest[k] / (double)span;
        }
        busiest = sum > busiest ? sum : busiest;
    }
    g->busy_measured = span > 0;
    g->busiest_5s = busiest;
}

static void build(struct lg_collector *c, const struct lg_trial_facts *facts,
                  struct lg_arena *arena, struct lg_trial_result *out)
{
    struct build b = {.c = c, .facts = facts, .plan = c->program->plan, .arena = arena, .out = out};
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
    build_server(&b);
    build_generator(&b);
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
    lg_ns allowed = lg_warmup_allowance(c->program->plan);
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
