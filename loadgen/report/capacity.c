#include "report/capacity.h"

#include "analysis/sizing.h"
#include "base/units.h"
#include "report/capacity_claims.h"
#include "report/capacity_words.h"
#include "report/plain.h"

#include <math.h>
#include <stdio.h>

/* ---- sizing ---- */

static void sizing_line(const struct lg_capacity_page *page, const char *target,
                        const struct lg_capacity_size *row, bool markdown, struct lg_buf *out)
{
    char capacity[LG_UNIT_TEXT];
    struct lg_size size = lg_size_for(page->sizing, row->capacity);
    lg_show_rate(capacity, row->capacity);
    const char *format = markdown ? "| %s | %s | %s | %llu | %.0f %% | %.0f %% |"
                                  : "  %-16s %-9s %10s %6llu %9.0f %% %9.0f %%";
    lg_buf_addf(out, format, target, row->end, capacity, (unsigned long long)size.instances,
                100 * size.utilisation_all, 100 * size.utilisation_spare);
    if (page->sizing->price_per_hour > 0) {
        lg_buf_addf(out, markdown ? " %.3g |" : " %9.3g", size.cost_per_million);
    }
    lg_buf_adds(out, "\n");
}

static void sizing_table(const struct lg_capacity_page *page, bool markdown, struct lg_buf *out)
{
    bool priced = page->sizing->price_per_hour > 0, any = false;
    struct lg_buf intro = {0};
    for (size_t i = 0; i < page->target_count; i++) {
        any = any || page->targets[i].search.low > 0;
    }
    if (!any) {
        return;
    }
    lg_buf_adds(out, "\n");
    lg_capacity_sizing_intro(page, &intro);
    lg_buf_add(&intro, "", 1);
    lg_plain_wrap(out, intro.p, 0, markdown ? SIZE_MAX : 80);
    lg_buf_free(&intro);
    lg_buf_adds(out, "\n");
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
        struct lg_capacity_size rows[3];
        size_t n = lg_capacity_sizes(&page->targets[i], rows);
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
        lg_buf_addf(out, "%s%s", i > 0 ? "; " : "", page->objectives[i].text);
    }
}

/* Of the trials of an overload. */
static void overload_how(const struct lg_capacity_page *page, size_t width, struct lg_buf *out)
{
    struct lg_buf line = {0};
    lg_buf_addf(&line, "Overload: %s.", page->overload_how);
    lg_buf_add(&line, "", 1);
    lg_plain_wrap(out, line.p, 0, width);
    lg_buf_free(&line);
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
    for (int i = 0; i < 4; i++) {
        lg_buf_clear(&line);
        if (i < 2) {
            (i == 0 ? lg_capacity_overload_words : lg_capacity_resource)(page, r, &line);
        } else {
            (i == 2 ? lg_capacity_recovery : lg_capacity_law)(r, &line);
        }
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
    if (page->overload_factor > 0) {
        lg_buf_adds(out, "\n");
        overload_how(page, 80, out);
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
        snprintf(users, sizeof users, "%u user%s", t->users, t->users == 1 ? "" : "s");
        lg_buf_addf(out, "| %s | %.0f s | %s | %s | %s | %s | %s | ",
                    t->users > 0 ? users : lg_show_rate(asked, t->rate), t->seconds,
                    t->users > 0 && lg_capacity_counts(t) ? "" : lg_search_verdict_name(t->verdict),
                    lg_show_rate(done, t->achieved), time_or(p50, t->p50_ns),
                    time_or(p99, t->p99_ns), lg_show_share(failed, t->failed_share));
        lg_plain_add(out, t->why, 100);
        lg_buf_adds(out, " |\n");
    }
}

static void overload_rows(const struct lg_capacity_result *r, struct lg_buf *out)
{
    for (size_t i = 0; i < r->overload_count; i++) {
        const struct lg_overload_trial *t = &r->overload[i];
        struct lg_overload_sum one = lg_overload_sum(t, 1);
        char asked[LG_UNIT_TEXT], done[LG_UNIT_TEXT], p50[LG_UNIT_TEXT], p99[LG_UNIT_TEXT];
        char refused[LG_UNIT_TEXT];
        bool recovers = one.recovery_s >= 0 && !one.died;
        lg_buf_addf(
            out, "| %s | %.0f s | %s | %s | %s | %s | %s | %s", lg_show_rate(asked, t->rate),
            t->seconds, lg_overload_counts(t) ? "overload" : lg_search_verdict_name(t->verdict),
            lg_show_rate(done, t->goodput), time_or(p50, t->p50_ns), time_or(p99, t->p99_ns),
            lg_show_share(refused, t->refused_share), recovers ? "objectives met again: " : "");
        if (recovers) {
            lg_capacity_recovers(&one, out);
        }
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
    lg_capacity_overload_words(page, r, out);
    lg_buf_adds(out, page->overload_factor > 0 ? "\n\n" : "");
    lg_capacity_resource(page, r, out);
    lg_buf_adds(out, "\n\n");
    lg_capacity_law(r, out);
    lg_buf_adds(out, "\n\n");
    lg_capacity_knees(r, out);
    lg_buf_adds(out, "\n\n");
    lg_capacity_recovery(r, out);
    lg_buf_adds(out, "\n\n| load | length | verdict | completed | p50 | p99 | failed | why |\n"
                     "|---:|---:|---|---:|---:|---:|---:|---|\n");
    trial_rows(r->trials, r->trial_count, out);
    overload_rows(r, out);
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
    if (page->overload_factor > 0) {
        lg_buf_adds(out, "\n");
        overload_how(page, SIZE_MAX, out);
    }
    if (page->sizing != NULL) {
        lg_buf_adds(out, "\n## Sizing\n");
        sizing_table(page, true, out);
    }
    lg_capacity_claims_markdown(page, out);
}
