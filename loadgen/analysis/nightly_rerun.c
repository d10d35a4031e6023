#include "analysis/dist.h"
#include "analysis/nightly.h"

#include <math.h>
#include <stdlib.h>

#define LEVEL 0.95

/* By how much the suspect is worse, pair by pair: > 0 is worse.  Logarithms of ratios if `logs`. */
static void fill(const struct lg_nightly_rerun *r, bool logs, double *by)
{
    for (size_t i = 0; i < r->pairs; i++) {
        double up = logs ? log(r->suspect[i] / r->good[i]) : r->suspect[i] - r->good[i];
        by[i] = r->less_is_better ? up : -up;
    }
}

static bool all_positive(const struct lg_nightly_rerun *r)
{
    bool positive = !r->share;
    for (size_t i = 0; i < r->pairs; i++) {
        positive = positive && r->good[i] > 0 && r->suspect[i] > 0;
    }
    return positive;
}

/* What a worsening of this size is in the scale of `by`. */
static double in_scale(const struct lg_nightly_rerun *r, bool logs, double relative)
{
    if (logs) {
        double least = -1 + 1e-9;
        return r->less_is_better ? log1p(relative) : -log1p(-fmin(relative, -least));
    }
    return r->share ? relative : relative * fabs(lg_stats_mean(r->good, r->pairs));
}

static size_t next_look(const struct lg_nightly_rerun *r)
{
    size_t next = LG_NIGHTLY_TRIALS;
    while (next <= r->pairs) {
        next *= 2;
    }
    next = next < r->most ? next : r->most;
    return next > r->pairs ? next - r->pairs : 0;
}

static void tell(const struct lg_nightly_rerun *r, bool logs, double mean, double half,
                 struct lg_nightly_proof *out)
{
    double sign = r->less_is_better ? 1 : -1;
    double low = sign * mean - half;
    double high = sign * mean + half;
    double divisor = lg_stats_mean(r->good, r->pairs);
    out->interval.known = true;
    if (logs) {
        out->ratio = exp(sign * mean);
        out->interval.low = exp(low);
        out->interval.high = exp(high);
    } else {
        bool as_ratio = !r->share && divisor > 0;
        out->ratio = as_ratio ? 1 + sign * mean / divisor : sign * mean;
        out->interval.low = as_ratio ? 1 + low / divisor : low;
        out->interval.high = as_ratio ? 1 + high / divisor : high;
    }
}

/* The smallest worsening that the last look could prove, if the pairs to come vary as these do. */
static double provable(const struct lg_nightly_rerun *r, double error, double p)
{
    double last = error * sqrt((double)r->pairs / (double)r->most);
    return lg_dist_student_quantile(1 - p, fmax((double)r->most - 1, 1)) * last;
}

struct lg_nightly_proof lg_nightly_judge_rerun(const struct lg_nightly_rerun *r)
{
    LG_ASSERT(r->pairs >= 1 && r->compared >= 1 && r->most >= r->pairs);
    struct lg_nightly_proof out = {.verdict = LG_NIGHTLY_UNCLEAR, .p = 1, .more = next_look(r)};
    bool logs = all_positive(r);
    double *by = lg_alloc_array(r->pairs, sizeof *by);
    fill(r, logs, by);
    double mean = lg_stats_mean(by, r->pairs);
    double least = in_scale(r, logs, r->share ? LG_NIGHTLY_POINTS : LG_NIGHTLY_LEAST);
    double floor_sd = 0.2 * least; /* as nightly.c: no series is steadier than that */
    double error = fmax(lg_stats_sd(by, r->pairs), floor_sd) / sqrt((double)r->pairs);
    free(by);
    if (r->pairs < LG_NIGHTLY_TRIALS) {
        out.ratio = logs ? exp(r->less_is_better ? mean : -mean) : mean;
        return out;
    }
    double df = (double)r->pairs - 1;
    double half = lg_dist_student_quantile(0.5 + LEVEL / 2, df) * error;
    tell(r, logs, mean, half, &out);
    out.p = 1 - lg_dist_student_cdf(mean / error, df);
    double part = (double)r->pairs / (double)r->most;
    double spend = 0.75 * part * part;
    double proof = LG_NIGHTLY_PROOF / (double)r->compared;
    if (mean >= least && out.p <= proof * spend) {
        out.verdict = LG_NIGHTLY_PROVEN;
    } else if (mean + half < fmax(provable(r, error, 0.75 * proof), least)) {
        out.verdict = LG_NIGHTLY_REFUTED;
    }
    out.more = out.verdict == LG_NIGHTLY_UNCLEAR ? out.more : 0;
    return out;
}
