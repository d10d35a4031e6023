#include "support/sample_record.h"

#include "base/rng.h"

enum { GROUPS = 1000, FEED_ALONE = 14, WITH_IMAGE = 4, WHOLLY = 2 };

static struct lg_hist *spread(size_t n, lg_ns typical)
{
    struct lg_hist *h = lg_hist_new();
    struct lg_rng rng;
    lg_rng_init(&rng, 4, 0, 0);
    for (size_t i = 0; i < n; i++) {
        lg_hist_add(h, lg_rng_between(&rng, typical / 2, 2 * typical));
    }
    return h;
}

static struct lg_step_result *add_step(struct lg_arena *arena, struct lg_trial_result *trial,
                                       const char *name, uint64_t timeouts, uint64_t statuses)
{
    struct lg_step_result *step = LG_ARENA_PUSH(arena, trial->steps, trial->step_count);
    *step = (struct lg_step_result){.name = name, .users = "chatter", .count = GROUPS};
    step->outcomes[LG_TIMEOUT] = timeouts;
    step->outcomes[LG_STATUS] = statuses;
    step->outcomes[LG_OK] = GROUPS - timeouts - statuses;
    if (timeouts > 0) {
        *LG_ARENA_PUSH(arena, step->errors, step->error_count) =
            (struct lg_error_count){LG_TIMEOUT, 0, timeouts, LG_S, ""};
    }
    if (statuses > 0) {
        *LG_ARENA_PUSH(arena, step->errors, step->error_count) =
            (struct lg_error_count){LG_STATUS, 503, statuses, LG_S, "503 Service Unavailable"};
    }
    for (int phase = 0; phase < LG_PHASES; phase++) {
        uint64_t ok = step->outcomes[LG_OK];
        step->phase[phase] =
            phase == LG_PHASE_FAILED ? spread(GROUPS - ok, LG_S) : spread(ok, 10 * LG_MS);
    }
    return step;
}

static void add_part(struct lg_step_result *part, uint64_t slowest)
{
    part->part_of = "page";
    part->slowest = slowest;
}

static void add_page(struct lg_arena *arena, struct lg_trial_result *trial, bool slow)
{
    uint64_t alone = slow ? FEED_ALONE : 0, image = slow ? WITH_IMAGE : 0, all = slow ? WHOLLY : 0;
    struct lg_step_result *page = add_step(arena, trial, "page", alone, image + all);
    page->parallel = true;
    page->partial = alone + image;
    page->failed_parts = alone + 2 * image + 3 * all;
    uint64_t ok = page->outcomes[LG_OK];
    add_part(add_step(arena, trial, "style", 0, all), 0);
    add_part(add_step(arena, trial, "image", 0, image + all), ok / 4);
    add_part(add_step(arena, trial, "feed", alone + image + all, 0), ok - ok / 4);
}

static void widen_timeline(struct lg_arena *arena, struct lg_trial_result *trial, size_t known)
{
    for (size_t i = 0; i < trial->timeline_count; i++) {
        struct lg_timeline_row *row = &trial->timeline[i];
        struct lg_timeline_step *steps =
            lg_arena_alloc(arena, trial->step_count * sizeof *row->steps);
        for (size_t s = 0; s < trial->step_count; s++) {
            steps[s] =
                s < known
                    ? row->steps[s]
                    : (struct lg_timeline_step){.p50 = -1, .p99 = -1, .max = -1, .histogram = ""};
        }
        row->steps = steps;
    }
}

void sample_add_groups(struct lg_record *record)
{
    for (size_t t = 0; t < record->target_count; t++) {
        for (size_t i = 0; i < record->targets[t].trial_count; i++) {
            struct lg_trial_result *trial = &record->targets[t].trials[i];
            size_t known = trial->step_count;
            add_page(record->arena, trial, t > 0);
            widen_timeline(record->arena, trial, known);
        }
    }
}
