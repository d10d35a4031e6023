#include "analysis/resample.h"

#include <math.h>
#include <stdlib.h>

static double mean_of_draw(const double *x, size_t n, struct lg_rng *rng)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += x[lg_rng_below(rng, n)];
    }
    return sum / (double)n;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

struct lg_interval lg_resample_ratio(const double *a, size_t na, const double *b, size_t nb,
                                     double level, size_t rounds, struct lg_rng *rng)
{
    LG_ASSERT(level > 0 && level < 1 && rounds > 0);
    if (na < 3 || nb < 3) {
        return (struct lg_interval){0};
    }
    double *ratios = lg_alloc_array(rounds, sizeof *ratios);
    for (size_t i = 0; i < rounds; i++) {
        double divisor = mean_of_draw(a, na, rng);
        ratios[i] = mean_of_draw(b, nb, rng) / divisor;
    }
    qsort(ratios, rounds, sizeof *ratios, ascending);
    size_t cut = (size_t)((1 - level) / 2 * (double)rounds);
    struct lg_interval interval = {true, ratios[cut], ratios[rounds - 1 - cut]};
    free(ratios);
    return interval;
}

/* C(n, k), or `most` + 1 if it is larger than that. */
static uint64_t choose(size_t n, size_t k, uint64_t most)
{
    double value = 1;
    for (size_t i = 1; i <= k; i++) {
        value = value * (double)(n - k + i) / (double)i;
        if (value > (double)most * 2 + 1) {
            return most + 1;
        }
    }
    return (uint64_t)llround(value) > most ? most + 1 : (uint64_t)llround(value);
}

struct pool {
    const double *x; /* a, then b */
    size_t n, na;
    double sum;
    double observed; /* |mean(b) - mean(a)|, less a rounding allowance */
};

/* Is the difference of means, if the first side sums to `part`, as large as the one seen? */
static bool as_extreme(const struct pool *pool, double part)
{
    double mean_a = part / (double)pool->na;
    double mean_b = (pool->sum - part) / (double)(pool->n - pool->na);
    return fabs(mean_b - mean_a) >= pool->observed;
}

static double p_of_all(const struct pool *pool)
{
    uint64_t all = 0;
    uint64_t extreme = 0;
    uint64_t set = ((uint64_t)1 << pool->na) - 1;
    while (set < (uint64_t)1 << pool->n) {
        double part = 0;
        for (uint64_t rest = set; rest != 0; rest &= rest - 1) {
            part += pool->x[__builtin_ctzll(rest)];
        }
        all++;
        extreme += as_extreme(pool, part);
        uint64_t lowest = set & -set; /* the next larger number with as many bits */
        uint64_t ripple = set + lowest;
        set = ripple | (((set ^ ripple) >> 2) / lowest);
    }
    return (double)extreme / (double)all;
}

static double p_of_drawn(const struct pool *pool, double *x, size_t rounds, struct lg_rng *rng)
{
    size_t extreme = 0;
    for (size_t round = 0; round < rounds; round++) {
        double part = 0;
        for (size_t i = 0; i < pool->na; i++) { /* a partial Fisher-Yates shuffle */
            size_t j = i + lg_rng_below(rng, pool->n - i);
            double drawn = x[j];
            x[j] = x[i];
            x[i] = drawn;
            part += drawn;
        }
        extreme += as_extreme(pool, part);
    }
    return (1 + (double)extreme) / (1 + (double)rounds);
}

double lg_resample_permutation(const double *a, size_t na, const double *b, size_t nb,
                               size_t rounds, struct lg_rng *rng)
{
    LG_ASSERT(na >= 1 && nb >= 1 && rounds >= 1);
    size_t n = na + nb;
    double *x = lg_alloc_array(n, sizeof *x);
    memcpy(x, a, na * sizeof *x);
    memcpy(x + na, b, nb * sizeof *x);
    double observed = fabs(lg_stats_mean(b, nb) - lg_stats_mean(a, na));
    struct pool pool = {.x = x,
                        .n = n,
                        .na = na,
                        .sum = lg_stats_mean(x, n) * (double)n,
                        .observed = observed - 1e-9 * (observed + fabs(lg_stats_mean(x, n)))};
    double p = n <= 62 && choose(n, na, rounds) <= rounds ? p_of_all(&pool)
                                                          : p_of_drawn(&pool, x, rounds, rng);
    free(x);
    return p;
}
