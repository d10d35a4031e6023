/* A complete, plausible search for capacity, for tests of what is written about one. */
#ifndef LG_TESTS_SAMPLE_CAPACITY_H
#define LG_TESTS_SAMPLE_CAPACITY_H

#include "analysis/capacity.h"
#include "report/capacity.h"

/* Targets node (found between 2,000/s and 2,060/s; peaks at about 22 users) and django (300/s to
 * 309/s, one trial disturbed, one unclear, held down for 20 s after its overload, no closed users),
 * trials at twice as much (node keeps its goodput, django collapses), and a sizing for 5,000/s at a
 * price.  All of the arena; the same each time. */
void sample_capacity(struct lg_arena *arena, struct lg_capacity_page *page);

#endif
