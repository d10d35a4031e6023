#include "report/capacity_words.h"

#include "analysis/knee.h"
#include "analysis/sizing.h"
#include "base/units.h"

#include <math.h>

/* ---- the answer ---- */

static void between(const struct lg_search *s, const char *why, struct lg_buf *out)
{
    char low[LG_UNIT_TEXT], high[LG_UNIT_TEXT];
    lg_show_rate(low, s->low);
    lg_show_rate(high, isfinite(s->high) ? s->high : 0);
    if (s->low > 0 && isfinite(s->high)) {
        lg_buf_addf(out, "between %s and %s: %s", low, high, why);
    } else if (s->low > 0) {
        lg_buf_addf(out, "at least %s: %s", low, why);
    } else if (isfinite(s->high)) {
        lg_buf_addf(out, "below %s: %s", high, why);
    } else {
        lg_buf_addf(out, "not known: %s", why);
    }
}

void lg_report_capacity_answer(const struct lg_capacity_result *r, struct lg_buf *out)
{
    char low[LG_UNIT_TEXT], high[LG_UNIT_TEXT];
    const struct lg_search *s = &r->search;
    if (r->interrupted && s->end == LG_SEARCH_SEARCHING) {
        between(s, "interrupted before there was an answer", out);
        return;
    }
    if (r->ended[0] != '\0') {
        between(s, r->ended, out);
        return;
    }
    switch (s->end) {
    case LG_SEARCH_FOUND:
        lg_buf_addf(out, "%s holds, %s does not", lg_show_rate(low, s->low),
                    lg_show_rate(high, s->high));
        break;
    case LG_SEARCH_GENERATOR_FIRST:
        between(s,
                s->low > 0 ? "the generator's limit came first"
                           : "the generator could not keep any schedule",
                out);
        break;
    case LG_SEARCH_DISTURBED:
        between(s, "the machine was too busy to go on", out);
        break;
    case LG_SEARCH_NO_BOUND:
        between(s, "no bound was found up to the highest rate tried", out);
        break;
    case LG_SEARCH_BELOW_START:
        lg_buf_addf(out, "below %s, the lowest rate tried", lg_show_rate(high, s->high));
        break;
    case LG_SEARCH_NOT_MONOTONE:
        lg_buf_addf(out, "no single answer: it held above rates at which it had failed, around %s",
                    lg_show_rate(low, s->low));
        break;
    default:
        between(s, "the trials allowed are used up", out);
    }
}

static void carries(const struct lg_capacity_result *r, struct lg_buf *out)
{
    char low[LG_UNIT_TEXT], high[LG_UNIT_TEXT];
    const struct lg_search *s = &r->search;
    if (r->search.end == LG_SEARCH_NOT_MONOTONE) {
        lg_buf_addf(out, "%s has no single answer", r->target);
    } else if (s->low > 0 && isfinite(s->high)) {
        lg_buf_addf(out, "%s carries %s to %s", r->target, lg_show_rate(low, s->low),
                    lg_show_rate(high, s->high));
    } else if (s->low > 0) {
        lg_buf_addf(out, "%s carries at least %s", r->target, lg_show_rate(low, s->low));
    } else if (isfinite(s->high)) {
        lg_buf_addf(out, "%s carries less than %s", r->target, lg_show_rate(high, s->high));
    } else {
        lg_buf_addf(out, "what %s carries is not known", r->target);
    }
}

static void compare(const struct lg_capacity_result *a, const struct lg_capacity_result *b,
                    struct lg_buf *out)
{
    if (a->search.low < b->search.low) {
        const struct lg_capacity_result *other = a;
        a = b;
        b = other;
    }
    double low = a->search.low / b->search.high, high = a->search.high / b->search.low;
    if (low > 1) {
        lg_buf_addf(out, ": %s %.3g to %.3g times as much", a->target, low, high);
    } else {
        lg_buf_adds(out, ": no difference is shown");
    }
}

void lg_capacity_headline(const struct lg_capacity_page *page, struct lg_buf *out)
{
    size_t found = 0;
    for (size_t i = 0; i < page->target_count; i++) {
        lg_buf_adds(out, i > 0 ? ", " : "");
        carries(&page->targets[i], out);
        found += page->targets[i].search.end == LG_SEARCH_FOUND;
    }
    if (page->target_count == 2 && found == 2) {
        compare(&page->targets[0], &page->targets[1], out);
    }
}

/* ---- resources ---- */

static void used_up(const struct lg_capacity_page *page, const struct lg_capacity_result *r,
                    struct lg_buf *out)
{
    char one[LG_UNIT_TEXT], all[LG_UNIT_TEXT];
    double server = r->cores_at_low, both = server + fmax(r->generator_cores_at_low, 0);
    double others = fmax(r->others_cores_at_low, 0);
    if (r->demand_growth > 1.25) {
        lg_buf_addf(out, "it grew by %.0f %% with the load: contention or retries",
                    100 * (r->demand_growth - 1));
    } else if (both > 0.9 * page->cores) {
        lg_buf_addf(out,
                    "with the generator's %.2f the machine's %u cores are used up: on a machine "
                    "of its own it may carry more",
                    both - server, page->cores);
    } else if (both + others > 0.9 * page->cores) {
        lg_buf_addf(out,
                    "other programs used %.2f cores meanwhile, and with them the machine's %u are "
                    "used up: search again when it is quiet",
                    others, page->cores);
    } else if (server > 0.9 && server < 1.15) {
        lg_buf_adds(out, "one core's worth is used up, as by one process or event loop");
    } else if (server < 0.7 && r->search.end == LG_SEARCH_FOUND) {
        lg_buf_adds(out, "so the CPU is not what bounds it: a lock, a pool, a disk or a queue");
    } else {
        lg_buf_addf(out, "one core could do %s, all %u of this machine %s",
                    lg_show_rate(one, lg_knee_most(1, r->demand_s)), page->cores,
                    lg_show_rate(all, lg_knee_most(page->cores, r->demand_s)));
    }
}

void lg_capacity_resource(const struct lg_capacity_page *page, const struct lg_capacity_result *r,
                          struct lg_buf *out)
{
    char demand[LG_UNIT_TEXT];
    if (r->demand_s > 0) {
        lg_buf_addf(out, "CPU %s per iteration, %.2f cores at the highest rate that held; ",
                    lg_show_time(demand, r->demand_s * 1e9), r->cores_at_low);
        used_up(page, r, out);
    }
}

/* A parameter that may not be negative never quite reaches 0. */
static double or_zero(double parameter)
{
    return parameter < 1e-6 ? 0 : parameter;
}

static void parameter(const char *name, double best, struct lg_interval i, struct lg_buf *out)
{
    lg_buf_addf(out, "%s %.3g", name, or_zero(best));
    if (i.known) {
        lg_buf_addf(out, " [%.3g, %.3g]", or_zero(i.low), or_zero(i.high));
    }
}

void lg_capacity_law(const struct lg_capacity_result *r, struct lg_buf *out)
{
    const struct lg_usl_fit *u = &r->usl;
    if (!u->known) {
        return;
    }
    if (u->sigma.known && u->sigma.high - u->sigma.low > 0.5) {
        lg_buf_addf(out,
                    "scalability law: the closed trials scatter too much to tell (sigma between "
                    "%.2g and %.2g)",
                    or_zero(u->sigma.low), u->sigma.high);
        return;
    }
    parameter("scalability law: sigma", u->best.sigma, u->sigma, out);
    parameter(", kappa", u->best.kappa, u->kappa, out);
    if (u->peak_is_measured) {
        lg_buf_addf(out, "; throughput peaks at %.3g users [%.3g, %.3g]", lg_usl_peak(&u->best),
                    u->peak.low, u->peak.high);
    } else {
        lg_buf_adds(out, "; no peak within the measured range");
    }
}

/* What a pause between two trials would not show. */
static const double worth_telling_s = 2;

void lg_capacity_recovery(const struct lg_capacity_result *r, struct lg_buf *out)
{
    const struct lg_capacity_trial *worst = NULL;
    char rate[LG_UNIT_TEXT];
    size_t count = 0;
    for (size_t i = 0; i < r->trial_count; i++) {
        const struct lg_capacity_trial *t = &r->trials[i];
        count += t->recovery_s >= worth_telling_s;
        worst = worst == NULL || t->recovery_s > worst->recovery_s ? t : worst;
    }
    if (count > 0 && isinf(worst->recovery_s)) {
        lg_buf_addf(out, "metastable: after %s it did not come back by itself within 30 s",
                    lg_show_rate(rate, worst->rate));
    } else if (count > 0) {
        lg_buf_addf(out,
                    "metastable: an overload holds it down after it has gone, for %.1f s after %s "
                    "(%zu of %zu trials); the search waited each time",
                    worst->recovery_s, lg_show_rate(rate, worst->rate), count, r->trial_count);
    }
}

/* ---- overload ---- */

/* Of what holds: below it, the overload itself costs a good part of what the server could do. */
static const double kept = 0.8;

void lg_capacity_recovers(const struct lg_overload_sum *sum, struct lg_buf *out)
{
    if (isinf(sum->recovery_s)) {
        lg_buf_addf(out, "not within %.0f s", sum->watched_s);
    } else if (sum->recovery_s > 0) {
        lg_buf_addf(out, "in %.0f s", sum->recovery_s);
    } else if (sum->recovery_s == 0) {
        lg_buf_adds(out, "at once");
    }
}

static void add_recovery(const struct lg_overload_sum *sum, struct lg_buf *out)
{
    if (sum->died) {
        lg_buf_adds(out, "; the server ended in an overload");
    } else if (isinf(sum->recovery_s)) {
        lg_buf_addf(
            out, "; does not recover within %.0f s at %.0f %% of that: the overload holds it down",
            sum->watched_s, 100 * LG_OVERLOAD_BASE);
    } else if (sum->recovery_s >= 0) {
        lg_buf_adds(out, ", recovers ");
        lg_capacity_recovers(sum, out);
    }
}

static void add_goodput(const struct lg_capacity_result *r, const struct lg_overload_sum *sum,
                        struct lg_buf *out)
{
    char goodput[LG_UNIT_TEXT], capacity[LG_UNIT_TEXT], low[LG_UNIT_TEXT], high[LG_UNIT_TEXT];
    lg_buf_addf(out, "carries %s of %s, %.0f %%", lg_show_rate(goodput, sum->goodput),
                lg_show_rate(capacity, r->search.low), 100 * sum->goodput / r->search.low);
    if (sum->count > 1) {
        lg_buf_addf(out, " (%s to %s in %zu trials)", lg_show_rate(low, sum->low),
                    lg_show_rate(high, sum->high), sum->count);
    } else {
        lg_buf_adds(out, " (1 trial)");
    }
    if (sum->high < kept * r->search.low) {
        lg_buf_adds(out, ": its goodput collapses");
    }
}

void lg_capacity_overload_words(const struct lg_capacity_page *page,
                                const struct lg_capacity_result *r, struct lg_buf *out)
{
    struct lg_overload_sum sum = lg_overload_sum(r->overload, r->overload_count);
    if (page->overload_factor <= 0) {
        return;
    }
    lg_buf_addf(out, "at %.4g times that: ", page->overload_factor);
    if (sum.count > 0) {
        add_goodput(r, &sum, out);
        add_recovery(&sum, out);
    } else if (r->overload_count > 0) {
        const struct lg_overload_trial *last = &r->overload[r->overload_count - 1];
        lg_buf_addf(out, "no figure, as %s: %s",
                    last->verdict == LG_TRIAL_GENERATOR ? "the generator's limit came first"
                                                        : "the machine was too busy",
                    last->why);
    } else {
        lg_buf_adds(out, r->search.end == LG_SEARCH_FOUND ? "not measured"
                                                          : "not tried, as no capacity was found");
    }
}

void lg_capacity_company(const struct lg_capacity_page *page, const struct lg_capacity_result *r,
                         struct lg_buf *out)
{
    if (r->search.low > 0 && r->others_cores_at_low > 0.1 * page->cores) {
        lg_buf_addf(out,
                    "Other programs used %.2f of the %u cores meanwhile: on a quiet machine it may "
                    "carry more.",
                    r->others_cores_at_low, page->cores);
    }
}

void lg_capacity_knees(const struct lg_capacity_result *r, struct lg_buf *out)
{
    char bend[LG_UNIT_TEXT];
    const char *gap = "";
    if (r->kneedle > 0) {
        lg_buf_addf(out, "throughput bends at %s (Kneedle)", lg_show_rate(bend, r->kneedle));
        gap = "; ";
    }
    if (r->demand_s > 0 && r->idle_response_s > 0) {
        lg_buf_addf(out, "%sthe asymptotes of one core cross at %.3g users (Denning and Buzen)",
                    gap, lg_knee_asymptotes(r->idle_response_s, 0, r->demand_s));
    }
}

size_t lg_capacity_not_counted(const struct lg_capacity_result *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->trial_count; i++) {
        n += !lg_capacity_counts(&r->trials[i]);
    }
    return n;
}

/* ---- sizing ---- */

size_t lg_capacity_sizes(const struct lg_capacity_result *r, struct lg_capacity_size rows[3])
{
    const struct lg_search *s = &r->search;
    if (s->low <= 0 || s->end == LG_SEARCH_NOT_MONOTONE) {
        return 0;
    }
    rows[0] = (struct lg_capacity_size){"low end", s->low};
    if (!isfinite(s->high)) {
        return 1;
    }
    rows[1] = (struct lg_capacity_size){"middle", sqrt(s->low * s->high)};
    rows[2] = (struct lg_capacity_size){"high end", s->high};
    return 3;
}

void lg_capacity_sizing_intro(const struct lg_capacity_page *page, struct lg_buf *out)
{
    const struct lg_sizing *s = page->sizing;
    char load[LG_UNIT_TEXT];
    lg_buf_addf(out, "Instances for %s and %.0f %% growth, at most %.0f %% used, %u spare; ",
                lg_show_rate(load, s->load), 100 * s->growth, 100 * s->utilisation, s->spares);
    if (s->efficiency < 1) {
        lg_buf_addf(out, "scale-out at %.0f %% of linear, as given.", 100 * s->efficiency);
    } else {
        lg_buf_adds(out, "linear scale-out assumed, not measured.");
    }
}
