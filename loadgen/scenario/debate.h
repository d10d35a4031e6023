/* The claims that the debate about Node.js and Python for servers is made of, as a table: which
 * scenario puts each to the test, by which figures, and by which rule it counts as supported or
 * refuted.  Fixed before the measurement, so that no result can choose its own rule.
 * analysis/debate_verdict.h applies the rules; `loadgen explain claims` prints the table. */
#ifndef LG_SCENARIO_DEBATE_H
#define LG_SCENARIO_DEBATE_H

#include "base/buf.h"

/* Whom a claim is in favour of. */
enum lg_debate_side { LG_DEBATE_NODE, LG_DEBATE_DJANGO };

/* How figures become a verdict.  "Better" is: the 95 % interval of the ratio lies wholly beyond
 * 1.05 in favour of the claim's side; "worse": wholly beyond 1.05 against it; "same": wholly
 * inside +-5 %. */
#define LG_DEBATE_RULE_MAP(X)                                                                      \
    X(EVERY, "better on every figure; refuted if worse on any, or the same on all")                \
    X(NOT_WORSE, "on no figure worse by more than 5 %; refuted if worse on any")                   \
    X(ANY,                                                                                         \
      "better on one figure at least, worse on none; refuted if worse on any, or the same on "     \
      "all")                                                                                       \
    X(TWO, "better on two figures at least, worse on none; refuted if worse on two, or the same "  \
           "on all")                                                                               \
    X(BELOW, "the figure of the other side lies below the first limit in every trial; refuted if " \
             "it is at or above the second in every trial")                                        \
    X(ABOVE, "the figure of the other side lies above the first limit in every trial; refuted if " \
             "it is at or below the second in every trial")                                        \
    X(OBJECTIVES, "its side meets every objective of the scenario; refuted if it misses one")      \
    X(ELSEWHERE, "not by one run")

enum lg_debate_rule {
#define X(name, text) LG_DEBATE_##name,
    LG_DEBATE_RULE_MAP(X)
#undef X
        LG_DEBATE_RULES
};
const char *lg_debate_rule_text(enum lg_debate_rule rule); /* static */

/* The figures, each of one trial of one target. */
#define LG_DEBATE_FIGURE_MAP(X)                                                                    \
    X(NONE, "")                                                                                    \
    X(COST, "CPU per delivery, or else per completed iteration")                                   \
    X(TAIL, "p99 of the deliveries, or else of the main step")                                     \
    X(STEP_TAIL, "p99 of the main step")                                                           \
    X(STEPS, "median service time of each step")                                                   \
    X(RATE, "completed iterations per second")                                                     \
    X(IDLE_MEMORY, "memory before the first connection")                                           \
    X(PEAK_MEMORY, "largest memory")                                                               \
    X(USER_MEMORY, "memory for each connection and its session")                                   \
    X(AT_ONCE, "waits of 200 ms that are under way at once, on average")                           \
    X(LIGHT_TAIL, "p99 of the step hello, in seconds")

enum lg_debate_figure {
#define X(name, text) LG_DEBATE_##name,
    LG_DEBATE_FIGURE_MAP(X)
#undef X
        LG_DEBATE_FIGURES
};
const char *lg_debate_figure_text(enum lg_debate_figure figure); /* static */

enum { LG_DEBATE_MOST_FIGURES = 3 };

/* AT_ONCE is for a request that waits so long for another server, as those of slow-upstream. */
#define LG_DEBATE_WAIT_S 0.2

struct lg_debate_claim {
    unsigned number;  /* from 1, in the order of the table */
    const char *id;   /* one that [scenario] claim may name; several claims share one */
    const char *made; /* the claim, as it is made */
    enum lg_debate_side side;
    const char *scenarios; /* names, separated by blanks, that put it to the test; "": none */
    enum lg_debate_rule rule;
    enum lg_debate_figure figures[LG_DEBATE_MOST_FIGURES]; /* NONE ends them */
    double limits[2];                                      /* of BELOW and ABOVE */
    unsigned cores;      /* that a machine must have for it; 0: any will do */
    const char *fair;    /* what keeps the comparison fair; "": nothing of its own */
    const char *instead; /* ELSEWHERE: what would decide it */
};

/* What is said in the debate and cannot be measured, and why. */
struct lg_debate_out {
    const char *made, *why;
};

const struct lg_debate_claim *lg_debate_claims(size_t *count);
const struct lg_debate_out *lg_debate_outs(size_t *count);

/* Is it the id of a claim? */
bool lg_debate_has(struct lg_slice id);
/* Does this claim's list name the scenario? */
bool lg_debate_tests(const struct lg_debate_claim *claim, const char *scenario);
/* Is its id one of these, separated by commas? */
bool lg_debate_among(const struct lg_debate_claim *claim, const char *ids);

/* Appends the whole table as text, claims that are argued out with their reasons behind it. */
void lg_debate_explain(struct lg_buf *out);

#endif
