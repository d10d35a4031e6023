/* One figure over a target's trials: a median with its range, or a total. */
#ifndef LG_REPORT_FIGURE_H
#define LG_REPORT_FIGURE_H

#include "measure/record.h"

/* What one trial has to say.  Ordered: a later kind ranks above every number. */
enum lg_figure_kind { LG_FIGURE_NONE, LG_FIGURE_NUMBER, LG_FIGURE_BEYOND };

struct lg_figure {
    enum lg_figure_kind kind;
    double value; /* NUMBER: the figure.  BEYOND: at least this much; 0 = nothing is known */
    bool few;     /* a percentile with fewer than ten samples above it */
};

static const struct lg_figure lg_figure_none = {.kind = LG_FIGURE_NONE};

static inline struct lg_figure lg_figure(double value)
{
    return (struct lg_figure){.kind = LG_FIGURE_NUMBER, .value = value};
}

/* Of what the record gives as -1 where it is unknown. */
static inline struct lg_figure lg_figure_known(double value)
{
    return value >= 0 ? lg_figure(value) : lg_figure_none;
}

/* The q-quantile of h (NULL: none), `above` more samples lying above them all (lg_step_above and
 * its like), each of at least `above_ns` (0: unknown).  NONE if fewer than one sample is expected
 * above the quantile. */
struct lg_figure lg_figure_quantile(const struct lg_hist *h, double q, uint64_t above,
                                    double above_ns);
struct lg_figure lg_figure_max(const struct lg_hist *h, uint64_t above, double above_ns);

/* The q-quantile of a download's rate, where the low end is the bad one: NONE if fewer than one
 * sample is expected below it, `few` below ten. */
struct lg_figure lg_figure_throughput(const struct lg_stream_result *stream, double q);

/* Of a step: its failures rank above its successes. */
struct lg_figure lg_figure_step(const struct lg_step_result *step, enum lg_phase phase, double q);
struct lg_figure lg_figure_step_max(const struct lg_step_result *step, enum lg_phase phase);

/* Exchanges of the step that did not end well. */
uint64_t lg_figure_failures(const struct lg_step_result *step);

struct lg_spread {
    struct lg_figure median, low, high; /* NONE if no trial has a figure */
    size_t count;                       /* of trials that have one */
};

/* Sorts `figures` in place.  An even count takes the mean of the two in the middle, or BEYOND if
 * either is. */
struct lg_spread lg_figure_spread(struct lg_figure *figures, size_t count);

#endif
