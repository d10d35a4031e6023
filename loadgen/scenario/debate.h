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
    X(BELOW,                                                                                       \
      "each figure of the other side lies below the first limit in every trial; refuted if each "  \
      "is at or above the second in every trial")                                                  \
    X(ABOVE,                                                                                       \
      "each figure of the other side lies above the first limit in every trial; refuted if each "  \
      "is at or below the second in every trial")                                                  \
    X(WITHIN, "each figure of its own side lies below its limit in every trial; refuted if one "   \
              "does not in any trial")                                                             \
    X(WITHIN_BETTER,                                                                               \
      "its own first figure lies below the limit in every trial, and it is better on the others; " \
      "refuted if the first does not in any trial, or another is worse or the same")               \
    X(SHARE, "of most kernels in plain code its compiler explains half of the distance or more; "  \
             "refuted if it explains less of most")                                                \
    X(OBJECTIVES, "its side meets every objective of the scenario; refuted if it misses one")      \
    X(HIGH_LOAD,                                                                                   \
      "its capacity and what it still carries when twice that is offered (--overload 2) are both " \
      "greater by more than 5 %, whichever end of both ranges; refuted if one is less by more, "   \
      "or "                                                                                        \
      "both are within 5 %")                                                                       \
    X(SCALES, "4 servers carry at least 0.8 of four times what one does (E(4)); refuted if less")  \
    X(SCALES_BETTER, "E(4) is greater than that of the other side, brackets apart; refuted if "    \
                     "it is less")                                                                 \
    X(COUNT, "each of its counts is less by more than 5 %; refuted if one is not less")            \
    X(NESTED, "callbacks of the other side lie more than 2 deep in each other; refuted if not")

enum lg_debate_rule {
#define X(name, text) LG_DEBATE_##name,
    LG_DEBATE_RULE_MAP(X)
#undef X
        LG_DEBATE_RULES
};

/* The figures, each of one trial of one target. */
#define LG_DEBATE_FIGURE_MAP(X)                                                                    \
    X(NONE, "")                                                                                    \
    X(COST, "CPU per delivery, or else per completed iteration")                                   \
    X(TAIL, "p99 of the deliveries, or else of the main step")                                     \
    X(STEP_TAIL, "p99 of the main step")                                                           \
    X(STEPS, "median service time of each step")                                                   \
    X(BEST_STEP, "median service time of the fastest step")                                        \
    X(IDLE_MEMORY, "memory before the first connection")                                           \
    X(PEAK_MEMORY, "largest memory")                                                               \
    X(USER_MEMORY, "memory for each connection and its session")                                   \
    X(AT_ONCE, "waits of 500 ms that are under way at once, on average")                           \
    X(LIGHT_TAIL, "p99 of the step hello, in seconds")                                             \
    X(FRAMEWORK, "share of the time for /json that /bare/json does without")                       \
    X(SPREAD, "p99 over median of the main step")                                                  \
    X(LONGEST, "longest over median of the main step")                                             \
    X(READY, "time from the start until it is ready")                                              \
    X(FIRST, "time of the first request")                                                          \
    X(GROWTH, "growth of the memory, in MiB")                                                      \
    X(CROWDED, "p99 of the step amid, over that of the same request alone")                        \
    X(LOOPS, "speed-up of 4 threads that compute")                                                 \
    X(WAITS, "speed-up of 8 requests that wait")                                                   \
    X(BLOCKED, "median of the light requests, over that of the heavy ones")                        \
    X(IN_TURN, "time of 8 requests that wait, over 8 times that of one")                           \
    X(THREADS, "threads more than before the first connection")                                    \
    X(COMPILER, "share of the logarithm of the distance that node --jitless loses")

enum lg_debate_figure {
#define X(name, text) LG_DEBATE_##name,
    LG_DEBATE_FIGURE_MAP(X)
#undef X
        LG_DEBATE_FIGURES
};

enum { LG_DEBATE_MOST_FIGURES = 3 };

/* The steps that figures take by name; those of groups are done at once (parallel). */
#define LG_DEBATE_STEP_LIGHT  "hello" /* beside HEAVY ones */
#define LG_DEBATE_STEP_HEAVY  "heavy"
#define LG_DEBATE_STEP_FRAMED "json" /* /json */
#define LG_DEBATE_STEP_BARE   "bare" /* /bare/json */
#define LG_DEBATE_STEP_FIRST  "first"
#define LG_DEBATE_STEP_AMID   "amid"  /* in a group with others */
#define LG_DEBATE_STEP_ALONE  "alone" /* the same request by itself */
#define LG_DEBATE_STEP_LOOP   "loop"  /* computes in a thread */
#define LG_DEBATE_STEP_LOOPS  "loops" /* LG_DEBATE_COMPUTERS of them at once */
#define LG_DEBATE_STEP_WAIT   "wait"
#define LG_DEBATE_STEP_WAITS  "waits" /* LG_DEBATE_WAITERS of them at once */
enum { LG_DEBATE_COMPUTERS = 4, LG_DEBATE_WAITERS = 8 };

/* HIGH_LOAD's overload, in times of the capacity, and the trials of it that it takes. */
#define LG_DEBATE_OVERLOAD 2.0
enum { LG_DEBATE_OVERLOAD_TRIALS = 3 };

/* What SHARE looks at: kernels that are the language's own code, not a library's. */
#define LG_DEBATE_KERNELS                                                                          \
    {                                                                                              \
        "sieve", "matrix", "fib"                                                                   \
    }

/* A control that takes part in no comparison of lanes: what SHARE is told by. */
#define LG_DEBATE_JITLESS "node-jitless"

/* AT_ONCE is for a request that waits so long for another server, as those of slow-upstream. */
#define LG_DEBATE_WAIT_S 0.5

struct lg_debate_claim {
    unsigned number;  /* from 1, in the order of the table */
    const char *id;   /* one that [scenario] claim may name; several claims share one */
    const char *made; /* the claim, as it is made */
    enum lg_debate_side side;
    const char *scenarios; /* names, separated by blanks, that put it to the test; "": none */
    enum lg_debate_rule rule;
    enum lg_debate_figure figures[LG_DEBATE_MOST_FIGURES]; /* NONE ends them */
    double limits[2]; /* of BELOW and ABOVE; of WITHIN one for each figure; of WITHIN_BETTER [0] */
    bool each_step;   /* a verdict for each step by itself too */
    bool capacity;    /* loadgen capacity compares the capacities, too */
    const char *lanes[2];   /* targets that are its two sides; NULL: all of Node and of Django */
    unsigned cores;         /* that a machine must have for it; 0: any will do */
    const char *fair;       /* what keeps the comparison fair; NULL: nothing of its own */
    const char *caveat;     /* what a verdict leaves open; NULL: nothing of its own */
    const char *run_caveat; /* what one that a run made leaves open besides; NULL: nothing */
};

/* Which command a rule's verdict is made by. */
enum lg_debate_judge_by { LG_DEBATE_BY_RUN, LG_DEBATE_BY_CAPACITY, LG_DEBATE_BY_COUNT };
enum lg_debate_judge_by lg_debate_by(enum lg_debate_rule rule);

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
/* The lane of Django without which nothing is said of it in this scenario: what counts against
 * Python must hold against the better way to serve it.  NULL: "django" serves it as well. */
const char *lg_debate_better_lane(const char *scenario);
/* Is its id one of these, separated by commas? */
bool lg_debate_among(const struct lg_debate_claim *claim, const char *ids);

/* Appends the whole table as text, claims that are argued out with their reasons behind it. */
void lg_debate_explain(struct lg_buf *out);

#endif
