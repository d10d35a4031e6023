#include "analysis/debate_parts.h"

#include <math.h>

static const struct lg_step_result *named(const struct lg_trial_result *trial, const char *name)
{
    for (size_t i = 0; i < trial->step_count; i++) {
        if (strcmp(trial->steps[i].name, name) == 0) {
            return &trial->steps[i];
        }
    }
    return NULL;
}

/* -1: no such step, too few values, or among the failed. */
static double quantile(const struct lg_trial_result *trial, const struct lg_step_result *step,
                       enum lg_phase phase, double q)
{
    if (step == NULL) {
        return -1;
    }
    struct lg_metric metric = {
        .kind = LG_METRIC_QUANTILE, .what = {LG_POOL_STEP, step->name, phase}, .q = q};
    double value = lg_metric_supported(&metric, trial, 1) ? lg_metric_read(&metric, trial, 1) : -1;
    return isfinite(value) ? value : -1;
}

static double service(const struct lg_trial_result *trial, const char *name, double q)
{
    return quantile(trial, named(trial, name), LG_PHASE_SERVICE, q);
}

/* Of whichever step is the fastest, as who may choose takes it. */
static double best_step(const struct lg_trial_result *trial)
{
    double best = INFINITY;
    for (size_t i = 0; i < trial->step_count; i++) {
        if (!trial->steps[i].setup) {
            best = fmin(best, quantile(trial, &trial->steps[i], LG_PHASE_SERVICE, 0.5));
        }
    }
    return isfinite(best) ? best : -1;
}

static double over(double value, double base)
{
    return value >= 0 && base > 0 ? value / base : -1;
}

static double framework(const struct lg_trial_result *trial)
{
    double bare =
        over(service(trial, LG_DEBATE_STEP_BARE, 0.5), service(trial, LG_DEBATE_STEP_FRAMED, 0.5));
    return bare >= 0 && bare < 1 ? 1 - bare : -1;
}

static double main_over_median(const struct lg_trial_result *trial, double q)
{
    const struct lg_step_result *step = lg_main_step(trial);
    const struct lg_users_result *users = step != NULL ? lg_step_users(trial, step) : NULL;
    bool open = users != NULL && lg_users_open(users);
    enum lg_phase phase = open ? LG_PHASE_RESPONSE : LG_PHASE_SERVICE;
    double median = quantile(trial, step, phase, 0.5);
    if (q < 1) {
        return over(quantile(trial, step, phase, q), median);
    }
    const struct lg_hist *times = step != NULL ? step->phase[phase] : NULL;
    bool all = times != NULL && lg_step_above(step, phase) == 0;
    return all ? over((double)lg_hist_quantile(times, 1, 0), median) : -1;
}

static double spread(const struct lg_trial_result *trial)
{
    return main_over_median(trial, 0.99);
}

static double longest(const struct lg_trial_result *trial)
{
    return main_over_median(trial, 1);
}

static double ready(const struct lg_trial_result *trial)
{
    return trial->server.ready_s > 0 ? trial->server.ready_s * LG_S : -1;
}

/* One user's one request: no percentile of it, the value. */
static double first(const struct lg_trial_result *trial)
{
    const struct lg_step_result *step = named(trial, LG_DEBATE_STEP_FIRST);
    const struct lg_hist *times = step != NULL ? step->phase[LG_PHASE_SERVICE] : NULL;
    bool one = times != NULL && times->count == 1;
    return one ? (double)lg_hist_quantile(times, 0.5, 0) : -1;
}

static double growth(const struct lg_trial_result *trial)
{
    const struct lg_server_result *s = &trial->server;
    bool known = s->sampled && s->idle_rss_bytes > 0 && s->max_rss_bytes > 0;
    return known ? fmax(0, (double)s->max_rss_bytes - (double)s->idle_rss_bytes) / (1 << 20) : -1;
}

static double threads(const struct lg_trial_result *trial)
{
    const struct lg_server_result *s = &trial->server;
    bool known = s->sampled && s->threads > 0 && s->idle_threads > 0;
    return known ? fmax(0, s->threads - s->idle_threads) : -1;
}

static double crowded(const struct lg_trial_result *trial)
{
    return over(service(trial, LG_DEBATE_STEP_AMID, 0.99),
                service(trial, LG_DEBATE_STEP_ALONE, 0.99));
}

/* So many at once take as long as the group; one after the other, so many times one. */
static double speed_up(const struct lg_trial_result *trial, const char *one, const char *group,
                       double times)
{
    return over(times * service(trial, one, 0.5), service(trial, group, 0.5));
}

static double loops(const struct lg_trial_result *trial)
{
    return speed_up(trial, LG_DEBATE_STEP_LOOP, LG_DEBATE_STEP_LOOPS, LG_DEBATE_COMPUTERS);
}

static double waits(const struct lg_trial_result *trial)
{
    return speed_up(trial, LG_DEBATE_STEP_WAIT, LG_DEBATE_STEP_WAITS, LG_DEBATE_WAITERS);
}

static double in_turn(const struct lg_trial_result *trial)
{
    return over(1, waits(trial));
}

static double light_tail(const struct lg_trial_result *trial)
{
    return over(quantile(trial, named(trial, LG_DEBATE_STEP_LIGHT), LG_PHASE_RESPONSE, 0.99), LG_S);
}

static double blocked(const struct lg_trial_result *trial)
{
    return over(quantile(trial, named(trial, LG_DEBATE_STEP_LIGHT), LG_PHASE_RESPONSE, 0.5),
                service(trial, LG_DEBATE_STEP_HEAVY, 0.5));
}

/* By Little's law: the completed rate times the wait, of a load that asked for as much at once. */
static double at_once(const struct lg_trial_result *trial)
{
    double rate = 0;
    for (size_t i = 0; i < trial->users_count; i++) {
        rate += trial->users[i].achieved_per_s;
    }
    return rate * LG_DEBATE_WAIT_S;
}

#define PART(figure, text, unit_, less, read)                                                      \
    [LG_DEBATE_##figure] = {.name = text,                                                          \
                            .kind = LG_METRIC_COMPUTED,                                            \
                            .unit = unit_,                                                         \
                            .less_is_better = less,                                                \
                            .compute = read}

const struct lg_metric *lg_debate_part(enum lg_debate_figure figure)
{
    static const struct lg_metric parts[LG_DEBATE_FIGURES] = {
        PART(BEST_STEP, "fastest step's median service time", "ns", true, best_step),
        PART(AT_ONCE, "waits of 500 ms under way at once", "count", false, at_once),
        PART(LIGHT_TAIL, "p99 of the step hello (s)", "s", true, light_tail),
        PART(FRAMEWORK, "framework's share of the time for /json", "share", true, framework),
        PART(SPREAD, "p99 over median", "count", true, spread),
        PART(LONGEST, "longest over median", "count", true, longest),
        PART(READY, "time to ready", "ns", true, ready),
        PART(FIRST, "time of the first request", "ns", true, first),
        PART(GROWTH, "growth of the memory (MiB)", "count", true, growth),
        PART(CROWDED, "p99 amid others over p99 alone", "count", true, crowded),
        PART(LOOPS, "speed-up of 4 threads that compute", "count", false, loops),
        PART(WAITS, "speed-up of 8 requests that wait", "count", false, waits),
        PART(BLOCKED, "light request's median over the heavy one's", "count", true, blocked),
        PART(IN_TURN, "8 waits over 8 times one", "count", true, in_turn),
        PART(THREADS, "further threads", "count", true, threads),
    };
    const struct lg_metric *part = &parts[figure];
    return part->name != NULL ? part : NULL;
}
