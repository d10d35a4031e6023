/* What a report may say, and when: the acceptance list, as a table.  The headline and the reports
 * ask here before they use a word; a claim that no single run can support is in the table too, so
 * that nobody makes it by accident. */
#ifndef LG_ANALYSIS_CLAIMS_H
#define LG_ANALYSIS_CLAIMS_H

#include "analysis/pooled.h"

/* id, spelling, rule in words, predicate in claims.c (NULL: no single run can support it) */
#define LG_CLAIM_MAP(X)                                                                            \
    X(RESPONSE_TIME, "response_time",                                                              \
      "the time counts from the intended start of an open model; else the word is service time",   \
      holds_response_time)                                                                         \
    X(FIGURE, "figure",                                                                            \
      "every trial of the target was checked and breached no check on the measurement",            \
      holds_figure)                                                                                \
    X(CHECKED, "checked", "every check on the measurement was measured, and met", holds_checked)   \
    X(STEADY, "steady_state", "every trial of the target was flat or warmed up", holds_steady)     \
    X(PERCENTILE, "percentile",                                                                    \
      "at least 10 values are expected beyond it, failures ranked above all values",               \
      holds_percentile)                                                                            \
    X(PLUS_MINUS, "plus_minus",                                                                    \
      "at least 5 independent trials; else: one run, sampling error only", holds_plus_minus)       \
    X(OFFERED_RATE, "offered_rate",                                                                \
      "open arrivals, really taken up, with the statistics of the gaps between sends",             \
      holds_offered_rate)                                                                          \
    X(DIFFERENCE, "difference",                                                                    \
      "at least 5 interleaved trials a side and an interval of the ratio that excludes 1",         \
      holds_difference)                                                                            \
    X(SAME, "same", "the interval of the ratio lies inside the stated margin", holds_same)         \
    X(DELIVERY_COMPLETE, "delivery_complete",                                                      \
      "deliveries were expected of confirmed members, and none is missing",                        \
      holds_delivery_complete)                                                                     \
    X(DELIVERY_IN_ORDER, "delivery_in_order", "per sender and receiver, none was out of order",    \
      holds_delivery_in_order)                                                                     \
    X(DELIVERY_TIME, "delivery_time", "sender and receiver read one clock: both are this process", \
      holds_delivery_time)                                                                         \
    X(ABSOLUTE, "absolute_capacity",                                                               \
      "the target ran on another machine than the generator; else only comparisons hold",          \
      holds_absolute)                                                                              \
    X(CAPACITY, "capacity", "a bracket of rates, confirmed: loadgen capacity, not a single run",   \
      NULL)                                                                                        \
    X(PEAK, "peak", "a fitted scalability curve over six loads or more: loadgen capacity", NULL)   \
    X(INSTANCES, "instances", "capacity, utilisation, growth and failures tolerated: capacity",    \
      NULL)                                                                                        \
    X(REGRESSION, "regression", "a confirmed change point over nights: loadgen nightly", NULL)     \
    X(BOTTLENECK, "bottleneck_cpu", "CPU per operation flat over loads up to the knee: capacity",  \
      NULL)                                                                                        \
    X(WIRE, "wire_latency", "kernel or card timestamps; else: as seen by the client process",      \
      NULL)                                                                                        \
    X(MERGED, "merged", "histograms of generators that are each valid added: loadgen merge", NULL) \
    X(OTHER_TOOL, "other_tool", "both tools against one server that keeps its own tally", NULL)

enum lg_claim {
#define X(name, text, rule, holds) LG_CLAIM_##name,
    LG_CLAIM_MAP(X)
#undef X
        LG_CLAIMS
};

/* What the claim is about; a claim that needs a part which is NULL is not allowed. */
struct lg_claim_case {
    const struct lg_record *record;
    const struct lg_target_result *target;
    const struct lg_users_result *users;    /* RESPONSE_TIME, OFFERED_RATE */
    const struct lg_pooled *times;          /* PERCENTILE */
    double quantile;                        /* PERCENTILE */
    const struct lg_comparison *comparison; /* DIFFERENCE, SAME */
};

/* The table's row: spelling, rule, and whether a single run can ever support it. */
struct lg_claim_rule {
    const char *id, *rule;
    bool (*holds)(const struct lg_claim_case *c); /* NULL: no single run can */
};
const struct lg_claim_rule *lg_claim_rule(enum lg_claim claim);

bool lg_claim_allowed(enum lg_claim claim, const struct lg_claim_case *c);

#endif
