#include "analysis/capacity.h"
#include "analysis/sizing.h"
#include "base/units.h"
#include "report/capacity.h"
#include "report/capacity_words.h"
#include "report/html_capacity_cells.h"
#include "report/html_template.h"
#include "report/html_text.h"
#include "report/pages.h"
#include "report/sheet_build.h"

#include <math.h>
#include <stdio.h>

/* ---- the first screen: the answer, and whether to believe it ---- */

static void facts(const struct lg_capacity_page *page, const char *headline, struct lg_buf *out)
{
    lg_html_element(out, "<p class=\"facts\" id=\"capacity\"><span>", page->scenario,
                    ": capacity</span>");
    lg_html_when(out, page->started_at);
    lg_html_element(out, "<span>", page->cpu, "</span>");
    lg_buf_addf(out, "<span>%u %s</span></p>\n", page->cores, page->cores == 1 ? "core" : "cores");
    lg_html_element(out, "<h1 id=\"headline\" class=\"long\">", headline, "</h1>\n");
    lg_buf_adds(out, "<p class=\"question\">Capacity: the greatest arrival rate that holds, with "
                     "certainty, ");
    for (size_t i = 0; i < page->objective_count; i++) {
        lg_html_element(out, i > 0 ? " and <code>" : "<code>", page->objectives[i].text, "</code>");
    }
    lg_buf_adds(out, "</p>\n");
}

/* A paragraph of what `words` holds, if anything; leaves it empty. */
static void add_words(struct lg_buf *words, struct lg_buf *out)
{
    if (words->n > 0) {
        lg_buf_add(words, "", 1);
        lg_html_element(out, "<p>", words->p, "</p>");
    }
    lg_buf_clear(words);
}

static void verdict(const struct lg_capacity_page *page, const struct lg_capacity_result *r,
                    struct lg_buf *out)
{
    bool found = r->search.end == LG_SEARCH_FOUND;
    bool bad = r->search.low <= 0 || r->search.end == LG_SEARCH_NOT_MONOTONE;
    struct lg_buf words = {0}, company = {0};
    lg_capacity_company(page, r, &company);
    lg_report_capacity_answer(r, &words);
    lg_buf_addf(&words, "; %u trials", r->search.tried);
    if (lg_capacity_not_counted(r) > 0) {
        lg_buf_addf(&words, ", %zu not counted: the generator or the machine was in the way",
                    lg_capacity_not_counted(r));
    }
    lg_buf_add(&words, "", 1);
    lg_buf_addf(out, "<div class=\"verdict %s\"><p><strong>%s</strong> ",
                found && company.n == 0 ? "good"
                : bad                   ? "bad"
                                        : "open",
                found ? "FOUND"
                : bad ? "NO ANSWER"
                      : "AT LEAST");
    lg_html_element(out, "", r->target, ": ");
    lg_html_element(out, "", words.p, "</p>");
    lg_buf_clear(&words);
    add_words(&company, out);
    lg_capacity_overload_words(page, r, &words);
    add_words(&words, out);
    lg_capacity_recovery(r, &words);
    add_words(&words, out);
    lg_buf_adds(out, "</div>\n");
    lg_buf_free(&company);
    lg_buf_free(&words);
}

/* ---- side by side ---- */

static bool says_nothing(const struct lg_capacity_page *page, lg_capacity_cell write)
{
    struct lg_buf text = {0};
    for (size_t t = 0; t < page->target_count; t++) {
        write(page, &page->targets[t], &text);
    }
    bool nothing = text.n == 0;
    lg_buf_free(&text);
    return nothing;
}

static void row(const struct lg_capacity_page *page, const struct lg_capacity_row *r,
                struct lg_buf *out)
{
    lg_html_element(out, "<tr><th scope=\"row\">", r->label, "</th>");
    for (size_t t = 0; t < page->target_count; t++) {
        struct lg_buf text = {0};
        r->write(page, &page->targets[t], &text);
        lg_buf_add(&text, "", 1);
        lg_html_element(out, "<td><span class=\"v\">", text.p[0] != '\0' ? text.p : "-",
                        "</span></td>");
        lg_buf_free(&text);
    }
    lg_buf_adds(out, "</tr>\n");
}

static void table_head(const struct lg_capacity_page *page, struct lg_buf *out)
{
    lg_buf_adds(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Figures of "
                     "the targets side by side\"><table class=\"sheet\"><thead><tr><td></td>");
    for (size_t t = 0; t < page->target_count; t++) {
        const struct lg_capacity_result *r = &page->targets[t];
        lg_buf_addf(out, "<th scope=\"col\"><span class=\"key t%zu\"></span>", t % 8);
        lg_html_text(out, r->target);
        if (strcmp(r->label, r->target) != 0) {
            lg_html_element(out, " <span class=\"soft\">", r->label, "</span>");
        }
        lg_buf_adds(out, "</th>");
    }
    lg_buf_adds(out, "</tr></thead>\n");
}

static void resources(const struct lg_capacity_page *page, struct lg_buf *out)
{
    struct lg_buf text = {0};
    lg_buf_adds(out, "<ul>");
    for (size_t t = 0; t < page->target_count; t++) {
        lg_buf_clear(&text);
        lg_capacity_resource(page, &page->targets[t], &text);
        if (text.n > 0) {
            lg_buf_add(&text, "", 1);
            lg_html_element(out, "<li>", page->targets[t].target, ": ");
            lg_html_element(out, "", text.p, "</li>\n");
        }
    }
    lg_buf_adds(out, "</ul>\n");
    lg_buf_free(&text);
}

static void figures(const struct lg_capacity_page *page, struct lg_buf *out)
{
    const char *group = NULL;
    size_t count;
    const struct lg_capacity_row *rows = lg_capacity_rows(&count);
    lg_buf_adds(out, "<section aria-labelledby=\"figures\"><h2 id=\"figures\">Side by side</h2>\n");
    table_head(page, out);
    lg_buf_adds(out, "<tbody>");
    for (size_t i = 0; i < count; i++) {
        group = rows[i].group != NULL ? rows[i].group : group;
        if (says_nothing(page, rows[i].write)) {
            continue;
        }
        if (group != NULL) { /* not yet told */
            lg_buf_addf(out,
                        "<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"%zu\">%s</th>"
                        "</tr>\n",
                        page->target_count + 1, group);
            group = NULL;
        }
        row(page, &rows[i], out);
    }
    lg_buf_adds(out, "</tbody></table></div>\n");
    resources(page, out);
    lg_buf_adds(out, "</section>\n");
}

/* ---- sizing ---- */

static void sizing_row(const struct lg_capacity_page *page, size_t target,
                       const struct lg_capacity_size *of, struct lg_buf *out)
{
    char capacity[LG_UNIT_TEXT];
    struct lg_size size = lg_size_for(page->sizing, of->capacity);
    lg_buf_addf(out, "<tr><th scope=\"row\"><span class=\"key t%zu\"></span>", target % 8);
    lg_html_text(out, page->targets[target].target);
    lg_buf_addf(out,
                "</th><td class=\"text\">%s</td><td>%s</td><td><strong>%llu</strong></td>"
                "<td>%.0f %%</td><td>%.0f %%</td>",
                of->end, lg_show_rate(capacity, of->capacity), (unsigned long long)size.instances,
                100 * size.utilisation_all, 100 * size.utilisation_spare);
    if (page->sizing->price_per_hour > 0) {
        lg_buf_addf(out, "<td>%.3g</td>", size.cost_per_million);
    }
    lg_buf_adds(out, "</tr>\n");
}

static bool can_be_sized(const struct lg_capacity_page *page)
{
    struct lg_capacity_size ends[3];
    size_t n = 0;
    for (size_t t = 0; t < page->target_count; t++) {
        n += lg_capacity_sizes(&page->targets[t], ends);
    }
    return page->sizing != NULL && n > 0;
}

static void sizing(const struct lg_capacity_page *page, struct lg_buf *out)
{
    struct lg_buf intro = {0};
    if (!can_be_sized(page)) {
        return;
    }
    lg_capacity_sizing_intro(page, &intro);
    lg_buf_add(&intro, "", 1);
    lg_buf_adds(out, "<section aria-labelledby=\"sizing\"><h2 id=\"sizing\">How many instances"
                     "</h2>\n");
    lg_html_element(out, "<p class=\"soft\">", intro.p,
                    " Plan with the low end; the others show what the interval is worth.</p>\n");
    lg_buf_adds(out,
                "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Instances\">"
                "<table><thead><tr><th scope=\"col\">target</th>"
                "<th scope=\"col\" class=\"text\">if one carries the</th>"
                "<th scope=\"col\">that is</th><th scope=\"col\">instances</th>"
                "<th scope=\"col\">used, all up</th>"
                "<th scope=\"col\">used, spares down</th>");
    lg_buf_adds(out, page->sizing->price_per_hour > 0
                         ? "<th scope=\"col\">cost per million</th></tr></thead><tbody>\n"
                         : "</tr></thead><tbody>\n");
    for (size_t t = 0; t < page->target_count; t++) {
        struct lg_capacity_size ends[3];
        size_t n = lg_capacity_sizes(&page->targets[t], ends);
        for (size_t i = 0; i < n; i++) {
            sizing_row(page, t, &ends[i], out);
        }
        if (n == 0) {
            lg_buf_addf(out, "<tr><th scope=\"row\"><span class=\"key t%zu\"></span>", t % 8);
            lg_html_element(out, "", page->targets[t].target,
                            "</th><td class=\"text\">no capacity to plan with</td></tr>\n");
        }
    }
    lg_buf_adds(out, "</tbody></table></div></section>\n");
    lg_buf_free(&intro);
}

/* ---- how far it goes ---- */

static void scope(const struct lg_capacity_page *page, struct lg_buf *out)
{
    lg_buf_adds(out,
                "<section aria-labelledby=\"scope\"><h2 id=\"scope\">How far it goes</h2><ul>");
    lg_buf_addf(out,
                "<li>The search ends with the two rates at most %.1f %% apart; longer trials "
                "confirm both.</li>\n",
                100 * (page->precision - 1));
    lg_buf_adds(out,
                "<li>A trial holds if every objective is met with its 95 % interval, and fails if "
                "one is missed with it; what is unclear is measured longer.</li>\n"
                "<li>Generator and server shared this machine, unless the server has a url of its "
                "own elsewhere: compare the targets with each other, not with figures from "
                "another machine.</li>\n");
    if (page->overload_factor > 0) {
        lg_html_element(out, "<li>Overload: ", page->overload_how, ".</li>\n");
    }
    lg_buf_adds(out, "</ul></section>\n");
}

/* ---- claims ---- */

static void claims(const struct lg_capacity_page *page, struct lg_buf *out)
{
    struct lg_arena *arena = lg_arena_new();
    if (page->claim_count > 0) {
        lg_buf_adds(out, "<section aria-labelledby=\"claims\"><h2 id=\"claims\">Claims</h2><ul>\n");
        for (size_t i = 0; i < page->claim_count; i++) {
            const struct lg_claim_result *claim = &page->claims[i];
            lg_html_element(out, "<li><strong>", lg_sheet_claim_verdict(arena, claim),
                            "</strong>: ");
            lg_html_element(out, "", lg_sheet_claim(arena, claim), "");
            lg_html_element(out, claim->scope[0] != '\0' ? "; scope: " : "", claim->scope,
                            "</li>\n");
        }
        lg_buf_adds(out, "</ul></section>\n");
    }
    lg_arena_free(arena);
}

/* ---- the page ---- */

static void fill_headline(const struct lg_capacity_page *page, struct lg_buf *out)
{
    lg_capacity_headline(page, out);
    lg_buf_add(out, "", 1);
}

static void fill_title(const void *ctx, struct lg_buf *out)
{
    const struct lg_capacity_page *page = ctx;
    struct lg_buf headline = {0};
    fill_headline(page, &headline);
    lg_html_text(out, page->scenario);
    lg_html_element(out, ": ", headline.p, "");
    lg_buf_free(&headline);
}

static void fill_first(const void *ctx, struct lg_buf *out)
{
    const struct lg_capacity_page *page = ctx;
    struct lg_buf headline = {0};
    fill_headline(page, &headline);
    facts(page, headline.p, out);
    lg_buf_free(&headline);
    for (size_t i = 0; i < page->target_count; i++) {
        verdict(page, &page->targets[i], out);
    }
    figures(page, out);
    sizing(page, out);
    claims(page, out);
    scope(page, out);
}

static void fill_data(const void *ctx, struct lg_buf *out)
{
    struct lg_buf json = {0};
    lg_report_capacity_json(ctx, &json);
    lg_html_json(lg_buf_slice(&json), out);
    lg_buf_free(&json);
}

void lg_report_capacity_html(const struct lg_capacity_page *page, struct lg_buf *out)
{
    static const struct lg_html_place places[] = {
        {"@title@", fill_title}, {"@first@", fill_first}, {"@data@", fill_data}};
    lg_html_fill(lg_slice(lg_capacity_page_template, lg_capacity_page_template_bytes), places,
                 sizeof places / sizeof places[0], page, out);
}
