/* Run B beside run A: the same targets, measured at two times.  First whether they are alike enough
 * for a difference to mean the target, then metric by metric what compare.h does within a run. */
#ifndef LG_ANALYSIS_BETWEEN_H
#define LG_ANALYSIS_BETWEEN_H

#include "analysis/compare.h"

/* Of the machine's time: by more than this other programs' share must not differ. */
#define LG_UNLIKE_COMPANY 0.05

/* Something that is not the same in both runs although it should be. */
#define LG_UNLIKE_MAP(X)                                                                           \
    X(ENVIRONMENT, "environment", "machine, system and libraries of the generator")                \
    X(SCENARIO, "scenario", "settings that shape the load")                                        \
    X(TARGET, "target", "settings and versions of a target of one name")

enum lg_unlike_kind {
#define X(name, text, help) LG_UNLIKE_##name,
    LG_UNLIKE_MAP(X)
#undef X
        LG_UNLIKE_KINDS
};
const char *lg_unlike_name(enum lg_unlike_kind kind); /* static */

struct lg_unlike {
    enum lg_unlike_kind kind;
    const char *what;  /* "cpu", "users chatter: rate", "[step say]", "node: version of fastify" */
    const char *a, *b; /* "" where a run does not have it; of a whole section "it" where it has */
};

/* One target of A and what it is held against. */
struct lg_between_pair {
    const char *a, *b;          /* names of the targets */
    struct lg_comparison *rows; /* their a and b are "A" and the letter */
    size_t row_count;
};

struct lg_between {
    const struct lg_record *a, *b; /* borrowed */
    const char *letter;            /* what b is called: "B" */
    struct lg_unlike *unlike;
    size_t unlike_count;
    struct lg_between_pair *pairs;
    size_t pair_count;
    const char **notes; /* what a reader must know beside the figures */
    size_t note_count;
    size_t better, worse, unclear; /* rows of that difference, over all pairs */
    bool valid;                    /* both runs are, and neither was interrupted */
};

/* Compares the targets that both runs have, by name, or the only ones of each whatever their
 * names. `target` NULL: all; else only that name.  Unlike runs are compared all the same: the
 * caller decides whether to show it.  Trials are independent (Welch), and Holm's rule goes over
 * all metrics of all pairs, so that at most 5 of 100 comparisons of a run with a repetition of
 * itself find a difference anywhere.  A trial that is invalid or was interrupted leaves its
 * target unjudged. Everything is of `arena` or borrows the records.  False: *why says that no
 * target is in both. */
bool lg_between(const struct lg_record *a, const struct lg_record *b, const char *target,
                struct lg_arena *arena, struct lg_between *out, const char **why);

/* The same for one of several runs beside A: the 1st is called B, the 2nd C ... */
bool lg_between_nth(const struct lg_record *a, const struct lg_record *b, unsigned nth,
                    const char *target, struct lg_arena *arena, struct lg_between *out,
                    const char **why);

#endif
