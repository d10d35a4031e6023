#include "support/sample_record.h"

#include "base/rng.h"

enum { LISTENERS = 50, HZ = 10, DOWNLOADS = 40 };

static struct lg_hist *spread(struct lg_rng *rng, size_t n, lg_ns low, lg_ns high)
{
    struct lg_hist *h = lg_hist_new();
    for (size_t i = 0; i < n; i++) {
        lg_hist_add(h, lg_rng_between(rng, low, high));
    }
    return h;
}

static void add_ticks(struct lg_arena *arena, struct lg_trial_result *trial, struct lg_rng *rng,
                      bool slow)
{
    uint64_t events = (uint64_t)trial->duration_s * LISTENERS * HZ;
    struct lg_stream_result *ticks = LG_ARENA_PUSH(arena, trial->streams, trial->stream_count);
    *ticks = (struct lg_stream_result){
        .name = "ticks",
        .kind = "events",
        .opened = LISTENERS + slow,
        .failed = slow ? 2 : 0,
        .reconnects = slow,
        .bytes = events * 58,
        .events = events,
        .coalesced = slow ? 12 : 0,
        .stalls = slow ? 3 : 0,
        .missing = slow,
        .reordered = 0,
        .duplicated = slow ? 2 : 0,
        .events_per_s = (double)events / trial->duration_s,
        .expected_gap_ns = 100e6,
        .first_event = spread(rng, LISTENERS, 100 * LG_MS, 110 * LG_MS),
        .gap =
            spread(rng, events, slow ? 60 * LG_MS : 98 * LG_MS, slow ? 140 * LG_MS : 102 * LG_MS),
        .reconnect = slow ? spread(rng, 1, 3 * LG_S, 3200 * LG_MS) : NULL,
    };
    ticks->gap_sd_ns = lg_hist_sd(ticks->gap);
    ticks->jitter_ns = slow ? 18.4e6 : 0.9e6;
}

static void add_film(struct lg_arena *arena, struct lg_trial_result *trial, struct lg_rng *rng,
                     bool slow)
{
    struct lg_stream_result *film = LG_ARENA_PUSH(arena, trial->streams, trial->stream_count);
    *film = (struct lg_stream_result){
        .name = "film",
        .kind = "download",
        .opened = DOWNLOADS,
        .failed = slow,
        .bytes = (uint64_t)DOWNLOADS << 24,
        .expected_gap_ns = -1,
        .gap_sd_ns = -1,
        .jitter_ns = -1,
        .throughput =
            spread(rng, DOWNLOADS - slow, slow ? 20000000 : 70000000, slow ? 40000000 : 90000000),
        .pause = spread(rng, DOWNLOADS - slow, LG_MS, slow ? 90 * LG_MS : 9 * LG_MS),
    };
}

static void fill_seconds(struct lg_arena *arena, struct lg_trial_result *trial, struct lg_rng *rng)
{
    for (size_t i = 0; i < trial->timeline_count; i++) {
        struct lg_hist *h = spread(rng, LISTENERS * HZ, 90 * LG_MS, 110 * LG_MS);
        struct lg_buf text = {0};
        lg_hist_encode(h, &text);
        trial->timeline[i].streams =
            lg_arena_alloc(arena, trial->stream_count * sizeof(struct lg_timeline_stream));
        trial->timeline[i].streams[0] = (struct lg_timeline_stream){
            .events = LISTENERS * HZ,
            .gaps = h->count,
            .bytes = 58 * LISTENERS * HZ,
            .p50 = lg_hist_quantile(h, 0.5, 0),
            .p99 = lg_hist_quantile(h, 0.99, 0),
            .max = h->max,
            .histogram = lg_arena_strndup(arena, text.p, text.n),
        };
        trial->timeline[i].streams[1] = (struct lg_timeline_stream){
            .bytes = 42000000, .p50 = -1, .p99 = -1, .max = -1, .histogram = ""};
        lg_buf_free(&text);
        lg_hist_free(h);
    }
}

void sample_add_streams(struct lg_record *record)
{
    struct lg_rng rng;
    lg_rng_init(&rng, 3, 0, 0);
    for (size_t t = 0; t < record->target_count; t++) {
        struct lg_target_result *target = &record->targets[t];
        for (size_t i = 0; i < target->trial_count; i++) {
            add_ticks(record->arena, &target->trials[i], &rng, t > 0);
            add_film(record->arena, &target->trials[i], &rng, t > 0);
            fill_seconds(record->arena, &target->trials[i], &rng);
        }
    }
}
