#include "support/hour_record.h"

#include "base/rng.h"

#include <math.h>

enum { PER_SECOND = 50, WARMUP = 30, DRAWS = 4000, KEPT = 64 };

struct hour {
    struct lg_record *record;
    struct lg_arena *arena;
    struct lg_rng rng;
    double slower; /* than the first target, times */
};

static lg_ns draw(struct hour *h, double median_ms)
{
    double normal = 0;
    for (int i = 0; i < 6; i++) {
        normal += lg_rng_unit(&h->rng);
    }
    return (lg_ns)(median_ms * h->slower * 1e6 * exp(0.9 * (normal - 3)));
}

static struct lg_hist *hist_of(struct hour *h, double median_ms)
{
    struct lg_hist *hist = lg_hist_new();
    for (int i = 0; i < DRAWS; i++) {
        lg_hist_add(hist, draw(h, median_ms));
    }
    return hist;
}

static double median_of_step(size_t step)
{
    return 2 + (double)step;
}

static void add_step(struct hour *h, struct lg_trial_result *trial, size_t i)
{
    struct lg_step_result *step = LG_ARENA_PUSH(h->arena, trial->steps, trial->step_count);
    step->name = lg_arena_printf(h->arena, "step-%zu", i + 1);
    step->users = "visitor";
    step->count = DRAWS;
    step->outcomes[LG_OK] = DRAWS;
    step->bytes_in = step->bytes_out = DRAWS * 1000;
    for (int phase = 0; phase < LG_PHASE_FAILED; phase++) {
        step->phase[phase] = hist_of(h, median_of_step(i));
    }
}

/* What a second's histogram looks like is of no interest here; that each has one is. */
static const char *second_text(struct hour *h)
{
    struct lg_hist *hist = lg_hist_new();
    struct lg_buf text = {0};
    for (int i = 0; i < PER_SECOND; i++) {
        lg_hist_add(hist, draw(h, 5));
    }
    lg_hist_encode(hist, &text);
    const char *copy = lg_arena_strndup(h->arena, text.p, text.n);
    lg_buf_free(&text);
    lg_hist_free(hist);
    return copy;
}

static void fill_row(struct hour *h, struct lg_timeline_row *row, int second,
                     const char *const *texts)
{
    row->at_s = second - WARMUP;
    row->length_s = 1;
    row->scheduled = row->completed = HOUR_STEPS * PER_SECOND + lg_rng_below(&h->rng, 90);
    row->in_flight = lg_rng_below(&h->rng, 40);
    row->generator_cpu = 0.3 + 0.1 * lg_rng_unit(&h->rng);
    row->server_cpu = h->slower * (0.2 + 0.1 * lg_rng_unit(&h->rng));
    row->server_rss_bytes = 90e6 * h->slower + 1e4 * second;
    row->server_pss_bytes = -1;
    row->steps = lg_arena_alloc(h->arena, HOUR_STEPS * sizeof *row->steps);
    for (size_t i = 0; i < HOUR_STEPS; i++) {
        struct lg_timeline_step *step = &row->steps[i];
        step->completed = PER_SECOND + lg_rng_below(&h->rng, 9);
        step->p50 = draw(h, median_of_step(i)) / 4 + LG_MS;
        step->p99 = 4 * step->p50 + draw(h, 1);
        step->max = step->p99 + draw(h, 1);
        step->histogram = texts[lg_rng_below(&h->rng, KEPT)];
    }
}

static void add_users(struct hour *h, struct lg_trial_result *trial)
{
    struct lg_users_result *users = LG_ARENA_PUSH(h->arena, trial->users, trial->users_count);
    *users = (struct lg_users_result){.name = "visitor",
                                      .arrivals = "poisson",
                                      .connections = 1000,
                                      .streams = 1,
                                      .connected = 1000,
                                      .intended_per_s = HOUR_STEPS * PER_SECOND,
                                      .offered_per_s = HOUR_STEPS * PER_SECOND,
                                      .achieved_per_s = HOUR_STEPS * PER_SECOND,
                                      .gap_cv = 1,
                                      .fit_p = 0.5};
    users->accounting.scheduled = users->accounting.completed =
        (uint64_t)HOUR_STEPS * PER_SECOND * HOUR_SECONDS;
    users->lateness = hist_of(h, 0.02);
}

static void add_target(struct hour *h, int index)
{
    struct lg_target_result *target =
        LG_ARENA_PUSH(h->arena, h->record->targets, h->record->target_count);
    const char *texts[KEPT];
    h->slower = 1 + 0.3 * index;
    target->name = lg_arena_printf(h->arena, "target-%d", index + 1);
    target->label = target->url = "";
    for (int i = 0; i < KEPT; i++) {
        texts[i] = second_text(h);
    }
    struct lg_trial_result *trial = LG_ARENA_PUSH(h->arena, target->trials, target->trial_count);
    trial->number = 1;
    trial->started_at = "2026-11-20T08:00:00Z";
    trial->duration_s = HOUR_SECONDS;
    trial->warmup_s = WARMUP;
    trial->server.ended = "";
    for (size_t i = 0; i < HOUR_STEPS; i++) {
        add_step(h, trial, i);
    }
    add_users(h, trial);
    trial->timeline_count = WARMUP + HOUR_SECONDS;
    trial->timeline = lg_arena_alloc(h->arena, trial->timeline_count * sizeof *trial->timeline);
    for (size_t i = 0; i < trial->timeline_count; i++) {
        fill_row(h, &trial->timeline[i], (int)i, texts);
    }
}

struct lg_record *hour_record(void)
{
    struct hour h = {.record = lg_record_new()};
    h.arena = h.record->arena;
    lg_rng_init(&h.rng, 42, 0, 0);
    h.record->name = "hour";
    h.record->started_at = "2026-11-20T08:00:00Z";
    h.record->valid = true;
    h.record->headline = "Ten targets were measured for an hour each, with twenty steps.";
    for (int i = 0; i < HOUR_TARGETS; i++) {
        add_target(&h, i);
    }
    return h.record;
}
