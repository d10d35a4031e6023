/* The search for the greatest arrival rate at which a server meets its objectives: which rate to
 * try next, and what the trials so far amount to.  A pure function of the outcomes: no clock, no
 * network.
 *
 * Doubling from the start finds a bracket [low holds, high does not]; bisection on the logarithm
 * narrows it (RFC 2544 section 26.1 in spirit; several trials a load as MLRsearch has them); then
 * the low end is confirmed by long trials, most of which must hold, and the high end by one that
 * must not. */
#ifndef LG_ANALYSIS_SEARCH_H
#define LG_ANALYSIS_SEARCH_H

#include "base/base.h"

#define LG_SEARCH_VERDICT_MAP(X)                                                                   \
    X(HOLDS, "holds", "the objectives hold, their intervals included")                             \
    X(FAILS, "fails", "an objective is missed, its interval included")                             \
    X(UNCLEAR, "unclear", "the interval reaches over the limit")                                   \
    X(GENERATOR, "generator",                                                                      \
      "the generator could not keep the schedule: says nothing of the "                            \
      "server")                                                                                    \
    X(DISTURBED, "disturbed",                                                                      \
      "the generator was idle enough, and late all the same: the machine was too busy; says "      \
      "nothing of the server")

enum lg_search_verdict {
#define X(name, text, help) LG_TRIAL_##name,
    LG_SEARCH_VERDICT_MAP(X)
#undef X
        LG_TRIAL_VERDICTS
};

#define LG_SEARCH_END_MAP(X)                                                                       \
    X(SEARCHING, "searching", "not ended")                                                         \
    X(FOUND, "found", "low is confirmed, high does not hold, and they are close")                  \
    X(GENERATOR_FIRST, "generator_first", "the generator's limit came first: at least low")        \
    X(DISTURBED, "disturbed", "the machine was too busy to go on: between low and high")           \
    X(NO_BOUND, "no_bound", "holds up to the highest rate that may be tried: at least low")        \
    X(BELOW_START, "below_start",                                                                  \
      "does not hold at the lowest rate that may be tried: below high")                            \
    X(NOT_MONOTONE, "not_monotone", "a higher rate keeps holding where a lower one did not")       \
    X(OUT_OF_TRIALS, "out_of_trials", "the trials allowed are used up: between low and high")

enum lg_search_end {
#define X(name, text, help) LG_SEARCH_##name,
    LG_SEARCH_END_MAP(X)
#undef X
        LG_SEARCH_ENDS
};

enum lg_search_phase {
    LG_SEARCH_BRACKET,      /* short trials */
    LG_SEARCH_BISECT,       /* short trials */
    LG_SEARCH_CONFIRM_LOW,  /* long trials */
    LG_SEARCH_CONFIRM_HIGH, /* a long trial */
    LG_SEARCH_PHASES
};

struct lg_search_options {
    double start;     /* arrivals per second, > 0: the first rate */
    double least;     /* > 0, <= start: the lowest rate to try */
    double most;      /* >= start: the highest rate to try */
    double precision; /* > 1: the search ends with high / low at most this, e.g. 1.03 */
    unsigned confirm; /* long trials at the low end, odd, >= 1: most of them must hold */
    unsigned trials;  /* at most so many in all, >= 1 */
};

/* A trial to be made. */
struct lg_search_trial {
    double rate;
    unsigned times; /* as long as a short trial of the search: 1, 2, 4 ... */
    enum lg_search_phase phase;
};

struct lg_search {
    struct lg_search_options options;
    struct lg_search_trial next;
    enum lg_search_end end;
    double low, high;      /* hold, do not hold; 0 and INFINITY: not known */
    double limit;          /* the rate at which the generator gave up; INFINITY: none */
    unsigned tried;        /* trials told of */
    unsigned held, missed; /* long trials at the low end */
    unsigned refusals;     /* trials at this rate in which the generator failed, in a row */
    unsigned disturbances; /* trials at this rate that were disturbed, in a row */
    unsigned surprises;    /* times that the confirmation overthrew an end */
};

enum {
    LG_SEARCH_LONG = 4,    /* a long trial is so many short ones long */
    LG_SEARCH_REPEATS = 3, /* an unclear trial is made again, twice as long, so often at most */
    LG_SEARCH_REFUSALS =
        3, /* trials that the generator must fail: one may be the machine's fault */
    LG_SEARCH_DISTURBANCES = 8, /* disturbed trials in a row after which there is no going on */
    LG_SEARCH_SURPRISES = 4,    /* then the server is called not monotone */
};

void lg_search_begin(struct lg_search *s, const struct lg_search_options *options);
/* What came of s->next.  While s->end is SEARCHING, s->next is the trial to make then. */
void lg_search_tell(struct lg_search *s, enum lg_search_verdict verdict);

/* What a search costs: its trials, and their length in short trials. */
struct lg_search_effort {
    unsigned trials;
    double times;
};
/* For a capacity of some six times the start, if every trial is clear. */
struct lg_search_effort lg_search_usual(const struct lg_search_options *options);
/* No search takes more: all the trials allowed, each as long as the longest. */
struct lg_search_effort lg_search_most(const struct lg_search_options *options);

/* Static text. */
const char *lg_search_verdict_name(enum lg_search_verdict verdict);
const char *lg_search_phase_name(enum lg_search_phase phase);
const char *lg_search_end_name(enum lg_search_end end);
const char *lg_search_end_help(enum lg_search_end end);

#endif
