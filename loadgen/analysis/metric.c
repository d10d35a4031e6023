#include "analysis/metric.h"

#include <math.h>

static const double quantiles[] = {0.5, 0.99};

struct list {
    struct lg_arena *arena;
    struct lg_metric *rows;
    size_t count;
};

static bool has_name(const struct list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->rows[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void add_quantiles(struct list *list, struct lg_pooled_what what, const char *word)
{
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
        const char *name =
            lg_arena_printf(list->arena, "%s %s p%g", what.name, word, quantiles[i] * 100);
        if (!has_name(list, name)) {
            *LG_ARENA_PUSH(list->arena, list->rows, list->count) =
                (struct lg_metric){.name = name,
                                   .kind = LG_METRIC_QUANTILE,
                                   .what = what,
                                   .q = quantiles[i],
                                   .unit = "ns",
                                   .better = "faster",
                                   .worse = "slower",
                                   .less_is_better = true};
        }
    }
}

static void add_steps(struct list *list, const struct lg_trial_result *trial)
{
    for (size_t i = 0; i < trial->step_count; i++) {
        const struct lg_step_result *step = &trial->steps[i];
        const struct lg_users_result *users = lg_step_users(trial, step);
        bool open = users != NULL && lg_users_open(users);
        if (step->setup) {
            continue;
        }
        struct lg_pooled_what what = {LG_POOL_STEP, step->name,
                                      open ? LG_PHASE_RESPONSE : LG_PHASE_SERVICE};
        add_quantiles(list, what, open ? "response" : "service");
    }
}

static void add_streams(struct list *list, const struct lg_trial_result *trial)
{
    for (size_t i = 0; i < trial->stream_count; i++) {
        const struct lg_stream_result *s = &trial->streams[i];
        if (s->gap != NULL) {
            add_quantiles(list, (struct lg_pooled_what){.kind = LG_POOL_GAP, .name = s->name},
                          "gap");
        }
        if (s->throughput != NULL) {
            *LG_ARENA_PUSH(list->arena, list->rows, list->count) = (struct lg_metric){
                .name = lg_arena_printf(list->arena, "%s bytes a second p50", s->name),
                .kind = LG_METRIC_THROUGHPUT,
                .what = {.name = s->name},
                .q = 0.5,
                .unit = "bytes",
                .better = "faster",
                .worse = "slower"};
        }
    }
}

static void add_totals(struct list *list)
{
    static const struct lg_metric totals[] = {
        {.name = "achieved rate",
         .kind = LG_METRIC_RATE,
         .unit = "per_s",
         .better = "higher",
         .worse = "lower"},
        {.name = "CPU per completed",
         .kind = LG_METRIC_CPU_COMPLETED,
         .unit = "us",
         .better = "cheaper",
         .worse = "dearer",
         .less_is_better = true},
        {.name = "CPU per delivery",
         .kind = LG_METRIC_CPU_DELIVERY,
         .unit = "us",
         .better = "cheaper",
         .worse = "dearer",
         .less_is_better = true},
        {.name = "peak RSS",
         .kind = LG_METRIC_RSS,
         .unit = "bytes",
         .better = "smaller",
         .worse = "larger",
         .less_is_better = true},
        {.name = "RSS per connection",
         .kind = LG_METRIC_RSS_CONNECTION,
         .unit = "bytes",
         .better = "smaller",
         .worse = "larger",
         .less_is_better = true},
    };
    for (size_t i = 0; i < sizeof totals / sizeof *totals; i++) {
        *LG_ARENA_PUSH(list->arena, list->rows, list->count) = totals[i];
    }
}

struct lg_metric *lg_metrics_of(const struct lg_record *record, struct lg_arena *arena,
                                size_t *count)
{
    struct list list = {.arena = arena};
    size_t t = 0;
    while (t < record->target_count && record->targets[t].trial_count == 0) {
        t++;
    }
    if (t < record->target_count) {
        const struct lg_trial_result *trial = &record->targets[t].trials[0];
        add_steps(&list, trial);
        for (size_t i = 0; i < trial->deliveries_count; i++) {
            struct lg_pooled_what what = {.kind = LG_POOL_DELIVERY,
                                          .name = trial->deliveries[i].name};
            add_quantiles(&list, what, "delivery");
        }
        add_streams(&list, trial);
        add_totals(&list);
    }
    *count = list.count;
    return list.rows;
}

const struct lg_metric *lg_metrics_shares(size_t *count)
{
    static const struct lg_metric shares[] = {
        {.name = "errors",
         .kind = LG_METRIC_ERRORS,
         .unit = "share",
         .better = "fewer",
         .worse = "more",
         .less_is_better = true},
        {.name = "lost deliveries",
         .kind = LG_METRIC_LOST,
         .unit = "share",
         .better = "fewer",
         .worse = "more",
         .less_is_better = true},
    };
    *count = sizeof shares / sizeof *shares;
    return shares;
}

static double read_quantile(const struct lg_metric *metric, const struct lg_trial_result *trials,
                            size_t count)
{
    struct lg_pooled pooled = lg_pooled_of(trials, count, &metric->what);
    lg_ns value = lg_pooled_quantile(&pooled, metric->q);
    lg_pooled_fini(&pooled);
    return value == LG_NEVER ? INFINITY : (double)value;
}

bool lg_metric_supported(const struct lg_metric *metric, const struct lg_trial_result *trials,
                         size_t count)
{
    if (metric->kind != LG_METRIC_QUANTILE) {
        return true;
    }
    struct lg_pooled pooled = lg_pooled_of(trials, count, &metric->what);
    bool supported = lg_pooled_supports(&pooled, metric->q);
    lg_pooled_fini(&pooled);
    return supported;
}

static double read_throughput(const struct lg_metric *metric, const struct lg_trial_result *trials,
                              size_t count)
{
    struct lg_stream_result all = {.throughput = lg_hist_new()};
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < trials[i].stream_count; k++) {
            const struct lg_stream_result *s = &trials[i].streams[k];
            if (strcmp(s->name, metric->what.name) == 0 && s->throughput != NULL) {
                lg_hist_merge(all.throughput, s->throughput);
                all.failed += s->failed;
            }
        }
    }
    lg_ns value = lg_throughput_quantile(&all, metric->q);
    lg_hist_free(all.throughput);
    return (double)value;
}

static double share_of(uint64_t part, uint64_t whole)
{
    double share = whole > 0 ? (double)part / (double)whole : -1;
    return share < 1 ? share : 1; /* a stored run may lie */
}

static double read_share(const struct lg_metric *metric, const struct lg_trial_result *trial)
{
    uint64_t part = 0, whole = 0;
    bool lost = metric->kind == LG_METRIC_LOST;
    for (size_t i = 0; !lost && i < trial->step_count; i++) {
        const struct lg_step_result *step = &trial->steps[i];
        if (step->parallel) {
            continue; /* its parts are the exchanges */
        }
        uint64_t ok = step->outcomes[LG_OK];
        part += step->count > ok ? step->count - ok : 0;
        whole += step->count;
    }
    for (size_t i = 0; lost && i < trial->deliveries_count; i++) {
        part += trial->deliveries[i].lost;
        whole += trial->deliveries[i].expected;
    }
    return share_of(part, whole);
}

static double read_total(const struct lg_metric *metric, const struct lg_trial_result *trial)
{
    const struct lg_server_result *server = &trial->server;
    double rate = 0;
    switch (metric->kind) {
    case LG_METRIC_RATE:
        for (size_t i = 0; i < trial->users_count; i++) {
            rate += trial->users[i].achieved_per_s;
        }
        return rate > 0 ? rate : -1;
    case LG_METRIC_CPU_COMPLETED:
        return server->sampled && server->cpu_us_per_completed > 0 ? server->cpu_us_per_completed
                                                                   : -1;
    case LG_METRIC_CPU_DELIVERY:
        return server->sampled && server->cpu_us_per_delivery > 0 ? server->cpu_us_per_delivery
                                                                  : -1;
    case LG_METRIC_RSS:
        return server->sampled && server->max_rss_bytes > 0 ? (double)server->max_rss_bytes : -1;
    case LG_METRIC_RSS_IDLE:
        return server->sampled && server->idle_rss_bytes > 0 ? (double)server->idle_rss_bytes : -1;
    case LG_METRIC_RSS_CONNECTION:
        return server->sampled && server->rss_bytes_per_connection > 0
                   ? server->rss_bytes_per_connection
                   : -1;
    case LG_METRIC_ERRORS:
    case LG_METRIC_LOST:
        return read_share(metric, trial);
    case LG_METRIC_COMPUTED:
        return metric->compute(trial);
    case LG_METRIC_QUANTILE:
    case LG_METRIC_THROUGHPUT:
        break;
    }
    return -1;
}

double lg_metric_read(const struct lg_metric *metric, const struct lg_trial_result *trials,
                      size_t count)
{
    if (metric->kind == LG_METRIC_QUANTILE) {
        return read_quantile(metric, trials, count);
    }
    if (metric->kind == LG_METRIC_THROUGHPUT) {
        return read_throughput(metric, trials, count);
    }
    double sum = 0;
    size_t known = 0;
    for (size_t i = 0; i < count; i++) {
        double value = read_total(metric, &trials[i]);
        if (value >= 0) {
            sum += value;
            known++;
        }
    }
    return known > 0 ? sum / (double)known : -1;
}
