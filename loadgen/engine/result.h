/* From what the collector has to the trial's part of the record. */
#ifndef LG_ENGINE_RESULT_H
#define LG_ENGINE_RESULT_H

#include "engine/run.h"

struct lg_server_second { /* a sample of the server, at the end of a second */
    lg_ns at;
    struct lg_target_sample sample;
};

struct lg_trial_facts {
    lg_ns measured_from, measured_to; /* the window as it really was */
    lg_ns counted_to; /* deliveries of the window's messages, which may come after its end */
    bool interrupted;
    struct lg_server_second *server; /* ascending */
    size_t server_count;
    struct lg_target_sample idle, connected; /* before the first connection; before the load */
    bool has_idle, has_connected;
    struct lg_cpu_times machine_before, machine_after; /* at the window's edges */
    bool has_machine;
    const char *server_ended; /* "" while it lives */
};

/* One finished second, `row` of the collector's, as a trial of its own: counts and histograms are
 * of that second, the server's figures count from the start of the window; without the set-up. */
void lg_result_second(struct lg_collector *c, const struct lg_trial_facts *facts, size_t row,
                      struct lg_arena *arena, struct lg_trial_result *out);

void lg_result_build(struct lg_collector *c, const struct lg_trial_facts *facts,
                     struct lg_arena *arena, struct lg_trial_result *out);

#endif
