/* The levels of one series between two breaks, followed night by night as a job would see it.  For
 * nightly.c only. */
#ifndef LG_ANALYSIS_NIGHTLY_LEVELS_H
#define LG_ANALYSIS_NIGHTLY_LEVELS_H

#include "base/arena.h"

struct lg_levels {
    /* Given, before the first value. */
    size_t room;     /* values at most */
    size_t before;   /* values that must be there before anything is tested */
    size_t least;    /* values in a level, unless a place was given */
    double least_sd; /* no series is trusted to be steadier than this; > 0 */
    double far;      /* robust standard deviations: a lone value farther out is an outlier */

    double rho_prior; /* what all series together say of `rho`, >= 0; may be set at any time */

    double *y; /* logarithms or values */
    size_t n;

    /* Places where a level begins, ascending. */
    size_t *place;
    size_t *since; /* the value with which the place was accepted */
    bool *given;   /* by lg_levels_give */
    double *p;     /* two-sided; of this place between its neighbours */
    size_t count;
    size_t withdrawn; /* accepted places that went again */

    /* As of the last value. */
    double *kept; /* y, lone far values drawn in */
    size_t from;  /* where the level of now began */
    double sd;    /* about all levels, the division at `candidate` counted */
    double df;
    double rho_seen, rho_nights; /* correlation of neighbours in this series, and over how many */
    double rho;                  /* the one that tests reckon with, >= 0 */
    size_t candidate;            /* the likeliest beginning of a new level; 0: none */
    double candidate_p;          /* its two-sided p over lg_levels_part; 1: none */

    double settled_squares, settled_steps; /* of the levels before `from` */
    double *one, *two, *steps;             /* running sums over kept from `from` on */
    double *away;                          /* room */
};

/* `levels` with the given fields set. */
void lg_levels_init(struct lg_levels *levels, struct lg_arena *arena);

/* The next value; looks for a candidate.  O(values of the level of now). */
void lg_levels_add(struct lg_levels *levels, double y);

/* The candidate becomes a place. */
void lg_levels_accept(struct lg_levels *levels);

/* The last value begins a level: a re-run has proven it.  n >= 2. */
void lg_levels_give(struct lg_levels *levels);

/* After the last value: places move to where they fit best now, are tested once more, and go if
 * max_p does not hold any more. */
void lg_levels_finish(struct lg_levels *levels, double max_p);

/* The i-th level, i <= count: values [*from, *to). */
void lg_levels_bounds(const struct lg_levels *levels, size_t i, size_t *from, size_t *to);

/* Mean of the kept values [from, to); the standard error of a mean of `count` values. */
double lg_levels_mean(const struct lg_levels *levels, size_t from, size_t to);
double lg_levels_error(const struct lg_levels *levels, size_t count);

/* How far value k lies from the median of its level, in robust standard deviations. */
double lg_levels_away(const struct lg_levels *levels, size_t k);

/* How much of the chance of error of one night goes to "a level of `before` values was followed by
 * one of `after`".  The first nights of a new level get most (the share falls with the square), so
 * all lengths together do not get much more; a young series, of which less is known, gets more. */
double lg_levels_part(const struct lg_levels *levels, size_t before, size_t after);

#endif
