#include "measure/trial_add.h"

/* ---- parts ---- */

static void add_hist(struct lg_hist **into, const struct lg_hist *h)
{
    if (h != NULL) {
        *into = *into != NULL ? *into : lg_hist_new();
        lg_hist_merge(*into, h);
    }
}

static const char *copy(struct lg_arena *arena, const char *text)
{
    return lg_arena_strdup(arena, text != NULL ? text : "");
}

static void add_error(struct lg_step_result *into, const struct lg_error_count *error,
                      struct lg_arena *arena)
{
    for (size_t i = 0; i < into->error_count; i++) {
        struct lg_error_count *known = &into->errors[i];
        if (known->class == error->class && known->code == error->code) {
            known->count += error->count;
            return; /* the first one came earlier */
        }
    }
    struct lg_error_count *new = LG_ARENA_PUSH(arena, into->errors, into->error_count);
    *new = *error;
    new->sample = copy(arena, error->sample);
}

static void add_step(struct lg_step_result *into, const struct lg_step_result *step,
                     struct lg_arena *arena)
{
    into->count += step->count;
    into->slowest += step->slowest;
    into->partial += step->partial;
    into->failed_parts += step->failed_parts;
    for (int i = 0; i < LG_OUTCOME_CLASSES; i++) {
        into->outcomes[i] += step->outcomes[i];
    }
    for (size_t i = 0; i < step->error_count; i++) {
        add_error(into, &step->errors[i], arena);
    }
    into->redirects += step->redirects;
    into->bytes_in += step->bytes_in;
    into->bytes_out += step->bytes_out;
    for (int i = 0; i < LG_PHASES; i++) {
        add_hist(&into->phase[i], step->phase[i]);
    }
}

static void add_accounting(struct lg_accounting *into, const struct lg_accounting *a)
{
    into->scheduled += a->scheduled;
    into->completed += a->completed;
    into->failed += a->failed;
    into->timed_out += a->timed_out;
    into->shed += a->shed;
    into->dropped += a->dropped;
    into->in_flight_at_end += a->in_flight_at_end;
}

/* Rates are kept as sums until the end. */
static void add_users(struct lg_users_result *into, const struct lg_users_result *users,
                      double duration_s)
{
    into->reconnects += users->reconnects;
    add_accounting(&into->accounting, &users->accounting);
    into->offered_per_s += users->offered_per_s * duration_s;
    into->intended_per_s += users->intended_per_s * duration_s;
    into->achieved_per_s += users->achieved_per_s * duration_s;
    add_hist(&into->iteration, users->iteration);
    add_hist(&into->connect, users->connect);
    add_hist(&into->lateness, users->lateness);
    into->late_generator += users->late_generator;
    into->late_no_connection += users->late_no_connection;
    into->late_connecting += users->late_connecting;
}

static void add_deliveries(struct lg_deliveries_result *into, const struct lg_deliveries_result *d)
{
    into->messages += d->messages;
    into->expected += d->expected;
    into->received += d->received;
    into->lost += d->lost;
    into->duplicated += d->duplicated;
    into->reordered += d->reordered;
    into->unexpected += d->unexpected;
    add_hist(&into->delivery, d->delivery);
    add_hist(&into->spread, d->spread);
}

static void add_stream(struct lg_stream_result *into, const struct lg_stream_result *s)
{
    into->opened += s->opened;
    into->failed += s->failed;
    into->reconnects += s->reconnects;
    into->bytes += s->bytes;
    into->events += s->events;
    into->coalesced += s->coalesced;
    into->stalls += s->stalls;
    into->missing += s->missing;
    into->reordered += s->reordered;
    into->duplicated += s->duplicated;
    into->expected_gap_ns = s->expected_gap_ns;
    add_hist(&into->first_event, s->first_event);
    add_hist(&into->gap, s->gap);
    add_hist(&into->reconnect, s->reconnect);
    add_hist(&into->throughput, s->throughput);
    add_hist(&into->pause, s->pause);
}

/* ---- the shape, from the first second ---- */

static void take_shape(struct lg_trial_result *into, const struct lg_trial_result *second,
                       struct lg_arena *arena)
{
    into->step_count = second->step_count;
    into->steps = lg_arena_alloc(arena, (into->step_count + 1) * sizeof *into->steps);
    for (size_t i = 0; i < into->step_count; i++) {
        into->steps[i].name = copy(arena, second->steps[i].name);
        into->steps[i].users = copy(arena, second->steps[i].users);
        into->steps[i].setup = second->steps[i].setup;
        into->steps[i].sends_message = second->steps[i].sends_message;
        into->steps[i].parallel = second->steps[i].parallel;
        into->steps[i].part_of = copy(arena, second->steps[i].part_of);
    }
    into->users_count = second->users_count;
    into->users = lg_arena_alloc(arena, (into->users_count + 1) * sizeof *into->users);
    for (size_t i = 0; i < into->users_count; i++) {
        into->users[i].name = copy(arena, second->users[i].name);
        into->users[i].arrivals = copy(arena, second->users[i].arrivals);
    }
    into->deliveries_count = second->deliveries_count;
    into->deliveries =
        lg_arena_alloc(arena, (into->deliveries_count + 1) * sizeof *into->deliveries);
    for (size_t i = 0; i < into->deliveries_count; i++) {
        into->deliveries[i].name = copy(arena, second->deliveries[i].name);
    }
    into->stream_count = second->stream_count;
    into->streams = lg_arena_alloc(arena, (into->stream_count + 1) * sizeof *into->streams);
    for (size_t i = 0; i < into->stream_count; i++) {
        into->streams[i].name = copy(arena, second->streams[i].name);
        into->streams[i].kind = copy(arena, second->streams[i].kind);
    }
    into->server.ended = "";
    into->steady = "";
}

static bool has_shape_of(const struct lg_trial_result *into, const struct lg_trial_result *second)
{
    return into->step_count == second->step_count && into->users_count == second->users_count &&
           into->deliveries_count == second->deliveries_count &&
           into->stream_count == second->stream_count;
}

/* ---- timeline ---- */

#define COPY_ROWS(arena, member, count)                                                            \
    do {                                                                                           \
        if (from->member != NULL) {                                                                \
            row->member = lg_arena_alloc((arena), ((count) + 1) * sizeof *row->member);            \
            memcpy(row->member, from->member, (count) * sizeof *row->member);                      \
            for (size_t i_ = 0; i_ < (count); i_++) {                                              \
                row->member[i_].histogram = copy((arena), from->member[i_].histogram);             \
            }                                                                                      \
        }                                                                                          \
    } while (0)

static const struct lg_timeline_row *add_row(struct lg_trial_result *into,
                                             const struct lg_trial_result *second, double shift_s,
                                             struct lg_arena *arena)
{
    const struct lg_timeline_row *from = &second->timeline[0];
    struct lg_timeline_row *row = LG_ARENA_PUSH(arena, into->timeline, into->timeline_count);
    *row = *from;
    row->at_s += shift_s;
    COPY_ROWS(arena, steps, second->step_count);
    COPY_ROWS(arena, deliveries, second->deliveries_count);
    COPY_ROWS(arena, streams, second->stream_count);
    return row;
}

/* Its figures are of all seconds up to this one. */
static void take_server(struct lg_trial_result *into, const struct lg_server_result *server)
{
    into->server = *server;
    into->server.ended = "";
    into->server.rss_bytes_per_connection = -1;
}

static void take_generator(struct lg_generator_result *into, const struct lg_generator_result *g,
                           double duration_s)
{
    into->cpu_s += g->cpu_s;
    into->cpu_utilisation += g->cpu_utilisation * duration_s; /* until the end, as rates are */
    into->threads = g->threads;
    into->max_rss_bytes =
        g->max_rss_bytes > into->max_rss_bytes ? g->max_rss_bytes : into->max_rss_bytes;
}

void lg_trial_add_second(struct lg_trial_result *into, const struct lg_trial_result *second,
                         double shift_s, struct lg_arena *arena)
{
    if (into->timeline_count == 0) {
        take_shape(into, second, arena);
    }
    if (second->timeline_count != 1 || !has_shape_of(into, second)) {
        return; /* not of this trial */
    }
    const struct lg_timeline_row *row = add_row(into, second, shift_s, arena);
    if (row->at_s < 0) {
        into->warmup_s += row->length_s;
        return;
    }
    into->duration_s += row->length_s;
    for (size_t i = 0; i < into->step_count; i++) {
        add_step(&into->steps[i], &second->steps[i], arena);
    }
    for (size_t i = 0; i < into->users_count; i++) {
        add_users(&into->users[i], &second->users[i], second->duration_s);
    }
    for (size_t i = 0; i < into->deliveries_count; i++) {
        add_deliveries(&into->deliveries[i], &second->deliveries[i]);
    }
    for (size_t i = 0; i < into->stream_count; i++) {
        add_stream(&into->streams[i], &second->streams[i]);
    }
    take_server(into, &second->server);
    take_generator(&into->generator, &second->generator, second->duration_s);
}

/* ---- the end ---- */

static void end_users(struct lg_users_result *users, double duration_s)
{
    users->offered_per_s /= duration_s;
    users->intended_per_s /= duration_s;
    users->achieved_per_s /= duration_s;
    users->gap_cv = users->fit_p = -1;
    users->flow_measured = false;
}

/* From the timeline, as a second's own sum includes a warm-up that was cut off; -1: not sampled. */
static double server_cpu_s(const struct lg_trial_result *trial)
{
    double cpu_s = 0, sampled_s = 0;
    for (size_t i = 0; i < trial->timeline_count; i++) {
        const struct lg_timeline_row *row = &trial->timeline[i];
        if (row->at_s >= 0 && row->server_cpu >= 0) {
            cpu_s += row->server_cpu * row->length_s;
            sampled_s += row->length_s;
        }
    }
    return sampled_s > 0 ? cpu_s * trial->duration_s / sampled_s : -1;
}

static void end_server(struct lg_trial_result *into)
{
    uint64_t completed = 0, received = 0;
    for (size_t i = 0; i < into->users_count; i++) {
        completed += into->users[i].accounting.completed;
    }
    for (size_t i = 0; i < into->deliveries_count; i++) {
        received += into->deliveries[i].received;
    }
    struct lg_server_result *s = &into->server;
    double cpu_s = server_cpu_s(into);
    s->sampled = s->sampled && cpu_s >= 0;
    s->cpu_s = s->sampled ? cpu_s : 0;
    s->cpu_us_per_completed = s->sampled && completed > 0 ? s->cpu_s * 1e6 / (double)completed : -1;
    s->cpu_us_per_delivery = s->sampled && received > 0 ? s->cpu_s * 1e6 / (double)received : -1;
}

void lg_trial_end_seconds(struct lg_trial_result *into)
{
    struct lg_generator_result *g = &into->generator;
    double duration_s = into->duration_s > 0 ? into->duration_s : 1; /* 0: nothing was added */
    for (size_t i = 0; i < into->users_count; i++) {
        end_users(&into->users[i], duration_s);
    }
    for (size_t i = 0; i < into->stream_count; i++) {
        struct lg_stream_result *s = &into->streams[i];
        s->events_per_s = (double)s->events / duration_s;
        s->gap_sd_ns = s->jitter_ns = -1;
    }
    end_server(into);
    g->cpu_utilisation /= duration_s;
    g->steal_share = g->others_share = -1;
    g->busy_measured = false;
}
