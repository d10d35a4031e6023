#include "workload/arrival.h"

#include <math.h>

static double seconds(lg_ns t)
{
    return (double)t * 1e-9;
}

/* Arrivals within the first `length` seconds of a segment that starts at `rate`. */
static double ramp_mass(double rate, double slope, double length)
{
    return length * (rate + 0.5 * slope * length);
}

static double segment_slope(const struct lg_stage *stages, size_t n, size_t i)
{
    if (i + 1 >= n || stages[i + 1].at == stages[i].at) {
        return 0;
    }
    return (stages[i + 1].rate_per_s - stages[i].rate_per_s) /
           seconds(stages[i + 1].at - stages[i].at);
}

/* The whole segment i; infinite for the last one unless its rate is 0. */
static double segment_mass(const struct lg_stage *stages, size_t n, size_t i)
{
    if (i + 1 >= n) {
        return stages[i].rate_per_s > 0 ? INFINITY : 0;
    }
    double length = seconds(stages[i + 1].at - stages[i].at);
    return ramp_mass(stages[i].rate_per_s, segment_slope(stages, n, i), length);
}

double lg_stages_count(const struct lg_stage *stages, size_t n, lg_ns t)
{
    double total = 0;
    for (size_t i = 0; i < n && stages[i].at < t; i++) {
        lg_ns end = i + 1 < n && stages[i + 1].at < t ? stages[i + 1].at : t;
        total += ramp_mass(stages[i].rate_per_s, segment_slope(stages, n, i),
                           seconds(end - stages[i].at));
    }
    return total;
}

/* When `mass` arrivals have come in segment i: the root of slope/2 t^2 + rate t = mass, in the form
 * that stays exact when the slope is 0 or nearly so. */
static lg_ns when_in_segment(const struct lg_stage *stages, size_t n, size_t i, double mass)
{
    double rate = stages[i].rate_per_s;
    double slope = segment_slope(stages, n, i);
    double root = sqrt(fmax(0, rate * rate + 2 * slope * mass));
    double t = mass > 0 ? 2 * mass / (rate + root) : 0;
    return stages[i].at + (lg_ns)llround(t * 1e9);
}

/* Moves the cursor to the segment in which the integral reaches `count`; false: never. */
static bool seek(const struct lg_stage *stages, size_t n, double count, size_t *segment,
                 double *before)
{
    for (; *segment < n; (*segment)++) {
        double mass = segment_mass(stages, n, *segment);
        /* A count of 0 is reached where the rate first rises above 0. */
        if (mass > 0 && count <= *before + mass) {
            return true;
        }
        *before += mass;
    }
    return false;
}

lg_ns lg_stages_when(const struct lg_stage *stages, size_t n, double count)
{
    size_t segment = 0;
    double before = 0;
    if (!seek(stages, n, count, &segment, &before)) {
        return LG_NEVER;
    }
    return when_in_segment(stages, n, segment, count - before);
}

void lg_arrivals_init(struct lg_arrivals *a, const struct lg_stage *stages, size_t stage_count,
                      enum lg_arrival_process process, uint64_t seed, uint64_t purpose,
                      unsigned share, unsigned shares)
{
    LG_ASSERT(process == LG_ARRIVAL_CONSTANT || process == LG_ARRIVAL_POISSON);
    LG_ASSERT(shares > 0 && share < shares && stage_count > 0 && stages[0].at == 0);
    *a = (struct lg_arrivals){
        .stages = stages,
        .stage_count = stage_count,
        .process = process,
        .index = share,
        .stride = shares,
    };
    lg_rng_init(&a->rng, seed, purpose, 0);
}

void lg_arrivals_init_trace(struct lg_arrivals *a, const struct lg_trace *trace, double speed,
                            unsigned share, unsigned shares)
{
    LG_ASSERT(shares > 0 && share < shares && speed > 0);
    *a = (struct lg_arrivals){
        .process = LG_ARRIVAL_TRACE,
        .trace = trace,
        .speed = speed,
        .index = share,
        .stride = shares,
    };
}

lg_ns lg_trace_when(const struct lg_trace *trace, double speed, uint64_t index)
{
    lg_ns at = trace->requests[index].at;
    return speed == 1 ? at : (lg_ns)llround((double)at / speed);
}

static lg_ns next_of_trace(struct lg_arrivals *a, uint64_t *index)
{
    if (a->index >= a->trace->count) {
        return LG_NEVER;
    }
    *index = a->index;
    a->index += a->stride;
    return lg_trace_when(a->trace, a->speed, *index);
}

lg_ns lg_arrivals_next(struct lg_arrivals *a, uint64_t *index)
{
    if (a->process == LG_ARRIVAL_TRACE) {
        return next_of_trace(a, index);
    }
    double count = (double)a->index;
    if (a->process == LG_ARRIVAL_POISSON) {
        /* A unit-rate Poisson process mapped through the inverse of the integral (Cinlar 1975).
         * Every share draws the whole sequence and keeps its own part. */
        while (a->generated <= a->index) {
            a->mass += lg_rng_exp(&a->rng);
            a->generated++;
        }
        count = a->mass;
    }
    if (!seek(a->stages, a->stage_count, count, &a->segment, &a->segment_mass)) {
        return LG_NEVER;
    }
    *index = a->index;
    a->index += a->stride;
    return when_in_segment(a->stages, a->stage_count, a->segment, count - a->segment_mass);
}
