#include "support/nights.h"
#include "analysis/dist.h"

#include <math.h>
#include <stdlib.h>

#define NORMAL_SD 0.05
#define LOG_SD    0.5
#define AR1       0.3
/* Of the median of five normal values, in variances of one (David & Nagaraja, Order Statistics). */
#define MEDIAN_OF_5 0.2868

const char *nights_noise_name(enum nights_noise noise)
{
    static const char *const names[] = {"normal", "log-normal(0.5)", "AR(1) of 0.3"};
    LG_ASSERT(noise < NIGHTS_NOISES);
    return names[noise];
}

uint64_t nights_seed(uint64_t seed)
{
    const char *other = getenv("LG_SEED");
    return seed + (other != NULL ? 1000 * strtoull(other, NULL, 10) : 0);
}

static double gauss(struct lg_rng *rng)
{
    return sqrt(2 * lg_rng_exp(rng)) * cos(2 * M_PI * lg_rng_unit(rng));
}

static double value_of(enum nights_noise noise, double z)
{
    return noise == NIGHTS_LOG_NORMAL ? 100 * exp(LOG_SD * z) : 100 * (1 + NORMAL_SD * z);
}

void nights_fill(struct nights *n, enum nights_noise noise, uint64_t seed, uint64_t number)
{
    struct lg_rng rng;
    lg_rng_init(&rng, seed, noise, number);
    *n = (struct nights){.noise = noise, .seed = seed, .number = number};
    for (size_t i = 0; i < NIGHTS_SERIES; i++) {
        double before = gauss(&rng);
        for (size_t k = 0; k < NIGHTS_MOST; k++) {
            double z = gauss(&rng);
            before = AR1 * before + sqrt(1 - AR1 * AR1) * z;
            n->values[i][k] = (struct lg_nightly_value){
                .known = true, .value = value_of(noise, noise == NIGHTS_AR1 ? before : z)};
        }
        n->series[i] = (struct lg_nightly_series){
            .metric = "p99", .less_is_better = true, .nights = n->values[i]};
    }
}

void nights_step(struct nights *n, size_t at, double sd)
{
    for (size_t k = at; k < NIGHTS_MOST; k++) {
        double *value = &n->values[0][k].value;
        *value = n->noise == NIGHTS_LOG_NORMAL ? *value * exp(LOG_SD * sd)
                                               : *value + 100 * NORMAL_SD * sd;
    }
}

struct lg_nightly_result nights_detect(const struct nights *n, size_t count, struct lg_arena *arena)
{
    struct lg_nightly in = {n->series, NIGHTS_SERIES, count, NULL, 0};
    struct lg_nightly_result result;
    lg_nightly_detect(&in, arena, &result);
    return result;
}

static size_t confirmed_in(const struct lg_nightly_result *r, enum lg_nightly_state state)
{
    size_t count = 0;
    for (size_t i = 0; i < r->change_count; i++) {
        count += r->changes[i].state == state;
    }
    return count;
}

size_t nights_alarms(const struct nights *n, size_t count)
{
    struct lg_arena *arena = lg_arena_new();
    struct lg_nightly_result r = nights_detect(n, count, arena);
    size_t alarms = r.withdrawn + confirmed_in(&r, LG_NIGHTLY_CONFIRMED);
    lg_arena_free(arena);
    return alarms;
}

struct lg_nightly_change nights_confirmed(const struct nights *n, size_t count, size_t at)
{
    struct lg_arena *arena = lg_arena_new();
    struct lg_nightly_result r = nights_detect(n, count, arena);
    struct lg_nightly_change found = {0};
    for (size_t i = 0; i < r.change_count; i++) {
        const struct lg_nightly_change *c = &r.changes[i];
        if (c->series == 0 && c->state == LG_NIGHTLY_CONFIRMED && c->night + 2 >= at &&
            c->night <= at + 2) {
            found = *c;
        }
    }
    lg_arena_free(arena);
    return found;
}

struct nights_trials nights_trials(double share, double by, size_t most)
{
    return (struct nights_trials){
        .by = log1p(by * NORMAL_SD), .sd = NORMAL_SD * sqrt(share / MEDIAN_OF_5), .most = most};
}

bool nights_proves(const struct nights_trials *trials, size_t compared, struct lg_rng *rng,
                   size_t *pairs)
{
    double *good = lg_alloc_array(trials->most, sizeof *good);
    double *suspect = lg_alloc_array(trials->most, sizeof *suspect);
    struct lg_nightly_rerun rerun = {good,         suspect,  0,
                                     trials->most, compared, .less_is_better = true};
    struct lg_nightly_proof proof = {.more = LG_NIGHTLY_TRIALS};
    while (proof.more > 0) {
        for (size_t i = 0; i < proof.more; i++, rerun.pairs++) {
            good[rerun.pairs] = 100 * exp(trials->sd * gauss(rng));
            suspect[rerun.pairs] = 100 * exp(trials->by + trials->sd * gauss(rng));
        }
        proof = lg_nightly_judge_rerun(&rerun);
    }
    *pairs += rerun.pairs;
    free(good);
    free(suspect);
    return proof.verdict == LG_NIGHTLY_PROVEN;
}

/* The rule of lg_nightly_standing's `rerun`, for nights that are flat: all earlier ones are one
 * level. */
static size_t worth_a_rerun(const struct nights *n, size_t night, bool *worth)
{
    size_t count = 0;
    for (size_t i = 0; i < NIGHTS_SERIES; i++) {
        double y[NIGHTS_MOST];
        for (size_t k = 0; k <= night; k++) {
            y[k] = log(n->values[i][k].value);
        }
        double error = lg_stats_sd(y, night) * sqrt(1 + 1 / (double)night);
        double t = (y[night] - lg_stats_mean(y, night)) / error;
        worth[i] = 1 - lg_dist_student_cdf(t, (double)night - 1) <= LG_NIGHTLY_RERUN;
        count += worth[i];
    }
    return count;
}

/* Re-runs of one night; what they prove is noted. */
static void measure_again(const struct nights *n, size_t night, struct lg_rng *rng,
                          struct lg_nightly_note *notes, size_t *note_count,
                          struct nights_flat *out)
{
    struct nights_trials equal = nights_trials(0.5, 0, 80);
    bool worth[NIGHTS_SERIES];
    size_t compared = worth_a_rerun(n, night, worth);
    size_t most = 0;
    for (size_t i = 0; i < NIGHTS_SERIES; i++) {
        size_t pairs = 0;
        if (worth[i] && nights_proves(&equal, compared, rng, &pairs)) {
            notes[(*note_count)++] = (struct lg_nightly_note){i, night, LG_NIGHTLY_PROVEN};
        }
        most = pairs > most ? pairs : most;
    }
    out->reruns += compared > 0;
    out->series += compared;
    out->pairs += most;
}

struct nights_flat nights_follow_flat(const struct nights *n, size_t first, size_t count)
{
    struct nights_flat out = {0};
    struct lg_nightly_note *notes = lg_alloc_array(NIGHTS_SERIES * count, sizeof *notes);
    size_t note_count = 0;
    struct lg_rng rng;
    lg_rng_init(&rng, n->seed, NIGHTS_NOISES + n->noise, n->number);
    for (size_t night = first; night < count; night++) {
        measure_again(n, night, &rng, notes, &note_count, &out);
    }
    struct lg_arena *arena = lg_arena_new();
    struct lg_nightly in = {n->series, NIGHTS_SERIES, count, notes, note_count};
    struct lg_nightly_result r;
    lg_nightly_detect(&in, arena, &r);
    size_t earlier = nights_alarms(n, first);
    size_t all = r.withdrawn + confirmed_in(&r, LG_NIGHTLY_CONFIRMED);
    out.by_nights = all > earlier ? all - earlier : 0;
    out.by_reruns = confirmed_in(&r, LG_NIGHTLY_RERUN_CONFIRMED);
    lg_arena_free(arena);
    free(notes);
    return out;
}

bool nights_proven_at_once(const struct nights *n, size_t count, const struct nights_trials *trials,
                           bool *asked, size_t *pairs)
{
    struct lg_arena *arena = lg_arena_new();
    struct lg_nightly_result r = nights_detect(n, count, arena);
    size_t compared = 0;
    for (size_t i = 0; i < NIGHTS_SERIES; i++) {
        compared += r.standings[i].rerun;
    }
    *asked = r.standings[0].rerun;
    lg_arena_free(arena);
    struct lg_rng rng;
    lg_rng_init(&rng, n->seed, 2 * NIGHTS_NOISES + n->noise, n->number);
    return *asked && nights_proves(trials, compared, &rng, pairs);
}
