/* Seeded random numbers: xoshiro256++ (Blackman & Vigna 2019), state by SplitMix64.  One seed makes
 * any number of independent streams: a stream is named by (seed, purpose, index), so arrivals, data
 * and choices do not depend on how many threads share the work. */
#ifndef LG_BASE_RNG_H
#define LG_BASE_RNG_H

#include "base/base.h"

struct lg_rng {
    uint64_t s[4];
};

void lg_rng_init(struct lg_rng *rng, uint64_t seed, uint64_t purpose, uint64_t index);
uint64_t lg_rng_u64(struct lg_rng *rng);
double lg_rng_unit(struct lg_rng *rng); /* uniform in (0, 1], 53 bits: never 0, so log is safe */
double lg_rng_exp(struct lg_rng *rng);  /* exponential, mean 1 */
uint64_t lg_rng_below(struct lg_rng *rng, uint64_t n); /* uniform in [0, n), n > 0, without bias */
int64_t lg_rng_between(struct lg_rng *rng, int64_t low, int64_t high); /* uniform in [low, high] */

#endif
