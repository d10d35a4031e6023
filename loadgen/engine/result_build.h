/* The parts of a trial's result.  Private to result*.c. */
#ifndef LG_ENGINE_RESULT_BUILD_H
#define LG_ENGINE_RESULT_BUILD_H

#include "engine/result.h"

/* What the building of one trial's result needs in hand. */
struct lg_build {
    struct lg_collector *c;
    const struct lg_trial_facts *facts;
    const struct lg_plan *plan;
    struct lg_arena *arena;
    struct lg_recorder *total; /* the window and the setup */
    struct lg_trial_result *out;
    double seconds;  /* of the window */
    double *busiest; /* of the arena: share of its time that the busiest thread was busy, per row */
    size_t busiest_count;
};

/* Adds the second's row to out->timeline, unless it lies outside the load or the measured time. */
void lg_build_row(struct lg_build *b, const struct lg_recorder *r);
/* After users and deliveries; the generator's after the server's and the timeline. */
void lg_build_server(const struct lg_build *b);
void lg_build_generator(const struct lg_build *b);
/* The newest sample taken by `at`, or the first there is; NULL: none. */
const struct lg_server_second *lg_build_sample_at(const struct lg_trial_facts *f, lg_ns at);

#endif
