/* Made-up histories of ten series, against which the promises of analysis/nightly.h are counted: by
 * tests/unit/analysis/test_nightly.c in a few of them, by tests/rates/nightly_rates.c in many. */
#ifndef LG_TESTS_NIGHTS_H
#define LG_TESTS_NIGHTS_H

#include "analysis/nightly.h"
#include "base/rng.h"

enum { NIGHTS_SERIES = 10, NIGHTS_MOST = 140 };

enum nights_noise {
    NIGHTS_NORMAL,     /* sd 5 % of the level */
    NIGHTS_LOG_NORMAL, /* sd 0.5 of the logarithm */
    NIGHTS_AR1,        /* normal, neighbours correlated by 0.3 */
    NIGHTS_NOISES
};

struct nights {
    enum nights_noise noise;
    uint64_t seed, number;
    struct lg_nightly_series series[NIGHTS_SERIES]; /* less is better, all */
    struct lg_nightly_value values[NIGHTS_SERIES][NIGHTS_MOST];
};

const char *nights_noise_name(enum nights_noise noise);

/* The seed itself, or another one for each N of LG_SEED=N. */
uint64_t nights_seed(uint64_t seed);

/* History `number` of a seed: flat. */
void nights_fill(struct nights *n, enum nights_noise noise, uint64_t seed, uint64_t number);

/* From night `at` on series 0 is worse by so many standard deviations of a night. */
void nights_step(struct nights *n, size_t at, double sd);

struct lg_nightly_result nights_detect(const struct nights *n, size_t count,
                                       struct lg_arena *arena);

/* Changes that were ever confirmed within the first `count` nights; those that later nights took
 * back, and improvements, too. */
size_t nights_alarms(const struct nights *n, size_t count);

/* The confirmed change of series 0 that begins at most two nights from `at`, as the job saw it
 * after `count` nights; a zeroed one: there is none. */
struct lg_nightly_change nights_confirmed(const struct nights *n, size_t count, size_t at);

/* How the trials of a re-run vary. */
struct nights_trials {
    double by;   /* the suspect is worse by this, logarithm of a ratio */
    double sd;   /* of one trial, the same */
    size_t most; /* pairs */
};

/* Trials that bring `share` of the variance of a night's value, which is the median of five trials
 * of a series with 5 % noise.  The rest is the night's own, which pairs do not have. */
struct nights_trials nights_trials(double share, double by, size_t most);

/* Is it proven?  Pairs are added as the verdict asks for them; their number is added to *pairs. */
bool nights_proves(const struct nights_trials *trials, size_t compared, struct lg_rng *rng,
                   size_t *pairs);

/* What a job saw that followed flat nights from `first` on and measured again beside the last good
 * version, an equal one, what a night asked for. */
struct nights_flat {
    size_t by_nights, by_reruns; /* changes confirmed */
    size_t reruns, series;       /* nights with a re-run; series in all of them */
    size_t pairs;                /* of the series that took most, summed over the nights */
};
struct nights_flat nights_follow_flat(const struct nights *n, size_t first, size_t count);

/* Is a step of series 0 in the last of `count` nights proven in that night? */
bool nights_proven_at_once(const struct nights *n, size_t count, const struct nights_trials *trials,
                           bool *asked, size_t *pairs);

#endif
