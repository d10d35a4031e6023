#include "analysis/nightly_levels.h"
#include "analysis/dist.h"
#include "analysis/stats.h"

#include <math.h>
#include <stdlib.h>

/* A far value is lone if no neighbour is this part as far, on the same side. */
#define ALONG 0.5
/* Nights' worth of belief in what all series together say about their neighbours. */
#define RHO_NIGHTS 400.0
#define RHO_MOST   0.8
/* A series of so many values may risk twice what a long one may. */
#define YOUNG 40.0
/* By how much searching for its place makes the p of a level too small. */
#define PLACES 2.0
/* |t| below this is never a candidate. */
#define LEAST_T 2.5
/* A place moves by no more than this when it is fitted again. */
#define MOVES 3

void lg_levels_init(struct lg_levels *l, struct lg_arena *arena)
{
    LG_ASSERT(l->room >= 1 && l->least >= 2 && l->least_sd > 0);
    l->y = lg_arena_alloc(arena, l->room * sizeof *l->y);
    l->kept = lg_arena_alloc(arena, l->room * sizeof *l->kept);
    l->away = lg_arena_alloc(arena, l->room * sizeof *l->away);
    l->place = lg_arena_alloc(arena, l->room * sizeof *l->place);
    l->since = lg_arena_alloc(arena, l->room * sizeof *l->since);
    l->given = lg_arena_alloc(arena, l->room * sizeof *l->given);
    l->p = lg_arena_alloc(arena, l->room * sizeof *l->p);
    l->one = lg_arena_alloc(arena, (l->room + 1) * sizeof *l->one);
    l->two = lg_arena_alloc(arena, (l->room + 1) * sizeof *l->two);
    l->steps = lg_arena_alloc(arena, (l->room + 1) * sizeof *l->steps);
}

void lg_levels_bounds(const struct lg_levels *l, size_t i, size_t *from, size_t *to)
{
    LG_ASSERT(i <= l->count);
    *from = i == 0 ? 0 : l->place[i - 1];
    *to = i == l->count ? l->n : l->place[i];
}

double lg_levels_mean(const struct lg_levels *l, size_t from, size_t to)
{
    return lg_stats_mean(l->kept + from, to - from);
}

/* By which a mean of k values varies more than that of independent ones would (AR(1)). */
static double widened(double rho, size_t k)
{
    double sum = 1;
    double power = 1;
    for (size_t j = 1; j < k && power > 1e-6; j++) {
        power *= rho;
        sum += 2 * (1 - (double)j / (double)k) * power;
    }
    return sum;
}

static double variance_factor(double rho, size_t k)
{
    return widened(rho, k) / (double)k;
}

double lg_levels_error(const struct lg_levels *l, size_t count)
{
    return l->sd * sqrt(variance_factor(l->rho, count));
}

/* Median and robust spread of one level. */
struct middle {
    double at, sd;
};

static struct middle middle_of(const struct lg_levels *l, size_t from, size_t to)
{
    size_t n = to - from;
    double at = lg_stats_median(l->y + from, n);
    for (size_t i = 0; i < n; i++) {
        l->away[i] = fabs(l->y[from + i] - at);
    }
    return (struct middle){at, fmax(1.4826 * lg_stats_median(l->away, n), l->least_sd)};
}

static bool goes_along(const struct lg_levels *l, struct middle m, size_t k, size_t with)
{
    double own = l->y[k] - m.at;
    double other = l->y[with] - m.at;
    return own * other > 0 && fabs(other) >= ALONG * fabs(own);
}

/* Keeps the values of a level, lone far ones as its middle: they say nothing about the level.  A
 * short level does not know its spread. */
static void draw_in(struct lg_levels *l, size_t from, size_t to)
{
    struct middle m = middle_of(l, from, to);
    bool known = to - from >= 2 * l->least;
    for (size_t k = from; k < to; k++) {
        bool far = fabs(l->y[k] - m.at) > l->far * m.sd;
        bool along =
            (k > from && goes_along(l, m, k, k - 1)) || (k + 1 < to && goes_along(l, m, k, k + 1));
        l->kept[k] = known && far && !along ? m.at : l->y[k];
    }
}

double lg_levels_away(const struct lg_levels *l, size_t k)
{
    size_t i = 0;
    while (i < l->count && l->place[i] <= k) {
        i++;
    }
    size_t from, to;
    lg_levels_bounds(l, i, &from, &to);
    struct middle m = middle_of(l, from, to);
    return (l->y[k] - m.at) / m.sd;
}

/* The level of now: what is kept of it, and sums. */
static void measure_now(struct lg_levels *l)
{
    size_t n = l->n - l->from;
    draw_in(l, l->from, l->n);
    double shift = l->y[l->from]; /* so that the sums do not cancel */
    for (size_t i = 0; i < n; i++) {
        size_t k = l->from + i;
        double away = l->kept[k] - shift;
        double step = i > 0 ? l->kept[k] - l->kept[k - 1] : 0;
        l->one[i + 1] = l->one[i] + away;
        l->two[i + 1] = l->two[i] + away * away;
        l->steps[i + 1] = l->steps[i] + step * step;
    }
}

/* Sum of squares about the mean of values i..j of the level of now. */
static double squares_of(const struct lg_levels *l, size_t i, size_t j)
{
    double sum = l->one[j] - l->one[i];
    double squares = l->two[j] - l->two[i] - sum * sum / (double)(j - i);
    return squares > 0 ? squares : 0;
}

static double steps_of(const struct lg_levels *l, size_t i, size_t j)
{
    return l->steps[j] - l->steps[i + 1];
}

/* Correlation of neighbours by von Neumann's ratio (1941), which a change of level hardly moves;
 * one series says little, so it is drawn towards `rho_prior`. */
static void correlate(struct lg_levels *l, double steps, double variance, double n)
{
    double seen = variance > 0 ? 1 - steps / n / (2 * variance) : 0;
    double rho = (n * seen + RHO_NIGHTS * l->rho_prior) / (n + RHO_NIGHTS);
    l->rho = fmin(fmax(rho, 0), RHO_MOST);
}

/* Spread from the squares about so many levels.  Values that resemble their neighbours make a mean
 * that goes along with them, and are fewer than they seem (Bayley & Hammersley 1946). */
static void estimate(struct lg_levels *l, double squares, size_t levels)
{
    double rho = l->rho;
    double plain = fmax((double)l->n - (double)levels, 1);
    double divisor = (double)l->n - (double)levels * (1 + rho) / (1 - rho);
    l->sd = fmax(sqrt(squares / fmax(divisor, plain / 2)), l->least_sd);
    l->df = fmax(plain * (1 - rho * rho) / (1 + rho * rho), 1);
}

/* Spread and correlation if the level of now had a place at `cut` of its values (0: none).  The
 * correlation is that of the nights before the place: those behind it were picked for resembling
 * each other, or for not doing so. */
static void spread(struct lg_levels *l, size_t cut)
{
    size_t n = l->n - l->from;
    size_t first = cut > 0 ? cut : n;
    double squares = l->settled_squares + squares_of(l, 0, first);
    double steps = l->settled_steps + steps_of(l, 0, first);
    double earlier = fmax((double)(l->from + first) - (double)(l->count + 1), 1);
    correlate(l, steps, squares / earlier, earlier);
    squares += cut > 0 ? squares_of(l, cut, n) : 0;
    estimate(l, squares, l->count + 1 + (cut > 0));
}

/* Student's t between the values before and after `cut` of the level of now. */
static double t_at(struct lg_levels *l, size_t cut)
{
    size_t n = l->n - l->from;
    spread(l, cut);
    double before = l->one[cut] / (double)cut;
    double after = (l->one[n] - l->one[cut]) / (double)(n - cut);
    return (after - before) / hypot(lg_levels_error(l, cut), lg_levels_error(l, n - cut));
}

/* Neighbours' likeness in this series if it has not changed, for rho_prior. */
static void see_rho(struct lg_levels *l)
{
    size_t n = l->n - l->from;
    l->rho_nights = fmax((double)l->n - (double)(l->count + 1), 1);
    double variance = (l->settled_squares + squares_of(l, 0, n)) / l->rho_nights;
    double steps = (l->settled_steps + steps_of(l, 0, n)) / l->rho_nights;
    l->rho_seen = variance > 0 ? 1 - steps / (2 * variance) : 0;
}

double lg_levels_part(const struct lg_levels *l, size_t before, size_t after)
{
    double first = (double)l->least / (double)after;
    return first * first * (1 + YOUNG / (double)before);
}

/* Every length up to 8, then some. */
static size_t longer(size_t after)
{
    return after < 8 ? after + 1 : after + after / 4;
}

static void find_candidate(struct lg_levels *l)
{
    size_t n = l->n - l->from;
    bool enough = l->n >= l->before + l->least;
    l->candidate = 0;
    l->candidate_p = 1;
    for (size_t after = l->least; enough && after + l->least <= n; after = longer(after)) {
        double t = t_at(l, n - after);
        if (fabs(t) < LEAST_T) {
            continue;
        }
        double p = lg_dist_student_two_sided(t, l->df) / lg_levels_part(l, l->n - after, after);
        if (p < l->candidate_p) {
            l->candidate_p = p;
            l->candidate = l->n - after;
        }
    }
    spread(l, l->candidate > 0 ? l->candidate - l->from : 0);
}

void lg_levels_add(struct lg_levels *l, double y)
{
    LG_ASSERT(l->n < l->room);
    l->y[l->n++] = y;
    measure_now(l);
    see_rho(l);
    find_candidate(l);
}

/* The level of now ends before `place`. */
static void begin_at(struct lg_levels *l, size_t place, bool given)
{
    size_t cut = place - l->from;
    l->settled_squares += squares_of(l, 0, cut);
    l->settled_steps += steps_of(l, 0, cut);
    l->place[l->count] = place;
    l->given[l->count] = given;
    l->since[l->count] = l->n - 1;
    l->p[l->count++] = l->candidate_p;
    l->from = place;
    measure_now(l);
    spread(l, 0);
    l->candidate = 0;
    l->candidate_p = 1;
}

void lg_levels_accept(struct lg_levels *l)
{
    LG_ASSERT(l->candidate > l->from);
    begin_at(l, l->candidate, false);
}

void lg_levels_give(struct lg_levels *l)
{
    LG_ASSERT(l->n >= 2);
    if (l->from + 1 < l->n) {
        begin_at(l, l->n - 1, true);
    }
}

/* Where between its neighbours place i explains most. */
static size_t best_place(const struct lg_levels *l, size_t i)
{
    size_t from, at, to, same;
    lg_levels_bounds(l, i, &from, &at);
    lg_levels_bounds(l, i + 1, &same, &to);
    size_t best = at;
    double most = -1;
    for (size_t place = from + l->least; place + l->least <= to; place++) {
        size_t away = place > at ? place - at : at - place;
        double by =
            lg_stats_mean(l->y + place, to - place) - lg_stats_mean(l->y + from, place - from);
        double explained =
            by * by * (double)(place - from) * (double)(to - place) / (double)(to - from);
        if (away <= MOVES && explained > most) {
            most = explained;
            best = place;
        }
    }
    return best;
}

/* Spread about all levels as they are now. */
static void measure_all(struct lg_levels *l)
{
    double squares = 0;
    double steps = 0;
    for (size_t i = 0; i <= l->count; i++) {
        size_t from, to;
        lg_levels_bounds(l, i, &from, &to);
        draw_in(l, from, to);
        double mean = lg_levels_mean(l, from, to);
        for (size_t k = from; k < to; k++) {
            squares += (l->kept[k] - mean) * (l->kept[k] - mean);
            double step = k > from ? l->kept[k] - l->kept[k - 1] : 0;
            steps += step * step;
        }
    }
    double plain = fmax((double)l->n - (double)(l->count + 1), 1);
    correlate(l, steps, squares / plain, plain);
    estimate(l, squares, l->count + 1);
}

static double p_of(const struct lg_levels *l, size_t i)
{
    size_t from, at, to, same;
    lg_levels_bounds(l, i, &from, &at);
    lg_levels_bounds(l, i + 1, &same, &to);
    double by = lg_levels_mean(l, at, to) - lg_levels_mean(l, from, at);
    double error = hypot(lg_levels_error(l, at - from), lg_levels_error(l, to - at));
    double p = lg_dist_student_two_sided(by / error, l->df);
    return l->given[i] ? p : fmin(1, PLACES * p);
}

static void take_away(struct lg_levels *l, size_t i)
{
    size_t rest = l->count - i - 1;
    memmove(l->place + i, l->place + i + 1, rest * sizeof *l->place);
    memmove(l->since + i, l->since + i + 1, rest * sizeof *l->since);
    memmove(l->given + i, l->given + i + 1, rest * sizeof *l->given);
    l->count--;
}

void lg_levels_finish(struct lg_levels *l, double max_p)
{
    for (;;) {
        for (size_t i = 0; i < l->count; i++) {
            l->place[i] = l->given[i] ? l->place[i] : best_place(l, i);
        }
        measure_all(l);
        size_t weakest = l->count;
        for (size_t i = 0; i < l->count; i++) {
            l->p[i] = p_of(l, i);
            bool weaker = weakest == l->count || l->p[i] > l->p[weakest];
            weakest = !l->given[i] && weaker ? i : weakest;
        }
        if (weakest == l->count || l->p[weakest] <= max_p) {
            break;
        }
        take_away(l, weakest);
        l->withdrawn++;
    }
    l->from = l->count > 0 ? l->place[l->count - 1] : 0;
}
