/* What the server and the generator cost. */
#include "engine/result_build.h"

#include <sys/resource.h>

/* ---- the server ---- */

const struct lg_server_second *lg_build_sample_at(const struct lg_trial_facts *f, lg_ns at)
{
    const lg_ns slack = 250 * LG_MS; /* a sample for an edge is taken right after it */
    const struct lg_server_second *found = NULL;
    for (size_t i = 0; i < f->server_count; i++) {
        if (found == NULL || f->server[i].at <= at + slack) {
            found = &f->server[i];
        }
    }
    return found;
}

static uint64_t all_received(const struct lg_trial_result *t)
{
    uint64_t n = 0;
    for (size_t i = 0; i < t->deliveries_count; i++) {
        n += t->deliveries[i].received;
    }
    return n;
}

static uint64_t all_completed(const struct lg_trial_result *t, uint64_t *connected)
{
    uint64_t n = 0;
    *connected = 0;
    for (size_t i = 0; i < t->users_count; i++) {
        n += t->users[i].accounting.completed;
        *connected += t->users[i].connected;
    }
    return n;
}

void lg_build_server(const struct lg_build *b)
{
    const struct lg_trial_facts *f = b->facts;
    struct lg_server_result *s = &b->out->server;
    const struct lg_server_second *from = lg_build_sample_at(f, f->measured_from);
    const struct lg_server_second *to = lg_build_sample_at(f, f->measured_to);
    uint64_t connected, completed = all_completed(b->out, &connected);
    uint64_t received = all_received(b->out);
    s->ended = f->server_ended;
    s->cpu_us_per_completed = s->cpu_us_per_delivery = s->rss_bytes_per_connection = -1;
    s->threads = s->idle_threads = -1;
    s->sampled = from != NULL && to > from;
    if (!s->sampled) {
        return;
    }
    /* CPU between two samples, scaled to the window where a sample for an edge is missing. */
    double span = (double)(to->at - from->at) * 1e-9;
    s->cpu_s = (to->sample.cpu_s - from->sample.cpu_s) * (span > 0 ? b->seconds / span : 1);
    s->cpu_us_per_completed = completed > 0 ? s->cpu_s * 1e6 / (double)completed : -1;
    s->cpu_us_per_delivery = received > 0 ? s->cpu_s * 1e6 / (double)received : -1;
    s->idle_rss_bytes = f->has_idle ? f->idle.rss_bytes : 0;
    s->idle_threads = f->has_idle ? (double)f->idle.threads : -1;
    for (size_t i = 0; i < f->server_count; i++) {
        const struct lg_target_sample *x = &f->server[i].sample;
        s->max_rss_bytes = x->rss_bytes > s->max_rss_bytes ? x->rss_bytes : s->max_rss_bytes;
        s->processes = x->processes > s->processes ? x->processes : s->processes;
        s->threads = x->threads > s->threads ? x->threads : s->threads;
    }
    if (f->has_idle && f->has_connected && connected > 0) {
        s->rss_bytes_per_connection =
            ((double)f->connected.rss_bytes - (double)f->idle.rss_bytes) / (double)connected;
    }
}

/* ---- the generator ---- */

void lg_build_generator(const struct lg_build *b)
{
    struct lg_generator_result *g = &b->out->generator;
    const struct lg_trial_facts *f = b->facts;
    struct rusage usage;
    double busiest = 0;
    getrusage(RUSAGE_SELF, &usage);
    g->threads = b->plan->threads;
    g->slack_s = b->plan->timing == LG_TIMING_ECONOMICAL ? (double)LG_ECONOMICAL_SLACK * 1e-9 : 0;
    g->max_rss_bytes = (uint64_t)usage.ru_maxrss * 1024;
    g->cpu_s = (double)b->total->cpu * 1e-9;
    g->cpu_utilisation = b->seconds > 0 ? (double)b->total->busiest_cpu * 1e-9 / b->seconds : 0;
    g->steal_share =
        f->has_machine ? lg_cpu_steal_share(&f->machine_before, &f->machine_after) : -1;
    bool known = f->has_machine && b->out->server.sampled;
    g->others_share = known ? lg_cpu_others_share(&f->machine_before, &f->machine_after,
                                                  g->cpu_s + b->out->server.cpu_s)
                            : -1;
    size_t first = 0, count = b->out->timeline_count;
    while (first < count && b->out->timeline[first].at_s < 0) {
        first++;
    }
    size_t span = count - first < 5 ? count - first : 5; /* a shorter window as a whole */
    for (size_t i = first; span > 0 && i + span <= count; i++) {
        double sum = 0;
        for (size_t k = i; k < i + span; k++) {
            sum += b->busiest[k] / (double)span;
        }
        busiest = sum > busiest ? sum : busiest;
    }
    g->busy_measured = span > 0;
    g->busiest_5s = busiest;
}
