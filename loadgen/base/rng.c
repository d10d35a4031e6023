#include "base/rng.h"

#include <math.h>

static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void lg_rng_init(struct lg_rng *rng, uint64_t seed, uint64_t purpose, uint64_t index)
{
    /* Each word is hashed before the next is mixed in: neighbouring names share no bits. */
    uint64_t state = seed;
    state = splitmix(&state) ^ purpose;
    state = splitmix(&state) ^ index;
    for (int i = 0; i < 4; i++) {
        rng->s[i] = splitmix(&state);
    }
}

static uint64_t rotl(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

uint64_t lg_rng_u64(struct lg_rng *rng)
{
    uint64_t *s = rng->s;
    uint64_t result = rotl(s[0] + s[3], 23) + s[0];
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    return result;
}

double lg_rng_unit(struct lg_rng *rng)
{
    return (double)((lg_rng_u64(rng) >> 11) + 1) * 0x1p-53;
}

double lg_rng_exp(struct lg_rng *rng)
{
    return -log(lg_rng_unit(rng));
}

uint64_t lg_rng_below(struct lg_rng *rng, uint64_t n)
{
    /* Multiply-shift with rejection of the short interval (Lemire 2019). */
    LG_ASSERT(n > 0);
    uint64_t least = -n % n;
    for (;;) {
        __uint128_t m = (__uint128_t)lg_rng_u64(rng) * n;
        if ((uint64_t)m >= least) {
            return (uint64_t)(m >> 64);
        }
    }
}

int64_t lg_rng_between(struct lg_rng *rng, int64_t low, int64_t high)
{
    LG_ASSERT(low <= high);
    /* Unsigned: the range of all numbers is longer than an int64_t can say. */
    uint64_t last = (uint64_t)high - (uint64_t)low;
    uint64_t drawn = last < UINT64_MAX ? lg_rng_below(rng, last + 1) : lg_rng_u64(rng);
    return (int64_t)((uint64_t)low + drawn);
}
