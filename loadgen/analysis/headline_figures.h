/* The figures that the headline speaks of, target by target; chosen so that all targets show the
 * same. */
#ifndef LG_ANALYSIS_HEADLINE_FIGURES_H
#define LG_ANALYSIS_HEADLINE_FIGURES_H

#include "analysis/claims.h"
#include "analysis/stats.h"

struct lg_figure_row {
    const struct lg_target_result *target;
    double rate;         /* completed (or received) per second */
    double asked;        /* intended; 0: closed model */
    double failed_share; /* of all exchanges */
    double time;         /* ns at the quantile; -1: none; INFINITY: among the failed or lost */
    double longest;      /* ns, of `times`; -1: none */
    uint64_t times;
    double cpu_us;                          /* per delivery or per completed; -1: unknown */
    struct lg_interval interval;            /* of `time` over >= 5 trials */
    uint64_t lost, expected;                /* deliveries */
    const struct lg_comparison *comparison; /* of the time, against the first; NULL: none */
};

struct lg_figures {
    struct lg_figure_row *rows; /* of the arena; valid targets that did not die */
    size_t count;
    const char
        *noun;       /* "messages", "requests", "iterations", "deliveries", "events": of the rate */
    const char *per; /* what the CPU is spent on: "delivery", "message" ... */
    const char *verb; /* "delivered", "answered", "sent the next event" */
    double quantile;  /* 0: too few values for any */
    bool closed;      /* service time of a closed model */
    size_t trials;    /* fewest of any row */
};

/* Leaves out targets that claims.h allows no figure of, or that died. */
struct lg_figures lg_figures_of(const struct lg_record *record);

#endif
