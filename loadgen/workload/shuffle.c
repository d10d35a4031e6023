#include "workload/shuffle.h"

enum { ROUNDS = 6 };

/* The finaliser of MurmurHash3 (Appleby): every bit of the input moves half of the output's. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 33) * UINT64_C(0xff51afd7ed558ccd);
    x = (x ^ x >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return x ^ x >> 33;
}

/* A permutation of all numbers of 2 * half bits. */
static uint64_t network(uint64_t value, unsigned half, uint64_t key)
{
    uint64_t mask = (UINT64_C(1) << half) - 1, left = value >> half, right = value & mask;
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t next = left ^ (mix(right + mix(key + round)) & mask);
        left = right;
        right = next;
    }
    return left << half | right;
}

uint64_t lg_shuffled(uint64_t n, uint64_t seed, uint64_t pass, uint64_t i)
{
    unsigned half = 1;
    uint64_t key = mix(seed) + mix(pass ^ UINT64_C(0x9e3779b97f4a7c15));
    LG_ASSERT(i < n && n <= UINT64_C(1) << 62);
    while (UINT64_C(1) << 2 * half < n) {
        half++;
    }
    do { /* at most 4 times in the mean: the network's domain is less than 4 n */
        i = network(i, half, key);
    } while (i >= n);
    return i;
}
