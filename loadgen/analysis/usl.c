#include "analysis/usl.h"

#include "analysis/dist.h"
#include "base/rng.h"

#include <cminpack.h>
#include <math.h>
#include <stdlib.h>

/* The trials of one load, as logarithms of their throughput. */
struct load {
    double n;       /* mean concurrency */
    double mean;    /* of ln x */
    double scatter; /* standard error of the mean, from the trials */
    double error;   /* the same, with what the misfit adds */
    double *values; /* owned: ln x of each trial */
    size_t count;
};

enum { PARAMETERS = 3 };

struct loads {
    struct load *list; /* owned */
    size_t count;
};

double lg_usl_throughput(const struct lg_usl *usl, double n)
{
    return usl->lambda * n / (1 + usl->sigma * (n - 1) + usl->kappa * n * (n - 1));
}

double lg_usl_peak(const struct lg_usl *usl)
{
    return usl->kappa > 0 ? sqrt((1 - usl->sigma) / usl->kappa) : INFINITY;
}

/* ---- loads ---- */

static void gather(struct loads *loads, const struct lg_usl_trial *trials, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        LG_ASSERT(trials[i].n > 0 && trials[i].x > 0 && trials[i].load < count);
        loads->count = trials[i].load + 1 > loads->count ? trials[i].load + 1 : loads->count;
    }
    loads->list = lg_alloc_array(loads->count, sizeof *loads->list);
    for (size_t i = 0; i < count; i++) {
        struct load *load = &loads->list[trials[i].load];
        load->values = lg_grow(load->values, load->count + 1, sizeof *load->values);
        load->n += (trials[i].n - load->n) / (double)(load->count + 1);
        load->values[load->count++] = log(trials[i].x);
    }
}

static void release(struct loads *loads)
{
    for (size_t i = 0; i < loads->count; i++) {
        free(loads->list[i].values);
    }
    free(loads->list);
}

/* The spread of few trials is a poor guess: each load's own counts as much as that of all. */
static void weigh(struct loads *loads)
{
    double pooled = 0, freedom = 0;
    for (size_t i = 0; i < loads->count; i++) {
        struct load *l = &loads->list[i];
        double sd = lg_stats_sd(l->values, l->count);
        l->mean = lg_stats_mean(l->values, l->count);
        pooled += sd * sd * (double)(l->count - 1);
        freedom += (double)(l->count - 1);
    }
    pooled = freedom > 0 ? pooled / freedom : 0;
    for (size_t i = 0; i < loads->count; i++) {
        struct load *l = &loads->list[i];
        double sd = l->count > 1 ? lg_stats_sd(l->values, l->count) : sqrt(pooled);
        double variance = (sd * sd + pooled) / 2;
        l->scatter = l->error = sqrt(fmax(variance, 1e-8) / (double)l->count);
    }
}

/* ---- the fit: parameters without bounds, so that any step is a valid one ---- */

static struct lg_usl from_free(const double *p)
{
    return (struct lg_usl){
        .lambda = exp(p[0]), .sigma = p[1] * p[1] / (1 + p[1] * p[1]), .kappa = p[2] * p[2]};
}

static void to_free(const struct lg_usl *usl, double *p)
{
    double sigma = fmin(fmax(usl->sigma, 1e-6), 0.999);
    p[0] = log(usl->lambda);
    p[1] = sqrt(sigma / (1 - sigma));
    p[2] = sqrt(fmax(usl->kappa, 1e-8));
}

static int residuals(void *ctx, int m, int n, const double *p, double *out, int flag)
{
    const struct loads *loads = ctx;
    struct lg_usl usl = from_free(p);
    (void)n;
    (void)flag;
    for (int i = 0; i < m; i++) {
        const struct load *l = &loads->list[i];
        out[i] = (l->mean - log(lg_usl_throughput(&usl, l->n))) / l->error;
    }
    return 0;
}

static struct lg_usl fit_from(const struct loads *loads, const struct lg_usl *start)
{
    int m = (int)loads->count, pivots[PARAMETERS], work_n = m * PARAMETERS + 5 * PARAMETERS + m;
    double p[PARAMETERS], *out = lg_alloc_array((size_t)(m + work_n), sizeof *out);
    to_free(start, p);
    lmdif1(residuals, (void *)loads, m, PARAMETERS, p, out, 1e-10, pivots, out + m, work_n);
    free(out);
    return from_free(p);
}

/* Where to start: the measured throughput per user at the lowest load, and a guess for the rest. */
static struct lg_usl fit(const struct loads *loads)
{
    static const double sigmas[] = {0.01, 0.1, 0.4}, kappas[] = {1e-5, 1e-3, 1e-1};
    const struct load *first = &loads->list[0];
    struct lg_usl best = {0};
    double least = INFINITY, *out = lg_alloc_array(loads->count, sizeof *out);
    for (size_t i = 0; i < 9; i++) {
        struct lg_usl start = {
            .lambda = exp(first->mean) / first->n, .sigma = sigmas[i / 3], .kappa = kappas[i % 3]};
        struct lg_usl usl = fit_from(loads, &start);
        double p[PARAMETERS], sum = 0;
        to_free(&usl, p);
        residuals((void *)loads, (int)loads->count, PARAMETERS, p, out, 0);
        for (size_t k = 0; k < loads->count; k++) {
            sum += out[k] * out[k];
        }
        best = sum < least ? usl : best;
        least = fmin(sum, least);
    }
    free(out);
    return best;
}

/* ---- intervals ---- */

static double misfit(const struct loads *loads, const struct lg_usl *usl)
{
    double sum = 0;
    for (size_t i = 0; i < loads->count; i++) {
        const struct load *l = &loads->list[i];
        double off = (l->mean - log(lg_usl_throughput(usl, l->n))) / l->error;
        sum += off * off;
    }
    return sum / (double)(loads->count - PARAMETERS);
}

static double add_error(struct loads *loads, double shared, struct lg_usl *best)
{
    for (size_t i = 0; i < loads->count; i++) {
        struct load *l = &loads->list[i];
        l->error = hypot(l->scatter, shared);
    }
    *best = fit_from(loads, best);
    return misfit(loads, best);
}

/* Where the means lie farther off the law than the scatter of the trials explains, the trials of a
 * load share an error, or the server is not quite the law: each mean gets so much more error that
 * it does (Paule & Mandel 1982), and the law is fitted again.  The part of the variance added. */
static double explain_misfit(struct loads *loads, struct lg_usl *best)
{
    enum { HALVINGS = 40 };
    double low = 0, high = 1, part = 0;
    if (misfit(loads, best) <= 1) {
        return 0;
    }
    for (int i = 0; i < HALVINGS; i++) {
        double middle = (low + high) / 2;
        *(add_error(loads, middle, best) > 1 ? &low : &high) = middle;
    }
    for (size_t i = 0; i < loads->count; i++) {
        double share = high / loads->list[i].error;
        part += share * share / (double)loads->count;
    }
    return part;
}

/* What a standard error is multiplied by, so that draws from the normal distribution reach as far
 * as Student's t does.  The degrees of freedom are Welch and Satterthwaite's for the two parts of
 * the variance: the trials' scatter, and what the misfit added. */
static double widening(const struct loads *loads, double added)
{
    double trials = 0;
    for (size_t i = 0; i < loads->count; i++) {
        trials += (double)(loads->list[i].count - 1);
    }
    double freedom = 1 / (added * added / (double)(loads->count - PARAMETERS) +
                          (1 - added) * (1 - added) / trials);
    return lg_dist_student_quantile(0.975, freedom) / lg_dist_normal_quantile(0.975);
}

static double draw_normal(struct lg_rng *rng)
{
    return sqrt(2 * lg_rng_exp(rng)) * cos(2 * M_PI * lg_rng_unit(rng)); /* Box and Muller */
}

/* Means as the fitted law and their errors have them. */
static void redraw(const struct loads *from, const struct lg_usl *best, double widened,
                   struct loads *to, struct lg_rng *rng)
{
    for (size_t i = 0; i < from->count; i++) {
        const struct load *l = &from->list[i];
        to->list[i] = *l;
        to->list[i].mean =
            log(lg_usl_throughput(best, l->n)) + widened * l->error * draw_normal(rng);
    }
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static struct lg_interval middle_of(double *values, size_t n)
{
    qsort(values, n, sizeof *values, ascending);
    return (struct lg_interval){.known = true,
                                .low = values[(size_t)(0.025 * (double)(n - 1))],
                                .high = values[(size_t)ceil(0.975 * (double)(n - 1))]};
}

/* drawn: lambda, sigma and kappa of each resample, each in a row of its own. */
static void find_band(const struct loads *loads, const double *drawn, unsigned resamples,
                      struct lg_usl_fit *out)
{
    double *x = lg_alloc_array(resamples, sizeof *x), least = INFINITY, greatest = 0;
    for (size_t i = 0; i < loads->count; i++) {
        least = fmin(least, loads->list[i].n);
        greatest = fmax(greatest, loads->list[i].n);
    }
    for (out->band_count = 0; out->band_count < LG_USL_BAND; out->band_count++) {
        struct lg_usl_point *p = &out->band[out->band_count];
        p->n = least * pow(greatest / least, (double)out->band_count / (LG_USL_BAND - 1));
        p->best = lg_usl_throughput(&out->best, p->n);
        for (unsigned i = 0; i < resamples; i++) {
            struct lg_usl usl = {drawn[i], drawn[resamples + i], drawn[2 * resamples + i]};
            x[i] = lg_usl_throughput(&usl, p->n);
        }
        struct lg_interval middle = middle_of(x, resamples);
        p->low = middle.low;
        p->high = middle.high;
    }
    free(x);
}

static void find_intervals(const struct loads *loads, double widened, unsigned resamples,
                           uint64_t seed, struct lg_usl_fit *out)
{
    struct lg_rng rng;
    struct loads again = {.count = loads->count};
    double *drawn = lg_alloc_array(4 * (size_t)resamples, sizeof *drawn);
    again.list = lg_alloc_array(again.count, sizeof *again.list);
    lg_rng_init(&rng, seed, 0x75736c, 0);
    for (unsigned i = 0; i < resamples; i++) {
        redraw(loads, &out->best, widened, &again, &rng);
        struct lg_usl usl = fit_from(&again, &out->best);
        drawn[i] = usl.lambda;
        drawn[resamples + i] = usl.sigma;
        drawn[2 * resamples + i] = usl.kappa;
        drawn[3 * resamples + i] = lg_usl_peak(&usl);
    }
    find_band(loads, drawn, resamples, out); /* before middle_of sorts them apart */
    out->lambda = middle_of(drawn, resamples);
    out->sigma = middle_of(drawn + resamples, resamples);
    out->kappa = middle_of(drawn + 2 * resamples, resamples);
    out->peak = middle_of(drawn + 3 * resamples, resamples);
    free(again.list);
    free(drawn);
}

/* A kappa that costs less than half a percent at the greatest concurrency measured is as good as
 * none: a parameter that may not be negative never quite reaches 0. */
static bool excludes_zero(double kappa, double n)
{
    return kappa * n * (n - 1) > 0.005;
}

static void judge(const struct loads *loads, struct lg_usl_fit *out)
{
    double greatest = 0;
    for (size_t i = 0; i < loads->count; i++) {
        const struct load *l = &loads->list[i];
        double off = exp(l->mean) / lg_usl_throughput(&out->best, l->n) - 1;
        out->worst_residual = fmax(out->worst_residual, fabs(off));
        greatest = fmax(greatest, l->n);
    }
    out->peak_is_measured = out->kappa.known && excludes_zero(out->kappa.low, greatest) &&
                            out->peak.high <= 2 * greatest;
}

void lg_usl_fit(const struct lg_usl_trial *trials, size_t count, unsigned resamples, uint64_t seed,
                struct lg_usl_fit *out)
{
    struct loads loads = {0};
    *out = (struct lg_usl_fit){.why = "too few different loads were measured"};
    gather(&loads, trials, count);
    if (loads.count >= LG_USL_LOADS) {
        weigh(&loads);
        out->known = true;
        out->why = "";
        out->best = fit(&loads);
        double added = explain_misfit(&loads, &out->best);
        if (resamples > 0 && count >= loads.count + LG_USL_LOADS) {
            find_intervals(&loads, widening(&loads, added), resamples, seed, out);
        }
        judge(&loads, out);
    }
    release(&loads);
}
