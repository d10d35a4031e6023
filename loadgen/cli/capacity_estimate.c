#include "cli/capacity_estimate.h"

#include "cli/capacity_overload.h"

#include <math.h>
#include <stdio.h>

/* The curve's loads double from one user to four times the concurrency at the capacity, which is
 * known only then. */
enum { USUAL_LOADS = 4, MOST_LOADS = 13 };

struct estimate {
    unsigned trials, most_trials;
    double usual_s, most_s; /* of one target */
};

static void add_curve(const struct lg_capacity_options *options, double warmup_s,
                      struct estimate *of)
{
    double one = (double)options->trial * 1e-9 + warmup_s;
    unsigned usual = LG_CURVE_TRIALS * USUAL_LOADS;
    unsigned most = LG_CURVE_TRIALS * MOST_LOADS * LG_CURVE_ATTEMPTS;
    of->trials += usual;
    of->most_trials += most;
    of->usual_s += usual * one;
    of->most_s += most * one;
}

static void add_overload(const struct lg_plan *plan, const struct lg_capacity_options *options,
                         struct estimate *of)
{
    double one = lg_capacity_overload_length(plan, options);
    unsigned most = LG_OVERLOAD_TRIALS * LG_OVERLOAD_ATTEMPTS;
    of->trials += LG_OVERLOAD_TRIALS;
    of->most_trials += most;
    of->usual_s += LG_OVERLOAD_TRIALS * one;
    of->most_s += most * one;
}

/* An automatic warm-up takes as long as half of its trial, and 30 s at most. */
static double with_warmup(const struct lg_plan *plan, const struct lg_capacity_options *options,
                          struct lg_search_effort effort)
{
    double load = effort.times * (double)options->trial * 1e-9;
    return plan->warmup == LG_WARMUP_AUTO ? load + fmin(load / 2, 30.0 * effort.trials)
                                          : load + effort.trials * (double)plan->warmup * 1e-9;
}

static struct estimate estimate(const struct lg_plan *plan,
                                const struct lg_capacity_options *options)
{
    struct lg_search_effort usual = lg_search_usual(&options->search);
    struct lg_search_effort most = lg_search_most(&options->search);
    struct estimate of = {.trials = usual.trials,
                          .most_trials = most.trials,
                          .usual_s = with_warmup(plan, options, usual),
                          .most_s = with_warmup(plan, options, most)};
    double warmup_s =
        (double)(plan->warmup == LG_WARMUP_AUTO ? options->trial / 2 : plan->warmup) * 1e-9;
    if (options->curve) {
        add_curve(options, warmup_s, &of);
    }
    if (options->overload > 0) {
        add_overload(plan, options, &of);
    }
    return of;
}

static const char *span(double seconds, struct lg_arena *arena)
{
    if (seconds < 90) {
        return lg_arena_printf(arena, "%.0f s", ceil(seconds));
    }
    return seconds < 5400 ? lg_arena_printf(arena, "%.0f min", ceil(seconds / 60))
                          : lg_arena_printf(arena, "%.1f h", ceil(seconds / 360) / 10);
}

const char *lg_capacity_estimate(const struct lg_plan *plan,
                                 const struct lg_capacity_options *options, struct lg_arena *arena)
{
    struct estimate of = estimate(plan, options);
    size_t targets = plan->target_count;
    const char *together = targets == 1
                               ? ""
                               : lg_arena_printf(arena, "; together about %s",
                                                 span((double)targets * of.usual_s, arena));
    return lg_arena_printf(
        arena,
        "%zu target%s usually %u trials of %g s or more in about %s, at most %u%s; at most %s "
        "where trials are unclear and made again, longer (starts of servers and waits for "
        "recovery not counted)",
        targets, targets == 1 ? "," : "s, each", of.trials, (double)options->trial * 1e-9,
        span(of.usual_s, arena), of.most_trials, together,
        span((double)targets * of.most_s, arena));
}
