/* Change points in the figures of many nights: what got worse or better, since which night, and how
 * sure that is.  In the line of E-divisive (Matteson & James 2014), MongoDB's use of it (Daly et
 * al., ICPE'20) and Hunter (ICPE'23): no thresholds on single nights, but levels of a series and
 * tests between neighbouring levels.  Unlike Hunter the spread is estimated with divisor n - 1 and
 * corrected for nights that resemble their neighbours, a missing night stays missing, a lone night
 * decides nothing, and Holm's rule goes over all series together.
 *
 * Pure functions: no clock, no file; the same input gives the same output. */
#ifndef LG_ANALYSIS_NIGHTLY_H
#define LG_ANALYSIS_NIGHTLY_H

#include "analysis/stats.h"
#include "base/arena.h"

#define LG_NIGHTLY_TRIALS 5  /* a night, for its median to be worth a place in the series */
#define LG_NIGHTLY_BEFORE 10 /* nights with a value since the last break, before a change */
#define LG_NIGHTLY_AFTER  3  /* nights of the new level, for "confirmed" */
#define LG_NIGHTLY_CONFIRM                                                                         \
    0.0038                      /* over all series (Holm): a false new level of 3 nights, a night */
#define LG_NIGHTLY_SUSPECT 0.05 /* over all series of a night (Holm): a change is suspected */
#define LG_NIGHTLY_RERUN   0.7  /* of one series: tonight is worth a re-run; one-sided */
#define LG_NIGHTLY_PROOF   0.0015 /* over all series of one re-run: the re-run confirms */
#define LG_NIGHTLY_LEAST   0.01   /* a smaller change of the level matters to nobody, ratio - 1 */
#define LG_NIGHTLY_POINTS  0.001  /* the same for a share */
#define LG_NIGHTLY_FAR     4.0    /* robust standard deviations from its level: an outlier night */
#define LG_NIGHTLY_MOST    1000 /* nights; older ones are not looked at; the search is quadratic */

/* What is known of one series in one night. */
struct lg_nightly_value {
    bool known;           /* false: no data that night; nothing is filled in */
    bool broken;          /* the environment (or the scenario) is another than before this night */
    double value;         /* the median over the night's trials */
    const double *trials; /* each trial's value; may be NULL */
    size_t trial_count;
};

/* One metric of one target in one scenario.  Names are borrowed and only passed on. */
struct lg_nightly_series {
    const char *scenario, *target, *metric;
    const char *unit;    /* of struct lg_comparison: ns, per_s, us, bytes, share */
    bool less_is_better; /* latency, error share, CPU, memory; not throughput */
    bool share;          /* may be 0: differences are judged, not ratios */
    const struct lg_nightly_value *nights; /* `night_count` of struct lg_nightly, oldest first */
};

enum lg_nightly_verdict {
    LG_NIGHTLY_UNCLEAR, /* the trials allow both */
    LG_NIGHTLY_REFUTED, /* the suspect is not worse by as much as all pairs could prove */
    LG_NIGHTLY_PROVEN,  /* the suspect is worse */
};

/* What an earlier re-run found about the change that begins at `night` of `series`. */
struct lg_nightly_note {
    size_t series, night;
    enum lg_nightly_verdict verdict;
};

/* All that is judged together. */
struct lg_nightly {
    const struct lg_nightly_series *series;
    size_t series_count;
    size_t night_count;
    const struct lg_nightly_note *notes;
    size_t note_count;
};

enum lg_nightly_state {
    LG_NIGHTLY_SUSPECTED,      /* its last 1 or 2 nights are out of line; may be chance */
    LG_NIGHTLY_CONFIRMED,      /* by LG_NIGHTLY_AFTER or more nights */
    LG_NIGHTLY_RERUN_CONFIRMED /* by a re-run beside the last good version, at once */
};

struct lg_nightly_change {
    size_t series;
    size_t night;     /* the first of the new level */
    size_t last_good; /* the last night with a value before it */
    enum lg_nightly_state state;
    bool regression;             /* else an improvement */
    bool fresh;                  /* it was the last night that confirmed (or raised) it */
    size_t before, after;        /* nights with a value: of the level before, of the new one */
    double from, to;             /* the two levels, in the series' unit */
    double ratio;                /* to / from; of a share: to - from */
    struct lg_interval interval; /* 95 %, of `ratio` */
    double p;                    /* two-sided, for the places and over all series (Bonferroni) */
};

/* A night that is out of line with its level on both sides: kept in all sums, but shown. */
struct lg_nightly_outlier {
    size_t series, night;
    double away; /* robust standard deviations, signed */
};

/* How a series stands after the last night. */
struct lg_nightly_standing {
    size_t nights;          /* with a value since the last break */
    size_t since;           /* the night with which the level of now began */
    bool judged;            /* enough nights for a change to be confirmed */
    double level;           /* of now, in the series' unit; 0 if nights is 0 */
    double sd;              /* of a night about its level; relative, of a share absolute */
    double after3, after10; /* the smallest lasting worsening that is confirmed 3 (10) nights after
                             * in 80 of 100 cases, relative (0.12: 12 %), of a share absolute;
                             * INFINITY while not judged */
    double tonight; /* one-sided p of "the last night is not worse than its level"; 1: no value */
    bool rerun; /* tonight <= LG_NIGHTLY_RERUN, and judged: worth a re-run if the last good version
                 * is at hand.  A generous rule: the re-run decides */
    size_t last_good; /* what a re-run is to be held against: the last night of the level before
                       * the suspected one; == the night count: there is none */
};

struct lg_nightly_result {
    struct lg_nightly_change *changes; /* by night, then series */
    size_t change_count;
    struct lg_nightly_outlier *outliers; /* by series, then night */
    size_t outlier_count;
    size_t withdrawn; /* changes that were confirmed once and that later nights took back */
    struct lg_nightly_standing *standings; /* one for each series */
};

/* Judges all series together; everything returned is of `arena`.  Values that are not finite count
 * as not known.  Breaks separate: no level, spread or change crosses one.
 *
 * How: the nights are followed one after the other, as the job saw them, so that what was found
 * stays found.  A series is its values' logarithms if all are > 0 (and it is no share): a change
 * is a ratio then, and log-normal noise is normal.  Each night, of all places where the level of
 * now may have ended 3 to 8 nights ago (of earlier ones, some), the one with the smallest p of
 * Student's t is a candidate (window-limited likelihood ratio, Lai 1995), each p held against a
 * share of the chance of error that is greatest for 3 nights and falls with the square of their
 * number (weighted Bonferroni, Genovese et al. 2006), and is greater while the series is young.
 * Its spread is that about all levels; standard error and degrees of freedom are those of nights
 * that resemble their neighbours (Bayley & Hammersley 1946), which is learnt from all series (von
 * Neumann's ratio); a lone night farther out than LG_NIGHTLY_FAR, no neighbour of which is half as
 * far on its side, counts as the middle of its level.  Holm's rule over all series accepts
 * candidates, improvements only if 100 times surer, as the end of a false one would look like a
 * regression.  A change below LG_NIGHTLY_LEAST is none.  Accepted places move to where they fit
 * best, and go again if later nights take their evidence away.  O(nights^2) per series.
 *
 * One or two nights at the end that are out of line with the last level are suspected, by Holm's
 * rule at LG_NIGHTLY_SUSPECT; both of two must be.
 *
 * What can be had: a step of 3 sd that 3 nights speak for lies 3 / sqrt(1/3 + 1/n) standard errors
 * off after n nights: 4.6 for 10, 4.8 for 20, 5.0 for 30.  One false alarm in 100 nights of ten
 * series leaves each of them p = 0.001 a night, and half of that if looks at other lengths and at
 * re-runs are paid from it too.  Student's t with the 11, 21 and 31 degrees of freedom there are is
 * then 4.4, 3.8 and 3.6, and the power of any test of a known place 0.57, 0.82 and 0.89: ten nights
 * cannot do it, 20 just can.  What is attained is in docs/nightly.md, counted by
 * tests/rates/nightly_rates.c; tests/unit/analysis/test_nightly.c holds it on any seed. */
void lg_nightly_detect(const struct lg_nightly *in, struct lg_arena *arena,
                       struct lg_nightly_result *out);

/* An interleaved re-run: pair i ran side by side, so what the hour did to both cancels. */
struct lg_nightly_rerun {
    const double *good;    /* the last good version's trials */
    const double *suspect; /* tonight's version's */
    size_t pairs;          /* >= 1; judged from LG_NIGHTLY_TRIALS on */
    size_t most;           /* pairs that may be run in all: looks are paid for in advance */
    size_t compared;       /* series that this re-run is asked about, >= 1 */
    bool less_is_better, share;
};

struct lg_nightly_proof {
    enum lg_nightly_verdict verdict;
    double ratio;                /* suspect / good; of a share: suspect - good */
    struct lg_interval interval; /* 95 % */
    double p;                    /* one-sided, of "the suspect is not worse" */
    size_t more; /* UNCLEAR: pairs to add before judging again, 0 if `most` is reached */
};

/* Looks at LG_NIGHTLY_TRIALS pairs, twice, four times ... as many, and `most`.  PROVEN: worse with
 * p <= LG_NIGHTLY_PROOF / compared * 3/4 * (pairs / most)^2 and by LG_NIGHTLY_LEAST or more; all
 * looks together spend no more than LG_NIGHTLY_PROOF.  REFUTED: the 95 % interval excludes every
 * worsening that the last look could prove, if the pairs to come vary as these do; it then holds
 * "no change".  Values must be finite. */
struct lg_nightly_proof lg_nightly_judge_rerun(const struct lg_nightly_rerun *rerun);

const char *lg_nightly_verdict_name(enum lg_nightly_verdict verdict); /* unclear, refuted, proven */

#endif
