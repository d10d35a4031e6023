/* Writes what measure/ makes, for checks by other programs:
 *   measure_samples histograms   one JSON object per line: text, counts, percentiles
 *   measure_samples hlog         an interval log
 *   measure_samples decode       reads V2 texts, one per line; prints low and count of each slot
 *   measure_samples record       the sample run record
 *   measure_samples intervals    the interval log of the same
 *   measure_samples comparison   the same, held against one of a slower, invalid run elsewhere */
#include "base/rng.h"
#include "measure/hist.h"
#include "measure/hlog.h"
#include "report/between.h"
#include "report/intervals.h"
#include "support/sample_record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const double QUANTILES[] = {0.001, 0.01, 0.07, 0.25,  0.29,   0.5, 0.57,
                                   0.9,   0.95, 0.99, 0.999, 0.9999, 1};

static void show_counts(const struct lg_hist *h)
{
    const char *comma = "";
    printf("[");
    uint32_t end = h->count > 0 ? lg_hist_last_slot(h) + 1 : 0;
    for (uint32_t slot = 0; slot < end; slot++) {
        if (h->counts[slot] != 0) {
            printf("%s[%lld,%llu]", comma, (long long)lg_hist_slot_low(slot),
                   (unsigned long long)h->counts[slot]);
            comma = ",";
        }
    }
    printf("]");
}

static void show_histogram(const char *name, const struct lg_hist *h)
{
    struct lg_buf text = {0};
    lg_hist_encode(h, &text);
    printf("{\"name\":\"%s\",\"count\":%llu,\"max\":%lld,\"text\":\"%.*s\",\"counts\":", name,
           (unsigned long long)h->count, (long long)h->max, (int)text.n, text.p);
    show_counts(h);
    printf(",\"quantiles\":[");
    for (size_t i = 0; i < sizeof QUANTILES / sizeof *QUANTILES; i++) {
        printf("%s[%g,%lld]", i > 0 ? "," : "", QUANTILES[i],
               (long long)lg_hist_quantile(h, QUANTILES[i], 0));
    }
    printf("]}\n");
    lg_buf_free(&text);
}

static void show_histograms(void)
{
    struct lg_rng rng;
    lg_rng_init(&rng, 7, 0, 0);
    struct lg_hist *h = lg_hist_new();
    show_histogram("empty", h);
    lg_hist_add(h, 0);
    show_histogram("zero", h);
    lg_hist_add(h, 2);
    lg_hist_add(h, LG_HIST_MAX);
    show_histogram("both ends", h);
    lg_hist_clear(h);
    for (int i = 0; i < 30000; i++) {
        lg_hist_add(h, (lg_ns)(2e6 * lg_rng_exp(&rng)));
    }
    show_histogram("exponential", h);
    lg_hist_clear(h);
    for (int i = 0; i < 30000; i++) {
        lg_hist_add(h, (lg_ns)exp(28 * lg_rng_unit(&rng)));
    }
    show_histogram("all magnitudes", h);
    lg_hist_clear(h);
    for (uint32_t slot = 0; slot <= lg_hist_slot(LG_HIST_MAX); slot++) {
        lg_hist_add(h, lg_hist_slot_low(slot));
    }
    show_histogram("every slot", h);
    lg_hist_clear(h);
    lg_hist_add(h, LG_MS);
    lg_hist_add(h, 2 * LG_MS);
    h->counts[lg_hist_slot(LG_MS)] = 0xfedcba9876; /* more than 32 bits */
    h->count = 0xfedcba9876 + 1;
    show_histogram("large count", h);
    lg_hist_free(h);
}

static void show_hlog(void)
{
    struct lg_buf out = {0}, text = {0};
    struct lg_hist *h = lg_hist_new();
    lg_hlog_begin(&out, 1763625600 * LG_S + 250 * LG_MS);
    for (int second = 0; second < 3; second++) {
        for (int tag = 0; tag < 3; tag++) {
            static const char *const tags[] = {"", "say.response", "heard, delivery"};
            lg_buf_clear(&text);
            lg_hist_clear(h);
            for (int i = 1; i <= 10 * (second + 1) + tag; i++) {
                lg_hist_add(h, i * LG_MS);
            }
            lg_hist_encode(h, &text);
            lg_hlog_add(&out, tags[tag], second * LG_S, LG_S, h->max, lg_buf_slice(&text));
        }
    }
    fwrite(out.p, 1, out.n, stdout);
    lg_hist_free(h);
    lg_buf_free(&text);
    lg_buf_free(&out);
}

static int decode(void)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    bool ok = true;
    struct lg_hist *h = lg_hist_new();
    while (ok && (n = getline(&line, &cap, stdin)) > 0) {
        n -= line[n - 1] == '\n';
        ok = lg_hist_decode(h, lg_slice(line, (size_t)n));
        show_counts(h);
        printf("\n");
    }
    lg_hist_free(h);
    free(line);
    return ok ? 0 : 1;
}

static void show_record(void (*write)(const struct lg_record *record, struct lg_buf *out))
{
    struct lg_record *record = sample_record();
    struct lg_buf out = {0};
    sample_add_streams(record);
    write(record, &out);
    fwrite(out.p, 1, out.n, stdout);
    lg_buf_free(&out);
    lg_record_free(record);
}

/* An interval takes three. */
static void lend_third_trial(struct lg_record *record)
{
    struct lg_target_result *node = &record->targets[0];
    struct lg_trial_result first = node->trials[0];
    *LG_ARENA_PUSH(record->arena, node->trials, node->trial_count) = first;
}

static void show_comparison(void)
{
    struct lg_record *a = sample_record(), *b = sample_record();
    struct lg_arena *arena = lg_arena_new();
    struct lg_buf out = {0};
    struct lg_between between;
    const char *why = NULL;
    b->environment.cpu = "another";
    b->valid = false;
    *LG_ARENA_PUSH(b->arena, b->invalid_reasons, b->invalid_count) = "the generator was late";
    lend_third_trial(a);
    lend_third_trial(b);
    bool found = lg_between(a, b, NULL, arena, &between, &why);
    LG_ASSERT(found);
    lg_report_between_json(&(struct lg_report_between){&between, "a", "b", true, false}, &out);
    fwrite(out.p, 1, out.n, stdout);
    a->targets[0].trial_count = b->targets[0].trial_count = 2; /* the rest was lent */
    lg_buf_free(&out);
    lg_arena_free(arena);
    lg_record_free(a);
    lg_record_free(b);
}

int main(int argc, char **argv)
{
    const char *what = argc == 2 ? argv[1] : "";
    if (strcmp(what, "histograms") == 0) {
        show_histograms();
    } else if (strcmp(what, "hlog") == 0) {
        show_hlog();
    } else if (strcmp(what, "record") == 0) {
        show_record(lg_record_write);
    } else if (strcmp(what, "intervals") == 0) {
        show_record(lg_report_intervals);
    } else if (strcmp(what, "comparison") == 0) {
        show_comparison();
    } else if (strcmp(what, "decode") == 0) {
        return decode();
    } else {
        fputs("usage: measure_samples histograms|hlog|decode|record|intervals|"
              "comparison\n",
              stderr);
        return 2;
    }
    return 0;
}
