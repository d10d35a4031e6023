#include "report/capacity.h"

#include "analysis/capacity.h"
#include "analysis/knee.h"
#include "analysis/sizing.h"
#include "base/units.h"
#include "report/capacity_claims.h"
#include "report/plain.h"

#include <math.h>
#include <stdio.h>

static const char *rate(char *text, double per_s)
{
    return lg_show_rate(text, per_s);
}

void lg_report_capacity_answer(const struct lg_capacity_result *r, struct lg_buf *out)
{
    char low[LG_UNIT_TEXT], high[LG_UNIT_TEXT];
    const struct lg_search *s = &r->search;
    rate(low, s->low);
    rate(high, isfinite(s->high) ? s->high : 0);
    if (r->interrupted) {
        lg_buf_adds(out, "interrupted before there was an answer");
        return;
    }
    switch (s->end) {
    case LG_SEARCH_FOUND:
        lg_buf_addf(out, "%s holds, %s does not", low, high);
        break;
    case LG_SEARCH_GENERATOR_FIRST:
        if (s->low > 0) {
            lg_buf_addf(out, "at least %s: the generator's limit came first", low);
        } else {
            lg_buf_adds(out, "not known: the generator could not keep any schedule");
        }
        break;
    case LG_SEARCH_NO_BOUND:
        lg_buf_addf(out, "at least %s: no bound was found up to the highest rate tried", low);
        break;
    case LG_SEARCH_BELOW_START:
        lg_buf_addf(out, "below %s, the lowest rate tried", high);
        break;
    case LG_SEARCH_NOT_MONOTONE:
        lg_buf_addf(out, "no single answer: it held above rates at which it had failed, around %s",
                    low);
        break;
    default:
        if (r->ended[0] != '\0') {
            lg_buf_addf(out, "the search ended: %s", r->ended);
        } else if (s->low > 0 && isfinite(s->high)) {
            lg_buf_addf(out, "between %s and %s: the trials allowed are used up", low, high);
        } else {
            lg_buf_adds(out, "not known: the trials allowed are used up");
        }
    }
}

/* ---- what else is known ---- */

static void add_demand(const struct lg_capacity_result *r, unsigned cores, struct lg_buf *out)
{
    char demand[LG_UNIT_TEXT], most[LG_UNIT_TEXT];
    if (r->demand_s <= 0) {
        return;
    }
    lg_buf_addf(out, "CPU %s per iteration, %.2f cores at the highest rate that held; ",
                lg_show_time(demand, r->demand_s * 1e9), r->cores_at_low);
    if (r->demand_growth > 1.25) {
        lg_buf_addf(out, "it grew by %.0f %% with the load: contention or retries",
                    100 * (r->demand_growth - 1));
    } else if (r->cores_at_low < 0.7 && r->search.end == LG_SEARCH_FOUND) {
        lg_buf_adds(out, "so the CPU is not what bounds it: a lock, a pool, a disk or a queue");
    } else {
        lg_buf_addf(out, "one core could do %s, all %u of this machine %s",
                    lg_show_rate(most, lg_knee_most(1, r->demand_s)), cores,
                    lg_show_rate(demand, lg_knee_most(cores, r->demand_s)));
    }
}

static void add_law(const struct lg_capacity_result *r, struct lg_buf *out)
{
    const struct lg_usl_fit *u = &r->usl;
    if (!u->known) {
        return;
    }
    lg_buf_addf(out, "scalability law: sigma %.3g", u->best.sigma);
    if (u->sigma.known) {
        lg_buf_addf(out, " [%.3g, %.3g]", u->sigma.low, u->sigma.high);
    }
    lg_buf_addf(out, ", kappa %.3g", u->best.kappa);
    if (u->kappa.known) {
        lg_buf_addf(out, " [%.3g, %.3g]", u->kappa.low, u->kappa.high);
    }
    if (u->peak_is_measured) {
        lg_buf_addf(out, "; throughput peaks at %.0f users [%.0f, %.0f]", lg_usl_peak(&u->best),
                    u->peak.low, u->peak.high);
    } else {
        lg_buf_adds(out, "; no peak within the measured range");
    }
}

/* ---- sizing ---- */

struct sizing_row {
    const char *what;
    double capacity;
};

static size_t sizing_rows(const struct lg_capacity_result *r, struct sizing_row rows[3])
{
    const struct lg_search *s = &r->search;
    if (s->low <= 0) {
        return 0;
    }
    rows[0] = (struct sizing_row){"low end", s->low};
    if (!isfinite(s->high)) {
        return 1;
    }
    rows[1] = (struct sizing_row){"middle", sqrt(s->low * s->high)};
    rows[2] = (struct sizing_row){"high end", s->high};
    return 3;
}

static void sizing_line(const struct lg_capacity_page *page, const char *target,
                        const struct sizing_row *row, bool markdown, struct lg_buf *out)
{
    char capacity[LG_UNIT_TEXT];
    struct lg_size size = lg_size_for(page->sizing, row->capacity);
    lg_show_rate(capacity, row->capacity);
    const char *format = markdown ? "| %s | %s | %s | %llu | %.0f %% | %.0f %% |"
                                  : "  %-16s %-9s %10s %6llu %9.0f %% %9.0f %%";
    lg_buf_addf(out, format, target, row->what, capacity, (unsigned long long)size.instances,
                100 * size.utilisation_all, 100 * size.utilisation_spare);
    if (page->sizing->price_per_hour > 0) {
        lg_buf_addf(out, markdown ? " %.3g |" : " %9.3g", size.cost_per_million);
    }
    lg_buf_adds(out, "\n");
}

static void sizing_intro(const struct lg_capacity_page *page, struct lg_buf *out)
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

static void sizing_table(const struct lg_capacity_page *page, bool markdown, struct lg_buf *out)
{
    bool priced = page->sizing->price_per_hour > 0, any = false;
    for (size_t i = 0; i < page->target_count; i++) {
        any = any || page->targets[i].search.low > 0;
    }
    if (!any) {
        return;
    }
    lg_buf_adds(out, "\n");
    sizing_intro(page, out);
    lg_buf_adds(out, "\n\n");
    if (markdown) {
        lg_buf_addf(out,
                    "| target | capacity of one | | instances | all up | spares down |%s\n"
                    "|---|---|---:|---:|---:|---:|%s\n",
                    priced ? " cost per million |" : "", priced ? "---:|" : "");
    } else {
        lg_buf_addf(out, "  %-16s %-9s %10s %6s %11s %11s%s\n", "target", "", "one does", "need",
                    "all up", "spares down", priced ? "   cost/1M" : "");
    }
    for (size_t i = 0; i < page->target_count; i++) {
        struct sizing_row rows[3];
        size_t n = sizing_rows(&page->targets[i], rows);
        for (size_t k = 0; k < n; k++) {
            sizing_line(page, page->targets[i].target, &rows[k], markdown, out);
        }
    }
}

/* ---- text ---- */

static void heading(const struct lg_capacity_page *page, struct lg_buf *out)
{
    lg_buf_addf(out, "capacity of %s, with ", page->scenario);
    for (size_t i = 0; i < page->objective_count; i++) {
        lg_buf_addf(out, "%s%s", i > 0 ? "; " : "", page->objectives[i]);
    }
}

static void target_text(const struct lg_capacity_page *page, const struct lg_capacity_result *r,
                        struct lg_buf *out)
{
    struct lg_buf line = {0};
    lg_buf_addf(&line, "%s: ", r->target);
    lg_report_capacity_answer(r, &line);
    lg_buf_addf(&line, " (%u trials)", r->search.tried);
    lg_buf_add(&line, "", 1);
    lg_plain_wrap(out, line.p, 0, 80);
    for (int i = 0; i < 2; i++) {
        lg_buf_clear(&line);
        (i == 0) ? add_demand(r, page->cores, &line) : add_law(r, &line);
        if (line.n > 0) {
            lg_buf_add(&line, "", 1);
            lg_buf_adds(out, "  ");
            lg_plain_wrap(out, line.p, 2, 80);
        }
    }
    lg_buf_free(&line);
}

void lg_report_capacity_text(const struct lg_capacity_page *page, struct lg_buf *out)
{
    struct lg_buf line = {0};
    heading(page, &line);
    lg_buf_add(&line, "", 1);
    lg_plain_wrap(out, line.p, 0, 80);
    lg_buf_free(&line);
    lg_buf_adds(out, "\n");
    for (size_t i = 0; i < page->target_count; i++) {
        target_text(page, &page->targets[i], out);
    }
    if (page->sizing != NULL) {
        sizing_table(page, false, out);
    }
    lg_capacity_claims_text(page, out);
}

/* ---- Markdown ---- */

static const char *time_or(char *text, double ns)
{
    return ns < 0 ? "-" : isinf(ns) ? "failed" : lg_show_time(text, ns);
}

static void trial_rows(const struct lg_capacity_trial *trials, size_t count, struct lg_buf *out)
{
    for (size_t i = 0; i < count; i++) {
        const struct lg_capacity_trial *t = &trials[i];
        char asked[LG_UNIT_TEXT], done[LG_UNIT_TEXT], p50[LG_UNIT_TEXT], p99[LG_UNIT_TEXT];
        char failed[LG_UNIT_TEXT], users[LG_UNIT_TEXT];
        snprintf(users, sizeof users, "%u users", t->users);
        lg_buf_addf(out, "| %s | %.0f s | %s | %s | %s | %s | %s | ",
                    t->users > 0 ? users : lg_show_rate(asked, t->rate), t->seconds,
                    t->users > 0 ? "" : lg_search_verdict_name(t->verdict),
                    lg_show_rate(done, t->achieved), time_or(p50, t->p50_ns),
                    time_or(p99, t->p99_ns), lg_show_share(failed, t->failed_share));
        lg_plain_add(out, t->why, 100);
        lg_buf_adds(out, " |\n");
    }
}

static void target_markdown(const struct lg_capacity_page *page, const struct lg_capacity_result *r,
                            struct lg_buf *out)
{
    lg_buf_addf(out, "\n## %s\n\n**", r->target);
    lg_report_capacity_answer(r, out);
    lg_buf_addf(out, "** (%u trials; %s)\n\n", r->search.tried, lg_search_end_help(r->search.end));
    add_demand(r, page->cores, out);
    lg_buf_adds(out, "\n\n");
    add_law(r, out);
    if (r->kneedle > 0) {
        char bend[LG_UNIT_TEXT];
        lg_buf_addf(out, "\n\nthroughput bends at %s (Kneedle)", lg_show_rate(bend, r->kneedle));
    }
    lg_buf_adds(out, "\n\n| load | length | verdict | completed | p50 | p99 | failed | why |\n"
                     "|---:|---:|---|---:|---:|---:|---:|---|\n");
    trial_rows(r->trials, r->trial_count, out);
    trial_rows(r->curve, r->curve_count, out);
}

void lg_report_capacity_markdown(const struct lg_capacity_page *page, struct lg_buf *out)
{
    lg_buf_adds(out, "# ");
    heading(page, out);
    lg_buf_addf(out, "\n\n%s, %u cores; `%s`\n", page->cpu, page->cores, page->command);
    for (size_t i = 0; i < page->target_count; i++) {
        target_markdown(page, &page->targets[i], out);
    }
    if (page->sizing != NULL) {
        lg_buf_adds(out, "\n## Sizing\n");
        sizing_table(page, true, out);
    }
    lg_capacity_claims_markdown(page, out);
}
