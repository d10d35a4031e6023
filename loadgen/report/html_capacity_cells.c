#include "report/html_capacity_cells.h"

#include "analysis/capacity.h"
#include "base/units.h"
#include "report/capacity_words.h"

#include <math.h>

/* ---- within the objectives ---- */

/* The longest trial at the greatest rate that held. */
static const struct lg_capacity_trial *at_low(const struct lg_capacity_result *r)
{
    const struct lg_capacity_trial *best = NULL;
    for (size_t i = 0; i < r->trial_count; i++) {
        const struct lg_capacity_trial *t = &r->trials[i];
        bool same = best != NULL && t->rate == best->rate;
        if (t->verdict == LG_TRIAL_HOLDS && t->rate <= r->search.low &&
            (best == NULL || t->rate > best->rate || (same && t->seconds >= best->seconds))) {
            best = t;
        }
    }
    return best;
}

static void cell_capacity(const struct lg_capacity_page *page, const struct lg_capacity_result *r,
                          struct lg_buf *out)
{
    char low[LG_UNIT_TEXT], high[LG_UNIT_TEXT];
    const struct lg_search *s = &r->search;
    (void)page;
    if (s->end == LG_SEARCH_NOT_MONOTONE) {
        lg_buf_adds(out, "no single answer");
    } else if (s->low > 0) {
        lg_buf_addf(out, "%s to %s", lg_show_rate(low, s->low),
                    isfinite(s->high) ? lg_show_rate(high, s->high) : "?");
    }
}

static void cell_time(const struct lg_capacity_trial *t, double ns, struct lg_buf *out)
{
    char text[LG_UNIT_TEXT];
    if (t != NULL && ns >= 0) {
        lg_buf_adds(out, isinf(ns) ? "failed" : lg_show_time(text, ns));
    }
}

static void cell_p50(const struct lg_capacity_page *page, const struct lg_capacity_result *r,
                     struct lg_buf *out)
{
    const struct lg_capacity_trial *t = at_low(r);
    (void)page;
    cell_time(t, t != NULL ? t->p50_ns : -1, out);
}

static void cell_p99(const struct lg_capacity_page *page, const struct lg_capacity_result *r,
                     struct lg_buf *out)
{
    const struct lg_capacity_trial *t = at_low(r);
    (void)page;
    cell_time(t, t != NULL ? t->p99_ns : -1, out);
}

static void cell_demand(const struct lg_capacity_page *page, const struct lg_capacity_result *r,
                        struct lg_buf *out)
{
    char text[LG_UNIT_TEXT];
    (void)page;
    if (r->demand_s > 0) {
        lg_buf_adds(out, lg_show_time(text, r->demand_s * 1e9));
    }
}

static void cell_cores(const struct lg_capacity_page *page, const struct lg_capacity_result *r,
                       struct lg_buf *out)
{
    if (r->cores_at_low >= 0) {
        lg_buf_addf(out, "%.2f of %u", r->cores_at_low, page->cores);
    }
}

static void cell_generator(const struct lg_capacity_page *page, const struct lg_capacity_result *r,
                           struct lg_buf *out)
{
    if (r->generator_cores_at_low >= 0) {
        lg_buf_addf(out, "%.2f of %u", r->generator_cores_at_low, page->cores);
    }
}

static void cell_others(const struct lg_capacity_page *page, const struct lg_capacity_result *r,
                        struct lg_buf *out)
{
    if (r->others_cores_at_low >= 0) {
        lg_buf_addf(out, "%.2f of %u", r->others_cores_at_low, page->cores);
    }
}

static void cell_most(const struct lg_capacity_page *page, const struct lg_capacity_result *r,
                      struct lg_buf *out)
{
    char text[LG_UNIT_TEXT];
    (void)page;
    if (r->demand_s > 0) {
        lg_buf_adds(out, lg_show_rate(text, 1 / r->demand_s));
    }
}

static void cell_kneedle(const struct lg_capacity_page *page, const struct lg_capacity_result *r,
                         struct lg_buf *out)
{
    char text[LG_UNIT_TEXT];
    (void)page;
    if (r->kneedle > 0) {
        lg_buf_adds(out, lg_show_rate(text, r->kneedle));
    }
}

static void cell_asymptotes(const struct lg_capacity_page *page, const struct lg_capacity_result *r,
                            struct lg_buf *out)
{
    (void)page;
    if (r->demand_s > 0 && r->idle_response_s > 0) {
        lg_buf_addf(out, "%.3g users", r->idle_response_s / r->demand_s);
    }
}

static void cell_peak(const struct lg_capacity_page *page, const struct lg_capacity_result *r,
                      struct lg_buf *out)
{
    (void)page;
    if (r->usl.known && r->usl.peak_is_measured) {
        lg_buf_addf(out, "%.3g users (%.3g to %.3g)", lg_usl_peak(&r->usl.best), r->usl.peak.low,
                    r->usl.peak.high);
    } else if (r->usl.known) {
        lg_buf_adds(out, "none measured");
    }
}

/* ---- under overload ---- */

static void cell_goodput(const struct lg_capacity_page *page, const struct lg_capacity_result *r,
                         struct lg_buf *out)
{
    struct lg_overload_sum sum = lg_overload_sum(r->overload, r->overload_count);
    char goodput[LG_UNIT_TEXT];
    if (sum.count > 0) {
        lg_buf_addf(out, "%s, %.0f %%", lg_show_rate(goodput, sum.goodput),
                    100 * sum.goodput / r->search.low);
    } else if (page->overload_factor > 0) {
        lg_buf_adds(out, "no figure");
    }
}

static void cell_offered(const struct lg_capacity_page *page, const struct lg_capacity_result *r,
                         struct lg_buf *out)
{
    char rate[LG_UNIT_TEXT];
    if (r->overload_count > 0) {
        lg_buf_addf(out, "%s, %.4g times", lg_show_rate(rate, r->overload[0].rate),
                    page->overload_factor);
    }
}

static void cell_carried_p50(const struct lg_capacity_page *page,
                             const struct lg_capacity_result *r, struct lg_buf *out)
{
    struct lg_overload_sum sum = lg_overload_sum(r->overload, r->overload_count);
    char text[LG_UNIT_TEXT];
    (void)page;
    if (sum.p50_ns >= 0) {
        lg_buf_adds(out, lg_show_time(text, sum.p50_ns));
    }
}

static void cell_refused(const struct lg_capacity_page *page, const struct lg_capacity_result *r,
                         struct lg_buf *out)
{
    struct lg_overload_sum sum = lg_overload_sum(r->overload, r->overload_count);
    char text[LG_UNIT_TEXT];
    (void)page;
    if (sum.count > 0) {
        lg_buf_adds(out, lg_show_share(text, sum.refused_share));
    }
}

static void cell_recovers(const struct lg_capacity_page *page, const struct lg_capacity_result *r,
                          struct lg_buf *out)
{
    struct lg_overload_sum sum = lg_overload_sum(r->overload, r->overload_count);
    (void)page;
    if (sum.died) {
        lg_buf_adds(out, "the server ended");
    } else {
        lg_capacity_recovers(&sum, out);
    }
}

/* ---- all of them ---- */

static const struct lg_capacity_row rows[] = {
    {"Capacity", "arrivals that hold, and that do not", cell_capacity},
    {NULL, "response time there, p50", cell_p50},
    {NULL, "response time there, p99", cell_p99},
    {"In an overload", "offered, and of the rate that holds", cell_offered},
    {NULL, "completed, and of that rate (goodput)", cell_goodput},
    {NULL, "response time of what completed, p50", cell_carried_p50},
    {NULL, "shed, failed or timed out", cell_refused},
    {NULL, "afterwards the objectives are met again", cell_recovers},
    {"Processor, at the highest rate that held", "server", cell_cores},
    {NULL, "generator", cell_generator},
    {NULL, "other programs", cell_others},
    {NULL, "server, per iteration", cell_demand},
    {NULL, "one core could do (utilisation law)", cell_most},
    {"Other knees, by method", "throughput bends (Kneedle)", cell_kneedle},
    {NULL, "one core's asymptotes cross (Denning and Buzen)", cell_asymptotes},
    {NULL, "throughput peaks (scalability law)", cell_peak},
};

const struct lg_capacity_row *lg_capacity_rows(size_t *count)
{
    *count = sizeof rows / sizeof *rows;
    return rows;
}
