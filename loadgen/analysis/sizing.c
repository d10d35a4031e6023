#include "analysis/sizing.h"

#include <math.h>

struct lg_size lg_size_for(const struct lg_sizing *s, double capacity)
{
    LG_ASSERT(capacity > 0 && s->load > 0 && s->utilisation > 0 && s->efficiency > 0);
    double load = s->load * (1 + s->growth), each = s->efficiency * capacity;
    /* What is a whole number but for rounding needs no instance more. */
    double carrying = fmax(1, ceil(load / (s->utilisation * each) * (1 - 1e-12)));
    double all = carrying + s->spares;
    return (struct lg_size){
        .instances = (uint64_t)all,
        .utilisation_all = load / (all * each),
        .utilisation_spare = load / (carrying * each),
        .cost_per_million = s->price_per_hour * all / (load * 3600) * 1e6,
    };
}
