/* Warm-up and steady state from per-second series.  After Barrett et al., "Virtual Machine Warmup
 * Blows Hot and Cold", OOPSLA'17: a run is flat, or it warmed up, or it got slower, or it never
 * settled; only the first two have a figure worth printing. */
#ifndef LG_ANALYSIS_STEADY_H
#define LG_ANALYSIS_STEADY_H

#include "base/base.h"
#include "measure/record.h"

enum lg_steady_class {
    LG_STEADY_FLAT,
    LG_STEADY_WARMED_UP, /* an earlier part differs, at most the first half: cut it off */
    LG_STEADY_SLOWING,   /* it ends worse than it was: a leak, a growing table, a full queue */
    LG_STEADY_NONE,      /* it went on changing, or settled only in its second half */
    LG_STEADY_TOO_SHORT, /* fewer than LG_STEADY_LEAST intervals: not judged */
};

#define LG_STEADY_LEAST    60     /* intervals, so seconds */
#define LG_STEADY_MOST     1200   /* intervals; the search is quadratic */
#define LG_STEADY_SEGMENT  5      /* shortest segment, and MSER's batch */
#define LG_STEADY_SAME     0.02   /* segments whose means differ by less are one */
#define LG_STEADY_TREND    0.05   /* growth over the whole part, of its mean, that matters */
#define LG_STEADY_CHANGE_P 1e-4   /* of a change point; small, as the same data chose its place */
#define LG_STEADY_TREND_P  0.0025 /* 0.01 over four series (Bonferroni) */

/* One value per interval, oldest first. */
struct lg_steady_series {
    const double *x;
    size_t n;
    bool more_is_better; /* throughput; not for latencies and CPU */
};

struct lg_steady {
    enum lg_steady_class class;
    size_t cut;    /* intervals before the steady part; 0 unless WARMED_UP */
    size_t series; /* the one that decided the class (or the cut); 0 while FLAT */
};

/* MSER-5 (White 1997): how many of the first values to cut, a multiple of 5, so that the standard
 * error of the rest's mean is least; at most n / 2, as a series that settles later did not settle
 * in time. 0 for fewer than 50 values.  O(n). */
size_t lg_steady_mser5(const double *x, size_t n);

/* Change points: the places i (a new segment begins at x[i]), ascending, into `at` (room for
 * n / LG_STEADY_SEGMENT); returns how many.  Bisection at the largest energy statistic (E-divisive,
 * Matteson & James 2014), a split kept if Welch's t between its two sides gives p <= max_p; then
 * each point is tested again between its neighbours, the weakest going first, as Hunter does
 * (ICPE'23). Chosen over PELT: no penalty to tune, no normality assumed for the place, same input
 * same output. O(n^2) per split. */
size_t lg_steady_changes(const double *x, size_t n, double max_p, size_t *at);

/* Of one series; of more than LG_STEADY_MOST values, means of neighbours are taken. */
struct lg_steady lg_steady_one(const struct lg_steady_series *series);

/* The worst class of several series of one run, and the latest cut.  They need not be equally long.
 * count >= 1. */
struct lg_steady lg_steady_all(const struct lg_steady_series *series, size_t count);

/* Throughput, p50 and p95 of the busiest step (p95 from the rows' histograms), and server CPU, of
 * the window's whole seconds.  Seconds without a value are left out of a series; a series that
 * lacks more than a tenth of them is left out itself. */
struct lg_steady lg_steady_trial(const struct lg_trial_result *trial);

const char *lg_steady_name(enum lg_steady_class class); /* flat, warmed_up, slowing ... */

#endif
