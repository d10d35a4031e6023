#include "report/progress.h"

#include "base/units.h"
#include "report/plain.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { DEFAULT_COLUMNS = 80, DONE_SHOWN = 8 };

struct shown {
    char text[LG_UNIT_TEXT];
};

static struct shown show_ns(lg_ns ns)
{
    struct shown s = {"-"};
    if (ns >= 0 && ns != LG_NEVER) {
        lg_show_time(s.text, (double)ns);
    }
    return s;
}

static struct shown show(char *how(char *, double), double value)
{
    struct shown s = {"-"};
    if (isfinite(value) && value >= 0) {
        how(s.text, value);
    }
    return s;
}

static struct shown show_cores(double cores)
{
    struct shown s = {"-"};
    if (isfinite(cores) && cores >= 0) {
        snprintf(s.text, sizeof s.text, "%.2f cores", cores);
    }
    return s;
}

static char *where(const struct lg_progress *p)
{
    char trial[48] = "", left[48] = "", run[64] = "";
    if (p->trials > 0) {
        snprintf(trial, sizeof trial, "  trial %u of %u", p->trial, p->trials);
    }
    if (p->seconds_left >= 0) {
        snprintf(left, sizeof left, ", %.0f s left", ceil(p->seconds_left));
    }
    if (p->run_seconds_left > p->seconds_left + 1) {
        char time[LG_UNIT_TEXT];
        snprintf(run, sizeof run, "; about %s in all",
                 lg_show_time(time, ceil(p->run_seconds_left) * 1e9));
    }
    return lg_printf("%s%s  %s%s%s", p->target ? p->target : "", trial, p->phase ? p->phase : "",
                     left, run);
}

/* A line of the block, cut to the terminal: a line that wraps could not be redrawn in place. */
static void add_line(struct lg_buf *out, char *take_text, size_t columns)
{
    lg_plain_add(out, take_text, columns);
    lg_buf_adds(out, "\n");
    free(take_text);
}

static char *rates(const struct lg_progress *p)
{
    return lg_printf("  offered  %-10s achieved %-10s in flight %-8llu errors %llu",
                     show(lg_show_rate, p->offered_per_s).text,
                     show(lg_show_rate, p->achieved_per_s).text, (unsigned long long)p->in_flight,
                     (unsigned long long)p->errors);
}

static char *times(const struct lg_progress *p)
{
    char *response = lg_printf("  response p50 %-9s p99 %-9s", show_ns(p->response_p50).text,
                               show_ns(p->response_p99).text);
    if (p->delivery_p50 < 0) {
        return response;
    }
    char *both = lg_printf("%s delivery p50 %-9s p99 %s", response, show_ns(p->delivery_p50).text,
                           show_ns(p->delivery_p99).text);
    free(response);
    return both;
}

static char *machines(const struct lg_progress *p)
{
    char *generator = lg_printf("  loadgen  cpu %-9s lag %-9s",
                                show(lg_show_share, p->generator_cpu).text, show_ns(p->lag).text);
    if (p->server_cpu < 0 && p->server_rss_bytes < 0) {
        return generator;
    }
    char *both = lg_printf("%s server   cpu %-9s rss %s", generator, show_cores(p->server_cpu).text,
                           show(lg_show_bytes, p->server_rss_bytes).text);
    free(generator);
    return both;
}

static char *finished(const struct lg_progress_done *done)
{
    return lg_printf("  %-14s %u trial%s done  %-9s p50 %-9s p99 %-9s errors %llu", done->target,
                     done->trials, done->trials == 1 ? " " : "s",
                     show(lg_show_rate, done->achieved_per_s).text,
                     show_ns(done->response_p50).text, show_ns(done->response_p99).text,
                     (unsigned long long)done->errors);
}

void lg_progress_block(const struct lg_progress *progress, size_t columns, bool colour,
                       struct lg_buf *out)
{
    /* The last column stays free: some terminals wrap as soon as it is written. */
    size_t room = (columns ? columns : DEFAULT_COLUMNS) - 1;
    lg_buf_adds(out, colour ? "\033[1m" : "");
    add_line(out, where(progress), room);
    lg_buf_adds(out, colour ? "\033[0m" : "");
    add_line(out, rates(progress), room);
    add_line(out, times(progress), room);
    add_line(out, machines(progress), room);
    for (size_t i = 0, shown = 0; i < progress->done_count && shown < DONE_SHOWN; i++) {
        if (progress->done[i].trials > 0) {
            add_line(out, finished(&progress->done[i]), room);
            shown++;
        }
    }
}

void lg_progress_line(const struct lg_progress *p, struct lg_buf *out)
{
    char *at = where(p), *delivery = lg_strdup(""), *text = at;
    if (p->delivery_p99 >= 0) {
        free(delivery);
        delivery = lg_printf(", delivery p99 %s", show_ns(p->delivery_p99).text);
    }
    if (p->achieved_per_s >= 0) { /* else nothing of it is known yet */
        text = lg_printf("%s: %s of %s, response p50 %s p99 %s%s, errors %llu", at,
                         show(lg_show_rate, p->achieved_per_s).text,
                         show(lg_show_rate, p->offered_per_s).text, show_ns(p->response_p50).text,
                         show_ns(p->response_p99).text, delivery, (unsigned long long)p->errors);
        free(at);
    }
    add_line(out, text, SIZE_MAX);
    free(delivery);
}

/* Line by line, so that nothing flickers: each is cleared just before it is written again, and what
 * a longer block left is cleared at the end. */
static void redraw(struct lg_progress_writer *writer, const char *block, size_t n,
                   struct lg_buf *out)
{
    size_t lines = 0;
    if (writer->drawn > 0) {
        lg_buf_addf(out, "\r\033[%zuA", writer->drawn);
    }
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || block[i - 1] == '\n') {
            lg_buf_adds(out, "\033[K");
        }
        lg_buf_add(out, block + i, 1);
        lines += block[i] == '\n';
    }
    lg_buf_adds(out, lines < writer->drawn ? "\033[J" : "");
    writer->drawn = lines;
}

void lg_progress_draw(struct lg_progress_writer *writer, const struct lg_progress *progress,
                      lg_ns now, struct lg_buf *out)
{
    if (writer->terminal) {
        struct lg_buf block = {0};
        lg_progress_block(progress, writer->columns, writer->colour, &block);
        redraw(writer, block.p, block.n, out);
        lg_buf_free(&block);
        return;
    }
    if (writer->last == 0 || now - writer->last >= LG_PROGRESS_EVERY) {
        lg_progress_line(progress, out);
        writer->last = now;
    }
}

void lg_progress_erase(struct lg_progress_writer *writer, struct lg_buf *out)
{
    if (writer->drawn > 0) {
        lg_buf_addf(out, "\r\033[%zuA\033[J", writer->drawn);
        writer->drawn = 0;
    }
}
