#include "analysis/steady.h"
#include "analysis/dist.h"
#include "analysis/stats.h"

#include <math.h>
#include <stdlib.h>

enum { SEGMENT = LG_STEADY_SEGMENT, MSER_KEEP = 5 /* batches */ };

size_t lg_steady_mser5(const double *x, size_t n)
{
    size_t batches = n / SEGMENT;
    if (batches < 2 * MSER_KEEP) {
        return 0;
    }
    double sum = 0;
    double squares = 0;
    size_t best = 0;
    double least = INFINITY;
    double shift = lg_stats_mean(x, n); /* keeps the sum of squares from cancelling */
    for (size_t kept = 1; kept <= batches; kept++) {
        size_t first = (batches - kept) * SEGMENT;
        double mean = lg_stats_mean(x + first, SEGMENT) - shift;
        sum += mean;
        squares += mean * mean;
        double count = (double)kept;
        double error = (squares - sum * sum / count) / (count * count);
        if (first <= n / 2 && kept >= MSER_KEEP && error <= least) {
            least = error;
            best = first;
        }
    }
    return best;
}

/* The split of x with the largest energy statistic, both sides at least a segment long; 0: too
 * short. The three sums of distances are carried along, so each place costs O(n). */
static size_t energy_split(const double *x, size_t n)
{
    double left = 0;
    double right = 0;
    double across = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = i + 1; j < n; j++) {
            right += fabs(x[i] - x[j]);
        }
    }
    size_t best = 0;
    double most = -INFINITY;
    for (size_t t = 0; t + SEGMENT < n; t++) { /* x[t] moves to the left side */
        double before = 0;
        double after = 0;
        for (size_t i = 0; i < t; i++) {
            before += fabs(x[i] - x[t]);
        }
        for (size_t j = t + 1; j < n; j++) {
            after += fabs(x[j] - x[t]);
        }
        left += before;
        right -= after;
        across += after - before;
        double m = (double)(t + 1);
        double k = (double)(n - t - 1);
        if (t + 1 < SEGMENT) {
            continue;
        }
        double energy = 2 * across / (m * k) - 2 * left / (m * (m - 1)) - 2 * right / (k * (k - 1));
        double q = m * k / (m + k) * energy;
        if (q > most) {
            most = q;
            best = t + 1;
        }
    }
    return n >= 2 * SEGMENT ? best : 0;
}

struct splitting {
    const double *x;
    double weak_p;
    size_t *at;
    size_t count;
};

static void split(struct splitting *s, size_t from, size_t to)
{
    size_t offset = energy_split(s->x + from, to - from);
    if (offset == 0) {
        return;
    }
    size_t place = from + offset;
    if (lg_stats_welch(s->x + from, offset, s->x + place, to - place) > s->weak_p) {
        return;
    }
    split(s, from, place);
    s->at[s->count++] = place;
    split(s, place, to);
}

/* p of change point i, between its neighbours. */
static double change_p(const double *x, size_t n, const size_t *at, size_t count, size_t i)
{
    size_t from = i == 0 ? 0 : at[i - 1];
    size_t to = i + 1 == count ? n : at[i + 1];
    return lg_stats_welch(x + from, at[i] - from, x + at[i], to - at[i]);
}

static void remove_at(size_t *at, size_t *count, size_t i)
{
    memmove(at + i, at + i + 1, (*count - i - 1) * sizeof *at);
    (*count)--;
}

size_t lg_steady_changes(const double *x, size_t n, double max_p, size_t *at)
{
    /* A point that is weak in the whole may be strong between its neighbours. */
    struct splitting s = {.x = x, .weak_p = fmin(1, 10 * max_p), .at = at};
    split(&s, 0, n);
    while (s.count > 0) {
        size_t weakest = 0;
        double worst = -1;
        for (size_t i = 0; i < s.count; i++) {
            double p = change_p(x, n, at, s.count, i);
            if (p > worst) {
                worst = p;
                weakest = i;
            }
        }
        if (worst <= max_p) {
            break;
        }
        remove_at(at, &s.count, weakest);
    }
    return s.count;
}

static bool same(double a, double b)
{
    return fabs(a - b) <= LG_STEADY_SAME * fmax(fabs(a), fabs(b));
}

static bool worse(const struct lg_steady_series *s, double a, double than)
{
    return !same(a, than) && (s->more_is_better ? a < than : a > than);
}

/* Is the batch before the cut no part of what follows?  Measured with the spread of what follows
 * alone: a warm-up is wild, and its own spread would excuse it. */
static bool batch_differs(const double *x, size_t n, size_t cut)
{
    double before = lg_stats_mean(x + cut - SEGMENT, SEGMENT);
    double after = lg_stats_mean(x + cut, n - cut);
    double error = lg_stats_sd(x + cut, n - cut) * sqrt(1.0 / SEGMENT + 1 / (double)(n - cut));
    if (same(before, after)) {
        return false;
    }
    return error == 0 || lg_dist_student_two_sided((after - before) / error,
                                                   (double)(n - cut - 1)) <= LG_STEADY_CHANGE_P;
}

/* Noise alone has its least standard error somewhere too, so MSER's cut goes back to where the
 * series really changes. */
static size_t real_cut(const double *x, size_t n)
{
    size_t cut = lg_steady_mser5(x, n);
    while (cut > 0 && !batch_differs(x, n, cut)) {
        cut -= SEGMENT;
    }
    return cut;
}

/* MSER cuts at whole batches; a change point less than a batch away knows the place better. */
static size_t refined(size_t cut, const size_t *at, size_t count)
{
    size_t best = cut;
    size_t nearest = SEGMENT;
    for (size_t i = 0; i < count; i++) {
        size_t away = at[i] > cut ? at[i] - cut : cut - at[i];
        if (away < nearest) {
            nearest = away;
            best = at[i];
        }
    }
    return best;
}

/* Drops change points up to `cut` and those whose two sides have the same mean; closest means join
 * first to last, in order. */
static size_t joined(const double *x, size_t n, size_t cut, size_t *at, size_t count)
{
    while (count > 0 && at[0] < cut + SEGMENT) {
        remove_at(at, &count, 0);
    }
    for (size_t i = 0; i < count;) {
        size_t from = i == 0 ? cut : at[i - 1];
        size_t to = i + 1 == count ? n : at[i + 1];
        if (same(lg_stats_mean(x + from, at[i] - from), lg_stats_mean(x + at[i], to - at[i]))) {
            remove_at(at, &count, i);
            i = 0;
        } else {
            i++;
        }
    }
    return count;
}

/* More than one level after the cut. */
static struct lg_steady class_of_levels(const struct lg_steady_series *s, size_t cut,
                                        const size_t *at, size_t count)
{
    double last = lg_stats_mean(s->x + at[count - 1], s->n - at[count - 1]);
    bool all_worse = true;  /* every earlier level is worse than the last */
    bool none_worse = true; /* no earlier level is worse than the last */
    for (size_t i = 0, from = cut; i < count; from = at[i++]) {
        double level = lg_stats_mean(s->x + from, at[i] - from);
        all_worse = all_worse && worse(s, level, last);
        none_worse = none_worse && !worse(s, level, last);
    }
    if (all_worse && at[count - 1] <= s->n / 2) {
        return (struct lg_steady){.class = LG_STEADY_WARMED_UP, .cut = at[count - 1]};
    }
    return (struct lg_steady){.class = none_worse ? LG_STEADY_SLOWING : LG_STEADY_NONE};
}

static double slope_of(const double *x, size_t n)
{
    double middle = (double)(n - 1) / 2;
    double mean = lg_stats_mean(x, n);
    double up = 0;
    double square = 0;
    for (size_t i = 0; i < n; i++) {
        up += ((double)i - middle) * (x[i] - mean);
        square += ((double)i - middle) * ((double)i - middle);
    }
    return up / square;
}

/* Growth over the whole of x as a share of its mean; 0 if it is small or may be chance. */
static double trend_of(const double *x, size_t n)
{
    double *times = lg_alloc_array(n, sizeof *times);
    for (size_t i = 0; i < n; i++) {
        times[i] = (double)i;
    }
    struct lg_correlation c = lg_stats_spearman(times, x, n);
    free(times);
    double mean = fabs(lg_stats_mean(x, n));
    double growth = mean > 0 ? slope_of(x, n) * (double)n / mean : 0;
    return c.p < LG_STEADY_TREND_P && fabs(growth) > LG_STEADY_TREND ? growth : 0;
}

/* A better start that lasted only a segment is a warm-up like any other (an empty queue, a cold
 * clock); one that lasted longer was the real speed once. */
static bool start_was_better(const struct lg_steady_series *s, size_t cut)
{
    return cut >= 2 * SEGMENT &&
           worse(s, lg_stats_mean(s->x + cut, s->n - cut), lg_stats_mean(s->x, cut));
}

static struct lg_steady classify(const struct lg_steady_series *s, size_t *at, size_t count)
{
    size_t cut = real_cut(s->x, s->n);
    cut = cut > 0 ? refined(cut, at, count) : 0;
    if (start_was_better(s, cut)) {
        return (struct lg_steady){.class = LG_STEADY_SLOWING};
    }
    count = joined(s->x, s->n, cut, at, count);
    if (count > 0) {
        struct lg_steady levels = class_of_levels(s, cut, at, count);
        if (levels.class != LG_STEADY_WARMED_UP) {
            return levels;
        }
        cut = levels.cut;
    }
    double trend = trend_of(s->x + cut, s->n - cut);
    if (trend != 0) {
        bool down = s->more_is_better ? trend < 0 : trend > 0;
        return (struct lg_steady){.class = down ? LG_STEADY_SLOWING : LG_STEADY_NONE};
    }
    return (struct lg_steady){.class = cut > 0 ? LG_STEADY_WARMED_UP : LG_STEADY_FLAT, .cut = cut};
}

/* A day of seconds, in means of `each` seconds. */
static struct lg_steady classify_coarsely(const struct lg_steady_series *series, size_t each)
{
    size_t n = series->n / each;
    double *means = lg_alloc_array(n, sizeof *means);
    for (size_t i = 0; i < n; i++) {
        means[i] = lg_stats_mean(series->x + i * each, each);
    }
    struct lg_steady_series coarse = {means, n, series->more_is_better};
    struct lg_steady result = lg_steady_one(&coarse);
    result.cut *= each;
    free(means);
    return result;
}

struct lg_steady lg_steady_one(const struct lg_steady_series *series)
{
    if (series->n < LG_STEADY_LEAST) {
        return (struct lg_steady){.class = LG_STEADY_TOO_SHORT};
    }
    if (series->n > LG_STEADY_MOST) {
        return classify_coarsely(series, (series->n + LG_STEADY_MOST - 1) / LG_STEADY_MOST);
    }
    size_t *at = lg_alloc_array(series->n / SEGMENT, sizeof *at);
    size_t count = lg_steady_changes(series->x, series->n, LG_STEADY_CHANGE_P, at);
    struct lg_steady result = classify(series, at, count);
    free(at);
    return result;
}

static int severity(enum lg_steady_class class)
{
    /* Too short counts least: another series of the same run may still be long enough. */
    return class == LG_STEADY_TOO_SHORT ? -1 : (int)class;
}

struct lg_steady lg_steady_all(const struct lg_steady_series *series, size_t count)
{
    struct lg_steady all = {.class = LG_STEADY_TOO_SHORT};
    for (size_t i = 0; i < count; i++) {
        struct lg_steady one = lg_steady_one(&series[i]);
        bool decides = severity(one.class) > severity(all.class) ||
                       (one.class == all.class && one.cut > all.cut);
        if (decides) {
            all = one;
            all.series = one.class == LG_STEADY_FLAT ? 0 : i;
        }
    }
    all.cut = all.class == LG_STEADY_WARMED_UP ? all.cut : 0;
    return all;
}

const char *lg_steady_name(enum lg_steady_class class)
{
    static const char *const names[] = {"flat", "warmed_up", "slowing", "no_steady_state",
                                        "too_short"};
    LG_ASSERT(class <= LG_STEADY_TOO_SHORT);
    return names[class];
}
