#include "analysis/steady.h"

#include <math.h>
#include <stdlib.h>

enum { THROUGHPUT, P50, P95, CPU, SERIES };

/* The values of one series and the seconds that they belong to: seconds without one are left out.
 */
struct column {
    double *x;
    size_t *second;
    size_t n;
};

static void put(struct column *column, size_t second, double value)
{
    if (value >= 0 && isfinite(value)) {
        column->x[column->n] = value;
        column->second[column->n++] = second;
    }
}

static size_t busiest_step(const struct lg_trial_result *trial)
{
    size_t best = 0;
    uint64_t most = 0;
    for (size_t i = 0; i < trial->step_count; i++) {
        if (!trial->steps[i].setup && trial->steps[i].count > most) {
            most = trial->steps[i].count;
            best = i;
        }
    }
    return best;
}

/* The rows keep no p95, but their histograms know it.  -1: none. */
static double p95_of(const struct lg_timeline_step *step, struct lg_hist *scratch)
{
    if (step->histogram == NULL || step->histogram[0] == '\0' ||
        !lg_hist_decode(scratch, lg_str(step->histogram))) {
        return -1;
    }
    return (double)lg_hist_quantile(scratch, 0.95, 0);
}

static void put_row(struct column *columns, const struct lg_timeline_row *row, size_t step,
                    size_t second, struct lg_hist *scratch)
{
    put(&columns[THROUGHPUT], second, (double)row->completed / row->length_s);
    put(&columns[CPU], second, row->server_cpu);
    if (row->steps != NULL) {
        put(&columns[P50], second, (double)row->steps[step].p50);
        put(&columns[P95], second, p95_of(&row->steps[step], scratch));
    }
}

/* Returns the number of whole seconds of the window. */
static size_t collect(const struct lg_trial_result *trial, struct column *columns)
{
    struct lg_hist scratch;
    lg_hist_init(&scratch);
    size_t step = busiest_step(trial);
    size_t seconds = 0;
    for (size_t i = 0; i < trial->timeline_count; i++) {
        const struct lg_timeline_row *row = &trial->timeline[i];
        bool whole = row->at_s > -1e-9 && row->at_s + row->length_s < trial->duration_s + 0.05 &&
                     row->length_s > 0.5;
        if (whole) {
            put_row(columns, row, trial->step_count > 0 ? step : 0, seconds++, &scratch);
        }
    }
    lg_hist_fini(&scratch);
    return seconds;
}

struct lg_steady lg_steady_trial(const struct lg_trial_result *trial)
{
    struct column columns[SERIES] = {0};
    struct lg_steady_series series[SERIES];
    for (size_t i = 0; i < SERIES; i++) {
        columns[i].x = lg_alloc_array(trial->timeline_count + 1, sizeof(double));
        columns[i].second = lg_alloc_array(trial->timeline_count + 1, sizeof(size_t));
    }
    size_t seconds = collect(trial, columns);
    for (size_t i = 0; i < SERIES; i++) {
        /* A series with many holes says nothing about the seconds between. */
        bool usable = columns[i].n * 10 >= seconds * 9;
        series[i] =
            (struct lg_steady_series){columns[i].x, usable ? columns[i].n : 0, i == THROUGHPUT};
    }
    struct lg_steady result = lg_steady_all(series, SERIES);
    if (result.cut > 0) {
        result.cut = columns[result.series].second[result.cut];
    }
    for (size_t i = 0; i < SERIES; i++) {
        free(columns[i].x);
        free(columns[i].second);
    }
    return result;
}
