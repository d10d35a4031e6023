#include "workload/shuffle.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static void is_permutation(uint64_t n, uint64_t seed, uint64_t pass)
{
    bool *seen = lg_alloc_array(n, sizeof *seen);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t at = lg_shuffled(n, seed, pass, i);
        cr_assert_lt(at, n);
        cr_assert(!seen[at], "%llu of %llu comes twice", (unsigned long long)at,
                  (unsigned long long)n);
        seen[at] = true;
    }
    free(seen);
}

Test(shuffle, every_place_comes_once)
{
    for (uint64_t n = 1; n <= 70; n++) {
        is_permutation(n, 1, n);
    }
    is_permutation(1000, 42, 0);
    is_permutation(65536, 42, 7);
    is_permutation(65537, 42, 7);
}

Test(shuffle, seeds_and_passes_have_orders_of_their_own)
{
    int same_seed = 0, same_pass = 0, same_place = 0;
    for (uint64_t i = 0; i < 1000; i++) {
        uint64_t at = lg_shuffled(1000, 1, 0, i);
        same_seed += at == lg_shuffled(1000, 2, 0, i);
        same_pass += at == lg_shuffled(1000, 1, 1, i);
        same_place += at == i;
    }
    /* Of two random orders, one place agrees in the mean; more than 12 is one case in 10^9. */
    cr_expect_leq(same_seed, 12);
    cr_expect_leq(same_pass, 12);
    cr_expect_leq(same_place, 12);
}

/* Over many seeds every row comes first equally often: chi-square with 9 degrees of freedom. */
Test(shuffle, no_place_is_preferred)
{
    enum { SEEDS = 10000 };
    double counts[10] = {0}, chi2 = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        counts[lg_shuffled(10, seed, 0, 0)]++;
    }
    for (int i = 0; i < 10; i++) {
        double off = counts[i] - SEEDS / 10.0;
        chi2 += off * off / (SEEDS / 10.0);
    }
    cr_expect_lt(chi2, 27.9, "chi-square %g: p < 0.001", chi2);
}
