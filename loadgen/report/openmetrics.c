#include "report/openmetrics.h"

#include "report/figure.h"
#include "report/metrics.h"
#include "report/plain.h"

#include <math.h>
#include <stdio.h>

enum { LABELS = 5 };

struct writer {
    struct lg_metrics metrics;
    const struct lg_record *record;
    struct lg_metric_label labels[LABELS]; /* scenario, target, trial and two of the family */
    char number[16];                       /* of the trial */
    const struct lg_trial_result *trial;
    const char *target;
};

static void sample(struct writer *w, const char *suffix, double value)
{
    lg_metrics_add(&w->metrics, suffix, w->labels, LABELS, value);
}

static void label(struct writer *w, size_t which, const char *name, const char *value)
{
    w->labels[3 + which] = (struct lg_metric_label){name, value};
}

/* Calls `each` for every trial, with its labels set. */
static void each_trial(struct writer *w, void (*each)(struct writer *w))
{
    for (size_t t = 0; t < w->record->target_count; t++) {
        const struct lg_target_result *target = &w->record->targets[t];
        w->target = target->name;
        w->labels[1] = (struct lg_metric_label){"target", target->name};
        for (size_t i = 0; i < target->trial_count; i++) {
            w->trial = &target->trials[i];
            snprintf(w->number, sizeof w->number, "%u", w->trial->number);
            w->labels[2] = (struct lg_metric_label){"trial", w->number};
            label(w, 0, "", "");
            label(w, 1, "", "");
            each(w);
        }
    }
    w->labels[1] = w->labels[2] = (struct lg_metric_label){"", ""};
}

static void family(struct writer *w, const char *name, enum lg_metric_type type, const char *help,
                   void (*each)(struct writer *w))
{
    lg_metrics_family(&w->metrics, name, type, help);
    each_trial(w, each);
}

/* ---- users ---- */

static void iterations(struct writer *w)
{
    for (size_t i = 0; i < w->trial->users_count; i++) {
        const struct lg_accounting *a = &w->trial->users[i].accounting;
        const struct {
            const char *name;
            uint64_t count;
        } fates[] = {{"completed", a->completed}, {"failed", a->failed},
                     {"timed_out", a->timed_out}, {"shed", a->shed},
                     {"dropped", a->dropped},     {"in_flight_at_end", a->in_flight_at_end}};
        label(w, 0, "users", w->trial->users[i].name);
        for (size_t k = 0; k < sizeof fates / sizeof *fates; k++) {
            label(w, 1, "fate", fates[k].name);
            sample(w, "", (double)fates[k].count);
        }
    }
}

static void rates(struct writer *w)
{
    for (size_t i = 0; i < w->trial->users_count; i++) {
        const struct lg_users_result *u = &w->trial->users[i];
        const struct {
            const char *name;
            double per_s;
        } kinds[] = {{"intended", u->intended_per_s},
                     {"offered", u->offered_per_s},
                     {"achieved", u->achieved_per_s}};
        label(w, 0, "users", u->name);
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            label(w, 1, "rate", kinds[k].name);
            sample(w, "", kinds[k].per_s);
        }
    }
}

static void connections(struct writer *w)
{
    for (size_t i = 0; i < w->trial->users_count; i++) {
        label(w, 0, "users", w->trial->users[i].name);
        sample(w, "", (double)w->trial->users[i].connected);
    }
}

/* ---- times ---- */

static void summary(struct writer *w, const struct lg_hist *h, uint64_t above)
{
    static const struct {
        const char *text;
        double q;
    } quantiles[] = {{"0.5", 0.5},   {"0.9", 0.9},     {"0.95", 0.95},
                     {"0.99", 0.99}, {"0.999", 0.999}, {"0.9999", 0.9999}};
    uint64_t count = h != NULL ? h->count : 0;
    if (count + above == 0) {
        return;
    }
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
        struct lg_figure figure = lg_figure_quantile(h, quantiles[i].q, above, 0);
        if (figure.kind != LG_FIGURE_NONE) {
            label(w, 1, "quantile", quantiles[i].text);
            sample(w, "", figure.kind == LG_FIGURE_NUMBER ? figure.value * 1e-9 : INFINITY);
        }
    }
    label(w, 1, "", "");
    sample(w, "_sum", h != NULL ? h->sum * 1e-9 : 0);
    sample(w, "_count", (double)count);
}

static void phase(struct writer *w, enum lg_phase which)
{
    for (size_t i = 0; i < w->trial->step_count; i++) {
        const struct lg_step_result *step = &w->trial->steps[i];
        label(w, 0, "step", step->name);
        summary(w, step->phase[which], lg_step_above(step, which));
    }
}

#define X(id, text, help)                                                                          \
    static void times_##id(struct writer *w)                                                       \
    {                                                                                              \
        phase(w, LG_PHASE_##id);                                                                   \
    }
LG_PHASE_MAP(X)
#undef X

static void lateness(struct writer *w)
{
    for (size_t i = 0; i < w->trial->users_count; i++) {
        label(w, 0, "users", w->trial->users[i].name);
        summary(w, w->trial->users[i].lateness, 0);
    }
}

static void delivery_times(struct writer *w)
{
    for (size_t i = 0; i < w->trial->deliveries_count; i++) {
        const struct lg_deliveries_result *d = &w->trial->deliveries[i];
        label(w, 0, "deliveries", d->name);
        summary(w, d->delivery, lg_delivery_above(d));
    }
}

/* ---- exchanges and deliveries ---- */

static void exchanges(struct writer *w)
{
    for (size_t i = 0; i < w->trial->step_count; i++) {
        const struct lg_step_result *step = &w->trial->steps[i];
        label(w, 0, "step", step->name);
        for (int class = 0; class < LG_OUTCOME_CLASSES; class ++) {
            if (class == LG_OK || step->outcomes[class] > 0) {
                label(w, 1, "outcome", lg_outcome_name((enum lg_outcome_class) class));
                sample(w, "", (double)step->outcomes[class]);
            }
        }
    }
}

static void bytes_in(struct writer *w)
{
    for (size_t i = 0; i < w->trial->step_count; i++) {
        label(w, 0, "step", w->trial->steps[i].name);
        sample(w, "", (double)w->trial->steps[i].bytes_in);
    }
}

static void bytes_out(struct writer *w)
{
    for (size_t i = 0; i < w->trial->step_count; i++) {
        label(w, 0, "step", w->trial->steps[i].name);
        sample(w, "", (double)w->trial->steps[i].bytes_out);
    }
}

static void deliveries(struct writer *w)
{
    for (size_t i = 0; i < w->trial->deliveries_count; i++) {
        const struct lg_deliveries_result *d = &w->trial->deliveries[i];
        const struct {
            const char *name;
            uint64_t count;
        } fates[] = {{"received", d->received},
                     {"lost", d->lost},
                     {"duplicated", d->duplicated},
                     {"reordered", d->reordered},
                     {"unexpected", d->unexpected}};
        label(w, 0, "deliveries", d->name);
        for (size_t k = 0; k < sizeof fates / sizeof *fates; k++) {
            label(w, 1, "fate", fates[k].name);
            sample(w, "", (double)fates[k].count);
        }
    }
}

/* ---- streams ---- */

static void stream_counts(struct writer *w)
{
    for (size_t i = 0; i < w->trial->stream_count; i++) {
        const struct lg_stream_result *s = &w->trial->streams[i];
        const struct {
            const char *name;
            uint64_t count;
        } kinds[] = {{"event", s->events},           {"coalesced", s->coalesced},
                     {"stall", s->stalls},           {"missing", s->missing},
                     {"reordered", s->reordered},    {"duplicated", s->duplicated},
                     {"reconnection", s->reconnects}};
        label(w, 0, "step", s->name);
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            label(w, 1, "kind", kinds[k].name);
            sample(w, "", (double)kinds[k].count);
        }
    }
}

static void stream_gaps(struct writer *w)
{
    for (size_t i = 0; i < w->trial->stream_count; i++) {
        label(w, 0, "step", w->trial->streams[i].name);
        summary(w, w->trial->streams[i].gap, 0);
    }
}

static void stream_throughput(struct writer *w)
{
    static const struct {
        const char *text;
        double q;
    } quantiles[] = {{"0.01", 0.01}, {"0.05", 0.05}, {"0.5", 0.5}};
    for (size_t i = 0; i < w->trial->stream_count; i++) {
        const struct lg_stream_result *s = &w->trial->streams[i];
        label(w, 0, "step", s->name);
        for (size_t k = 0; s->throughput != NULL && k < sizeof quantiles / sizeof *quantiles; k++) {
            label(w, 1, "quantile", quantiles[k].text);
            sample(w, "", (double)lg_throughput_quantile(s, quantiles[k].q));
        }
    }
}

/* ---- the machines ---- */

static void duration(struct writer *w)
{
    sample(w, "", w->trial->duration_s);
}

static void server_cpu(struct writer *w)
{
    if (w->trial->server.sampled) {
        sample(w, "", w->trial->server.cpu_s);
    }
}

static void server_rss(struct writer *w)
{
    if (w->trial->server.sampled) {
        sample(w, "", (double)w->trial->server.max_rss_bytes);
    }
}

static void generator_cpu(struct writer *w)
{
    sample(w, "", w->trial->generator.cpu_s);
}

static void generator_busy(struct writer *w)
{
    sample(w, "", w->trial->generator.cpu_utilisation);
}

/* ---- verdicts ---- */

static void checks(struct writer *w)
{
    for (size_t i = 0; i < w->trial->validity_count; i++) {
        const struct lg_validity *check = &w->trial->validity[i];
        if (check->measured) {
            label(w, 0, "check", check->id);
            sample(w, "", check->met);
        }
    }
}

static void objectives(struct writer *w)
{
    lg_metrics_family(&w->metrics, "loadgen_objective_met", LG_METRIC_GAUGE,
                      "1: the objective was met, 0: it was missed; absent: not judged.");
    for (size_t i = 0; i < w->record->objective_count; i++) {
        const struct lg_objective_result *o = &w->record->objectives[i];
        if (o->state != LG_OBJECTIVE_NOT_JUDGED) {
            w->labels[1] = (struct lg_metric_label){"target", o->target};
            label(w, 0, "objective", o->text);
            label(w, 1, "", "");
            sample(w, "", o->state == LG_OBJECTIVE_MET);
        }
    }
}

static void run_info(struct writer *w)
{
    const struct lg_record *record = w->record;
    char seed[24];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)record->seed);
    lg_metrics_family(&w->metrics, "loadgen_run_info", LG_METRIC_GAUGE,
                      "Which run this is; the value says nothing.");
    w->labels[1] = (struct lg_metric_label){"started_at", record->started_at};
    w->labels[2] = (struct lg_metric_label){"commit", record->environment.commit};
    label(w, 0, "seed", seed);
    sample(w, "", 1);
    w->labels[1] = w->labels[2] = w->labels[3] = (struct lg_metric_label){"", ""};
    lg_metrics_family(&w->metrics, "loadgen_run_valid", LG_METRIC_GAUGE,
                      "1: every check on the measurement passed; 0: do not use the figures.");
    sample(w, "", record->valid);
    lg_metrics_family(&w->metrics, "loadgen_run_interrupted", LG_METRIC_GAUGE,
                      "1: the run ended before its time.");
    sample(w, "", record->interrupted);
}

static const struct {
    const char *name;
    enum lg_metric_type type;
    const char *help;
    void (*each)(struct writer *w);
} families[] = {
    {"loadgen_trial_duration_seconds", LG_METRIC_GAUGE, "Length of the measured window.", duration},
    {"loadgen_iterations", LG_METRIC_GAUGE, "Arrivals of the window, by what became of them.",
     iterations},
    {"loadgen_iterations_per_second", LG_METRIC_GAUGE, "Rates over the window.", rates},
    {"loadgen_connections", LG_METRIC_GAUGE, "Connections that were open at least once.",
     connections},
    {"loadgen_exchanges", LG_METRIC_GAUGE, "Exchanges of the window, by outcome.", exchanges},
    {"loadgen_received_bytes", LG_METRIC_GAUGE, "As the protocol reads them, above TLS.", bytes_in},
    {"loadgen_sent_bytes", LG_METRIC_GAUGE, "As the protocol writes them, above TLS.", bytes_out},
#define X(id, text, help) {"loadgen_" text "_seconds", LG_METRIC_SUMMARY, help ".", times_##id},
    LG_PHASE_MAP(X)
#undef X
        {"loadgen_send_lateness_seconds", LG_METRIC_SUMMARY, "Actual send minus intended start.",
         lateness},
    {"loadgen_deliveries", LG_METRIC_GAUGE, "Deliveries of the window's messages, by fate.",
     deliveries},
    {"loadgen_delivery_time_seconds", LG_METRIC_SUMMARY, "Actual send to receipt.", delivery_times},
    {"loadgen_stream", LG_METRIC_GAUGE, "Events of streams in the window, and what befell them.",
     stream_counts},
    {"loadgen_stream_gap_seconds", LG_METRIC_SUMMARY, "Between two events of one connection.",
     stream_gaps},
    {"loadgen_download_bytes_per_second", LG_METRIC_GAUGE,
     "Rate of each download, its quantiles; a failed one counts as 0.", stream_throughput},
    {"loadgen_server_cpu_seconds", LG_METRIC_GAUGE, "CPU time of the server in the window.",
     server_cpu},
    {"loadgen_server_max_resident_bytes", LG_METRIC_GAUGE, "Most memory (RSS) of the server.",
     server_rss},
    {"loadgen_generator_cpu_seconds", LG_METRIC_GAUGE, "CPU time of the generator in the window.",
     generator_cpu},
    {"loadgen_generator_busy_ratio", LG_METRIC_GAUGE, "Of the busiest thread's time.",
     generator_busy},
    {"loadgen_check_met", LG_METRIC_GAUGE, "1: the check on the measurement passed, 0: breached.",
     checks},
};

void lg_report_openmetrics(const struct lg_record *record, struct lg_buf *out)
{
    struct writer w = {.metrics = {.out = out, .openmetrics = true}, .record = record};
    w.labels[0] = (struct lg_metric_label){"scenario", record->name};
    run_info(&w);
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        family(&w, families[i].name, families[i].type, families[i].help, families[i].each);
    }
    objectives(&w);
    lg_metrics_end(&w.metrics);
}
