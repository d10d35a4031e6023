#include "engine/run.h"

#include "base/clock.h"
#include "engine/result.h"
#include "engine/run_limits.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

static const lg_ns lead = 20 * LG_MS; /* from the decision to begin to t0 */
static const lg_ns state_every = 250 * LG_MS;
static const lg_ns least_wait = 20 * LG_MS; /* after the window */

struct run {
    const struct lg_run_options *options;
    struct lg_arena *arena;
    struct lg_shared shared;
    struct lg_worker **workers;
    struct lg_collector collector;
    struct lg_trial_facts facts;
    size_t server_cap;
    lg_ns next_state, next_sample;
    double generator_cpu;
    lg_ns cpu_before, cpu_at;
    size_t told; /* rows of the collector that on_second has had */
};

/* ---- before anything starts ---- */

static bool speaks(const struct lg_plan *plan, bool http2)
{
    for (size_t i = 0; i < plan->user_count; i++) {
        if ((plan->users[i].http != LG_HTTP_1_1) == http2) {
            return true;
        }
    }
    return false;
}

static bool make_tls(struct run *run, struct lg_worker *worker, const char **why)
{
    const struct lg_program *program = run->shared.program;
    const struct lg_plan *plan = program->plan;
    for (size_t i = 0; i < 2 * program->origin_count; i++) {
        const struct lg_url *url = &program->origins[i / 2].url;
        bool http2 = i % 2 == 1;
        const char *problem;
        if (!url->secure || !speaks(plan, http2)) {
            continue;
        }
        worker->tls[i] = lg_tls_new(url->host, http2 ? lg_http2.alpn : lg_http1.alpn,
                                    plan->verify_tls, plan->ca_file, &problem);
        if (worker->tls[i] == NULL) {
            *why = lg_arena_printf(run->arena, "TLS: %s%s%s", problem, plan->ca_file ? ": " : "",
                                   plan->ca_file ? plan->ca_file : "");
            return false;
        }
    }
    return true;
}

static bool make_workers(struct run *run, const char **why)
{
    run->workers = lg_alloc_array(run->shared.workers, sizeof *run->workers);
    for (unsigned i = 0; i < run->shared.workers; i++) {
        run->workers[i] = lg_worker_new(&run->shared, i);
    }
    lg_collector_init(&run->collector, run->shared.program, &run->shared.window, run->workers,
                      run->shared.workers);
    bool ok = true;
    for (unsigned i = 0; i < run->shared.workers && ok; i++) {
        ok = make_tls(run, run->workers[i], why);
    }
    return ok;
}

/* ---- watching ---- */

static bool all(const struct run *run, size_t flag)
{
    for (unsigned i = 0; i < run->shared.workers; i++) {
        if (!atomic_load((_Atomic bool *)((char *)&run->workers[i]->live + flag))) {
            return false;
        }
    }
    return true;
}
#define ALL(run, flag) all((run), offsetof(struct lg_live, flag))

static bool asked_to_stop(const struct run *run)
{
    return run->options->stop != NULL && *run->options->stop != 0;
}

static void sample_server(struct run *run, lg_ns now)
{
    struct lg_trial_facts *f = &run->facts;
    struct lg_target_sample sample;
    if (run->options->target == NULL || !lg_target_sample(run->options->target, &sample)) {
        return;
    }
    if (f->server_count == run->server_cap) {
        run->server_cap = run->server_cap > 0 ? 2 * run->server_cap : 128;
        f->server = lg_grow(f->server, run->server_cap, sizeof *f->server);
    }
    f->server[f->server_count++] = (struct lg_server_second){.at = now, .sample = sample};
}

/* NULL: the target and all that it works with still run. */
static const char *first_end(const struct run *run)
{
    const struct lg_run_options *o = run->options;
    const char *text = o->target != NULL ? lg_target_ended(o->target, run->arena) : NULL;
    for (size_t i = 0; i < o->beside_count && text == NULL; i++) {
        const char *why = lg_target_ended(o->beside[i], run->arena);
        text = why != NULL ? lg_arena_printf(run->arena, "beside it, %s", why) : NULL;
    }
    return text;
}

static bool server_has_ended(struct run *run)
{
    const char *text = first_end(run);
    run->facts.server_ended = text != NULL ? text : "";
    return text != NULL;
}

static uint64_t live_sum(const struct run *run, size_t field)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < run->shared.workers; i++) {
        sum += atomic_load_explicit((_Atomic uint64_t *)((char *)&run->workers[i]->live + field),
                                    memory_order_relaxed);
    }
    return sum;
}
#define LIVE(run, field) live_sum((run), offsetof(struct lg_live, field))

static double server_cores(const struct run *run)
{
    const struct lg_trial_facts *f = &run->facts;
    if (f->server_count < 2) {
        return 0;
    }
    const struct lg_server_second *a = &f->server[f->server_count - 2], *b = a + 1;
    return (b->sample.cpu_s - a->sample.cpu_s) / ((double)(b->sample.at - a->sample.at) * 1e-9);
}

static void measure_own_cpu(struct run *run, lg_ns now)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    lg_ns cpu = (lg_ns)t.tv_sec * LG_S + t.tv_nsec;
    if (run->cpu_at != 0 && now > run->cpu_at) {
        run->generator_cpu = (double)(cpu - run->cpu_before) / (double)(now - run->cpu_at);
    }
    run->cpu_before = cpu;
    run->cpu_at = now;
}

static void tell_state(struct run *run, enum lg_run_phase phase, lg_ns now)
{
    const struct lg_trial_facts *f = &run->facts;
    if (run->options->on_state == NULL || now < run->next_state) {
        return;
    }
    run->next_state = now + state_every;
    measure_own_cpu(run, now);
    struct lg_run_state state = {
        .phase = phase,
        .left = phase == LG_PHASE_CONNECTING ? LG_NEVER : run->shared.window.w1 - now,
        .connected = LIVE(run, connected),
        .scheduled = LIVE(run, scheduled),
        .completed = LIVE(run, completed),
        .failed = LIVE(run, failed),
        .second = &run->collector.second,
        .generator_cpu = run->generator_cpu,
        .server_sampled = f->server_count > 0,
        .server_cpu = server_cores(run),
        .server_rss_bytes =
            f->server_count > 0 ? f->server[f->server_count - 1].sample.rss_bytes : 0,
    };
    state.in_flight = state.scheduled - state.completed - state.failed;
    for (size_t i = 0; i < run->options->plan->user_count; i++) {
        state.connections += run->options->plan->users[i].connections;
    }
    run->options->on_state(run->options->ctx, &state);
}

static void tell_seconds(struct run *run)
{
    for (; run->options->on_second != NULL && run->told < run->collector.row_count; run->told++) {
        struct lg_arena *arena = lg_arena_new();
        struct lg_trial_result second = {.number = run->options->trial};
        lg_result_second(&run->collector, &run->facts, run->told, arena, &second);
        if (second.timeline_count > 0) {
            run->options->on_second(run->options->ctx, &second);
        }
        lg_trial_result_fini(&second);
        lg_arena_free(arena);
    }
}

/* Sleeps until a worker has news or `until`. */
static void wait_for_news(struct run *run, lg_ns until)
{
    lg_ns left = until - lg_now();
    struct pollfd p = {.fd = run->shared.collector_fd, .events = POLLIN};
    struct timespec t = {.tv_sec = left / LG_S, .tv_nsec = left % LG_S};
    if (left > 0 && ppoll(&p, 1, &t, NULL) > 0) {
        uint64_t count;
        ssize_t n = read(run->shared.collector_fd, &count, sizeof count);
        (void)n;
    }
}

/* ---- the phases ---- */

static void connect_all(struct run *run)
{
    lg_ns limit = lg_now() + lg_run_connect_limit(run->options->plan);
    lg_ns next_look = 0;
    while (!ALL(run, settled) && lg_now() < limit && !asked_to_stop(run)) {
        wait_for_news(run, lg_now() + state_every);
        lg_ns now = lg_now();
        tell_state(run, LG_PHASE_CONNECTING, now);
        if (now >= next_look) {
            next_look = now + LG_S;
            if (server_has_ended(run)) {
                return;
            }
        }
    }
    run->facts.has_connected = run->options->target != NULL &&
                               lg_target_sample(run->options->target, &run->facts.connected);
}

static void begin_load(struct run *run)
{
    const struct lg_plan *plan = run->options->plan;
    struct lg_window *w = &run->shared.window;
    w->t0 = lg_now() + lead;
    /* An automatic warm-up is cut off afterwards, out of a window that is longer by what it may
     * take. */
    bool automatic = plan->warmup == LG_WARMUP_AUTO;
    w->w0 = w->t0 + (automatic ? 0 : plan->warmup);
    w->w1 = w->w0 + plan->duration + (automatic ? lg_run_warmup_allowance(plan) : 0);
    atomic_store(&run->shared.phase, LG_RUN_LOAD);
    atomic_store(&run->shared.t0, w->t0);
    for (unsigned i = 0; i < run->shared.workers; i++) {
        lg_worker_wake(run->workers[i]);
    }
}

static enum lg_run_phase phase_at(const struct lg_window *w, lg_ns now)
{
    return now < w->w0 ? LG_PHASE_WARMUP : now < w->w1 ? LG_PHASE_MEASURING : LG_PHASE_COOLDOWN;
}

/* The server is sampled at the ends of the window's seconds, so that a difference of two samples is
 * what those seconds cost. */
static lg_ns next_edge(const struct lg_window *w, lg_ns now)
{
    lg_ns begin, end;
    lg_window_bounds(w, lg_window_row(w, now), &begin, &end);
    return end;
}

/* After the window: for open exchanges, for messages that may still be heard in time, and for its
 * last arrivals, which are taken up a little late. */
static lg_ns longest_wait(const struct lg_plan *plan)
{
    lg_ns drain = plan->deliveries_count > 0 ? plan->deliveries[0].drain : 0;
    lg_ns wait = plan->cooldown > drain ? plan->cooldown : drain;
    return wait > least_wait ? wait : least_wait;
}

static void run_load(struct run *run)
{
    const struct lg_window *w = &run->shared.window;
    lg_ns end = w->w1 + longest_wait(run->options->plan);
    run->next_sample = w->w0 > w->t0 ? w->t0 : w->w0;
    bool before = false, after = false;
    for (;;) {
        lg_ns now = lg_now();
        if (!before && now >= w->w0) {
            before = lg_cpu_times_read(&run->facts.machine_before);
        }
        if (before && !after && now >= w->w1) {
            after = run->facts.has_machine = lg_cpu_times_read(&run->facts.machine_after);
        }
        if (now >= run->next_sample) {
            sample_server(run, now);
            run->next_sample = next_edge(w, now);
            lg_collector_take(&run->collector, false);
            tell_seconds(run);
            if (server_has_ended(run)) {
                break;
            }
        }
        tell_state(run, phase_at(w, now), now);
        if (ALL(run, window_closed) || now >= end || asked_to_stop(run)) {
            break;
        }
        lg_ns until = run->next_sample < now + state_every ? run->next_sample : now + state_every;
        wait_for_news(run, until < end ? until : end);
    }
}

static void stop_all(struct run *run)
{
    atomic_store(&run->shared.phase, LG_RUN_STOP);
    for (unsigned i = 0; i < run->shared.workers; i++) {
        lg_worker_wake(run->workers[i]);
    }
    for (unsigned i = 0; i < run->shared.workers; i++) {
        lg_worker_join(run->workers[i]);
    }
    lg_collector_take(&run->collector, true);
}

static lg_ns last_end(const struct run *run)
{
    lg_ns last = 0;
    for (unsigned i = 0; i < run->shared.workers; i++) {
        lg_ns t = atomic_load(&run->workers[i]->live.last_end);
        last = t > last ? t : last;
    }
    return last;
}

/* The window as it really was: cut where the run was stopped, or where the number of iterations
 * asked for was reached. */
static void settle_window(struct run *run, lg_ns stopped_at)
{
    const struct lg_window *w = &run->shared.window;
    struct lg_trial_facts *f = &run->facts;
    bool early = stopped_at < w->w1;
    bool limited = early && ALL(run, window_closed);
    f->interrupted = early && !limited;
    f->measured_from = w->w0;
    f->measured_to = limited ? last_end(run) : early ? stopped_at : w->w1;
    f->counted_to = limited ? stopped_at : f->measured_to;
    if (f->measured_to < f->measured_from) {
        f->measured_to = f->measured_from;
    }
}

static void end_run(struct run *run)
{
    if (run->workers != NULL) {
        for (unsigned i = 0; i < run->shared.workers; i++) {
            lg_worker_free(run->workers[i]);
        }
        lg_collector_fini(&run->collector);
    }
    free(run->workers);
    free(run->facts.server);
    if (run->shared.collector_fd >= 0) {
        close(run->shared.collector_fd);
    }
    lg_program_free((struct lg_program *)run->shared.program);
}

/* A number of iterations that no user is there to begin would never be reached. */
static bool is_hopeless(const struct run *run)
{
    const struct lg_plan *plan = run->options->plan;
    bool limited = false;
    for (size_t i = 0; i < plan->user_count; i++) {
        limited = limited || plan->users[i].iterations > 0;
    }
    return limited && LIVE(run, usable) == 0;
}

static void run_phases(struct run *run, struct lg_trial_result *out)
{
    run->facts.has_idle =
        run->options->target != NULL && lg_target_sample(run->options->target, &run->facts.idle);
    run->shared.epoch = run->shared.connect_from = lg_now();
    for (unsigned i = 0; i < run->shared.workers; i++) {
        lg_worker_start(run->workers[i]);
    }
    connect_all(run);
    begin_load(run);
    if (!asked_to_stop(run) && run->facts.server_ended[0] == '\0' && !is_hopeless(run)) {
        run_load(run);
    }
    lg_ns stopped_at = lg_now();
    stop_all(run);
    settle_window(run, stopped_at);
    lg_result_build(&run->collector, &run->facts, run->arena, out);
}

uint64_t lg_run_seed(const struct lg_plan *plan, unsigned trial)
{
    return plan->seed + 0x9e3779b97f4a7c15u * (trial - 1);
}

static const char *const *list_urls(const struct lg_run_options *options, struct lg_arena *arena)
{
    size_t replicas = options->url_count, services = options->plan->service_count;
    const char **urls = lg_arena_alloc(arena, (replicas + services) * sizeof *urls);
    for (size_t i = 0; i < replicas; i++) {
        urls[i] = options->urls[i];
    }
    for (size_t i = 0; i < services; i++) {
        urls[replicas + i] = options->services[i];
    }
    return urls;
}

bool lg_run_trial(const struct lg_run_options *options, struct lg_arena *arena,
                  struct lg_trial_result *out, const char **why)
{
    struct run run = {.options = options, .arena = arena, .facts = {.server_ended = ""}};
    uint64_t seed = lg_run_seed(options->plan, options->trial);
    *out = (struct lg_trial_result){.number = options->trial};
    run.shared.collector_fd = -1;
    run.shared.program = lg_program_new(options->plan, list_urls(options, arena),
                                        options->url_count, seed, arena, why);
    if (run.shared.program == NULL) {
        return false;
    }
    run.shared.workers = options->plan->threads;
    run.shared.cores = options->cores;
    run.shared.teller = options->teller;
    run.shared.collector_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    LG_ASSERT(run.shared.collector_fd >= 0);
    bool ok = make_workers(&run, why);
    if (ok) {
        run_phases(&run, out);
    }
    end_run(&run);
    return ok;
}
