/* One row of the timeline for each second. */
#include "engine/result_build.h"

static const char *hist_text(const struct lg_build *b, const struct lg_hist *h)
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

static void row_steps(const struct lg_build *b, const struct lg_recorder *r,
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

static void row_deliveries(const struct lg_build *b, const struct lg_recorder *r,
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

static void row_streams(const struct lg_build *b, const struct lg_recorder *r,
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

static void row_server(const struct lg_build *b, lg_ns from, lg_ns to, struct lg_timeline_row *row)
{
    const struct lg_server_second *s0 = lg_build_sample_at(b->facts, from);
    const struct lg_server_second *s1 = lg_build_sample_at(b->facts, to);
    row->server_cpu = row->server_rss_bytes = row->server_pss_bytes = -1;
    if (s0 == NULL || s1 <= s0) {
        return;
    }
    row->server_cpu = (s1->sample.cpu_s - s0->sample.cpu_s) / ((double)(s1->at - s0->at) * 1e-9);
    row->server_rss_bytes = (double)s1->sample.rss_bytes;
    row->server_pss_bytes = (double)s1->sample.pss_bytes;
}

void lg_build_row(struct lg_build *b, const struct lg_recorder *r)
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
