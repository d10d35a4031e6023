#include "report/csv.h"

#include "report/plain.h"

#include <inttypes.h>
#include <math.h>

/* Spreadsheets run text that begins like a formula: a quote in front keeps it text. */
static void text(struct lg_buf *out, const char *raw)
{
    raw = lg_plain_text(raw);
    bool formula = raw[0] != '\0' && strchr("=+-@\t\r", raw[0]) != NULL;
    bool quoted = formula || strpbrk(raw, ",\"\r\n") != NULL;
    lg_buf_adds(out, quoted ? "\"" : "");
    lg_buf_adds(out, formula ? "'" : "");
    for (; *raw; raw++) {
        lg_buf_adds(out, *raw == '"' ? "\"" : "");
        lg_buf_add(out, raw, 1);
    }
    lg_buf_adds(out, quoted ? "\"" : "");
}

static void count(struct lg_buf *out, uint64_t value)
{
    lg_buf_addf(out, ",%" PRIu64, value);
}

/* -1 and what is not finite mean unknown. */
static void real(struct lg_buf *out, double value)
{
    if (isfinite(value) && value >= 0) {
        lg_buf_addf(out, ",%.9g", value);
    } else {
        lg_buf_adds(out, ",");
    }
}

static void ns(struct lg_buf *out, lg_ns value)
{
    if (value >= 0 && value != LG_NEVER) {
        lg_buf_addf(out, ",%" PRId64, value);
    } else {
        lg_buf_adds(out, value == LG_NEVER ? ",inf" : ",");
    }
}

/* ---- steps.csv ---- */

struct place {
    struct lg_buf *out;
    const char *target;
    unsigned trial;
};

static void percentiles(struct lg_buf *out, const struct lg_hist *h, uint64_t above)
{
    static const double qs[] = {0.5, 0.9, 0.95, 0.99, 0.999, 0.9999};
    bool any = h != NULL && h->count > 0;
    ns(out, any ? h->min : -1);
    for (size_t i = 0; i < sizeof qs / sizeof qs[0]; i++) {
        ns(out, any ? lg_hist_quantile(h, qs[i], above) : above ? LG_NEVER : -1);
    }
    ns(out, any ? h->max : -1);
    real(out, any ? lg_hist_mean(h) : -1);
}

static void row(const struct place *at, const char *kind, const char *name, const char *time,
                const struct lg_hist *h, uint64_t above)
{
    text(at->out, at->target);
    lg_buf_addf(at->out, ",%u,%s,", at->trial, kind);
    text(at->out, name);
    lg_buf_addf(at->out, ",%s", time);
    count(at->out, h ? h->count : 0);
    count(at->out, above);
    percentiles(at->out, h, above);
}

static void no_deliveries(struct lg_buf *out)
{
    lg_buf_adds(out, ",,,,,,");
}

static void count_if(struct lg_buf *out, bool known, uint64_t value)
{
    if (known) {
        count(out, value);
    } else {
        lg_buf_adds(out, ",");
    }
}

static const struct lg_step_result no_step = {0};

/* The columns of steps at once and of bytes, the last ones of a row. */
static void end_row(struct lg_buf *out, const struct lg_step_result *step)
{
    const char *part_of = lg_plain_text(step->part_of);
    lg_buf_adds(out, ",");
    text(out, part_of);
    count_if(out, part_of[0] != '\0', step->slowest);
    count_if(out, step->parallel, step->partial);
    count_if(out, step->parallel, step->failed_parts);
    count_if(out, step != &no_step, step->bytes_in);
    count_if(out, step != &no_step, step->bytes_out);
    lg_buf_adds(out, "\r\n");
}

static void step_rows(const struct place *at, const struct lg_step_result *step)
{
    static const char *const times[] = {
#define X(name, text, help) text,
        LG_PHASE_MAP(X)
#undef X
    };
    for (int phase = 0; phase < LG_PHASES; phase++) {
        row(at, step->setup ? "setup" : "step", step->name, times[phase], step->phase[phase],
            lg_step_above(step, phase));
        no_deliveries(at->out);
        end_row(at->out, phase == LG_PHASE_RESPONSE ? step : &no_step);
    }
}

static void users_rows(const struct place *at, const struct lg_users_result *users)
{
    row(at, "users", users->name, "iteration_time", users->iteration, lg_iteration_above(users));
    no_deliveries(at->out);
    end_row(at->out, &no_step);
    row(at, "users", users->name, "connect_time", users->connect, lg_connect_above(users));
    no_deliveries(at->out);
    end_row(at->out, &no_step);
    row(at, "users", users->name, "lateness", users->lateness, 0);
    no_deliveries(at->out);
    end_row(at->out, &no_step);
}

static void delivery_rows(const struct place *at, const struct lg_deliveries_result *d)
{
    const uint64_t counts[] = {d->expected,   d->received,  d->lost,
                               d->duplicated, d->reordered, d->unexpected};
    row(at, "deliveries", d->name, "delivery_time", d->delivery, lg_delivery_above(d));
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        count(at->out, counts[i]);
    }
    end_row(at->out, &no_step);
    row(at, "deliveries", d->name, "spread_time", d->spread, 0);
    no_deliveries(at->out);
    end_row(at->out, &no_step);
}

static void trial_rows(const struct place *at, const struct lg_trial_result *trial)
{
    for (size_t i = 0; i < trial->step_count; i++) {
        step_rows(at, &trial->steps[i]);
    }
    for (size_t i = 0; i < trial->users_count; i++) {
        users_rows(at, &trial->users[i]);
    }
    for (size_t i = 0; i < trial->deliveries_count; i++) {
        delivery_rows(at, &trial->deliveries[i]);
    }
}

void lg_report_steps_csv(const struct lg_record *record, struct lg_buf *out)
{
    lg_buf_adds(out, "target,trial,kind,name,time,count,above,min_ns,p50_ns,p90_ns,p95_ns,p99_ns,"
                     "p999_ns,p9999_ns,max_ns,mean_ns,expected,received,lost,duplicated,reordered,"
                     "unexpected,part_of,slowest,partial,failed_parts,bytes_in,"
                     "bytes_out\r\n");
    for (size_t t = 0; t < record->target_count; t++) {
        const struct lg_target_result *target = &record->targets[t];
        for (size_t i = 0; i < target->trial_count; i++) {
            struct place at = {out, target->name, target->trials[i].number};
            trial_rows(&at, &target->trials[i]);
        }
    }
}

/* ---- streams.csv ---- */

static void quantile(struct lg_buf *out, const struct lg_hist *h, double q, uint64_t above)
{
    bool any = h != NULL && h->count > 0;
    ns(out, any ? lg_hist_quantile(h, q, above) : above ? LG_NEVER : -1);
}

static void greatest(struct lg_buf *out, const struct lg_hist *h)
{
    ns(out, h != NULL && h->count > 0 ? h->max : -1);
}

static void stream_row(const struct place *at, const struct lg_stream_result *s)
{
    static const double gaps[] = {0.5, 0.9, 0.99, 0.999}, rates[] = {0.01, 0.05, 0.5};
    const uint64_t counts[] = {s->opened,    s->failed, s->reconnects, s->bytes,     s->events,
                               s->coalesced, s->stalls, s->missing,    s->reordered, s->duplicated};
    text(at->out, at->target);
    lg_buf_addf(at->out, ",%u,", at->trial);
    text(at->out, s->name);
    lg_buf_adds(at->out, ",");
    text(at->out, s->kind);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        count(at->out, counts[i]);
    }
    real(at->out, s->events_per_s);
    real(at->out, s->gap_sd_ns);
    real(at->out, s->jitter_ns);
    quantile(at->out, s->first_event, 0.5, lg_first_event_above(s));
    quantile(at->out, s->first_event, 0.99, lg_first_event_above(s));
    for (size_t i = 0; i < sizeof gaps / sizeof *gaps; i++) {
        quantile(at->out, s->gap, gaps[i], 0);
    }
    greatest(at->out, s->gap);
    quantile(at->out, s->reconnect, 0.5, 0);
    greatest(at->out, s->reconnect);
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        ns(at->out, s->throughput != NULL ? lg_throughput_quantile(s, rates[i]) : -1);
    }
    quantile(at->out, s->pause, 0.99, 0);
    greatest(at->out, s->pause);
    lg_buf_adds(at->out, "\r\n");
}

void lg_report_streams_csv(const struct lg_record *record, struct lg_buf *out)
{
    lg_buf_adds(out, "target,trial,step,kind,opened,failed,reconnects,bytes,events,coalesced,"
                     "stalls,missing,reordered,duplicated,events_per_s,gap_sd_ns,jitter_ns,"
                     "first_event_p50_ns,first_event_p99_ns,gap_p50_ns,gap_p90_ns,gap_p99_ns,"
                     "gap_p999_ns,gap_max_ns,reconnect_p50_ns,reconnect_max_ns,"
                     "throughput_p1_bytes_per_s,throughput_p5_bytes_per_s,"
                     "throughput_p50_bytes_per_s,pause_p99_ns,pause_max_ns\r\n");
    for (size_t t = 0; t < record->target_count; t++) {
        const struct lg_target_result *target = &record->targets[t];
        for (size_t i = 0; i < target->trial_count; i++) {
            struct place at = {out, target->name, target->trials[i].number};
            for (size_t s = 0; s < target->trials[i].stream_count; s++) {
                stream_row(&at, &target->trials[i].streams[s]);
            }
        }
    }
}

/* ---- timeline.csv ---- */

/* Targets may know different steps: the columns are the union, in order of appearance. */
struct names {
    const char **steps, **deliveries, **streams;
    size_t step_count, delivery_count, stream_count;
};

static void note_name(struct lg_arena *arena, const char ***names, size_t *n, const char *name)
{
    name = lg_plain_text(name);
    for (size_t i = 0; i < *n; i++) {
        if (strcmp((*names)[i], name) == 0) {
            return;
        }
    }
    *LG_ARENA_PUSH(arena, *names, *n) = name;
}

static void collect(struct lg_arena *arena, const struct lg_record *record, struct names *names)
{
    for (size_t t = 0; t < record->target_count; t++) {
        for (size_t i = 0; i < record->targets[t].trial_count; i++) {
            const struct lg_trial_result *trial = &record->targets[t].trials[i];
            for (size_t s = 0; s < trial->step_count; s++) {
                note_name(arena, &names->steps, &names->step_count, trial->steps[s].name);
            }
            for (size_t d = 0; d < trial->deliveries_count; d++) {
                note_name(arena, &names->deliveries, &names->delivery_count,
                          trial->deliveries[d].name);
            }
            for (size_t s = 0; s < trial->stream_count; s++) {
                note_name(arena, &names->streams, &names->stream_count, trial->streams[s].name);
            }
        }
    }
}

static void columns(struct lg_buf *out, const char *name, const char *const *suffixes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct lg_buf column = {0};
        lg_buf_addf(&column, "%s %s", name, suffixes[i]);
        lg_buf_add(&column, "", 1);
        lg_buf_adds(out, ",");
        text(out, column.p);
        lg_buf_free(&column);
    }
}

static void timeline_header(struct lg_buf *out, const struct names *names)
{
    static const char *const step[] = {"completed", "failed", "response_p50_ns", "response_p99_ns",
                                       "response_max_ns"};
    static const char *const delivery[] = {"received", "delivery_p50_ns", "delivery_p99_ns",
                                           "delivery_max_ns"};
    static const char *const stream[] = {"events",     "gaps",       "bytes",
                                         "gap_p50_ns", "gap_p99_ns", "gap_max_ns"};
    lg_buf_adds(out, "target,trial,at_s,length_s,scheduled,completed,failed,in_flight,"
                     "generator_cpu_cores,server_cpu_cores,server_rss_bytes,server_pss_bytes");
    for (size_t i = 0; i < names->step_count; i++) {
        columns(out, names->steps[i], step, sizeof step / sizeof step[0]);
    }
    for (size_t i = 0; i < names->delivery_count; i++) {
        columns(out, names->deliveries[i], delivery, sizeof delivery / sizeof delivery[0]);
    }
    for (size_t i = 0; i < names->stream_count; i++) {
        columns(out, names->streams[i], stream, sizeof stream / sizeof stream[0]);
    }
    lg_buf_adds(out, "\r\n");
}

static void second_step(struct lg_buf *out, const struct lg_trial_result *trial,
                        const struct lg_timeline_row *second, const char *name)
{
    for (size_t i = 0; second->steps && i < trial->step_count; i++) {
        if (strcmp(lg_plain_text(trial->steps[i].name), name) == 0) {
            const struct lg_timeline_step *s = &second->steps[i];
            count(out, s->completed);
            count(out, s->failed);
            ns(out, s->p50);
            ns(out, s->p99);
            ns(out, s->max);
            return;
        }
    }
    lg_buf_adds(out, ",,,,,");
}

static void second_delivery(struct lg_buf *out, const struct lg_trial_result *trial,
                            const struct lg_timeline_row *second, const char *name)
{
    for (size_t i = 0; second->deliveries && i < trial->deliveries_count; i++) {
        if (strcmp(lg_plain_text(trial->deliveries[i].name), name) == 0) {
            const struct lg_timeline_deliveries *d = &second->deliveries[i];
            count(out, d->received);
            ns(out, d->p50);
            ns(out, d->p99);
            ns(out, d->max);
            return;
        }
    }
    lg_buf_adds(out, ",,,,");
}

static void second_stream(struct lg_buf *out, const struct lg_trial_result *trial,
                          const struct lg_timeline_row *second, const char *name)
{
    for (size_t i = 0; second->streams && i < trial->stream_count; i++) {
        if (strcmp(lg_plain_text(trial->streams[i].name), name) == 0) {
            const struct lg_timeline_stream *s = &second->streams[i];
            count(out, s->events);
            count(out, s->gaps);
            count(out, s->bytes);
            ns(out, s->p50);
            ns(out, s->p99);
            ns(out, s->max);
            return;
        }
    }
    lg_buf_adds(out, ",,,,,,");
}

static void timeline_row(const struct place *at, const struct lg_trial_result *trial,
                         const struct lg_timeline_row *second, const struct names *names)
{
    text(at->out, at->target);
    lg_buf_addf(at->out, ",%u,%.9g,%.9g", at->trial, second->at_s, second->length_s);
    count(at->out, second->scheduled);
    count(at->out, second->completed);
    count(at->out, second->failed);
    count(at->out, second->in_flight);
    real(at->out, second->generator_cpu);
    real(at->out, second->server_cpu);
    real(at->out, second->server_rss_bytes);
    real(at->out, second->server_pss_bytes);
    for (size_t i = 0; i < names->step_count; i++) {
        second_step(at->out, trial, second, names->steps[i]);
    }
    for (size_t i = 0; i < names->delivery_count; i++) {
        second_delivery(at->out, trial, second, names->deliveries[i]);
    }
    for (size_t i = 0; i < names->stream_count; i++) {
        second_stream(at->out, trial, second, names->streams[i]);
    }
    lg_buf_adds(at->out, "\r\n");
}

void lg_report_timeline_csv(const struct lg_record *record, struct lg_buf *out)
{
    struct lg_arena *arena = lg_arena_new();
    struct names names = {0};
    collect(arena, record, &names);
    timeline_header(out, &names);
    for (size_t t = 0; t < record->target_count; t++) {
        const struct lg_target_result *target = &record->targets[t];
        for (size_t i = 0; i < target->trial_count; i++) {
            const struct lg_trial_result *trial = &target->trials[i];
            struct place at = {out, target->name, trial->number};
            for (size_t s = 0; s < trial->timeline_count; s++) {
                timeline_row(&at, trial, &trial->timeline[s], &names);
            }
        }
    }
    lg_arena_free(arena);
}
