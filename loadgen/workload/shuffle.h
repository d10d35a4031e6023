/* The order of a shuffled list, one place at a time and without the list: thread j of k asks for
 * its own places only, and all ask for the same order.  A pure function of its arguments. */
#ifndef LG_WORKLOAD_SHUFFLE_H
#define LG_WORKLOAD_SHUFFLE_H

#include "base/base.h"

/* Where place `i` < n of the order named by (seed, pass) leads: for fixed n, seed and pass this is
 * a permutation of 0 .. n - 1; n <= 2^62.  O(1): a Feistel network (Black &
 * Rogaway 2002, "Ciphers with arbitrary finite domains", cycle walking). */
uint64_t lg_shuffled(uint64_t n, uint64_t seed, uint64_t pass, uint64_t i);

#endif
