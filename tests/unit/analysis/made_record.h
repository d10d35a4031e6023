/* Records made up for the tests of analysis/: every figure is stated, all checks pass unless a test
 * spoils one. */
#ifndef LG_TESTS_MADE_RECORD_H
#define LG_TESTS_MADE_RECORD_H

#include "base/rng.h"
#include "measure/record.h"

#include <math.h>

/* One trial of one target. */
struct made {
    const char *arrivals; /* "poisson" if NULL */
    bool chat;            /* messages with eight deliveries each; else HTTP requests */
    uint64_t sent;        /* iterations in 10 s; 1,200 if 0 */
    uint64_t failed, lost;
    double ms;     /* every time is between 0.9 and 1.1 times this, p99 near 1.098 of it */
    double cpu_us; /* per completed (HTTP) or per delivery (chat); 0: not sampled */
    const char *died;
};

static inline struct lg_hist *made_times(uint64_t n, double ms)
{
    struct lg_hist *h = lg_hist_new();
    for (uint64_t i = 0; i < n; i++) {
        lg_hist_add(h, (lg_ns)(1e6 * ms * (0.9 + 0.2 * ((double)i + 0.5) / (double)n)));
    }
    return h;
}

static inline struct lg_target_result *made_target(struct lg_record *record, const char *name,
                                                   const char *label)
{
    struct lg_target_result *target =
        LG_ARENA_PUSH(record->arena, record->targets, record->target_count);
    target->name = name;
    target->label = label;
    target->url = "http://127.0.0.1:40001";
    return target;
}

static inline void made_users(struct lg_record *record, struct lg_trial_result *trial,
                              const struct made *m, uint64_t sent)
{
    struct lg_users_result *u = LG_ARENA_PUSH(record->arena, trial->users, trial->users_count);
    uint64_t ok = sent - m->failed;
    u->name = "chatter";
    u->arrivals = m->arrivals != NULL ? m->arrivals : "poisson";
    u->connections = u->connected = 50;
    u->accounting = (struct lg_accounting){.scheduled = sent, .completed = ok, .failed = m->failed};
    u->intended_per_s = u->offered_per_s = (double)sent / 10;
    u->achieved_per_s = (double)ok / 10;
    u->iteration = made_times(ok, m->ms);
    u->gap_cv = strcmp(u->arrivals, "constant") == 0 ? 0.01 : 1.0;
    u->fit_p = 0.4;
    u->flow_measured = true;
    u->worst_second = 0.99;
    u->unfinished_s = 0.5 * (double)m->failed;
    u->in_flight_s = u->iteration->sum / 1e9 + u->unfinished_s;
}

static inline void made_step(struct lg_record *record, struct lg_trial_result *trial,
                             const struct made *m, uint64_t sent)
{
    struct lg_step_result *s = LG_ARENA_PUSH(record->arena, trial->steps, trial->step_count);
    s->name = m->chat ? "say" : "checkout";
    s->users = "chatter";
    s->sends_message = m->chat;
    s->count = sent;
    s->outcomes[LG_OK] = sent - m->failed;
    s->outcomes[LG_TIMEOUT] = m->failed;
    s->phase[LG_PHASE_RESPONSE] = made_times(sent - m->failed, m->ms);
    s->phase[LG_PHASE_SERVICE] = made_times(sent - m->failed, m->ms);
    s->phase[LG_PHASE_SCHEDULE_LAG] = made_times(sent - m->failed, 0.05);
    s->phase[LG_PHASE_FAILED] = made_times(m->failed, 500);
}

static inline void made_deliveries(struct lg_record *record, struct lg_trial_result *trial,
                                   const struct made *m, uint64_t sent)
{
    struct lg_deliveries_result *d =
        LG_ARENA_PUSH(record->arena, trial->deliveries, trial->deliveries_count);
    d->name = "heard";
    d->messages = sent - m->failed;
    d->expected = 8 * d->messages;
    d->lost = m->lost;
    d->received = d->expected - d->lost;
    d->delivery = made_times(d->received, m->ms);
    d->spread = made_times(d->messages, m->ms / 2);
}

static inline struct lg_trial_result *
made_trial(struct lg_record *record, struct lg_target_result *target, const struct made *m)
{
    struct lg_trial_result *trial =
        LG_ARENA_PUSH(record->arena, target->trials, target->trial_count);
    uint64_t sent = m->sent != 0 ? m->sent : 1200;
    trial->number = (unsigned)target->trial_count;
    trial->started_at = "";
    trial->duration_s = 10;
    made_users(record, trial, m, sent);
    made_step(record, trial, m, sent);
    if (m->chat) {
        made_deliveries(record, trial, m, sent);
    }
    trial->generator =
        (struct lg_generator_result){.threads = 1, .busy_measured = true, .busiest_5s = 0.1};
    trial->server = (struct lg_server_result){
        .sampled = m->cpu_us > 0,
        .cpu_us_per_completed = m->cpu_us > 0 ? m->cpu_us * (m->chat ? 8 : 1) : -1,
        .cpu_us_per_delivery = m->chat && m->cpu_us > 0 ? m->cpu_us : -1,
        .max_rss_bytes = 100 << 20,
        .rss_bytes_per_connection = -1,
        .ended = m->died != NULL ? m->died : "",
    };
    return trial;
}

/* Normal with mean 0 and sd 1. */
static inline double made_noise(struct lg_rng *rng)
{
    return sqrt(2 * lg_rng_exp(rng)) * cos(2 * M_PI * lg_rng_unit(rng));
}

#endif
