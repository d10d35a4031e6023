/* How many instances a load needs, from the capacity of one. */
#ifndef LG_ANALYSIS_SIZING_H
#define LG_ANALYSIS_SIZING_H

#include "base/base.h"

struct lg_sizing {
    double load;           /* arrivals per second to be carried, > 0 */
    double growth;         /* of that load, >= 0: 0.2 is a fifth more */
    double utilisation;    /* planned, of the capacity of the instances that are up; (0, 1] */
    double efficiency;     /* of an instance among many, (0, 1]; 1: linear scale-out assumed */
    unsigned spares;       /* instances that may be down: 1 is "N + 1" */
    double price_per_hour; /* of one instance; 0: not given */
};

struct lg_size {
    uint64_t instances;       /* spares included */
    double utilisation_all;   /* with all of them up */
    double utilisation_spare; /* with the spares down; above 1: they cannot carry it */
    double cost_per_million;  /* arrivals, at the grown load; 0 without a price */
};

/* n = ceil(load (1 + growth) / (utilisation efficiency capacity)) + spares; capacity > 0: arrivals
 * per second of one instance within its objectives. */
struct lg_size lg_size_for(const struct lg_sizing *sizing, double capacity);

#endif
