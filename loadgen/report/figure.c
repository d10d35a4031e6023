#include "report/figure.h"

#include <stdlib.h>

enum { ENOUGH_ABOVE = 10 };

static struct lg_figure beyond(double at_least)
{
    return (struct lg_figure){.kind = LG_FIGURE_BEYOND, .value = at_least};
}

struct lg_figure lg_figure_quantile(const struct lg_hist *h, double q, uint64_t above,
                                    double above_ns)
{
    uint64_t count = h ? h->count : 0;
    double exceeding = (1 - q) * (double)(count + above);
    /* 1 - 0.999 is a little below 0.001: 1000 samples must count as one above. */
    if (exceeding < 1 - 1e-9) {
        return lg_figure_none;
    }
    lg_ns v = count ? lg_hist_quantile(h, q, above) : LG_NEVER;
    struct lg_figure figure = v == LG_NEVER ? beyond(above_ns) : lg_figure((double)v);
    figure.few = exceeding < ENOUGH_ABOVE - 1e-9;
    return figure;
}

struct lg_figure lg_figure_max(const struct lg_hist *h, uint64_t above, double above_ns)
{
    if (above > 0) {
        return beyond(above_ns);
    }
    return h && h->count ? lg_figure((double)h->max) : lg_figure_none;
}

struct lg_figure lg_figure_throughput(const struct lg_stream_result *stream, double q)
{
    uint64_t count = stream->throughput != NULL ? stream->throughput->count : 0;
    double below = q * (double)(count + stream->failed);
    if (stream->throughput == NULL || below < 1 - 1e-9) {
        return lg_figure_none;
    }
    struct lg_figure figure = lg_figure((double)lg_throughput_quantile(stream, q));
    figure.few = below < ENOUGH_ABOVE - 1e-9;
    return figure;
}

uint64_t lg_figure_failures(const struct lg_step_result *step)
{
    uint64_t sum = 0;
    for (int i = 0; i < LG_OUTCOME_CLASSES; i++) {
        sum += i == LG_OK ? 0 : step->outcomes[i];
    }
    return sum;
}

/* When every failure is a timeout, all of them took at least as long as the quickest one. */
static double least_failure(const struct lg_step_result *step, enum lg_phase phase)
{
    const struct lg_hist *failed = step->phase[LG_PHASE_FAILED];
    bool timeouts_only = lg_figure_failures(step) == step->outcomes[LG_TIMEOUT];
    bool known = phase == LG_PHASE_RESPONSE && timeouts_only && failed && failed->count;
    return known ? (double)failed->min : 0;
}

struct lg_figure lg_figure_step(const struct lg_step_result *step, enum lg_phase phase, double q)
{
    return lg_figure_quantile(step->phase[phase], q, lg_step_above(step, phase),
                              least_failure(step, phase));
}

struct lg_figure lg_figure_step_max(const struct lg_step_result *step, enum lg_phase phase)
{
    return lg_figure_max(step->phase[phase], lg_step_above(step, phase),
                         least_failure(step, phase));
}

static int by_size(const void *pa, const void *pb)
{
    const struct lg_figure *a = pa, *b = pb;
    if (a->kind != b->kind) {
        return a->kind < b->kind ? -1 : 1;
    }
    return (a->value > b->value) - (a->value < b->value);
}

static struct lg_figure middle(const struct lg_figure *sorted, size_t count)
{
    struct lg_figure upper = sorted[count / 2], lower = sorted[(count - 1) / 2];
    if (upper.kind == LG_FIGURE_NUMBER) {
        upper.value = (upper.value + lower.value) / 2;
    }
    return upper;
}

struct lg_spread lg_figure_spread(struct lg_figure *figures, size_t count)
{
    struct lg_spread spread = {.count = 0};
    bool few = false;
    qsort(figures, count, sizeof *figures, by_size);
    while (count > 0 && figures->kind == LG_FIGURE_NONE) {
        figures++;
        count--;
    }
    if (count == 0) {
        return spread;
    }
    for (size_t i = 0; i < count; i++) {
        few = few || figures[i].few;
    }
    spread = (struct lg_spread){.median = middle(figures, count),
                                .low = figures[0],
                                .high = figures[count - 1],
                                .count = count};
    spread.median.few = few;
    return spread;
}
