#include "cli/live.h"

#include "cli/cli.h"
#include "report/metrics.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <math.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Of one target, over its trials. */
struct counts {
    uint64_t scheduled, completed, failed;
};

struct target {
    const char *name;          /* borrowed from the plan */
    unsigned trial;            /* the last one that began; 0: none */
    struct counts before, now; /* of the trials that have ended, of this one */
};

struct snapshot {
    enum lg_run_phase phase;
    struct lg_run_state state; /* its pointers are not kept */
    struct lg_second second;
    bool known;
};

struct lg_live_page {
    const char *scenario; /* borrowed from the plan */
    pthread_mutex_t lock; /* of what follows up to the blank line */
    struct target *targets;
    size_t target_count, current;
    struct snapshot snapshot;

    pthread_t thread;
    struct event_base *base;
    struct evhttp *http;
    struct event *end;
    int end_fd;
    unsigned port;
};

/* ---- the page ---- */

struct writer {
    struct lg_metrics metrics;
    const struct lg_live_page *page;
    struct lg_metric_label labels[3]; /* scenario, target and one of the family */
};

static void sample(struct writer *w, const char *target, const char *label, const char *value,
                   double number)
{
    w->labels[0] = (struct lg_metric_label){"scenario", w->page->scenario};
    w->labels[1] = (struct lg_metric_label){"target", target};
    w->labels[2] = (struct lg_metric_label){label, value};
    lg_metrics_add(&w->metrics, "", w->labels, 3, number);
}

static void counter(struct writer *w, const char *name, const char *help, size_t offset)
{
    lg_metrics_family(&w->metrics, name, LG_METRIC_COUNTER, help);
    for (size_t i = 0; i < w->page->target_count; i++) {
        const struct target *t = &w->page->targets[i];
        uint64_t before, now;
        memcpy(&before, (const char *)&t->before + offset, sizeof before);
        memcpy(&now, (const char *)&t->now + offset, sizeof now);
        if (t->trial > 0) {
            sample(w, t->name, "", "", (double)(before + now));
        }
    }
}

static void gauge(struct writer *w, const char *name, const char *help, double value)
{
    lg_metrics_family(&w->metrics, name, LG_METRIC_GAUGE, help);
    sample(w, w->page->targets[w->page->current].name, "", "", value);
}

static double seconds(lg_ns ns)
{
    return ns == LG_NEVER ? INFINITY : ns < 0 ? NAN : (double)ns * 1e-9;
}

static void quantiles(struct writer *w, const char *name, const char *help, lg_ns p50, lg_ns p99)
{
    const char *target = w->page->targets[w->page->current].name;
    lg_metrics_family(&w->metrics, name, LG_METRIC_SUMMARY, help);
    if (p50 >= 0) {
        sample(w, target, "quantile", "0.5", seconds(p50));
    }
    if (p99 >= 0) {
        sample(w, target, "quantile", "0.99", seconds(p99));
    }
}

static void phases(struct writer *w)
{
    static const char *const names[] = {"connecting", "warm_up", "measuring", "cool_down"};
    lg_metrics_family(&w->metrics, "loadgen_phase", LG_METRIC_GAUGE, "1: the run is there now.");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        sample(w, w->page->targets[w->page->current].name, "phase", names[i],
               i == (size_t)w->page->snapshot.phase);
    }
}

static void newest_second(struct writer *w, const struct lg_second *second)
{
    quantiles(w, "loadgen_response_time_seconds", "Intended start to done, newest second.",
              second->response_p50, second->response_p99);
    quantiles(w, "loadgen_delivery_time_seconds", "Actual send to receipt, newest second.",
              second->delivery_p50, second->delivery_p99);
    quantiles(w, "loadgen_schedule_lag_seconds",
              "Intended start to taken up, newest second: the generator was late.", -1,
              second->lag_p99);
}

static void machines(struct writer *w, const struct lg_run_state *state)
{
    gauge(w, "loadgen_generator_cpu_cores", "CPU of this program.", state->generator_cpu);
    if (state->server_sampled) {
        gauge(w, "loadgen_server_cpu_cores", "CPU of the server.", state->server_cpu);
        gauge(w, "loadgen_server_resident_bytes", "Memory (RSS) of the server.",
              (double)state->server_rss_bytes);
    }
}

static void write_page(const struct lg_live_page *page, bool openmetrics, struct lg_buf *out)
{
    struct writer w = {.metrics = {.out = out, .openmetrics = openmetrics}, .page = page};
    const struct snapshot *s = &page->snapshot;
    lg_metrics_family(&w.metrics, "loadgen_build_info", LG_METRIC_GAUGE,
                      "Which program this is; the value says nothing.");
    sample(&w, "", "version", LG_VERSION, 1);
    counter(&w, "loadgen_scheduled", "Arrivals.", offsetof(struct counts, scheduled));
    counter(&w, "loadgen_completed", "Arrivals that completed.",
            offsetof(struct counts, completed));
    counter(&w, "loadgen_failed", "Arrivals that ended otherwise.",
            offsetof(struct counts, failed));
    if (s->known) {
        phases(&w);
        gauge(&w, "loadgen_trial", "Number of the trial.", page->targets[page->current].trial);
        gauge(&w, "loadgen_connections", "Connections that are open.", (double)s->state.connected);
        gauge(&w, "loadgen_in_flight", "Arrivals that have not ended.", (double)s->state.in_flight);
        newest_second(&w, &s->second);
        machines(&w, &s->state);
    }
    lg_metrics_end(&w.metrics);
}

/* ---- HTTP ---- */

static void answer(struct evhttp_request *request, void *arg)
{
    struct lg_live_page *page = arg;
    const char *accept = evhttp_find_header(evhttp_request_get_input_headers(request), "Accept");
    bool openmetrics = accept != NULL && strstr(accept, "application/openmetrics-text") != NULL;
    struct lg_buf text = {0};
    pthread_mutex_lock(&page->lock);
    write_page(page, openmetrics, &text);
    pthread_mutex_unlock(&page->lock);
    struct evbuffer *body = evbuffer_new();
    LG_ASSERT(body != NULL && evbuffer_add(body, text.p, text.n) == 0);
    evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type",
                      lg_metrics_media_type(openmetrics));
    evhttp_send_reply(request, HTTP_OK, "OK", body);
    evbuffer_free(body);
    lg_buf_free(&text);
}

static void end_loop(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    event_base_loopbreak(arg);
}

static void *serve(void *arg)
{
    struct lg_live_page *page = arg;
    nice(10); /* of this thread: what is measured goes first */
    event_base_dispatch(page->base);
    return NULL;
}

static const char *listen_on(struct lg_live_page *page, unsigned port, struct lg_arena *arena)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    struct evhttp_bound_socket *bound =
        evhttp_bind_socket_with_handle(page->http, "127.0.0.1", (uint16_t)port);
    if (bound == NULL) {
        return lg_arena_printf(arena, "--metrics: cannot listen on 127.0.0.1:%u: %s", port,
                               strerror(errno));
    }
    evutil_socket_t fd = evhttp_bound_socket_get_fd(bound);
    LG_ASSERT(getsockname(fd, (struct sockaddr *)&address, &size) == 0);
    page->port = ntohs(address.sin_port);
    return NULL;
}

static void start(struct lg_live_page *page)
{
    page->end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    LG_ASSERT(page->end_fd >= 0);
    page->end = event_new(page->base, page->end_fd, EV_READ, end_loop, page->base);
    LG_ASSERT(page->end != NULL && event_add(page->end, NULL) == 0);
    evhttp_set_allowed_methods(page->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
    evhttp_set_max_headers_size(page->http, 16384);
    evhttp_set_max_body_size(page->http, 0);
    evhttp_set_timeout(page->http, 10);
    LG_ASSERT(evhttp_set_cb(page->http, "/metrics", answer, page) == 0);
    LG_ASSERT(pthread_create(&page->thread, NULL, serve, page) == 0);
}

struct lg_live_page *lg_live_page_new(const struct lg_plan *plan, unsigned port,
                                      struct lg_arena *arena, const char **why)
{
    struct lg_live_page *page = lg_alloc(sizeof *page);
    page->scenario = plan->name;
    page->target_count = plan->target_count;
    page->targets = lg_alloc_array(plan->target_count, sizeof *page->targets);
    for (size_t i = 0; i < plan->target_count; i++) {
        page->targets[i].name = plan->targets[i].name;
    }
    page->base = event_base_new();
    page->http = evhttp_new(page->base);
    LG_ASSERT(page->base != NULL && page->http != NULL);
    LG_ASSERT(pthread_mutex_init(&page->lock, NULL) == 0);
    page->end_fd = -1;
    *why = listen_on(page, port, arena);
    if (*why == NULL) {
        start(page);
        return page;
    }
    lg_live_page_free(page);
    return NULL;
}

void lg_live_page_free(struct lg_live_page *page)
{
    if (page == NULL) {
        return;
    }
    if (page->end_fd >= 0) {
        LG_ASSERT(eventfd_write(page->end_fd, 1) == 0);
        pthread_join(page->thread, NULL);
        event_free(page->end);
        close(page->end_fd);
    }
    evhttp_free(page->http);
    event_base_free(page->base);
    pthread_mutex_destroy(&page->lock);
    free(page->targets);
    free(page);
}

unsigned lg_live_page_port(const struct lg_live_page *page)
{
    return page->port;
}

/* ---- what the run says ---- */

void lg_live_page_trial(struct lg_live_page *page, size_t target, unsigned trial)
{
    pthread_mutex_lock(&page->lock);
    struct target *t = &page->targets[target];
    t->before.scheduled += t->now.scheduled;
    t->before.completed += t->now.completed;
    t->before.failed += t->now.failed;
    t->now = (struct counts){0};
    t->trial = trial;
    page->current = target;
    page->snapshot.known = false;
    pthread_mutex_unlock(&page->lock);
}

void lg_live_page_state(struct lg_live_page *page, const struct lg_run_state *state)
{
    pthread_mutex_lock(&page->lock);
    page->targets[page->current].now = (struct counts){
        .scheduled = state->scheduled, .completed = state->completed, .failed = state->failed};
    page->snapshot = (struct snapshot){
        .phase = state->phase, .state = *state, .second = *state->second, .known = true};
    page->snapshot.state.second = NULL;
    if (!page->snapshot.second.known) {
        page->snapshot.second = (struct lg_second){.response_p50 = -1,
                                                   .response_p99 = -1,
                                                   .delivery_p50 = -1,
                                                   .delivery_p99 = -1,
                                                   .lag_p99 = -1};
    }
    pthread_mutex_unlock(&page->lock);
}
