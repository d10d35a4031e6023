#include "report/html_compare.h"

#include "report/html_text.h"
#include "report/plain.h"
#include "report/sheet.h"

#include <math.h>

/* ---- ratios to scale ---- */

enum { WIDTH = 180, HEIGHT = 18, MARGIN = 8 }; /* of a plot, in its own units */

struct scale {
    double low, high; /* log10 of the ratios at the edges */
};

static bool has_ratio(const struct lg_comparison *row)
{
    return isfinite(row->ratio) && row->ratio > 0;
}

static bool has_interval(const struct lg_comparison *row)
{
    return has_ratio(row) && row->low > 0 && isfinite(row->low) && row->high > 0 &&
           isfinite(row->high);
}

static void widen(struct scale *scale, double ratio)
{
    enum { DECADES = 3 }; /* what lies beyond is drawn at the edge */
    double x = fmin(DECADES, fmax(-DECADES, log10(ratio)));
    scale->low = fmin(scale->low, x);
    scale->high = fmax(scale->high, x);
}

static struct scale scale_of(const struct lg_comparison *rows, size_t count)
{
    struct scale scale = {-0.05, 0.05};
    for (size_t i = 0; i < count; i++) {
        if (has_ratio(&rows[i])) {
            widen(&scale, rows[i].ratio);
        }
        if (has_interval(&rows[i])) {
            widen(&scale, rows[i].low);
            widen(&scale, rows[i].high);
        }
    }
    return scale;
}

static double place(const struct scale *scale, double ratio)
{
    double share = (log10(ratio) - scale->low) / (scale->high - scale->low);
    return MARGIN + fmin(1, fmax(0, share)) * (WIDTH - 2 * MARGIN);
}

/* The words beside it say the same, so that nobody needs to see it. */
static void plot(const struct scale *scale, const struct lg_comparison *row, struct lg_buf *out)
{
    const double middle = HEIGHT / 2.0;
    lg_buf_addf(out, "<svg class=\"ratio\" viewBox=\"0 0 %d %d\" aria-hidden=\"true\">", WIDTH,
                HEIGHT);
    lg_buf_addf(out, "<path class=\"one\" d=\"M%.1f 0V%d\"/>", place(scale, 1), HEIGHT);
    if (has_interval(row)) {
        double from = place(scale, row->low), to = place(scale, row->high);
        lg_buf_addf(out, "<path d=\"M%.1f %.1fH%.1fM%.1f %.1fv8M%.1f %.1fv8\"/>", from, middle, to,
                    from, middle - 4, to, middle - 4);
    }
    if (has_ratio(row)) {
        lg_buf_addf(out, "<circle%s cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"/>",
                    has_interval(row) ? "" : " class=\"hollow\"", place(scale, row->ratio), middle);
    }
    lg_buf_adds(out, "</svg>");
}

/* ---- the table ---- */

static const char *class_of(enum lg_difference difference)
{
    return difference == LG_DIFFERENCE_BETTER  ? "better"
           : difference == LG_DIFFERENCE_WORSE ? "worse"
                                               : "";
}

static void ratio_cell(const struct lg_comparison *row, struct lg_arena *arena, struct lg_buf *out)
{
    lg_buf_adds(out, "<td>");
    if (has_ratio(row)) {
        lg_buf_addf(out, "<span class=\"v\">%s</span>", lg_sheet_ratio(arena, row->ratio));
    }
    if (has_interval(row)) {
        lg_buf_addf(out, " <span class=\"r\">%s to %s</span>", lg_sheet_ratio(arena, row->low),
                    lg_sheet_ratio(arena, row->high));
    }
    lg_buf_adds(out, "</td>");
}

/* The rows from the first on that are about the same two. */
static size_t same_pair(const struct lg_comparison *rows, size_t count)
{
    size_t n = 1;
    while (n < count && strcmp(lg_plain_text(rows[n].a), lg_plain_text(rows[0].a)) == 0 &&
           strcmp(lg_plain_text(rows[n].b), lg_plain_text(rows[0].b)) == 0) {
        n++;
    }
    return n;
}

static void value_cell(const char *name, const char *value, struct lg_buf *out)
{
    lg_html_element(out, "<td data-target=\"", name, "\">");
    lg_html_element(out, "<span class=\"v\">", value, "</span></td>");
}

static void row_add(const struct scale *scale, const struct lg_comparison *row,
                    struct lg_arena *arena, struct lg_buf *out)
{
    const char *unit = lg_plain_text(row->unit);
    lg_buf_addf(out, "<tr class=\"%s\">", class_of(row->difference));
    lg_html_element(out, "<th scope=\"row\">", row->metric, "</th>");
    value_cell(row->a, lg_sheet_in_unit(arena, unit, row->value_a), out);
    value_cell(row->b, lg_sheet_in_unit(arena, unit, row->value_b), out);
    ratio_cell(row, arena, out);
    lg_buf_adds(out, "<td class=\"plot\">");
    plot(scale, row, out);
    lg_html_element(out, "</td><td class=\"text\">", row->verdict, "</td></tr>\n");
}

static void head_add(const char *a, const char *b, struct lg_buf *out)
{
    lg_html_element(out, "<thead><tr><th scope=\"col\">metric</th><th scope=\"col\">", a, "</th>");
    lg_html_element(out, "<th scope=\"col\">", b, "</th><th scope=\"col\">");
    lg_html_element(out, "", b, " / ");
    lg_html_element(
        out, "", a,
        ", 95&nbsp;%&nbsp;interval</th><td></td><th scope=\"col\" class=\"text\">verdict</th>"
        "</tr></thead>");
}

static void table_add(const struct scale *scale, const struct lg_comparison *rows, size_t count,
                      struct lg_arena *arena, struct lg_buf *out)
{
    lg_buf_adds(out,
                "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Comparison\">"
                "<table class=\"comparison\">");
    head_add(rows[0].a, rows[0].b, out);
    lg_buf_adds(out, "<tbody>\n");
    for (size_t i = 0; i < count; i++) {
        row_add(scale, &rows[i], arena, out);
    }
    lg_buf_adds(out, "</tbody></table></div>\n");
}

/* A table for each two, all to one scale. */
void lg_html_comparisons(const struct lg_comparison *rows, size_t count, struct lg_arena *arena,
                         struct lg_buf *out)
{
    struct scale scale = scale_of(rows, count);
    while (count > 0) {
        size_t n = same_pair(rows, count);
        table_add(&scale, rows, n, arena, out);
        rows += n;
        count -= n;
    }
}
